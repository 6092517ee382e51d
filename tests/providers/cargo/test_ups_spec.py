"""Every request of the UPS client against UPS' own OpenAPI documents, and answers made of them through our parsers."""

from __future__ import annotations

import json
import random
import re
from typing import Any
from urllib.parse import parse_qs

import jsonschema_rs
import pytest

from app.kit import Call
from app.model import Parcel, Payer, ShipmentRequest
from providers.cargo import ups_calls as calls
from providers.cargo import ups_tracking as tracking
from providers.cargo import ups_wire as wire
from tests.providers.cargo.openapi_judge import Judge
from tests.providers.cargo.ups_support import (
    ABROAD,
    FIRST,
    GOODS,
    NOW,
    RECEIVER,
    account,
    packed,
    reply,
    request,
)
from tests.providers.sandboxes import spec_rig

ROUNDS = 30
TRACE = "0123456789ABCDEF0123456789ABCDEF"


def _as_their_own_examples(schemas: dict[str, Any]) -> None:
    """The document's recovery examples have ZPL where it wants four letters, and one kind of number where it wants all."""
    schemas["LabelRecovery_LabelSpecification_LabelImageFormat"]["properties"]["Code"].pop("minLength")
    schemas["LabelRecoveryRequest"]["required"] = ["Request"]


def _as_their_rate_examples(schemas: dict[str, Any]) -> None:
    """None of them has the option that it wants: it stands in the path."""
    schemas["RateRequest_Request"].pop("required")


SHIP = Judge("ups/Shipping.yaml", "/api", _as_their_own_examples)
TRACK, RATE = Judge("ups/Tracking.yaml", "/api"), Judge("ups/Rating.yaml", "/api", _as_their_rate_examples)
#: Function → (document, method, path).
PATHS = {
    "create_request": (SHIP, "post", "/shipments/{version}/ship"),
    "cancel_request": (SHIP, "delete", "/shipments/{version}/void/cancel/{shipmentidentificationnumber}"),
    "label_request": (SHIP, "post", "/labels/{version}/recovery"),
    "reference_request": (TRACK, "get", "/track/v1/reference/details/{referenceNumber}"),
    "number_request": (TRACK, "get", "/track/v1/details/{inquiryNumber}"),
    "rates_request": (RATE, "post", "/rating/{version}/{requestoption}"),
}
WORDS = ("Şişe", "İğne işi", 'a "b" & <c>', "emoji 🎁", "½ kg kâse")


def generated(seed: int) -> ShipmentRequest:
    """A request that the client lets through: at home and abroad, papers and goods."""
    chance = random.Random(seed)
    away = seed % 2 == 1
    options = dict(chance.choice((GOODS, {**GOODS, "incoterm": "DDP", "hs_code": ""}, {"goods": "documents"}, {})))
    payer = chance.choice(list(Payer))
    if payer is Payer.RECEIVER:
        options["payer_account"] = "b2c3d4"
    if chance.random() < 0.5:
        options["service"] = chance.choice(calls.SERVICES)
    parcels = tuple(
        Parcel(chance.choice((1, 999, 1200, 25_000, 70_000)), *(chance.choice((0, 1, 333, 999)) for _ in range(3)))
        for _ in range(chance.randint(1, 5))
    )
    to: dict[str, Any] = {"to_name": chance.choice(("Elif Örnek", "IŞIK ĞÜÖ", "Aİ", "x" * 35))}
    if away and chance.random() < 0.5:
        to |= {"to_country": "US", "to_state": "NY", "to_city": "New York", "to_postcode": chance.choice(("10001", "10001-1234"))}  # fmt: skip
    elif away and chance.random() < 0.5:
        to |= {"to_country": "PL", "to_city": "Łódź", "to_postcode": "90-001", "to_phone": "+48 601 234 567"}
    return request(
        reference=chance.choice((f"PX-2026-{seed:04d}", f"küçük / {seed}", "x" * 64)), receiver=ABROAD if away else RECEIVER,
        parcels=parcels, content=chance.choice(WORDS) * chance.randint(1, 30), note=chance.choice(WORDS), payer=payer, options=options,
        invoice_number=chance.choice(("", "FTR2026000000001")), to_company=chance.choice(("", "Örnek A.Ş.")),
        to_street=" ".join(chance.choice(("Gül", "Lale", "12/4", "Straße")) for _ in range(chance.randint(1, 14))), **to,
    )  # fmt: skip


