"""Clients that behave: each asks, reads the answer, and asks again. Run as a program of its own, so that
what else a test does is not in the times.

    healthy.py SOCKET CLIENTS SECONDS

Prints JSON: questions, how many were answered as they should be, and the times in microseconds.
"""

import json
import select
import socket
import sys
import time

QUESTION = b"*2\r\n$10\r\nLOOKUPJSON\r\n$11\r\n198.24.10.1\r\n"


def percentile(times: list[float], part: float) -> float:
    return round(times[min(int(len(times) * part), len(times) - 1)] * 1e6, 1)


def main(path: str, count: int, seconds: float) -> dict[str, float]:
    clients = {}
    poll = select.epoll()
    for _ in range(count):
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        clients[client.fileno()] = client
        poll.register(client, select.EPOLLIN)
    asked = dict.fromkeys(clients, 0.0)
    answers = []
    questions = answered = 0
    end = time.monotonic() + seconds
    for number, client in clients.items():
        asked[number] = time.perf_counter()
        client.sendall(QUESTION)
        questions += 1
    waiting = count
    while waiting:
        ready = poll.poll(30)
        assert ready, "a healthy client waits for half a minute"
        for number, _ in ready:
            client = clients[number]
            reply = client.recv(4096)
            answers.append(time.perf_counter() - asked[number])
            answered += reply.startswith(b"$") and reply.endswith(b"}\r\n") and b"Vishay" in reply
            if time.monotonic() < end and reply:
                asked[number] = time.perf_counter()
                client.sendall(QUESTION)
                questions += 1
            else:
                waiting -= 1
                poll.unregister(client)
    answers.sort()
    p50, p99 = percentile(answers, 0.5), percentile(answers, 0.99)
    return {"questions": questions, "answered": answered, "p50": p50, "p99": p99}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
