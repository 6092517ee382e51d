"""The stock view: counts edited in the cell, what channels show, low and lacking ones, channel rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.contracts import Page as Records
from app.model.stock import ChannelRule
from app.store import Count, OutboxFilter
from tests.ui.pages.desk import Desk, dialog, listing, open_desk, until
from tests.ui.pages.orders_making import missing_words
from ui.kit import spawner
from ui.pages.prices import PricesPage
from ui.pages.stock_rules import RulesDialog
from ui.pages.stock_view import AddDialog, StockView, whole
from ui.theme import Appearance


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def shown(desk: Desk) -> StockView:
    row = await desk.connection("Şık Dükkân")
    await desk.store.listings.apply_page(
        row.id, row.account_id, Records((listing(1), listing(2))), now=desk.services.now()
    )
    await desk.store.stock.put([Count("NC-0001", 30, buffer=2), Count("NC-0002", 1)])
    page = PricesPage(desk.services)
    desk.show(page)
    page.show_stock()
    await until(lambda: page.stock.model.ready and page.stock.model.total == 2 and not len(spawner()), "loaded")
    return page.stock


def value(view: StockView, row: int, key: str) -> Any:
    return view.model.value(row, view.model.section_of(key))


@pytest.mark.parametrize(("text", "found"), [("5", 5), ("1.250", 1250), ("0", 0), ("-1", None), ("1,5", None), ("beş", None), ("", None)])  # fmt: skip
def test_pieces_are_read_as_whole_numbers(text: str, found: int | None) -> None:
    assert whole(text) == found


async def test_counts_are_edited_in_the_cell_and_a_zero_is_asked_about(desk: Desk) -> None:
    view = await shown(desk)
    assert (value(view, 0, "on_hand"), value(view, 0, "available")) == (30, 28)
    assert "28" in value(view, 0, "channels")
    view.table.edited.emit("NC-0001", "on_hand", "20")
    await until(lambda: value(view, 0, "on_hand") == 20, "the new count")
    view.table.edited.emit("NC-0001", "on_hand", "çok")
    await until(lambda: any(tone == "unhealthy" for tone, _, _ in desk.said), "told")
    assert value(view, 0, "on_hand") == 20
    view.table.edited.emit("NC-0001", "on_hand", "0")
    asked = await dialog()
    assert asked is not None
    asked.reject()
    await until(lambda: not len(spawner()), "asked")
    row = await desk.store.stock.get("NC-0001")
    assert row is not None
    assert row.on_hand == 20
    assert await desk.store.outbox.query(OutboxFilter(kinds=("stock",), states=("queued",)))
    assert not missing_words(view)


async def test_low_ones_and_a_new_one(desk: Desk) -> None:
    view = await shown(desk)
    view.tabs.chosen.emit("low")
    await until(lambda: view.model.total == 1 and view.model.ready, "the low one")
    assert value(view, 0, "sku") == "NC-0002"
    view.tabs.chosen.emit("all")
    await until(lambda: view.model.total == 2, "all")
    view.add_button.click()
    asked = await dialog()
    assert isinstance(asked, AddDialog)
    assert not asked.primary.isEnabled()
    asked.sku.setText("YENİ-1")
    asked.pieces.setText("12")
    asked.primary.click()
    await until(lambda: view.model.total == 3, "the new one")


async def test_channel_rules(desk: Desk) -> None:
    view = await shown(desk)
    view.rules_button.click()
    asked = await dialog()
    assert isinstance(asked, RulesDialog)
    ((connection, _), *_) = asked.edits
    asked.edits[connection, "percent"].setText("101")
    assert not asked.primary.isEnabled()
    asked.edits[connection, "percent"].setText("50")
    asked.edits[connection, "most"].setText("10")
    asked.primary.click()
    await until(lambda: not len(spawner()), "kept")
    assert await desk.store.stock.rules() == {connection: ChannelRule(percent=50, most=10)}
