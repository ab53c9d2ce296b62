<?php

declare(strict_types=1);

namespace NameplatePlugin\Admin;

use NameplatePlugin\Daemon;

if (!defined('ABSPATH')) {
    exit;
}

if (!class_exists('WP_List_Table')) {
    require_once ABSPATH . 'wp-admin/includes/class-wp-list-table.php';
}

/** The companies of a period, as the daemon orders and pages them: it knows no numbers of pages, only what comes next. */
final class CompaniesTable extends \WP_List_Table
{
    private const PERIODS = [7, 30, 90, 365];
    private const PER_PAGE = 50;
    private const SORTS = ['last_seen', 'first_seen', 'score', 'visits', 'page_views', 'seconds', 'name'];

    private string $next = '';

    public function __construct()
    {
        parent::__construct(['singular' => 'company', 'plural' => 'companies', 'ajax' => false]);
    }

    public function get_columns(): array
    {
        return [
            'name' => __('Company', 'nameplate'),
            'country' => __('Country', 'nameplate'),
            'industry' => __('Industry', 'nameplate'),
            'visits' => __('Visits', 'nameplate'),
            'page_views' => __('Pages', 'nameplate'),
            'seconds' => __('Time', 'nameplate'),
            'score' => __('Score', 'nameplate'),
            'last_seen' => __('Last seen', 'nameplate'),
        ];
    }

    protected function get_sortable_columns(): array
    {
        $columns = [];
        foreach (['name', 'visits', 'page_views', 'seconds', 'score', 'last_seen'] as $column) {
            $columns[$column] = [$column, $column !== 'name'];
        }
        return $columns;
    }

    public function prepare_items(): void
    {
        $this->_column_headers = [$this->get_columns(), [], $this->get_sortable_columns(), 'name'];
        $sort = Menu::given('orderby');
        $query = [
            'from' => gmdate('Y-m-d', time() - (self::days() - 1) * DAY_IN_SECONDS),
            'sort' => in_array($sort, self::SORTS, true) ? $sort : 'last_seen',
            'ascending' => Menu::given('order') === 'asc',
            'limit' => self::PER_PAGE,
        ];
        foreach (['search' => 's', 'cursor' => 'cursor'] as $key => $name) {
            if (Menu::given($name) !== '') {
                $query[$key] = Menu::given($name);
            }
        }
        $page = Daemon::companies($query);
        $this->items = Format::items($page, 'companies');
        $this->next = Format::text($page, 'cursor');
    }

    public function no_items(): void
    {
        esc_html_e('No company was seen in this period.', 'nameplate');
    }

    /** @param mixed $item */
    public function column_default($item, $column): string
    {
        $company = is_array($item) ? $item['company'] ?? [] : [];
        return esc_html(match ($column) {
            'country', 'industry' => Format::text($company, $column),
            'last_seen' => Format::time(Format::number($item, $column)),
            'seconds' => Format::duration(Format::number($item, $column)),
            default => number_format_i18n(Format::number($item, $column)),
        });
    }

    /** @param mixed $item */
    public function column_name($item): string
    {
        $company = is_array($item) ? $item['company'] ?? [] : [];
        return sprintf(
            '<strong><a class="row-title" href="%s">%s</a></strong><br><span class="description">%s</span>',
            esc_url(Menu::url(Menu::COMPANIES, ['company' => Format::text($company, 'id')])),
            esc_html(Format::text($company, 'name')),
            esc_html(implode(' · ', array_filter([Format::kind(Format::text($company, 'kind')), Format::text($company, 'domain')])))
        );
    }

    protected function extra_tablenav($which): void
    {
        if ($which === 'top') {
            printf('<div class="alignleft actions"><label class="screen-reader-text" for="nameplate-days">%s</label><select id="nameplate-days" name="days">', esc_html__('Period', 'nameplate'));
            foreach (self::PERIODS as $days) {
                /* translators: %s: number of days */
                $text = sprintf(_n('%s day', '%s days', $days, 'nameplate'), number_format_i18n($days));
                printf('<option value="%d"%s>%s</option>', (int) $days, selected($days, self::days(), false), esc_html($text));
            }
            echo '</select> ';
            submit_button(__('Filter', 'nameplate'), '', 'filter_action', false);
            echo '</div>';
        } elseif ($this->next !== '') {
            $arguments = array_filter([
                'cursor' => $this->next,
                'days' => (string) self::days(),
                'orderby' => Menu::given('orderby'),
                'order' => Menu::given('order'),
                's' => Menu::given('s'),
            ]);
            printf(
                '<div class="tablenav-pages"><a class="button" href="%s">%s</a></div>',
                esc_url(Menu::url(Menu::COMPANIES, $arguments)),
                esc_html__('Next page', 'nameplate')
            );
        }
    }

    private static function days(): int
    {
        $days = (int) Menu::given('days');
        return in_array($days, self::PERIODS, true) ? $days : 30;
    }
}
