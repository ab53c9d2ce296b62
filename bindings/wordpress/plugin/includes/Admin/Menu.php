<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Capabilities;

if (!defined('ABSPATH')) {
    exit;
}

/** The plugin's place in wp-admin: which page is whose, and who may see it. */
final class Menu
{
    public const COMPANIES = 'nameplate';
    public const FILTERED = 'nameplate-filtered';
    public const OBJECTIONS = 'nameplate-objections';
    public const VISITORS = 'nameplate-visitors';
    public const SETTINGS = 'nameplate-settings';

    public static function start(): void
    {
        add_action('admin_menu', [self::class, 'add']);
        add_action('admin_init', [SettingsPage::class, 'register']);
        add_action('wp_dashboard_setup', [Widget::class, 'add']);
        add_action('admin_post_nameplate_object', [ObjectionsPage::class, 'add']);
        add_action('admin_post_nameplate_lift', [ObjectionsPage::class, 'lift']);
        add_action('admin_post_nameplate_export_visitor', [VisitorsPage::class, 'export']);
        add_action('admin_post_nameplate_erase_visitor', [VisitorsPage::class, 'erase']);
        add_action('admin_enqueue_scripts', [self::class, 'style']);
        add_filter('plugin_action_links_' . plugin_basename(NAMEPLATE_FILE), [self::class, 'links']);
    }

    public static function add(): void
    {
        $privacy = self::privacyCapability();
        add_menu_page(
            __('Companies', 'nameplate'),
            __('Companies', 'nameplate'),
            Capabilities::VIEW,
            self::COMPANIES,
            [CompaniesPage::class, 'show'],
            'dashicons-building',
            26
        );
        $pages = [
            [self::COMPANIES, __('Companies', 'nameplate'), Capabilities::VIEW, [CompaniesPage::class, 'show']],
            [self::FILTERED, __('Filtered, and why', 'nameplate'), Capabilities::VIEW, [FilteredPage::class, 'show']],
            [self::OBJECTIONS, __('Objections', 'nameplate'), $privacy, [ObjectionsPage::class, 'show']],
            [self::VISITORS, __('Visitors\' data', 'nameplate'), Capabilities::PRIVACY, [VisitorsPage::class, 'show']],
            [self::SETTINGS, __('Settings', 'nameplate'), Capabilities::SETTINGS, [SettingsPage::class, 'show']],
        ];
        foreach ($pages as [$slug, $title, $capability, $show]) {
            add_submenu_page(self::COMPANIES, $title, $title, $capability, $slug, $show);
        }
    }

    /** On a network an objection holds for all of its sites, so only its administrators take them. */
    public static function privacyCapability(): string
    {
        return is_multisite() ? 'manage_network_options' : Capabilities::PRIVACY;
    }

    public static function style(string $hook): void
    {
        if (str_contains($hook, 'nameplate') || $hook === 'index.php') {
            wp_enqueue_style('nameplate-admin', plugins_url('assets/admin.css', NAMEPLATE_FILE), [], NAMEPLATE_VERSION);
        }
    }

    /**
     * @param array<string> $links
     * @return array<string>
     */
    public static function links(mixed $links): array
    {
        $links = is_array($links) ? $links : [];
        if (current_user_can(Capabilities::SETTINGS)) {
            array_unshift($links, sprintf('<a href="%s">%s</a>', esc_url(self::url(self::SETTINGS)), esc_html__('Settings', 'nameplate')));
        }
        return $links;
    }

    /** @param array<string, string> $arguments */
    public static function url(string $page, array $arguments = []): string
    {
        return add_query_arg(array_map(rawurlencode(...), ['page' => $page] + $arguments), admin_url('admin.php'));
    }

    /** Ends a request without the capability, or without the nonce, of an action. */
    public static function check(string $capability, string $action): void
    {
        if (!current_user_can($capability)) {
            wp_die(esc_html__('Sorry, you are not allowed to do that.', 'nameplate'), '', ['response' => 403]);
        }
        check_admin_referer($action);
    }

    /** A text of the request's query or form; '' where there is none. */
    public static function given(string $key, bool $posted = false): string
    {
        // Whoever changes anything has called check() before; filters and pages of lists need no nonce.
        // phpcs:ignore WordPress.Security.NonceVerification
        $from = $posted ? $_POST : $_GET;
        // phpcs:ignore WordPress.Security.ValidatedSanitizedInput
        return isset($from[$key]) && is_string($from[$key]) ? sanitize_text_field(wp_unslash($from[$key])) : '';
    }

    /** Goes back to a page with the name of what to say there. */
    public static function back(string $page, string $said): never
    {
        wp_safe_redirect(self::url($page, ['said' => $said]));
        exit;
    }

    /** @param array<string, string> $texts what may be said, by name */
    public static function say(array $texts): void
    {
        $said = self::given('said');
        if (isset($texts[$said])) {
            self::notice($texts[$said], str_ends_with($said, 'failed') ? 'error' : 'success');
        }
    }

    public static function notice(string $text, string $kind): void
    {
        printf('<div class="notice notice-%s"><p>%s</p></div>', esc_attr($kind), esc_html($text));
    }
}
