"""Disk full, read-only folder, file locked for three seconds: told in a sentence, reading goes on, and all is well again
without a restart. On real small disks where this user may mount one, and injected everywhere.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.console import Console
from app.formats.words import Words
from app.jobs.runner import Result
from app.platform.files import save_atomically
from app.store import ConnectionRow
from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery
from app.vault import Vault
from tests.faults.running import LANGUAGES, PASSWORD, Shop, Terminal, console_on, remote_ids, shop
from tests.faults.stopping_disk import fill, remounted, small_disk

pytestmark = pytest.mark.faults


def said(key: str, lang: str, **params: str) -> str:
    return Words.load(lang)(key, **params)


async def reads(console: Console) -> tuple[int, int]:
    """Orders and listings, as a page and its search box ask for them."""
    rows = await console.store.orders.query(OrderQuery(limit=500))
    await console.store.orders.query(OrderQuery(search=rows[0].number, limit=5))
    return len(rows), await console.store.listings.count(ListingQuery())


async def pulled_on_a_full_disk(
    console: Console, row: ConnectionRow, shop: Shop, full: Callable[[], Awaitable[None]], free: Callable[[], Awaitable[None]]
) -> None:  # fmt: skip
    """A pull that meets a full disk in its middle, and what goes on before and after there is room again."""
    assert (await console.engine.sync_orders(row)).outcome == "done"
    await console.engine.sync_listings(row)
    before, at = await remote_ids(console.store), await console.store.cursors.get(row.id, "orders")
    await asyncio.sleep(1.1)  # WooCommerce's instants are whole seconds
    shop.control.post("/_control/orders", json={"count": 150})
    await full()
    result = await console.engine.sync_orders(row)
    assert result.outcome == "failed"
    assert result.message is not None
    assert result.message.code == "store.full"
    for lang in LANGUAGES:
        assert said("store.full", lang) != "store.full"
    stored = await remote_ids(console.store)
    assert before <= stored < shop.truth()
    moved = await console.store.cursors.get(row.id, "orders")
    assert moved == at or stored != before, "the cursor moved although no page was stored"
    assert await reads(console) == (len(stored), 9)
    await free()
    healed = await console.engine.sync_orders(row)
    assert healed.outcome == "done"
    assert await remote_ids(console.store) == shop.truth()
    jobs = await console.store.jobs.recent(20)
    assert all(job.state == "ended" for job in jobs), "the end of the failed job was never written down"
    assert await console.store.integrity() == []


async def test_a_full_disk_by_sqlites_own_limit(tmp_path: Path) -> None:
    with shop() as server:
        async with console_on(tmp_path / "ws", server) as (console, row):

            async def limit(pages: str) -> None:
                await console.store.db.write(
                    lambda conn: conn.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]
                )

            async def full() -> None:
                used = await console.store.db.read(lambda conn: conn.execute("PRAGMA page_count").fetchone()[0])
                await limit(str(used))

            await pulled_on_a_full_disk(console, row, server, full, lambda: limit("1000000"))


async def test_a_full_disk_that_is_real(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, shop() as server:
        async with console_on(disk / "ws", server) as (console, row):

            async def full() -> None:
                await asyncio.to_thread(fill, disk)

            async def free() -> None:
                (disk / "fill").unlink()

            await pulled_on_a_full_disk(console, row, server, full, free)


def test_the_command_line_on_a_full_and_on_a_read_only_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, shop() as server:
        terminal = Terminal(disk / "ws", tmp_path)
        terminal.connect(server)
        assert terminal("sync")[0] == 0
        _, whole = terminal("orders")
        rest = fill(disk)
        for lang in LANGUAGES:
            told = said("store.full", lang)
            code, out = terminal("sync", lang=lang)
            assert (code, told in out) == (1, True), out
        code, out = terminal("orders")
        assert (code, out.replace(said("store.full", "en"), "").strip()) == (0, whole.strip())
        code, out = terminal("price", "set", "Mağaza", "PX-00001", "12.50", "--sure")
        assert (code, said("store.full", "en") in out) == (1, True)
        rest.unlink()
        assert terminal("sync")[0] == 0
        remounted(disk, "ro")
        for lang in LANGUAGES:
            code, out = terminal("sync", lang=lang)
            assert (code, said("store.read_only", lang, path=str(disk / "ws")) in out) == (1, True), out
        code, out = terminal("orders")
        assert code == 0
        assert whole.strip() in out
        remounted(disk, "rw")
        assert terminal("sync")[0] == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write where nobody may")
def test_the_command_line_in_a_folder_without_permission(tmp_path: Path) -> None:
    with shop() as server:
        terminal = Terminal(tmp_path / "ws", tmp_path)
        terminal.connect(server)
        assert terminal("sync")[0] == 0
        files = [tmp_path / "ws", *(tmp_path / "ws").iterdir()]
        modes = {path: path.stat().st_mode for path in files}
        for path in files:
            path.chmod(path.stat().st_mode & ~0o222)
        try:
            code, out = terminal("sync", lang="tr")
            assert (code, said("store.read_only", "tr", path=str(tmp_path / "ws")) in out) == (1, True), out
            assert terminal("orders")[0] == 0
        finally:
            for path, mode in modes.items():
                path.chmod(mode)
        assert terminal("sync")[0] == 0


LOCKER = """
import sqlite3, sys, time
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
conn.execute("ROLLBACK")
"""


class Locker:
    """A second process that holds the store's file locked for some seconds."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = path, seconds

    def __enter__(self) -> Locker:
        line = [sys.executable, "-c", LOCKER, str(self.path), str(self.seconds)]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "locked"
        self.until = time.monotonic() + self.seconds
        return self

    def __exit__(self, *_: object) -> None:
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


