"""The box beside the pointer with all values of one moment, and the legend of a card's head. Painted, no pyqtgraph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import metrics, theme
from ui.theme.charts import INCIDENT_ALPHA, INCIDENT_ROLES, SeriesLook
from ui.theme.style import RADIUS_FIELD, round_rect
from ui.widgets.base import RIGHT, draw_text

_LINE, _PAD, _MARK = 18, 10, 14


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and its value in words, with the series' look, an incident's state, or neither (calls, errors)."""

    name: str
    value: str
    look: SeriesLook | None = None
    state: str = ""


def draw_key(painter: QPainter, x: float, middle: float, entry: Entry) -> None:
    """The short stroke of a series, or the patch of an incident, `_MARK` px wide."""
    if entry.state:
        role = INCIDENT_ROLES.get(entry.state, "degraded_mark")
        round_rect(painter, QRectF(x, middle - 6, 12, 12), 2, theme().soft(role, INCIDENT_ALPHA * 2), theme().ink(role))
    elif entry.look is not None:
        pen = QPen(theme().ink(entry.look.role), max(2.0, entry.look.width))
        if entry.look.dash:
            pen.setDashPattern([max(1.0, part / 2) for part in entry.look.dash])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(x, middle), QPointF(x + _MARK, middle))


class HoverBox(QWidget):
    """`show_at(x, entries)`: beside x inside the parent, flipped to the left where the right has no room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title = ""
        self._entries: Sequence[Entry] = ()
        self.hide()

    @property
    def text(self) -> str:
        """All that it says, for tests and screen readers."""
        return "\n".join([self._title, *(f"{e.name} {e.value}" for e in self._entries)])

    def show_at(self, x: float, title: str, entries: Sequence[Entry]) -> None:
        """Fills the box and puts it 12 px beside `x` (px of the parent)."""
        self._title, self._entries = title, entries
        rows = max((metrics("small").horizontalAdvance(e.name + e.value) for e in entries), default=0)
        wide = max(metrics("small_strong").horizontalAdvance(title), rows + _MARK + 6 + 24) + 2 * _PAD
        high = _LINE * (1 + len(entries)) + 12
        room = self.parentWidget().width() if self.parentWidget() else wide
        left = x + 12 if x + 12 + wide <= room else x - 12 - wide
        self.setGeometry(int(max(0, left)), 14, int(wide), high)
        self.setAccessibleName(self.text)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        box = QRectF(self.rect())
        round_rect(painter, box, RADIUS_FIELD, theme().ink("tip"), theme().ink("border_strong"))
        y = 6.0
        draw_text(painter, QRectF(_PAD, y, box.width() - 2 * _PAD, _LINE), self._title, "small_strong", "on_tip")
        for entry in self._entries:
            y += _LINE
            row = QRectF(_PAD, y, box.width() - 2 * _PAD, _LINE)
            if entry.look is not None:
                # The tool-tip's ground is not a surface: a patch under the stroke keeps its contrast.
                patch = QRectF(row.left() - 3, row.center().y() - 5, _MARK + 6, 10)
                round_rect(painter, patch, 3, theme().ink("surface"), None)
                draw_key(painter, row.left(), row.center().y(), entry)
            draw_text(painter, row.adjusted(_MARK + 6, 0, 0, 0), entry.name, "small", "on_tip")
            draw_text(painter, row, entry.value, "label_t", "on_tip", RIGHT)


class Legend(QWidget):
    """`set_entries(entries)`: strokes, names and live values, at the right; the last ones go when there is no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: Sequence[Entry] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """In the order of importance."""
        self._entries = entries
        self.setAccessibleName(", ".join(f"{e.name} {e.value}".strip() for e in entries))
        self.update()

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    @staticmethod
    def _wide(entry: Entry) -> int:
        own = _MARK + 6 + metrics("small").horizontalAdvance(entry.name)
        return own + (6 + metrics("label_t").horizontalAdvance(entry.value) if entry.value else 0)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._wide(e) + 16 for e in self._entries), 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 20)

    def paintEvent(self, event: object) -> None:
        del event
        shown: list[Entry] = []
        took = 0
        for entry in self._entries:
            if took + self._wide(entry) > self.width():
                break
            shown.append(entry)
            took += self._wide(entry) + 16
        painter = QPainter(self)
        x = float(self.width() - took + 16)
        middle = self.height() / 2
        for entry in shown:
            draw_key(painter, x, middle, entry)
            left = x + _MARK + 6
            box = QRectF(left, 0, self._wide(entry), self.height())
            took_name = draw_text(painter, box, entry.name, "small", "text_2", cut=False)
            draw_text(painter, box.adjusted(took_name + 6, 0, 60, 0), entry.value, "label_t", "text", cut=False)
            x += self._wide(entry) + 16
