"""What a fake UPS account may do with shipments: create, void, fetch a label again, ask for prices, have an address looked at.

Source: specs/ups (Shipping, Rating, AddressValidation). A created shipment is kept once for one call; a resend makes another.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from providers.sandboxes import ups_forms as forms
from providers.sandboxes import ups_wire as wire
from providers.sandboxes.courier import Parcel
from providers.sandboxes.courier_global import GlobalDepot, encoded, label
from providers.sandboxes.exact import DAY, Call, local
from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.ups_wire import Row, amount, bad, body_of, listed

ACCOUNT = "A1B2C3"
MOST_GRAMS = 70_000
_DONE = {"ResponseStatus": {"Code": "1", "Description": "Success"}}
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
OPTIONS = ("Rate", "Shop", "Ratetimeintransit", "Shoptimeintransit")


class UpsDepot(GlobalDepot):
    """`sessions`: of the domestic service, when each was last used (epoch seconds)."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.sessions: dict[str, int] = {}


def _response(request: Row) -> Row:
    context = (request.get("TransactionReference") or {}).get("CustomerContext")
    return {**_DONE, **({"TransactionReference": {"CustomerContext": context}} if context else {})}


def _grams(weight: str, unit: str) -> int:
    try:
        found = Decimal(weight)
    except InvalidOperation:
        raise bad(wire.WEIGHT, "Missing or invalid package weight") from None
    grams = int(found * (1000 if unit == "KGS" else Decimal("453.59237")))
    if unit not in ("KGS", "LBS") or not 0 < grams <= MOST_GRAMS:
        raise bad(wire.WEIGHT, "Missing or invalid package weight")
    return grams


def _weight(packages: list[Row], packaging: str) -> int:
    """Grams of all packages; raises Refusal. Letters need none."""
    total = 0
    for one in packages:
        weight = one.get("PackageWeight")
        if weight:
            total += _grams(weight["Weight"], weight["UnitOfMeasurement"]["Code"])
        elif (one.get(packaging) or {}).get("Code") != "01":
            raise bad(wire.WEIGHT, "Missing or invalid package weight")
    return total


def _place(address: Row) -> None:
    country, postcode = address["CountryCode"], address.get("PostalCode", "")
    if country in ("US", "CA", "VN") and not address.get("StateProvinceCode"):
        raise bad(wire.STATE, "Missing or invalid ship to state province code")
    wanted = {"US": r"\d{5}(-?\d{4})?", "PR": r"\d{5}(-?\d{4})?", "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d"}.get(country)
    if wanted and not re.fullmatch(wanted, postcode, re.ASCII):
        raise bad(wire.POSTCODE, "Missing or invalid ship to postal code")


def _check(body: Row, account: str) -> None:
    shipment = body["Shipment"]
    if body["Request"]["RequestOption"] not in ("nonvalidate", "validate"):
        raise bad(wire.FIELD_BAD, "Invalid ShipmentRequest.Request.RequestOption")
    if shipment["Shipper"]["ShipperNumber"].upper() != account:
        raise bad(wire.SHIPPER_NUMBER, "Missing or invalid shipper number")
    if shipment["Service"]["Code"] not in wire.SERVICES:
        raise bad(wire.SERVICE, "The requested service is unavailable between the selected locations.")
    _place(shipment["ShipTo"]["Address"])
    packages = listed(shipment["Package"])
    if not 1 <= len(packages) <= 200 or any(one["Packaging"]["Code"] not in wire.PACKAGINGS for one in packages):
        raise bad(wire.PACKAGING, "Missing or invalid packaging type")
    _weight(packages, "Packaging")
    home = (shipment.get("ShipFrom") or shipment["Shipper"])["Address"]["CountryCode"]
    if home != shipment["ShipTo"]["Address"]["CountryCode"]:
        if not shipment["ShipTo"].get("AttentionName"):
            raise bad(wire.ATTENTION, "Missing or invalid ship to attention name")
        if not shipment["ShipTo"].get("Phone"):
            raise bad(wire.PHONE, "Missing or invalid ship to phone number")
        if not shipment.get("Description") and any(one["Packaging"]["Code"] != "01" for one in packages):
            raise bad(wire.GOODS, "Missing or invalid description of goods")
    _check_payment(shipment, account)
    spec = body.get("LabelSpecification")
    if spec is not None:
        check_label(spec)


