"""What is wrong with an answer of Shopify's: top-level GraphQL errors come with HTTP 200, user errors belong to items. Pure.

Source of the facts: reference/ecommerce-social-pos-fulfilment.md, "## Shopify" (Rate limits, Errors).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from app.contracts import Account, Message, Secret, Throttled, Token, fail
from app.kit import GraphQLErrorItem, Reply, decode_json, graphql_errors, http_errors
from app.model import clean

_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]+")
_CODES = {
    "INTERNAL_SERVER_ERROR": "server.error",
    "TIMEOUT": "server.slow",
    "SERVICE_UNAVAILABLE": "server.unavailable",
    "SHOP_INACTIVE": "auth.suspended",
    # The pages are cut to fit; a query that is still too dear is our mistake.
    "MAX_COST_EXCEEDED": "answer.unexpected",
}
_STATUS = {
    401: "auth.refused",
    402: "auth.suspended",  # the shop is frozen: its Shopify bill is not paid
    403: "auth.forbidden",
    404: "config.wrong_url",  # no shop of that name, or an API version that is gone
    423: "auth.suspended",  # the shop is locked
}
_SHUT = {402: "shop_frozen", 423: "shop_locked"}


class _Throttle(msgspec.Struct, frozen=True, rename="camel"):
    currently_available: float = 0.0
    restore_rate: float = 0.0


class _Cost(msgspec.Struct, frozen=True, rename="camel"):
    requested_query_cost: float | None = None
    throttle_status: _Throttle | None = None


class _Extensions(msgspec.Struct, frozen=True):
    cost: _Cost | None = None


class _Answer(msgspec.Struct, frozen=True):
    extensions: _Extensions | None = None
    data: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(_Answer)


def shopify_errors(reply: Reply) -> Message | None:
    """The classifier of every call to the API."""
    items = graphql_errors(reply)
    if any(item.code == "THROTTLED" for item in items) or reply.status == 429:
        plain = http_errors(reply)
        told = plain.retry_after if plain is not None else None
        text = items[0].message if items else ""
        return Message(
            "rate.limited", vendor_code="THROTTLED", vendor_text=text, status=reply.status,
            retry_after=told if told is not None else seconds_to_wait(reply),
        )  # fmt: skip
    if not 200 <= reply.status < 300:
        return _refused(reply, items)
    if not items:
        return http_errors(reply)
    if _bearable(reply, items):
        return None
    return _of_item(next((i for i in items if i.code != "ACCESS_DENIED"), items[0]), reply.status)


def shopify_throttled(status: int, body: bytes) -> Throttled | None:
    """For the pipeline: THROTTLED comes with HTTP 200. The wait is what the cost lacks at the rate of restoring."""
    if status != 200 or b'"THROTTLED"' not in body:
        return None
    reply = Reply(status, {}, body)
    if not any(item.code == "THROTTLED" for item in graphql_errors(reply)):
        return None
    return Throttled(seconds_to_wait(reply))


def _refused(reply: Reply, items: list[GraphQLErrorItem]) -> Message | None:
    plain = http_errors(reply)
    code = _STATUS.get(reply.status)
    if plain is None or code is None:
        return plain
    params = {"reason": _SHUT[reply.status]} if reply.status in _SHUT else {}
    text = items[0].message if items else plain.vendor_text
    if code == "auth.forbidden" and (scopes := scopes_in(text)):
        params["scope"] = scopes
    return msgspec.structs.replace(plain, code=code, params=params, vendor_text=clean(text, 300))


def _bearable(reply: Reply, items: list[GraphQLErrorItem]) -> bool:
    """Fields that the app may not see come as null beside the data: buyer data, or the probe's order count. That is told, not
    failed on; a whole list that is denied is another matter."""
    if any(item.code != "ACCESS_DENIED" or not item.path for item in items):
        return False
    data = _loose(reply).data
    if not data:
        return False
    return reply.operation == "probe" or all(value is not None for value in data.values())


def _of_item(item: GraphQLErrorItem, status: int) -> Message:
    text = clean(item.message, 300)
    if item.code == "ACCESS_DENIED":
        told = (item.extensions or {}).get("requiredAccess")
        scope = scopes_in(told if isinstance(told, str) else "") or scopes_in(text)
        params = {"scope": scope} if scope else {}
        return Message("auth.forbidden", params, "ACCESS_DENIED", text, status, field="scopes")
    # What is left are complaints about the query itself (undefinedField, argumentLiteralsIncompatible …).
    code = _CODES.get(item.code, "answer.unexpected")
    params = {"reason": text} if code == "answer.unexpected" else {}
    return Message(code, params, item.code, text, status)


def scopes_in(text: str) -> str:
    """The access scopes that a text of Shopify's names, comma-separated."""
    return ", ".join(dict.fromkeys(_SCOPE.findall(text)))


def seconds_to_wait(reply: Reply) -> float | None:
    """(requested − available) ÷ restore rate, at least one second; None where the answer does not tell."""
    cost = (_loose(reply).extensions or _Extensions()).cost
    if cost is None or cost.throttle_status is None or cost.throttle_status.restore_rate <= 0:
        return None
    lacking = (cost.requested_query_cost or 0.0) - cost.throttle_status.currently_available
    return max(1.0, lacking / cost.throttle_status.restore_rate)


def _loose(reply: Reply) -> _Answer:
    try:
        return _decoder.decode(reply.body)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return _Answer()


# -- the token -------------------------------------------------------------------------------------------------------------
class _Grant(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int | None = None
    scope: str = ""


def read_token(account: Account, reply: Reply) -> Token:
    """Raises ProviderError: `auth.refused` names the field that Shopify does not know."""
    if 200 <= reply.status < 300:
        grant = decode_json(reply, _Grant)
        ends = None if grant.expires_in is None else account.now() + timedelta(seconds=grant.expires_in)
        return Token(Secret(grant.access_token), ends, scope=grant.scope)
    text = reply.body[:2000].decode("utf-8", "replace")
    plain = http_errors(reply) or Message("answer.unexpected", status=reply.status)
    if reply.status < 500 and reply.status not in (404, 429):
        # Shopify words the same refusals as JSON or as a page, with 400 or 401.
        code = "auth.forbidden" if "shop_not_permitted" in text else "auth.refused"
        found = re.search(r"shop_not_permitted|invalid_client|application_cannot_be_found|invalid_request", text)
        word = found.group() if found else str(reply.status)
        field = "client_id" if word == "application_cannot_be_found" else "client_secret"
        plain = msgspec.structs.replace(plain, code=code, vendor_code=word, field=field)
    elif reply.status == 404:
        plain = msgspec.structs.replace(plain, code="config.wrong_url", field="shop_domain")
    raise fail(plain.about(operation="token"))


# -- user errors -----------------------------------------------------------------------------------------------------------
class UserError(msgspec.Struct, frozen=True):
    """Something that a mutation refused; `field` is the path of the input that it is about."""

    message: str
    field: list[str] | None = None
    code: str | None = None

    @property
    def index(self) -> int | None:
        """The row of the input that this is about; None when it is about all of it."""
        for step in self.field or ():
            if step.isascii() and step.isdigit():
                return int(step)
        return None


def as_refusal(error: UserError, words: Mapping[str, str]) -> Message:
    """`words`: Shopify's user error code → standard code; `item.refused` for the others."""
    place = next((step for step in reversed(error.field or []) if not step.isdigit()), "")
    text = clean(error.message, 300)
    return Message(
        words.get(error.code or "", "item.refused"),
        {"reason": text} if text else {},
        error.code or "",
        text,
        field=place,
    )
