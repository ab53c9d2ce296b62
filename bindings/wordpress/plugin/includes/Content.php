<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * What pages show of the visitor's company: the template tag, two shortcodes, the block, and the button of objection.
 *
 * A page cache would show one visitor's company to the next. So block and shortcodes put the same HTML into the page for everybody,
 * unshown in a <template>, and assets/reveal.js asks the site which company it is and shows what fits. What is in a <template>
 * can be read by whoever reads the page's source: it is not for secrets.
 *
 * The template tag answers on the server, and asks caches to leave the page out.
 */
final class Content
{
    private const HANDLE = 'nameplate-reveal';
    /** What can be asked for of a company, by conditions and by the shortcode. */
    public const FACTS = ['name', 'country', 'kind', 'domain', 'industry', 'legal_form'];
    private const CONDITIONS = ['countries', 'kinds', 'domains'];

    /** @var array<string, mixed>|false|null the visitor's company; false until it was asked for */
    private static array|false|null $company = false;

    public static function register(): void
    {
        wp_register_script(self::HANDLE, plugins_url('assets/reveal.js', NAMEPLATE_FILE), [], NAMEPLATE_VERSION, true);
        wp_register_script(
            'nameplate-block',
            plugins_url('assets/block.js', NAMEPLATE_FILE),
            ['wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element'],
            NAMEPLATE_VERSION,
            true
        );
        $list = ['type' => 'array', 'items' => ['type' => 'string'], 'default' => []];
        register_block_type('nameplate/from', [
            'api_version' => 2,
            'title' => __('Visitors from …', 'nameplate'),
            'description' => __('Shows its content to visitors from some companies alone. It works with cached pages; it is not for secrets.', 'nameplate'),
            'category' => 'design',
            'icon' => 'building',
            'attributes' => array_fill_keys(self::CONDITIONS, $list) + ['otherwise' => ['type' => 'boolean', 'default' => false]],
            'supports' => ['html' => false],
            'editor_script' => 'nameplate-block',
            'render_callback' => [self::class, 'block'],
        ]);
        add_action('enqueue_block_editor_assets', static function (): void {
            wp_add_inline_script('nameplate-block', 'window.nameplateBlock = ' . wp_json_encode([
                'panel' => __('Which visitors', 'nameplate'),
                'countries' => __('Countries: two letters each, such as NL', 'nameplate'),
                'kinds' => __('Kinds: business, education, government, nonprofit', 'nameplate'),
                'domains' => __('Domains, such as example.com', 'nameplate'),
                'otherwise' => __('To all others instead', 'nameplate'),
                'help' => __('What is filled in must fit, one of each list. Visitors of whom no company is known are others.', 'nameplate'),
            ]) . ';', 'before');
        });
        add_shortcode('nameplate_company', [self::class, 'companyShortcode']);
        add_shortcode('nameplate_from', [self::class, 'fromShortcode']);
        add_shortcode('nameplate_object', [self::class, 'objectShortcode']);
    }

    /** @return array<string, mixed>|null */
    public static function currentCompany(): ?array
    {
        if (!defined('DONOTCACHEPAGE')) {
            // The constant of page caches.
            // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals.NonPrefixedConstantFound
            define('DONOTCACHEPAGE', true);
        }
        if (!headers_sent()) {
            header('Cache-Control: private, no-store');
        }
        if (self::$company === false) {
            self::$company = self::lookUp(Consent::granted());
        }
        return self::$company;
    }

    /**
     * The company of who sent this request, as far as the gate lets it be looked up.
     *
     * @param float $timeout seconds to wait for the daemon
     * @return array<string, mixed>|null
     */
    public static function lookUp(?string $granted, float $timeout = Daemon::PAGE): ?array
    {
        if (!Consent::allowsCompany($granted)) {
            return null;
        }
        $address = Visitor::address();
        return $address === null ? null : Lookups::company($address, $timeout);
    }

    /** `[nameplate_company fact="name"]nobody known[/nameplate_company]` */
    public static function companyShortcode(mixed $attributes, mixed $content = ''): string
    {
        $attributes = shortcode_atts(['fact' => 'name'], is_array($attributes) ? $attributes : [], 'nameplate_company');
        $fact = in_array($attributes['fact'], self::FACTS, true) ? $attributes['fact'] : 'name';
        self::enqueue();
        return sprintf('<span data-nameplate-fact="%s">%s</span>', esc_attr($fact), wp_kses_post(do_shortcode((string) $content)));
    }

    /** `[nameplate_from countries="NL,DE" kinds="business" domains="example.com" otherwise="no"]…[/nameplate_from]` */
    public static function fromShortcode(mixed $attributes, mixed $content = ''): string
    {
        $attributes = shortcode_atts(
            array_fill_keys(self::CONDITIONS, '') + ['otherwise' => ''],
            is_array($attributes) ? $attributes : [],
            'nameplate_from'
        );
        $conditions = [];
        foreach (self::CONDITIONS as $key) {
            $conditions[$key] = explode(',', (string) $attributes[$key]);
        }
        $conditions['otherwise'] = in_array(strtolower((string) $attributes['otherwise']), ['yes', 'true', '1'], true);
        return self::hidden($conditions, do_shortcode((string) $content));
    }

    /** @param array<string, mixed> $attributes */
    public static function block(array $attributes, string $content): string
    {
        return self::hidden($attributes, $content);
    }

    /** `[nameplate_object]`: the visitor's objection, a cookie that is read by the page script and by the server. */
    public static function objectShortcode(): string
    {
        self::enqueue();
        return sprintf(
            '<p class="nameplate-object"><button type="button" data-nameplate-object="%s">%s</button> <span role="status"></span></p>',
            esc_attr__('Your objection is kept in this browser: your visits are no longer looked at.', 'nameplate'),
            esc_html__('Do not recognise the company I visit from', 'nameplate')
        );
    }

    /**
     * @param array<string, mixed> $given
     * @param string $html what was made safe already
     */
    private static function hidden(array $given, string $html): string
    {
        self::enqueue();
        $conditions = ['otherwise' => !empty($given['otherwise'])];
        foreach (self::CONDITIONS as $key) {
            $words = array_filter(is_array($given[$key] ?? null) ? $given[$key] : [], is_string(...));
            $conditions[$key] = array_values(array_filter(array_map(static fn (string $word): string => strtolower(trim($word)), $words)));
        }
        return sprintf(
            '<template data-nameplate-from="%s">%s</template>',
            esc_attr((string) wp_json_encode($conditions)),
            $html
        );
    }

    private static function enqueue(): void
    {
        if (wp_script_is(self::HANDLE, 'enqueued')) {
            return;
        }
        wp_enqueue_script(self::HANDLE);
        wp_add_inline_script(self::HANDLE, 'window.nameplateReveal = ' . wp_json_encode([
            'to' => Script::path(Rest::NAMESPACE . '/company'),
            'basis' => Settings::basis(),
            'level' => Settings::level(),
        ]) . ';', 'before');
    }
}
