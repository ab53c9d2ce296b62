<?php

/**
 * For where ffi.enable is "preload", as it is unless php.ini says otherwise: libnameplate and the package's classes are loaded
 * once, when PHP starts. Not needed with the extension.
 *
 *     ffi.preload=/path/to/vendor/nameplate/nameplate/src/Internal/nameplate.ffi.h
 *     opcache.preload=/path/to/vendor/nameplate/nameplate/preload.php
 *     opcache.preload_user=www-data
 */

declare(strict_types=1);

if (!extension_loaded('nameplate')) {
    foreach (['Facts', 'Json', 'Library', 'Snapshot', 'Batch', 'Packed', 'Texts'] as $class) {
        require_once __DIR__ . "/src/Internal/$class.php";
    }
    foreach (['Exception', 'Lookup', 'Company', 'Operator', 'Network', 'Source', 'Metadata', 'Answer', 'Database'] as $class) {
        require_once __DIR__ . "/src/$class.php";
    }
}
