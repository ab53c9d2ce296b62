"""No address that a client sends comes out anywhere: not in the log, not in an error, not in a reply."""

import ipaddress
import random

import pytest
import redis
from support import Daemon, http_get, read_all, request

COUNT = 300


def spellings(number: int, family: type) -> set[bytes]:
    """How a careless program might print the address: as text of any kind, or as its number."""
    address = family(number)
    length = address.max_prefixlen // 8
    octets = address.packed
    return {
        str(address).encode(),
        address.exploded.encode(),
        str(number).encode(),
        f"{number:0{2 * length}x}".encode(),
        f"{number:0{2 * length}X}".encode(),
        ", ".join(map(str, octets)).encode(),
    }


@pytest.fixture(scope="module")
def canaries():
    """Addresses, some inside ranges and some in gaps, that no reply holds as a network's end."""
    chance = random.Random("canary")
    # A last number such as 1 or 25 would be found in a network's end at 127 or 255.
    v4 = [ipaddress.IPv4Address(chance.randint(64 << 16, 224 << 16) << 8 | 155) for _ in range(COUNT)]
    v6 = [ipaddress.IPv6Address((0x2000 << 112) + chance.getrandbits(125)) for _ in range(COUNT)]
    return v4 + v6


def invalid(address) -> list[str]:
    """What is no address, but gives one away."""
    return [
        f"{address}:8080",
        f"{address}/32",
        f"{address}%eth0",
        f" {address}",
        f"{address}x",
        f"user@{address}",
    ]


def test_the_log_at_its_most_talkative_has_no_address_in_it(canaries, small_database, socket_folder):
    replies = []
    monitor = socket_folder / "monitor.sock"
    daemon = Daemon(small_database, socket_folder, extra=["--monitor", monitor])
    try:
        daemon.wait_until_ready()
        for protocol in (2, 3):
            with redis.Redis(
                unix_socket_path=str(daemon.socket), protocol=protocol, decode_responses=True
            ) as client:
                replies.append(str(client.execute_command("MLOOKUP", *map(str, canaries))))
                for address in canaries:
                    commands = [
                        ("LOOKUP", str(address)),
                        ("LOOKUPJSON", str(address)),
                        ("lookup", address.exploded),
                    ]
                    commands += [("LOOKUPJSON", text) for text in invalid(address)]
                    commands += [
                        ("NETWORKS", str(address)),
                        ("ANSWER", str(address)),
                        ("LOOKUP", str(address), "too", "many"),
                        ("GET", str(address)),
                        (str(address), "is no command"),
                        ("CLIENT", "SETINFO", "LIB-NAME", str(address)),
                        ("CLIENT", str(address)),
                        ("HELLO", str(address)),
                    ]
                    with client.pipeline(transaction=False) as pipeline:
                        for command in commands:
                            pipeline.execute_command(*command)
                        replies += map(str, pipeline.execute(raise_on_error=False))
        # Inline requests and requests that break the protocol, which end the connection.
        for address in canaries[::10]:
            text = str(address).encode()
            for sent in (
                b"LOOKUP " + text + b"\r\n",
                b"*2\r\n$6\r\nLOOKUP\r\n$999999999999\r\n" + text,
                b"*" + text + b"\r\n",
            ):
                with daemon.connect() as client:
                    client.sendall(sent + request("QUIT"))
                    replies.append(read_all(client).decode())
        # Those who ask for metrics send nothing of visitors; should they, it goes nowhere either.
        for page in ("/metrics", "/health", *(f"/{address}?{address}" for address in canaries[::100])):
            replies.append(http_get(monitor, page)[1])
        assert "nameplate_requests_total" in "".join(replies)
        assert daemon.terminate() == 0
        log = daemon.log.read_bytes()
    finally:
        daemon.kill()

    assert log, "a daemon at RUST_LOG=trace says something, else this test would prove nothing"
    answered = "\n".join(replies).encode()
    for address in canaries:
        for spelling in spellings(int(address), type(address)):
            assert spelling not in log
            assert spelling not in answered
