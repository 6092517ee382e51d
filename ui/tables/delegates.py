"""Painting of cells. Pure paint from the model's values: no widgets in cells, constant size, cached cut texts. The view
paints rows' backgrounds and lines; a delegate paints one cell's contents and asks the model directly (one call)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF, QStaticText, QTransform
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ui.tables.columns import Column, Diff, Kind, Tinted, amount_text, text_of
from ui.tables.model import WindowedTableModel
from ui.theme import density, draw_icon_at, font, metrics, theme
from ui.theme.channels import dot
from ui.theme.fonts import width
from ui.theme.style import draw_check, round_rect
from ui.widgets.chips import CHIP_HEIGHT, chip_width, chip_word, draw_chip

Painting = Callable[[QPainter], object]

PAD = 8

_DAYS = {"h": ("healthy_mark", 1.0), "d": ("degraded_mark", 2 / 3), "u": ("unhealthy_mark", 1 / 3)}

_LIMIT = 8_000
_texts: dict[tuple[str, str], tuple[QStaticText, float]] = {}
_cut: dict[tuple[str, str, int], tuple[QStaticText, float]] = {}
_pixmaps: dict[tuple[str, str, bool, str, float], QPixmap] = {}


def _static(style: str, text: str) -> tuple[QStaticText, float]:
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(QTransform(), font(style))
    return made, made.size().width()


def laid_out(style: str, text: str, room: int) -> tuple[QStaticText, float]:
    """A text with its width, cut to `room` px; laid out once and remembered."""
    found = _texts.get((style, text))
    if found is None:
        if len(_texts) > _LIMIT:
            _texts.clear()
        found = _texts[(style, text)] = _static(style, text)
    if found[1] <= room + 1:
        return found
    short = _cut.get((style, text, room))
    if short is None:
        if len(_cut) > _LIMIT:
            _cut.clear()
        words = metrics(style).elidedText(text, Qt.TextElideMode.ElideRight, room)
        short = _cut[(style, text, room)] = _static(style, words)
    return short


def draw_line(painter: QPainter, box: QRectF, text: str, style: str, role: str, right: bool = False) -> float:
    """One line of text in the middle of a box's height, from the cache. Returns its width."""
    made, wide = laid_out(style, text, int(box.width()))
    painter.setFont(font(style))
    painter.setPen(theme().ink(role))
    x = box.right() - wide if right else box.left()
    painter.drawStaticText(QPointF(x, box.center().y() - made.size().height() / 2), made)
    return wide


def small_picture(
    painter: QPainter, kind: str, what: str, flag: bool, size: tuple[int, int], paint: Painting
) -> QPixmap:
    """A chip, dot or box as a pixmap, painted once per scheme and device pixel ratio."""
    device = painter.device()
    dpr = device.devicePixelRatioF() if device is not None else 1.0
    key = (kind, what, flag, theme().name, dpr)
    found = _pixmaps.get(key)
    if found is None:
        if len(_pixmaps) > 2_000:
            _pixmaps.clear()
        found = QPixmap(round(size[0] * dpr), round(size[1] * dpr))
        found.setDevicePixelRatio(dpr)
        found.fill(Qt.GlobalColor.transparent)
        inner = QPainter(found)
        try:
            paint(inner)
        finally:
            inner.end()  # a painter that outlives its pixmap takes the process down
        _pixmaps[key] = found
    return found


class CellDelegate(QStyledItemDelegate):
    """Base of all: background of a changed or flashing cell, then `paint_value`. Texts and numbers are its own work."""

    style = "body"
    role = "text"

    def __init__(self, column: Column | None, parent: Any = None) -> None:
        super().__init__(parent)
        self.column = column
        self.right = column.right if column is not None else False

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        return QSize(self.column.width if self.column is not None else 38, density().row)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        if not isinstance(model, WindowedTableModel):
            return
        row, section = index.row(), index.column()
        value = model.value(row, section)
        if value is None:
            return
        rect = option.rect
        ground = self.ground(value)
        if ground:
            painter.fillRect(rect.adjusted(0, 0, 0, -1), theme().ink(ground))
        self.paint_value(painter, QRectF(rect).adjusted(PAD, 0, -PAD, -1), value, False)

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        """Paints a value that is not None; `selected` rows have no `text_3`."""
        assert self.column is not None  # noqa: S101  (only the tick column has none, and it overrides this)
        style, role = self.style, self.role
        if isinstance(value, Tinted):
            role = value.role
            if value.strong:
                style = "strong_t" if style.endswith("_t") else "strong"
        self.text(painter, box, text_of(self.column.kind, value), style, role)

    def text(self, painter: QPainter, box: QRectF, text: str, style: str, role: str) -> None:
        """One line, cut, at the column's side."""
        draw_line(painter, box, text, style, role, self.right)

    def ground(self, value: Any) -> str:
        """The role of the cell's own background, or ""."""
        del value
        return ""


