"""A channel's accent: the dot of 8 px before its name, nowhere else. From the manifest, lifted until it is readable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ui.theme.contrast import lift
from ui.theme.tokens import Theme

# The eight that are drawn in the look's own pictures; the rest come from the manifests through `learn`.
_ACCENTS: dict[str, str] = {
    "trendyol": "#DD6300",
    "hepsiburada": "#B8430B",
    "n11": "#7A3FC0",
    "amazon": "#2B6CB0",
    "ciceksepeti": "#B8336A",
    "pazarama": "#0E8A7D",
    "woocommerce": "#7F54B3",
    "etsy": "#C45A1A",
}


def learn(accents: Mapping[str, str]) -> None:
    """Takes accents of manifests: integration id → "#RRGGBB"."""
    _ACCENTS.update(accents)
    dot.cache_clear()


@lru_cache(maxsize=1024)
def dot(integration: str, theme: Theme) -> str:
    """The dot's "#RRGGBB" on `surface`; ratio at least 3.0 on a light and 4.5 on a dark surface.

    A country's entry takes its family's colour ("amazon_de" → "amazon"); an unknown one is grey.
    """
    color = _ACCENTS.get(integration) or _ACCENTS.get(integration.split("_")[0])
    if color is None:
        return theme.offline.mark
    return lift(color, theme.surface, 4.5 if theme.dark else 3.0)
