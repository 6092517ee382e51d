"""The fake DHL Express against DHL's own OpenAPI document and the reference: a bare HTTP client, shipments, tracking, rates, pickups."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from providers.sandboxes.dhl_express import PASSWORD, USER, DhlExpressSandbox, create
from providers.sandboxes.dhl_express_ship import ACCOUNT
from providers.sandboxes.exact import ISTANBUL
from tests.providers.sandboxes.courier_rig import Rig, rig_of
from tests.providers.sandboxes.spec_rig import document, judge

BASE, SPEC = "/mydhlapi", "dhl-express/dpdhl-express-api-3.1.1_swagger.yaml"
NAMES = "supermodelIoLogisticsExpress"
MAGIC = {"pdf": b"%PDF", "zpl": b"^XA", "epl": b"\nN\n", "lp2": b"\nN\n"}


class DhlRig(Rig):
    box: DhlExpressSandbox

    def moment(self, hours: float = 24) -> str:
        at = self.box.clock.now().astimezone(ISTANBUL) + timedelta(hours=hours)
        return f"{at:%Y-%m-%dT%H:%M:%S} GMT+03:00"

    def body(self, reference: str = "PX-1", kind: str = "zpl", pieces: int = 1) -> dict[str, Any]:
        def party(name: str, city: str, postcode: str, country: str) -> dict[str, Any]:
            place = {"cityName": city, "postalCode": postcode, "countryCode": country, "addressLine1": "Gül Sk. 4"}
            return {
                "postalAddress": place,
                "contactInformation": {"phone": "902120000000", "companyName": name, "fullName": name},
            }

        goods = {
            "number": 1, "description": "Mug", "price": 20, "quantity": {"value": 1, "unitOfMeasurement": "PCS"}, "manufacturerCountry": "TR",
            "weight": {"netValue": 1.4, "grossValue": 1.5},
        }  # fmt: skip
        package = {
            "weight": 1.5, "dimensions": {"length": 20, "width": 15, "height": 10}, "customerReferences": [{"value": reference, "typeCode": "CU"}],
        }  # fmt: skip
        content = {
            "packages": [package] * pieces, "isCustomsDeclarable": True, "declaredValue": 20, "declaredValueCurrency": "EUR", "description": "Mug",
            "incoterm": "DAP", "unitOfMeasurement": "metric",
            "exportDeclaration": {"lineItems": [goods], "invoice": {"number": "F-1", "date": "2026-11-24"}},
        }  # fmt: skip
        return {
            "plannedShippingDateAndTime": self.moment(), "pickup": {"isRequested": False}, "productCode": "P",
            "accounts": [{"typeCode": "shipper", "number": ACCOUNT}], "outputImageProperties": {"encodingFormat": kind}, "content": content,
            "customerDetails": {
                "shipperDetails": party("Örnek Ltd", "Istanbul", "34710", "TR"), "receiverDetails": party("Jörg Müller", "Berlin", "10115", "DE"),
            },
        }  # fmt: skip

    def call(self, method: str, path: str, data: Any = None, base: str = BASE, **headers: str) -> httpx.Response:
        told = {"x-version": "3.1.0"} | headers
        return self.http.request(method, base + path, json=data, auth=(USER, PASSWORD), headers=told)

    def good(self, method: str, path: str, data: Any = None) -> Any:
        reply = self.call(method, path, data)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def ship(self, **how: Any) -> Any:
        reply = self.call("POST", "/shipments", self.body(**how))
        assert reply.status_code == 201, reply.text
        return reply.json()

    def codes(self, number: str, query: str = "") -> list[str]:
        [one] = self.good("GET", f"/shipments/{number}/tracking?{query}")["shipments"]
        return [each["typeCode"] for each in one["events"]]


@pytest.fixture
def rig() -> Iterator[DhlRig]:
    with rig_of(create(seed=5)) as found:
        yield DhlRig(found.box, found.http)


def detail(reply: httpx.Response, status: int) -> str:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    body = reply.json()
    assert (body["status"], bool(body["title"])) == (str(status), True)
    return str(body["detail"])


def test_the_door_wants_basic_authentication_and_the_version(rig: DhlRig) -> None:
    assert rig.http.get(f"{BASE}/tracking", auth=(USER, "x")).status_code == 401
    assert "x-version" in detail(rig.call("GET", "/tracking", **{"x-version": ""}), 400)
    assert rig.call("POST", "/shipments", rig.body(), base=f"{BASE}/test").status_code == 201
    assert rig.call("DELETE", f"/shipments/{rig.ship()['shipmentTrackingNumber']}").status_code in (404, 405)
    rig.box.window.limit = 1
    assert detail(rig.call("GET", "/tracking", base=f"{BASE}/test"), 429)
    assert (
        detail(rig.call("GET", "/tracking"), 400)
        == "Missing mandatory parameters: shipmentReference, shipperAccountNumber"
    )


@pytest.mark.parametrize("kind", sorted(MAGIC))
def test_labels_are_of_the_kind_that_was_asked_for_and_invoices_are_pdf(rig: DhlRig, kind: str) -> None:
    data = rig.body(kind=kind, pieces=2)
    data["outputImageProperties"] |= {
        "splitDocumentsByPages": True,
        "imageOptions": [
            {"typeCode": "invoice", "isRequested": True, "invoiceType": "commercial"},
            {"typeCode": "waybillDoc", "isRequested": True},
        ],
    }
    made = rig.good("POST", "/shipments", data)
    papers = [(one["typeCode"], one["imageFormat"], base64.b64decode(one["content"])) for one in made["documents"]]
    assert [one[:2] for one in papers] == [("label", kind.upper())] * 2 + [
        ("waybillDoc", kind.upper()),
        ("invoice", "PDF"),
    ]
    assert all(one[2].startswith(MAGIC[one[1].lower()]) for one in papers)
    assert len({one["trackingNumber"] for one in made["packages"]}) == 2


def test_what_is_wrong_is_told_in_the_vendors_shape(rig: DhlRig) -> None:
    def refused(status: int, change: Any) -> str:
        data = rig.body()
        change(data)
        return detail(rig.call("POST", "/shipments", data), status)

    def receiver(one: Any) -> Any:
        return one["customerDetails"]["receiverDetails"]["postalAddress"]

    where = "#/customerDetails/receiverDetails/postalAddress"
    assert (
        refused(422, lambda one: receiver(one).pop("countryCode")) == f"{where}: required key [countryCode] not found"
    )
    assert (
        refused(422, lambda one: receiver(one).update(street="x"))
        == f"{where}: extraneous key [street] is not permitted"
    )
    assert "maxLength: 45" in refused(422, lambda one: receiver(one).update(addressLine1="x" * 46))
    assert "Multiple" in refused(422, lambda one: one["content"].update(incoterm="XXX", unitOfMeasurement="kg"))
    assert refused(400, lambda one: one.update(plannedShippingDateAndTime="2026-11-25T10:00:00+03:00")).startswith(
        "998:"
    )
    assert refused(400, lambda one: one.update(plannedShippingDateAndTime=rig.moment(-2))).startswith("996:")
    assert refused(400, lambda one: one.update(plannedShippingDateAndTime=rig.moment(300))).startswith("996:")
    assert "account number" in refused(400, lambda one: one["accounts"][0].update(number="1"))
    assert refused(400, lambda one: one.update(productCode="N")).startswith("1001:")
    assert (rig.count("shipments"), rig.count("refused")) == (0, 9)


def test_a_used_reference_makes_another_shipment_and_both_are_found_by_it(rig: DhlRig) -> None:
    first, second = (rig.ship()["shipmentTrackingNumber"] for _ in range(2))
    found = rig.good("GET", f"/tracking?shipmentReference=PX-1&shipperAccountNumber={ACCOUNT}")["shipments"]
    assert ({one["shipmentTrackingNumber"] for one in found}, rig.count("shipment:PX-1")) == ({first, second}, 2)
    assert rig.truth("PX-1#2")["tracking_number"] == second
    none = rig.call("GET", f"/tracking?shipmentReference=PX-9&shipperAccountNumber={ACCOUNT}")
    assert detail(none, 404) == "No Shipments Found for ReferenceID | PX-9"
    assert (
        len(rig.good("GET", f"/tracking?shipmentTrackingNumber={first}&shipmentTrackingNumber={second}")["shipments"])
        == 2
    )


def test_a_parcel_moves_and_its_oldest_event_comes_first(rig: DhlRig) -> None:
    number = rig.ship(pieces=2)["shipmentTrackingNumber"]
    assert rig.codes(number) == []
    rig.switch("track_404")
    assert detail(rig.call("GET", f"/shipments/{number}/tracking"), 404) == "No data found"
    rig.switch("problem:PX-1")
    rig.later(31)
    assert rig.codes(number) == ["PU", "DF", "AR", "WC", "NH"]
    rig.switch("problem:PX-1", False)
    assert (rig.codes(number, "trackingView=last-checkpoint"), rig.truth("PX-1")["status"]) == (["OK"], "OK")
    [one] = rig.good("GET", f"/shipments/{number}/tracking?levelOfDetail=all&requestGMTOffsetPerEvent=true")[
        "shipments"
    ]
    assert [len(each["events"]) for each in one["pieces"]] == [5, 5]
    assert one["events"][0]["GMTOffset"] == "+03:00"
    assert rig.good("GET", f"/shipments/{number}/proof-of-delivery")["documents"][0]["encodingFormat"] == "PDF"


def test_only_pickups_are_cancelled(rig: DhlRig) -> None:
    data = rig.body() | {"pickup": {"isRequested": True}}
    number = rig.good("POST", "/shipments", data)["dispatchConfirmationNumber"]
    assert "requestorName" in detail(rig.call("DELETE", f"/pickups/{number}"), 400)
    assert rig.call("DELETE", f"/pickups/{number}?requestorName=Ay&reason=closed").status_code == 200
    assert "already" in detail(rig.call("DELETE", f"/pickups/{number}?requestorName=Ay&reason=closed"), 400)
    assert detail(rig.call("DELETE", "/pickups/PRG1?requestorName=Ay&reason=closed"), 404)
    assert (rig.count("pickups"), rig.count("pickup_cancels"), rig.count("cancels")) == (1, 1, 0)


def test_the_switches_of_every_carrier(rig: DhlRig) -> None:
    rig.switch("ignore_writes")
    rig.ship()
    assert rig.count("shipments") == 0
    rig.switch("ignore_writes", False)
    rig.switch("no_label")
    number = rig.ship()["shipmentTrackingNumber"]
    rig.control("damage", {"remote_id": "PX-1"})
    assert rig.good("GET", f"/shipments/{number}/tracking")["shipments"][0]["events"] == "bozuk"
    for feature, status in (("ip_refused", 403), ("unexpected", 500), ("account_closed", 400)):
        rig.switch(feature)
        assert rig.call("POST", "/shipments", rig.body()).status_code == status
        rig.switch(feature, False)
    tried = rig.call("POST", "/shipments?validateDataOnly=true", rig.body())
    assert (tried.status_code, rig.count("shipments")) == (200, 1)


# -- against the vendor's document -----------------------------------------------------------------------------------
def test_the_documents_own_requests_are_taken_and_its_schemas_hold_for_the_answers(rig: DhlRig) -> None:
    spec = document(SPEC)
    samples = spec["components"]["examples"]
    answers = judge(spec, f"{NAMES}CreateShipmentResponse")
    for name in (
        "nonDocInternationalShipmentRequest",
        "domesticDocShipmentRequest",
        "pltShipmentRequest",
        "labelFreeShipmentRequest",
    ):
        reply = rig.call("POST", "/shipments", _mended(rig, samples[name]["value"]))
        assert reply.status_code == 201, (name, reply.text)
        answers.validate(reply.json())
    rates = _mended(rig, samples["nonDocInternationalShipmentRates"]["value"])
    judge(spec, f"{NAMES}Rates").validate(rig.good("POST", "/rates", rates))
    pickup = rig.good("POST", "/pickups", _mended(rig, samples["nonDocRequestPickup"]["value"]))
    judge(spec, f"{NAMES}PickupResponse").validate(pickup)
    made = rig.good("POST", "/shipments", rig.body() | {"getRateEstimates": True, "pickup": {"isRequested": True}})
    answers.validate(made)
    rig.later(31)
    number = made["shipmentTrackingNumber"]
    tracked = rig.good("GET", f"/shipments/{number}/tracking?levelOfDetail=all&requestGMTOffsetPerEvent=true")
    judge(spec, f"{NAMES}TrackingResponse").validate(tracked)
    day = rig.moment()[:10]
    query = (
        f"accountNumber={ACCOUNT}&originCountryCode=TR&originCityName=Istanbul&destinationCountryCode=DE&destinationCityName=Berlin&weight=1.5"
        f"&length=20&width=15&height=10&plannedShippingDate={day}&isCustomsDeclarable=true&unitOfMeasurement=metric"
    )
    judge(spec, f"{NAMES}Rates").validate(rig.good("GET", f"/rates?{query}"))
    judge(spec, f"{NAMES}Products").validate(rig.good("GET", f"/products?{query}"))
    address = rig.good("GET", "/address-validate?type=delivery&countryCode=TR&cityName=Ankara")
    judge(spec, f"{NAMES}AddressValidateResponse").validate(address)
    month = tracked["shipments"][0]["shipmentTimestamp"][:7]
    image = rig.good(
        "GET",
        f"/shipments/{number}/get-image?shipperAccountNumber={ACCOUNT}&typeCode=waybill&pickupYearAndMonth={month}",
    )
    judge(spec, f"{NAMES}DocumentImageResponse").validate(image)
    judge(spec, f"{NAMES}EPODResponse").validate(rig.good("GET", f"/shipments/{number}/proof-of-delivery"))
    judge(spec, f"{NAMES}ErrorResponse").validate(rig.call("POST", "/shipments", {}).json())


def _mended(rig: DhlRig, value: Any) -> Any:
    """Our account, days to come, and products that this account has; the samples hold a template and days that YAML reads as dates."""
    data = json.loads(json.dumps(value, default=lambda one: f"{one:%Y-%m-%d}"))
    for name in ("plannedShippingDateAndTime", "plannedPickupDateAndTime"):
        if name in data:
            data[name] = rig.moment()
    for account in data.get("accounts", []):
        account["number"] = ACCOUNT
    invoice = data.get("content", {}).get("exportDeclaration", {}).get("invoice", {})
    if invoice.get("date", "").startswith("$"):
        invoice["date"] = rig.moment()[:10]
    people = data["customerDetails"]
    if "productCode" in data and "content" in data:
        home, away = (people[one]["postalAddress"]["countryCode"] for one in ("shipperDetails", "receiverDetails"))
        data["productCode"] = "N" if home == away else "P"
    return data
