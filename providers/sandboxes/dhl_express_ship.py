"""What a fake MyDHL account may do: shipments with their documents, rates and products, pickups, images of documents.

Source: specs/dhl-express. There is no call that cancels a shipment, only pickups are cancelled. A used reference makes another shipment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from providers.sandboxes import dhl_express_forms as forms
from providers.sandboxes import dhl_express_wire as wire
from providers.sandboxes.courier import Parcel
from providers.sandboxes.courier_global import GlobalDepot, encoded, label
from providers.sandboxes.courier_labels import epl, pdf, zpl
from providers.sandboxes.dhl_express_wire import Refusal, Row, bad, body_of, missing, not_found
from providers.sandboxes.exact import DAY, Call, local, number
from providers.sandboxes.kit import SandboxClock

ACCOUNT = "358291746"
ROOT = "https://express.api.dhl.com/mydhlapi"
_MOST_GRAMS = 70_000


@dataclass(frozen=True)
class Created:
    """An answer that is 201."""

    data: Row


class DhlDepot(GlobalDepot):
    """`pickups`: by confirmation number, whether it still stands."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.pickups: dict[str, bool] = {}

    def book(self) -> str:
        made = f"PRG{local(self.now(), '%y%m%d')}{self.next_number():06d}"
        if self.may_apply():
            self.pickups[made] = True
            self.counts["pickups"] += 1
        return made

    def numbered(self, code: str) -> Parcel | None:
        return next((one for one in self.parcels.values() if one.number == code), None)


def accounts(rows: list[Row]) -> None:
    if any(one["number"] != ACCOUNT for one in rows if one["typeCode"] == "shipper") or not any(
        one["typeCode"] in ("shipper", "payer") for one in rows
    ):
        raise bad("The account number is not found or invalid. Please check the account number and retry.")


def _grams(packages: list[Row], metric: bool) -> int:
    total = 0
    for one in packages:
        grams = int(Decimal(one["weight"]) * (1000 if metric else Decimal("453.59237")))
        size = one.get("dimensions") or {"length": 1}
        if not 0 < grams <= _MOST_GRAMS or any(Decimal(each) < 1 for each in size.values()):
            raise bad("8001: The weight or the dimensions of a package are not allowed.")  # [U]
        total += grams
    return total


def _product(code: str, home: str, away: str) -> None:
    if code not in wire.PRODUCTS or (code == "N") != (home == away):
        raise bad(f"1001: The requested product(s) ({code}) not available based on your search criteria.")  # [U]


def _check(depot: DhlDepot, body: Row) -> None:
    wire.planned(body["plannedShippingDateAndTime"], depot.now())
    accounts(body["accounts"])
    people, content = body["customerDetails"], body["content"]
    home, away = (people[one]["postalAddress"]["countryCode"] for one in ("shipperDetails", "receiverDetails"))
    _product(body["productCode"], home, away)
    if content["isCustomsDeclarable"] and not all(
        content.get(one) for one in ("exportDeclaration", "declaredValue", "declaredValueCurrency")
    ):
        raise bad(
            "7103: exportDeclaration, declaredValue and declaredValueCurrency are required for a declarable shipment."
        )  # [U]
    shown = body.get("outputImageProperties") or {}
    if shown.get("printerDPI") not in (None, 200, 300):
        raise Refusal(
            422,
            "#/outputImageProperties/printerDPI: is not a valid enum value",
            "Validation error",
            "Unprocessable Entity",
        )
    _grams(content["packages"], content["unitOfMeasurement"] == "metric")


