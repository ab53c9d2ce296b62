<?php

declare(strict_types=1);

namespace Nameplate;

/** An organisation that uses a network itself. A fact that is not known is null. */
final class Company implements \JsonSerializable
{
    /** Stable from build to build: `lei:…`, `asn:…`. For {@see Lookup::networks()}. */
    public readonly string $id;
    /** Name as registered. */
    public readonly string $name;
    /** `business`, `education`, `government` or `nonprofit`. */
    public readonly ?string $kind;
    /** ISO 3166-1 alpha-2 code in capitals. */
    public readonly ?string $country;
    /** Internet domain. */
    public readonly ?string $domain;
    /** Legal form as written, as `GmbH`. */
    public readonly ?string $legalForm;
    /** Industry, as the register gives it. */
    public readonly ?string $industry;
    /** Register in which the company stands. */
    public readonly ?string $register;
    /** Number in that register. */
    public readonly ?string $registerId;

    private function __construct()
    {
    }

    /**
     * The company of what {@see toArray()} gives.
     *
     * @param array<string, mixed> $json
     * @throws \ValueError
     */
    public static function fromArray(array $json): Company
    {
        $made = new self();
        try {
            $made->id = $json['id'] ?? null;
            $made->name = $json['name'] ?? null;
            $made->kind = $json['kind'] ?? null;
            $made->country = $json['country'] ?? null;
            $made->domain = $json['domain'] ?? null;
            $made->legalForm = $json['legal_form'] ?? null;
            $made->industry = $json['industry'] ?? null;
            $made->register = $json['register'] ?? null;
            $made->registerId = $json['register_id'] ?? null;
        } catch (\TypeError) {
            throw Internal\Json::refusal(self::class);
        }
        return $made;
    }

    /** @return array<string, string> the JSON object; facts that are not known are not in it */
    public function toArray(): array
    {
        return Internal\Json::known([
            'id' => $this->id,
            'name' => $this->name,
            'kind' => $this->kind,
            'country' => $this->country,
            'domain' => $this->domain,
            'legal_form' => $this->legalForm,
            'industry' => $this->industry,
            'register' => $this->register,
            'register_id' => $this->registerId,
        ]);
    }

    /** @return array<string, string> */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }
}
