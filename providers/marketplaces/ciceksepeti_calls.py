"""Every request to ÇiçekSepeti as data. Pure: no clock, no network.
Must never ask the same question twice within the vendor's waiting time: it is refused, and so is an equal body of a write.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti"; ahmethamdi/entegrasyon (a digest of ciceksepeti.dev).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.contracts import Account, Message
from app.kit import Call, json_call, segment
from app.model import PriceChange, StockChange, Window

ZONE = ZoneInfo("Europe/Istanbul")
API = "/api/v1"
ORDER_SIZE, LISTING_SIZE = 100, 60
#: An order is read again for this long after it was placed: the list knows dates of creation only.
AGE = timedelta(days=38)
#: A window is at most two weeks wide; with this, AGE and an everyday pull make three of them.
WIDEST = timedelta(days=13)
CANCELLED_WIDEST = timedelta(days=28)  # at most a month
#: That dates are Turkish time is nowhere said; three hours more are right in UTC, too.
ZONE_DOUBT = timedelta(hours=3)
#: Calls wait five seconds for their turn: those that stand in a row need longer than a call usually may take.
PATIENT_S = 30.0
BATCH_S = 60  # the same batch once a minute
#: A list of products may be asked for once in ten minutes by the same question: page sizes take turns.
PAGE_SIZES = 15
SORTS = 8  # of the connection test; 7 is "oldest first", which prices and stock do not change
SAME_QUERY_S = 600


def user_agent(account: Account) -> str:
    """`<seller id>` or `<seller id>-<integrator>`."""
    return "-".join(one for one in (account.setting("seller_id"), account.setting("integrator_name")) if one)


def wire_instant(instant: datetime) -> str:
    return instant.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def to_minute(instant: datetime) -> datetime:
    """Orders tell whole minutes."""
    return instant.replace(second=0, microsecond=0)


class Variants:
    """Which wording of a question to use next, so that none comes twice within ten minutes while there are enough. They begin at
    another place with the time, because a restarted program knows nothing of what it asked before."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._asked: dict[int, datetime] = {}

    def next(self, now: datetime) -> int:
        first = int(now.timestamp()) * self._count // SAME_QUERY_S
        order = [(first + step) % self._count for step in range(self._count)]
        rested = now - timedelta(seconds=SAME_QUERY_S)
        free = (one for one in order if self._asked.get(one, rested) <= rested)
        found = next(free, None)
        found = min(order, key=lambda one: self._asked[one]) if found is None else found
        self._asked[found] = now
        return found


class Rested:
    """Which things may be asked for again: each once in so many seconds."""

    def __init__(self, seconds: int) -> None:
        self._rest = timedelta(seconds=seconds)
        self._asked: dict[str, datetime] = {}

    def may(self, key: str, now: datetime) -> bool:
        return key not in self._asked or self._asked[key] <= now - self._rest

    def note(self, key: str, now: datetime) -> None:
        self._asked = {one: at for one, at in self._asked.items() if at > now - self._rest} | {key: now}


# -- products ------------------------------------------------------------------------------------------------------------
def _products(operation: str, size: int, page: int, sort: int, *, patient: bool) -> Call:
    params = {"PageSize": str(size), "Page": str(page), "SortMethod": str(sort)}
    return Call(
        "GET", f"{API}/Products", operation, tuple(params.items()), group="products", repeatable=False,
        deadline_s=PATIENT_S if patient else None,
    )  # fmt: skip


def probe_request(variant: int) -> Call:
    """One product; `variant` below SORTS."""
    return _products("probe", 1, 1, variant + 1, patient=False)


def listings_request(page: int, variant: int) -> Call:
    """Pages from 1, oldest product first; `variant` below PAGE_SIZES, the same for a whole walk."""
    return _products("listings", LISTING_SIZE - variant, page, 7, patient=page > 1)


def price_row(change: PriceChange) -> dict[str, Any]:
    """Without a crossed-out price of its own the old one stays; an equal one means none and is not sent."""
    sale = change.price.rounded().amount
    row: dict[str, Any] = {"stockCode": change.listing.remote_id, "salesPrice": sale}
    if change.list_price is not None and change.list_price.rounded().amount > sale:
        row["listPrice"] = change.list_price.rounded().amount
    return row