class QuietDelegate(CellDelegate):
    """Secondary words: SKU, time, place."""

    style = "body_t"
    role = "text_2"


class StrongDelegate(CellDelegate):
    """The row's main word."""

    style = "strong"


class CodeDelegate(CellDelegate):
    """Order numbers: figures stand under each other."""

    style = "body_t"


class NumberDelegate(CellDelegate):
    """Numbers, at the right, tabular."""

    style = "body_t"


class MoneyDelegate(CellDelegate):
    """Money: the same decimals in a column, so that the points stand under each other."""

    style = "body_t"


class ChannelDelegate(CellDelegate):
    """The dot of 8 px and the name beside it."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        color = dot(value[0], theme())
        mark = small_picture(
            painter,
            "dot",
            color,
            False,
            (8, 8),
            lambda p: round_rect(p, QRectF(0, 0, 8, 8), 4, theme().ink(color), None),
        )
        painter.drawPixmap(QPointF(box.left(), box.center().y() - 4), mark)
        room = box.adjusted(15, 0, 0, 0)
        note = value[2] if len(value) > 2 else ""
        if not note:
            self.text(painter, room, value[1], "body", "text")
            return
        took = draw_line(painter, room, value[1], "strong", "text") + 8
        if took < room.width() - 20:
            self.text(painter, room.adjusted(took, 0, 0, 0), note, "body", "text_2")


class StatusDelegate(CellDelegate):
    """A status chip. On a selected row an info chip stands on `surface`."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        word = chip_word(value[0], value[1] if len(value) > 1 else None)
        wide = min(chip_width(word), int(box.width()))
        chip = small_picture(
            painter,
            f"chip {value[0]} {wide}",
            word,
            selected,
            (wide, CHIP_HEIGHT),
            lambda p: draw_chip(p, 0, CHIP_HEIGHT / 2, value[0], word, selected=selected, room=wide),
        )
        painter.drawPixmap(QPointF(box.left(), box.center().y() + 0.5 - CHIP_HEIGHT / 2), chip)


class DiffDelegate(CellDelegate):
    """Old struck through, arrow, new: two columns that line up at the right."""

    def ground(self, value: Any) -> str:
        return "changed_bg" if len(value) > 1 and value[1] is not None else ""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        diff = Diff(*value)
        if diff.note:
            draw_line(painter, box, diff.note, "italic", "text_2", right=True)
            return
        if diff.new is None:
            draw_line(painter, box, amount_text(diff.old, diff.currency), "body_t", "text", right=True)
            return
        new = amount_text(diff.new, diff.currency)
        wide = draw_line(painter, box, new, "strong_t", "down_text" if diff.loss else "text", right=True)
        # The old value's right edge stands still while the new one's width varies within the usual prices.
        right = box.right() - max(wide, width("strong_t", "000,00")) - 8
        draw_icon_at(painter, right - 14, box.center().y() - 7, 14, "arrow-right", "text_2")
        old = QRectF(box.left(), box.top(), max(0.0, right - 14 - 8 - box.left()), box.height())
        role = "text_2" if selected else "old_text"
        took = draw_line(painter, old, amount_text(diff.old, diff.currency), "body_t", role, right=True)
        # Drawn by hand: a laid out text puts the line of a struck font in the wrong place.
        painter.fillRect(QRectF(old.right() - took, round(old.center().y()) + 1, took, 1), theme().ink(role))


