"""Painted parts of the pack bench, readable from two metres: a line of the parcel, the verdict of the last scan, the key hints. Each
state has an icon and words beside its colour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.orders.packing import PackLine, Verdict
from ui.theme import BENCH, draw_icon, font, line_height, metrics, theme
from ui.theme.style import RADIUS_CARD, round_rect
from ui.widgets import KeyHint, Text, draw_text
from ui.widgets.base import LEFT, RIGHT
from ui.words import t

LOW_ROW = 84  # on a small laptop

#: Verdict → (state, icon). "critical" fills the card.
LOOKS: dict[Verdict, tuple[str, str]] = {
    Verdict.OPENED: ("info", "package"),
    Verdict.RIGHT: ("healthy", "check-circle"),
    Verdict.COMPLETE: ("healthy", "package"),
    Verdict.UNDONE: ("offline", "arrow-counter-clockwise"),
    Verdict.TOO_MANY: ("degraded", "plus-circle"),
    Verdict.WRONG: ("unhealthy", "x-circle"),
    Verdict.UNKNOWN: ("unhealthy", "question"),
    Verdict.CANCELLED: ("critical", "prohibit"),
    Verdict.CANCEL_ASKED: ("critical", "prohibit"),
    Verdict.SUPERSEDED: ("critical", "arrows-left-right"),
    Verdict.BY_CHANNEL: ("critical", "prohibit"),
    Verdict.NOT_OPEN: ("critical", "prohibit"),
    Verdict.ALREADY_PACKED: ("degraded", "package"),
    Verdict.EMPTY: ("degraded", "question"),
    Verdict.AMBIGUOUS: ("degraded", "question"),
    Verdict.CHANGED: ("degraded", "warning"),
    Verdict.OTHER_ORDER: ("degraded", "arrows-left-right"),
    Verdict.NOTHING: ("offline", "barcode"),
}


class BenchRow(QWidget):
    """One line: what, where it lies, how many of how many."""

    def __init__(self, line: PackLine, *, current: bool, stopped: bool, low: bool) -> None:
        super().__init__()
        self.line, self.current, self.stopped = line, current, stopped
        self.setFixedHeight(LOW_ROW if low else BENCH.row)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(t("pack.pieces", scanned=line.scanned, needed=line.needed, title=line.title))

    def paintEvent(self, event: object) -> None:
        del event
        painter, palette, line = QPainter(self), theme(), self.line
        done = line.done and not self.stopped
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        fill = palette.ink("healthy_bg" if done else "surface")
        edge = "accent" if self.current else "border"
        round_rect(painter, box, RADIUS_CARD, fill, palette.ink(edge), 2.0 if self.current else 1.0)
        middle = box.center().y()
        circle = QRectF(box.left() + 26, middle - 22, 44, 44)
        if done:
            draw_icon(painter, circle, "check-circle", "healthy_mark", weight="fill")
        else:
            round_rect(
                painter, circle, 22, palette.ink("accent") if self.current else None, palette.ink("border_strong")
            )
            ink = "on_accent" if self.current else "text_2"
            draw_icon(painter, circle.adjusted(11, 11, -11, -11), "barcode", ink)
        left = circle.right() + 24
        count, of = str(line.scanned), f" / {line.needed}"
        wide_of = metrics("bench_item").horizontalAdvance(of)
        wide = metrics("bench_count").horizontalAdvance(count)
        right = box.right() - 26
        ink = "healthy_text" if done else "text"
        draw_text(
            painter, QRectF(right - wide_of, middle - 18, wide_of + 2, 44), of, "bench_item", "text_2", RIGHT, cut=False
        )
        at = QRectF(right - wide_of - wide, middle - 26, wide + 2, 48)
        draw_text(painter, at, count, "bench_count", ink, RIGHT, cut=False)
        room = right - wide_of - wide - 20 - left
        draw_text(painter, QRectF(left, middle - 30, room, 30), line.title or line.sku, "bench_item", ink, LEFT)
        draw_text(painter, QRectF(left, middle + 2, room, 24), self.note(), "bench_note", "text_2", LEFT)

    def note(self) -> str:
        """SKU, shelf, and what a person must look at."""
        line = self.line
        parts = [line.sku or line.barcode or t("pack.no_code")]
        if line.shelf:
            parts.append(t("pack.shelf", shelf=line.shelf))
        if line.odd:
            parts.append(t("pack.odd"))
        return "  ·  ".join(parts)


class BenchVerdict(QWidget):
    """The last scan as large as a hand: `show_verdict(verdict, what, code)`. A stopped order fills the card red."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict: Verdict | None = None
        self.what = self.code = self.hint = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(300, 200)

    def show_verdict(self, verdict: Verdict | None, what: str = "", code: str = "") -> None:
        """None: nothing was scanned yet."""
        self.verdict, self.what, self.code = verdict, what, code
        key = f"pack.hint.{verdict}"
        known = verdict is not None and verdict not in (Verdict.OPENED, Verdict.RIGHT, Verdict.COMPLETE, Verdict.UNDONE)
        self.hint = t(key) if known else t("pack.ready_text") if verdict is None else ""
        self.setAccessibleName(". ".join(one for one in (self.title, what, self.hint) if one))
        self.update()

    @property
    def title(self) -> str:
        return t("pack.ready") if self.verdict is None else t(f"pack.verdict.{self.verdict}")

    @property
    def state(self) -> str:
        return "info" if self.verdict is None else LOOKS[self.verdict][0]

    def paintEvent(self, event: object) -> None:
        del event
        painter, palette, state = QPainter(self), theme(), self.state
        solid = state == "critical"
        fill, edge = ("critical_bg", "critical_bg") if solid else (f"{state}_bg", f"{state}_mark")
        ink, second = ("on_critical", "on_critical") if solid else (f"{state}_text", "text")
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        round_rect(painter, box, RADIUS_CARD, palette.ink(fill), palette.ink(edge), 2.0)
        room = box.width() - 48
        style = (
            "bench_verdict" if _lines(self.title, "bench_verdict", room) <= 2 and box.height() > 330 else "bench_title"
        )
        parts = [
            (self.title, style, ink),
            (self.what, "bench_item", second),
            (self.code, "bench_note", second),
            (self.hint, "bench_note", second),
        ]
        heights = [_lines(text, one, room) * line_height(one) if text else 0 for text, one, _ in parts]
        size = min(112.0, max(48.0, box.height() - sum(heights) - 110))
        y = box.top() + max(16.0, (box.height() - size - sum(heights) - 60) / 2)
        icon = "barcode" if self.verdict is None else LOOKS[self.verdict][1]
        mark = ink if solid else f"{state}_mark"
        draw_icon(painter, QRectF(box.center().x() - size / 2, y, size, size), icon, mark, weight="fill")
        y += size + 24
        for (text, one, role), height in zip(parts, heights, strict=True):
            if text and y + height <= box.bottom() - 6:
                painter.setFont(font(one))
                painter.setPen(palette.ink(role))
                flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
                painter.drawText(QRectF(box.left() + 24, y, room, height + 8), flags, text)
                y += height + 8


