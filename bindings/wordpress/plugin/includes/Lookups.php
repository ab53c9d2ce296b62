<?php

declare(strict_types=1);

namespace NameplatePlugin;

use NameplatePlugin\Vendor\Nameplate\Database;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Who is behind an address: by the extension, by FFI, or by the daemon, in this order. The first two need the range file.
 */
final class Lookups
{
    public const EXTENSION = 'extension';
    public const FFI = 'ffi';
    public const DAEMON = 'daemon';

    /** @var array<string, \Nameplate\Database|Database|Vendor\Nameplate\Client> the one that works, for this request */
    private static array $chosen = [];

    /**
     * The company of an address, or null where none is known, or nothing can be asked: a page never fails for it.
     *
     * @param float $timeout seconds to wait for the daemon
     * @return array<string, mixed>|null
     */
    public static function company(#[\SensitiveParameter] string $address, float $timeout = Daemon::PAGE): ?array
    {
        foreach (self::ways() as $way) {
            try {
                self::$chosen[$way] ??= self::open($way, $timeout);
                $answer = self::$chosen[$way]->lookup($address)->jsonSerialize();
            } catch (\InvalidArgumentException) {
                return null;
            } catch (\Throwable) {
                continue;
            }
            if (($answer['status'] ?? null) !== 'company' || !is_array($answer['company'] ?? null)) {
                return null;
            }
            return $answer['company'] + ['confidence' => $answer['confidence'] ?? 0];
        }
        return null;
    }

    /** @return list<string> the ways there are, the quickest first; none of them was tried */
    public static function ways(): array
    {
        $ways = [];
        if (Settings::rangeFile() !== '') {
            if (extension_loaded('nameplate')) {
                $ways[] = self::EXTENSION;
            } elseif (extension_loaded('FFI')) {
                $ways[] = self::FFI;
            }
        }
        if (Settings::socket() !== '') {
            $ways[] = self::DAEMON;
        }
        return $ways;
    }

    /**
     * Opens what a way asks.
     *
     * @param float $timeout seconds to wait for the daemon
     * @throws \Throwable where it does not work, with the reason
     */
    public static function open(string $way, float $timeout = Daemon::PAGE): \Nameplate\Database|Database|Vendor\Nameplate\Client
    {
        return match ($way) {
            self::EXTENSION => \Nameplate\Database::open(Settings::rangeFile()),
            self::FFI => Database::open(Settings::rangeFile()),
            default => Daemon::client($timeout),
        };
    }
}
