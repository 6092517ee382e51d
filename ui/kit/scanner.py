"""Bursts of a barcode scanner, told from a person's typing by their speed, wherever the focus is. A burst is never typed into a field
and presses no shortcut; what a person types comes through unchanged and in order, some 50 ms later."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow

from app.orders.scanning import LONGEST, ScannerSetup, stripped

_GRACE_MS = 15  # beyond the gap: a key that was pressed in time may still be on its way through the loop
_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
_PLAIN = (
    Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier
)
_ALTGR = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_KEYS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
_MODIFIERS = (
    Qt.Key.Key_Shift, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_Alt, Qt.Key.Key_Control, Qt.Key.Key_Mode_switch,
)  # fmt: skip


class ScannerFilter(QObject):
    """`ScannerFilter(setup)`; `watch(window)` each window, `set_on(True)` while scans are wanted. Windows are watched and not widgets:
    a filter on every widget's every event would cost each paint.

    Signal `scanned(str)`: a code, without prefix, suffix and the Enter behind it.
    """

    scanned = Signal(str)

    def __init__(
        self, setup: ScannerSetup, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.setup = setup
        self.on = False
        self._clock = clock
        self._held: list[tuple[QWindow, QKeyEvent]] = []
        self._text = ""
        self._last = 0
        self._quiet = False  # the timer has rung once
        self._down: set[int] = set()  # keys of a burst whose release is still to come
        self._replaying = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ring)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self.watch)

    def watch(self, window: QWindow | None) -> None:
        """Also this window; the one that gets the focus is watched by itself."""
        if window is not None:
            window.removeEventFilter(self)
            window.installEventFilter(self)

    def set_on(self, on: bool) -> None:
        """Off, every key goes its way at once."""
        if self.on and not on:
            self._replay()
        self.on = on

    # -- keys ----------------------------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.on or self._replaying or event.type() not in _KEYS:
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWindow):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            return self._override(event)
        if event.type() == QEvent.Type.KeyRelease:
            return self._released(watched, event)
        return self._pressed(watched, event)

    def _override(self, event: QKeyEvent) -> bool:
        """A sign of a burst must not be a page's shortcut; a sign that turns out to be typed goes to the field anyway."""
        if not self._is_sign(event) and not (self._text and event.key() in _ENDS and self._in_time(event)):
            return False
        event.accept()
        return True

    def _pressed(self, window: QWindow, event: QKeyEvent) -> bool:
        if event.isAutoRepeat():
            self._replay()
            return False
        if event.key() in _MODIFIERS:
            return False  # Shift of a capital within a burst
        in_time = bool(self._text) and self._in_time(event)
        if self._text and not in_time:
            self._silence()
        if in_time and event.key() in _ENDS:
            self._held.append((window, event.clone()))
            self._end(int(event.key()))
            return True
        if not self._is_sign(event):
            if in_time and len(self._text) + 1 >= self.setup.least and _is_control(event):
                self._down.add(int(event.key()))
                return True  # a separator within a burst (GS of a GS1 code)
            self._replay()
            return False
        self._held.append((window, event.clone()))
        self._text += event.text()
        self._last, self._quiet = self._at(event), False
        self._timer.start(self.setup.gap_ms + _GRACE_MS)
        if len(self._text) > LONGEST:
            self._end()
        return True

    def _released(self, window: QWindow, event: QKeyEvent) -> bool:
        key = int(event.key())
        if key in self._down:
            if not event.isAutoRepeat():
                self._down.discard(key)
            return True
        if any(held.type() == QEvent.Type.KeyPress and int(held.key()) == key for _, held in self._held):
            self._held.append((window, event.clone()))
            return True
        return False

    def _is_sign(self, event: QKeyEvent) -> bool:
        text, held = event.text(), event.modifiers()
        plain = not held & ~_PLAIN or held & _ALTGR == _ALTGR  # AltGr types € and @ on a Turkish keyboard
        return bool(text) and text.isprintable() and plain

    def _in_time(self, event: QKeyEvent) -> bool:
        return self._at(event) - self._last <= self.setup.gap_ms

    def _at(self, event: QKeyEvent) -> int:
        """Milliseconds; the window system's own stamp where it has one, for our loop may be late."""
        return event.timestamp() or int(self._clock() * 1000)

    # -- how it ends -----------------------------------------------------------------------------------------------------
    def _ring(self) -> None:
        """After a stall the timer may ring before the keys that wait are read: one more turn of the loop reads them."""
        if not self._quiet:
            self._quiet = True
            self._timer.start(0)
            return
        self._silence()

    def _silence(self) -> None:
        if len(self._text) >= self.setup.least:
            self._end()
        else:
            self._replay()

    def _end(self, enter: int = 0) -> None:
        """A burst is over: its code, or what was typed when it was too short for one."""
        if len(self._text) < self.setup.least:
            self._replay()
            return
        code = stripped(self._text, self.setup)
        pressed = {int(held.key()) for _, held in self._held if held.type() == QEvent.Type.KeyPress}
        released = {int(held.key()) for _, held in self._held if held.type() == QEvent.Type.KeyRelease}
        self._down |= (pressed - released) | ({enter} if enter else set())
        self._forget()
        if code:
            self.scanned.emit(code)

    def _replay(self) -> None:
        """The keys were a person's: on to where they were going, in their order."""
        held = list(self._held)
        self._forget()
        self._replaying = True
        try:
            for window, event in held:
                QCoreApplication.sendEvent(window, event)
        finally:
            self._replaying = False

    def _forget(self) -> None:
        self._timer.stop()
        self._held.clear()
        self._text = ""


def _is_control(event: QKeyEvent) -> bool:
    return bool(event.text()) and not event.text().isprintable()
