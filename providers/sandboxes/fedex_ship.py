"""What a fake FedEx shipping project may do: create, validate, cancel, ask for rates.

Source: specs/fedex (ship-api, rate-api). A used reference makes another shipment, as FedEx does. Not there: asynchronous shipments of more
than 40 packages, return tags, open shipments, addresses of documents (URL_ONLY gives addresses that nobody serves).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from providers.sandboxes import fedex_forms as forms
from providers.sandboxes import fedex_wire as wire
from providers.sandboxes.courier import Parcel
from providers.sandboxes.courier_global import GlobalDepot, encoded, label
from providers.sandboxes.exact import DAY, local, number
from providers.sandboxes.fedex_wire import FedexCall, Row, bad, body_of
from providers.sandboxes.kit import SandboxClock

ACCOUNT_NUMBER = "740561073"


class FedexDepot(GlobalDepot):
    """`projects`: which key pair a token was given for."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.projects: dict[str, str] = {}


def answer(call: FedexCall, output: Row, depot: FedexDepot) -> Row:
    named = {"customerTransactionId": call.named} if call.named else {}
    return {"transactionId": depot.guid(9), **named, "output": output}


def _grams(item: Row) -> int:
    weight = item["weight"]
    grams = int(Decimal(weight["value"]) * (1000 if weight["units"] == "KG" else Decimal("453.59237")))
    if not 0 < grams <= wire.MOST_GRAMS:
        raise bad(wire.WEIGHT, "Package weight is missing or invalid.", "weight")
    return grams * int(item.get("groupPackageCount") or 1)


def _party(party: Row, who: str) -> None:
    contact, address = party["contact"], party["address"]
    if not contact.get("personName") and not contact.get("companyName"):
        raise bad(wire.PARTY, f"{who}: company name or person name is required.", who)
    if address["countryCode"] in ("US", "CA") and not address.get("stateOrProvinceCode"):
        raise bad(wire.STATE, f"{who}: state or province code is required.", who)


def _check(depot: FedexDepot, asked: Row, account: Row | None) -> None:
    if account is not None and account["value"] != ACCOUNT_NUMBER:
        raise bad(
            wire.ACCOUNT,
            "Please enter a valid 9-digit FedEx account number or register for a new FedEx account number.",
        )
    _party(asked["shipper"], "shipper")
    _party(asked["recipients"][0], "recipients[0]")
    if asked["serviceType"] not in wire.SERVICES or asked["packagingType"] not in wire.PACKAGINGS:
        raise bad(wire.COMBINATION, "Invalid service and packaging combination.", "serviceType")
    today = date.fromisoformat(local(depot.now(), "%Y-%m-%d"))
    day = date.fromisoformat(asked.get("shipDatestamp") or today.isoformat())
    if not today - timedelta(days=1) <= day <= today + timedelta(days=10):
        raise bad(wire.DATE, "Invalid ship date.", "shipDatestamp")
    spec = asked["labelSpecification"]
    if not spec["labelStockType"].startswith(wire.IMAGES[spec["imageType"]][1]) or spec.get("resolution") not in (
        None,
        200,
        203,
        300,
    ):
        raise bad(wire.STOCK, "Invalid label stock for this image type.", "labelSpecification")
    for item in asked["requestedPackageLineItems"]:
        _grams(item)
    payment = asked["shippingChargesPayment"]
    payer = ((payment.get("payor") or {}).get("responsibleParty") or {}).get("accountNumber", {}).get("value")
    if payment["paymentType"] == "SENDER" and payer not in (None, "", ACCOUNT_NUMBER):
        raise bad(wire.PAYOR, "Payor account number is invalid.", "shippingChargesPayment")
    if payment["paymentType"] != "SENDER" and not payer:
        raise bad(wire.PAYOR, "Payor account number is required.", "shippingChargesPayment")
    abroad = asked["shipper"]["address"]["countryCode"] != asked["recipients"][0]["address"]["countryCode"]
    if abroad and not asked.get("customsClearanceDetail"):
        raise bad(wire.CUSTOMS, "Customs clearance detail is required.", "customsClearanceDetail")


