"""Parcels, labels and tracking, as carriers and channels tell them. Lengths in millimetres, weights in grams."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from app.model.money import Money
from app.model.order import Address


class Parcel(msgspec.Struct, frozen=True):
    """One box. Zero means unknown."""

    weight_g: int = 0
    width_mm: int = 0
    height_mm: int = 0
    depth_mm: int = 0

    @property
    def desi(self) -> Decimal:
        """Volumetric kilograms by the Turkish trade's rule: w×h×d in cm ÷ 3000."""
        return Decimal(self.width_mm * self.height_mm * self.depth_mm) / Decimal(3_000_000)


class Payer(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"


class ShipmentRequest(msgspec.Struct, frozen=True):
    """Ask a carrier for a shipment. `reference` is ours, unique, and the only thing a lost answer is looked up by."""

    reference: str
    receiver: Address
    parcels: tuple[Parcel, ...] = (Parcel(),)
    order_number: str = ""
    invoice_number: str = ""
    content: str = ""
    payer: Payer = Payer.SENDER
    cash_on_delivery: Money | None = None
    note: str = ""
    options: dict[str, str] = {}


class ShipmentStatus(StrEnum):
    CREATED = "created"  # known to the carrier, not handed over yet
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    PROBLEM = "problem"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class LabelFormat(StrEnum):
    PDF = "pdf"
    ZPL = "zpl"
    EPL = "epl"
    PNG = "png"


class Label(msgspec.Struct, frozen=True):
    """A carrier's label, bytes as they came. Sizes in millimetres, 0 when the carrier does not say; dpi likewise."""

    format: LabelFormat
    data: bytes
    width_mm: int = 0
    height_mm: int = 0
    dpi: int = 0


class Shipment(msgspec.Struct, frozen=True):
    reference: str
    status: ShipmentStatus
    tracking_number: str = ""
    tracking_url: str = ""
    vendor_status: str = ""
    barcode: str = ""  # what the carrier scans, when it is not the tracking number; several pieces: spaces between
    labels: tuple[Label, ...] = ()
    price: Money | None = None
    extra: dict[str, str] = {}


class Rate(msgspec.Struct, frozen=True):
    """What a carrier would charge for a shipment: the account's own price where the carrier tells it, with the taxes that it tells.
    `service` is the carrier's own code, `days` until delivery (working days where the carrier counts them), None: not told."""

    service: str
    price: Money
    days: int | None = None


class TrackingEvent(msgspec.Struct, frozen=True):
    at: datetime
    status: ShipmentStatus
    text: str = ""
    place: str = ""


class TrackingReport(msgspec.Struct, frozen=True):
    reference: str
    status: ShipmentStatus
    tracking_number: str = ""
    vendor_status: str = ""
    events: tuple[TrackingEvent, ...] = ()
    delivered_at: datetime | None = None
    signed_by: str = ""
    tracking_url: str = ""


class ShippedLine(msgspec.Struct, frozen=True):
    remote_id: str
    quantity: int


class ShipmentNotice(msgspec.Struct, frozen=True):
    """Tell a channel that an order left. Lines empty: all of it. `extra` is the order's own `extra`."""

    key: str
    order_id: str
    order_number: str = ""
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    shipped_at: datetime | None = None
    lines: tuple[ShippedLine, ...] = ()
    extra: dict[str, str] = {}
