"""One call as data, its reply as data, and the errors between them. The pure ends of a client speak these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from app.contracts.messages import Message, fail
from app.http import headers
from app.http.lib import httpx
from app.model import clean

T = TypeVar("T")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
#: Commas in one JSON answer. A page of an API has a few ten thousand; `[0,0,0,…` becomes forty times its size in memory.
MOST_VALUES = 500_000
MOST_MENDED = (
    4 * 1024 * 1024
)  # bytes of a broken answer that are worth mending: twice the largest page that vendors send


class Call(msgspec.Struct, frozen=True):
    """A request without the account's authentication. `path` is relative to the account's `api` address, or absolute.

    `operation` names it for samples, messages and the probe; `group` is the manifest's limit group. `repeatable`: the
    same call twice has the effect of one (GETs are; say so for absolute writes such as 'stock is 5').
    """

    method: str
    path: str
    operation: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    group: str = "default"
    repeatable: bool | None = None
    deadline_s: float | None = None

    @property
    def url(self) -> str:
        """Path and query, percent-encoded (a space is %20: some vendors take '+' literally)."""
        if not self.params:
            return self.path
        return f"{self.path}{'&' if '?' in self.path else '?'}{_query(self.params)}"


@lru_cache(maxsize=512)
def _query(params: tuple[tuple[str, str], ...]) -> str:
    """Kept: a list of variations asks with the same parameters a thousand times."""
    return urlencode(params, quote_via=quote)


class Reply(msgspec.Struct, frozen=True):
    """What a parser gets: status, headers (lower-case names) and the decoded body."""

    status: int
    headers: dict[str, str]
    body: bytes
    operation: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


#: Looks at a reply and tells what is wrong with it, None when nothing is. Pure; each provider may bring its own.
Classifier = Callable[[Reply], Message | None]


def json_call(
    method: str,
    path: str,
    operation: str,
    data: Any = None,
    *,
    params: Mapping[str, str] | tuple[tuple[str, str], ...] = (),
    group: str = "default",
    repeatable: bool | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    deadline_s: float | None = None,
) -> Call:
    """A call with a JSON body (`data` as msgspec encodes it; Decimal becomes a number by `wire_number`)."""
    body = None if data is None else encode_json(data)
    if body is not None:
        headers = (*headers, ("content-type", "application/json"))
    pairs = tuple(params.items()) if isinstance(params, Mapping) else params
    return Call(method, path, operation, pairs, headers, body, group, repeatable, deadline_s)


_encoder = msgspec.json.Encoder(decimal_format="number")


def encode_json(data: Any) -> bytes:
    """JSON bytes; a Decimal becomes an exact JSON number, never a float."""
    return _encoder.encode(data)


def segment(text: str) -> str:
    """`text` as one path segment: slashes and everything else percent-encoded."""
    return quote(text, safe="")


async def send(
    http: httpx.AsyncClient,
    call: Call,
    *,
    auth: httpx.Auth | None = None,
    errors: Classifier | None = None,
) -> Reply:
    """Send `call` through the pipeline. Raises ProviderError when the classifier finds something wrong."""
    extensions: dict[str, Any] = {"operation": call.operation, "group": call.group}
    if call.repeatable is not None:
        extensions["repeatable"] = call.repeatable
    if call.deadline_s is not None:
        extensions["deadline"] = call.deadline_s
    try:
        request = http.build_request(
            call.method, call.url, content=call.body, headers=list(call.headers), extensions=extensions
        )
    except httpx.InvalidURL as error:  # a page's mark or an id of the vendor's that no address can hold
        told = {"operation": call.operation, "reason": "no such address", "sent": "no"}
        raise fail(Message("answer.unexpected", told)) from error
    response = await http.send(request, auth=auth)
    reply = Reply(response.status_code, dict(response.headers), response.content, call.operation)
    try:
        wrong = (errors or http_errors)(reply)
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        RecursionError,
    ):  # even the complaint cannot be read: the status speaks
        wrong = http_errors(reply)
    if wrong is not None:
        raise fail(wrong.about(operation=call.operation))
    return reply


def looks_like_html(reply: Reply) -> bool:
    """Whether an HTML page came where data were due (a maintenance page, a firewall, a login form)."""
    head = reply.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html")) or "text/html" in reply.header("content-type")


def retry_after(reply: Reply) -> float | None:
    """Seconds of Retry-After: a number, or a date measured from the answer's own; None for nonsense, and for a date alone."""
    text, date = reply.header("retry-after").strip(), reply.header("date")
    if text.isascii() and text.isdigit():
        return int(text) * 1.0 if len(text) < 8 else None
    said_at = headers.instant(date) if text and date else None
    return headers.retry_after(text, said_at, date) if said_at is not None else None


RAW_TEXT = 65_536
#: Where vendors put the sentence that is meant for a person, the likeliest first.
_SENTENCES = (
    "message", "error_description", "errorMessage", "detail", "description", "title", "msg", "errors", "error", "fault",
)  # fmt: skip


