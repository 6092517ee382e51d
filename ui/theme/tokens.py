"""The colours by role, one frozen `Theme` per scheme. The only room (with its neighbours in ui/theme) that may hold a
colour literal. Values and contrast goals are those of the look's own page; a test recomputes the ratios."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cache

from PySide6.QtGui import QColor, QPalette

from ui.theme.contrast import lift, luminance

STATES = ("healthy", "degraded", "unhealthy", "offline", "paused", "info", "rehearsal", "frozen")


@dataclass(frozen=True, slots=True)
class StateInk:
    """A state's three colours: `text` on `bg` (chip) or on a surface, `mark` for a bare icon, bar or dot."""

    text: str
    bg: str
    mark: str


@dataclass(frozen=True, slots=True, eq=False)
class Theme:
    """All colours of one scheme as "#RRGGBB", by role; `ink(role)` gives the QColor (cached)."""

    name: str
    dark: bool
    window: str
    sidebar: str
    surface: str
    raised: str
    sunken: str
    hover: str
    selected: str
    nav_on: str
    badge: str
    track: str
    hair: str
    border: str
    btn: str
    btn_border: str
    changed_bg: str
    tip: str
    border_strong: str
    focus: str
    text: str
    text_2: str
    text_3: str
    old_text: str
    accent_text: str
    on_accent: str
    up_text: str
    down_text: str
    on_tip: str
    disabled: str
    accent: str
    accent_hover: str
    accent_soft: str
    critical_bg: str
    on_critical: str
    healthy: StateInk
    degraded: StateInk
    unhealthy: StateInk
    offline: StateInk
    paused: StateInk
    info: StateInk
    rehearsal: StateInk
    frozen: StateInk
    series: tuple[str, str, str, str, str, str]
    tiers: tuple[str, str, str, str]
    scrim: str = "#0C1018"
    focus_width: int = 2
    outlined_chips: bool = False
    _roles: dict[str, str] = field(default_factory=dict, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, StateInk):
                self._roles[f"{entry.name}_text"] = value.text
                self._roles[f"{entry.name}_bg"] = value.bg
                self._roles[f"{entry.name}_mark"] = value.mark
            elif isinstance(value, str) and value.startswith("#"):
                self._roles[entry.name] = value
        for number, color in enumerate(self.series, 1):
            self._roles[f"series_{number}"] = color
        for tier, color in zip(("bronze", "silver", "gold", "platinum"), self.tiers, strict=True):
            self._roles[f"tier_{tier}"] = color

    @property
    def roles(self) -> dict[str, str]:
        """Every role name, e.g. `text`, `healthy_bg`, `series_2`, `tier_gold`, with its "#RRGGBB"."""
        return dict(self._roles)

    def hex(self, role: str) -> str:
        """The colour of a role; a "#RRGGBB" (a channel's accent) is handed through. Raises KeyError."""
        return role if role[:1] == "#" else self._roles[role]

    def ink(self, role: str) -> QColor:
        """The QColor of a role, shared: never change it, copy it."""
        return _color(self.hex(role))

    def soft(self, role: str, alpha: float) -> QColor:
        """A see-through copy, alpha 0..1."""
        color = QColor(self.hex(role))
        color.setAlphaF(alpha)
        return color

    def state(self, name: str) -> StateInk:
        """The three colours of a state of `STATES`; an unknown name is an `offline` (grey) one."""
        return getattr(self, name) if name in STATES else self.offline


@cache
def _color(text: str) -> QColor:
    return QColor(text)


