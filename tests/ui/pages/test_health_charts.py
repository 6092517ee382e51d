"""The detail's chart: what it can be about, whose calls, zoom, export with its entry in the log, pins; all over a real store."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.contracts import GOALS_MS
from app.store import AuditFilter, BusinessDay
from app.store.process import CPU, MEMORY
from tests.ui.pages.desk import until
from tests.ui.pages.health_making import NOW, Call
from tests.ui.pages.orders_making import order
from tests.ui.pages.test_health import Open, desk, select
from ui.charts.data import MOST_POINTS
from ui.pages.health_pins import KEY, MOST, Pin, read_pins, toggle_pin, write_pins
from ui.pages.health_series import Subject, business_chart, currencies, load, title_words
from ui.tables import Channel

__all__ = ["desk"]
pytestmark = pytest.mark.usefixtures("errors")
DAY = timedelta(days=1)


async def chosen(d: Any, subject: Subject) -> Any:
    """The card once it shows the subject's figures."""
    card = d.page.detail.card
    before = card.data
    card.choose(subject)
    await until(lambda: card.data is not before or card._empty is not None)
    return card


def opened_menu() -> QMenu | None:
    found = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu) and one.isVisible()]
    return found[0] if found else None


# -- what it is about ------------------------------------------------------------------------------------------------
async def test_throughput_is_calls_an_hour_and_adds_up(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = await chosen(d, Subject("calls", d.rows[1].id))
    calls = next(line for line in card.data.lines if line.key == "calls")
    hours = card.data.step / timedelta(hours=1)
    since = card.data.times[0]
    total = await d.store.samples.total(d.rows[1].id, since, since + card.data.step * len(card.data.times))
    assert round(sum(value or 0 for value in calls.values) * hours) == total.count
    assert len(card.data.times) <= 96
    assert card.data.times[-1] + card.data.step <= NOW  # one that still runs would look like a fall
    assert card.legend.entries[0].value.endswith(" /sa")
    assert card.data.goal is None
    assert len(card.data.incidents) == 1


async def test_a_silence_is_a_line_at_nought_not_a_gap(desk: Open) -> None:
    d = await desk(filled=False)
    row = d.rows[0]
    await d.store.samples.add(
        [Call(row.id, (NOW - timedelta(hours=back)).timestamp(), 100.0) for back in (20, 19, 5, 4, 3)]
    )
    data = await load(d.page.services, Subject("calls", row.id), NOW - DAY, NOW, 400)
    assert data is not None
    assert data.gaps == []
    assert [line.values.count(0.0) > 50 for line in data.lines if line.key == "calls"] == [True]


async def test_errors_are_lines_by_class(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = await chosen(d, Subject("errors", d.rows[1].id))
    assert [line.key for line in card.data.lines] == ["throttled", "timeout", "server_error"]
    assert len({(line.look.dash, line.look.marker) for line in card.data.lines}) == 3


async def test_availability_stands_against_the_target(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = await chosen(d, Subject("availability", d.rows[1].id))
    assert card.data.goal == pytest.approx(99.9)
    assert card.data.goal_words == "hedef %99,9"
    assert card.data.ceiling == 100.0
    assert card.plot.goal.value() == pytest.approx(99.9)
    assert card.plot.values.words()[-1] == "%100"
    row = await load(d.page.services, Subject("availability", d.rows[0].id), NOW - DAY, NOW, 400, d.rows[0])
    assert row is not None
    assert row.floor == 99.0  # what is missing from a hundred must be seen


async def test_one_operation_and_the_whole_category_can_be_looked_at(desk: Open) -> None:
    d = await desk()
    row = d.rows[0]
    d.store.samples.categories.update({row.id: "marketplace-tr"})
    at = NOW.timestamp() - 600
    await d.store.samples.add([Call(row.id, at + i, 4000.0, operation="listings") for i in range(5)])
    await select(d, row)
    alone = await chosen(d, Subject("response", row.id, operation="listings"))
    assert sum(alone.data.extras[0].values) == 5
    assert alone.data.top > 3500
    assert alone.whose.text() == "listeler"
    category = await chosen(d, Subject("response", category="marketplace-tr"))
    assert sum(category.data.extras[0].values) == 5  # only since the category is known
    assert category.data.goal == GOALS_MS["marketplace-tr"]
    await select(d, d.rows[1])  # another connection: its own calls again
    assert d.page.detail.card.subject == Subject("response", d.rows[1].id)


async def test_both_menus_work_by_keyboard(desk: Open) -> None:
    d = await desk()
    d.store.samples.categories.update({d.rows[1].id: "shop"})
    await select(d, d.rows[1])
    card = d.page.detail.card
    QTest.keyClick(card.whose, Qt.Key.Key_Space)
    await until(lambda: opened_menu() is not None)
    menu = opened_menu()
    assert menu is not None
    texts = [one.text() for one in menu.actions() if not one.isSeparator()]
    assert texts == ["Tüm çağrılar", "Yalnız yoklamalar", "siparişler", "Kategori: E-ticaret altyapısı"]
    assert [one.isChecked() for one in menu.actions() if not one.isSeparator()] == [True, False, False, False]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(menu, key)
    await until(lambda: card.subject.operation == "orders")
    QTest.keyClick(card.what, Qt.Key.Key_Space)
    await until(lambda: opened_menu() is not None and opened_menu() is not menu)
    menu = opened_menu()
    assert menu is not None
    texts = [one.text() for one in menu.actions() if not one.isSeparator()]
    assert texts[:6] == ["Yanıt süresi", "Çağrı sayısı", "Hatalar", "Erişilebilirlik", "Siparişler", "Listeler"]
    assert texts[-2:] == ["Paxzar: İşlemci", "Paxzar: Bellek"]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(menu, key)
    await until(lambda: card.subject.measure == "calls")
    assert card.subject.operation == "orders"  # what was narrowed stays narrowed


async def test_the_program_s_own_figures_are_a_chart(desk: Open) -> None:
    d = await desk()
    for back in range(1, 30):
        await d.store.process.add(NOW - timedelta(minutes=back), {CPU: 20 + back, MEMORY: 164_000_000})
    await select(d, d.rows[0])
    card = await chosen(d, Subject("cpu"))
    assert card.data.top == pytest.approx(4.9)
    assert [entry.name for entry in card.legend.entries] == ["ortalama", "en çok"]
    assert all(entry.value.startswith("%2,") for entry in card.legend.entries)
    assert not card.whose.isVisible()
    card = await chosen(d, Subject("memory"))
    assert card.legend.entries[0].value == "164 MB"
    assert title_words(card.subject, "Ana mağaza") == "Paxzar · Bellek"


async def test_orders_and_revenue_are_charts_currency_by_currency(desk: Open) -> None:
    d = await desk()
    row = d.rows[0]
    from app.contracts import Page as Records

    some = [order(n, placed_at=NOW - timedelta(days=n % 3), updated_at=NOW) for n in range(1, 7)]
    await d.store.orders.apply_page(row.id, row.account_id, Records(tuple(some)), now=NOW)
    await select(d, row)
    d.page.detail.card.segment._choose("30d")
    card = await chosen(d, Subject("orders", row.id))
    await until(lambda: card.data is not None and len(card.data.times) == 31)
    assert sum(card.data.lines[0].values) == 6
    assert card.data.step == DAY
    days = await d.store.business.days(row.id, (NOW - 30 * DAY).date(), NOW.date(), NOW.tzinfo)
    assert currencies(days) == ["TRY"]
    card = await chosen(d, Subject("revenue", row.id, currency="TRY"))
    line = card.data.lines[0]
    assert sum(one or Decimal(0) for one in line.exact) == sum(one.total.amount for one in some)
    assert card.legend.entries[0].value.startswith("₺")
    rows = list(csv.reader(io.StringIO(card.data.csv_bytes().decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Zaman", "Satış, TRY (TRY)"]
    assert rows[-1][1].replace(",", ".") == str(line.exact[-1])  # to the penny


def test_years_of_days_are_put_together_and_money_never_added_across_currencies() -> None:
    from app.model import Money

    days = [
        BusinessDay(NOW.date() - timedelta(days=back), 2, 1, {"TRY": Money(Decimal("0.10"), "TRY"), "EUR": Money(Decimal(7), "EUR")}, back, 0)
        for back in range(730, -1, -1)
    ]  # fmt: skip
    made = business_chart(days, Subject("revenue", 1, currency="TRY"), NOW - 730 * DAY, NOW, 400)
    assert made is not None
    assert len(made.times) <= MOST_POINTS
    assert made.step == 2 * DAY
    assert sum(one or Decimal(0) for one in made.lines[0].exact) == Decimal("73.10")
    listed = business_chart(days, Subject("listings", 1), NOW - 730 * DAY, NOW, 400)
    assert listed is not None
    assert listed.lines[0].values[-1] == 0.0  # the last count of the span, not a sum
    assert business_chart(days, Subject("revenue", 1, currency="USD"), NOW - 730 * DAY, NOW, 400) is None


async def test_nothing_sold_says_so(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[0])
    card = await chosen(d, Subject("revenue", d.rows[0].id, currency="TRY"))
    assert card._nothing.accessibleName() == "Bu sürede değer yok."
    assert d.page.detail.bars.bars  # the connection's own figures stay


# -- zoom ------------------------------------------------------------------------------------------------------------
async def test_zooming_in_asks_for_finer_figures_and_home_goes_back(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = d.page.detail.card
    card.segment._choose("30d")
    await until(lambda: (card.data.until - card.data.since).days == 30)
    coarse = card.data.step
    card.plot.setFocus()
    for _ in range(5):
        QTest.keyClick(card.plot, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    await until(lambda: card.data.step < coarse)
    low, high = card.plot.visible_range()
    assert high - low < timedelta(days=1.1)
    assert len(card.data.times) <= MOST_POINTS
    await d.page.refresh()  # what comes in now must not throw the hand back
    assert card.plot.visible_range() == (low, high)
    QTest.keyClick(card.plot, Qt.Key.Key_Home)
    await until(lambda: card.data.step == coarse)
    assert d.page.detail._panned is None


async def test_zooming_out_reaches_beyond_the_span_and_has_ends(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[0])
    card = d.page.detail.card
    assert d.page.services.actions.trigger("health.zoom_out")
    await until(lambda: card.data.until - card.data.since > timedelta(hours=47))
    for _ in range(30):
        card.zoom(2.0)
    low, high = card.plot.visible_range()
    assert timedelta(days=700) < high - low < timedelta(days=731)
    for _ in range(40):
        card.zoom(0.5)
    low, high = card.plot.visible_range()
    assert high - low >= timedelta(seconds=599)
    assert high <= NOW + timedelta(minutes=30)
    assert d.page.services.actions.trigger("health.home")
    await until(lambda: not card.plot._rest.isActive() and d.page.detail._panned is None)
    assert not card.plot.moved


# -- export ----------------------------------------------------------------------------------------------------------
async def test_an_export_is_in_the_audit_log(desk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = d.page.detail.card
    names: list[str] = []

    async def ask(_parent: Any, _title: str, name: str, _filters: list[str]) -> Path:
        names.append(name)
        return tmp_path / name

    monkeypatch.setattr("ui.charts.card.ask_save_file", ask)
    await card.export("csv")
    await card.export("png")
    assert names == [f"woocommerce-{d.rows[1].id}-response.{kind}" for kind in ("csv", "png")]
    found = await d.store.audit.query(AuditFilter(action="data.exported"))
    assert [(e.subject_kind, e.subject_id, e.connection_id) for e in reversed(found)] == [
        ("chart", "csv", d.rows[1].id),
        ("chart", "png", d.rows[1].id),
    ]
    assert found[-1].details["count"] == len(card.data.times)

    async def nowhere(*_words: Any) -> None:
        return None

    monkeypatch.setattr("ui.charts.card.ask_save_file", nowhere)
    await card.export("csv")  # thought better of it: nothing was exported
    assert len(await d.store.audit.query(AuditFilter(action="data.exported"))) == 2


# -- pins ------------------------------------------------------------------------------------------------------------
async def test_a_chart_is_pinned_and_taken_off(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = d.page.detail.card
    await chosen(d, Subject("errors", d.rows[1].id))
    assert card.pin_button.toolTip() == "Bugün sayfasına sabitle"
    card.pin_button.click()
    await until(lambda: card.pin_button.toolTip() == "Bugün sayfasından kaldır")
    assert await read_pins(d.store) == [Pin(Subject("errors", d.rows[1].id), "24h")]
    assert d.said[-1] == ("healthy", "Web mağazası · Hatalar", "Bugün sayfasına sabitlendi.")
    await chosen(d, Subject("response", d.rows[1].id))
    await until(lambda: card.pin_button.toolTip() == "Bugün sayfasına sabitle")
    await chosen(d, Subject("errors", d.rows[1].id))
    await until(lambda: card.pin_button.toolTip() == "Bugün sayfasından kaldır")
    assert d.page.services.actions.trigger("health.pin")
    await until(lambda: card.pin_button.toolTip() == "Bugün sayfasına sabitle")
    assert await d.store.settings.get(KEY) is None


async def test_there_is_room_for_so_many_and_strange_pins_are_left_out(desk: Open) -> None:
    d = await desk()
    await write_pins(d.store, [Pin(Subject("response", n)) for n in range(1, MOST + 1)])
    assert await toggle_pin(d.store, Pin(Subject("cpu"))) is None
    assert await toggle_pin(d.store, Pin(Subject("response", 3))) is False
    assert await toggle_pin(d.store, Pin(Subject("cpu"))) is True
    kept = await d.store.settings.get(KEY)
    strange = [{"subject": {"measure": "tomorrow"}}, 7, {"subject": {"measure": "cpu"}, "span": "9y"}]
    await d.store.settings.set(KEY, [*strange, *kept, kept[0]])
    assert len(await read_pins(d.store)) == MOST
    await d.store.settings.set(KEY, "all of them")
    assert await read_pins(d.store) == []


async def test_today_s_wish_opens_the_chart(desk: Open) -> None:
    d = await desk()
    wish = Pin(Subject("availability", d.rows[0].id), "7d")
    d.page.shown({"connection": d.rows[0].id, "chart": wish})
    card = d.page.detail.card
    await until(lambda: card.subject == wish.subject and card.data is not None and card.data.ceiling == 100.0)
    assert card.span == "7d"
    assert d.page.detail.part == "charts"


# -- the wall's new figures ------------------------------------------------------------------------------------------
async def test_today_begins_at_midnight(desk: Open) -> None:
    d = await desk(filled=False)
    row = d.rows[0]
    start = NOW.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    before = [Call(row.id, start.timestamp() - 3600 + n, 100.0, "timeout", status=0) for n in range(9)]
    after = [Call(row.id, start.timestamp() + 60 + n, 100.0) for n in range(9)]
    await d.store.samples.add([*before, *after])
    await d.page.refresh()
    assert d.page.wall[row.id].today == 1.0
    assert d.cells(0)["day"] == "%100"
    assert d.cells(0)["week"] == "%50"
    assert d.cells(0)["connection"] == Channel("trendyol", "Trendyol", "Ana mağaza").name + " Ana mağaza"
