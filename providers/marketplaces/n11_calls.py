"""Every REST request to N11 as data, how its lists go on, and what its errors mean. Pure: no clock, no network.
Must never send a currency as TRY (N11 says TL), nor one of the two prices without the other.

Source of the facts: reference/marketplaces-tr.md, "## N11" (Operations, Rate limits, Errors, Quirks).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.contracts import Message, fail
from app.kit import Call, Reply, decode_json, http_errors, json_call, with_params
from app.model import PriceChange, StockChange, Window, clean, fold, to_epoch_ms

INTEGRATOR = "Paxzar"  # the constant name in task bodies
#: Epochs are documented "in GMT+3", and clients differ in what that means: three hours more on either side are right in both.
ZONE_DOUBT = timedelta(hours=3)
#: Within this of now a window is left open at its end: what changes while it is read must stay within it.
RECENT = ZONE_DOUBT + timedelta(hours=1)
#: A window of more than 15 days is clipped without a word; the margins come on top of this.
WIDEST = timedelta(days=14)
SEARCH = timedelta(days=84)  # how far back a number is looked for
ORDER_SIZE, LISTING_SIZE, BATCH = 100, 250, 1000
MOST_PIECES = 999_999_999
CURRENCIES = {"TRY": "TL", "USD": "USD", "EUR": "EUR"}
PACKAGES = "/rest/delivery/v1/shipmentPackages"


class PageWire(msgspec.Struct, rename="camel"):
    content: list[msgspec.Raw]
    total_elements: int
    total_pages: int


# -- reading -------------------------------------------------------------------------------------------------------------
def _get(path: str, operation: str, group: str, params: Mapping[str, str]) -> Call:
    return Call("GET", path, operation, tuple(params.items()), group=group)


def probe_request() -> Call:
    """One product."""
    return _get("/ms/product-query", "probe", "products", {"page": "0", "size": "1"})


def span(window: Window, now: datetime) -> dict[str, str]:
    """The window's dates with the doubt about their zone on either side, open at its end when that is near now."""
    end = max(window.until, now) + RECENT if window.until > now - RECENT else window.until + ZONE_DOUBT
    return {"startDate": str(to_epoch_ms(window.since - ZONE_DOUBT)), "endDate": str(to_epoch_ms(end))}


def orders_request(window: Window, now: datetime) -> Call:
    """Packages modified within the window (at most WIDEST), newest change first: a package that changes meanwhile jumps to the
    front and pushes others onto pages that are still to be read, never off them."""
    order = {"orderByField": "true", "orderByDirection": "DESC", "page": "0", "size": str(ORDER_SIZE)}
    return _get(PACKAGES, "orders", "orders", {**span(window, now), **order})


def order_request(number: str, dates: Mapping[str, str]) -> Call:
    return _get(PACKAGES, "order", "orders", {**dates, "orderNumber": number, "page": "0", "size": str(ORDER_SIZE)})


def package_request(package_id: str) -> Call:
    params = {"packageIds": package_id, "page": "0", "size": str(ORDER_SIZE)}
    return _get(PACKAGES, "confirm_shipments", "orders", params)


def listings_request() -> Call:
    return _get("/ms/product-query", "listings", "products", {"page": "0", "size": str(LISTING_SIZE)})