# fmt: off
LIGHT = Theme(
    name="light", dark=False,
    window="#F2F4F7", sidebar="#E9ECF1", surface="#FFFFFF", raised="#FFFFFF", sunken="#F7F8FA", hover="#EEF2F7",
    selected="#DDE8FC", nav_on="#FFFFFF", badge="#DFE4EB", track="#DFE4EB", hair="#EBEEF2", border="#DCE0E7",
    btn="#FFFFFF", btn_border="#C3CAD5", changed_bg="#FFF8E1", tip="#191D24", border_strong="#7F8896", focus="#1F55C7",
    text="#191D24", text_2="#4E5664", text_3="#626B79", old_text="#626B79", accent_text="#1B4CB4", on_accent="#FFFFFF",
    up_text="#0A6239", down_text="#A61B1B", on_tip="#FFFFFF", disabled="#A0A7B3", accent="#1F55C7",
    accent_hover="#1A48AB", accent_soft="#E4ECFC", critical_bg="#9B1414", on_critical="#FFFFFF",
    healthy=StateInk("#0A6239", "#DFF3E7", "#178A50"), degraded=StateInk("#7C4300", "#FEEFD2", "#C77700"),
    unhealthy=StateInk("#A61B1B", "#FCE3E0", "#CE2F28"), offline=StateInk("#454D5B", "#E4E8ED", "#6A7382"),
    paused=StateInk("#2F5276", "#DFEAF5", "#4C7BAA"), info=StateInk("#1B4CB4", "#E4ECFC", "#1F55C7"),
    rehearsal=StateInk("#5B2A9E", "#EEE6FB", "#7A43CF"), frozen=StateInk("#0B5568", "#DCF1F6", "#12839E"),
    series=("#1B4DA8", "#B23A16", "#14958A", "#A866DE", "#54333C", "#D0780A"),
    tiers=("#9A5B2E", "#717A87", "#A87400", "#6B7C93"),
)
_DARK_SURFACE = "#1E2227"
DARK = Theme(
    name="dark", dark=True,
    window="#16191D", sidebar="#111316", surface=_DARK_SURFACE, raised="#272C32", sunken="#191C20", hover="#272C33",
    selected="#223A63", nav_on="#262B32", badge="#30363F", track="#363C45", hair="#2A2F36", border="#333941",
    btn="#2A2F36", btn_border="#454C57", changed_bg="#332C18", tip="#3A414B", border_strong="#77808D", focus="#98B9FF",
    text="#ECEEF2", text_2="#B1B8C3", text_3="#979FAB", old_text="#979FAB", accent_text="#98B9FF", on_accent="#0B1833",
    up_text="#7FDCA6", down_text="#FFA39B", on_tip="#ECEEF2", disabled="#626A75", accent="#8AB0FF",
    accent_hover="#A5C2FF", accent_soft="#22345A", critical_bg="#E5483F", on_critical="#1B0303",
    healthy=StateInk("#7FDCA6", "#173626", "#3DBB7C"), degraded=StateInk("#F6C063", "#3A2C12", "#E2A02E"),
    unhealthy=StateInk("#FFA39B", "#47211F", "#F0675E"), offline=StateInk("#B9C0CA", "#30363E", "#8C95A2"),
    paused=StateInk("#A9CBEC", "#1F3347", "#6FA3D4"), info=StateInk("#98B9FF", "#22345A", "#8AB0FF"),
    rehearsal=StateInk("#CDB4FF", "#35275A", "#A67FF0"), frozen=StateInk("#86DCEE", "#12373F", "#3FB4CC"),
    series=("#9CC7FA", "#F5A623", "#159C8E", "#B062F0", "#CC4F47", "#F4EFBE"),
    tiers=tuple(lift(c, _DARK_SURFACE, 4.5) for c in ("#9A5B2E", "#717A87", "#A87400", "#6B7C93")),  # type: ignore[arg-type]
)
# fmt: on


def high_contrast(base: Theme) -> Theme:
    """The third scheme: one background, one ink, lines in the ink, chips with a line, a ring of 3 px."""
    return replace(
        base,
        name=f"contrast-{base.name}",
        window=base.surface,
        sidebar=base.surface,
        sunken=base.surface,
        text_2=base.text,
        text_3=base.text,
        old_text=base.text,
        border=base.text,
        hair=base.text,
        btn_border=base.text,
        border_strong=base.text,
        focus_width=3,
        outlined_chips=True,
        _roles={},
    )


CONTRAST_LIGHT = high_contrast(LIGHT)
CONTRAST_DARK = high_contrast(DARK)


def from_system(palette: QPalette) -> Theme:
    """Windows in contrast mode: the system's own palette; only shapes and words of ours stay."""
    text = palette.color(QPalette.ColorRole.WindowText).name().upper()
    window = palette.color(QPalette.ColorRole.Window).name().upper()
    accent = palette.color(QPalette.ColorRole.Highlight).name().upper()
    on_accent = palette.color(QPalette.ColorRole.HighlightedText).name().upper()
    link = palette.color(QPalette.ColorRole.Link).name().upper()
    base = high_contrast(DARK if luminance(window) < 0.18 else LIGHT)
    one = StateInk(text, window, text)
    same = dict.fromkeys(("window", "sidebar", "surface", "raised", "sunken", "hover", "nav_on", "btn"), window)
    same |= dict.fromkeys(("badge", "changed_bg", "tip", "accent_soft", "selected"), window)
    inks = ("text", "text_2", "text_3", "old_text", "border", "hair", "btn_border", "border_strong", "up_text")
    same |= dict.fromkeys((*inks, "down_text", "on_tip", "track", "critical_bg"), text)
    same |= {"accent": accent, "accent_hover": accent, "on_accent": on_accent, "accent_text": link, "focus": text}
    return replace(
        base,
        name="system-contrast",
        on_critical=window,
        series=(text,) * 6,
        tiers=(text,) * 4,
        _roles={},
        **same,
        **dict.fromkeys(STATES, one),
    )
