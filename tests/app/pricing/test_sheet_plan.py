"""From a sheet to a stored plan and back: rows find their listings, doubtful ones are told, an export that nobody edited changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.api.price_sheets import PriceSheets
from app.contracts import Page
from app.contracts.catalogue import Catalogue, providers_root
from app.formats.words import Words
from app.model import Listing, Money
from app.pricing.plan import Plans
from app.pricing.sheet_columns import read_pairs
from app.pricing.sheet_plan import SheetPlan
from app.store import ConnectionRow, Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
D = Decimal


def lira(text: str) -> Money:
    return Money(D(text), "TRY")


GOODS = (
    Listing("r1", "0017", "Kupa", price=lira("100"), list_price=lira("120"), stock=3, barcode="8690000000012"),
    Listing("r2", "=A1", "Tabak", price=lira("50"), list_price=lira("50"), stock=1, barcode="8690000000029"),
    Listing("r3", "1E5", "Çatal", price=lira("9.90"), stock=0, barcode="8690000000036"),
    Listing("r4", "Bıçak 4", "Bıçak", price=None, stock=0),
)


class Desk:
    def __init__(self, store: Store, first: ConnectionRow, second: ConnectionRow, shut: ConnectionRow) -> None:
        self.store, self.first, self.second, self.shut = store, first, second, shut
        self.plans = Plans(store, lambda: NOW)
        self.sheets = PriceSheets(store, Catalogue(providers_root(), with_plugins=False), self.plans, self._compute)

    @staticmethod
    async def _compute(work: Callable[..., Any], *args: object) -> Any:
        return work(*args)

    async def take(self, data: bytes, *rows: ConnectionRow, pairs: tuple[str, ...] = (), sign: str = "") -> SheetPlan:
        own, signs = read_pairs(pairs), {"price": sign} if sign else {}
        sheet = await self.sheets.look(data, "fiyat.csv", own, signs)
        assert not sheet.doubts
        return await self.sheets.make(sheet, rows or await self.sheets.rows(), own, signs)

    async def lines(self, made: SheetPlan) -> list[tuple[str, str, Decimal | None, Decimal | None, tuple[str, ...]]]:
        assert made.plan_id is not None
        return [
            (one.channel, one.sku, one.new and one.new.amount, one.new_list and one.new_list.amount, one.hold)
            for one in await self.store.plans.lines(made.plan_id)
        ]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW)
    rows = []
    for name, integration, switches in (
        ("Ana", "trendyol", {}),
        ("Yan", "hepsiburada", {}),
        ("Kapalı", "n11", {"price_sink": False}),
    ):
        await store.accounts.add(f"{integration}-1", integration, "live", name)
        rows.append(await store.connections.add(name, integration, f"{integration}-1", "live", switches=switches))
    await store.listings.apply_page(rows[0].id, "trendyol-1", Page(GOODS), now=NOW)
    other = Listing("h1", "0017", "Kupa", price=lira("110"), list_price=lira("130"), stock=2, barcode="8690000000012")
    await store.listings.apply_page(rows[1].id, "hepsiburada-1", Page((other,)), now=NOW)
    yield Desk(store, *rows)
    await store.close()


def csv(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


def told(made: SheetPlan) -> list[tuple[str, str]]:
    return [(one.params["cell"], one.params["why"]) for one in made.troubles]


async def test_rows_find_their_listings_by_sku_and_by_barcode(desk: Desk) -> None:
    made = await desk.take(csv("SKU;Barkod;Fiyat", "0017;;105,00", ";8690000000029;55,50"))
    assert await desk.lines(made) == [
        ("Ana", "0017", D("105.00"), None, ()),
        ("Ana", "=A1", D("55.50"), D("55.50"), ()),
        ("Yan", "0017", D("105.00"), None, ()),
    ]
    assert (made.matched, made.unknown, made.trouble_count) == (3, (), 0)
    plan = await desk.store.plans.get(made.plan_id or 0)
    assert (plan.kind, plan.title, plan.state) == ("sheet", "fiyat.csv", "ready")
    assert await desk.store.outbox.counts() == {}


async def test_only_the_connections_that_are_asked_for_and_named(desk: Desk) -> None:
    made = await desk.take(csv("SKU;Fiyat", "0017;105,00"), desk.second)
    assert [one[0] for one in await desk.lines(made)] == ["Yan"]
    rows = csv("Bağlantı;SKU;Fiyat", "ana;0017;105,00", "Yan;0017;106,00", "Kapalı;0017;1,50", "Nerede;0017;1,50")
    made = await desk.take(rows)
    assert [(one[0], one[2]) for one in await desk.lines(made)] == [("Ana", D("105.00")), ("Yan", D("106.00"))]
    assert (made.elsewhere, told(made)) == (1, [("A5", "price_connection")])


async def test_unknown_rows_are_listed_with_what_is_nearly_them(desk: Desk) -> None:
    made = await desk.take(csv("SKU;Fiyat", "17;105,00", "yok;1,50", "bıçak4;2,50", "0017;101,00"), desk.first)
    assert [(one.row, one.name, one.near) for one in made.unknown] == [
        (2, "17", "0017"),
        (3, "yok", ""),
        (4, "bıçak4", "Bıçak 4"),
    ]
    assert len(await desk.lines(made)) == 1


async def test_no_row_known_makes_no_plan(desk: Desk) -> None:
    made = await desk.take(csv("SKU;Fiyat", "yok;1,50"))
    assert (made.plan_id, made.matched) == (None, 0)
    assert await desk.store.plans.list() == []


async def test_a_row_of_two_listings_and_two_rows_of_one_are_not_taken(desk: Desk) -> None:
    rows = csv(
        "SKU;Barkod;Fiyat",
        "0017;8690000000036;1,50",
        "=A1;;51,00",
        ";8690000000029;52,00",
        "1E5;;9,95",
        ";8690000000036;9,95",
    )
    made = await desk.take(rows, desk.first)
    assert [one[1:3] for one in await desk.lines(made)] == [("1E5", D("9.95"))]
    assert told(made) == [("B2", "price_pair"), ("A4", "price_twice"), ("A3", "price_twice"), ("A6", "sheet_twice")]


async def test_zero_a_jump_and_a_vanishing_discount_are_held_and_no_price_is_blocked(desk: Desk) -> None:
    made = await desk.take(csv("SKU;Fiyat", "0017;125,00", "=A1;0", "1E5;99,00", "Bıçak 4;5,00"), desk.first)
    assert [one[4] for one in await desk.lines(made)] == [("list",), ("zero", "jump"), ("jump",), ("no_price",)]
    assert (made.totals.ready, made.totals.held, made.totals.blocked) == (0, 3, 1)


async def test_a_list_price_goes_along_or_alone(desk: Desk) -> None:
    made = await desk.take(csv("SKU;Fiyat;Liste Fiyatı", "0017;;130,00", "=A1;55,00;60,00", "1E5;;5,00"), desk.first)
    assert await desk.lines(made) == [
        ("Ana", "0017", D("100"), D("130.00"), ()),
        ("Ana", "=A1", D("55.00"), D("60.00"), ()),
    ]
    assert told(made) == [("C4", "price_list_below")]
    applied = await desk.plans.apply(made.plan_id or 0, day_began=NOW)
    assert applied.queued == {desk.first.id: 2}
    stored = await desk.store.listings.get(1)
    assert stored is not None
    assert (stored.wanted_price, stored.wanted_list_price) == (lira("100"), lira("130"))


async def test_another_currency_is_told_and_kurus_are_rounded_half_up(desk: Desk) -> None:
    made = await desk.take(
        csv("SKU;Fiyat;Para Birimi", "0017;105,4449;TRY", "=A1;51,00;EUR", "1E5;9,925;"), desk.first, sign=","
    )
    assert [one[2] for one in await desk.lines(made)] == [D("105.44"), D("9.93")]
    assert (told(made), made.rounded) == ([("C3", "price_currency")], 2)


async def test_what_was_said_of_a_shape_is_remembered_when_it_made_a_plan(desk: Desk) -> None:
    rows = csv("Kodumuz;Bizim Fiyat", "0017;1.050", "=A1;51")
    await desk.take(rows, desk.first, pairs=("sku=Kodumuz", "price=Bizim Fiyat"), sign=",")
    again = await desk.sheets.look(csv("Bizim Fiyat;Kodumuz", "2.050;0017"), "y.csv")
    assert (again.found, again.signs, again.doubts) == ({"price": "Bizim Fiyat", "sku": "Kodumuz"}, {"price": ","}, ())
    other = await desk.sheets.look(csv("SKU;Fiyat", "0017;2.050"), "z.csv")
    assert [one.code for one in other.doubts] == ["pricesheet.sign"]


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
async def test_an_export_that_nobody_edited_changes_nothing(
    desk: Desk, tmp_path: Path, ending: str, language: str
) -> None:
    await desk.store.listings.want_price(3, lira("10.50"))
    path = tmp_path / f"fiyat.{ending}"
    assert await desk.sheets.save(path, await desk.sheets.rows(), Words.load(language)) == 5
    sheet = await desk.sheets.look(path, path.name)
    assert sheet.doubts == ()
    made = await desk.sheets.make(sheet, await desk.sheets.rows())
    assert (made.matched, made.unknown, made.trouble_count, made.totals.same) == (4, (), 0, 4)
    assert made.totals.lines == 0
    assert await desk.lines(made) == []
    assert sheet.blanks == 1, "a listing whose channel tells no price"
    data = await asyncio.to_thread(path.read_bytes)
    if ending == "csv":
        assert data.startswith(b"\xef\xbb\xbf")
        assert (b";" in data.splitlines()[0]) is (language == "tr")
        assert b"'=A1" in data


async def test_an_edit_in_an_export_is_the_only_line(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "fiyat.csv"
    await desk.sheets.save(path, [desk.first], Words.load("tr"))
    text = await asyncio.to_thread(path.read_text, "utf-8-sig")
    edited = text.replace(";9,90;", ";10,90;").encode("cp1254")
    made = await desk.sheets.make(await desk.sheets.look(edited, "fiyat.csv"), [desk.first])
    assert await desk.lines(made) == [("Ana", "1E5", D("10.90"), None, ())]


async def test_only_ticked_listings_or_a_search_are_exported(desk: Desk, tmp_path: Path) -> None:
    from app.store import ListingQuery

    path = tmp_path / "fiyat.csv"
    assert await desk.sheets.save(path, await desk.sheets.rows(), Words.load("tr"), ids=(2, 5)) == 2
    assert await desk.sheets.save(path, await desk.sheets.rows(), Words.load("tr"), ListingQuery(search="kupa")) == 2