def ship(depot: DhlDepot, call: Call) -> Row | Created:
    """[U] what `validateDataOnly` answers to good data."""
    params = call.params("strictValidation", "bypassPLTError", "validateDataOnly")
    body = body_of(call, forms.SHIPMENT, "CreateShipmentRequest")
    _check(depot, body)
    if params.get("validateDataOnly") == "true":
        return {"warnings": []}
    parcel = _parcel(depot, body)
    if depot.may_apply():
        depot.enter(parcel)
    made: Row = {
        "shipmentTrackingNumber": parcel.number, "trackingUrl": f"{ROOT}/shipments/{parcel.number}/tracking",
        "packages": [
            {"referenceNumber": i, "trackingNumber": one, "trackingUrl": f"{ROOT}/shipments/{parcel.number}/tracking?pieceTrackingNumber={one}"}
            for i, one in enumerate(parcel.pieces, 1)
        ],
        "documents": [] if depot.on("no_label") else _documents(depot, parcel, body),
    }  # fmt: skip
    if body["pickup"]["isRequested"]:
        made["dispatchConfirmationNumber"] = depot.book()
        made["cancelPickupUrl"] = f"{ROOT}/pickups/{made['dispatchConfirmationNumber']}"
    if body.get("getRateEstimates"):
        cost = number(wire.price(body["productCode"], parcel.more["grams"]))
        made["shipmentCharges"] = [{"currencyType": "BILLC", "priceCurrency": "TRY", "price": cost}]
    return Created(made)


def _parcel(depot: DhlDepot, body: Row) -> Parcel:
    content, to = body["content"], body["customerDetails"]["receiverDetails"]
    packages = content["packages"]
    named = [one for each in packages for one in each.get("customerReferences") or []] + list(
        body.get("customerReferences") or []
    )
    mine = [one["value"] for one in named if one.get("typeCode", "CU") == "CU"]
    grams = _grams(packages, content["unitOfMeasurement"] == "metric")
    address, contact = to["postalAddress"], to["contactInformation"]
    told = {
        "receiver": contact["fullName"], "address": " ".join(address[one] for one in ("addressLine1", "addressLine2", "addressLine3") if address.get(one)),
        "city": address["cityName"], "district": address.get("countyName", ""), "phone": contact["phone"], "payer": "shipper", "cod": "",
        "kg": f"{Decimal(grams) / 1000:f}", "desi": "", "country": address["countryCode"], "postcode": address["postalCode"],
    }  # fmt: skip
    waybill, now = depot.digits(10), depot.now()
    pieces = [f"JD0146{depot.digits(14)}" for _ in packages]
    parcel = Parcel((mine or [waybill])[0], now, waybill, pieces, body, told, born=now)
    parcel.more |= {
        "product": body["productCode"],
        "grams": grams,
        "references": [one["value"] for one in named],
        "sizes": packages,
    }
    return parcel


def _documents(depot: DhlDepot, parcel: Parcel, body: Row) -> list[Row]:
    """Labels in the wanted language, all in one unless `splitDocumentsByPages`; everything else on request, invoices always as PDF."""
    shown = body.get("outputImageProperties") or {}
    kind = shown.get("encodingFormat", "pdf")
    wanted = {one["typeCode"]: one for one in shown.get("imageOptions") or []}
    lines = (
        parcel.told["receiver"],
        parcel.told["address"],
        f"{parcel.told['city']} {parcel.told['country']}",
        parcel.number,
    )
    rows = []
    if wanted.get("label", {}).get("isRequested", True):
        groups = [[one] for one in parcel.pieces] if shown.get("splitDocumentsByPages") else [parcel.pieces]
        for group in groups:
            depot.counts["labels"] += 1
            rows.append(
                {"imageFormat": kind.upper(), "content": encoded(_page(kind, group, lines)), "typeCode": "label"}
            )
    for type_ in ("waybillDoc", "invoice", "shipmentReceipt"):
        if wanted.get(type_, {}).get("isRequested"):
            paper = "pdf" if type_ == "invoice" else kind
            rows.append(
                {
                    "imageFormat": paper.upper(),
                    "content": encoded(_page(paper, [parcel.number], lines)),
                    "typeCode": type_,
                }
            )
    return rows


def _page(kind: str, codes: list[str], lines: tuple[str, ...]) -> bytes:
    if kind == "pdf":
        return pdf([(one, lines) for one in codes])
    return "".join((zpl if kind == "zpl" else epl)(one, lines) for one in codes).encode()


