<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * The settings: one option of each site. What is empty is found by itself.
 *
 * On a network only its administrators change what belongs to the server (SERVER): a path that somebody may name is a path that
 * somebody may probe, and a site's name in the daemon opens that site's companies.
 */
final class Settings
{
    public const OPTION = 'nameplate_settings';
    public const VERSION = 'nameplate_version';

    public const LEVELS = ['off', 'count', 'company', 'sessions'];
    public const BASES = ['consent', 'legitimate-interest'];
    /** Who tells of page views: the browser, which also works with cached pages, or the server. */
    public const WAYS = ['script', 'server'];
    public const HEADERS = ['x-forwarded-for', 'forwarded'];

    public const DEFAULTS = [
        'basis' => 'consent',
        'level' => 'company',
        'way' => 'script',
        'skip_editors' => true,
        'socket' => '',
        'site' => '',
        'range_file' => '',
        'proxies' => '',
        'header' => 'x-forwarded-for',
    ];
    public const SERVER = ['socket', 'site', 'range_file', 'proxies', 'header'];

    private const SOCKETS = ['/run/nameplate/nameplate.sock', '/var/run/nameplate/nameplate.sock'];

    /** @return array<string, string|bool> every key there is */
    public static function all(): array
    {
        $stored = get_option(self::OPTION, []);
        return array_intersect_key(is_array($stored) ? $stored : [], self::DEFAULTS) + self::DEFAULTS;
    }

    public static function text(string $key): string
    {
        $value = self::all()[$key];
        return is_string($value) ? $value : '';
    }

    /** The legal basis; what is none of them is the stricter one. */
    public static function basis(): string
    {
        return self::text('basis') === 'legitimate-interest' ? 'legitimate-interest' : 'consent';
    }

    /** The most that is done with a visit; what is no level is none. */
    public static function level(): string
    {
        return in_array(self::text('level'), self::LEVELS, true) ? self::text('level') : 'off';
    }

    /** The daemon's socket: NAMEPLATE_SOCKET of wp-config.php, the setting, or where packages put it; '' where there is none. */
    public static function socket(): string
    {
        if (defined('NAMEPLATE_SOCKET') && is_string(NAMEPLATE_SOCKET)) {
            return NAMEPLATE_SOCKET;
        }
        if (self::text('socket') !== '') {
            return self::text('socket');
        }
        foreach (self::SOCKETS as $socket) {
            // With open_basedir it may not even be looked at.
            if (@file_exists($socket)) {
                return $socket;
            }
        }
        return '';
    }

    /** What the daemon calls this site: the setting, or the host, with the path of a site in a folder behind it. */
    public static function site(): string
    {
        if (self::text('site') !== '') {
            return self::text('site');
        }
        $home = home_url('/');
        $name = self::host() . '_' . trim((string) wp_parse_url($home, PHP_URL_PATH), '/');
        return substr(trim((string) preg_replace('/[^a-z0-9._-]+/', '_', strtolower($name)), '_'), 0, 64);
    }

    public static function host(): string
    {
        return strtolower((string) wp_parse_url(home_url('/'), PHP_URL_HOST));
    }

    /** The range file: the setting, or nameplate/nameplate.npl in the uploads of this site or of the main one; '' where there is none. */
    public static function rangeFile(): string
    {
        if (self::text('range_file') !== '') {
            return self::text('range_file');
        }
        foreach (self::rangeFilePlaces() as $file) {
            if (is_file($file)) {
                return $file;
            }
        }
        return '';
    }

    /** @return list<string> where the range file is looked for */
    public static function rangeFilePlaces(): array
    {
        $folders = [wp_get_upload_dir()['basedir']];
        if (is_multisite()) {
            $folders[] = WP_CONTENT_DIR . '/uploads';
        }
        return array_map(static fn (string $folder): string => "$folder/nameplate/nameplate.npl", array_values(array_unique($folders)));
    }

    /** @return list<string> */
    public static function proxies(): array
    {
        return preg_split('/[\s,]+/', self::text('proxies'), -1, PREG_SPLIT_NO_EMPTY) ?: [];
    }

    /**
     * What options.php stores: only known keys with values that they may have. What is refused stays as it was, and the page says so.
     *
     * @return array<string, string|bool>
     */
    public static function sanitize(mixed $given): array
    {
        $old = self::all();
        $given = is_array($given) ? $given : [];
        $text = static fn (string $key): string => isset($given[$key]) && is_string($given[$key]) ? trim(wp_unslash($given[$key])) : '';
        $new = $old;
        foreach (['basis' => self::BASES, 'level' => self::LEVELS, 'way' => self::WAYS, 'header' => self::HEADERS] as $key => $words) {
            if (in_array($text($key), $words, true)) {
                $new[$key] = $text($key);
            }
        }
        $new['skip_editors'] = !empty($given['skip_editors']);
        $checks = [
            'socket' => static fn (string $path): bool => self::isPath($path) && strlen($path) <= 107,
            'range_file' => self::isPath(...),
            'site' => static fn (string $name): bool => preg_match('/^[a-z0-9._-]{1,64}$/D', $name) === 1,
            'proxies' => static fn (string $list): bool => Visitor::areProxies($list),
        ];
        foreach ($checks as $key => $holds) {
            $value = $text($key);
            if ($value === '' || $holds($value)) {
                $new[$key] = $value;
            } else {
                self::refused($key);
            }
        }
        if (!Capabilities::mayChangeServer()) {
            $new = array_intersect_key($old, array_flip(self::SERVER)) + $new;
        }
        return $new;
    }

    private static function isPath(string $path): bool
    {
        return str_starts_with($path, '/') && preg_match('/[\x00-\x1f\x7f]/', $path) !== 1;
    }

    private static function refused(string $key): void
    {
        $texts = [
            'socket' => __('The socket was not changed: it is a path from / on, of at most 107 bytes.', 'nameplate'),
            'range_file' => __('The range file was not changed: it is a path from / on.', 'nameplate'),
            'site' => __('The site\'s name was not changed: it has 1 to 64 characters of a to z, 0 to 9, dot, dash and underscore.', 'nameplate'),
            'proxies' => __('The proxies were not changed: they are addresses or networks, such as 10.0.0.0/8, one a line.', 'nameplate'),
        ];
        if (function_exists('add_settings_error')) {
            add_settings_error(self::OPTION, "nameplate_$key", $texts[$key]);
        }
    }
}
