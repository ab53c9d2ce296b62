<?php

declare(strict_types=1);

namespace NameplatePlugin;

use NameplatePlugin\Admin\Format;
use NameplatePlugin\Admin\SettingsPage;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Which companies visit this site.
 */
final class Cli
{
    public static function register(): void
    {
        \WP_CLI::add_command('nameplate', self::class);
    }

    /**
     * Says what is there and what is missing. Ends with 1 where the daemon is missing.
     *
     * ## EXAMPLES
     *
     *     wp nameplate status
     *
     * @param array<string> $arguments
     * @param array<string, string> $options
     */
    public function status(array $arguments, array $options): void
    {
        $states = SettingsPage::states();
        foreach ($states as [$works, $name, $text]) {
            \WP_CLI::line(sprintf('%s  %s: %s', $works ? 'there  ' : 'missing', $name, $text));
        }
        if (!$states[0][0]) {
            \WP_CLI::line(SettingsPage::configuration());
            \WP_CLI::halt(1);
        }
    }

    /**
     * Looks an address up, on the command line's own behalf.
     *
     * ## OPTIONS
     *
     * <address>
     * : An IPv4 or IPv6 address.
     *
     * @param array<string> $arguments
     * @param array<string, string> $options
     */
    public function lookup(array $arguments, array $options): void
    {
        $company = Lookups::company($arguments[0] ?? '', Daemon::ADMIN);
        \WP_CLI::line((string) wp_json_encode($company ?? ['status' => 'no company'], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES));
    }

    /**
     * Lists companies, the last ones first.
     *
     * ## OPTIONS
     *
     * [--days=<days>]
     * : Of how many days.
     * ---
     * default: 30
     * ---
     *
     * [--format=<format>]
     * : table, csv, json or yaml.
     * ---
     * default: table
     * ---
     *
     * @param array<string> $arguments
     * @param array<string, string> $options
     */
    public function companies(array $arguments, array $options): void
    {
        $days = max(1, (int) ($options['days'] ?? 30));
        $query = ['from' => gmdate('Y-m-d', time() - ($days - 1) * DAY_IN_SECONDS), 'limit' => 500];
        $rows = [];
        try {
            do {
                $page = Daemon::companies($query);
                foreach (Format::items($page, 'companies') as $lead) {
                    $company = is_array($lead) ? $lead['company'] ?? [] : [];
                    $rows[] = [
                        'id' => Format::text($company, 'id'),
                        'name' => self::inert(Format::text($company, 'name')),
                        'country' => Format::text($company, 'country'),
                        'visits' => Format::number($lead, 'visits'),
                        'page_views' => Format::number($lead, 'page_views'),
                        'score' => Format::number($lead, 'score'),
                        'sources' => self::inert(Format::sources($company)),
                    ];
                }
                $query['cursor'] = Format::text($page, 'cursor');
            } while ($query['cursor'] !== '');
        } catch (\Throwable $error) {
            \WP_CLI::error(Daemon::explain($error));
        }
        \WP_CLI\Utils\format_items(
            $options['format'] ?? 'table',
            $rows,
            ['id', 'name', 'country', 'visits', 'page_views', 'score', 'sources']
        );
    }

    /**
     * Prints all that is kept of a visitor, or erases it.
     *
     * ## OPTIONS
     *
     * <verb>
     * : export or erase.
     *
     * <id>
     * : The value of the cookie np_visitor.
     *
     * @param array<string> $arguments
     * @param array<string, string> $options
     */
    public function visitor(array $arguments, array $options): void
    {
        [$verb, $id] = $arguments + ['', ''];
        if (!Visitor::isId($id) || !in_array($verb, ['export', 'erase'], true)) {
            \WP_CLI::error(__('A visitor\'s id is 32 characters of 0 to 9 and a to f, as the cookie np_visitor has them.', 'nameplate'));
        }
        try {
            $leads = Daemon::leads(Daemon::ADMIN * 4);
            \WP_CLI::line($verb === 'export' ? (string) wp_json_encode($leads->exportVisitor($id)) : (string) $leads->eraseVisitor($id));
        } catch (\Throwable $error) {
            \WP_CLI::error(Daemon::explain($error));
        }
    }

    /** A spreadsheet takes what begins with one of these for a formula. */
    private static function inert(string $text): string
    {
        return preg_match('/^[=+\-@\t\r]/', $text) === 1 ? "'$text" : $text;
    }
}
