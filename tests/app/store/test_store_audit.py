"""The audit log: it only grows, a change is found at the right entry, and no person is in it; copies of the store."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store_making import T0, Clock, order, page, shop

from app.store import Action, AuditFilter, BrokenLink, Head, Outcome, Store, StoreError, audit
from app.store.audit import counted
from app.store.copies import copy_to, head_of, look_into

MUSEUM = Path(__file__).parents[2] / "fixtures" / "museum"
GUARDS = ("audit_never_changes", "audit_never_shrinks", "audit_only_grows")


async def some(store: Store, count: int = 5) -> None:
    for number in range(1, count + 1):
        await store.audit.note(
            Action.PRICE_WISHED, connection_id=number % 2 + 1, details=counted([number]), actor="ayse"
        )


def unguarded(path: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """A hand with the file: takes the guards away, does its work, puts them back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        guards = dict(conn.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall())
        for name in GUARDS:
            conn.execute(f"DROP TRIGGER {name}")
        for sql, values in statements:
            conn.execute(sql, values)
        for name in GUARDS:
            conn.execute(guards[name])


async def test_an_entry_comes_back_as_it_was_noted(store: Store, clock: Clock) -> None:
    first = await store.audit.note(
        Action.DOCUMENT_PRINTED,
        connection_id=3,
        subject=("order", 17),
        details={"pages": 2, "copy": True, "none": None},
    )
    clock.now += timedelta(hours=1)
    await store.audit.note(Action.KEYS_CHANGED, subject=("account", "trendyol-1a2b3c4d"), outcome=Outcome.REFUSED)
    newest, oldest = await store.audit.query()
    assert (first, oldest.id, newest.id) == (1, 1, 2)
    assert (oldest.at, oldest.actor) == (T0, audit.os_user())
    assert (oldest.action, oldest.connection_id, oldest.subject_kind, oldest.subject_id, oldest.outcome) == (
        "document.printed", 3, "order", "17", "done",
    )  # fmt: skip
    assert oldest.details == {"pages": 2, "copy": True, "none": None}
    assert (newest.outcome, newest.connection_id, newest.details) == ("refused", None, {})
    assert await store.audit.head() == Head(2, newest.hash)
    assert len({oldest.hash, newest.hash}) == 2


async def test_the_hash_is_what_the_page_says(store: Store) -> None:
    """SHA-256 over the hash before and the columns as a JSON array: anybody can check it without this program."""
    await some(store, 2)
    rows = await store.db.read(lambda conn: conn.execute("SELECT * FROM audit ORDER BY id").fetchall())
    link = bytes(32)
    for *entry, found in rows:
        link = hashlib.sha256(link + msgspec.json.encode(entry)).digest()
        assert link == found


async def test_filter_pages_and_export(store: Store, clock: Clock) -> None:
    await some(store, 5)
    clock.now += timedelta(days=1)
    await store.audit.note(Action.STOCK_WISHED, connection_id=1, actor="veli", subject=("plan", "p-1"))
    log = store.audit
    assert [e.id for e in await log.query(AuditFilter(action="price"))] == [5, 4, 3, 2, 1]
    assert [e.id for e in await log.query(AuditFilter(action="stock.wished"))] == [6]
    assert await log.count(AuditFilter(action="pric")) == 0
    assert [e.id for e in await log.query(AuditFilter(connection_id=1))] == [6, 4, 2]
    assert [e.id for e in await log.query(AuditFilter(since=T0 + timedelta(hours=1)))] == [6]
    assert await log.count(AuditFilter(until=T0 + timedelta(hours=1))) == 5
    assert await log.count(AuditFilter(actor="veli", subject_kind="plan", subject_id="p-1", outcome="done")) == 1
    assert await log.count(AuditFilter(outcome="failed")) == 0
    assert [e.id for e in await log.query(before=3, limit=1)] == [2]
    assert [e.id async for e in log.export()] == [1, 2, 3, 4, 5, 6]
    assert [e.id async for e in log.export(AuditFilter(actor="veli"))] == [6]
    uses = {(u.actor, u.action, u.connection_id): u.count for u in await log.usage()}
    assert uses == {("ayse", "price.wished", 1): 2, ("ayse", "price.wished", 2): 3, ("veli", "stock.wished", 1): 1}
    (use,) = await log.usage(since=T0 + timedelta(hours=1))
    assert (use.first_at, use.last_at) == (clock.now, clock.now)


