"""Plans in the window: lines with state and reason, release, sending to the end of each line, taking back, the list; the freeze of
channels and the costs of products on the same page."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.contracts import Message, Outcome, OutcomeState
from app.jobs.runner import Result
from app.model import Money
from app.pricing.formula import compile_formula
from app.pricing.guards import Guards
from app.pricing.plan import Choice
from app.store import ConnectionRow, Product, ProductChange
from app.store.plans import totals_by_state
from tests.ui.pages.desk import NOW, Desk, dialog, listing, open_desk, until
from ui.pages.plan_list import PlanViews
from ui.pages.plan_questions import LinesDialog
from ui.pages.price_cost import ProductDialog
from ui.pages.prices import PricesPage
from ui.tables import Diff, Status
from ui.theme import Appearance
from ui.widgets import DialogFrame
from ui.words import choose

D = Decimal
Key = Qt.Key
GOODS = [listing(1, "100"), listing(2, "200"), listing(3, "300"), listing(4, None)]


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> Any:
    async with open_desk(tmp_path) as made:
        yield made
        assert not errors


class Vendor:
    """In the engine's place: takes what is queued and settles it as told; a pull gives the prices that it has."""

    def __init__(self, desk: Desk, row: ConnectionRow, refuse: frozenset[int] = frozenset()) -> None:
        self.desk, self.row, self.refuse = desk, row, refuse
        self.unknown: frozenset[int] = frozenset()
        self.prices: dict[int, Decimal] = {}
        self.pulls, self.sends = 0, 0
        self.reads = True

    async def settle_all(self, row: ConnectionRow, *, patience_s: float, asked_by: str = "user") -> Result:
        self.sends += 1
        outbox = self.desk.store.outbox
        taken = await outbox.take(row.id, "price", 100, self.desk.services.now())
        no = Message("item.refused", vendor_text="Fiyat tabanın altında")
        states = {one.key: OutcomeState.REFUSED if one.subject in self.refuse else
                  OutcomeState.UNKNOWN if one.subject in self.unknown else OutcomeState.DONE for one in taken}  # fmt: skip
        await outbox.settle(
            [Outcome(one.key, states[one.key], no if one.subject in self.refuse else None) for one in taken], now=NOW
        )
        self.desk.services.changes.publish(ChangeReport(OUTBOX, source="test"))
        return Result("done", {"done": len(taken)})

    async def sync_listings(self, row: ConnectionRow, *, full: bool = False, asked_by: str = "user") -> Result:
        self.pulls += 1
        if not self.reads:
            return Result("failed", {})
        if self.prices:
            await self.desk.pull(row, *(listing(n, str(price)) for n, price in self.prices.items()))
        return Result("done", {})


async def opened(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, formula: str = "price * 2", guards: Guards | None = None, **vendor: Any
) -> tuple[PricesPage, Vendor]:
    """The page on plan 1, made of a formula, with a vendor behind the engine."""
    row = await desk.connection()
    await desk.pull(row, *GOODS)
    page = PricesPage(desk.services)
    made = Vendor(desk, row, **vendor)
    monkeypatch.setattr(desk.services.engine, "settle_all", made.settle_all)
    monkeypatch.setattr(desk.services.engine, "sync_listings", made.sync_listings)
    await page.plan_work.plans.make(compile_formula(formula), Choice(), guards or Guards(None))
    desk.show(page)
    page.shown({"plan": 1})
    detail = page.plans.detail
    await until(lambda: detail.plan is not None and detail.model.total and detail.model.row_at(0), "the lines")
    return page, made


def cell(views: PlanViews, row: int, column: str) -> Any:
    model = views.detail.model
    return model.value(row, model.section_of(column))


async def states(desk: Desk, plan_id: int = 1) -> dict[str, int]:
    return dict(totals_by_state(await desk.store.plans.progress(plan_id)))


