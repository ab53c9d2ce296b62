"""Metrics and health on the second socket, read as Prometheus reads them."""

import json
import signal
import socket
import stat
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as families
from support import EDGES, PATIENCE, Daemon, error_line, http_get, lookup_json, read_all, request, run

OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"


class MonitoredDaemon(Daemon):
    def __init__(self, database: Path, folder: Path, extra=()):
        self.monitor = folder / "monitor.sock"
        super().__init__(database, folder, extra=["--monitor", self.monitor, *extra])

    def samples(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """What is shown, by name and the values of labels."""
        response, text = http_get(self.monitor, "/metrics")
        assert response.status == 200
        return {
            (sample.name, tuple(sample.labels.values())): sample.value
            for family in families(text)
            for sample in family.samples
        }

    def health(self) -> tuple[int, dict]:
        response, text = http_get(self.monitor, "/health")
        return response.status, json.loads(text)


@pytest.fixture
def file(small_database, tmp_path) -> Path:
    """A range file that the test may replace."""
    path = tmp_path / "served.npl"
    path.write_bytes(small_database.read_bytes())
    return path


@pytest.fixture
def monitored(file, socket_folder):
    daemon = MonitoredDaemon(file, socket_folder)
    try:
        yield daemon.wait_until_ready()
    finally:
        daemon.kill()


def ask(daemon: Daemon, *commands: bytes) -> bytes:
    """The replies; when they have come, their commands are counted."""
    with daemon.connect() as client:
        client.sendall(b"".join(commands) + request("QUIT"))
        return read_all(client)


def test_both_formats_are_what_parsers_of_prometheus_take(monitored):
    response, text = http_get(monitored.monitor, "/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    older = list(families(text))
    response, text = http_get(monitored.monitor, "/metrics", Accept=OPENMETRICS)
    assert response.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    newer = list(openmetrics_families(text))
    assert {(f.name, f.type) for f in older} == {(f.name, f.type) for f in newer}
    assert len(older) > 20
    for family in older:
        # What `promtool check metrics` looks for.
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
        names = {sample.name for sample in family.samples}
        if family.type == "counter":
            assert names == {f"{family.name}_total"}
        elif family.type == "gauge":
            assert names == {family.name}
            assert not family.name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert not family.name.endswith(("milliseconds", "_ms", "kilobytes"))


def test_the_histogram_holds_together(monitored):
    ask(monitored, *[request("PING")] * 300)
    ask(monitored)
    samples = monitored.samples()
    buckets = [(float(labels[0]), n) for (name, labels), n in samples.items() if name.endswith("_bucket")]
    assert [bound for bound, _ in buckets] == sorted(bound for bound, _ in buckets)
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    assert buckets[0][0] == pytest.approx(1e-6)
    assert buckets[-1] == (float("inf"), samples["nameplate_request_duration_seconds_count", ()])
    assert buckets[-1][1] >= 300
    assert samples["nameplate_request_duration_seconds_sum", ()] > 0


def test_numbers_are_those_of_what_was_asked(monitored, small_database):
    answers = lookup_json(small_database, EDGES)
    assert {answer["status"] for answer in answers} == {"company", "operator", "unknown", "reserved"}
    v4 = [address for address in EDGES if ":" not in address]
    packed = b"".join(map(socket.inet_aton, v4))
    before = monitored.samples()
    ask(
        monitored,
        *[request("LOOKUP", address) for address in EDGES],
        *[request("LOOKUPJSON", address) for address in EDGES],
        request("MLOOKUP", *EDGES, "no address", *EDGES),
        request("LOOKUP", "1.1.1.256"),
        request("LOOKUPPACKED", "4", packed),
        request("GET", "1.1.1.1"),
        request("LOOKUP"),
    )
    # Each ends its connection.
    for broken in (b"*x\r\n", b"*1\r\n$-5\r\n"):
        with monitored.connect() as client:
            client.sendall(broken)
            assert b"Protocol error" in read_all(client)
    after = monitored.samples()
    counted = {(name, *labels): after[name, labels] - before.get((name, labels), 0) for name, labels in after}
    for status in ("company", "operator", "unknown", "reserved"):
        expected = 4 * sum(answer["status"] == status for answer in answers)
        assert counted["nameplate_answers_total", status] == expected, status
    assert counted["nameplate_answers_total", "invalid"] == 2
    unknown = sum(answer["status"] == "unknown" for answer in lookup_json(small_database, v4))
    assert counted["nameplate_packed_addresses_total", "unknown"] == unknown
    assert counted["nameplate_packed_addresses_total", "found"] == len(v4) - unknown
    expected = {
        "lookup": len(EDGES) + 2,
        "lookupjson": len(EDGES),
        "mlookup": 1,
        "lookuppacked": 1,
        "other": 1,
        "quit": 1,
    }
    requests = {key[1]: n for key, n in counted.items() if key[0] == "nameplate_requests_total" and n}
    assert requests == expected
    assert counted["nameplate_refusals_total", "protocol"] == 2
    assert counted["nameplate_connections_total",] == 3
    info = ask(monitored, request("INFO", "stats")).decode().splitlines()
    for status in ("company", "operator", "unknown", "reserved", "invalid"):
        assert f"answers_{status}:{after['nameplate_answers_total', (status,)]:.0f}" in info


def test_reloads_are_counted_and_health_names_what_is_served(monitored, file, small_database, tmp_path):
    inspected = json.loads(run("inspect", file, "--json").stdout)
    status, health = monitored.health()
    expected = {
        "status": "ok",
        "generation": 1,
        "build_number": inspected["build_number"],
        "created": int(monitored.samples()["nameplate_file_created_timestamp_seconds", ()]),
    }
    assert (status, health) == (200, expected)
    assert monitored.samples()["nameplate_file_size_bytes", ()] == file.stat().st_size

    def replace(content: bytes) -> bytes:
        beside = tmp_path / "beside"
        beside.write_bytes(content)
        beside.rename(file)
        return ask(monitored, request("RELOAD"))

    assert b"-ERR not reloaded (foreign)" in replace(b"what is no range file")
    assert b"-ERR not reloaded (empty)" in replace(b"")
    failed = monitored.samples()
    assert failed["nameplate_reload_failures_total", ("foreign",)] == 1
    assert failed["nameplate_reload_failures_total", ("empty",)] == 1
    assert failed["nameplate_last_reload_successful", ()] == 0
    assert failed["nameplate_generation", ()] == 1
    assert replace(small_database.read_bytes()).startswith(b"+OK")
    worked = monitored.samples()
    assert worked["nameplate_reloads_total", ()] == 1
    assert worked["nameplate_last_reload_successful", ()] == 1
    assert sum(n for (name, _), n in worked.items() if name == "nameplate_reload_failures_total") == 2
    assert monitored.health() == (200, {**expected, "generation": 2})


def test_metrics_tell_of_no_company_and_no_operator(monitored, small_database):
    answers = lookup_json(small_database, EDGES)
    ask(monitored, *[request("LOOKUP", address) for address in EDGES])
    ask(monitored, *[request("NETWORKS", a["company"]["id"]) for a in answers if "company" in a])
    shown = "".join(http_get(monitored.monitor, page)[1] for page in ("/metrics", "/health"))
    told = {value for a in answers for part in ("company", "operator") for value in a.get(part, {}).values()}
    told |= {value for a in answers for value in a.get("network", {}).values()}
    # Words of a letter or two, as a country, and kinds would be found in any text.
    secret = {str(value) for value in told if len(str(value)) > 4} - {"access", "hosting", "business"}
    assert len(secret) > 10
    for text in secret:
        assert text not in shown


def test_health_says_that_the_daemon_drains_and_then_the_socket_is_gone(monitored):
    with monitored.connect() as slow:
        # A reply that fills the socket's buffers: the end waits for it.
        slow.sendall(request("MLOOKUP", *EDGES * 500))
        deadline = time.monotonic() + PATIENCE
        assert monitored.health()[0] == 200
        monitored.process.send_signal(signal.SIGTERM)
        while (health := monitored.health())[0] == 200:
            assert time.monotonic() < deadline
        assert health[0] == 503
        assert health[1]["status"] == "draining"
        assert http_get(monitored.monitor, "/metrics")[0].status == 200
        assert read_all(slow).startswith(b"*18000\r\n")
    assert monitored.process.wait(PATIENCE) == 0
    assert not monitored.monitor.exists()
    assert not monitored.socket.exists()


def test_without_the_option_nothing_listens(own_daemon, socket_folder):
    sockets = [path for path in socket_folder.iterdir() if path.is_socket()]
    assert sockets == [own_daemon.socket]
    # proc_net_unix(5): the path comes last, and none has spaces.
    bound = [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines()]
    assert {path for path in bound if path.startswith(f"{socket_folder}/")} == {str(own_daemon.socket)}


def test_the_configuration_names_it_too_and_the_flag_wins(small_database, socket_folder):
    config = socket_folder / "nameplate.toml"
    config.write_text(f'[monitor]\nsocket = "{socket_folder}/from-file.sock"\n')
    daemon = Daemon(small_database, socket_folder, extra=["--config", config])
    try:
        daemon.wait_until_ready()
        path = socket_folder / "from-file.sock"
        assert http_get(path, "/health")[0].status == 200
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert daemon.terminate() == 0
    finally:
        daemon.kill()
    daemon = MonitoredDaemon(small_database, socket_folder, extra=["--config", config])
    try:
        daemon.wait_until_ready()
        assert daemon.health()[0] == 200
        assert not path.exists()
    finally:
        daemon.kill()


def test_a_monitor_that_cannot_be_had_keeps_the_daemon_from_starting(
    small_database, socket_folder, monitored
):
    own = socket_folder / "another.sock"
    serve = ["serve", "--db", small_database, "--socket", own, "--monitor"]
    assert str(monitored.monitor) in error_line(run(*serve, monitored.monitor))
    assert "monitor.socket" in error_line(run(*serve, own))
    occupied = socket_folder / "file"
    occupied.write_text("kept")
    assert str(occupied) in error_line(run(*serve, occupied))
    assert occupied.read_text() == "kept"
    assert not own.exists()
    assert monitored.health()[0] == 200


def test_a_killed_daemons_monitor_is_taken_over(file, socket_folder):
    daemon = MonitoredDaemon(file, socket_folder)
    try:
        daemon.wait_until_ready()
    finally:
        daemon.kill()
    assert daemon.monitor.is_socket()
    daemon = MonitoredDaemon(file, socket_folder)
    try:
        daemon.wait_until_ready()
        assert daemon.health()[0] == 200
    finally:
        daemon.kill()
