"""Where the data of the program lie. Never a machine's own path: everything is found from this file."""

from __future__ import annotations

from pathlib import Path

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
WORDS = RESOURCES / "words"
FONTS = RESOURCES / "fonts"
