<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Telling of page views. The page script n.js decides in the browser, at the time of the visit, so that a page cache freezes nothing: what
 * is in the page is the same for everybody. Or, without script, the server tells when it makes a page.
 */
final class Script
{
    private const HANDLE = 'nameplate';

    public static function enqueue(): void
    {
        if (Settings::text('way') !== 'script' || !self::isTold()) {
            return;
        }
        // phpcs:ignore WordPress.WP.EnqueuedResourceParameters.NotInFooter
        wp_enqueue_script(self::HANDLE, plugins_url('assets/n.js', NAMEPLATE_FILE), [], NAMEPLATE_VERSION, true);
    }

    /** n.js reads its settings from its own tag. */
    public static function attributes(mixed $tag, mixed $handle): string
    {
        $tag = (string) $tag;
        if ($handle !== self::HANDLE) {
            return $tag;
        }
        $attributes = '';
        foreach (self::data() as $name => $value) {
            $attributes .= sprintf(' data-%s="%s"', $name, esc_attr($value));
        }
        return preg_replace('/<script(?=[^>]*\ssrc=)/', '<script defer data-cfasync="false"' . addcslashes($attributes, '\\$'), $tag, 1) ?? $tag;
    }

    /** @return array<string, string> */
    public static function data(): array
    {
        return [
            'to' => self::path(Rest::NAMESPACE . '/visits'),
            'basis' => Settings::basis(),
            'level' => Settings::level(),
        ];
    }

    /** The route's path on this host: n.js and reveal.js never ask another one. */
    public static function path(string $route): string
    {
        $url = wp_parse_url(rest_url($route));
        return ($url['path'] ?? '/') . (isset($url['query']) ? '?' . $url['query'] : '');
    }

    /** Where the server tells: when the page has gone out to the browser, if this PHP can send it off before it ends. */
    public static function serverSide(): void
    {
        if (Settings::text('way') !== 'server' || !self::isTold() || is_404() || is_feed() || is_robots() || is_trackback()) {
            return;
        }
        $visit = ['url' => home_url(add_query_arg([])), 'consent' => Consent::granted()];
        add_action('shutdown', static function () use ($visit): void {
            $isSent = function_exists('fastcgi_finish_request') && fastcgi_finish_request();
            $referrer = wp_get_raw_referer();
            $visit['title'] = wp_strip_all_tags(wp_get_document_title());
            $visit['referrer'] = is_string($referrer) ? $referrer : null;
            $visit['visitor'] = Visitor::cookie('np_visitor');
            $visit['session'] = Visitor::cookie('np_session');
            try {
                Rest::send(array_filter($visit, is_string(...)), $isSent ? Daemon::VISIT : Daemon::PAGE);
            } catch (\Throwable) {
                // The admin pages ask the daemon themselves, and say why.
                return;
            }
        }, PHP_INT_MAX);
    }

    /** Page views of the people who make the site say nothing of visitors. */
    private static function isTold(): bool
    {
        return Settings::level() !== 'off' && Settings::socket() !== '' && !is_preview() && !is_customize_preview()
            && !(Settings::all()['skip_editors'] && current_user_can('edit_posts'));
    }
}
