<?php

/**
 * What themes may call.
 *
 * @package Nameplate
 */

declare(strict_types=1);

if (!defined('ABSPATH')) {
    exit;
}

if (!function_exists('nameplate_current_company')) {
    /**
     * The company whose network the visitor comes from, or null where none is known or may be looked up.
     *
     * Looked up at the first call of a request, and a page never waits for it longer than 40 ms. It is looked up only where the settings, the visitor's consent and
     * Global Privacy Control allow the level "company" on the server: see NameplatePlugin\Consent.
     *
     * The page must be made anew for each visitor. So this asks page caches to leave it out (DONOTCACHEPAGE, and where headers were not
     * sent yet Cache-Control: private, no-store). For pages that are cached there are the block and the shortcodes, which
     * are filled in by the browser.
     *
     * @return array{id: string, name: string, kind?: string, country?: string, domain?: string, legal_form?: string, industry?: string,
     *     register?: string, register_id?: string, confidence: int}|null
     */
    function nameplate_current_company(): ?array
    {
        return NameplatePlugin\Content::currentCompany();
    }
}
