"""Every call of the Mirakl seller client as data, and its errors. Pure. A key enters no call here, OF24 is never among them: it
sets what is not sent back to defaults.

Source of the facts: Mirakl's seller OpenAPI document (codes OR11, OF21 … are its operation ids).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from app.contracts import Account, Message
from app.kit import Call, Reply, http_errors, json_call, looks_like_html, segment, with_params
from app.model import ShipmentNotice, StockChange, Window, clean, iso_z

PAGE = 100  # the most that offset and seek pages take
LOG_PAGE = 2000  # TL02
SECOND = timedelta(seconds=1)
#: By limit group: the wait of one turn, and what a call lasts. Other groups never wait that long.
PATIENCE_S = {"orders": 90.0, "order_pages": 90.0, "transactions": 90.0, "returns": 330.0}
MOST_SKU_CALLS = 10  # from here on the whole list of offers costs fewer calls than one call an SKU
STOCK_COLUMNS = ("offer-sku", "quantity", "warehouse-code", "update-delete")


def _params(account: Account, **more: str) -> dict[str, str]:
    """`shop_id` goes along wherever the merchant gave one: a user may hold several shops."""
    shop = account.setting("shop_id")
    return {k: v for k, v in (*more.items(), ("shop_id", shop)) if v}


def _get(account: Account, path: str, operation: str, group: str, **more: str) -> Call:
    headers = (("accept", "application/json"),)
    return Call("GET", path, operation, tuple(_params(account, **more).items()), headers, group=group)


# -- orders --------------------------------------------------------------------------------------------------------------
def probe_request(account: Account) -> Call:
    """OR11: one order to ship at most; `total_count` tells how many there are."""
    channel = account.setting("channel_code")
    return _get(account, "/api/orders", "probe", "orders", order_state_codes="SHIPPING", channel_codes=channel, max="1")


def account_request(account: Account) -> Call:
    """A01: the shop's name, currency and state. Meant for once a day."""
    return _get(account, "/api/account", "probe", "account")


def orders_request(account: Account, window: Window, *, patient: bool = False) -> Call:
    """OR11: orders modified within the window, in order of creation (there is no other). A second more at the end: instants
    are sent in whole seconds. `patient`: a further call of the same pull, which waits for its minute."""
    call = _get(
        account, "/api/orders", "orders", "orders",
        start_update_date=iso_z(window.since), end_update_date=iso_z(window.until + SECOND),
        channel_codes=account.setting("channel_code"), sort="dateCreated", order="asc", max=str(PAGE), offset="0",
    )  # fmt: skip
    return following(call) if patient else call


def following(call: Call, **changes: str) -> Call:
    """A further page of the same list. It may have to wait for its turn longer than a call may last: without patience a long list
    would end in the middle every time. Mirakl publishes its pace for lists of orders, not for the pages of one."""
    group = "order_pages" if call.group == "orders" and changes.get("offset", "0") != "0" else call.group
    return msgspec.structs.replace(with_params(call, **changes), group=group, deadline_s=PATIENCE_S.get(group))


def order_request(account: Account, number: str, operation: str = "order") -> Call:
    """OR11 by id. A merchant may type the number that the buyer sees: Mirakl's ids are that and a letter (K0000001-A)."""
    bare = number.strip().replace(",", "")
    head, dash, tail = bare.rpartition("-")
    ids = [bare] if dash and head and len(tail) == 1 else [bare, *(f"{bare}-{letter}" for letter in "ABCDE")]
    return _get(account, "/api/orders", operation, "lookups", order_ids=",".join(ids), max=str(PAGE))


def accept_request(account: Account, order_id: str, decided: Mapping[str, bool]) -> Call:
    """OR21: every line of the order, taken or refused. Not repeated unseen: a second decision is refused."""
    body = {"order_lines": [{"id": line, "accepted": taken} for line, taken in decided.items()]}
    return _put(account, f"/api/orders/{segment(order_id)}/accept", "accept", body)


# -- offers --------------------------------------------------------------------------------------------------------------
def offers_request(account: Account, operation: str = "listings", *, for_write: bool = False) -> Call:
    """OF21, all offers by title: the order that changes least. For a write without a channel: then all prices are told."""
    channel = "" if for_write else account.setting("channel_code")
    return _get(
        account, "/api/offers", operation, "listings",
        pricing_channel_code=channel, sort="productTitle", order="asc", max=str(PAGE), offset="0",
    )  # fmt: skip


def offer_request(account: Account, sku: str) -> Call:
    """OF21 of one SKU, with all its prices."""
    return _get(account, "/api/offers", "set_prices", "listings", sku=sku, max=str(PAGE))


