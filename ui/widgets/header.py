"""The page's top: header (title, one muted fact, at most two plain buttons and one primary), view tabs, filter bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui.theme import font, metrics, theme
from ui.theme.style import round_rect
from ui.widgets.base import CutText, PaintedButton, Text, draw_ring, draw_text
from ui.widgets.buttons import Button
from ui.widgets.chips import FilterChip, badge_width, draw_badge
from ui.widgets.form import SearchField
from ui.words import figures, t


class PageHeader(QWidget):
    """`PageHeader(title, fact)`; `set_primary(button)`, `add_plain(button)` (at most two), `extra` a row for chips.

    `set_narrow(True)` under 1100 px, `set_low(True)` under 700 px of height.
    """

    def __init__(self, title: str, fact: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        row.setSpacing(8)
        self._title = Text(title, "page")
        row.addWidget(self._title)
        row.addSpacing(6)
        self._fact = CutText(fact, "body", "text_2")
        row.addWidget(self._fact, 1)
        self.extra = QHBoxLayout()
        self.extra.setSpacing(6)
        row.addLayout(self.extra)
        self._plain = QHBoxLayout()
        self._plain.setSpacing(8)
        row.addLayout(self._plain)
        self._row = row
        self.primary: Button | None = None
        self.plain: list[Button] = []
        self.set_low(False)
        self.setAccessibleName(title)

    def set_words(self, title: str, fact: str = "") -> None:
        """Title and fact."""
        self._title.setText(title)
        self._fact.setText(fact)
        self.setAccessibleName(title)

    def set_fact(self, fact: str) -> None:
        """The muted fact (date, count, "as of")."""
        self._fact.setText(fact)

    def add_plain(self, button: Button) -> Button:
        """A plain button; the third one raises ValueError (put it into the "more" menu)."""
        if len(self.plain) >= 2:
            raise ValueError("a page header holds at most two plain buttons")
        self.plain.append(button)
        self._plain.addWidget(button)
        return button

    def set_primary(self, button: Button) -> Button:
        """The one primary button; a second one raises ValueError."""
        if self.primary is not None:
            raise ValueError("a page has one primary button")
        self.primary = button
        self._row.addWidget(button)
        return button

    def set_narrow(self, on: bool) -> None:
        """The smaller title and margins."""
        self._title.setFont(font("page_narrow" if on else "page"))
        self._row.setContentsMargins(16 if on else 20, 0, 16 if on else 20, 0)

    def set_low(self, on: bool) -> None:
        """40 high instead of 56."""
        self.setFixedHeight(40 if on else 56)


MOST = 10_000  # counted to here; more is "10,000+"


def capped(count: int) -> str:
    """A count for a badge: exact up to MOST, beyond it "10,000+"."""
    return figures().number(min(count, MOST)) + ("+" if count > MOST else "")


class ViewTab(PaintedButton):
    """One saved view: words and count, a bar under the chosen one."""

    def __init__(self, text: str, count: int | None = None, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setText(text)
        self._count = count
        self._tone = tone
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_count(count, tone)

    def set_count(self, count: int | None, tone: str = "") -> None:
        """The count in the badge; None for no badge."""
        self._count, self._tone = count, tone
        many = t("nav.badge", name=self.text(), count=count or 0)
        self.setAccessibleName(self.text() if count is None else many)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wide = metrics("strong").horizontalAdvance(self.text()) + 20
        if self._count is not None:
            wide += 8 + badge_width(capped(self._count))
        return QSize(wide, 34)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        on = self.isChecked()
        ink = "text" if on or self.underMouse() else "text_2"
        draw_text(painter, box.adjusted(10, 0, 0, -2), self.text(), "strong" if on else "body", ink, cut=False)
        if self._count is not None:
            draw_badge(painter, box.right() - 10, box.center().y() - 1, capped(self._count), self._tone)
        if on:
            round_rect(painter, QRectF(10, box.bottom() - 2, box.width() - 20, 2), 1, palette.ink("accent"), None)
        if self.hasFocus():
            draw_ring(painter, box.adjusted(1, 1, -1, -3), 6)


class ViewTabs(QWidget):
    """`ViewTabs(views)`: views as (id, words); signal `chosen(id)`; `set_count(id, n, tone)`. Arrows walk."""

    chosen = Signal(str)

    def __init__(self, views: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 0, 20, 0)
        self._row.setSpacing(4)
        self._tabs: dict[str, ViewTab] = {}
        for view, words in views:
            tab = ViewTab(words)
            tab.setAutoExclusive(True)
            tab.clicked.connect(lambda _on=False, v=view: self.chosen.emit(v))
            self._tabs[view] = tab
            self._row.addWidget(tab)
        self._row.addStretch(1)
        next(iter(self._tabs.values())).setChecked(True)
        self.save = Button(t("nav.save_view"), "quiet", "plus", small=True)
        self.save.hide()
        self._row.insertWidget(self._row.count() - 1, self.save)

    @property
    def current(self) -> str:
        return next(view for view, tab in self._tabs.items() if tab.isChecked())

    def set_count(self, view: str, count: int | None, tone: str = "") -> None:
        """A view's count."""
        self._tabs[view].set_count(count, tone)

    def set_current(self, view: str) -> None:
        """Chooses a view without a signal."""
        self._tabs[view].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        views = list(self._tabs)
        view = views[(views.index(self.current) + step) % len(views)]
        self._tabs[view].setFocus(Qt.FocusReason.TabFocusReason)
        self._tabs[view].click()


class FilterBar(QWidget):
    """`FilterBar(placeholder)`: search field, filter chips, "clear" from two on; `end` a row for segment and columns.

    Signals `searched(str)`, `filter_clicked(id)`, `filter_removed(id)`, `cleared()`.
    """

    searched = Signal(str)
    filter_clicked = Signal(str)
    filter_removed = Signal(str)
    cleared = Signal()

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 6, 20, 6)
        row.setSpacing(8)
        self.search = SearchField(placeholder)
        self.search.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.search.searched.connect(self.searched)
        row.addWidget(self.search)
        self._chips = QHBoxLayout()
        self._chips.setSpacing(8)
        row.addLayout(self._chips)
        self._more = FilterChip("", removable=False)
        self._more.hide()
        row.addWidget(self._more)
        self._clear = Button(t("common.clear"), "link")
        self._clear.clicked.connect(self.cleared)
        self._clear.hide()
        row.addWidget(self._clear)
        row.addStretch(1)
        self.end = QHBoxLayout()
        self.end.setSpacing(8)
        row.addLayout(self.end)
        self._most = 99

    def set_filters(self, filters: Sequence[tuple[str, str, bool]]) -> None:
        """The filters in force as (id, words, removable)."""
        while self._chips.count():
            old = self._chips.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for name, words, removable in filters[: self._most]:
            chip = FilterChip(words, removable=removable)
            chip.clicked.connect(lambda _on=False, n=name: self.filter_clicked.emit(n))
            chip.removed.connect(lambda n=name: self.filter_removed.emit(n))
            self._chips.addWidget(chip)
        over = len(filters) - self._most
        self._more.setText(t("nav.more_filters", count=over) if over > 0 else "")
        self._more.setAccessibleName(self._more.text())
        self._more.setVisible(over > 0)
        self._more.updateGeometry()
        self._clear.setVisible(len(filters) >= 2)

    def set_narrow(self, on: bool) -> None:
        """Under 1400 px: two chips, the others as "+1 filter" (call `set_filters` again)."""
        self._most = 2 if on else 99
