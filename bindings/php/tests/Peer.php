<?php

declare(strict_types=1);

namespace Nameplate\Tests;

/** A forked process that listens on a socket and does not behave. */
final class Peer
{
    public readonly string $socket;
    private readonly int $process;
    private readonly int $owner;

    /** @param \Closure(resource, int): void $talk gets each connection, and its number from 0 */
    public function __construct(\Closure $talk)
    {
        $this->socket = Fixtures::folder() . '/' . bin2hex(random_bytes(4)) . '.sock';
        $server = stream_socket_server("unix://$this->socket");
        $this->owner = getmypid();
        $process = pcntl_fork();
        if ($process === 0) {
            for ($number = 0; $connection = stream_socket_accept($server, 60); $number++) {
                $talk($connection, $number);
                fclose($connection);
            }
            posix_kill(getmypid(), SIGKILL);
        }
        $this->process = $process;
    }

    public function __destruct()
    {
        if ($this->owner === getmypid()) {
            posix_kill($this->process, SIGKILL);
            pcntl_waitpid($this->process, $status);
        }
    }
}
