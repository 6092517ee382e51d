"""How ÇiçekSepeti hears that an order leaves, by either cargo model, and what it answers. Pure.
Must never send a cargo company that the merchant did not name.

Source of the facts: reference/marketplaces-tr.md, "## ÇiçekSepeti" (Confirm / ship). That a merchant's own Yurtiçi parcel is only
announced (status 11), because the vendor makes its barcode, is from the digest of the vendor's documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from app.contracts import Message, Outcome, OutcomeState
from app.kit import Call, Reply, decode_json
from app.model import Order, ShipmentNotice, clean, fold
from providers.marketplaces import ciceksepeti_calls as calls
from providers.marketplaces.ciceksepeti_wire import NEW, PREPARING, READY, SHIPPED

OWN, VENDORS = "2", "1"  # cargo models
OTHER = {OWN: VENDORS, VENDORS: OWN}
YURTICI = 2
#: Word in the carrier's name, the vendor's number, the carrier's own page (the vendor demands an address for tracking).
CARRIERS = (
    ("kargomsende", 116, ""),
    ("sendeo", 59, "https://www.sendeo.com.tr"),
    ("mng", 1, "https://www.mngkargo.com.tr"),
    ("yurtici", YURTICI, "https://www.yurticikargo.com"),
    ("surat", 25, "https://www.suratkargo.com.tr"),
    ("aras", 43, "https://www.araskargo.com.tr"),
    ("ptt", 44, "https://gonderitakip.ptt.gov.tr"),
    ("ups", 45, "https://www.ups.com"),
    ("horoz", 46, "https://www.horoz.com.tr"),
    ("ceva", 55, "https://www.cevalogistics.com"),
    ("kolay gelsin", 117, "https://kolaygelsin.com"),
    ("kolaygelsin", 117, "https://kolaygelsin.com"),
    ("arvato", 118, ""),
)


def carrier_of(name: str) -> tuple[int, str]:
    """The vendor's number and the carrier's page; (0, '') for one that it does not know."""
    folded = fold(name)
    return next(((number, page) for word, number, page in CARRIERS if re.search(rf"\b{word}", folded)), (0, ""))


def states_of(extra: Mapping[str, str]) -> dict[str, int]:
    """Item → status, of the items that were not cancelled."""
    pairs = (one.partition(":") for one in extra.get("items", "").split(",") if one)
    return {item: int(status) for item, _, status in pairs if status.isdigit()}


def to_tell(notice: ShipmentNotice, extra: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(items that the vendor still waits to hear of, items that it knows of)."""
    states = states_of(extra)
    wanted = [line.remote_id for line in notice.lines] or list(states)
    announced = extra.get("model") == OWN and carrier_of(notice.carrier)[0] != YURTICI
    waiting = (NEW, PREPARING, READY) if announced else (NEW, PREPARING)
    due = [item for item in wanted if states.get(item) in waiting]
    return due, [item for item in wanted if item in states and item not in due]


def judged(notice: ShipmentNotice, order: Order | None, refused: Message | None = None) -> Outcome:
    """How it ends for an order that nothing was, or could be, told of: it was told before, it was cancelled, it is not there, or
    the vendor does not want it."""
    due, told = to_tell(notice, order.extra) if order is not None else ([], [])
    if told and not due:
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
    message = refused or Message("item.not_found", {"order": notice.order_id})
    if order is not None and not due:
        message = msgspec.structs.replace(message, code="item.conflict")
    return Outcome(notice.key, OutcomeState.REFUSED, message)


def ready_request(items: Sequence[str]) -> Call:
    """Cargo model 1: the vendor's carriers. One parcel of one order; the answer has the code for its label."""
    body = {"orderItemsGroup": [{"orderItemIds": [calls.item_id(one) for one in items]}]}
    return calls.order_call("PUT", "readyforcargowithcsintegration", "confirm_shipments", body, "shipping")


def own_cargo_request(items: Sequence[str], status: int, carrier: int, number: str, url: str) -> Call:
    """Cargo model 2: the merchant's own contract with a carrier."""
    told = {
        "orderItemStatusId": status,
        "cargoBusinessId": carrier,
        "shipmentNumber": number,
        "shipmentTrackingUrl": url,
    }
    body = {"orderItems": [{"orderItemId": calls.item_id(one), **told} for one in items]}
    return calls.order_call("PUT", "statusupdatewithsupplierintegration", "confirm_shipments", body, "shipping")


def confirm_request(model: str, items: list[str], notice: ShipmentNotice) -> Call | Message:
    """Or what is missing for it: the merchant's own carrier, number and page."""
    if model != OWN:
        return ready_request(items)
    carrier, page = carrier_of(notice.carrier)
    url = notice.tracking_url or page
    for field, value in (("carrier", carrier), ("tracking_number", notice.tracking_number), ("tracking_url", url)):
        if not value:
            return Message("item.refused", {"reason": field}, field=field)
    status = READY if carrier == YURTICI else SHIPPED
    return own_cargo_request(items, status, carrier, notice.tracking_number, url)


class ConfirmedItemWire(msgspec.Struct, rename="camel"):
    partial_number: str | int | None = None


class ConfirmedGroupWire(msgspec.Struct, rename="camel"):
    is_success: bool
    message: str | None = None
    order_items: list[ConfirmedItemWire] | None = None


class ConfirmedWire(msgspec.Struct, rename="camel"):
    status_update_response: list[ConfirmedGroupWire]


def parse_confirmed(reply: Reply) -> tuple[str, Message | None]:
    """The label's code, and why it was refused; HTTP 200 says neither."""
    groups = decode_json(reply, ConfirmedWire).status_update_response
    wrong = next((group for group in groups if not group.is_success), None)
    if wrong is not None or not groups:
        text = clean((wrong.message if wrong is not None else "") or "", 300)
        return "", Message("item.refused", vendor_text=text, status=reply.status)
    codes = [str(one.partial_number) for group in groups for one in group.order_items or [] if one.partial_number]
    return ",".join(dict.fromkeys(codes)), None
