"""The fake FedEx against FedEx' own OpenAPI exports and the reference: a bare HTTP client, two projects, shipments and their tracking."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from providers.sandboxes.exact import ISTANBUL
from providers.sandboxes.fedex import KEYS, TOKEN, FedexSandbox, create
from providers.sandboxes.fedex_ship import ACCOUNT_NUMBER
from tests.providers.sandboxes.courier_rig import Rig, rig_of
from tests.providers.sandboxes.spec_rig import document, judge

SHIP, CANCEL, RATES = "/ship/v1/shipments", "/ship/v1/shipments/cancel", "/rate/v1/rates/quotes"
NUMBERS, REFERENCES = "/track/v1/trackingnumbers", "/track/v1/referencenumbers"
MAGIC = {"ZPLII": b"^XA", "EPL2": b"\nN\n", "PDF": b"%PDF", "PNG": b"\x89PNG"}
STOCK = {"ZPLII": "STOCK_4X6", "EPL2": "STOCK_4X6", "PDF": "PAPER_4X6", "PNG": "PAPER_4X6"}


def body(reference: str = "PX-1", kind: str = "ZPLII", pieces: int = 1, answers: str = "LABEL") -> dict[str, Any]:
    def party(name: str, city: str, country: str) -> dict[str, Any]:
        contact = {"personName": name, "phoneNumber": "902120000000", "companyName": name}
        return {
            "contact": contact,
            "address": {"streetLines": ["Gül Sk. 4"], "city": city, "postalCode": "10115", "countryCode": country},
        }

    item = {
        "weight": {"units": "KG", "value": 1.5}, "dimensions": {"length": 20, "width": 15, "height": 10, "units": "CM"},
        "customerReferences": [{"customerReferenceType": "CUSTOMER_REFERENCE", "value": reference}],
    }  # fmt: skip
    goods = {
        "description": "Mug", "quantity": 1, "quantityUnits": "PCS", "countryOfManufacture": "TR", "weight": {"units": "KG", "value": 1.5},
        "unitPrice": {"amount": 20, "currency": "EUR"}, "customsValue": {"amount": 20, "currency": "EUR"},
    }  # fmt: skip
    shipment = {
        "shipper": party("Örnek Ltd", "Istanbul", "TR"), "recipients": [party("Jörg Müller", "Berlin", "DE")], "pickupType": "USE_SCHEDULED_PICKUP",
        "serviceType": "FEDEX_INTERNATIONAL_PRIORITY", "packagingType": "YOUR_PACKAGING", "totalWeight": 1.5,
        "shippingChargesPayment": {"paymentType": "SENDER"}, "requestedPackageLineItems": [item] * pieces,
        "labelSpecification": {"imageType": kind, "labelStockType": STOCK[kind], "labelFormatType": "COMMON2D"},
        "customsClearanceDetail": {"commercialInvoice": {"shipmentPurpose": "SOLD"}, "commodities": [goods]},
    }  # fmt: skip
    return {"labelResponseOptions": answers, "accountNumber": {"value": ACCOUNT_NUMBER}, "requestedShipment": shipment}


class FedexRig(Rig):
    box: FedexSandbox

    def login(self) -> None:
        self.tokens = {}
        for project, (key, secret) in KEYS.items():
            form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
            reply = self.http.post(TOKEN, data=form)
            assert reply.status_code == 200, reply.text
            self.tokens[project] = reply.json()["access_token"]

    def call(self, method: str, path: str, data: Any, project: str = "", **headers: str) -> httpx.Response:
        token = self.tokens[project or ("track" if path.startswith("/track") else "ship")]
        return self.http.request(method, path, json=data, headers={"Authorization": f"Bearer {token}"} | headers)

    def good(self, method: str, path: str, data: Any, **headers: str) -> Any:
        reply = self.call(method, path, data, **headers)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def ship(self, **how: Any) -> Any:
        return self.good("POST", SHIP, body(**how))["output"]["transactionShipments"][0]

    def track(self, *numbers: str, scans: bool = True, **headers: str) -> list[Any]:
        asked = [{"trackingNumberInfo": {"trackingNumber": one}} for one in numbers]
        found = self.good("POST", NUMBERS, {"includeDetailedScans": scans, "trackingInfo": asked}, **headers)
        return [one["trackResults"][0] for one in found["output"]["completeTrackResults"]]

    def refer(self, reference: str) -> Any:
        today = self.box.clock.now().astimezone(ISTANBUL)
        days = {"shipDateBegin": f"{today - timedelta(days=7):%Y-%m-%d}", "shipDateEndDate": f"{today:%Y-%m-%d}"}
        asked = {"value": reference, "accountNumber": ACCOUNT_NUMBER, "type": "CUSTOMER_REFERENCE", **days}
        return self.good("POST", REFERENCES, {"referencesInformation": asked, "includeDetailedScans": True})


@pytest.fixture
def rig() -> Iterator[FedexRig]:
    with rig_of(create(seed=5)) as found:
        rig = FedexRig(found.box, found.http)
        rig.login()
        yield rig


def code(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    assert reply.json()["transactionId"]
    return str(reply.json()["errors"][0]["code"])


def test_each_project_opens_its_own_doors_for_an_hour(rig: FedexRig) -> None:
    wrong = rig.http.post(
        TOKEN,
        data={"grant_type": "client_credentials", "client_id": KEYS["ship"][0], "client_secret": KEYS["track"][1]},
    )
    assert (wrong.status_code, code(wrong)) == (401, "NOT.AUTHORIZED.ERROR")
    assert code(rig.http.post(TOKEN, data={"grant_type": "client_credentials"})) == "BAD.REQUEST.ERROR"
    asked = {"includeDetailedScans": False, "trackingInfo": [{"trackingNumberInfo": {"trackingNumber": "1"}}]}
    for reply in (
        rig.call("POST", NUMBERS, asked, "ship"),
        rig.call("POST", SHIP, body(), "track"),
        rig.call("POST", RATES, {}, "track"),
    ):
        assert (reply.status_code, code(reply)) == (403, "FORBIDDEN.ERROR")
    rig.later(1)
    late = rig.call("POST", SHIP, body())
    assert (late.status_code, code(late), rig.count("shipments")) == (401, "NOT.AUTHORIZED.ERROR", 0)


@pytest.mark.parametrize("kind", sorted(MAGIC))
def test_labels_are_of_the_kind_that_was_asked_for(rig: FedexRig, kind: str) -> None:
    made = rig.ship(kind=kind, pieces=2)
    papers = [one["packageDocuments"][0] for one in made["pieceResponses"]]
    assert [(one["contentType"], one["docType"]) for one in papers] == [("LABEL", kind)] * 2
    assert all(base64.b64decode(one["encodedLabel"]).startswith(MAGIC[kind]) for one in papers)
    assert made["masterTrackingNumber"] == made["pieceResponses"][0]["trackingNumber"]
    linked = rig.ship(kind=kind, answers="URL_ONLY")["pieceResponses"][0]["packageDocuments"][0]
    assert ("url" in linked, "encodedLabel" in linked) == (True, False)


def test_what_is_wrong_is_told_in_the_vendors_shape(rig: FedexRig) -> None:
    def refused(change: Any) -> str:
        data = body()
        change(data)
        return code(rig.call("POST", SHIP, data))

    def inside(**changes: Any) -> Any:
        return lambda one: one["requestedShipment"].update(changes)

    assert refused(lambda one: one["accountNumber"].update(value="000000000")) == "ACCOUNTNUMBER.REGISTRATION.REQUIRED"
    assert refused(inside(serviceType="GROUND_HOME_DELIVERY")) == "SERVICE.PACKAGECOMBINATION.INVALID"
    assert refused(inside(pickupType="REGULAR_PICKUP")) == "INVALID.INPUT.EXCEPTION"
    assert refused(inside(totalWeigth=1)) == "INVALID.INPUT.EXCEPTION"
    assert refused(inside(customsClearanceDetail=None)) == "CUSTOMSCLEARANCEDETAIL.REQUIRED"
    assert refused(inside(shipDatestamp="2020-01-01")) == "SHIPDATESTAMP.INVALID"
    assert (
        refused(lambda one: one["requestedShipment"]["labelSpecification"].update(imageType="PDF"))
        == "LABELSTOCKTYPE.IMAGETYPE.INVALID"
    )
    assert (
        refused(lambda one: one["requestedShipment"]["recipients"][0]["address"].update(streetLines=["x" * 36]))
        == "INVALID.INPUT.EXCEPTION"
    )
    assert refused(lambda one: one.pop("labelResponseOptions")) == "INVALID.INPUT.EXCEPTION"
    assert (rig.count("shipments"), rig.count("refused")) == (0, 9)


def test_a_used_reference_makes_another_shipment_and_both_are_found_by_it(rig: FedexRig) -> None:
    first, second = rig.ship()["masterTrackingNumber"], rig.ship()["masterTrackingNumber"]
    found = rig.refer("PX-1")["output"]["completeTrackResults"]
    assert ({one["trackingNumber"] for one in found}, rig.count("shipment:PX-1")) == ({first, second}, 2)
    [none] = rig.refer("PX-9")["output"]["completeTrackResults"]
    assert none["trackResults"][0]["error"]["code"] == "TRACKING.REFERENCENUMBER.NOTFOUND"


def test_a_parcel_moves_and_its_newest_scan_comes_first(rig: FedexRig) -> None:
    number = rig.ship()["masterTrackingNumber"]
    unknown, known = rig.track("000000000000", number)
    assert (unknown["error"]["code"], known["latestStatusDetail"]["code"]) == ("TRACKING.TRACKINGNUMBER.NOTFOUND", "OC")
    rig.later(31)
    rig.login()
    [row] = rig.track(number)
    assert [one["eventType"] for one in row["scanEvents"]] == ["DL", "OD", "AR", "DP", "PU", "OC"]
    assert row["scanEvents"][0]["date"].endswith("+03:00")
    assert {one["type"] for one in row["dateAndTimes"]} >= {"ACTUAL_PICKUP", "ACTUAL_DELIVERY"}
    [short] = rig.track(number, scans=False, **{"x-locale": "tr_TR"})
    assert ("scanEvents" in short, short["latestStatusDetail"]["statusByLocale"]) == (False, "Teslim edildi")
    rig.switch("return:PX-1")
    rig.later(24)
    rig.login()
    assert rig.track(number)[0]["latestStatusDetail"]["code"] == "RS"
    assert rig.truth("PX-1")["status"] == "RS"


def test_a_shipment_is_cancelled_once_and_only_before_it_is_tendered(rig: FedexRig) -> None:
    asked = {
        "accountNumber": {"value": ACCOUNT_NUMBER},
        "trackingNumber": rig.ship(pieces=2)["pieceResponses"][1]["trackingNumber"],
    }
    assert rig.good("PUT", CANCEL, asked)["output"]["cancelledShipment"] is True
    assert code(rig.call("PUT", CANCEL, asked)) == "SHIPMENT.ALREADY.CANCELLED"
    assert rig.track(asked["trackingNumber"])[0]["latestStatusDetail"]["code"] == "CA"
    other = rig.ship(reference="PX-2")["masterTrackingNumber"]
    rig.switch("pickup:PX-2")
    assert code(rig.call("PUT", CANCEL, asked | {"trackingNumber": other})) == "SHIPMENT.ALREADY.TENDERED"
    assert code(rig.call("PUT", CANCEL, asked | {"trackingNumber": "1"})) == "TRACKINGNUMBER.NOT.FOUND"
    assert rig.count("cancels") == 1


def test_the_switches_of_every_carrier(rig: FedexRig) -> None:
    rig.switch("ignore_writes")
    rig.ship()
    assert rig.count("shipments") == 0
    rig.switch("ignore_writes", False)
    rig.switch("no_label")
    assert rig.ship()["pieceResponses"][0]["packageDocuments"] == []
    rig.control("damage", {"remote_id": "PX-1"})
    assert rig.track(rig.truth("PX-1")["tracking_number"])[0]["latestStatusDetail"] == "bozuk"
    for feature, status in (("ip_refused", 403), ("unexpected", 500), ("account_closed", 400)):
        rig.switch(feature)
        assert rig.call("POST", SHIP, body()).status_code == status
        rig.switch(feature, False)
    rig.box.windows["ship"].limit = 0
    throttled = rig.call("POST", SHIP, body())
    assert (throttled.status_code, rig.count("throttled"), rig.track("1")[0]["error"]["code"]) == (
        429,
        1,
        "TRACKING.TRACKINGNUMBER.NOTFOUND",
    )


def test_answers_fit_the_exports(rig: FedexRig) -> None:
    ship, track, rate = (document(f"fedex/{one}.json") for one in ("ship-api", "track", "rate-api"))
    data = body(pieces=2)
    data["requestedShipment"]["shippingDocumentSpecification"] = {
        "shippingDocumentTypes": ["COMMERCIAL_INVOICE"],
        "commercialInvoiceDetail": {"documentFormat": {"docType": "PDF", "stockType": "PAPER_LETTER"}},
    }
    made = rig.good("POST", SHIP, data, **{"x-customer-transaction-id": "t-1"})
    judge(ship, "SHPCResponseVO_ShipShipment").validate(made)
    [shipment] = made["output"]["transactionShipments"]
    assert (made["customerTransactionId"], base64.b64decode(shipment["shipmentDocuments"][0]["encodedLabel"])[:4]) == (
        "t-1",
        b"%PDF",
    )
    checked = {"requestedShipment": data["requestedShipment"], "accountNumber": data["accountNumber"]}
    judge(ship, "SHPCResponseVO_Validate").validate(rig.good("POST", f"{SHIP}/packages/validate", checked))
    rig.later(0.9)
    judge(track, "TrkcResponseVO_ReferenceNumber").validate(rig.refer("PX-1"))
    asked = [{"trackingNumberInfo": {"trackingNumber": one}} for one in (shipment["masterTrackingNumber"], "1")]
    found = rig.good("POST", NUMBERS, {"includeDetailedScans": True, "trackingInfo": asked})
    judge(track, "TrkcResponseVO_TrackingNumber").validate(found)
    judge(ship, "ErrorResponseVO").validate(rig.call("POST", SHIP, {}).json())
    cancel = {
        "accountNumber": {"value": ACCOUNT_NUMBER},
        "trackingNumber": shipment["masterTrackingNumber"],
        "deletionControl": "DELETE_ALL_PACKAGES",
    }
    judge(ship, "SHPCResponseVO_CancelShipment").validate(rig.good("PUT", CANCEL, cancel))
    item = data["requestedShipment"]["requestedPackageLineItems"][0]
    wanted = {
        "shipper": {"address": {"postalCode": "34710", "countryCode": "TR"}}, "recipient": {"address": {"postalCode": "10115", "countryCode": "DE"}},
        "pickupType": "USE_SCHEDULED_PICKUP", "rateRequestType": ["ACCOUNT"], "requestedPackageLineItems": [{"weight": item["weight"]}],
    }  # fmt: skip
    quote = rig.good("POST", RATES, {"accountNumber": {"value": ACCOUNT_NUMBER}, "requestedShipment": wanted})
    judge(rate, "RatcResponseVO").validate(quote)
    assert len(quote["output"]["rateReplyDetails"]) == 5
