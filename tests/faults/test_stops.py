"""Stop at the n-th write or fsync of an import and of a migration: the old state or the new one, never a third.

An import is a page that a pull brings, and `paxzar restore`. A vault's save is stopped at every step in
tests/app/vault/test_vault_saves.py, a single file's in tests/app/platform/test_platform_files.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.api import restoring
from app.api.backup import restore
from app.contracts import Page
from app.model import Buyer, Money, Order, OrderStatus
from app.store import Store, StoreError
from app.store.migrations import LATEST
from app.store.workspace import Workspace
from tests.app.api.backing import KEY, NOW, PASS, backed_up, opened
from tests.faults.stopping_disk import FULL, ROUNDS, Counter, PowerCut, files_on, some_of, sqlite_on

pytestmark = pytest.mark.faults
T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MUSEUM = Path(__file__).parents[1] / "fixtures" / "museum"
OLD, NEW = {"1", "2"}, {"1", "2", "3", "4", "5", "6"}


def order(number: int) -> Order:
    return Order(
        remote_id=str(number), number=f"N-{number}", status=OrderStatus.OPEN, vendor_status="", placed_at=T0,
        updated_at=T0 + timedelta(minutes=number), total=Money.from_micros(number * 1_000_000, "TRY"), lines=(),
        buyer=Buyer(f"Ayşe {number}"), note="x" * 700,
    )  # fmt: skip


async def stored(path: Path) -> Store:
    return await Store.open(path, now=lambda: T0)


async def prepared(folder: Path) -> Path:
    """A closed store with orders 1 and 2, its cursor at minute 2."""
    folder.mkdir()
    store = await stored(folder / "store.sqlite")
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Dükkân", "trendyol", "acc", "live")
    await pull(store, row.id, range(1, 3))
    await store.close()
    return folder


async def pull(store: Store, connection: int, numbers: range) -> None:
    page = Page(tuple(order(n) for n in numbers))
    cursor = ("orders", T0 + timedelta(minutes=max(numbers)))
    await store.orders.apply_page(connection, "acc", page, cursor=cursor, now=T0)


async def trouble_of(work: Awaitable[None]) -> str:
    try:
        await work
    except StoreError as error:
        return error.key
    return ""


async def look(path: Path) -> tuple[set[str], int, list[str]]:
    """Orders, the cursor's minute, and what SQLite finds amiss; read as the next start reads it."""
    store = await stored(path)
    cursor = await store.cursors.get(1, "orders")
    wrong = await store.integrity()
    found = await store.db.read(lambda conn: {row[0] for row in conn.execute("SELECT remote_id FROM orders")})
    await store.close()
    assert cursor is not None
    return found, round((cursor - T0) / timedelta(minutes=1)), wrong


async def imported(path: Path, counter: Counter, stop: int) -> int:
    """Open, then one page and a close on a disk that stops at `stop` (0: never); how many steps it took."""
    store = await stored(path)
    counter.begin(stop)
    with contextlib.suppress(StoreError):
        await pull(store, 1, range(3, 7))
    await store.close()
    return counter.end()


async def test_a_page_of_an_import_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    base = await prepared(tmp_path / "base")
    counter, seen = Counter(), []
    with sqlite_on(counter):
        shutil.copytree(base, tmp_path / "count")
        steps = await imported(tmp_path / "count" / "store.sqlite", counter, 0)
    assert steps > 30
    for stop in some_of(steps, 60):
        place = tmp_path / str(stop)
        shutil.copytree(base, place)
        with sqlite_on(counter):
            await imported(place / "store.sqlite", counter, stop)
        found, minute, wrong = await look(place / "store.sqlite")
        assert (found, minute) in ((OLD, 2), (NEW, 6)), stop
        assert wrong == [], stop
        seen.append(found == NEW)
        shutil.rmtree(place)
    assert seen == sorted(seen), "what was there at one step was gone at a later one"
    assert set(seen) == {False, True}
    print(f"steps of a page and a checkpoint: {steps}, tried {len(seen)}")


async def test_a_disk_that_is_full_at_any_write_is_told_and_the_same_page_goes_in_later(tmp_path: Path) -> None:
    base = await prepared(tmp_path / "base")
    counter, told = Counter(goes_on=True), 0
    with sqlite_on(counter, FULL):
        shutil.copytree(base, tmp_path / "count")
        steps = await imported(tmp_path / "count" / "store.sqlite", counter, 0)
        for stop in some_of(steps, 16):
            place = tmp_path / str(stop)
            shutil.copytree(base, place)
            store = await stored(place / "store.sqlite")
            counter.begin(stop)
            trouble = await trouble_of(pull(store, 1, range(3, 7)))
            if trouble:
                assert trouble == "store.full"
                cursor = await store.cursors.get(1, "orders")
                assert cursor == T0 + timedelta(minutes=2), "the cursor moved past rows that are not there"
                told += 1
                await pull(store, 1, range(3, 7))  # without a restart
            await store.close()
            counter.end()
            assert await look(place / "store.sqlite") == (NEW, 6, [])
            shutil.rmtree(place)
    assert told


