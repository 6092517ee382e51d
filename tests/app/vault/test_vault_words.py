"""Every message key that the vault and the keyring speak has words in both languages, and no words lie idle."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).parents[3]


def words(language: str) -> dict[str, str]:
    text = (ROOT / "resources" / "words" / f"vault_{language}.toml").read_text("utf-8")
    found: dict[str, str] = tomllib.loads(text)["vault"]
    return found


def spoken() -> set[str]:
    sources = [*(ROOT / "app" / "vault").glob("*.py"), ROOT / "app" / "platform" / "keyrings.py"]
    return {key for file in sources for key in re.findall(r'"vault\.([a-z_]+)"', file.read_text("utf-8"))}


def test_words_and_keys_agree() -> None:
    assert set(words("tr")) == set(words("en")) == spoken()


def test_both_languages_fill_the_same_places() -> None:
    turkish, english = words("tr"), words("en")
    for key, text in turkish.items():
        places = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert places == {name for _, name, _, _ in Formatter().parse(english[key]) if name}, key
        assert places <= {"seconds", "backend", "reason", "least"}
        assert not text.endswith("!")
        assert text != english[key]
