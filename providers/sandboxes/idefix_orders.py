"""idefix's shipments and claims: the lists, picking, invoice, tracking, what cannot be supplied, what comes back.

Source: reference/marketplaces-tr.md, "## D&R (dr.com.tr) and idefix", "Orders", "Confirm", "Cannot supply", "Returns"; the parameters of the
lists, "arrived" before a decision and the spelling of the statuses from digests of developer.idefix.com.
"""

from __future__ import annotations

import re
from typing import Any

from providers.sandboxes.exact import DAY, Call, Refusal, number
from providers.sandboxes.idefix_state import (
    CARRIERS,
    CLAIM_ASKED,
    CLAIM_CARGO,
    CLAIM_HERE,
    CLAIM_OK,
    CLAIM_READY,
    IN_CARGO,
    INVOICED,
    PICKING,
    READY,
    STATES,
    UNSUPPLIED,
    Claim,
    Line,
    Shipment,
    Shop,
)
from providers.sandboxes.idefix_wire import bad, formed, missing, moment, page, stamp, whole

SORTS = {"id": "id", "createAt": "placed", "updateAt": "updated"}
NOSHIP = {11: "Stokta yok", 12: "Ürün hasarlı"}
DECLINE = {1: "Hatalı Ürün", 2: "Kullanılmış Ürün"}


def shipment_list(shop: Shop, call: Call) -> Any:
    """startDate and endDate are of the creation, lastUpdatedAt is "changed since"."""
    params = call.params(
        "ids",
        "orderNumber",
        "state",
        "startDate",
        "endDate",
        "lastUpdatedAt",
        "page",
        "limit",
        "sortByField",
        "sortDirection",
    )
    number_, size = whole(params, "page", 1, 99_999), whole(params, "limit", 10, 100)
    field, direction = params.get("sortByField", "createAt"), params.get("sortDirection", "desc")
    if field not in SORTS or direction not in ("asc", "desc"):
        raise bad("sortByField id, createAt veya updateAt; sortDirection asc veya desc olmalıdır")
    if params.get("state", STATES[0]) not in STATES:
        raise bad("state geçersiz")
    start, end, since = (moment(params, name) for name in ("startDate", "endDate", "lastUpdatedAt"))
    ids = {word for word in params.get("ids", "").split(",") if word}
    rows = [
        one
        for one in shop.records.shipments.values()
        if not shop.on("empty_orders")
        and (not ids or str(one.id) in ids)
        and params.get("orderNumber", one.number) == one.number
        and params.get("state", one.status) == one.status
        and (start is None or start <= one.placed)
        and (end is None or one.placed <= end)
        and (since is None or since <= one.updated)
    ]
    rows.sort(key=lambda one: (getattr(one, SORTS[field]), one.id), reverse=direction == "desc")
    return page([_row(one) for one in rows], number_, size)


def _row(one: Shipment) -> dict[str, Any]:
    who = one.buyer
    address = {
        "fullName": f"{who.first} {who.last}", "firstName": who.first, "lastName": who.last, "address1": who.street, "county": who.district,
        "city": who.city, "neighborhood": "Merkez Mah.", "postalCode": who.postcode, "phone": who.phone,
    }  # fmt: skip
    invoice = {
        **address, "isCommercial": "1" if one.company else " ", "company": "Örnek Gıda Ltd. Şti." if one.company else None,
        "taxNumber": "1234567890" if one.company else None, "taxOffice": "Çankaya" if one.company else None,
    }  # fmt: skip
    gross = sum(line.unit * line.quantity for line in one.lines)
    return {
        "id": one.id, "orderNumber": one.number, "orderDate": stamp(one.placed), "createdAt": stamp(one.placed),
        "updatedAt": stamp(one.updated), "status": one.status, "statusUpdatedAt": stamp(one.updated),
        "customerContactName": f"{who.first} {who.last}", "customerContactMail": who.email, "customerId": one.id % 100_000,
        "totalPrice": number(gross), "totalDiscount": number(gross - one.total), "totalVendorDiscount": number(gross - one.total),
        "totalPlatformDiscount": number(0), "discountedTotalPrice": number(one.total), "shippingAddress": address,
        "invoiceAddress": invoice, "cargoCompany": CARRIERS[one.carrier], "cargoProfileName": f"{CARRIERS[one.carrier]} Anlaşmalı",
        "cargoTrackingNumber": one.tracking or None, "cargoKey": f"CLM{one.id}", "cargoTrackingUrl": one.url or None,
        "lastShipmentDate": stamp(one.placed + 2 * DAY), "estimatedDeliveryDate": stamp(one.placed + 5 * DAY), "deliveryType": "regular",
        "items": "bozuk" if one.damaged else [_line(one, line) for line in one.lines],
    }  # fmt: skip


