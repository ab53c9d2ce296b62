<?php

declare(strict_types=1);

namespace NameplatePlugin;

use NameplatePlugin\Vendor\Nameplate\Client;
use NameplatePlugin\Vendor\Nameplate\Leads;

if (!defined('ABSPATH')) {
    exit;
}

/** The daemon of this site. Questions for companies are always for this site's alone, also where a daemon serves several. */
final class Daemon
{
    /** Seconds that a page may wait for a reply to begin, and as long for it to end; it is made without an answer then. */
    public const PAGE = 0.02;
    /** Seconds for what a browser asks beside its page. No longer, for a process of the web server waits as well. */
    public const VISIT = 0.25;
    /** Seconds that an admin page may wait. */
    public const ADMIN = 2.0;

    public static function leads(float $timeout): Leads
    {
        return new Leads(self::socket(), self::patience($timeout));
    }

    public static function client(float $timeout): Client
    {
        return new Client(self::socket(), self::patience($timeout));
    }

    /**
     * A page of this site's companies.
     *
     * @param array<string, mixed> $query as LEADS takes it
     * @return array<string, mixed>
     */
    public static function companies(array $query): array
    {
        return self::leads(self::ADMIN)->companies(['sites' => [Settings::site()]] + $query);
    }

    /**
     * A company as far as it was on this site, or null where it was not: of visits elsewhere nothing is shown.
     *
     * @return array<string, mixed>|null
     */
    public static function company(string $id): ?array
    {
        $company = self::leads(self::ADMIN)->company($id);
        if ($company === null) {
            return null;
        }
        $timeline = array_filter(
            is_array($company['timeline'] ?? null) ? $company['timeline'] : [],
            static fn (mixed $visit): bool => is_array($visit) && ($visit['site'] ?? null) === Settings::site()
        );
        return $timeline === [] ? null : ['timeline' => array_values($timeline)] + $company;
    }

    /**
     * What was not shown as a company's on this site.
     *
     * @param array<string, mixed> $query as FILTERED takes it
     * @return list<array<string, mixed>>
     */
    public static function filtered(array $query): array
    {
        return self::leads(self::ADMIN)->filtered(['sites' => [Settings::site()]] + $query);
    }

    /**
     * Why there are no companies to be seen, or null where there may be.
     *
     * @param float $timeout seconds
     */
    public static function trouble(float $timeout = self::ADMIN): ?string
    {
        try {
            self::leads($timeout)->filtered(['sites' => [Settings::site()]]);
            return null;
        } catch (\Throwable $error) {
            return self::explain($error);
        }
    }

    /** What to say of an error to whoever may change settings. None of the package's texts has an address in it. */
    public static function explain(\Throwable $error): string
    {
        $text = $error->getMessage();
        if (Settings::socket() === '') {
            return __('No daemon was found: there is no socket at /run/nameplate/nameplate.sock, and the settings name no other.', 'nameplate');
        }
        if (str_contains($text, 'unknown command')) {
            return __('The daemon runs, but keeps no visits: its configuration has no [leads] section.', 'nameplate');
        }
        if (str_contains($text, 'no such site')) {
            return __('The daemon runs, but its configuration has no site of this name.', 'nameplate');
        }
        /* translators: %s: what the daemon's client says, in English */
        return sprintf(__('The daemon does not answer as it should: %s', 'nameplate'), $text);
    }

    private static function patience(float $timeout): float
    {
        /**
         * How many seconds to wait for the daemon, for a server whose disk or load is such that it needs longer.
         *
         * @param float $timeout 0.02 while a page is made, 0.25 for what browsers ask beside it, 2 and more in wp-admin
         */
        $seconds = apply_filters('nameplate_timeout', $timeout);
        return is_numeric($seconds) && $seconds > 0 && $seconds <= 60 ? (float) $seconds : $timeout;
    }

    private static function socket(): string
    {
        $socket = Settings::socket();
        if ($socket === '') {
            throw new \RuntimeException('no socket is known');
        }
        return $socket;
    }
}
