"""Every request to Pazarama as data, the token, and what its errors mean. Pure: no clock, no network.
Must never take `success: false` under HTTP 200 for an answer, nor send one of the two prices without the other.

Source of the facts: reference/marketplaces-tr.md, "## Pazarama", and the public digest of the vendor's guide that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Account, Message, Secret, Token, fail
from app.kit import (
    BasicAuth,
    Call,
    Reply,
    decode_json,
    encode_json,
    http_errors,
    httpx,
    json_call,
    looks_like_html,
    segment,
    with_params,
)
from app.model import PriceChange, StockChange, Window, clean, fold

T = TypeVar("T")

#: Dates without an offset are Turkish wall-clock time (unconfirmed; dates with one say +03:00).
ZONE = ZoneInfo("Europe/Istanbul")
SCOPE = "merchantgatewayapi.fullaccess"
#: "One month" at most, which may be February's; minutes and days are rounded outwards on top of this.
PIECE = timedelta(days=26)
#: Orders are found by the day they were placed, yet their state changes for weeks.
ORDER_AGE = timedelta(days=45)
CLAIM_AGE = timedelta(days=30)
ORDER_SIZE, CLAIM_SIZE, LISTING_SIZE, BATCH = 200, 100, 100, 3000
LEAST_FULL = 100  # a page with fewer rows than this was not cut by a cap that nobody documents
TOKEN_LIFE = timedelta(hours=1)
SPACING_S = 10.0  # between two batches of a seller
PATIENCE_S = 30.0  # of a batch that waits for the one before
MOST_PIECES = 999_999_999
PREPARING, SHIPPED, APPROVE = 12, 5, 2


# -- the token -----------------------------------------------------------------------------------------------------------
def token_request(account: Account) -> httpx.Request:
    """Client credentials, by HTTP Basic."""
    body = {"grant_type": "client_credentials", "scope": SCOPE}
    extensions = {"operation": "token", "group": "default", "repeatable": True}
    headers = {"accept": "application/json"}
    request = httpx.Request("POST", account.urls["token"], data=body, headers=headers, extensions=extensions)
    return next(BasicAuth(account.setting("client_id"), account.secret("client_secret")).auth_flow(request))


class _Grant(msgspec.Struct):
    access_token: str | None = None
    expires_in: int | None = None
    enveloped: str | None = msgspec.field(default=None, name="accessToken")
    lives: int | None = msgspec.field(default=None, name="expiresIn")


class _Granted(_Grant):
    data: _Grant | None = None


def read_token(account: Account, reply: Reply) -> Token:
    """Plain or in Pazarama's envelope. Raises ProviderError; `auth.expired` when the merchant's own date has passed."""
    wrong = pazarama_errors(reply)
    if wrong is not None:
        raise fail(_token_message(account, wrong).about(operation="token"))
    found = decode_json(reply, _Granted)
    for grant in (found.data or _Grant(), found):
        access, lives = grant.enveloped or grant.access_token, grant.lives or grant.expires_in
        if access:
            life = timedelta(seconds=lives) if lives and lives > 0 else TOKEN_LIFE
            return Token(Secret(access), account.now() + life)
    raise fail(Message("answer.field_missing", {"field": "accessToken", "operation": "token"}, field="accessToken"))


def _token_message(account: Account, wrong: Message) -> Message:
    """A wrong id, a wrong secret and an old one read the same; the date that the merchant typed tells an old one."""
    if wrong.status in (404, 429) or wrong.status >= 500 or wrong.code.startswith("server."):
        return wrong
    ends = account.setting("secret_expires_on")
    over = bool(ends) and account.now().astimezone(ZONE).date().isoformat() > ends  # the last day on which it works
    return msgspec.structs.replace(wrong, code="auth.expired" if over else "auth.refused", field="client_secret")


# -- reading -------------------------------------------------------------------------------------------------------------
def local_minute(instant: datetime, *, up: bool = False) -> str:
    """`yyyy-MM-ddTHH:mm` in Turkey, rounded down or up to the minute."""
    local = (instant + (timedelta(minutes=1, microseconds=-1) if up else timedelta())).astimezone(ZONE)
    return local.strftime("%Y-%m-%dT%H:%M")


def probe_request() -> Call:
    """One product."""
    return Call("GET", "/product/products/approved", "probe", (("Size", "1"),), group="products")


def orders_request(window: Window) -> Call:
    """Orders placed within the window (at most PIECE); the end is exclusive."""
    dates = {"startDate": local_minute(window.since), "endDate": local_minute(window.until, up=True)}
    body = {"pageSize": ORDER_SIZE, "pageNumber": 1, **dates}
    return json_call("POST", "/order/getOrdersForApi", "orders", body, group="orders", repeatable=True)


def order_request(number: int, operation: str = "order") -> Call:
    """By its number, up to half a year back."""
    body = {"pageSize": LEAST_FULL, "pageNumber": 1, "orderNumber": number}
    return json_call("POST", "/order/getOrdersForApi", operation, body, group="orders", repeatable=True)


def claims_request(window: Window) -> Call:
    """Returns asked for on the window's days."""
    until = (window.until + timedelta(days=1)).astimezone(ZONE)
    days = {
        "requestStartDate": window.since.astimezone(ZONE).date().isoformat(),
        "requestEndDate": until.date().isoformat(),
    }
    body = {"pageSize": CLAIM_SIZE, "pageNumber": 1, **days}
    return json_call("POST", "/order/getRefund", "claims", body, group="returns", repeatable=True)


