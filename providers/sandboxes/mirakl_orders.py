"""Orders of a Mirakl instance: OR11 with its filters, and the actions OR21, OR23, OR24, OR29. Refunds are next door in mirakl_money.

Source: the seller OpenAPI document. An order's state decides what is shown (no address before SHIPPING, the document's own note) and
what may be done; a wrong state is a 400 and changes nothing.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes.exact import DAY, number
from providers.sandboxes.mirakl_money import cancelation_row, refund_row, tax_rows
from providers.sandboxes.mirakl_records import CARRIERS, CHANNELS, COMMISSION_VAT, CURRENCY, HIDDEN, Line, Order
from providers.sandboxes.mirakl_rules import check_body
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, Fault, Refusal, bad, coded, iso, maybe, missing, offset_page
from providers.sandboxes.people import Person

#: "Mirakl will subtract a time delta" from start_update_date; how much is not told.
SAFETY_S = 60


def found(shop: Shop, call: Call) -> Order:
    """The order of the path."""
    order = shop.orders.get(call.path["order_id"])
    if order is None:
        raise missing("Order", call.path["order_id"])
    return order


# -- OR11 --------------------------------------------------------------------------------------------------------------
def list_orders(shop: Shop, call: Call) -> Answer:
    rows = [one for one in shop.orders.values() if not shop.on("empty_orders") and _wanted(one, call.args)]
    rows.sort(key=lambda one: (one.created, one.id), reverse=call.args.get("order") == "desc")
    page = rows if call.args.get("paginate") is False else offset_page(call, rows)
    invoiced = {one.order_id for one in shop.documents.values() if one.type == "CUSTOMER_INVOICE"}
    asked = {one.entity[1] for one in shop.threads.values()}
    return Answer(
        {"orders": [order_row(one, one.id in invoiced, one.id in asked) for one in page], "total_count": len(rows)}
    )


def _wanted(order: Order, args: dict[str, Any]) -> bool:
    ids, states, channels = args.get("order_ids"), args.get("order_state_codes"), args.get("channel_codes")
    if ids is not None and order.id not in ids:
        return False
    if states is not None and order.state not in states:
        return False
    if args.get("only_null_channel"):
        return False  # every order of this fake has a channel
    if channels is not None and order.channel not in channels:
        return False
    if not args.get("start_date", 0) <= order.created <= args.get("end_date", order.created):
        return False
    since, until = args.get("start_update_date", SAFETY_S) - SAFETY_S, args.get("end_update_date", order.updated)
    if not since <= order.updated <= until:
        return False
    debited = order.debited is not None
    truths = {
        "customer_debited": debited, "payment_workflow": order.workflow, "has_incident": order.incident, "order_tax_mode": "TAX_INCLUDED",
    }  # fmt: skip
    if any(name in args and args[name] != value for name, value in truths.items()):
        return False
    if "DEFAULT" not in args.get("fulfillment_center_code", ["DEFAULT"]):
        return False
    customer, seller = args.get("order_references_for_customer"), args.get("order_references_for_seller")
    return (customer is None or order.commercial in customer) and seller is None


def order_row(order: Order, invoiced: bool, asked: bool) -> dict[str, Any]:
    hidden = order.state in HIDDEN or order.state == "REFUSED"
    label = dict(CHANNELS)[order.channel]
    carrier = next((one for one in CARRIERS if one[0] == order.carrier), None)
    lines: Any = [_line_row(order, one) for one in order.lines]
    return {
        "acceptance_decision_date": maybe(order.accepted), "can_cancel": order.cancellable, "can_shop_ship": True,
        "channel": {"code": order.channel, "label": label}, "commercial_id": order.commercial, "created_date": iso(order.created),
        "currency_iso_code": CURRENCY, "customer": _customer(order, hidden), "customer_debited_date": maybe(order.debited),
        "customer_directly_pays_seller": False, "customer_notification_email": f"notification+{order.commercial.lower()}@example.com",
        "delivery_date": {"earliest": iso(order.created + 3 * DAY), "latest": iso(order.created + 6 * DAY)},
        "fulfillment": {"center": {"code": "DEFAULT"}}, "fully_refunded": all(one.state == "REFUNDED" for one in order.lines),
        "has_customer_message": asked, "has_incident": order.incident,
        "has_invoice": invoiced,
        "invoice_details": None, "last_updated_date": iso(order.updated), "leadtime_to_ship": 2,
        "order_additional_fields": _extra(order, hidden), "order_id": order.id,
        "order_lines": "bozuk" if order.damaged else lines, "order_refunds": None, "order_state": order.state,
        "order_state_reason_code": "34" if order.state == "CANCELED" else None, "order_state_reason_label": None,
        "order_tax_mode": "TAX_INCLUDED", "order_taxes": None, "paymentType": "CARD", "payment_duration": 0, "payment_type": "CARD",
        "payment_workflow": order.workflow, "price": number(sum(one.price for one in order.lines)),
        "promotions": {"applied_promotions": [], "total_deduced_amount": 0}, "quote_id": None,
        "references": {"order_reference_for_customer": order.commercial, "order_reference_for_seller": None},
        "shipping_carrier_code": order.carrier or None, "shipping_carrier_standard_code": carrier[2] if carrier else None,
        "shipping_company": carrier[1] if carrier else order.carrier_name or None,
        "shipping_deadline": None if order.debited is None else iso(order.debited + 2 * DAY), "shipping_price": number(
            sum(one.shipping for one in order.lines)
        ), "shipping_pudo_id": None, "shipping_tracking": order.tracking or None,
        "shipping_tracking_url": tracking_url(order), "shipping_type_code": "STD", "shipping_type_label": "Standart Teslimat",
        "shipping_zone_code": "TR", "shipping_zone_label": "Türkiye",
        "total_commission": number(sum(one.commission + one.commission_vat for one in order.lines)), "total_price": number(order.total),
        "transaction_date": maybe(order.debited), "transaction_number": None,
    }  # fmt: skip


def tracking_url(order: Order) -> str | None:
    """Computed for a registered carrier, else what the shop gave."""
    carrier = next((one for one in CARRIERS if one[0] == order.carrier), None)
    if carrier is None:
        return order.carrier_url or None
    return carrier[3].replace("{trackingId}", order.tracking) if carrier[3] else None


def _customer(order: Order, hidden: bool) -> dict[str, Any]:
    who = order.buyer
    row: dict[str, Any] = {
        "billing_address": None, "civility": None, "customer_id": order.customer, "firstname": who.first, "lastname": who.last,
        "locale": "tr_TR", "shipping_address": None,
    }  # fmt: skip
    if not hidden:
        company = f"{who.last} İnşaat Ltd. Şti." if order.company else None
        row["billing_address"] = _address(who, company)
        row["shipping_address"] = {**_address(who, None), "additional_info": None}
        if order.company:
            row["organization"] = {
                "identification_number": None, "name": company, "organization_id": f"ORG-{order.customer}",
                "tax_identification_number": "1234567890",
            }  # fmt: skip
    return row


def _address(who: Person, company: str | None) -> dict[str, Any]:
    """Turkish operators have no field for the district: it stands in `state`, the il in `city` (unconfirmed)."""
    return {
        "city": who.city, "civility": None, "company": company, "company_2": None, "country": "Türkiye", "country_iso_code": "TUR",
        "firstname": who.first, "lastname": who.last, "phone": f"+90{who.phone}", "phone_secondary": None, "state": who.district,
        "street_1": who.street, "street_2": None, "zip_code": who.postcode,
    }  # fmt: skip


def _extra(order: Order, hidden: bool) -> list[dict[str, Any]]:
    """Operators' own fields; the codes differ from one to the next, these two are invented."""
    if hidden or not order.company:
        return []
    return [
        {"code": "tax-office", "type": "STRING", "value": "Çankaya"},
        {"code": "tax-number", "type": "STRING", "value": "1234567890"},
    ]


