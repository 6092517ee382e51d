"""The file itself: writer and readers, full disks, damage, migrations, the museum."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from store_making import T0, Clock, happened, order, page, shop

from app.store import Database, OrderQuery, Store, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly
from app.store import errors as store_errors
from app.store.migrations import LATEST, STEPS, migrate, statements, version

MUSEUM = Path(__file__).parents[2] / "fixtures" / "museum"


async def test_pragmas_and_threads(store: Store) -> None:
    def look(conn: sqlite3.Connection) -> tuple[object, ...]:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return (*(conn.execute("PRAGMA " + n).fetchone()[0] for n in names), threading.current_thread().name)

    assert await store.db.write(look) == ("wal", 2, 1, 0, "store-write")
    mode, _, _, query_only, thread = await store.db.read(look)
    assert (mode, query_only) == ("wal", 1)
    assert thread.startswith("store-read")


async def test_every_table_is_strict(store: Store) -> None:
    def loose(conn: sqlite3.Connection) -> list[str]:
        return [
            row[0]
            for row in conn.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0")
            if not row[0].startswith(("sqlite_", "_sqlite"))
        ]

    assert await store.db.read(loose) == []


async def test_readers_refuse_writes(store: Store) -> None:
    with pytest.raises(StoreReadOnly) as caught:
        await store.db.read(lambda conn: conn.execute("INSERT INTO settings VALUES ('a', '1')"))
    assert caught.value.key == "store.read_only"
    assert caught.value.message.params["path"].endswith("store.sqlite")
    assert await store.settings.get("a") is None


async def test_a_failing_job_rolls_back_and_the_next_one_works(store: Store) -> None:
    def fails(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO settings VALUES ('a', '1')")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await store.db.write(fails)
    await store.settings.set("b", {"x": [1]})
    assert await store.settings.all() == {"b": {"x": [1]}}
    with pytest.raises(sqlite3.IntegrityError):
        await store.db.write(lambda conn: conn.execute("INSERT INTO settings VALUES ('b', '2')"))


async def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await store.orders.apply_page(99, "nobody", page(order()), now=T0)


async def test_reads_see_one_snapshot(store: Store) -> None:
    await store.settings.set("n", 0)
    started, go_on = threading.Event(), threading.Event()

    def slow(conn: sqlite3.Connection) -> tuple[str, str]:
        query = "SELECT value FROM settings WHERE key = 'n'"
        before = conn.execute(query).fetchone()[0]
        started.set()
        assert go_on.wait(60)
        return before, conn.execute(query).fetchone()[0]

    reading = asyncio.create_task(store.db.read(slow))
    await happened(started)
    await store.settings.set("n", 1)
    go_on.set()
    assert await reading == ("0", "0")
    assert await store.settings.get("n") == 1


async def test_cancelled_while_waiting_is_dropped_and_while_running_is_kept(store: Store) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(conn: sqlite3.Connection) -> None:
        started.set()
        assert go_on.wait(60)
        conn.execute("INSERT INTO settings VALUES ('running', '1')")

    running = asyncio.create_task(store.db.write(slow))
    await happened(started)
    waiting = asyncio.create_task(store.settings.set("waiting", 1))
    await asyncio.sleep(0)
    running.cancel()
    waiting.cancel()
    await asyncio.wait([waiting])  # the cancellation has reached the queue before the writer may go on
    go_on.set()
    assert set(await asyncio.gather(running, waiting, return_exceptions=True)) != {None}
    await store.settings.set("after", 1)
    assert await store.settings.all() == {"after": 1, "running": 1}


async def test_close_drains_checkpoints_and_refuses_more(tmp_path: Path, clock: Clock) -> None:
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    writes = [asyncio.create_task(store.settings.set(f"k{n}", n)) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    await asyncio.gather(*writes)
    assert os.listdir(tmp_path) == ["store.sqlite"]
    for call in (store.settings.set("late", 1), store.settings.get("k1")):
        with pytest.raises(StoreError, match=r"store\.closed"):
            await call
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    assert len(await store.settings.all()) == 50
    await store.close()


async def test_close_interrupts_a_long_read(store: Store) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    started = threading.Event()

    def read(conn: sqlite3.Connection) -> object:
        started.set()
        return conn.execute(endless).fetchone()

    reading = asyncio.create_task(store.db.read(read))
    await happened(started)
    begun = time.monotonic()
    await store.close()
    assert time.monotonic() - begun < 60
    with pytest.raises(StoreError, match=r"store\.closed"):
        await reading


async def test_disk_full_is_told_and_recovers(store: Store) -> None:
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(order("1")), now=T0)

    def limit(pages: int) -> object:
        return lambda conn: conn.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]

    size = await store.db.read(lambda conn: conn.execute("PRAGMA page_count").fetchone()[0])
    await store.db.write(limit(size))  # type: ignore[arg-type]
    many = [order(str(n), note="x" * 1500) for n in range(2, 200)]
    cursor = ("orders", T0)
    with pytest.raises(StoreFull) as caught:
        await store.orders.apply_page(connection.id, "acc", page(*many), cursor=cursor, now=T0)
    assert caught.value.key == "store.full"
    assert await store.orders.count(OrderQuery()) == 1
    assert await store.cursors.get(connection.id, "orders") is None
    assert [row.remote_id for row in await store.orders.query(OrderQuery(search="isirgan"))] in (["1"], [])
    await store.db.write(limit(1_000_000))  # type: ignore[arg-type]
    applied = await store.orders.apply_page(connection.id, "acc", page(*many), cursor=cursor, now=T0)
    assert len(applied.new) == 198
    assert await store.orders.count(OrderQuery(search="isirgan")) == 199
    assert await store.integrity() == []


async def test_a_search_on_a_full_disk_gives_what_is_indexed(store: Store) -> None:
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(order("1")), now=T0)
    assert len(await store.orders.query(OrderQuery(search="isirgan"))) == 1
    size = await store.db.read(lambda conn: conn.execute("PRAGMA page_count").fetchone()[0])

    async def full(job: object) -> bool:
        raise StoreFull("store.full", path="", size=str(size))

    await store.orders.apply_page(connection.id, "acc", page(order("2")), now=T0)
    write = store.db.write
    store.db.write = full  # type: ignore[method-assign, assignment]
    found = await store.orders.query(OrderQuery(search="isirgan"))
    store.db.write = write  # type: ignore[method-assign]
    assert {row.remote_id for row in found} <= {"1", "2"}
    assert {row.remote_id for row in await store.orders.query(OrderQuery(search="isirgan"))} == {"1", "2"}


@pytest.mark.parametrize("hurt", ["header", "garbage", "middle", "emptied"])
async def test_a_damaged_file_is_kept_and_never_replaced(tmp_path: Path, clock: Clock, hurt: str) -> None:
    path = tmp_path / "store.sqlite"
    store = await Store.open(path, now=clock)
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(*(order(str(n)) for n in range(50))), now=T0)
    await store.close()
    data = bytearray(path.read_bytes())
    if hurt == "header":
        data[0:16] = b"Not a database!!"
    elif hurt == "garbage":
        data[:] = b"\xff" * len(data)
    elif hurt == "emptied":
        data.clear()
    else:
        data[4096:-4096] = bytes(len(data) - 8192)
    path.write_bytes(data)

    with pytest.raises(StoreDamaged) as caught:
        await Store.open(path, now=clock)
    kept = caught.value.paths
    assert kept[0].name == "store.damaged-20251124-070000.sqlite"
    assert kept[0].read_bytes() == data
    assert not path.exists()
    with pytest.raises(StoreDamaged) as again:
        await Store.open(path, now=clock)
    assert kept[0] in again.value.paths
    assert not path.exists()
    fresh = await Store.open(path, now=clock, afresh=True)
    assert await fresh.orders.count(OrderQuery()) == 0
    await fresh.close()
    assert kept[0].exists()


async def test_two_damaged_files_in_one_second_are_both_kept(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    for text in (b"first" * 1000, b"second" * 1000):
        path.write_bytes(text)
        with pytest.raises(StoreDamaged):
            await Store.open(path, now=clock)
    kept = sorted((tmp_path / name).read_bytes()[:5] for name in os.listdir(tmp_path))
    assert kept == [b"first", b"secon"]


async def test_damage_met_while_reading_is_told_and_looked_at_next_time(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    store = await Store.open(path, now=clock)
    connection = await shop(store)
    items = [order(str(n), note="ğ" * 1500) for n in range(3000)]
    for start in range(0, 3000, 500):
        await store.orders.apply_page(connection.id, "acc", page(*items[start : start + 500]), now=T0)
    await store.close()
    assert path.stat().st_size > 8 * 2**20
    with path.open("r+b") as file:
        file.seek(6 * 2**20)
        file.write(b"\xa5" * (path.stat().st_size - 6 * 2**20))
    store = await Store.open(path, now=clock)  # too big for a look at every start
    with pytest.raises(StoreDamaged):
        await store.orders.query(OrderQuery(sort="buyer"))
    await store.close()
    with pytest.raises(StoreDamaged) as caught:
        await Store.open(path, now=clock)
    assert caught.value.paths[0].exists()
    assert not path.exists()


async def test_integrity_sees_an_index_that_lost_a_row(store: Store) -> None:
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(order("1"), order("2")), now=T0)
    await store.orders.query(OrderQuery(search="x"))
    assert await store.integrity() == []
    await store.db.write(
        lambda conn: conn.execute("UPDATE order_documents SET folded = 'other words' WHERE order_id = 1").rowcount
    )
    assert any("order_words" in line for line in await store.integrity())


async def test_integrity_sees_a_missing_parent(store: Store) -> None:
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(order("1")), now=T0)
    other = sqlite3.connect(store.db.path)
    other.execute("DELETE FROM order_lines")
    other.execute("DELETE FROM order_documents")
    other.execute("UPDATE orders SET connection_id = 77")
    other.commit()
    other.close()
    assert any("missing connections" in line for line in await store.integrity())


async def test_a_second_program_reads_only(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    with pytest.raises(StoreReadOnly, match=r"store\.missing"):
        await Store.open(path, now=clock, read_only=True)
    assert not path.exists()
    owner = await Store.open(path, now=clock)
    connection = await shop(owner)
    await owner.orders.apply_page(connection.id, "acc", page(order("1")), now=T0)
    await asyncio.sleep(0.5)  # the writer's quiet moment brings the row into the index
    reader = await Store.open(path, now=clock, read_only=True)
    assert [row.number for row in await reader.orders.query(OrderQuery(search="isirgan"))] == ["101"]
    with pytest.raises(StoreReadOnly):
        await reader.settings.set("a", 1)
    assert await reader.integrity() == []
    await reader.close()
    await owner.settings.set("still", "mine")
    assert await owner.settings.get("still") == "mine"
    await owner.close()


@pytest.mark.slow
async def test_a_busy_file_is_told(tmp_path: Path, clock: Clock) -> None:
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    await store.db.write(lambda conn: None)
    await asyncio.sleep(0.3)
    other = sqlite3.connect(store.db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await store.settings.set("a", 1)
    other.execute("ROLLBACK")
    other.close()
    await store.settings.set("a", 1)
    await store.close()


async def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").mkdir()
    with pytest.raises(StoreReadOnly):
        await Database.open(tmp_path / "store.sqlite")


def test_other_errors_are_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def error(code: int) -> sqlite3.OperationalError:
        made = sqlite3.OperationalError("disk I/O error")
        made.sqlite_errorcode = code
        return made

    path = tmp_path / "store.sqlite"
    io = store_errors.translate(error(sqlite3.SQLITE_IOERR_WRITE), path)
    assert isinstance(io, StoreError)
    assert (io.key, str(io).startswith("store.io")) == ("store.io", True)
    monkeypatch.setattr(store_errors, "_LEAST_FREE", 2**62)
    assert isinstance(store_errors.translate(error(sqlite3.SQLITE_IOERR_WRITE), path), StoreFull)
    gone = tmp_path / "no" / "such" / "store.sqlite"
    assert not isinstance(store_errors.translate(error(sqlite3.SQLITE_IOERR), gone), StoreFull)
    plain = sqlite3.ProgrammingError("mine")
    assert store_errors.translate(plain, path) is plain
    assert str(StoreError("store.closed")) == "store.closed"


# Migrations


async def test_a_file_of_a_later_program_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    await (await Store.open(path, now=clock)).close()
    conn = sqlite3.connect(path)
    conn.execute(f"PRAGMA user_version = {LATEST + 1}")
    conn.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"store\.newer"):
        await Store.open(path, now=clock)
    assert path.read_bytes() == before


def test_steps_run_once_each_in_order_and_whole(tmp_path: Path) -> None:
    conn = sqlite3.connect(tmp_path / "s.sqlite", isolation_level=None)
    assert migrate(conn) == 0
    assert (version(conn), migrate(conn)) == (LATEST, LATEST)

    def adds(c: sqlite3.Connection) -> None:
        c.execute("CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT")

    def breaks(c: sqlite3.Connection) -> None:
        c.execute("CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        migrate(conn, (*STEPS, ("0900_adds", adds), ("0901_breaks", breaks)))
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_schema")}
    assert version(conn) == LATEST + 1
    assert "extra" in names
    assert "half" not in names
    conn.close()


def test_statements_are_split_whole() -> None:
    assert len(list(statements("-- a; b\nCREATE TABLE a (\n x TEXT DEFAULT ';'\n);\nSELECT 1;\n\n"))) == 2
    with pytest.raises(ValueError, match="unfinished"):
        list(statements("SELECT 1"))


def test_there_is_a_museum_piece_of_every_version() -> None:
    assert {p.name for p in MUSEUM.glob("store-v*.sqlite")} == {f"store-v{n}.sqlite" for n in range(1, LATEST + 1)}


@pytest.mark.parametrize("piece", sorted(MUSEUM.glob("store-v*.sqlite")), ids=lambda p: p.stem)
async def test_old_files_open(piece: Path, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    shutil.copyfile(piece, path)
    store = await Store.open(path, now=clock)
    assert await store.db.read(version) == LATEST
    assert await store.integrity() == []
    rows = await store.orders.query(OrderQuery(search="ISIRGAN"))
    assert [row.number for row in rows] == ["102", "101"]
    one = await store.orders.get(rows[1].id)
    assert one is not None
    assert (one.order.lines[0].title, one.note, one.local_state) == ("Isırgan Çayı", "kapıcıya bırak", "packed")
    listings = await store.listings.by_sku(rows[0].connection_id, "SKU-1")
    assert [(row.price_micros, row.wanted_price_micros) for row in listings] == [(100_000_000, 120_000_000)]
    assert await store.outbox.counts() == {"queued": 1}
    assert await store.attention.count() == 1
    await store.close()