class PageWire(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    success: bool | None = None


def rows_of(reply: Reply) -> list[msgspec.Raw]:
    """A list's rows; none where Pazarama says yes and tells no list. Raises OursError for an answer that says neither."""
    found = decode_json(reply, PageWire)
    return proven(found.data, found.success, reply) or []


def proven(data: T | None, success: bool | None, reply: Reply) -> T | None:
    """`data`, or None where a good answer has none. Raises OursError for an answer that is not known to be good."""
    if data is None and success is not True:
        raise fail(Message("answer.field_missing", {"field": "data", "operation": reply.operation}, field="data"))
    return data


class Walk:
    """The pages of a list that tells no total. `take` the number of a page's rows, then ask `call`; None at the end.

    The last page is an empty one, or one with fewer rows than the one before: a cap below the size that was asked for, which
    no document tells, does not end the list."""

    def __init__(self, first: Call) -> None:
        self.call: Call | None = first
        self._full = LEAST_FULL

    def take(self, rows: int) -> None:
        if self.call is None:
            raise ValueError("the walk has ended")
        if rows < self._full:
            self.call = None
            return
        self._full = rows
        body = msgspec.json.decode(self.call.body or b"{}")
        self.call = msgspec.structs.replace(self.call, body=encode_json({**body, "pageNumber": body["pageNumber"] + 1}))


def listings_request() -> Call:
    """Approved products, by cursor. (What the dates of this list mean is not documented, so it is always read whole.)"""
    return Call("GET", "/product/products/approved", "listings", (("Size", str(LISTING_SIZE)),), group="products")


class ProductsWire(msgspec.Struct, rename="camel"):
    seller_products: list[msgspec.Raw]
    next_cursor: str | None = None


class ListWire(msgspec.Struct):
    data: ProductsWire


def listings_following(call: Call, reply: Reply) -> Call | None:
    cursor = decode_json(reply, ListWire).data.next_cursor
    return with_params(call, Cursor=cursor) if cursor else None


def deliveries_request() -> Call:
    return Call("GET", "/sellerRegister/getSellerDelivery", "confirm_shipments", group="shipping")


# -- writing -------------------------------------------------------------------------------------------------------------
def refused_price(change: PriceChange) -> Message | None:
    """What Pazarama would refuse the row for."""
    crossed = change.list_price
    if change.price.currency != "TRY" or (crossed is not None and crossed.currency != "TRY"):
        return Message("item.refused", {"reason": "currency"}, field="salePrice")
    if change.price.rounded().amount <= 0:
        return Message("item.refused", {"reason": "price"}, field="salePrice")
    if crossed is not None and crossed < change.price:
        return Message("item.refused", {"reason": "list_below_sale"}, field="listPrice")
    return None


def refused_stock(change: StockChange) -> Message | None:
    if not 0 <= change.quantity <= MOST_PIECES:
        return Message("item.refused", {"reason": "quantity", "most": str(MOST_PIECES)}, field="stockCount")
    return None


def price_row(change: PriceChange) -> dict[str, Any]:
    """Both prices, two decimals, `listPrice` never below `salePrice`: a known one rises with it, an unknown one equals it."""
    sale = change.price.rounded().amount
    known = change.list_price or change.was_list_price
    if known is not None and known.currency != "TRY":
        known = None
    crossed = max(known.rounded().amount, sale) if known is not None else sale
    return {"code": change.listing.remote_id, "listPrice": crossed, "salePrice": sale}


def _batch(path: str, operation: str, rows: list[dict[str, Any]]) -> Call:
    body = {"items": rows}
    return json_call("POST", path, operation, body, group="inventory", repeatable=True, deadline_s=PATIENCE_S)


def set_prices_request(changes: Sequence[PriceChange]) -> Call:
    return _batch("/product/updatePrice-v2", "set_prices", [price_row(c) for c in changes])


def set_stocks_request(changes: Sequence[StockChange]) -> Call:
    rows = [{"code": c.listing.remote_id, "stockCount": c.quantity} for c in changes]
    return _batch("/product/updateStock-v2", "set_stocks", rows)


def batch_request(ticket: str) -> Call:
    path = f"/listing-state/batch-id/{segment(ticket)}/lake-projections"
    return Call("GET", path, "batch_result", (("page", "1"), ("pageSize", str(BATCH))), group="batch")


def _status(number: int, item: dict[str, Any]) -> Call:
    body = {"orderNumber": number, "item": item}
    return json_call("PUT", "/order/updateOrderStatus", "confirm_shipments", body, group="shipping", repeatable=False)


def preparing_request(number: int, item_id: str) -> Call:
    """No other state may be told before this one."""
    return _status(number, {"orderItemId": item_id, "status": PREPARING})


def shipped_request(number: int, item_id: str, delivery: int, company: str, tracking: str, url: str) -> Call:
    """An own carrier has the item. `company` is one of Pazarama's GUIDs."""
    return _status(number, {
        "orderItemId": item_id, "status": SHIPPED, "deliveryType": delivery, "shippingTrackingNumber": tracking,
        "trackingUrl": url, "cargoCompanyId": company,
    })  # fmt: skip


def accept_claim_request(refund_id: str) -> Call:
    body = {"refundId": refund_id, "status": APPROVE}
    return json_call("POST", "/order/updateRefund", "accept_claim", body, group="returns", repeatable=False)


# -- errors --------------------------------------------------------------------------------------------------------------
class _Envelope(msgspec.Struct, rename="camel"):
    success: bool | None = None
    message_code: Any = None
    message: Any = None
    user_message: Any = None


#: Folded, without blanks and strokes. Only the first is documented; the others are read by what they say.
_CODES = {"invalidtoken": "auth.refused", "unauthorized": "auth.refused", "forbidden": "auth.forbidden"}


def pazarama_errors(reply: Reply) -> Message | None:
    """Refusals come under HTTP 200 with `success: false`, errors of the form as 400 in the same envelope, a refused token as
    401 with nothing in it."""
    found = http_errors(reply)
    if looks_like_html(reply):
        return found
    try:
        body = msgspec.json.decode(reply.body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = _Envelope()
    if found is None:
        if body.success is not False:
            return None
        found = Message("request.refused", status=reply.status)
    code = clean(str(body.message_code or ""), 80)
    told = [str(one) for one in (body.user_message, body.message) if isinstance(one, str) and one]
    if told:
        found = msgspec.structs.replace(found, vendor_text=clean(told[0], 300))
    if found.code == "rate.limited" and reply.operation in ("set_prices", "set_stocks") and not found.retry_after:
        found = msgspec.structs.replace(found, retry_after=SPACING_S)
    if not code:
        return found
    plain = fold(code).replace("_", "").replace("-", "").replace(" ", "")
    known = found.code
    if known == "request.refused":
        known = _CODES.get(plain, "item.not_found" if "notfound" in plain else known)
    return msgspec.structs.replace(found, code=known, vendor_code=code)
