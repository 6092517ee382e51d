"""How a WooCommerce site speaks: error shape, parameters, dates, money strings, and who is let in.

Source: reference/ecommerce-social-pos-fulfilment.md, "## WooCommerce", paragraphs Auth, Operations, Errors, Quirks. Money is an
integer of kuruş inside and a string outside. Instants are epoch seconds UTC; the site's own time is Europe/Istanbul.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

#: Türkiye has stood at +03:00 the whole year since 2016, so records of today need no zone table.
SITE_OFFSET = 3 * 3600
#: Seconds that a timestamp may be off and that a nonce is remembered.
OAUTH_WINDOW = 15 * 60
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)


class Problem(Exception):
    """An answer that is an error, in WordPress' shape."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.data = status, code, message, data

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}


def invalid(name: str, why: str) -> Problem:
    return Problem(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: why})


def no_route() -> Problem:
    return Problem(404, "rest_no_route", "No route was found matching the URL and request method.")


def unknown(kind: str) -> Problem:
    """`kind` as in `woocommerce_rest_<kind>_invalid_id`."""
    return Problem(404, f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.")


# -- values --------------------------------------------------------------------------------------------------------
def money(kurus: int, dp: int = 2) -> str:
    value = (Decimal(kurus) / 100).quantize(Decimal(1).scaleb(-dp), ROUND_HALF_UP)
    return format(value, "f")


def read_money(value: Any, name: str) -> int | None:
    """A price as the API takes it: a string, empty for none."""
    if not isinstance(value, str):
        raise invalid(name, f"{name} is not of type string.")
    if value == "":
        return None
    if not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", value, re.ASCII):
        raise invalid(name, f"{name} is not a price.")
    return int(Decimal(value) * 100)


def stamp(instant: int | None) -> str | None:
    """UTC without a zone, as the `_gmt` fields have it."""
    return None if instant is None else time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant))


def local(instant: int | None) -> str | None:
    """The site's own time without a zone."""
    return None if instant is None else stamp(instant + SITE_OFFSET)


def dates(name: str, instant: int | None) -> dict[str, str | None]:
    return {name: local(instant), f"{name}_gmt": stamp(instant)}


def read_date(text: str, name: str, *, gmt: bool) -> float:
    """Epoch seconds. Without a zone: GMT when `gmt`, else the site's time. With a zone: that instant."""
    if not _DATE.fullmatch(text):
        raise invalid(name, "Invalid date.")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(name, "Invalid date.") from None
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
        if not gmt:
            value -= timedelta(seconds=SITE_OFFSET)
    return value.timestamp()


def fold(text: str) -> str:
    """Letters made equal as MySQL's unicode collation does for the Turkish i's."""
    return text.replace("İ", "i").replace("I", "i").replace("ı", "i").casefold()


def trim(row: dict[str, Any], fields: str) -> dict[str, Any]:
    """WordPress' `_fields`: a comma list of names, nested ones with dots."""
    if not fields:
        return row
    tree: dict[str, set[str]] = {}
    for name in fields.split(","):
        head, _, rest = name.strip().partition(".")
        tree.setdefault(head, set()).add(rest)
    kept: dict[str, Any] = {}
    for head, rests in tree.items():
        if head in row:
            inner = row[head]
            nested = "" not in rests and isinstance(inner, dict)
            kept[head] = trim(inner, ",".join(rests)) if nested else inner
    return {name: kept[name] for name in row if name in kept}


def bare(number: str) -> str:
    """A mark that `dump` writes as a JSON number, digit by digit."""
    return f"\x01{number}"


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return bare(format(value, "f"))
    raise TypeError(f"no JSON for {type(value).__name__}")


