<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use PHPUnit\Framework\TestCase;

/** What only the extension has: it is one with the package, and its files stay open over requests. */
final class ExtensionTest extends TestCase
{
    protected function setUp(): void
    {
        if (Fixtures::way() !== 'extension') {
            self::markTestSkipped('without the extension');
        }
    }

    public function testTheExtensionsClassesAreThePackages(): void
    {
        $command = [PHP_BINARY, '-n', __DIR__ . '/signatures.php', getenv('NAMEPLATE_TEST_AUTOLOAD')];
        $process = proc_open($command, [1 => ['pipe', 'w']], $pipes);
        $package = json_decode(stream_get_contents($pipes[1]), true);
        proc_close($process);
        require_once __DIR__ . '/signatures.php';
        self::assertCount(9, $package);
        self::assertSame($package, signatures());
    }

    public function testTheStubIsWhatTheExtensionWasBuiltOf(): void
    {
        $folder = __DIR__ . '/../ext';
        $hash = sha1(str_replace("\r\n", "\n", file_get_contents("$folder/nameplate.stub.php")));
        self::assertStringContainsString("Stub hash: $hash ", file_get_contents("$folder/nameplate_arginfo.h"));
    }

    public function testFilesStayOpenOverRequestsAndAreReloadedWhenTheyAreReplaced(): void
    {
        $path = Fixtures::copy();
        $server = new WebServer(['-d', 'error_log=' . Fixtures::folder() . '/php.log']);
        $first = $server->get($path);
        self::assertSame(['Beispiel Maschinenbau GmbH', 1], [$first['name'], $first['generation']]);
        self::assertSame($first, $server->get($path));
        Fixtures::replace($path, file_get_contents(Fixtures::vectors()));
        self::assertSame(2, $server->get($path)['generation']);
        self::assertSame(2, $server->get($path)['generation']);
        // What is no range file, or no file, is logged, and what was served is served on.
        Fixtures::replace($path, 'nonsense');
        for ($i = 0; $i < 3; $i++) {
            self::assertSame(['Beispiel Maschinenbau GmbH', 2], [$server->get($path)['name'], $server->get($path)['generation']]);
        }
        $log = file_get_contents(Fixtures::folder() . '/php.log');
        self::assertSame(1, substr_count($log, 'nameplate: the file that was open is used on'));
        unlink($path);
        self::assertSame(2, $server->get($path)['generation']);
        Fixtures::replace($path, file_get_contents(Fixtures::vectors()));
        self::assertSame(3, $server->get($path)['generation']);
        // A script that ends in the middle leaves all in order.
        self::assertStringContainsString('Allowed memory size', (string) $server->raw('/exhaust?' . rawurlencode($path)));
        self::assertSame(3, $server->get($path)['generation']);
    }

    public function testReloadingCanBeLeftToTheScript(): void
    {
        $path = Fixtures::copy();
        $server = new WebServer(['-d', 'nameplate.auto_reload=0']);
        $server->get($path);
        Fixtures::replace($path, file_get_contents(Fixtures::vectors()));
        self::assertSame(1, $server->get($path)['generation']);
    }

    public function testNoMoreFilesStayOpenThanAreToldTo(): void
    {
        $server = new WebServer(['-d', 'nameplate.max_databases=3']);
        for ($i = 0; $i < 10; $i++) {
            $mapped = $server->get(Fixtures::copy())['mapped'];
        }
        self::assertSame(3, $mapped);
    }

    public function testWorkersOfOneServer(): void
    {
        putenv('PHP_CLI_SERVER_WORKERS=4');
        $server = new WebServer([]);
        putenv('PHP_CLI_SERVER_WORKERS');
        $path = Fixtures::copy();
        $seen = [];
        for ($i = 0; $i < 60; $i++) {
            $got = $server->get($path);
            self::assertSame('Beispiel Maschinenbau GmbH', $got['name']);
            $seen[$got['process']] = true;
        }
        self::assertGreaterThan(1, count($seen));
    }
}
