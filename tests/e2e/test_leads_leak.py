"""Ten thousand addresses go through every level, every error and a crash, and nothing that is kept holds one.

Not as text, not as a number, not as bytes in either order, not as a hash by a known function.
"""

import hashlib
import ipaddress
import json
import random
import re
import signal
import socket
from pathlib import Path

import pytest
from memory import Memory
from receiver import SECRET, Receiver
from support import PATIENCE, http_get, request, run_ok

from leads import Leads, company_networks
from web import Browser, free_port

V4, V6, MAPPED = 6000, 3000, 1000
MARK = ".177.93."
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)

# Every company's first visit is told to a receiver, and REST is asked for all that it exports.
OUTSIDE = """
[web]
listen = "{listen}"

[leads.outgoing]
allow = ["127.0.0.0/8"]
plaintext = ["127.0.0.0/8"]

[[leads.targets]]
name = "crm"
kind = "webhook"
url = "http://127.0.0.1:{port}/hook"
secret_file = "{folder}/secret"
"""

# Four bytes, and eight hexadecimal digits, are anywhere by chance: in the WAL's checksums, in times, in
# random ids. What leaks, leaks by the thousands.
CHANCE = 5


def canaries(database: Path) -> list:
    """Addresses in companies' networks and elsewhere; no network's ends, which answers have."""
    chance = random.Random("leak")
    rows = [
        (ipaddress.ip_address(row["network"]["first"]), ipaddress.ip_address(row["network"]["last"]))
        for row in company_networks(database)
    ]
    chosen = set()
    for version, count in ((4, V4), (6, V6)):
        networks = [row for row in rows if row[0].version == version and int(row[1]) - int(row[0]) > 16]
        family = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
        mine = set()
        while len(mine) < count:
            if networks and chance.random() < 0.6:
                first, last = map(int, chance.choice(networks))
                number = chance.randint(first + 1, last - 1)
            else:
                number = (
                    chance.randint(11 << 24, 223 << 24)
                    if version == 4
                    else (0x2000 << 112) + chance.getrandbits(125)
                )
            # Long enough as text that no other number is it by chance.
            if len(str(family(number))) >= 11:
                mine.add(family(number))
        chosen |= mine
    mapped = {
        ipaddress.IPv6Address(f"::ffff:{chance.randint(11, 223)}{MARK}{number % 256}")
        for number in range(MAPPED * 2)
    }
    ordered = sorted(chosen, key=lambda address: (address.version, int(address)))
    ordered += sorted(mapped)[:MAPPED]
    chance.shuffle(ordered)
    return ordered


def forms(address) -> tuple[set[bytes], set[bytes]]:
    """What an address would be known by: as text in digits, and as bytes. Of both, hashes."""
    variants = [address]
    if address.version == 6 and address.ipv4_mapped:
        variants += [address.ipv4_mapped]
    texts, binary = set(), set()
    for one in variants:
        packed = one.packed
        spelled = {str(one), one.exploded, str(int(one)), packed.hex(), packed[::-1].hex(), f"{int(one):x}"}
        if one.version == 4:
            spelled.add(f"::ffff:{one}")
        texts |= {text.encode() for text in spelled if len(text) >= 7}
        texts |= {text.upper().encode() for text in spelled if len(text) >= 7}
        binary |= {packed, packed[::-1]}
        for content in (
            str(one).encode(),
            one.exploded.encode(),
            packed,
            packed[::-1],
            str(int(one)).encode(),
        ):
            for name in ("md5", "sha1", "sha256"):
                digest = hashlib.new(name, content).digest()
                binary.add(digest)
                texts |= {digest.hex().encode(), digest.hex().upper().encode()}
    return texts, binary


class Search:
    """All forms of all addresses, looked for in one pass for each length that they have."""

    def __init__(self, addresses):
        self.texts: dict[int, dict[bytes, object]] = {}
        self.binary: dict[int, dict[bytes, object]] = {}
        for address in addresses:
            for target, found in zip((self.texts, self.binary), forms(address), strict=True):
                for form in found:
                    target.setdefault(len(form), {})[form] = address

    def find(self, content: bytes) -> list[tuple[int, bytes]]:
        """Length and form of each find."""
        found = []
        # Letters and digits that any text form is made of: few places in a file.
        for run in re.finditer(rb"[0-9A-Fa-f:.]{7,}", content):
            text = run.group()
            for length, known in self.texts.items():
                found += [
                    (length, text[at : at + length])
                    for at in range(len(text) - length + 1)
                    if text[at : at + length] in known
                ]
        for length, known in self.binary.items():
            found += [
                (length, content[at : at + length])
                for at in range(len(content) - length + 1)
                if content[at : at + length] in known
            ]
        return found