#: Parameters of rates and products.
_ASKED = (
    "accountNumber", "originCountryCode", "originCityName", "destinationCountryCode", "destinationCityName", "weight", "length", "width", "height",
    "plannedShippingDate", "isCustomsDeclarable", "unitOfMeasurement",
)  # fmt: skip
_OPTIONAL = (
    "originPostalCode", "destinationPostalCode", "nextBusinessDay", "strictValidation", "getAllValueAddedServices",
    "requestEstimatedDeliveryDate", "estimatedDeliveryDateType",
)  # fmt: skip


def _one_piece(depot: DhlDepot, call: Call) -> list[tuple[str, int]]:
    """(product, grams) of each product for the one piece of the query."""
    params = call.params(*_ASKED, *_OPTIONAL)
    gone = [one for one in _ASKED if not params.get(one)]
    if gone:
        raise missing(gone)
    accounts([{"typeCode": "shipper", "number": params["accountNumber"]}])
    try:
        day = date.fromisoformat(params["plannedShippingDate"])
        piece = {
            "weight": Decimal(params["weight"]),
            "dimensions": {one: Decimal(params[one]) for one in ("length", "width", "height")},
        }
    except (ValueError, InvalidOperation):
        raise bad("Invalid value of a parameter") from None
    if day.isoformat() < local(depot.now(), "%Y-%m-%d") or params["unitOfMeasurement"] not in ("metric", "imperial"):
        raise bad("Invalid value of a parameter")
    grams = _grams([piece], params["unitOfMeasurement"] == "metric")
    return _offered(params["originCountryCode"], params["destinationCountryCode"], grams)


def _offered(home: str, away: str, grams: int) -> list[tuple[str, int]]:
    return [(one, grams) for one in wire.PRODUCTS if (one == "N") == (home == away)]


def rates(depot: DhlDepot, call: Call) -> Row:
    return {"products": [_rated(depot, *one, priced=True) for one in _one_piece(depot, call)]}


def products(depot: DhlDepot, call: Call) -> Row:
    return {"products": [_rated(depot, *one, priced=False) for one in _one_piece(depot, call)]}


def rates_of_many(depot: DhlDepot, call: Call) -> Row:
    call.params("strictValidation")
    body = body_of(call, forms.OTHERS, "RateRequest")
    wire.planned(body["plannedShippingDateAndTime"], depot.now())
    accounts(body.get("accounts") or [])
    people = body["customerDetails"]
    home, away = (people[one]["countryCode"] for one in ("shipperDetails", "receiverDetails"))
    grams = _grams(body["packages"], body["unitOfMeasurement"] == "metric")
    found = [one for one in _offered(home, away, grams) if body.get("productCode") in (None, one[0])]
    if not found:
        raise bad(
            f"1001: The requested product(s) ({body.get('productCode')}) not available based on your search criteria."
        )
    return {"products": [_rated(depot, *one, priced=True) for one in found]}


def _rated(depot: DhlDepot, product: str, grams: int, *, priced: bool) -> Row:
    name, _, _, days = wire.PRODUCTS[product]
    row: Row = {
        "productName": name, "productCode": product, "localProductCode": product, "localProductCountryCode": "TR", "networkTypeCode": "TD",
        "isCustomerAgreement": False, "weight": {"volumetric": 0, "provided": Decimal(grams) / 1000, "unitOfMeasurement": "metric"},
        "pickupCapabilities": {"nextBusinessDay": False, "localCutoffDateAndTime": local(depot.now(), "%Y-%m-%dT17:00:00")},
        "deliveryCapabilities": {"estimatedDeliveryDateAndTime": local(depot.now() + days * DAY, "%Y-%m-%dT23:59:00"), "totalTransitDays": days},
    }  # fmt: skip
    if priced:
        row["totalPrice"] = [
            {"currencyType": "BILLC", "priceCurrency": "TRY", "price": number(wire.price(product, grams))}
        ]
    return row


