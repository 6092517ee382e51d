"""What the fault tests share: a shop with its server, a console in this process, and the command line as a merchant runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from app.cli import main
from app.console import Console, RehearsalKeys, assemble, utc_now
from app.jobs.connect import Wish
from app.store import ConnectionRow, Store
from app.store.workspace import Workspace, WorkspaceKind
from providers.sandboxes.woocommerce import create
from tests.support.serving import serve

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a password for tests"
LANGUAGES = ("tr", "en")


@dataclass
class Shop:
    address: str
    secrets: dict[str, str]
    control: httpx.Client

    def truth(self) -> set[str]:
        return {one["remote_id"] for one in self.control.get("/_control/orders").json()}


@contextmanager
def shop(orders: int = 30, listings: int = 9, seed: int = 5) -> Iterator[Shop]:
    """A WooCommerce rehearsal server."""
    made = create(seed=seed, orders=orders, listings=listings)
    with serve(made.app) as address, httpx.Client(base_url=address) as control:
        secrets = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        yield Shop(address, secrets, control)


@asynccontextmanager
async def console_on(folder: Path, shop: Shop) -> AsyncIterator[tuple[Console, ConnectionRow]]:
    """A console without a vault, with one connection to the shop; nothing is pulled yet."""
    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    console = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    try:
        row = await console.connecting.save(
            Wish("woocommerce", "Mağaza", "live", dict(shop.secrets), shop.address), utc_now()
        )
        yield console, row
    finally:
        await console.close()


async def remote_ids(store: Store) -> set[str]:
    """Of all stored orders. Asserts that none is there twice."""
    rows = await store.db.read(lambda conn: [r[0] for r in conn.execute("SELECT remote_id FROM orders")])
    assert len(rows) == len(set(rows)), "an order stands twice"
    return set(rows)


class Terminal:
    """`terminal("orders", "--json")`: exit code and all that it printed, in this process (a start costs seconds); `start`
    is a process of its own. No trace is ever shown."""

    def __init__(self, folder: Path, notes: Path) -> None:
        self.folder, self.notes = folder, notes
        self.password, self.secrets = notes / "password", notes / "secrets.json"
        self.password.write_text(PASSWORD, encoding="utf-8")

    def command(self, *words: str) -> list[str]:
        return [
            *(sys.executable, "-m", "app.cli", *words),
            *("--workspace", str(self.folder), "--unlock-from", str(self.password)),
        ]

    def start(self, *words: str, lang: str = "en", **more: Any) -> subprocess.Popen[str]:
        env = {**os.environ, "PAXZAR_LANG": lang, "PYTHONIOENCODING": "utf-8"}
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        return subprocess.Popen(self.command(*words), cwd=ROOT, env=env, **{**pipes, **more})

    def __call__(self, *words: str, lang: str = "en") -> tuple[int, str]:
        done = CliRunner().invoke(main, self.command(*words)[3:], env={"PAXZAR_LANG": lang})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"{words} ended in a stack trace") from done.exception
        assert "Traceback" not in done.output, done.output
        return done.exit_code, done.output

    def connect(self, shop: Shop) -> None:
        self.secrets.write_text(json.dumps(shop.secrets), encoding="utf-8")
        where = ("--base-url", shop.address, "--secrets-from", str(self.secrets))
        code, told = self("connect", "woocommerce", "--name", "Mağaza", *where)
        assert code == 0, told
