<?php

declare(strict_types=1);

namespace Nameplate;

use Nameplate\Internal\Connection;
use Nameplate\Internal\Refusal;

/**
 * Visits in, companies out: the daemon's leads, over its Unix socket. It needs a daemon with a `[leads]` section in its
 * configuration. Plain PHP.
 *
 * What goes in and comes out is the JSON of the daemon's commands, as arrays; docs/LEADS.md has its keys. Connections are made
 * and kept as those of {@see Client}.
 */
final class Leads
{
    private readonly Connection $connection;

    /**
     * @param string $socket the daemon's socket, such as /run/nameplate/nameplate.sock
     * @param float $timeout seconds that connecting, and any reply, may take
     * @param bool $persistent keep the connection over requests
     */
    public function __construct(string $socket, float $timeout = 1.0, bool $persistent = true)
    {
        if ($socket === '' || \str_contains($socket, "\0")) {
            throw new \ValueError('Nameplate\\Leads::__construct(): Argument #1 ($socket) must be the path of a socket');
        }
        if (!($timeout > 0 && $timeout < 86400)) {
            throw new \ValueError('Nameplate\\Leads::__construct(): Argument #2 ($timeout) must be seconds, more than 0');
        }
        $this->connection = new Connection($socket, $timeout, $persistent);
    }

    public function __clone()
    {
        throw new \Error('Trying to clone an uncloneable object of class ' . self::class);
    }

    public function __serialize(): array
    {
        throw new \Exception('Serialization of \'' . self::class . '\' is not allowed');
    }

    /**
     * Records a visit: `site` and `address`, and what else is known of it. The daemon decides what of that is kept.
     *
     * @param array<string, string|bool> $visit
     * @return array<string, mixed> `level`, and `company` where one was recognised and may be shown
     * @throws Exception where it was not recorded; the text never has an address
     */
    public function visit(#[\SensitiveParameter] array $visit): array
    {
        return $this->json($this->ask('VISIT', self::encode($visit)));
    }

    /**
     * A page of companies.
     *
     * @param array<string, mixed> $query sites, from, to, search, filter, segment, sort, ascending, cursor, limit
     * @return array<string, mixed> `companies`, and `cursor` where there is a next page
     */
    public function companies(array $query = []): array
    {
        return $this->json($this->ask('LEADS', self::encode($query)));
    }

    /**
     * A company with its visits, or null where there is none of this id.
     *
     * @return array<string, mixed>|null
     */
    public function company(string $id): ?array
    {
        $reply = $this->ask('LEAD', $id);
        return $reply === null ? null : $this->json($reply);
    }

    /**
     * How many page views were not shown as a company's, by site, day and reason.
     *
     * @param array<string, mixed> $query sites, from, to
     * @return list<array<string, mixed>>
     */
    public function filtered(array $query = []): array
    {
        $counts = $this->json($this->ask('FILTERED', self::encode($query)));
        return \array_is_list($counts) ? $counts : throw $this->connection->unexpected(null);
    }

    /**
     * All that is kept of a visitor.
     *
     * @param string $id the value of the cookie np_visitor
     * @return array<string, mixed>
     */
    public function exportVisitor(string $id): array
    {
        return $this->json($this->ask('VISITOR', 'EXPORT', $id));
    }

    /**
     * Removes all that is kept of a visitor.
     *
     * @param string $id the value of the cookie np_visitor
     * @return int how many rows that were
     */
    public function eraseVisitor(string $id): int
    {
        $rows = $this->ask('VISITOR', 'ERASE', $id);
        return \is_int($rows) ? $rows : throw $this->connection->unexpected($rows);
    }

    /**
     * The companies and networks that asked not to be shown.
     *
     * @return list<array<string, string>> one of `id`, `domain`, `network`, or `register` and `number`; `date` and `reason`
     */
    public function objections(): array
    {
        $objections = $this->json($this->ask('OBJECTION', 'LIST'));
        return \array_is_list($objections) ? $objections : throw $this->connection->unexpected(null);
    }

    /**
     * Hides a company or a network at once and for good, and removes what is stored of it.
     *
     * @param array<string, string> $rule one of `id`, `domain`, `network`, or `register` and `number`
     * @param string $reason how it was asked for
     * @return int how many rows were removed
     */
    public function object(array $rule, string $reason): int
    {
        $reply = $this->json($this->ask('OBJECTION', 'ADD', self::encode(['reason' => $reason] + $rule)));
        return \is_int($reply['removed'] ?? null) ? $reply['removed'] : throw $this->connection->unexpected(null);
    }

    /**
     * Takes an objection back. What was removed stays removed.
     *
     * @param array<string, string> $rule as for {@see object()}
     * @return bool whether there was one
     */
    public function lift(array $rule): bool
    {
        return $this->ask('OBJECTION', 'LIFT', self::encode($rule)) === 1;
    }

    /** Lets go of the connection. Closing twice is nothing. */
    public function close(): void
    {
        $this->connection->close();
    }

    private function ask(string $name, #[\SensitiveParameter] string ...$arguments): mixed
    {
        $request = '*' . (\count($arguments) + 1) . "\r\n$" . \strlen($name) . "\r\n$name\r\n";
        foreach ($arguments as $argument) {
            $request .= '$' . \strlen($argument) . "\r\n$argument\r\n";
        }
        $reply = $this->connection->ask($request);
        return $reply instanceof Refusal ? throw $this->connection->unexpected($reply) : $reply;
    }

    /** @return array<mixed> */
    private function json(mixed $reply): array
    {
        $value = \is_string($reply) ? \json_decode($reply, true) : null;
        return \is_array($value) ? $value : throw $this->connection->unexpected(null);
    }

    /** What is no UTF-8 is replaced: browsers send such bytes, and a visit is not to be lost for them. */
    private static function encode(#[\SensitiveParameter] array $value): string
    {
        return (string) \json_encode(
            (object) $value,
            \JSON_INVALID_UTF8_SUBSTITUTE | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_THROW_ON_ERROR
        );
    }
}
