"""Painted lists of the order's pane: its lines, and facts with a time before them. Words in, no store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import font, metrics, theme
from ui.widgets.base import RIGHT, draw_text

_WRAP = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignTop)
_AMOUNT = 78
_TIME = 96


class Line(NamedTuple):
    """One line of an order in words; `off` when it is cancelled."""

    title: str
    codes: str
    quantity: str
    price: str
    off: bool = False


class _Tall(QWidget):
    """A widget whose height follows its width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(max(280, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(max(120, self.width())))

    def resizeEvent(self, event: object) -> None:
        del event
        self.setFixedHeight(self.heightForWidth(self.width()))

    def _again(self) -> None:
        self.setFixedHeight(self.heightForWidth(max(120, self.width())))
        self.update()


def _wrapped(style: str, text: str, width: int, most: int) -> int:
    """How high a text is at a width; at most `most` lines."""
    tall = metrics(style).boundingRect(QRect(0, 0, max(20, width), 10_000), _WRAP, text).height()
    line = metrics(style).lineSpacing()
    return max(line, min(tall, most * line))


class OrderLines(_Tall):
    """`set_lines(lines)`: title (two lines at most), codes, quantity and price; a hair between them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[Line] = ()

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Other lines."""
        self._lines = tuple(lines)
        self.setAccessibleName("; ".join(f"{x.quantity} {x.title}, {x.codes}, {x.price}" for x in lines))
        self._again()

    def _title_height(self, line: Line, width: int) -> int:
        return _wrapped("body", line.title, width - _AMOUNT - 8, 2)

    def heightForWidth(self, width: int) -> int:
        return sum(self._title_height(line, width) + 16 + 17 for line in self._lines) + 1

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        wide, y = self.width(), 0
        palette = theme()
        for line in self._lines:
            tall = self._title_height(line, wide)
            painter.fillRect(0, y, wide, 1, palette.ink("hair"))
            ink = "text_3" if line.off else "text"
            painter.setFont(font("body"))
            painter.setPen(palette.ink(ink))
            painter.drawText(QRect(0, y + 8, wide - _AMOUNT - 8, tall), _WRAP, line.title)
            draw_text(painter, QRectF(0, y + 8 + tall, wide - _AMOUNT - 8, 16), line.codes, "small_t", "text_2")
            right = QRectF(wide - _AMOUNT, y + 8, _AMOUNT, 18)
            draw_text(painter, right, line.quantity, "strong_t", ink, RIGHT)
            draw_text(painter, right.translated(0, 17), line.price, "small_t", "text_2", RIGHT)
            y += tall + 16 + 17
        painter.fillRect(0, y, wide, 1, palette.ink("hair"))


class TimedFacts(_Tall):
    """`set_facts([(time, words)])`: a quiet time in front, the words wrap."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: Sequence[tuple[str, str]] = ()

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Other facts."""
        self._facts = tuple(facts)
        self.setAccessibleName("; ".join(f"{time} {words}" for time, words in facts))
        self._again()

    def heightForWidth(self, width: int) -> int:
        return sum(_wrapped("body", words, width - _TIME, 3) + 4 for _, words in self._facts)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        y = 0
        for time, words in self._facts:
            tall = _wrapped("body", words, self.width() - _TIME, 3)
            draw_text(painter, QRectF(0, y, _TIME - 8, metrics("body").lineSpacing()), time, "small_t", "text_2")
            painter.setFont(font("body"))
            painter.setPen(theme().ink("text"))
            painter.drawText(QRect(_TIME, y, self.width() - _TIME, tall), _WRAP, words)
            y += tall + 4
