"""A daemon that takes visits, for tests."""

import json
from pathlib import Path

import redis
from support import Daemon, run_ok

CONFIG = """
suppress = "{folder}/suppress.list"

[leads]
store = "{folder}/leads.db"
own_networks = ["9.9.9.0/24"]

[leads.proxies]
trusted = ["10.0.0.0/8"]

[[leads.sites]]
name = "shop"
hosts = ["shop.example", "*.shop.example"]
highest_level = "sessions"

[[leads.sites.page_groups]]
name = "pricing"
prefixes = ["/pricing"]
points = 10

[[leads.sites]]
name = "blog"
hosts = ["blog.example"]
legal_basis = "legitimate-interest"

[[leads.sites]]
name = "quiet"
hosts = ["quiet.example"]
highest_level = "count"

[[leads.sites]]
name = "closed"
hosts = ["closed.example"]
highest_level = "off"
"""


class Leads:
    """A daemon with leads in a folder of its own; it can be killed and started again.

    `more` ends its configuration.
    """

    def __init__(self, database: Path, folder: Path, more: str = ""):
        self.database, self.folder = database, folder
        self.config = folder / "nameplate.toml"
        self.store = folder / "leads.db"
        self.list = folder / "suppress.list"
        self.monitor = folder / "monitor.sock"
        self.config.write_text(
            f'db = "{database}"\nsocket = "{folder}/nameplate.sock"\n' + CONFIG.format(folder=folder) + more
        )
        run_ok("suppress", "create", "--list", self.list)
        self.daemon: Daemon | None = None

    def start(self) -> "Leads":
        extra = ["--config", self.config, "--monitor", self.monitor]
        self.daemon = Daemon(self.database, self.folder, extra=extra)
        self.daemon.wait_until_ready()
        return self

    def client(self, **options) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.daemon.socket), **options)

    def visit(self, client: redis.Redis, address: str, **more) -> dict:
        visit = {"site": "shop", "address": address, "consent": "company", **more}
        return json.loads(client.execute_command("VISIT", json.dumps(visit)))

    def companies(self, client: redis.Redis, **query) -> list[dict]:
        return json.loads(client.execute_command("LEADS", json.dumps(query)))["companies"]

    def filtered(self, client: redis.Redis) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in json.loads(client.execute_command("FILTERED", "{}")):
            counts[row["reason"]] = counts.get(row["reason"], 0) + row["count"]
        return counts


def company_networks(database: Path) -> list[dict]:
    """Rows of `export` that are a company's."""
    lines = run_ok("export", "--db", database, "--format", "ndjson", "-o", "-").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if row.get("status") == "company"]
