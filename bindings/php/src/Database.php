<?php

declare(strict_types=1);

namespace Nameplate;

use Nameplate\Internal\Library;
use Nameplate\Internal\Snapshot;

/**
 * A range file, in this process.
 *
 * Where the extension is loaded this class is the extension's, and this file is never read. What follows does the same
 * through FFI, some three times as slowly; the file is opened anew in each request (well under a millisecond).
 */
final class Database implements Lookup
{
    /** Addresses that a bulk call looks up at once. */
    private const BATCH = 512;
    /** Answers that are kept for who comes from the same network; a power of two. */
    private const RECENT = 1024;

    private readonly \FFI $ffi;
    /** What a lookup writes to. */
    private readonly \FFI\CData $hit;
    private readonly \FFI\CData $hitAddress;
    private ?\FFI\CData $database = null;
    private ?Snapshot $snapshot = null;
    /** $snapshot->handle, one step nearer. */
    private ?\FFI\CData $handle = null;
    /**
     * The latest answers, each at its interval modulo RECENT: what is readonly can be given out twice.
     *
     * @var array<int, Answer>
     */
    private array $recent = [];
    /** @var array<int, int> the interval of each */
    private array $recentIntervals = [];
    private ?Internal\Batch $batch = null;

    private function __construct()
    {
    }

    /**
     * Opens a range file.
     *
     * The extension keeps it open for the process, and a later open() of the same path with the same options finds it there; if
     * the file has been replaced meanwhile it is reloaded (`nameplate.auto_reload`).
     *
     * @param string $path the file
     * @param string|null $suppression a suppression list; what it names is in no answer
     * @param string|null $publicKey a public key's file, or the key itself; only files that it signed are taken
     * @param bool $verify check all of the file before it is used
     * @param bool $copy copy the file into memory that nobody can change, instead of mapping it
     * @param bool $prefault read all of the file into memory before the first lookup
     * @param bool $allowOlder let a reload go back to a file with a lower build number
     * @throws Exception where the file can't be used, or where neither extension nor FFI is there
     */
    public static function open(
        string $path,
        ?string $suppression = null,
        ?string $publicKey = null,
        bool $verify = false,
        bool $copy = false,
        bool $prefault = false,
        bool $allowOlder = false
    ): Database {
        foreach (['path' => $path, 'suppression' => $suppression, 'publicKey' => $publicKey] as $name => $value) {
            if ($value === '' || ($value !== null && \str_contains($value, "\0"))) {
                throw new \ValueError(\sprintf(
                    'Nameplate\\Database::open(): Argument #%d ($%s) must not %s',
                    \array_search($name, ['path', 'suppression', 'publicKey'], true) + 1,
                    $name,
                    $value === '' ? 'be empty' : 'contain any null bytes'
                ));
            }
        }
        $ffi = Library::ffi();
        $options = $ffi->new('nameplate_options_t');
        $options->size = \FFI::sizeof($options);
        $options->flags = ($copy ? Library::OPEN_COPY : 0) | ($prefault ? Library::OPEN_PREFAULT : 0)
            | ($verify ? Library::OPEN_VERIFY : 0) | ($allowOlder ? Library::OPEN_ALLOW_OLDER : 0);
        $kept = [];
        foreach (['suppression' => $suppression, 'public_key' => $publicKey] as $name => $value) {
            if ($value !== null) {
                $kept[] = $text = self::cText($ffi, $value);
                $options->$name = $ffi->cast('char *', \FFI::addr($text));
            }
        }
        $error = self::errorStruct($ffi);
        $place = $ffi->new('nameplate_db_t *');
        $status = $ffi->nameplate_open($path, \FFI::addr($options), \FFI::addr($error), \FFI::addr($place));
        if ($status !== Library::OK) {
            throw self::failure($ffi, $status, $error);
        }
        $made = new self();
        $made->ffi = $ffi;
        $made->hit = $ffi->new('nameplate_hit_words_t');
        $made->hitAddress = $ffi->cast('nameplate_hit_t *', \FFI::addr($made->hit));
        $made->database = $place;
        $made->takeSnapshot();
        return $made;
    }

    public function __destruct()
    {
        $this->close();
    }

    public function __clone()
    {
        throw new \Error('Trying to clone an uncloneable object of class ' . self::class);
    }

    public function __serialize(): array
    {
        throw new \Exception('Serialization of \'' . self::class . '\' is not allowed');
    }

