<?php

/**
 * Classes of the plugin and of the PHP package that it brings along, by their names.
 *
 * @package Nameplate
 */

declare(strict_types=1);

if (!defined('ABSPATH')) {
    exit;
}

spl_autoload_register(static function (string $class): void {
    if (!str_starts_with($class, 'NameplatePlugin\\')) {
        return;
    }
    $path = str_replace('\\', '/', substr($class, strlen('NameplatePlugin\\')));
    $file = str_starts_with($path, 'Vendor/Nameplate/')
        ? NAMEPLATE_FOLDER . '/vendor/nameplate/' . substr($path, strlen('Vendor/Nameplate/')) . '.php'
        : NAMEPLATE_FOLDER . '/includes/' . $path . '.php';
    if (is_file($file)) {
        require $file;
    }
});
