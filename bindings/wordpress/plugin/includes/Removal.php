<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Takes away all that the plugin left in WordPress: options, capabilities, and what it noted on privacy requests. A range file in the uploads is
 * the owner's, who put it there: it stays. What the daemon keeps is the daemon's: `nameplate purge`.
 */
final class Removal
{
    public static function everywhere(): void
    {
        if (!is_multisite()) {
            self::here();
            return;
        }
        $offset = 0;
        do {
            $sites = get_sites(['fields' => 'ids', 'number' => 100, 'offset' => $offset]);
            foreach ($sites as $site) {
                switch_to_blog((int) $site);
                self::here();
                restore_current_blog();
            }
            $offset += 100;
        } while (count($sites) === 100);
    }

    private static function here(): void
    {
        delete_option(Settings::OPTION);
        delete_option(Settings::VERSION);
        Capabilities::revoke();
        delete_post_meta_by_key('_nameplate_visitor');
    }
}