@pytest.mark.parametrize("piece", sorted(p.name for p in MUSEUM.glob("store-v?.sqlite"))[:-1])
async def test_a_migration_leaves_a_whole_version(tmp_path: Path, piece: str) -> None:
    def copied(folder: Path) -> Path:
        folder.mkdir()
        for part in MUSEUM.glob(f"{piece}*"):
            shutil.copyfile(part, folder / part.name.replace(piece, "store.sqlite"))
        return folder / "store.sqlite"

    async def migrated(path: Path, stop: int) -> int:
        counter.begin(stop)
        with contextlib.suppress(StoreError):
            await (await stored(path)).close()
        return counter.end()

    def version_of(path: Path) -> int:
        with contextlib.closing(sqlite3.connect(path)) as conn:
            return int(conn.execute("PRAGMA user_version").fetchone()[0])

    counter = Counter()
    had = version_of(copied(tmp_path / "had"))
    with sqlite_on(counter):
        steps = await migrated(copied(tmp_path / "count"), 0)
    for stop in some_of(steps, 16):
        path = copied(tmp_path / str(stop))
        with sqlite_on(counter):
            await migrated(path, stop)
        assert had <= version_of(path) <= LATEST
        store = await stored(path)  # the next start finishes it
        assert await store.integrity() == []
        assert await store.audit.verify() is None
        assert await store.db.read(lambda conn: conn.execute("SELECT count(*) FROM orders").fetchone()[0]) == 2
        await store.close()
        assert version_of(path) == LATEST
        shutil.rmtree(path.parent)


async def state(folder: Path) -> tuple[str, str, str, int]:
    """What a merchant would see: a note, a key, a setting, and how many orders."""
    async with opened(folder) as parts:
        assert await parts.store.integrity() == []
        one = await parts.store.orders.get(1)
        assert one is not None
        assert parts.vault is not None
        key = (await parts.vault.get("acc"))["key"].reveal()
        count = await parts.store.db.read(lambda conn: conn.execute("SELECT count(*) FROM orders").fetchone()[0])
        return one.note, key, parts.workspace.settings.read_text("utf-8"), count


async def test_a_restore_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAXZAR_HOME", str(tmp_path / "home"))
    _, file = await backed_up(tmp_path)
    base = tmp_path / "base"
    shutil.copytree(tmp_path / "ws", base)
    async with opened(base) as parts:
        await parts.store.orders.set_local([1], note="newer")
        assert parts.vault is not None
        await parts.vault.put("acc", {"key": "newer"})
        parts.workspace.settings.write_text("{}", encoding="utf-8")
    counter = Counter()
    was, shall = ("newer", "newer", "{}", 2), ("", KEY, '{"theme": "dark"}', 2)

    async def restored(place: Path, stop: int) -> int:
        shutil.copytree(base, place)
        # The notes of this computer (how far the vault's counter was) belong to the workspace of this try only.
        shutil.copytree(tmp_path / "home", home := tmp_path / f"home of {place.name}")
        monkeypatch.setenv("PAXZAR_HOME", str(home))
        with files_on(counter), sqlite_on(counter):
            counter.begin(stop)
            # The machine is gone, whatever the program would still tell of it.
            with contextlib.suppress(PowerCut, StoreError, OSError):
                await restore(file, PASS, place, now=lambda: NOW)
            done = counter.end()
        (place / "owner.lock").unlink(missing_ok=True)  # a machine that is gone holds no lock
        return done

    steps = await restored(tmp_path / "count", 0)
    assert await state(tmp_path / "count") == shall
    seen = []
    for stop in some_of(steps, 30, last=22):
        place = tmp_path / f"r{stop}"
        await restored(place, stop)
        found = await state(place)  # finishes what was decided, as every start does
        assert found in (was, shall), stop
        seen.append(found == shall)
        assert not list(place.glob(".restore-*"))
        assert await asyncio.to_thread(restoring.finish_interrupted, Workspace(place)) is None
        shutil.rmtree(place)
        shutil.rmtree(tmp_path / f"home of {place.name}")
    assert set(seen) == {False, True}
    assert seen == sorted(seen)
    print(f"steps of a restore: {steps}, tried {len(seen)} (rounds {ROUNDS})")