def _line_row(order: Order, line: Line) -> dict[str, Any]:
    product = line.offer.product
    left, _ = line.refundable
    state = "RECEIVED" if line.state == "CLOSED" else line.state
    return {
        "can_refund": line.state in ("SHIPPING", "SHIPPED", "TO_COLLECT", "RECEIVED", "CLOSED") and left == line.price > 0,
        "cancelations": [cancelation_row(order, line, one) for one in line.cancelations], "category_code": product.category[0],
        "category_label": product.category[1], "commission_fee": number(line.commission), "commission_rate_vat": COMMISSION_VAT,
        "commission_taxes": [{"amount": number(line.commission_vat), "code": "KDV", "rate": COMMISSION_VAT}],
        "commission_vat": number(line.commission_vat), "created_date": iso(order.created), "debited_date": maybe(order.debited),
        "description": None, "fees": [], "last_updated_date": iso(line.updated), "offer_id": line.offer.id, "offer_sku": line.offer.sku,
        "offer_state_code": line.offer.state, "order_line_additional_fields": [], "order_line_id": line.id,
        "order_line_index": line.index, "order_line_state": state, "order_line_state_reason_code": None,
        "order_line_state_reason_label": None, "origin_unit_price": number(line.unit), "price": number(line.price),
        "price_additional_info": None, "price_unit": number(line.unit), "product_medias": [], "product_shop_sku": None,
        "product_sku": product.sku, "product_title": product.title, "promotions": [], "quantity": line.quantity,
        "received_date": maybe(line.received), "refunds": [refund_row(order, line, one) for one in line.refunds],
        "shipped_date": maybe(line.shipped), "shipping_price": number(line.shipping), "shipping_price_additional_unit": None,
        "shipping_price_unit": None, "shipping_taxes": tax_rows(order, line, line.shipping), "taxes": tax_rows(order, line, line.price),
        "total_commission": number(line.commission + line.commission_vat), "total_price": number(line.total),
    }  # fmt: skip


