"""N11's shipment packages: the list with its silent clipping, picking, splitting, what cannot be supplied.

Source: reference/marketplaces-tr.md, "## N11", "List orders", "Confirm", "Split / cannot supply". A partial cancel gives what is left a new
package id and a new campaign code. `collectionRequest` and `labor-costs` are not served: their bodies are in no document.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from providers.sandboxes.exact import is_int, number
from providers.sandboxes.n11_state import CARRIERS, STATUSES, Line, Package, Shop
from providers.sandboxes.n11_wire import DAY_MS, Call, bad, missing

WIDEST = 15 * DAY_MS
#: "Nothing older than November 2024": midnight of 1 November in Türkiye.
OLDEST = int(datetime(2024, 10, 31, 21, tzinfo=UTC).timestamp() * 1000)
REASONS = range(61, 66)
OPEN = ("Created", "Picking")
#: Status words as they "sometimes arrive": other case, a blank within.
ODD = {
    "Created": "created",
    "Picking": "PICKING",
    "Shipped": "Shipped ",
    "Delivered": "delivered",
    "UnSupplied": "Un Supplied",
}


def package_list(shop: Shop, call: Call) -> Any:
    """A window wider than 15 days ends 15 days after its start, without a word."""
    page, size = call.number("page", 0), call.number("size", 20, 1, 100)
    status = call.one_of("status", STATUSES)
    direction = call.one_of("orderByDirection", ("ASC", "DESC"), "DESC")
    by_modified = call.one_of("orderByField", ("true", "false"), "false") == "true"
    sender = call.one_of("sender", ("SELLER", "N11", "ALL"), "SELLER")
    order, ids = (
        call.query.get("orderNumber", ""),
        {word for word in call.query.get("packageIds", "").split(",") if word},
    )
    named = bool(order or ids) and not ("startDate" in call.query or "endDate" in call.query)
    end = call.number("endDate", call.now + shop.shift) - shop.shift
    start = call.number("startDate", end + shop.shift - WIDEST) - shop.shift
    if start > end:
        raise bad("startDate, endDate tarihinden büyük olamaz")
    end = min(end, start + WIDEST)
    if named:
        start, end = 0, call.now

    def at(one: Package) -> int:
        return one.modified if by_modified else one.placed

    rows = [
        one
        for one in ([] if shop.on("empty_orders") else shop.packages.values())
        if max(start, OLDEST) <= at(one) <= end
        and sender != "N11"
        and (not status or one.status == status)
        and (not order or one.number == order)
        and (not ids or str(one.id) in ids)
    ]
    rows.sort(key=lambda one: (at(one), one.id), reverse=direction == "DESC")
    content = [package_row(shop, one) for one in rows[page * size : (page + 1) * size]]
    return {
        "page": page,
        "size": size,
        "totalPages": -(-len(rows) // size),
        "totalElements": len(rows),
        "content": content,
    }


def is_nameless(shop: Shop, package: Package) -> bool:
    """Location-based delivery has no package id; only under the switch `location_based`, every 25th package."""
    return shop.on("location_based") and package.id % 25 == 0


def package_row(shop: Shop, one: Package) -> dict[str, Any]:
    buyer, shift = one.buyer, shop.shift
    carrier_id, carrier = CARRIERS[one.carrier]
    odd = one.id % 10 == 0 and not shop.on("plain_status")
    address = {
        "address": buyer.street, "city": buyer.city, "district": buyer.district, "neighborhood": "Merkez Mah.",
        "fullName": f"{buyer.first} {buyer.last}", "gsm": buyer.phone, "tcId": "11111111110", "postalCode": buyer.postcode,
    }  # fmt: skip
    discounts = sum(line.seller_discount * line.quantity for line in one.lines)
    return {
        "id": None if is_nameless(shop, one) else one.id, "orderNumber": one.number,
        "shipmentPackageStatus": ODD.get(one.status, one.status) if odd else one.status,
        "lastModifiedDate": one.modified + shift, "agreedDeliveryDate": one.placed + 2 * DAY_MS + shift,
        "totalAmount": number(one.total), "totalDiscountAmount": number(discounts),
        "packageHistories": [{"createdDate": moment + shift, "status": word} for moment, word in one.histories],
        "cargoTrackingNumber": one.campaign, "cargoSenderNumber": one.sender_number or None,
        "cargoTrackingLink": f"https://kargo.example.invalid/{one.sender_number}" if one.sender_number else None,
        "shipmentCompanyId": carrier_id, "cargoProviderName": carrier, "shipmentMethod": 1, "micro": False,
        "deliveryAddressType": "ADDRESS", "billingAddress": address, "shippingAddress": address, "customerEmail": buyer.email,
        "customerfullName": f"{buyer.first} {buyer.last}", "customerId": one.customer_id,
        "taxId": "1234567890" if one.commercial else None, "taxOffice": "Çankaya" if one.commercial else None,
        "tcIdentityNumber": None if one.commercial else "11111111110",
        "lines": "bozuk" if one.damaged else [_line_row(line) for line in one.lines],
    }  # fmt: skip


def _line_row(line: Line) -> dict[str, Any]:
    off = line.seller_discount + line.mall_discount
    return {
        "orderLineId": line.id, "stockCode": line.sku, "productId": line.product_id, "productName": line.title,
        "barcode": line.barcode, "quantity": line.quantity, "price": number(line.unit),
        "sellerDiscount": number(line.seller_discount), "totalSellerDiscountPrice": number(line.seller_discount * line.quantity),
        "mallDiscount": number(line.mall_discount), "totalMallDiscountPrice": number(line.mall_discount * line.quantity),
        "dueAmount": number((line.unit - off) * line.quantity), "sellerInvoiceAmount": number(line.to_invoice),
        "vatRate": line.vat, "commissionRate": number(1200), "orderItemLineItemStatusName": line.status,
        "variantAttributes": [{"name": "Renk", "value": line.colour}], "sender": "SELLER",
    }  # fmt: skip


# -- writes --------------------------------------------------------------------------------------------------------
def update_lines(shop: Shop, call: Call) -> Any:
    """Line by line; a package is Picking when all its lines are. The fate of each line is in the answer, which is 200."""
    body = call.json()
    rows = body.get("lines")
    if body.get("status") != "Picking":
        raise bad("status yalnızca Picking olabilir")
    if (
        not isinstance(rows, list)
        or not rows
        or not all(isinstance(one, dict) and is_int(one.get("lineId")) for one in rows)
    ):
        raise bad("lines zorunludur")
    content = []
    for one in rows:
        found = _find(shop, one["lineId"])
        reason = "Satır bulunamadı" if found is None else ""
        if found is not None and found[1].status != "Created":
            reason = f"{found[1].status} statüsündeki satır Picking yapılamaz"
        if found is not None and not reason and shop.may_apply():
            _pick(shop, *found)
        content.append(
            {"lineId": one["lineId"], "status": "FAIL" if reason else "SUCCESS", "reasons": [reason] if reason else []}
        )
    return {"content": content}


def _pick(shop: Shop, package: Package, line: Line) -> None:
    line.status, package.modified = "Picking", shop.now()
    if all(one.status == "Picking" for one in package.lines):
        shop.set_status(package, "Picking", shop.now())
        shop.counts[f"status:{package.id}"] += 1
    shop.wrote()


def _find(shop: Shop, line_id: Any) -> tuple[Package, Line] | None:
    """The latest package that holds the line, the living ones first."""
    found = [(p, x) for p in shop.packages.values() for x in p.lines if x.id == line_id and p.status != "Unpacked"]
    found.sort(key=lambda pair: (pair[0].status in OPEN, pair[0].id))
    return found[-1] if found else None


def _open_line(shop: Shop, line_id: Any) -> tuple[Package, Line]:
    found = _find(shop, line_id) if is_int(line_id) else None
    if found is None:
        raise missing("Satır")
    if found[0].status not in OPEN:
        raise bad(f"{found[0].status} statüsündeki paket üzerinde bu işlem yapılamaz")
    return found


def split(shop: Shop, call: Call) -> Any:
    """Each group becomes a package, what is in no group another; the old package is Unpacked."""
    groups = call.json().get("splitGroups")
    if not isinstance(groups, list) or not groups or not all(isinstance(one, dict) for one in groups):
        raise bad("splitGroups zorunludur")
    wanted: list[list[int]] = []
    packages: dict[int, Package] = {}
    for group in groups:
        ids = group.get("orderLineIds")
        if not isinstance(ids, list) or not ids:
            raise bad("orderLineIds zorunludur")
        for line_id in ids:
            package, _ = _open_line(shop, line_id)
            packages[package.id] = package
        wanted.append(ids)
    named = [line_id for ids in wanted for line_id in ids]
    if len(packages) != 1 or len(named) != len(set(named)):
        raise bad("Satırlar tek bir pakete ait ve birbirinden farklı olmalıdır")
    package = next(iter(packages.values()))
    rest = [line.id for line in package.lines if line.id not in named]
    parts = [*wanted, rest] if rest else wanted
    if len(parts) < 2:
        raise bad("Bölünecek başka satır yok")
    if shop.may_apply():
        for ids in parts:
            shop.derive(package, [replace(line) for line in package.lines if line.id in ids])
        shop.set_status(package, "Unpacked", shop.now())
        shop.wrote()
    return {}


def split_by_quantity(shop: Shop, call: Call) -> Any:
    """The cancelled pieces stay in the old package as UnSupplied; what is left gets a new id and campaign code."""
    rows = call.json().get("cancelledItems")
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise bad("cancelledItems zorunludur")
    asked: dict[int, int] = {}
    packages: dict[int, Package] = {}
    for one in rows:
        package, line = _open_line(shop, one.get("orderLineId"))
        quantity, reason = one.get("quantity"), one.get("cancelReasonId")
        if not is_int(quantity) or not 0 < quantity <= line.quantity or line.id in asked:
            raise bad("quantity satırın adedini aşamaz")
        if not is_int(reason) or reason not in REASONS:
            raise bad("cancelReasonId 61 ile 65 arasında olmalıdır")
        asked[line.id], packages[package.id] = quantity, package
    if len(packages) != 1:
        raise bad("Satırlar tek bir pakete ait olmalıdır")
    package = next(iter(packages.values()))
    if shop.may_apply():
        rest = [replace(line, quantity=line.quantity - asked.get(line.id, 0)) for line in package.lines]
        rest = [line for line in rest if line.quantity]
        if rest:
            shop.derive(package, rest)
        package.lines = [replace(line, quantity=asked[line.id]) for line in package.lines if line.id in asked]
        shop.set_status(package, "UnSupplied", shop.now())
        shop.wrote()
    return {}
