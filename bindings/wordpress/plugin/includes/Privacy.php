<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * WordPress's own privacy tools: text for the policy, export and erasure of personal data, and the list of cookies.
 *
 * Those tools know people by e-mail address, and visits have none: a visitor is a random number in a cookie, joined to nothing. So the
 * person brings it along: the confirmation of a request is opened in a browser, and where that browser has the cookie, its value is kept with the
 * request until that is carried out.
 */
final class Privacy
{
    private const META = '_nameplate_visitor';
    private const GROUP = 'nameplate';

    public static function start(): void
    {
        add_action('admin_init', [self::class, 'policy']);
        add_filter('wp_privacy_personal_data_exporters', [self::class, 'addExporter']);
        add_filter('wp_privacy_personal_data_erasers', [self::class, 'addEraser']);
        add_action('user_request_action_confirmed', [self::class, 'confirmed'], 1);
        add_action('wp_privacy_personal_data_erased', [self::class, 'forget'], 20);
        add_action('wp_privacy_personal_data_export_file_created', static function (mixed ...$arguments): void {
            self::forget((int) ($arguments[3] ?? 0));
        }, 20, 4);
        add_filter('wp_consent_api_registered_' . plugin_basename(NAMEPLATE_FILE), '__return_true');
        add_action('init', [self::class, 'registerCookies'], 20);
    }

    /** @return array<string, array{duration: string, purpose: string, category: string, personal: string}> every cookie there may be */
    public static function cookies(): array
    {
        return [
            'np_visitor' => [
                'duration' => __('13 months', 'nameplate'),
                'purpose' => __('Tells returning visits from new ones. Only where you agreed to it.', 'nameplate'),
                'category' => 'statistics',
                'personal' => __('A random number', 'nameplate'),
            ],
            'np_session' => [
                'duration' => __('30 minutes', 'nameplate'),
                'purpose' => __('Joins the page views of one visit. Only where you agreed to it.', 'nameplate'),
                'category' => 'statistics',
                'personal' => __('A random number', 'nameplate'),
            ],
            'np_objection' => [
                'duration' => __('13 months', 'nameplate'),
                'purpose' => __('Remembers that you objected. Only where you did.', 'nameplate'),
                'category' => 'functional',
                'personal' => '',
            ],
        ];
    }

    public static function registerCookies(): void
    {
        if (!function_exists('wp_add_cookie_info')) {
            return;
        }
        foreach (self::cookies() as $name => $cookie) {
            if ($name === 'np_objection' || Settings::level() === 'sessions') {
                wp_add_cookie_info($name, 'Nameplate', $cookie['category'], $cookie['duration'], $cookie['purpose'], $cookie['personal'], false, false);
            }
        }
    }

    public static function policy(): void
    {
        if (function_exists('wp_add_privacy_policy_content')) {
            wp_add_privacy_policy_content('Nameplate', wp_kses_post(self::policyText()));
        }
    }

    /** The text for the policy guide, from the settings as they are. */
    public static function policyText(): string
    {
        $paragraphs = [
            __('When you visit this site, the address of your internet connection is compared with a list of networks on our own server, to learn whether the network belongs to a company, and which. The address is forgotten in the same step: it is not stored, logged or passed on. We keep which company visited, when, and which pages. We do not learn who you are.', 'nameplate'),
            Settings::basis() === 'consent'
                ? __('This is done only if you agree to it (Art. 6(1)(a) GDPR). You can change your mind at any time with the consent tool of this site.', 'nameplate')
                : __('This is done in our legitimate interest in knowing which companies take an interest in our offer (Art. 6(1)(f) GDPR). You can object at any time; Global Privacy Control in your browser counts as an objection.', 'nameplate'),
            __('The list is made from public registers of networks and companies. Access providers, hosting, mobile networks and natural persons are left out. A company that does not want to appear can tell us, and is hidden at once, past visits included.', 'nameplate'),
        ];
        $text = sprintf('<h2>%s</h2>', esc_html__('Which companies visit this site', 'nameplate'));
        foreach ($paragraphs as $paragraph) {
            $text .= '<p>' . esc_html($paragraph) . '</p>';
        }
        $text .= sprintf('<h3>%s</h3><ul>', esc_html__('Cookies', 'nameplate'));
        foreach (self::cookies() as $name => $cookie) {
            if ($name === 'np_objection' || Settings::level() === 'sessions') {
                $text .= sprintf('<li><code>%s</code>, %s: %s</li>', esc_html($name), esc_html($cookie['duration']), esc_html($cookie['purpose']));
            }
        }
        return $text . '</ul>';
    }

