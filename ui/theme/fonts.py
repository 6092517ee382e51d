"""Type: the named styles, cached fonts and metrics. Inter and JetBrains Mono are bundled; without them the system's own
font is taken. Figures in columns ask for a style that ends in "_t" (tabular figures)."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics
from PySide6.QtWidgets import QApplication

from ui.paths import FONTS

# name → px size, line height, weight, tabular figures, mono
STYLES: dict[str, tuple[int, int, int, bool, bool]] = {
    "figure": (24, 30, 600, True, False),
    "page": (22, 28, 700, False, False),
    "page_narrow": (20, 26, 700, False, False),
    "pane": (18, 24, 600, False, False),
    "card": (14, 20, 600, False, False),
    "body": (13, 18, 400, False, False),
    "body_t": (13, 18, 400, True, False),
    "italic": (13, 18, 400, False, False),
    "medium": (13, 18, 500, False, False),
    "strong": (13, 18, 600, False, False),
    "strong_t": (13, 18, 600, True, False),
    "small": (12, 16, 400, False, False),
    "small_t": (12, 16, 400, True, False),
    "label": (12, 16, 500, False, False),
    "label_t": (12, 16, 500, True, False),
    "small_strong": (12, 16, 600, False, False),
    "tiny": (11, 14, 500, False, False),
    "tiny_strong": (11, 14, 600, True, False),
    "mono": (13, 18, 400, False, True),
    "mono_strong": (13, 18, 700, False, True),
    "mono_small": (11, 14, 400, False, True),
    "bench_title": (32, 40, 700, True, False),
    "bench_item": (24, 30, 600, False, False),
    "bench_note": (18, 24, 400, False, False),
    "bench_count": (44, 48, 700, True, False),
    "bench_verdict": (52, 60, 700, False, False),
}

_loaded: dict[str, str] = {}


def load_fonts() -> dict[str, str]:
    """Registers the bundled fonts once; {"text": family, "mono": family}. Needs a QApplication."""
    if _loaded:
        return _loaded
    families: set[str] = set()
    for file in sorted(FONTS.glob("*.ttf")):
        number = QFontDatabase.addApplicationFont(str(file))
        if number >= 0:
            families.update(QFontDatabase.applicationFontFamilies(number))
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    _loaded["text"] = "Inter" if "Inter" in families else system
    _loaded["mono"] = "JetBrains Mono" if "JetBrains Mono" in families else fixed
    return _loaded


@cache
def font(style: str) -> QFont:
    """The QFont of a style (shared: never change it, copy it). Raises KeyError for an unknown style."""
    size, _line, weight, tabular, mono = STYLES[style]
    families = load_fonts()
    made = QFont(families["mono" if mono else "text"])
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight))
    made.setItalic(style == "italic")
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


@cache
def metrics(style: str) -> QFontMetrics:
    """The metrics of a style (shared)."""
    return QFontMetrics(font(style))


def line_height(style: str) -> int:
    """Line height in px of a style."""
    return STYLES[style][1]


@cache
def width(style: str, text: str) -> int:
    """Advance of a text in px. Cached: for the few words that come again and again, not for rows' data."""
    return metrics(style).horizontalAdvance(text)


def elide(style: str, text: str, room: int) -> str:
    """The text, cut at its end with … when it is wider than `room` px."""
    return metrics(style).elidedText(text, Qt.TextElideMode.ElideRight, room)


def install(app: QApplication) -> None:
    """Makes `body` the program's font."""
    app.setFont(font("body"))
