"""The sidebar's parts: page items with badges (also as a rail), the workspace switch, the "search or do" field."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.kit.actions import key_words
from ui.theme import density, draw_icon, theme
from ui.theme.style import RADIUS_FIELD, round_rect
from ui.widgets.base import CENTER, PaintedButton, draw_ring, draw_text
from ui.widgets.buttons import draw_key_hint, key_hint_width
from ui.widgets.chips import badge_width, draw_badge
from ui.words import t

RAIL_WIDTH = 51
SIDEBAR_WIDTH = 212


class NavItem(PaintedButton):
    """`NavItem(text, icon, key)`: a page of the sidebar; checkable. `set_badge(count, tone)`, `set_rail(True)`."""

    def __init__(self, text: str, icon: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon = icon
        self._key = key
        self._count = 0
        self._tone = ""
        self._rail = False
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_badge(self, count: int, tone: str = "") -> None:
        """A count (0 hides it); tone "", or "degraded"/"unhealthy" for Health only."""
        self._count, self._tone = count, tone
        self._name()
        self.update()

    def set_rail(self, on: bool) -> None:
        """Icon only, the words in the tool-tip."""
        self._rail = on
        self.setToolTip(self.text() if on else "")
        self.updateGeometry()
        self.update()

    def set_label(self, text: str) -> None:
        """Other words (language change)."""
        self.setText(text)
        self._name()
        self.update()

    def _name(self) -> None:
        many = t("nav.badge", name=self.text(), count=self._count)
        self.setAccessibleName(many if self._count else self.text())

    def sizeHint(self) -> QSize:
        return QSize(RAIL_WIDTH if self._rail else SIDEBAR_WIDTH - 16, density().nav)

    def minimumSizeHint(self) -> QSize:
        return QSize(RAIL_WIDTH - 12, density().nav)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        on = self.isChecked()
        if on or self.underMouse():
            round_rect(painter, box, RADIUS_FIELD, palette.ink("nav_on" if on else "hover"), None)
        if on:
            bar = QRectF(0, box.center().y() - 8, 3, 16)
            round_rect(painter, bar, 1.5, palette.ink("accent"), None)
        ink = "accent" if on else "text_2"
        left = (box.width() - 20) / 2 if self._rail else 10.0
        draw_icon(painter, QRectF(left, 0, 20, box.height()), self._icon, ink, weight="fill" if on else "regular")
        if self._rail:
            if self._count:
                wide = badge_width(str(self._count))
                draw_badge(painter, min(box.right(), left + 16 + wide), 9, str(self._count), self._tone)
        else:
            right = box.right() - 10
            if self._count:
                right -= draw_badge(painter, right, box.center().y(), str(self._count), self._tone) + 6
            elif self._key:
                wide = key_hint_width(self._key)
                cap = QRectF(right - wide, 0, wide, box.height())
                draw_key_hint(painter, cap, " ".join(key_words(self._key)), "text_3", "btn_border")
                right -= wide + 6
            room = QRectF(40, 0, right - 40, box.height())
            draw_text(painter, room, self.text(), "strong" if on else "body", "text" if on else "text_2")
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_FIELD)


class WorkspaceSwitch(PaintedButton):
    """`WorkspaceSwitch(name, note)`: initials, name and one fact; a click opens the list of workspaces."""

    def __init__(self, name: str, note: str = "", parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._note = note
        self._rail = False
        self.set_workspace(name, note)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_workspace(self, name: str, note: str) -> None:
        """Another workspace."""
        self.setText(name)
        self._note = note
        self.setAccessibleName(f"{t('nav.workspace')}: {name}")
        self.setAccessibleDescription(note)
        self.update()

    def set_rail(self, on: bool) -> None:
        """Initials only."""
        self._rail = on
        self.setToolTip(self.text() if on else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDEBAR_WIDTH - 16, 44)

    def minimumSizeHint(self) -> QSize:
        return QSize(RAIL_WIDTH - 12, 44)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        box = QRectF(self.rect())
        if self.underMouse():
            round_rect(painter, box, RADIUS_FIELD, theme().ink("hover"), None)
        # First letters as they stand: upper() would spoil a Turkish i.
        initials = "".join(part[0] for part in self.text().split()[:2])
        left = (box.width() - 28) / 2 if self._rail else 8.0
        tile = QRectF(left, box.center().y() - 14, 28, 28)
        round_rect(painter, tile, RADIUS_FIELD, theme().ink("accent"), None)
        draw_text(painter, tile, initials, "small_strong", "on_accent", CENTER)
        if not self._rail:
            room = box.width() - 44 - 28
            draw_text(painter, QRectF(44, 4, room, 18), self.text(), "strong", "text")
            draw_text(painter, QRectF(44, 22, room, 16), self._note, "tiny", "text_2")
            draw_icon(painter, QRectF(box.right() - 24, 0, 14, box.height()), "caret-down", "text_2", weight="bold")
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_FIELD)


class SearchButton(PaintedButton):
    """The field-like button of the sidebar that opens the palette."""

    def __init__(self, key: str = "Ctrl+K", parent: QWidget | None = None) -> None:
        super().__init__(t("nav.search"), parent)
        self._key = key
        self._rail = False
        self.setText(t("nav.search"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_rail(self, on: bool) -> None:
        """Icon only."""
        self._rail = on
        self.setToolTip(self.text() if on else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDEBAR_WIDTH - 16, 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(RAIL_WIDTH - 12, 30)

    def paintEvent(self, event: object) -> None:
        del event
        painter = QPainter(self)
        palette = theme()
        box = QRectF(self.rect())
        left = 9.0
        if self._rail:
            left = (box.width() - 16) / 2
        else:
            round_rect(painter, box, RADIUS_FIELD, palette.ink("surface"), palette.ink("border"))
        draw_icon(painter, QRectF(left, 0, 16, box.height()), "magnifying-glass", "text_2")
        if not self._rail:
            wide = key_hint_width(self._key)
            draw_text(painter, QRectF(32, 0, box.width() - 46 - wide, box.height()), self.text(), "body", "text_3")
            cap = QRectF(box.right() - wide - 6, 0, wide, box.height())
            draw_key_hint(painter, cap, " ".join(key_words(self._key)), "text_3", "btn_border")
        if self.hasFocus():
            draw_ring(painter, box, RADIUS_FIELD)


__all__ = ["RAIL_WIDTH", "SIDEBAR_WIDTH", "NavItem", "SearchButton", "WorkspaceSwitch"]
