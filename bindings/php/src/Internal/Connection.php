<?php

declare(strict_types=1);

namespace Nameplate\Internal;

use Nameplate\Exception;

/**
 * A connection to the daemon.
 *
 * A persistent stream may be one on which an earlier request of this process was ended in the middle of a reply. So the first
 * command on a stream that has been used before has an ECHO of a random text in front, and everything before that
 * text's reply is thrown away.
 *
 * @internal
 */
final class Connection
{
    /** More than the daemon ever sends at once. */
    private const MAX_BYTES = 1 << 26;
    private const READ_BYTES = 1 << 15;
    /** Bytes of the longest path of a socket on Linux. */
    private const PATH_BYTES = 107;
    private const PING = "*1\r\n$4\r\nPING\r\n";
    private const PONG = "+PONG\r\n";

    /** @var resource|null */
    private $stream = null;
    /** The process that made the stream; a forked one must not share it. */
    private int $process = 0;
    /** When the whole reply has to be here, in hrtime's nanoseconds; 0 until it turns out not to come at once. */
    private int $deadline = 0;
    /** Bytes of this reply that came later. */
    private int $read = 0;
    /** Whether the stream's timeout is shorter than it should be for the next reply. */
    private bool $hurried = false;

    public function __construct(
        private readonly string $path,
        private readonly float $timeout,
        private readonly bool $persistent
    ) {
    }

