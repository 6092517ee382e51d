"""Numbers and shapes that fakes of JSON vendors share: money in kuruş written exactly, queries and bodies checked field by field.

No binary fraction may ever stand between an amount and the wire, and a field that no document names is never let through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar, TypeGuard

MINUTE, HOUR, DAY = 60, 3600, 86_400
#: Türkiye has kept UTC+3 all year since 2016.
ISTANBUL = timezone(timedelta(hours=3))
_MARK = "\x01"
_PLAIN = str.maketrans("çğıöşüâîûÇĞİIÖŞÜÂÎÛ", "cgiosuaiucgiiosuaiu")
_MARKED = re.compile(r'"\\u0001(-?\d+(?:\.\d+)?)"')


def decimal_text(kurus: int) -> str:
    """19990 -> "199.90"."""
    sign, rest = ("-", -kurus) if kurus < 0 else ("", kurus)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def number(kurus: int) -> str:
    """A mark that `render` writes as a bare JSON number with two decimals."""
    return _MARK + decimal_text(kurus)


def render(data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return _MARKED.sub(r"\1", text).encode()


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return _MARK + format(value, "f")
    raise TypeError(f"no JSON for {type(value).__name__}")


def iso(at: int) -> str:
    """Epoch seconds -> ISO 8601 UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def local(at: int, form: str) -> str:
    """Epoch seconds -> the wall clock of Istanbul in strftime's `form`."""
    return datetime.fromtimestamp(at, ISTANBUL).strftime(form)


def slug(name: str) -> str:
    """Words of an address: Turkish letters without their marks, everything else that is no ASCII letter or digit a dash."""
    plain = name.translate(_PLAIN).casefold()
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in plain).split())


def is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def kurus_of(value: Any) -> int | None:
    """A JSON number above zero with at most two decimals, in kuruş; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
        return None
    amount = Decimal(value) * 100
    return int(amount) if amount == amount.to_integral_value() else None


def _is_id(value: Any) -> bool:
    """A record's number, bare or in quotes: for fields whose documents show both or tell no type."""
    return is_int(value) or (isinstance(value, str) and re.fullmatch(r"\d{1,18}", value, re.ASCII) is not None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "int": is_int, "number": _is_number, "id": _is_id, "text": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool), "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}  # fmt: skip


def complaint(row: Any, spec: Mapping[str, str]) -> str:
    """What is wrong with a JSON object's form, '' when nothing is. `spec`: field -> kind, with a trailing `!` when required.

    A field that is not in `spec` is refused, null counts as absent, and a number in quotes is no number.
    """
    if not isinstance(row, dict):
        return "nesne bekleniyordu"
    for name in row:
        if name not in spec:
            return f"{name}: bilinmeyen alan"
    for name, kind in spec.items():
        value = row.get(name)
        if value is None:
            if kind.endswith("!"):
                return f"{name} zorunludur"
        elif not _KINDS[kind.rstrip("!")](value):
            return f"{name}: tür hatalı"
    return ""


def parsed(body: bytes) -> Any:
    """JSON with fractions as Decimal. Raises ValueError; NaN and Infinity are no JSON."""
    return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


class Refusal(Exception):
    """An answer that is an error. Each vendor's wire has its own kind; `key` is where most of them put the message."""

    key: ClassVar[str] = "message"

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}

    def body(self) -> Any:
        """What is answered; a string is plain text."""
        return {self.key: self.message}


@dataclass(frozen=True)
class Form:
    """Checks of form that refuse with what the vendor's `bad` makes of a message."""

    bad: Callable[[str], Refusal]

    def formed(self, data: Any, spec: Mapping[str, str]) -> None:
        wrong = complaint(data, spec)
        if wrong:
            raise self.bad(wrong)

    def whole(self, params: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
        raw = params.get(name)
        if raw is None:
            return default
        if not re.fullmatch(r"\d{1,9}", raw, re.ASCII) or not low <= int(raw) <= high:
            raise self.bad(f"{name} {low} ile {high} arasında bir tam sayı olmalıdır")
        return int(raw)


@dataclass(frozen=True)
class Call:
    """One request after it was let in. `query` is in the order sent; `now` is the sandbox clock in whole epoch seconds."""

    path: dict[str, str]
    query: tuple[tuple[str, str], ...]
    body: bytes
    now: int
    form: Form

    def params(self, *known: str) -> dict[str, str]:
        """The query, each name once and all of them known."""
        names = [name for name, _ in self.query]
        for name in names:
            if name not in known or names.count(name) > 1:
                raise self.form.bad(f"{name}: geçersiz parametre")
        return dict(self.query)

    def json(self, spec: Mapping[str, str]) -> dict[str, Any]:
        """The body as an object of that form; fractions become Decimal."""
        try:
            data = parsed(self.body)
        except ValueError:
            raise self.form.bad("İstek gövdesi geçerli bir JSON değil") from None
        self.form.formed(data, spec)
        found: dict[str, Any] = data
        return found
