<?php

declare(strict_types=1);

namespace Nameplate;

/** What a range file says about itself. */
final class Metadata implements \JsonSerializable
{
    /** Version of the file's format. */
    public readonly int $formatVersion;
    /** Grows from build to build. */
    public readonly int $buildNumber;
    /** Which of the files that this process, or the daemon, has opened, from 1. */
    public readonly int $generation;
    /** Unix seconds of the newest data; null where no source has a date. */
    public readonly ?int $created;
    /** Bytes of the file. */
    public readonly int $bytes;
    /** IPv4 intervals, gaps included. */
    public readonly int $v4Intervals;
    /** IPv6 intervals, gaps included. */
    public readonly int $v6Intervals;
    /** Answers: ids are below this. */
    public readonly int $answers;
    public readonly int $companies;
    public readonly int $operators;
    /** @var list<Source>|null the sources, with licences and attributions; null from a Client, for the daemon only counts them */
    public readonly ?array $sources;

    private function __construct()
    {
    }

    /**
     * The metadata of what {@see toArray()} gives.
     *
     * @param array<string, mixed> $json
     * @throws \ValueError
     */
    public static function fromArray(array $json): Metadata
    {
        $made = new self();
        try {
            $made->formatVersion = $json['format_version'] ?? null;
            $made->buildNumber = $json['build_number'] ?? null;
            $made->generation = $json['generation'] ?? null;
            $made->created = $json['created'] ?? null;
            $made->bytes = $json['bytes'] ?? null;
            $made->v4Intervals = $json['v4_intervals'] ?? null;
            $made->v6Intervals = $json['v6_intervals'] ?? null;
            $made->answers = $json['answers'] ?? null;
            $made->companies = $json['companies'] ?? null;
            $made->operators = $json['operators'] ?? null;
            $sources = $json['sources'] ?? null;
            $made->sources = $sources === null ? null : \array_map(Source::fromArray(...), \array_values($sources));
        } catch (\TypeError) {
            throw Internal\Json::refusal(self::class);
        }
        return $made;
    }

    /** @return array<string, mixed> what is known */
    public function toArray(): array
    {
        return Internal\Json::known([
            'format_version' => $this->formatVersion,
            'build_number' => $this->buildNumber,
            'generation' => $this->generation,
            'created' => $this->created,
            'bytes' => $this->bytes,
            'v4_intervals' => $this->v4Intervals,
            'v6_intervals' => $this->v6Intervals,
            'answers' => $this->answers,
            'companies' => $this->companies,
            'operators' => $this->operators,
            'sources' => $this->sources === null
                ? null
                : \array_map(static fn (Source $source): array => $source->toArray(), $this->sources),
        ]);
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }
}
