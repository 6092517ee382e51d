"""What all painted widgets share: drawing text by style and role, a button base that the keyboard can use, labels."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QSizePolicy, QWidget

from ui.theme import font, line_height, metrics, theme
from ui.theme.style import round_rect

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTER = Qt.AlignmentFlag.AlignCenter


def draw_text(
    painter: QPainter,
    box: QRectF,
    text: str,
    style: str = "body",
    role: str = "text",
    align: Qt.AlignmentFlag = LEFT,
    *,
    cut: bool = True,
) -> float:
    """One line of text in a box; cut with … when it is too wide. Returns the width that it took."""
    if cut:
        text = metrics(style).elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()) + 1)
    painter.setFont(font(style))
    painter.setPen(theme().ink(role))
    painter.drawText(box, int(align) | int(Qt.TextFlag.TextSingleLine), text)
    return float(metrics(style).horizontalAdvance(text))


def draw_ring(painter: QPainter, box: QRectF, radius: float) -> None:
    """The focus ring inside a box."""
    t = theme()
    round_rect(painter, box, radius, None, t.ink("focus"), float(t.focus_width))


class PaintedButton(QAbstractButton):
    """A button that paints itself: Space and Enter press it, it draws its own ring, it knows hover."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("own_ring", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        if name:
            self.setAccessibleName(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            event.accept()
            return
        super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class Text(QLabel):
    """`Text(text, style, role, wrap)`: a label in a type style and a colour role."""

    def __init__(
        self,
        text: str = "",
        style: str = "body",
        role: str = "text",
        *,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setFont(font(style))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setWordWrap(wrap)
        self.setMinimumHeight(line_height(style))
        self._cut = False

    def set_role(self, role: str) -> None:
        """Another colour role."""
        if self.property("role") != role:
            self.setProperty("role", role)
            repolish(self)


class CutText(QWidget):
    """One line that is cut with … when there is no room; the whole stands in the tool-tip."""

    def __init__(self, text: str = "", style: str = "body", role: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._style = style
        self._role = role
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def set_role(self, role: str) -> None:
        """Another colour role."""
        self._role = role
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(metrics(self._style).horizontalAdvance(self._text) + 2, line_height(self._style))

    def minimumSizeHint(self) -> QSize:
        return QSize(24, line_height(self._style))

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        took = draw_text(painter, QRectF(self.rect()), self._text, self._style, self._role)
        self.setToolTip(self._text if metrics(self._style).horizontalAdvance(self._text) > took + 0.5 else "")


def line(kind: str = "hair", parent: QWidget | None = None) -> QFrame:
    """A line of 1 px: "hair", "line" (border) or "vline"."""
    made = QFrame(parent)
    made.setProperty("box", kind)
    if kind == "vline":
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


def repolish(widget: QWidget) -> None:
    """Makes the sheet look at the widget's properties again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
