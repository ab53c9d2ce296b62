<?php

declare(strict_types=1);

namespace Nameplate\Internal;

use Nameplate\Exception;

/**
 * One state of a file, through FFI. Its numbers are intervals. Answers that nobody has read yet hold it; it is freed with the last of them.
 *
 * @internal
 */
final class Snapshot implements Facts
{
    private const ANSWER_BYTES = 8192;

    /** The C handle. */
    public readonly \FFI\CData $handle;
    private readonly \FFI $ffi;

    public function __construct(\FFI $ffi, \FFI\CData $database)
    {
        $this->ffi = $ffi;
        $place = $ffi->new('nameplate_snapshot_t *');
        $status = $ffi->nameplate_snapshot($database, \FFI::addr($place));
        if ($status !== Library::OK) {
            throw new Exception($ffi->nameplate_status_text($status), $status);
        }
        $this->handle = $place;
    }

    public function __destruct()
    {
        $this->ffi->nameplate_snapshot_free($this->handle);
    }

    public function facts(int $number): array
    {
        $hit = $this->ffi->new('nameplate_hit_t');
        $hit->interval = $number;
        $length = $this->ffi->new('size_t');
        for ($capacity = self::ANSWER_BYTES;; $capacity = $length->cdata + 1) {
            $buffer = $this->ffi->new("char[$capacity]");
            $status = $this->ffi->nameplate_json(
                $this->handle,
                \FFI::addr($hit),
                $buffer,
                $capacity,
                \FFI::addr($length)
            );
            if ($status !== Library::ERROR_SPACE) {
                break;
            }
            $this->ffi->nameplate_json($this->handle, \FFI::addr($hit), $buffer, 0, \FFI::addr($length));
        }
        if ($status !== Library::OK) {
            throw new Exception($this->ffi->nameplate_status_text($status), $status);
        }
        return \json_decode(\FFI::string($buffer, $length->cdata), true, 8, \JSON_THROW_ON_ERROR);
    }
}
