<?php

/**
 * What the extension gives to PHP. The Composer package has the same classes in PHP, for where the extension is not
 * loaded; a test holds both equal. nameplate_arginfo.h is made of this file by `make php-stubs`.
 *
 * @generate-class-entries
 */

namespace Nameplate {

    class Exception extends \RuntimeException
    {
    }

    interface Lookup
    {
        public function lookup(string $ip): Answer;

        public function lookupMany(array $ips): array;

        public function names(array $ips): array;

        public function lookupPacked(string $addresses, int $width = 4): string;

        public function answer(int $id): Answer;

        public function networks(string $id): array;

        public function metadata(): Metadata;

        public function reload(): void;

        public function close(): void;
    }

    /**
     * @strict-properties
     * @not-serializable
     */
    final class Database implements Lookup
    {
        private function __construct()
        {
        }

        public static function open(
            string $path,
            ?string $suppression = null,
            ?string $publicKey = null,
            bool $verify = false,
            bool $copy = false,
            bool $prefault = false,
            bool $allowOlder = false
        ): Database {
        }

        public function lookup(string $ip): Answer
        {
        }

        public function lookupMany(array $ips): array
        {
        }

        public function names(array $ips): array
        {
        }

        public function lookupPacked(string $addresses, int $width = 4): string
        {
        }

        public function answer(int $id): Answer
        {
        }

        public function networks(string $id): array
        {
        }

        public function metadata(): Metadata
        {
        }

        public function reload(): void
        {
        }

        public function close(): void
        {
        }
    }

    /** @strict-properties */
    final class Answer implements \JsonSerializable
    {
        public readonly string $status;
        public readonly ?string $name;
        public readonly ?Company $company;
        public readonly ?Operator $operator;
        public readonly ?Network $network;
        public readonly ?int $confidence;
        public readonly array $sources;
        public readonly ?string $block;

        private function __construct()
        {
        }

        public static function fromArray(array $json): Answer
        {
        }

        public function toArray(): array
        {
        }

        public function toJson(): string
        {
        }

        public function jsonSerialize(): array
        {
        }

        public function __serialize(): array
        {
        }

        public function __unserialize(array $data): void
        {
        }
    }

    /** @strict-properties */
    final class Company implements \JsonSerializable
    {
        public readonly string $id;
        public readonly string $name;
        public readonly ?string $kind;
        public readonly ?string $country;
        public readonly ?string $domain;
        public readonly ?string $legalForm;
        public readonly ?string $industry;
        public readonly ?string $register;
        public readonly ?string $registerId;

        private function __construct()
        {
        }

        public static function fromArray(array $json): Company
        {
        }

        public function toArray(): array
        {
        }

        public function jsonSerialize(): array
        {
        }
    }

    /** @strict-properties */
    final class Operator implements \JsonSerializable
    {
        public readonly int $asn;
        public readonly ?string $name;
        public readonly ?string $kind;

        private function __construct()
        {
        }

        public static function fromArray(array $json): Operator
        {
        }

        public function toArray(): array
        {
        }

        public function jsonSerialize(): array
        {
        }
    }

    /** @strict-properties */
    final class Network implements \JsonSerializable
    {
        public readonly string $first;
        public readonly string $last;

        private function __construct()
        {
        }

        public static function fromArray(array $json): Network
        {
        }

        public function toArray(): array
        {
        }

        public function jsonSerialize(): array
        {
        }
    }

    /** @strict-properties */
    final class Metadata implements \JsonSerializable
    {
        public readonly int $formatVersion;
        public readonly int $buildNumber;
        public readonly int $generation;
        public readonly ?int $created;
        public readonly int $bytes;
        public readonly int $v4Intervals;
        public readonly int $v6Intervals;
        public readonly int $answers;
        public readonly int $companies;
        public readonly int $operators;
        public readonly ?array $sources;

        private function __construct()
        {
        }

        public static function fromArray(array $json): Metadata
        {
        }

        public function toArray(): array
        {
        }

        public function jsonSerialize(): array
        {
        }
    }

    /** @strict-properties */
    final class Source implements \JsonSerializable
    {
        public readonly string $name;
        public readonly int $rows;
        public readonly ?string $title;
        public readonly ?string $licence;
        public readonly ?string $attribution;
        public readonly ?string $url;
        public readonly ?string $date;

        private function __construct()
        {
        }

        public static function fromArray(array $json): Source
        {
        }

        public function toArray(): array
        {
        }

        public function jsonSerialize(): array
        {
        }
    }
}
