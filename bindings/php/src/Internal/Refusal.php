<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * An error that the daemon replied.
 *
 * @internal
 */
final class Refusal
{
    public function __construct(public readonly string $text)
    {
    }

    /** The error that is a whole reply, as it came; or null, where it is none. */
    public static function in(string $reply): ?Refusal
    {
        return \preg_match('/^-([^\r\n]*)\r\n$/D', $reply, $found) === 1 ? new self($found[1]) : null;
    }

    public function isAddress(): bool
    {
        return $this->text === 'ERR invalid address';
    }

    public function isId(): bool
    {
        return $this->text === 'ERR no such answer' || \str_starts_with($this->text, 'ERR an answer id is ');
    }
}