def validate(depot: FedexDepot, call: FedexCall) -> Row:
    body = body_of(call, forms.SHIP, "Verify")
    _check(depot, body["requestedShipment"], body.get("accountNumber"))
    alert = {"code": "SHIPMENT.VALIDATION.SUCCESS", "alertType": "NOTE", "message": "Shipment validated successfully."}
    return answer(call, {"alerts": [alert]}, depot)


def ship(depot: FedexDepot, call: FedexCall) -> Row:
    body = body_of(call, forms.SHIP, "Create")
    asked = body["requestedShipment"]
    _check(depot, asked, body["accountNumber"])
    if body.get("oneLabelAtATime") or body.get("processingOptionType") == "ALLOW_ASYNCHRONOUS":
        raise bad(
            wire.FIELD, "This sandbox answers synchronously and with all labels.", "processingOptionType"
        )  # not FedEx'
    parcel = _parcel(depot, asked)
    if depot.may_apply():
        depot.enter(parcel)
    return answer(call, {"transactionShipments": [_made(depot, parcel, body)]}, depot)


def _parcel(depot: FedexDepot, asked: Row) -> Parcel:
    items, to = asked["requestedPackageLineItems"], asked["recipients"][0]
    count = sum(int(one.get("groupPackageCount") or 1) for one in items)
    pieces = [depot.digits(12) for _ in range(count)]
    named = [one for item in items for one in item.get("customerReferences") or [] if one.get("value")]
    mine = [one["value"] for one in named if one.get("customerReferenceType") == "CUSTOMER_REFERENCE"]
    grams = sum(_grams(one) for one in items)
    address, contact = to["address"], to["contact"]
    told = {
        "receiver": contact.get("personName") or contact["companyName"], "address": " ".join(address["streetLines"]), "city": address["city"],
        "district": address.get("stateOrProvinceCode", ""), "phone": contact["phoneNumber"], "payer": asked["shippingChargesPayment"]["paymentType"],
        "cod": "", "kg": f"{Decimal(grams) / 1000:f}", "desi": "", "country": address["countryCode"], "postcode": address.get("postalCode", ""),
    }  # fmt: skip
    now = depot.now()
    parcel = Parcel((mine or [pieces[0]])[0], now, pieces[0], pieces, asked, told, born=now)
    parcel.more |= {"service": asked["serviceType"], "grams": grams, "references": [one["value"] for one in named]}
    return parcel


def _document(depot: FedexDepot, parcel: Parcel, code: str, kind: str, image: str, linked: bool) -> Row:
    lines = (parcel.told["receiver"], parcel.told["address"], f"{parcel.told['city']} {parcel.told['country']}", code)
    shown = (
        {"url": f"https://documents.fedex.example/{code}/{kind.lower()}"}
        if linked
        else {"encodedLabel": encoded(label(wire.IMAGES[image][0], code, lines))}
    )
    depot.counts["labels"] += kind == "LABEL"
    key = f"{depot.next_number():016x}"
    return {
        "contentKey": key,
        "copiesToPrint": 1,
        "contentType": kind,
        "trackingNumber": code,
        "docType": image,
        "alerts": [],
        **shown,
    }


def _made(depot: FedexDepot, parcel: Parcel, body: Row) -> Row:
    asked, service = body["requestedShipment"], parcel.more["service"]
    linked = body["labelResponseOptions"] == "URL_ONLY"
    image = asked["labelSpecification"]["imageType"]
    cost = wire.price(service, parcel.more["grams"])
    share = cost // len(parcel.pieces)
    rows = []
    for i, code in enumerate(parcel.pieces, 1):
        papers = [] if depot.on("no_label") else [_document(depot, parcel, code, "LABEL", image, linked)]
        rows.append({
            "trackingNumber": code, "masterTrackingNumber": parcel.number, "packageSequenceNumber": i, "packageDocuments": papers,
            "netChargeAmount": number(share), "baseRateAmount": number(share), "serviceCategory": "EXPRESS", "trackingIdType": "FEDEX",
            "customerReferences": [{"customerReferenceType": "CUSTOMER_REFERENCE", "value": parcel.more.get("reference", parcel.reference)}],
        })  # fmt: skip
    made: Row = {
        "serviceType": service, "serviceName": wire.SERVICES[service][0], "serviceCategory": "EXPRESS", "masterTrackingNumber": parcel.number,
        "shipDatestamp": asked.get("shipDatestamp") or local(depot.now(), "%Y-%m-%d"), "alerts": [], "pieceResponses": rows, "shipmentDocuments": [],
        "completedShipmentDetail": {"usDomestic": False, "carrierCode": "FDXE", "masterTrackingId": {
            "trackingIdType": "FEDEX", "formId": "0430", "trackingNumber": parcel.number,
        }},
    }  # fmt: skip
    wanted = (asked.get("shippingDocumentSpecification") or {}).get("shippingDocumentTypes") or []
    if "COMMERCIAL_INVOICE" in wanted:
        made["shipmentDocuments"] = [_document(depot, parcel, parcel.number, "COMMERCIAL_INVOICE", "PDF", linked)]
    return made


