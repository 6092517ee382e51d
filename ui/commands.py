"""The actions of the window itself, from which its shortcuts, the palette and the help are made; and the palette's records.

A page adds its own actions; only what is meant from anywhere stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QWidget

from app.store.listing_query import ListingQuery
from app.store.order_query import OrderQuery
from ui.kit import Action, Hit, Registry, ask, spawn
from ui.pages import ICONS
from ui.services import Services
from ui.widgets import DialogFrame, Scroller, Text, line
from ui.words import t

if TYPE_CHECKING:
    from ui.window import MainWindow

ORDERS_FOUND, LISTINGS_FOUND = 6, 4


def window_actions(window: MainWindow, services: Services, pages: Sequence[str]) -> list[Action]:
    """Everything that is meant from anywhere."""

    def opener(page: str) -> Action:
        place = pages.index(page) + 1
        keys = (f"Ctrl+{place}",) if place <= 8 else ()
        if page == "settings":
            keys = (*keys, "Ctrl+,")
        return Action(
            f"go.{page}",
            f"nav.{page}",
            lambda: window.go(page),
            ICONS.get(page, ""),
            keys,
            group="palette.pages",
            palette=False,
        )

    undo = services.undo
    return [
        Action("window.palette", "shell.palette", window.open_palette, "magnifying-glass", ("Ctrl+K",), palette=False),
        *(opener(page) for page in pages),
        Action("window.sync", "shell.sync", window.sync_now, "arrows-clockwise", ("F5",)),
        Action(
            "window.undo",
            "shell.undo",
            lambda: spawn(undo.undo(), "undo"),
            "arrow-counter-clockwise",
            ("Ctrl+Z",),
            enabled=lambda: "" if undo.can_undo else "undo.nothing",
        ),
        Action(
            "window.redo",
            "shell.redo",
            lambda: spawn(undo.redo(), "redo"),
            "arrow-clockwise",
            ("Ctrl+Shift+Z",),
            enabled=lambda: "" if undo.can_redo else "shell.redo_nothing",
        ),
        Action("window.help", "help.title", window.open_help, "keyboard", ("F1",)),
        Action("window.freeze", "shell.freeze", lambda: window.freeze(True), "snowflake"),
        Action("window.unfreeze", "shell.unfreeze", lambda: window.freeze(False), "play"),
        Action("window.switch", "shell.switch", window.other_workspace, "swap"),
        Action("window.quit", "shell.quit", window.close, "power", ("Ctrl+Q",)),
    ]


def page_hits(window: MainWindow, pages: Sequence[str]) -> list[Hit]:
    """The palette's pages."""

    def hit(page: str) -> Hit:
        return Hit(t(f"nav.{page}"), ICONS.get(page, ""), lambda: window.go(page), "palette.pages")

    return [hit(page) for page in pages]


async def record_hits(window: MainWindow, services: Services, query: str) -> list[Hit]:
    """The palette's records: orders by number, name, SKU or phone; listings by SKU, barcode or title."""
    found: list[Hit] = []

    def hit(text: str, icon: str, page: str, row: int) -> Hit:
        return Hit(text, icon, lambda: window.go(page, {"id": row, "search": query}))

    for order in await services.store.orders.query(OrderQuery(search=query, limit=ORDERS_FOUND)):
        words = t("shell.order_hit", number=order.number, buyer=order.buyer, channel=order.channel)
        found.append(hit(words, "receipt", "orders", order.id))
    for one in await services.store.listings.query(ListingQuery(search=query, limit=LISTINGS_FOUND)):
        words = t("shell.listing_hit", sku=one.sku, title=one.title, channel=one.channel)
        found.append(hit(words, "tag", "prices", one.id))
    return found


class HelpDialog(DialogFrame):
    """All keys, by where they work."""

    def __init__(self, registry: Registry, parent: QWidget | None = None) -> None:
        super().__init__(parent, t("help.title"), "", t("common.close"), width=520)
        self.cancel.hide()
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        at, scope_now = 0, None
        for scope, label, keys in registry.help_rows():
            if scope != scope_now:
                grid.addWidget(Text(t(f"nav.{scope}") if scope else t("help.any"), "card"), at, 0, 1, 2)
                grid.addWidget(line(), at + 1, 0, 1, 2)
                at, scope_now = at + 2, scope
            grid.addWidget(Text(label), at, 0)
            grid.addWidget(Text(keys, "body_t", "text_2"), at, 1)
            at += 1
        grid.setRowStretch(at, 1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(min(460, 40 + 26 * at))
        scroll.setAccessibleName(t("help.title"))
        self.body.addWidget(scroll)


async def show_help(window: QWidget, registry: Registry) -> None:
    """Opens the keys and waits until they are closed."""
    dialog = HelpDialog(registry, window)
    try:
        await ask(dialog)
    finally:
        dialog.deleteLater()
