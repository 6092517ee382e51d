"""Painted and composed parts of pages. All words handed in are ready to show (from `ui.words.t`); all widgets have an
accessible name and work by keyboard alone; colours are asked from `ui.theme` in the paint event.

How to use it:

- Page: `PageHeader(title, fact)` + `set_primary(Button(t("..."), "primary", "printer", "Ctrl+P"))`; `ViewTabs`,
  `FilterBar` below; `Card(title)` with `.head` and `.body`; `EmptyState` instead of an empty table.
- Buttons: `Button(text, kind, icon, key)`, `IconButton(icon, name)`; `button.disable(reason)` greys it and says why.
- States: `Chip("order.packed")`, `StateIcon("degraded")`, `Note("degraded", title, text, actions)`,
  `Banner`s go into the one `BannerPlace`; names of states are those of `ui.theme.LOOKS`.
- News: `ToastHost(content).show("healthy", title, text, t("common.undo"), run)`.
- Work: `ProgressTray(operations)` in the sidebar, `ProgressList(operations)` behind it.
- Forms: `FormField(label, QLineEdit(), hint)`, `.set_trouble(words)`; `SecretField()` for keys; `Switch`, `Segment`.
- Dialogs: `DialogFrame(parent, title, text, primary)`, opened by `await ui.kit.ask(dialog)`; `TypedConfirm` for what
  destroys.
"""

from ui.widgets.banner import Banner, BannerPlace, Note
from ui.widgets.base import CutText, PaintedButton, Text, draw_text, line, repolish
from ui.widgets.buttons import Button, IconButton, KeyHint
from ui.widgets.cards import Card, CatalogueCard, ConnectionCard, Dot, StateIcon
from ui.widgets.chips import Badge, Chip, FilterChip, Tag
from ui.widgets.dialog import DialogFrame, TypedConfirm
from ui.widgets.empty import EmptyState
from ui.widgets.form import FormField, FramedField, SearchField, SecretField
from ui.widgets.header import FilterBar, PageHeader, ViewTab, ViewTabs
from ui.widgets.kpi import Kpi
from ui.widgets.nav import RAIL_WIDTH, SIDEBAR_WIDTH, NavItem, SearchButton, WorkspaceSwitch
from ui.widgets.scroll import Scroller
from ui.widgets.switch import Segment, Stepper, Switch
from ui.widgets.toast import Toast, ToastHost
from ui.widgets.tray import Bar, ProgressList, ProgressRow, ProgressTray

__all__ = [
    "RAIL_WIDTH",
    "SIDEBAR_WIDTH",
    "Badge",
    "Banner",
    "BannerPlace",
    "Bar",
    "Button",
    "Card",
    "CatalogueCard",
    "Chip",
    "ConnectionCard",
    "CutText",
    "DialogFrame",
    "Dot",
    "EmptyState",
    "FilterBar",
    "FilterChip",
    "FormField",
    "FramedField",
    "IconButton",
    "KeyHint",
    "Kpi",
    "NavItem",
    "Note",
    "PageHeader",
    "PaintedButton",
    "ProgressList",
    "ProgressRow",
    "ProgressTray",
    "Scroller",
    "SearchButton",
    "SearchField",
    "SecretField",
    "Segment",
    "StateIcon",
    "Stepper",
    "Switch",
    "Tag",
    "Text",
    "Toast",
    "ToastHost",
    "TypedConfirm",
    "ViewTab",
    "ViewTabs",
    "WorkspaceSwitch",
    "draw_text",
    "line",
    "repolish",
]