def refused_price(change: PriceChange) -> Message | None:
    """What the vendor cannot take. That a price falls by half at most, and a crossed-out price is 1–80 % above it, it tells itself."""
    crossed = change.list_price
    if change.price.currency != "TRY" or (crossed is not None and crossed.currency != "TRY"):
        return Message("item.refused", {"reason": "currency"}, field="currency")
    if change.price.rounded().amount <= 0:
        return Message("item.refused", {"reason": "price"}, field="salesPrice")
    if crossed is not None and crossed < change.price:
        return Message("item.refused", {"reason": "list_below_sale"}, field="listPrice")
    return None


def refused_stock(change: StockChange) -> Message | None:
    if not 0 <= change.quantity <= 2**31 - 1:
        return Message("item.refused", {"reason": "quantity"}, field="stockQuantity")
    return None


def _write(operation: str, rows: list[dict[str, Any]]) -> Call:
    path = f"{API}/Products/price-and-stock"
    return json_call("PUT", path, operation, {"items": rows}, group="inventory", repeatable=True)


def set_prices_request(changes: Sequence[PriceChange]) -> Call:
    """Fields that are not sent stay as they are."""
    return _write("set_prices", [price_row(c) for c in changes])


def set_stocks_request(changes: Sequence[StockChange]) -> Call:
    return _write("set_stocks", [{"stockCode": c.listing.remote_id, "stockQuantity": c.quantity} for c in changes])


def batch_request(ticket: str) -> Call:
    path = f"{API}/Products/batch-status/{segment(ticket)}"
    return Call("GET", path, "batch_result", group="batch", repeatable=False)


# -- orders --------------------------------------------------------------------------------------------------------------
def order_call(
    method: str, name: str, operation: str, body: Mapping[str, Any], group: str, *, patient: bool = True
) -> Call:
    deadline = PATIENT_S if patient else None
    path = f"{API}/Order/{name}"
    return json_call(method, path, operation, body, group=group, repeatable=False, deadline_s=deadline)


def item_id(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def orders_request(
    piece: Window, page: int, now: datetime, *, active: bool, again: int = 0, patient: bool = True
) -> Call:
    """Order items placed within the piece (at most WIDEST), newest first; cancelled ones only with `active` false. The end varies
    with `now` (the start of the walk) and `again`, because an equal question is refused for a minute."""
    end = to_minute(piece.until) + timedelta(minutes=again, seconds=now.second)
    body: dict[str, Any] = {
        "startDate": wire_instant(to_minute(piece.since) - ZONE_DOUBT), "endDate": wire_instant(end),
        "pageSize": ORDER_SIZE, "page": page,
    }  # fmt: skip
    if not active:
        body["isOrderStatusActive"] = False
    return order_call("POST", "GetOrders", "orders", body, "orders", patient=patient)


def order_request(number: str, operation: str, now: datetime, *, active: bool) -> Call:
    """All items of one order; page sizes take turns (no order has so many items)."""
    body: dict[str, Any] = {"orderNo": int(number), "pageSize": ORDER_SIZE - now.second // 2, "page": 0}
    if not active:
        body["isOrderStatusActive"] = False
    return order_call("POST", "GetOrders", operation, body, "orders")


def cancelled_request(piece: Window, page: int, now: datetime, operation: str, *, patient: bool = True) -> Call:
    """Cancellations and returns by the date of the cancellation, for at most a month. (A filter by kind is a field of the answer
    only.)"""
    body = {
        "cancellationStartDate": wire_instant(to_minute(piece.since)),
        "cancellationEndDate": wire_instant(to_minute(piece.until) + timedelta(seconds=now.second)),
        "pageSize": ORDER_SIZE, "page": page,
    }  # fmt: skip
    return order_call("POST", "getcanceledorders", operation, body, "returns", patient=patient)


def accept_claim_request(item: str) -> Call:
    return order_call(
        "POST", "cancelevaluation", "accept_claim", {"orderItemId": item_id(item), "process": 1}, "returns"
    )
