<?php

declare(strict_types=1);

namespace Nameplate;

/**
 * What is known of an address. One of four, by its status:
 *
 * - `company`: an organisation uses this network itself;
 * - `operator`: an access, hosting, mobile, VPN or transit network, of which it is not knowable who is behind it;
 * - `unknown`: nothing is known, or nothing may be shown;
 * - `reserved`: a special-purpose address (RFC 6890).
 */
final class Answer implements \JsonSerializable
{
    /** By the C library's numbers. */
    private const STATUSES = ['unknown', 'company', 'operator', 'reserved'];

    public readonly string $status;
    /** The company's name, else the operator's, else that of the special-purpose block. */
    public readonly ?string $name;
    /** Where the status is `company`. */
    public readonly ?Company $company;
    /** Wherever the network's AS is known, also where the company runs its own. */
    public readonly ?Operator $operator;
    /** The largest range around the address in which every address has this answer. */
    public readonly ?Network $network;
    /** How sure it is that this company uses the network, 1 to 100. */
    public readonly ?int $confidence;
    /** @var list<string> short names of the sources that say so */
    public readonly array $sources;
    /** The registry's name for a special-purpose block. */
    public readonly ?string $block;

    /** Where the properties that were not wanted yet are read from, and the number under which; null: they are here. */
    private ?Internal\Facts $facts = null;
    private int $number = 0;
    /** Of self::STATUSES. */
    private int $kind = 0;

    /** Of which lazy answers are copies: quicker than to unset their properties one by one. */
    private static ?self $pattern = null;

    private function __construct()
    {
    }

    /**
     * The answer of what {@see toArray()} gives: for tests of what uses answers.
     *
     * @param array<string, mixed> $json
     * @throws \ValueError
     */
    public static function fromArray(array $json): Answer
    {
        $made = new self();
        $made->fill($json);
        return $made;
    }

    /**
     * An answer whose other properties are read when they are asked for.
     *
     * @internal
     */
    public static function ofFacts(?string $name, int $kind, int $number, Internal\Facts $facts): Answer
    {
        $made = clone self::$pattern ??= self::pattern();
        $made->name = $name;
        $made->kind = $kind;
        $made->number = $number;
        $made->facts = $facts;
        return $made;
    }

    private static function pattern(): self
    {
        $made = new self();
        // PHP asks __get for a readonly property that was unset, and not for one that never was there.
        unset(
            $made->status,
            $made->company,
            $made->operator,
            $made->network,
            $made->confidence,
            $made->sources,
            $made->block
        );
        return $made;
    }

    /** @return array<string, mixed> the contract's JSON; facts that are not known are not in it */
    public function toArray(): array
    {
        $this->complete();
        $facts = Internal\Json::known([
            'status' => $this->status,
            'block' => $this->block,
            'company' => $this->company?->toArray(),
            'operator' => $this->operator?->toArray(),
            'network' => $this->network?->toArray(),
            'confidence' => $this->confidence,
        ]);
        if ($this->sources !== []) {
            $facts['sources'] = $this->sources;
        }
        return $facts;
    }

    /** The contract's JSON, as `nameplate lookup --json` prints it. */
    public function toJson(): string
    {
        return \json_encode($this->toArray(), \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE
            | \JSON_UNESCAPED_LINE_TERMINATORS | \JSON_INVALID_UTF8_SUBSTITUTE | \JSON_THROW_ON_ERROR);
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        return $this->toArray();
    }

    /** @param array<string, mixed> $data */
    public function __unserialize(array $data): void
    {
        if ($this->facts !== null || isset($this->status)) {
            throw new \Error('Cannot modify readonly property Nameplate\\Answer::$status');
        }
        $this->fill($data);
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        $this->complete();
        return [
            'status' => $this->status,
            'name' => $this->name,
            'company' => $this->company,
            'operator' => $this->operator,
            'network' => $this->network,
            'confidence' => $this->confidence,
            'sources' => $this->sources,
            'block' => $this->block,
        ];
    }

    public function __get(string $name): mixed
    {
        switch ($name) {
            case 'status':
                return $this->facts === null ? $this->status : $this->status = self::STATUSES[$this->kind];
            case 'company':
            case 'operator':
            case 'network':
            case 'confidence':
            case 'sources':
            case 'block':
                $this->complete();
                return $this->$name;
        }
        \trigger_error('Undefined property: ' . self::class . '::$' . $name, \E_USER_WARNING);
        return null;
    }

    public function __isset(string $name): bool
    {
        if ($this->facts === null || !\property_exists($this, $name) || $name === 'number' || $name === 'kind') {
            return false;
        }
        $this->complete();
        return isset($this->$name);
    }

    private function complete(): void
    {
        if ($this->facts !== null) {
            $json = $this->facts->facts($this->number);
            // Read here, it is there.
            $status = $this->status;
            \assert($status === $json['status']);
            $this->facts = null;
            $this->fillFacts($json);
        }
    }

    /** @param array<string, mixed> $json */
    private function fill(array $json): void
    {
        try {
            if (!\in_array($json['status'] ?? null, self::STATUSES, true)) {
                throw Internal\Json::refusal(self::class);
            }
            $this->status = $json['status'];
            $this->fillFacts($json);
            $this->name = ($this->company ?? $this->operator)?->name ?? $this->block;
        } catch (\TypeError) {
            throw Internal\Json::refusal(self::class);
        }
    }

    /** @param array<string, mixed> $json */
    private function fillFacts(array $json): void
    {
        $this->company = isset($json['company']) ? Company::fromArray($json['company']) : null;
        $this->operator = isset($json['operator']) ? Operator::fromArray($json['operator']) : null;
        $this->network = isset($json['network']) ? Network::fromArray($json['network']) : null;
        $this->confidence = $json['confidence'] ?? null;
        $this->block = $json['block'] ?? null;
        $sources = $json['sources'] ?? [];
        (static fn (string ...$texts): bool => true)(...$sources);
        $this->sources = \array_values($sources);
    }
}
