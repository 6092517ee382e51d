"""Telling Amazon that a parcel left: confirmShipment of Orders v0, the part of v0 that stays.

A parcel's number is derived from our own reference, so that telling twice is recognised and never makes a second parcel.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from app.contracts import Account, Message
from app.kit import Call, json_call, segment
from app.model import ShipmentNotice, ShippedLine, clean, fold, iso_z
from providers.families.amazon_sp_wire import WireOrder

ORDERS_V0 = "/orders/v0/orders"
OTHER = "Other"
# Amazon's carrier codes (the enumeration of its public order schemas). Every other carrier, and so all of Türkiye's own,
# goes as "Other" with its name, as the model says.
_CARRIERS = {
    fold(code): code
    for code in (
        "UPS", "USPS", "FedEx", "DHL", "DPD", "GLS", "TNT", "Royal Mail", "Parcelforce", "Hermes Logistik Gruppe",
        "Deutsche Post", "La Poste", "Chronopost", "Poste Italiane", "SDA", "Aramex", "BlueDart", "DTDC", "India Post", "OnTrac",
    )
}  # fmt: skip


def carrier_code(name: str) -> str:
    return _CARRIERS.get(fold(name.strip()), OTHER)


def package_reference(key: str) -> str:
    """A positive number within nine digits, always the same for one of our references."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return str(digest % 999_999_999 + 1)


def notice_refusal(notice: ShipmentNotice) -> Message | None:
    """What the model demands and the merchant has not given."""
    for field, value in (("tracking_number", notice.tracking_number), ("carrier", notice.carrier)):
        if not value.strip():
            return Message("item.refused", {"reason": f"Amazon demands {field}"}, field=field)
    return None


def confirm_request(account: Account, notice: ShipmentNotice, lines: tuple[ShippedLine, ...], now: datetime) -> Call:
    """204 when taken. The date of shipment is never in the future (a clock may run ahead)."""
    name = clean(notice.carrier, 80)
    package: dict[str, Any] = {
        "packageReferenceId": package_reference(notice.key),
        "carrierCode": carrier_code(name),
        "carrierName": name,
        "trackingNumber": clean(notice.tracking_number, 80),
        "shipDate": iso_z(min(notice.shipped_at or now, now)),
        "orderItems": [{"orderItemId": line.remote_id, "quantity": line.quantity} for line in lines],
    }
    marketplace = notice.extra.get("marketplace_id", "") or account.params["marketplace_id"]
    body = {"marketplaceId": marketplace, "packageDetail": package}
    path = f"{ORDERS_V0}/{segment(notice.order_id)}/shipmentConfirmation"
    return json_call("POST", path, "confirm_shipments", body, group="confirm")


def has_parcel(order: WireOrder, notice: ShipmentNotice) -> bool:
    """Whether Amazon holds this parcel: by our number, or by the tracking number when it was told by other hands."""
    mine, tracking = package_reference(notice.key), clean(notice.tracking_number, 80)
    return any(
        parcel.package_reference_id == mine or (tracking and clean(parcel.tracking_number or "", 80) == tracking)
        for parcel in order.packages
    )


def open_lines(order: WireOrder) -> tuple[ShippedLine, ...]:
    """What is still to ship; cancelled pieces are not."""
    found = []
    for item in order.order_items:
        if item.cancellation and item.cancellation.cancellation_execution is not None:
            continue
        told = item.fulfillment.quantity_unfulfilled if item.fulfillment else None
        left = item.quantity_ordered if told is None else told
        if left > 0:
            found.append(ShippedLine(item.order_item_id, left))
    return tuple(found)
