"""Payout lines in the store, and expected against paid: by order, by payout, by month."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store_making import T0, Clock, order, page, reject, shop

from app.model import Money, OrderStatus, SettlementKind, SettlementLine, Vat
from app.store import PayoutQuery, Store
from app.store.settlement_query import Sums

DAY = timedelta(days=1)
NOW = T0 + 40 * DAY
ALL = PayoutQuery(limit=1000)


def line(remote_id: str, kind: str = "sale", amount: str = "100.00", *, number: str = "101", **changes: Any) -> SettlementLine:  # fmt: skip
    made = SettlementLine(
        remote_id, SettlementKind(kind), Money(Decimal(amount), "TRY"), T0 + DAY, order_number=number,
        due_at=T0 + 30 * DAY, vendor_kind=kind.title(), vat=Vat.INCLUDED,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def bought(remote_id: str, total: str = "100.00", status: str = "delivered", **changes: Any) -> Any:
    money = Money(Decimal(total), "TRY")
    return order(remote_id, total=money, status=OrderStatus(status), **changes)


async def told(store: Store, *lines: SettlementLine, at: datetime = NOW) -> Any:
    row = (await store.connections.list())[0]
    return await store.settlements.apply_page(row.id, row.account_id, page(*lines), now=at)


async def bring(store: Store, *orders: Any) -> None:
    row = (await store.connections.list())[0]
    await store.orders.apply_page(row.id, row.account_id, page(*orders), now=NOW)


@pytest.fixture
async def shop_(store: Store) -> Any:
    return await shop(store)


@pytest.mark.usefixtures("shop_")
class TestWriting:
    async def test_twice_is_once_and_news_are_written_over(self, store: Store) -> None:
        first = await told(store, line("a"), line("b", "commission", "-15.00"))
        assert (len(first.new), first.same) == (2, 0)
        again = await told(store, line("a"), line("b", "commission", "-15.00"))
        assert (again.new, again.changed, again.same) == ((), (), 2)
        paid = await told(store, line("a", payout_id="P1", paid=True), line("b", "commission", "-15.00"))
        assert (paid.new, paid.changed, paid.same) == ((), (first.new[0],), 1)
        rows = await store.settlements.of_order("acc", "101")
        assert [row.line for row in rows] == [line("a", payout_id="P1", paid=True), line("b", "commission", "-15.00")]
        assert await store.settlements.count_lines() == 2

    async def test_what_does_not_fit_is_a_reject_and_the_rest_is_kept(self, store: Store) -> None:
        row = (await store.connections.list())[0]
        lines = (
            line("good"),
            line("naive", booked_at=datetime(2025, 1, 1)),  # noqa: DTZ001
            line("fine", amount="0.0000001"),
            line("half", vendor_kind="\ud800"),
            msgspec.structs.replace(line("odd"), kind="gift"),  # type: ignore[arg-type]
        )
        applied = await store.settlements.apply_page(
            row.id, "acc", page(*lines, rejects=(reject(),)), cursor=("settlements", T0), now=NOW
        )
        assert (len(applied.new), applied.rejected) == (1, 5)
        assert sorted(one.remote_id for one in await store.attention.list()) == ["bad", "fine", "half", "naive", "odd"]
        assert {one.stream for one in await store.attention.list()} == {"settlements"}
        assert await store.cursors.get(row.id, "settlements") == T0
        await told(store, line("fine"))
        assert "fine" not in {one.remote_id for one in await store.attention.list()}

    async def test_a_page_is_one_transaction(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        row = (await store.connections.list())[0]

        def broken(*_args: Any) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr("app.store.pages.close_page", broken)
        with pytest.raises(sqlite3.OperationalError):
            await store.settlements.apply_page(row.id, "acc", page(line("a")), cursor=("settlements", T0), now=NOW)
        assert await store.settlements.count_lines() == 0
        assert await store.cursors.get(row.id, "settlements") is None

    async def test_how_far_back_something_may_still_change(self, store: Store) -> None:
        assert await store.settlements.unpaid_since("acc", T0 - 90 * DAY) is None
        await told(store, line("a", paid=True), line("b", booked_at=T0 + 3 * DAY), line("p", "payment", "-1"))
        assert await store.settlements.unpaid_since("acc", T0 - 90 * DAY) == T0 + 3 * DAY
        assert await store.settlements.unpaid_since("acc", T0 + 4 * DAY) is None
        assert await store.settlements.unpaid_since("other", T0 - 90 * DAY) is None

    async def test_no_column_holds_a_person(self, store: Store) -> None:
        names = await store.db.read(lambda conn: {r[1] for r in conn.execute("PRAGMA table_info(settlement_lines)")})
        assert names == {
            "id", "account_id", "connection_id", "remote_id", "kind", "vendor_kind", "amount_micros", "currency", "vat",
            "order_number", "order_id", "payout_id", "booked_at", "due_at", "paid", "content_hash", "arrived_at", "changed_at",
        }  # fmt: skip


@pytest.mark.usefixtures("shop_")
class TestByOrder:
    async def only(self, store: Store, now: datetime = NOW) -> Any:
        (found,) = await store.settlements.by_order(ALL, now)
        return found

    async def test_paid_in_full(self, store: Store) -> None:
        await bring(store, bought("1"))
        gone = {"payout_id": "P1", "paid": True}
        await told(
            store, line("a", **gone), line("b", "commission", "-15.00", **gone), line("c", "cargo", "-30.00", **gone),
            line("d", "service_fee", "-2.00", **gone), line("e", "withholding", "-1.00", **gone), line("f", "other", "0.50", **gone),
        )  # fmt: skip
        one = await self.only(store)
        assert one.sums == Sums(100_000_000, 0, -15_000_000, -30_000_000, -2_000_000, -1_000_000, 500_000)
        assert (one.total, one.expected, one.paid, one.difference, one.waiting, one.reason) == (
            100_000_000, 52_500_000, 52_500_000, 0, 0, "paid",
        )  # fmt: skip
        assert (one.channel, one.order_number, one.currency, one.status, one.placed_at) == ("Shop", "101", "TRY", "delivered", T0)  # fmt: skip

    async def test_waiting_and_overdue(self, store: Store) -> None:
        await bring(store, bought("1"))
        await told(store, line("a"), line("b", "commission", "-15.00"))
        early = await self.only(store, T0 + 20 * DAY)
        assert (early.reason, early.expected, early.paid, early.difference, early.waiting) == (
            "waiting", 85_000_000, 0, -85_000_000, 85_000_000,
        )  # fmt: skip
        assert early.due_at == T0 + 30 * DAY
        assert (await self.only(store, T0 + 31 * DAY)).reason == "overdue"

    async def test_a_transfer_pays_the_lines_of_its_payout(self, store: Store) -> None:
        await bring(store, bought("1"))
        await told(store, line("a", payout_id="G"), line("t", "payment", "-100.00", number="", payout_id="G"))
        one = await self.only(store)
        assert (one.paid, one.reason) == (100_000_000, "paid")

    @pytest.mark.parametrize(
        ("sale", "reason", "difference"), [("90.00", "sale_lower", -10), ("110.00", "sale_higher", 10)]
    )
    async def test_another_sale_than_the_order_says(
        self, store: Store, sale: str, reason: str, difference: int
    ) -> None:
        await bring(store, bought("1"))
        await told(store, line("a", amount=sale, paid=True), line("b", "commission", "-15.00", paid=True))
        one = await self.only(store)
        assert (one.reason, one.difference) == (reason, difference * 1_000_000)

    @pytest.mark.parametrize("status", ["returned", "cancelled"])
    async def test_given_back(self, store: Store, status: str) -> None:
        await bring(store, bought("1", status=status))
        await told(store, line("a", paid=True), line("r", "return", "-100.00", paid=True))
        one = await self.only(store)
        assert (one.reason, one.expected, one.paid, one.difference) == ("returned", 0, 0, 0)

    async def test_delivered_and_never_booked(self, store: Store) -> None:
        await bring(store, bought("1"), bought("2"), bought("3", status="shipped"), bought("4", placed_at=T0 - 9 * DAY))
        await told(store, line("a", number="101", paid=True, booked_at=T0))
        found = {one.order_number: one for one in await store.settlements.by_order(ALL, NOW)}
        assert set(found) == {"101", "102"}
        assert (found["102"].reason, found["102"].expected, found["102"].difference) == (
            "not_booked",
            100_000_000,
            -100_000_000,
        )

    async def test_nothing_is_missed_at_a_shop_that_tells_no_payouts(self, store: Store) -> None:
        await bring(store, bought("1"))
        assert await store.settlements.by_order(ALL, NOW) == []

    async def test_an_order_that_is_not_known_here(self, store: Store) -> None:
        await told(store, line("a", number="999"))
        one = await self.only(store)
        assert (one.reason, one.total, one.expected, one.difference, one.placed_at) == (
            "no_order",
            None,
            None,
            None,
            None,
        )

    async def test_an_order_without_a_price_is_not_known(self, store: Store) -> None:
        await bring(store, bought("1", total="0"))
        await told(store, line("a"))
        assert (await self.only(store)).reason == "no_order"

    async def test_packages_of_one_number(self, store: Store) -> None:
        await bring(
            store, bought("1", number="N", total="60.00"), bought("2", number="N", total="40.00", status="shipped"),
            bought("3", number="N", total="70.00", status="cancelled"),
        )  # fmt: skip
        await told(store, line("a", number="N", amount="60.00", order_id="1", paid=True))
        assert ((await self.only(store)).total, (await self.only(store)).reason) == (60_000_000, "paid")
        await told(store, line("b", number="N", amount="40.00", order_id="2", paid=True))
        assert ((await self.only(store)).total, (await self.only(store)).reason) == (100_000_000, "paid")

    async def test_currencies_never_mix(self, store: Store) -> None:
        await bring(store, bought("1"))
        await told(store, line("a", paid=True), line("b", "cargo", amount="5"))
        await told(store, msgspec.structs.replace(line("e"), amount=Money(Decimal(3), "EUR")))
        found = {one.currency: one for one in await store.settlements.by_order(ALL, NOW)}
        assert (found["TRY"].sums.booked, found["EUR"].sums.sale, found["EUR"].reason) == (
            105_000_000,
            3_000_000,
            "no_order",
        )

    async def test_another_account_with_the_same_number(self, store: Store) -> None:
        other = await shop(store, "Other", "acc2")
        await bring(store, bought("1"))
        await told(store, line("a", paid=True))
        await store.settlements.apply_page(other.id, "acc2", page(line("a", amount="7")), now=NOW)
        found = {one.channel: one for one in await store.settlements.by_order(ALL, NOW)}
        assert (found["Shop"].reason, found["Other"].reason, found["Other"].sums.sale) == (
            "paid",
            "no_order",
            7_000_000,
        )

    async def test_filters_pages_and_totals(self, store: Store) -> None:
        await bring(store, *(bought(str(n)) for n in range(1, 8)))
        await told(
            store, *(line(f"s{n}", number=f"10{n}", booked_at=T0 + n * DAY, paid=n % 2 == 0) for n in range(1, 7)),
        )  # fmt: skip
        row = (await store.connections.list())[0]
        ask = store.settlements
        assert [x.order_number for x in await ask.by_order(PayoutQuery(limit=2, offset=1), NOW)] == ["105", "104"]
        assert await ask.order_reasons(ALL, NOW) == {"overdue": 3, "paid": 3}
        odd = PayoutQuery(reasons=("overdue",), limit=9)
        assert [x.order_number for x in await ask.by_order(odd, NOW)] == ["105", "103", "101"]
        some = PayoutQuery(since=T0 + 2 * DAY, until=T0 + 4 * DAY, limit=9)
        assert [x.order_number for x in await ask.by_order(some, NOW)] == ["103", "102"]
        assert [x.order_number for x in await ask.by_order(PayoutQuery(search="04"), NOW)] == ["104"]
        assert await ask.by_order(PayoutQuery(connection_id=row.id + 1), NOW) == []
        (total,) = await ask.order_totals(odd, NOW)
        assert (total.currency, total.orders, total.expected, total.paid, total.difference, total.waiting) == (
            "TRY", 3, 300_000_000, 0, -300_000_000, 300_000_000,
        )  # fmt: skip


@pytest.mark.usefixtures("shop_")
class TestByPayout:
    async def test_due_against_transferred(self, store: Store) -> None:
        await told(
            store, line("a", payout_id="P1"), line("b", "commission", "-15.00", payout_id="P1"),
            line("t", "payment", "-85.00", number="", payout_id="P1", booked_at=T0 + 31 * DAY),
            line("c", payout_id="P2", number="102"), line("u", "payment", "-90.00", number="", payout_id="P2", booked_at=T0 + 38 * DAY),
            line("d", payout_id="P3", number="103", due_at=T0 + 39 * DAY),
        )  # fmt: skip
        found = {one.payout_id: one for one in await store.settlements.by_payout(ALL)}
        assert list(found) == ["P3", "P2", "P1"]
        first = found["P1"]
        assert (first.due, first.paid, first.difference, first.reason, first.orders, first.lines, first.at) == (
            85_000_000, 85_000_000, 0, "paid", 1, 2, T0 + 31 * DAY,
        )  # fmt: skip
        assert (found["P2"].difference, found["P2"].reason) == (-10_000_000, "differs")
        assert (found["P3"].paid, found["P3"].difference, found["P3"].reason) == (None, None, "no_transfer")
        assert await store.settlements.count_payouts(ALL) == 3
        assert await store.settlements.count_payouts(PayoutQuery(since=T0 + 35 * DAY)) == 2
        assert [x.payout_id for x in await store.settlements.by_payout(PayoutQuery(search="P1"))] == ["P1"]
        assert len(await store.settlements.of_payout("acc", "P1")) == 3

    async def test_months(self, store: Store) -> None:
        at = datetime(2026, 1, 15, 12, tzinfo=UTC)
        await told(
            store, line("a", booked_at=at), line("b", "commission", "-15.00", booked_at=at, paid=True),
            line("t", "payment", "-85.00", number="", booked_at=at + 30 * DAY),
        )  # fmt: skip
        later, first = await store.settlements.by_month(ALL)
        assert (later.month, later.transferred, later.orders, later.sums.booked) == ("2026-02", 85_000_000, 0, 0)
        assert (first.month, first.sums.sale, first.sums.commission, first.waiting, first.orders) == (
            "2026-01", 100_000_000, -15_000_000, 100_000_000, 1,
        )  # fmt: skip
        assert [x.month for x in await store.settlements.by_month(PayoutQuery(until=at + DAY))] == ["2026-01"]


@pytest.mark.usefixtures("shop_")
async def test_sums_equal_a_plain_count(store: Store) -> None:
    """Random lines: the three views add up to what adding them one by one gives."""
    rng = random.Random(5)
    lines = []
    for n in range(400):
        kind = rng.choice(list(SettlementKind))
        amount = Decimal(rng.randint(-9_999, 9_999)) / 100
        lines.append(line(
            f"l{n}", kind, str(amount), number=rng.choice(("", "101", "102", "103", "104")),
            payout_id=rng.choice(("", "P1", "P2")), paid=rng.random() < 0.3, booked_at=T0 + rng.randint(0, 60) * DAY,
        ))  # fmt: skip
    await told(store, *lines)
    due = [one for one in lines if one.kind is not SettlementKind.PAYMENT]
    transfers = {one.payout_id for one in lines if one.kind is SettlementKind.PAYMENT and one.payout_id}
    for row in await store.settlements.by_order(ALL, NOW):
        mine = [one for one in due if one.order_number == row.order_number]
        assert row.sums.booked == sum(one.amount.micros for one in mine)
        assert row.paid == sum(one.amount.micros for one in mine if one.paid or one.payout_id in transfers)
    for payout in await store.settlements.by_payout(ALL):
        assert payout.due == sum(one.amount.micros for one in due if one.payout_id == payout.payout_id)
    months = await store.settlements.by_month(ALL)
    assert sum(one.sums.booked for one in months) == sum(one.amount.micros for one in due)
    assert sum(one.transferred for one in months) == -sum(one.amount.micros for one in lines if one not in due)


async def test_a_removed_connection_keeps_its_lines(store: Store) -> None:
    row = await shop(store)
    await told(store, line("a"))
    await store.connections.remove(row.id)
    assert [one.channel for one in await store.settlements.by_order(ALL, NOW)] == ["Shop"]


async def test_a_file_of_before_opens(tmp_path: Path) -> None:
    """Schema 4 gains the table; the lines can be written at once."""
    from app.store.migrations import STEPS, migrate

    path = tmp_path / "old.sqlite"
    conn = sqlite3.connect(path, isolation_level=None)
    migrate(conn, STEPS[:4])
    conn.close()
    store = await Store.open(path, now=Clock())
    await shop(store)
    assert len((await told(store, line("a"))).new) == 1
    assert await store.integrity() == []
    await store.close()