class SparkDelegate(CellDelegate):
    """A line of about twenty values with a dot at its end."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        values = value[0]
        if len(values) < 2:
            return
        low, high = min(values), max(values)
        span = (high - low) or 1
        area = QRectF(box.left(), box.center().y() - 6, min(box.width() - 4, 84), 12)
        step = area.width() / (len(values) - 1)
        points = QPolygonF(
            [
                QPointF(area.left() + i * step, area.bottom() - (v - low) / span * area.height())
                for i, v in enumerate(values)
            ]
        )
        color = theme().ink(value[1] if len(value) > 1 else "accent")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.25))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points)
        end = points.last()
        round_rect(painter, QRectF(end.x() - 2, end.y() - 2, 4, 4), 2, color, None)


class StripDelegate(CellDelegate):
    """Thirty days as cells; height tells as well as colour (full, two thirds, one third)."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        days = value[0]
        if not days:
            return
        tall = 14.0
        step = max(2.0, min(4.0, int(box.width() / len(days))))
        palette = theme()
        bottom = box.center().y() + tall / 2
        for place, letter in enumerate(days):
            role, share = _DAYS.get(letter, ("track", 1 / 3))
            height = tall * share
            painter.fillRect(QRectF(box.left() + place * step, bottom - height, step - 1, height), palette.ink(role))


class ProgressDelegate(CellDelegate):
    """A bar with "72 / 300" at its right."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        text = text_of(Kind.PROGRESS, value)
        wide = draw_line(painter, box, text, "body_t", "text_2", right=True)
        palette = theme()
        bar = QRectF(box.left(), box.center().y() - 2, max(20.0, box.width() - wide - 10), 4)
        round_rect(painter, bar, 2, palette.ink("track"), None)
        done, total = value[0], value[1]
        if total > 0 and done > 0:
            failed = len(value) > 2 and value[2] == "failed"
            part = QRectF(bar.left(), bar.top(), bar.width() * min(1.0, done / total), 4)
            round_rect(painter, part, 2, palette.ink("unhealthy_mark" if failed else "accent"), None)


class TwoLineDelegate(CellDelegate):
    """Main word and a second line; side by side where the row is too low for two."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        second = value[1] if len(value) > 1 else ""
        if not second:
            self.text(painter, box, value[0], "body", "text")
        elif box.height() >= 40:
            middle = box.center().y()
            self.text(painter, QRectF(box.left(), middle - 18, box.width(), 18), value[0], "strong", "text")
            self.text(painter, QRectF(box.left(), middle, box.width(), 16), second, "small", "text_2")
        else:
            took = draw_line(painter, box, value[0], "strong", "text") + 8
            if took < box.width() - 20:
                self.text(painter, box.adjusted(took, 0, 0, 0), second, "body", "text_2")


class DeadlineDelegate(CellDelegate):
    """When it must leave; urgent with the stop-watch, bold and amber."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        if len(value) > 1 and value[1]:
            draw_icon_at(painter, box.left(), box.center().y() - 7, 14, "timer", "degraded_text")
            self.text(painter, box.adjusted(18, 0, 0, 0), value[0], "strong_t", "degraded_text")
        else:
            self.text(painter, box, value[0], "body_t", "text_2")


class TickDelegate(CellDelegate):
    """The tick column: a check box that is painted; the view does the clicking. Its value is a bool."""

    def paint_value(self, painter: QPainter, box: QRectF, value: Any, selected: bool) -> None:
        state = "on" if value else "off"
        mark = small_picture(
            painter,
            "tick",
            state,
            False,
            (16, 16),
            lambda p: draw_check(p, QRectF(0, 0, 16, 16), theme(), state=state, focus=False, enabled=True),
        )
        painter.drawPixmap(QPointF(round(box.center().x()) - 5, round(box.center().y()) - 8), mark)


DELEGATES: dict[Kind, type[CellDelegate]] = {
    Kind.TEXT: CellDelegate,
    Kind.QUIET: QuietDelegate,
    Kind.STRONG: StrongDelegate,
    Kind.CODE: CodeDelegate,
    Kind.NUMBER: NumberDelegate,
    Kind.MONEY: MoneyDelegate,
    Kind.CHANNEL: ChannelDelegate,
    Kind.STATUS: StatusDelegate,
    Kind.DIFF: DiffDelegate,
    Kind.SPARK: SparkDelegate,
    Kind.STRIP: StripDelegate,
    Kind.PROGRESS: ProgressDelegate,
    Kind.TWO_LINE: TwoLineDelegate,
    Kind.DEADLINE: DeadlineDelegate,
}
