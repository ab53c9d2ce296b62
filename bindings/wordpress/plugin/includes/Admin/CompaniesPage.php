<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Capabilities;
use NameplatePlugin\Daemon;

if (!defined('ABSPATH')) {
    exit;
}

/** The list of companies, and one company. */
final class CompaniesPage
{
    public static function show(): void
    {
        if (!current_user_can(Capabilities::VIEW)) {
            wp_die(esc_html__('Sorry, you are not allowed to do that.', 'nameplate'), '', ['response' => 403]);
        }
        $id = Menu::given('company');
        echo '<div class="wrap nameplate">';
        try {
            $id === '' ? self::companies() : self::company($id);
        } catch (\Throwable $error) {
            self::failed($error);
        }
        self::rules();
        echo '</div>';
    }

    /** Whoever may change settings is told what is wrong; others that something is. */
    public static function failed(\Throwable $error): void
    {
        Menu::notice(
            current_user_can(Capabilities::SETTINGS)
                ? Daemon::explain($error)
                : __('The companies can\'t be shown at the moment: an administrator sees why.', 'nameplate'),
            'error'
        );
        if (current_user_can(Capabilities::SETTINGS)) {
            printf('<p><a href="%s">%s</a></p>', esc_url(Menu::url(Menu::SETTINGS)), esc_html__('To the settings', 'nameplate'));
        }
    }

    private static function companies(): void
    {
        printf('<h1 class="wp-heading-inline">%s</h1><hr class="wp-header-end">', esc_html__('Companies', 'nameplate'));
        $table = new CompaniesTable();
        $table->prepare_items();
        printf('<form method="get"><input type="hidden" name="page" value="%s">', esc_attr(Menu::COMPANIES));
        $table->search_box(__('Search companies', 'nameplate'), 'nameplate');
        $table->display();
        echo '</form>';
    }

    private static function company(string $id): void
    {
        $lead = Daemon::company($id);
        printf('<p><a href="%s">&larr; %s</a></p>', esc_url(Menu::url(Menu::COMPANIES)), esc_html__('All companies', 'nameplate'));
        if ($lead === null) {
            printf('<h1>%s</h1>', esc_html__('There is no such company', 'nameplate'));
            return;
        }
        $company = $lead['company'] ?? [];
        printf('<h1>%s</h1>', esc_html(Format::text($company, 'name')));
        $facts = [
            __('Kind', 'nameplate') => Format::kind(Format::text($company, 'kind')),
            __('Country', 'nameplate') => Format::text($company, 'country'),
            __('Domain', 'nameplate') => Format::text($company, 'domain'),
            __('Legal form', 'nameplate') => Format::text($company, 'legal_form'),
            __('Industry', 'nameplate') => Format::text($company, 'industry'),
            __('Register', 'nameplate') => trim(Format::text($company, 'register') . ' ' . Format::text($company, 'register_id')),
            __('First seen', 'nameplate') => Format::time(Format::number($lead, 'first_seen')),
            __('Last seen', 'nameplate') => Format::time(Format::number($lead, 'last_seen')),
            __('Score', 'nameplate') => (string) Format::number($lead, 'score'),
            __('Confidence', 'nameplate') => (string) Format::number($company, 'confidence'),
            __('Sources', 'nameplate') => Format::sources($company),
        ];
        echo '<table class="widefat striped nameplate-facts"><tbody>';
        foreach ($facts as $name => $value) {
            if ($value !== '') {
                printf('<tr><th scope="row">%s</th><td>%s</td></tr>', esc_html($name), esc_html($value));
            }
        }
        echo '</tbody></table>';
        self::timeline(Format::items($lead, 'timeline'));
        if (current_user_can(Menu::privacyCapability())) {
            self::objection($id);
        }
    }

    /** @param list<mixed> $visits */
    private static function timeline(array $visits): void
    {
        printf('<h2>%s</h2>', esc_html__('Visits to this site', 'nameplate'));
        echo '<table class="widefat striped"><thead><tr>';
        foreach (
            [__('When', 'nameplate'), __('Page', 'nameplate'), __('Title', 'nameplate'), __('Came from', 'nameplate'), __('Campaign', 'nameplate')] as $name
        ) {
            printf('<th scope="col">%s</th>', esc_html($name));
        }
        echo '</tr></thead><tbody>';
        foreach ($visits as $visit) {
            foreach (Format::items($visit, 'pages') as $page) {
                $campaign = array_filter([
                    Format::text($page, 'utm_source'),
                    Format::text($page, 'utm_medium'),
                    Format::text($page, 'utm_campaign'),
                ]);
                printf(
                    '<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>',
                    esc_html(Format::time(Format::number($page, 'at'))),
                    esc_html(Format::text($page, 'path')),
                    esc_html(Format::text($page, 'title')),
                    esc_html(Format::text($page, 'referrer')),
                    esc_html(implode(' / ', $campaign))
                );
            }
        }
        echo '</tbody></table>';
    }

    private static function objection(string $id): void
    {
        printf('<h2>%s</h2>', esc_html__('The company objects', 'nameplate'));
        printf('<p>%s</p>', esc_html__('It is hidden at once and for good, and what is stored of it is removed. Taking the objection back brings nothing back.', 'nameplate'));
        printf('<form method="post" action="%s">', esc_url(admin_url('admin-post.php')));
        echo '<input type="hidden" name="action" value="nameplate_object"><input type="hidden" name="kind" value="id">';
        printf('<input type="hidden" name="value" value="%s">', esc_attr($id));
        wp_nonce_field('nameplate_object');
        printf(
            '<p><label>%s <input type="text" name="reason" maxlength="200" class="regular-text"></label></p>',
            esc_html__('How it was asked for, such as "by letter":', 'nameplate')
        );
        submit_button(__('Hide this company', 'nameplate'), 'delete', 'submit', true);
        echo '</form>';
    }

    /** The rules for whoever acts on what is shown, where it is shown. */
    private static function rules(): void
    {
        printf(
            '<p class="description">%s</p>',
            esc_html__('These are companies, not persons, from the public registers that each company names. A visit is no ground to approach a person. Whoever writes to a company says where its data is from, and that it may object.', 'nameplate')
        );
    }
}