class Walk:
    """The pages of a list by their numbers. When the list has become shorter, records have moved up past the page's edge, and
    as many pages as they may have crossed are read again. `take` the reply, then ask `call`; None at the end."""

    def __init__(self, first: Call) -> None:
        self.call: Call | None = first
        self._total: int | None = None
        self._steps = 0

    def take(self, reply: Reply) -> PageWire:
        call = self.call
        if call is None:
            raise ValueError("the walk has ended")
        asked = dict(call.params)
        page, size, found = int(asked["page"]), int(asked["size"]), decode_json(reply, PageWire)
        gone = max(0, self._total - found.total_elements) if self._total is not None else 0
        self._total = found.total_elements
        after = max(0, page - 1 - gone // size) if gone and page else page + 1
        self.call = with_params(call, page=str(after)) if after < found.total_pages else None
        self._steps += 1
        if self._steps > 20 + 3 * found.total_pages:
            reason = "the list moves faster than it can be read"
            raise fail(Message("answer.unexpected", {"operation": call.operation, "reason": reason}))
        return found


# -- writing -------------------------------------------------------------------------------------------------------------
def price_row(change: PriceChange) -> dict[str, Any]:
    """Both prices, two decimals, `listPrice` never below `salePrice`: a known one rises with it, an unknown one equals it."""
    sale = change.price.rounded().amount
    known = change.list_price or change.was_list_price
    crossed = max(known.rounded().amount, sale) if known is not None else sale
    return {
        "stockCode": change.listing.remote_id,
        "listPrice": crossed,
        "salePrice": sale,
        "currencyType": CURRENCIES[change.price.currency],
    }


def refused_price(change: PriceChange) -> Message | None:
    """What N11 would refuse the row for."""
    crossed = change.list_price
    if change.price.currency not in CURRENCIES or (crossed is not None and crossed.currency != change.price.currency):
        return Message("item.refused", {"reason": "currency"}, field="currencyType")
    if change.price.amount <= 0:
        return Message("item.refused", {"reason": "price"}, field="salePrice")
    if crossed is not None and crossed < change.price:
        return Message("item.refused", {"reason": "list_below_sale"}, field="listPrice")
    return None


def refused_stock(change: StockChange) -> Message | None:
    if not 0 <= change.quantity <= MOST_PIECES:
        return Message("item.refused", {"reason": "quantity", "most": str(MOST_PIECES)}, field="quantity")
    return None


def _task(operation: str, rows: list[dict[str, Any]]) -> Call:
    body = {"payload": {"integrator": INTEGRATOR, "skus": rows}}
    path = "/ms/product/tasks/price-stock-update"
    return json_call("POST", path, operation, body, group="tasks", repeatable=True)


def set_prices_request(changes: Sequence[PriceChange]) -> Call:
    return _task("set_prices", [price_row(c) for c in changes])


def set_stocks_request(changes: Sequence[StockChange]) -> Call:
    """Quantities alone leave the prices as they are."""
    return _task("set_stocks", [{"stockCode": c.listing.remote_id, "quantity": c.quantity} for c in changes])


def batch_request(ticket: str) -> Call:
    """A question, though it is a POST."""
    body = {"taskId": int(ticket), "pageable": {"page": 0, "size": BATCH}}
    path = "/ms/product/task-details/page-query"
    return json_call("POST", path, "batch_result", body, group="tasks", repeatable=True)


def picking_request(lines: Sequence[str]) -> Call:
    """Picking is the only status that a seller may set."""
    body = {"lines": [{"lineId": int(line)} for line in lines], "status": "Picking"}
    return json_call("PUT", "/rest/order/v1/update", "confirm_shipments", body, group="order_writes", repeatable=False)


# -- errors --------------------------------------------------------------------------------------------------------------
class _ErrorBody(msgspec.Struct):
    type: Any = msgspec.field(default=None, name="@type")
    message: Any = None
    reasons: Any = None


def n11_errors(reply: Reply) -> Message | None:
    """/ms: 401 with {@type, message}; /rest: a wrong key is 403 in plain text "Authentication failed"."""
    found = http_errors(reply)
    if found is None:
        return None
    try:
        body = msgspec.json.decode(reply.body, type=_ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = _ErrorBody()
    told = [str(one) for one in (body.type, body.message) if isinstance(one, str | int)]
    text = clean(str(body.message or ""), 300) or reasons_text(body.reasons) or found.vendor_text
    changes: dict[str, Any] = {
        "vendor_text": text,
        "vendor_code": clean(told[0], 80) if told and body.type else found.vendor_code,
    }
    folded = fold(f"{changes['vendor_code']} {text}")
    if reply.status == 403 and ("authentication" in folded or "unauthorized" in folded):
        changes["code"] = "auth.refused"
    return msgspec.structs.replace(found, **changes)


def reasons_text(reasons: Any) -> str:
    """Reasons come as words, or as objects with a message."""
    if reasons is None:
        return ""
    many = reasons if isinstance(reasons, list) else [reasons]
    told = [str(one.get("message") or one.get("reason") or one) if isinstance(one, dict) else str(one) for one in many]
    return clean("; ".join(one for one in told if one), 300)
