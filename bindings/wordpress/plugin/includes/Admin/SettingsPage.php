<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Capabilities;
use NameplatePlugin\Daemon;
use NameplatePlugin\Lookups;
use NameplatePlugin\Settings;

if (!defined('ABSPATH')) {
    exit;
}

/** The settings, and above them what is there and what is missing: nobody has to guess why there is nothing to see. */
final class SettingsPage
{
    private const GROUP = 'nameplate';

    public static function register(): void
    {
        register_setting(self::GROUP, Settings::OPTION, [
            'type' => 'object',
            'sanitize_callback' => [Settings::class, 'sanitize'],
            'default' => Settings::DEFAULTS,
        ]);
        add_filter('option_page_capability_' . self::GROUP, static fn (): string => Capabilities::SETTINGS);
        add_settings_section('visits', __('Page views', 'nameplate'), '__return_null', self::GROUP);
        add_settings_section('server', __('This server', 'nameplate'), [self::class, 'serverNote'], self::GROUP);
        $fields = [
            ['basis', __('Legal basis', 'nameplate'), 'visits', self::basis(...)],
            ['level', __('At most', 'nameplate'), 'visits', self::level(...)],
            ['way', __('Who tells of page views', 'nameplate'), 'visits', self::way(...)],
            ['skip_editors', __('Own people', 'nameplate'), 'visits', self::editors(...)],
            ['socket', __('Daemon\'s socket', 'nameplate'), 'server', self::socket(...)],
            ['site', __('Site\'s name in the daemon', 'nameplate'), 'server', self::site(...)],
            ['range_file', __('Range file', 'nameplate'), 'server', self::rangeFile(...)],
            ['proxies', __('Trusted proxies', 'nameplate'), 'server', self::proxies(...)],
            ['header', __('Their header', 'nameplate'), 'server', self::header(...)],
        ];
        foreach ($fields as [$key, $title, $section, $show]) {
            add_settings_field("nameplate_$key", $title, $show, self::GROUP, $section, ['label_for' => "nameplate_$key"]);
        }
    }

    public static function show(): void
    {
        if (!current_user_can(Capabilities::SETTINGS)) {
            wp_die(esc_html__('Sorry, you are not allowed to do that.', 'nameplate'), '', ['response' => 403]);
        }
        echo '<div class="wrap nameplate">';
        printf('<h1>%s</h1>', esc_html__('Settings', 'nameplate'));
        settings_errors();
        self::state();
        echo '<form method="post" action="options.php">';
        settings_fields(self::GROUP);
        do_settings_sections(self::GROUP);
        submit_button();
        echo '</form></div>';
    }

    /** @return list<array{bool, string, string}> what is there, whether it works, and what to do if not */
    public static function states(): array
    {
        $states = [];
        $trouble = Daemon::trouble();
        $states[] = [
            $trouble === null,
            __('List of companies (daemon)', 'nameplate'),
            /* translators: %s: path of a socket */
            $trouble ?? sprintf(__('The daemon answers on %s.', 'nameplate'), Settings::socket()),
        ];
        [$works, $text] = self::localLookups();
        $states[] = [$works, __('Lookups from the range file', 'nameplate'), $text];
        $tool = function_exists('wp_has_consent');
        $states[] = [
            $tool || Settings::basis() !== 'consent',
            __('Consent', 'nameplate'),
            $tool
                ? __('The WP Consent API is here. It is believed only where a consent tool has set a type by which visitors opt in.', 'nameplate')
                : __('The WP Consent API is not installed. The page script asks the consent tools that it knows (IAB TCF, Google Consent Mode, Cookiebot, Complianz) in the browser; without an answer from one there is no consent.', 'nameplate'),
        ];
        return $states;
    }

    /** @return array{bool, string} */
    private static function localLookups(): array
    {
        if (Settings::rangeFile() === '') {
            /* translators: %s: path of a file */
            return [false, sprintf(__('There is no range file: put one at %s. Only blocks, shortcodes and the template tag need it, and where the daemon runs they ask that instead.', 'nameplate'), implode(', ', Settings::rangeFilePlaces()))];
        }
        $way = extension_loaded('nameplate') ? Lookups::EXTENSION : Lookups::FFI;
        try {
            $metadata = Lookups::open($way)->metadata();
        } catch (\Throwable $error) {
            /* translators: %s: what the PHP package says, in English */
            return [false, sprintf(__('The range file can\'t be used: %s', 'nameplate'), $error->getMessage())];
        }
        $text = $way === Lookups::EXTENSION
            ? __('The PHP extension reads the range file.', 'nameplate')
            : __('PHP\'s FFI reads the range file; the PHP extension would be quicker.', 'nameplate');
        if ($metadata->created !== null) {
            /* translators: %s: a date */
            $text .= ' ' . sprintf(__('It is of %s.', 'nameplate'), wp_date(get_option('date_format'), $metadata->created));
        }
        foreach ($metadata->sources ?? [] as $source) {
            $text .= ' ' . implode(', ', array_filter([$source->title ?? $source->name, $source->licence, $source->attribution])) . '.';
        }
        return [true, $text];
    }

