"""The print page over a real store and real PDF files: what waits, the journal, copies, and a preview that never shows another
order's label."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.changes import CONNECTIONS, ChangeReport
from app.model import OrderStatus
from app.printing.documents import make_document
from app.printing.gathering import PrintWish, Question, look_of
from app.store import Printer
from tests.app.printing.making import png
from tests.app.printing.zebra import plugged_in
from tests.ui.pages.desk import Desk, dialog, open_desk, until
from tests.ui.pages.orders_making import NOW, documents, missing_words, order, prepare, pull, texts
from ui.kit import begin, spawner
from ui.pages.orders_documents import RefusalDialog
from ui.pages.printing import PrintPage
from ui.pages.printing_dialogs import DoubtDialog, PrinterDialog, QuestionDialog, StartDialog
from ui.pages.printing_look import LookDialog
from ui.pages.printing_model import JOURNAL_COLUMNS, Journal
from ui.pages.printing_preview import Picture, PreviewError, picture_of
from ui.theme import Appearance
from ui.words import choose, words

Key = Qt.Key
NOTE = [c.key for c in JOURNAL_COLUMNS].index("note") + 1
ORDER = [c.key for c in JOURNAL_COLUMNS].index("order") + 1


@pytest.fixture
async def desk(tmp_path: Path, look: Appearance, errors: list[Any]) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as made:
        prepare(made)
        yield made
        await until(lambda: not len(spawner()), "tasks ended")
    assert errors == []


async def filled(desk: Desk) -> None:
    """Orders 1 to 12 to ship, 13 shipped."""
    row = await desk.connection()
    await pull(desk, row, *[order(n) for n in range(1, 13)], order(13, status=OrderStatus.SHIPPED), tell=False)


async def opened(desk: Desk, qtbot: Any, request: object = None) -> PrintPage:
    page = PrintPage(desk.services)
    desk.show(page)
    page.set_inner_width(1400)
    desk.services.actions.install(page)
    desk.services.actions.set_scope("print")
    page.shown(request)
    await until(lambda: page.waiting.ready and page.journal.ready, "first rows")
    await until(lambda: not len(spawner()), "first preview")
    return page


async def file_of(desk: Desk, ids: list[int], name: str, kind: Any = "label") -> Path:
    path, _ = await make_document(desk.store, ids, kind, desk.store.db.path.parent / "documents" / name, words())
    return path


async def test_what_waits_is_printed_by_one_button(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    await desk.store.orders.set_local((2,), printed=True)
    page = await opened(desk, qtbot)
    assert page.waiting.total == 11
    assert page.print_button.text() == "11 etiketi bas"
    page.waiting.tick([0, 1], True)
    assert page.print_button.text() == "2 etiketi bas"
    page.activateWindow()
    page.waiting_table.setFocus()
    QApplication.instance().processEvents()
    QTest.keyClick(page.waiting_table, Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: page.waiting.total == 9 and page.journal.total == 2)
    assert [row.order_id for row in reversed(await desk.store.prints.recent())] == [1, 3]
    assert page.waiting.tick_count == 0
    page.print_button.click()
    await until(lambda: page.waiting.total == 0 and page.journal.total == 11)
    assert not page.print_button.isEnabled()
    assert page.print_button.toolTip() == "Etiketi basılmamış sipariş yok."
    assert len(documents(desk)) == 2
    await desk.services.undo.undo()
    await until(lambda: page.waiting.total == 9)


async def test_printing_again_is_marked_as_a_copy(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    await file_of(desk, [1, 2], "a.pdf")
    page = await opened(desk, qtbot)
    page.journal_table.setCurrentIndex(page.journal.index(1, 1))
    assert page.again_button.isEnabled()
    page.again_button.click()
    await until(lambda: page.journal.total == 3)
    copies = await desk.store.prints.of_order(1)
    assert [row.copy_no for row in copies] == [1, 2]
    assert "Kopya 1" in pdf_text(Path(copies[1].path))
    assert "Kopya" not in pdf_text(Path(copies[0].path))
    await until(lambda: page.journal.row_at(0) is not None)
    assert page.journal.row_at(0)[NOTE].state == "order.returning"  # type: ignore[index]
    assert page.journal.row_at(2)[NOTE].state == "order.delivered"  # type: ignore[index]


async def test_a_cancelled_orders_label_is_not_printed_again_unasked(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    await file_of(desk, [13], "a.pdf")
    row = (await desk.store.connections.list())[0]
    await pull(desk, row, order(13, status=OrderStatus.CANCELLED, updated_at=NOW), tell=False)
    page = await opened(desk, qtbot)
    page.journal_table.setCurrentIndex(page.journal.index(0, 1))
    page.again_button.click()
    question = await dialog(RefusalDialog)
    assert "iptal etti" in " ".join(texts(question))
    question.reject()
    await until(lambda: not len(spawner()), "given up")
    assert await desk.store.prints.copies([13], "label") == {13: 1}


def pdf_text(path: Path, page: int = 0) -> str:
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(path)
    try:
        text_page = document[page].get_textpage()
        try:
            return str(text_page.get_text_range())
        finally:
            text_page.close()
    finally:
        document.close()


# -- the preview -------------------------------------------------------------------------------------------------
async def test_the_preview_follows_the_current_row(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    await file_of(desk, [1, 2, 3], "a.pdf")
    page = await opened(desk, qtbot)

    def name() -> str:
        return page.preview.accessibleName()

    await until(lambda: "73300004" in name())  # the first that waits, drawn as it would come out
    assert page.preview.picture is not None
    assert (page.preview.picture.width_mm, page.preview.picture.height_mm) == pytest.approx((100, 150), abs=0.1)
    assert page.paper.text() == "100 × 150 mm · sayfa 1 / 1"
    page.forth.click()
    await until(lambda: "73300005" in name())
    page.journal_table.setCurrentIndex(page.journal.index(1, 1))  # newest first: 3, 2, 1
    await until(lambda: "73300002" in name())
    assert page.preview.picture.page == 2
    page.back.click()
    await until(lambda: "73300003" in name() and page.preview.picture.page == 3)  # type: ignore[union-attr]
    assert not page.back.isEnabled()


async def test_the_page_is_the_orders_own(desk: Desk, qtbot: Any) -> None:
    """An order whose number is part of another's, two documents behind each other, and the same file name used twice."""
    row = await desk.connection()
    await pull(desk, row, order(1, number="12"), order(2, number="112"), order(3, number="1"), tell=False)
    await file_of(desk, [2, 3, 1], "a.pdf")
    await file_of(desk, [3, 1], "b.pdf")
    await file_of(desk, [2, 1], "a.pdf")
    page = await opened(desk, qtbot)
    found: list[Any] = []
    for at in range(page.journal.total):
        key = page.journal.key_at(at)
        try:
            drawn = await page._of_document(int(str(key)), at)
        except PreviewError as error:
            found.append(error.key)
        else:
            assert drawn is not None
            number = page.journal.row_at(at)[ORDER].name  # type: ignore[index]
            assert f"Sipariş: {number}" in pdf_text(
                Path(page.journal_source.row(int(str(key))).path), drawn[0].page - 1
            )  # type: ignore[union-attr]
            found.append((number, drawn[0].page))
    assert found == [("12", 2), ("112", 1), ("12", 2), ("1", 1), "changed", "changed", "changed"]


