"""The filters of the orders page: search, one menu of everything that can be asked, a chip for each filter in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.model import OrderStatus
from ui.kit import show_menu
from ui.pages.orders_model import DUE, OrderFilter
from ui.widgets import Button, FilterBar, IconButton, PageHeader
from ui.words import t

_STATUSES = tuple(s.value for s in OrderStatus if s is not OrderStatus.UNKNOWN)


class OrderFilters(FilterBar):
    """`OrderFilters()`: `filter` what is asked for; signal `changed()` when the person asked for something else.

    `set_channels({connection id: name})` fills the menu. `move_search(header)` under 1100 px.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(t("orders.search"), parent)
        self.filter = OrderFilter()
        self._channels: dict[int, str] = {}
        self._header: PageHeader | None = None
        self.button = Button(t("orders.filter.button"), icon="funnel")
        self.button.clicked.connect(lambda: self._pop(self.menu(self), self.button))
        self.layout().insertWidget(1, self.button)  # type: ignore[attr-defined]
        self.small = IconButton("funnel", t("orders.filter.button"))
        self.small.clicked.connect(lambda: self._pop(self.menu(self), self.small))
        self.small.hide()
        self.searched.connect(self._search)
        self.cleared.connect(lambda: self.ask(OrderFilter(self.filter.view, self.filter.search)))
        self.filter_removed.connect(self._remove)
        self.filter_clicked.connect(self._change)

    # -- state -------------------------------------------------------------------------------------------------
    def ask(self, new: OrderFilter) -> None:
        """Another filter, by the person: chips, search field and page follow."""
        if new == self.filter:
            return
        self.show_filter(new)
        self.changed.emit()

    def show_filter(self, new: OrderFilter) -> None:
        """Shows a filter without telling the page."""
        self.filter = new
        if self.search.text().strip() != new.search.strip():
            old = self.search.edit.blockSignals(True)
            self.search.setText(new.search)
            self.search.edit.blockSignals(old)
            self.search.update()
        self.set_filters(self.chips())
        if self._header is not None:
            self.setVisible(bool(self.chips()))

    def set_channels(self, channels: Mapping[int, str]) -> None:
        """The connections that can be chosen."""
        self._channels = dict(channels)
        self.set_filters(self.chips())

    def chips(self) -> list[tuple[str, str, bool]]:
        """What is in force, in words."""
        now, found = self.filter, []
        if now.connection_id is not None:
            name = self._channels.get(now.connection_id, "—")
            found.append(("channel", t("orders.filter.channel_is", name=name), True))
        if now.status:
            found.append(("status", t("orders.filter.status_is", name=t(f"orders.status.{now.status}")), True))
        if now.due:
            found.append(("due", t(f"orders.filter.due_{now.due}"), True))
        if now.unprinted:
            found.append(("unprinted", t("orders.filter.unprinted"), True))
        if now.cancel_asked:
            found.append(("cancel_asked", t("orders.filter.cancel_asked"), True))
        return found

    def _search(self, text: str) -> None:
        self.ask(replace(self.filter, search=text.strip()))

    def _remove(self, name: str) -> None:
        now = self.filter
        self.ask(
            {
                "channel": lambda: replace(now, connection_id=None),
                "status": lambda: replace(now, status=""),
                "due": lambda: replace(now, due=""),
                "unprinted": lambda: replace(now, unprinted=False),
                "cancel_asked": lambda: replace(now, cancel_asked=False),
            }[name]()
        )

    # -- menus -------------------------------------------------------------------------------------------------
    def menu(self, parent: QWidget) -> QMenu:
        """Everything that can be asked, what is in force ticked."""
        made = QMenu(parent)
        now = self.filter
        for due in DUE:
            self._item(made, t(f"orders.filter.due_{due}"), now.due == due, lambda d=due: self._toggle_due(d))
        self._item(
            made,
            t("orders.filter.unprinted"),
            now.unprinted,
            lambda: self.ask(self.filter.with_unprinted(not self.filter.unprinted)),
        )
        self._item(
            made,
            t("orders.filter.cancel_asked"),
            now.cancel_asked,
            lambda: self.ask(self.filter.with_cancel_asked(not self.filter.cancel_asked)),
        )
        made.addSeparator()
        self.fill_channels(made.addMenu(t("orders.filter.channel")))
        self.fill_statuses(made.addMenu(t("orders.filter.status")))
        if not now.empty:
            made.addSeparator()
            made.addAction(t("orders.filter.clear")).triggered.connect(lambda: self.ask(OrderFilter(now.view)))
        return made

    def fill_channels(self, menu: QMenu) -> None:
        """All connections, or one."""
        choices: list[tuple[int | None, str]] = [(None, t("common.all")), *self._channels.items()]
        for number, name in choices:
            chosen = number == self.filter.connection_id
            self._item(menu, name, chosen, lambda n=number: self.ask(replace(self.filter, connection_id=n)))

    def fill_statuses(self, menu: QMenu) -> None:
        """All states of the channel, or one."""
        for status in ("", *_STATUSES):
            words = t(f"orders.status.{status}") if status else t("common.all")
            chosen = status == self.filter.status
            self._item(menu, words, chosen, lambda s=status: self.ask(self.filter.with_status(s)))

    def _toggle_due(self, due: str) -> None:
        self.ask(self.filter.with_due("" if self.filter.due == due else due))

    @staticmethod
    def _item(menu: QMenu, words: str, on: bool, run: Callable[[], None]) -> QAction:
        action = menu.addAction(words.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda _on=False: run())
        return action

    def _change(self, name: str) -> None:
        menu = QMenu(self)
        if name == "channel":
            self.fill_channels(menu)
        elif name == "status":
            self.fill_statuses(menu)
        else:
            menu.deleteLater()
            menu = self.menu(self)
        self._pop(menu, self.search)

    def _pop(self, menu: QMenu, under: QWidget) -> None:
        show_menu(menu, under.mapToGlobal(QPoint(0, under.height() + 4)))

    # -- reflow ------------------------------------------------------------------------------------------------
    def move_search(self, header: PageHeader | None) -> None:
        """Search and filter button into the header (under 1100 px), or back with None."""
        if header is self._header:
            return
        self._header = header
        row = self.layout()
        if header is not None:
            header.extra.addWidget(self.search)
            header.extra.addWidget(self.small)
        else:
            row.insertWidget(0, self.search)  # type: ignore[attr-defined]
        self.button.setVisible(header is None)
        self.small.setVisible(header is not None)
        self.setVisible(header is None or bool(self.chips()))
