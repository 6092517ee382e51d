"""How N11 speaks REST: exact numbers, its error bodies by path, Spring pages, epoch milliseconds that may be shifted.

Source: reference/marketplaces-tr.md, "## N11", paragraphs Operations, Rate limits and Errors. Money is an integer of kuruş inside and a
JSON number outside; no binary fraction may ever stand between the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.sandboxes import exact

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def iso(at: int) -> str:
    """Epoch ms -> ISO 8601 UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")


class Refusal(exact.Refusal):
    """`data` is the whole body; a string is plain text."""

    def __init__(self, status: int, data: Any) -> None:
        super().__init__(status, str(data))
        self.data = data

    def body(self) -> Any:
        return self.data


def unauthorised(path: str) -> Refusal:
    """`/rest` answers 403 in plain text, everything else 401 with a typed body."""
    if path.startswith("/rest/"):
        return Refusal(403, "Authentication failed")
    return Refusal(401, {"@type": "SellerApiUserUnauthorizedException", "message": "Kullanıcı bulunamadı"})


def bad(message: str) -> Refusal:
    return Refusal(400, {"@type": "SellerApiValidationException", "message": message})


def missing(what: str) -> Refusal:
    return Refusal(404, {"@type": "SellerApiNotFoundException", "message": f"{what} bulunamadı"})


@dataclass(frozen=True)
class Call:
    """One request after it was let in. `now` is the sandbox clock in epoch ms (true UTC)."""

    path: dict[str, str]
    query: dict[str, str]
    body: bytes
    now: int

    def number(self, name: str, default: int, low: int = 0, high: int | None = None) -> int:
        raw = self.query.get(name, "")
        if not raw:
            return default
        if not re.fullmatch(r"-?\d{1,18}", raw, re.ASCII):
            raise bad(f"{name} sayı olmalıdır")
        value = int(raw)
        if value < low or (high is not None and value > high):
            raise bad(f"{name} {low} ile {high if high is not None else '∞'} arasında olmalıdır")
        return value

    def one_of(self, name: str, allowed: Sequence[str], default: str = "") -> str:
        value = self.query.get(name) or default
        if value and value not in allowed:
            raise bad(f"{name} şunlardan biri olmalıdır: {', '.join(allowed)}")
        return value

    def json(self) -> dict[str, Any]:
        """The body as an object; fractions become Decimal."""
        try:
            data = json.loads(self.body, parse_float=Decimal)
        except ValueError:
            raise bad("İstek gövdesi geçerli bir JSON değil") from None
        if not isinstance(data, dict):
            raise bad("İstek gövdesi bir nesne olmalıdır")
        return data


def spring_page(rows: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    """A Spring page; `content` still holds the caller's rows."""
    content, pages = list(rows[page * size : (page + 1) * size]), -(-len(rows) // size)
    return {
        "content": content, "pageable": {"pageNumber": page, "pageSize": size, "offset": page * size}, "totalElements": len(rows),
        "totalPages": pages, "last": page + 1 >= pages, "first": page == 0, "number": page, "size": size,
        "numberOfElements": len(content), "empty": not content,
    }  # fmt: skip
