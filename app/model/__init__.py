"""What the world looks like: money, orders, listings, shipments, invoices. Frozen, no I/O, no clock, no locale.

Everything here is a public surface for plug-ins: a test notices a change.
"""

from app.model.invoice import (
    Claim,
    InvoiceDraft,
    InvoiceKind,
    InvoiceLine,
    IssuedInvoice,
    LedgerEntry,
    SettlementKind,
    SettlementLine,
    StockLevel,
)
from app.model.listing import Listing, ListingRef, ListingStatus, PriceChange, StockChange
from app.model.money import CurrencyMismatch, Money, Price, Vat, currency_code
from app.model.order import Address, Buyer, Order, OrderLine, OrderStatus
from app.model.product import Attribute, AttributeValue, Category, Choice, ProductDraft
from app.model.service import Question, QuestionStatus
from app.model.shipment import (
    Label,
    LabelFormat,
    Parcel,
    Payer,
    Rate,
    Shipment,
    ShipmentNotice,
    ShipmentRequest,
    ShipmentStatus,
    ShippedLine,
    TrackingEvent,
    TrackingReport,
)
from app.model.text import clean, digits, fold, phone_e164
from app.model.time import Window, aware, from_epoch_ms, iso_z, parse_iso, to_epoch_ms

__all__ = [
    "Address", "Attribute", "AttributeValue", "Buyer", "Category", "Choice", "Claim", "CurrencyMismatch", "InvoiceDraft", "InvoiceKind", "InvoiceLine", "IssuedInvoice",
    "Label", "LabelFormat", "LedgerEntry", "Listing", "ListingRef", "ListingStatus", "Money", "Order", "OrderLine",
    "OrderStatus", "Parcel", "Payer", "Price", "PriceChange", "ProductDraft", "Question", "QuestionStatus", "Rate", "SettlementKind", "SettlementLine", "Shipment", "ShipmentNotice",
    "ShipmentRequest", "ShipmentStatus", "ShippedLine", "StockChange", "StockLevel", "TrackingEvent", "TrackingReport",
    "Vat", "Window", "aware", "clean", "currency_code", "digits", "fold", "from_epoch_ms", "iso_z", "parse_iso",
    "phone_e164", "to_epoch_ms",
]  # fmt: skip
