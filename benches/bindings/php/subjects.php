<?php

/** What bench.php measures in one process. */

declare(strict_types=1);

use Nameplate\Client;
use Nameplate\Database;
use Nameplate\Lookup;

/** In one call of a client, as many as MGET gets. */
const AT_ONCE = 1000;

[, $way, $folder, $package, $range, $mmdb, $nameplate, $rounds] = $argv;
spl_autoload_register(static function (string $class) use ($package): void {
    if (str_starts_with($class, 'Nameplate\\')) {
        require "$package/src/" . strtr(substr($class, 10), '\\', '/') . '.php';
    }
});
if (extension_loaded('nameplate') !== ($way === 'extension')) {
    throw new RuntimeException("the extension is in the way, or missing, for $way");
}
$addresses = json_decode(file_get_contents("$folder/addresses.json"), true);
if ($way === 'socket') {
    over_sockets($addresses['asked']);
} else {
    foreach (['random range', 'Zipf'] as $stream) {
        in_process($stream, $addresses[$stream]);
    }
}

/** @param list<string> $texts */
function in_process(string $stream, array $texts): void
{
    global $way, $range, $mmdb;
    $subject = $way === 'extension' ? 'nameplate extension' : 'nameplate through FFI';
    $database = Database::open($range);
    $copied = Database::open($range, copy: true);
    $rival = new MaxMind\Db\Reader($mmdb);
    if (!(new ReflectionClass($rival))->isInternal()) {
        throw new RuntimeException('the rival is not the extension');
    }
    $chunks = array_chunk($texts, AT_ONCE);
    $wanted = array_map(static fn (string $text) => $rival->get($text)['name'] ?? null, $texts);
    foreach ([$database, $copied] as $ours) {
        same($wanted, array_map(static fn (string $text) => $ours->lookup($text)->name, $texts));
    }
    same($wanted, array_map(static fn ($answer) => $answer->name, $database->lookupMany($texts)));
    same($wanted, $database->names($texts));
    unset($wanted);

    // A loop for each, as in a program of its own.
    measure('PHP, ' . ($way === 'ffi' ? 'FFI, ' : '') . "IPv4, name from text, $stream", count($texts), [
        'maxminddb extension, get' => static function () use ($rival, $texts): void {
            foreach ($texts as $text) {
                $name = $rival->get($text)['name'] ?? null;
            }
        },
        "$subject, lookup" => static fn () => lookups($database, $texts),
        "$subject with copy, lookup" => static fn () => lookups($copied, $texts),
        "$subject, lookupMany by 1,000" => static function () use ($database, $chunks): void {
            foreach ($chunks as $chunk) {
                foreach ($database->lookupMany($chunk) as $answer) {
                    $name = $answer->name;
                }
            }
        },
        "$subject, names by 1,000" => static function () use ($database, $chunks): void {
            foreach ($chunks as $chunk) {
                foreach ($database->names($chunk) as $name) {
                }
            }
        },
        "$subject, lookup, company or operator" => static function () use ($database, $texts): void {
            foreach ($texts as $text) {
                $answer = $database->lookup($text);
                $name = ($answer->company ?? $answer->operator)?->name;
            }
        },
    ]);
}

/** @param list<string> $texts */
function lookups(Lookup $lookup, array $texts): void
{
    foreach ($texts as $text) {
        $name = $lookup->lookup($text)->name;
    }
}

/**
 * Both servers have the same names for the same addresses, each behind a Unix socket.
 *
 * @param list<string> $texts
 */
function over_sockets(array $texts): void
{
    global $folder, $range, $nameplate;
    if (!is_file('/usr/share/php/Predis/Autoloader.php') || trim((string) shell_exec('command -v redis-server')) === '') {
        fwrite(STDERR, "Predis or redis-server is missing: the client is not measured; run scripts/setup bench\n");
        return;
    }
    require '/usr/share/php/Predis/Autoloader.php';
    Predis\Autoloader::register();
    $nothing = ['file', '/dev/null', 'r+'];
    $servers = [];
    try {
        foreach (
            [
                [$nameplate, 'serve', '--db', $range, '--socket', "$folder/nameplate.sock"],
                ['redis-server', '--port', '0', '--unixsocket', "$folder/redis.sock", '--save', '', '--appendonly', 'no'],
            ] as $command
        ) {
            $servers[] = proc_open($command, [$nothing, $nothing, $nothing], $pipes);
        }
        foreach (['nameplate', 'redis'] as $socket) {
            for ($tries = 0; !@stream_socket_client("unix://$folder/$socket.sock"); $tries++) {
                if ($tries === 1000) {
                    throw new RuntimeException("$socket does not start");
                }
                usleep(10_000);
            }
        }
        $client = new Client("$folder/nameplate.sock", 60.0);
        $redis = new Predis\Client(['scheme' => 'unix', 'path' => "$folder/redis.sock", 'read_write_timeout' => 60]);
        $names = array_map(static fn ($answer) => (string) $answer->name, $client->lookupMany($texts));
        $redis->mset(array_combine($texts, $names));
        same($names, array_map(strval(...), $client->names($texts)));
        same($names, $redis->mget($texts));
        $few = array_slice($texts, 0, 5 * AT_ONCE);
        same(array_slice($names, 0, count($few)), array_map(static fn ($text) => (string) $client->lookup($text)->name, $few));
        $chunks = array_chunk($texts, AT_ONCE);
        measure('PHP, socket, one at a time', count($few), [
            'Predis, GET' => static function () use ($redis, $few): void {
                foreach ($few as $text) {
                    $name = $redis->get($text);
                }
            },
            'nameplate, Client' => static fn () => lookups($client, $few),
        ]);
        measure('PHP, socket, 1,000 at once', count($texts), [
            'Predis, MGET' => static function () use ($redis, $chunks): void {
                foreach ($chunks as $chunk) {
                    foreach ($redis->mget($chunk) as $name) {
                    }
                }
            },
            'nameplate, Client, names' => static function () use ($client, $chunks): void {
                foreach ($chunks as $chunk) {
                    foreach ($client->names($chunk) as $name) {
                    }
                }
            },
            'nameplate, Client, lookupMany' => static function () use ($client, $chunks): void {
                foreach ($chunks as $chunk) {
                    foreach ($client->lookupMany($chunk) as $answer) {
                        $name = $answer->name;
                    }
                }
            },
        ]);
    } finally {
        foreach ($servers as $server) {
            proc_terminate($server);
            proc_close($server);
        }
    }
}

/**
 * Prints the nanoseconds per address of each subject in each round, after one that is not counted.
 *
 * @param array<string, Closure(): void> $subjects
 */
function measure(string $case, int $count, array $subjects): void
{
    global $rounds;
    for ($round = 0; $round <= (int) $rounds; $round++) {
        foreach ($subjects as $subject => $run) {
            gc_collect_cycles();
            $start = hrtime(true);
            $run();
            $value = (hrtime(true) - $start) / $count;
            if ($round > 0) {
                echo json_encode(['case' => $case, 'subject' => $subject, 'value' => round($value, 2), 'unit' => 'ns']), "\n";
            }
        }
    }
}

/**
 * @param list<string|null> $wanted
 * @param list<string|null> $got
 */
function same(array $wanted, array $got): void
{
    if ($wanted !== $got) {
        throw new RuntimeException('the subjects do not give the same names');
    }
}
