"""Redis' clients, unchanged: redis-cli, redis-benchmark and redis-py in both protocols, PHP's extension."""

import asyncio
import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest
import redis
import redis.asyncio
import redis.asyncio.retry
import redis.backoff
import redis.retry
import support
from support import PATIENCE, flatten, run_ok


def redis_cli(daemon, *arguments, stdin=""):
    done = subprocess.run(
        ["redis-cli", "-s", daemon.socket, *arguments],
        input=stdin,
        text=True,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def addresses():
    return support.EDGES + [a for table in support.source_tables() for a in support.addresses_of(table, 300)]


@pytest.fixture(scope="module")
def expected(database, addresses):
    """The command line's answers to `addresses`."""
    return support.lookup_json(database, addresses)


def settings(daemon, protocol: int, retry=redis.retry.Retry) -> dict:
    """What tests set; all else is as redis-py has it. Asking again would only hide a failure."""
    return {
        "unix_socket_path": str(daemon.socket),
        "protocol": protocol,
        "decode_responses": True,
        "socket_timeout": PATIENCE,
        "retry": retry(redis.backoff.NoBackoff(), 0),
    }


@pytest.fixture(params=[2, 3])
def client(request, daemon):
    with redis.Redis(**settings(daemon, request.param)) as client:
        client.protocol = request.param
        yield client


def as_map(client, reply) -> dict[str, str]:
    """RESP2 has no maps: a flat array stands for one."""
    if client.protocol == 3:
        assert isinstance(reply, dict)
        return reply
    assert isinstance(reply, list)
    pairs = dict(zip(reply[::2], reply[1::2], strict=True))
    assert len(pairs) * 2 == len(reply), "a field stands once"
    return pairs


@pytest.mark.parametrize("protocol", ["-2", "-3"])
def test_redis_cli_gives_the_command_line_s_answers(protocol, daemon, addresses, expected):
    out = redis_cli(daemon, protocol, stdin="".join(f"LOOKUPJSON {a}\n" for a in addresses))
    assert [json.loads(line) for line in out.splitlines()] == expected


def test_redis_cli_shows_a_map_in_resp3(daemon, addresses, expected):
    out = redis_cli(daemon, "-3", "--json", stdin="".join(f"LOOKUP {a}\n" for a in addresses))
    assert [json.loads(line) for line in out.splitlines()] == [flatten(answer) for answer in expected]


def test_redis_cli_shows_a_flat_array_in_resp2(daemon, database):
    [answer] = support.lookup_json(database, ["198.24.10.1"])
    out = redis_cli(daemon, "-2", "LOOKUP", "198.24.10.1").splitlines()
    assert dict(zip(out[::2], out[1::2], strict=True)) == flatten(answer)


def test_redis_cli_answers_at_its_prompt(daemon):
    """On a terminal it asks for COMMAND DOCS first, and colours what it prints."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        ["redis-cli", "-s", daemon.socket],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "dumb"},
    ) as process:
        os.close(terminal)
        os.write(controller, b"LOOKUPJSON 192.168.1.1\nexit\n")
        shown, deadline = b"", time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            readable, _, _ = select.select([controller], [], [], 1)
            try:
                chunk = os.read(controller, 1 << 16) if readable else None
            except OSError:  # how Linux says that the other side of a terminal is closed
                break
            if chunk is not None:
                shown += chunk
        assert process.wait(PATIENCE) == 0
    os.close(controller)
    assert b"Private-Use" in shown
    assert b"ERR" not in shown


# It sends a whole pipeline before it reads, so a pipeline has to fit into limits.read_ahead_bytes: 512 of
# MLOOKUP would not.
@pytest.mark.parametrize(
    "shape", [["-c", "1"], ["-c", "50", "-P", "16"], ["--threads", "2", "-P", "16", "-3"]]
)
@pytest.mark.parametrize(
    "command",
    [
        ["LOOKUP", "1.1.1.1"],
        ["LOOKUPJSON", "::1"],
        ["MLOOKUP", *["1.1.1.1"] * 100],
        ["-P", "512", "LOOKUP", "::1"],
    ],
)
def test_redis_benchmark_runs_any_command(command, shape, daemon):
    done = subprocess.run(
        # It ends at the first error that comes back.
        ["redis-benchmark", "-s", daemon.socket, "-n", "5000", "--csv", *shape, *command],
        text=True,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done
    assert "rror" not in done.stdout + done.stderr, done
    command = command[2:] if command[0] == "-P" else command
    name, rate = done.stdout.splitlines()[-1].replace('"', "").split(",")[:2]
    assert name == " ".join(command)
    assert float(rate) > 0


def test_redis_benchmark_runs_its_own_ping(daemon):
    done = subprocess.run(
        ["redis-benchmark", "-s", daemon.socket, "-n", "5000", "-t", "ping", "-q"],
        text=True,
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "PING_INLINE" in done.stdout
    assert "PING_MBULK" in done.stdout


def test_php_s_extension_gives_the_command_line_s_answers(daemon, addresses, expected):
    script = Path(__file__).with_name("clients.php")
    done = subprocess.run(
        ["php", script, daemon.socket],
        input="\n".join(addresses),
        text=True,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    found = json.loads(done.stdout)
    maps = [flatten(answer) for answer in expected]
    assert [json.loads(line) for line in found["json"]] == expected
    assert [json.loads(line) for line in found["pipeline"]] == expected
    for replies in (found["map"], found["many"]):
        assert [dict(zip(reply[::2], reply[1::2], strict=True)) for reply in replies] == maps
    assert found["packed"] is True
    assert found["refused"] is False
    assert found["error"] == "ERR invalid address"
    assert found["ping"] is True
    assert (found["echo"], found["select"], found["name"]) == ("hello", True, "php")
    assert found["info"]["redis_mode"] == "standalone"
    assert [json.loads(line) for line in found["persistent"]] == [expected[0]] * 2


def test_redis_cli_can_ping_and_show_info(daemon):
    assert redis_cli(daemon, "PING") == "PONG\n"
    assert "redis_version:" in redis_cli(daemon, "INFO")


def test_redis_py_gives_the_command_line_s_answers(client, addresses, expected):
    for address, answer in zip(addresses, expected, strict=True):
        assert as_map(client, client.execute_command("LOOKUP", address)) == flatten(answer), address
        assert json.loads(client.execute_command("LOOKUPJSON", address)) == answer, address


def test_many_addresses_in_one_command(client, addresses, expected):
    replies = client.execute_command("MLOOKUP", *addresses)
    assert [as_map(client, reply) for reply in replies] == [flatten(answer) for answer in expected]


def test_a_bad_address_among_many_is_an_error_in_its_place(client, expected, addresses):
    before, bad, after = client.execute_command("MLOOKUP", addresses[0], "8.8.8.08", addresses[0])
    assert as_map(client, before) == as_map(client, after) == flatten(expected[0])
    assert isinstance(bad, redis.ResponseError)
    assert "8.8.8.08" not in str(bad)


def test_pipelined_commands_are_answered_in_order(client, addresses, expected):
    with client.pipeline(transaction=False) as pipeline:
        for address in addresses:
            pipeline.execute_command("LOOKUPJSON", address)
        assert [json.loads(line) for line in pipeline.execute()] == expected


def test_a_client_may_send_ten_thousand_commands_before_it_reads_a_reply(client):
    """redis-py sends a whole pipeline first. A server that stops reading meanwhile hangs it."""
    with client.pipeline(transaction=False) as pipeline:
        for _ in range(10_000):
            pipeline.execute_command("LOOKUPJSON", "198.24.10.1")
        replies = pipeline.execute()
    assert len(replies) == 10_000
    assert len(set(replies)) == 1


def test_an_error_in_a_pipeline_stands_in_its_place(client):
    with client.pipeline(transaction=False) as pipeline:
        pipeline.execute_command("LOOKUPJSON", "8.8.8.8")
        pipeline.execute_command("LOOKUPJSON", "8.8.8")
        pipeline.execute_command("NO-SUCH-COMMAND", "8.8.8.8")
        pipeline.execute_command("LOOKUPJSON", "8.8.8.8")
        first, bad, unknown, last = pipeline.execute(raise_on_error=False)
    assert first == last
    for error in (bad, unknown):
        assert isinstance(error, redis.ResponseError)
        assert "8.8.8" not in str(error)


@pytest.mark.parametrize("address", support.NO_ADDRESSES, ids=lambda address: repr(address[:20]))
@pytest.mark.parametrize("command", ["LOOKUP", "LOOKUPJSON"])
def test_what_is_no_address_is_an_error_that_does_not_quote_it(command, address, client):
    with pytest.raises(redis.ResponseError) as error:
        client.execute_command(command, address)
    assert address.strip() not in str(error.value)


@pytest.mark.parametrize(
    "command", [["LOOKUP"], ["LOOKUP", "8.8.8.8", "8.8.8.8"], ["MLOOKUP"], ["NETWORKS"], ["ANSWER", "x"]]
)
def test_wrong_arguments_are_errors_and_the_connection_goes_on(command, client):
    with pytest.raises(redis.ResponseError):
        client.execute_command(*command)
    assert client.ping()


def test_command_names_are_read_in_any_case(client):
    assert client.execute_command("lookupjson", "8.8.8.8") == client.execute_command("LookupJSON", "8.8.8.8")


def test_networks_are_those_of_the_command_line(client, database):
    [answer] = support.lookup_json(database, ["198.24.10.1"])
    company = answer["company"]["id"]
    lines = run_ok("networks", "--db", database, company, "--json").splitlines()
    listed = [[network["first"], network["last"]] for network in map(json.loads, lines)]
    assert listed
    assert client.execute_command("NETWORKS", company) == listed


def test_a_company_that_is_not_there_has_no_networks(client):
    assert client.execute_command("NETWORKS", "asn:4294967295") == []


def test_answers_can_be_had_by_their_ids(client):
    """Id 0 is unknown; every other id that answers at all says what a lookup could."""
    assert as_map(client, client.execute_command("ANSWER", "0")) == {"status": "unknown"}
    some = as_map(client, client.execute_command("ANSWER", "1"))
    assert some["status"] in {"company", "operator", "reserved", "unknown"}
    with pytest.raises(redis.ResponseError):
        client.execute_command("ANSWER", "4294967295")


def test_clients_may_introduce_themselves(client):
    assert client.client_setname("end-to-end")
    assert client.client_getname() == "end-to-end"
    assert client.client_id() > 0
    assert client.info()["redis_version"]
    assert client.command_count() > 0
    assert "lookup" in client.command()
    assert client.execute_command("HELLO")


def test_fifty_clients_at_once(daemon, addresses, expected):
    async def ask(part):
        async with redis.asyncio.Redis(**settings(daemon, 3, redis.asyncio.retry.Retry)) as client:
            return [json.loads(await client.execute_command("LOOKUPJSON", address)) for address in part]

    async def ask_all():
        return await asyncio.gather(*(ask(addresses[n:] + addresses[:n]) for n in range(50)))

    for n, answers in enumerate(asyncio.run(ask_all())):
        assert answers == expected[n:] + expected[:n]
