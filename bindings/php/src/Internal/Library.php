<?php

declare(strict_types=1);

namespace Nameplate\Internal;

use Nameplate\Exception;

/**
 * libnameplate, called through FFI. nameplate.ffi.h has the declarations; it is made of include/nameplate.h.
 *
 * @internal
 */
final class Library
{
    public const OK = 0;
    public const ERROR_ADDRESS = 4;
    public const ERROR_SPACE = 5;
    public const ERROR_NOT_FOUND = 6;
    public const ERROR_HANDLE = 3;

    public const OPEN_COPY = 1;
    public const OPEN_PREFAULT = 2;
    public const OPEN_VERIFY = 4;
    public const OPEN_ALLOW_OLDER = 8;

    public const STATUSES = ['unknown', 'company', 'operator', 'reserved'];
    public const COMPANY = 1;
    public const OPERATOR = 2;
    public const INVALID = 4;

    private const ABI_VERSION = 1;
    private const HEADER = __DIR__ . '/nameplate.ffi.h';
    private const ELSE = 'load the extension (extension=nameplate), or ask the daemon with new Nameplate\\Client($socket)';

    private static ?\FFI $ffi = null;

    /** The library. */
    public static function ffi(): \FFI
    {
        return self::$ffi ??= self::load();
    }

    private static function load(): \FFI
    {
        if (!\extension_loaded('FFI')) {
            throw new Exception('neither the nameplate extension nor PHP\'s FFI is loaded: ' . self::ELSE);
        }
        try {
            $ffi = self::preloaded() ?? \FFI::cdef(self::declarations(), self::file());
        } catch (\FFI\Exception $error) {
            throw new Exception('the nameplate extension is not loaded, and FFI can\'t be used (' . $error->getMessage()
                . '): install libnameplate.so.1 or say where it is with the environment variable NAMEPLATE_LIBRARY, and set '
                . 'ffi.enable, or ffi.preload and opcache.preload as preload.php says; or ' . self::ELSE);
        }
        $version = $ffi->nameplate_abi_version();
        if ($version !== self::ABI_VERSION) {
            throw new Exception(\sprintf('libnameplate.so has version %d of its interface, and this package is made for version '
                . '%d: install the library and the package of one release', $version, self::ABI_VERSION));
        }
        return $ffi;
    }

    /** What ffi.preload has loaded, for where ffi.enable is "preload": preload.php says how. */
    private static function preloaded(): ?\FFI
    {
        try {
            return \FFI::scope('nameplate');
        } catch (\FFI\Exception) {
            return null;
        }
    }

    private static function file(): string
    {
        $file = \getenv('NAMEPLATE_LIBRARY');
        return \is_string($file) && $file !== '' ? $file : 'libnameplate.so.1';
    }

    private static function declarations(): string
    {
        // The lines with # are for ffi.preload.
        return \preg_replace('/^#.*$/m', '', (string) \file_get_contents(self::HEADER)) ?? '';
    }

    /** A text of the library, or null where there is none. */
    public static function text(\FFI\CData $text): ?string
    {
        return $text->data === null ? null : \FFI::string($text->data, $text->length);
    }
}
