"""Publishing from the prices page: what is asked once, what is missing, what is kept as it is typed, and what became of each product."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.jobs.links import Link
from app.model import AttributeValue
from app.store import ConnectionRow, ProductChange
from tests.app.publishing.channel import SHIRTS, Channel
from tests.ui.pages.desk import Desk, dialog, listing, open_desk, until
from ui.kit import spawn
from ui.pages.prices import PricesPage
from ui.pages.publish_dialog import PublishDialog
from ui.pages.publish_picker import PickDialog
from ui.pages.publish_rows import question_label
from ui.pages.publish_work import ResultsDialog
from ui.theme import Appearance

Key = Qt.Key


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> Any:
    async with open_desk(tmp_path) as made:
        yield made
        assert not errors


async def opened(desk: Desk, count: int = 2) -> tuple[PricesPage, ConnectionRow, Channel]:
    """A shop with listings, and a marketplace without any that takes products."""
    shop = await desk.connection("Dükkân", "woocommerce", switches={"product_publishing": False})
    market = await desk.connection("Pazar", "trendyol", switches={"product_publishing": True})
    channel = Channel()
    manifest = desk.services.catalogue.manifest("trendyol")
    desk.links._links[market.id] = Link(market, manifest, None, channel, None)  # type: ignore[arg-type]
    await desk.pull(shop, *(listing(number) for number in range(1, count + 1)))
    page = PricesPage(desk.services)
    desk.show(page)
    await until(lambda: page.model.ready and page.table.currentIndex().isValid(), "rows")
    return page, market, channel


async def asked(page: PricesPage, *rows: int) -> PublishDialog:
    page.model.tick(rows, True)
    page.publish()
    made: PublishDialog = await dialog(PublishDialog)
    await until(lambda: made.planned and made.model.total == len(made.planned) and made.product.sku, "the plan")
    return made


async def pick(made: PublishDialog, label: str, text: str) -> None:
    """Answers the question with this label by typing, as a person does."""
    place = next(n for n, one in enumerate(made.mapping.questions) if question_label(one) == label)
    made.mapping.buttons[place].click()
    picker: PickDialog = await dialog(PickDialog)
    await until(lambda: picker.model.ready, "the list")
    picker.search.edit.setText(text)
    await until(lambda: picker.model.filter == text and picker.model.ready and picker.picked, "what was typed")
    await until(lambda: text in picker.picked[0][1], "the choice")
    looks = made._looks
    QTest.keyClick(picker.search.edit, Key.Key_Return)
    await until(lambda: made._looks > looks and made.primary.isEnabled() is bool(made.ready), "the answer")
    await until(
        lambda: all(one.answer for one in made.mapping.questions if question_label(one) == label), "it is remembered"
    )


async def keep(made: PublishDialog, **texts: str) -> None:
    """Types into the fields of the current product."""
    looks = made._looks
    for name, text in texts.items():
        if name in made.product.edits:
            made.product.edits[name].setText(text)
            made.product._touched()
        else:
            getattr(made.product, name).field.setPlainText(text)
    made.product.flush()
    await until(lambda: made._looks > looks and made.refresh.isEnabled(), "what was typed")


async def answered(desk: Desk, market: ConnectionRow) -> None:
    kept = desk.store.publishing
    await kept.map_category(market.id, "Nevresim", SHIRTS)
    await kept.map_value(market.id, SHIRTS.id, "o", "", [AttributeValue("o", text="Türkiye")])
    for number, colour in ((1, "Kırmızı"), (2, "Mavi")):
        fields = {
            "category": "nevresim",
            "brand": "Işık",
            "images": ("https://cdn.example/1.jpg",),
            "attributes": {"Renk": colour},
        }
        await kept.put_content([(f"NC-{number:04d}", fields)])
        await desk.store.products.put([ProductChange(f"NC-{number:04d}", vat_rate=Decimal(20), desi=Decimal(1))])


async def test_from_two_listings_to_two_products_on_another_channel(desk: Desk, qtbot: Any) -> None:
    page, market, channel = await opened(desk)
    made = await asked(page, 0, 1)
    assert made.row.id == market.id
    assert [question_label(one) for one in made.mapping.questions] == ["(kendi kategoriniz yok)"]
    assert not made.primary.isEnabled()
    await keep(
        made,
        category="Nevresim",
        brand="Işık",
        images="https://cdn.example/1.jpg",
        attributes="Renk=Petrol",
        vat="20",
        desi="1,5",
    )
    looks = made._looks
    made.product.all.click()  # category and brand for the other one too
    await until(lambda: made._looks > looks and made.refresh.isEnabled())
    await until(lambda: {one.own_category for one in made.planned} == {"Nevresim"}, "both have it")
    await pick(made, "Nevresim", "Tişört")
    assert (await desk.store.publishing.memory(market.id)).categories["nevresim"] == SHIRTS
    assert [question_label(one) for one in made.mapping.questions] == [
        "Nevresim", "Işık", "Renk *", "Renk · “Petrol” *", "Menşei *",
    ]  # fmt: skip
    await pick(made, "Renk · “Petrol” *", "Mavi")
    await pick(made, "Menşei *", "Türkiye")
    await until(lambda: len(made.ready) == 1, "one is ready")
    assert made.primary.text() == "1 ürünü gönder"
    assert "Mavi" in made.product.told.text()
    assert made.foot_note.text() == "1 üründe eksik var, kalacak."
    made.primary.click()
    await until(lambda: channel.held, "the sending")
    await until(lambda: desk.said, "what became of it")
    assert desk.said[-1] == ("healthy", "Pazar: yayınlandı", "1 yayınlandı.")
    draft = channel.held["NC-0001"]
    assert (draft.category_id, draft.title, draft.images) == (
        "20",
        "Pamuklu Nevresim 1",
        ("https://cdn.example/1.jpg",),
    )
    assert {one.attribute_id: one.choice_id or one.text for one in draft.attributes} == {"c": "2", "o": "Türkiye"}
    assert (draft.vat_rate, draft.desi) == (Decimal(20), Decimal("1.5"))
    assert draft.brand is not None
    assert draft.brand.id == "b1"


async def test_a_refusal_is_shown_in_words_and_again_when_asked(desk: Desk, qtbot: Any) -> None:
    page, market, channel = await opened(desk)
    await answered(desk, market)
    channel.refused = {"NC-0002"}
    made = await asked(page, 0, 1)
    await until(lambda: len(made.ready) == 2, "both are ready")
    made.primary.click()
    results: ResultsDialog = await dialog(ResultsDialog)
    assert [(one.sku, one.state) for one in results.lines] == [("NC-0002", "refused"), ("NC-0001", "done")]
    await until(lambda: "Görsel küçük" in results.why.text(), "the reason")
    assert desk.said[-1][:2] == ("unhealthy", "Pazar: hepsi yayınlanamadı")
    results.reject()
    made = await asked(page, 0, 1)
    made.table.set_current_key("NC-0002")
    await until(lambda: "Görsel küçük" in made.product.problems.text(), "the last refusal")
    assert made.primary.isEnabled(), "it may be sent again"
    made.reject()


async def test_a_channel_that_does_not_answer_is_told(desk: Desk, qtbot: Any) -> None:
    page, _, channel = await opened(desk)
    channel.down = True
    page.model.tick([0], True)
    page.publish()
    made: PublishDialog = await dialog(PublishDialog)
    await until(lambda: made.refresh.isEnabled() and made.note.text(), "the trouble")
    assert not made.primary.isEnabled()
    assert "Pazar" in made.note.text()
    channel.down = False
    made.refresh.click()
    await until(lambda: made.planned, "the plan")
    made.reject()


async def test_what_was_typed_just_before_sending_goes_along(desk: Desk, qtbot: Any) -> None:
    page, market, channel = await opened(desk)
    await answered(desk, market)
    made = await asked(page, 0)
    await until(lambda: made.ready, "it is ready")
    made.product.edits["title"].setText("Yeni başlık")
    made.product._touched()
    QTest.keyClick(made, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: channel.held, "the sending")
    assert channel.held["NC-0001"].title == "Yeni başlık"
    await until(lambda: desk.said, "what became of it")


async def test_what_a_merchant_calls_an_attribute_is_learnt(desk: Desk, qtbot: Any) -> None:
    page, market, _ = await opened(desk)
    await answered(desk, market)
    await desk.store.publishing.put_content([("NC-0001", {"attributes": {"Renk": "", "Ton": "Mavi"}})])
    made = await asked(page, 0)
    assert [question_label(one) for one in made.mapping.questions][-1] == "Ton"
    assert not made.ready
    await pick(made, "Ton", "Renk")
    await until(lambda: made.ready, "it is ready")
    assert (await desk.store.publishing.memory(market.id)).names == {("20", "ton"): "c"}
    made.reject()


async def test_tab_goes_from_the_channel_through_the_questions_to_the_products(desk: Desk, qtbot: Any) -> None:
    page, market, _ = await opened(desk)
    await answered(desk, market)
    made = await asked(page, 0, 1)
    await until(lambda: len(made.mapping.buttons) == 3, "the questions")
    made.source.setFocus()
    seen = []
    for _ in range(5):
        QTest.keyClick(made.focusWidget(), Key.Key_Tab)
        seen.append(made.focusWidget())
    assert seen == [*made.mapping.buttons, made.mapping.all, made.table]
    made.reject()


async def test_enter_in_a_field_sends_nothing(desk: Desk, qtbot: Any) -> None:
    page, market, channel = await opened(desk)
    await answered(desk, market)
    made = await asked(page, 0)
    await until(lambda: made.ready, "it is ready")
    made.product.edits["title"].setFocus()
    QTest.keyClick(made.product.edits["title"], Key.Key_Return)
    assert made.isVisible()
    made.product.edits["title"].setText("Vazgeçtim ama kalsın")
    made.product._touched()
    made.reject()

    async def kept() -> bool:
        return (await desk.store.publishing.content(["NC-0001"]))["NC-0001"].title == "Vazgeçtim ama kalsın"

    await until(kept, "what was typed last")
    assert not channel.held


async def test_without_a_channel_or_an_sku_a_sentence_says_so(desk: Desk, qtbot: Any) -> None:
    page, market, _ = await opened(desk)
    await desk.store.connections.set_switch(market.id, "product_publishing", False)
    spawn(page.publishing.open([1]), "publish")
    await until(lambda: desk.said, "the sentence")
    assert desk.said[-1][1] == "Ürün alan bir bağlantı yok."
    spawn(page.publishing.open([]), "publish")
    await until(lambda: len(desk.said) == 2, "the sentence")
    assert desk.said[-1][1] == "Seçilen ilanların SKU’su yok."