def cancel(depot: FedexDepot, call: FedexCall) -> Row:
    """The whole shipment, by the number of any piece. [U] that DELETE_ALL_PACKAGES is the default."""
    body = body_of(call, forms.SHIP, "Cancel")
    if body["accountNumber"]["value"] != ACCOUNT_NUMBER:
        raise bad(
            wire.ACCOUNT,
            "Please enter a valid 9-digit FedEx account number or register for a new FedEx account number.",
        )
    parcel = next((one for one in depot.parcels.values() if body["trackingNumber"] in one.pieces), None)
    if parcel is None:
        raise bad(wire.NO_SHIPMENT, "Unable to cancel. The tracking number is not found.", "trackingNumber")
    if parcel.cancelled:
        raise bad(wire.CANCELLED, "The shipment has already been cancelled.", "trackingNumber")
    if depot.scanned(parcel):
        raise bad(wire.TENDERED, "The shipment has been tendered to FedEx and cannot be cancelled.", "trackingNumber")
    depot.call_off(parcel)
    output = {
        "cancelledShipment": True,
        "cancelledHistory": True,
        "message": "Shipment is successfully cancelled",
        "alerts": [],
    }
    return answer(call, output, depot)


def rates(depot: FedexDepot, call: FedexCall) -> Row:
    """One service, or all from Türkiye."""
    body = body_of(call, forms.RATE, "Rate")
    if body["accountNumber"].get("value") != ACCOUNT_NUMBER:
        raise bad(
            wire.ACCOUNT,
            "Please enter a valid 9-digit FedEx account number or register for a new FedEx account number.",
        )
    asked = body["requestedShipment"]
    wanted = [asked["serviceType"]] if asked.get("serviceType") else list(wire.SERVICES)
    if any(one not in wire.SERVICES for one in wanted):
        raise bad(wire.COMBINATION, "Invalid service and packaging combination.", "serviceType")
    grams = sum(_grams(one) for one in asked["requestedPackageLineItems"])
    rows = [_rated(depot, one, grams, asked) for one in wanted]
    output = {"rateReplyDetails": rows, "quoteDate": local(depot.now(), "%Y-%m-%d"), "isEncoded": False, "alerts": []}
    return answer(call, output, depot)


def _rated(depot: FedexDepot, service: str, grams: int, asked: Row) -> Row:
    cost = number(wire.price(service, grams))
    days = wire.SERVICES[service][3]
    rate: dict[str, Any] = {
        "rateType": "ACCOUNT", "ratedWeightMethod": "ACTUAL", "totalBaseCharge": cost, "totalNetCharge": cost, "totalNetFedExCharge": cost,
        "totalDiscounts": number(0), "shipmentRateDetail": {"currency": "TRY", "rateZone": "H", "totalSurcharges": number(0)},
    }  # fmt: skip
    return {
        "serviceType": service, "serviceName": wire.SERVICES[service][0], "packagingType": asked.get("packagingType") or "YOUR_PACKAGING",
        "ratedShipmentDetails": [rate], "operationalDetail": {"commitDate": local(depot.now() + days * DAY, "%Y-%m-%dT12:00:00"), "transitTime": ("ONE_DAY", "TWO_DAYS", "THREE_DAYS", "FOUR_DAYS", "FIVE_DAYS")[days - 1]},
    }  # fmt: skip
