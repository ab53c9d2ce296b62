<?php
/**
 * PHP's redis extension against a daemon, unchanged.
 *
 *     php clients.php SOCKET < addresses, one a line
 *
 * Prints JSON: what each way to ask gave for each address, and what else the extension does with a server.
 */

declare(strict_types=1);

$addresses = file('php://stdin', FILE_IGNORE_NEW_LINES);
$redis = new Redis();
$redis->connect($argv[1]);

$found = ['json' => [], 'map' => []];
foreach ($addresses as $address) {
    $found['json'][] = $redis->rawCommand('LOOKUPJSON', $address);
    $found['map'][] = $redis->rawCommand('LOOKUP', $address);
}
$found['many'] = $redis->rawCommand('MLOOKUP', ...$addresses);

$pipeline = $redis->pipeline();
foreach ($addresses as $address) {
    $pipeline->rawCommand('LOOKUPJSON', $address);
}
$found['pipeline'] = $pipeline->exec();

$packed = array_map(inet_pton(...), array_values(array_filter(
    $addresses,
    fn(string $address): bool => filter_var($address, FILTER_VALIDATE_IP, FILTER_FLAG_IPV4) !== false,
)));
[, $ids] = $redis->rawCommand('LOOKUPPACKED', '4', implode('', $packed));
$found['packed'] = count(unpack('V*', $ids)) === count($packed);

// An error is false, and what it says can be asked for.
$found['refused'] = $redis->rawCommand('LOOKUP', '8.8.8.08');
$found['error'] = $redis->getLastError();
$redis->clearLastError();

$found['ping'] = $redis->ping();
$found['echo'] = $redis->echo('hello');
$found['select'] = $redis->select(0);
$redis->client('setname', 'php');
$found['name'] = $redis->client('getname');
$found['info'] = $redis->info();
$redis->close();

// Its persistent connections are what web servers use.
foreach ([1, 2] as $turn) {
    $again = new Redis();
    $again->pconnect($argv[1]);
    $found['persistent'][] = $again->rawCommand('LOOKUPJSON', $addresses[0]);
}

echo json_encode($found, JSON_THROW_ON_ERROR);
