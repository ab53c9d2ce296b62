<?php

declare(strict_types=1);

namespace Nameplate\Tests;

use Nameplate\Answer;
use Nameplate\LazyAnswer;
use Nameplate\Middleware;
use Nameplate\TrustedProxies;
use Nyholm\Psr7\Response;
use Nyholm\Psr7\ServerRequest;
use PHPUnit\Framework\TestCase;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\RequestHandlerInterface;

final class MiddlewareTest extends TestCase
{
    private const COMPANY = '20.0.0.0';
    private const OPERATOR = '20.1.0.0';

    public function testTheAnswerIsAboutWhoIsConnected(): void
    {
        self::assertSame('company', $this->seen(new Middleware(Fixtures::lookup()), self::COMPANY)->status);
        self::assertSame('company', $this->seen(new Middleware(Fixtures::lookup()), '::ffff:' . self::COMPANY)->status);
        self::assertSame('unknown', $this->seen(new Middleware(Fixtures::lookup()), null)->status);
        self::assertSame('unknown', $this->seen(new Middleware(Fixtures::lookup()), 'nonsense')->status);
        $other = new Middleware(Fixtures::lookup(), attribute: 'visitor');
        self::assertSame('company', $this->seen($other, self::COMPANY, attribute: 'visitor')->status);
    }

    public function testAHeaderIsBelievedOfTrustedProxiesAlone(): void
    {
        foreach (
            [
                // proxies, connected, header, whom the answer is about
                [[], self::COMPANY, self::OPERATOR, self::COMPANY],
                [['10.0.0.0/8'], self::COMPANY, self::OPERATOR, self::COMPANY],
                [['10.0.0.0/8'], '10.1.2.3', self::COMPANY, self::COMPANY],
                [['10.0.0.0/8'], '::ffff:10.1.2.3', self::COMPANY, self::COMPANY],
                [['10.0.0.0/8'], '11.0.0.1', self::COMPANY, '11.0.0.1'],
                [['10.1.2.3'], '10.1.2.4', self::COMPANY, '10.1.2.4'],
                // What stands before the last that is not trusted may be anybody's invention.
                [['10.0.0.0/8'], '10.1.2.3', self::OPERATOR . ', ' . self::COMPANY, self::COMPANY],
                [['10.0.0.0/8'], '10.1.2.3', self::COMPANY . ',10.9.9.9', self::COMPANY],
                [['10.0.0.0/8', '2001:db8::/32'], '2001:db8::1', self::COMPANY . ' , 10.9.9.9,2001:db8:ffff::', self::COMPANY],
                [['2001:db8::/33'], '2001:db8:8000::', self::COMPANY, '2001:db8:8000::'],
                [['10.0.0.0/8'], '10.1.2.3', '', '10.1.2.3'],
                [['10.0.0.0/8'], '10.1.2.3', '10.4.4.4', '10.4.4.4'],
                [['10.0.0.0/8'], '10.1.2.3', self::COMPANY . ':4711', self::COMPANY],
                [['10.0.0.0/8'], '10.1.2.3', '[2c00:2::]:4711', '2c00:2::'],
                [['10.0.0.0/8'], '10.1.2.3', '[2c00:2::]', '2c00:2::'],
                [['0.0.0.0/0'], self::OPERATOR, self::COMPANY, self::COMPANY],
                // Nobody, and not the proxy.
                [['10.0.0.0/8'], '10.1.2.3', 'unknown', null],
                [['10.0.0.0/8'], '10.1.2.3', self::COMPANY . ', nonsense', null],
                [['10.0.0.0/8'], '10.1.2.3', self::COMPANY . ',', null],
                [['10.0.0.0/8'], null, self::COMPANY, null],
                [['10.0.0.0/8'], '10.1.2.3', str_repeat('10.0.0.1,', 100_000) . '10.0.0.1', '10.0.0.1'],
            ] as [$proxies, $peer, $header, $expected]
        ) {
            self::assertSame($expected, (new TrustedProxies($proxies))->client($peer, $header), substr("$peer $header", 0, 80));
            $answer = $this->seen(new Middleware(Fixtures::lookup(), $proxies), $peer, $header);
            $wanted = $expected === null ? 'unknown' : Fixtures::lookup()->lookup($expected)->status;
            self::assertSame($wanted, $answer->status);
        }
    }

    public function testProxiesThatAreNone(): void
    {
        foreach (['x', '', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0', ['10.0.0.0/8']] as $network) {
            try {
                new TrustedProxies(['10.0.0.0/8', $network]);
                self::fail(json_encode($network));
            } catch (\ValueError $error) {
                self::assertStringContainsString('number 2', $error->getMessage());
            }
        }
        $this->expectException(\ValueError::class);
        new Middleware(Fixtures::lookup(), ['10.0.0.0/8'], 'address');
    }

    public function testAnotherMiddlewaresAttribute(): void
    {
        $middleware = new Middleware(Fixtures::lookup(), addressAttribute: 'client-ip');
        self::assertSame('company', $this->seen($middleware, self::OPERATOR, attributes: ['client-ip' => self::COMPANY])->status);
        self::assertSame('unknown', $this->seen($middleware, self::COMPANY)->status);
        self::assertSame('unknown', $this->seen($middleware, self::COMPANY, attributes: ['client-ip' => 7])->status);
    }

    public function testTheAnswerIsLookedUpWhenItIsAskedForAndTheAddressShownToNobody(): void
    {
        $lookup = Fixtures::lookup();
        $lazy = new LazyAnswer($lookup, self::COMPANY);
        ob_start();
        var_dump($lazy);
        $shown = ob_get_clean() . print_r($lazy, true) . var_export($lazy, true) . json_encode((array) $lazy);
        self::assertStringNotContainsString(self::COMPANY, $shown);
        self::assertSame('company', $lazy->get()->status);
        self::assertSame($lazy->get(), $lazy->get());
        self::assertSame('company', json_decode(json_encode(new LazyAnswer($lookup, self::COMPANY)))->status);
        self::assertSame('company', unserialize(serialize(new LazyAnswer($lookup, self::COMPANY)))->get()->status);

        // Nothing was asked of one that nobody asked: a client that can't connect is no error until then.
        $lazy = new LazyAnswer(new \Nameplate\Client('/nowhere/x.sock'), self::COMPANY);
        for ($i = 0; $i < 2; $i++) {
            try {
                $lazy->get();
                self::fail('it answers');
            } catch (\Nameplate\Exception $error) {
                self::assertStringNotContainsString(self::COMPANY, $error->getMessage());
            }
        }
    }

    /**
     * The answer that a handler behind the middleware finds.
     *
     * @param array<string, mixed> $attributes
     */
    private function seen(
        Middleware $middleware,
        ?string $peer,
        string $header = '',
        string $attribute = 'nameplate',
        array $attributes = []
    ): Answer {
        $request = new ServerRequest('GET', '/', [], null, '1.1', $peer === null ? [] : ['REMOTE_ADDR' => $peer]);
        if ($header !== '') {
            $request = $request->withHeader('X-Forwarded-For', $header);
        }
        foreach ($attributes as $name => $value) {
            $request = $request->withAttribute($name, $value);
        }
        $handler = new class implements RequestHandlerInterface {
            public ?ServerRequestInterface $request = null;

            public function handle(ServerRequestInterface $request): ResponseInterface
            {
                $this->request = $request;
                return new Response(204);
            }
        };
        self::assertSame(204, $middleware->process($request, $handler)->getStatusCode());
        return $handler->request->getAttribute($attribute)->get();
    }
}
