"""Every request to Trendyol as data, how a list goes on, and what Trendyol's errors mean. Pure: no clock, no network.
Must never send a request without the User-Agent that Trendyol demands.

Source of the facts: reference/marketplaces-tr.md, "## Trendyol" (Operations, Rate limits, Errors).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from app.contracts import Account, Message, fail
from app.kit import Call, Classifier, Reply, decode_json, http_errors, json_call, segment, with_params
from app.model import Money, PriceChange, StockChange, Window, clean, fold, to_epoch_ms
from providers.marketplaces.trendyol_wire import PagedWire, StreamWire

#: Trendyol's page on the order calls asks for filters "as GMT+3", its other pages speak of plain epoch time. Asking three hours
#: further is right in both readings and costs a few records twice.
ZONE_DOUBT = timedelta(hours=3)
#: A date filter may span 14 days, the doubt included.
WIDEST = timedelta(days=14) - ZONE_DOUBT
HISTORY = timedelta(days=89)  # Trendyol keeps three months
ORDER_SIZE, CLAIM_SIZE, PRODUCT_SIZE, FINANCE_SIZE = 200, 50, 100, 500
PAGED_RECORDS = 10_000  # page × size may not go past this
BATCH, MOST_PIECES = 1000, 20_000
SAME_BODY_S, THROTTLE_S = 900.0, 10.0
#: A call a kind is more than Trendyol takes in ten seconds: the later ones wait for their turn.
FINANCE_DEADLINE_S = 60.0
STAGE_HOST = "stageapigw"
OPEN_STATUSES = "Created,Picking,Invoiced"


def seller(account: Account) -> str:
    return segment(account.setting("seller_id"))


def headers(account: Account) -> tuple[tuple[str, str], ...]:
    """User-Agent `{seller} - {integrator}` (at most 30 plain letters and digits), and the storefront where one is set."""
    name = "".join(c for c in account.setting("integrator_name") if c.isascii() and c.isalnum())[:30]
    agent = ("user-agent", f"{account.setting('seller_id')} - {name or 'SelfIntegration'}")
    store = account.setting("storefront_code")
    return (agent, ("storeFrontCode", store)) if store else (agent,)


def _get(account: Account, path: str, operation: str, group: str, params: Mapping[str, str]) -> Call:
    return Call("GET", path, operation, tuple(params.items()), headers(account), group=group)


def _orders(account: Account) -> str:
    return f"/integration/order/sellers/{seller(account)}"


def _list(account: Account, old: bool) -> str:
    """The list of packages by pages: V2, or the address that it had before (closed since 15 October 2026, by the announcement)."""
    return f"{_orders(account)}/{'orders' if old else 'v2/orders'}"


def _products(account: Account) -> str:
    return f"/integration/product/sellers/{seller(account)}/products"


# -- reading -------------------------------------------------------------------------------------------------------------
def probe_request(account: Account, window: Window, *, old: bool = False) -> Call:
    """One open package and how many there are."""
    params = {
        "startDate": str(to_epoch_ms(window.since)), "endDate": str(to_epoch_ms(window.until)),
        "status": OPEN_STATUSES, "page": "0", "size": "1",
    }  # fmt: skip
    return _get(account, _list(account, old), "probe", "orders", params)


def orders_request(account: Account, window: Window) -> Call:
    """The stream of packages modified within the window (at most WIDEST)."""
    params = {
        "lastModifiedStartDate": str(to_epoch_ms(window.since)),
        "lastModifiedEndDate": str(to_epoch_ms(window.until + ZONE_DOUBT)),
        "size": str(ORDER_SIZE),
    }
    return _get(account, f"{_orders(account)}/orders/stream", "orders", "orders", params)


def order_request(account: Account, number: str, window: Window | None = None, *, old: bool = False) -> Call:
    """The packages of one order number; without a window Trendyol looks at the last week only."""
    params = {"orderNumber": number, "page": "0", "size": str(ORDER_SIZE)}
    return _get(account, _list(account, old), "order", "orders", {**params, **_dates(window)})


def package_request(account: Account, package_id: str, window: Window | None = None, *, old: bool = False) -> Call:
    params = {"shipmentPackageIds": package_id, "page": "0", "size": str(ORDER_SIZE)}
    return _get(account, _list(account, old), "order", "orders", {**params, **_dates(window)})


def _dates(window: Window | None) -> dict[str, str]:
    if window is None:
        return {}
    return {"startDate": str(to_epoch_ms(window.since)), "endDate": str(to_epoch_ms(window.until + ZONE_DOUBT))}


def prices_request(account: Account) -> Call:
    params = {"page": "0", "size": str(PRODUCT_SIZE)}
    return _get(account, f"{_products(account)}/approved/inventory-and-price", "listings", "products", params)


def titles_request(account: Account) -> Call:
    params = {"page": "0", "size": str(PRODUCT_SIZE)}
    return _get(account, f"{_products(account)}/approved", "listings", "products", params)


def batch_request(account: Account, ticket: str) -> Call:
    return _get(account, f"{_products(account)}/batch-requests/{segment(ticket)}", "batch_result", "batch", {})


def claims_request(account: Account, window: Window) -> Call:
    """Claims opened within the window."""
    params = {
        "startDate": str(to_epoch_ms(window.since)), "endDate": str(to_epoch_ms(window.until)),
        "page": "0", "size": str(CLAIM_SIZE),
    }  # fmt: skip
    return _get(account, f"{_orders(account)}/claims", "claims", "claims", params)


def claim_request(account: Account, claim_id: str) -> Call:
    params = {"claimIds": claim_id, "page": "0", "size": str(CLAIM_SIZE)}
    return _get(account, f"{_orders(account)}/claims", "claims", "claims", params)


def settlements_request(account: Account, window: Window, kind: str, *, other: bool = False) -> Call:
    """Rows of one kind booked within the window (at most 15 days); `other` asks otherfinancials."""
    params = {
        "startDate": str(to_epoch_ms(window.since)), "endDate": str(to_epoch_ms(window.until)),
        "transactionType": kind, "page": "0", "size": str(FINANCE_SIZE),
    }  # fmt: skip
    path = f"/integration/finance/che/sellers/{seller(account)}/{'otherfinancials' if other else 'settlements'}"
    call = _get(account, path, "settlements", "finance", params)
    return msgspec.structs.replace(call, deadline_s=FINANCE_DEADLINE_S)


def stream_following(call: Call, reply: Reply) -> Call | None:
    page = decode_json(reply, StreamWire)
    if not page.has_more:
        return None
    if not page.next_cursor:
        raise fail(Message("answer.field_missing", {"field": "nextCursor", "operation": call.operation}))
    return with_params(call, nextCursor=page.next_cursor)


def paged_following(call: Call, reply: Reply) -> Call | None:
    """The next page by its number."""
    after = int(dict(call.params)["page"]) + 1
    return with_params(call, page=str(after)) if after < decode_json(reply, PagedWire).total_pages else None


def products_following(call: Call, reply: Reply) -> Call | None:
    """By page numbers as far as Trendyol allows, by the page token beyond. A list that could not be read whole is an error."""
    found, asked = decode_json(reply, PagedWire), dict(call.params)
    if "nextPageToken" in asked:
        return with_params(call, nextPageToken=found.next_page_token) if found.next_page_token else None
    after, size = int(asked["page"]) + 1, int(asked["size"])
    if (after + 1) * size <= PAGED_RECORDS:
        return with_params(call, page=str(after)) if after < found.total_pages else None
    if found.next_page_token:
        return with_params(call, page=None, nextPageToken=found.next_page_token)
    if after < found.total_pages:
        raise fail(Message("answer.unexpected", {"operation": call.operation, "reason": "more than 10,000 records"}))
    return None


# -- writing -------------------------------------------------------------------------------------------------------------
def _number(money: Money) -> Any:
    return money.rounded().amount


def price_item(change: PriceChange) -> dict[str, Any]:
    """`listPrice` may not lie below `salePrice`: a known list price rises with it, an unknown one is left to Trendyol."""
    item = {"barcode": change.listing.remote_id, "salePrice": _number(change.price)}
    if change.list_price is not None:
        item["listPrice"] = _number(change.list_price)
    elif change.was_list_price is not None:
        item["listPrice"] = max(_number(change.was_list_price), _number(change.price))
    return item


def refused_price(change: PriceChange) -> Message | None:
    """What Trendyol would refuse the item for; sent along it could cost the whole batch."""
    if change.price.currency != "TRY" or (change.list_price is not None and change.list_price.currency != "TRY"):
        return Message("item.refused", {"reason": "currency"}, field="currency")
    if change.price.amount <= 0:
        return Message("item.refused", {"reason": "price"}, field="salePrice")
    if change.list_price is not None and change.list_price < change.price:
        return Message("item.refused", {"reason": "list_below_sale"}, field="listPrice")
    return None


def refused_stock(change: StockChange) -> Message | None:
    if not 0 <= change.quantity <= MOST_PIECES:
        return Message("item.refused", {"reason": "quantity", "most": str(MOST_PIECES)}, field="quantity")
    return None


def _inventory(account: Account, operation: str, items: list[dict[str, Any]]) -> Call:
    """Not repeatable: Trendyol refuses the same body for 15 minutes."""
    path = f"/integration/inventory/sellers/{seller(account)}/products/price-and-inventory"
    return json_call(
        "POST", path, operation, {"items": items}, headers=headers(account), group="inventory", repeatable=False
    )


def set_prices_request(account: Account, changes: Sequence[PriceChange]) -> Call:
    return _inventory(account, "set_prices", [price_item(c) for c in changes])


def set_stocks_request(account: Account, changes: Sequence[StockChange]) -> Call:
    items = [{"barcode": c.listing.remote_id, "quantity": c.quantity} for c in changes]
    return _inventory(account, "set_stocks", items)


def _package(account: Account, package_id: str, suffix: str, body: Any) -> Call:
    path = f"{_orders(account)}/shipment-packages/{segment(package_id)}{suffix}"
    return json_call(
        "PUT", path, "confirm_shipments", body, headers=headers(account), group="packages", repeatable=False
    )


def picking_request(account: Account, package_id: str, lines: Sequence[tuple[int, int]]) -> Call:
    """`lines`: (order line id, pieces)."""
    told = [{"lineId": line, "quantity": quantity} for line, quantity in lines]
    return _package(account, package_id, "", {"lines": told, "params": {}, "status": "Picking"})


def tracking_request(account: Account, package_id: str, number: str) -> Call:
    return _package(account, package_id, "/update-tracking-number", {"trackingNumber": number})


def _label_path(account: Account, tracking_number: str) -> str:
    return f"/integration/sellers/{seller(account)}/common-label/{segment(tracking_number)}"


def create_label_request(account: Account, tracking_number: str) -> Call:
    body = {"format": "ZPL", "boxQuantity": 1}
    path = _label_path(account, tracking_number)
    return json_call("POST", path, "label", body, headers=headers(account), group="label", repeatable=True)


def label_request(account: Account, tracking_number: str) -> Call:
    return _get(account, _label_path(account, tracking_number), "label", "label", {})


def accept_claim_request(account: Account, claim_id: str, items: Sequence[str]) -> Call:
    path = f"{_orders(account)}/claims/{segment(claim_id)}/items/approve"
    body = {"claimLineItemIdList": list(items), "params": {}}
    return json_call("PUT", path, "accept_claim", body, headers=headers(account), group="claim_write", repeatable=False)


# -- errors --------------------------------------------------------------------------------------------------------------
class _ErrorBody(msgspec.Struct):
    errors: list[Any] = []
    exception: str = ""


def error_words(reply: Reply) -> tuple[str, str]:
    """Trendyol's key and text; `errors` holds objects or plain sentences."""
    try:
        body = msgspec.json.decode(reply.body, type=_ErrorBody)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return "", ""
    told = [e if isinstance(e, dict) else {"message": str(e)} for e in body.errors]
    key = next((str(e["key"]) for e in told if e.get("key")), body.exception)
    return clean(key, 80), clean("; ".join(str(e.get("message") or "") for e in told), 300)


