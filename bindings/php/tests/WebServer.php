<?php

declare(strict_types=1);

namespace Nameplate\Tests;

/** PHP's own web server, with one process or some, on a loopback port of its choice. */
final class WebServer
{
    /** @var resource|null */
    private $process;
    private int $port;
    private readonly int $owner;

    /** @param list<string> $arguments of php */
    public function __construct(array $arguments, string $script = __DIR__ . '/page.php')
    {
        $this->owner = getmypid();
        // The port is free until somebody else takes it; then another is tried.
        for ($tries = 0;; $tries++) {
            $probe = stream_socket_server('tcp://127.0.0.1:0');
            $this->port = (int) substr(strrchr(stream_socket_get_name($probe, false), ':'), 1);
            fclose($probe);
            $nothing = ['file', '/dev/null', 'r+'];
            $this->process = proc_open(
                [PHP_BINARY, ...self::settings(), ...$arguments, '-S', "127.0.0.1:$this->port", $script],
                [$nothing, $nothing, $nothing],
                $pipes
            );
            for ($i = 0; $i < 3000; $i++) {
                if (@stream_socket_client("tcp://127.0.0.1:$this->port")) {
                    return;
                }
                if (!proc_get_status($this->process)['running']) {
                    break;
                }
                usleep(10_000);
            }
            proc_terminate($this->process, SIGKILL);
            proc_close($this->process);
            if ($tries === 10) {
                throw new \RuntimeException('the web server does not start');
            }
        }
    }

    public function __destruct()
    {
        if ($this->owner === getmypid()) {
            // Workers do not end with it by themselves.
            $server = proc_get_status($this->process)['pid'];
            foreach (array_filter(explode(' ', (string) @file_get_contents("/proc/$server/task/$server/children"))) as $worker) {
                posix_kill((int) $worker, SIGKILL);
            }
            proc_terminate($this->process, SIGKILL);
            proc_close($this->process);
        }
    }

    /** What PHP was started with here. @return list<string> */
    private static function settings(): array
    {
        return extension_loaded('nameplate') ? ['-d', 'extension=' . getenv('NAMEPLATE_TEST_EXTENSION')] : [];
    }

    public function raw(string $page): ?string
    {
        $context = stream_context_create(['http' => ['ignore_errors' => true, 'timeout' => 30]]);
        $body = file_get_contents("http://127.0.0.1:$this->port$page", false, $context);
        return $body === false ? null : $body;
    }

    /** @return array<string, mixed> */
    public function get(string $file): array
    {
        $body = $this->raw('/?' . rawurlencode($file));
        return json_decode((string) $body, true) ?? throw new \RuntimeException("the page says: $body");
    }
}
