"""Today over a real store: deadline groups, figures that open their lists, troubles, the wall, and what an empty one says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.changes import ORDERS, OUTBOX, ChangeReport
from app.contracts import Message, Reject
from app.http.samples import Sample, SampleClass
from app.model import OrderStatus
from app.store import LocalState, OrderQuery
from app.store.order_query import OrderRow
from tests.ui.pages.desk import Desk, listing, open_desk, until
from tests.ui.pages.orders_making import missing_words, pull, texts
from tests.ui.pages.orders_making import order as any_order
from ui.kit import spawner
from ui.pages.today import TodayPage
from ui.pages.today_figures import group_deadlines, sales_words
from ui.tables import Group
from ui.theme import Appearance
from ui.words import choose

#: Noon of this day in the computer's own zone: a test must not depend on when it runs.
HERE = datetime.now().astimezone().replace(hour=12, minute=2, second=0, microsecond=0)
NOW = HERE.astimezone(UTC)


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        made.services = replace(made.services, now=lambda: NOW)
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


def order(number: int, **changes: Any) -> Any:
    """Order `number`, placed `number` minutes ago, to be shipped tomorrow."""
    at = NOW - timedelta(minutes=number)
    due = NOW + timedelta(hours=24, minutes=number)
    return any_order(number, **{"placed_at": at, "updated_at": at, "ship_by": due, **changes})


async def shown(desk: Desk, qtbot: Any) -> TodayPage:
    page = TodayPage(desk.services)
    desk.show(page)
    page.asked = []  # type: ignore[attr-defined]
    page.go.connect(lambda name, request: page.asked.append((name, request)))  # type: ignore[attr-defined]
    page.set_inner_width(1400)
    page.shown()
    await until(lambda: page.day is not None and page.due_model.ready and page.channel_model.ready, "gathered")
    return page


def row(number: int, **changes: Any) -> OrderRow:
    blank = OrderRow(
        number, str(number), str(number), 1, "Shop", "open", "", "new", "", "", "", 1, 0, "TRY", NOW, NOW, None, "", "",
        None, 0, "", "", False, False, False, None,
    )  # fmt: skip
    return msgspec.structs.replace(blank, **changes)


# -- groups: pure ------------------------------------------------------------------------------------------------
def test_orders_are_grouped_by_the_moment_they_must_leave() -> None:
    noon = HERE.replace(hour=12, minute=0)
    rows = [
        row(1, ship_by=noon - timedelta(hours=3)),
        row(2, ship_by=noon + timedelta(hours=4)),
        row(3, ship_by=noon + timedelta(hours=4, seconds=20), local_state="packed"),
        row(4, ship_by=noon + timedelta(hours=6)),
        row(5, ship_by=noon + timedelta(days=1)),
        row(6, ship_by=noon + timedelta(days=3)),
        row(7),
    ]
    groups = group_deadlines(rows, noon)
    assert [(g.kind, [r.id for r in g.rows], g.ready) for g in groups] == [
        ("late", [1], 0),
        ("today", [2, 3], 1),
        ("today", [4], 0),
        ("tomorrow", [5], 0),
    ]


def test_many_moments_become_hours_whose_earliest_counts() -> None:
    dawn = HERE.replace(hour=6, minute=0, second=0, microsecond=0)
    rows = [row(n, ship_by=dawn + timedelta(minutes=20 * n)) for n in range(1, 22)]
    groups = group_deadlines(rows, dawn)
    assert len(groups) == 8
    for group in groups:
        assert group.at == min(r.ship_by for r in group.rows if r.ship_by)
    assert sum(len(g.rows) for g in groups) == 21


def test_currencies_are_never_added(look: Appearance) -> None:
    assert sales_words({"TRY": 1_000_000, "EUR": 9_000_000}) == ("₺1,00", "€9,00")
    assert sales_words({}) == ("₺0,00", "")


# -- the page ----------------------------------------------------------------------------------------------------
async def test_an_empty_workspace_says_what_comes_next(desk: Desk, qtbot: Any) -> None:
    page = await shown(desk, qtbot)
    words = texts(page)
    assert "Bugün çıkması gereken sipariş yok." in words
    assert "Henüz kanal bağlanmadı." in words
    assert "Dikkat isteyen bir şey yok." in words
    assert page.primary.toolTip() == "Basılmayı bekleyen etiket yok"
    assert not missing_words(page)


async def test_figures_groups_and_channels_come_from_the_store(desk: Desk, qtbot: Any) -> None:
    one, two = await desk.connection(), await desk.connection("Web", "woocommerce")
    late, soon = order(1, ship_by=NOW - timedelta(hours=2)), order(2, ship_by=NOW + timedelta(hours=1))
    await pull(desk, one, late, soon, order(3, ship_by=NOW + timedelta(hours=1)), tell=False)
    await pull(
        desk, two, order(4), order(5, status=OrderStatus.CANCELLED, placed_at=NOW - timedelta(days=2)), tell=False
    )
    rows = await desk.store.orders.query(OrderQuery())
    packed = next(r.id for r in rows if r.number == soon.number)
    await desk.store.orders.set_local([packed], state=LocalState.PACKED)
    page = await shown(desk, qtbot)
    day = page.day
    assert day is not None
    assert (day.figures.to_ship_today, day.figures.late, day.ready_today) == (3, 1, 1)
    headings = [r for r in page._due.rows if isinstance(r, Group)]
    assert headings[0].title == "Süresi geçenler"
    assert headings[1].chip == "1 sa"
    assert headings[1].note == "2 sipariş, 1 hazır"
    assert page.primary.text() == "4 etiketi bas"
    assert page.tiles["due"].accessibleName() == "Bugün çıkmalı: 3"
    assert page.tiles["due"].accessibleDescription() == "1 hazır · 1 gecikti"
    assert [(c.name, c.today, c.week) for c in day.channels] == [("Ana mağaza", 3, 3), ("Web", 1, 2)]
    assert [cell.name for cell in day.wall] == ["Ana mağaza", "Web"]
    assert sum(day.days) == 5


async def test_every_figure_opens_its_list(desk: Desk, qtbot: Any) -> None:
    connection = await desk.connection()
    await pull(desk, connection, order(1, ship_by=NOW + timedelta(hours=1)), tell=False)
    page = await shown(desk, qtbot)
    for tile in page.tiles.values():
        QTest.keyClick(tile, Qt.Key.Key_Return)
    page.primary.click()
    page.all_due.click()
    page.wall[0].click()
    page.due_table.setCurrentIndex(page.due_model.index(1, 0))
    QTest.keyClick(page.due_table, Qt.Key.Key_Return)
    asked = page.asked  # type: ignore[attr-defined]
    first = (await desk.store.orders.query(OrderQuery()))[0].id
    assert ("orders", {"view": "today"}) in asked
    assert ("prices", {"view": "waiting"}) in asked
    assert ("print", {"view": "unprinted"}) in asked
    assert ("health", {"connection": connection.id}) in asked
    assert ("orders", {"id": first}) in asked


async def test_troubles_name_the_side_and_lead_to_the_place(desk: Desk, qtbot: Any) -> None:
    row_ = await desk.connection("Kargo", "yurtici_kargo")
    await desk.store.connections.note_error(row_.id, Message("auth.refused", {"connection": "Kargo"}), NOW)
    shop = await desk.connection()
    bad = Reject("2081 554 698", "{}", Message("answer.field_missing", {"field": "lines"}))
    await pull(desk, shop, rejects=(bad,), tell=False)
    await desk.pull(shop, listing(1))
    page = await shown(desk, qtbot)
    titles = [one.title for one in page.day.troubles] if page.day else []
    assert titles == ["Kargo anahtarınızı kabul etmiyor", "1 sipariş okunamadı"]
    assert "2081 554 698" in page.day.troubles[1].text  # type: ignore[union-attr]
    assert page.tiles["alerts"].accessibleName() == "Açık uyarı: 2"
    page.troubles.rows[0].button.click()
    page.troubles.rows[1].button.click()
    assert page.asked == [  # type: ignore[attr-defined]
        ("connections", {"connection": row_.id}),
        ("orders", {"connection": shop.id}),
    ]
    QTest.keyClick(page.tiles["alerts"], Qt.Key.Key_Space)
    assert page.troubles.rows[0].button.hasFocus() or not page.isActiveWindow()
    assert not missing_words(page)


async def test_a_change_redraws_and_keeps_the_place(desk: Desk, qtbot: Any) -> None:
    connection = await desk.connection()
    some = [order(n, ship_by=NOW + timedelta(hours=1)) for n in range(1, 40)]
    await pull(desk, connection, *some, tell=False)
    page = await shown(desk, qtbot)
    page.due_table.setCurrentIndex(page.due_model.index(20, 0))
    key = page.due_table.current_key()
    ids = [r.id for r in await desk.store.orders.query(OrderQuery())]
    await desk.store.orders.set_local(ids[:3], state=LocalState.PICKED)
    page._burst._timer.stop()
    desk.services.changes.publish(ChangeReport(ORDERS, frozenset(ids[:3]), "user"))
    await until(lambda: any("Toplandı" in str(r) or "picked" in str(r) for r in page._due.rows), "picked shows")
    assert page.due_table.current_key() == key
    await desk.store.outbox.enqueue(connection.id, "price", 1, b"{}")
    page._burst._timer.stop()
    desk.services.changes.publish(ChangeReport(OUTBOX))
    await until(lambda: page.tiles["waiting"].accessibleName() == "Gönderilecek: 1", "waiting shows")
    assert page.tiles["waiting"].accessibleDescription() == "1 fiyat"


async def test_the_wall_shows_speed_and_state(desk: Desk, qtbot: Any) -> None:
    connection = await desk.connection()
    at = NOW.timestamp()
    samples = [
        Sample(connection.id, connection.account_id, "orders", SampleClass.OK, 200, at - 300 * n, 400.0 + n, 10)
        for n in range(1, 10)
    ]
    await desk.store.samples.add(samples)
    await desk.store.connections.note_ok(connection.id, NOW)
    page = await shown(desk, qtbot)
    cell = page.wall[0].cell
    assert cell is not None
    assert cell.state == "healthy"
    assert cell.speed.endswith(" ms")
    assert len(cell.points) > 3
    await desk.store.connections.set_paused(connection.id, True)
    page.refresh()
    await until(lambda: page.wall[0].cell is not None and page.wall[0].cell.state == "paused", "paused shows")


async def test_reflow_stacks_the_cards_and_english_has_all_words(desk: Desk, qtbot: Any) -> None:
    choose("en")
    await desk.connection()
    page = await shown(desk, qtbot)
    page.set_inner_width(850)
    assert page._middle.direction() == page._middle.Direction.TopToBottom
    page.set_inner_width(1366)
    assert page._middle.direction() == page._middle.Direction.LeftToRight
    assert not missing_words(page)
    assert "Nothing has to leave today." in texts(page)
