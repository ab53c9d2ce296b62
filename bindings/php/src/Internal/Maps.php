<?php

declare(strict_types=1);

namespace Nameplate\Internal;

use Nameplate\Answer;
use Nameplate\Exception;

/**
 * The answers of a LOOKUP or an MLOOKUP, as the daemon sent them. One expression cuts them apart and finds the names; the rest is parsed
 * when an answer is asked for it.
 *
 * The expression believes the line ends and not the lengths, for texts of a range file have no line ends. What is read
 * later believes the lengths.
 *
 * @internal
 */
final class Maps implements Facts
{
    /** An answer as far as its name, which is one of the last three. */
    private const NAMED = '\*\d+\r\n\$6\r\nstatus\r\n\$\d+\r\n([a-z]+)\r\n'
        . '(?:\$5\r\nblock\r\n\$\d+\r\n([^\r\n]*+)\r\n'
        . '|\$10\r\ncompany\.id\r\n\$\d+\r\n[^\r\n]*+\r\n\$12\r\ncompany\.name\r\n\$\d+\r\n([^\r\n]*+)\r\n'
        . '|\$12\r\noperator\.asn\r\n\$\d+\r\n\d+\r\n\$13\r\noperator\.name\r\n\$\d+\r\n([^\r\n]*+)\r\n'
        . '|)';
    private const REST = '(?:\$\d+\r\n[^\r\n]*+\r\n)*+';
    /** An answer; or an error in its place. */
    private const ELEMENT = '~\G(?:' . self::NAMED . self::REST . '|-[^\r\n]*+\r\n)~';
    private const ONE = '~^' . self::NAMED . '~';
    private const KINDS = ['unknown' => 0, 'company' => 1, 'operator' => 2, 'reserved' => 3];

    /**
     * @param list<string> $maps each as the daemon sent it
     * @param list<string|null> $names
     * @param list<int> $kinds -1 where the address was refused
     */
    private function __construct(
        private readonly array $maps,
        public readonly array $names,
        public readonly array $kinds
    ) {
    }

    /** The answer that is a reply to LOOKUP; or null, where it is none. */
    public static function one(string $reply): ?Answer
    {
        if (\preg_match(self::ONE, $reply, $columns) !== 1 || !isset(self::KINDS[$columns[1]])) {
            return null;
        }
        // Those behind the one that was there are left out.
        $name = \count($columns) > 2 ? \end($columns) : '';
        return Answer::ofFacts($name === '' ? null : $name, self::KINDS[$columns[1]], 0, new self([$reply], [], []));
    }

    /** What `count` answers are in a reply; or null, where it is none of that. */
    public static function of(string $reply, int $count): ?Maps
    {
        $head = "*$count\r\n";
        if (!\str_starts_with($reply, $head)) {
            return null;
        }
        $found = \preg_match_all(self::ELEMENT, $reply, $columns, \PREG_PATTERN_ORDER, \strlen($head));
        if ($found !== $count || \strlen($head) + \array_sum(\array_map(strlen(...), $columns[0])) !== \strlen($reply)) {
            return null;
        }
        [$maps, $statuses, $blocks, $companies, $operators] = $columns;
        $names = $kinds = [];
        for ($i = 0; $i < $count; $i++) {
            $kinds[] = $kind = self::KINDS[$statuses[$i]] ?? -1;
            $name = $kind === 2 ? $operators[$i] : ($kind === 1 ? $companies[$i] : $blocks[$i]);
            $names[] = $name === '' ? null : $name;
            if ($kind === -1 && $maps[$i] !== "-ERR invalid address\r\n") {
                return null;
            }
        }
        return new self($maps, $names, $kinds);
    }

    public function facts(int $number): array
    {
        $reply = new Reply();
        $reply->add($this->maps[$number]);
        try {
            $facts = $reply->complete() && $reply->atEnd() ? self::unflatten($reply->take()) : null;
        } catch (Rubbish) {
            $facts = null;
        }
        if ($facts === null) {
            throw new Exception('the daemon sent what is no answer: see whether it is of the same version');
        }
        return $facts;
    }

    /**
     * The contract's JSON of a reply to LOOKUP or ANSWER; or null, where it is none.
     *
     * @return array<string, mixed>|null
     */
    public static function unflatten(mixed $map): ?array
    {
        if (!\is_array($map) || \count($map) % 2 !== 0) {
            return null;
        }
        $json = [];
        foreach (\array_chunk($map, 2) as [$name, $value]) {
            if (!\is_string($name) || !\is_string($value)) {
                return null;
            }
            [$group, $key] = \explode('.', $name, 2) + [1 => null];
            if ($name === 'sources') {
                $json['sources'] = \explode(',', $value);
            } elseif ($key === null) {
                $json[$group] = $name === 'confidence' ? (int) $value : $value;
            } else {
                $json[$group][$key] = $name === 'operator.asn' ? (int) $value : $value;
            }
        }
        return $json;
    }
}
