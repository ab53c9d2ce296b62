<?php

declare(strict_types=1);

namespace Nameplate;

use Nameplate\Internal\Connection;
use Nameplate\Internal\Maps;
use Nameplate\Internal\Refusal;
use Nameplate\Internal\Texts;

/**
 * The daemon, over its Unix socket. Plain PHP: it needs no extension.
 *
 * The connection is made when it is first needed, and is kept over requests in the same php-fpm worker. One that has broken is
 * made anew, once for each call. A forked process makes its own.
 */
final class Client implements Lookup
{
    /** Addresses of an MLOOKUP: its request and its reply fit into the buffers on the way. */
    private const BATCH = 1000;
    /** Names that are kept, so that a list of addresses needs no more than their ids. */
    private const NAMES = 16384;
    /** Bytes of packed addresses in a request; the daemon takes 1 MiB. */
    private const PACKED_BYTES = 1 << 19;

    private readonly Connection $connection;
    /** @var array<int, string|null> names by answer id, of one generation */
    private array $names = [];
    private int $generation = 0;
    /** Whether answers can be parsed later: not those of the extension, where it is loaded. */
    private readonly bool $lazy;

    /**
     * @param string $socket the daemon's socket, such as /run/nameplate/nameplate.sock
     * @param float $timeout seconds that connecting, and any reply, may take
     * @param bool $persistent keep the connection over requests
     */
    public function __construct(string $socket, float $timeout = 1.0, bool $persistent = true)
    {
        if ($socket === '' || \str_contains($socket, "\0")) {
            throw new \ValueError('Nameplate\\Client::__construct(): Argument #1 ($socket) must be the path of a socket');
        }
        if (!($timeout > 0 && $timeout < 86400)) {
            throw new \ValueError('Nameplate\\Client::__construct(): Argument #2 ($timeout) must be seconds, more than 0');
        }
        $this->connection = new Connection($socket, $timeout, $persistent);
        $this->lazy = \method_exists(Answer::class, 'ofFacts');
    }

    public function __clone()
    {
        throw new \Error('Trying to clone an uncloneable object of class ' . self::class);
    }

    public function __serialize(): array
    {
        throw new \Exception('Serialization of \'' . self::class . '\' is not allowed');
    }

