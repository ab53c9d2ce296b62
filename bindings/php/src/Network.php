<?php

declare(strict_types=1);

namespace Nameplate;

/** Addresses from `first` to `last`, both included. */
final class Network implements \JsonSerializable
{
    public readonly string $first;
    public readonly string $last;

    private function __construct()
    {
    }

    /**
     * The network of what {@see toArray()} gives.
     *
     * @param array<string, mixed> $json
     * @throws \ValueError
     */
    public static function fromArray(array $json): Network
    {
        $made = new self();
        try {
            $made->first = $json['first'] ?? null;
            $made->last = $json['last'] ?? null;
        } catch (\TypeError) {
            throw Internal\Json::refusal(self::class);
        }
        return $made;
    }

    /** @return array<string, string> the JSON object */
    public function toArray(): array
    {
        return Internal\Json::known(['first' => $this->first, 'last' => $this->last]);
    }

    /** @return array<string, string> */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }
}
