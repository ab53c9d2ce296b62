<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/** Who may do what. Administrators get all of them; other roles are given them by any plugin for roles. */
final class Capabilities
{
    /** Sees the companies, and what was filtered. */
    public const VIEW = 'nameplate_view';
    /** Takes objections, exports and erases visitors. */
    public const PRIVACY = 'nameplate_privacy';
    /** Changes the settings. */
    public const SETTINGS = 'nameplate_settings';

    public const ALL = [self::VIEW, self::PRIVACY, self::SETTINGS];

    public static function grant(): void
    {
        $role = get_role('administrator');
        foreach ($role === null ? [] : self::ALL as $capability) {
            $role->add_cap($capability);
        }
    }

    /** Takes them from everybody, also from users who got them alone. */
    public static function revoke(): void
    {
        foreach (array_keys(wp_roles()->roles) as $name) {
            foreach (self::ALL as $capability) {
                get_role((string) $name)?->remove_cap($capability);
            }
        }
        foreach (self::ALL as $capability) {
            foreach (get_users(['capability' => $capability]) as $user) {
                $user->remove_cap($capability);
            }
        }
    }

    /** What belongs to the server and not to one site: paths, proxies, which site's companies are seen. */
    public static function mayChangeServer(): bool
    {
        return is_multisite() ? is_super_admin() : current_user_can(self::SETTINGS);
    }
}