def made_calls(name: str, seed: int) -> list[Call]:
    one = generated(seed)
    held = account(label_format=("zpl", "epl", "pdf")[seed % 3], sender_company=("", "Örnek Ltd.")[seed % 2])
    assert calls.check_request(held, one) is None
    assert calls.check_way(one) is None
    key = calls.reference_value(one.reference)
    given: dict[str, tuple[Any, ...]] = {
        "create_request": (held, one, NOW, TRACE),
        "cancel_request": (f"1ZA1B2C304{seed:08d}", TRACE),
        "label_request": (held, key, TRACE),
        "reference_request": (held, key, NOW, TRACE),
        "number_request": (f"1ZA1B2C304{seed:08d}", TRACE),
        "rates_request": (held, one, TRACE),
    }
    return [getattr(calls, name)(*given[name])]


@pytest.mark.parametrize("name", sorted(PATHS))
def test_every_request_fits_the_documents(name: str) -> None:
    judge, method, path = PATHS[name]
    for seed in range(ROUNDS):
        for call in made_calls(name, seed):
            judge.check(call, method, path)
            if "{version}" in path:
                assert judge.texts(call, method, path)[0] == ("v1" if name == "label_request" else "v2409")


def test_the_option_of_a_price_question_fits() -> None:
    judge, method, path = PATHS["rates_request"]
    (call,) = made_calls("rates_request", 1)
    option = judge.texts(call, method, path)[1]
    shape = next(one["schema"] for one in judge.document()["paths"][path][method]["parameters"] if one["name"] == "requestoption")  # fmt: skip
    assert len(option) <= shape["maxLength"]


def test_the_token_request_fits_too() -> None:
    document = spec_rig.document("ups/OAuthClientCredentials.yaml")
    operation = document["paths"]["/security/v1/oauth/token"]["post"]
    shape = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    headers = {one["name"] for one in operation["parameters"]}
    for seed in range(ROUNDS):
        asked = calls.token_request(account(client_id=f"kimlik{seed}", client_secret=f'şifre {seed} \\"'))
        assert asked.url.path == "/security/v1/oauth/token"
        form = {key: value for key, (value,) in parse_qs(asked.content.decode()).items()}
        assert set(form) == set(shape["properties"])
        jsonschema_rs.validator_for(shape).validate(form)
        assert asked.headers["authorization"].startswith("Basic ")
        own = {name for name in asked.headers if name.startswith("x-")}
        assert own <= {name.casefold() for name in headers}


def test_every_request_is_judged() -> None:
    made = {name for name in vars(calls) if name.endswith("_request") and not name.startswith("check")}
    assert made == {*PATHS, "token_request"}


def test_the_judge_can_say_no() -> None:
    judge, method, path = PATHS["create_request"]
    (call,) = made_calls("create_request", 1)
    for bend in (
        lambda body: body["ShipmentRequest"]["Shipment"].pop("Service"),
        lambda body: body["ShipmentRequest"]["Shipment"].update(Servise={}),
        lambda body: body["ShipmentRequest"]["Shipment"]["Shipper"].update(Name="x" * 36),
        lambda body: body["ShipmentRequest"]["Shipment"]["Package"][0]["PackageWeight"].update(Weight=1.2),
    ):
        body = json.loads(call.body or b"")
        bend(body)
        bent = Call(call.method, call.path, "create", call.params, call.headers, json.dumps(body).encode())
        with pytest.raises(jsonschema_rs.ValidationError):
            judge.check(bent, method, path)


