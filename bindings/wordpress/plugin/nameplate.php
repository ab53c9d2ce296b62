<?php

/**
 * Plugin Name:       Nameplate
 * Description:       Shows which companies visit your site, from public registers, on your own server. Addresses are looked up and forgotten; nothing is sent elsewhere.
 * Version:           0.1.0
 * Requires at least: 6.2
 * Requires PHP:      8.1
 * Author:            The nameplate authors
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       nameplate
 * Domain Path:       /languages
 *
 * @package Nameplate
 */

declare(strict_types=1);

if (!defined('ABSPATH')) {
    exit;
}

define('NAMEPLATE_VERSION', '0.1.0');
define('NAMEPLATE_FILE', __FILE__);
define('NAMEPLATE_FOLDER', __DIR__);

require __DIR__ . '/includes/autoload.php';
require __DIR__ . '/includes/template-tags.php';

NameplatePlugin\Plugin::start();