    public function lookup(#[\SensitiveParameter] string $ip): Answer
    {
        $handle = $this->handle ?? throw self::closed();
        if ($this->ffi->nameplate_lookup($handle, $ip, \strlen($ip), $this->hitAddress) !== Library::OK) {
            throw Internal\Texts::noAddress();
        }
        $hit = $this->hit;
        $interval = $hit->interval;
        $slot = $interval & self::RECENT - 1;
        if (($this->recentIntervals[$slot] ?? -1) === $interval) {
            return $this->recent[$slot];
        }
        $length = $hit->length;
        $this->recentIntervals[$slot] = $interval;
        return $this->recent[$slot] = Answer::ofFacts(
            $length === 0 ? null : \FFI::string($hit->data, $length),
            $hit->kind,
            $interval,
            $this->snapshot
        );
    }

    public function lookupMany(#[\SensitiveParameter] array $ips): array
    {
        $answers = [];
        $done = 0;
        foreach ($this->parts($ips) as $part) {
            $words = $this->batch->words;
            $base = $this->batch->base;
            $baseAddress = $this->batch->baseAddress;
            $snapshot = $this->snapshot;
            $i = 0;
            foreach ($part as $key => $ip) {
                $done++;
                $kind = $words[$i] & 0xffffffff;
                if ($kind === Library::INVALID) {
                    throw Internal\Texts::noAddress($done);
                }
                $length = $words[$i + 3];
                $answers[$key] = Answer::ofFacts(
                    $length === 0 ? null : \FFI::string($base + ($words[$i + 2] - $baseAddress), $length),
                    $kind,
                    $words[$i + 1] & 0xffffffff,
                    $snapshot
                );
                $i += 4;
            }
        }
        return $answers;
    }

    public function names(#[\SensitiveParameter] array $ips): array
    {
        $names = [];
        $done = 0;
        foreach ($this->parts($ips) as $part) {
            $words = $this->batch->words;
            $base = $this->batch->base;
            $baseAddress = $this->batch->baseAddress;
            $i = 0;
            foreach ($part as $key => $ip) {
                $done++;
                $length = $words[$i + 3];
                if ($length === 0 && ($words[$i] & 0xffffffff) === Library::INVALID) {
                    throw Internal\Texts::noAddress($done);
                }
                $names[$key] = $length === 0 ? null : \FFI::string($base + ($words[$i + 2] - $baseAddress), $length);
                $i += 4;
            }
        }
        return $names;
    }

    /**
     * Looks up a list part by part: what was found of each is in $this->batch while that is in hand.
     *
     * @param array<mixed> $ips
     * @return \Generator<array<string>>
     */
    private function parts(#[\SensitiveParameter] array $ips): \Generator
    {
        $this->handle ?? throw self::closed();
        $this->batch ??= new Internal\Batch($this->ffi, self::BATCH, Internal\Texts::LONGEST);
        Internal\Texts::check($ips);
        foreach (\array_chunk($ips, self::BATCH, true) as $part) {
            $this->batch->lookup($this->handle, $part);
            yield $part;
        }
    }

    public function lookupPacked(#[\SensitiveParameter] string $addresses, int $width = 4): string
    {
        $handle = $this->handle ?? throw self::closed();
        Internal\Packed::check($addresses, $width);
        $ids = '';
        $found = $this->ffi->new('uint32_t[' . self::BATCH . ']');
        $chunk = $this->ffi->new('uint32_t[' . self::BATCH * 4 . ']');
        foreach ($addresses === '' ? [] : \str_split($addresses, self::BATCH * $width) as $part) {
            $count = \intdiv(\strlen($part), $width);
            if ($width === 4) {
                // From network order to the machine's.
                $part = \pack('L*', ...\unpack('N*', $part));
            }
            \FFI::memcpy($chunk, $part, \strlen($part));
            $status = $width === 4
                ? $this->ffi->nameplate_lookup_batch_v4($handle, $chunk, $count, $found)
                : $this->ffi->nameplate_lookup_batch_v6($handle, $this->ffi->cast('uint8_t *', \FFI::addr($chunk)), $count, $found);
            if ($status !== Library::OK) {
                throw self::failure($this->ffi, $status);
            }
            $ids .= \pack('V*', ...\unpack('L*', \FFI::string($this->ffi->cast('char *', \FFI::addr($found)), $count * 4)));
        }
        return $ids;
    }

    public function answer(int $id): Answer
    {
        $handle = $this->handle ?? throw self::closed();
        $answer = $this->ffi->new('nameplate_answer_t');
        $answer->size = \FFI::sizeof($answer);
        if (
            $id < 0 || $id > 0xffffffff
            || $this->ffi->nameplate_answer($handle, $id, \FFI::addr($answer)) !== Library::OK
        ) {
            throw Internal\Packed::noAnswer();
        }
        $json = ['status' => Library::STATUSES[$answer->kind], 'block' => Library::text($answer->block)];
        if ($answer->kind === Library::COMPANY) {
            foreach (
                ['id', 'name', 'kind', 'country', 'domain', 'legal_form', 'industry', 'register', 'register_id'] as $fact
            ) {
                $json['company'][$fact] = Library::text($answer->{"company_$fact"});
            }
        }
        if ($answer->has_operator === 1) {
            $json['operator'] = [
                'asn' => $answer->operator_asn,
                'name' => Library::text($answer->operator_name),
                'kind' => Library::text($answer->operator_kind),
            ];
        }
        $json['confidence'] = $answer->confidence ?: null;
        for ($i = 0; $answer->sources >> $i > 0; $i++) {
            if (($answer->sources >> $i & 1) === 1) {
                $json['sources'][] = $this->source($i)['name'];
            }
        }
        return Answer::fromArray($json);
    }

    public function networks(string $id): array
    {
        $handle = $this->handle ?? throw self::closed();
        $ranges = $this->ffi->new('nameplate_range_t[' . self::BATCH . ']');
        $count = $this->ffi->new('size_t');
        $networks = [];
        do {
            $status = $this->ffi->nameplate_networks(
                $handle,
                $id,
                \strlen($id),
                \count($networks),
                $ranges,
                self::BATCH,
                \FFI::addr($count)
            );
            if ($status === Library::ERROR_NOT_FOUND) {
                break;
            }
            if ($status !== Library::OK) {
                throw self::failure($this->ffi, $status);
            }
            for ($i = 0; $i < $count->cdata; $i++) {
                $networks[] = Network::fromArray([
                    'first' => self::addressText($ranges[$i]->family, $ranges[$i]->first),
                    'last' => self::addressText($ranges[$i]->family, $ranges[$i]->last),
                ]);
            }
        } while ($count->cdata === self::BATCH);
        return $networks;
    }

    public function metadata(): Metadata
    {
        $handle = $this->handle ?? throw self::closed();
        $metadata = $this->ffi->new('nameplate_metadata_t');
        $metadata->size = \FFI::sizeof($metadata);
        $status = $this->ffi->nameplate_metadata($handle, \FFI::addr($metadata));
        if ($status !== Library::OK) {
            throw self::failure($this->ffi, $status);
        }
        $sources = [];
        for ($i = 0; $i < $metadata->sources; $i++) {
            $sources[] = $this->source($i);
        }
        return Metadata::fromArray([
            'format_version' => $metadata->format_version,
            'build_number' => $metadata->build_number,
            'generation' => $metadata->generation,
            'created' => $metadata->created ?: null,
            'bytes' => $metadata->file_length,
            'v4_intervals' => $metadata->v4_intervals,
            'v6_intervals' => $metadata->v6_intervals,
            'answers' => $metadata->answers,
            'companies' => $metadata->companies,
            'operators' => $metadata->operators,
            'sources' => $sources,
        ]);
    }

    public function reload(): void
    {
        if ($this->database === null) {
            throw self::closed();
        }
        $error = self::errorStruct($this->ffi);
        $status = $this->ffi->nameplate_reload($this->database, \FFI::addr($error), null);
        if ($status !== Library::OK) {
            throw self::failure($this->ffi, $status, $error);
        }
        $this->takeSnapshot();
    }

    public function close(): void
    {
        if ($this->database !== null) {
            $this->handle = null;
            $this->snapshot = null;
            $this->recent = [];
            $this->recentIntervals = [];
            $this->ffi->nameplate_close($this->database);
            $this->database = null;
        }
    }

    private function takeSnapshot(): void
    {
        $this->snapshot = new Snapshot($this->ffi, $this->database);
        $this->handle = $this->snapshot->handle;
        $this->recent = [];
        $this->recentIntervals = [];
    }

    /** @return array<string, mixed> */
    private function source(int $index): array
    {
        $source = $this->ffi->new('nameplate_source_t');
        $source->size = \FFI::sizeof($source);
        $status = $this->ffi->nameplate_source($this->handle, $index, \FFI::addr($source));
        if ($status !== Library::OK) {
            throw self::failure($this->ffi, $status);
        }
        return [
            'name' => (string) Library::text($source->name),
            'rows' => $source->rows,
            'title' => Library::text($source->title),
            'licence' => Library::text($source->licence),
            'attribution' => Library::text($source->attribution),
            'url' => Library::text($source->url),
            'date' => Library::text($source->date),
        ];
    }

    private static function cText(\FFI $ffi, string $text): \FFI\CData
    {
        $copy = $ffi->new('char[' . (\strlen($text) + 1) . ']');
        \FFI::memcpy($copy, $text, \strlen($text));
        return $copy;
    }

    private static function errorStruct(\FFI $ffi): \FFI\CData
    {
        $error = $ffi->new('nameplate_error_t');
        $error->size = \FFI::sizeof($error);
        return $error;
    }

    private static function failure(\FFI $ffi, int $status, ?\FFI\CData $error = null): Exception
    {
        $text = $error !== null && $error->status !== 0 ? \FFI::string($error->text) : $ffi->nameplate_status_text($status);
        return new Exception($text, $status);
    }

    private static function closed(): Exception
    {
        return new Exception(
            'this database is closed: open it again with Nameplate\\Database::open()',
            Library::ERROR_HANDLE
        );
    }

    private static function addressText(int $family, \FFI\CData $bytes): string
    {
        $text = (string) \inet_ntop(\FFI::string($bytes, $family === 4 ? 4 : 16));
        if ($family === 6 && \str_contains($text, '.')) {
            // inet_ntop writes the last 32 bits of some addresses with dots; RFC 5952 does so for mapped ones alone.
            $dots = (int) \strrpos($text, ':') + 1;
            $low = \array_map(intval(...), \explode('.', \substr($text, $dots)));
            $text = \sprintf('%s%x:%x', \substr($text, 0, $dots), $low[0] << 8 | $low[1], $low[2] << 8 | $low[3]);
        }
        return $text;
    }
}
