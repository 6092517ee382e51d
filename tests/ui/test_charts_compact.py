"""Units of charts, the compact chart that Today carries, and zooming: without a store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.test_charts import figures_of, ready
from ui import words
from ui.charts.data import ChartData, Line, floor_of, nice_top, value_ticks
from ui.charts.trend import TrendChart
from ui.charts.units import BYTES, COUNT, MS, PERCENT, RATE, Unit
from ui.theme import DARK, LIGHT, Appearance, Scheme
from ui.theme.charts import SERIES

Settle = Callable[[], Any]
END = datetime(2025, 11, 24, 11, 0, tzinfo=UTC)


# -- units -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("unit", "value", "turkish", "english"),
    [
        (MS, 412.4, "412 ms", "412 ms"),
        (MS, 6240.0, "6,2 sn", "6.2 s"),
        (RATE, 61.5, "61,5 /sa", "61.5 /h"),
        (RATE, 60.0, "60 /sa", "60 /h"),
        (PERCENT, 99.999, "%99,99", "99.99%"),
        (PERCENT, 100.0, "%100", "100%"),
        (BYTES, 164_200_000.0, "164 MB", "164 MB"),
        (COUNT, 12.0, "12", "12"),
    ],
    ids=["ms", "s", "rate", "whole rate", "never a hundred", "hundred", "bytes", "count"],
)
def test_a_value_reads_as_its_unit(unit: Unit, value: float, turkish: str, english: str) -> None:
    words.choose("tr")
    assert unit.words(value) == turkish
    words.choose("en")
    assert unit.words(value) == english
    words.choose("tr")


def test_money_is_told_by_its_exact_figure_and_drawn_by_the_other() -> None:
    words.choose("tr")
    exact = (Decimal("1249.90"), Decimal("0.10"))
    line = Line("revenue", "Satış", tuple(map(float, exact)), SERIES[0], exact)
    times = (END - timedelta(days=2), END - timedelta(days=1))
    data = ChartData(times[0], END, times, (line,), step=timedelta(days=1), unit=Unit("money", "TRY"))
    assert [data.value_words(line, i) for i in range(2)] == ["₺1.249,90", "₺0,10"]
    assert data.table_rows()[0][2] == "₺0,10"
    assert data.csv_bytes().decode("utf-8-sig").splitlines()[1].endswith(";1249,90")


def test_the_axis_of_shares_begins_where_the_missing_can_be_seen() -> None:
    words.choose("tr")
    assert [floor_of(least) for least in (99.9, 96.0, 91.0, 80.0, 51.0, 12.0)] == [99.0, 95.0, 90.0, 75.0, 50.0, 0.0]
    assert [text for _, text in value_ticks(100.0, 0.2, 99.0, PERCENT)] == [
        "%99", "%99,2", "%99,4", "%99,6", "%99,8", "%100",
    ]  # fmt: skip
    assert [text for _, text in value_ticks(*nice_top(33), unit=RATE)][-1] == "35 /sa"
    assert value_ticks(*nice_top(170e6, 3), unit=BYTES)[-1][1] == "200 MB"


async def test_a_fixed_top_and_floor_hold_the_axis(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    shares = tuple(99.0 + (i % 10) / 10 for i in range(100))
    times = tuple(END - timedelta(minutes=4 * (100 - i)) for i in range(100))
    line = Line("availability", "Erişilebilirlik", shares, SERIES[0])
    data = ChartData(
        times[0], END, times, (line,), goal=99.9, goal_words="hedef %99,9", unit=PERCENT, floor=99.0, ceiling=100.0
    )
    card = await ready(qtbot, settle, data)
    assert card.plot.ground.viewRange()[1] == [99.0, 100.0]
    assert card.plot.values.words() == ["%99", "%99,2", "%99,4", "%99,6", "%99,8", "%100"]
    assert card.plot.goal.isVisible()
    assert card.plot.names.fixedWidth > 60  # the name at the line's end is not cut
    card.show_data(figures_of())  # and another chart in the same card has its own axis again
    assert card.plot.ground.viewRange()[1][0] == 0


# -- zoom ------------------------------------------------------------------------------------------------------------
def wheel(plot: Any, turn: int, modifiers: Qt.KeyboardModifier) -> QWheelEvent:
    at = QPointF(plot.mapFromScene(plot.ground.sceneBoundingRect().center()))
    event = QWheelEvent(
        at, plot.mapToGlobal(at), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)
    return event


async def test_the_wheel_zooms_with_ctrl_and_scrolls_the_page_without(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    before = card.plot.visible_range()
    assert not wheel(card.plot, 120, Qt.KeyboardModifier.NoModifier).isAccepted()
    assert card.plot.visible_range() == before
    middle = before[0] + (before[1] - before[0]) / 2
    assert wheel(card.plot, 120, Qt.KeyboardModifier.ControlModifier).isAccepted()
    low, high = card.plot.visible_range()
    assert abs((high - low) - (before[1] - before[0]) / 2) < timedelta(minutes=1)
    assert abs(low + (high - low) / 2 - middle) < timedelta(minutes=5)  # round the pointer
    assert card.plot.moved
    wheel(card.plot, -120, Qt.KeyboardModifier.ControlModifier)
    assert not card.plot.moved


async def test_plus_and_minus_zoom_round_the_cursor(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    card.plot.setFocus()
    card.plot.set_cursor(100)
    QTest.keyClick(card.plot, Qt.Key.Key_Plus)
    low, high = card.plot.visible_range()
    assert low < card.data.times[100] < high  # type: ignore[union-attr]
    QTest.keyClick(card.plot, Qt.Key.Key_Home)
    assert not card.plot.moved


# -- the compact chart -----------------------------------------------------------------------------------------------
def compact(qtbot: Any, data: ChartData) -> TrendChart:
    chart = TrendChart("Yanıt süresi")
    qtbot.addWidget(chart)
    chart.resize(300, 112)
    chart.show()
    chart.show_data(data)
    return chart


def test_the_compact_chart_draws_curves_goal_and_incident(look: Appearance, qtbot: Any) -> None:
    chart = compact(qtbot, figures_of(120))
    image = chart.grab().toImage()
    colours = {image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())}
    assert LIGHT.series[0] in colours
    assert LIGHT.hex("text") in colours  # the goal
    look.set_scheme(Scheme.DARK)
    image = chart.grab().toImage()
    colours = {image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())}
    assert DARK.series[0] in colours
    look.set_scheme(Scheme.LIGHT)


def test_the_compact_chart_says_what_it_shows(look: Appearance, qtbot: Any) -> None:
    data = figures_of(120)
    chart = compact(qtbot, data)
    assert chart.accessibleDescription() == "p50 1,6 sn, p95 3,6 sn, p99 4,0 sn, hedef 5 sn"
    told: list[str] = []
    opened: list[bool] = []
    chart.pointed.connect(told.append)
    chart.opened.connect(lambda: opened.append(True))
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert told == [f"{data.time_words(119)}: p50 1,6 sn, p95 3,6 sn, p99 4,0 sn"]
    chart.show_data(figures_of(120, top=8000))  # what comes in meanwhile keeps the place
    assert chart.at == 119
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert opened == [True]
    chart.show_words("Bu sürede değer yok")
    assert chart.accessibleDescription() == "Bu sürede değer yok"
    QTest.keyClick(chart, Qt.Key.Key_Left)  # nothing to walk on
    assert chart.at == -1


def test_a_gap_is_a_gap_there_too(look: Appearance, qtbot: Any) -> None:
    data = figures_of(9)
    times = (*data.times[:4], data.times[4] + timedelta(hours=2), *(at + timedelta(hours=4) for at in data.times[5:]))
    chart = compact(qtbot, figures_of(9, times=times, until=times[-1]))
    shown = chart.data
    assert shown is not None
    assert [len(piece) for piece in chart._pieces(shown, shown.lines[0], chart._area())] == [4, 1, 4]