    public function lookup(#[\SensitiveParameter] string $ip): Answer
    {
        $length = \strlen($ip);
        if ($length > Texts::LONGEST) {
            throw Texts::noAddress();
        }
        if ($this->lazy) {
            // Quicker than JSON, as long as nobody wants more than a name.
            $reply = $this->connection->askRaw("*2\r\n$6\r\nLOOKUP\r\n$$length\r\n$ip\r\n");
            $answer = Maps::one($reply);
            if ($answer !== null) {
                return $answer;
            }
            $reply = Refusal::in($reply);
        } else {
            $reply = $this->command('LOOKUPJSON', $ip);
            if (\is_string($reply)) {
                return $this->answerOf(\json_decode($reply, true));
            }
        }
        throw $reply instanceof Refusal && $reply->isAddress() ? Texts::noAddress() : $this->connection->unexpected($reply);
    }

    public function lookupMany(#[\SensitiveParameter] array $ips): array
    {
        Texts::check($ips);
        $answers = [];
        $done = 0;
        foreach (\array_chunk($ips, self::BATCH, true) as $part) {
            $maps = $this->maps($part, $done);
            $i = 0;
            foreach ($part as $key => $ip) {
                $answers[$key] = $this->lazy
                    ? Answer::ofFacts($maps->names[$i], $maps->kinds[$i], $i, $maps)
                    : $this->answerOf($maps->facts($i));
                $i++;
            }
            $done += $i;
        }
        return $answers;
    }

    /**
     * Asks the daemon for the ids, and for the answers of those alone whose names are not known from earlier calls.
     */
    public function names(#[\SensitiveParameter] array $ips): array
    {
        Texts::check($ips);
        $names = [];
        $done = 0;
        foreach (\array_chunk($ips, self::BATCH, true) as $part) {
            $names += $this->namesOf($part, $done);
            $done += \count($part);
        }
        return $names;
    }

    public function lookupPacked(#[\SensitiveParameter] string $addresses, int $width = 4): string
    {
        Internal\Packed::check($addresses, $width);
        // All ids are to be of one generation; where the daemon reloads in between, all over again.
        for ($tries = 0; $tries < 3; $tries++) {
            $ids = '';
            $generations = [];
            foreach ($addresses === '' ? [] : \str_split($addresses, self::PACKED_BYTES) as $part) {
                [$generation, $found] = $this->packed($part, $width);
                $generations[$generation] = true;
                $ids .= $found;
            }
            if (\count($generations) <= 1) {
                return $ids;
            }
        }
        throw new Exception('the daemon reloads faster than it can be asked: pass fewer addresses at once');
    }

    public function answer(int $id): Answer
    {
        $reply = $this->command('ANSWER', (string) $id);
        if ($reply instanceof Refusal && $reply->isId()) {
            throw Internal\Packed::noAnswer();
        }
        return $this->answerOf(Maps::unflatten($reply));
    }

    public function networks(string $id): array
    {
        $reply = $this->command('NETWORKS', $id);
        if (!\is_array($reply)) {
            throw $this->connection->unexpected($reply);
        }
        try {
            return \array_map(
                static fn (mixed $pair): Network
                    => Network::fromArray(\is_array($pair) ? ['first' => $pair[0] ?? null, 'last' => $pair[1] ?? null] : []),
                $reply
            );
        } catch (\ValueError) {
            throw $this->connection->unexpected(null);
        }
    }

    public function metadata(): Metadata
    {
        $reply = $this->command('INFO');
        if (!\is_string($reply)) {
            throw $this->connection->unexpected($reply);
        }
        \preg_match_all('/^([a-z0-9_]+):(\d+)\r?$/m', $reply, $found);
        $numbers = \array_map(intval(...), \array_combine($found[1], $found[2]));
        try {
            return Metadata::fromArray([
                'format_version' => $numbers['format_version'] ?? null,
                'build_number' => $numbers['build_number'] ?? null,
                'generation' => $numbers['generation'] ?? null,
                'created' => ($numbers['created'] ?? 0) ?: null,
                'bytes' => $numbers['file_bytes'] ?? null,
                'v4_intervals' => $numbers['ipv4_intervals'] ?? null,
                'v6_intervals' => $numbers['ipv6_intervals'] ?? null,
                'answers' => $numbers['answers'] ?? null,
                'companies' => $numbers['companies'] ?? null,
                'operators' => $numbers['operators'] ?? null,
            ]);
        } catch (\ValueError) {
            throw $this->connection->unexpected(null);
        }
    }

    /** Has the daemon reload: only its own user and root may. */
    public function reload(): void
    {
        $reply = $this->command('RELOAD');
        if ($reply !== 'OK') {
            throw $this->connection->unexpected($reply);
        }
    }

    public function close(): void
    {
        $this->connection->close();
    }

    private function command(string $name, #[\SensitiveParameter] string ...$arguments): mixed
    {
        $request = '*' . (\count($arguments) + 1) . "\r\n$" . \strlen($name) . "\r\n$name\r\n";
        foreach ($arguments as $argument) {
            $request .= '$' . \strlen($argument) . "\r\n$argument\r\n";
        }
        return $this->connection->ask($request);
    }

    /**
     * The answers to at most BATCH texts.
     *
     * @param array<string> $ips
     */
    private function maps(#[\SensitiveParameter] array $ips, int $done): Maps
    {
        $request = '*' . (\count($ips) + 1) . "\r\n$7\r\nMLOOKUP\r\n";
        foreach ($ips as $ip) {
            $request .= '$' . \strlen($ip) . "\r\n$ip\r\n";
        }
        $reply = $this->connection->askRaw($request);
        $maps = Maps::of($reply, \count($ips));
        if ($maps === null) {
            throw $this->connection->unexpected(Refusal::in($reply));
        }
        $bad = \array_search(-1, $maps->kinds, true);
        if ($bad !== false) {
            throw Texts::noAddress($done + $bad + 1);
        }
        return $maps;
    }

    /**
     * @param array<string> $ips
     * @return array<string|null>
     */
    private function namesOf(#[\SensitiveParameter] array $ips, int $done): array
    {
        $v4 = $v6 = '';
        $widths = [];
        $number = $done;
        foreach ($ips as $key => $ip) {
            $number++;
            // inet_pton would pass over what is behind a NUL.
            $bytes = \str_contains($ip, "\0") ? false : @\inet_pton($ip);
            if ($bytes === false) {
                throw Texts::noAddress($number);
            }
            if (\strlen($bytes) === 4) {
                $v4 .= $bytes;
                $widths[$key] = 4;
            } else {
                $v6 .= $bytes;
                $widths[$key] = 16;
            }
        }
        $ids = [];
        $generation = $this->generation;
        foreach ([4 => $v4, 16 => $v6] as $width => $addresses) {
            $ids[$width] = [];
            if ($addresses !== '') {
                [$generation, $found] = $this->packed($addresses, $width);
                $ids[$width] = \array_values(\unpack('V*', $found));
                if ($generation !== $this->generation) {
                    $this->generation = $generation;
                    $this->names = [];
                }
            }
        }
        $names = $unknown = [];
        $at = [4 => 0, 16 => 0];
        foreach ($widths as $key => $width) {
            $id = $ids[$width][$at[$width]++];
            $names[$key] = $this->names[$id] ?? null;
            if ($names[$key] === null && !\array_key_exists($id, $this->names)) {
                $unknown[$key] = $id;
            }
        }
        if ($unknown !== []) {
            $maps = $this->maps(\array_intersect_key($ips, $unknown), 0);
            $i = 0;
            $learnt = [];
            foreach ($unknown as $key => $id) {
                $learnt[$id] = $names[$key] = $maps->names[$i++];
            }
            // A reload in between would have given these ids to others.
            if ($this->packed("\0\0\0\0", 4)[0] === $this->generation) {
                $this->names = (\count($this->names) + \count($learnt) > self::NAMES ? [] : $this->names) + $learnt;
            }
        }
        return $names;
    }

    /**
     * @return array{int, string} the generation and the ids
     */
    private function packed(#[\SensitiveParameter] string $addresses, int $width): array
    {
        $reply = $this->command('LOOKUPPACKED', (string) $width, $addresses);
        if (
            !\is_array($reply) || !\is_int($reply[0] ?? null) || !\is_string($reply[1] ?? null)
            || \strlen($reply[1]) !== \intdiv(\strlen($addresses), $width) * 4
        ) {
            throw $this->connection->unexpected($reply);
        }
        return [$reply[0], $reply[1]];
    }

    private function answerOf(mixed $json): Answer
    {
        try {
            return Answer::fromArray($json);
        } catch (\TypeError | \ValueError) {
            throw $this->connection->unexpected(null);
        }
    }
}
