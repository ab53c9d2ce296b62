<?php

declare(strict_types=1);

namespace Nameplate;

/**
 * Whose X-Forwarded-For is believed. Anybody can send that header; only what a proxy of one's own put into it says
 * anything. So it is read from its end, where the nearest proxy wrote, and each step is taken only while the address at hand is
 * one of the proxies.
 */
final class TrustedProxies
{
    /** More proxies than this in a row are none of one's own. */
    private const MAX_HOPS = 32;

    /** @var list<array{string, string}> networks and masks, as inet_pton() gives */
    private readonly array $networks;

    /**
     * @param array<string> $networks addresses and CIDR networks of one's own proxies: `['10.0.0.0/8', '::1']`
     * @throws \ValueError where one is neither
     */
    public function __construct(array $networks)
    {
        $parsed = [];
        foreach (\array_values($networks) as $i => $network) {
            $parsed[] = (\is_string($network) ? self::parse($network) : null) ?? throw new \ValueError(\sprintf(
                '%s::__construct(): Argument #1 ($networks) must have addresses or CIDR networks, such as 10.0.0.0/8; number %d is none',
                self::class,
                $i + 1
            ));
        }
        $this->networks = $parsed;
    }

    /**
     * The address of who sent a request, or null where it can't be told.
     *
     * @param string|null $peer who is connected: $_SERVER['REMOTE_ADDR']
     * @param string $forwarded the header's value, several joined by commas
     */
    public function client(#[\SensitiveParameter] ?string $peer, #[\SensitiveParameter] string $forwarded): ?string
    {
        $address = $peer === null ? null : self::address($peer);
        $hops = \trim($forwarded) === '' ? [] : \array_slice(\explode(',', $forwarded), -self::MAX_HOPS);
        while ($address !== null && $hops !== [] && $this->trusts($address)) {
            // What a proxy could not name ("unknown") is nobody, and not the proxy.
            $address = self::address(self::withoutPort(\trim(\array_pop($hops))));
        }
        return $address === null ? null : (string) \inet_ntop($address);
    }

    private function trusts(#[\SensitiveParameter] string $address): bool
    {
        foreach ($this->networks as [$network, $mask]) {
            if (\strlen($network) === \strlen($address) && ($address & $mask) === $network) {
                return true;
            }
        }
        return false;
    }

    /** The bytes of an address, IPv4 where it is mapped; or null, where it is none. */
    private static function address(#[\SensitiveParameter] string $text): ?string
    {
        $bytes = \str_contains($text, "\0") ? false : @\inet_pton($text);
        if ($bytes === false) {
            return null;
        }
        $mapped = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
        return \strlen($bytes) === 16 && \str_starts_with($bytes, $mapped) ? \substr($bytes, 12) : $bytes;
    }

    /** Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`. */
    private static function withoutPort(#[\SensitiveParameter] string $text): string
    {
        return \preg_match('/^(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?$/D', $text, $found) === 1
            ? $found[1] . ($found[2] ?? '')
            : $text;
    }

    /** @return array{string, string}|null */
    private static function parse(string $network): ?array
    {
        [$text, $length] = \explode('/', $network, 2) + [1 => null];
        $address = @\inet_pton($text);
        if ($address === false) {
            return null;
        }
        $most = \strlen($address) * 8;
        $bits = $length === null ? $most : (\preg_match('/^\d{1,3}$/D', $length) === 1 ? (int) $length : -1);
        if ($bits < 0 || $bits > $most) {
            return null;
        }
        $mask = '';
        for ($i = 0; $i < $most; $i += 8) {
            $mask .= \chr(0xff00 >> \min(8, \max(0, $bits - $i)) & 0xff);
        }
        return [$address & $mask, $mask];
    }
}
