"""What a fake MNG account may do to its orders: pre-register receivers, create, make barcodes (which invoices), call off.

Source: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)", Operations. An order is made once for one referenceId, invoiced once.
"""

from __future__ import annotations

from typing import Any

from providers.sandboxes import mng_wire as wire
from providers.sandboxes.courier import Depot, Parcel
from providers.sandboxes.courier_labels import zpl
from providers.sandboxes.exact import MINUTE, Call, local
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.mng_wire import bad, business, missing

#: How long the carrier works out which branch delivers, under the switch `slow_branches`.
BRANCH_TAKES = 3 * MINUTE
Row = dict[str, Any]


class MngDepot(Depot):
    """`tokens`, `refreshers`: until when (epoch seconds). `branches`: since when a receiver's branch is looked for."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.tokens: dict[str, int] = {}
        self.refreshers: dict[str, int] = {}
        self.branches: dict[tuple[str, str], int] = {}

    def seek(self, person: Row) -> str:
        """The branch of a receiver; looking for it begins now, unless it has begun. "" while it is not known."""
        key = (str(person.get("customerId") or person.get("fullName")), person["address"])
        since = self.branches.setdefault(key, self.now())
        if self.on("slow_branches") and self.now() - since < BRANCH_TAKES:
            return ""
        return f"{int(person.get('cityCode') or 0):02d}{sum(person['address'].encode()) % 90 + 10}"

    def order(self, reference: str) -> Parcel:
        """Raises the carrier's "not found", for cancelled orders too."""
        parcel = self.parcels.get(reference)
        if parcel is None or parcel.cancelled:
            raise missing("Sipariş")
        return parcel


def create_recipient(shop: MngDepot, call: Call) -> Row:
    person = call.json({"recipient": "object!"})["recipient"]
    wire.check_person(person, "recipient")
    shop.counts["recipients"] += 1
    return {"shipperBranchCode": shop.seek(person)}


def create_order(shop: MngDepot, call: Call) -> Row:
    body = call.json({"order": "object!", "orderPieceList": "list!", "recipient": "object!"})
    return _create(shop, body, (1, 2))


def create_detailed_order(shop: MngDepot, call: Call) -> Row:
    body = call.json({"order": "object!", "orderPieceList": "list!", "shipper": "object!", "recipient": "object!"})
    wire.check_person(body["shipper"], "shipper")
    return _create(shop, body, (1, 2, 3))


def _create(shop: MngDepot, body: Row, payments: tuple[int, ...]) -> Row:
    order, person = body["order"], body["recipient"]
    wire.check_order(order, payments)
    wire.check_pieces(body["orderPieceList"])
    city, district = wire.check_person(person, "recipient")
    if shop.on("tax_number_needed") and not person.get("taxNumber"):
        raise business(wire.TAX_NUMBER_MISSING, "Vergi veya T.C. kimlik numarası zorunludur")
    _unused(shop, order["referenceId"])
    branch = shop.seek(person)
    if shop.may_apply():
        shop.keep(_parcel(shop, body, person, city, district))
    return {
        "orderInvoiceId": shop.digits(9), "orderInvoiceDetailId": shop.digits(9), "shipperBranchCode": branch,
    }  # fmt: skip


def _unused(shop: MngDepot, reference: str) -> None:
    if reference in shop.parcels:
        raise business(wire.REFERENCE_USED, f"{reference} referans numarası ile daha önce sipariş oluşturulmuş")


def _parcel(shop: MngDepot, body: Row, person: Row, city: int, district: str) -> Parcel:
    order, pieces = body["order"], body["orderPieceList"]
    told = {
        "receiver": str(person.get("fullName") or person.get("customerId")), "address": person["address"], "city": str(city),
        "district": district, "phone": person["mobilePhoneNumber"], "payer": str(order["paymentType"]),
        "cod": str(order["codAmount"]) if order["isCOD"] else "", "kg": str(sum(one["kg"] for one in pieces)),
        "desi": str(sum(one["desi"] for one in pieces)),
    }  # fmt: skip
    codes = [one["barcode"] for one in pieces]
    return Parcel(order["referenceId"], shop.now(), "", codes, body, told)


def create_return(shop: MngDepot, call: Call) -> Row:
    """The consumer is the shipper. [U] the rest of the form; the carrier expects the parcel at once."""
    body = call.json({"order": "object!", "orderPieceList": "list!", "shipper": "object!"})
    wire.check_order(body["order"], (1, 2))
    wire.check_pieces(body["orderPieceList"])
    city, district = wire.check_person(body["shipper"], "shipper")
    reference = body["order"]["referenceId"]
    _unused(shop, reference)
    if shop.may_apply():
        parcel = _parcel(shop, body, body["shipper"], city, district)
        parcel.born, parcel.number = shop.now(), shop.digits(12)
        shop.keep(parcel)
        shop.counts["returns"] += 1
    return {
        "referenceId": reference, "orderInvoiceId": shop.digits(9),
        "returnOrderLabelURL": f"https://selfservis.mngkargo.example/iade/{reference}.pdf",
    }  # fmt: skip