async def test_a_slip_is_found_by_its_number(desk: Desk, qtbot: Any) -> None:
    row = await desk.connection()
    await pull(desk, row, order(1, number="112"), order(2, number="12"), tell=False)
    path = await file_of(desk, [1, 2], "a.pdf", "slip")
    assert (await picture_of(path, "12")).page == 2
    assert (await picture_of(path, "112")).page == 1
    assert (await picture_of(path, "999")).page == 1
    page = await opened(desk, qtbot)
    page.activateWindow()
    page.journal_table.setFocus()
    await until(lambda: page.preview.picture is not None and page.preview.picture.page == 2)
    assert page.paper.text() == "210 × 297 mm · sayfa 2 / 2"


async def test_files_that_cannot_be_shown_say_why(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    await filled(desk)
    gone = await file_of(desk, [1], "gone.pdf")
    changed = await file_of(desk, [2], "changed.pdf")
    (tmp_path / "no.pdf").write_text("no pdf")
    await desk.store.prints.add(3, "label", str(tmp_path / "no.pdf"), "")
    gone.unlink()
    changed.write_bytes(b"%PDF-1.4 other")
    page = await opened(desk, qtbot)
    page.activateWindow()
    page.journal_table.setFocus()  # its first row is the current one already: the focus alone brings it to the front
    for at, words_ in (
        (0, "Bu dosya PDF olarak açılamadı"),
        (1, "Dosya basıldıktan sonra değişmiş"),
        (2, "Dosya taşınmış ya da silinmiş"),
    ):
        page.journal_table.setCurrentIndex(page.journal.index(at, 1))
        await until(lambda w=words_: page.preview.accessibleName() == w, words_)
        assert page.preview.picture is None
    assert page.journal.row_at(2)[NOTE].text == "Dosya yok"  # type: ignore[index]


async def test_pdfium_has_one_lane(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many previews at once, on many threads: never two inside pdfium."""
    import threading

    from ui.pages import printing_preview

    await filled(desk)
    path = await file_of(desk, [1, 2, 3], "a.pdf")

    class Counting:
        def __init__(self) -> None:
            self.lock, self.inside, self.most, self.entries = threading.Lock(), 0, 0, 0

        def __enter__(self) -> None:
            self.lock.acquire()
            self.inside += 1
            self.entries += 1
            self.most = max(self.most, self.inside)

        def __exit__(self, *_: object) -> None:
            self.inside -= 1
            self.lock.release()

    lane = Counting()
    monkeypatch.setattr(printing_preview, "_LANE", lane)
    drawn: list[Picture] = await asyncio.gather(*[picture_of(path, n % 3) for n in range(12)])
    assert (lane.most, lane.entries) == (1, 12)
    assert [p.page for p in drawn] == [1, 2, 3] * 4
    assert drawn[0].image == drawn[3].image
    assert drawn[0].image != drawn[1].image
    black = [x for x in range(drawn[0].image.width()) if drawn[0].image.pixelColor(x, 950).lightness() < 100]
    assert black  # bars were drawn


# -- the journal -------------------------------------------------------------------------------------------------
async def test_the_journal_counts_by_halving_where_rows_are_missing(desk: Desk) -> None:
    await filled(desk)
    journal = Journal(desk.store, lambda: NOW)
    assert await journal.count() == 0
    for n in range(23):
        await desk.store.prints.add(1 + n % 12, "label", f"/nowhere/{n}.pdf", "")
    assert await journal.count() == 23
    await desk.store.db.write(lambda conn: conn.execute("DELETE FROM prints WHERE id IN (2, 3, 7, 20)").rowcount)
    assert await journal.count() == 19
    await desk.store.db.write(lambda conn: conn.execute("DELETE FROM prints WHERE id < 23").rowcount)
    assert await journal.count() == 1


async def test_opening_files_and_folders(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    path = await file_of(desk, [1], "a.pdf")
    page = await opened(desk, qtbot)
    seen: list[Path] = []
    page.desk.open_path = lambda wanted: bool(seen.append(wanted)) or True
    page.journal_table.setFocus()
    QTest.keyClick(page.journal_table, Key.Key_Return)
    await until(lambda: seen == [path])
    page.folder_button.click()
    await until(lambda: seen == [path, path.parent])
    page.desk.open_path = lambda _path: False
    page.open_button.click()
    await until(lambda: desk.said)
    assert desk.said[0][:2] == ("degraded", "PDF açan program bulunamadı")
    assert str(path) in desk.said[0][2]
    path.unlink()
    page.open_button.click()
    await until(lambda: len(desk.said) == 2)
    assert desk.said[1][1] == "Dosya yerinde değil"


async def test_requests_changes_and_honesty(desk: Desk, qtbot: Any) -> None:
    page = await opened(desk, qtbot)
    assert "Henüz yazıcı eklenmedi" in page.note.accessibleName()
    assert page.note.isVisible()
    assert page.queue_card.isHidden()
    assert page.waiting_table._empty.isVisible()  # type: ignore[union-attr]
    assert page.preview.accessibleName() == "Gösterilecek belge yok"
    assert not page.open_button.isEnabled()
    await filled(desk)
    desk.services.changes.publish(ChangeReport(CONNECTIONS))
    await until(lambda: page.waiting.total == 12)
    page.shown({"id": 5})
    assert page.waiting_table.current_key() == 5
    asked: list[tuple[str, Any]] = []
    page.go.connect(lambda name, request: asked.append((name, request)))
    QTest.keyClick(page.waiting_table, Key.Key_Return)
    page.to_orders.click()
    assert asked == [("orders", {"id": 5}), ("orders", {"view": "unprinted"})]
    page.hide()
    row = (await desk.store.connections.list())[0]
    await pull(desk, row, order(20))
    await asyncio.sleep(0.05)
    assert page.waiting.total == 12
    page.show()
    page.shown("something else")
    await until(lambda: page.waiting.total == 13)
    page.set_inner_width(880)
    assert page.preview_card.isHidden()


@pytest.mark.parametrize("language", ["tr", "en"])
async def test_no_word_is_missing(desk: Desk, qtbot: Any, language: str) -> None:
    choose(language)
    await filled(desk)
    await file_of(desk, [1, 2], "a.pdf")
    page = await opened(desk, qtbot)
    page.journal_table.setCurrentIndex(page.journal.index(1, 1))
    await until(lambda: page.preview.picture is not None and page.preview.picture.page == 1)
    assert missing_words(page) == []
    for action in desk.services.actions:
        assert "⟦" not in action.label


# -- printers ----------------------------------------------------------------------------------------------------
async def plugged(desk: Desk, zebra: Any) -> Printer:
    await filled(desk)
    return await desk.store.printers.save(Printer("Depo", "network", zebra.address, "zpl"))


async def test_labels_on_a_zebra_a_jam_and_the_rest(desk: Desk, qtbot: Any) -> None:
    async with plugged_in(paper_after=3) as zebra:
        await plugged(desk, zebra)
        page = await opened(desk, qtbot)
        assert page.note.isHidden()
        page.choice.where.setCurrentIndex(page.choice.where.findData("Depo"))
        page.waiting.tick([0, 1, 2, 3, 4], True)
        page.print_button.click()
        await until(lambda: len(page.queue_card.rows) == 1)
        assert [row.order_id for row in reversed(await desk.store.prints.recent())] == [1, 2, 3]
        assert page.queue_card.isVisible()
        shown = " ".join(texts(page.queue_card))
        assert "kâğıdı bitti" in shown
        assert "4. etiketten sürdür" in shown
        assert desk.said[-1][1] == "Basım durdu: 5 parçadan 3 tanesi çıktı"
        zebra.paper_after = 0
        page.queue_card.rows[0].go.click()
        await until(lambda: page.queue_card.isHidden())
        assert [row.order_id for row in reversed(await desk.store.prints.recent())] == [1, 2, 3, 4, 5]
        assert len(zebra.labels) == 5
        await until(lambda: page.journal.total == 5 and page.journal.row_at(0) is not None)
        assert "Depo" in page.journal.row_at(0)  # type: ignore[operator]
        page.journal_table.setCurrentIndex(page.journal.index(0, 1))
        assert not page.open_button.isEnabled()


async def test_a_second_copy_on_a_printer_is_asked_about(desk: Desk, qtbot: Any) -> None:
    async with plugged_in() as zebra:
        printer = await plugged(desk, zebra)
        page = await opened(desk, qtbot)
        await page.work.print(PrintWish("label", (1,), printer))
        await until(lambda: page.journal.total == 1)
        page.journal_table.setCurrentIndex(page.journal.index(0, 1))
        await until(lambda: page.again_button.isEnabled())
        page.again_button.click()
        question = await dialog(QuestionDialog)
        assert "etiketi zaten basıldı" in " ".join(texts(question))
        question.reject()
        await until(lambda: not len(spawner()), "given up")
        assert len(zebra.labels) == 1
        page.again_button.click()
        question = await dialog(QuestionDialog)
        question.primary.click()
        await until(lambda: len(zebra.labels) == 2)
        await until(lambda: page.journal.total == 2 and page.journal.row_at(0) is not None)
        assert page.journal.row_at(0)[NOTE].state == "order.returning"  # type: ignore[index]


async def test_what_is_in_doubt_is_decided_by_a_person(desk: Desk, qtbot: Any) -> None:
    async with plugged_in(stop_after=2) as zebra:
        printer = await plugged(desk, zebra)
        page = await opened(desk, qtbot)
        await page.work.print(PrintWish("label", (1, 2, 3), printer))
        await until(lambda: len(page.queue_card.rows) == 1)
        zebra.stop_after = 0
        page.queue_card.rows[0].go.click()
        question = await dialog(DoubtDialog)
        assert "2. etiket" in " ".join(texts(question))
        question.once_more.click()
        await until(lambda: page.queue_card.isHidden())
        assert len(zebra.labels) == 4
        rows = (await desk.store.prints.recent())[::-1]
        assert [(one.order_id, one.again) for one in rows] == [(1, False), (2, True), (3, False)]


async def test_after_a_jam_from_a_label_on(desk: Desk, qtbot: Any) -> None:
    async with plugged_in(paper_after=3) as zebra:
        printer = await plugged(desk, zebra)
        page = await opened(desk, qtbot)
        await page.work.print(PrintWish("label", (1, 2, 3, 4), printer))
        await until(lambda: len(page.queue_card.rows) == 1)
        zebra.paper_after = 0
        page.queue_card.rows[0].back.click()
        question = await dialog(StartDialog)
        assert question.position == 3
        question.number.setValue(2)
        question.primary.click()
        await until(lambda: page.queue_card.isHidden())
        assert len(zebra.labels) == 6
        await page.work.print(PrintWish("label", (5,), Printer("Kapalı", "network", "127.0.0.1:9", "zpl")))
        await until(lambda: len(page.queue_card.rows) == 1)
        page.queue_card.rows[0].away.click()
        await until(lambda: page.queue_card.isHidden())


async def test_a_printer_is_added_tested_and_removed(desk: Desk, qtbot: Any) -> None:
    async with plugged_in() as zebra:
        page = await opened(desk, qtbot)
        page.note.button(0).click()
        form = await dialog(PrinterDialog)
        form.primary.click()
        assert "ad verin" in form.trouble.text()
        form.name.setText("Depo")
        form.address.setEditText("ev yazıcısı")
        form.primary.click()
        assert "bir yazıcı adresi değil" in form.trouble.text()
        form.address.setEditText(zebra.address)
        form.right.setValue(15)
        form.primary.click()
        await until(lambda: page.choice.where.findData("Depo") > 0)
        assert page.note.isHidden()
        (kept,) = await desk.store.printers.list()
        assert (kept.address, kept.language, kept.right_um) == (zebra.address, "zpl", 1500)
        assert await page.work.test(kept)
        assert len(zebra.labels) == 1
        zebra.head_open = True
        assert not await page.work.test(kept)
        assert "kafası açık" in desk.said[-1][2]
        await page._remove_printer(kept)
        assert await desk.store.printers.list() == []
        assert page.note.isVisible()


async def test_the_preview_follows_document_and_paper(desk: Desk, qtbot: Any) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    page.choice.paper.setCurrentIndex(page.choice.paper.findData("a4-4"))
    assert page.choice.first_field.isVisible()
    page.choice.first.setValue(3)
    await until(lambda: page.paper.text() == "210 × 297 mm · sayfa 1 / 1")
    page.choice.document.setCurrentIndex(page.choice.document.findData("carrier"))
    await until(lambda: "kargoya verilmiş gönderisi yok" in page.preview.accessibleName())
    page.choice.document.setCurrentIndex(page.choice.document.findData("pick"))
    assert page.print_button.text() == "12 siparişin toplama listesi"
    page.print_button.click()
    await until(lambda: len(documents(desk)) == 1)
    await until(lambda: page.journal.total == 12)
    assert {one.kind for one in await desk.store.prints.recent()} == {"pick"}
    page.hide()
    again = await opened(desk, qtbot)  # what was chosen last
    assert (again.choice.kind, again.choice.paper.currentData()) == ("pick", "a4-4")


async def test_a_label_of_another_size_is_shown_in_millimetres(look: Appearance) -> None:
    params = {"wide": "210", "high": "297", "content_wide": "90", "content_high": "140"}
    form = QuestionDialog(None, [Question("size", "P1", {**params, "paper_wide": "100", "paper_high": "150"})])
    shown = " ".join(texts(form))
    assert "210 × 297 mm" in shown
    assert "100 × 150 mm" in shown
    form.show()
    form.grab()
    form.close()
    form.deleteLater()


async def test_logo_footer_and_fields_with_the_paper_beside_them(desk: Desk, qtbot: Any, tmp_path: Path) -> None:
    await filled(desk)
    page = await opened(desk, qtbot)
    begin(page._change_look(), "look")
    form = await dialog(LookDialog)
    await until(lambda: form.preview.picture is not None)
    before = form.preview.picture.image.copy()
    form.footer.setText("örnek.com.tr")
    form.fields["phone"].setChecked(False)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    await form.take_logo(tmp_path / "broken.png")
    assert "okunabilir bir resim değil" in form.trouble.text()
    (tmp_path / "logo.png").write_bytes(png(300, 100))
    await form.take_logo(tmp_path / "logo.png")
    assert form.trouble.isHidden()
    await until(lambda: form.preview.picture.image != before)
    assert missing_words(form) == []
    form.primary.click()
    await until(lambda: not len(spawner()), "kept")
    kept = await look_of(desk.store)
    assert (kept.footer, kept.hidden, kept.logo[:4]) == ("örnek.com.tr", frozenset({"phone"}), b"\x89PNG")
    path = await file_of(desk, [1], "a.pdf")
    assert "örnek.com.tr" in pdf_text(path)
    assert "+90" not in pdf_text(path)
