<?php

declare(strict_types=1);

namespace NameplatePlugin;

use NameplatePlugin\Admin\Menu;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Where the plugin hangs itself into WordPress: every hook begins here.
 *
 *     page  -> Script   -> n.js in the browser -> Rest -> Daemon -> VISIT
 *     theme, block      -> Content -> Lookups -> extension, FFI or daemon
 *     wp-admin          -> Admin   -> Daemon -> LEADS, LEAD, FILTERED, VISITOR
 *
 * There is no rule of its own in it but one: Consent, which decides whether a lookup without the daemon may be made. Everything
 * else is decided by the daemon.
 */
final class Plugin
{
    public static function start(): void
    {
        add_action('init', [self::class, 'init']);
        add_action('rest_api_init', [Rest::class, 'register']);
        add_action('wp_enqueue_scripts', [Script::class, 'enqueue']);
        add_filter('script_loader_tag', [Script::class, 'attributes'], 10, 2);
        add_action('template_redirect', [Script::class, 'serverSide']);
        add_action('init', [Content::class, 'register']);
        Privacy::start();
        if (is_admin()) {
            // Before anybody's capabilities are read.
            add_action('plugins_loaded', [self::class, 'install']);
            Menu::start();
        }
        if (defined('WP_CLI') && WP_CLI) {
            Cli::register();
        }
        register_activation_hook(NAMEPLATE_FILE, [self::class, 'install']);
    }

    public static function init(): void
    {
        // The plugin brings its translations along, wherever it was installed from.
        // phpcs:ignore PluginCheck.CodeAnalysis.DiscouragedFunctions.load_plugin_textdomainFound
        load_plugin_textdomain('nameplate', false, dirname(plugin_basename(NAMEPLATE_FILE)) . '/languages');
    }

    /** Gives administrators the capabilities, once for each version: also on sites that a network makes later. */
    public static function install(): void
    {
        if (get_option(Settings::VERSION) === NAMEPLATE_VERSION) {
            return;
        }
        Capabilities::grant();
        update_option(Settings::VERSION, NAMEPLATE_VERSION, true);
    }
}
