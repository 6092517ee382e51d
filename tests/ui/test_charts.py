"""Charts: one set of figures as curves, table, hover box, picture and sheet; the goal where it is; the trap of wide pens."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from tests.support.waiting import PATIENCE_MS
from ui import words
from ui.charts.bars import Bar, Stack, StackedBars
from ui.charts.card import ChartCard
from ui.charts.cells import DayCell, DayCells
from ui.charts.data import (
    MOST_POINTS,
    ChartData,
    Extra,
    Incident,
    Line,
    nice_top,
    points_for,
    round_ms,
    time_ticks,
    value_ticks,
)
from ui.theme import DARK, LIGHT, Appearance, Scheme
from ui.theme.charts import ERROR_GROUPS, GOAL, INCIDENT_ROLES, PERCENTILES, SERIES

Settle = Callable[[], Any]
END = datetime(2025, 11, 24, 11, 0, tzinfo=UTC)
STEP = timedelta(minutes=4)


def figures_of(count: int = 360, *, top: float = 4000.0, goal: float | None = 5000.0, **more: Any) -> ChartData:
    """A day of three percentiles; the last point is the highest."""
    start = END - STEP * count
    p95 = [top * (0.3 + 0.7 * i / count) for i in range(1, count + 1)]
    lines = tuple(
        Line(key, key, tuple(value * share for value in p95), look)
        for (key, look), share in zip(PERCENTILES.items(), (0.4, 0.9, 1.0), strict=True)
    )
    made = {
        "since": start, "until": END, "times": tuple(start + STEP * i for i in range(count)), "lines": lines,
        "extras": (Extra("calls", "Çağrı", tuple(range(1, count + 1))),),
        "incidents": (Incident(END - timedelta(hours=2), END - timedelta(hours=1), "degraded"),),
        "goal": goal, "goal_words": "hedef 5 sn", "band": ("p50", "p95"), "step": STEP,
    }  # fmt: skip
    return ChartData(**{**made, **more})


async def ready(qtbot: Any, settle: Settle, data: ChartData | None = None) -> ChartCard:
    card = ChartCard("Yanıt süresi", "yanit")
    qtbot.addWidget(card)
    card.resize(820, 400)
    card.show()
    await card.prepare()
    card.show_data(data or figures_of())
    await settle()
    return card


def drawn(card: ChartCard, key: str) -> Any:
    return card.plot.curves[key]


# -- no import at the start ----------------------------------------------------------------------------------------
def test_neither_the_charts_nor_the_page_import_pyqtgraph() -> None:
    code = "import sys, ui.charts, ui.pages.health, ui.widgets; sys.exit('pyqtgraph' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[2], timeout=60, check=False
    )
    assert done.returncode == 0


# -- figures without Qt --------------------------------------------------------------------------------------------
@given(st.floats(1e-3, 1e7))
def test_the_axis_holds_the_value_in_few_round_steps(value: float) -> None:
    top, step = nice_top(value)
    assert top >= value * 0.998
    assert 1 <= round(top / step) <= 8
    assert f"{step:e}"[0] in "125"


def test_the_unit_stands_once_at_the_top() -> None:
    words.choose("tr")
    assert [text for _, text in value_ticks(*nice_top(4100))] == ["0", "1", "2", "3", "4", "5 sn"]
    assert [text for _, text in value_ticks(2500, 500)] == ["0", "0,5", "1", "1,5", "2", "2,5 sn"]
    assert [text for _, text in value_ticks(*nice_top(90, 5))] == ["0", "20", "40", "60", "80", "100 ms"]


@given(
    st.integers(1_600_000_000, 1_900_000_000), st.sampled_from([3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400])
)
def test_time_ticks_are_inside_rising_and_few(start: int, length: int) -> None:
    ticks = time_ticks(start, start + length, 9)
    places = [at for at, _ in ticks]
    assert 2 <= len(ticks) <= 11
    assert places == sorted(set(places))
    assert start <= places[0]
    assert places[-1] <= start + length


def test_a_line_breaks_where_nothing_was_measured() -> None:
    data = figures_of(6)
    times = (*data.times[:3], *(at + timedelta(hours=3) for at in data.times[3:]))
    assert figures_of(6, times=times).gaps == [3]
    assert data.gaps == []


def test_never_more_points_than_one_per_two_pixels() -> None:
    assert points_for(300) == 150
    assert points_for(5000) == MOST_POINTS == 400


def test_every_chart_role_is_in_both_themes() -> None:
    roles = {look.role for look in (*SERIES, *PERCENTILES.values(), GOAL)} | set(ERROR_GROUPS.values())
    for theme in (LIGHT, DARK):
        assert roles | set(INCIDENT_ROLES.values()) <= set(theme.roles)
    assert len({(look.dash, look.marker, look.hollow) for look in SERIES}) == 6
    # segments restart a dash, so a dashed line is never wide
    assert all(look.width == 1 for look in (*SERIES, *PERCENTILES.values(), GOAL) if look.dash)


# -- the plot ------------------------------------------------------------------------------------------------------
async def test_goal_incident_and_curves_stand_where_the_figures_say(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    data = figures_of()
    card = await ready(qtbot, settle, data)
    plot = card.plot
    assert plot.goal.value() == 5000
    assert plot.goal.isVisible()
    assert not plot.edge.isVisible()
    assert plot.goal.label.textItem.toPlainText() == "hedef 5 sn"
    low, high = plot.ground.viewRange()[1]
    assert low == 0
    assert high >= 5000
    assert [shade.getRegion() for shade in plot.shades] == [
        (data.incidents[0].since.timestamp(), data.incidents[0].until.timestamp())
    ]
    x, y = drawn(card, "p95").getOriginalDataset()
    assert list(x) == [at.timestamp() for at in data.times]
    assert list(y) == list(data.lines[1].values)
    assert plot.values.words()[-1].endswith(" sn")


async def test_a_goal_far_above_leaves_the_curves_the_height(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle, figures_of(top=40))
    assert card.plot.ground.viewRange()[1][1] <= 50
    assert not card.plot.goal.isVisible()
    assert card.plot.edge.isVisible()
    assert card.plot.edge.label.textItem.toPlainText() == "hedef 5 sn ↑"
    assert card.plot.goal.value() == 5000


async def test_wide_lines_are_drawn_in_segments_and_dotted_ones_are_not(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    modes = {key: curve.curve.opts["segmentedLineMode"] for key, curve in card.plot.curves.items()}
    assert modes == {"p50": "on", "p95": "on", "p99": "off"}
    assert drawn(card, "p95").opts["pen"].widthF() == 2
    assert drawn(card, "p99").opts["pen"].widthF() == 1
    assert drawn(card, "p99").opts["pen"].dashPattern() == [1, 3]


async def test_more_than_400_points_are_refused(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    with pytest.raises(ValueError, match="401 points"):
        card.show_data(figures_of(401))


async def test_a_gap_is_a_break_and_a_lonely_value_a_dot(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    start = figures_of(9)
    times = (
        *start.times[:4],
        start.times[4] + timedelta(hours=2),
        *(at + timedelta(hours=4) for at in start.times[5:]),
    )
    card = await ready(qtbot, settle, figures_of(9, times=times))
    y = list(drawn(card, "p50").getOriginalDataset()[1])
    assert [bool(value == value) for value in y] == [True] * 4 + [False, True, False] + [True] * 4
    lonely = times[4].timestamp()
    assert [spot.pos().x() for spot in card.plot.marks.points()].count(lonely) == 3


async def test_panning_thins_the_lines_until_the_hand_rests(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    wanted: list[tuple[datetime, datetime]] = []
    card.range_wanted.connect(lambda since, until: wanted.append((since, until)))
    before = card.plot.visible_range()
    card.plot.setFocus()
    QTest.keyClick(card.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert {curve.opts["pen"].widthF() for curve in card.plot.curves.values()} == {1}
    assert not wanted
    qtbot.waitUntil(lambda: bool(wanted), timeout=PATIENCE_MS)
    assert drawn(card, "p95").opts["pen"].widthF() == 2
    moved = before[0] - wanted[0][0]
    assert abs(moved - (before[1] - before[0]) / 4) < timedelta(minutes=1)
    QTest.keyClick(card.plot, Qt.Key.Key_Home)
    assert abs(card.plot.visible_range()[1] - END) < timedelta(minutes=15)


async def test_no_panning_into_the_future(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    card = await ready(qtbot, settle)
    card.plot.pan(2.0)
    assert card.plot.visible_range()[1] - END < timedelta(minutes=15)


async def test_the_theme_recolours_everything(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    card = await ready(qtbot, settle)

    def seen() -> dict[str, str]:
        plot = card.plot
        found = {key: curve.opts["pen"].color().name().upper() for key, curve in plot.curves.items()}
        found["goal"] = plot.goal.pen.color().name().upper()
        found["axis"] = plot.values.textPen().color().name().upper()
        found["shade"] = plot.shades[0].brush.color().name().upper()
        found["band"] = plot.band.brush().color().name().upper()
        return found

    def roles(theme: Any) -> dict[str, str]:
        return {
            "p50": theme.hex("series_1"), "p95": theme.hex("series_2"), "p99": theme.hex("series_6"),
            "goal": theme.hex("text"), "axis": theme.hex("text_2"), "shade": theme.hex("degraded_mark"),
            "band": theme.hex("series_1"),
        }  # fmt: skip

    assert seen() == roles(LIGHT)
    ground = card.grab().toImage().pixelColor(card.width() // 2, card.height() // 2 - 60)
    look.set_scheme(Scheme.DARK)
    await settle()
    assert seen() == roles(DARK)
    assert card.grab().toImage().pixelColor(card.width() // 2, card.height() // 2 - 60) != ground
    look.set_scheme(Scheme.LIGHT)
    assert seen() == roles(LIGHT)


async def test_the_arrows_walk_and_the_box_says_all_values(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    data = figures_of()
    card = await ready(qtbot, settle, data)
    plot = card.plot
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.cursor == len(data.times) - 1
    assert plot.box.isVisible()
    assert plot.box.text.splitlines() == [data.time_words(359), "p50 1,6 sn", "p95 3,6 sn", "p99 4,0 sn", "Çağrı 360"]
    assert plot.box.geometry().right() <= plot.width()  # flipped at the edge
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.cursor == len(data.times) - 2
    assert len(plot.rings.points()) == 3
    card.show_data(figures_of(top=8000))  # what comes in meanwhile
    assert plot.cursor == len(data.times) - 2
    assert plot.box.text.splitlines()[2] == "p95 7,2 sn"
    plot.clearFocus()
    assert not plot.box.isVisible()


async def test_hover_follows_the_pointer(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    data = figures_of()
    card = await ready(qtbot, settle, data)
    plot = card.plot
    scene = plot.ground.sceneBoundingRect()
    at = plot.mapFromScene(scene.center())
    QTest.mouseMove(plot.viewport(), at)
    qtbot.waitUntil(lambda: plot.cursor is not None, timeout=PATIENCE_MS)
    middle = plot.ground.mapSceneToView(scene.center()).x()
    assert abs(data.times[plot.cursor].timestamp() - middle) <= STEP.total_seconds()


async def test_names_at_the_ends_never_touch(look: Appearance, errors: list[Any], qtbot: Any, settle: Settle) -> None:
    data = figures_of()
    same = tuple(Line(x.key, x.name, tuple(3000.0 for _ in x.values), x.look) for x in data.lines)
    for one in (same, tuple(Line(x.key, x.name, tuple(0.0 for _ in x.values), x.look) for x in data.lines)):
        card = await ready(qtbot, settle, figures_of(lines=one))
        places = card.plot.names.places()
        assert {name for name, _, _ in places} == {"p50", "p95", "p99"}
        ys = sorted(y for _, _, y in places)
        assert min(b - a for a, b in pairwise(ys)) >= 11
        assert ys[-1] <= card.plot.ground.boundingRect().height() + 10


# -- the same figures ------------------------------------------------------------------------------------------------
async def test_t_turns_the_chart_into_the_same_figures(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    data = figures_of()
    card = await ready(qtbot, settle, data)
    card.plot.setFocus()
    QTest.keyClick(card.plot, Qt.Key.Key_T)
    await settle()
    assert card.as_table
    table = card.table
    assert table is not None
    assert table.isVisible()
    model = table.table_model
    assert model.total == len(data.times)
    newest = [model.data(model.index(0, column)) for column in range(model.columnCount())]
    x, y = drawn(card, "p95").getOriginalDataset()
    assert newest == [data.time_words(359), "1,6 sn", "3,6 sn", "4,0 sn", "360"]
    assert [row[3] for row in reversed(card.table_rows())] == [words.figures().response(round_ms(float(v))) for v in y]
    assert [row[0] for row in reversed(card.table_rows())] == [int(at) for at in x]
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(5)] == ["Zaman", "p50", "p95", "p99", "Çağrı"]
    QTest.keyClick(table, Qt.Key.Key_T)
    assert not card.as_table
    assert card.plot.isVisible()
    assert not errors


async def test_the_sheet_holds_the_figures(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = figures_of(5)
    card = await ready(qtbot, settle, data)
    told: list[tuple[str, str, str]] = []
    card.said.connect(lambda *words: told.append(words))
    asked: list[str] = []

    async def ask(_parent: Any, _title: str, name: str, filters: list[str]) -> Path:
        asked.extend((name, *filters))
        return tmp_path / "out"

    monkeypatch.setattr("ui.charts.card.ask_save_file", ask)
    await card.export("csv")
    assert asked == ["yanit.csv", "CSV tablosu (*.csv)"]
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Zaman", "p50 (ms)", "p95 (ms)", "p99 (ms)", "Çağrı"]
    assert [datetime.fromisoformat(row[0]) for row in rows[1:]] == list(data.times)
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == [
        [*(round_ms(line.values[i] or 0) for line in data.lines), i + 1] for i in range(5)
    ]
    assert told == [("healthy", "out.csv kaydedildi", str(tmp_path))]
    words.choose("en")
    assert data.csv_bytes().decode("utf-8-sig").startswith("Time,p50 (ms)")


async def test_the_picture_is_a_picture_and_a_full_disk_is_told(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await ready(qtbot, settle)
    told: list[str] = []
    card.said.connect(lambda state, title, _text: told.append(f"{state} {title}"))
    target = tmp_path / "a.png"

    async def ask(*_words: Any) -> Path:
        return target

    monkeypatch.setattr("ui.charts.card.ask_save_file", ask)
    await card.export("png")
    image = QImage(str(target))
    assert image.width() >= 1280
    colours = {
        image.pixelColor(x, y).name().upper() for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)
    }
    assert {LIGHT.surface, LIGHT.series[1]} <= colours
    for kind in ("png", "csv"):
        target = tmp_path / "missing" / f"a.{kind}"
        await card.export(kind)
    assert told == ["healthy a.png kaydedildi", "unhealthy a.png kaydedilemedi", "unhealthy a.csv kaydedilemedi"]


async def test_an_empty_chart_says_so_and_offers_nothing(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    card.show_empty("Bu sürede çağrı yok.", "Daha uzun bir süre seçin.")
    assert not card.plot.isVisible()
    assert not card.export_button.isEnabled()
    await card.export("csv")  # nothing to write, nothing asked
    card.toggle_table()
    assert not card.as_table
    card.show_data(figures_of())
    assert card.plot.isVisible()


async def test_the_legend_says_the_latest_values(
    look: Appearance, errors: list[Any], qtbot: Any, settle: Settle
) -> None:
    card = await ready(qtbot, settle)
    assert [(e.name, e.value) for e in card.legend.entries] == [
        ("p50", "1,6 sn"), ("p95", "3,6 sn"), ("p99", "4,0 sn"), ("olay", ""),
    ]  # fmt: skip
    assert card.accessibleDescription().endswith("hedef 5 sn")


# -- bars and cells --------------------------------------------------------------------------------------------------
def test_bars_are_stacked_in_their_order(look: Appearance, qtbot: Any) -> None:
    bars = StackedBars("Hata türleri")
    qtbot.addWidget(bars)
    bars.resize(300, 220)
    stacks = (Stack("a", "Limit 429", "series_4"), Stack("b", "Ağ", "series_3"), Stack("c", "Sunucu 5xx", "series_5"))
    bars.show_bars(stacks, [Bar("09", "09:00 – 10:00", (2, 0, 2)), Bar("10", "10:00 – 11:00", (0, 0, 0))])
    assert [(stack.name, count) for stack, count in bars.totals()] == [("Limit 429", 2), ("Sunucu 5xx", 2)]
    assert bars.bar_words(0) == "09:00 – 10:00: Limit 429 2, Sunucu 5xx 2"
    assert bars.bar_words(1) == "10:00 – 11:00: hata yok"
    image = bars.grab().toImage()
    column = bars._column(0)
    x = int(column.center().x())
    found = [image.pixelColor(x, y).name().upper() for y in range(int(column.bottom()) - 2, int(column.top()), -1)]
    order = [name for name in dict.fromkeys(found) if name in (LIGHT.series[3], LIGHT.series[4])]
    assert order == [LIGHT.series[3], LIGHT.series[4]]
    told: list[str] = []
    bars.pointed.connect(told.append)
    QTest.keyClick(bars, Qt.Key.Key_Left)
    QTest.keyClick(bars, Qt.Key.Key_Left)
    assert told == [bars.bar_words(1), bars.bar_words(0)]


def test_cells_tell_by_height_too(look: Appearance, qtbot: Any) -> None:
    cells = DayCells("Erişilebilirlik")
    qtbot.addWidget(cells)
    cells.resize(320, 48)
    days = [DayCell(state, f"gün {i}") for i, state in enumerate(["healthy", "degraded", "unhealthy", ""] * 2)]
    cells.show_days(days)
    image = cells.grab().toImage()

    def height(index: int, role: str) -> int:
        box: QRectF = cells._cell(index)
        x = int(box.center().x())
        wanted = LIGHT.hex(role)
        return sum(
            image.pixelColor(x, y).name().upper() == wanted for y in range(int(box.top()), int(box.bottom()) + 1)
        )

    tall = [height(0, "healthy_mark"), height(1, "degraded_mark"), height(2, "unhealthy_mark"), height(3, "track")]
    assert tall == sorted(tall, reverse=True)
    assert len(set(tall)) == 4
    told: list[str] = []
    cells.pointed.connect(told.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(cells, key)
    assert told == ["gün 0", "gün 1", "gün 5"]
    assert cells.accessibleDescription() == "Son 8 gün, Sağlıklı 2, Aksıyor 2, Çalışmıyor 2"
