<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use Nameplate\Database;
use Nameplate\Exception;
use PHPUnit\Framework\TestCase;

/** Files: on the extension and through FFI. */
final class DatabaseTest extends TestCase
{
    protected function setUp(): void
    {
        if (Fixtures::way() === 'client') {
            self::markTestSkipped('a client has no files');
        }
    }

    public function testFilesThatAreNone(): void
    {
        $whole = file_get_contents(Fixtures::vectors());
        $newer = $whole;
        // docs/FORMAT.md: the version is behind the magic.
        $newer[8] = "\x7f";
        $path = Fixtures::folder() . '/bad.npl';
        $seen = [];
        foreach (
            [
                'empty' => '', 'cut off' => substr($whole, 0, 4000), 'in the header' => substr($whole, 0, 50),
                'newer' => $newer, 'another' => str_repeat('x', 10000),
            ] as $name => $contents
        ) {
            file_put_contents($path, $contents);
            try {
                Database::open($path);
                self::fail($name);
            } catch (Exception $error) {
                self::assertStringContainsString($path, $error->getMessage());
                self::assertGreaterThan(0, $error->getCode());
                $seen[$name] = $error->getCode();
            }
        }
        self::assertSame(['empty' => 18, 'newer' => 20], array_intersect_key($seen, ['empty' => 1, 'newer' => 1]));
        foreach (['/nowhere/nameplate.npl', Fixtures::folder(), str_repeat('x', 5000)] as $path) {
            try {
                Database::open($path);
                self::fail($path);
            } catch (Exception $error) {
                self::assertNotSame('', $error->getMessage());
            }
        }
        foreach (['', "x\0y"] as $path) {
            try {
                Database::open($path);
                self::fail('it was opened');
            } catch (\ValueError $error) {
                self::assertStringContainsString('($path)', $error->getMessage());
            }
        }
        foreach ([['suppression', '/nowhere/x.list', 24], ['publicKey', '/nowhere/x.pub', 16]] as [$option, $value, $code]) {
            try {
                Database::open(Fixtures::vectors(), ...[$option => $value]);
                self::fail($option);
            } catch (Exception $error) {
                self::assertSame($code, $error->getCode());
            }
        }
        $this->expectException(\Error::class);
        Database::open(Fixtures::vectors(), nonsense: true);
    }

    public function testEveryWayOfOpening(): void
    {
        foreach (['verify', 'copy', 'prefault', 'allowOlder'] as $option) {
            $database = Database::open(Fixtures::vectors(), ...[$option => true]);
            self::assertSame('company', $database->lookup('20.0.0.0')->status, $option);
            $database->close();
        }
    }

    public function testSignedFiles(): void
    {
        $folder = Fixtures::folder();
        Fixtures::nameplate(['keygen', "$folder/k.key"]);
        $config = Fixtures::ROOT . '/tests/vectors/vectors.toml';
        Fixtures::nameplate(['build', '--config', $config, '--sign', "$folder/k.key", '-o', "$folder/signed.npl"]);
        foreach ([glob("$folder/k*.pub")[0], trim(explode("\n", file_get_contents(glob("$folder/k*.pub")[0]))[1])] as $key) {
            self::assertSame('company', Database::open("$folder/signed.npl", publicKey: $key)->lookup('20.0.0.0')->status);
            try {
                Database::open(Fixtures::vectors(), publicKey: $key);
                self::fail('an unsigned file was opened');
            } catch (Exception $error) {
                self::assertSame(21, $error->getCode());
            }
        }
    }

    public function testAReloadThatFailsLeavesWhatWasServed(): void
    {
        $path = Fixtures::copy();
        $database = Database::open($path);
        $answer = $database->lookup('20.0.0.0');
        Fixtures::replace($path, 'nonsense');
        try {
            $database->reload();
            self::fail('it was reloaded');
        } catch (Exception $error) {
            self::assertStringContainsString($path, $error->getMessage());
        }
        self::assertSame($answer->toJson(), $database->lookup('20.0.0.0')->toJson());
        self::assertSame(1, $database->metadata()->generation);
        Fixtures::replace($path, file_get_contents(Fixtures::vectors()));
        $database->reload();
        self::assertSame(2, $database->metadata()->generation);
    }

    public function testTheSuppressionListIsReadAgain(): void
    {
        $path = Fixtures::copy();
        $list = "$path.list";
        Fixtures::nameplate(['suppress', 'create', '--list', $list]);
        $database = Database::open($path, suppression: $list);
        $answer = $database->lookup('20.0.0.0');
        self::assertSame('company', $answer->status);
        $id = $answer->company->id;
        Fixtures::nameplate(['suppress', 'add', '--list', $list, '--id', $id, '--reason', 'test']);
        $database->reload();
        self::assertNotSame('company', $database->lookup('20.0.0.0')->status);
        self::assertSame([], $database->networks($id));
        // What was answered before stays as it was.
        self::assertSame($id, $answer->company->id);
    }

    public function testTwoFilesAtOnce(): void
    {
        $whole = Database::open(Fixtures::vectors());
        $suppressed = Database::open(Fixtures::vectors(), suppression: Fixtures::list());
        self::assertSame('company', $whole->lookup('20.0.0.0')->status);
        self::assertNotSame('company', $suppressed->lookup('20.0.0.0')->status);
        $suppressed->close();
        self::assertSame('company', $whole->lookup('20.0.0.0')->status);
    }

    public function testItWorksFromOtherFolders(): void
    {
        $path = Fixtures::copy();
        $folder = getcwd();
        try {
            chdir(dirname($path));
            self::assertSame('company', Database::open(basename($path))->lookup('20.0.0.0')->status);
        } finally {
            chdir($folder);
        }
    }

    public function testMemoryDoesNotGrow(): void
    {
        $database = Database::open(Fixtures::vectors());
        $work = static function () use ($database): void {
            for ($i = 0; $i < 3000; $i++) {
                $answer = $database->lookup('20.0.' . $i % 8 . '.' . $i % 200);
                $i % 3 === 0 && $answer->toArray();
                $i % 5 === 0 && clone $answer;
                try {
                    $i % 7 === 0 && $database->lookup('x');
                } catch (\InvalidArgumentException) {
                }
                try {
                    $i % 11 === 0 && \Nameplate\Answer::fromArray(['status' => str_repeat('x', 9), 'sources' => [str_repeat('y', 9)]]);
                } catch (\ValueError) {
                }
            }
            $database->lookupMany(array_fill(0, 1500, '20.0.0.1'));
            $database->networks('domain:uni.example');
            $database->metadata();
        };
        $work();
        gc_collect_cycles();
        $before = memory_get_usage();
        for ($i = 0; $i < 5; $i++) {
            $work();
        }
        gc_collect_cycles();
        self::assertLessThan($before + 20_000, memory_get_usage());
    }
}
