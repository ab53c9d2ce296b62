<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Capabilities;
use NameplatePlugin\Daemon;

if (!defined('ABSPATH')) {
    exit;
}

/** The companies that came last, on WordPress's dashboard. */
final class Widget
{
    public static function add(): void
    {
        if (current_user_can(Capabilities::VIEW)) {
            wp_add_dashboard_widget('nameplate', __('Companies that visited', 'nameplate'), [self::class, 'show']);
        }
    }

    public static function show(): void
    {
        try {
            $companies = Format::items(Daemon::companies(['limit' => 5]), 'companies');
        } catch (\Throwable $error) {
            CompaniesPage::failed($error);
            return;
        }
        if ($companies === []) {
            printf('<p>%s</p>', esc_html__('No company was seen in this period.', 'nameplate'));
            return;
        }
        echo '<ul>';
        foreach ($companies as $lead) {
            $company = is_array($lead) ? $lead['company'] ?? [] : [];
            printf(
                '<li><a href="%s">%s</a> <span class="description">%s</span></li>',
                esc_url(Menu::url(Menu::COMPANIES, ['company' => Format::text($company, 'id')])),
                esc_html(Format::text($company, 'name')),
                esc_html(Format::time(Format::number($lead, 'last_seen')))
            );
        }
        printf('</ul><p><a href="%s">%s</a></p>', esc_url(Menu::url(Menu::COMPANIES)), esc_html__('All companies', 'nameplate'));
    }
}
