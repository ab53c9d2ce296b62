<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use PHPUnit\Framework\TestCase;

/** What only FFI has: where it is allowed, and what is said where it is not. */
final class FfiTest extends TestCase
{
    protected function setUp(): void
    {
        if (Fixtures::way() !== 'ffi') {
            self::markTestSkipped('without FFI');
        }
    }

    public function testTheDeclarationsAreTheHeaders(): void
    {
        exec(PHP_BINARY . ' ' . escapeshellarg(__DIR__ . '/../ffi-header') . ' --check 2>&1', $lines, $code);
        self::assertSame([[], 0], [$lines, $code]);
    }

    public function testAPreloadedLibrary(): void
    {
        $package = dirname(getenv('NAMEPLATE_TEST_AUTOLOAD')) . '/nameplate/nameplate';
        // The loader finds the library as it would one that is installed.
        putenv('LD_LIBRARY_PATH=' . dirname(getenv('NAMEPLATE_LIBRARY')));
        $settings = ['-d', 'ffi.enable=preload', '-d', 'opcache.enable=1', '-d', 'opcache.enable_cli=1'];
        $user = posix_getpwuid(posix_geteuid())['name'];
        try {
            $server = new WebServer(
                [
                    ...$settings, '-d', "opcache.preload=$package/preload.php", '-d', "opcache.preload_user=$user",
                    '-d', "ffi.preload=$package/src/Internal/nameplate.ffi.h",
                ]
            );
            for ($i = 0; $i < 3; $i++) {
                $got = $server->get(Fixtures::vectors());
                self::assertSame(['Beispiel Maschinenbau GmbH', false], [$got['name'], $got['extension']]);
                self::assertSame('20.0.7.6', $got['network']['last']);
            }
            $server = new WebServer([...$settings, '-d', 'display_errors=1']);
            $page = (string) $server->raw('/?' . rawurlencode(Fixtures::vectors()));
            self::assertStringContainsString('new Nameplate\Client($socket)', $page);
            self::assertStringContainsString('preload.php', $page);
        } finally {
            putenv('LD_LIBRARY_PATH');
        }
    }

    public function testWithoutTheLibraryAndWithoutFfi(): void
    {
        foreach (
            [
                [['-d', 'ffi.enable=1'], 'NAMEPLATE_LIBRARY'],
                [['-d', 'ffi.enable=0'], 'ffi.enable'],
                [['-n'], 'FFI is loaded'],
            ] as [$settings, $expected]
        ) {
            $process = proc_open(
                [PHP_BINARY, ...$settings, '-r', 'require $argv[1]; try { Nameplate\Database::open($argv[2]); }
                    catch (Nameplate\Exception $error) { echo $error->getMessage(); }', '--',
                    getenv('NAMEPLATE_TEST_AUTOLOAD'), Fixtures::vectors()],
                [1 => ['pipe', 'w'], 2 => ['file', '/dev/null', 'w']],
                $pipes,
                null,
                ['NAMEPLATE_LIBRARY' => '/nowhere/libnameplate.so.1']
            );
            $text = stream_get_contents($pipes[1]);
            proc_close($process);
            self::assertStringContainsString($expected, $text);
            self::assertStringContainsString('new Nameplate\Client($socket)', $text);
        }
    }
}
