<?php

declare(strict_types=1);

namespace Nameplate;

/**
 * An answer that is looked up when it is first asked for, and then kept; the address is forgotten with that.
 *
 * It shows the address to nobody: neither var_dump nor a log that prints it does.
 */
final class LazyAnswer implements \JsonSerializable
{
    /** @var \WeakMap<self, array{Lookup, string|null}>|null where to ask, and what for: kept outside, where no dump looks */
    private static ?\WeakMap $questions = null;
    private ?Answer $answer = null;

    /** @param string|null $ip null, or what is no address, is an answer of the status `unknown` */
    public function __construct(Lookup $lookup, #[\SensitiveParameter] ?string $ip)
    {
        self::$questions ??= new \WeakMap();
        self::$questions[$this] = [$lookup, $ip];
    }

    /**
     * The answer.
     *
     * @throws Exception where the file or the daemon can't be asked; the next call tries again
     */
    public function get(): Answer
    {
        if ($this->answer === null) {
            [$lookup, $ip] = self::$questions[$this] ?? [null, null];
            try {
                $this->answer = $lookup === null || $ip === null ? self::unknown() : $lookup->lookup($ip);
            } catch (\InvalidArgumentException) {
                $this->answer = self::unknown();
            }
            unset(self::$questions[$this]);
        }
        return $this->answer;
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return $this->get()->toArray();
    }

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        return $this->get()->toArray();
    }

    /** @param array<string, mixed> $data */
    public function __unserialize(array $data): void
    {
        $this->answer = Answer::fromArray($data);
    }

    public function __clone()
    {
        throw new \Error('Trying to clone an uncloneable object of class ' . self::class);
    }

    private static function unknown(): Answer
    {
        return Answer::fromArray(['status' => 'unknown']);
    }
}
