"""The words that people read, by key, from `resources/words/*_tr.toml` and `*_en.toml`, merged. A number in a text is
written the language's way by itself; Turkish suffixes come from `app.formats.suffix`. What must never happen: a visible string
that is not in the catalogue, or a key that only one language has (a test compares them)."""

from __future__ import annotations

import locale
import os
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.formats.figures import Figures
from app.formats.suffix import CASES, with_suffix

LANGUAGES = ("tr", "en")
WORDS = Path(__file__).resolve().parent.parent.parent / "resources" / "words"
PSEUDO = "xx"
_FORMS = {"one", "other"}
_LONGER = str.maketrans("aeiounsgczyAEIOUNSGCZY", "áéíóúñšĝčžýÁÉÍÓÚÑŠĜČŽÝ")

Text = str | dict[str, str]


class WordsError(ValueError):
    """The catalogue's files are wrong: a doubled key, a leaf that is no text, a plural without `other`."""


def flatten(tree: Mapping[str, Any], where: str = "") -> dict[str, Text]:
    """TOML tables by area → {"area.key": text or {one, other}}. Raises WordsError."""
    found: dict[str, Text] = {}
    for name, value in tree.items():
        key = f"{where}{name}"
        if isinstance(value, str):
            found[key] = value
        elif isinstance(value, dict) and "other" in value and set(value) <= _FORMS:
            if not all(isinstance(v, str) for v in value.values()):
                raise WordsError(f"{key}: a plural's forms must be texts")
            found[key] = dict(value)
        elif isinstance(value, dict):
            found.update(flatten(value, f"{key}."))
        else:
            raise WordsError(f"{key}: not a text")
    return found


def read_folder(folder: Path, language: str) -> dict[str, Text]:
    """All `*_<language>.toml` of a folder, merged. Raises WordsError when two files hold the same key."""
    merged: dict[str, Text] = {}
    for file in sorted(folder.glob(f"*_{language}.toml")):
        for key, text in flatten(tomllib.loads(file.read_text(encoding="utf-8"))).items():
            if key in merged:
                raise WordsError(f"{key} stands twice, again in {file.name}")
            merged[key] = text
    return merged


@lru_cache(maxsize=4)
def _kept(folder: Path, language: str) -> dict[str, Text]:
    """`read_folder`, once a process: sixty files take a tenth of a second, and every command asks."""
    return read_folder(folder, language)


def parameters(text: Text) -> frozenset[str]:
    """The names in braces that a text asks for, over all its forms."""
    forms = text.values() if isinstance(text, dict) else (text,)
    return frozenset(name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name)


def pseudo(text: str) -> str:
    """A text made longer and foreign, its parameters untouched: for finding cut texts and words outside the catalogue."""
    parts: list[str] = []
    letters = 0
    for literal, name, spec, _ in string.Formatter().parse(text):
        parts.append(literal.replace("{", "{{").replace("}", "}}").translate(_LONGER))
        letters += len(literal)
        if name is not None:
            parts.append("{" + name + (f":{spec}" if spec else "") + "}")
    return "[" + "".join(parts) + "~" * max(1, round(letters * 0.35)) + "]"


class _Writer(string.Formatter):
    """`str.format` with numbers in the language's way and `{x:+dat}` for Turkish cases."""

    def __init__(self, figures: Figures, suffixes: bool) -> None:
        super().__init__()
        self._figures = figures
        self._suffixes = suffixes

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, f"{{{key}}}") if isinstance(key, str) else super().get_value(key, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, bool):
            text = str(value)
        elif isinstance(value, int | Decimal):
            text = self._figures.number(value)
        else:
            text = str(value)
        if self._suffixes and format_spec[:1] == "+" and format_spec[1:] in CASES:
            try:
                return with_suffix(text, format_spec[1:])
            except ValueError:  # "—": nothing that could be read aloud
                return text
        return text


@dataclass(frozen=True)
class Words:
    """The words of one language. `catalogue("nav.today")`, `catalogue("orders.print", count=3)`."""

    language: str
    texts: Mapping[str, Text]

    @classmethod
    def load(cls, language: str, folder: Path = WORDS) -> Words:
        """Reads the files; language "xx" is the pseudo-locale over Turkish. Raises WordsError."""
        if language == PSEUDO:
            turkish = _kept(folder, "tr")
            made: dict[str, Text] = {
                k: pseudo(v) if isinstance(v, str) else {f: pseudo(t) for f, t in v.items()} for k, v in turkish.items()
            }
            return cls(PSEUDO, made)
        return cls(language, _kept(folder, language))

    @property
    def figures(self) -> Figures:
        """Numbers, money and dates in this language."""
        return Figures("tr" if self.language == PSEUDO else self.language)

    def has(self, key: str) -> bool:
        """Whether the key exists."""
        return key in self.texts

    def __call__(self, key: str, /, **params: Any) -> str:
        """The text of a key. A plural is chosen by the parameter `count`. A missing key reads as ⟦key⟧, so that it is
        seen, and a missing parameter as {name}; neither raises, for a word must not stop a paint event."""
        found = self.texts.get(key)
        if found is None:
            return f"⟦{key}⟧"
        if isinstance(found, dict):
            one = self.language != "tr" and params.get("count") == 1
            found = found["one"] if one and "one" in found else found["other"]
        if "{" not in found:
            return found
        return _Writer(self.figures, self.language in ("tr", PSEUDO)).vformat(found, (), params)


def system_language() -> str:
    """ "tr" when the environment or the system speaks Turkish, else "en". No Qt: the window asks Qt itself."""
    asked = next((os.environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(k)), "")
    name = asked or (locale.getlocale()[0] or "")
    return "tr" if name[:2].casefold() == "tr" or name.startswith("Turkish") else "en"
