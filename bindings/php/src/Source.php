<?php

declare(strict_types=1);

namespace Nameplate;

/** A source that a range file was built from. */
final class Source implements \JsonSerializable
{
    /** Short name, as answers show it: `ip-asn`. */
    public readonly string $name;
    /** Rows that were used. */
    public readonly int $rows;
    /** Title for people. */
    public readonly ?string $title;
    public readonly ?string $licence;
    /** Whom the licence wants named, wherever the data is shown. */
    public readonly ?string $attribution;
    /** Where the source is described. */
    public readonly ?string $url;
    /** Date of the data, as `2026-06-17`. */
    public readonly ?string $date;

    private function __construct()
    {
    }

    /**
     * The source of what {@see toArray()} gives.
     *
     * @param array<string, mixed> $json
     * @throws \ValueError
     */
    public static function fromArray(array $json): Source
    {
        $made = new self();
        try {
            $made->name = $json['name'] ?? null;
            $made->rows = $json['rows'] ?? null;
            $made->title = $json['title'] ?? null;
            $made->licence = $json['licence'] ?? null;
            $made->attribution = $json['attribution'] ?? null;
            $made->url = $json['url'] ?? null;
            $made->date = $json['date'] ?? null;
        } catch (\TypeError) {
            throw Internal\Json::refusal(self::class);
        }
        return $made;
    }

    /** @return array<string, int|string> what is known */
    public function toArray(): array
    {
        return Internal\Json::known([
            'name' => $this->name,
            'rows' => $this->rows,
            'title' => $this->title,
            'licence' => $this->licence,
            'attribution' => $this->attribution,
            'url' => $this->url,
            'date' => $this->date,
        ]);
    }

    /** @return array<string, int|string> */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }
}