    /** Somebody confirms a request: where this browser has the cookie, the request is for its visits, too. */
    public static function confirmed(mixed $request): void
    {
        $visitor = Visitor::cookie('np_visitor');
        if ($visitor !== null && get_post_type((int) $request) === 'user_request') {
            update_post_meta((int) $request, self::META, $visitor);
        }
    }

    public static function forget(mixed $request): void
    {
        delete_post_meta((int) $request, self::META);
    }

    /**
     * @param array<string, mixed> $exporters
     * @return array<string, mixed>
     */
    public static function addExporter(mixed $exporters): array
    {
        $exporters = is_array($exporters) ? $exporters : [];
        $exporters['nameplate'] = ['exporter_friendly_name' => __('Nameplate: visits', 'nameplate'), 'callback' => [self::class, 'export']];
        return $exporters;
    }

    /**
     * @param array<string, mixed> $erasers
     * @return array<string, mixed>
     */
    public static function addEraser(mixed $erasers): array
    {
        $erasers = is_array($erasers) ? $erasers : [];
        $erasers['nameplate'] = ['eraser_friendly_name' => __('Nameplate: visits', 'nameplate'), 'callback' => [self::class, 'erase']];
        return $erasers;
    }

    /** @return array{data: list<array<string, mixed>>, done: bool}|\WP_Error */
    public static function export(mixed $email, mixed $page = 1): array|\WP_Error
    {
        $items = [];
        foreach (self::visitors((string) $email, 'export_personal_data') as $visitor) {
            try {
                $data = Daemon::leads(Daemon::ADMIN * 4)->exportVisitor($visitor);
            } catch (\Throwable $error) {
                // It can be tried again: an export without the visits would be a wrong one.
                return new \WP_Error('nameplate_unavailable', Daemon::explain($error));
            }
            foreach (is_array($data['visits'] ?? null) ? $data['visits'] : [] as $visit) {
                if (is_array($visit)) {
                    $items[] = [
                        'group_id' => self::GROUP,
                        'group_label' => __('Visits', 'nameplate'),
                        'item_id' => 'nameplate-visit-' . (count($items) + 1),
                        'data' => self::itemData($visit),
                    ];
                }
            }
        }
        return ['data' => $items, 'done' => true];
    }

    /** @return array{items_removed: bool, items_retained: bool, messages: list<string>, done: bool} */
    public static function erase(mixed $email, mixed $page = 1): array
    {
        $removed = 0;
        $messages = [];
        $retained = false;
        foreach (self::visitors((string) $email, 'remove_personal_data') as $visitor) {
            try {
                $removed += Daemon::leads(Daemon::ADMIN * 4)->eraseVisitor($visitor);
            } catch (\Throwable) {
                $retained = true;
                $messages[] = __('The daemon did not answer as it should: the visits are still there. Try again when its settings page says that it is there.', 'nameplate');
            }
        }
        return ['items_removed' => $removed > 0, 'items_retained' => $retained, 'messages' => $messages, 'done' => true];
    }

    /** @return list<string> the visitors that confirmed open requests of this address brought along */
    private static function visitors(string $email, string $action): array
    {
        $requests = get_posts([
            'post_type' => 'user_request',
            'post_status' => ['request-confirmed', 'request-completed'],
            'title' => $email,
            'post_name__in' => [$action],
            'posts_per_page' => 20,
            'suppress_filters' => false,
        ]);
        $visitors = [];
        foreach ($requests as $request) {
            $visitor = get_post_meta($request->ID, self::META, true);
            if ($request->post_title === $email && is_string($visitor) && Visitor::isId($visitor)) {
                $visitors[] = $visitor;
            }
        }
        return array_values(array_unique($visitors));
    }

    /**
     * @param array<mixed> $visit
     * @return list<array{name: string, value: string}>
     */
    private static function itemData(array $visit): array
    {
        $pages = [];
        foreach (Admin\Format::items($visit, 'pages') as $page) {
            $pages[] = Admin\Format::time(Admin\Format::number($page, 'at')) . ' ' . Admin\Format::text($page, 'path');
        }
        $data = [
            __('Company', 'nameplate') => Admin\Format::text($visit['company'] ?? [], 'name'),
            __('Site', 'nameplate') => Admin\Format::text($visit, 'site'),
            __('From', 'nameplate') => Admin\Format::time(Admin\Format::number($visit, 'started')),
            __('To', 'nameplate') => Admin\Format::time(Admin\Format::number($visit, 'ended')),
            __('Pages', 'nameplate') => implode("\n", $pages),
        ];
        $items = [];
        foreach ($data as $name => $value) {
            // WordPress puts these into HTML, and lets some of it pass.
            $items[] = ['name' => $name, 'value' => nl2br(esc_html($value))];
        }
        return $items;
    }
}