async def test_a_file_that_is_locked_for_three_seconds_is_waited_for(tmp_path: Path) -> None:
    with shop() as server:
        async with console_on(tmp_path / "ws", server) as (console, row):
            await console.engine.sync_listings(row)
            with Locker(console.workspace.store, 3.0) as locker:
                pull = asyncio.ensure_future(console.engine.sync_orders(row))
                await asyncio.sleep(0.1)
                assert await console.store.listings.count(ListingQuery()) == 9
                assert await console.store.orders.count(OrderQuery()) == 0
                assert locker.process.poll() is None, "reading waited for the lock"
                result = await pull
                assert time.monotonic() > locker.until - 0.5, "the file was not locked at all"
            assert result.outcome == "done"
            assert await remote_ids(console.store) == server.truth()


async def test_a_file_that_stays_locked_is_told_and_the_next_pull_goes_through(tmp_path: Path) -> None:
    with shop() as server:
        async with console_on(tmp_path / "ws", server) as (console, row):

            def impatient(conn: sqlite3.Connection) -> None:
                conn.execute("PRAGMA busy_timeout = 200")

            # Not in a transaction: SQLite takes the pragma at once either way.
            await console.store.db.write(impatient)
            with Locker(console.workspace.store, 1.5):
                result: Result = await console.engine.sync_orders(row)
                assert (result.outcome, result.message and result.message.code) == ("failed", "store.busy")
                for lang in LANGUAGES:
                    assert said("store.busy", lang, path="x") != "store.busy"
            assert (await console.engine.sync_orders(row)).outcome == "done"
            assert await remote_ids(console.store) == server.truth()
            assert all(job.state == "ended" for job in await console.store.jobs.recent(5))


def test_a_vault_on_a_full_disk_keeps_its_old_state_and_saves_again(tmp_path: Path) -> None:
    from app.contracts import Secret
    from app.vault import Profile, VaultUnsaved

    async def go(disk: Path) -> None:
        vault, _ = await Vault.create(
            disk / "vault.paxv", keyring=None, password=Secret(PASSWORD), profile=Profile.TEST
        )
        await vault.put("a", {"key": "alpha"})
        raw = (disk / "vault.paxv").read_bytes()
        rest = fill(disk)
        with pytest.raises(VaultUnsaved) as caught:
            await vault.put("a", {"key": "beta"})
        assert caught.value.key == "vault.disk_full"
        assert (disk / "vault.paxv").read_bytes() == raw
        assert (await vault.get("a"))["key"].reveal() == "alpha"
        rest.unlink()
        await vault.put("a", {"key": "beta"})
        again = await Vault.open(disk / "vault.paxv")
        await again.unlock_with_password(Secret(PASSWORD))
        assert (await again.get("a"))["key"].reveal() == "beta"

    with small_disk(tmp_path / "disk", 1) as disk:
        asyncio.run(go(disk))
        fill(disk)
        with pytest.raises(OSError) as full:
            save_atomically(disk / "label.pdf", b"x" * 10_000)
        assert full.value.errno == errno.ENOSPC  # its words are the system's, in the system's language
        assert not [path for path in disk.iterdir() if path.suffix == ".tmp"]