def same_request(text: str) -> bool:
    """'15 dakika boyunca aynı isteği tekrarlı olarak atamazsınız!'"""
    folded = fold(text)
    return "15 dakika" in folded or ("same request" in folded and "15" in folded)


def trendyol_errors(account: Account) -> Classifier:
    """The classifier for the account's address: only the stage server answers 503 to a foreign IP.

    An identical body within 15 minutes is `rate.repeated` for 900 s and not a success: another value may have gone out between
    the two (10, 12, 10), so the only safe end is to send this one again when Trendyol takes it.
    """
    stage = STAGE_HOST in (urlsplit(account.base_url).hostname or "")

    def errors(reply: Reply) -> Message | None:
        found = http_errors(reply)
        if found is None:
            return None
        key, text = error_words(reply)
        changes: dict[str, Any] = {"vendor_code": key or found.vendor_code, "vendor_text": text or found.vendor_text}
        status, folded = reply.status, fold(f"{key} {text}")
        if status == 429:
            changes["retry_after"] = found.retry_after or THROTTLE_S
        elif status == 400 and (
            same_request(text) or "recurring.product.create" in folded
        ):  # the latter: a creation's twin
            minutes = str(round(SAME_BODY_S / 60))
            changes |= {"code": "rate.repeated", "retry_after": SAME_BODY_S}
            changes["params"] = {"vendor": "Trendyol", "minutes": minutes}
        elif status == 503 and stage:
            changes["code"] = "auth.ip_not_allowed"
        elif status == 403 and found.code == "auth.forbidden":
            if "user-agent" in folded or "user.agent" in folded:
                changes |= {"code": "config.field", "field": "integrator_name"}
                changes["params"] = {"field": "integrator_name", "why": "user_agent"}
            elif " ip " in f" {folded} " or "ip adres" in folded:
                changes["code"] = "auth.ip_not_allowed"
        return msgspec.structs.replace(found, **changes)

    return errors
