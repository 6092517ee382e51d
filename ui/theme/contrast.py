"""WCAG 2.2 contrast, and lifting a colour until it is readable. Pure arithmetic on "#RRGGBB"; no Qt."""

from __future__ import annotations

import colorsys


def rgb(color: str) -> tuple[int, int, int]:
    """A "#RRGGBB" as three numbers 0..255. Raises ValueError for anything else."""
    if len(color) != 7 or color[0] != "#":
        raise ValueError(f"not a colour: {color!r}")
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2 definition."""
    parts = []
    for part in rgb(color):
        c = part / 255
        parts.append(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def ratio(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1..21."""
    a, b = luminance(one), luminance(other)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def lift(color: str, surface: str, goal: float) -> str:
    """The colour, made darker on a light surface or lighter on a dark one until `ratio` reaches `goal`.

    Hue stays; the colour comes back unchanged when it is readable already.
    """
    if ratio(color, surface) >= goal:
        return color
    red, green, blue = rgb(color)
    hue, light, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    step = 0.01 if luminance(surface) < 0.18 else -0.01
    found = color
    while 0.0 <= light <= 1.0:
        light = light + step
        parts = colorsys.hls_to_rgb(hue, min(max(light, 0.0), 1.0), saturation)
        found = "#" + "".join(f"{round(p * 255):02X}" for p in parts)
        if ratio(found, surface) >= goal:
            break
    return found
