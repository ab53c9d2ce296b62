<?php

/**
 * The tests run on the installed package, in one of three ways, as NAMEPLATE_TEST_WAY says: `extension`, `ffi` or `client`.
 */

declare(strict_types=1);

require getenv('NAMEPLATE_TEST_AUTOLOAD');
require __DIR__ . '/psr-15.php';
require __DIR__ . '/Fixtures.php';
require __DIR__ . '/Daemon.php';
require __DIR__ . '/Peer.php';
require __DIR__ . '/WebServer.php';
error_reporting(E_ALL);
// Deprecations are printed where PHPUnit has no other way with them, and a test that prints fails.
ini_set('display_errors', '1');
ini_set('zend.exception_ignore_args', '0');
