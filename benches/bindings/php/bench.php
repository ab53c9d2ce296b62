<?php

/**
 * The PHP package beside its rivals: text of an address in, name of the organisation out.
 *
 *     php bench.php --range FILE --mmdb FILE --packages FOLDER --nameplate PROGRAM [--rounds 7] [--addresses 200000]
 *
 * FOLDER holds the archives that `make packages` builds: the extension is built from its source, and the package unpacked, in a
 * fresh folder first. The library for FFI is target/capi's, or NAMEPLATE_LIBRARY.
 *
 * The extension and FFI can't be in one process, for both are Nameplate\Database; so each way has a process of its own
 * (subjects.php) with the same rival in it, on the same addresses, in rounds in which every subject has one turn. Prints a
 * line of JSON for each case, subject and round.
 */

declare(strict_types=1);

const ASKED = 20_000;
const ZIPF_ADDRESSES = 10_000;

$options = getopt('', ['range:', 'mmdb:', 'packages:', 'nameplate:', 'rounds:', 'addresses:'])
    + ['rounds' => '7', 'addresses' => '200000'];
foreach (['range', 'mmdb', 'packages', 'nameplate'] as $name) {
    if (!isset($options[$name])) {
        fwrite(STDERR, "usage: php bench.php --range FILE --mmdb FILE --packages FOLDER --nameplate PROGRAM "
            . "[--rounds N] [--addresses N]\n");
        exit(2);
    }
}
if (!extension_loaded('maxminddb')) {
    fwrite(STDERR, "the rival is missing, PHP's extension maxminddb: run scripts/setup bench\n");
    exit(1);
}
$folder = sys_get_temp_dir() . '/np-' . bin2hex(random_bytes(4));
mkdir($folder);
try {
    main($options, $folder);
} finally {
    run(['rm', '-rf', $folder]);
}

/** @param array<string, string> $options */
function main(array $options, string $folder): void
{
    foreach (glob("$options[packages]/*.tar.gz") ?: [] as $archive) {
        run(['tar', '--extract', '--gzip', '--directory', $folder, '--file', $archive]);
    }
    $source = glob("$folder/nameplate-extension-*")[0] ?? null;
    $package = current(preg_grep('~/nameplate-[0-9][^/]*$~', glob("$folder/nameplate-*") ?: []));
    if ($source === null || $package === false) {
        throw new RuntimeException("no packages in $options[packages]: run make packages");
    }
    foreach ([['phpize'], ['./configure', '--quiet'], ['make', '--silent']] as $command) {
        run($command, $source);
    }
    draw($options, $folder);
    $extension = "$source/modules/nameplate.so";
    foreach (['extension' => ['-d', "extension=$extension"], 'ffi' => ['-d', 'ffi.enable=1'], 'socket' => []] as $way => $settings) {
        $command = [PHP_BINARY, '-d', 'memory_limit=-1', ...$settings, __DIR__ . '/subjects.php', $way, $folder, $package,
            $options['range'], $options['mmdb'], $options['nameplate'], $options['rounds']];
        $library = getenv('NAMEPLATE_LIBRARY') ?: dirname($options['packages'], 2) . '/capi/libnameplate.so.1';
        $process = proc_open($command, [], $pipes, null, ['NAMEPLATE_LIBRARY' => $library] + getenv());
        $code = proc_close($process);
        if ($code !== 0) {
            throw new RuntimeException("subjects.php $way ended with $code");
        }
    }
}

/**
 * Draws a range that has an answer, each as likely as the other, then an address in it; and 10,000 of these, of which the nth comes up
 * with a probability of 1 / n, as visitors do.
 *
 * @param array<string, string> $options
 */
function draw(array $options, string $folder): void
{
    run([$options['nameplate'], 'export', '--db', $options['range'], '--format', 'csv', '-o', "$folder/ranges.csv"]);
    $ranges = [];
    $table = fopen("$folder/ranges.csv", 'r');
    while (($row = fgetcsv($table, null, ',', '"', '')) !== false) {
        if (isset($row[2]) && in_array($row[2], ['company', 'operator'], true) && str_contains($row[0], '.')) {
            $ranges[] = [ip2long($row[0]), ip2long($row[1])];
        }
    }
    mt_srand(5);
    $drawn = [];
    for ($i = (int) $options['addresses']; $i > 0; $i--) {
        [$first, $last] = $ranges[mt_rand(0, count($ranges) - 1)];
        $drawn[] = long2ip(mt_rand($first, $last));
    }
    $sums = [];
    for ($i = 0, $sum = 0.0; $i < min(ZIPF_ADDRESSES, count($drawn)); $i++) {
        $sums[] = $sum += 1 / ($i + 1);
    }
    $zipf = [];
    foreach ($drawn as $_) {
        $at = mt_rand() / mt_getrandmax() * $sum;
        for ($low = 0, $high = count($sums) - 1; $low < $high;) {
            $middle = intdiv($low + $high, 2);
            $sums[$middle] < $at ? $low = $middle + 1 : $high = $middle;
        }
        $zipf[] = $drawn[$low];
    }
    file_put_contents("$folder/addresses.json", json_encode([
        'random range' => $drawn,
        'Zipf' => $zipf,
        'asked' => array_values(array_unique(array_slice($drawn, 0, ASKED))),
    ]));
}

/** @param list<string> $command */
function run(array $command, ?string $folder = null): void
{
    $nothing = ['file', '/dev/null', 'r+'];
    $process = proc_open($command, [$nothing, $nothing, $nothing], $pipes, $folder);
    if (proc_close($process) !== 0) {
        throw new RuntimeException('failed: ' . implode(' ', $command));
    }
}
