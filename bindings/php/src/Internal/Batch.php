<?php

declare(strict_types=1);

namespace Nameplate\Internal;

use Nameplate\Exception;

/**
 * Memory in which many texts are looked up by one call. What a call through FFI costs is then spread over all of them, and the
 * structs are written as a string of numbers, and read as an array of them, not field by field.
 *
 * It takes eight-byte pointers and little-endian numbers for granted, as are all machines that libnameplate is built for.
 *
 * @internal
 */
final class Batch
{
    /**
     * What the last lookup found, four numbers to a hit: kind | answer << 32, interval | confidence << 32, and the address and
     * length of the name.
     */
    public readonly \FFI\CData $words;

    /** Any pointer, and where it points: names are read relative to it. */
    public readonly \FFI\CData $base;
    public readonly int $baseAddress;
    private readonly \FFI $ffi;
    private readonly \FFI\CData $characters;
    private readonly \FFI\CData $texts;
    private readonly \FFI\CData $hits;

    public function __construct(\FFI $ffi, int $count, int $longest)
    {
        $this->ffi = $ffi;
        $this->characters = $ffi->new('char[' . $count * $longest . ']');
        $this->texts = $ffi->new("nameplate_text_t[$count]");
        $this->words = $ffi->new('uint64_t[' . $count * 4 . ']');
        $this->hits = $ffi->cast('nameplate_hit_t *', \FFI::addr($this->words));
        $this->base = $ffi->cast('char *', \FFI::addr($this->characters));
        $this->baseAddress = $ffi->cast('size_t', $this->base)->cdata;
    }

    /**
     * Looks up texts: what is found is in $words then.
     *
     * @param array<string> $texts no more, and none longer, than there is room for
     */
    public function lookup(\FFI\CData $snapshot, #[\SensitiveParameter] array $texts): void
    {
        $joined = \implode('', $texts);
        $pointers = [];
        $at = $this->baseAddress;
        foreach ($texts as $text) {
            $pointers[] = $at;
            $pointers[] = $length = \strlen($text);
            $at += $length;
        }
        if ($joined !== '') {
            \FFI::memcpy($this->characters, $joined, \strlen($joined));
        }
        $packed = \pack('P*', ...$pointers);
        \FFI::memcpy($this->texts, $packed, \strlen($packed));
        $count = \count($texts);
        $status = $this->ffi->nameplate_lookup_batch($snapshot, $this->texts, $count, $this->hits);
        // What was asked is not kept.
        \FFI::memset($this->characters, 0, \strlen($joined));
        if ($status !== Library::OK) {
            throw new Exception($this->ffi->nameplate_status_text($status), $status);
        }
    }
}
