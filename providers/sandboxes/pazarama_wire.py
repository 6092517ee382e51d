"""How Pazarama speaks: one envelope for everything, money twice over, local dates without an offset, refusals that are 200.

Source: reference/marketplaces-tr.md, "## Pazarama" (Auth, Envelope, Errors, Quirks) and the digest of its integration guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import ISTANBUL, Form, decimal_text, number

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", re.ASCII)


class Refusal(exact.Refusal):
    """An answer that is an error, in the envelope. A refusal of what was asked is HTTP 200; only the form is 400."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code

    def body(self) -> dict[str, Any]:
        return {
            "data": None,
            "success": False,
            "messageCode": self.code,
            "message": self.message,
            "userMessage": self.message,
            "fromCache": False,
        }


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


def money(kurus: int) -> dict[str, Any]:
    """Twice over: as a decimal number and as whole kuruş."""
    return {
        "currency": "TL", "value": number(kurus), "valueInt": kurus, "valueString": decimal_text(kurus).replace(".", ","),
    }  # fmt: skip


FORM = Form(malformed)
formed, whole = FORM.formed, FORM.whole


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
