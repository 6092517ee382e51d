"""How Trendyol speaks: exact numbers, its error shape, parameters, windows of allowed calls.

Source: reference/marketplaces-tr.md, "## Trendyol", paragraphs Errors and Rate limits. Money is an integer of kuruş inside and
a JSON number with two decimals outside; no binary fraction may ever stand between the two.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, TypeGuard

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
MARK = "\x01"
_MARKED = re.compile(r'"\\u0001(-?\d+(?:\.\d+)?)"')


def decimal_text(kurus: int) -> str:
    """19990 -> "199.90"."""
    sign, rest = ("-", -kurus) if kurus < 0 else ("", kurus)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def money(kurus: int) -> str:
    """A mark that `render` writes as a bare JSON number with two decimals."""
    return MARK + decimal_text(kurus)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return MARK + format(value, "f")
    raise TypeError(f"no JSON for {type(value).__name__}")


def render(data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return _MARKED.sub(r"\1", text).encode()


class Refusal(Exception):
    """An answer that is an error. `key` is the machine word, `message` is for people."""

    def __init__(self, status: int, key: str, message: str, exception: str = "ClientApiBusinessException") -> None:
        super().__init__(message)
        self.status, self.key, self.message, self.exception = status, key, message, exception

    def body(self, now_ms: int, plain: bool) -> dict[str, Any]:
        """The documented shape; `plain` gives `errors` as bare strings, which the vendor also does."""
        errors: list[Any] = [self.message] if plain else [{"key": self.key, "message": self.message}]
        return {"timestamp": now_ms, "exception": self.exception, "errors": errors}


def bad(key: str, message: str) -> Refusal:
    return Refusal(400, key, message, "ClientApiValidationException")


def missing(what: str) -> Refusal:
    return Refusal(404, "not.found", f"{what} bulunamadı", "ClientApiNotFoundException")


def too_many(message: str = "Çok fazla istek gönderildi") -> Refusal:
    return Refusal(429, "too.many.requests", message, "ClientApiTooManyRequestsException")


class Window:
    """At most `limit` calls in any `seconds`: the strictest reading of "50 requests per 10 s"."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.hits: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a call is allowed; 0 when it is allowed now. Does not count the call."""
        while self.hits and self.hits[0] <= now - self.seconds:
            self.hits.popleft()
        return 0.0 if len(self.hits) < self.limit else self.hits[0] + self.seconds - now

    def hit(self, now: float) -> None:
        self.hits.append(now)


@dataclass(frozen=True)
class Answer:
    """Status and data; `data` None is an empty body."""

    status: int = 200
    data: Any = None


@dataclass(frozen=True)
class Call:
    """One request after it was let in. `now_ms` is the sandbox clock in epoch milliseconds (true UTC)."""

    path: dict[str, str]
    query: dict[str, str]
    body: bytes
    content_type: str
    now_ms: int

    def number(self, name: str, default: int | None, low: int = 0, high: int | None = None) -> int:
        """An integer parameter within [low, high]; `default` None makes it required."""
        raw = self.query.get(name)
        if raw is None or raw == "":
            if default is None:
                raise bad("param.required", f"{name} zorunludur")
            return default
        if not re.fullmatch(r"-?\d{1,18}", raw, re.ASCII):
            raise bad("param.invalid", f"{name} sayı olmalıdır")
        value = int(raw)
        if value < low or (high is not None and value > high):
            raise bad("param.range", f"{name} {low} ile {high if high is not None else '∞'} arasında olmalıdır")
        return value

    def words(self, name: str) -> list[str]:
        return [word.strip() for word in self.query.get(name, "").split(",") if word.strip()]

    def one_of(self, name: str, allowed: Sequence[str], default: str | None) -> str:
        value = self.query.get(name) or default
        if value is None or value not in allowed:
            raise bad("param.invalid", f"{name} şunlardan biri olmalıdır: {', '.join(allowed)}")
        return value

    def flag(self, name: str) -> bool | None:
        raw = self.query.get(name)
        if raw is None:
            return None
        if raw not in ("true", "false"):
            raise bad("param.invalid", f"{name} true veya false olmalıdır")
        return raw == "true"

    def identity(self, name: str) -> int:
        raw = self.path[name]
        if not re.fullmatch(r"\d{1,18}", raw, re.ASCII):
            raise missing(name)
        return int(raw)

    def json(self) -> dict[str, Any]:
        """The body as an object; fractions become Decimal."""
        try:
            data = json.loads(self.body, parse_float=Decimal)
        except ValueError:
            raise bad("body.invalid", "İstek gövdesi geçerli bir JSON değil") from None
        if not isinstance(data, dict):
            raise bad("body.invalid", "İstek gövdesi bir nesne olmalıdır")
        return data

    def json_rows(self) -> list[dict[str, Any]]:
        """The body as a bare list of objects; fractions become Decimal."""
        try:
            data = json.loads(self.body, parse_float=Decimal)
        except ValueError:
            raise bad("body.invalid", "İstek gövdesi geçerli bir JSON değil") from None
        if not isinstance(data, list) or not data or not all(isinstance(one, dict) for one in data):
            raise bad("body.invalid", "İstek gövdesi dolu bir liste olmalıdır")
        return data

    def items(self, most: int = 1000) -> list[dict[str, Any]]:
        """`{"items": [{…}, …]}` of the bulk services: taken as a whole or refused as a whole."""
        items = self.json().get("items")
        if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
            raise bad("items.required", "items zorunludur")
        if len(items) > most:
            raise bad("items.limit", f"Tek istekte en fazla {most} ürün gönderilebilir")
        return items

    def parts(self) -> dict[str, tuple[str, bytes]]:
        """A multipart/form-data body: field name -> (file name or "", bytes)."""
        head = f"Content-Type: {self.content_type}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        if not message.is_multipart():
            return {}
        found: dict[str, tuple[str, bytes]] = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(payload, bytes):
                found[name] = (part.get_filename() or "", payload)
        return found


def is_int(value: Any) -> TypeGuard[int]:
    """A JSON integer; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def window_of(call: Call, start_name: str, end_name: str, widest_days: int, default_days: int) -> tuple[int, int]:
    """A date window in epoch ms, both ends included; wider than `widest_days` is refused."""
    end = call.number(end_name, -1)
    start = call.number(start_name, -1)
    if end < 0:
        end = call.now_ms
    if start < 0:
        start = end - default_days * DAY_MS
    if start > end:
        raise bad("date.invalid", f"{start_name}, {end_name} tarihinden büyük olamaz")
    if end - start > widest_days * DAY_MS:
        raise bad("date.range", f"Tarih aralığı {widest_days} günden fazla olamaz")
    return start, end


def page_of(rows: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    """The page envelope of the vendor's list calls; `content` still holds the caller's rows."""
    return {
        "totalElements": len(rows),
        "totalPages": -(-len(rows) // size),
        "page": page,
        "size": size,
        "content": list(rows[page * size : (page + 1) * size]),
    }
