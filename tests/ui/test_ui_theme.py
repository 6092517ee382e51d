"""Contrast recomputed from the tokens, icons and fonts that exist, schemes that switch."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget

from ui.paths import WORDS
from ui.theme import (
    CONTRAST_DARK,
    CONTRAST_LIGHT,
    DARK,
    LIGHT,
    LOOKS,
    STATES,
    Appearance,
    Scheme,
    Theme,
    channels,
    fonts,
    sheet,
    theme,
    tokens,
)
from ui.theme.contrast import lift, ratio
from ui.theme.icons import IconCache, source
from ui.words import read_folder

THEMES = [LIGHT, DARK, CONTRAST_LIGHT, CONTRAST_DARK]

TEXT_PAIRS = [
    *[
        ("text", ground)
        for ground in ("window", "surface", "selected", "changed_bg", "sidebar", "raised", "hover", "sunken")
    ],
    *[("text_2", ground) for ground in ("window", "surface", "sidebar", "selected", "hover", "raised", "badge")],
    *[("text_3", ground) for ground in ("window", "surface", "sunken", "hover")],
    *[("old_text", ground) for ground in ("surface", "changed_bg")],
    *[("accent_text", ground) for ground in ("window", "surface", "accent_soft", "selected", "raised")],
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    *[(ink, ground) for ink in ("up_text", "down_text") for ground in ("surface", "changed_bg")],
    ("on_tip", "tip"),
    ("on_critical", "critical_bg"),
    *[(f"{state}_text", ground) for state in STATES for ground in (f"{state}_bg", "surface")],
    *[(f"tier_{tier}", "surface") for tier in ("bronze", "silver")],
]
MARK_PAIRS = [
    *[("border_strong", ground) for ground in ("surface", "window")],
    *[("focus", ground) for ground in ("surface", "window")],
    *[(f"{state}_mark", "surface") for state in STATES],
    *[(f"series_{number}", "surface") for number in range(1, 7)],
    *[(f"tier_{tier}", "surface") for tier in ("bronze", "silver", "gold", "platinum")],
    ("accent", "surface"),
]


def test_contrast_formula_is_the_published_one() -> None:
    assert ratio("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", THEMES, ids=lambda s: s.name)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(scheme: Theme, ink: str, ground: str) -> None:
    least = 4.5 if not ink.startswith("tier_") else 4.0
    assert ratio(scheme.hex(ink), scheme.hex(ground)) >= least


@pytest.mark.parametrize("scheme", THEMES, ids=lambda s: s.name)
@pytest.mark.parametrize(("ink", "ground"), MARK_PAIRS)
def test_marks_can_be_seen(scheme: Theme, ink: str, ground: str) -> None:
    assert ratio(scheme.hex(ink), scheme.hex(ground)) >= 3.0


@pytest.mark.parametrize(
    ("ink", "ground", "light", "dark"),
    [
        ("text", "window", 15.3, 15.2),
        ("text_3", "hover", 4.8, 5.3),
        ("accent_text", "selected", 6.2, 5.8),
        ("healthy_text", "healthy_bg", 6.4, 8.0),
        ("frozen_mark", "surface", 4.4, 6.6),
        ("critical_bg", "on_critical", 8.4, 5.0),
    ],
)
def test_ratios_are_those_that_the_look_names(ink: str, ground: str, light: float, dark: float) -> None:
    assert ratio(LIGHT.hex(ink), LIGHT.hex(ground)) == pytest.approx(light, abs=0.06)
    assert ratio(DARK.hex(ink), DARK.hex(ground)) == pytest.approx(dark, abs=0.06)


def test_high_contrast_is_what_was_asked() -> None:
    for scheme in (CONTRAST_LIGHT, CONTRAST_DARK):
        assert scheme.window == scheme.surface
        assert scheme.text_2 == scheme.text_3 == scheme.text == scheme.border == scheme.border_strong
        assert scheme.focus_width == 3
        assert scheme.outlined_chips
        assert scheme.roles["text_2"] == scheme.text


def test_theme_of_the_systems_palette_has_every_role() -> None:
    made = tokens.from_system(QPalette())
    assert set(made.roles) == set(LIGHT.roles)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=lambda s: s.name)
def test_channel_dots_are_lifted(scheme: Theme) -> None:
    channels.learn({"boyner": "#101010", "pale": "#FFF6C0"})
    for name in ("trendyol", "hepsiburada", "n11", "amazon_de", "etsy", "boyner", "pale", "never heard of"):
        assert ratio(channels.dot(name, scheme), scheme.surface) >= (4.5 if scheme.dark else 3.0)
    assert channels.dot("amazon_de", scheme) == channels.dot("amazon", scheme)


def test_lift_leaves_what_is_readable() -> None:
    assert lift("#1B4DA8", "#FFFFFF", 4.5) == "#1B4DA8"


def test_every_state_has_its_own_shape_and_word() -> None:
    shapes = [LOOKS[state].icon for state in STATES]
    assert len(set(shapes)) == len(STATES)
    texts = read_folder(WORDS, "tr")
    assert [look.word for look in LOOKS.values() if look.word not in texts] == []


def test_icons_of_all_looks_exist(look: Appearance) -> None:
    missing = [name for name, one in LOOKS.items() if not source().has(one.icon, one.weight)]
    assert missing == []


def test_icon_cache_is_bounded_and_keyed(look: Appearance, caplog: pytest.LogCaptureFixture) -> None:
    cache = IconCache(limit=3)
    first = cache.pixmap(LIGHT, "ph.truck", "regular", 16, "text", 1.0)
    assert cache.pixmap(LIGHT, "ph.truck", "regular", 16, "text", 1.0) is first
    assert cache.pixmap(LIGHT, "ph.truck", "regular", 16, "text", 2.0).width() == 32
    cache.pixmap(DARK, "ph.truck", "regular", 16, "text", 1.0)
    cache.pixmap(LIGHT, "truck", "fill", 16, "text", 1.0)
    assert len(cache) == 3
    picture = first.toImage()
    assert any(picture.pixelColor(x, y).alpha() > 100 for x, y in itertools.product(range(16), repeat=2))
    with pytest.raises(KeyError):
        source().path("no-such-icon", "regular")
    with pytest.raises(KeyError):
        cache.pixmap(LIGHT, "truck", "regular", 16, "no-such-role", 1.0)
    stand_in = cache.pixmap(LIGHT, "no-such-icon", "regular", 16, "text", 1.0).toImage()
    assert stand_in == cache.pixmap(LIGHT, "question", "regular", 16, "text", 1.0).toImage()
    assert "no-such-icon" in caplog.text


def test_bundled_fonts_have_figures_in_columns(look: Appearance) -> None:
    assert fonts.load_fonts() == {"text": "Inter", "mono": "JetBrains Mono"}
    measure = fonts.metrics("body_t")
    assert measure.horizontalAdvance("1111") == measure.horizontalAdvance("0000")
    assert fonts.metrics("body").horizontalAdvance("1111") < fonts.metrics("body").horizontalAdvance("0000")
    raw = QRawFont.fromFont(fonts.font("body_t"))
    assert raw.familyName() == "Inter"
    assert all(raw.supportsCharacter(ord(sign)) for sign in "₺ğĞşŞıİçöü€’−→")


def test_switching_the_scheme(look: Appearance, qapp: QApplication) -> None:
    seen = []
    look.changed.connect(lambda: seen.append(theme().name))
    look.set_scheme(Scheme.DARK)
    assert theme() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.window
    assert DARK.surface in qapp.styleSheet()
    assert LIGHT.border_strong not in qapp.styleSheet()
    look.set_scheme(Scheme.CONTRAST)
    assert theme().focus_width == 3
    look.set_scheme(Scheme.LIGHT)
    assert seen[0] == "dark"
    assert seen[-1] == "light"


def test_sheet_names_only_roles() -> None:
    raw = sheet._SHEET.template
    assert not re.search(r"#[0-9A-Fa-f]{3,8}\b", raw)
    assert "$" not in sheet.sheet(LIGHT)


def test_a_tip_shows_markup_as_it_was_written(qtbot: Any, look: Appearance) -> None:
    place = QWidget()
    qtbot.addWidget(place)
    place.show()
    QToolTip.showText(QPoint(10, 10), "<b>Lamba</b> <img src='http://127.0.0.1/x.png'>", place)
    tips = [one for one in QApplication.topLevelWidgets() if one.inherits("QTipLabel")]
    assert [tip.textFormat() for tip in tips if isinstance(tip, QLabel)] == [Qt.TextFormat.PlainText]
    QToolTip.hideText()