def visits(address, number: int) -> list[tuple]:
    """Commands that send one address: a visit of one of many kinds, and mistakes."""
    text = str(address)
    chrome = {"user_agent": CHROME}
    good = [
        {
            "consent": "sessions",
            "visitor": f"{number:032x}",
            "session": f"{number + 1:032x}",
            "url": "/a",
            **chrome,
        },
        {"consent": "company", "url": f"/pricing?ip={text}#{text}", "title": f"Your address is {text}."},
        {
            "consent": "company",
            "url": f"https://shop.example/whois/{text}/x",
            "referrer": f"http://{text}/",
            **chrome,
        },
        {"consent": "company", "referrer": f"https://search.example/?q={text}", "title": text},
        {
            "consent": "company",
            "url": f"/x?utm_source={text}&utm_campaign=a-{text}-b",
            "user_agent": f"x {text}",
        },
        {"consent": "company", "form_domain": "example.com"},
        {"consent": "count", "title": text},
        {"consent": "off", "title": text},
        {"consent": text},
        {"gpc": True, "consent": "sessions"},
        {"objection": text, "consent": "sessions"},
        {"site": "blog", **chrome},
        {"site": "quiet", "consent": "sessions"},
        {"site": "closed", "consent": "sessions"},
        {"consent": "company", "user_agent": "Googlebot/2.1"},
    ]
    visit = {"site": "shop", "address": text, **good[number % len(good)]}
    whole = json.dumps(visit)
    bad = [
        whole[:-1],
        whole + text,
        json.dumps({"site": text, "address": text}),
        json.dumps({"site": "shop", "address": f"{text}:80"}),
        json.dumps({"site": "shop", "address": [text]}),
        json.dumps({"site": "shop", "address": text, text: text}),
        json.dumps({**visit, "visitor": text}),
        json.dumps({**visit, "form_domain": text}),
        json.dumps({**visit, "form_domain": f"a@{text}"}),
        json.dumps({**visit, "url": f"https://{text}/"}),
        whole.replace(text[0], f"\\u{ord(text[0]):04x}", 1).replace(
            '"address": "', f'"address": "\\u{ord(text[0]):04x}', 1
        ),
        text,
        text * 4000,
        "\0" + text,
    ]
    commands = [("VISIT", whole), ("VISIT", bad[number % len(bad)])]
    others = [
        ("VISIT", whole, text),
        ("LEADS", text),
        ("LEADS", json.dumps({"search": text})),
        ("LEAD", text),
        ("FILTERED", json.dumps({"from": text})),
        ("VISITOR", "EXPORT", text),
        ("VISITOR", text, text),
        ("LOOKUPJSON", f"{text}x"),
    ]
    return [*commands, others[number % len(others)]]


def send(client: socket.socket, commands: list[tuple]) -> bytes:
    """Sends commands and reads until the reply to a last PING, whose text no other reply has."""
    client.sendall(b"".join(request(*command) for command in commands) + request("PING", "end-of-this"))
    received = bytearray()
    while not received.endswith(b"$11\r\nend-of-this\r\n"):
        chunk = client.recv(1 << 16)
        assert chunk, bytes(received[-500:])
        received += chunk
    return bytes(received)


def without_random_numbers(name: str, content: bytes) -> bytes:
    """A WAL without salts and checksums: headers of 32 bytes, and of 24 before each page."""
    if not name.endswith("-wal") or len(content) < 32:
        return content
    page = int.from_bytes(content[8:12])
    frames = range(32, len(content), 24 + page)
    return b"".join(content[at : at + 8] + content[at + 24 : at + 24 + page] for at in frames)


def test_the_search_finds_every_form(small_database):
    addresses = canaries(small_database)
    assert len(addresses) == V4 + V6 + MAPPED
    search = Search(addresses)
    for address in addresses[::500]:
        for some in forms(address):
            for form in some:
                assert search.find(b"zz " + form + b" zz"), form


@pytest.mark.usefixtures("binary")
def test_nothing_that_is_kept_holds_an_address(small_database, socket_folder):
    with Receiver() as receiver:
        keep_and_search(canaries(small_database), small_database, socket_folder, receiver)


