<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * Where answers read what was not wanted at once.
 *
 * @internal
 */
interface Facts
{
    /**
     * The contract's JSON of an answer that came from here.
     *
     * @return array<string, mixed>
     */
    public function facts(int $number): array;
}
