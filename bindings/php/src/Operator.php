<?php

declare(strict_types=1);

namespace Nameplate;

/** Who runs the network: the holder of the autonomous system that announces it. */
final class Operator implements \JsonSerializable
{
    /** AS number. */
    public readonly int $asn;
    /** Name of the AS's holder. */
    public readonly ?string $name;
    /** `access`, `hosting`, `mobile`, `vpn`, `transit` or `exchange`; null where it is none of them. */
    public readonly ?string $kind;

    private function __construct()
    {
    }

    /**
     * The operator of what {@see toArray()} gives.
     *
     * @param array<string, mixed> $json
     * @throws \ValueError
     */
    public static function fromArray(array $json): Operator
    {
        $made = new self();
        try {
            $made->asn = $json['asn'] ?? null;
            $made->name = $json['name'] ?? null;
            $made->kind = $json['kind'] ?? null;
        } catch (\TypeError) {
            throw Internal\Json::refusal(self::class);
        }
        return $made;
    }

    /** @return array<string, int|string> the JSON object; facts that are not known are not in it */
    public function toArray(): array
    {
        return Internal\Json::known(['asn' => $this->asn, 'name' => $this->name, 'kind' => $this->kind]);
    }

    /** @return array<string, int|string> */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }
}
