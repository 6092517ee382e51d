"""Takes vault values out of any text: log lines, crash reports, diagnostics. Plain, base64, URL-coded, escaped, cut.

Never the only guard: secrets print as dots by themselves. Values shorter than four characters cannot be told from
ordinary text and are left.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

from app.contracts import DOTS

SHORTEST = 4  # characters of a value that is looked for
EDGE = 6  # this many first or last characters of a value give it away
_KEY = 4  # characters by which patterns are looked up
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
# How public things begin and end: an address, a header, a key file. They would make all text dots and tell nothing.
_PUBLIC_EDGES = frozenset(("https:", "http:/", "Bearer", "Basic ", "-----B", '{"type', "-----\n", "------", "-----"))
_LINE = 16  # a line this long of a value of several lines (a key file) is looked for by itself
_HEX = re.compile(r"%[0-9A-F]{2}")
_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")

# From a hit in a text (start, end) to all that has to go.
_Grow = Callable[[str, int, int], tuple[int, int]]


class Redactor:
    """`get_values` gives the plain secrets of this moment (`Vault.values`); the patterns are remade when they change."""

    def __init__(self, get_values: Callable[[], Iterable[str]]) -> None:
        self._get_values = get_values
        self._made_for: frozenset[str] = frozenset()
        self._patterns: dict[str, list[tuple[str, _Grow]]] = {}

    def redact(self, text: str) -> str:
        """The text with `•••` for every trace of a vault value."""
        spans = self._spans(text)
        if not spans:
            return text
        out: list[str] = []
        at = 0
        for start, end in _merged(spans):
            out += (text[at:start], DOTS)
            at = end
        return "".join((*out, text[at:]))

    def finds(self, text: str) -> bool:
        """Whether any trace of a vault value is in the text: for the scan of a diagnostics bundle."""
        return bool(self._spans(text))

    def _spans(self, text: str) -> list[tuple[int, int]]:
        patterns = self._current()
        spans: list[tuple[int, int]] = []
        if not patterns:
            return spans
        for at in range(len(text) - _KEY + 1):
            for pattern, grow in patterns.get(text[at : at + _KEY], ()):
                if text.startswith(pattern, at):
                    spans.append(grow(text, at, at + len(pattern)))
        return spans

    def _current(self) -> dict[str, list[tuple[str, _Grow]]]:
        values = frozenset(_looked_for(self._get_values()))
        if values != self._made_for:
            patterns: dict[str, dict[str, _Grow]] = {}
            for value in values:
                for pattern, grow in _traces(value):
                    if len(pattern) >= _KEY:
                        patterns.setdefault(pattern[:_KEY], {}).setdefault(pattern, grow)
            self._patterns = {head: list(found.items()) for head, found in patterns.items()}
            self._made_for = values
        return self._patterns


def _looked_for(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        # Half a surrogate pair is no text and cannot be encoded; nothing sends it anywhere.
        clean = value.encode("utf-8", "replace").decode()
        lines = clean.splitlines()
        if len(clean) >= SHORTEST:
            yield clean
        if len(lines) > 1:
            yield from (line for line in lines if len(line) >= _LINE and not line.startswith("-----"))


def _stay(text: str, start: int, end: int) -> tuple[int, int]:
    return start, end


def _whole_run(text: str, start: int, end: int) -> tuple[int, int]:
    """All of the base64 around: its neighbours hold the value's first and last bits."""
    while start > 0 and text[start - 1] in _BASE64:
        start -= 1
    while end < len(text) and text[end] in _BASE64:
        end += 1
    return start, end


def _traces(value: str) -> Iterator[tuple[str, _Grow]]:
    """Every pattern that gives the value away, and how far a hit reaches."""
    for form in _forms(value):
        yield form, _stay
    for code in _base64_cores(value):
        yield code, _whole_run
    if len(value) > EDGE:

        def from_start(text: str, start: int, end: int) -> tuple[int, int]:
            # A value that was cut: all that agrees with it goes, not only its first six.
            length = end - start
            while length < len(value) and end < len(text) and text[end] == value[length]:
                end, length = end + 1, length + 1
            return start, end

        def from_end(text: str, start: int, end: int) -> tuple[int, int]:
            at = len(value) - (end - start)
            while at > 0 and start > 0 and text[start - 1] == value[at - 1]:
                start, at = start - 1, at - 1
            return start, end

        for edge, grow in ((value[:EDGE], from_start), (value[-EDGE:], from_end)):
            if edge in _PUBLIC_EDGES or len(set(edge)) < 2:
                continue
            yield edge, grow
            for form in _forms(edge):
                yield form, _stay
            for code in _base64_cores(edge):
                yield code, _whole_run


def _forms(value: str) -> set[str]:
    """The value as it looks in a URL, in JSON (once and twice), in XML and in Python's repr."""
    forms = {value}
    for coded in (quote(value, safe=""), quote(value), quote_plus(value), quote(value, safe="-_.!~*'()")):
        forms |= {coded, _HEX.sub(lambda hit: hit.group().lower(), coded)}
    once = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    once |= {text.replace("/", "\\/") for text in once}
    for text in set(once):
        once.add(_ESCAPE.sub(lambda hit: "\\u" + hit.group()[2:].upper(), text))
    forms |= once | {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for text in once for ascii_only in (True, False)}
    forms |= {html.escape(value, quote=True), html.escape(value, quote=False)}
    forms |= {html.escape(value).replace("&#x27;", "&apos;"), repr(value)[1:-1], repr(value.encode())[2:-1]}
    return forms


def _base64_cores(value: str) -> Iterator[str]:
    """What is sure to be seen of the value in base64, wherever it begins in what was encoded (`user:value`)."""
    raw = value.encode()
    for shift in range(3):
        first = -(-shift * 8 // 6)  # characters that hold bits of what stands before
        last = (shift + len(raw)) * 8 // 6  # and from here on of what follows
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * shift + raw).decode()[first:last]
            if len(core) >= EDGE - 1:
                yield core


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, end = -1, -1
    for left, right in sorted(spans):
        if left <= end:
            end = max(end, right)
        else:
            if end >= 0:
                yield start, end
            start, end = left, right
    yield start, end


class RedactFilter(logging.Filter):
    """Put it on every handler (a filter on a logger does not see what its children log)."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        redact = self._redactor.redact
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: a log line must not raise
            text = f"{record.msg} {record.args!r}"
        record.msg, record.args = redact(text), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = record.exc_text or "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        # The exception itself holds its texts in the clear, and another handler might format it anew.
        record.exc_info = None
        record.exc_text = redact(record.exc_text) if record.exc_text else None
        record.stack_info = redact(record.stack_info) if record.stack_info else None
        for name, value in list(record.__dict__.items()):
            if name not in _STANDARD:
                told = value if isinstance(value, str) else repr(value)
                clean = redact(told)
                if clean != told:
                    record.__dict__[name] = clean
        return True


_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"message", "asctime", "taskName"}
