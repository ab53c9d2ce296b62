<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

if (!defined('ABSPATH')) {
    exit;
}

/** The daemon's values as words for people. What comes out is text, and not yet HTML. */
final class Format
{
    /** The text of a key, or '' where there is none: what the daemon sends is taken for nothing it need not be. */
    public static function text(mixed $from, string $key): string
    {
        $value = is_array($from) ? $from[$key] ?? '' : '';
        return is_string($value) ? $value : '';
    }

    public static function number(mixed $from, string $key): int
    {
        $value = is_array($from) ? $from[$key] ?? 0 : 0;
        return is_int($value) ? $value : 0;
    }

    /** @return list<mixed> */
    public static function items(mixed $from, string $key): array
    {
        $value = is_array($from) ? $from[$key] ?? [] : [];
        return is_array($value) ? array_values($value) : [];
    }

    /** Milliseconds since 1970, in the site's own time. */
    public static function time(int $milliseconds): string
    {
        return $milliseconds <= 0 ? '' : (string) wp_date(
            get_option('date_format') . ' ' . get_option('time_format'),
            intdiv($milliseconds, 1000)
        );
    }

    public static function duration(int $seconds): string
    {
        return sprintf('%d:%02d', intdiv($seconds, 60), $seconds % 60);
    }

    public static function kind(string $kind): string
    {
        return [
            'business' => __('Business', 'nameplate'),
            'education' => __('Education', 'nameplate'),
            'government' => __('Government', 'nameplate'),
            'nonprofit' => __('Nonprofit', 'nameplate'),
        ][$kind] ?? $kind;
    }

    /** Sources with their dates. */
    public static function sources(mixed $company): string
    {
        $texts = [];
        foreach (self::items($company, 'sources') as $source) {
            $name = self::text($source, 'title') ?: self::text($source, 'name');
            $date = self::text($source, 'date');
            $texts[] = $date === '' ? $name : "$name ($date)";
        }
        return implode(', ', array_filter($texts));
    }

    public static function reason(string $reason): string
    {
        return [
            'site_off' => __('The site is set to take no visits', 'nameplate'),
            'site_counts' => __('The site is set to count alone', 'nameplate'),
            'no_consent' => __('No consent, or none that is known', 'nameplate'),
            'refused' => __('The visitor refused', 'nameplate'),
            'count_consent' => __('Consent to being counted alone', 'nameplate'),
            'privacy_control' => __('Global Privacy Control', 'nameplate'),
            'objection' => __('The visitor objected', 'nameplate'),
            'bot' => __('A robot, by its name', 'nameplate'),
            'monitoring' => __('A monitoring service, by its name', 'nameplate'),
            'access' => __('An internet access provider\'s network', 'nameplate'),
            'hosting' => __('A hosting network', 'nameplate'),
            'mobile' => __('A mobile network', 'nameplate'),
            'vpn' => __('A VPN or relay', 'nameplate'),
            'transit' => __('A network between networks', 'nameplate'),
            'exchange' => __('An internet exchange', 'nameplate'),
            'operator' => __('Another operator\'s network', 'nameplate'),
            'unknown' => __('Nothing is known', 'nameplate'),
            'reserved' => __('A private or reserved address', 'nameplate'),
            'own' => __('Your own network', 'nameplate'),
            'corrected' => __('Corrected: not that company', 'nameplate'),
            'suppressed' => __('The company objected', 'nameplate'),
        ][$reason] ?? $reason;
    }
}