# -- actions -----------------------------------------------------------------------------------------------------------
def accept(shop: Shop, call: Call) -> Answer:
    """OR21: every line decided in one call."""
    order = shop.orders.get(call.path["order_id"])
    if order is None:
        raise coded(404, "ORDER_NOT_FOUND", f"Order with id [{call.path['order_id']}] not found")
    body = check_body("OR21", call.json())
    decided = [one["id"] for one in body["order_lines"]]
    own = {one.id: one for one in order.lines}
    if len(set(decided)) < len(decided):
        raise coded(400, "ORDER_LINE_DUPLICATE_ID", "The order lines list contains duplicate ids", "order_lines")
    strange = [
        Fault("ORDER_LINE_NOT_FOUND", f"Order line [{one}] not found", f"order_lines[{n}].id")
        for n, one in enumerate(decided)
        if one not in own
    ]
    if strange:
        raise Refusal(404, strange[0].message, strange)
    if order.state != "WAITING_ACCEPTANCE":
        raise coded(400, "ORDER_INVALID_STATE", f"Order is in state {order.state}")
    if set(decided) != set(own):
        raise coded(400, "ORDER_LINE_ACCEPTANCE_DECISION_MISSING", "Some order lines are missing", "order_lines")
    refused = [own[one["id"]] for one in body["order_lines"] if not one["accepted"]]
    if refused and len(refused) < len(own) and shop.on("no_partial_acceptance"):
        raise coded(400, "ORDER_PARTIAL_ACCEPTANCE_DISABLED", "Partial acceptance is disabled for this shop")
    if not shop.may_apply():
        return Answer(status=204)
    if len(refused) == len(own):
        shop.advance(order, "REFUSED", call.now)
    else:
        for line in refused:
            line.state, line.updated = "REFUSED", call.now
        shop.accept(order, call.now)
    shop.counts[f"accept:{order.id}"] += 1
    shop.wrote()
    return Answer(status=204)


def track(shop: Shop, call: Call) -> Answer:
    """OR23: a registered carrier by code, or any other by name. Before OR24 or after it."""
    order = found(shop, call)
    body = check_body("OR23", call.json())
    if order.state not in ("SHIPPING", "SHIPPED", "TO_COLLECT"):
        raise bad(f"Tracking information cannot be updated on an order in state {order.state}")
    code, standard, number_ = (
        body.get("carrier_code"),
        body.get("carrier_standard_code"),
        body.get("tracking_number", ""),
    )
    name = body.get("carrier_name", "")
    carrier = None
    if code:
        carrier = next((one for one in CARRIERS if one[0] == code), None)
        if carrier is None:
            raise coded(400, "VALIDATION_ERROR", f"Carrier with code [{code}] not found", "carrier_code")
    elif standard:
        carrier = next((one for one in CARRIERS if one[2] == standard), None)
    if carrier is not None and carrier[3] and not number_:
        raise coded(400, "VALIDATION_ERROR", "must not be null", "tracking_number")
    if carrier is None and not name:
        raise coded(400, "VALIDATION_ERROR", "must not be null", "carrier_name")
    if shop.may_apply():
        order.carrier, order.carrier_name = (carrier[0], "") if carrier else ("", name)
        order.tracking, order.carrier_url, order.updated = number_, body.get("carrier_url", ""), call.now
        shop.counts["trackings"] += 1
        shop.counts[f"tracking:{order.id}"] += 1
        shop.wrote()
    return Answer(status=204)


def ship(shop: Shop, call: Call) -> Answer:
    """OR24. It has no body."""
    order = found(shop, call)
    if order.state != "SHIPPING":
        raise bad(f"Order [{order.id}] is in state {order.state}, it must be in state SHIPPING")
    if shop.may_apply():
        shop.advance(order, "SHIPPED", call.now)
        shop.counts["shipments"] += 1
        shop.counts[f"ship:{order.id}"] += 1
        shop.wrote()
    return Answer(status=204)


def cancel(shop: Shop, call: Call) -> Answer:
    """OR29: the whole order, as long as `can_cancel` says so."""
    order = found(shop, call)
    if not order.cancellable:
        raise bad(f"Order [{order.id}] in state {order.state} cannot be canceled")
    if shop.may_apply():
        shop.advance(order, "CANCELED", call.now)
        shop.counts["cancelations"] += 1
        shop.wrote()
    return Answer(status=204)
