"""The progress tray: a small one for the sidebar (up to three bars), rows for the list behind it. Nothing shows under
300 ms; a failure stays, red, until it was read."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.kit.operation import QUIET_MS, Operation, Operations, OpState
from ui.theme import metrics, theme
from ui.theme.style import RADIUS_CARD, round_rect
from ui.widgets.base import RIGHT, CutText, PaintedButton, Text, draw_ring, draw_text, line
from ui.widgets.buttons import IconButton
from ui.words import figures, t


def draw_bar(painter: QPainter, box: QRectF, share: float | None, role: str) -> None:
    """A progress bar of 4 px; an unknown share is drawn as a third in the middle."""
    palette = theme()
    round_rect(painter, box, 2, palette.ink("track"), None)
    if share is None:
        part = QRectF(box.left() + box.width() / 3, box.top(), box.width() / 3, box.height())
    else:
        part = QRectF(box.left(), box.top(), max(box.height(), box.width() * share), box.height())
    if share is None or share > 0:
        round_rect(painter, part, 2, palette.ink(role), None)


def bar_role(one: Operation) -> str:
    """The colour of an operation's bar."""
    return "unhealthy_mark" if one.state is OpState.FAILED else "accent"


def count_text(one: Operation) -> str:
    """ "742 / 1.270", or only what is done."""
    number = figures().number
    return t("tray.count", done=number(one.done), total=number(one.total)) if one.total else ""


class Bar(QWidget):
    """A bar standing alone: `set_share(0..1 or None, role)`."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share: float | None = 0.0
        self._role = "accent"
        self.setAccessibleName(name)
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(80, 6)

    def set_share(self, share: float | None, role: str = "accent") -> None:
        """Where it stands."""
        self._share, self._role = share, role
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        draw_bar(QPainter(self), QRectF(0, 1, self.width(), 4), self._share, self._role)


class ProgressRow(QWidget):
    """`ProgressRow(operation)`: name, note, count, time left and a cancel button; for the tray's list and Jobs."""

    def __init__(
        self, operation: Operation, operations: Operations | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.operation = operation
        self._operations = operations
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 8)
        column.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Text(operation.title, "strong"))
        self._note = CutText(operation.note, "body", "text_2")
        top.addWidget(self._note, 1)
        self._count = Text("", "body_t", "text_2")
        top.addWidget(self._count)
        self._cancel = IconButton("x", t("tray.cancel", name=operation.title), "quiet", small=True)
        self._cancel.clicked.connect(self._stop)
        top.addWidget(self._cancel)
        column.addLayout(top)
        low = QHBoxLayout()
        low.setSpacing(12)
        self._bar = Bar(operation.title)
        low.addWidget(self._bar, 1)
        self._left = Text("", "small", "text_2")
        low.addWidget(self._left)
        column.addLayout(low)
        operation.changed.connect(self.refresh)
        self.refresh()

    def _stop(self) -> None:
        if self.operation.running:
            self.operation.cancel()
        elif self._operations is not None:
            self._operations.dismiss(self.operation)
        else:
            self.operation.mark_read()

    def refresh(self) -> None:
        """Shows what the operation says now."""
        one = self.operation
        self._note.setText(one.note)
        self._count.setText(count_text(one))
        self._bar.set_share(one.share if one.running or one.state is OpState.FAILED else 1.0, bar_role(one))
        left = one.left()
        words = {OpState.FAILED: "tray.failed", OpState.DONE: "tray.done", OpState.CANCELLED: "tray.cancelled"}
        self._left.setText(t(words[one.state]) if one.state in words else figures().about(left) if left else "")
        self._left.set_role("unhealthy_text" if one.state is OpState.FAILED else "text_2")
        name = t("tray.cancel" if one.running else "tray.dismiss", name=one.title)
        self._cancel.set_name(name)
        self._cancel.setVisible(one.can_cancel or not one.running)
        self.setAccessibleName(f"{one.title} {count_text(one)} {self._left.text()}".strip())


class ProgressList(QWidget):
    """`ProgressList(operations)`: a row for each visible operation."""

    def __init__(self, operations: Operations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._operations = operations
        self._rows: dict[Operation, ProgressRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        operations.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Brings rows in line with the operations."""
        wanted = self._operations.visible()
        for one in [o for o in self._rows if o not in wanted]:
            row = self._rows.pop(one)
            self._column.removeWidget(row)
            row.deleteLater()
        for one in wanted:
            if one not in self._rows:
                self._rows[one] = ProgressRow(one, self._operations)
                if len(self._rows) > 1:
                    self._column.addWidget(line())
                self._column.addWidget(self._rows[one])


class ProgressTray(PaintedButton):
    """`ProgressTray(operations)`: the sidebar's tray. Hidden while nothing runs; `clicked` opens the list."""

    shown_changed = Signal(bool)

    def __init__(self, operations: Operations, parent: QWidget | None = None) -> None:
        super().__init__(t("tray.title"), parent)
        self._operations = operations
        self._shown: list[Operation] = []
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(QUIET_MS)
        self._wait.timeout.connect(self.refresh)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        operations.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Asks the operations what there is to show."""
        before = bool(self._shown)
        self._shown = self._operations.visible()[:3]
        if len(self._operations.visible()) < len(self._operations.items):
            self._wait.start()
        if bool(self._shown) != before or self.isHidden() == bool(self._shown):
            self.setVisible(bool(self._shown))
            self.shown_changed.emit(bool(self._shown))
        if self._shown:
            first = self._shown[0]
            self.setAccessibleName(f"{t('tray.title')}: {self._title()}")
            self.setAccessibleDescription(count_text(first))
            self.updateGeometry()
            self.update()

    def _title(self) -> str:
        many = len(self._operations.visible())
        return self._shown[0].title if many == 1 else t("tray.items", count=many)

    def sizeHint(self) -> QSize:
        return QSize(196, 36 + 8 * max(1, len(self._shown)))

    def minimumSizeHint(self) -> QSize:
        return QSize(39, self.sizeHint().height())

    def paintEvent(self, event: object) -> None:
        del event
        if not self._shown:
            return
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        fill = palette.ink("hover" if self.underMouse() else "raised")
        round_rect(painter, box, RADIUS_CARD, fill, palette.ink("border"))
        first = self._shown[0]
        wide = box.width() - 20
        note = " · ".join(p for p in (first.note, count_text(first)) if p)
        if box.width() > 100:
            title = self._title()
            took = min(metrics("small_strong").horizontalAdvance(title) + 8, wide)
            draw_text(painter, QRectF(10, 8, took, 16), title, "small_strong", "text")
            draw_text(painter, QRectF(10 + took, 8, wide - took, 16), note, "small", "text_2", RIGHT)
        for place, one in enumerate(self._shown):
            draw_bar(painter, QRectF(10, 30 + 8 * place, wide, 4), one.share, bar_role(one))
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_CARD)
