<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * What databases and clients refuse of addresses given as text. No message has one in it.
 *
 * @internal
 */
final class Texts
{
    /** No text that is longer is an address. */
    public const LONGEST = 45;

    /**
     * Throws where one is no string, or too long to be an address.
     *
     * @param array<mixed> $ips
     */
    public static function check(#[\SensitiveParameter] array $ips): void
    {
        $number = 0;
        foreach ($ips as $ip) {
            $number++;
            if (!\is_string($ip)) {
                throw new \TypeError(
                    "number $number of the list must be of type string, " . \get_debug_type($ip) . ' given'
                );
            }
            if (\strlen($ip) > self::LONGEST) {
                throw self::noAddress($number);
            }
        }
    }

    /** @param int|null $number the how-manieth of a list */
    public static function noAddress(?int $number = null): \InvalidArgumentException
    {
        return new \InvalidArgumentException(($number === null ? 'this' : "number $number of the list")
            . ' is no IPv4 or IPv6 address: pass one as text, such as 192.0.2.1 or 2001:db8::1, without port, brackets, '
            . 'zone or spaces');
    }
}