    private static function state(): void
    {
        echo '<table class="widefat nameplate-state"><tbody>';
        $here = __('There', 'nameplate');
        $missing = __('Missing', 'nameplate');
        $states = self::states();
        foreach ($states as [$works, $name, $text]) {
            printf(
                '<tr class="%s"><th scope="row"><span class="dashicons dashicons-%s" aria-hidden="true"></span> %s</th><td><strong>%s.</strong> %s</td></tr>',
                $works ? 'is-there' : 'is-missing',
                $works ? 'yes-alt' : 'warning',
                esc_html($name),
                esc_html($works ? $here : $missing),
                esc_html($text)
            );
        }
        echo '</tbody></table>';
        if (!$states[0][0] && Capabilities::mayChangeServer()) {
            printf('<p>%s</p><pre class="nameplate-config">%s</pre>', esc_html__('What the daemon\'s configuration needs for this site:', 'nameplate'), esc_html(self::configuration()));
        }
    }

    /** The daemon's configuration for this site, to be copied. */
    public static function configuration(): string
    {
        return sprintf(
            "[leads]\nstore = \"/var/lib/nameplate/leads.db\"\n\n[[leads.sites]]\nname = \"%s\"\nhosts = [\"%s\"]\nlegal_basis = \"%s\"\nhighest_level = \"%s\"\n",
            Settings::site(),
            Settings::host(),
            Settings::basis(),
            Settings::level()
        );
    }

    public static function serverNote(): void
    {
        $text = Capabilities::mayChangeServer()
            ? __('What is empty is found by itself.', 'nameplate')
            : __('Only administrators of the network change these.', 'nameplate');
        printf('<p>%s</p>', esc_html($text));
    }

    private static function basis(): void
    {
        self::select('basis', [
            'consent' => __('Consent: no lookup before the visitor agrees', 'nameplate'),
            'legitimate-interest' => __('Legitimate interest: with a balancing test of your own; objections and Global Privacy Control are heeded', 'nameplate'),
        ], __('The daemon has a basis and a level of its own for this site; the lower ones decide.', 'nameplate'));
    }

    private static function level(): void
    {
        self::select('level', [
            'off' => __('Nothing', 'nameplate'),
            'count' => __('Count page views, look nothing up', 'nameplate'),
            'company' => __('Recognise companies, without cookies', 'nameplate'),
            'sessions' => __('Recognise companies, with two cookies for those who agree', 'nameplate'),
        ]);
    }

    private static function way(): void
    {
        self::select('way', [
            'script' => __('The browser: also works with cached pages', 'nameplate'),
            'server' => __('The server: without script, but not for cached pages', 'nameplate'),
        ]);
    }

    private static function header(): void
    {
        self::select('header', ['x-forwarded-for' => 'X-Forwarded-For', 'forwarded' => 'Forwarded'], '', true);
    }

    private static function editors(): void
    {
        printf(
            '<label><input type="checkbox" id="nameplate_skip_editors" name="%s[skip_editors]" value="1"%s> %s</label>',
            esc_attr(Settings::OPTION),
            checked((bool) Settings::all()['skip_editors'], true, false),
            esc_html__('Leave out page views of people who may write here', 'nameplate')
        );
    }

    private static function socket(): void
    {
        self::input('socket', defined('NAMEPLATE_SOCKET')
            ? __('wp-config.php says it: NAMEPLATE_SOCKET.', 'nameplate')
            : __('Looked for at /run/nameplate/nameplate.sock.', 'nameplate'));
    }

    private static function site(): void
    {
        /* translators: %s: a name */
        self::input('site', sprintf(__('Else %s.', 'nameplate'), Settings::site()));
    }

    private static function rangeFile(): void
    {
        /* translators: %s: path of a file */
        self::input('range_file', sprintf(__('Looked for at %s.', 'nameplate'), implode(', ', Settings::rangeFilePlaces())));
    }

    private static function proxies(): void
    {
        printf(
            '<textarea id="nameplate_proxies" name="%s[proxies]" rows="3" class="large-text code"%s>%s</textarea><p class="description">%s</p>',
            esc_attr(Settings::OPTION),
            disabled(Capabilities::mayChangeServer(), false, false),
            esc_textarea(Settings::text('proxies')),
            esc_html__('Addresses or networks of your own proxies, one a line. Only what these say of a visitor\'s address is believed; without any, nobody is.', 'nameplate')
        );
    }

    private static function input(string $key, string $help): void
    {
        printf(
            '<input type="text" id="nameplate_%1$s" name="%2$s[%1$s]" value="%3$s" class="regular-text code"%4$s><p class="description">%5$s</p>',
            esc_attr($key),
            esc_attr(Settings::OPTION),
            esc_attr(Settings::text($key)),
            disabled(Capabilities::mayChangeServer(), false, false),
            esc_html($help)
        );
    }

    /** @param array<string, string> $choices */
    private static function select(string $key, array $choices, string $help = '', bool $server = false): void
    {
        printf(
            '<select id="nameplate_%1$s" name="%2$s[%1$s]"%3$s>',
            esc_attr($key),
            esc_attr(Settings::OPTION),
            disabled($server && !Capabilities::mayChangeServer(), true, false)
        );
        foreach ($choices as $value => $text) {
            printf('<option value="%s"%s>%s</option>', esc_attr($value), selected(Settings::text($key), $value, false), esc_html($text));
        }
        echo '</select>';
        if ($help !== '') {
            printf('<p class="description">%s</p>', esc_html($help));
        }
    }
}
