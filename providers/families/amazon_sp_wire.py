"""What an order of Amazon's API 2026-01-01 looks like on the wire: only the fields that we read.

Whatever a missing role, a pending payment or a data set left out can take away is optional here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from providers.families.amazon_sp_base import WireMoney


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """Only the fields that we read."""


class Pagination(Wire, frozen=True):
    next_token: str | None = None


class WireSearch(Wire, frozen=True):
    orders: list[msgspec.Raw]
    pagination: Pagination | None = None
    last_updated_before: str | None = None


class WireOne(Wire, frozen=True):
    order: msgspec.Raw


class Alias(Wire, frozen=True):
    alias_id: str
    alias_type: str


class Channel(Wire, frozen=True):
    channel_name: str = ""
    marketplace_id: str | None = None


class WireBuyer(Wire, frozen=True):
    buyer_name: str | None = None
    buyer_email: str | None = None
    buyer_company_name: str | None = None


class WireAddress(Wire, frozen=True):
    name: str | None = None
    company_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    city: str | None = None
    district_or_county: str | None = None
    municipality: str | None = None
    state_or_region: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None


class Preference(Wire, frozen=True):
    drop_off_location: str | None = None
    address_instruction: str | None = None


class Recipient(Wire, frozen=True):
    delivery_address: WireAddress | None = None
    delivery_preference: Preference | None = None


class Detail(Wire, frozen=True):
    subtype: str | None = None
    value: WireMoney | None = None


class WireBreakdown(Wire, frozen=True):
    type: str
    subtotal: WireMoney
    detailed_breakdowns: list[Detail] = []


class Proceeds(Wire, frozen=True):
    grand_total: WireMoney | None = None
    breakdowns: list[WireBreakdown] = []


class Span(Wire, frozen=True):
    latest_date_time: str | None = None


class Fulfillment(Wire, frozen=True):
    fulfillment_status: str
    fulfilled_by: str = ""
    ship_by_window: Span | None = None


class ItemPrice(Wire, frozen=True):
    unit_price: WireMoney | None = None


class Product(Wire, frozen=True):
    asin: str = ""
    title: str = ""
    seller_sku: str = ""
    price: ItemPrice | None = None


class Cancellation(Wire, frozen=True):
    cancellation_request: dict[str, Any] | None = None
    cancellation_execution: dict[str, Any] | None = None


class Gift(Wire, frozen=True):
    gift_message: str | None = None


class Packing(Wire, frozen=True):
    gift_option: Gift | None = None


class Constraints(Wire, frozen=True):
    cash_on_delivery: str | None = None


class Shipping(Wire, frozen=True):
    shipping_constraints: Constraints | None = None


class ItemFulfillment(Wire, frozen=True):
    quantity_fulfilled: int | None = None
    quantity_unfulfilled: int | None = None
    packing: Packing | None = None
    shipping: Shipping | None = None


class WireLine(Wire, frozen=True):
    order_item_id: str
    quantity_ordered: int
    product: Product
    proceeds: Proceeds | None = None
    cancellation: Cancellation | None = None
    fulfillment: ItemFulfillment | None = None


class PackageStatus(Wire, frozen=True):
    status: str
    detailed_status: str | None = None


class Package(Wire, frozen=True):
    package_reference_id: str
    package_status: PackageStatus | None = None
    carrier: str | None = None
    tracking_number: str | None = None


class Attribute(Wire, frozen=True):
    key: str | None = None
    value: str | None = None


class Registration(Wire, frozen=True):
    entity_type: str | None = None
    legal_name: str | None = None
    tax_registration_number: str | None = None
    tax_registration_address: WireAddress | None = None
    tax_registration_attributes: list[Attribute] = []


class Invoicing(Wire, frozen=True):
    buyer_invoice_preference: str | None = None


class WireTax(Wire, frozen=True):
    tax_registrations: list[Registration] = []
    tax_invoicing: Invoicing | None = None


class Execution(Wire, frozen=True):
    payment_method: str | None = None


class Payment(Wire, frozen=True):
    payment_executions: list[Execution] = []


class WireOrder(Wire, frozen=True):
    order_id: str
    created_time: str
    last_updated_time: str
    sales_channel: Channel
    order_items: list[WireLine]
    order_aliases: list[Alias] = []
    programs: list[str] = []
    buyer: WireBuyer | None = None
    recipient: Recipient | None = None
    proceeds: Proceeds | None = None
    fulfillment: Fulfillment | None = None
    packages: list[Package] = []
    tax: WireTax | None = None
    payment: Payment | None = None
