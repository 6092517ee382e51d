"""Scanner bursts: told from typing by their speed, never typed into a field, whatever the layout; slow typing comes through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.orders.scanning import ScannerSetup
from tests.support.waiting import PATIENCE_MS
from ui.kit.scanner import ScannerFilter

Key, Mod = Qt.Key, Qt.KeyboardModifier
NONE = Mod.NoModifier
PRESS, RELEASE, OVERRIDE = QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride


@dataclass
class Hand:
    """Sends keys to a window as the system does, with its stamps."""

    window: QWidget
    field: QLineEdit
    button: QPushButton
    scanner: ScannerFilter
    codes: list[str]
    at: int = 1_000_000

    def key(
        self, key: Any, text: str = "", mods: Any = NONE, gap: int = 10, kinds: tuple[Any, ...] = (PRESS, RELEASE)
    ) -> None:
        self.at += gap
        for kind in kinds:
            event = QKeyEvent(kind, key, mods, text)
            event.setTimestamp(self.at)
            QCoreApplication.sendEvent(self.window.windowHandle(), event)

    def type(self, text: str, gap: int = 10) -> None:
        for sign in text:
            mods = Mod.ShiftModifier if sign.isupper() or sign in "*_?(" else NONE
            if mods:
                self.at += gap
                shift = QKeyEvent(PRESS, Key.Key_Shift, Mod.ShiftModifier, "")
                shift.setTimestamp(self.at)
                QCoreApplication.sendEvent(self.window.windowHandle(), shift)
            self.key(
                Key(ord(sign)) if sign.isascii() and sign.isalnum() else Key.Key_unknown, sign, mods, 0 if mods else gap
            )


@pytest.fixture
def hand(qtbot: Any, look: Any) -> Iterator[Hand]:
    window = QWidget()
    qtbot.addWidget(window)
    column, field, button = QVBoxLayout(window), QLineEdit(), QPushButton("x")
    column.addWidget(field)
    column.addWidget(button)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is field, timeout=PATIENCE_MS)
    scanner, codes = ScannerFilter(ScannerSetup()), []
    scanner.watch(window.windowHandle())
    scanner.set_on(True)
    scanner.scanned.connect(codes.append)
    yield Hand(window, field, button, scanner, codes)
    scanner.set_on(False)
    scanner.deleteLater()


@pytest.mark.parametrize("code", ["8690000000036", "0042", "PX-10", "NC*PST*0017", "Şişe-ığ", "7330 1184"])
def test_a_burst_is_a_code_and_types_nothing(hand: Hand, code: str) -> None:
    hand.type(code)
    hand.key(Key.Key_Return, "\r")
    assert (hand.codes, hand.field.text()) == ([code], "")


def test_without_an_enter_the_silence_ends_it(hand: Hand, qtbot: Any) -> None:
    hand.type("8690000000036")
    assert hand.codes == []
    qtbot.waitUntil(lambda: bool(hand.codes), timeout=PATIENCE_MS)
    assert (hand.codes, hand.field.text()) == (["8690000000036"], "")


@pytest.mark.parametrize(
    "end", [(Key.Key_Return, "\r"), (Key.Key_Enter, "\r"), (Key.Key_Tab, "\t")], ids=["return", "enter", "tab"]
)
def test_two_codes_one_after_the_other(hand: Hand, end: tuple[Any, str]) -> None:
    for code in ("PX-1", "PX-22"):
        hand.type(code, 4)
        hand.key(*end, gap=4)
    assert hand.codes == ["PX-1", "PX-22"]
    assert QApplication.focusWidget() is hand.field


def test_slow_typing_comes_through(hand: Hand, qtbot: Any) -> None:
    entered: list[str] = []
    hand.field.returnPressed.connect(lambda: entered.append(hand.field.text()))
    hand.type("Bardak 42*", 60)
    hand.key(Key.Key_Backspace, "\b", gap=80)
    hand.key(Key.Key_Return, "\r", gap=80)
    assert (hand.codes, hand.field.text(), entered) == ([], "Bardak 42", ["Bardak 42"])


def test_a_quick_hand_of_three_keys_is_no_scanner(hand: Hand, qtbot: Any) -> None:
    hand.type("abc", 20)
    hand.key(Key.Key_Return, "\r", gap=20)
    hand.type("x", 200)
    assert hand.field.text() in ("abc", "abcx")
    qtbot.waitUntil(lambda: hand.field.text() == "abcx", timeout=PATIENCE_MS)
    assert hand.codes == []


@pytest.mark.parametrize(("gap", "codes"), [(35, ["123456"]), (36, [])], ids=["35", "36"])
def test_the_gap_is_the_border(hand: Hand, gap: int, codes: list[str]) -> None:
    hand.type("123456", gap)
    hand.key(Key.Key_Return, "\r", gap=gap)
    assert hand.codes == codes
    assert hand.field.text() == ("" if codes else "123456")


def test_a_key_held_down_is_no_scanner(hand: Hand) -> None:
    hand.key(Key.Key_A, "a", kinds=(PRESS,))
    for _ in range(9):
        hand.at += 30
        event = QKeyEvent(PRESS, Key.Key_A, NONE, "a", True)
        event.setTimestamp(hand.at)
        QCoreApplication.sendEvent(hand.window.windowHandle(), event)
    assert (hand.codes, hand.field.text()) == ([], "a" * 10)


def test_prefix_suffix_and_least_are_the_merchants(hand: Hand) -> None:
    hand.scanner.setup = ScannerSetup("~", "#", 2)
    hand.type("~42#")
    hand.key(Key.Key_Return, "\r")
    hand.type("7")
    hand.key(Key.Key_Return, "\r")
    assert (hand.codes, hand.field.text()) == (["42"], "7")


def test_a_space_still_presses_a_button(hand: Hand, qtbot: Any) -> None:
    pressed: list[int] = []
    hand.button.clicked.connect(lambda: pressed.append(1))
    hand.button.setFocus()
    hand.key(Key.Key_Space, " ", gap=500)
    qtbot.waitUntil(lambda: pressed == [1], timeout=PATIENCE_MS)


def test_no_shortcut_is_pressed_by_a_burst(hand: Hand) -> None:
    event = QKeyEvent(OVERRIDE, Key.Key_P, NONE, "p")
    event.ignore()
    QCoreApplication.sendEvent(hand.window.windowHandle(), event)
    assert event.isAccepted()
    other = QKeyEvent(OVERRIDE, Key.Key_F8, NONE, "")
    other.ignore()
    QCoreApplication.sendEvent(hand.window.windowHandle(), other)
    assert not other.isAccepted()


def test_function_keys_and_ctrl_pass_at_once(hand: Hand) -> None:
    hand.field.setText("abc")
    hand.key(Key.Key_A, "\x01", Mod.ControlModifier)
    assert hand.field.selectedText() == "abc"


def test_off_every_key_goes_its_way(hand: Hand) -> None:
    hand.type("12")
    hand.scanner.set_on(False)
    assert hand.field.text() == "12"
    hand.type("8690000000036")
    assert (hand.codes, hand.field.text()) == ([], "128690000000036")