def image(depot: DhlDepot, call: Call) -> Row:
    params = call.params(
        "shipperAccountNumber", "typeCode", "pickupYearAndMonth", "encodingFormat", "allInOnePDF", "compressedPackage"
    )
    gone = [one for one in ("shipperAccountNumber", "typeCode", "pickupYearAndMonth") if not params.get(one)]
    if gone:
        raise missing(gone)
    parcel = depot.numbered(call.path["number"])
    month = local(parcel.created, "%Y-%m") if parcel else ""
    known = params["typeCode"] in ("waybill", "commercial-invoice") and params["shipperAccountNumber"] == ACCOUNT
    if parcel is None or not known or month != params["pickupYearAndMonth"] or depot.on("no_label"):
        raise Refusal(404, "1504: No document images found for the provided search criteria.", "Not found")
    if params.get("encodingFormat", "pdf") != "pdf":
        raise bad("1505: The requested encoding format is not available.")  # [U] this fake has no TIFF
    content = encoded(label("PDF", parcel.number, [parcel.told["receiver"], params["typeCode"]]))
    one = {
        "shipmentTrackingNumber": parcel.number,
        "typeCode": params["typeCode"],
        "encodingFormat": "PDF",
        "content": content,
    }
    return {"documents": [one]}


def proof(depot: DhlDepot, call: Call) -> Row:
    call.params("shipperAccountNumber", "content")
    parcel = depot.numbered(call.path["number"])
    if parcel is None or depot.step(parcel) != "delivered":
        raise not_found()
    content = encoded(label("PDF", parcel.number, ["Proof of delivery", parcel.told["receiver"]]))
    return {"documents": [{"encodingFormat": "PDF", "content": content, "typeCode": "POD"}]}


def validate_address(depot: DhlDepot, call: Call) -> Row:
    """[U] that every Turkish city and every city elsewhere with a name is served, and the answer for none."""
    params = call.params("type", "countryCode", "postalCode", "cityName", "countyName", "strictValidation")
    gone = [one for one in ("type", "countryCode") if not params.get(one)]
    if gone:
        raise missing(gone)
    if params["type"] not in ("pickup", "delivery") or len(params["countryCode"]) != 2:
        raise bad("Invalid value of a parameter")
    if not params.get("cityName") and not params.get("postalCode"):
        raise bad("No service point or area found for the requested location.")
    area = {"code": "IST" if params["countryCode"] == "TR" else "BER", "description": "Istanbul-TR" if params["countryCode"] == "TR" else "Berlin-DE", "GMTOffset": "+03:00"}  # fmt: skip
    row: dict[str, Any] = {"countryCode": params["countryCode"], "postalCode": params.get("postalCode", ""), "cityName": params.get("cityName", ""), "serviceArea": area}  # fmt: skip
    return {"address": [row]}


def pick_up(depot: DhlDepot, call: Call) -> Created:
    call.params()
    body = body_of(call, forms.OTHERS, "PickupRequest")
    moment = wire.planned(body["plannedPickupDateAndTime"], depot.now())
    accounts(body["accounts"])
    return Created(
        {
            "dispatchConfirmationNumbers": [depot.book()],
            "readyByTime": local(moment, "%H:%M"),
            "nextPickupDate": local(moment, "%Y-%m-%d"),
        }
    )


def move_pickup(depot: DhlDepot, call: Call) -> Row:
    call.params()
    body = body_of(call, forms.OTHERS, "UpdatePickupRequest")
    standing(depot, call.path["number"])
    moment = wire.planned(body["plannedPickupDateAndTime"], depot.now())
    return {
        "dispatchConfirmationNumber": call.path["number"],
        "readyByTime": local(moment, "%H:%M"),
        "nextPickupDate": local(moment, "%Y-%m-%d"),
    }


def cancel_pickup(depot: DhlDepot, call: Call) -> None:
    params = call.params("requestorName", "reason")
    gone = [one for one in ("requestorName", "reason") if not params.get(one)]
    if gone:
        raise missing(gone)
    standing(depot, call.path["number"])
    if depot.may_apply():
        depot.pickups[call.path["number"]] = False
        depot.counts["pickup_cancels"] += 1


def standing(depot: DhlDepot, code: str) -> None:
    if code not in depot.pickups:
        raise Refusal(
            404, "Cancellation of booking was not successful. Requested Pickup was not found", "Pickup not found"
        )
    if not depot.pickups[code]:
        raise bad("Pickup already cancelled or completed")
