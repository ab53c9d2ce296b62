<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * How far a lookup on the server may go. Visits are decided by the daemon; this is for what is asked without it: the template tag,
 * and what blocks and shortcodes ask from the browser.
 *
 * The lower of what the site allows and what the visitor granted decides. No signal is no consent. Nothing raises a level.
 */
final class Consent
{
    /**
     * What the visitor granted as far as the server can know it while it makes a page: a level, or null where nobody said anything.
     *
     * The WP Consent API says yes to everything where no consent tool is there, and where visitors must opt out; so it is believed
     * only where a tool has set a type of consent by which visitors opt in, and the visitor's own cookie says yes.
     */
    public static function granted(): ?string
    {
        /**
         * The level that the visitor granted by a tool of the site's own: 'off', 'count', 'company' or 'sessions'; null where nothing is known.
         *
         * @param string|null $level
         */
        $own = apply_filters('nameplate_visitor_consent', null);
        if ($own !== null) {
            return in_array($own, Settings::LEVELS, true) ? $own : 'off';
        }
        if (!function_exists('wp_has_consent') || !function_exists('wp_get_consent_type')) {
            return null;
        }
        $type = wp_get_consent_type();
        if (!is_string($type) || $type === '') {
            return null;
        }
        $answer = self::consentCookie('statistics');
        if ($answer === 'deny') {
            return 'off';
        }
        if (!str_contains($type, 'optin')) {
            return null;
        }
        return $answer === 'allow' && wp_has_consent('statistics') ? 'sessions' : null;
    }

    /** Whether a company may be looked up, with this word of the visitor's. */
    public static function allowsCompany(?string $granted): bool
    {
        $site = array_search(Settings::level(), Settings::LEVELS, true);
        if ($site < 2 || Visitor::hasPrivacyControl() || Visitor::hasObjected()) {
            return false;
        }
        if ($granted === null) {
            return Settings::basis() === 'legitimate-interest';
        }
        $level = array_search($granted, Settings::LEVELS, true);
        return $level !== false && $level >= 2;
    }

    private static function consentCookie(string $category): string
    {
        // The API's own filter, asked with its own default.
        // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals.NonPrefixedHooknameFound
        $prefix = (string) apply_filters('wp_consent_cookie_prefix', 'wp_consent');
        $name = $prefix . '_' . $category;
        return isset($_COOKIE[$name]) && is_string($_COOKIE[$name]) ? sanitize_key(wp_unslash($_COOKIE[$name])) : '';
    }
}
