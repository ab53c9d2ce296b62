<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use Nameplate\Client;
use Nameplate\Database;
use Nameplate\Lookup;

/** Range files, daemons and folders, made once and gone when PHP ends. */
final class Fixtures
{
    public const ROOT = __DIR__ . '/../../..';
    private static ?string $folder = null;
    private static ?string $file = null;
    /** @var array<string, Daemon> */
    private static array $daemons = [];

    public static function way(): string
    {
        return (string) getenv('NAMEPLATE_TEST_WAY');
    }

    /** A folder whose path is short: a socket's path holds some 100 bytes. */
    public static function folder(): string
    {
        if (self::$folder === null) {
            self::$folder = sys_get_temp_dir() . '/np-' . bin2hex(random_bytes(4));
            mkdir(self::$folder);
            $process = getmypid();
            register_shutdown_function(static function () use ($process): void {
                // Not when a forked child ends.
                if (getmypid() === $process) {
                    self::$daemons = [];
                    array_map(unlink(...), glob(self::$folder . '/*') ?: []);
                    rmdir(self::$folder);
                }
            });
        }
        return self::$folder;
    }

    /** @param list<string> $arguments */
    public static function nameplate(array $arguments): string
    {
        $process = proc_open([self::binary(), ...$arguments], [1 => ['pipe', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes);
        $output = (string) stream_get_contents($pipes[1]);
        if (proc_close($process) !== 0) {
            throw new \RuntimeException('nameplate failed: ' . implode(' ', $arguments));
        }
        return $output;
    }

    public static function binary(): string
    {
        return getenv('NAMEPLATE_BIN') ?: self::ROOT . '/target/release/nameplate';
    }

    /** The range file of tests/vectors. */
    public static function vectors(): string
    {
        if (self::$file === null) {
            self::$file = self::folder() . '/vectors.npl';
            self::nameplate(['build', '--config', self::ROOT . '/tests/vectors/vectors.toml', '-o', self::$file]);
        }
        return self::$file;
    }

    public static function list(): string
    {
        return self::ROOT . '/tests/vectors/suppress.list';
    }

    /** A range file of its own, which the test may replace. */
    public static function copy(): string
    {
        $path = self::folder() . '/' . bin2hex(random_bytes(4)) . '.npl';
        copy(self::vectors(), $path);
        return $path;
    }

    /** Puts another file where one is, as nameplate does. */
    public static function replace(string $path, string $contents): void
    {
        file_put_contents("$path.new", $contents);
        rename("$path.new", $path);
    }

    public static function daemon(bool $suppressed = false): Daemon
    {
        return self::$daemons[$suppressed ? 'suppressed' : 'whole'] ??=
            new Daemon(self::vectors(), $suppressed ? self::list() : null);
    }

    /** What is tested, on the vectors' file. */
    public static function lookup(bool $suppressed = false): Lookup
    {
        return self::way() === 'client'
            ? new Client(self::daemon($suppressed)->socket, 10.0)
            : Database::open(self::vectors(), suppression: $suppressed ? self::list() : null);
    }

    /** @return list<array{string, string, string, string}> the cases: world, question, input, answer */
    public static function cases(): array
    {
        $cases = [];
        foreach (file(self::ROOT . '/tests/vectors/vectors.tsv', FILE_IGNORE_NEW_LINES) as $line) {
            if ($line !== '' && $line[0] !== '#') {
                [$world, $question, $input, $answer] = explode("\t", $line);
                $input = preg_replace_callback('/\\\\x(..)/', static fn ($found) => chr((int) hexdec($found[1])), $input);
                $cases[] = [$world, $question, $input, $answer];
            }
        }
        return $cases;
    }
}