def _line(one: Shipment, line: Line) -> dict[str, Any]:
    return {
        "id": line.id, "merchantSku": line.item.sku, "barcode": line.item.barcode, "erpId": None, "productName": line.item.title,
        "quantity": line.quantity, "price": number(line.unit), "totalPrice": number(line.unit * line.quantity),
        "vendorDiscount": number(line.discount), "platformDiscount": number(0), "discountedTotalPrice": number(line.due),
        "commissionAmount": number(line.due * 15 // 100), "vatRate": line.item.vat, "itemStatus": one.status,
    }  # fmt: skip


# -- writes --------------------------------------------------------------------------------------------------------
def _one(shop: Shop, call: Call, *states: str) -> Shipment:
    text = call.path["id"]
    one = shop.records.shipments.get(int(text)) if re.fullmatch(r"\d{1,12}", text, re.ASCII) else None
    if one is None:
        raise missing("Sevkiyat")
    if states and one.status not in states:
        raise bad(f"{one.status} statüsündeki sevkiyat üzerinde bu işlem yapılamaz")
    return one


def update_status(shop: Shop, call: Call) -> Any:
    """ready → picking → invoiced."""
    body = call.json({"status": "text!", "invoiceNumber": "text"})
    if body["status"] not in ("picking", "invoiced"):
        raise bad("status picking veya invoiced olmalıdır")
    picking = body["status"] == "picking"
    one = _one(shop, call, READY if picking else PICKING)
    if not picking and not (body.get("invoiceNumber") or "").strip():
        raise bad("invoiceNumber zorunludur")
    if shop.may_apply():
        shop.move(one, PICKING if picking else INVOICED, shop.now())
        one.invoice_number = body.get("invoiceNumber") or one.invoice_number
        shop.counts[f"{'status' if picking else 'invoiced'}:{one.id}"] += 1
        shop.wrote()
    return {"id": one.id, "status": one.status}


def update_tracking(shop: Shop, call: Call) -> Any:
    """The parcel leaves the platform's cargo contract, and the shipment is in cargo."""
    body = call.json({"trackingNumber": "text!", "trackingUrl": "text!"})
    one = _one(shop, call, READY, PICKING, INVOICED)
    if not body["trackingNumber"].strip() or not _is_link(body["trackingUrl"]):
        raise bad("trackingNumber ve trackingUrl zorunludur")
    if shop.may_apply():
        one.tracking, one.url = body["trackingNumber"], body["trackingUrl"]
        shop.move(one, IN_CARGO, shop.now())
        shop.counts[f"shipped:{one.id}"] += 1
        shop.counts["shipments"] += 1
        shop.wrote()
    return {"id": one.id, "status": one.status}


def _is_link(text: str) -> bool:
    return re.fullmatch(r"https?://\S{4,2000}", text) is not None


def update_boxes(shop: Shop, call: Call) -> Any:
    body, one = call.json({"boxQuantity": "int!", "desi": "int!"}), _one(shop, call)
    if body["boxQuantity"] < 1 or body["desi"] < 1:
        raise bad("boxQuantity ve desi sıfırdan büyük olmalıdır")
    if shop.may_apply():
        one.boxes = (body["boxQuantity"], body["desi"])
        shop.wrote()
    return {"id": one.id}


def invoice_link(shop: Shop, call: Call) -> Any:
    body, one = call.json({"invoiceLink": "text!"}), _one(shop, call)
    if not _is_link(body["invoiceLink"]):
        raise bad("invoiceLink geçersiz")
    if shop.may_apply():
        one.invoice_link = body["invoiceLink"]
        shop.counts[f"invoice:{one.id}"] += 1
        shop.wrote()
    return {"id": one.id}


def noship_reasons(shop: Shop, call: Call) -> Any:
    call.params()
    return [{"id": key, "name": name, "reasonType": "noship", "description": None} for key, name in NOSHIP.items()]


def unsupplied(shop: Shop, call: Call) -> Any:
    """What is left becomes a new shipment."""
    rows = call.json({"items": "list!"})["items"]
    one = _one(shop, call, READY, PICKING)
    for row in rows:
        formed(row, {"id": "int!", "reasonId": "int!"})
    ids = [row["id"] for row in rows]
    if not ids or len(set(ids)) != len(ids) or not set(ids) <= {line.id for line in one.lines}:
        raise bad("items sevkiyatın kalemleri olmalıdır")
    if any(row["reasonId"] not in NOSHIP for row in rows):
        raise bad("reasonId geçersiz")
    if shop.may_apply():
        rest = [line for line in one.lines if line.id not in ids]
        if rest:
            shop.derive(one, rest)
        one.lines = [line for line in one.lines if line.id in ids]
        shop.move(one, UNSUPPLIED, shop.now())
        shop.wrote()
    return {"id": one.id, "status": one.status}


# -- claims --------------------------------------------------------------------------------------------------------
def claim_list(shop: Shop, call: Call) -> Any:
    params = call.params(
        "ids",
        "orderNumber",
        "claimReason",
        "startDate",
        "endDate",
        "lastUpdatedAt",
        "page",
        "limit",
        "sortByField",
        "sortDirection",
    )
    number_, size = whole(params, "page", 1, 99_999), whole(params, "limit", 10, 100)
    start, end, since = (moment(params, name) for name in ("startDate", "endDate", "lastUpdatedAt"))
    ids = {word for word in params.get("ids", "").split(",") if word}
    rows = [
        one
        for one in sorted(shop.records.claims.values(), key=lambda one: (one.opened, one.id), reverse=True)
        if (not ids or str(one.id) in ids)
        and params.get("orderNumber", one.shipment.number) == one.shipment.number
        and (start is None or start <= one.opened)
        and (end is None or one.opened <= end)
        and (since is None or since <= one.updated)
    ]
    return page([_claim_row(one) for one in rows], number_, size)


def _claim_row(one: Claim) -> dict[str, Any]:
    who = one.shipment.buyer
    items = [
        {
            "id": key, "orderLineId": line.id, "barcode": line.item.barcode, "erpId": None, "productName": line.item.title,
            "totalPrice": number(line.unit * line.quantity), "discountedTotalPrice": number(line.due),
            "customerReason": "Modelini beğenmedim", "customerReasonId": 3, "customerNote": "", "state": one.states[key],
        }
        for key, line in one.lines.items()
    ]  # fmt: skip
    return {
        "id": one.id, "orderNumber": one.shipment.number, "customerName": f"{who.first} {who.last}", "createdAt": stamp(one.opened),
        "orderCreatedAt": stamp(one.shipment.placed), "cargoTrackingNumber": f"91{one.id}", "cargoKey": f"CLMY{one.id}",
        "cargoTrackingUrl": None, "cargoCompanyName": CARRIERS[one.shipment.carrier], "items": items,
    }  # fmt: skip


def _claim(shop: Shop, call: Call, ids: list[Any], *states: str) -> tuple[Claim, list[int]]:
    text = call.path["id"]
    one = shop.records.claims.get(int(text)) if re.fullmatch(r"\d{1,12}", text, re.ASCII) else None
    if one is None:
        raise missing("İade talebi")
    if not ids or not all(
        re.fullmatch(r"\d{1,12}", str(each), re.ASCII) and not isinstance(each, bool) for each in ids
    ):
        raise bad("claimLineIds zorunludur")
    found = [int(each) for each in ids]
    if len(set(found)) != len(found) or not set(found) <= set(one.lines):
        raise bad("claimLineIds talebin kalemleri olmalıdır")
    if any(one.states[each] not in states for each in found):
        raise Refusal(400, "Kalemin durumu bu işleme uygun değil")
    return one, found


def _decide(shop: Shop, one: Claim, ids: list[int], state: str) -> Any:
    if shop.may_apply():
        one.updated = shop.now()
        one.states |= dict.fromkeys(ids, state)
        shop.counts[f"claim:{one.id}"] += 1
        shop.wrote()
    return {"id": one.id}


def claim_arrived(shop: Shop, call: Call) -> Any:
    """To be told before the decision about a claim that came by another way."""
    ids = call.json({"claimLineIds": "list!"})["claimLineIds"]
    return _decide(shop, *_claim(shop, call, ids, CLAIM_READY, CLAIM_CARGO), CLAIM_HERE)


def approve_claim(shop: Shop, call: Call) -> Any:
    ids = call.json({"claimLineIds": "list!"})["claimLineIds"]
    return _decide(shop, *_claim(shop, call, ids, CLAIM_HERE), CLAIM_OK)


def decline_reasons(shop: Shop, call: Call) -> Any:
    call.params()
    return [{"id": key, "name": name, "description": None} for key, name in DECLINE.items()]


def decline_claim(shop: Shop, call: Call) -> Any:
    rows = call.json({"claimLines": "list!"})["claimLines"]
    for row in rows:
        formed(row, {"id": "int!", "claimDeclineReasonId": "int!", "description": "text", "images": "list"})
        if row["claimDeclineReasonId"] not in DECLINE:
            raise bad("claimDeclineReasonId geçersiz")
    return _decide(shop, *_claim(shop, call, [row["id"] for row in rows], CLAIM_HERE), CLAIM_ASKED)
