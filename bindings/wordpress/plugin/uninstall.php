<?php

/**
 * Leaves nothing.
 *
 * @package Nameplate
 */

declare(strict_types=1);

if (!defined('WP_UNINSTALL_PLUGIN')) {
    exit;
}

define('NAMEPLATE_FOLDER', __DIR__);
require __DIR__ . '/includes/autoload.php';

NameplatePlugin\Removal::everywhere();
