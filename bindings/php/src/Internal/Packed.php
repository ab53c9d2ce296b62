<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * What databases and clients refuse of packed addresses.
 *
 * @internal
 */
final class Packed
{
    public static function check(#[\SensitiveParameter] string $addresses, int $width): void
    {
        if ($width !== 4 && $width !== 16) {
            throw new \ValueError('lookupPacked(): Argument #2 ($width) must be 4 (IPv4) or 16 (IPv6)');
        }
        if (\strlen($addresses) % $width !== 0) {
            throw new \InvalidArgumentException("the addresses are not a multiple of $width bytes: pass what inet_pton() gives, "
                . 'joined');
        }
    }

    public static function noAnswer(): \ValueError
    {
        return new \ValueError('answer(): Argument #1 ($id) must be an answer id, as lookupPacked() gives since the last reload');
    }
}
