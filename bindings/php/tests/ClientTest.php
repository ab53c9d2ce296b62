<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use Nameplate\Client;
use Nameplate\Exception;
use PHPUnit\Framework\TestCase;

/** Sockets: those that are there, and those that are not what they should be. */
final class ClientTest extends TestCase
{
    private const MAP = "*4\r\n$6\r\nstatus\r\n$8\r\nreserved\r\n$5\r\nblock\r\n$4\r\nTest\r\n";
    private const PONG = "+PONG\r\n";

    /** The daemon's reply to a request of one address: a client whose answers are the extension's asks for JSON, another one for a map. */
    private static function reply(string $request, string $block = 'Test'): string
    {
        if (str_contains($request, 'LOOKUPJSON')) {
            $json = json_encode(['status' => 'reserved', 'block' => $block]);
            return '$' . strlen($json) . "\r\n$json\r\n";
        }
        return str_replace("$4\r\nTest", '$' . strlen($block) . "\r\n$block", self::MAP) . self::PONG;
    }

    protected function setUp(): void
    {
        if (Fixtures::way() !== 'client') {
            self::markTestSkipped('a database has no socket');
        }
    }

    public function testASocketThatIsNotThere(): void
    {
        foreach (['/nowhere/x.sock', Fixtures::vectors(), '/' . str_repeat('x', 200)] as $path) {
            $error = self::refusal(static fn () => (new Client($path))->lookup('20.0.0.0'));
            self::assertStringContainsString($path, $error->getMessage());
        }
        foreach ([['', 1.0], ["x\0y", 1.0], ['x', 0.0], ['x', -1.0], ['x', NAN], ['x', INF]] as $arguments) {
            try {
                new Client(...$arguments);
                self::fail('it was made');
            } catch (\ValueError $error) {
                self::assertStringContainsString('__construct()', $error->getMessage());
            }
        }
    }

    public function testADaemonThatIsStartedAnewIsFoundAgain(): void
    {
        $daemon = new Daemon(Fixtures::vectors());
        foreach ([true, false] as $persistent) {
            $client = new Client($daemon->socket, 10.0, $persistent);
            self::assertSame('company', $client->lookup('20.0.0.0')->status);
            $daemon->stop();
            self::refusal(static fn () => $client->lookup('20.0.0.0'));
            $daemon->start();
            self::assertSame('company', $client->lookup('20.0.0.0')->status);
            $daemon->stop();
            $daemon->start();
            // The connection has broken meanwhile, and nobody notices.
            self::assertCount(2500, $client->lookupMany(array_fill(0, 2500, '20.0.0.0')));
            $client->close();
            self::assertSame('company', $client->lookup('20.0.0.0')->status);
        }
    }

    public function testAConnectionThatEndsIsMadeAnewOnce(): void
    {
        foreach ([1, 2] as $breaks) {
            $peer = new Peer(static function ($connection, int $number) use ($breaks): void {
                $reply = self::reply((string) fread($connection, 8192));
                fwrite($connection, $number < $breaks ? substr($reply, 0, 20) : $reply);
                $number < $breaks || fread($connection, 8192);
            });
            $client = new Client($peer->socket, 10.0);
            if ($breaks === 1) {
                self::assertSame('Test', $client->lookup('20.0.0.0')->name);
            } else {
                $error = self::refusal(static fn () => $client->lookup('20.0.0.0'));
                self::assertStringContainsString('closes the connection', $error->getMessage());
                self::assertSame('Test', $client->lookup('20.0.0.0')->name);
            }
        }
    }

    public function testRubbishIsRefused(): void
    {
        $rubbish = [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0", "$99999999999\r\n", "*99999999\r\n", "$3\r\nabcdef\r\n", ":x\r\n",
            "*-2\r\n", '*1' . "\r\n" . str_repeat("*1\r\n", 200), "+OK\r\n", "$4\r\nnull\r\n", "*0\r\n", "*1\r\n$1\r\nx\r\n",
            "-ERR something else\r\n", "-BUSY too many\r\n",
        ];
        foreach ($rubbish as $number => $bytes) {
            $peer = new Peer(static function ($connection) use ($bytes): void {
                $request = fread($connection, 8192);
                fwrite($connection, $bytes . (str_ends_with($request, "PING\r\n") ? self::PONG : ''));
                fread($connection, 8192);
            });
            foreach (
                [
                    static fn (Client $client) => $client->lookup('20.0.0.0'),
                    static fn (Client $client) => $client->lookupMany(['20.0.0.0']),
                    static fn (Client $client) => $client->names(['20.0.0.0']),
                    static fn (Client $client) => $client->lookupPacked('abcd'),
                    static fn (Client $client) => $client->answer(1)->toArray(),
                    static fn (Client $client) => $bytes === "*0\r\n" || $client->networks('x'),
                    static fn (Client $client) => $client->metadata(),
                    static fn (Client $client) => $bytes === "+OK\r\n" || $client->reload(),
                ] as $method => $ask
            ) {
                $client = new Client($peer->socket, 10.0, false);
                try {
                    if ($ask($client) === true) {
                        continue;
                    }
                    self::fail("rubbish $number, method $method");
                } catch (Exception $error) {
                    self::assertStringContainsString($peer->socket, $error->getMessage());
                }
                $client->close();
            }
        }
    }