    /** Sends a command and reads its reply: a string, an int, a list, null or a Refusal. */
    public function ask(#[\SensitiveParameter] string $command): mixed
    {
        return $this->exchange($command, false);
    }

    /** Sends a command and reads its reply as it comes. */
    public function askRaw(#[\SensitiveParameter] string $command): string
    {
        // A PING behind it shows the end without parsing; its reply is no part of any other.
        return $this->exchange($command . self::PING, true);
    }

    public function close(): void
    {
        if (\is_resource($this->stream)) {
            @\fclose($this->stream);
        }
        $this->stream = null;
        $this->hurried = false;
    }

    /** What to say of a reply that was not to be expected. */
    public function unexpected(mixed $reply): Exception
    {
        if ($reply instanceof Refusal) {
            return new Exception("$this->path: the daemon refuses: $reply->text");
        }
        $this->close();
        return new Exception("$this->path: what it replies is none of nameplate's: see whether this is its socket, and of the same "
            . 'version');
    }

    /** Sends and reads; all over again on a new connection where the first one has ended. */
    private function exchange(#[\SensitiveParameter] string $request, bool $raw): mixed
    {
        for ($again = true;; $again = false) {
            try {
                $this->open();
                $this->send($request);
                $bytes = $this->first();
                if (!\str_contains('*$-+:', $bytes[0])) {
                    throw new Rubbish();
                }
                if (!$raw) {
                    return $this->rest($bytes);
                }
                while (!\str_ends_with($bytes, self::PONG)) {
                    $bytes .= $this->more();
                }
                return \substr($bytes, 0, -\strlen(self::PONG));
            } catch (Broken) {
                $this->close();
                if (!$again) {
                    throw new Exception("$this->path: the daemon closes the connection: see whether it runs, and what its log says");
                }
            } catch (Rubbish) {
                throw $this->unexpected(null);
            } catch (\Throwable $error) {
                // What is still on its way must not be taken for another reply.
                $this->close();
                throw $error;
            }
        }
    }

    private function rest(string $bytes): mixed
    {
        $reply = new Reply();
        $reply->add($bytes);
        while (!$reply->complete()) {
            $reply->add($this->more());
        }
        if (!$reply->atEnd()) {
            throw new Rubbish();
        }
        return $reply->take();
    }

    private function open(): void
    {
        // Asking for it costs a system call, and where nobody can fork it is always the same.
        $process = \function_exists('pcntl_fork') ? \getmypid() : 1;
        if ($this->stream !== null) {
            if ($this->process === $process && \is_resource($this->stream)) {
                return;
            }
            // It is the parent's; this only closes our copy of its descriptor.
            $this->close();
        }
        $stream = $this->connect();
        if ($process !== $this->process && $this->process !== 0 && \ftell($stream) !== 0) {
            // PHP's list of persistent streams is the parent's, too.
            \fclose($stream);
            $stream = $this->connect();
        }
        $this->process = $process;
        $this->stream = $stream;
        \stream_set_chunk_size($stream, self::READ_BYTES);
        $this->limit($this->timeout);
        $this->hurried = false;
        if (\ftell($stream) !== 0) {
            $this->synchronise();
        }
    }

    /** @return resource */
    private function connect()
    {
        if (\strlen($this->path) > self::PATH_BYTES) {
            throw new Exception("$this->path: longer than the path of a socket may be: give the daemon's socket one of at most "
                . self::PATH_BYTES . ' bytes');
        }
        $stream = @\stream_socket_client(
            "unix://$this->path",
            $code,
            $text,
            $this->timeout,
            \STREAM_CLIENT_CONNECT | ($this->persistent ? \STREAM_CLIENT_PERSISTENT : 0)
        );
        if ($stream === false) {
            throw new Exception("$this->path: " . \lcfirst($text ?: 'no connection')
                . ': see whether the daemon runs (nameplate serve), and whether this user may use its socket');
        }
        return $stream;
    }

    private function limit(float $seconds): void
    {
        $microseconds = \max(1, (int) ($seconds * 1e6));
        \stream_set_timeout($this->stream, \intdiv($microseconds, 1_000_000), $microseconds % 1_000_000);
    }

    /** Throws away what an earlier request left unread. */
    private function synchronise(): void
    {
        $text = \bin2hex(\random_bytes(16));
        $this->send("*2\r\n$4\r\nECHO\r\n$32\r\n$text\r\n");
        $reply = "$32\r\n$text\r\n";
        $seen = $this->first();
        while (!\str_ends_with($seen, $reply)) {
            // No more than an end can be part of the reply.
            $seen = \substr($seen, -\strlen($reply)) . $this->more();
        }
    }

    private function send(#[\SensitiveParameter] string $request): void
    {
        if (@\fwrite($this->stream, $request) !== \strlen($request)) {
            throw \stream_get_meta_data($this->stream)['timed_out'] ? $this->late() : new Broken();
        }
    }

    private function late(): Exception
    {
        return new Exception(\sprintf(
            '%s: no reply within %g seconds: see whether the daemon is well, or give new Nameplate\\Client() a longer timeout',
            $this->path,
            $this->timeout
        ));
    }

    /** Reads what has come first of a reply, or waits for it as long as the stream's timeout says. */
    private function first(): string
    {
        $this->deadline = 0;
        if ($this->hurried) {
            $this->limit($this->timeout);
            $this->hurried = false;
        }
        $bytes = @\fread($this->stream, self::READ_BYTES);
        if ($bytes === false || $bytes === '') {
            throw \stream_get_meta_data($this->stream)['timed_out'] ? $this->late() : new Broken();
        }
        return $bytes;
    }

    /** Reads what has come next of a reply. All of it may take as long again, however slowly it drips. */
    private function more(): string
    {
        $now = \hrtime(true);
        if ($this->deadline === 0) {
            $this->deadline = $now + (int) ($this->timeout * 1e9);
            $this->read = 0;
        } else {
            $left = ($this->deadline - $now) / 1e9;
            if ($left <= 0) {
                throw $this->late();
            }
            if ($left < $this->timeout / 2) {
                $this->limit($left);
                $this->hurried = true;
            }
        }
        $bytes = @\fread($this->stream, self::READ_BYTES);
        if ($bytes === false || $bytes === '') {
            throw \stream_get_meta_data($this->stream)['timed_out'] ? $this->late() : new Broken();
        }
        $this->read += \strlen($bytes);
        if ($this->read > self::MAX_BYTES) {
            throw new Rubbish();
        }
        return $bytes;
    }
}
