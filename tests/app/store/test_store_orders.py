"""Orders: pulls against the merchant's own columns, age, cursors, replacements, search, the day's figures."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_making import T0, Clock, minutes, order, page, reject, shop

from app.contracts import Page
from app.model import Address, Buyer, Money, Order, OrderLine, OrderStatus, Price
from app.store import OrderQuery, Store, StoredOrder
from app.store.orders import joined
from app.store.rows import insert_many
from app.store.search import understand

LOCAL = (
    "local_state", "picked_at", "packed_at", "printed_at", "print_count", "shipped_at", "label_path", "carrier_choice",
    "note",
)  # fmt: skip


def local(one: StoredOrder | None) -> tuple[object, ...]:
    assert one is not None
    return tuple(getattr(one, name) for name in LOCAL)


async def pull(store: Store, connection_id: int, *orders: Order, **more: Any) -> Any:
    return await store.orders.apply_page(connection_id, "acc", page(*orders), now=T0, **more)


async def test_new_changed_same(store: Store) -> None:
    c = await shop(store)
    first = await pull(store, c.id, order("1"), order("2"))
    assert (first.new, first.changed, first.same, first.rejected) == ((1, 2), (), 0, 0)
    second = await pull(store, c.id, order("1"), order("2", at=1, status=OrderStatus.SHIPPED), order("3"))
    assert (second.new, second.changed, second.same) == ((3,), (2,), 1)
    one = await store.orders.get(2)
    assert one is not None
    assert one.order == order("2", at=1, status=OrderStatus.SHIPPED)
    assert (one.connection_id, one.account_id) == (c.id, "acc")
    assert await store.orders.get(99) is None
    assert [o.id for o in await store.orders.get_many((3, 99, 1))] == [3, 1]


async def test_the_same_order_twice_in_a_page_is_one(store: Store) -> None:
    c = await shop(store)
    applied = await pull(
        store, c.id, order("1", at=2, note="new"), order("1", at=1, note="old"), order("1", at=2, note="last")
    )
    assert applied.new == (1,)
    one = await store.orders.get(1)
    assert one is not None
    assert one.order.note == "last"


async def test_pages_stored_together_are_as_if_stored_one_after_the_other(store: Store) -> None:
    c = await shop(store)
    parts = [
        page(order("1", at=5, vendor_status="new"), order("2"), rejects=(reject("3"), reject("4"))),
        page(order("1", at=2, vendor_status="old"), order("3"), order("2", at=1, vendor_status="later"), rejects=(reject("5"),)),
        page(order("6"), rejects=(reject("2"),)),
    ]  # fmt: skip
    made = joined([await store.orders.prepare_page("acc", part) for part in parts])
    applied = await store.orders.apply_page(c.id, "acc", page(), now=T0, prepared=made)
    assert (len(applied.new), applied.rejected) == (4, 3)
    stored = await store.orders.get_many([(await store.orders.find(one))[0] for one in ("1", "2", "3", "6")])
    assert [one.order.vendor_status for one in stored] == ["new", "later", "Created", "Created"]
    assert {one.remote_id for one in await store.attention.list(c.id)} == {"2", "4", "5"}


async def test_an_odd_order_is_kept_and_told_once_however_often_it_comes(store: Store) -> None:
    c = await shop(store)
    odd = order("1", total=Money(Decimal("-5.00"), "TRY"))
    for _ in range(3):
        await store.orders.apply_page(c.id, "acc", page(odd), now=T0)
    (told,) = await store.attention.list(c.id, open_only=False)
    assert (told.remote_id, told.message.code, told.times) == ("1", "answer.odd_value", 3)
    assert told.message.params == {"field": "total", "value": "-5.00"}
    assert await store.orders.find("1")
    await store.orders.apply_page(c.id, "acc", page(order("1", at=1)), now=T0)
    assert await store.attention.count(c.id) == 0


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100, 255, 256, 257, 700])
def test_many_rows_go_in_by_few_statements(count: int) -> None:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE TABLE t(a, b)")
    asked: list[str] = []
    conn.set_trace_callback(asked.append)
    rows = [(i, str(i)) for i in range(count)]
    insert_many(conn, "INSERT INTO t(a, b)", rows)
    conn.set_trace_callback(None)
    assert conn.execute("SELECT a, b FROM t ORDER BY rowid").fetchall() == rows
    assert sum(text.startswith("INSERT") for text in asked) <= count // 256 + 8
    conn.close()


async def test_an_older_record_never_overwrites(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1", at=5, status=OrderStatus.SHIPPED))
    applied = await pull(store, c.id, order("1", at=4))
    assert (applied.changed, applied.same) == ((), 1)
    row = (await store.orders.query(OrderQuery()))[0]
    assert (row.status, row.updated_at) == ("shipped", minutes(5))
    # In the same instant, what came last counts.
    assert (await pull(store, c.id, order("1", at=5, status=OrderStatus.DELIVERED))).changed == (1,)


@given(ages=st.permutations(range(6)))
@settings(max_examples=25, deadline=None)
def test_any_order_of_arrival_ends_with_the_newest(ages: list[int]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await Store.open(Path(folder) / "s.sqlite", now=Clock())
            c = await shop(store)
            for age in ages:
                await pull(store, c.id, order("1", at=age, note=f"n{age}"))
            one = await store.orders.get(1)
            assert one is not None
            assert one.order.note == "n5"
            await store.close()

    asyncio.run(run())


MOVES = st.one_of(
    st.tuples(st.just("state"), st.sampled_from(["new", "picked", "packed", "shipped"])),
    st.tuples(st.just("note"), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
    st.tuples(st.just("printed"), st.booleans()),
    st.tuples(st.just("label_path"), st.sampled_from(["", "a.pdf", "ü.pdf"])),
    st.tuples(st.just("carrier_choice"), st.sampled_from(["", "yurtici"])),
)
PULLS = st.tuples(
    st.just("pull"), st.sampled_from(list(OrderStatus)), st.integers(0, 5), st.text("abçğı ", max_size=8), st.booleans()
)


@given(steps=st.lists(st.one_of(MOVES, PULLS), max_size=14))
@settings(max_examples=40, deadline=None)
def test_no_pull_touches_what_the_merchant_owns(steps: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            clock = Clock()
            store = await Store.open(Path(folder) / "s.sqlite", now=clock)
            c = await shop(store)
            await pull(store, c.id, order("1"))
            for step in steps:
                clock.now += timedelta(minutes=1)
                if step[0] == "pull":
                    _, status, age, word, searched = step
                    before = local(await store.orders.get(1))
                    found = order(
                        "1", at=age, status=status, vendor_status=word, note=word, tracking_number=word,
                        cancel_asked=searched, buyer=Buyer(word), carrier=word,
                    )  # fmt: skip
                    await pull(store, c.id, found, order("2", replaces=("1",) if searched else ()))
                    if searched:
                        await store.orders.query(OrderQuery(search="isirgan"))
                    assert local(await store.orders.get(1)) == before
                else:
                    assert await store.orders.set_local([1], **{step[0]: step[1]}) == (1,)
            assert await store.integrity() == []
            await store.close()

    asyncio.run(run())


async def test_local_states_and_undo(store: Store, clock: Clock) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1"), order("2"))
    assert await store.orders.set_local([1, 77], state="picked") == (1,)
    clock.now = minutes(1)
    await store.orders.set_local([1], state="packed", printed=True, label_path="l.pdf", carrier_choice="ptt", note="n")
    clock.now = minutes(2)
    await store.orders.set_local([1], state="shipped", printed=True)
    one = await store.orders.get(1)
    assert one is not None
    assert (one.picked_at, one.packed_at, one.shipped_at) == (T0, minutes(1), minutes(2))
    assert (one.printed_at, one.print_count, one.label_path, one.carrier_choice, one.note) == (
        minutes(2), 2, "l.pdf", "ptt", "n",
    )  # fmt: skip
    await store.orders.set_local([1], state="packed", printed=False)
    one = await store.orders.get(1)
    assert one is not None
    assert (one.local_state, one.shipped_at, one.packed_at, one.printed_at, one.print_count) == (
        "packed", None, minutes(1), None, 2,
    )  # fmt: skip
    await store.orders.set_local([1], state="new")
    one = await store.orders.get(1)
    assert one is not None
    assert (one.picked_at, one.packed_at) == (None, None)
    with pytest.raises(ValueError, match="lost"):
        await store.orders.set_local([1], state="lost")


async def test_history_of_the_channels_status(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1"))
    await pull(store, c.id, order("1", at=1, vendor_status="Picking"))
    await pull(store, c.id, order("1", at=2, vendor_status="Picking", note="only a note"))
    await pull(store, c.id, order("1", at=3, vendor_status="Shipped", status=OrderStatus.SHIPPED))
    one = await store.orders.get(1)
    assert one is not None
    told = [(h.was, h.status, h.vendor_status, h.updated_at) for h in one.history]
    assert told == [("open", "open", "Picking", minutes(1)), ("open", "shipped", "Shipped", minutes(3))]


async def test_one_unreadable_record_does_not_stop_its_page(store: Store) -> None:
    c = await shop(store)
    good = tuple(order(str(n)) for n in range(99))
    applied = await store.orders.apply_page(
        c.id, "acc", Page(good, (reject("bad", '{"id": "bad"}'),)), cursor=("orders", minutes(9)), now=T0
    )
    assert (len(applied.new), applied.rejected) == (99, 1)
    assert await store.cursors.get(c.id, "orders") == minutes(9)
    (kept,) = await store.attention.list()
    assert (kept.remote_id, kept.raw, kept.message.params, kept.times) == (
        "bad",
        '{"id": "bad"}',
        {"field": "total"},
        1,
    )


UNFIT = {
    "naive": {"placed_at": datetime(2025, 1, 1)},  # noqa: DTZ001
    "naive update": {"updated_at": datetime(2025, 1, 1)},  # noqa: DTZ001
    "dust": {"total": Money(Decimal("1.00000001"), "TRY")},
    "huge": {"total": Money(Decimal("1e15"), "TRY")},
    "nan": {"total": Money(Decimal("NaN"), "TRY")},
    "surrogate": {"note": "\ud800"},
    "pieces": {"lines": (OrderLine("l", "s", "t", 2**60, Price(Money(Decimal(1), "TRY"))),)},
}


@pytest.mark.parametrize("what", UNFIT)
async def test_a_record_that_does_not_fit_becomes_a_reject(store: Store, what: str) -> None:
    c = await shop(store)
    bad = order("2", **UNFIT[what])
    applied = await pull(store, c.id, order("1"), bad, order("3"), cursor=("orders", minutes(1)))
    assert (len(applied.new), applied.rejected) == (2, 1)
    (kept,) = await store.attention.list()
    assert kept.remote_id == "2"
    assert kept.message.params["reason"]
    assert "Order(" in kept.raw


async def test_a_surrogate_in_the_remote_id(store: Store) -> None:
    c = await shop(store)
    assert (await pull(store, c.id, order("\ud800"))).rejected == 1
    assert await store.attention.count(c.id) == 1


async def test_cursor_and_rows_are_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.store import pages

    c = await shop(store)
    await pull(store, c.id, order("1"), cursor=("orders", minutes(1)))
    close = pages.close_page

    def breaks(*args: Any) -> None:
        close(*args)
        raise ZeroDivisionError

    monkeypatch.setattr(pages, "close_page", breaks)
    with pytest.raises(ZeroDivisionError):
        await store.orders.apply_page(
            c.id, "acc", Page((order("2"),), (reject(),)), cursor=("orders", minutes(2)), now=T0
        )
    monkeypatch.undo()
    assert await store.orders.count(OrderQuery()) == 1
    assert await store.attention.count() == 0
    assert await store.cursors.get(c.id, "orders") == minutes(1)


async def test_cursors_only_move_forward(store: Store) -> None:
    c = await shop(store)
    assert await store.cursors.get(c.id, "orders") is None
    await pull(store, c.id, order("1"), cursor=("orders", minutes(5)))
    await pull(store, c.id, order("2"), cursor=("orders", minutes(3)))
    assert await store.cursors.get(c.id, "orders") == minutes(5)
    await store.cursors.finish(c.id, "orders", minutes(9))
    await store.cursors.finish(c.id, "listings", minutes(1))
    assert await store.cursors.get(c.id, "orders") == minutes(9)
    await store.cursors.set(c.id, "orders", minutes(0))
    assert await store.cursors.get(c.id, "orders") == minutes(0)
    await store.cursors.set(c.id, "orders", None)
    assert await store.cursors.get(c.id, "orders") is None
    assert await store.cursors.get(c.id, "listings") == minutes(1)


@pytest.mark.parametrize("later_first", [True, False])
async def test_a_split_package_replaces_the_old_one(store: Store, later_first: bool) -> None:
    c = await shop(store)
    pages_ = [(order("1"),), (order("2", replaces=("1",)), order("3", replaces=("1",)))]
    for items in reversed(pages_) if later_first else pages_:
        await pull(store, c.id, *items)
    rows = await store.orders.query(OrderQuery(sort="number", descending=False))
    assert [row.remote_id for row in rows] == ["2", "3"]
    everything = await store.orders.query(OrderQuery(superseded=True, sort="number", descending=False))
    assert [row.remote_id for row in everything] == ["1", "2", "3"]
    assert everything[0].superseded_by == everything[2].id
    assert (await store.orders.summary(T0)).to_ship == 2


async def test_two_that_claim_to_replace_each_other_do_not_both_vanish(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1", replaces=("2", "1")), order("2", replaces=("1",)))
    assert len(await store.orders.query(OrderQuery())) == 1


async def test_two_connections_of_one_account_share_orders(store: Store) -> None:
    a = await shop(store, "A")
    b = await shop(store, "B")
    await pull(store, a.id, order("1"))
    assert (await pull(store, b.id, order("1"))).same == 1
    assert [row.connection_id for row in await store.orders.query(OrderQuery())] == [a.id]
    await store.connections.remove(a.id)
    assert [row.channel for row in await store.orders.query(OrderQuery())] == ["A"]
    # The one that brings them now takes them over.
    assert (await pull(store, b.id, order("1"))).changed == (1,)
    assert [row.channel for row in await store.orders.query(OrderQuery())] == ["B"]


# Search


@pytest.mark.parametrize("typed", ["ISIRGAN", "ısırgan", "Isırgan", "isirgan", "ISIR", "çayı", "ÇAY", "ŞAPKA ısır"])
async def test_turkish_letters_find_the_same(store: Store, typed: str) -> None:
    c = await shop(store)
    other = order("2", lines=(OrderLine("l", "S", "Defter", 1, Price(Money(Decimal(1), "TRY"))),))
    await pull(store, c.id, order("1"), other)
    assert [row.remote_id for row in await store.orders.query(OrderQuery(search=typed))] == ["1"]
    assert await store.orders.count(OrderQuery(search=typed)) == 1


async def test_figures_are_found_by_their_last_digits(store: Store) -> None:
    c = await shop(store)
    await pull(
        store, c.id,
        order("70001234", number="403-1234567-7654321"),
        order("70005555", number="TY-88A", buyer=Buyer("Ali", "05449998877"), ship_to=Address(), tracking_number="7330011"),
    )  # fmt: skip
    for typed, expected in {
        "654321": ["70001234"], "403-1234567-7654321": ["70001234"], "1234": ["70001234"], "8877": ["70005555"],
        "0544 999 88 77": ["70005555"], "+90 (544) 9998877": ["70005555"], "30011": ["70005555"], "ty-88a": ["70005555"],
        "ali 8877": ["70005555"], "ali 1234": [], "8690000000012": ["70005555", "70001234"], "SKU-1": ["70005555", "70001234"],
        "77": [],
    }.items():  # fmt: skip
        rows = await store.orders.query(OrderQuery(search=typed, sort="id"))
        assert [row.remote_id for row in rows] == expected, typed


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        'a"b',
        "NEAR(",
        "AND",
        "OR x",
        "*",
        "-",
        "col:x",
        "(",
        "^a",
        "' OR 1=1 --",
        "{}",
        "a*b",
        "\x00",
        "ﷺ",
        "٣٤٥",
        "…",
    ],
)
async def test_nothing_typed_is_an_operator(store: Store, typed: str) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1"))
    rows = await store.orders.query(OrderQuery(search=typed))
    assert len(rows) == await store.orders.count(OrderQuery(search=typed))


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_makes_a_balanced_expression(text: str) -> None:
    found = understand(text)
    for expression in (found.words, *(part for pair in found.numbers for part in pair)):
        assert expression.count('"') % 2 == 0
        assert len(expression) < 1000


async def test_search_follows_changes_before_and_after_indexing(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1"))
    await pull(store, c.id, order("1", at=1, buyer=Buyer("Zeynep", "05441112233")))  # not in the index yet
    assert len(await store.orders.query(OrderQuery(search="zeynep"))) == 1
    await pull(store, c.id, order("1", at=2, buyer=Buyer("Murat"), tracking_number="555777"))  # in the index
    assert await store.orders.query(OrderQuery(search="zeynep")) == []
    assert await store.orders.query(OrderQuery(search="2233")) == []
    assert len(await store.orders.query(OrderQuery(search="murat"))) == 1
    assert len(await store.orders.query(OrderQuery(search="5777"))) == 1
    assert await store.integrity() == []


async def test_more_than_a_lot_is_indexed_on_the_way(store: Store) -> None:
    c = await shop(store)
    for start in range(0, 1200, 400):
        await pull(store, c.id, *(order(str(n)) for n in range(start, start + 400)))
    assert await store.orders.count(OrderQuery(search="isirgan")) == 1200
    assert await store.orders.count(OrderQuery(search="isirgan"), cap=10) == 11
    assert await store.orders.count(OrderQuery(), cap=10) == 11
    rows = await store.orders.query(OrderQuery(search="isirgan", offset=1150, limit=100))
    assert len(rows) == 50


async def test_quiet_moments_end(store: Store) -> None:
    """The index is merged bit by bit, and then the writer rests."""
    c = await shop(store)
    for n in range(12):  # as many segments
        await pull(store, c.id, *(order(str(n * 20 + k)) for k in range(20)))
        await store.orders.count(OrderQuery(search="isirgan"))

    def tidy(conn: sqlite3.Connection) -> bool:
        return store.orders.index.tidy(conn)

    turns = 0
    while await store.db.write(tidy):
        turns += 1
        assert turns < 50
    assert turns
    assert await store.orders.count(OrderQuery(search="isirgan")) == 240
    assert await store.integrity() == []


# Filters, sorting, figures


async def test_filters(store: Store) -> None:
    a = await shop(store, "A")
    b = await shop(store, "B", "acc2")
    await pull(
        store, a.id, order("1"), order("2", status=OrderStatus.SHIPPED, placed_at=minutes(10)),
        order("3", fulfilled_by_channel=True), order("4"),
    )  # fmt: skip
    await store.orders.apply_page(b.id, "acc2", page(order("1", placed_at=minutes(20))), now=T0)
    await store.orders.set_local([4], state="shipped")

    async def ids(**what: Any) -> list[int]:
        q = OrderQuery(sort="id", descending=False, **what)
        rows = await store.orders.query(q)
        assert await store.orders.count(q) == len(rows)
        return [row.id for row in rows]

    assert await ids() == [1, 2, 3, 4, 5]
    assert await ids(connection_id=a.id) == [1, 2, 3, 4]
    assert await ids(statuses=("shipped", "delivered")) == [2]
    assert await ids(local_states=("shipped",)) == [4]
    assert await ids(since=minutes(10), until=minutes(20)) == [2]
    assert await ids(to_ship_only=True) == [1, 5]
    assert await ids(search="isirgan", to_ship_only=True, connection_id=b.id) == [5]
    assert await ids(search="101") == [1, 5]


async def test_what_the_orders_page_asks_is_asked_of_the_store(store: Store) -> None:
    a = await shop(store, "A")
    await pull(
        store, a.id, order("1", ship_by=minutes(60)), order("2", ship_by=minutes(600), cancel_asked=True), order("3"),
        order("4", ship_by=minutes(30)),
    )  # fmt: skip
    await store.orders.set_local([4], printed=True)

    async def ids(**what: Any) -> list[int]:
        q = OrderQuery(sort="id", descending=False, to_ship_only=True, **what)
        rows = await store.orders.query(q)
        assert await store.orders.count(q) == len(rows)
        return [row.id for row in rows]

    assert await ids(unprinted=True) == [1, 2, 3]
    assert await ids(cancel_asked=True) == [2]
    assert await ids(ship_before=minutes(60)) == [4]
    assert await ids(ship_before=minutes(61), unprinted=True) == [1]
    assert await ids(ship_before=minutes(6000)) == [1, 2, 4]
    assert await ids(search="isirgan", unprinted=True, cancel_asked=True) == [2]


async def test_money_that_is_not_told_yet_is_no_zero(store: Store) -> None:
    a = await shop(store, "A")
    nothing = Money(Decimal(0), "TRY")
    await pull(store, a.id, order("1", total=nothing, unpriced=True), order("2", total=nothing), order("3"))
    rows = await store.orders.query(OrderQuery(sort="id", descending=False))
    assert [row.unpriced for row in rows] == [True, False, False]
    (found,) = await store.orders.query(OrderQuery(search="isirgan", limit=1, sort="id", descending=False))
    assert found.unpriced


@pytest.mark.parametrize(
    "sort",
    ["id", "placed_at", "updated_at", "ship_by", "number", "channel", "status", "local_state", "buyer", "city", "title",
     "items", "total", "tracking"],
)  # fmt: skip
async def test_every_sort_both_ways(store: Store, sort: str) -> None:
    c = await shop(store)
    await pull(store, c.id, *(
        order(str(n), at=n, placed_at=minutes(n), ship_by=minutes(n), total=Money(Decimal(n), "TRY"), buyer=Buyer(f"B{n}"),
              tracking_number=str(n))
        for n in range(1, 5)
    ))  # fmt: skip
    for search in ("", "isirgan"):
        down = [row.id for row in await store.orders.query(OrderQuery(search=search, sort=sort))]
        up = [row.id for row in await store.orders.query(OrderQuery(search=search, sort=sort, descending=False))]
        assert down == [4, 3, 2, 1]
        assert up == [1, 2, 3, 4]
    paged = await store.orders.query(OrderQuery(sort=sort, offset=1, limit=2))
    assert [row.id for row in paged] == [3, 2]


async def test_an_unknown_sort_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no such order"):
        await store.orders.query(OrderQuery(sort="id; DROP TABLE orders"))


async def test_rows_hold_what_the_grid_shows(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1", ship_by=minutes(60), cancel_asked=True, cash_on_delivery=True))
    (row,) = await store.orders.query(OrderQuery())
    assert (row.channel, row.number, row.buyer, row.city, row.title, row.items) == (
        "Shop", "101", "Ayşe Yılmaz", "İstanbul", "Isırgan Çayı", 3,
    )  # fmt: skip
    assert (row.total_micros, row.currency, row.placed_at, row.ship_by) == (259_800_000, "TRY", T0, minutes(60))
    assert (row.cancel_asked, row.cash_on_delivery, row.fulfilled_by_channel) == (True, True, False)


async def test_orders_without_lines_or_buyer(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1", lines=(), buyer=Buyer(), ship_to=Address()))
    (row,) = await store.orders.query(OrderQuery())
    assert (row.title, row.items, row.buyer) == ("", 0, "")


async def test_find_by_number(store: Store) -> None:
    c = await shop(store)
    await pull(store, c.id, order("1", number="#1001"), order("2", number="1001"), order("1001", number="x"))
    assert await store.orders.find("#1001") == [3, 2, 1]
    assert await store.orders.find(" 1001 ") == [3, 2, 1]
    assert await store.orders.find("x") == [3]
    assert await store.orders.find("#") == []
    assert await store.orders.find("100") == []


async def test_figures_of_the_day(store: Store) -> None:
    c = await shop(store)
    zone = ZoneInfo("Europe/Istanbul")
    now = datetime(2025, 11, 24, 12, 0, tzinfo=zone)
    assert (await store.orders.summary(now)).to_ship == 0

    def at(day: int, hour: int) -> datetime:
        return datetime(2025, 11, day, hour, tzinfo=zone).astimezone(T0.tzinfo)

    await pull(
        store, c.id,
        order("1", placed_at=at(24, 0), ship_by=at(24, 23)),
        order("2", placed_at=at(23, 23), ship_by=at(24, 11), cancel_asked=True),
        order("3", placed_at=at(24, 1), ship_by=at(25, 1), total=Money(Decimal("10"), "EUR")),
        order("4", placed_at=at(24, 2), status=OrderStatus.CANCELLED),
        order("5", placed_at=at(22, 2), status=OrderStatus.PARTIALLY_SHIPPED),
        order("6", placed_at=at(25, 0), status=OrderStatus.SHIPPED),
    )  # fmt: skip
    await store.orders.set_local([5], printed=True)
    figures = await store.orders.summary(now)
    assert (figures.to_ship, figures.to_ship_today, figures.late) == (4, 2, 1)
    assert (figures.unprinted, figures.cancel_asked, figures.new_today) == (3, 1, 3)
    assert figures.sales_micros == {"TRY": 259_800_000, "EUR": 10_000_000}
    assert figures.to_ship_by_connection == {c.id: 4}