def vendor_words(body: bytes, limit: int = 300) -> str:
    """What a body says to a person: plain text as it is, of JSON the sentence in it, of markup nothing. A body that is only
    for machines has no words: quoting its braces to a merchant helps nobody."""
    text = body[:RAW_TEXT].decode("utf-8", "replace").strip().removeprefix("\ufeff").lstrip()
    if text.startswith("<"):
        return ""
    if not text.startswith(("{", "[", '"')):
        return clean(text, limit)
    try:
        return clean(_sentence(msgspec.json.decode(text)), limit)
    except (msgspec.DecodeError, RecursionError):
        return ""


def _sentence(found: Any, depth: int = 4) -> str:
    if isinstance(found, str):
        return "" if found.lstrip().startswith(("<", "{", "[")) else found
    if depth and isinstance(found, list):
        return next((text for one in found[:20] if (text := _sentence(one, depth - 1))), "")
    if depth and isinstance(found, dict):
        return next((text for name in _SENTENCES if (text := _sentence(found.get(name), depth - 1))), "")
    return ""


def http_errors(reply: Reply) -> Message | None:
    """The standard reading of a status; providers refine it with the vendor's own codes. None for a good answer."""
    status = reply.status
    if 200 <= status < 300:
        return Message("server.html", status=status) if looks_like_html(reply) else None
    text = "" if looks_like_html(reply) else vendor_words(reply.body)
    code = _STATUS_CODES.get(status)
    if code is None:
        code = "server.error" if status >= 500 else "server.redirect" if status < 400 else "request.refused"
    if status == 403 and looks_like_html(reply):
        code = "auth.ip_not_allowed"  # firewalls in front of an API answer pages, APIs answer data
    elif status == 404 and looks_like_html(reply):
        code = "config.wrong_url"
    return Message(code, vendor_text=text, vendor_code=str(status), status=status, retry_after=retry_after(reply))


_STATUS_CODES = {
    401: "auth.refused",
    403: "auth.forbidden",
    404: "item.not_found",
    409: "item.conflict",
    429: "rate.limited",
    502: "server.unavailable",
    503: "server.unavailable",
    504: "net.timeout",
}


def decode_json(reply: Reply, shape: type[T]) -> T:
    """The reply's body as `shape`. Raises OursError naming the field, or TheirsError for a page or a cut body."""
    if reply.body.count(b",") > MOST_VALUES:
        raise fail(Message("server.too_large", {"operation": reply.operation, "bytes": str(len(reply.body))}))
    try:
        decoder = _decoders.get(shape)
        if decoder is None:
            decoder = _decoders[shape] = msgspec.json.Decoder(shape)
        found: T = decoder.decode(reply.body)
        return found
    except msgspec.ValidationError as error:
        raise fail(field_message(error).about(operation=reply.operation)) from error
    except RecursionError as error:
        raise fail(too_deep(reply)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        mended = mended_json(reply.body)
        if mended != reply.body:
            return decode_json(msgspec.structs.replace(reply, body=mended), shape)
        if looks_like_html(reply):
            raise fail(Message("server.html", {"operation": reply.operation}, status=reply.status)) from error
        raise fail(
            Message(
                "answer.unreadable", {"operation": reply.operation, "reason": str(error)[:120]}, status=reply.status
            )
        ) from error


def too_deep(reply: Reply) -> Message:
    """Brackets within brackets beyond what any vendor means: msgspec gives up with a RecursionError."""
    return Message(
        "answer.unreadable", {"operation": reply.operation, "reason": "nested too deep"}, status=reply.status
    )


# Half of a surrogate pair: what Java leaves when it cuts a title in the middle of an emoji. msgspec refuses the whole page.
_HALF = re.compile(
    rb"(?<!\\)((?:\\\\)*+)\\u(?:[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F][0-9a-fA-F]{2})"
)
_NO_NUMBER = re.compile(rb"(?<=[:\[,])(\s*)(?:NaN|-?Infinity)(?=\s*[,}\]])")


def mended_json(body: bytes) -> bytes:
    """`body` with the faults mended that must not cost a whole page: a byte order mark, lone surrogates, bytes that are no
    UTF-8, NaN. A body that is larger than any page stays as it is: looking for faults in it costs seconds."""
    if len(body) > MOST_MENDED:
        return body
    text = body.decode("utf-8-sig", "replace").encode()
    return _NO_NUMBER.sub(rb"\1null", _HALF.sub(rb"\1\\ufffd", text))


def field_message(error: msgspec.ValidationError) -> Message:
    """msgspec says "Object missing required field `x` - at `$.y`": the field becomes data."""
    text = str(error)
    place = text.rpartition(" - at `")[2].rstrip("`").removeprefix("$.") if " - at `" in text else ""
    if "missing required field" in text:
        name = text.split("`")[1]
        place = f"{place}.{name}" if place and place != "$" else name
        return Message("answer.field_missing", {"field": place}, field=place)
    return Message("answer.unreadable", {"field": place or "?", "reason": text[:120]}, field=place)