def dump(data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    if "\\u0001" in text:
        text = re.sub(r'"\\u0001(-?[\d.]+)"', r"\1", text)
    return text.encode()


# -- the request ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    """`data` is rendered unless `body` already holds the bytes; `total` gives the paging headers."""

    data: Any = None
    status: int = 200
    body: bytes | None = None
    total: int | None = None


@dataclass(frozen=True)
class Call:
    """One request after the door. `ids` are the numbers in the route, `pairs` the query as sent."""

    method: str
    ids: tuple[int, ...]
    pairs: Sequence[tuple[str, str]]
    body: bytes = b""
    query: dict[str, str] = field(default_factory=dict)

    def words(self, name: str) -> list[str]:
        """A list parameter: comma list, repeated `name[]`, or both."""
        found: list[str] = []
        for key, value in self.pairs:
            if re.fullmatch(rf"{re.escape(name)}(\[\d*\])?", key):
                found += [word.strip() for word in value.split(",") if word.strip()]
        return found

    def number(self, name: str, default: int, low: int, high: int | None = None) -> int:
        raw = self.query.get(name)
        if raw is None:
            return default
        if not re.fullmatch(r"-?\d{1,15}", raw, re.ASCII):
            raise invalid(name, f"{name} is not of type integer.")
        if int(raw) < low or (high is not None and int(raw) > high):
            span = f"between {low} (inclusive) and {high} (inclusive)" if high else f"greater than or equal to {low}"
            raise invalid(name, f"{name} must be {span}")
        return int(raw)

    def numbers(self, name: str) -> list[int]:
        words = self.words(name)
        if not all(re.fullmatch(r"\d{1,15}", word, re.ASCII) for word in words):
            raise invalid(name, f"{name} is not of type array of integers.")
        return [int(word) for word in words]

    def flag(self, name: str) -> bool:
        raw = self.query.get(name, "false")
        if raw not in ("true", "false", "1", "0", ""):
            raise invalid(name, f"{name} is not of type boolean.")
        return raw in ("true", "1")

    def one_of(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.query.get(name, default)
        if value not in allowed:
            raise invalid(name, f"{name} is not one of {', '.join(allowed)}.")
        return value

    def date(self, name: str) -> float | None:
        raw = self.query.get(name)
        return read_date(raw, name, gmt=self.flag("dates_are_gmt")) if raw else None

    def json(self) -> dict[str, Any]:
        try:
            data = json.loads(self.body or b"{}", parse_float=Decimal)
        except ValueError:
            raise Problem(400, "rest_invalid_json", "Invalid JSON body passed.") from None
        if not isinstance(data, dict):
            raise Problem(400, "rest_invalid_json", "Invalid JSON body passed.")
        return data


# -- who is let in -------------------------------------------------------------------------------------------------
def refused(message: str) -> Problem:
    return Problem(401, "woocommerce_rest_authentication_error", message)


def _enc(text: str) -> str:
    return quote(text, safe="-._~")


def oauth_signature(method: str, url: str, pairs: Sequence[tuple[str, str]], secret: str, algorithm: str) -> str:
    """RFC 5849 with an empty token secret; the body is not signed."""
    words = sorted((_enc(k), _enc(v)) for k, v in pairs if k != "oauth_signature")
    base = f"{method}&{_enc(url)}&{_enc('&'.join(f'{k}={v}' for k, v in words))}"
    digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}[algorithm]
    return base64.b64encode(hmac.new(f"{secret}&".encode(), base.encode(), digest).digest()).decode()


class Door:
    """Checks the key of a request. Timestamps are judged by the wall clock unless `clock` says otherwise."""

    def __init__(self, key: str, secret: str, clock: Callable[[], float]) -> None:
        self.key, self.secret, self.clock = key, secret, clock
        self.nonces: dict[str, float] = {}

    def let_in(
        self, method: str, url: str, query: bytes, headers: Mapping[str, str], *, secure: bool, stripped: bool
    ) -> None:
        """`secure`: the request came over https. `stripped`: the host's web server takes the Authorization header away."""
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        given = dict(pairs)
        header = "" if stripped else headers.get("authorization", "")
        kind, _, rest = header.partition(" ")
        if secure and kind.casefold() == "basic":
            self._same(*self._basic(rest))
        elif secure and "consumer_key" in given:
            self._same(given["consumer_key"], given.get("consumer_secret", ""))
        elif kind.casefold() == "oauth":
            self._signed(method, url, [*pairs, *_header_pairs(rest)])
        elif "oauth_consumer_key" in given:
            self._signed(method, url, pairs)
        elif secure and stripped and "authorization" in headers:
            raise refused("Consumer key is missing.")
        else:
            raise Problem(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")

    def _basic(self, code: str) -> tuple[str, str]:
        try:
            user, _, word = base64.b64decode(code, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise refused("Consumer key is invalid.") from None
        return user, word

    def _same(self, key: str, secret: str) -> None:
        if not hmac.compare_digest(key.encode(), self.key.encode()):
            raise refused("Consumer key is invalid.")
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            raise refused("Consumer secret is invalid.")

    def _signed(self, method: str, url: str, pairs: Sequence[tuple[str, str]]) -> None:
        given = dict(pairs)
        names = ("consumer_key", "timestamp", "nonce", "signature", "signature_method")
        absent = [f"oauth_{name}" for name in names if not given.get(f"oauth_{name}")]
        if absent:
            raise refused(f"Missing OAuth parameter {', '.join(absent)}")
        if given["oauth_consumer_key"] != self.key:
            raise refused("Consumer key is invalid.")
        algorithm = given["oauth_signature_method"]
        if algorithm not in ("HMAC-SHA1", "HMAC-SHA256"):
            raise refused("Invalid signature - signature method is invalid.")
        wanted = oauth_signature(method, url, pairs, self.secret, algorithm)
        if not hmac.compare_digest(given["oauth_signature"].encode(), wanted.encode()):
            raise refused("Invalid signature - provided signature does not match.")
        self._fresh(given["oauth_timestamp"], given["oauth_nonce"])

    def _fresh(self, timestamp: str, nonce: str) -> None:
        now = self.clock()
        if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII) or abs(now - int(timestamp)) > OAUTH_WINDOW:
            raise refused("Invalid timestamp.")
        if len(nonce) != 32:
            raise refused("Invalid nonce - it must have 32 characters.")
        if nonce in self.nonces:
            raise refused("Invalid nonce - nonce has already been used.")
        self.nonces[nonce] = now
        oldest = next(iter(self.nonces))
        while now - self.nonces[oldest] > 2 * OAUTH_WINDOW:
            del self.nonces[oldest]
            oldest = next(iter(self.nonces))


def _header_pairs(text: str) -> list[tuple[str, str]]:
    found = re.findall(r'([A-Za-z_]+)="([^"]*)"', text)
    return [(name, unquote(value)) for name, value in found if name != "realm"]