def _check_payment(shipment: Row, account: str) -> None:
    charges = listed((shipment.get("PaymentInformation") or {}).get("ShipmentCharge"))
    transport = [one for one in charges if one["Type"] == "01"]
    billed = [one["BillShipper"] for one in charges if "BillShipper" in one]
    if len(transport) != 1 or any(one.get("AccountNumber", "").upper() != account for one in billed):
        raise bad(wire.PAYMENT, "Missing or invalid payment information")


def check_label(spec: Row, more: frozenset[str] = frozenset()) -> None:
    """LabelImageFormat (`more`: what this call takes besides), LabelStockSize, CharacterSet. Raises Refusal."""
    kind, size = (spec.get("LabelImageFormat") or {}).get("Code", "GIF"), spec.get("LabelStockSize")
    wrong = kind not in wire.LABELS | more or (size is None and kind in ("ZPL", "EPL"))
    if size is not None and (size["Height"] not in ("6", "8") or size["Width"] != "4"):
        wrong = True
    if wrong or spec.get("CharacterSet", "eng") not in wire.CHARSETS:
        raise bad(wire.LABEL, "Missing or invalid label specification")


def ship(depot: UpsDepot, call: Call) -> Row:
    data, _ = body_of(call, forms.SHIP, "ShipWrapper")
    call.params("additionaladdressvalidation")
    body = data["ShipmentRequest"]
    _check(body, ACCOUNT)
    parcel = _parcel(depot, body)
    if depot.may_apply():
        depot.enter(parcel)
    spec = body.get("LabelSpecification") or {}
    results = [
        {"TrackingNumber": code, "ServiceOptionsCharges": amount(0), **_picture(depot, parcel, code, spec)}
        for code in parcel.pieces
    ]
    service, grams = parcel.more["service"], int(parcel.more["grams"])
    cost = wire.price(service, grams) if service in wire.FROM_TURKEY else 150_000
    charges = {
        "TransportationCharges": amount(cost), "ServiceOptionsCharges": amount(0), "TotalCharges": amount(cost),
    }  # fmt: skip
    made: Row = {
        "ShipmentCharges": charges, "RatingMethod": "01", "BillableWeightCalculationMethod": "02",
        "BillingWeight": {"UnitOfMeasurement": {"Code": "KGS", "Description": "Kilograms"}, "Weight": f"{-(-grams // 1000)}.0"},
        "ShipmentIdentificationNumber": parcel.number, "PackageResults": results,
    }  # fmt: skip
    if "NegotiatedRatesIndicator" in (body["Shipment"].get("ShipmentRatingOptions") or {}):
        made["NegotiatedRateCharges"] = {"TotalCharge": amount(cost * 3 // 5)}
    forms_ = (body["Shipment"].get("ShipmentServiceOptions") or {}).get("InternationalForms") or {}
    if "01" in listed(forms_.get("FormType")):
        image = {
            "ImageFormat": {"Code": "PDF", "Description": "PDF"},
            "GraphicImage": encoded(label("PDF", "INVOICE", [parcel.number])),
        }
        made["Form"] = {"Code": "01", "Description": "All Requested International Forms", "Image": image}
    return {"ShipmentResponse": {"Response": _response(body["Request"]), "ShipmentResults": made}}


def _parcel(depot: UpsDepot, body: Row) -> Parcel:
    shipment = body["Shipment"]
    packages, to, service = listed(shipment["Package"]), shipment["ShipTo"], shipment["Service"]["Code"]
    pieces = [wire.tracking_number(ACCOUNT, service, depot.next_number() + 1000 * depot.seed) for _ in packages]
    named = listed(shipment.get("ReferenceNumber")) + [
        each for one in packages for each in listed(one.get("ReferenceNumber"))
    ]
    grams = _weight(packages, "Packaging")
    address = to["Address"]
    told = {
        "receiver": to["Name"], "address": " ".join(listed(address["AddressLine"])), "city": address["City"],
        "district": address.get("StateProvinceCode", ""), "phone": (to.get("Phone") or {}).get("Number", ""), "payer": "sender", "cod": "",
        "kg": f"{Decimal(grams) / 1000:f}", "desi": "", "country": address["CountryCode"], "postcode": address.get("PostalCode", ""),
    }  # fmt: skip
    reference = named[0]["Value"] if named else pieces[0]
    now = depot.now()
    parcel = Parcel(reference, now, pieces[0], pieces, body, told, born=now)
    parcel.more |= {
        "service": service,
        "grams": str(grams),
        "references": [one["Value"] for one in named],
        "voided": [],
    }
    return parcel


def picture(parcel: Parcel, code: str, spec: Row) -> tuple[str, str]:
    """(format, Base64). Letters outside the asked character set print as `?`."""
    kind = (spec.get("LabelImageFormat") or {}).get("Code", "GIF")
    table = "iso8859-9" if spec.get("CharacterSet") == "tur" else "latin-1"
    told = (parcel.told["receiver"], parcel.told["address"], f"{parcel.told['city']} {parcel.told['country']}", code)
    lines = [one.encode(table, "replace").decode(table) for one in told]
    return kind, encoded(label(kind, code, lines))


def _picture(depot: UpsDepot, parcel: Parcel, code: str, spec: Row) -> Row:
    if depot.on("no_label"):
        return {}
    depot.counts["labels"] += 1
    kind, image = picture(parcel, code, spec)
    page = encoded(f'<html><body><img src="./label{code}.gif" alt="{code}"></body></html>'.encode())
    html = {"HTMLImage": page} if kind == "GIF" else {}
    return {"ShippingLabel": {"ImageFormat": {"Code": kind, "Description": kind}, "GraphicImage": image, **html}}


def void(depot: UpsDepot, call: Call) -> Row:
    """All of a shipment, or the packages of `trackingnumber`."""
    number, asked = call.path["number"], call.params("trackingnumber").get("trackingnumber", "")
    parcel = next((one for one in depot.parcels.values() if one.number == number), None)
    if parcel is None:
        raise bad(wire.VOID_UNKNOWN, "No shipment found within the allowed void period")
    if parcel.cancelled:
        raise bad(wire.VOID_DONE, "The shipment has already been voided")
    if depot.scanned(parcel):
        raise bad(wire.VOID_LATE, "Time for voiding has expired")
    codes = _codes(asked)
    if any(one not in parcel.pieces for one in codes) or len(codes) > 20:
        raise bad(wire.VOID_UNKNOWN, "No shipment found within the allowed void period")
    gone = set(parcel.more["voided"]) | set(codes)
    if not codes or gone == set(parcel.pieces):
        depot.call_off(parcel)
    elif depot.may_apply():
        parcel.more["voided"] = sorted(gone)
    status = {"Code": "1", "Description": "Voided"}
    made: Row = {"Response": dict(_DONE), "SummaryResult": {"Status": status}}
    if codes:
        made["PackageLevelResults"] = [{"TrackingNumber": one, "Status": status} for one in codes]
    return {"VoidShipmentResponse": made}


def _codes(asked: str) -> list[str]:
    """One number, or a JSON list of them."""
    if not asked.startswith("["):
        return [asked] if asked else []
    try:
        found = json.loads(asked)
    except ValueError:
        raise bad(wire.FIELD_BAD, "Invalid trackingnumber") from None
    return [str(one) for one in found]


def recover(depot: UpsDepot, call: Call) -> Row:
    """By tracking number, or by reference and shipper number."""
    data, _ = body_of(call, forms.SHIP, "RecoveryWrapper")
    body = data["LabelRecoveryRequest"]
    spec = body.get("LabelSpecification") or {}
    size = spec.get("LabelStockSize") or {"Height": "6", "Width": "4"}
    check_label(
        {**spec, "LabelStockSize": size}, frozenset({"PDF"})
    )  # a picture in PDF is drawn of labels that exist only
    wanted = [body["TrackingNumber"]] if "TrackingNumber" in body else listed(body.get("TrackingNumbers"))
    parcel: Parcel | None
    if wanted:
        parcel = next((one for one in depot.parcels.values() if wanted[0] in one.pieces), None)
    else:
        named = body.get("ReferenceValues") or {}
        value = (named.get("ReferenceNumber") or {}).get("Value", "")
        parcel = next((one for one in depot.parcels.values() if value and value in one.more["references"]), None)
        if named.get("ShipperNumber", "").upper() != ACCOUNT:
            parcel = None
    if parcel is None or parcel.cancelled:
        raise bad(wire.RECOVER_UNKNOWN, "The requested label could not be found")
    codes = [one for one in parcel.pieces if one in wanted] or parcel.pieces
    rows: list[Row] = []
    for code in codes:
        kind, image = picture(parcel, code, spec)
        shown = (
            {} if depot.on("no_label") else {"LabelImage": {"LabelImageFormat": {"Code": kind}, "GraphicImage": image}}
        )
        depot.counts["labels"] += bool(shown)
        rows.append({"TrackingNumber": code, **shown})
    made = {"Response": _response(body["Request"]), "ShipmentIdentificationNumber": parcel.number, "LabelResults": rows}
    return {"LabelRecoveryResponse": made}


def rate(depot: UpsDepot, call: Call) -> Row:
    """One service, or all from Türkiye (`Shop`)."""
    data, _ = body_of(call, forms.RATE, "RateWrapper")
    call.params("additionalinfo")
    option, body = call.path["option"], data["RateRequest"]
    if option not in OPTIONS:
        raise bad(wire.RATE_OPTION, "Invalid request option")
    shipment = body["Shipment"]
    if shipment["Shipper"].get("ShipperNumber", ACCOUNT).upper() != ACCOUNT:
        raise bad(wire.SHIPPER_NUMBER, "Missing or invalid shipper number")
    _place(shipment["ShipTo"]["Address"])
    grams = _weight(listed(shipment["Package"]), "PackagingType")
    service = (shipment.get("Service") or {}).get("Code", "")
    wanted = [service] if option.startswith("Rate") else list(wire.FROM_TURKEY)
    if any(one not in wire.FROM_TURKEY for one in wanted):
        raise bad(wire.RATE_SERVICE, "The requested service is unavailable between the selected locations.")
    return {
        "RateResponse": {
            "Response": _response(body["Request"]),
            "RatedShipment": [_rated(depot, one, grams, option) for one in wanted],
        }
    }


def _rated(depot: UpsDepot, service: str, grams: int, option: str) -> Row:
    cost, days = wire.price(service, grams), wire.FROM_TURKEY[service][2]
    row: Row = {
        "Service": {"Code": service, "Description": wire.SERVICES[service]},
        "BillingWeight": {"UnitOfMeasurement": {"Code": "KGS", "Description": "Kilograms"}, "Weight": f"{-(-grams // 1000)}.0"},
        "TransportationCharges": amount(cost), "ServiceOptionsCharges": amount(0), "TotalCharges": amount(cost),
        "NegotiatedRateCharges": {"TotalCharge": amount(cost * 3 // 5)},
        "GuaranteedDelivery": {"BusinessDaysInTransit": str(days), "DeliveryByTime": "12:00 P.M."},
        "RatedPackage": [{"TransportationCharges": amount(cost), "ServiceOptionsCharges": amount(0), "TotalCharges": amount(cost)}],
    }  # fmt: skip
    if option.endswith("timeintransit"):
        arrives, day = (local(depot.now() + days * DAY, form) for form in ("%Y%m%d", "%w"))
        row["TimeInTransit"] = {
            "PickupDate": local(depot.now(), "%Y%m%d"), "PackageBillType": "03",
            "ServiceSummary": {
                "Service": {"Description": wire.SERVICES[service]},
                "EstimatedArrival": {"Pickup": {"Date": local(depot.now(), "%Y%m%d"), "Time": "180000"}, "Arrival": {"Date": arrives, "Time": "120000"}, "BusinessDaysInTransit": str(days), "DayOfWeek": DAYS[int(day)]},
            },
        }  # fmt: skip
    return row


def address(depot: UpsDepot, call: Call) -> Row:
    """[U] the only known answers: candidates as they were asked for, none where city and postcode are both missing. The real service knows
    streets of the US and Puerto Rico only."""
    data, _ = body_of(call, forms.ADDRESS, "AddressWrapper")
    call.params("regionalrequestindicator", "maximumcandidatelistsize")
    option = call.path["option"]
    if option not in ("1", "2", "3"):
        raise bad(wire.FIELD_BAD, "Invalid request option")
    asked = data["XAVRequest"]["AddressKeyFormat"]
    if asked["CountryCode"] not in ("US", "PR"):
        raise bad("9264030", "The state is not supported in the Customer Integration Environment")
    made: Row = {"Response": dict(_DONE)}
    known = asked.get("PoliticalDivision2") or asked.get("PostcodePrimaryLow") or asked.get("Region")
    kind = {"Code": "1", "Description": "Commercial"}
    if not known:
        made["NoCandidatesIndicator"] = ""
    elif option in ("1", "3"):
        made["ValidAddressIndicator"] = ""
    if option in ("2", "3"):
        made["AddressClassification"] = kind if known else {"Code": "0", "Description": "Unknown"}
    if known:
        key: dict[str, Any] = {k: v for k, v in asked.items() if k != "BuildingName"}
        made["Candidate"] = [{"AddressClassification": kind, "AddressKeyFormat": key}]
    return {"XAVResponse": made}
