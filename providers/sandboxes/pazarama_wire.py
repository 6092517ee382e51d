"""How Pazarama speaks: one envelope for everything, money twice over, local dates without an offset, refusals that are 200.

Source: reference/marketplaces-tr.md, "## Pazarama" (Auth, Envelope, Errors, Quirks) and the digest of its integration guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from providers.sandboxes.exact import ISTANBUL, complaint, decimal_text, number, parsed

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", re.ASCII)


class Refusal(Exception):
    """An answer that is an error, in the envelope. A refusal of what was asked is HTTP 200; only the form is 400."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def refused(code: str, message: str) -> Refusal:
    return Refusal(200, code, message)


def malformed(message: str) -> Refusal:
    return Refusal(400, "validation_error", message)


def envelope(data: Any, message: str | None = None) -> dict[str, Any]:
    return {
        "data": data,
        "success": True,
        "messageCode": None,
        "message": message,
        "userMessage": None,
        "fromCache": False,
    }


def failure(refusal: Refusal) -> dict[str, Any]:
    text = refusal.message
    return {
        "data": None,
        "success": False,
        "messageCode": refusal.code,
        "message": text,
        "userMessage": text,
        "fromCache": False,
    }


def money(kurus: int) -> dict[str, Any]:
    """Twice over: as a decimal number and as whole kuruş."""
    return {
        "currency": "TL", "value": number(kurus), "valueInt": kurus, "valueString": decimal_text(kurus).replace(".", ","),
    }  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One request after it was let in. `now` is the sandbox clock in whole epoch seconds."""

    path: dict[str, str]
    query: tuple[tuple[str, str], ...]
    body: bytes
    now: int

    def params(self, *known: str) -> dict[str, str]:
        """The query, each name once and all of them known."""
        names = [name for name, _ in self.query]
        for name in names:
            if name not in known or names.count(name) > 1:
                raise malformed(f"{name}: geçersiz parametre")
        return dict(self.query)

    def json(self, spec: Mapping[str, str]) -> dict[str, Any]:
        """The body as an object of that form; fractions become Decimal."""
        try:
            data = parsed(self.body)
        except ValueError:
            raise malformed("İstek gövdesi geçerli bir JSON değil") from None
        formed(data, spec)
        found: dict[str, Any] = data
        return found


def formed(data: Any, spec: Mapping[str, str]) -> None:
    wrong = complaint(data, spec)
    if wrong:
        raise malformed(wrong)


def whole(params: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    raw = params.get(name)
    if raw is None:
        return default
    if not re.fullmatch(r"\d{1,9}", raw, re.ASCII) or not low <= int(raw) <= high:
        raise malformed(f"{name} {low} ile {high} arasında bir tam sayı olmalıdır")
    return int(raw)


def moment(source: Mapping[str, Any], name: str) -> int | None:
    """`yyyy-MM-dd` or `yyyy-MM-ddTHH:mm`, the wall clock of Istanbul, as epoch seconds."""
    raw = source.get(name)
    if raw is None:
        return None
    if _DATE.fullmatch(raw):
        try:
            return int(datetime.fromisoformat(raw).replace(tzinfo=ISTANBUL).timestamp())
        except ValueError:
            pass
    raise malformed(f"{name} yyyy-MM-dd veya yyyy-MM-ddTHH:mm biçiminde olmalıdır")


def span(source: Mapping[str, Any], begin: str, end: str, longest: int) -> tuple[int, int] | None:
    """[begin, end): the end is exclusive. Both or none, not the wrong way round, at most `longest` seconds."""
    since, until = moment(source, begin), moment(source, end)
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise refused("date_range", f"{begin} ve {end} birlikte gönderilmelidir")
    if since > until:
        raise refused("date_range", "Başlangıç tarihi bitiş tarihinden büyük olamaz")
    if until - since > longest:
        raise refused("date_range", "Tarih aralığı 1 aydan uzun olamaz")
    return since, until


def page_of(body: Mapping[str, Any], rows: Sequence[Any], most: int = 500) -> list[Any]:
    """`pageNumber` begins at 1; what is past the end is an empty page."""
    page, size = body["pageNumber"], body["pageSize"]
    if page < 1 or not 1 <= size <= most:
        raise refused("paging", f"pageNumber 1'den başlar, pageSize en fazla {most} olabilir")
    return list(rows[(page - 1) * size : page * size])