async def test_lines_show_state_reason_and_old_beside_new(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = await opened(desk, monkeypatch, "if stock > 0 then price * 2", Guards(D(90), zero=True))
    detail = page.plans.detail
    assert cell(page.plans, 0, "price") == Diff(D(100), D(200), "TRY")
    assert cell(page.plans, 0, "percent") == "+%100,0"
    assert cell(page.plans, 0, "state") == Status("degraded", "Onay bekliyor")
    assert cell(page.plans, 3, "state") == Status("order.cancelled", "Fiyatı yok")
    assert cell(page.plans, 3, "reason") == "Kanal fiyat bildirmedi"
    assert detail.why.text() == "Değişiklik çok büyük"
    assert detail.figures["held"].accessibleName().endswith(": 3")
    assert not detail.send.isEnabled()
    assert "onayınızı bekliyor" in detail.send.toolTip()
    assert detail.panel.isHidden()
    detail._go_group("blocked")
    await until(lambda: detail.model.total == 1, "the tab")
    assert detail.why.text() == "Kanal fiyat bildirmedi"
    page.grab()


async def test_held_lines_go_only_after_they_were_released(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, vendor = await opened(
        desk, monkeypatch, "price * 2 - 200", Guards(D(50), zero=True)
    )  # 100 -> 0, 200 -> 200, 300 -> 400
    detail = page.plans.detail
    assert await states(desk) == {"held": 1, "ready": 1, "blocked": 1}
    detail.release.click()
    asked = await dialog(LinesDialog)
    assert asked.windowTitle() == "1 satır onaylansın mı?"
    assert "fiyat sıfır 1" in asked.text.text()
    asked.cancel.click()
    await until(lambda: not asked.isVisible())
    assert (await states(desk))["held"] == 1
    detail.model.tick((0,), True)
    assert detail.release.text() == "Seçilenleri onayla"
    detail.release.click()
    (await dialog(LinesDialog)).primary.click()
    await until(lambda: detail.counts.get("ready") == 2, "released")
    await until(lambda: cell(page.plans, 0, "state") == Status("order.new", "Onaylandı"), "the row")
    assert "Onaylandı: " in cell(page.plans, 0, "reason")
    assert desk.said[-1][1] == "1 satır onaylandı"
    assert detail.send.text() == "2 fiyatı gönder"
    assert vendor.sends == 0


async def test_sending_ends_each_line_and_undo_is_on_the_stack(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, vendor = await opened(desk, monkeypatch, "price + 1", refuse=frozenset({2}))
    vendor.unknown = frozenset({3})
    detail = page.plans.detail
    page.send_now()
    await until(lambda: 1 in page.plan_work.busy or vendor.sends, "begun")
    page.send_now()
    await until(lambda: not page.plan_work.busy and detail.counts.get("done") == 1, "the end")
    assert vendor.sends == 1, "twice pressed is once sent"
    assert await states(desk) == {"done": 1, "refused": 1, "unknown": 1, "blocked": 1}
    await until(lambda: cell(page.plans, 1, "state") == Status("write.refused"), "the refusal")
    assert "Fiyat tabanın altında" in cell(page.plans, 1, "reason")
    assert cell(page.plans, 0, "state") == Status("write.accepted")
    assert cell(page.plans, 2, "state") == Status("write.unknown")
    assert not detail.panel.isHidden()
    (shown,) = detail.panel.rows.values()
    assert shown.count.text() == "2 / 3"
    assert "1 reddedildi" in shown.told.text()
    assert any(said[0] == "unhealthy" and "1 reddedildi" in said[2] for said in desk.said)
    assert "3 fiyat" in desk.services.undo.undo_text


async def test_a_line_that_changed_meanwhile_is_left_and_told(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, vendor = await opened(desk, monkeypatch, "price + 1")
    await desk.pull(vendor.row, listing(2, "250"))
    page.send_now()
    await until(lambda: page.plans.detail.counts.get("changed") == 1 and not page.plan_work.busy, "left")
    assert any("1 satır gönderilmedi" in said[2] and "değişmiş" in said[2] for said in desk.said)
    page.plans.detail._go_group("left")
    await until(lambda: page.plans.detail.model.total == 1)
    assert cell(page.plans, 0, "reason") == "Fiyat plandan sonra değişmiş"
    assert cell(page.plans, 0, "state").text == "Gönderilmedi"


async def test_undo_reads_back_lists_what_stays_and_sends_the_rest(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, vendor = await opened(desk, monkeypatch, "price + 1")
    page.send_now()
    await until(lambda: page.plans.detail.counts.get("done") == 3 and not page.plan_work.busy, "sent")
    vendor.prices = {1: D(101), 2: D(777), 3: D(301)}  # somebody changed the second one
    await until(lambda: page.plans.detail.undo.isEnabled(), "the button")
    page.plans.detail.undo.click()
    asked = await dialog(DialogFrame)
    assert "3 satırın canlı fiyatı okunur" in asked.text.text()
    asked.primary.click()
    again = await dialog(LinesDialog)
    assert vendor.pulls == 1
    assert again.windowTitle() == "2 fiyat eski değerine dönsün mü?"
    assert "kanaldaki fiyat artık bizim koyduğumuz değil 1" in again.text.text()
    assert again.model.row_at(0)[1] == "NC-0002"
    await until(lambda: page.plans.detail.plan is not None, "the plan that takes back")
    again.primary.click()
    await until(lambda: not page.plan_work.busy and page.plans.detail.counts.get("done") == 2, "taken back")
    assert page.plans.detail.plan.kind == "undo"
    prices = [(await desk.store.listings.get(n)).listing.price for n in (1, 2, 3)]
    assert prices == [Money(D("100.00"), "TRY"), Money(D("777.00"), "TRY"), Money(D("300.00"), "TRY")]
    assert not page.plans.detail.undo.isEnabled()


async def test_thinking_better_of_an_undo_keeps_it_possible(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, vendor = await opened(desk, monkeypatch, "price + 1")
    page.send_now()
    await until(lambda: page.plans.detail.counts.get("done") == 3 and not page.plan_work.busy, "sent")
    undoing = asyncio.ensure_future(desk.services.undo.undo())
    (await dialog(DialogFrame)).cancel.click()
    await undoing
    assert vendor.pulls == 0
    assert "3 fiyat" in desk.services.undo.undo_text


async def test_lines_that_wait_are_withdrawn_while_others_are_on_their_way(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = await opened(desk, monkeypatch, "price + 1")
    done = asyncio.Event()

    async def slow(row: ConnectionRow, *, patience_s: float, asked_by: str = "user") -> Result:
        await desk.store.outbox.take(row.id, "price", 1, desk.services.now())
        await done.wait()
        return Result("done", {})

    monkeypatch.setattr(desk.services.engine, "settle_all", slow)
    page.send_now()
    await until(
        lambda: page.plans.detail.counts.get("sending") == 1 and page.plans.detail.undo.isEnabled(), "one is out"
    )
    page.plans.detail.undo.click()
    asked = await dialog(DialogFrame)
    assert "Daha gitmemiş 2 satır geri çekilir." in asked.text.text()
    assert "Yanıtı gelmemiş 1 satır" in asked.text.text()
    asked.primary.click()
    await until(
        lambda: page.plans.detail.counts.get("superseded") == 2 or any("geri çekildi" in one[1] for one in desk.said)
    )
    assert (await states(desk)) == {"sending": 1, "superseded": 2, "blocked": 1}
    done.set()
    await until(lambda: not page.plan_work.busy)


async def test_what_cannot_be_read_back_is_named(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page, vendor = await opened(desk, monkeypatch, "price + 1")
    page.send_now()
    await until(lambda: page.plans.detail.counts.get("done") == 3 and not page.plan_work.busy, "sent")
    vendor.reads = False
    page.plans.undo_current()
    (await dialog(DialogFrame)).primary.click()
    again = await dialog(LinesDialog)
    from ui.widgets import Note

    (note,) = again.findChildren(Note)
    assert "Ana mağaza" in note.accessibleName()
    again.reject()
    await until(lambda: not again.isVisible())
    assert (await desk.store.outbox.counts()).get("queued", 0) == 0


async def test_the_list_leads_to_a_plan_and_back_by_keys(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = await opened(desk, monkeypatch, "price + 1")
    await page.plan_work.plans.make(compile_formula("price + 2"), Choice(), Guards())
    QTest.keyClick(page.plans.detail.table, Key.Key_Escape)
    assert page.plans.currentWidget() is page.plans.list
    await until(lambda: page.plans.model.total == 2 and page.plans.table.currentIndex().isValid(), "the list")
    assert [page.plans.model.row_at(n)[3] for n in (0, 1)] == ["price + 2", "price + 1"]
    assert not page.plans.undo_button.isEnabled()
    QTest.keyClick(page.plans.table, Key.Key_Down)
    QTest.keyClick(page.plans.table, Key.Key_Return)
    await until(lambda: page.plans.detail.plan is not None and page.plans.detail.plan.id == 1, "plan 1")
    QTest.keyClick(page.plans.detail.table, Key.Key_Escape)
    QTest.keyClick(page.plans.table, Key.Key_Escape)
    assert page.stack.currentIndex() == 0


async def test_without_a_plan_the_list_says_what_comes_next(desk: Desk, qtbot: Any) -> None:
    page = PricesPage(desk.services)
    desk.show(page)
    page.show_plans()
    await until(lambda: page.plans.model.ready)
    page.grab()
    assert page.plans.table._empty.isVisible()


async def test_a_plan_that_is_gone_is_told(desk: Desk, qtbot: Any) -> None:
    page = PricesPage(desk.services)
    desk.show(page)
    page.shown({"plan": 99})
    await until(lambda: page.plans.detail.trouble.isVisible(), "the trouble")
    assert page.plans.detail.plan is None
    assert "99" in page.plans.detail.trouble.accessibleName()


async def test_it_speaks_english_and_reflows(desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    choose("en")
    page, _ = await opened(desk, monkeypatch, "price + 1")
    page.set_inner_width(1000)
    assert page.plans.detail.send.text() == "Send 3 prices"
    names = [c.key for c in page.plans.detail.table.visible_columns()]
    assert {"sku", "price", "state"} <= set(names)
    assert "position" not in names


# -- freezing --------------------------------------------------------------------------------------------------------
async def test_one_channel_is_frozen_shown_and_released(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    await desk.pull(row, *GOODS)
    page = PricesPage(desk.services)
    desk.show(page)
    await until(lambda: page.model.ready)
    await desk.store.listings.want_price(1, Money(D(120), "TRY"))
    menu = page.freezing.menu(page, page.source.connections)
    one = next(action for action in menu.actions() if action.text() == "Ana mağaza")
    assert not one.isChecked()
    one.trigger()
    await until(lambda: page.banners.shown() == "frozen", "the banner")
    assert await desk.store.outbox.frozen() == {row.id}
    banner = page.banners._banners["frozen"]
    assert "Ana mağaza için gönderim donduruldu" in banner.accessibleName()
    assert "1 değişiklik bekliyor" in banner.accessibleName()
    assert await desk.store.outbox.take(row.id, "price", 5, NOW) == []
    assert page.sending.send.isEnabled(), "other channels go on"
    banner.button.click()
    await until(lambda: page.banners.shown() == "", "released")
    assert await desk.store.outbox.frozen() == frozenset()
    menu.deleteLater()


async def test_a_frozen_channel_keeps_its_lines_waiting(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, vendor = await opened(desk, monkeypatch, "price + 1")
    await desk.store.outbox.freeze(vendor.row.id)
    page.send_now()
    await until(lambda: page.plans.detail.counts.get("queued") == 3 and not page.plan_work.busy, "queued")
    assert vendor.sends == 0
    (shown,) = page.plans.detail.panel.rows.values()
    await until(lambda: shown.chip.state == "frozen")


# -- costs -----------------------------------------------------------------------------------------------------------
def cost_of(page: PricesPage, row: int) -> Any:
    return page.model.value(row, page.model.section_of("cost"))


def edit(page: PricesPage, row: int, text: str) -> None:
    page.table.setCurrentIndex(page.model.index(row, page.model.section_of("cost")))
    QTest.keyClick(page.table, Key.Key_F2)
    assert page.table.editor is not None
    page.table.editor.setText(text)
    QTest.keyClick(page.table.editor, Key.Key_Return)


async def costs(desk: Desk, *goods: Any) -> PricesPage:
    row = await desk.connection()
    await desk.pull(row, *(goods or GOODS))
    page = PricesPage(desk.services)
    desk.show(page, 1600)
    page.set_inner_width(1600)
    await until(lambda: page.model.ready and page.table.currentIndex().isValid())
    return page


async def kept(desk: Desk, sku: str = "NC-0001") -> Product:
    found = await desk.store.products.get(sku)
    assert found is not None
    return found


async def test_a_cost_is_typed_shown_on_all_channels_and_undone(desk: Desk, qtbot: Any) -> None:
    page = await costs(desk)
    other = await desk.connection("Depo", "hepsiburada")
    await desk.pull(other, listing(1, "55"))
    await page._refresh(frozenset({LISTINGS}))
    edit(page, 0, "61,20")
    await until(lambda: cost_of(page, 0) == Diff(D("61.20"), None, "TRY"), "the cost")
    assert cost_of(page, 4) == Diff(D("61.20"), None, "TRY"), "kept by SKU"
    assert not desk.services.undo.can_undo, "there was none before, and none can be kept"
    edit(page, 0, "70")
    await until(lambda: desk.services.undo.can_undo)
    await desk.services.undo.undo()
    assert (await kept(desk)).cost == Money(D("61.20"), "TRY")
    assert await desk.store.outbox.counts() == {}, "no channel hears of a cost"


async def test_a_wrong_cost_is_told_and_zero_is_asked(desk: Desk, qtbot: Any) -> None:
    page = await costs(desk)
    edit(page, 0, "ucuz")
    await until(lambda: desk.said and page.table.editor is not None, "the refusal")
    assert page.table.editor.text() == "ucuz"
    QTest.keyClick(page.table.editor, Key.Key_Escape)
    edit(page, 0, "0")
    asked = await dialog(DialogFrame)
    assert "NC-0001" in asked.windowTitle()
    asked.primary.click()
    await until(lambda: cost_of(page, 0).old == 0)


async def test_a_listing_without_sku_has_no_cost(desk: Desk, qtbot: Any) -> None:
    page = await costs(desk, listing(1, sku=""))
    page.table.setCurrentIndex(page.model.index(0, page.model.section_of("cost")))
    QTest.keyClick(page.table, Key.Key_F2)
    assert page.table.editor is None
    page.open_product()
    await until(lambda: desk.said)
    assert "SKU" in desk.said[-1][1]


async def test_the_product_dialog_keeps_limits_and_adds_vat(desk: Desk, qtbot: Any) -> None:
    page = await costs(desk)
    await desk.store.products.put([ProductChange("NC-0001", cost=D(50), vat_rate=D(10), shelf="A1")])
    page.table.setCurrentIndex(page.model.index(0, page.model.section_of("price")))
    page.open_product()
    box = await dialog(ProductDialog)
    assert {name: one.text() for name, one in box.edits.items()} == {
        "cost": "50,00", "vat_rate": "10", "floor": "", "ceiling": "", "desi": "", "shelf": "A1",
    }  # fmt: skip
    assert not box.primary.isEnabled(), "nothing differs"
    box.edits["floor"].setText("abc")
    assert box.fields["floor"].trouble
    assert not box.primary.isEnabled()
    box.edits["floor"].setText("80")
    box.edits["cost"].setText("1.249")
    assert "1.249,00" in box.fields["cost"].trouble
    box.edits["cost"].setText("60")
    box.without.setChecked(True)
    box.edits["desi"].setText("1,5")
    box.primary.click()
    await until(lambda: cost_of(page, 0).old == 66, "kept with VAT")
    found = await kept(desk)
    assert (found.cost, found.floor, found.ceiling, found.vat_rate, found.desi, found.shelf) == (
        Money(D("66.00"), "TRY"), Money(D("80.00"), "TRY"), None, D(10), D("1.5"), "A1",
    )  # fmt: skip


async def test_without_vat_needs_a_rate(desk: Desk, qtbot: Any) -> None:
    page = await costs(desk)
    page.table.setCurrentIndex(page.model.index(0, page.model.section_of("price")))
    page.open_product()
    box = await dialog(ProductDialog)
    box.edits["cost"].setText("60")
    box.without.setChecked(True)
    assert box.fields["vat_rate"].trouble
    assert not box.primary.isEnabled()
    box.edits["vat_rate"].setText("%20")
    box.primary.click()
    await until(lambda: cost_of(page, 0).old == 72)
