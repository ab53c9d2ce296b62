<?php

declare(strict_types=1);

namespace NameplatePlugin;

use NameplatePlugin\Vendor\Nameplate\TrustedProxies;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Who sent this request. The address is handed to one call and kept nowhere: not in an option, a transient, a log or a reply.
 */
final class Visitor
{
    /**
     * The client's address, or null where it can't be told. Only what trusted proxies wrote is believed, and only the one header
     * that they write: another could come from the client through them.
     */
    public static function address(): ?string
    {
        $proxies = self::parse(Settings::proxies()) ?? new TrustedProxies([]);
        return $proxies->client(self::server('REMOTE_ADDR'), self::forwarded());
    }

    public static function areProxies(string $list): bool
    {
        return self::parse(preg_split('/[\s,]+/', $list, -1, PREG_SPLIT_NO_EMPTY) ?: []) !== null;
    }

    /** As it came, at most 1000 bytes: the daemon tells robots by it, and does not keep it. */
    public static function userAgent(): string
    {
        return substr(self::server('HTTP_USER_AGENT') ?? '', 0, 1000);
    }

    /** Global Privacy Control, as the browser's header says it. */
    public static function hasPrivacyControl(): bool
    {
        return trim(self::server('HTTP_SEC_GPC') ?? '') === '1';
    }

    /** Whether the browser has the cookie of an objection, whatever its value. */
    public static function hasObjected(): bool
    {
        return isset($_COOKIE['np_objection']);
    }

    /** The id of a cookie of ours, or null where there is none. */
    public static function cookie(string $name): ?string
    {
        $value = isset($_COOKIE[$name]) && is_string($_COOKIE[$name]) ? sanitize_text_field(wp_unslash($_COOKIE[$name])) : '';
        return self::isId($value) ? $value : null;
    }

    public static function isId(string $text): bool
    {
        return preg_match('/^[0-9a-f]{32}$/D', $text) === 1;
    }

    /**
     * Whether a page of this site sent the request. Browsers say so by themselves, and pages can't change it. Programs can say what they
     * like; to them this is no wall, and they get nothing by passing it.
     */
    public static function isOwnPage(): bool
    {
        $from = self::server('HTTP_SEC_FETCH_SITE');
        if ($from !== null && $from !== 'same-origin' && $from !== 'none') {
            return false;
        }
        $origin = self::server('HTTP_ORIGIN');
        return $origin === null || strtolower((string) wp_parse_url($origin, PHP_URL_HOST)) === Settings::host();
    }

    private static function forwarded(): string
    {
        if (Settings::text('header') !== 'forwarded') {
            return self::server('HTTP_X_FORWARDED_FOR') ?? '';
        }
        // RFC 7239: elements by commas, pairs by semicolons. What is no `for` says nothing, and ends what is believed.
        $hops = [];
        foreach (explode(',', self::server('HTTP_FORWARDED') ?? '') as $element) {
            $hops[] = preg_match('/(?:^|;)\s*for\s*=\s*("[^"\\\\]*"|[^\s;"]+)\s*(?:;|$)/i', $element, $found) === 1
                ? trim($found[1], '"')
                : 'unknown';
        }
        return implode(',', $hops);
    }

    /** @param array<string> $networks */
    private static function parse(array $networks): ?TrustedProxies
    {
        try {
            return new TrustedProxies($networks);
        } catch (\ValueError) {
            return null;
        }
    }

    private static function server(string $name): ?string
    {
        // Not sanitized: it is compared or parsed here, or sent to the daemon as it came, and never shown or stored.
        // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized
        return isset($_SERVER[$name]) && is_string($_SERVER[$name]) ? wp_unslash($_SERVER[$name]) : null;
    }
}
