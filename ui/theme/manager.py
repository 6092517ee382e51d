"""Which theme, density and motion are in force, and putting them on the application. One `Appearance` per process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from ui.theme import fonts, icons
from ui.theme.focus import FocusRing
from ui.theme.sheet import sheet
from ui.theme.style import PaxStyle
from ui.theme.tokens import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Theme, from_system


class Scheme(StrEnum):
    """What the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


@dataclass(frozen=True, slots=True)
class Density:
    """Heights in px; density changes heights, never type."""

    name: str
    row: int
    header: int
    button: int
    small: int
    nav: int


COMFORTABLE = Density("comfortable", row=34, header=30, button=32, small=26, nav=32)
COMPACT = Density("compact", row=28, header=30, button=28, small=24, nav=28)
BENCH = Density("bench", row=116, header=30, button=48, small=48, nav=32)
DENSITIES = {d.name: d for d in (COMFORTABLE, COMPACT, BENCH)}


class Appearance(QObject):
    """Scheme, density, motion. `changed` comes after palette and sheet are on the application."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.density: Density = COMFORTABLE
        self.scheme = Scheme.SYSTEM
        self.reduce_motion = False
        self.icons = icons.IconCache()
        self._app: QApplication | None = None
        self._ring: FocusRing | None = None

    def install(self, app: QApplication, scheme: Scheme = Scheme.SYSTEM, density: Density = COMFORTABLE) -> None:
        """Style, fonts, palette and sheet onto the application; follows the system's scheme from now on."""
        fonts.install(app)
        self.density = density
        self.scheme = scheme
        if self._app is not app:
            self._app = app
            app.setStyle(PaxStyle(lambda: self.theme, self.icons, lambda: self.density.button))
            self._ring = FocusRing(app, lambda: self.theme)
            app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.set_scheme(scheme)

    def set_scheme(self, scheme: Scheme) -> None:
        """Light, dark, high contrast, or as the system says; the native title bar follows."""
        self.scheme = scheme
        wanted = {Scheme.LIGHT: Qt.ColorScheme.Light, Scheme.DARK: Qt.ColorScheme.Dark}
        QGuiApplication.styleHints().setColorScheme(wanted.get(scheme, Qt.ColorScheme.Unknown))
        self._put_on()

    def set_density(self, density: Density) -> None:
        """Heights of rows, buttons and fields from now on."""
        if density is not self.density:
            self.density = density
            self._put_on()

    def set_reduce_motion(self, on: bool) -> None:
        """No animation at all."""
        self.reduce_motion = on

    def motion_ms(self) -> int:
        """How long a drawer or toast moves; 0 means: at once."""
        return 0 if self.reduce_motion else 120

    def _system_changed(self) -> None:
        if self.scheme in (Scheme.SYSTEM, Scheme.CONTRAST):
            self._put_on()

    def _choose(self) -> Theme:
        hints = QGuiApplication.styleHints()
        dark = hints.colorScheme() == Qt.ColorScheme.Dark
        if self.scheme is Scheme.LIGHT:
            return LIGHT
        if self.scheme is Scheme.DARK:
            return DARK
        if self.scheme is Scheme.CONTRAST:
            return CONTRAST_DARK if dark else CONTRAST_LIGHT
        asked = getattr(hints, "accessibility", None)  # Qt 6.10 and later
        wish = getattr(asked(), "contrastPreference", None) if asked is not None else None
        if wish is not None and wish() == Qt.ContrastPreference.HighContrast:
            if sys.platform == "win32" and self._app is not None:
                return from_system(self._app.style().standardPalette())
            return CONTRAST_DARK if dark else CONTRAST_LIGHT
        return DARK if dark else LIGHT

    def _put_on(self) -> None:
        self.theme = self._choose()
        self.icons.clear()
        if self._app is not None:
            self._app.setPalette(palette(self.theme))
            self._app.setStyleSheet(sheet(self.theme))
        self.changed.emit()


def palette(theme: Theme) -> QPalette:
    """The QPalette of a theme."""
    made = QPalette()
    role = QPalette.ColorRole
    plan = {
        role.Window: "window",
        role.WindowText: "text",
        role.Text: "text",
        role.Base: "surface",
        role.AlternateBase: "sunken",
        role.Button: "btn",
        role.ButtonText: "text",
        role.Highlight: "selected",
        role.HighlightedText: "text",
        role.Accent: "accent",
        role.Link: "accent_text",
        role.LinkVisited: "accent_text",
        role.PlaceholderText: "text_3",
        role.ToolTipBase: "tip",
        role.ToolTipText: "on_tip",
        role.Light: "surface",
        role.Midlight: "hair",
        role.Mid: "border",
        role.Dark: "border_strong",
        role.Shadow: "border_strong",
        role.BrightText: "down_text",
    }
    for entry, name in plan.items():
        made.setColor(entry, theme.ink(name))
    for entry in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, entry, theme.ink("disabled"))
    return made


_appearance: Appearance | None = None


def appearance() -> Appearance:
    """The one `Appearance` of the process."""
    global _appearance
    if _appearance is None:
        _appearance = Appearance()
    return _appearance


def theme() -> Theme:
    """The theme in force; ask at paint time, never keep it."""
    return appearance().theme


def density() -> Density:
    """The heights in force."""
    return appearance().density


def pixmap(name: str, size: int = 16, role: str = "text_2", *, weight: str = "regular", dpr: float = 1.0) -> QPixmap:
    """A cached icon pixmap in the colour of a role."""
    here = appearance()
    return here.icons.pixmap(here.theme, name, weight, size, role, dpr)


def icon(name: str, size: int = 16, role: str = "text_2", *, weight: str = "regular") -> QIcon:
    """A QIcon for actions and menus; make it again after `Appearance.changed`."""
    here = appearance()
    return icons.make_icon(here.icons, here.theme, name, weight, size, role)


def draw_icon(painter: QPainter, box: QRectF, name: str, role: str, *, weight: str = "regular") -> None:
    """Paints an icon centred in a box, as large as its shorter side."""
    here = appearance()
    icons.draw(painter, here.icons, here.theme, box, name, weight, role)


def draw_icon_at(
    painter: QPainter, x: float, y: float, size: int, name: str, role: str, weight: str = "regular"
) -> None:
    """Paints an icon with its top left corner at (x, y)."""
    here = appearance()
    device = painter.device()
    dpr = device.devicePixelRatioF() if device is not None else 1.0
    painter.drawPixmap(QPointF(x, y), here.icons.pixmap(here.theme, name, weight, size, role, dpr))
