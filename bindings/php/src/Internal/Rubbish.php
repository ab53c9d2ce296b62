<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * What came is no RESP.
 *
 * @internal
 */
final class Rubbish extends \RuntimeException
{
}
