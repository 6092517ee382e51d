"""Every request to Hepsiburada as data, and what its errors mean. Pure: no clock, no network.
Must never send a request without the registered User-Agent, nor to another host than the purpose says.

Source of the facts: reference/marketplaces-tr.md, "## Hepsiburada" (base URLs, Operations, Rate limits, Errors).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.contracts import Account, Message
from app.kit import Call, Reply, http_errors, json_call, looks_like_html, segment
from app.model import PriceChange, ShipmentNotice, StockChange, Window, clean, fold

#: Dates without an offset are Turkish wall-clock time (unconfirmed, yet every client known reads them so).
ZONE = ZoneInfo("Europe/Istanbul")
MINUTE = timedelta(minutes=1)
#: A date filter may span 24 hours, else its end is ignored; minutes are rounded outwards, so a piece is a little shorter.
PIECE = timedelta(hours=23)
ORDER_SIZE, PACKAGE_SIZE, CLAIM_SIZE, LISTING_SIZE, TITLE_SIZE, RECORD_SIZE = 100, 10, 100, 100, 100, 100
BATCH = 1000  # 4000 is the most that Hepsiburada takes, 1000 what it advises
MOST_PIECES = 999_999_999
CATALOGUE_BLOCK_S = 60.0
#: Lists of packages by what became of them; `unpacked` is not among them: such lines are open again.
STATES = ("shipped", "delivered", "undelivered")


def merchant(account: Account) -> str:
    return segment(account.setting("merchant_id"))


def headers(account: Account) -> tuple[tuple[str, str], ...]:
    """The registered developer user, exactly and alone."""
    return (("user-agent", account.setting("developer_username")),)


def _get(account: Account, host: str, path: str, operation: str, group: str, params: Mapping[str, str]) -> Call:
    return Call("GET", account.urls[host] + path, operation, tuple(params.items()), headers(account), group=group)


def _oms(account: Account, path: str, operation: str, params: Mapping[str, str]) -> Call:
    return _get(account, "api", path, operation, "orders", params)


def _write(account: Account, path: str, operation: str, body: Any) -> Call:
    url = account.urls["api"] + path
    return json_call("POST", url, operation, body, headers=headers(account), group="orders", repeatable=False)


def local_minute(instant: datetime, *, up: bool = False) -> str:
    """`yyyy-MM-dd HH:mm` in Turkey, rounded down or up to the minute."""
    local = (instant + (MINUTE - timedelta(microseconds=1) if up else timedelta())).astimezone(ZONE)
    return local.strftime("%Y-%m-%d %H:%M")


# -- reading -------------------------------------------------------------------------------------------------------------
def _paged(size: int, **more: str) -> dict[str, str]:
    return {**more, "offset": "0", "limit": str(size)}


def probe_request(account: Account) -> Call:
    """One listing: the cheapest call that key, merchant id and developer user must all be right for."""
    path = f"/listings/merchantid/{merchant(account)}"
    return _get(account, "listings", path, "probe", "listings", _paged(1))


def open_lines_request(account: Account) -> Call:
    """All lines that are paid and not packed. Without dates: their filter is on creation, and old lines change too."""
    return _oms(account, f"/orders/merchantid/{merchant(account)}", "orders", _paged(ORDER_SIZE))


def cancelled_request(account: Account) -> Call:
    """Cancelled lines of the last month."""
    return _oms(account, f"/orders/merchantid/{merchant(account)}/cancelled", "orders", _paged(ORDER_SIZE))


def unpaid_request(account: Account) -> Call:
    """Orders that wait for their payment."""
    return _oms(account, f"/orders/merchantid/{merchant(account)}/paymentawaiting", "orders", _paged(ORDER_SIZE))


def _dates(window: Window) -> dict[str, str]:
    return {"begindate": local_minute(window.since), "enddate": local_minute(window.until, up=True)}


def packages_request(account: Account, window: Window) -> Call:
    """Packages made within the window (at most PIECE)."""
    path = f"/packages/merchantid/{merchant(account)}"
    return _oms(account, path, "orders", _paged(PACKAGE_SIZE, **_dates(window)))


def packages_in_state_request(account: Account, state: str, window: Window) -> Call:
    """Packages that came into one of STATES within the window (at most PIECE)."""
    path = f"/packages/merchantid/{merchant(account)}/{state}"
    return _oms(account, path, "orders", _paged(PACKAGE_SIZE, **_dates(window)))


def order_request(account: Account, number: str, operation: str = "order") -> Call:
    """One order with all its lines, wherever they are."""
    return _oms(account, f"/orders/merchantid/{merchant(account)}/ordernumber/{segment(number)}", operation, {})


def package_request(account: Account, number: str, operation: str) -> Call:
    return _oms(account, _package(account, number), operation, {})


def listings_request(account: Account) -> Call:
    path = f"/listings/merchantid/{merchant(account)}"
    return _get(account, "listings", path, "listings", "listings", _paged(LISTING_SIZE))


def titles_request(account: Account) -> Call:
    """The catalogue's products of this merchant: names are told there only."""
    path = f"/product/api/products/all-products-of-merchant/{merchant(account)}"
    return _get(account, "catalogue", path, "listings", "catalogue", {"page": "0", "size": str(TITLE_SIZE)})