def test_every_text_is_within_its_length() -> None:
    """The document has the length of address lines at the list; here it is that of each line, as its words say."""
    for seed in range(ROUNDS):
        (call,) = made_calls("create_request", seed)
        shipment = json.loads(call.body or b"")["ShipmentRequest"]["Shipment"]
        for party in (shipment["Shipper"], shipment["ShipTo"]):
            lines = party["Address"]["AddressLine"]
            assert 1 <= len(lines) <= 3
            assert all(1 <= len(one) <= 35 for one in lines)
            assert re.fullmatch(r"[0-9]{7,15}", party["Phone"]["Number"])
        for one in shipment["Package"]:
            assert re.fullmatch(r"[0-9]{1,2}\.[0-9]", one["PackageWeight"]["Weight"])


# -- answers -------------------------------------------------------------------------------------------------------------
def test_answers_of_the_documents() -> None:
    """Every member is there and its type is the document's; the documents have no example of an answer."""
    made = SHIP.answer("post", "/shipments/{version}/ship")
    results = made["ShipmentResponse"]["ShipmentResults"]
    results["PackageResults"][0]["TrackingNumber"] = FIRST
    results["PackageResults"][0]["ShippingLabel"] |= {"ImageFormat": {"Code": "ZPL"}, "GraphicImage": packed()}
    for charge in (results["NegotiatedRateCharges"]["TotalCharge"], results["NegotiatedRateCharges"]["TotalChargesWithTaxes"]):  # fmt: skip
        charge |= {"CurrencyCode": "TRY", "MonetaryValue": "12.50"}
    shipment = wire.parse_created(reply(made), "PX1")
    assert (len(shipment.labels), shipment.price is not None) == (1, True)
    again = SHIP.answer("post", "/labels/{version}/recovery")
    again["LabelRecoveryResponse"]["LabelResults"][0]["LabelImage"] |= {"LabelImageFormat": {"Code": "PDF"}, "GraphicImage": packed("%PDF")}  # fmt: skip
    assert len(wire.parse_recovered(reply(again)).labels) == 1
    voided = SHIP.answer("delete", "/shipments/{version}/void/cancel/{shipmentidentificationnumber}")
    assert wire.was_cancelled(reply(voided))
    tracked = TRACK.answer("get", "/track/v1/reference/details/{referenceNumber}")
    tracked["trackResponse"]["shipment"][0]["package"][0]["currentStatus"]["type"] = "D"
    packages = tracking.parse_packages(reply(tracked))
    assert tracking.to_report(packages, "PX1").status is tracking.STATES["D"]
    prices = RATE.answer("post", "/rating/{version}/{requestoption}")
    for row in prices["RateResponse"]["RatedShipment"]:
        row["TotalCharges"] |= {"CurrencyCode": "TRY"}
        row["TotalChargesWithTaxes"] |= {"CurrencyCode": "TRY"}
        row["NegotiatedRateCharges"]["TotalCharge"] |= {"CurrencyCode": "TRY"}
        row["NegotiatedRateCharges"]["TotalChargesWithTaxes"] |= {"CurrencyCode": "TRY"}
    assert len(wire.parse_rates(reply(prices))) == 1


def test_their_own_examples_break_the_schemas_that_are_mended() -> None:
    data = spec_rig.document("ups/Shipping.yaml")
    (standard, *_) = spec_rig.examples(data, "post", "/labels/{version}/recovery").values()
    assert standard["LabelRecoveryRequest"]["LabelSpecification"]["LabelImageFormat"]["Code"] == "ZPL"
    assert "ReferenceValues" not in standard["LabelRecoveryRequest"]
    rates = spec_rig.examples(spec_rig.document("ups/Rating.yaml"), "post", "/rating/{version}/{requestoption}")
    assert any("RequestOption" not in one["RateRequest"]["Request"] for one in rates.values())
