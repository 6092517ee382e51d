"""The 2 px ring outside a button that has the keyboard: one frame that walks with the focus. Only for focus that came by
the keyboard; painted widgets that draw a ring of their own say so by the property `own_ring`."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QFocusFrame, QPushButton, QToolButton, QWidget
from shiboken6 import isValid

from ui.theme.style import RingStyle
from ui.theme.tokens import Theme


class FocusRing(QObject):
    """`FocusRing(app, theme)` follows the application's focus; keep it alive as long as the application."""

    def __init__(self, app: QApplication, theme: Callable[[], Theme]) -> None:
        super().__init__(app)
        self._style = RingStyle(theme)
        self._style.setParent(self)
        self._frame: QFocusFrame | None = None
        app.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, now: QWidget | None) -> None:
        del old
        wanted = isinstance(now, QPushButton | QToolButton) and not now.property("own_ring")
        by_mouse = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        self.show_on(now if wanted and not by_mouse else None)

    def show_on(self, widget: QWidget | None) -> None:
        """Puts the ring round a widget, or takes it away."""
        if self._frame is not None and not isValid(self._frame):
            self._frame = None  # went down with the window that it was in
        if widget is None:
            if self._frame is not None:
                self._frame.setWidget(None)  # type: ignore[arg-type]
            return
        if self._frame is None:
            self._frame = QFocusFrame()
            self._frame.setStyle(self._style)
            self._frame.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._frame.setWidget(widget)