def batch_request(account: Account, kind: str, upload: str) -> Call:
    """`kind`: stock or price."""
    path = f"/listings/merchantid/{merchant(account)}/{kind}-uploads/id/{segment(upload)}"
    return _get(account, "listings", path, "batch_result", "listings", {})


def claims_request(account: Account, window: Window) -> Call:
    """Claims opened within the window."""
    dates = {"beginDate": local_minute(window.since), "endDate": local_minute(window.until, up=True)}
    return _oms(account, f"/claims/merchantId/{merchant(account)}", "claims", _paged(CLAIM_SIZE, **dates))


def claims_in_state_request(account: Account, state: str) -> Call:
    path = f"/claims/merchantId/{merchant(account)}/status/{segment(state)}"
    return _oms(account, path, "claims", _paged(CLAIM_SIZE))


def settlements_request(account: Account, window: Window) -> Call:
    """Accounting records made within the window; a hundred a page is the most. Both ends count as within."""
    last = window.until - timedelta(microseconds=1)
    dates = {
        "RecordDateStart": f"{window.since.astimezone(ZONE):%Y-%m-%dT%H:%M:%S.%f}",
        "RecordDateEnd": f"{last.astimezone(ZONE):%Y-%m-%dT%H:%M:%S.%f}",
    }
    path = f"/transactions/merchantid/{merchant(account)}"
    params = {"Offset": "0", "Limit": str(RECORD_SIZE), **dates}
    return _get(account, "finance", path, "settlements", "finance", params)


def label_request(account: Account, package: str) -> Call:
    return _oms(account, f"{_package(account, package)}/labels", "label", {})


# -- writing -------------------------------------------------------------------------------------------------------------
def _skus(change: PriceChange | StockChange) -> dict[str, str]:
    """Either SKU finds the row; both are sent where both are known."""
    found = {"hepsiburadaSku": change.listing.remote_id, "merchantSku": change.listing.sku}
    return {k: v for k, v in found.items() if v}


def refused_price(change: PriceChange) -> Message | None:
    """What Hepsiburada would refuse the row for."""
    if change.price.currency != "TRY":
        return Message("item.refused", {"reason": "currency"}, field="currency")
    if change.price.amount <= 0:
        return Message("item.refused", {"reason": "price"}, field="price")
    return None


def refused_stock(change: StockChange) -> Message | None:
    if not 0 <= change.quantity <= MOST_PIECES:
        return Message("item.refused", {"reason": "quantity", "most": str(MOST_PIECES)}, field="availableStock")
    return None


def _upload(account: Account, kind: str, operation: str, rows: list[dict[str, Any]]) -> Call:
    """Absolute values: twice is harmless, but each upload counts against the day's total."""
    url = f"{account.urls['listings']}/listings/merchantid/{merchant(account)}/{kind}-uploads"
    return json_call("POST", url, operation, rows, headers=headers(account), group="uploads", repeatable=True)


def set_prices_request(account: Account, changes: Sequence[PriceChange]) -> Call:
    """Hepsiburada knows one price, VAT included; a crossed-out one has no field here."""
    rows = [{**_skus(c), "price": c.price.rounded().amount} for c in changes]
    return _upload(account, "price", "set_prices", rows)


def set_stocks_request(account: Account, changes: Sequence[StockChange]) -> Call:
    rows = [{**_skus(c), "availableStock": c.quantity} for c in changes]
    return _upload(account, "stock", "set_stocks", rows)