    public function testAPeerThatSaysNothingIsGivenUp(): void
    {
        $peer = new Peer(static function ($connection): void {
            while (fread($connection, 8192)) {
            }
        });
        $client = new Client($peer->socket, 0.05);
        foreach (['lookup' => '20.0.0.0', 'lookupMany' => ['20.0.0.0'], 'networks' => 'x'] as $method => $argument) {
            $error = self::refusal(static fn () => $client->$method($argument));
            self::assertStringContainsString('no reply within 0.05 seconds', $error->getMessage());
        }
    }

    public function testAPeerThatDripsIsGivenUp(): void
    {
        $peer = new Peer(static function ($connection): void {
            fread($connection, 8192);
            while (@fwrite($connection, '-') === 1) {
                usleep(10_000);
            }
        });
        $error = self::refusal(static fn () => (new Client($peer->socket, 0.1))->lookup('20.0.0.0'));
        self::assertStringContainsString('no reply within 0.1 seconds', $error->getMessage());
    }

    public function testARepliesOfAnEarlierRequestAreNotTakenForOurs(): void
    {
        // As a php-fpm worker whose script was ended in the middle leaves the stream that PHP keeps.
        $socket = Fixtures::daemon()->socket;
        foreach (["*2\r\n$6\r\nLOOKUP\r\n$8\r\n20.1.0.0\r\n", str_repeat("*2\r\n$10\r\nLOOKUPJSON\r\n$8\r\n20.1.0.0\r\n", 500)] as $left) {
            $stream = stream_socket_client("unix://$socket", $code, $text, 1, STREAM_CLIENT_CONNECT | STREAM_CLIENT_PERSISTENT);
            fwrite($stream, $left);
            $client = new Client($socket, 10.0);
            self::assertSame('company', $client->lookup('20.0.0.0')->status);
            self::assertSame('operator', $client->lookup('20.1.0.0')->status);
        }
    }

    public function testRepliesThatComeInPieces(): void
    {
        $peer = new Peer(static function ($connection): void {
            while ($request = fread($connection, 8192)) {
                foreach (str_split(self::reply($request)) as $byte) {
                    fwrite($connection, $byte);
                    usleep(100);
                }
            }
        });
        $client = new Client($peer->socket, 10.0);
        for ($i = 0; $i < 3; $i++) {
            $answer = $client->lookup('20.0.0.0');
            self::assertSame(['reserved', 'Test', 'Test'], [$answer->status, $answer->name, $answer->block]);
        }
    }

    public function testTextsWithLineEndsAreReadByTheirLengths(): void
    {
        // No range file has such a name. If one had, its other facts would not be mistaken.
        $peer = new Peer(static function ($connection): void {
            fwrite($connection, self::reply((string) fread($connection, 8192), "a\r\n$4b"));
            fread($connection, 8192);
        });
        self::assertSame("a\r\n$4b", (new Client($peer->socket, 10.0))->lookup('20.0.0.0')->block);
    }

    public function testManyClientsShareAConnection(): void
    {
        $clients = [];
        for ($i = 0; $i < 50; $i++) {
            $clients[] = new Client(Fixtures::daemon()->socket, 10.0);
        }
        foreach ($clients as $i => $client) {
            self::assertSame($i % 2 === 0 ? 'company' : 'operator', $client->lookup($i % 2 === 0 ? '20.0.0.0' : '20.1.0.0')->status);
        }
        $clients[0]->close();
        self::assertSame('company', $clients[1]->lookup('20.0.0.0')->status);
    }

    public function testNamesAreForgottenWhenTheDaemonReloads(): void
    {
        $path = Fixtures::copy();
        $daemon = new Daemon($path);
        $client = new Client($daemon->socket, 10.0);
        $list = ['20.0.0.0', '20.1.0.0', '2c00:2::', '2.0.0.0', '10.0.0.0'];
        $names = $client->names($list);
        self::assertSame($names, $client->names($list));
        // The sample has other answers under the same ids.
        $sample = Fixtures::folder() . '/sample.npl';
        Fixtures::nameplate(['build', '--config', Fixtures::ROOT . '/data/sample.toml', '-o', $sample]);
        $client->close();
        $daemon->stop();
        Fixtures::replace($path, file_get_contents($sample));
        $daemon->start();
        $expected = array_map(static fn ($answer) => $answer->name, $client->lookupMany($list));
        self::assertNotSame($names, $expected);
        self::assertSame($expected, (new Client($daemon->socket, 10.0))->names($list));
    }

    private static function refusal(\Closure $ask): Exception
    {
        try {
            $ask();
        } catch (Exception $error) {
            return $error;
        }
        self::fail('it answers');
    }
}
