"""Pinned charts on Today: real figures, another span, taken off again, the way to Health, and what cannot be shown any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.contracts import Message
from app.store.process import CPU, MEMORY
from tests.ui.pages.desk import Desk, open_desk, until
from tests.ui.pages.health_making import calls
from tests.ui.pages.orders_making import missing_words
from tests.ui.pages.test_health_charts import opened_menu
from tests.ui.pages.test_today import NOW, shown
from ui.kit import spawner
from ui.pages.health_pins import Pin, read_pins, write_pins
from ui.pages.health_series import Subject
from ui.pages.today import TodayPage
from ui.theme import Appearance
from ui.words import choose


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        made.services = replace(made.services, now=lambda: NOW)
        made.store.samples._now = lambda: NOW
        made.store.process._now = lambda: NOW
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def filled(desk: Desk) -> Any:
    row = await desk.connection()
    made = list(calls(row.id, since=NOW - timedelta(days=1), until=NOW, every=timedelta(minutes=10), ms=400))
    await desk.store.samples.add(made)
    for back in range(1, 20):
        await desk.store.process.add(NOW - timedelta(minutes=back), {CPU: 25, MEMORY: 164_000_000})
    return row


async def pinned(desk: Desk, qtbot: Any, *pins: Pin) -> TodayPage:
    await write_pins(desk.store, pins)
    page = await shown(desk, qtbot)
    await until(
        lambda: len(page.pins.cards) == len(pins) and all(c.chart.data or c.chart._words for c in page.pins.cards)
    )
    return page


async def test_nothing_pinned_takes_no_room(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await shown(desk, qtbot)
    await until(lambda: not len(spawner()))
    assert not page.pins.isVisible()


async def test_pinned_charts_show_the_store_s_figures(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    page = await pinned(
        desk, qtbot, Pin(Subject("response", row.id)), Pin(Subject("cpu")), Pin(Subject("memory"), "1h")
    )
    cards = page.pins.cards
    assert [card.title.text() for card in cards] == [
        "Ana mağaza · Yanıt süresi", "Paxzar · İşlemci", "Paxzar · Bellek",
    ]  # fmt: skip
    assert cards[0].chart.data is not None
    assert cards[0].chart.data.goal == 5000
    assert len(cards[0].chart.data.times) <= 120
    assert cards[0].values.text().startswith("p50 ")
    assert cards[1].values.text() == "ortalama %2,5 · en çok %2,5"
    assert cards[2].values.text() == "ortalama 164 MB · en çok 164 MB"
    assert cards[2].span_button.text() == "1 sa"
    assert not missing_words(page)
    QTest.keyClick(cards[0].chart, Qt.Key.Key_Left)
    assert " – " in cards[0].values.text()  # the moment that is pointed at
    cards[0].chart.clearFocus()


async def test_a_pin_opens_its_chart_on_health(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    one, own = Pin(Subject("calls", row.id), "7d"), Pin(Subject("cpu"))
    page = await pinned(desk, qtbot, one, own)
    QTest.keyClick(page.pins.cards[0].chart, Qt.Key.Key_Return)
    page.pins.cards[1].open_button.click()
    assert page.asked == [  # type: ignore[attr-defined]
        ("health", {"chart": one, "connection": row.id}),
        ("health", {"chart": own}),
    ]


async def test_another_span_is_kept_and_unpinning_tells(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    page = await pinned(desk, qtbot, Pin(Subject("response", row.id)), Pin(Subject("cpu")))
    first = page.pins.cards[0]
    QTest.keyClick(first.span_button, Qt.Key.Key_Space)
    menu = await until(opened_menu)
    assert [one.text() for one in menu.actions() if one.isChecked()] == ["24 sa"]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(menu, key)
    await until(lambda: first.chart.data is not None and (first.chart.data.until - first.chart.data.since).days == 7)
    assert (await read_pins(desk.store))[0] == Pin(Subject("response", row.id), "7d")
    assert first.span_button.text() == "7 gün"
    first.unpin.click()
    await until(lambda: len(page.pins.cards) == 1)
    assert await read_pins(desk.store) == [Pin(Subject("cpu"))]
    assert desk.said[-1] == ("healthy", "Ana mağaza · Yanıt süresi", "Bugün sayfasından kaldırıldı.")
    page.pins.cards[0].unpin.click()
    await until(lambda: not page.pins.cards)
    assert not page.pins.isVisible()


async def test_a_pin_of_a_removed_connection_is_not_shown_and_none_fails(desk: Desk, qtbot: Any) -> None:
    row = await filled(desk)
    other = await desk.connection("Web", "woocommerce")
    await desk.store.connections.remove(other.id)
    await write_pins(desk.store, [Pin(Subject("response", other.id)), Pin(Subject("orders", row.id), "30d")])
    page = await shown(desk, qtbot)
    await until(lambda: len(page.pins.cards) == 1 and page.pins.cards[0].chart._words != "")
    assert page.pins.cards[0].chart.accessibleDescription() == "Bu sürede değer yok"


async def test_the_board_follows_the_width(desk: Desk, qtbot: Any) -> None:
    choose("en")
    row = await filled(desk)
    page = await pinned(
        desk, qtbot, *(Pin(Subject(m, row.id)) for m in ("response", "calls", "errors", "availability"))
    )  # type: ignore[arg-type]
    grid = page.pins._grid

    def across() -> int:
        return len({grid.getItemPosition(i)[1] for i in range(grid.count())})

    counts = []
    for width in (1500, 1200, 850):
        page.set_inner_width(width)
        counts.append(across())
    assert counts == [3, 2, 1]
    assert page.pins.cards[2].title.text() == "Ana mağaza · Errors"
    assert not missing_words(page)


async def test_the_compact_wall_begins_with_the_worst(desk: Desk, qtbot: Any) -> None:
    for number in range(14):
        row = await desk.connection(f"Mağaza {number}")
    await desk.store.connections.note_error(row.id, Message("auth.refused"), NOW)
    page = await shown(desk, qtbot)
    assert page.day is not None
    assert len(page.day.wall) == 14
    assert len(page.wall) == 12
    cell = page.wall[0].cell
    assert cell is not None
    assert (cell.name, cell.state) == ("Mağaza 13", "unhealthy")