async def test_export_in_slices(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_SLICE", 2)
    await some(store, 5)
    assert [e.id async for e in store.audit.export()] == [1, 2, 3, 4, 5]
    assert await store.audit.verify() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET outcome = 'done' WHERE id = 2",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT 2, at, 'x', action, connection_id, '', '', 'done', '{}', hash FROM audit WHERE id = 1",
        "INSERT INTO audit SELECT 9, at, actor, action, connection_id, '', '', 'done', '{}', hash FROM audit WHERE id = 1",
        "REPLACE INTO audit SELECT * FROM audit WHERE id = 3",
    ],
)  # fmt: skip
async def test_the_file_itself_refuses_changes(store: Store, statement: str) -> None:
    await some(store, 3)
    with pytest.raises(sqlite3.IntegrityError, match="an audit entry"):
        await store.db.write(lambda conn: conn.execute(statement).rowcount)
    assert await store.audit.verify() is None
    assert await store.audit.count() == 3


CHANGES: dict[str, Any] = {
    "at": 5, "actor": "veli", "action": "stock.wished", "connection_id": 9, "subject_kind": "order", "subject_id": "1",
    "outcome": "failed", "details": '{"count":2,"ids":[3]}', "hash": bytes(32),
}  # fmt: skip


@pytest.mark.parametrize("column", CHANGES)
async def test_a_changed_column_is_found_at_its_entry(store: Store, column: str) -> None:
    await some(store, 5)
    assert await store.audit.verify() is None
    unguarded(store.db.path, (" ".join(("UPDATE audit SET", column, "= ? WHERE id = 3")), (CHANGES[column],)))
    assert await store.audit.verify() == BrokenLink(3, "changed")


async def test_a_removed_a_swapped_and_a_slipped_in_entry(store: Store, tmp_path: Path, clock: Clock) -> None:
    await some(store, 5)
    await store.close()

    async def broken(*statements: tuple[str, tuple[Any, ...]]) -> BrokenLink | None:
        path = tmp_path / "tampered.sqlite"
        shutil.copyfile(store.db.path, path)
        unguarded(path, *statements)
        again = await Store.open(path, now=clock)
        found = await again.audit.verify()
        await again.close()
        return found

    assert await broken() is None
    assert await broken(("DELETE FROM audit WHERE id = 2", ())) == BrokenLink(2, "missing")
    assert await broken(("DELETE FROM audit WHERE id = 1", ())) == BrokenLink(1, "missing")
    swap = tuple(("UPDATE audit SET id = ? WHERE id = ?", (b, a)) for a, b in ((2, 9), (3, 2), (9, 3)))
    assert await broken(*swap) == BrokenLink(2, "changed")
    removed = (
        ("DELETE FROM audit WHERE id = 2", ()),
        *(("UPDATE audit SET id = ? WHERE id = ?", (n, n + 1)) for n in (2, 3, 4)),
    )
    assert await broken(*removed) == BrokenLink(2, "changed")


async def test_an_entry_whose_hash_was_made_anew_breaks_the_next(store: Store) -> None:
    await some(store, 4)
    rows = await store.db.read(lambda conn: conn.execute("SELECT * FROM audit ORDER BY id").fetchall())
    forged = (*rows[1][:2], "veli", *rows[1][3:9])
    link = hashlib.sha256(rows[0][9] + msgspec.json.encode(forged)).digest()
    unguarded(store.db.path, ("UPDATE audit SET actor = 'veli', hash = ? WHERE id = 2", (link,)))
    assert await store.audit.verify() == BrokenLink(3, "changed")


async def test_a_head_kept_elsewhere_shows_a_cut_and_a_new_chain(store: Store, tmp_path: Path, clock: Clock) -> None:
    await some(store, 4)
    head = await store.audit.head()
    await store.audit.note(Action.BACKUP_MADE)
    assert await store.audit.verify(head) is None
    unguarded(store.db.path, ("DELETE FROM audit WHERE id > 2", ()))
    assert await store.audit.verify() is None  # a chain that is cut is a chain
    assert await store.audit.verify(head) == BrokenLink(3, "cut")
    other = await Store.open(tmp_path / "other.sqlite", now=clock)
    await some(other, 3)
    await other.audit.note(Action.BACKUP_MADE)
    assert await other.audit.verify(head) == BrokenLink(4, "replaced")
    await other.close()


async def test_lost_guards_are_told(store: Store) -> None:
    await some(store, 2)
    await store.db.write(lambda conn: conn.execute("DROP TRIGGER audit_never_changes").rowcount)
    assert await store.audit.verify() == BrokenLink(0, "unguarded")


