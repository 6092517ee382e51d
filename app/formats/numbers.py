"""Reading numbers that people type or sheets hold. The same text reads the same on every machine: a text that two
countries read differently (1.249) is ambiguous and must be asked about, never guessed. Pure; no locale, no float."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

_LONGEST = 40  # characters; longer is no amount that a person typed
_SPACES = "\u00a0\u202f\u2007\u2009"
_QUOTES = "’ʼ`´"
_MINUS = "−–"  # what programs write for a minus
_UNIT = r"(?:₺|€|\$|£|₹|¥|zł|(?:TL|TRY|EUR|USD|GBP|PLN|CHF|JPY|INR|AED)\b)"
_FRAMED = re.compile(rf"(?:{_UNIT})?\s*([+-]?)\s*(?:{_UNIT})?\s*([0-9.,' ]*[0-9][0-9.,' ]*?)\s*(?:{_UNIT})?")


class Why(StrEnum):
    """What came of a text."""

    OK = "ok"
    BLANK = "blank"  # nothing typed: means 'no change', never zero
    AMBIGUOUS = "ambiguous"  # two readings, both in `choices`
    UNREADABLE = "unreadable"


class Reading(NamedTuple):
    """`value` is None unless `why` is OK. `choices` of an ambiguous text: first with the sign read as a thousands mark
    (1249), then as the decimal sign (1.249)."""

    why: Why
    value: Decimal | None = None
    choices: tuple[Decimal, ...] = ()


_BLANK, _UNREADABLE = Reading(Why.BLANK), Reading(Why.UNREADABLE)


def read_number(text: str) -> Reading:
    """'1.249,90', '1,249.90', '1249.9', "1'249.90", '1 249,90', '₺1.249,90', '-5'. Exponents, percent signs and other
    letters are unreadable. Thousands in threes, or the Indian way (12,34,567.00)."""
    found = _parts(text)
    if isinstance(found, Reading):
        return found
    sign, typed = found
    blanks, body = _ungroup(typed)
    if body is None:
        return _UNREADABLE
    marks = [c for c in body if c in ".,"]
    if not marks:
        return _ok(sign, body)
    last = marks[-1]
    whole, _, part = body.rpartition(last)
    if len(set(marks)) == 2:  # both signs: the last one is the decimal sign
        other = next(c for c in marks if c != last)
        if marks.count(last) > 1 or blanks or not _grouped(whole, other):
            return _UNREADABLE
        return _ok(sign, f"{whole.replace(other, '')}.{part}") if part else _UNREADABLE
    if len(marks) > 1:  # one sign, several times: thousands
        return _ok(sign, body.replace(last, "")) if not blanks and _grouped(body, last) else _UNREADABLE
    if not part:
        return _UNREADABLE
    if len(part) == 3 and not blanks and re.fullmatch(r"[1-9][0-9]{0,2}", whole):
        return Reading(Why.AMBIGUOUS, None, (_decimal(sign, whole + part), _decimal(sign, f"{whole}.{part}")))
    return _ok(sign, f"{whole or '0'}.{part}")


def read_whole(text: str) -> Reading:
    """A number of pieces: '1249', '1.249', '1,249', '1 249' are 1249. '12.000' may be twelve: ambiguous. Anything with
    a fraction is unreadable."""
    read = read_number(text)
    if read.why is Why.AMBIGUOUS:
        big, small = read.choices
        return read if small == small.to_integral_value() else Reading(Why.OK, big)
    if read.value is not None and read.value != read.value.to_integral_value():
        return _UNREADABLE
    return read if read.value is None else Reading(Why.OK, read.value.quantize(Decimal(1)))


def _parts(text: str) -> tuple[str, str] | Reading:
    """Sign and body (digits, dots, commas, blanks, quotes)."""
    plain = text
    for signs, instead in ((_SPACES, " "), (_QUOTES, "'"), (_MINUS, "-")):
        for sign in signs:
            plain = plain.replace(sign, instead)
    plain = plain.strip()
    if not plain:
        return _BLANK
    found = _FRAMED.fullmatch(plain) if len(plain) <= _LONGEST else None
    if found is None:
        return _UNREADABLE
    return found[1], found[2].strip()


def _ungroup(body: str) -> tuple[bool, str | None]:
    """Takes away blanks or quotes that stand between thousands; None when they stand elsewhere."""
    marks = {c for c in body if c in " '"}
    if not marks:
        return False, body
    cut = min((body.find(c) for c in ".," if c in body), default=len(body))
    whole, rest = body[:cut], body[cut:]
    mark = marks.pop()
    if marks or mark in rest or not re.fullmatch(rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+", whole):
        return True, None
    return True, whole.replace(mark, "") + rest


def _grouped(whole: str, mark: str) -> bool:
    """Whether the marks stand between thousands."""
    m = re.escape(mark)
    threes = re.fullmatch(rf"[0-9]{{1,3}}(?:{m}[0-9]{{3}})+", whole)
    indian = mark == "," and re.fullmatch(rf"[0-9]{{1,2}}(?:{m}[0-9]{{2}})+{m}[0-9]{{3}}", whole)
    return bool(threes or indian)


def _decimal(sign: str, digits: str) -> Decimal:
    return Decimal(f"{'-' if sign == '-' else ''}{digits}")


def _ok(sign: str, digits: str) -> Reading:
    return Reading(Why.OK, _decimal(sign, digits))
