<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Capabilities;
use NameplatePlugin\Daemon;

if (!defined('ABSPATH')) {
    exit;
}

/** What was not shown as a company's, and why: counts and shares of 30 days. */
final class FilteredPage
{
    public static function show(): void
    {
        if (!current_user_can(Capabilities::VIEW)) {
            wp_die(esc_html__('Sorry, you are not allowed to do that.', 'nameplate'), '', ['response' => 403]);
        }
        echo '<div class="wrap nameplate">';
        printf('<h1>%s</h1>', esc_html__('Filtered, and why', 'nameplate'));
        printf('<p>%s</p>', esc_html__('Page views of the last 30 days that are not shown as a company\'s. They are counted by day and reason; nothing else is kept of them.', 'nameplate'));
        try {
            self::table(Daemon::filtered([]));
        } catch (\Throwable $error) {
            CompaniesPage::failed($error);
        }
        echo '</div>';
    }

    /** @param list<mixed> $counts */
    private static function table(array $counts): void
    {
        $sums = [];
        foreach ($counts as $count) {
            $reason = Format::text($count, 'reason');
            $sums[$reason] = ($sums[$reason] ?? 0) + Format::number($count, 'count');
        }
        arsort($sums);
        $total = max(1, array_sum($sums));
        printf(
            '<table class="widefat striped"><thead><tr><th scope="col">%s</th><th scope="col">%s</th><th scope="col">%s</th></tr></thead><tbody>',
            esc_html__('Why', 'nameplate'),
            esc_html__('Page views', 'nameplate'),
            esc_html__('Share', 'nameplate')
        );
        foreach ($sums as $reason => $sum) {
            printf(
                '<tr><td>%s</td><td>%s</td><td><meter min="0" max="100" value="%d"></meter> %s&nbsp;%%</td></tr>',
                esc_html(Format::reason((string) $reason)),
                esc_html(number_format_i18n($sum)),
                (int) round($sum * 100 / $total),
                esc_html(number_format_i18n($sum * 100 / $total, 1))
            );
        }
        if ($sums === []) {
            printf('<tr><td colspan="3">%s</td></tr>', esc_html__('Nothing was filtered.', 'nameplate'));
        }
        echo '</tbody></table>';
    }
}