def keep_and_search(addresses, database, folder, receiver):
    listen = f"127.0.0.1:{free_port()}"
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    outside = OUTSIDE.format(listen=listen, port=receiver.port, folder=folder)
    leads = Leads(database, folder, outside).start()
    scopes = [
        text for scope in ("visits", "read", "export", "rights", "audit") for text in ("--scope", scope)
    ]
    key = run_ok("key", "add", "--config", leads.config, *scopes, "all").strip()
    http = Browser(listen, None, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    replies = []
    try:
        batch = 50
        batches = [addresses[at : at + batch] for at in range(0, len(addresses), batch)]
        client = leads.daemon.connect()
        for number, some in enumerate(batches):
            commands = [c for i, address in enumerate(some) for c in visits(address, number * batch + i)]
            if number in (len(batches) // 3, 2 * len(batches) // 3):
                # In the middle of it the daemon dies, and leaves what it was about to write.
                client.sendall(b"".join(request(*command) for command in commands))
                client.recv(1)
                leads.daemon.process.send_signal(signal.SIGKILL)
                leads.daemon.process.wait(PATIENCE)
                client.close()
                leads.start()
                client = leads.daemon.connect()
            replies.append(send(client, commands))
            for body in [command[1] for command in commands if command[0] == "VISIT"][::10]:
                response, text = http.ask("POST", "/v1/visits", body.encode(), Origin=None)
                assert response.status < 500, text
                replies.append(text.encode() + str(response.headers).encode())
        client.close()

        backups = leads.folder / "backups"
        backups.mkdir()
        with leads.client() as asking:
            companies = leads.companies(asking, limit=500)
            assert sum(lead["page_views"] for lead in companies) > 1000, "else this would prove little"
            filtered = leads.filtered(asking)
            assert len(filtered) > 8, filtered
            for lead in companies[:50]:
                replies.append(asking.execute_command("LEAD", lead["company"]["id"]))
            for number in range(0, 300, 15):
                replies.append(asking.execute_command("VISITOR", "EXPORT", f"{number:032x}"))
            replies.append(json.dumps([companies, filtered]).encode())
            asking.execute_command("VISITOR", "ERASE", f"{0:032x}")
        assert receiver.taken.wait(PATIENCE), "a company came for the first time"
        for path in ("export.csv", "export.ndjson", "companies", "filtered", "audit", "deliveries"):
            response, text = http.ask("GET", f"/v1/{path}")
            assert response.status == (403 if path == "deliveries" else 200), text
            replies.append(text.encode())
        replies.append(run_ok("backup", "--config", leads.config, backups).encode())
        replies.append(run_ok("purge", "--config", leads.config).encode())
        replies.append(http_get(leads.monitor, "/metrics")[1].encode())
        # As a power loss would leave them, with the WAL.
        kept = {path.name: path.read_bytes() for path in leads.folder.rglob("*") if path.is_file()}
        assert leads.daemon.terminate() == 0
        kept |= {
            f"{path.name} at the end": path.read_bytes() for path in leads.folder.rglob("*") if path.is_file()
        }
    finally:
        leads.daemon.kill()

    assert {"leads.db", "leads.db-wal", "leads.db-arrived-0", "daemon.log"} <= kept.keys()
    assert any(name.endswith(".backup") for name in kept)
    kept["replies"] = b"\n".join(reply for reply in replies if reply)
    kept["webhooks"] = b"\n".join(str(headers).encode() + body for _, headers, body in receiver.requests)
    search = Search(addresses)
    by_chance = 0
    for name, content in kept.items():
        for length, form in search.find(without_random_numbers(name, content)):
            assert length <= 8, f"{name} holds {form!r}"
            by_chance += 1
    assert by_chance <= CHANCE, "addresses as four bytes, or their digits"


def test_the_daemons_memory_forgets_visits(small_database, socket_folder):
    leads = Leads(small_database, socket_folder).start()
    try:
        marked = [f"{first}{MARK}{last}" for first in range(11, 200) for last in range(0, 256, 37)]
        with leads.daemon.connect() as client:
            for at in range(0, len(marked), 50):
                some = enumerate(marked[at : at + 50], at)
                send(client, [c for i, text in some for c in visits(ipaddress.ip_address(text), i)])
            # What follows is answered in the same memory.
            send(client, [("PING", "x")])
            found = Memory(leads.daemon.process.pid).find(re.compile(re.escape(MARK.encode())))
        assert found == []
    finally:
        leads.daemon.kill()
