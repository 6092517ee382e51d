"""In the window: orders taken from a file, combined, split, taken apart again; the link to an invoice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from app.api.answers import Answer
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import order, prepare, pull, texts
from tests.ui.pages.test_orders import opened
from ui.kit import spawner
from ui.pages.orders_bundles import InvoiceDialog, SplitDialog
from ui.pages.orders_import import ImportDialog
from ui.theme import Appearance
from ui.widgets import Button, Note


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        prepare(made)
        yield made
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


def said(page: Any) -> str:
    return " ".join(texts(page))


def button(inside: QWidget, words: str) -> Button:
    return next(one for one in inside.findChildren(Button) if one.text() == words and not one.isHidden())


async def test_a_file_that_nobody_knows_is_mapped_and_taken(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    row = await desk.connection("Dolap", "dolap")
    page = await opened(desk, qtbot)
    path = tmp_path / "benim.csv"
    path.write_text(
        "Belge;Kime;Ne;Kaç;Gün\n41;Şule Işık;KUPA-9;2;24.11.2026\n42;Ali Can;KUPA-1;iki;24.11.2026\n", "utf-8"
    )

    async def chosen() -> Path:
        return path

    page.importing.choose = chosen  # type: ignore[method-assign]
    desk.services.actions.trigger("orders.import")
    shown = await dialog(ImportDialog)
    assert not shown.primary.isEnabled(), "no column is known yet"
    for field, title in (
        ("order_number", "Belge"),
        ("buyer", "Kime"),
        ("sku", "Ne"),
        ("quantity", "Kaç"),
        ("ordered_at", "Gün"),
    ):
        box = shown.columns[field]
        box.setCurrentIndex(box.findData(title))
        await until(lambda box=box, title=title: box.currentData() == title, "a choice stays")
    await until(shown.primary.isEnabled, "an order can be read")
    assert "benim.csv · Kaç · D3" in shown.troubles.text()
    shown.primary.click()
    await until(lambda: any(one[0] == "degraded" for one in desk.said), "told")
    stored = await desk.store.orders.find("41")
    (one,) = await desk.store.orders.get_many(stored)
    assert (one.connection_id, one.order.buyer.name, one.order.lines[0].quantity) == (row.id, "Şule Işık", 2)
    assert await page.importing.intake.kept(), "files of this shape are known from now on"


async def test_two_orders_of_this_buyer_become_one_parcel_and_two_again(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    await pull(desk, row, order(1, tracking_number=""), order(2, tracking_number=""), order(3), tell=False)
    page = await opened(desk, qtbot)

    def offer() -> list[Note]:
        return [one for one in page.pane.findChildren(Note) if one is page.pane._offer and not one.isHidden()]

    await until(lambda: page.pane.order_id == 1 and offer(), "the offer")
    assert "73300001, 73300002" in " ".join(texts(offer()[0]))
    offer()[0].button(0).click()
    await until(
        lambda: any("73300002" in text and "1" in text for text in texts(page.pane) if "73300001" not in text), "told"
    )
    (bundle,) = await desk.store.bundles.of_orders([1])
    assert bundle.orders == (1, 2)
    note = await until(
        lambda: next((one for one in page.pane.findChildren(Note) if one._buttons and not one.isHidden() and one is not page.pane._offer), None),
        "the way back",
    )  # fmt: skip
    note.button(0).click()
    await until(lambda: page.pane.order_id == 1 and offer(), "offered again")
    assert await desk.store.bundles.of_orders([1, 2]) == []


async def test_an_order_is_split_into_parcels_of_our_own(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection("Dükkân", "woocommerce")
    await pull(desk, row, order(1, tracking_number=""), tell=False)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1, "the order")
    desk.services.actions.trigger("orders.split")
    shown = await dialog(SplitDialog)
    shown.boxes[0][0].setValue(0)
    assert not shown.primary.isEnabled(), "an empty parcel is none"
    shown.boxes[0][0].setValue(1)
    assert (shown.rest[0].text(), shown.groups()) == ("1", [[("l1", 1)]])
    shown.primary.click()
    await until(lambda: any("2" in one for one in texts(page.pane) if "gönderi" in one or "parcels" in one), "told")
    parts = await desk.store.bundles.of_orders([1])
    assert [[(x.line, x.quantity) for x in part.lines] for part in parts] == [[("l1", 1)], [("l1", 1), ("l2", 1)]]
    desk.services.actions.trigger("orders.separate")
    await until(lambda: any(one[0] == "healthy" for one in desk.said), "told")
    assert await desk.store.bundles.of_orders([1]) == []


async def test_the_channel_is_told_the_invoice_and_the_order_shows_it(
    desk: Desk, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.connection()
    await pull(desk, row, order(1), tell=False)
    page = await opened(desk, qtbot)
    await until(lambda: page.pane.order_id == 1 and page.pane.documents, "the documents")
    asked: list[dict[str, Any]] = []

    async def link(console: Any, args: dict[str, Any]) -> Answer:
        asked.append(args)
        await console.store.invoices.put(1, args["url"], args["number"], None, "done")
        return Answer(0, {}, ["told"])

    monkeypatch.setattr("app.api.commands_service.invoice_link", link)
    page.pane.documents[-1].click()
    shown = await dialog(InvoiceDialog)
    assert not shown.primary.isEnabled()
    shown.url.setText("https://fatura.example/1.pdf")
    shown.number.setText("ABC2026000000001")
    shown.primary.click()
    await until(
        lambda: any("ABC2026000000001" in one.text() for one in page.pane.documents), "the invoice among the documents"
    )
    assert [(one["order"], one["url"]) for one in asked] == [("r1", "https://fatura.example/1.pdf")]
    assert desk.said[-1] == ("healthy", "told", "")
