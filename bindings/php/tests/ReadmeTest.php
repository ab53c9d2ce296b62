<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use PHPUnit\Framework\TestCase;

/** The README's examples print what it says. */
final class ReadmeTest extends TestCase
{
    public function testExamples(): void
    {
        if (Fixtures::way() === 'client') {
            self::markTestSkipped('most examples are of databases');
        }
        $readme = file_get_contents(__DIR__ . '/../README.md');
        $count = preg_match_all('/^```php\n(.*?)^```\n\n```text\n(.*?)^```$/ms', $readme, $examples, PREG_SET_ORDER);
        self::assertSame(substr_count($readme, "```php\n"), $count);
        $folder = Fixtures::folder();
        file_exists("$folder/nameplate.npl") || copy(Fixtures::vectors(), "$folder/nameplate.npl");
        $extensions = array_filter([getenv('NAMEPLATE_TEST_EXTENSION')]);
        foreach ($examples as [, $code, $expected]) {
            $script = "<?php\nrequire getenv('NAMEPLATE_TEST_AUTOLOAD');\nrequire '" . __DIR__ . "/psr-15.php';\n"
                . strtr($code, ['/run/nameplate/nameplate.sock' => Fixtures::daemon()->socket]);
            // Use declarations come first.
            $script = preg_replace('/^(<\?php\n)(.*?)((?:^use [^\n]*\n)+)/ms', '$1$3$2', $script);
            file_put_contents("$folder/example.php", $script);
            $settings = array_merge(
                ['-d', 'ffi.enable=1', '-d', 'display_errors=1', '-d', 'error_reporting=-1'],
                ...array_map(static fn ($file) => ['-d', "extension=$file"], $extensions)
            );
            $process = proc_open([PHP_BINARY, ...$settings, 'example.php'], [1 => ['pipe', 'w']], $pipes, $folder);
            $output = stream_get_contents($pipes[1]);
            proc_close($process);
            self::assertSame($expected, $output);
        }
    }
}