async def test_details_that_a_hand_broke_still_read(store: Store) -> None:
    await some(store, 1)
    unguarded(store.db.path, ("UPDATE audit SET details = 'no json' WHERE id = 1", ()))
    (entry,) = await store.audit.query()
    assert entry.details == {}


PERSONAL = [
    "Ayşe Yılmaz",
    "ayse@example.com",
    "05321234567",
    "+905321234567",
    "Bağdat Cad. 1",
    "12345678901",
    "a b",
    "x" * 65,
]


@pytest.mark.parametrize("text", PERSONAL)
async def test_what_looks_like_a_person_is_refused(store: Store, text: str) -> None:
    with pytest.raises(ValueError, match="ids and codes"):
        await store.audit.note(Action.BUYER_ERASED, subject=("buyer", text))
    with pytest.raises(ValueError, match="ids and codes"):
        await store.audit.note(Action.BUYER_ERASED, details={"who": text})
    assert await store.audit.count() == 0


@pytest.mark.parametrize("value", [1.5, {"a": 1}, [1.5], ["a"], [True], list(range(201)), b"x"])
async def test_only_ids_and_figures(store: Store, value: Any) -> None:
    with pytest.raises(ValueError, match=r"audit log|a detail is"):
        await store.audit.note(Action.PRICE_WISHED, details={"x": value})
    with pytest.raises(ValueError, match="short word"):
        await store.audit.note(Action.PRICE_WISHED, details={"Bad Name": 1})


def test_many_ids_are_counted_and_cut() -> None:
    assert counted(range(1000)) == {"count": 1000, "ids": list(range(200))}
    assert counted([]) == {"count": 0, "ids": []}


def test_a_hash_may_be_a_detail() -> None:
    assert audit._told("0" * 64) == "0" * 64
    with pytest.raises(ValueError, match="ids and codes"):
        audit._told("0" * 63)


async def test_an_erased_person_leaves_the_chain_whole(store: Store) -> None:
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(order("1"), order("2")), now=T0)
    await store.audit.note(Action.DOCUMENT_PRINTED, connection_id=connection.id, subject=("order", 1))
    await store.audit.note(Action.BUYER_EXPORTED, subject=("order", 1))
    head = await store.audit.head()

    def erase(conn: sqlite3.Connection) -> None:
        conn.execute("UPDATE orders SET buyer = '', city = '', note = '' WHERE id = 1")
        conn.execute("UPDATE order_documents SET document = x'7b7d', folded = '', tails = '' WHERE order_id = 1")
        conn.execute("DELETE FROM order_lines WHERE order_id = 1")

    await store.db.write(erase)
    await store.audit.note(Action.BUYER_ERASED, subject=("order", 1), details={"orders": 1})
    assert await store.audit.verify(head) is None
    kept = await store.db.read(lambda conn: repr(conn.execute("SELECT * FROM audit").fetchall()))
    for word in ("Ayşe", "Yılmaz", "905321234567", "İstanbul", "Kadıköy"):
        assert word not in kept


async def test_an_entry_goes_with_its_transaction(store: Store) -> None:
    def job(conn: sqlite3.Connection) -> None:
        audit.append(conn, 1, "ayse", "price.wished", None, "", "", "done", "{}")
        raise KeyError("no")

    with pytest.raises(KeyError):
        await store.db.write(job)
    assert await store.audit.count() == 0
    await asyncio.gather(*(store.audit.note(Action.PRICE_WISHED) for _ in range(20)))
    assert await store.audit.verify() is None
    assert (await store.audit.head()).id == 20


@pytest.mark.slow
async def test_a_hundred_thousand_entries_are_checked_in_three_seconds(store: Store) -> None:
    def many(conn: sqlite3.Connection) -> None:
        for number in range(100_000):
            audit.append(conn, number, "ayse", "price.wished", 1, "plan", "p-1", "done", '{"count":1,"ids":[7]}')

    await store.db.write(many)
    begun = time.process_time()  # our own work: other programs' does not count
    assert await store.audit.verify() is None
    assert time.process_time() - begun < 3
    unguarded(store.db.path, ("UPDATE audit SET actor = 'x' WHERE id = 99999", ()))
    assert await store.audit.verify() == BrokenLink(99_999, "changed")


