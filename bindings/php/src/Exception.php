<?php

declare(strict_types=1);

namespace Nameplate;

/**
 * A range file or a socket that can't be used. The message says which, where, and what to do; it never has an address
 * in it. The code is the C library's status (`NAMEPLATE_ERROR_…`), or 0 for what went wrong at a socket.
 */
class Exception extends \RuntimeException
{
}
