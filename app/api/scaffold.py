"""Writes the four files of a new integration: manifest, client, fake server, test. A working example of a made-up vendor, which
claims nothing: its author replaces the facts. Must never overwrite a file.
"""

from __future__ import annotations

import json
import keyword
import re
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Literal, get_args

from app.contracts import parse_manifest
from app.contracts.catalogue import INDEX
from app.contracts.indexing import build_index, write_index
from app.contracts.manifest import Category
from app.model import clean, fold

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "resources" / "templates" / "provider"
#: Where a category's integrations lie; the others have a folder of their own name.
FOLDERS = {"marketplace-tr": "marketplaces", "marketplace-world": "marketplaces", "shop": "shops"}
_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
LONGEST = 40


class ScaffoldError(ValueError):
    """Nothing was written. `value` is what was wrong; the words are `cli.scaffold.<reason>`."""

    def __init__(self, reason: Literal["id", "category", "exists"], value: str) -> None:
        super().__init__(f"{reason}: {value}")
        self.reason, self.value = reason, value


def scaffold(root: Path, id_: str, name: str, category: str, website: str) -> list[Path]:
    """The files written under `root` (the folder that holds `providers` and `tests`); a catalogue index there is renewed.

    Raises ScaffoldError, and ManifestError when a manifest that lies there already cannot be read.
    """
    if len(id_) > LONGEST or _ID.fullmatch(id_) is None or keyword.iskeyword(id_):
        raise ScaffoldError("id", id_)
    if category not in get_args(Category):
        raise ScaffoldError("category", category)
    providers, folder = root / "providers", FOLDERS.get(category, category)
    name = clean(name, 60) or id_
    for entry in build_index(providers):
        if entry.id == id_ or fold(name) in (fold(entry.name), *(fold(alias) for alias in entry.aliases)):
            raise ScaffoldError("exists", entry.id)
    values = _values(id_, name, category, clean(website, 120), folder)
    files = {
        providers / folder / f"{id_}.toml": "manifest",
        providers / folder / f"{id_}.py": "client",
        providers / "sandboxes" / f"{id_}.py": "sandbox",
        root / "tests" / "providers" / folder / f"test_{id_}.py": "test",
    }
    for path in files:
        if path.exists():
            raise ScaffoldError("exists", str(path))
    texts = {path: _filled(template, values) for path, template in files.items()}
    for path, text in texts.items():
        if path.suffix == ".toml":
            parse_manifest(text.encode(), path.name)  # before anything is written
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    if (providers / INDEX).exists():
        write_index(providers)
    return list(files)


def _values(id_: str, name: str, category: str, website: str, folder: str) -> dict[str, str]:
    """What the templates are filled with. A name may hold quotes and backslashes; code and TOML get them tamed."""
    plain = name.replace("\\", "/").replace('"', "'")
    return {
        "id": id_,
        "cls": "".join(part[0].upper() + part[1:] for part in id_.split("_")),
        "title": plain,
        "words": plain,
        "name_toml": _toml(name),
        "website_toml": _toml(website),
        "category": category,
        "folder": folder,
        "host": id_.replace("_", "-"),
        "today": datetime.now(UTC).date().isoformat(),
    }


def _toml(text: str) -> str:
    """A basic string: JSON's is one, and `clean` has taken the control characters away."""
    return json.dumps(text, ensure_ascii=False)


def _filled(template: str, values: dict[str, str]) -> str:
    return Template((TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")).substitute(values)
