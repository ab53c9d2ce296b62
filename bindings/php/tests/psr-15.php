<?php

/**
 * The interfaces of PSR-15, as the PHP Framework Interop Group publishes them in psr/http-server-handler and
 * psr/http-server-middleware (MIT); Debian has no package of these. Messages are those of Debian's php-nyholm-psr7.
 */

declare(strict_types=1);

namespace Psr\Http\Server;

use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;

require '/usr/share/php/Nyholm/Psr7/autoload.php';

interface RequestHandlerInterface
{
    public function handle(ServerRequestInterface $request): ResponseInterface;
}

interface MiddlewareInterface
{
    public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface;
}
