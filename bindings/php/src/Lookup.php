<?php

declare(strict_types=1);

namespace Nameplate;

/**
 * What can be asked: of a range file ({@see Database}) or of the daemon ({@see Client}).
 *
 * An address is text: IPv4 as a dotted quad without leading zeros, IPv6 in every form of RFC 4291; `::ffff:a.b.c.d` is the
 * IPv4 address. What is no address is an \InvalidArgumentException. Of whom nothing is known is an answer, with the
 * status `unknown`. A file or socket that can't be used is a Nameplate\Exception.
 */
interface Lookup
{
    /**
     * Who is behind an address.
     *
     * @throws \InvalidArgumentException where it is no address
     */
    public function lookup(#[\SensitiveParameter] string $ip): Answer;

    /**
     * Who is behind each of many addresses: quicker than one at a time.
     *
     * @param array<string> $ips
     * @return array<Answer> with the same keys, in the same order
     * @throws \InvalidArgumentException where one is no address; it says the how-manieth
     */
    public function lookupMany(#[\SensitiveParameter] array $ips): array;

    /**
     * The names alone, {@see Answer::$name}, of many addresses: quickest where nothing else is wanted.
     *
     * @param array<string> $ips
     * @return array<string|null> with the same keys, in the same order
     * @throws \InvalidArgumentException where one is no address; it says the how-manieth
     */
    public function names(#[\SensitiveParameter] array $ips): array;

    /**
     * The answer ids of millions of addresses, at a few nanoseconds each.
     *
     * @param string $addresses addresses of $width bytes each, in network order, one behind the other, as inet_pton() gives
     * @param int $width 4 for IPv4, 16 for IPv6
     * @return string the ids, as unpack('V*') takes them; 0 is unknown. They hold until the file is reloaded
     * @throws \InvalidArgumentException where the length is not a multiple of $width
     */
    public function lookupPacked(#[\SensitiveParameter] string $addresses, int $width = 4): string;

    /**
     * What an id of {@see lookupPacked()} stands for. It has no network, for that belongs to the address.
     *
     * @throws \ValueError where the file has no such id
     */
    public function answer(int $id): Answer;

    /**
     * All networks of a company, IPv4 first, ascending.
     *
     * @param string $id a company's id, such as `lei:529900T8BM49AURSDO55`
     * @return list<Network> empty where there is no such company
     */
    public function networks(string $id): array;

    /** What the file says about itself. */
    public function metadata(): Metadata;

    /**
     * Opens the file anew, and the suppression list if there is one. Where that fails, what was used is used on.
     *
     * @throws Exception where the new file is refused
     */
    public function reload(): void;

    /** Lets go of the file or the connection. Answers stay as they are; closing twice is nothing. */
    public function close(): void;
}
