"""The sidebar: workspace switch, "search or do", daily pages, upkeep pages, progress tray, settings; a rail when narrow.

It shows and asks; what a page is and when one is built is the window's business.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui.kit import Operations
from ui.pages import ICONS
from ui.widgets import RAIL_WIDTH, SIDEBAR_WIDTH, NavItem, ProgressTray, SearchButton, WorkspaceSwitch, line
from ui.words import t

#: The pages above the line; settings stand at the bottom.
DAILY = ("today", "orders", "prices", "print", "pack", "parcels")
LAST = "settings"


class Sidebar(QFrame):
    """`Sidebar(pages, operations)`: signals `chosen(page id)`, `search_asked()`, `tray_asked()`, `workspaces_asked(point)`."""

    chosen = Signal(str)
    search_asked = Signal()
    tray_asked = Signal()
    workspaces_asked = Signal(QPoint)

    def __init__(self, pages: Sequence[str], operations: Operations | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("box", "sidebar")
        self.setAccessibleName(t("shell.sidebar"))
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(8, 10, 8, 10)
        column.setSpacing(2)
        self.switch = WorkspaceSwitch(t("app.name"))
        self.switch.clicked.connect(self._workspaces)
        column.addWidget(self.switch)
        column.addSpacing(4)
        self.search = SearchButton()
        self.search.clicked.connect(self.search_asked)
        column.addWidget(self.search)
        column.addSpacing(6)
        self.items: dict[str, NavItem] = {}
        for page in [*(one for one in DAILY if one in pages), *(one for one in pages if one not in DAILY)]:
            if page == LAST:
                continue
            if page not in DAILY and not any(one not in DAILY for one in self.items):
                column.addSpacing(6)
                column.addWidget(line("line"))
                column.addSpacing(6)
            column.addWidget(self._item(page))
        column.addStretch(1)
        self.tray: ProgressTray | None = None
        if operations is not None:
            self.tray = ProgressTray(operations)
            self.tray.clicked.connect(self.tray_asked)
            column.addWidget(self.tray)
            column.addSpacing(6)
        if LAST in pages:
            column.addWidget(self._item(LAST, "Ctrl+,"))
        self.rail = False
        self.set_rail(False)

    def _item(self, page: str, key: str = "") -> NavItem:
        made = NavItem(t(f"nav.{page}"), ICONS.get(page, "square"), key)
        made.clicked.connect(lambda _on=False: self.chosen.emit(page))
        self.items[page] = made
        return made

    def _workspaces(self) -> None:
        self.workspaces_asked.emit(self.switch.mapToGlobal(QPoint(0, self.switch.height() + 2)))

    def set_current(self, page: str) -> None:
        """The page in front; "" or one that has no place here marks none."""
        if page in self.items:
            self.items[page].setChecked(True)
            return
        for item in self.items.values():
            if item.isChecked():
                item.setAutoExclusive(False)  # an exclusive button cannot be unchecked
                item.setChecked(False)
                item.setAutoExclusive(True)

    def set_badge(self, page: str, count: int, tone: str = "") -> None:
        """A page's count; 0 hides it. A tone is for Health only."""
        if page in self.items:
            self.items[page].set_badge(count, tone)

    def set_rail(self, on: bool) -> None:
        """Icons only (a window narrower than 1100 px)."""
        self.rail = on
        # 51 + 1 px of line falls on whole device pixels at 150 %.
        self.setFixedWidth(RAIL_WIDTH if on else SIDEBAR_WIDTH)
        side = 6 if on else 8
        self._column.setContentsMargins(side, 10, side, 10)
        for part in (self.switch, self.search, *self.items.values()):
            part.set_rail(on)

    def set_only(self, pages: Sequence[str] | None) -> None:
        """These pages and nothing else to press (a helper's window); None: everything again."""
        for page, item in self.items.items():
            item.setVisible(pages is None or page in pages)
        for part in (self.switch, self.search, *([self.tray] if self.tray is not None else [])):
            part.setVisible(pages is None)

    def set_quiet(self, on: bool) -> None:
        """The skeleton before the store is open: everything stands, nothing can be pressed."""
        for part in (self.switch, self.search, *self.items.values()):
            part.setEnabled(not on)
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus if on else Qt.FocusPolicy.StrongFocus)
