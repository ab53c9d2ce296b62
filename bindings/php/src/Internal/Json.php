<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * What the answers' classes share.
 *
 * @internal
 */
final class Json
{
    /**
     * Without what is not known: absent facts are absent keys, never null or "".
     *
     * @param array<string, mixed> $facts
     * @return array<string, mixed>
     */
    public static function known(array $facts): array
    {
        return \array_filter($facts, static fn (mixed $fact): bool => $fact !== null && $fact !== '');
    }

    public static function refusal(string $class): \ValueError
    {
        return new \ValueError($class . '::fromArray(): Argument #1 ($json) must be what toArray() gives');
    }
}
