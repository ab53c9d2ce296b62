<?php

declare(strict_types=1);

namespace Nameplate\Tests;

/** A daemon of our own; it ends with the object. */
final class Daemon
{
    public readonly string $socket;
    /** @var resource|null */
    private $process = null;
    private readonly int $owner;

    public function __construct(private readonly string $file, private readonly ?string $list = null)
    {
        $this->socket = Fixtures::folder() . '/' . bin2hex(random_bytes(4)) . '.sock';
        $this->owner = getmypid();
        $this->start();
    }

    public function __destruct()
    {
        // A forked child has a copy of this object, and no business with the daemon.
        if ($this->owner === getmypid()) {
            $this->stop();
        }
    }

    public function start(): void
    {
        $command = [Fixtures::binary(), 'serve', '--db', $this->file, '--socket', $this->socket];
        if ($this->list !== null) {
            array_push($command, '--suppress', $this->list);
        }
        $nothing = ['file', '/dev/null', 'r+'];
        $this->process = proc_open($command, [$nothing, $nothing, $nothing], $pipes);
        for ($tries = 0; !@stream_socket_client("unix://$this->socket"); $tries++) {
            if ($tries === 3000 || !proc_get_status($this->process)['running']) {
                throw new \RuntimeException('the daemon does not start');
            }
            usleep(10_000);
        }
    }

    public function stop(): void
    {
        if ($this->process !== null) {
            proc_terminate($this->process);
            proc_close($this->process);
            $this->process = null;
        }
    }
}
