"""The Parcels page and "Ship…" over a real store, the real engine and a rehearsal carrier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.changes import ChangeReport
from app.contracts import Message, Outcome, OutcomeState
from app.model import ShipmentRequest, ShipmentStatus, TrackingEvent, TrackingReport
from app.shipping import PARCELS
from app.shipping.address import FIELDS, FieldProblem
from app.store import ConnectionRow, ParcelQuery, ParcelWish
from app.store.parcel_fate import PARCEL
from providers.sandboxes.yurtici import create
from tests.app.shipping.making import GOOD
from tests.support.serving import serve
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import missing_words, order, pull, texts
from ui.kit import spawn, spawner
from ui.pages.orders import OrdersPage
from ui.pages.parcels import ParcelsPage
from ui.pages.parcels_model import COLUMNS
from ui.pages.ship_dialog import CorrectDialog, ShipDialog
from ui.theme import Appearance, metrics
from ui.widgets import Chip, DialogFrame, EmptyState, FormField
from ui.words import choose

PLACE = {column.key: place for place, column in enumerate(COLUMNS)}


@dataclass
class Dock:
    desk: Desk
    channel: ConnectionRow
    carrier: ConnectionRow
    control: httpx.Client

    async def parcel(self, *orders: int, numbers: str = "73300001", carrier_knows: bool = True) -> int:
        """A parcel that the carrier made, without asking it."""
        request = ShipmentRequest("", GOOD)
        wish = ParcelWish(
            self.carrier.id,
            "Yurtiçi Kargo",
            orders or (1,),
            request,
            numbers,
            own_label=True,
            trackable=True,
            notify=orders or (1,),
        )
        made = await self.desk.store.parcels.create(wish)
        if carrier_knows:
            await self.settle(Outcome("", OutcomeState.DONE))
        return made

    async def settle(self, outcome: Outcome) -> None:
        now = self.desk.services.now()
        (row,) = await self.desk.store.outbox.take(self.carrier.id, PARCEL, 1, now)
        await self.desk.store.outbox.settle([msgspec.structs.replace(outcome, key=row.key)], now=now)
        self.desk.services.changes.publish(ChangeReport(PARCELS, source="relay"))


@pytest.fixture
async def dock(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Dock]:
    with serve(create(seed=3).app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        async with open_desk(tmp_path) as desk:
            held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
            channel = await desk.connection()
            secret = {k: v for k, v in held.items() if "password" in k}
            plain = {k: v for k, v in held.items() if "password" not in k}
            await desk.store.accounts.add("yk", "yurtici_kargo", "live", "", plain, {"api": address})
            await desk.keys.put("yk", secret)
            carrier = await desk.store.connections.add("Yurtiçi", "yurtici_kargo", "yk", "live")
            good = [order(n, ship_to=msgspec.structs.replace(GOOD, name=f"Işıl Güçlü {n}x")) for n in range(1, 4)]
            bad = order(4, ship_to=msgspec.structs.replace(GOOD, phone="12", city="34710", postcode="İstanbul"))
            await pull(desk, channel, *good, bad, tell=False)
            yield Dock(desk, channel, carrier, control)
            for page in desk.pages:
                page.hide()
            await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def shown(dock: Dock, request: Any = None, width: int = 1400) -> ParcelsPage:
    page = ParcelsPage(dock.desk.services)
    dock.desk.show(page)
    page.set_inner_width(width)
    page.shown(request)
    await until(lambda: page.model.ready and not len(spawner()), "loaded")
    return page


def cell(page: ParcelsPage, row: int, key: str) -> Any:
    return page.model.index(row, PLACE[key]).data()


def truth(dock: Dock) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dock.control.get("/_control/shipments").json()
    return found


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_an_empty_page_says_what_to_do(dock: Dock, language: str) -> None:
    choose(language)
    page = await shown(dock)
    said = {"tr": "Henüz gönderi yok.", "en": "No parcels yet."}[language]
    await until(lambda: said in texts(page), "the empty state")
    assert not missing_words(page)
    asked: list[Any] = []
    page.go.connect(lambda *words: asked.append(words))
    word = {"tr": "Siparişlere git", "en": "Go to orders"}[language]
    next(b for b in page.findChildren(QAbstractButton) if b.text() == word).click()
    assert asked == [("orders", None)]


async def test_views_count_and_the_pane_tells_all(dock: Dock) -> None:
    first = await dock.parcel(1, numbers="73300001")
    second = await dock.parcel(2, numbers="73300002")
    (row,) = await dock.desk.store.parcels.get_many([first])
    now = dock.desk.services.now()
    event = TrackingEvent(
        now - timedelta(hours=2), ShipmentStatus.IN_TRANSIT, "Transfer merkezinde", "Kadıköy, İstanbul"
    )
    report = TrackingReport(
        row.reference, ShipmentStatus.IN_TRANSIT, "9001", events=(event,), tracking_url="https://t.example/9001"
    )
    await dock.desk.store.parcels.apply_reports([first], [report], lambda state, misses: timedelta(hours=1))
    page = await shown(dock)
    assert page.model.total == 1
    assert cell(page, 0, "numbers") == "73300002"
    assert cell(page, 0, "state") == "Kargoya bildirildi"
    page.tabs._tabs["on_the_way"].click()
    await until(lambda: page.model.total == 1 and cell(page, 0, "numbers") == "73300001", "the one on its way")
    await until(lambda: page.pane.parcel_id == first, "its detail")
    said = " ".join(texts(page.pane))
    for text in (
        "Yolda",
        "9001",
        row.reference,
        "Transfer merkezinde",
        "Kadıköy, İstanbul",
        "Ayşe Yılmaz",
        "bildirildi",
    ):
        assert text in said
    assert page.tabs._tabs["waiting"].accessibleName() == "Bekleyen, 1"
    page.shown({"id": second})
    await until(lambda: page.pane.parcel_id == second, "the one asked for")
    assert "Kargo henüz bir şey bildirmedi." in texts(page.pane)
    page.bar.search.edit.setText("9001")
    page.bar.searched.emit("9001")
    await until(lambda: page.model.total == 1 and cell(page, 0, "tracking") == "9001", "found by its number")


async def test_ship_several_orders_by_the_dialog(dock: Dock) -> None:
    page = OrdersPage(dock.desk.services)
    dock.desk.show(page)
    page.set_inner_width(1400)
    page.shown({"view": "all"})
    await until(lambda: page.model.ready and page.model.total == 4, "orders")
    page.model.tick_all(True)
    dock.desk.services.actions.qaction("orders.ship").trigger()
    opened = await dialog(ShipDialog)
    await until(lambda: len(opened.drafts) == 4, "drafts")
    assert sum(one.ready for one in opened.drafts) == 3
    said = " ".join(texts(opened))
    assert "Telefon: Türkiye numarası değil." in said
    assert "Belki: İl “İstanbul”, Posta kodu “34710”" in said
    assert not missing_words(opened)
    opened.pieces.setValue(2)
    opened.desi.setText("2,5")
    await until(lambda: all(one.wanted.pieces == 2 for one in opened.drafts), "two pieces")
    QTest.keyClick(opened, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: len(truth(dock)) == 3, "three parcels")
    await until(lambda: any("3 gönderi" in title for _, title, _ in dock.desk.said), "told")
    assert {(row["count"], row["desi"]) for row in truth(dock)} == {(2, "5")}
    assert not [o for o in dock.desk.services.operations.items if o.error]


async def test_a_wrong_address_is_mended_in_place(dock: Dock) -> None:
    page = OrdersPage(dock.desk.services)
    dock.desk.show(page)
    page.shown({"view": "all"})
    await until(lambda: page.model.ready and page.model.total == 4, "orders")
    (bad,) = await dock.desk.store.orders.find("73300004")
    task = spawn(page.shipping.ship([bad]), "ship")
    opened = await dialog(ShipDialog)
    await until(lambda: opened.lines, "drafts")
    assert not opened.primary.isEnabled()
    opened.lines[0].take.click()
    await until(lambda: not any(p.field == "city" for p in opened.drafts[0].problems), "the proposal")
    opened.lines[0].edit.click()
    correct = await dialog(CorrectDialog)
    assert correct.edits["city"].text() == "İstanbul"
    correct.edits["phone"].setText("0555 111 22 33")
    correct.primary.click()
    await until(lambda: opened.drafts[0].ready, "ready")
    opened.primary.click()
    await until(lambda: len(truth(dock)) == 1, "shipped")
    await until(lambda: task.done(), "done")
    assert (truth(dock)[0]["phone"], truth(dock)[0]["city"]) == ("05551112233", "İstanbul")
    kept = await dock.desk.store.addresses.get_many([bad])
    assert kept[bad].phone == "+905551112233"


async def test_leaving_the_dialog_ships_nothing(dock: Dock) -> None:
    page = OrdersPage(dock.desk.services)
    dock.desk.show(page)
    task = spawn(page.shipping.ship([1]), "ship")
    opened = await dialog(ShipDialog)
    opened.reject()
    await until(lambda: task.done(), "done")
    assert await dock.desk.store.parcels.count(ParcelQuery()) == 0


async def test_a_refused_parcel_is_corrected_and_sent_from_the_page(dock: Dock) -> None:
    parcel = await dock.parcel(1, carrier_knows=False)
    why = Message("address.refused", {"field": "phone"}, "82516", "Telefon numarası hatalı", field="phone")
    await dock.settle(Outcome("", OutcomeState.REFUSED, why))
    page = await shown(dock, {"view": "problem"})
    await until(lambda: page.pane.parcel_id == parcel, "its detail")
    said = " ".join(texts(page.pane))
    assert "Telefon: Kargo" in said
    assert page.pane.again.isVisible()
    page.pane.again.click()
    correct = await dialog(CorrectDialog)
    correct.edits["phone"].setText("0555 111 22 33")
    correct.primary.click()
    await until(lambda: len(truth(dock)) == 1, "sent")
    assert truth(dock)[0]["phone"] == "05551112233"
    await until(lambda: page.model.total == 0, "it left the view")


async def test_cancel_asks_first(dock: Dock) -> None:
    parcel = await dock.parcel(1, carrier_knows=False)
    page = await shown(dock)
    await until(lambda: page.pane.parcel_id == parcel, "its detail")
    page.pane.cancel.click()
    (await dialog(DialogFrame)).reject()
    await until(lambda: not len(spawner()), "left")
    assert (await dock.desk.store.parcels.get_many([parcel]))[0].state == "waiting"
    page.pane.cancel.click()
    asked = await dialog(DialogFrame)
    asked.primary.click()
    await until(lambda: page.model.total == 0, "it left the view")
    assert (await dock.desk.store.parcels.get_many([parcel]))[0].state == "cancelled"
    assert ("healthy", "Gönderi iptal edildi", "73300001") in dock.desk.said


async def test_the_label_is_written_again(dock: Dock) -> None:
    parcel = await dock.parcel(1)
    page = await shown(dock)
    await until(lambda: page.pane.parcel_id == parcel, "its detail")
    QTest.keyClick(page.table, Qt.Key.Key_L)
    await until(lambda: any(title == "1 etiket yazıldı" for _, title, _ in dock.desk.said), "written")
    (file,) = (dock.desk.store.db.path.parent / "documents").glob("*.pdf")
    assert file.read_bytes().startswith(b"%PDF")
    (row,) = await dock.desk.store.parcels.get_many([parcel])
    assert (row.state, row.print_count) == ("labelled", 1)


async def test_ask_now_asks_every_carrier(dock: Dock) -> None:
    await dock.parcel(1)
    page = await shown(dock)
    operation = page.track_now()
    await until(lambda: not operation.running, "asked")
    assert operation.error is None
    (job,) = await dock.desk.store.jobs.recent(1)
    assert (job.kind, job.state) == ("track", "ended")


async def test_it_stands_in_a_small_window(dock: Dock) -> None:
    await dock.parcel(1)
    page = await shown(dock, width=860)
    assert not page.pane.isVisible()
    page.set_inner_width(1400)
    assert page.pane.isVisible()


async def test_a_long_order_number_leaves_room_for_the_state(dock: Dock) -> None:
    parcel = await dock.parcel(1, numbers="404-5768470-2083429")
    page = await shown(dock)
    await until(lambda: page.pane.parcel_id == parcel, "its detail")
    await until(lambda: page.pane.isVisible() and not len(spawner()), "drawn")
    QApplication.processEvents()
    (chip,) = [one for one in page.pane.findChildren(Chip) if one.isVisible()]  # those before go when Qt has time
    assert page.pane.rect().contains(chip.mapTo(page.pane, chip.rect().bottomRight()))
    number = next(column for column in COLUMNS if column.key == "numbers")
    assert metrics("body_t").horizontalAdvance("404-5768470-2083429") + 16 <= number.width


async def test_the_first_parcel_of_an_empty_page_is_told_at_once(dock: Dock) -> None:
    page = await shown(dock, {"view": "all"})
    assert page.model.total == 0
    parcel = await dock.parcel(1)
    await until(lambda: page.pane.parcel_id == parcel, "its detail, without a click")
    empty = [one for one in page.table.viewport().findChildren(EmptyState) if one.isVisible()]
    assert empty == []


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_every_field_wrong_still_fits_a_small_screen(dock: Dock, language: str) -> None:
    choose(language)
    page = await shown(dock)
    wrong = [FieldProblem(field, "long", "30") for field in FIELDS]
    asked = CorrectDialog(page, "404-5142886-5083429", GOOD, wrong)
    asked.show()
    assert asked.height() < 700
    told = [one.trouble for one in asked.findChildren(FormField)]
    assert len(told) == len(FIELDS)
    assert all(words[0].isupper() for words in told), "a sentence, not the rest of one"
    asked.reject()
    asked.deleteLater()
