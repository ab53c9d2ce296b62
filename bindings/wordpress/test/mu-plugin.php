<?php

/**
 * For the tests alone: mail goes into a folder, the login form has no second thoughts about administrators' addresses, and where a page
 * asks for it, the browser has a consent tool by the rules of the WP Consent API.
 */

add_filter('pre_wp_mail', static function ($nothing, array $mail): bool {
    file_put_contents(sprintf('%s/%s.json', NAMEPLATE_TEST_MAILS, hrtime(true)), json_encode($mail));
    return true;
}, 10, 2);
add_filter('admin_email_check_interval', '__return_zero');

// How long the plugin waits for the daemon is the same on a busy machine only if it may wait for long; what it would have waited is noted. Who
// sends X-Hurried has it as it is.
add_filter('nameplate_timeout', static function (float $seconds): float {
    $GLOBALS['nameplate_test_waits'][] = $seconds;
    return isset($_SERVER['HTTP_X_HURRIED']) ? $seconds : 30.0;
});

// A theme's use of the template tag, in the footer of every page that asks for it.
add_action('wp_footer', static function (): void {
    if (isset($_GET['np_tag']) && function_exists('nameplate_current_company')) {
        printf('<p id="tag">%s</p>', esc_html((string) wp_json_encode(nameplate_current_company())));
        printf('<p id="waits">%s</p>', esc_html((string) wp_json_encode($GLOBALS['nameplate_test_waits'] ?? [])));
    }
});
add_action('template_redirect', static function (): void {
    if (isset($_GET['np_tag'], $_GET['early']) && function_exists('nameplate_current_company')) {
        nameplate_current_company();
    }
}, 1);

if (get_option('nameplate_test_consent_api')) {
    // The API's two functions and its cookies, as its own plugin has them: opt-in by a tool that has set the type, yes to everything
    // where no tool has.
    function wp_get_consent_type(): string
    {
        return (string) apply_filters('wp_get_consent_type', get_option('nameplate_test_consent_api') === 'tool' ? 'optin' : '');
    }

    function wp_has_consent(string $category): bool
    {
        $type = wp_get_consent_type();
        $cookie = $_COOKIE["wp_consent_$category"] ?? '';
        return $type === '' || ($type === 'optout' && $cookie === '') || $cookie === 'allow';
    }

    function wp_add_cookie_info(...$cookie): void
    {
        $GLOBALS['nameplate_test_cookies'][] = $cookie;
    }

    add_action('wp_head', static function (): void {
        ?>
<script>
window.wp_consent_type = <?php echo wp_json_encode(wp_get_consent_type() ?: null); ?> || undefined;
window.wp_has_consent = (category) => !window.wp_consent_type || document.cookie.split('; ').includes('wp_consent_' + category + '=allow');
window.testConsent = (word) => {
  for (const category of ['statistics', 'statistics-anonymous']) document.cookie = `wp_consent_${category}=${word}; path=/`;
  document.dispatchEvent(new CustomEvent('wp_listen_for_consent_change', { detail: { statistics: word } }));
};
</script>
        <?php
    }, 1);
}
