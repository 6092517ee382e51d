"""Colours by role, fonts, icons, style and the one sheet. The only room where a colour literal may stand.

How to use it:

- At start: `appearance().install(app, Scheme.SYSTEM, COMFORTABLE)`; later `appearance().set_scheme(Scheme.DARK)`,
  `.set_density(COMPACT)`. `appearance().changed` comes after everything is on the application.
- In a `paintEvent`: `t = theme()`, then `t.ink("text_2")`, `t.state("degraded").bg`, `draw_icon(painter, box, "truck",
  "text_2")`. Never keep a theme or a colour over paints.
- Fonts: `font("strong")`, `metrics("body")`; a style that ends in `_t` has tabular figures (numbers, SKUs, times).
- Icons: Phosphor names with or without `ph.`; weight `regular`, `fill` (state, current page) or `bold` (carets).
- States: `look_of("order.packed")` gives ink, icon and the key of the word.
- Channels: `channels.learn({id: "#RRGGBB"})` from the manifests once, `channels.dot(id, theme())` when painting.
- Widgets of Qt choose their look by property: `QPushButton` `kind` = primary | quiet | danger | link; `QFrame` `box` =
  card | footer | planbar | status | line | hair; `QLabel` `role` = text_2 | text_3 | …_text.
"""

from ui.theme.fonts import font, line_height, metrics
from ui.theme.manager import (
    BENCH,
    COMFORTABLE,
    COMPACT,
    DENSITIES,
    Appearance,
    Density,
    Scheme,
    appearance,
    density,
    draw_icon,
    draw_icon_at,
    icon,
    palette,
    pixmap,
    theme,
)
from ui.theme.states import LOOKS, Look, look_of
from ui.theme.tokens import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, STATES, Theme

__all__ = [
    "BENCH",
    "COMFORTABLE",
    "COMPACT",
    "CONTRAST_DARK",
    "CONTRAST_LIGHT",
    "DARK",
    "DENSITIES",
    "LIGHT",
    "LOOKS",
    "STATES",
    "Appearance",
    "Density",
    "Look",
    "Scheme",
    "Theme",
    "appearance",
    "density",
    "draw_icon",
    "draw_icon_at",
    "font",
    "icon",
    "line_height",
    "look_of",
    "metrics",
    "palette",
    "pixmap",
    "theme",
]
