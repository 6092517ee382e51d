"""Compact rules of JSON bodies for fakes whose vendors publish a schema: required, lengths, values, counts, unknown names.

A rule that no schema has must never stand in a table of these; what a mistake is called on the wire is the vendor's own affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from providers.sandboxes.exact import is_int

#: `name`, `!` when required, `[at least-at most]` for each array around it, then the kind.
_FIELD = re.compile(r"([\w@.\-]+)(!?)((?:\[\d*(?:-\d*)?\])*) (.+)", re.DOTALL)
_LENGTHS = re.compile(r"s(\d*)(-?)(\d*)(?:/(.+)/)?", re.DOTALL)


@dataclass(frozen=True)
class Wrong:
    """One mistake. `path`: names from the root, array places as `[0]`; `why`: unknown, missing, type, short, long, value, few, many
    or pattern; `limit`: what was allowed."""

    path: tuple[str, ...]
    why: str
    limit: str = ""

    @property
    def dotted(self) -> str:
        """`a.b[0].c`"""
        return ".".join(self.path).replace(".[", "[")


@dataclass(frozen=True)
class _Kind:
    """`name`: s, i, n, b, d, any, @Type or =."""

    name: str
    least: int = 0
    most: int = 0
    values: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class _Field:
    required: bool
    arrays: tuple[tuple[int, int], ...]
    kind: _Kind


class Forms:
    """Types from lines `Name: field kind; field kind`.

    Kinds: `s` text, `s3` of that length, `s1-35` between, with `/pattern/` at the end; `i` whole number; `n` number; `b` true or
    false; `d` a date YYYY-MM-DD; `any`; `@Type`; `=A|B` one of these texts. `bare`: an array's only member may come without its array.
    """

    def __init__(self, text: str, *, bare: bool = False) -> None:
        self._types: dict[str, dict[str, _Field]] = {}
        self._bare = bare
        for line in text.strip().splitlines():
            name, _, fields = line.partition(":")
            self._types[name.strip()] = dict(_field(one) for one in fields.split("; ") if one.strip())

    def wrong(self, type_: str, value: Any, path: tuple[str, ...] = ()) -> Iterator[Wrong]:
        """What is wrong with an object of that type: unknown names first, then in the order of the table."""
        spec = self._types[type_]
        if not isinstance(value, dict):
            yield Wrong(path, "type", "object")
            return
        for name in value:
            if name not in spec:
                yield Wrong((*path, name), "unknown")
        for name, field in spec.items():
            if value.get(name) is None:
                if field.required:
                    yield Wrong((*path, name), "missing")
            else:
                yield from self._field(field, value[name], (*path, name))

    def _field(self, field: _Field, value: Any, path: tuple[str, ...], depth: int = 0) -> Iterator[Wrong]:
        if depth == len(field.arrays):
            yield from self._one(field.kind, value, path)
            return
        least, most = field.arrays[depth]
        if not isinstance(value, list):
            if self._bare:
                yield from self._field(field, value, path, depth + 1)
            else:
                yield Wrong(path, "type", "array")
            return
        if len(value) < least:
            yield Wrong(path, "few", str(least))
        if most and len(value) > most:
            yield Wrong(path, "many", str(most))
        for i, one in enumerate(value):
            yield from self._field(field, one, (*path, f"[{i}]"), depth + 1)

    def _one(self, kind: _Kind, value: Any, path: tuple[str, ...]) -> Iterator[Wrong]:
        name = kind.name
        if name.startswith("@"):
            yield from self.wrong(name[1:], value, path)
        elif name in ("s", "=", "d"):
            if not isinstance(value, str):
                yield Wrong(path, "type", "string")
            elif name == "=" and value not in kind.values:
                yield Wrong(path, "value", ", ".join(sorted(kind.values)))
            elif name == "d" and not is_date(value):
                yield Wrong(path, "pattern", "YYYY-MM-DD")
            elif len(value) < kind.least:
                yield Wrong(path, "short", str(kind.least))
            elif kind.most and len(value) > kind.most:
                yield Wrong(path, "long", str(kind.most))
            elif kind.pattern and not kind.pattern.fullmatch(value):
                yield Wrong(path, "pattern", kind.pattern.pattern)
        elif name == "i" and not is_int(value):
            yield Wrong(path, "type", "integer")
        elif name == "n" and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
            yield Wrong(path, "type", "number")
        elif name == "b" and not isinstance(value, bool):
            yield Wrong(path, "type", "boolean")


def is_date(text: str) -> bool:
    """YYYY-MM-DD of a day that there is."""
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) and date.fromisoformat(text))
    except ValueError:
        return False


def _field(text: str) -> tuple[str, _Field]:
    found = _FIELD.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no rule: {text!r}")
    arrays = []
    for one in re.findall(r"\[([^\]]*)\]", found[3]):
        least, _, most = one.partition("-")
        arrays.append((int(least or 0), int(most or 0)))
    return found[1], _Field(bool(found[2]), tuple(arrays), _kind(found[4].strip()))


def _kind(text: str) -> _Kind:
    if text.startswith("="):
        return _Kind("=", values=frozenset(text[1:].split("|")))
    if text[0] in "@" or text in ("i", "n", "b", "d", "any"):
        return _Kind(text)
    found = _LENGTHS.fullmatch(text)
    if found is None:
        raise ValueError(f"no kind: {text!r}")
    least = int(found[1] or 0)
    most = int(found[3] or 0) if found[2] else least
    return _Kind("s", least, most, pattern=re.compile(found[4], re.ASCII) if found[4] else None)
