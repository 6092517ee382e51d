"""Cells of the wall without a window: shares against the environment's target, head-room, the key's countdown, the score's parts."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import Any

import pytest

from app.contracts.manifest import Limit
from app.http.limiter import HeadRoom
from app.monitor.health import Blame, HealthReport, State
from app.monitor.keys import KeyStanding, KeyState
from app.monitor.score import Score, ScorePart
from app.store import SeriesPoint
from tests.ui.pages.health_making import NOW
from ui import words
from ui.pages.health_figures import day_cells
from ui.pages.health_wall import Room, key_cell, room_cell, score_cell, share_cell, tightest
from ui.tables import Column, Kind, Tinted, WindowedTableModel, fixed_rows
from ui.tables.model import _SPOKEN, _TOOLTIP


@pytest.fixture(autouse=True)
def _turkish() -> None:
    words.choose("tr")


def standing(state: KeyState, ends_in: timedelta | None = None, *, age: int = 5) -> KeyStanding:
    end = None if ends_in is None else NOW + ends_in
    left = None if ends_in is None else ends_in // timedelta(days=1)
    return KeyStanding(
        "a", state, NOW - timedelta(days=age), age, 30, NOW, end, "" if end is None else "token", left
    )  # fmt: skip


def report(score: Score | None) -> HealthReport:
    return HealthReport(
        connection="Ana mağaza", connection_id=1, integration="trendyol", category="marketplace-tr",
        state=State.HEALTHY, blame=Blame.NONE, message=None, goal_ms=5000, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0,
        calls_24h=1, errors_24h={}, availability_24h=1.0, availability_30d=1.0, last_ok_at=NOW, last_error_at=None,
        breaker="closed", score=score,
    )  # fmt: skip


# -- availability ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("share", "target", "role"),
    [(0.9990, 0.999, ""), (0.9989, 0.999, "degraded_text"), (0.9400, 0.999, "unhealthy_text"), (0.9949, 0.99, "")],
)
def test_a_share_is_judged_by_its_environment_s_target(share: float, target: float, role: str) -> None:
    cell = share_cell(share, target)
    assert (cell.role if isinstance(cell, Tinted) else "") == role
    if isinstance(cell, Tinted):
        assert cell.strong  # weight tells as well as colour
        assert cell.tip == "hedef %99,9"


def test_no_calls_are_no_share() -> None:
    assert share_cell(None, 0.999) == "—"


def test_a_good_day_is_one_that_meets_the_target() -> None:
    def day(down: int) -> list[SeriesPoint]:
        return [SeriesPoint(NOW, 1000, 1000 - down, {"timeout": down} if down else {}, 1.0, 2.0, 3.0)]

    states = [day_cells(day(down), NOW, target)[-1].state for down, target in ((1, 0.999), (2, 0.999), (2, 0.995))]
    assert states == ["healthy", "degraded", "healthy"]
    assert day_cells(day(200), NOW, 0.99)[-1].state == "unhealthy"


# -- head-room -------------------------------------------------------------------------------------------------------
def test_the_tightest_lane_is_shown_as_a_share_of_its_limit() -> None:
    lanes = [HeadRoom("h", "default", 45.0, 5.0), HeadRoom("h", "orders", 3.0, 0.5), HeadRoom("h", "free", inf, inf)]
    limits = [Limit(50, 10.0), Limit(10, 60.0, "orders"), Limit(1000, 86_400.0, "orders")]
    room = tightest(lanes, limits)
    assert room == Room(3.0, 10.0, 0.5)
    cell = room_cell(room)
    assert isinstance(cell, Tinted)
    assert (cell.value, cell.role, cell.tip) == ("%30", "text", "3 çağrı hemen gidebilir, sonra saniyede 0,5")


def test_scarce_and_used_up_room_stand_out() -> None:
    scarce, gone = room_cell(Room(1.4, 10.0, 1.0)), room_cell(Room(0.3, 10.0, 1.0))
    assert isinstance(scarce, Tinted)
    assert isinstance(gone, Tinted)
    assert (scarce.value, scarce.role, scarce.strong) == ("%14", "degraded_text", True)
    assert (gone.value, gone.role) == ("dolu", "degraded_text")


def test_a_limit_of_unknown_size_shows_its_calls_and_none_a_dash() -> None:
    cell = room_cell(tightest([HeadRoom("h", "learnt", 7.9, 2.0)], []))
    assert isinstance(cell, Tinted)
    assert cell.value == "7"
    assert tightest([HeadRoom("h", "default", inf, inf)], []) is None
    assert room_cell(None) == "—"


# -- the key ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "text", "role"),
    [
        (standing(KeyState.FRESH, timedelta(days=28, hours=3)), "28 gün", "text_2"),
        (standing(KeyState.ENDING, timedelta(days=2)), "2 gün", "degraded_text"),
        (standing(KeyState.ENDING, timedelta(minutes=41)), "41 dk", "degraded_text"),
        (standing(KeyState.EXPIRED, -timedelta(hours=1)), "bitti", "unhealthy_text"),
        (standing(KeyState.DUE, age=40), "yenileyin", "info_text"),
        (standing(KeyState.FRESH), "süresiz", "text_2"),
    ],
    ids=["days", "ending", "minutes", "ended", "due", "endless"],
)
def test_a_key_s_life_is_counted_down(key: KeyStanding, text: str, role: str) -> None:
    cell = key_cell(key, NOW)
    assert isinstance(cell, Tinted)
    assert (cell.value, cell.role) == (text, role)
    assert cell.tip


def test_the_countdown_follows_the_clock_not_the_judgement() -> None:
    key = standing(KeyState.ENDING, timedelta(minutes=41))
    assert key_cell(key, NOW + timedelta(minutes=20)).value == "21 dk"  # type: ignore[union-attr]
    assert key_cell(key, NOW + timedelta(hours=1)).value == "bitti"  # type: ignore[union-attr]
    assert key_cell(None, NOW) == "—"


# -- the score -------------------------------------------------------------------------------------------------------
async def test_the_score_s_parts_are_in_the_tool_tip_and_spoken(look: Any) -> None:
    score = Score(71, (ScorePart("now", 15.0, 30), ScorePart("speed", 12.5, 20)))
    cell = score_cell(report(score))
    assert isinstance(cell, Tinted)
    assert (cell.value, cell.role) == ("71", "degraded_text")
    model = WindowedTableModel((Column("score", "health.score", Kind.NUMBER),), *fixed_rows([(1, cell)]))
    await model.reload()
    index = model.index(0, 0)
    assert model.data(index) == "71"
    assert model.data(index, _TOOLTIP) == "71\nSağlık puanı 100 üzerinden 71: şu an 15/30, yanıt süresi 12,5/20"
    assert model.data(index, _SPOKEN).startswith("Puan: 71, Sağlık puanı 100 üzerinden 71")
    assert score_cell(report(None)) == "—"
