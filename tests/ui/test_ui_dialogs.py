"""The dialog helper under qasync's own loop: it waits without a nested loop, and survives cancel and destruction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from tests.support.waiting import PATIENCE_MS, PATIENCE_S, until
from ui.kit import ACCEPTED, REJECTED, ask
from ui.theme import Appearance
from ui.widgets import DialogFrame, FormField, TypedConfirm


def run(qapp: QApplication, coro: Coroutine[Any, Any, Any]) -> Any:
    loop = qasync.QEventLoop(qapp, already_running=False)
    qapp.setQuitOnLastWindowClosed(False)  # a dialog is the only window here
    try:
        return loop.run_until_complete(asyncio.wait_for(coro, 2 * PATIENCE_S))
    finally:
        qapp.setQuitOnLastWindowClosed(True)
        loop.close()
        asyncio.set_event_loop(None)


def test_ask_gives_the_code_and_the_loop_goes_on(look: Appearance, qapp: QApplication, qtbot: Any) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    beats: list[int] = []

    async def story() -> tuple[int, int]:
        async def beat() -> None:
            while True:
                beats.append(1)
                await asyncio.sleep(0.005)

        async def after_some_beats(press: Callable[[], object]) -> None:
            """The heart beats while the dialog stands open: only then it is answered."""
            await until(dialog.isVisible, "open")
            so_far = len(beats)
            await until(lambda: len(beats) >= so_far + 3, "the loop goes on")
            assert dialog.isVisible()
            press()

        heart = asyncio.ensure_future(beat())
        dialog = DialogFrame(parent, "1.270 fiyat gönderilsin mi?", "6 kanala gider.", "Gönder")
        hand = asyncio.ensure_future(after_some_beats(dialog.primary.click))
        first = await ask(dialog)
        await hand
        hand = asyncio.ensure_future(after_some_beats(lambda: QTest.keyClick(dialog, Qt.Key.Key_Escape)))
        second = await ask(dialog)
        await hand
        heart.cancel()
        dialog.deleteLater()
        return first, second

    assert run(qapp, story()) == (ACCEPTED, REJECTED)


def test_a_destroyed_dialog_counts_as_rejected(look: Appearance, qapp: QApplication) -> None:
    async def story() -> int:
        dialog = QDialog()
        asyncio.get_running_loop().call_later(0.02, dialog.deleteLater)
        return await ask(dialog)

    assert run(qapp, story()) == REJECTED


def test_cancelling_the_task_closes_the_dialog(look: Appearance, qapp: QApplication) -> None:
    async def story() -> bool:
        dialog = QDialog()
        task = asyncio.ensure_future(ask(dialog))
        await until(dialog.isVisible, "open")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return dialog.isVisible()

    assert run(qapp, story()) is False


def test_enter_is_the_primary_button_and_escape_leaves(look: Appearance, qtbot: Any) -> None:
    codes: list[int] = []
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        dialog = DialogFrame(None, "Soru", "Metin", "Gönder")
        qtbot.addWidget(dialog)
        dialog.finished.connect(codes.append)
        dialog.open()
        QTest.keyClick(dialog, key)
    assert codes == [ACCEPTED, REJECTED]


def test_tab_walks_fields_before_buttons(look: Appearance, qtbot: Any) -> None:
    dialog = DialogFrame(None, "Soru", "Metin", "Gönder")
    first, second = QLineEdit(), QLineEdit()
    dialog.body.addWidget(FormField("Bir", first))
    dialog.body.addWidget(FormField("İki", second))
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog, timeout=PATIENCE_MS):
        dialog.open()
        dialog.activateWindow()
    assert dialog.focusWidget() is first
    walked = []
    for _ in range(4):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        walked.append(dialog.focusWidget())
    assert walked == [second, dialog.cancel, dialog.primary, first]


def test_what_destroys_asks_for_the_word(look: Appearance, qtbot: Any) -> None:
    dialog = TypedConfirm(None, "Veriler silinsin mi?", "Geri alınamaz.", "Sil", "SİL", "SİL yazın")
    qtbot.addWidget(dialog)
    dialog.open()
    assert not dialog.primary.isEnabled()
    assert not dialog.primary.isDefault()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.edit.setText("SİL")
    assert dialog.primary.isEnabled()
    QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.primary.click()
    assert dialog.result() == ACCEPTED
