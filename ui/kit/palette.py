"""The command palette (Ctrl K): actions first, then pages, then records. It lies over the window as a child, never as a
dialog with a loop; the matched letters are bold and the shortcut at the right teaches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from ui.kit.actions import Action, Registry, key_words
from ui.kit.matching import match
from ui.kit.tasks import begin
from ui.theme import draw_icon, font, metrics, theme
from ui.theme.depth import SPREAD, draw_shadow
from ui.theme.style import RADIUS_BOX, RADIUS_DIALOG, RADIUS_FIELD, round_rect
from ui.words import t

WIDTH = 560
ROW = 34
HEAD = 28
MOST = 9


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the palette that is not an action: a page or a record."""

    text: str
    icon: str
    run: Callable[[], Any]
    section: str = "palette.records"


RecordSearch = Callable[[str], Awaitable[Sequence[Hit]]]


@dataclass(slots=True)
class _Line:
    text: str
    icon: str = ""
    spans: Sequence[tuple[int, int]] = ()
    key: str = ""
    run: Callable[[], Any] | None = None
    note: str = ""


class _List(QWidget):
    """The hits, painted; the field above keeps the keyboard."""

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[_Line] = []
        self.at = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_lines(self, lines: list[_Line]) -> None:
        self.lines = lines
        self.at = next((i for i, one in enumerate(lines) if one.run is not None), -1)
        self.setFixedHeight(sum(self._tall(one) for one in lines))
        self._tell()
        self.update()

    def walk(self, step: int) -> None:
        open_ones = [i for i, one in enumerate(self.lines) if one.run is not None]
        if open_ones:
            place = open_ones.index(self.at) if self.at in open_ones else 0
            self.at = open_ones[(place + step) % len(open_ones)]
            self._tell()
            self.update()

    def _tell(self) -> None:
        self.setAccessibleName(self.lines[self.at].text if 0 <= self.at < len(self.lines) else "")

    @staticmethod
    def _tall(one: _Line) -> int:
        return ROW if one.run is not None or one.note else HEAD

    def _under(self, y: float) -> int:
        top = 0
        for place, one in enumerate(self.lines):
            top += self._tall(one)
            if y < top:
                return place if one.run is not None else -1
        return -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._under(event.position().y())
        if place >= 0 and place != self.at:
            self.at = place
            self._tell()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._under(event.position().y())
        if place >= 0:
            self.picked.emit(place)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        top = 0.0
        for place, one in enumerate(self.lines):
            tall = self._tall(one)
            box = QRectF(0, top, self.width(), tall)
            top += tall
            if one.run is None:
                painter.setFont(font("small" if not one.note else "body"))
                painter.setPen(palette.ink("text_2"))
                painter.drawText(box.adjusted(12, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter, one.text)
                continue
            if place == self.at:
                round_rect(painter, box, RADIUS_FIELD, palette.ink("selected"), None)
            draw_icon(painter, QRectF(12, box.top(), 16, tall), one.icon or "arrow-right", "text_2")
            self._words(painter, box, one)
            self._caps(painter, box, one.key)

    @staticmethod
    def _words(painter: QPainter, box: QRectF, one: _Line) -> None:
        x = 38.0
        marks = [0] * len(one.text)
        for start, end in one.spans:
            marks[start:end] = [1] * (end - start)
        place = 0
        painter.setPen(theme().ink("text"))
        while place < len(one.text):
            end = place
            while end < len(one.text) and marks[end] == marks[place]:
                end += 1
            style = "strong" if marks[place] else "body"
            part = one.text[place:end]
            painter.setFont(font(style))
            wide = metrics(style).horizontalAdvance(part)
            painter.drawText(QRectF(x, box.top(), wide + 4, box.height()), Qt.AlignmentFlag.AlignVCenter, part)
            x += wide
            place = end

    @staticmethod
    def _caps(painter: QPainter, box: QRectF, key: str) -> None:
        right = box.right() - 12
        for cap in reversed(key_words(key) if key else []):
            wide = metrics("tiny").horizontalAdvance(cap) + 10
            place = QRectF(right - wide, box.center().y() - 9, wide, 18)
            round_rect(painter, place, RADIUS_BOX, None, theme().ink("btn_border"))
            painter.setFont(font("tiny"))
            painter.setPen(theme().ink("text_2"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, cap)
            right -= wide + 5


class CommandPalette(QWidget):
    """`CommandPalette(window, registry, pages, records)`: `open()` shows it in the upper third, Esc closes it.

    `pages` gives Hits that are filtered here; `records(query)` is awaited after a pause of 120 ms. Signal `closed`.
    """

    closed = Signal()

    def __init__(
        self,
        window: QWidget,
        registry: Registry,
        pages: Callable[[], Sequence[Hit]] | None = None,
        records: RecordSearch | None = None,
    ) -> None:
        super().__init__(window)
        self._registry = registry
        self._pages = pages
        self._records = records
        self._found: list[Hit] = []
        self._back_to: QWidget | None = None
        self._search: asyncio.Task[Any] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(SPREAD + 6, SPREAD + 6, SPREAD + 6, SPREAD + 6)
        column.setSpacing(5)
        self.edit = QLineEdit()
        self.edit.setProperty("bare", True)
        self.edit.setFrame(False)
        self.edit.setFont(font("card"))
        self.edit.setFixedHeight(38)
        self.edit.setTextMargins(36, 0, 12, 0)
        self.edit.setPlaceholderText(t("palette.placeholder"))
        self.edit.setAccessibleName(t("palette.title"))
        self.edit.textChanged.connect(self._typed)
        self.edit.installEventFilter(self)
        column.addWidget(self.edit)
        self.list = _List()
        self.list.picked.connect(self._pick)
        column.addWidget(self.list)
        self.setAccessibleName(t("palette.title"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(120)
        self._pause.timeout.connect(self._look_up)
        window.installEventFilter(self)
        QApplication.instance().focusChanged.connect(self._focus)  # type: ignore[union-attr]
        self.hide()

    def open(self) -> None:
        """Shows the palette with an empty field and takes the keyboard."""
        self._back_to = QApplication.focusWidget()
        self._found = []
        self.edit.clear()
        self._fill()
        self.show()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_palette(self) -> None:
        """Hides it and gives the keyboard back."""
        if self.isHidden():
            return
        self._pause.stop()
        self.hide()
        if self._back_to is not None:
            try:
                self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)
            except RuntimeError:  # the widget went down meanwhile
                self._back_to = None
        self.closed.emit()

    @property
    def texts(self) -> list[str]:
        """The words of the lines that can be chosen."""
        return [one.text for one in self.list.lines if one.run is not None]

    def _typed(self, text: str) -> None:
        self._found = []
        self._fill()
        if self._records is not None and len(text.strip()) >= 2:
            self._pause.start()
        else:
            self._pause.stop()

    def _look_up(self) -> None:
        if self._records is not None:
            if self._search is not None:
                self._search.cancel()
            self._search = begin(self._ask(self._records, self.edit.text().strip()), "palette search")

    async def _ask(self, records: RecordSearch, query: str) -> None:
        found = list(await records(query))
        if query == self.edit.text().strip():
            self._found = found
            self._fill()

    def _fill(self) -> None:
        query = self.edit.text().strip()
        lines: list[_Line] = []
        for action, spans in self._registry.find(query, MOST if query else 6):
            lines.append(
                _Line(action.label, action.icon, spans, action.keys[0] if action.keys else "", self._runner(action))
            )
        pages = [(hit, match(query, hit.text)) for hit in (self._pages() if self._pages is not None else ())]
        for section, hits in (
            ("palette.pages", [(h, s) for h, s in pages if s is not None]),
            ("palette.records", [(h, match(query, h.text) or []) for h in self._found]),
        ):
            if hits:
                lines.append(_Line(t(section)))
                lines += [_Line(hit.text, hit.icon, spans or (), "", hit.run) for hit, spans in hits[:MOST]]
        if not lines:
            lines.append(_Line(t("palette.nothing", query=query), note="-"))
        self.list.show_lines(lines)
        self._place()

    def _runner(self, action: Action) -> Callable[[], Any]:
        return lambda: self._registry.trigger(action.id)

    def _place(self) -> None:
        window = self.parentWidget()
        wide = min(WIDTH, window.width() - 40) + 2 * SPREAD
        tall = 38 + 5 + self.list.height() + 12 + 2 * SPREAD
        top = max(8, window.height() // 6) - SPREAD
        self.setGeometry(QRect((window.width() - wide) // 2, top, wide, tall))

    def _pick(self, place: int) -> None:
        run = self.list.lines[place].run if 0 <= place < len(self.list.lines) else None
        if run is not None:
            self.close_palette()
            run()

    def _focus(self, old: QWidget | None, now: QWidget | None) -> None:
        del old
        if self.isVisible() and now is not None and now is not self.edit:
            self._back_to = None
            self.close_palette()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.list.walk(1 if key == Qt.Key.Key_Down else -1)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._pick(self.list.at)
                return True
            if key == Qt.Key.Key_Escape:
                self.close_palette()
                return True
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH + 2 * SPREAD, 320)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        card = self.rect().adjusted(SPREAD, SPREAD, -SPREAD, -SPREAD)
        draw_shadow(painter, card, palette.dark)
        round_rect(painter, QRectF(card), RADIUS_DIALOG, palette.ink("raised"), palette.ink("border"))
        draw_icon(painter, QRectF(card.left() + 16, card.top() + 6, 18, 38), "magnifying-glass", "text_2")
        painter.fillRect(QRectF(card.left() + 6, card.top() + 45, card.width() - 12, 1), palette.ink("border"))