def _lines(text: str, style: str, room: float) -> int:
    """How many lines a text takes when it is broken between words."""
    found: QFontMetrics = metrics(style)
    at = found.boundingRect(0, 0, max(1, int(room)), 10_000, int(Qt.TextFlag.TextWordWrap), text)
    return max(1, round(at.height() / max(1, found.lineSpacing())))


class ProgressLine(QWidget):
    """How much of the parcel is in, as a line under the head."""

    def __init__(self) -> None:
        super().__init__()
        self._done = self._all = 0
        self.setFixedHeight(6)

    def set_progress(self, done: int, of: int) -> None:
        """Pieces in, pieces in all."""
        self._done, self._all = done, of
        self.setAccessibleName(f"{done} / {of}")
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        painter, box = QPainter(self), QRectF(self.rect())
        painter.fillRect(box, theme().ink("track"))
        if self._all:
            box.setWidth(box.width() * self._done / self._all)
            painter.fillRect(box, theme().ink("healthy_mark"))


class KeyRow(QWidget):
    """Key caps with words: `KeyRow([("F2", "Type a code"), …])`."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.words: dict[str, Text] = {}
        for at, (key, words) in enumerate(keys):
            if at:
                row.addSpacing(14)
            row.addWidget(KeyHint(key))
            self.words[key] = Text(words, "body", "text_2")
            row.addWidget(self.words[key])

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 24)