async def test_the_museum_gets_a_chain_and_keeps_one(tmp_path: Path, clock: Clock) -> None:
    for version, entries in ((1, 0), (2, 2)):
        path = tmp_path / f"v{version}.sqlite"
        shutil.copyfile(MUSEUM / f"store-v{version}.sqlite", path)
        store = await Store.open(path, now=clock)
        assert await store.audit.count() == entries
        assert await store.audit.verify() is None
        assert await store.audit.note(Action.BACKUP_MADE) == entries + 1
        await store.close()


def test_a_system_without_a_user_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.os_user()

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    if os.name == "posix":
        monkeypatch.setattr("pwd.getpwuid", nobody)
        assert audit.os_user() == "unknown"


# Copies


async def test_a_copy_is_one_moment_of_a_store_that_is_written(store: Store, tmp_path: Path) -> None:
    await store.settings.set("pad", "x" * 3_000_000)  # enough pages for several steps

    def pair(number: int) -> Callable[[sqlite3.Connection], None]:
        def job(conn: sqlite3.Connection) -> None:
            for half in "ab":
                conn.execute("INSERT INTO settings VALUES (?, ?)", (f"{half}{number:05}", '"x"'))

        return job

    stop, written, parts = asyncio.Event(), 0, []

    async def writer() -> None:
        nonlocal written
        while not stop.is_set():
            await store.db.write(pair(written))
            written += 1

    writing = asyncio.create_task(writer())
    while written < 5:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    for round_ in range(3):
        before = written
        path = tmp_path / f"copy{round_}.sqlite"
        await copy_to(store.db, path, lambda done, total: parts.append((done, total)))
        assert look_into(path, deep=True).wrong == ()
        with closing(sqlite3.connect(path)) as conn:
            halves = dict(
                conn.execute("SELECT substr(key, 1, 1), count(*) FROM settings WHERE key <> 'pad' GROUP BY 1")
            )
        assert halves["a"] == halves["b"]
        assert halves["a"] >= before
    stop.set()
    await writing
    assert written > 5
    assert len(parts) >= 6
    assert parts[-1][0] == parts[-1][1]


async def test_a_copy_stops_when_it_is_cancelled(store: Store, tmp_path: Path) -> None:
    await store.settings.set("pad", "x" * 3_000_000)
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(done: int, total: int) -> None:
        loop.call_soon_threadsafe(began.set)
        time.sleep(0.05)

    copying = asyncio.create_task(copy_to(store.db, tmp_path / "copy.sqlite", slowly))
    await began.wait()
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    await store.settings.set("after", 1)


async def test_a_copy_that_cannot_be_written_or_is_overtaken_by_the_end(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"store\.read_only"):
        await copy_to(store.db, tmp_path / "no" / "such" / "copy.sqlite")
    await store.settings.set("pad", "x" * 3_000_000)
    began, loop = asyncio.Event(), asyncio.get_running_loop()

    def slowly(done: int, total: int) -> None:
        loop.call_soon_threadsafe(began.set)
        time.sleep(0.2)

    copying = asyncio.create_task(copy_to(store.db, tmp_path / "copy.sqlite", slowly))
    await began.wait()
    await store.close()
    with pytest.raises(StoreError, match=r"store\.closed"):
        await copying


async def test_a_look_from_outside(store: Store, tmp_path: Path, clock: Clock) -> None:
    connection = await shop(store)
    await store.orders.apply_page(connection.id, "acc", page(order("1")), now=T0)
    await some(store, 2)
    head = await store.audit.head()
    await copy_to(store.db, tmp_path / "a copy?.sqlite")
    facts = look_into(tmp_path / "a copy?.sqlite", deep=True)
    assert facts.counts == {"orders": 1, "listings": 0, "connections": 1, "accounts": 1, "unsent": 0}
    assert (facts.audit, facts.wrong) == (head, ())
    assert head_of(tmp_path / "a copy?.sqlite") == head
    assert head_of(MUSEUM / "store-v1.sqlite") == Head(0, "")
    assert look_into(MUSEUM / "store-v1.sqlite").schema == 1
    (tmp_path / "rubbish").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match=r"store\.damaged"):
        look_into(tmp_path / "rubbish")
    with closing(sqlite3.connect(tmp_path / "a copy?.sqlite")) as conn:
        conn.execute("PRAGMA foreign_keys = OFF")
        conn.execute("DELETE FROM accounts")
        conn.commit()
    assert look_into(tmp_path / "a copy?.sqlite", deep=True).wrong
    with closing(sqlite3.connect(tmp_path / "a copy?.sqlite")) as conn:
        conn.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"store\.newer"):
        look_into(tmp_path / "a copy?.sqlite")
