"""What ÇiçekSepeti's refusals mean. Pure.
Must never take a passed limit for refused data, nor an equal body for a value that arrived.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti" (Errors, Rate limits). No document tells the code of a passed
limit: 429 is expected, and a public client of this API met HTTP 400 with "Limit aşımı … Kalan Süre: 4 saniye".
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from app.contracts import Message, Throttled
from app.kit import Reply, http_errors
from app.model import clean, fold

SPACING_S = 10.0  # of two calls, at most; a longer wait is for an equal question or body


class _ErrorBody(msgspec.Struct):
    upper: Any = msgspec.field(default=None, name="Message")
    lower: Any = msgspec.field(default=None, name="message")


_LEFT = re.compile(r"kalan sure\D{0,4}(\d{1,5}) ?saniye")
_SPAN = re.compile(r"(\d{1,4}) ?(saniye|dakika)")


def _seconds(folded: str) -> float | None:
    """How long the vendor's sentence says to wait."""
    left = _LEFT.search(folded)
    if left is not None:
        return int(left.group(1)) + 1.0
    span = _SPAN.search(folded)
    return None if span is None else int(span.group(1)) * (60.0 if span.group(2) == "dakika" else 1.0)


def _says_limit(status: int, folded: str) -> bool:
    words = ("limit asimi", "rate limit", "too many", "ayni istek", "fazla istek")
    return status == 429 or (status == 400 and any(one in folded for one in words))


def _told(body: bytes) -> str:
    """The vendor's sentence; '' when there is none."""
    try:
        found = msgspec.json.decode(body, type=_ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return next((clean(one, 300) for one in (found.upper, found.lower) if isinstance(one, str)), "")


def throttling(status: int, body: bytes) -> Throttled | None:
    """A passed limit that comes as 400. An equal question or body is another matter: waiting for minutes is the job's affair."""
    if status != 400 or len(body) > 4096:
        return None
    folded = fold(_told(body))
    wait = _seconds(folded)
    return Throttled(wait) if _says_limit(status, folded) and (wait is None or wait <= SPACING_S) else None


def ciceksepeti_errors(reply: Reply) -> Message | None:
    """A passed limit comes as 429 or 400 with a sentence. The same prices or stock within 30 minutes are `rate.repeated` and not a
    success: another value may have gone out between the two."""
    found = http_errors(reply)
    if found is None or found.code == "auth.ip_not_allowed":
        return found
    text = _told(reply.body) or found.vendor_text
    changes: dict[str, Any] = {"vendor_text": text}
    folded = fold(text)
    if _says_limit(reply.status, folded):
        wait = found.retry_after or _seconds(folded)
        changes |= {"code": "rate.limited", "retry_after": wait}
        if reply.operation in ("set_prices", "set_stocks") and (wait or 0) > 60:
            changes |= {"code": "rate.repeated", "params": {"vendor": "ÇiçekSepeti", "minutes": "30"}}
    elif reply.status in (400, 401, 403) and "api key" in folded:
        changes["code"] = "auth.refused"
    elif reply.status == 401 and "user-agent" in folded:
        changes["field"] = "seller_id"
    return msgspec.structs.replace(found, **changes)


def is_other_model(message: Message) -> bool:
    """The vendor ships this seller's orders by the other cargo model."""
    return message.status == 400 and "integration type" in fold(message.vendor_text)
