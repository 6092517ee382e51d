"""How the fake Shopify writes things down: gids, money, instants, cursors, pages, errors of its GraphQL layer.

Every answer of this vendor is built from these helpers, so that one convention holds everywhere.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from graphql import GraphQLError, GraphQLResolveInfo

if TYPE_CHECKING:
    from providers.sandboxes.shopify_store import Store

T = TypeVar("T")
Info = GraphQLResolveInfo
PAGE_LIMIT = 250
ORDER_AGE_DAYS = 60  # older orders need `read_all_orders`


@dataclass
class Context:
    """What one request (or one bulk run) carries through the resolvers."""

    box: Any  # the ShopifySandbox; typed loosely because it imports this module
    store: Store
    base: str  # scheme and host, for upload and result addresses
    scopes: frozenset[str]
    bulk: bool = False
    listed: bool = False  # a list page was built: records may move after it
    warnings: list[dict[str, Any]] = field(default_factory=list)


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(kind: str, value: object) -> int:
    """The number in a gid of this kind, or 0, which no record has."""
    head, _, tail = str(value).rpartition("/")
    tail = tail.partition("?")[0]
    return int(tail) if head == f"gid://shopify/{kind}" and tail.isdecimal() else 0


def instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def price(kurus: int) -> str:
    """The `Money` scalar: always two decimals."""
    sign = "-" if kurus < 0 else ""
    return f"{sign}{abs(kurus) // 100}.{abs(kurus) % 100:02d}"


def amount(kurus: int) -> str:
    """`MoneyV2.amount`: trailing zeros cut, at least one decimal stays ("749.9", "200.0")."""
    text = price(kurus)
    return text[:-1] if text.endswith("0") else text


def kurus(text: str) -> int:
    """Kuruş of a plain decimal; more than two decimals are rounded half up."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.removeprefix("-").partition(".")
    part = (part + "000")[:3]
    return sign * (int(whole) * 100 + int(part[:2]) + (1 if part[2] >= "5" else 0))


def bag(value: int) -> dict[str, Any]:
    one = {"amount": amount(value), "currencyCode": "TRY"}
    return {"shopMoney": one, "presentmentMoney": one}


def tax_share(gross: int, percent: int) -> int:
    """The VAT inside a gross amount, rounded half up."""
    return (2 * gross * percent + (100 + percent)) // (2 * (100 + percent))


def tax_line(gross: int, percent: int) -> dict[str, Any]:
    return {
        "title": "KDV",
        "rate": percent / 100,  # the schema says Float; no money is reckoned with it
        "ratePercentage": float(percent),
        "source": "Shopify",
        "channelLiable": False,
        "priceSet": bag(tax_share(gross, percent)),
    }


def user_error(field_path: list[str] | None, message: str, code: str | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"field": field_path, "message": message}
    if code is not None:
        error["code"] = code
    return error


def guard(info: Info, *any_of: str) -> Context:
    """The request's context, or ACCESS_DENIED when the token holds none of these scopes."""
    context: Context = info.context
    if not any(scope in context.scopes for scope in any_of):
        named = " or ".join(f"`{scope}`" for scope in any_of)
        raise GraphQLError(
            f"Access denied for {info.field_name} field. Required access: {named} access scope.",
            extensions={
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": f"{named} access scope.",
            },
        )
    return context


def encode_cursor(value: int | str, number: int) -> str:
    text = json.dumps({"last_id": number, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def decode_cursor(cursor: str) -> tuple[int | str, int]:
    try:
        found = json.loads(base64.b64decode(cursor, validate=True))
        return found["last_value"], int(found["last_id"])
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.", extensions={"code": "BAD_REQUEST"}) from error


def connect(
    info: Info,
    rows: Iterable[T],
    view: Callable[[T], dict[str, Any]],
    args: dict[str, Any],
    *,
    number: Callable[[T], int],
    key: Callable[[T], int | str] | None = None,
) -> dict[str, Any]:
    """One page, by key set: a cursor holds the last sort value and id, so rows that move between pages move along."""
    first, last = args.get("first"), args.get("last")
    context: Context = info.context
    if not context.bulk:
        if first is None and last is None:
            raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
        if first is not None and last is not None:
            raise GraphQLError("providing both first and last is not supported", extensions={"code": "BAD_REQUEST"})
        wanted = first if first is not None else (last or 0)
        if not 0 <= wanted <= PAGE_LIMIT:
            raise GraphQLError(f"{wanted} is not between 0 and {PAGE_LIMIT}", extensions={"code": "BAD_REQUEST"})

    def place(row: T) -> tuple[int | str, int]:
        return (key(row) if key else number(row)), number(row)

    down = bool(args.get("reverse"))
    ordered = sorted(rows, key=place, reverse=down)
    try:
        if args.get("after"):
            mark = decode_cursor(args["after"])
            kept = [row for row in ordered if (place(row) < mark if down else place(row) > mark)]
        elif args.get("before"):
            mark = decode_cursor(args["before"])
            kept = [row for row in ordered if (place(row) > mark if down else place(row) < mark)]
        else:
            kept = ordered
    except TypeError as error:  # a cursor of another sort key
        raise GraphQLError("Invalid cursor for current pagination sort.", extensions={"code": "BAD_REQUEST"}) from error
    page = kept if context.bulk or first is None else kept[:first]
    if last is not None and not context.bulk:
        page = kept[len(kept) - min(last, len(kept)) :]
    edges = [{"cursor": encode_cursor(*place(row)), "node": view(row)} for row in page]
    skipped = len(kept) - len(page)
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": (skipped > 0) if last is None else bool(args.get("before")),
            "hasPreviousPage": bool(args.get("after")) if last is None else skipped > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }
