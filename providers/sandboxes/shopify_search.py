"""The search syntax of the fake Shopify's `query` arguments (shopify.dev "Shopify API search syntax").

Terms are joined by AND (also implied) and OR, turned by NOT or `-`, grouped by brackets. A field that the record type
does not know is ignored with a warning in `extensions.search`, as the vendor does: the trap that a misspelt filter
returns everything must stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Predicate = Callable[[Any], bool]
#: What a record says for one field: a datetime, an int, a string, or several strings (any may match).
Reader = Callable[[Any], datetime | int | str | list[str] | None]

TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<word>AND\b|OR\b|NOT\b) |
        (?P<minus>-)?(?:(?P<field>[A-Za-z_][\w.]*):)?(?P<op>>=|<=|>|<)?
        (?:'(?P<single>(?:\\.|[^'\\])*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\s()'"]+))
    )""",
    re.VERBOSE,
)


@dataclass
class Search:
    """A compiled query. `warnings` go to `extensions.search` of the answer."""

    matches: Predicate
    warnings: list[dict[str, str]] = field(default_factory=list)


class BadQueryError(ValueError):
    """The query text breaks the grammar."""


def compile_query(text: str | None, readers: Mapping[str, Reader], default: Reader, now: datetime) -> Search:
    """Turn query text into a predicate. `readers` are the fields of the record type, `default` the bare-word text."""
    if not text or not text.strip():
        return Search(lambda _: True)
    return _Parser(text, readers, default, now).parse()


class _Parser:
    def __init__(self, text: str, readers: Mapping[str, Reader], default: Reader, now: datetime) -> None:
        self.readers, self.default, self.now = readers, default, now
        self.warnings: list[dict[str, str]] = []
        self.tokens: list[re.Match[str]] = []
        at = 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if found is None:
                raise BadQueryError(f"cannot read the query at {text[at : at + 20]!r}")
            self.tokens.append(found)
            at = found.end()
        self.at = 0

    def parse(self) -> Search:
        predicate = self._or()
        if self.at < len(self.tokens):
            raise BadQueryError("unbalanced bracket")
        return Search(predicate, self.warnings)

    def _peek(self, group: str, value: str | None = None) -> bool:
        if self.at >= len(self.tokens):
            return False
        found = self.tokens[self.at].group(group)
        return found is not None and (value is None or found == value)

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._peek("word", "OR"):
            self.at += 1
            parts.append(self._and())
        return (lambda record: any(part(record) for part in parts)) if len(parts) > 1 else parts[0]

    def _and(self) -> Predicate:
        parts = [self._not()]
        while self.at < len(self.tokens) and not self._peek("close") and not self._peek("word", "OR"):
            if self._peek("word", "AND"):
                self.at += 1
            parts.append(self._not())
        return lambda record: all(part(record) for part in parts)

    def _not(self) -> Predicate:
        if self.at >= len(self.tokens):
            raise BadQueryError("a term is missing")
        if self._peek("word", "NOT"):
            self.at += 1
            inner = self._not()
            return lambda record: not inner(record)
        token = self.tokens[self.at]
        self.at += 1
        if token.group("open"):
            inner = self._or()
            if not self._peek("close"):
                raise BadQueryError("a bracket is not closed")
            self.at += 1
            return inner
        if token.group("close") or token.group("word"):
            raise BadQueryError("a term is missing")
        term = self._term(token)
        return (lambda record: not term(record)) if token.group("minus") else term

    def _term(self, token: re.Match[str]) -> Predicate:
        name, comparator = token.group("field"), token.group("op") or ""
        quoted = token.group("bare") is None
        raw = token.group("single") or token.group("double") or token.group("bare") or ""
        value = re.sub(r"\\(.)", r"\1", raw) if quoted else raw
        if name is None:
            wanted = value.casefold()
            return lambda record: wanted in str(self.default(record) or "").casefold()
        reader = self.readers.get(name)
        if reader is None:
            return self._ignored(name, "invalid_field", "Invalid search field for this query.")
        if name.endswith("_at"):
            moment = self._moment(value, quoted)
            if moment is None:
                return self._ignored(name, "invalid_value", f"Input `{value}` is not an accepted time.")
            return lambda record: _compare(reader(record), comparator, moment)
        if name == "id":
            number = value.rsplit("/", 1)[-1]
            if not number.isdecimal():
                return self._ignored(name, "invalid_value", f"Input `{value}` is not an accepted id.")
            return lambda record: _compare(reader(record), comparator, int(number))
        return lambda record: _text_matches(reader(record), value)

    def _ignored(self, name: str, code: str, message: str) -> Predicate:
        self.warnings.append({"field": name, "code": code, "message": message})
        return lambda _: True

    def _moment(self, value: str, quoted: bool) -> datetime | None:
        if value == "now":
            return self.now
        if not quoted and ":" in value:
            return None  # "Date values must be a string surrounded by quotes"
        for pattern in ("%Y", "%Y-%m", "%Y-%m-%d"):
            try:
                return datetime.strptime(value, pattern).replace(tzinfo=UTC)
            except ValueError:
                continue
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _compare(found: Any, comparator: str, wanted: Any) -> bool:
    if found is None:
        return False
    if comparator == ">":
        return bool(found > wanted)
    if comparator == "<":
        return bool(found < wanted)
    if comparator == ">=":
        return bool(found >= wanted)
    if comparator == "<=":
        return bool(found <= wanted)
    return bool(found == wanted)


def _text_matches(found: Any, value: str) -> bool:
    """Whole-value match without case; commas list several values, a trailing `*` is a prefix."""
    texts = [str(one).casefold() for one in (found if isinstance(found, list) else [found]) if one is not None]
    for one in value.split(","):
        wanted = one.strip().casefold()
        if wanted == "*":
            return bool(texts)
        if wanted.endswith("*") and any(text.startswith(wanted[:-1]) for text in texts):
            return True
        if wanted in texts:
            return True
    return False
