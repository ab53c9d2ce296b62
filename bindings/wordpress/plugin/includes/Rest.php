<?php

declare(strict_types=1);

namespace NameplatePlugin;

if (!defined('ABSPATH')) {
    exit;
}

/**
 * The two routes that pages call. Both are public, as pages are; neither says anything of anybody but who asks, and neither needs a nonce: nothing
 * is done in anybody's name, and a nonce in a cached page would be a stale one.
 *
 *     POST nameplate/v1/visits  a page view, on to the daemon's VISIT; 204, on php-fpm whatever becomes of it
 *     POST nameplate/v1/company the visitor's own company, for blocks and shortcodes of cached pages
 */
final class Rest
{
    public const NAMESPACE = 'nameplate/v1';
    /** The daemon takes no more. */
    private const MAX_BYTES = 65536;
    /** What n.js says of a visit. Site, address and user agent are ours to say, and never taken from the body. */
    private const TEXTS = ['url', 'referrer', 'title', 'consent', 'visitor', 'session', 'form_domain'];

    public static function register(): void
    {
        register_rest_route(self::NAMESPACE, '/visits', [
            'methods' => 'POST',
            'callback' => [self::class, 'visit'],
            'permission_callback' => [self::class, 'isOwnPage'],
        ]);
        register_rest_route(self::NAMESPACE, '/company', [
            'methods' => 'POST',
            'callback' => [self::class, 'company'],
            'permission_callback' => [self::class, 'isOwnPage'],
        ]);
    }

    public static function isOwnPage(): bool|\WP_Error
    {
        return Visitor::isOwnPage()
            ? true
            : new \WP_Error('nameplate_origin', __('Only pages of this site may ask this.', 'nameplate'), ['status' => 403]);
    }

    public static function visit(\WP_REST_Request $request): \WP_REST_Response|\WP_Error
    {
        $body = self::body($request);
        if ($body === null) {
            return self::invalid();
        }
        $visit = [];
        foreach (self::TEXTS as $key) {
            if (!isset($body[$key])) {
                continue;
            }
            if (!is_string($body[$key])) {
                return self::invalid();
            }
            $visit[$key] = $body[$key];
        }
        $visit['gpc'] = !empty($body['gpc']);
        if (function_exists('fastcgi_finish_request')) {
            // The daemon answers when the visit is on the disk. Browsers don't read what became of it, so they need not wait for that.
            add_action('shutdown', static function () use ($visit): void {
                fastcgi_finish_request();
                try {
                    self::send($visit, Daemon::VISIT);
                } catch (\Throwable) {
                    // The admin pages ask the daemon themselves, and say why.
                    return;
                }
            }, PHP_INT_MAX);
            return self::private(new \WP_REST_Response(null, 204));
        }
        try {
            self::send($visit, Daemon::VISIT);
        } catch (\Throwable $error) {
            return self::failure($error);
        }
        return self::private(new \WP_REST_Response(null, 204));
    }

    /**
     * Passes a visit to the daemon, with what the server knows of it.
     *
     * @param array<string, string|bool> $visit
     * @throws \Throwable where it was not taken
     */
    public static function send(array $visit, float $timeout): void
    {
        $address = Visitor::address();
        if ($address === null) {
            throw new \InvalidArgumentException('no client address');
        }
        $visit['site'] = Settings::site();
        $visit['address'] = $address;
        $visit['user_agent'] = Visitor::userAgent();
        $visit['gpc'] = !empty($visit['gpc']) || Visitor::hasPrivacyControl();
        $visit['objection'] = Visitor::hasObjected();
        $consent = isset($visit['consent']) && is_string($visit['consent']) ? $visit['consent'] : null;
        // What the plugin's settings allow is a ceiling here, too: the daemon's configuration may allow more.
        if (Settings::level() === 'off') {
            return;
        }
        if ($consent === null && Settings::basis() === 'consent') {
            $visit['consent'] = $consent = 'off';
        }
        $level = array_search($consent, Settings::LEVELS, true);
        $highest = array_search(Settings::level(), Settings::LEVELS, true);
        if ($level !== false && $level > $highest) {
            $visit['consent'] = Settings::level();
        } elseif ($consent === null && $highest < 2) {
            $visit['consent'] = Settings::level();
        }
        if (($visit['consent'] ?? '') !== 'sessions') {
            unset($visit['visitor'], $visit['session']);
        }
        Daemon::leads($timeout)->visit($visit);
    }

    public static function company(\WP_REST_Request $request): \WP_REST_Response|\WP_Error
    {
        $body = self::body($request);
        if ($body === null) {
            return self::invalid();
        }
        $granted = isset($body['consent']) && is_string($body['consent']) ? $body['consent'] : null;
        $company = empty($body['gpc']) ? Content::lookUp($granted, Daemon::VISIT) : null;
        return self::private(new \WP_REST_Response(['company' => $company]));
    }

    /** @return array<string, mixed>|null */
    private static function body(\WP_REST_Request $request): ?array
    {
        $json = (string) $request->get_body();
        if (strlen($json) > self::MAX_BYTES) {
            return null;
        }
        $body = json_decode($json, true, 4);
        return is_array($body) && !array_is_list($body) || $body === [] ? $body : null;
    }

    private static function invalid(): \WP_Error
    {
        return new \WP_Error('nameplate_invalid', __('This is no page view.', 'nameplate'), ['status' => 400]);
    }

    /** Why is for the admin pages, which ask the daemon themselves; a visitor learns nothing of the server. */
    private static function failure(\Throwable $error): \WP_Error
    {
        $refused = str_contains($error->getMessage(), 'the daemon refuses: ERR') || $error instanceof \InvalidArgumentException;
        return $refused
            ? self::invalid()
            : new \WP_Error('nameplate_unavailable', __('Page views can\'t be taken at the moment.', 'nameplate'), ['status' => 503]);
    }

    private static function private(\WP_REST_Response $response): \WP_REST_Response
    {
        $response->header('Cache-Control', 'private, no-store');
        return $response;
    }
}
