"""The payouts page: what channels told beside what orders say; narrowed, opened line by line, read anew, taken out."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.changes import SETTLEMENTS, ChangeReport
from app.contracts import Message, Reject
from app.contracts import Page as Records
from app.jobs.runner import Result
from app.model import Money, OrderStatus, SettlementKind, SettlementLine
from app.store import AuditFilter
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, order, pull, texts
from ui.kit import spawner
from ui.pages import MORE
from ui.pages.payouts import PayoutsPage
from ui.pages.payouts_lines import LinesDialog
from ui.pages.payouts_model import REASONS, Asked, difference, reason_status
from ui.pages.today_figures import _unreadable
from ui.tables import Tinted
from ui.theme import Appearance
from ui.widgets import Button, EmptyState
from ui.words import choose


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        yield made
        for page in made.pages:
            page.hide()
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


def line(desk: Desk, remote_id: str, kind: str, amount: str, number: str, days: float, **more: Any) -> SettlementLine:
    at = desk.services.now() - timedelta(days=days)
    return SettlementLine(remote_id, SettlementKind(kind), Money(Decimal(amount), "TRY"), at, order_number=number, vendor_kind="Satış", **more)  # fmt: skip


async def fill(desk: Desk) -> int:
    """Three orders: paid, overdue, booked lower; one payout with its transfer."""
    row = await desk.connection("Şık Dükkân")
    made = [
        order(n, status=OrderStatus.DELIVERED, placed_at=desk.services.now() - timedelta(days=40)) for n in (1, 2, 3)
    ]
    await pull(desk, row, *made)
    past = desk.services.now() - timedelta(days=1)
    lines = (
        line(desk, "a", "sale", "869.70", "73300001", 30, payout_id="112360", paid=True),
        line(desk, "a:c", "commission", "-130.45", "73300001", 30, payout_id="112360", paid=True),
        line(desk, "b", "sale", "869.70", "73300002", 20, due_at=past),
        line(desk, "c", "sale", "800.00", "73300003", 10, paid=True),
        line(desk, "t", "payment", "-739.25", "", 2, payout_id="112360"),
    )
    await desk.store.settlements.apply_page(row.id, row.account_id, Records(lines), now=desk.services.now())
    desk.services.changes.publish(ChangeReport(SETTLEMENTS, source="pull"))
    return row.id


async def shown(desk: Desk, request: object = None, count: int | None = None) -> Any:
    page = PayoutsPage(desk.services)
    desk.show(page)
    page.shown(request)
    await until(lambda: page.models[page.view].ready and not page._busy and not len(spawner()), "loaded")
    if count is not None:
        await until(lambda: page.models[page.view].total == count, "all rows")
    return page


async def test_orders_are_shown_with_what_is_missing(desk: Desk, qtbot: Any) -> None:
    await fill(desk)
    page = await shown(desk, count=3)
    rows = [page.models["orders"].row_at(n) for n in range(3)]
    assert [(row[3 - 1], row[-1].text) for row in rows] == [
        ("73300003", "siparişten düşük kaydedildi"), ("73300002", "vadesi geçti, ödenmedi"), ("73300001", "ödendi"),
    ]  # fmt: skip
    assert rows[2][6:9] == ((Decimal("739.25"), "TRY"), (Decimal("739.25"), "TRY"), (Decimal("0.00"), "TRY"))
    assert rows[1][8] == Tinted((Decimal("-869.70"), "TRY"), "down_text")
    assert "beklenen" in page.sums.text().casefold()
    assert page.header._fact.text() == "3 sipariş"
    assert missing_words(page) == []


async def test_narrowed(desk: Desk, qtbot: Any) -> None:
    connection = await fill(desk)
    page = await shown(desk, count=3)
    page.ask_for(Asked("all", reason="odd"))
    await until(lambda: page.models["orders"].total == 2 and not page._busy, "those to look at")
    assert [chip[0] for chip in page._chips()] == ["span", "reason"]
    page.bar.filter_removed.emit("reason")
    await until(lambda: page.models["orders"].total == 3, "all again")
    page.bar.searched.emit("0002")
    await until(lambda: page.models["orders"].total == 1, "by number")
    page.bar.cleared.emit()
    await until(lambda: page.models["orders"].total == 3 and page.asked == Asked(), "cleared")
    page.ask_for(Asked("month"))
    await until(lambda: page.models["orders"].total == 2, "of the last 30 days")
    page.ask_for(Asked("quarter", connection=connection + 1))
    await until(lambda: page.models["orders"].total == 0 and not page._busy, "of nobody")
    assert "Süzgece uyan kayıt yok" in texts(page)
    await until(lambda: page.export.toolTip() == "Dışa aktarılacak bir şey yok", "nothing to export")
    menu = page.menu()
    assert [a.text() for a in menu.actions()] == ["Kayıt", "Bağlantı", "Neden", "", "Süzgeci temizle"]
    menu.deleteLater()


async def test_payouts_and_months(desk: Desk, qtbot: Any) -> None:
    await fill(desk)
    page = await shown(desk, {"view": "payouts"}, count=1)
    row = page.models["payouts"].row_at(0)
    assert (row[2], row[4], row[5], row[8], row[9], row[11].text) == (
        "112360", 1, 2, (Decimal("739.25"), "TRY"), (Decimal("739.25"), "TRY"), "ödendi",
    )  # fmt: skip
    page.show_view("months")
    await until(lambda: page.models["months"].ready and page.models["months"].total >= 1, "months")
    booked = sum(page.models["months"].row_at(n)[10][0] for n in range(page.models["months"].total))
    assert booked == Decimal("2408.95")
    assert page.details.toolTip() == "Satırlarını görmek için bir kayıt seçin"


async def test_the_lines_of_one(desk: Desk, qtbot: Any) -> None:
    await fill(desk)
    page = await shown(desk, count=3)
    page.table.setFocus()
    await until(lambda: page.models["orders"].row_at(2) is not None, "rows")
    key = page.models["orders"].key_at(2)
    assert page.table.set_current_key(key)
    assert page.chip.isVisible()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    opened = await dialog(LinesDialog)
    await until(lambda: opened.model.total == 2 and opened.model.row_at(0) is not None, "lines")
    assert [opened.model.row_at(n)[2] for n in range(2)] == ["Satış", "Komisyon"]
    assert any("739,25" in one for one in texts(opened))
    assert missing_words(opened) == []
    opened.accept()
    await until(lambda: not len(spawner()), "closed")
    page.show_view("payouts")
    await until(lambda: page.models["payouts"].total == 1 and page.models["payouts"].row_at(0) is not None, "payouts")
    page._open(page.models["payouts"].key_at(0))
    opened = await dialog(LinesDialog)
    await until(lambda: opened.model.total == 3, "with the transfer")
    opened.accept()
    await until(lambda: not len(spawner()), "closed again")


async def test_read_now(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(desk)
    await desk.connection("Başka", "trendyol")
    await desk.connection("Dükkân", "woocommerce")
    asked: list[str] = []

    async def pulled(row: Any, **_more: Any) -> Result:
        asked.append(row.name)
        if row.name == "Başka":
            return Result("failed", message=Message("auth.refused"))
        result = Result()
        result.add("new", 4)
        return result

    monkeypatch.setattr(desk.services.engine, "sync_settlements", pulled)
    page = await shown(desk, count=3)
    operation = page.read()
    await until(lambda: not operation.running, "read")
    assert sorted(asked) == ["Başka", "Şık Dükkân"]
    assert operation.report == "4 yeni hakediş satırı"
    assert [(state, "Başka" in text) for state, _, text in desk.said] == [("unhealthy", True)]


async def test_taken_out(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    await fill(desk)
    page = await shown(desk, count=3)
    page.ask_for(Asked("all", reason="overdue"))
    await until(lambda: page.models["orders"].total == 1 and not page._busy, "narrowed")
    operation = page.write(tmp_path / "hakediş.csv")
    await until(lambda: not operation.running, "written", 60)
    assert operation.error is None, operation.error
    rows = list(csv.reader(io.StringIO((tmp_path / "hakediş.csv").read_bytes().decode("utf-8-sig")), delimiter=";"))
    assert (len(rows), rows[0][:2], rows[1][1], rows[1][-1]) == (2, ["Bağlantı", "Sipariş no."], "73300002", "vadesi geçti, ödenmedi")  # fmt: skip
    assert rows[1][rows[0].index("Fark")] == "-869,70"
    (entry,) = await desk.store.audit.query(AuditFilter(action="data.exported"))
    assert entry.details == {"count": 1}


async def test_a_line_that_could_not_be_read_is_told_today(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection("Şık Dükkân")
    bad = Reject("7000", '{"id": "7000"}', Message("answer.field_missing", {"field": "debt"}))
    await desk.store.settlements.apply_page(row.id, row.account_id, Records((), (bad,)), now=desk.services.now())
    (trouble,) = await _unreadable(desk.services)
    assert (trouble.title, trouble.go) == ("1 hakediş satırı okunamadı", ("payouts", {"connection": row.id}))


async def test_empty_says_who_tells(desk: Desk, qtbot: Any) -> None:
    page = await shown(desk)
    told = " ".join(texts(page))
    assert "Bağlantılarınızın hiçbiri hakediş bildirmiyor" in told
    assert "Trendyol" in told
    assert page.reading.toolTip() == "Hiçbir bağlantı hakediş bildirmiyor"
    assert page.read() is None
    await desk.connection("Şık Dükkân")
    page.shown()
    await until(lambda: "günde bir kez şu bağlantılardan okunur: Şık Dükkân" in " ".join(texts(page)), "who")
    choose("en")
    for action in [a.id for a in desk.services.actions]:
        desk.services.actions.remove(action)
    english = await shown(desk)
    assert missing_words(english) == []
    english.set_inner_width(900)


def test_looks_of_all_reasons(look: Appearance) -> None:
    assert {reason_status(one).state for one in REASONS} == {
        "degraded",
        "write.unknown",
        "write.queued",
        "unhealthy",
        "healthy",
    }
    assert difference(None, "TRY", "paid") is None
    assert difference(-5_000_000, "TRY", "waiting") == (Decimal("-5.00"), "TRY")


def test_the_window_leads_there() -> None:
    assert ("payouts", "ui.pages.payouts", "PayoutsPage") in MORE


async def test_each_empty_view_says_its_own_and_leads_on(desk: Desk, qtbot: Any) -> None:
    page = await shown(desk)
    asked: list[tuple[str, object]] = []
    page.go.connect(lambda *one: asked.append(one))
    (empty,) = page.tables["orders"].viewport().findChildren(EmptyState)
    empty.findChild(Button).click()
    assert asked == [("connections", {"view": "catalogue"})]
    await fill(desk)
    page.shown()
    await until(lambda: page.models["orders"].total, "lines")
    page.ask_for(Asked(search="yok böyle bir şey"))
    await until(lambda: page.models["orders"].total == 0, "nothing matches")
    await until(lambda: any("Süzgece uyan" in one for one in texts(page)), "why")
    (empty,) = [e for e in page.tables["orders"].viewport().findChildren(EmptyState) if e.isVisible()]
    empty.findChild(Button).click()
    assert page.asked == Asked()
    await until(lambda: not page._busy and not len(spawner()), "loaded")
    assert "Henüz ödeme yok" in " ".join(texts(page.tables["payouts"])), "not that there are no lines"
