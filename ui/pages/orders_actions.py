"""The actions of the orders page as a list: names, icons and keys. What each does is the page's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ui.kit import Action, Registry

#: Action → (words, icon, keys).
_ACTIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "search": ("orders.action.search", "magnifying-glass", ("Ctrl+F",)),
    "print": ("orders.action.print", "printer", ("Ctrl+P",)),
    "print_file": ("orders.action.print_file", "file-pdf", ("Ctrl+Shift+P",)),
    "slip": ("orders.action.slip", "file-text", ()),
    "label": ("orders.action.label", "printer", ("L",)),
    "packed": ("orders.action.packed", "package", ("P",)),
    "picked": ("orders.action.picked", "hand", ()),
    "ship": ("parcels.action.ship", "truck", ("Ctrl+Shift+K",)),
    "again": ("orders.action.again", "arrows-clockwise", ()),
    "import": ("orders.sheet.action", "download-simple", ("Ctrl+Shift+I",)),
    "combine": ("orders.bundle.combine_action", "package", ()),
    "split": ("orders.bundle.split_action", "arrows-left-right", ()),
    "separate": ("orders.bundle.separate_action", "arrow-counter-clockwise", ()),
    "invoice": ("orders.invoice.action", "file-text", ()),
}
MENU = (
    "orders.picked", "orders.packed", "orders.ship", "", "orders.label", "orders.print_file", "orders.slip", "orders.invoice", "",
    "orders.combine", "orders.split", "orders.separate", "", "orders.again", "orders.import",
)  # fmt: skip


def add_actions(actions: Registry, runs: Mapping[str, Callable[[], object]], table: QWidget) -> None:
    """Into the window's list; those of a page that was built in another language go."""
    made = [Action(f"orders.{name}", text, runs[name], icon, keys, "orders") for name, (text, icon, keys) in _ACTIONS.items()]  # fmt: skip
    for action in made:
        if action.id in actions:
            actions.remove(action.id)
    actions.add(*made)
    for name in ("orders.label", "orders.packed"):
        # A bare letter is a key of the list alone: elsewhere it is typed.
        single = actions.qaction(name)
        single.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        table.addAction(single)
