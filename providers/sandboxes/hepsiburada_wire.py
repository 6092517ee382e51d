"""How Hepsiburada speaks: exact numbers, local dates, its many error bodies, offset pages, windows of allowed calls.

Source: reference/marketplaces-tr.md, "## Hepsiburada", paragraphs Operations, Rate limits and Errors. Money is an integer of kuruş
inside and a JSON number outside; no binary fraction may ever stand between the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from providers.sandboxes import exact
from providers.sandboxes.exact import ISTANBUL


def local(at: int) -> str:
    """Epoch seconds -> "2026-11-20T10:15:00", the wall clock of Istanbul."""
    return exact.local(at, "%Y-%m-%dT%H:%M:%S")


def pascal(data: Any) -> Any:
    """The same record with PascalCase names, as the state lists and the payment list write it."""
    if isinstance(data, dict):
        return {key[:1].upper() + key[1:]: pascal(value) for key, value in data.items()}
    return [pascal(one) for one in data] if isinstance(data, list) else data


class Refusal(exact.Refusal):
    """`code` is the machine word, `message` is for people."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message, headers)
        self.code = code

    def body_at(self, host: str, correlation: str) -> Any:
        """ "No uniform body": each host has one of the documented shapes. A string is plain text."""
        if host == "plain" or (self.status == 401 and host != "finance"):
            return self.message
        if host == "listing":
            return {"errors": [{"code": self.code, "message": self.message}]}
        if host == "questions":
            return {"errors": [self.message]}
        if host == "catalogue":
            return {"message": self.message}
        if host == "finance":
            if self.status != 400:
                return {"errorMessage": self.message, "exceptionCode": self.code}
            return {"type": None, "title": "One or more validation errors occurred.", "status": 400, "detail": None, "instance": None,
                    "errors": {self.code: [self.message]}}  # fmt: skip
        return {"statusCode": self.status, "code": self.code, "message": self.message, "correlationId": correlation}


def bad(code: str, message: str) -> Refusal:
    return Refusal(400, code, message)


def missing(what: str) -> Refusal:
    return Refusal(404, "NotFound", f"{what} bulunamadı")


def conflict(message: str) -> Refusal:
    return Refusal(409, "Conflict", message)


@dataclass(frozen=True)
class Answer:
    """Status and data; `data` None is an empty body."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request after it was let in. `now` is the sandbox clock in whole epoch seconds."""

    path: dict[str, str]
    query: dict[str, str]
    body: bytes
    content_type: str
    now: int

    def number(self, name: str, default: int | None, low: int = 0, high: int | None = None) -> int:
        """An integer parameter within [low, high]; `default` None makes it required."""
        raw = self.query.get(name, "")
        if not raw:
            if default is None:
                raise bad(f"{name[:1].upper()}{name[1:]}CannotBeEmpty", f"{name} zorunludur")
            return default
        if not re.fullmatch(r"-?\d{1,18}", raw, re.ASCII):
            raise bad("InvalidParameter", f"{name} sayı olmalıdır")
        value = int(raw)
        if value < low or (high is not None and value > high):
            raise bad("InvalidParameter", f"{name} {low} ile {high if high is not None else '∞'} arasında olmalıdır")
        return value

    def words(self, name: str) -> set[str]:
        return {word.strip() for word in self.query.get(name, "").split(",") if word.strip()}

    def flag(self, name: str) -> bool:
        raw = self.query.get(name, "false")
        if raw not in ("true", "false"):
            raise bad("InvalidParameter", f"{name} true veya false olmalıdır")
        return raw == "true"

    def moment(self, name: str) -> int | None:
        """A `yyyy-MM-dd HH:mm` parameter, Turkish local time, as epoch seconds."""
        raw = self.query.get(name, "")
        if not raw:
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", raw, re.ASCII):
                return int(datetime.strptime(raw, "%Y-%m-%d %H:%M").replace(tzinfo=ISTANBUL).timestamp())
        except ValueError:
            pass
        raise bad("InvalidDate", f"{name} yyyy-MM-dd HH:mm biçiminde olmalıdır")

    def span(self, begin_name: str, end_name: str) -> tuple[int | None, int | None]:
        begin, end = self.moment(begin_name), self.moment(end_name)
        if begin is not None and end is not None and begin > end:
            raise bad("InvalidDate", f"{begin_name}, {end_name} tarihinden büyük olamaz")
        return begin, end

    def _parsed(self) -> Any:
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError:
            raise bad("InvalidBody", "İstek gövdesi geçerli bir JSON değil") from None

    def json(self) -> dict[str, Any]:
        """The body as an object; fractions become Decimal."""
        data = self._parsed()
        if not isinstance(data, dict):
            raise bad("InvalidBody", "İstek gövdesi bir nesne olmalıdır")
        return data

    def rows(self) -> list[dict[str, Any]]:
        """The body as an array of objects."""
        data = self._parsed()
        if not isinstance(data, list) or not data or not all(isinstance(one, dict) for one in data):
            raise bad("InvalidBody", "İstek gövdesi dolu bir nesne dizisi olmalıdır")
        return data

    def text(self, body: dict[str, Any], name: str) -> str:
        value = body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise bad("InvalidBody", f"{name} zorunludur")
        return value


def envelope(rows: Sequence[Any], offset: int, limit: int, name: str = "items") -> dict[str, Any]:
    """The page envelope of the order lists; the rows still are the caller's."""
    return {
        "totalCount": len(rows), "limit": limit, "offset": offset, "pageCount": -(-len(rows) // limit),
        name: list(rows[offset : offset + limit]),
    }  # fmt: skip
