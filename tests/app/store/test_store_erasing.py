"""Erasing people: blanked in one transaction, kept blank by later pulls, gone from the file itself; and the search for them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from store_making import T0, Clock, minutes, order, page, reject, shop

from app.contracts import Message, Reject
from app.model import Address, Buyer, OrderStatus
from app.store import Action, AuditFilter, OrderQuery, Store
from app.store.before import copies_of, keep_copy
from app.store.erasing import blank, hold
from app.store.migrations import LATEST, STEPS, migrate, version

NAME, STREET, PHONE, MAIL = "Nilüfer Çağlayangil", "Hanımeli Sokağı 7/3", "+905551239876", "nilufer.c@example.com"
#: Every way in which the person could lie in a file.
FORMS = (
    NAME, "Çağlayangil", "caglayangil", STREET, "Hanımeli", "hanimeli", PHONE, "5551239876", "555 123 98 76", MAIL,
    "nilufer.c", "kapıcıya bırak Nilüfer", "\\u00c7a\\u011flayangil",
)  # fmt: skip


def hers(remote_id: str, *, status: OrderStatus = OrderStatus.DELIVERED, at: float = 0, **changes: object):
    made = order(
        remote_id, at=at, status=status, buyer=Buyer(NAME, PHONE, MAIL, "b-77"), note="Nilüfer Hanım'a",
        ship_to=Address(name=NAME, street=STREET, district="Kadıköy", city="İstanbul", country="TR", phone="0555 123 98 76"),
        bill_to=Address(name=NAME, street=STREET, tax_number="12345678901"), extra={"contact": MAIL},
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def traces(folder: Path) -> list[str]:
    """Where one of the forms lies in any file of the folder."""
    found = []
    for file in sorted(folder.rglob("*")):
        data = file.read_bytes() if file.is_file() else b""
        found += [f"{file.name}: {form}" for form in FORMS if form.encode() in data]
    return found


async def filled(store: Store) -> int:
    """Two closed orders of hers, one of somebody else; documents, a sent shipment, a record that could not be read."""
    row = await shop(store)
    raw = json.dumps({"id": "2", "name": NAME})  # \\u-escaped, as many channels write it
    await store.orders.apply_page(
        row.id, "acc", page(order("9"), hers("1"), rejects=(Reject("2", raw, Message("answer.unreadable")),)), now=T0
    )
    await store.orders.apply_page(row.id, "acc", page(hers("2", at=1, tracking_number="TR98765")), now=T0)
    for n in range(40):  # the index has segments that are merged away
        await store.orders.apply_page(
            row.id, "acc", page(order(f"f{n}"), hers("1", at=2 + n, vendor_status=f"s{n}")), now=T0
        )
        await store.orders.index.ready()
    await store.orders.set_local([2], note="kapıcıya bırak Nilüfer", label_path="/d/etiket-101.pdf")
    await store.prints.add(2, "label", "/d/etiket-101.pdf", "ab")
    await store.outbox.enqueue(row.id, "shipment", 2, json.dumps({"to": NAME}).encode(), key="k")
    (taken,) = await store.outbox.take(row.id, "shipment", 5, T0)
    await store.db.write(
        lambda conn: (
            conn.execute("UPDATE outbox SET state = 'done', settled_at = 1, message = ?", (f'"{NAME}"',)).rowcount
        )
    )
    assert taken.subject == 2
    return row.id


async def test_the_person_is_gone_and_the_order_stays(store: Store, clock: Clock) -> None:
    await filled(store)
    (person,) = await store.people.find(NAME)
    assert [o.remote_id for o in person.orders] == ["2", "1"]
    assert (person.names, person.emails) == ((NAME,), (MAIL,))
    done = await store.erasing.erase([o.id for o in person.orders], notices=person.notices)
    assert (done.done, done.open, done.busy, done.already) == ((2, 3), (), (), ())
    assert done.files == ("/d/etiket-101.pdf",)
    stored = (await store.orders.get_many([3]))[0]
    assert stored.order == blank(hers("2", at=1, tracking_number="TR98765"))
    assert (stored.order.buyer, stored.order.note, stored.order.extra) == (Buyer(), "", {})
    assert (stored.order.total, stored.order.number, stored.order.ship_to.country) == (order("2").total, "102", "TR")
    (first,) = await store.orders.get_many([2])
    assert (first.note, first.label_path) == ("", "")
    (row,) = await store.orders.query(OrderQuery(search="98765"))  # its tracking number
    assert (row.id, row.buyer, row.city, row.title) == (3, "", "", "Isırgan Çayı")
    for text in (NAME, MAIL, "5551239876", "Hanımeli"):
        assert await store.orders.query(OrderQuery(search=text)) == []
        assert await store.people.find(text) == []
    assert [a.raw for a in await store.attention.list(open_only=False)] == [""]
    (entry,) = await store.audit.query(AuditFilter(action="buyer"))
    assert (entry.action, entry.details["ids"], entry.details["count"]) == (Action.BUYER_ERASED, [2, 3], 2)
    again = await store.erasing.erase([2, 3, 999])
    assert (again.done, again.already) == ((), (2, 3))
    assert await store.audit.count(AuditFilter(action="buyer")) == 1
    assert await store.integrity() == []


async def test_the_text_is_gone_from_the_file_and_the_log(tmp_path: Path, clock: Clock) -> None:
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    await filled(store)
    assert traces(tmp_path)  # the test can fail
    (person,) = await store.people.find(MAIL)
    await store.erasing.erase([o.id for o in person.orders], notices=person.notices)
    assert await store.erasing.scrub_due()
    assert await store.erasing.scrub()
    assert not await store.erasing.scrub_due()
    assert traces(tmp_path) == []
    await store.audit.note(Action.BUYER_EXPORTED)  # the writer still works
    assert await store.integrity() == []
    await store.close()
    assert traces(tmp_path) == []


async def test_a_reader_that_holds_on_leaves_the_scrub_due(store: Store, clock: Clock) -> None:
    await filled(store)
    await store.erasing.erase([2, 3])
    with closing(sqlite3.connect(store.db.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM orders").fetchone()
        await store.db.write(with_short_patience)
        assert not await store.erasing.scrub()
        assert await store.erasing.scrub_due()
        other.execute("ROLLBACK")
    assert await store.erasing.scrub()


def with_short_patience(conn: sqlite3.Connection) -> None:
    conn.execute("PRAGMA busy_timeout = 50")


async def test_open_and_busy_orders_are_left(store: Store) -> None:
    row = await shop(store)
    states = (OrderStatus.OPEN, OrderStatus.UNKNOWN, OrderStatus.CANCELLED, OrderStatus.SHIPPED)
    await store.orders.apply_page(row.id, "acc", page(*[hers(str(n), status=s) for n, s in enumerate(states)]), now=T0)
    await store.outbox.enqueue(row.id, "shipment", 4, b'{"to": "x"}')
    (person,) = await store.people.find(PHONE)
    assert [o.open for o in sorted(person.orders, key=lambda o: o.id)] == [True, True, False, False]
    done = await store.erasing.erase([1, 2, 3, 4])
    assert (done.done, done.open, done.busy) == ((3,), (1, 2), (4,))
    done = await store.erasing.erase([1, 2, 3, 4], open_too=True)
    assert (done.done, done.open, done.busy, done.already) == ((1, 2), (), (4,), (3,))


async def test_a_pull_does_not_bring_the_person_back(store: Store) -> None:
    connection = await filled(store)
    await store.erasing.erase([2, 3])
    applied = await store.orders.apply_page(connection, "acc", page(hers("2", at=1, tracking_number="TR98765")), now=T0)
    assert (applied.new, applied.changed) == ((), ())  # the channel's same copy is no news
    for _ in range(2):
        applied = await store.orders.apply_page(
            connection, "acc",
            page(hers("2", at=90, status=OrderStatus.RETURNED), rejects=(Reject("1", NAME, Message("bug")),)), now=T0,
        )  # fmt: skip
    (stored,) = await store.orders.get_many([3])
    assert (stored.order.status, stored.order.buyer, stored.order.ship_to.name) == (OrderStatus.RETURNED, Buyer(), "")
    assert NAME not in [a.raw for a in await store.attention.list(open_only=False)]
    # A package that takes the place of an erased one is hers too; the same order number at another account is not.
    await store.orders.apply_page(connection, "acc", page(hers("1b", replaces=("1",)), hers("55")), now=T0)
    names = {o.remote_id: o.buyer for o in await store.orders.query(OrderQuery(search="", superseded=True, limit=500))}
    assert (names["1b"], names["55"]) == ("", NAME)
    assert ("acc", "1b") in await store.erasing.marks()
    await store.orders.index.ready()
    assert await store.integrity() == []


async def test_without_erasures_a_page_costs_one_look(store: Store) -> None:
    await shop(store)
    asked: list[str] = []

    def job(conn: sqlite3.Connection) -> None:
        conn.set_trace_callback(asked.append)
        hold(conn, "acc", {}, {}, [])
        conn.set_trace_callback(None)

    await store.db.write(job)
    assert asked == ["SELECT 1 FROM erased_orders LIMIT 1"]


async def test_an_older_copy_gets_the_erasures_again(store: Store) -> None:
    await filled(store)
    assert await store.erasing.erase_again([("acc", "1"), ("acc", "unknown"), ("other", "2")]) == 1
    assert await store.erasing.marks() == [("acc", "1"), ("acc", "unknown"), ("other", "2")]
    (person,) = await store.people.find(NAME)
    assert [o.remote_id for o in person.orders] == ["2"]
    assert await store.erasing.erase_again([]) == 0


# -- who is who


async def test_a_name_alone_makes_nobody(store: Store) -> None:
    row = await shop(store)
    plain = {"note": "", "bill_to": None, "extra": {}}
    ayse = "Ayşe Yılmaz"
    await store.orders.apply_page(
        row.id, "acc",
        page(
            hers("1", buyer=Buyer(ayse, "+905321234567"), ship_to=Address(name=ayse, street="A 1"), **plain),
            hers("2", buyer=Buyer("AYŞE YILMAZ", "0532 123 45 67"), ship_to=Address(), **plain),
            hers("3", buyer=Buyer(ayse, "+905441112233", "ayse@x.com"), ship_to=Address(name=ayse, street="B 2"), **plain),
            hers("4", buyer=Buyer("", "", "AYSE@x.com"), ship_to=Address(), **plain),
            hers("5", buyer=Buyer("Veli Can", "+905440000000"), ship_to=Address(name=ayse, phone="0532 123 45 67"), **plain),
            hers("6", buyer=Buyer("A** Y**", "+90532*******"), ship_to=Address(name="A** Y**", street="A 1"), **plain),
        ), now=T0,
    )  # fmt: skip
    people = await store.people.find("ayse yilmaz")
    assert sorted(sorted(o.remote_id for o in one.orders) for one in people) == [["1", "2"], ["3", "4"], ["5"]]
    assert [sorted(o.remote_id for o in one.orders) for one in await store.people.find("ayse@X.com")] == [["3", "4"]]
    assert sorted(len(one.orders) for one in await store.people.find("1234567")) == [1, 2]
    assert [sorted(o.remote_id for o in one.orders) for one in await store.people.find("102")] == [["1", "2"]]
    for text in ("", "yok böyle biri", "Kadıköy", "Isırgan"):
        assert await store.people.find(text) == []
    of = await store.people.of_order(2)
    assert of is not None
    assert sorted(o.remote_id for o in of.orders) == ["1", "2"]
    assert await store.people.of_order(999) is None


async def test_somebody_known_only_from_an_unreadable_record(store: Store) -> None:
    row = await shop(store)
    await store.orders.apply_page(
        row.id, "acc", page(rejects=(Reject("", f"x {NAME} y", Message("bug")), reject())), now=T0
    )
    (person,) = await store.people.find(NAME)
    assert (person.orders, len(person.notices)) == ((), 1)
    assert [n.raw for n in await store.people.notices(person.notices)] == [f"x {NAME} y"]
    assert (await store.erasing.erase((), notices=person.notices)).done == ()
    assert await store.people.find(NAME) == []
    assert await store.audit.count(AuditFilter(action="buyer")) == 1


# -- retention


async def test_old_orders_are_counted_and_blanked_in_lots(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.erasing._LOT", 2)
    row = await shop(store)
    old = [hers(str(n)) for n in range(5)]
    young = hers("9", at=60, placed_at=minutes(60))
    still = hers("8", status=OrderStatus.OPEN)
    await store.orders.apply_page(row.id, "acc", page(*old, young, still), now=T0)
    assert await store.erasing.count_old(T0) == 0
    assert await store.erasing.count_old(minutes(30)) == 5
    lots = []
    while (done := await store.erasing.erase_old(minutes(30))).done:
        lots.append(len(done.done))
    assert lots == [2, 2, 1]
    assert [e.subject_id for e in await store.audit.query(AuditFilter(action="buyer"))] == ["retention"] * 3
    (person,) = await store.people.find(NAME)
    assert sorted(o.remote_id for o in person.orders) == ["8", "9"]
    assert await store.erasing.count_old(minutes(30)) == 0


async def test_old_notices_and_sent_rows(store: Store, clock: Clock) -> None:
    row = await shop(store)
    await store.orders.apply_page(row.id, "acc", page(rejects=(reject("a"), reject("b"))), now=T0)
    await store.attention.resolve(1)
    await store.outbox.enqueue(row.id, "shipment", 1, b"{}", key="k")
    assert (await store.erasing.count_notices(T0), await store.erasing.count_notices(minutes(1))) == (0, 1)
    assert await store.erasing.drop_notices(minutes(1)) == 1
    assert len(await store.attention.list(open_only=False)) == 1
    assert await store.erasing.count_sent(minutes(1)) == await store.erasing.drop_sent(minutes(1)) == 0
    assert await store.erasing.scrub_due()


# -- the copy before a migration


async def test_a_copy_is_made_before_a_migration(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        migrate(conn, STEPS[:2])
        conn.execute("INSERT INTO settings VALUES ('mark', '1')")
    store = await Store.open(path, now=clock)
    assert await store.db.read(version) == LATEST
    assert await store.settings.get("mark") == 1
    await store.close()
    (copy,) = copies_of(path)
    assert copy.name == f"store.before-v{LATEST}-20251124-070000.sqlite"
    with closing(sqlite3.connect(copy)) as conn:
        assert version(conn) == 2
        assert conn.execute("SELECT value FROM settings").fetchall() == [("1",)]
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    await (await Store.open(path, now=clock)).close()
    assert copies_of(path) == [copy]  # nothing to migrate: nothing to copy


def test_three_copies_are_kept_and_a_failed_one_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        assert keep_copy(conn, path, lambda: T0) is None  # a new file
        migrate(conn, STEPS[:1])
        made = [keep_copy(conn, path, lambda n=n: minutes(n)) for n in range(5)]
        assert copies_of(path) == made[2:]
        blocked = path.with_name(f".store.before-v{LATEST}-20251124-080000.sqlite.part")
        blocked.mkdir()
        with pytest.raises(OSError):
            keep_copy(conn, path, lambda: minutes(60))
    assert copies_of(path) == made[2:]
