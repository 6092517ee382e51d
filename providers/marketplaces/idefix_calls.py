"""Every request to idefix as data, how its lists go on, and what its errors mean. Pure: no clock, no network.
Must never send a price without its crossed-out one, nor a list without page and limit.

Source of the facts: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix"; `lastUpdatedAt`, the delivery notice of a
return and the results of uploads are from public digests of developer.idefix.com.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, Reply, http_errors, httpx, json_call, segment, with_params
from app.model import PriceChange, StockChange, Window, clean

#: Dates in questions are Turkish wall-clock time; those in answers have an offset.
ZONE = ZoneInfo("Europe/Istanbul")
#: How wide a question by dates may be is not documented.
PIECE = timedelta(days=7)
#: Returns are found by the day they were asked for, yet their state changes for weeks.
CLAIM_AGE = timedelta(days=30)
ORDER_SIZE, CLAIM_SIZE, BATCH = 50, 50, 1000
#: Rows of a page of products, and what to try when idefix finds that too many.
LISTING_SIZES = (100, 50, 20)
MOST_PIECES = 999_999_999
#: Where an account's way to send a key without a secret is remembered.
KEY_FORM = "key_form"


# -- the key -------------------------------------------------------------------------------------------------------------
def key_forms(account: Account) -> dict[str, str]:
    """How this account's key may have to be sent, the likeliest first. With a secret there is one way; without one nobody
    has said which it is."""
    key, secret = account.secret("api_key"), account.secret("api_secret")
    if secret:
        return {"pair": _packed(f"{key}:{secret}")}
    return {"bare": key, "colon": _packed(f"{key}:"), "vendor": _packed(f"{account.setting('vendor_id')}:{key}")}


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class KeyAuth(httpx.Auth):
    """X-API-KEY. An account without a secret tries the ways in turn until one is let in, and remembers it."""

    def __init__(self, account: Account) -> None:
        self._forms, self._learnt = key_forms(account), account.learnt

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        known = self._learnt.get(KEY_FORM, "")
        for form in [known] if known in self._forms else list(self._forms):
            request.headers["x-api-key"] = self._forms[form]
            response = yield request
            if response.status_code != 401:
                if response.status_code < 300 and len(self._forms) > 1:
                    self._learnt[KEY_FORM] = form
                return


# -- reading -------------------------------------------------------------------------------------------------------------
def _shop(account: Account, purpose: str, *rest: str) -> str:
    """`purpose`: orders or products, each with an address of its own."""
    return "/".join((account.urls[purpose].rstrip("/"), *(segment(one) for one in rest)))


def _vendor(account: Account) -> str:
    return account.setting("vendor_id")


def local(instant: datetime, *, up: bool = False) -> str:
    """`yyyy/MM/dd HH:mm:ss` in Turkey, rounded down or up to the second."""
    shifted = instant + (timedelta(seconds=1, microseconds=-1) if up else timedelta())
    return shifted.astimezone(ZONE).strftime("%Y/%m/%d %H:%M:%S")


def _list(account: Account, name: str, operation: str, size: int, params: Mapping[str, str]) -> Call:
    paged = {"page": "1", "limit": str(size), **params}
    return Call("GET", _shop(account, "orders", _vendor(account), name), operation, tuple(paged.items()))


#: Newest first: what comes while the list is read pushes other records onto pages still to be read, never off them.
_NEWEST = {"sortByField": "createAt", "sortDirection": "desc"}


def created_request(account: Account, window: Window) -> Call:
    """Shipments made within the window (at most PIECE)."""
    dates = {"startDate": local(window.since), "endDate": local(window.until, up=True)}
    return _list(account, "list", "orders", ORDER_SIZE, {**dates, **_NEWEST})


def changed_request(account: Account, since: datetime) -> Call:
    """Shipments changed since then."""
    return _list(account, "list", "orders", ORDER_SIZE, {"lastUpdatedAt": local(since), **_NEWEST})


def order_request(account: Account, number: str) -> Call:
    """All shipments of an order."""
    return _list(account, "list", "order", ORDER_SIZE, {"orderNumber": number})


def shipment_request(account: Account, shipment: str) -> Call:
    return _list(account, "list", "confirm_shipments", ORDER_SIZE, {"ids": shipment})


def claims_request(account: Account, window: Window) -> Call:
    """Returns asked for within the window (at most PIECE)."""
    dates = {"startDate": local(window.since), "endDate": local(window.until, up=True)}
    return _list(account, "claim-list", "claims", CLAIM_SIZE, dates)


def claim_request(account: Account, claim: str) -> Call:
    return _list(account, "claim-list", "accept_claim", CLAIM_SIZE, {"ids": claim})


def probe_request(account: Account) -> Call:
    """One product."""
    return _pool(account, "probe", 1)


def listings_request(account: Account, size: int) -> Call:
    return _pool(account, "listings", size)


def _pool(account: Account, operation: str, size: int) -> Call:
    path = _shop(account, "products", "pool", _vendor(account), "list")
    return Call("GET", path, operation, (("page", "1"), ("limit", str(size))))


class Walk:
    """The pages of a list. `take` the number of a page's rows and the count of pages, where idefix tells one; then ask `call`,
    None at the end. Without a count the last page is an empty one, or one with fewer rows than the fullest so far: a cap below
    the size that was asked for, which no document tells, does not end the list."""

    def __init__(self, first: Call) -> None:
        self.call: Call | None = first
        self._full = LISTING_SIZES[-1]
        self._steps = 0

    def take(self, rows: int, count: int | None = None) -> None:
        call = self.call
        if call is None:
            raise ValueError("the walk has ended")
        page = int(dict(call.params)["page"])
        more = rows > 0 and (rows >= self._full if count is None else page < count)
        self._full = max(self._full, rows)
        self._steps += 1
        if more and count is not None and self._steps > 20 + 3 * count:
            reason = "the list grows faster than it can be read"
            raise fail(Message("answer.unexpected", {"operation": call.operation, "reason": reason}))
        self.call = with_params(call, page=str(page + 1)) if more else None


# -- writing -------------------------------------------------------------------------------------------------------------
def refused_price(change: PriceChange) -> Message | None:
    """What idefix would refuse the row for."""
    crossed = change.list_price
    if change.price.currency != "TRY" or (crossed is not None and crossed.currency != "TRY"):
        return Message("item.refused", {"reason": "currency"}, field="price")
    if change.price.rounded().amount <= 0:
        return Message("item.refused", {"reason": "price"}, field="price")
    if crossed is not None and crossed < change.price:
        return Message("item.refused", {"reason": "list_below_sale"}, field="comparePrice")
    return None


def refused_stock(change: StockChange) -> Message | None:
    if not 0 <= change.quantity <= MOST_PIECES:
        return Message("item.refused", {"reason": "quantity", "most": str(MOST_PIECES)}, field="inventoryQuantity")
    return None


def price_row(change: PriceChange) -> dict[str, Any]:
    """Both prices, two decimals, `comparePrice` never below `price`: a known one rises with it, an unknown one equals it."""
    sale = change.price.rounded().amount
    known = change.list_price or change.was_list_price
    if known is not None and known.currency != "TRY":
        known = None
    crossed = max(known.rounded().amount, sale) if known is not None else sale
    return {"barcode": change.listing.remote_id, "price": sale, "comparePrice": crossed}


def _upload(account: Account, operation: str, rows: list[dict[str, Any]]) -> Call:
    path = _shop(account, "products", "catalog", _vendor(account), "inventory-upload")
    return json_call("POST", path, operation, {"items": rows}, repeatable=True)


def set_prices_request(account: Account, changes: Sequence[PriceChange]) -> Call:
    return _upload(account, "set_prices", [price_row(c) for c in changes])


def set_stocks_request(account: Account, changes: Sequence[StockChange]) -> Call:
    """Quantities alone leave the prices as they are."""
    rows = [{"barcode": c.listing.remote_id, "inventoryQuantity": c.quantity} for c in changes]
    return _upload(account, "set_stocks", rows)


def batch_request(account: Account, ticket: str) -> Call:
    path = _shop(account, "products", "catalog", _vendor(account), "inventory-result", ticket)
    return Call("GET", path, "batch_result")


def _write(account: Account, operation: str, record: str, name: str, body: dict[str, Any]) -> Call:
    path = _shop(account, "orders", _vendor(account), record, name)
    return json_call("POST", path, operation, body, repeatable=False)


def picking_request(account: Account, shipment: str) -> Call:
    """From here on the buyer cannot cancel."""
    return _write(account, "confirm_shipments", shipment, "update-shipment-status", {"status": "picking"})


def tracking_request(account: Account, shipment: str, number: str, url: str) -> Call:
    """Takes the parcel out of the platform's cargo contract and sets it to "in cargo"."""
    body = {"trackingNumber": number, "trackingUrl": url}
    return _write(account, "confirm_shipments", shipment, "update-tracking-number", body)


def arrived_request(account: Account, claim: str, lines: Sequence[str]) -> Call:
    """A return lies in the seller's hands; wanted before a decision."""
    return _write(account, "accept_claim", claim, "claim-delivered-to-vendor", {"claimLineIds": list(lines)})


def approve_request(account: Account, claim: str, lines: Sequence[str]) -> Call:
    return _write(account, "accept_claim", claim, "claim-approve", {"claimLineIds": list(lines)})


# -- errors --------------------------------------------------------------------------------------------------------------
def idefix_errors(reply: Reply) -> Message | None:
    """The status, with idefix's own code where its text begins with one (VENDOR_TOKEN_NOT_EXIST)."""
    found = http_errors(reply)
    if found is None:
        return None
    head = clean(found.vendor_text, 300).partition(":")[0].strip()
    if "_" in head and head.isascii() and head.replace("_", "").isalnum() and head == head.upper():
        return msgspec.structs.replace(found, vendor_code=head)
    return found
