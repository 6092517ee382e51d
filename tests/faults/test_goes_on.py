"""What must go on while the disk is full, and what must not wait for a year after the clock was wrong for a minute."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.api.backup import restore
from app.api.sealed import BackupError
from app.contracts import Message
from app.formats.words import Words
from app.jobs.engine import Engine
from app.monitor.health import State, judge
from app.printing.documents import make_document
from app.store import Store, StoreFull
from app.store.order_query import OrderQuery
from app.store.workspace import Workspace, WorkspaceKind
from tests.app.api.backing import PASS, backed_up
from tests.faults.running import LANGUAGES, Terminal, console_on, shop
from tests.faults.stopping_disk import fill, small_disk
from tests.support.waiting import until

pytestmark = pytest.mark.faults
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


async def test_labels_are_printed_while_the_store_is_full(tmp_path: Path) -> None:
    with shop() as server:
        async with console_on(tmp_path / "ws", server) as (console, row):
            await console.engine.sync_orders(row)
            (order,) = await console.store.orders.query(OrderQuery(limit=1))
            real = console.store.db.write

            async def full(job: object) -> object:
                raise StoreFull("store.full", path="")

            console.store.db.write = full  # type: ignore[method-assign, assignment]
            path, pages = await make_document(console.store, [order.id], "label", tmp_path / "l.pdf", Words.load("tr"))
            console.store.db.write = real  # type: ignore[method-assign]
            assert (pages, path.read_bytes()[:5]) == (1, b"%PDF-")


def test_the_command_line_prints_on_a_full_disk_and_tells_where_it_cannot(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, shop() as server:
        terminal = Terminal(disk / "ws", tmp_path)
        terminal.connect(server)
        assert terminal("sync")[0] == 0
        number = terminal("orders", "--limit", "1")[1].split()[1]
        fill(disk)
        code, told = terminal("label", number, "--out", str(tmp_path / "l.pdf"))
        assert code == 0, told
        assert (tmp_path / "l.pdf").read_bytes()[:5] == b"%PDF-"
        for lang in LANGUAGES:
            code, told = terminal("label", number, "--out", str(disk / "l.pdf"), lang=lang)
            assert code == 1
            assert Words.load(lang)("file.full", path="|", reason="").partition("|")[0] in told


async def test_a_restore_onto_a_full_disk_is_told_and_leaves_nothing_locked(tmp_path: Path) -> None:
    _, file = await backed_up(tmp_path)
    with small_disk(tmp_path / "disk", 2) as disk:
        Workspace(disk / "ws").prepare(WorkspaceKind.LIVE)
        rest = await asyncio.to_thread(fill, disk)
        with pytest.raises(BackupError, match=r"backup\.disk_full"):
            await restore(file, PASS, disk / "ws")
        rest.unlink()
        await restore(file, PASS, disk / "ws")


async def test_the_writer_of_samples_outlives_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.engine.SAMPLES_INTERVAL_S", 0.01)
    with shop() as server:
        async with console_on(tmp_path / "ws", server) as (console, row):
            real = console.store.samples.add

            refused: list[object] = []

            async def full(samples: object) -> None:
                refused.append(samples)
                raise StoreFull("store.full", path="")

            console.store.samples.add = full  # type: ignore[method-assign, assignment]
            writing = asyncio.ensure_future(console.engine._write_samples())
            assert (await console.engine.probe(row))[0].outcome == "done"
            await until(lambda: len(refused) >= 2, "the full disk was met, and met again")
            assert not writing.done()
            console.store.samples.add = real  # type: ignore[method-assign]

            async def written() -> bool:
                return await console.store.samples.last_ok(row.id) is not None

            await until(written, "the call was forgotten")
            writing.cancel()


async def clocked(tmp_path: Path) -> tuple[Store, list[datetime], int]:
    at = [NOW]
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: at[0])
    await store.accounts.add("acc", "woocommerce", "live")
    row = await store.connections.add("Mağaza", "woocommerce", "acc", "live")
    return store, at, row.id


async def test_a_back_off_of_a_wrong_year_is_over_with_it(tmp_path: Path) -> None:
    store, at, connection = await clocked(tmp_path)
    await store.outbox.enqueue(connection, "price", 1, b"{}", "k")
    at[0] = NOW + YEAR
    (row,) = await store.outbox.take(connection, "price", 10, at[0])
    await store.outbox.release([row.key], at[0] + timedelta(seconds=5), Message("net.timeout"))
    assert await store.outbox.due(at[0]) == []
    at[0] = NOW + timedelta(minutes=1)
    assert await store.outbox.due(at[0]) == [(connection, "price", 1)]
    (row,) = await store.outbox.take(connection, "price", 10, at[0])
    await store.outbox.release([row.key], at[0] + timedelta(seconds=5), Message("net.timeout"))
    assert await store.outbox.take(connection, "price", 10, at[0]) == [], "a back-off of today holds"
    await store.close()


@pytest.mark.parametrize("ahead", [YEAR, timedelta(days=1)])
async def test_health_tells_the_last_word_whatever_the_clock_said(tmp_path: Path, ahead: timedelta) -> None:
    store, _, connection = await clocked(tmp_path)

    async def state() -> State:
        row = await store.connections.get(connection)
        assert row is not None
        return judge(row, None, 1000, "closed", None)[0]

    trouble = Message("server.error")
    await store.connections.note_ok(connection, NOW + ahead)
    await store.connections.note_error(connection, trouble, NOW)
    assert await state() is State.UNHEALTHY, "an error of today is hidden by a good answer of next year"
    await store.connections.note_error(connection, trouble, NOW + ahead)
    await store.connections.note_ok(connection, NOW + timedelta(minutes=1))
    assert await state() is State.HEALTHY, "an error of next year outlives today's good answer"
    await store.close()


async def test_a_good_call_of_next_year_is_no_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop() as server:
        async with console_on(tmp_path / "ws", server) as (console, row):
            probes = []

            async def probe(self: Engine, row: object, asked_by: str = "") -> None:
                probes.append(row)

            monkeypatch.setattr(Engine, "probe", probe)

            async def last(self: object, connection: int) -> datetime:
                return datetime.now(UTC) + YEAR

            monkeypatch.setattr(type(console.store.samples), "last_ok", last)
            await console.engine._probe_if_silent(row)
            assert probes == [row]
