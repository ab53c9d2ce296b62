<?php

declare(strict_types=1);

namespace Nameplate;

use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\MiddlewareInterface;
use Psr\Http\Server\RequestHandlerInterface;

/**
 * PSR-15 middleware: puts a {@see LazyAnswer} about the client into the request's attributes. Nothing is looked up until
 * somebody asks for it.
 *
 *     $app->add(new Nameplate\Middleware(Nameplate\Database::open('nameplate.npl'), trustedProxies: ['10.0.0.0/8']));
 *     $request->getAttribute('nameplate')->get()->name;
 *
 * The client's address is REMOTE_ADDR. Behind proxies either name them, and their X-Forwarded-For is believed as far as they
 * wrote it; or name the attribute in which another middleware leaves the address that it has found.
 */
final class Middleware implements MiddlewareInterface
{
    private readonly TrustedProxies $proxies;

    /**
     * @param Lookup $lookup a database or a client
     * @param array<string> $trustedProxies addresses and CIDR networks of one's own proxies
     * @param string|null $addressAttribute the request's attribute that has the client's address; where there is none, the
     * answer is unknown
     * @param string $attribute the attribute that the answer is put into
     */
    public function __construct(
        private readonly Lookup $lookup,
        array $trustedProxies = [],
        private readonly ?string $addressAttribute = null,
        private readonly string $attribute = 'nameplate'
    ) {
        if ($addressAttribute !== null && $trustedProxies !== []) {
            throw new \ValueError(self::class . '::__construct(): Argument #3 ($addressAttribute) must be null where there are '
                . 'trusted proxies: only one of them can say who the client is');
        }
        $this->proxies = new TrustedProxies($trustedProxies);
    }

    public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface
    {
        return $handler->handle($request->withAttribute(
            $this->attribute,
            new LazyAnswer($this->lookup, $this->client($request))
        ));
    }

    private function client(ServerRequestInterface $request): ?string
    {
        if ($this->addressAttribute !== null) {
            $address = $request->getAttribute($this->addressAttribute);
            return \is_string($address) ? $address : null;
        }
        $peer = $request->getServerParams()['REMOTE_ADDR'] ?? null;
        return $this->proxies->client(\is_string($peer) ? $peer : null, $request->getHeaderLine('X-Forwarded-For'));
    }
}
