"""How idefix speaks: `{"message"}` errors, `yyyy/MM/dd HH:mm:ss` in Turkish time in, ISO with +03:00 out, pages from 1.

Source: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", and digests of developer.idefix.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from providers.sandboxes.exact import ISTANBUL, complaint, local, parsed


class Refusal(Exception):
    """An answer that is an error; the body is `{"message": …}`."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}


def bad(message: str) -> Refusal:
    return Refusal(400, message)


def missing(what: str) -> Refusal:
    return Refusal(404, f"{what} bulunamadı")


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
                raise bad(f"{name}: geçersiz parametre")
        return dict(self.query)

    def json(self, spec: Mapping[str, str]) -> dict[str, Any]:
        """The body as an object of that form; fractions become Decimal."""
        try:
            data = parsed(self.body)
        except ValueError:
            raise bad("İstek gövdesi geçerli bir JSON değil") from None
        formed(data, spec)
        found: dict[str, Any] = data
        return found


def formed(data: Any, spec: Mapping[str, str]) -> None:
    wrong = complaint(data, spec)
    if wrong:
        raise bad(wrong)


def whole(params: Mapping[str, str], name: str, default: int | None, most: int) -> int:
    """From 1 to `most`; past it 422, which is what makes clients fall back to smaller pages. No default: required."""
    raw = params.get(name)
    if raw is None:
        if default is None:
            raise bad(f"{name} zorunludur")
        return default
    if not re.fullmatch(r"\d{1,9}", raw, re.ASCII) or int(raw) < 1:
        raise bad(f"{name} sıfırdan büyük bir tam sayı olmalıdır")
    if int(raw) > most:
        raise Refusal(422, f"{name} en fazla {most} olabilir")
    return int(raw)


def moment(params: Mapping[str, str], name: str) -> int | None:
    """`2026/09/30 23:59:59`, the wall clock of Istanbul, as epoch seconds."""
    raw = params.get(name)
    if raw is None:
        return None
    if re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", raw, re.ASCII):
        try:
            return int(datetime.strptime(raw, "%Y/%m/%d %H:%M:%S").replace(tzinfo=ISTANBUL).timestamp())
        except ValueError:
            pass
    raise bad(f"{name} yyyy/MM/dd HH:mm:ss biçiminde olmalıdır")


def stamp(at: int) -> str:
    return local(at, "%Y-%m-%dT%H:%M:%S+03:00")


def page(rows: list[dict[str, Any]], number: int, size: int) -> dict[str, Any]:
    part = rows[(number - 1) * size : number * size]
    return {
        "totalCount": len(rows), "itemCount": len(part), "pageCount": -(-len(rows) // size), "currentPage": number, "limit": size,
        "items": part,
    }  # fmt: skip
