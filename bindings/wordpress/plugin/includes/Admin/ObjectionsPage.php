<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Daemon;

if (!defined('ABSPATH')) {
    exit;
}

/** Companies that asked not to be shown: the daemon's suppression list. */
final class ObjectionsPage
{
    private const KINDS = ['id', 'domain', 'network'];

    public static function show(): void
    {
        if (!current_user_can(Menu::privacyCapability())) {
            wp_die(esc_html__('Sorry, you are not allowed to do that.', 'nameplate'), '', ['response' => 403]);
        }
        echo '<div class="wrap nameplate">';
        printf('<h1>%s</h1>', esc_html__('Objections', 'nameplate'));
        Menu::say([
            'objected' => __('The objection holds from now on.', 'nameplate'),
            'lifted' => __('The objection was taken back. What was removed stays removed.', 'nameplate'),
            'objection-failed' => __('The daemon did not take the objection: it needs a suppression list, and a rule that it understands.', 'nameplate'),
            'lift-failed' => __('The daemon did not take the objection back.', 'nameplate'),
        ]);
        printf('<p>%s</p>', esc_html__('What stands here is shown to nobody, on no site of this daemon, past visits included.', 'nameplate'));
        self::form();
        try {
            self::table(Daemon::leads(Daemon::ADMIN)->objections());
        } catch (\Throwable $error) {
            CompaniesPage::failed($error);
        }
        echo '</div>';
    }

    public static function add(): void
    {
        Menu::check(Menu::privacyCapability(), 'nameplate_object');
        $rule = self::rule();
        $said = 'objection-failed';
        if ($rule !== null) {
            try {
                Daemon::leads(Daemon::ADMIN * 4)->object($rule, Menu::given('reason', true) ?: 'WordPress');
                $said = 'objected';
            } catch (\Throwable) {
                $said = 'objection-failed';
            }
        }
        Menu::back(Menu::OBJECTIONS, $said);
    }

    public static function lift(): void
    {
        Menu::check(Menu::privacyCapability(), 'nameplate_lift');
        // A rule as LIST gave it.
        $rule = json_decode(Menu::given('rule', true), true, 3);
        $said = 'lift-failed';
        if (is_array($rule)) {
            try {
                $said = Daemon::leads(Daemon::ADMIN * 4)->lift(array_filter($rule, is_string(...))) ? 'lifted' : $said;
            } catch (\Throwable) {
                $said = 'lift-failed';
            }
        }
        Menu::back(Menu::OBJECTIONS, $said);
    }

    /** @return array<string, string>|null */
    private static function rule(): ?array
    {
        $kind = Menu::given('kind', true);
        $value = Menu::given('value', true);
        return in_array($kind, self::KINDS, true) && $value !== '' ? [$kind => $value] : null;
    }

    private static function form(): void
    {
        printf('<form method="post" action="%s">', esc_url(admin_url('admin-post.php')));
        echo '<input type="hidden" name="action" value="nameplate_object">';
        wp_nonce_field('nameplate_object');
        $kinds = [
            'domain' => __('Domain', 'nameplate'),
            'id' => __('Id of a company', 'nameplate'),
            'network' => __('Network', 'nameplate'),
        ];
        printf('<p><label>%s <select name="kind">', esc_html__('What', 'nameplate'));
        foreach ($kinds as $kind => $text) {
            printf('<option value="%s">%s</option>', esc_attr($kind), esc_html($text));
        }
        printf(
            '</select></label> <label>%s <input type="text" name="value" required class="regular-text"></label> <label>%s <input type="text" name="reason" maxlength="200"></label> ',
            esc_html__('Which', 'nameplate'),
            esc_html__('How it was asked for', 'nameplate')
        );
        submit_button(__('Add objection', 'nameplate'), 'primary', 'submit', false);
        echo '</p></form>';
    }

    /** @param list<mixed> $objections */
    private static function table(array $objections): void
    {
        printf(
            '<table class="widefat striped"><thead><tr><th scope="col">%s</th><th scope="col">%s</th><th scope="col">%s</th><td></td></tr></thead><tbody>',
            esc_html__('What', 'nameplate'),
            esc_html__('Since', 'nameplate'),
            esc_html__('How it was asked for', 'nameplate')
        );
        foreach ($objections as $objection) {
            $rule = is_array($objection) ? array_diff_key($objection, ['date' => 0, 'reason' => 0]) : [];
            printf(
                '<tr><td>%s</td><td>%s</td><td>%s</td><td>',
                esc_html(implode(' ', array_filter($rule, is_string(...)))),
                esc_html(Format::text($objection, 'date')),
                esc_html(Format::text($objection, 'reason'))
            );
            printf('<form method="post" action="%s">', esc_url(admin_url('admin-post.php')));
            echo '<input type="hidden" name="action" value="nameplate_lift">';
            printf('<input type="hidden" name="rule" value="%s">', esc_attr((string) wp_json_encode($rule)));
            wp_nonce_field('nameplate_lift');
            printf('<button type="submit" class="button-link button-link-delete">%s</button></form></td></tr>', esc_html__('Take back', 'nameplate'));
        }
        if ($objections === []) {
            printf('<tr><td colspan="4">%s</td></tr>', esc_html__('Nobody objected.', 'nameplate'));
        }
        echo '</tbody></table>';
    }
}
