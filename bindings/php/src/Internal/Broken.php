<?php

declare(strict_types=1);

namespace Nameplate\Internal;

/**
 * The connection ended: it is made anew once.
 *
 * @internal
 */
final class Broken extends \RuntimeException
{
}
