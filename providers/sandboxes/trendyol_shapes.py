"""Packages as Trendyol writes them: the V1 names (page API) and the V2 names (stream API).

Source: reference/marketplaces-tr.md, "## Trendyol", "Package fields", "Zones" and the example. `orderDate` is epoch ms shifted to
GMT+3 (three hours too late); every other instant is true epoch ms.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.trendyol_records import CARRIERS, OPEN, Line, Package
from providers.sandboxes.trendyol_state import Shop
from providers.sandboxes.trendyol_wire import DAY_MS, HOUR_MS, money

SHIFT_MS = 3 * HOUR_MS


def package_row(shop: Shop, package: Package, version: int) -> dict[str, Any]:
    """One package in shape 1 or 2; the switch `mixed_shapes` gives odd package ids the other shape."""
    if shop.on("mixed_shapes") and package.id % 2:
        version = 3 - version
    row = _v1(package) if version == 1 else _v2(package)
    row |= _common(shop, package)
    row["lines"] = [_line_v1(line) if version == 1 else _line_v2(line) for line in package.lines]
    if package.damaged:
        row["lines"] = "bozuk"
    return row


def _v1(package: Package) -> dict[str, Any]:
    return {
        "id": package.id,
        "grossAmount": money(_gross(package)),
        "totalDiscount": money(_gross(package) - package.total),
        "totalTyDiscount": money(_ty(package)),
        "totalPrice": money(package.total),
    }


def _v2(package: Package) -> dict[str, Any]:
    seller = _gross(package) - package.total
    return {
        "shipmentPackageId": package.id,
        "packageGrossAmount": money(_gross(package)),
        "packageSellerDiscount": money(seller),
        "packageTyDiscount": money(_ty(package)),
        "packageTotalDiscount": money(seller + _ty(package)),
        "packageTotalPrice": money(package.total),
    }


def _gross(package: Package) -> int:
    return sum(line.unit * line.quantity for line in package.lines)


def _ty(package: Package) -> int:
    return sum(line.ty_discount * line.quantity for line in package.lines)


def _common(shop: Shop, package: Package) -> dict[str, Any]:
    waiting = package.status == "Awaiting"  # payment or fraud check: some fields are empty
    buyer = package.buyer
    code = next((code for code, (_, name) in CARRIERS.items() if name == package.carrier), "")
    return {
        "orderNumber": package.number,
        "customerFirstName": "" if waiting else buyer.first,
        "customerLastName": "" if waiting else buyer.last,
        "customerEmail": "" if waiting else buyer.email,
        "customerId": package.customer_id,
        "identityNumber": "11111111111",
        "taxNumber": "1234567890" if package.commercial and not waiting else None,
        "currencyCode": "TRY",
        "orderDate": package.placed + SHIFT_MS,
        "originShipmentDate": package.placed,
        "lastModifiedDate": package.modified,
        "agreedDeliveryDate": package.placed + 3 * DAY_MS,
        "agreedDeliveryDateExtendible": extendible(shop, package),
        "extendedAgreedDeliveryDate": package.agreed if package.extended_days else None,
        "agreedDeliveryExtensionStartDate": package.placed + 2 * DAY_MS,
        "agreedDeliveryExtensionEndDate": package.placed + 3 * DAY_MS,
        "estimatedDeliveryStartDate": package.placed + 2 * DAY_MS,
        "estimatedDeliveryEndDate": package.placed + 4 * DAY_MS,
        "packageHistories": [{"createdDate": at, "status": status} for at, status in package.histories],
        "status": package.status,
        "shipmentPackageStatus": package.status,
        "cargoTrackingNumber": None if waiting else package.tracking,
        "cargoTrackingLink": "" if waiting else _link(package),
        "cargoSenderNumber": "" if waiting else str(package.tracking)[3:],
        "cargoProviderName": "" if waiting else package.carrier,
        "deliveryType": "normal",
        "fastDelivery": False,
        "fastDeliveryType": "",
        "invoiceLink": package.invoice_link,
        "commercial": package.commercial,
        "micro": package.micro,
        "giftBoxRequested": False,
        "3pByTrendyol": False,
        "isCod": package.cod,
        "whoPays": 1 if code == "YKMP" else None,
        "createdBy": package.created_by,
        "originPackageIds": package.origins or None,
        "warehouseId": package.warehouse,
        "shipmentAddress": None if waiting else _address(package, invoice=False),
        "invoiceAddress": None if waiting else _address(package, invoice=True),
    }


def extendible(shop: Shop, package: Package) -> bool:
    """Once, while the package is open, from a day before the promise until it is due. The dates are guesses."""
    inside = package.placed + 2 * DAY_MS <= shop.now() <= package.placed + 3 * DAY_MS
    return inside and package.status in OPEN and not package.extended_days


def _link(package: Package) -> str:
    if package.alternative.startswith("http"):
        return package.alternative
    return f"https://kargo.example.invalid/{package.tracking}"


def _address(package: Package, *, invoice: bool) -> dict[str, Any]:
    buyer = package.buyer
    full = f"{buyer.street} {buyer.district} {buyer.city}"
    row: dict[str, Any] = {
        "id": package.customer_id + (1 if invoice else 0), "firstName": buyer.first, "lastName": buyer.last,
        "fullName": f"{buyer.first} {buyer.last}", "company": "Örnek Ltd. Şti." if package.commercial and invoice else "",
        "address1": buyer.street, "address2": "", "fullAddress": full, "city": buyer.city, "cityCode": int(buyer.state[2:]),
        "district": buyer.district, "districtId": 1000 + int(buyer.postcode) % 900, "neighborhood": "Merkez Mah.",
        "neighborhoodId": int(buyer.postcode), "postalCode": buyer.postcode, "countryCode": "TR", "phone": buyer.phone,
    }  # fmt: skip
    if invoice:
        row |= {
            "taxOffice": buyer.district if package.commercial else "",
            "taxNumber": "1234567890" if package.commercial else "",
            "eInvoiceAvailable": package.commercial,
        }
    return row


def _line_common(line: Line) -> dict[str, Any]:
    return {
        "quantity": line.quantity,
        "sku": line.sku,
        "barcode": line.barcode,
        "productName": line.title,
        "productSize": "Tek Ebat",
        "productColor": line.colour,
        "discountDetails": [
            {"lineItemPrice": money(line.unit - line.seller_discount), "lineItemDiscount": money(line.seller_discount)}
            for _ in range(line.quantity)
        ],
        "currencyCode": "TRY",
        "productCategoryId": 411,
        "commission": money(1500),
        "laborCost": money(line.labor),
        "orderLineItemStatusName": line.status,
    }


def _line_v1(line: Line) -> dict[str, Any]:
    return _line_common(line) | {
        "id": line.id,
        "amount": money(line.unit * line.quantity),
        "price": money(line.unit - line.seller_discount),
        "discount": money(line.seller_discount * line.quantity),
        "tyDiscount": money(line.ty_discount * line.quantity),
        "vatBaseAmount": line.vat,
        "merchantSku": line.sku,
        "productCode": line.content_id,
    }


def _line_v2(line: Line) -> dict[str, Any]:
    return _line_common(line) | {
        "lineId": line.id,
        "lineGrossAmount": money(line.unit * line.quantity),
        "lineUnitPrice": money(line.unit - line.seller_discount),
        "lineSellerDiscount": money(line.seller_discount * line.quantity),
        "lineTyDiscount": money(line.ty_discount * line.quantity),
        "lineTotalDiscount": money((line.seller_discount + line.ty_discount) * line.quantity),
        "vatRate": line.vat,
        "stockCode": line.sku,
        "contentId": line.content_id,
    }