def create_barcode(shop: MngDepot, call: Call) -> Row:
    """Invoices the order and makes its shipment. A second time is refused ([U]) unless `barcode_again`."""
    body = call.json(wire.BARCODE)
    codes = wire.check_pieces(body["orderPieceList"])
    wire.check_cod(body)
    parcel = shop.order(body["referenceId"])
    if parcel.number and not shop.on("barcode_again"):
        raise business(wire.BARCODE_MADE, "Bu referans için barkod daha önce oluşturulmuş")
    person = parcel.sent["recipient"] if "recipient" in parcel.sent else parcel.sent["shipper"]
    if not shop.seek(person):
        if body.get("printReferenceBarcodeOnError") != 1:
            raise business(wire.BRANCH_UNKNOWN, "Varış şubesi bulunamadı")
        return _label(shop, parcel, [parcel.reference], "", "")  # [U] a label of the reference alone
    if not parcel.number and shop.may_apply():
        parcel.number, parcel.born, parcel.pieces = shop.digits(12), shop.now(), codes
        parcel.more["invoice"] = shop.digits(10)
        shop.counts["barcodes"] += 1
        shop.counts[f"barcode:{parcel.reference}"] += 1
    shop.counts["labels"] += 1
    number = parcel.number or shop.digits(12)
    return _label(shop, parcel, codes, number, parcel.more.get("invoice", shop.digits(10)))


def _label(shop: MngDepot, parcel: Parcel, codes: list[str], number: str, invoice: str) -> Row:
    told = parcel.told
    lines = (told["receiver"], told["address"], told["district"], number)
    barcodes = [
        {"pieceNumber": i, "value": "" if shop.on("no_label") else zpl(code, lines), "barcode": code}
        for i, code in enumerate(codes, 1)
    ]
    return {
        "referenceId": parcel.reference,
        "invoiceId": invoice,
        "shipmentId": number,
        "barcodes": barcodes,
    }


def _shipment(shop: MngDepot, body: Row) -> Parcel:
    parcel = shop.order(body["referenceId"])
    if not parcel.number or parcel.number != str(body["shipmentId"]):
        raise missing("Gönderi")
    if shop.scanned(parcel):
        raise business(wire.SCANNED, "Şubede işlem görmüş gönderi değiştirilemez")
    return parcel


def update_shipment(shop: MngDepot, call: Call) -> Row:
    """[U] what may be changed beside the pieces, and the answer."""
    spec = {
        **wire.BARCODE,
        "shipmentId": "id!",
        **dict.fromkeys(("isCOD", "packagingType"), "int"),
        "codAmount": "number",
    }
    body = call.json({**spec, "orderPieceList": "list"})
    parcel = _shipment(shop, body)
    if body.get("orderPieceList") is not None:
        parcel.pieces = wire.check_pieces(body["orderPieceList"])
    shop.counts["updates"] += 1
    return _label(shop, parcel, parcel.pieces, parcel.number, parcel.more["invoice"])


def cancel_shipment(shop: MngDepot, call: Call) -> Row:
    """The same day, before a branch scan; the order itself stays."""
    body = call.json({"referenceId": "text!", "shipmentId": "id!"})
    parcel = _shipment(shop, body)
    if local(parcel.born, "%Y%m%d") != local(call.now, "%Y%m%d"):
        raise business(wire.TOO_LATE, "Gönderi yalnız oluşturulduğu gün iptal edilebilir")
    if shop.may_apply():
        parcel.more.setdefault("cancelled_ids", []).append(parcel.number)
        parcel.number, parcel.born, parcel.ahead = "", 0, 0
        shop.counts["cancelled_shipments"] += 1
    return {"referenceId": body["referenceId"], "shipmentId": str(body["shipmentId"]), "result": True}


def cancel_order(shop: MngDepot, call: Call) -> Row:
    """With no body. [U] an order whose shipment still stands is refused."""
    if call.body:
        raise bad("Bu istek gövde almaz")
    parcel = shop.order(call.path["reference"])
    if parcel.number:
        reason = "Şubede işlem görmüş" if shop.scanned(parcel) else "Barkodu oluşturulmuş"
        raise business(wire.SCANNED, f"{reason} sipariş iptal edilemez")
    shop.call_off(parcel)
    return {"referenceId": parcel.reference, "result": True}
