<?php

/** What the web servers of the tests show: one answer of the file that is asked for. */

declare(strict_types=1);

if (getenv('NAMEPLATE_TEST_AUTOLOAD')) {
    require_once getenv('NAMEPLATE_TEST_AUTOLOAD');
}
[$page, $file] = explode('?', $_SERVER['REQUEST_URI'], 2);
$database = Nameplate\Database::open(rawurldecode($file));
if ($page === '/exhaust') {
    ini_set('display_errors', '1');
    ini_set('memory_limit', '8M');
    for ($answers = [];;) {
        $answers[] = $database->lookup('20.0.0.0');
    }
}
header('Content-Type: application/json');
$answer = $database->lookup('20.0.0.0');
echo json_encode([
    'name' => $answer->name,
    'network' => $answer->network,
    'generation' => $database->metadata()->generation,
    'process' => getmypid(),
    'mapped' => preg_match_all('/\.npl( \(deleted\))?$/m', file_get_contents('/proc/self/maps')),
    'extension' => extension_loaded('nameplate'),
]);