def _package(account: Account, number: str) -> str:
    return f"/packages/merchantid/{merchant(account)}/packagenumber/{segment(number)}"


def pack_request(account: Account, lines: Sequence[tuple[str, int]]) -> Call:
    """One package of `lines` (line id, pieces). Not repeatable: a second one would pack what is packed already."""
    told = [{"id": line, "quantity": quantity, "serialNumbers": []} for line, quantity in lines]
    body = {"lineItemRequests": told, "parcelQuantity": 1, "deci": 1}
    return _write(account, f"/packages/merchantid/{merchant(account)}", "confirm_shipments", body)


def in_transit_request(account: Account, package: str, notice: ShipmentNotice, now: datetime) -> Call:
    """An own carrier took the package. With Hepsiburada's carriers nothing is told."""
    shipped = (notice.shipped_at or now).astimezone(ZONE)
    body = {
        "shippedDate": shipped.strftime("%Y-%m-%dT%H:%M:%S"),
        "trackingNumber": notice.tracking_number,
        "trackingUrl": notice.tracking_url,
        "cargoCompany": notice.carrier,
    }
    told = {k: v for k, v in body.items() if v}
    return _write(account, f"{_package(account, package)}/intransit", "confirm_shipments", told)


def accept_claim_request(account: Account, number: str) -> Call:
    """Accepted with money back. The words for FinalizedWith are not documented; `Refund` is what the answers' field suggests."""
    body = {"FinalizedWith": "Refund", "InvoiceLink": "", "AcceptionReason": ""}
    return _write(account, f"/claims/number/{segment(number)}/accept", "accept_claim", body)


# -- errors --------------------------------------------------------------------------------------------------------------
def error_words(reply: Reply) -> tuple[str, str]:
    """Code and text from any of Hepsiburada's shapes: {code, message, correlationId}, {errors: [{code, message}]},
    {errors: ["…"]}, {message}, {title}. The correlation id stays with the text: support asks for it."""
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    code, texts = _text(body.get("code")), [_text(body.get("message")) or _text(body.get("title"))]
    errors = body.get("errors")
    for one in errors if isinstance(errors, list) else [errors]:
        if isinstance(one, dict):
            code = code or _text(one.get("code"))
            texts.append(_text(one.get("message")) or "; ".join(_text(v) for v in one.values() if _text(v)))
        else:
            texts.append(_text(one))
    if body.get("correlationId"):
        texts.append(f"[{_text(body['correlationId'])}]")
    return clean(code, 80), clean("; ".join(t for t in texts if t), 300)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(v) for v in value)
    return str(value) if isinstance(value, str | int) else ""


def hepsiburada_errors(reply: Reply) -> Message | None:
    """The standard reading, with Hepsiburada's own words. A 403 that speaks of the User-Agent is the developer user's."""
    found = http_errors(reply)
    if found is None:
        return None
    code, text = error_words(reply)
    changes: dict[str, Any] = {"vendor_code": code or found.vendor_code, "vendor_text": text or found.vendor_text}
    folded = fold(f"{code} {text or found.vendor_text}")
    if reply.status in (401, 403) and ("user-agent" in folded or "useragent" in folded or "developer" in folded):
        changes["field"] = "developer_username"
    return msgspec.structs.replace(found, **changes)


def catalogue_errors(reply: Reply) -> Message | None:
    """The catalogue answers 403 to more than 100 calls a second (and blocks the address then): that is no key error."""
    found = hepsiburada_errors(reply)
    if found is not None and reply.status == 403 and found.field != "developer_username":
        return msgspec.structs.replace(found, code="rate.limited", retry_after=found.retry_after or CATALOGUE_BLOCK_S)
    return found


def found_or_absent(reply: Reply) -> Message | None:
    """As `hepsiburada_errors`, except that Hepsiburada's own 404 passes: there is nothing of the kind."""
    return None if says_empty(reply) else hepsiburada_errors(reply)


def says_empty(reply: Reply) -> bool:
    """A 404 of Hepsiburada's own (JSON) may mean 'nothing in this list'; a page or a bare 404 is a wrong address."""
    return reply.status == 404 and not looks_like_html(reply) and reply.body.lstrip()[:1] in (b"{", b"[")
