"""Phosphor icons by name, painted from the font file that QtAwesome ships, as vector paths, through one cache.

QtAwesome itself is not imported: its first icon loads ten fonts and their tables, which would cost the start. Names are
those of its `ph.` prefix ("ph.truck" and "truck" are the same)."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections import OrderedDict
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPixmap, QRawFont, QTransform

from ui.theme.tokens import Theme

_log = logging.getLogger(__name__)

WEIGHTS = {"regular": "", "fill": "-fill", "bold": "-bold"}
_EM = 256.0


class IconSource:
    """The glyphs of the font, as paths in a box of 1 × 1."""

    def __init__(self) -> None:
        folder = _font_folder()
        files = sorted(folder.glob("phosphor-*.ttf"))
        tables = sorted(folder.glob("phosphor-charmap-*.json"))
        if not files or not tables:
            raise FileNotFoundError("the Phosphor font of QtAwesome is missing")
        self._chars: dict[str, str] = json.loads(tables[-1].read_text(encoding="utf-8"))
        self._raw = QRawFont(str(files[-1]), _EM)
        self._paths: dict[tuple[str, str], QPainterPath] = {}

    def has(self, name: str, weight: str = "regular") -> bool:
        """Whether the icon exists in that weight."""
        return _plain(name) + WEIGHTS[weight] in self._chars

    def path(self, name: str, weight: str) -> QPainterPath:
        """The outline in a unit box. Raises KeyError for an unknown name."""
        key = (name, weight)
        found = self._paths.get(key)
        if found is None:
            code = self._chars[_plain(name) + WEIGHTS[weight]]
            glyph = self._raw.glyphIndexesForString(chr(int(code, 16)))[0]
            outline = self._raw.pathForGlyph(glyph)
            height = self._raw.ascent() + self._raw.descent()
            scale = 1.0 / height
            move = QTransform.fromScale(scale, scale)
            outline.translate(0.0, self._raw.ascent())
            outline.setFillRule(Qt.FillRule.WindingFill)
            found = move.map(outline)
            self._paths[key] = found
        return found


def _plain(name: str) -> str:
    return name[3:] if name.startswith("ph.") else name


def _font_folder() -> Path:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("QtAwesome is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "fonts"


@cache
def source() -> IconSource:
    """The one source of glyphs; needs a QGuiApplication."""
    return IconSource()


class IconCache:
    """Pixmaps keyed by (name, weight, size, colour, device pixel ratio); bounded; dropped on theme change."""

    def __init__(self, limit: int = 800) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str, int, str, float], QPixmap] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Forgets all pixmaps; on theme change."""
        self._kept.clear()

    def pixmap(self, theme: Theme, name: str, weight: str, size: int, role: str, dpr: float) -> QPixmap:
        """A square pixmap of `size` logical px in the colour of `role`. An unknown name is a question mark and
        is logged; an unknown role raises KeyError."""
        key = (name, weight, size, theme.hex(role), dpr)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        ink = theme.ink(role)
        try:
            outline = source().path(name, weight)
        except KeyError:
            # An error inside a paint event can take the process down; a question mark is seen and costs nothing.
            _log.error("no icon %r in weight %r", name, weight)
            outline = source().path("question", "regular")
        pixmap = QPixmap(round(size * dpr), round(size * dpr))
        pixmap.setDevicePixelRatio(dpr)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(size, size)
            painter.fillPath(outline, ink)
        finally:
            painter.end()
        self._kept[key] = pixmap
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return pixmap


def draw(painter: QPainter, cache_: IconCache, theme: Theme, box: QRectF, name: str, weight: str, role: str) -> None:
    """Paints an icon centred in a box; the icon is as large as the box's shorter side."""
    size = int(min(box.width(), box.height()))
    device = painter.device()
    dpr = device.devicePixelRatioF() if device is not None else 1.0
    pixmap = cache_.pixmap(theme, name, weight, size, role, dpr)
    painter.drawPixmap(QPointF(box.center().x() - size / 2, box.center().y() - size / 2), pixmap)


def make_icon(cache_: IconCache, theme: Theme, name: str, weight: str, size: int, role: str) -> QIcon:
    """A QIcon for buttons and menus, with a disabled look, at 1× and 2×."""
    icon = QIcon()
    for dpr in (1.0, 2.0):
        icon.addPixmap(cache_.pixmap(theme, name, weight, size, role, dpr), QIcon.Mode.Normal)
        icon.addPixmap(cache_.pixmap(theme, name, weight, size, "disabled", dpr), QIcon.Mode.Disabled)
    return icon


def icon_size(size: int) -> QSize:
    """A square QSize."""
    return QSize(size, size)
