"""The fake UPS against UPS' own OpenAPI documents and the reference: a bare HTTP client, REST abroad and SOAP at home."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lxml import etree

from providers.sandboxes import ups_forms
from providers.sandboxes.courier_global import without_blanks
from providers.sandboxes.ups import CLIENT_ID, CLIENT_SECRET, TOKEN, UpsSandbox, create
from providers.sandboxes.ups_ship import ACCOUNT
from providers.sandboxes.ups_turkey import CREATE, PASSWORD, QUERY, USER
from providers.sandboxes.ups_wire import tracking_number
from tests.providers.sandboxes.courier_rig import Rig, plain, rig_of, xml
from tests.providers.sandboxes.spec_rig import document, examples, judge

SHIP, VOID = "/api/shipments/v2409/ship", "/api/shipments/v2409/void/cancel/"
MAGIC = {"GIF": b"GIF89a", "ZPL": b"^XA", "PNG": b"\x89PNG", "EPL": b"\nN\n"}
TRACK_HEADERS = {"transId": "t-1", "transactionSrc": "paxzar"}
TURKISH = "https://ws.ups.com.tr/wsCreateShipment"
ASKING = "https://ws.ups.com.tr/wsPaketIslemSorgulamaEng/"


def body(reference: str = "PX-1", kind: str = "ZPL", pieces: int = 1, **to: Any) -> dict[str, Any]:
    home = {"AddressLine": ["Gül Sk. No:4"], "City": "İstanbul", "PostalCode": "34710", "CountryCode": "TR"}
    package = {
        "Packaging": {"Code": "02"}, "PackageWeight": {"UnitOfMeasurement": {"Code": "KGS"}, "Weight": "1.5"},
        "Dimensions": {"UnitOfMeasurement": {"Code": "CM"}, "Length": "20", "Width": "15", "Height": "10"},
    }  # fmt: skip
    shipment = {
        "Description": "Mug", "Shipper": {"Name": "Örnek Ltd", "ShipperNumber": ACCOUNT, "Phone": {"Number": "902120000000"}, "Address": home},
        "ShipTo": {
            "Name": "Jörg Müller", "AttentionName": "Jörg Müller", "Phone": {"Number": "491512345678"},
            "Address": {"AddressLine": ["Hauptstr. 1"], "City": "Berlin", "PostalCode": "10115", "CountryCode": "DE"}, **to,
        },
        "PaymentInformation": {"ShipmentCharge": [{"Type": "01", "BillShipper": {"AccountNumber": ACCOUNT}}]},
        "Service": {"Code": "65"}, "ReferenceNumber": [{"Value": reference}], "Package": [package] * pieces,
    }  # fmt: skip
    label = {"LabelImageFormat": {"Code": kind}, "LabelStockSize": {"Height": "6", "Width": "4"}, "CharacterSet": "tur"}
    return {
        "ShipmentRequest": {
            "Request": {"RequestOption": "nonvalidate"},
            "Shipment": shipment,
            "LabelSpecification": label,
        }
    }


class UpsRig(Rig):
    box: UpsSandbox
    token = ""

    def login(self) -> None:
        reply = self.http.post(TOKEN, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET))
        assert reply.status_code == 200, reply.text
        self.token = reply.json()["access_token"]

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> httpx.Response:
        return self.http.request(method, path, json=data, headers={"Authorization": f"Bearer {self.token}"} | headers)

    def good(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        reply = self.call(method, path, data, **headers)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def ship(self, **how: Any) -> Any:
        return self.good("POST", SHIP, body(**how))["ShipmentResponse"]["ShipmentResults"]

    def track(self, number: str, **query: str) -> Any:
        params = "&".join(f"{name}={value}" for name, value in query.items())
        return self.good("GET", f"/api/track/v1/details/{number}?{params}", **TRACK_HEADERS)

    def package(self, number: str) -> Any:
        return self.track(number)["trackResponse"]["shipment"][0]["package"][0]

    def turkey(self, path: str, operation: str, fields: dict[str, Any]) -> Any:
        space = TURKISH if path == CREATE else ASKING
        text = f'<{operation} xmlns="{space}">{xml(fields)}</{operation}>'
        reply = self.soap(path, text, f"{space.rstrip('/')}/{operation}")
        assert reply.status_code == 200, reply.text
        return plain(etree.fromstring(reply.content))["Body"][0][f"{operation}Response"][0][f"{operation}Result"][0]


@pytest.fixture
def rig() -> Iterator[UpsRig]:
    with rig_of(create(seed=5)) as found:
        rig = UpsRig(found.box, found.http)
        rig.login()
        yield rig


def code(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    return str(reply.json()["response"]["errors"][0]["code"])


def test_a_token_wants_the_client_and_lives_four_hours(rig: UpsRig) -> None:
    def ask(auth: Any, **form: str) -> httpx.Response:
        return rig.http.post(TOKEN, data=form or {"grant_type": "client_credentials"}, auth=auth)

    assert (ask((CLIENT_ID, "x")).status_code, code(ask((CLIENT_ID, "x")))) == (401, "10401")
    assert code(ask(None)) == "10400"
    assert code(ask((CLIENT_ID, CLIENT_SECRET), grant_type="password")) == "10403"
    assert (
        rig.call(
            "GET", "/api/track/v1/details/1Z999AA10123456784", Authorization="Bearer x", **TRACK_HEADERS
        ).status_code
        == 401
    )
    rig.later(4)
    late = rig.call("POST", SHIP, body())
    assert (late.status_code, code(late)) == (401, "250002")
    rig.login()
    assert rig.ship()["ShipmentIdentificationNumber"].startswith(f"1Z{ACCOUNT}65")
    assert tracking_number("999AA1", "01", 2345678) == "1Z999AA10123456784"


@pytest.mark.parametrize("kind", sorted(MAGIC))
def test_labels_are_of_the_kind_that_was_asked_for(rig: UpsRig, kind: str) -> None:
    made = rig.ship(kind=kind, pieces=2)
    labels = [one["ShippingLabel"] for one in made["PackageResults"]]
    assert [one["ImageFormat"]["Code"] for one in labels] == [kind, kind]
    assert all(base64.b64decode(one["GraphicImage"]).startswith(MAGIC[kind]) for one in labels)
    again = rig.good("POST", "/api/labels/v1/recovery", {
        "LabelRecoveryRequest": {
            "Request": {"RequestOption": "x"}, "TrackingNumber": made["PackageResults"][1]["TrackingNumber"],
            "LabelSpecification": {"LabelImageFormat": {"Code": kind}},
        }
    })["LabelRecoveryResponse"]  # fmt: skip
    [row] = again["LabelResults"]
    assert base64.b64decode(row["LabelImage"]["GraphicImage"]).startswith(MAGIC[kind])
    assert rig.count("labels") == 3


def test_letters_of_another_character_set_do_not_print(rig: UpsRig) -> None:
    data = body(Name="Şükrü", AttentionName="Şükrü")
    turkish = rig.good("POST", SHIP, data)
    del data["ShipmentRequest"]["LabelSpecification"]["CharacterSet"]
    latin = rig.good("POST", SHIP, data)
    texts = [
        base64.b64decode(
            one["ShipmentResponse"]["ShipmentResults"]["PackageResults"][0]["ShippingLabel"]["GraphicImage"]
        )
        for one in (turkish, latin)
    ]
    assert b"_C5_9E_C3_BCkr_C3_BC" in texts[0]
    assert b"_3F_C3_BCkr_C3_BC" in texts[1]


def test_what_is_wrong_is_told_in_the_vendors_shape(rig: UpsRig) -> None:
    def refused(change: Any) -> str:
        data = body()
        change(data["ShipmentRequest"])
        return code(rig.call("POST", SHIP, data))

    assert refused(lambda one: one["Shipment"]["Shipper"].update(ShipperNumber="ZZZZZZ")) == "120100"
    assert refused(lambda one: one["Shipment"]["ShipTo"].pop("AttentionName")) == "120202"
    assert refused(lambda one: one["Shipment"].pop("Description")) == "120313"
    assert refused(lambda one: one["Shipment"]["ShipTo"]["Address"].update(CountryCode="US")) == "120206"
    assert refused(lambda one: one["Shipment"]["Service"].update(Code="99")) == "121210"
    assert refused(lambda one: one["Shipment"]["ShipTo"].update(Name="x" * 36)) == "9370004"
    assert refused(lambda one: one["Shipment"].update(Serivce={})) == "9370002"
    assert refused(lambda one: one["Shipment"].pop("Package")) == "9370003"
    assert refused(lambda one: one["LabelSpecification"].pop("LabelStockSize")) == "128010"
    assert rig.call("POST", SHIP, body(), **{"Content-Type": "text/plain"}).status_code == 415
    assert (rig.count("shipments"), rig.count("refused")) == (0, 10)


def test_a_used_reference_makes_another_shipment(rig: UpsRig) -> None:
    first, second = rig.ship()["ShipmentIdentificationNumber"], rig.ship()["ShipmentIdentificationNumber"]
    assert (first != second, rig.count("shipment:PX-1")) == (True, 2)
    found = rig.good("GET", "/api/track/v1/reference/details/PX-1", **TRACK_HEADERS)["trackResponse"]["shipment"]
    assert {one["package"][0]["trackingNumber"] for one in found} == {first, second}
    assert rig.truth("PX-1#2")["tracking_number"] == second
    missing = rig.call("GET", "/api/track/v1/reference/details/PX-9", **TRACK_HEADERS)
    assert (missing.status_code, code(missing)) == (404, "TW0001")


def test_a_parcel_moves_and_its_newest_event_comes_first(rig: UpsRig) -> None:
    number = rig.ship(pieces=2)["ShipmentIdentificationNumber"]
    assert rig.package(number)["currentStatus"]["type"] == "M"
    rig.later(5)
    rig.login()
    rig.switch("problem:PX-1")
    assert rig.package(number)["currentStatus"]["type"] == "P"
    assert code(rig.call("DELETE", VOID + number)) == "190101"
    rig.later(26)
    rig.login()
    row = rig.package(number)
    assert [one["status"]["type"] for one in row["activity"]] == ["X", "I", "I", "I", "P", "M"]
    rig.switch("problem:PX-1", False)
    assert (rig.package(number)["currentStatus"]["type"], rig.truth("PX-1")["status"]) == ("D", "D")
    whole = rig.good("GET", f"/api/track/v1/shipment/details/{number}", **TRACK_HEADERS)
    assert len(whole["trackResponse"]["shipment"][0]["package"]) == 2
    assert code(rig.call("GET", f"/api/track/v1/details/{number}")) == "TV0001"
    assert (
        "TESLİM"
        in rig.track(number, locale="tr_TR")["trackResponse"]["shipment"][0]["package"][0]["currentStatus"][
            "description"
        ]
    )


def test_a_shipment_is_voided_once_whole_or_in_part(rig: UpsRig) -> None:
    made = rig.ship(pieces=2)
    first, second = (one["TrackingNumber"] for one in made["PackageResults"])
    part = rig.good("DELETE", f"{VOID}{first}?trackingnumber={second}")["VoidShipmentResponse"]
    assert part["PackageLevelResults"][0]["TrackingNumber"] == second
    assert (rig.package(second)["currentStatus"]["type"], rig.package(first)["currentStatus"]["type"]) == ("MV", "M")
    assert rig.good("DELETE", VOID + first)["VoidShipmentResponse"]["SummaryResult"]["Status"]["Code"] == "1"
    assert (code(rig.call("DELETE", VOID + first)), code(rig.call("DELETE", f"{VOID}1Z"))) == ("190117", "190102")
    assert (rig.count("cancels"), rig.truth("PX-1")["cancelled"]) == (1, True)


def test_the_switches_of_every_carrier(rig: UpsRig) -> None:
    rig.switch("ignore_writes")
    rig.ship()
    assert rig.count("shipments") == 0
    rig.switch("ignore_writes", False)
    rig.switch("no_label")
    assert "ShippingLabel" not in rig.ship()["PackageResults"][0]
    rig.control("damage", {"remote_id": "PX-1"})
    assert rig.track(rig.truth("PX-1")["tracking_number"])["trackResponse"]["shipment"][0]["package"] == "bozuk"
    for feature, status in (("ip_refused", 403), ("unexpected", 500), ("account_closed", 403)):
        rig.switch(feature)
        assert rig.call("POST", SHIP, body()).status_code == status
        rig.switch(feature, False)
    rig.box.bucket.rate = rig.box.bucket.level = 0.0
    throttled = rig.call("POST", SHIP, body())
    assert (throttled.status_code, code(throttled), rig.count("throttled")) == (429, "10429", 1)


TR_LOGIN = {"CustomerNumber": ACCOUNT, "UserName": USER, "Password": PASSWORD}


def domestic(session: str, count: int = 1, **more: Any) -> dict[str, Any]:
    people = {
        "ShipperAccountNumber": ACCOUNT, "ShipperName": "Örnek Ltd", "ShipperAddress": "Gül Sk. 4", "ShipperCityCode": 34, "ShipperAreaCode": 464,
        "ShipperPhoneNumber": "02120000000", "ConsigneeName": "Iğdır Şen", "ConsigneeAddress": "Çınar Sk. 1", "ConsigneeCityCode": 34,
        "ConsigneeAreaCode": 457, "ConsigneeMobilePhoneNumber": "05320000000",
    }  # fmt: skip
    rows = [{"DescriptionOfGoods": "Kupa", "Length": 10, "Height": 10, "Width": 10, "Weight": "1.5"}] * count
    info = {
        **people, "ServiceLevel": 3, "PaymentType": 2, "PackageType": "K", "NumberOfPackages": count, "CustomerReferance": "TR-1", **more,
        "PackageDimensions": {"DimensionInfo": rows},
    }  # fmt: skip
    return {"SessionID": session, "ShipmentInfo": info, "ReturnLabelLink": "true", "ReturnLabelImage": "true"}


def test_the_domestic_service_speaks_soap_with_errors_inside_good_answers(rig: UpsRig) -> None:
    assert rig.turkey(CREATE, "Login_Type1", TR_LOGIN | {"Password": "x"})["ErrorCode"] == ["1"]
    session = rig.turkey(CREATE, "Login_Type1", TR_LOGIN)["SessionID"][0]
    assert rig.turkey(CREATE, "CreateShipment_Type3", domestic("x"))["ErrorCode"] == ["12"]
    made = rig.turkey(CREATE, "CreateShipment_Type3", domestic(session, 2))
    number = made["ShipmentNo"][0]
    assert number.startswith(f"1Z{ACCOUNT}68")
    assert [base64.b64decode(one)[:4] for one in made["BarkodArrayPng"][0]["string"]] == [MAGIC["PNG"]] * 2
    assert rig.turkey(CREATE, "CreateShipment_Type3", domestic(session, ConsigneeAreaCode=0))["ErrorCode"] == ["100"]
    asking = rig.turkey(QUERY, "Login_V1", TR_LOGIN)["SessionID"][0]
    ask = {"SessionID": asking, "InformationLevel": 1, "TrackingNumber": number}
    assert rig.turkey(QUERY, "GetTransactionsByTrackingNumber_V1", ask | {"SessionID": session})["PackageTransaction"][
        0
    ]["ErrorCode"] == ["20"]
    [row] = rig.turkey(QUERY, "GetTransactionsByTrackingNumber_V1", ask)["PackageTransaction"]
    assert (row["StatusCode"], len(row["ProcessTimeStamp"][0])) == (["34"], 15)
    rig.later(0.09)
    assert rig.turkey(QUERY, "GetLastTransactionByTrackingNumber_V1", ask)["ErrorCode"] == ["20"]
    session = rig.turkey(CREATE, "Login_Type1", TR_LOGIN)["SessionID"][0]
    off = {"sessionId": session, "customerCode": ACCOUNT, "waybillNumber": number}
    assert rig.turkey(CREATE, "Cancel_Shipment_V1", off)["ErrorCode"] == ["0"]
    assert rig.turkey(CREATE, "Cancel_Shipment_V1", off)["ErrorCode"] == ["103"]
    assert (rig.truth("TR-1")["domestic"], rig.truth("TR-1")["kg"]) == (True, "3.00")
    assert b"wsPaketIslemSorgulamaEng" in rig.http.get(f"{QUERY}?wsdl").content


def test_a_domestic_parcel_is_delivered_and_comes_in_zpl(rig: UpsRig) -> None:
    session = rig.turkey(CREATE, "Login_Type1", TR_LOGIN)["SessionID"][0]
    made = rig.turkey(CREATE, "CreateShipment_Type3_ZPL", domestic(session))
    assert made["BarkodArrayZpl"][0]["string"][0].startswith("^XA")
    rig.later(31)
    asking = rig.turkey(QUERY, "Login_V1", TR_LOGIN)["SessionID"][0]
    numbers = {"referansType": "WAYBILL_TYPE", "referansList": {"string": made["ShipmentNo"]}}
    fields = {"SessionID": asking, "InformationLevel": 1, "refList": numbers, "trnType": "ALL_TRANSACTIONS"}
    rows = rig.turkey(QUERY, "GetTransactionsByList_V2", fields)["PackageTransaction"]
    assert [one["StatusCode"][0] for one in rows] == ["34", "1", "6", "7", "4", "2"]


# -- against the vendor's documents ----------------------------------------------------------------------------------
#: The examples themselves break the lengths of their schemas.
LENGTHS = ("minLength", "maxLength")


def test_the_documents_own_requests_are_taken_and_its_schemas_hold_for_the_answers(rig: UpsRig) -> None:
    rig.box.limits_on = False
    ship = document("ups/Shipping.yaml")
    answers = judge(ship, "SHIPResponseWrapper", LENGTHS)
    taken = 0
    for value in examples(ship, "post", "/shipments/{version}/ship").values():
        data = _mended(without_blanks(json.loads(json.dumps(value))))
        if any(one.why == "missing" for one in ups_forms.SHIP.wrong("ShipWrapper", data)):
            continue  # the example itself lacks what the schema requires
        reply = rig.call("POST", SHIP, data)
        if reply.status_code == 400 and code(reply) in (
            "120100",
            "120202",
            "120213",
            "120313",
            "120502",
            "120607",
            "128010",
            "9370004",
            "120206",
            "120207",
        ):
            continue  # and these lack what its prose requires, or break its lengths
        assert reply.status_code == 200, reply.text
        answers.validate(reply.json())
        taken += 1
    assert taken >= 8
    number = rig.ship()["ShipmentIdentificationNumber"]
    judge(ship, "SHIPResponseWrapper", LENGTHS).validate(rig.good("POST", SHIP, body()))
    recovery = {"LabelRecoveryRequest": {"Request": {}, "TrackingNumber": number}}
    judge(ship, "LABELRECOVERYResponseWrapper", LENGTHS).validate(rig.good("POST", "/api/labels/v1/recovery", recovery))
    judge(ship, "VOIDSHIPMENTResponseWrapper", LENGTHS).validate(rig.good("DELETE", VOID + number))
    judge(ship, "ErrorResponse").validate(rig.call("DELETE", VOID + number).json())


def _mended(data: Any) -> Any:
    """Names that the schema does not have are dropped, the blanked account number is filled in."""
    wrongs = list(ups_forms.SHIP.wrong("ShipWrapper", data))
    for one in wrongs:
        if one.why == "unknown":
            node = data
            for name in one.path[:-1]:
                node = node[int(name[1:-1])] if name.startswith("[") else node[name]
            del node[one.path[-1]]
    text = json.dumps(data)
    data = json.loads(text)
    shipment = data.get("ShipmentRequest", {}).get("Shipment", {})
    if "Shipper" in shipment:
        shipment["Shipper"]["ShipperNumber"] = ACCOUNT
    charges = shipment.get("PaymentInformation", {}).get("ShipmentCharge", [])
    for charge in charges if isinstance(charges, list) else [charges]:
        if "BillShipper" in charge:
            charge["BillShipper"]["AccountNumber"] = ACCOUNT
    return data


def test_tracking_rates_and_addresses_fit_their_schemas(rig: UpsRig) -> None:
    number = rig.ship(pieces=2)["ShipmentIdentificationNumber"]
    rig.later(3.9)
    tracks = judge(document("ups/Tracking.yaml"), "TrackApiResponse")
    tracks.validate(rig.track(number))
    shipment = body()["ShipmentRequest"]["Shipment"]
    package = {"PackagingType": {"Code": "02"}, "PackageWeight": shipment["Package"][0]["PackageWeight"]}
    rate = {
        "Shipper": {"ShipperNumber": ACCOUNT, "Address": shipment["Shipper"]["Address"]},
        "ShipTo": {"Address": shipment["ShipTo"]["Address"]}, "Package": [package],
    }  # fmt: skip
    rates = judge(document("ups/Rating.yaml"), "RATEResponseWrapper", LENGTHS)
    for option, service in (("Shop", {}), ("Rate", {"Service": {"Code": "65"}}), ("Shoptimeintransit", {})):
        asked = {
            "RateRequest": {"Request": {"TransactionReference": {"CustomerContext": "x"}}, "Shipment": rate | service}
        }
        found = rig.good("POST", f"/api/rating/v2409/{option}", asked)
        rates.validate(found)
        assert len(found["RateResponse"]["RatedShipment"]) == (1 if option == "Rate" else 7)
    addresses = document("ups/AddressValidation.yaml")
    [asked] = examples(addresses, "post", "/addressvalidation/{version}/{requestoption}").values()
    found = rig.good("POST", "/api/addressvalidation/v2/1", asked)
    judge(addresses, "XAVResponseWrapper", LENGTHS).validate(found)
    token = rig.http.post(TOKEN, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET))
    judge(document("ups/OAuthClientCredentials.yaml"), "tokenSuccessResponse").validate(token.json())


def test_the_control_room_names_the_manifests_fields() -> None:
    box = create(seed=2)
    assert isinstance(box, UpsSandbox)
    assert {"client_id", "client_secret", "account_number"} <= set(box.credentials)
