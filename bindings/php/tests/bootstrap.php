<?php

/**
 * The tests run on the installed package, in one of three ways, as NAMEPLATE_TEST_WAY says: `extension`, `ffi` or `client`.
 */

declare(strict_types=1);

require getenv('NAMEPLATE_TEST_AUTOLOAD');
// Debian's php-nyholm-psr7; the interfaces are the psr extension's.
require '/usr/share/php/Nyholm/Psr7/autoload.php';
require __DIR__ . '/Fixtures.php';
require __DIR__ . '/Daemon.php';
require __DIR__ . '/Peer.php';
require __DIR__ . '/WebServer.php';
error_reporting(E_ALL);
ini_set('zend.exception_ignore_args', '0');
