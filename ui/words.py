"""The words of the window: one catalogue in force, chosen by the system's language or by the merchant.

The catalogue itself is `app.formats.words`; a visible string that is not in it must never exist.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QLocale

from app.formats.figures import Figures
from app.formats.words import LANGUAGES, PSEUDO, Words, WordsError, flatten, parameters, pseudo, read_folder

__all__ = [
    "LANGUAGES", "PSEUDO", "Words", "WordsError", "choose", "figures", "flatten", "parameters", "pseudo", "read_folder",
    "system_language", "t", "words",
]  # fmt: skip

_current: Words | None = None


def system_language() -> str:
    """ "tr" when the system speaks Turkish, else "en"."""
    for name in QLocale.system().uiLanguages() or [QLocale.system().name()]:
        short = name.replace("_", "-").split("-")[0].lower()
        if short in LANGUAGES:
            return short
    return "en"


def choose(language: str | None = None) -> Words:
    """Sets the language of the program: "tr", "en", "xx", or None for the system's. Returns its catalogue."""
    global _current
    _current = Words.load(language or system_language())
    return _current


def words() -> Words:
    """The catalogue in force (the system's language until `choose` was called)."""
    return _current if _current is not None else choose()


def t(key: str, /, **params: Any) -> str:
    """Short for `words()(key, **params)`."""
    return words()(key, **params)


def figures() -> Figures:
    """Short for `words().figures`."""
    return words().figures
