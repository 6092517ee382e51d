"""The health page over a real store: the wall's words, the chart at the category's goal, a year of at most 400 points, evidence
without secrets, and the three buttons as operations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.changes import CONNECTIONS, HEALTH, ORDERS, ChangeReport
from app.contracts import GOALS_MS, Message
from app.http.limiter import Waiting
from app.http.samples import Sample, SampleClass
from app.jobs.runner import Result
from app.store import ConnectionRow, Store
from tests.ui.pages.desk import tasks_end, until
from tests.ui.pages.health_making import NOW, Call, FakeEngine, add_shops, fill, open_store, services_over
from ui import words
from ui.charts.data import MOST_POINTS
from ui.kit import OpState
from ui.pages.health import HealthPage
from ui.pages.health_evidence import evidence_rows
from ui.pages.health_figures import chart_data, day_cells, error_bars, error_words, percent, step_of, window
from ui.pages.health_wall import COLUMNS, blame_sentence, ordered, table_row
from ui.theme import Appearance

pytestmark = pytest.mark.usefixtures("errors")
Say = tuple[str, str, str]


class Desk:
    """A page over a store, and what it said."""

    def __init__(self, page: HealthPage, store: Store, rows: list[ConnectionRow], engine: FakeEngine) -> None:
        self.page, self.store, self.rows, self.engine = page, store, rows, engine
        self.said: list[Say] = []
        page.said.connect(lambda *told: self.said.append(told))

    def cells(self, row: int) -> dict[str, str]:
        """A row of the wall as it reads."""
        model = self.page.model
        return {c.key: model.data(model.index(row, i)) for i, c in enumerate(COLUMNS)}


Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, qtbot: Any, errors: list[Any]) -> AsyncIterator[Open]:
    """`await desk(filled=True, connected=True)`: the page shown; at the end nothing may have failed."""
    stores: list[Store] = []

    async def make(
        *, filled: bool = True, connected: bool = True, width: int = 1160, request: object = None, before: Any = None
    ) -> Desk:
        store = await open_store(tmp_path)
        stores.append(store)
        rows = await add_shops(store) if connected else []
        if filled and connected:
            await fill(store, rows)
            await store.connections.note_error(rows[2].id, Message("auth.refused"), NOW)
        engine = FakeEngine(store)
        services = services_over(store, engine)
        if before is not None:
            before(services, rows)
        page = HealthPage(services)
        qtbot.addWidget(page)
        page.resize(width, 720)
        page.show()
        page.set_inner_width(width)
        made = Desk(page, store, rows, engine)
        page.shown(request)
        await until(lambda: page.model.ready and page.detail.card.plot is not None)
        if connected:
            await until(lambda: page.detail.watched is not None and bool(page.detail.bars.bars))
        return made

    yield make
    await tasks_end()
    for store in stores:
        await store.close()
    assert not errors


async def select(desk: Desk, row: ConnectionRow) -> None:
    desk.page.table.set_current_key(row.id)
    await until(lambda: desk.page.detail.watched is not None and desk.page.detail.watched.row.id == row.id)
    await desk.page.detail.refresh()


# -- the wall --------------------------------------------------------------------------------------------------------
async def test_the_wall_says_state_blame_and_figures(desk: Open) -> None:
    d = await desk()
    calm, slow, refused = (d.cells(i) for i in range(3))
    assert calm["connection"] == "Trendyol Ana mağaza"
    assert (calm["state"], calm["blame"]) == ("Sağlıklı", "Her şey yolunda")
    assert calm["p95"].endswith(" ms / 5 sn")
    assert (calm["day"], calm["month"], calm["errors"], calm["queue"]) == ("%100", "%100", "—", "—")
    assert slow["state"] == "Aksıyor"
    assert slow["blame"].startswith("Sunucuları ")
    assert slow["p95"].endswith(" sn / 3 sn")
    assert slow["errors"].startswith("14 zaman aşımı, 11 limit, ")
    assert (refused["state"], refused["p95"], refused["last_ok"]) == ("Çalışmıyor", "—", "—")
    assert refused["blame"] == "Anahtar reddedildi. Anahtarı yeniden girin ya da satıcı panelinde yenisini oluşturun."
    header = [d.page.model.headerData(i, Qt.Orientation.Horizontal) for i in range(len(COLUMNS))]
    assert header == [
        "Bağlantı", "Durum", "Kimden kaynaklı", "Puan", "Son veri", "p95 / hedef", "Bugün", "7 gün", "30 gün",
        "Hatalar, 24 sa", "Kalan limit", "Anahtar", "Çağrılar", "Sırada",
    ]  # fmt: skip
    assert d.page.header.primary is not None
    assert d.page.header.primary.text() == "3 bağlantıyı sına"
    chips = [chip.accessibleName() for chip in d.page._chips.values() if chip.isVisible()]
    assert chips == ["1 sağlıklı", "1 aksıyor", "1 çalışmıyor"]


async def test_the_worst_connection_is_looked_at_first_and_a_request_wins(desk: Open) -> None:
    d = await desk()
    assert d.page.detail.watched is not None
    assert d.page.detail.watched.row.id == d.rows[2].id
    d.page.shown({"connection": d.rows[0].id})
    await until(lambda: d.page.detail.watched.row.id == d.rows[0].id)
    assert d.page.table.current_key() == d.rows[0].id


async def test_seconds_are_written_the_language_s_way(desk: Open) -> None:
    d = await desk()
    report = d.page.wall[d.rows[1].id].report
    slow = msgspec.structs.replace(
        report, message=Message("server.slow", {"seconds": "6.2", "goal": "5", "connection": "X"})
    )
    assert blame_sentence(slow) == "Sunucuları yavaş: 6,2 sn, hedef 5 sn. Gönderimler sırada bekliyor."
    words.choose("en")
    assert "6.2 s" in blame_sentence(slow)
    assert "X" not in blame_sentence(slow)


async def test_an_open_breaker_and_the_queue_are_shown(desk: Open) -> None:
    def wait(services: Any, rows: list[ConnectionRow]) -> None:
        mine = [Waiting("orders", 3.0, rows[0].id), Waiting("orders", 12.4, rows[0].id), Waiting("orders", 40, 999)]
        services.network.queue = lambda account: mine if account == "account-0" else []

    d = await desk(before=wait)
    assert d.cells(0)["queue"] == "2 · 12 sn"
    watched = d.page.wall[d.rows[0].id]
    held = replace(watched, queue=0, queue_s=0.0, report=msgspec.structs.replace(watched.report, breaker="open"))
    cell = table_row(held, NOW)[1 + [column.key for column in COLUMNS].index("breaker")]
    assert (cell.value, cell.role) == ("ara verildi", "unhealthy_text")


async def test_the_wall_sorts_by_what_was_measured(desk: Open) -> None:
    d = await desk()
    wall = list(d.page.wall.values())

    def names(sort: tuple[str, bool] | None) -> list[str]:
        return [one.row.integration for one in ordered(wall, sort)]

    assert names(None) == ["trendyol", "woocommerce", "yurtici_kargo"]
    assert names(("state", True)) == ["yurtici_kargo", "woocommerce", "trendyol"]
    assert names(("p95", False)) == ["woocommerce", "trendyol", "yurtici_kargo"]
    assert names(("errors", False))[0] == "woocommerce"
    for column in COLUMNS:
        assert len(names((column.key, True))) == 3


# -- the chart -------------------------------------------------------------------------------------------------------
async def test_the_goal_stands_at_the_category_s_goal(desk: Open) -> None:
    d = await desk()
    for row, category in ((d.rows[0], "marketplace-tr"), (d.rows[1], "shop")):
        await select(d, row)
        assert d.page.detail.card.plot.goal.value() == GOALS_MS[category]
        assert d.page.detail.card.data.goal_words == f"hedef {GOALS_MS[category] // 1000} sn"


async def test_the_curves_and_the_table_are_the_store_s_figures(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    card = d.page.detail.card
    points = await d.store.samples.series(d.rows[1].id, *window("24h", NOW), card.points)
    for key in ("p50", "p95", "p99"):
        x, y = card.plot.curves[key].getOriginalDataset()
        assert list(x) == [p.at.timestamp() for p in points]
        assert list(y) == [getattr(p, key) for p in points]
    d.page.toggle_table()
    await until(lambda: card.table is not None and card.table.table_model.ready)
    rows = card.table_rows()
    assert len(rows) == len(points)
    assert rows[0][5] == points[-1].count
    write = words.figures().response
    assert [row[3] for row in reversed(rows)] == [write(round(p.p95 or 0)) for p in points]


async def test_this_morning_s_incident_is_shaded(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    shades = d.page.detail.card.plot.shades
    assert len(shades) == 1
    low, high = shades[0].getRegion()
    assert NOW.timestamp() - 2.2 * 3600 < low < NOW.timestamp() - 1.5 * 3600
    assert high > NOW.timestamp() - 900
    await select(d, d.rows[0])
    assert d.page.detail.card.plot.shades == []


async def test_a_year_is_panned_with_at_most_400_points(desk: Open) -> None:
    d = await desk()
    row = d.rows[0]
    old = [Call(row.id, (NOW - timedelta(days=age)).timestamp(), 300 + age) for age in range(31, 640)]
    await d.store.samples.add(old)
    await select(d, row)
    card = d.page.detail.card
    card.segment._choose("1y")
    await until(lambda: card.data is not None and (card.data.until - card.data.since).days == 365)
    sizes = [len(curve.getOriginalDataset()[0]) for curve in card.plot.curves.values()]
    assert 300 < max(sizes) <= MOST_POINTS
    first = card.data.times[0]
    card.plot.pan(-0.6)
    await until(lambda: card.data.times[0] < first - timedelta(days=180))
    sizes = [len(curve.getOriginalDataset()[0]) for curve in card.plot.curves.values()]
    assert 300 < max(sizes) <= MOST_POINTS
    assert card.plot.visible_range()[1] < NOW - timedelta(days=180)
    # what comes in now must not pull the view back to the present
    await d.page.refresh()
    assert card.plot.visible_range()[1] < NOW - timedelta(days=180)
    card.plot.pan(99)
    await until(lambda: card.data.until == NOW)


async def test_every_span_shows_its_figures(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    for span, bars in (("1h", 13), ("7d", 15), ("30d", 31), ("1y", 27), ("24h", 25)):
        d.page.detail.card.segment._choose(span)
        await until(lambda n=bars: abs(len(d.page.detail.bars.bars) - n) <= 1)
        assert 0 < len(d.page.detail.card.data.times) <= MOST_POINTS
        assert not d.page.detail.card.data.empty


async def test_the_first_hour_is_looked_at_closely(desk: Open) -> None:
    d = await desk(filled=False)
    await d.store.samples.add([Call(d.rows[0].id, NOW.timestamp() - 60 * i, 200.0 + i) for i in range(1, 9)])
    await d.page.refresh()
    card = d.page.detail.card
    assert card.span == "1h"
    assert len(card.data.times) == 8
    assert card.data.step == timedelta(minutes=1)
    card.segment._choose("24h")
    await until(lambda: card.data.until - card.data.since == timedelta(days=1))
    await d.page.refresh()
    assert card.span == "24h"  # what was chosen by hand stays


@pytest.mark.parametrize(
    ("span", "asked"), [("1h", 400), ("24h", 400), ("24h", 77), ("7d", 400), ("30d", 390), ("1y", 200)]
)
async def test_a_point_s_length_is_the_store_s(desk: Open, span: str, asked: int) -> None:
    d = await desk(filled=False)
    since, until = window(span, NOW)
    step = step_of(since, until, asked, NOW)
    gap = timedelta(minutes=1) if span in ("1h", "24h") else timedelta(hours=1) if span != "1y" else timedelta(days=1)
    wanted = []
    at = since
    while at < until:
        wanted.append(Call(d.rows[0].id, at.timestamp(), 100))
        at += gap
    await d.store.samples.add(wanted)
    points = await d.store.samples.series(d.rows[0].id, since, until, asked)
    assert {b.at - a.at for a, b in pairwise(points)} == {step}


async def test_error_classes_and_days_add_up(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    report = d.page.wall[d.rows[1].id].report
    shown = {stack.key: count for stack, count in d.page.detail.bars.totals()}
    assert shown == {
        "throttled": 11,
        "timeout": report.errors_24h["timeout"],
        "server_error": report.errors_24h["server_error"],
    }
    days = d.page.detail.days.days
    assert len(days) == 30
    assert days[-1].state in ("degraded", "unhealthy")
    assert {day.state for day in days[:-2]} == {"healthy"}
    assert d.page.detail.days.accessibleName() == "Erişilebilirlik"


def test_shares_and_counts_in_words() -> None:
    words.choose("tr")
    assert [percent(x) for x in (None, 1.0, 0.99999, 0.9861, 0.5)] == ["—", "%100", "%99,99", "%98,61", "%50"]
    assert error_words({}) == ""
    assert (
        error_words({"auth": 2, "client_error": 1, "unreadable": 9, "timeout": 4}) == "9 diğer, 4 zaman aşımı, 3 başka"
    )
    words.choose("en")
    assert error_words({"timeout": 1}) == "1 time-out"


def test_nothing_measured_makes_empty_figures() -> None:
    data = chart_data([], NOW - timedelta(days=1), NOW, 5000, 400, NOW)
    assert data.empty
    assert data.gaps == []
    assert sum(bar.total for bar in error_bars([], NOW - timedelta(days=1), NOW, "24h")) == 0
    assert {cell.state for cell in day_cells([], NOW, 0.999)} == {""}


# -- evidence --------------------------------------------------------------------------------------------------------
async def test_evidence_shows_requests_once_and_no_more_than_is_kept(desk: Open) -> None:
    d = await desk()
    row = d.rows[1]
    at = NOW.timestamp() - 5
    sample = Sample(row.id, "account-1", "probe", SampleClass.SERVER_ERROR, 503, at, 812.0, 2_400, True)
    d.page.services.network.samples.add(sample)
    await d.store.samples.add([sample])
    await select(d, row)
    d.page.detail.show_part("evidence")
    assert d.page.detail.evidence.isVisible()
    rows = d.page.detail.evidence.rows
    assert [rows[0][i] for i in (2, 4, 5, 6)] == ["bağlantı sınaması", "503", "812 ms", "2,4 kB"]
    assert rows[0][3].text == "Sunucu 5xx"
    assert sum(r[2] == "bağlantı sınaması" for r in rows) == 1
    assert "siparişler" in {r[2] for r in rows}
    assert "server.error" in d.page.detail.evidence.message
    assert evidence_rows([], []) == []


# -- refreshing ------------------------------------------------------------------------------------------------------
async def test_a_report_reads_only_what_changed_and_bursts_are_one(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    d = await desk()
    asked: list[int] = []
    real = type(d.page.services.health).reports

    async def reports(self: Any, rows: Sequence[ConnectionRow]) -> Any:
        asked.extend(row.id for row in rows)
        return await real(self, rows)

    monkeypatch.setattr(type(d.page.services.health), "reports", reports)
    await d.store.connections.note_error(d.rows[0].id, Message("net.timeout"), NOW + timedelta(seconds=1))
    for _ in range(20):
        d.page.changed(ChangeReport(HEALTH, frozenset({d.rows[0].id}), "samples"))
    d.page.changed(ChangeReport(ORDERS, frozenset({1}), "pull"))
    await until(lambda: d.cells(0)["state"] == "Çalışmıyor")
    await until(lambda: len(asked) == 2)  # at once, and once more for the nineteen that came meanwhile
    assert set(asked) == {d.rows[0].id}
    d.page.changed(ChangeReport(CONNECTIONS, frozenset(), "user"))
    await until(lambda: set(asked) == {row.id for row in d.rows})


async def test_the_clock_runs_only_while_the_page_is_seen(desk: Open) -> None:
    d = await desk()
    assert d.page._clock.isActive()
    assert d.page._clock.interval() == 30_000
    d.page.hide()
    assert not d.page._clock.isActive()
    d.page.changed(ChangeReport(HEALTH, frozenset({d.rows[0].id}), "samples"))
    assert not d.page._burst._timer.isActive()


async def test_a_connection_that_was_removed_leaves_the_wall(desk: Open) -> None:
    d = await desk()
    await d.store.connections.remove(d.rows[2].id)
    d.page.changed(ChangeReport(CONNECTIONS, frozenset({d.rows[2].id}), "user"))
    await until(lambda: d.page.model.total == 2)
    await until(lambda: d.page.detail.watched.row.id == d.rows[1].id)


# -- doing -----------------------------------------------------------------------------------------------------------
async def test_test_is_an_operation_and_says_how_it_went(desk: Open) -> None:
    d = await desk()
    done: list[Any] = []
    d.page.services.operations.completed.connect(done.append)
    d.page.detail.test.click()
    assert not d.page.detail.test.isEnabled()
    assert d.page.detail.test.toolTip() == "Sürüyor"
    d.page.test()  # twice in a row is once
    await until(lambda: bool(d.said) and bool(done))
    assert d.engine.asked == [("probe", d.rows[2].id)]
    assert d.said == [("healthy", "Ana sözleşme", "Yanıt geldi, anahtar geçerli.")]
    assert done[0].title == "Ana sözleşme sınanıyor"
    assert done[0].state is OpState.DONE
    assert d.page.detail.test.isEnabled()


async def test_a_failed_test_says_what_to_do(desk: Open) -> None:
    d = await desk()
    d.engine.result = Result("failed", message=Message("auth.expired", {"connection": "Ana sözleşme"}))
    d.page.test()
    await until(lambda: bool(d.said))
    assert d.said == [
        ("unhealthy", "Ana sözleşme", "Oturumun süresi doldu. Yeniden oturum açın ya da yeni anahtar girin.")
    ]


async def test_sync_pulls_what_the_integration_has(desk: Open) -> None:
    d = await desk()
    assert not d.page.detail.sync.isEnabled()  # a carrier has no orders
    assert d.page.detail.sync.toolTip() == "Bu bağlantıdan çekilecek sipariş ya da liste yok"
    await select(d, d.rows[0])
    d.engine.result = Result(counts={"new": 3, "changed": 1})
    await until(lambda: d.page.detail.sync.isEnabled())
    d.page.detail.sync.click()
    await until(lambda: bool(d.said))
    assert d.engine.asked == [("orders", d.rows[0].id), ("listings", d.rows[0].id)]
    assert d.said == [("healthy", "Ana mağaza", "4 sipariş, 4 liste okundu.")]


async def test_pause_and_resume(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[0])
    d.page.detail.pause.click()
    await until(lambda: d.cells(0)["state"] == "Duraklatıldı")
    await until(lambda: d.page.detail.pause.text() == "Sürdür")
    assert d.engine.asked == [("paused", d.rows[0].id)]
    assert d.cells(0)["blame"] == "Siz duraklattınız"
    await until(lambda: d.page.detail.sync.toolTip() == "Duraklatıldı; önce sürdürün")
    assert d.page.header.primary.text() == "2 bağlantıyı sına"
    d.page.detail.pause.click()
    await until(lambda: d.cells(0)["state"] == "Sağlıklı")
    assert d.engine.asked[-1] == ("scheduled", d.rows[0].id)


async def test_the_primary_button_tests_all_that_are_not_paused(desk: Open) -> None:
    d = await desk()
    d.page.header.primary.click()
    await until(lambda: bool(d.said))
    assert sorted(d.engine.asked) == [("probe", row.id) for row in d.rows]
    assert d.said == [("healthy", "Sağlık", "3 bağlantıdan 3 tanesi yanıt verdi.")]


async def test_actions_are_in_the_registry(desk: Open) -> None:
    d = await desk()
    await select(d, d.rows[1])
    actions = d.page.services.actions
    assert ("health", "Grafiği tablo olarak göster", "T") in actions.help_rows()
    assert actions.trigger("health.table")
    assert d.page.detail.card.as_table
    HealthPage(d.page.services).deleteLater()  # the window is built anew in another language: nothing is bound twice


# -- empty and narrow ------------------------------------------------------------------------------------------------
async def test_without_connections_it_says_what_comes_next(desk: Open) -> None:
    d = await desk(connected=False)
    assert d.page.empty.isVisible()
    assert not d.page.table.isVisible()
    assert not d.page.detail.isVisible()
    assert not d.page.header.primary.isEnabled()
    went: list[Any] = []
    d.page.go.connect(lambda *where: went.append(where))
    d.page.empty.findChild(type(d.page.detail.test)).click()
    assert went == [("connections", {})]


async def test_before_the_first_call_it_says_so(desk: Open) -> None:
    d = await desk(filled=False)
    assert d.cells(0)["state"] == "Yoklanmadı"
    assert d.cells(0)["blame"] == "Henüz çağrı yapılmadı."
    assert d.page.detail.card._nothing.accessibleName() == "Henüz çağrı yapılmadı."
    assert not d.page.detail.card.plot.isVisible()


async def test_in_a_narrow_window_the_detail_takes_the_wall_s_place(desk: Open) -> None:
    d = await desk(width=860)
    table, detail = d.page.table, d.page.detail
    assert table.isVisible()
    assert not detail.isVisible()
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Return)
    await until(lambda: detail.isVisible())
    assert not table.isVisible()
    QTest.keyClick(detail, Qt.Key.Key_Escape)
    assert table.isVisible()
    assert not detail.isVisible()


async def test_in_english(desk: Open) -> None:
    words.choose("en")
    d = await desk()
    assert d.cells(0)["state"] == "Healthy"
    assert d.cells(0)["day"] == "100%"
    assert d.page.header.primary.text() == "Test 3 connections"
    await select(d, d.rows[1])
    assert d.page.detail.card.data.goal_words == "goal 3 s"


# -- score, target, whose fault --------------------------------------------------------------------------------------
async def test_the_detail_shows_the_score_the_target_and_whose_fault_it_is(desk: Open) -> None:
    d = await desk()
    slow = d.rows[1]
    await select(d, slow)
    shown = d.page.detail.score.text()
    assert "hedef %99,9: tutmuyor" in shown
    report = d.page.wall[slow.id].report
    assert report.score is not None
    assert f"Sağlık puanı 100 üzerinden {report.score.total}: şu an 15/30" in shown
    assert d.page.detail.evidence.message.startswith("Onların sunucusu: ")
    await select(d, d.rows[0])
    assert "hedef %99,9: tutuyor" in d.page.detail.score.text()


async def test_requests_from_before_the_start_are_evidence_too(desk: Open) -> None:
    d = await desk()
    row = d.rows[0]
    old = Call(row.id, NOW.timestamp() - 30, 321.0, operation="listings", probe=False)
    await d.store.samples.add([old])
    await select(d, row)
    await d.page.detail.refresh()
    rows = d.page.detail.evidence.rows
    assert rows[0][3].text == "Yanıtlandı"
    assert rows[0][5] == "321 ms"
