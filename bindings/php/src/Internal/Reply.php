<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * RESP2 that has been read, and what it says.
 *
 * @internal
 */
final class Reply
{
    /** More than the daemon ever sends at once. */
    private const MAX_BYTES = 1 << 26;
    private const MAX_ELEMENTS = 1 << 20;
    private const MAX_LINE = 1 << 16;
    private const MAX_DEPTH = 4;

    private string $bytes = '';
    private int $at = 0;
    private mixed $value = null;

    public function add(#[\SensitiveParameter] string $bytes): void
    {
        $this->bytes .= $bytes;
    }

    /** Whether a whole reply is there; then take() has it. */
    public function complete(): bool
    {
        $at = $this->at;
        $value = $this->parse($at, 0);
        if ($value === $this) {
            return false;
        }
        $this->at = $at;
        $this->value = $value;
        return true;
    }

    /** A string, an int, a list, null or a Refusal. */
    public function take(): mixed
    {
        return $this->value;
    }

    /** Whether nothing is left behind the replies. */
    public function atEnd(): bool
    {
        return $this->at === \strlen($this->bytes);
    }

    /** Parses what begins at $at, and moves it; $this where there is not enough. */
    private function parse(int &$at, int $depth): mixed
    {
        $end = \strpos($this->bytes, "\r\n", $at);
        if ($end === false) {
            $left = \strlen($this->bytes) - $at;
            if ($left > self::MAX_LINE || ($left > 0 && !\str_contains('*$-+:', $this->bytes[$at]))) {
                throw new Rubbish();
            }
            return $this;
        }
        $line = \substr($this->bytes, $at + 1, $end - $at - 1);
        $kind = $this->bytes[$at];
        $next = $end + 2;
        switch ($kind) {
            case '$':
                $length = self::number($line, self::MAX_BYTES);
                if ($length === -1) {
                    $at = $next;
                    return null;
                }
                if (\strlen($this->bytes) - $next < $length + 2) {
                    return $this;
                }
                if (\substr_compare($this->bytes, "\r\n", $next + $length, 2) !== 0) {
                    throw new Rubbish();
                }
                $at = $next + $length + 2;
                return \substr($this->bytes, $next, $length);
            case '+':
                $at = $next;
                return $line;
            case '-':
                $at = $next;
                return new Refusal($line);
            case ':':
                $at = $next;
                return self::number($line, \PHP_INT_MAX);
            case '*':
                $count = self::number($line, self::MAX_ELEMENTS);
                if ($depth === self::MAX_DEPTH) {
                    throw new Rubbish();
                }
                $list = $count === -1 ? null : [];
                while ($count-- > 0) {
                    $value = $this->parse($next, $depth + 1);
                    if ($value === $this) {
                        return $this;
                    }
                    $list[] = $value;
                }
                $at = $next;
                return $list;
            default:
                throw new Rubbish();
        }
    }

    private static function number(string $text, int $most): int
    {
        $number = (int) $text;
        if ((string) $number !== $text || $number < -1 || $number > $most) {
            throw new Rubbish();
        }
        return $number;
    }
}