def csv_bytes(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Semicolons, everything in quotes, UTF-8, as Mirakl's documents show it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return text.getvalue().encode()


def _upload(account: Account, path: str, operation: str, group: str, data: bytes) -> Call:
    """A multipart call with `data` as the part `file`. The boundary comes of the data, so that the call stays pure."""
    boundary = f"paxzar-{hashlib.sha256(data).hexdigest()[:40]}"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{operation}.csv"\r\nContent-Type: text/csv; charset=utf-8\r\n\r\n'
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    headers = (("accept", "application/json"), ("content-type", f"multipart/form-data; boundary={boundary}"))
    params = tuple(_params(account).items())
    return Call("POST", path, operation, params, headers, body, group, repeatable=True)


def set_prices_request(account: Account, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Call:
    """PRI01. Replaces all prices of every offer that it names: `rows` must hold all of them. Twice is harmless."""
    return _upload(account, "/api/offers/pricing/imports", "set_prices", "price_import", csv_bytes(columns, rows))


def set_stocks_request(account: Account, changes: Sequence[StockChange]) -> Call:
    """STO01: absolute quantities. An offer that lies in one named warehouse gets its quantity there."""
    rows = [
        {
            "offer-sku": one.listing.remote_id,
            "quantity": str(one.quantity),
            "warehouse-code": one.listing.extra.get("warehouses", ""),
        }
        for one in changes
    ]
    return _upload(account, "/api/offers/stock/imports", "set_stocks", "stock_import", csv_bytes(STOCK_COLUMNS, rows))


def price_status_request(account: Account, import_id: str) -> Call:
    """PRI02."""
    return _get(account, "/api/offers/pricing/imports", "batch_result", "price_status", import_id=import_id)


def stock_status_request(account: Account, import_id: str) -> Call:
    """STO02."""
    return _get(account, f"/api/offers/stock/imports/{segment(import_id)}/status", "batch_result", "stock_status")


def error_report_request(account: Account, kind: str, import_id: str) -> Call:
    """PRI03 or STO03: a CSV of the lines in error."""
    room, group = ("pricing", "price_status") if kind == "price" else ("stock", "stock_status")
    path = f"/api/offers/{room}/imports/{segment(import_id)}/error_report"
    call = _get(account, path, "batch_result", group)
    return msgspec.structs.replace(call, headers=(("accept", "text/csv"),))


# -- shipping ------------------------------------------------------------------------------------------------------------
def carriers_request(account: Account) -> Call:
    """SH21. Meant for once a day."""
    return _get(account, "/api/shipping/carriers", "confirm_shipments", "account")


def tracking_request(account: Account, notice: ShipmentNotice, carrier: tuple[str, str] | None) -> Call:
    """OR23. `carrier`: code and label of a registered one; None tells the merchant's own word and address. Twice is harmless."""
    if carrier is not None:
        told = {"carrier_code": carrier[0], "carrier_name": carrier[1]}
    else:
        told = {"carrier_name": notice.carrier, "carrier_url": notice.tracking_url}
    body = {k: v for k, v in (*told.items(), ("tracking_number", notice.tracking_number)) if v}
    return _put(account, f"/api/orders/{segment(notice.order_id)}/tracking", "confirm_shipments", body, repeatable=True)


def ship_request(account: Account, order_id: str) -> Call:
    """OR24. Only in SHIPPING; not repeated unseen: the order is read before it is sent again."""
    return _put(account, f"/api/orders/{segment(order_id)}/ship", "confirm_shipments", None)


def _put(account: Account, path: str, operation: str, body: Any, *, repeatable: bool = False) -> Call:
    return json_call(
        "PUT", path, operation, body, params=_params(account), group="order_writes", repeatable=repeatable,
        headers=(("accept", "application/json"),),
    )  # fmt: skip


# -- returns and money ---------------------------------------------------------------------------------------------------
def claims_request(account: Account, window: Window) -> Call:
    """RT11: returns that changed within the window."""
    return _get(
        account, "/api/returns", "claims", "returns",
        return_last_updated_from=iso_z(window.since - SECOND), return_last_updated_to=iso_z(window.until + SECOND),
        limit=str(PAGE),
    )  # fmt: skip


def claim_request(account: Account, remote_id: str) -> Call:
    """RT11 of one return."""
    return _get(account, "/api/returns", "accept_claim", "returns", return_id=remote_id)


def accept_claim_request(account: Account, remote_id: str) -> Call:
    """RT21: the buyer may send it back. It pays nothing back."""
    body = {"returns": [{"id": remote_id, "accepted": True}]}
    return _put(account, "/api/returns/accept", "accept_claim", body)


def settlements_request(account: Account, window: Window) -> Call:
    """TL02: lines of the account booked within the window."""
    return _get(
        account, "/api/sellerpayment/transactions_logs", "settlements", "transactions",
        date_created_from=iso_z(window.since), date_created_to=iso_z(window.until + SECOND), limit=str(LOG_PAGE),
    )  # fmt: skip


# -- errors --------------------------------------------------------------------------------------------------------------
#: OR21's documented codes, which other calls on orders use as well (unconfirmed).
CODES = {
    "ORDER_NOT_FOUND": "item.not_found",
    "ORDER_LINE_NOT_FOUND": "item.not_found",
    "ORDER_INVALID_STATE": "item.conflict",
    "ORDER_FULFILLED_UNAUTHORIZED": "item.conflict",
}


def error_words(reply: Reply) -> tuple[str, str, str]:
    """Code, text and field of {status, message} or {errors: [{code, field, message}]}."""
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", "", ""
    if not isinstance(body, dict):
        return "", "", ""
    listed = body.get("errors")
    errors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    rows = [*errors, body]
    texts = dict.fromkeys(_text(one.get("message")) for one in (errors or [body]))
    first = {key: next((t for one in rows if (t := _text(one.get(key)))), "") for key in ("code", "field")}
    return clean(first["code"], 80), clean("; ".join(t for t in texts if t), 300), clean(first["field"], 80)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def mirakl_errors(reply: Reply) -> Message | None:
    """The standard reading with Mirakl's own words. A connection test that finds no such service has the wrong address."""
    found = http_errors(reply)
    if found is None or looks_like_html(reply):
        return found
    code, text, field = error_words(reply)
    standard = CODES.get(code, found.code) if 400 <= reply.status < 500 else found.code
    if reply.status == 404 and reply.operation == "probe":
        standard = "config.wrong_url"
    return msgspec.structs.replace(
        found, code=standard, vendor_code=code or found.vendor_code, vendor_text=text or found.vendor_text, field=field
    )
