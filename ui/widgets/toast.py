"""Toasts: what changed, with *undo* or *show*. At most three; they go by themselves, errors stay until closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.theme import draw_icon, look_of, theme
from ui.theme.depth import SPREAD, draw_shadow
from ui.theme.style import RADIUS_CARD, round_rect
from ui.widgets.base import Text
from ui.widgets.buttons import Button, IconButton
from ui.words import t

WIDTH = 340
STAY_MS = 6_000
STAY_WITH_ACTION_MS = 10_000


class Toast(QWidget):
    """`Toast(state, title, text, action, other)`; signals `action_asked`, `other_asked`, `closed`. Esc closes, the mouse
    over it holds it."""

    action_asked = Signal()
    other_asked = Signal()
    closed = Signal()

    def __init__(
        self,
        state: str,
        title: str,
        text: str = "",
        action: str = "",
        *,
        other: str = "",
        stays: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.state = state
        self.setFixedWidth(WIDTH + 2 * SPREAD)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(SPREAD + 38, SPREAD + 10, SPREAD + 8, SPREAD + 10)
        outer.setSpacing(6)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(Text(title, "strong", wrap=True))
        if text:
            column.addWidget(Text(text, "small", "text_2", wrap=True))
        outer.addLayout(column, 1)
        actions: QHBoxLayout | None = None
        if other:  # two actions get a line of their own: beside the words they would cut them
            actions = QHBoxLayout()
            actions.setSpacing(4)
            column.addLayout(actions)
        if action:
            self._action = Button(action, "link", small=True)
            self._action.clicked.connect(self._act)
            if actions is not None:
                actions.addWidget(self._action)
            else:
                outer.addWidget(self._action, 0, Qt.AlignmentFlag.AlignTop)
        if actions is not None:
            self._other = Button(other, "link", small=True)
            self._other.clicked.connect(self._act_other)
            actions.addWidget(self._other)
            actions.addStretch(1)
        self._close = IconButton("x", t("toast.close"), "quiet", small=True)
        self._close.clicked.connect(self.close_now)
        outer.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(f"{title} {text}".strip())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(STAY_WITH_ACTION_MS if action else STAY_MS)
        self._timer.timeout.connect(self.close_now)
        self._stays = stays or state == "unhealthy"

    @property
    def stay_ms(self) -> int:
        """How long it stays; 0 for until it is closed."""
        return 0 if self._stays else self._timer.interval()

    def fit(self) -> None:
        """As tall as its words need at this width."""
        self.layout().activate()
        self.setFixedHeight(max(self.layout().totalHeightForWidth(self.width()), 2 * SPREAD + 46))

    def showEvent(self, event: object) -> None:
        del event
        self.fit()

    def begin(self) -> None:
        """Starts its time."""
        if not self._stays:
            self._timer.start()

    def _act(self) -> None:
        self.action_asked.emit()
        self.close_now()

    def _act_other(self) -> None:
        self.other_asked.emit()
        self.close_now()

    def close_now(self) -> None:
        """Goes away."""
        self._timer.stop()
        self.hide()
        self.closed.emit()

    def enterEvent(self, event: object) -> None:
        del event
        self._timer.stop()

    def leaveEvent(self, event: object) -> None:
        del event
        self.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_now()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        card = self.rect().adjusted(SPREAD, SPREAD, -SPREAD, -SPREAD)
        draw_shadow(painter, card, palette.dark)
        round_rect(painter, QRectF(card), RADIUS_CARD, palette.ink("raised"), palette.ink("border"))
        look = look_of(self.state)
        box = QRectF(card.left() + 12, card.top() + 11, 16, 16)
        draw_icon(painter, box, look.icon, f"{look.ink or 'offline'}_mark", weight="fill")


class ToastHost(QObject):
    """`ToastHost(content)`: puts toasts at the bottom right of a widget. `show(...)` returns the toast."""

    LIMIT = 3

    def __init__(self, content: QWidget) -> None:
        super().__init__(content)
        self._content = content
        self._toasts: list[Toast] = []
        content.installEventFilter(self)

    @property
    def toasts(self) -> list[Toast]:
        """Those shown, oldest first."""
        return list(self._toasts)

    def show(
        self,
        state: str,
        title: str,
        text: str = "",
        action: str = "",
        run: Callable[[], Any] | None = None,
        *,
        other: str = "",
        run_other: Callable[[], Any] | None = None,
        stays: bool = False,
    ) -> Toast:
        """Shows a toast; `run` is called when its action is pressed, `run_other` by a second one. The oldest that may go
        makes room."""
        made = Toast(state, title, text, action, other=other, stays=stays, parent=self._content)
        if run is not None:
            made.action_asked.connect(run)
        if run_other is not None:
            made.other_asked.connect(run_other)
        made.closed.connect(lambda: self._gone(made))
        while len(self._toasts) >= self.LIMIT:
            oldest = next((one for one in self._toasts if one.stay_ms), self._toasts[0])
            oldest.close_now()
        self._toasts.append(made)
        made.show()
        made.raise_()
        made.begin()
        self._place()
        return made

    def _gone(self, one: Toast) -> None:
        if one in self._toasts:
            self._toasts.remove(one)
            one.deleteLater()
            self._place()

    def _place(self) -> None:
        bottom = self._content.height() - 20 + SPREAD
        for one in reversed(self._toasts):
            one.fit()
            size = one.size()
            place = QRect(
                self._content.width() - size.width() - 20 + SPREAD, bottom - size.height(), size.width(), size.height()
            )
            one.setGeometry(place)
            bottom = place.top() + 2 * SPREAD - 8

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
