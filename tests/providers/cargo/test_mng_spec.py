"""Every request of the DHL eCommerce Türkiye client against the reference's list of paths and fields (no swagger is public)."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import jsonschema_rs
import pytest

from app.kit import Call
from app.model import Money, Parcel, Payer, ShipmentRequest
from providers.cargo import mng_calls as calls
from tests.providers.cargo.mng_support import BORNOVA, account, request
from tests.support.specs import ROOT

ROUNDS = 40
KEY = r"[A-Z0-9]{3,20}"
_TEXT, _FLAG = {"type": "string"}, {"enum": [0, 1]}
_PIECE = {
    "barcode": {"type": "string", "minLength": 1}, "desi": {"type": "integer", "minimum": 1}, "kg": {"type": "integer", "minimum": 1},
    "content": _TEXT,
}  # fmt: skip
_ORDER = {
    "referenceId": {"pattern": f"^{KEY}$"}, "barcode": {"pattern": f"^{KEY}$"}, "billOfLandingId": _TEXT, "isCOD": _FLAG,
    "codAmount": {"type": "number", "minimum": 0}, "shipmentServiceType": {"const": 1}, "packagingType": {"const": 3},
    "content": _TEXT, "smsPreference1": _FLAG, "smsPreference2": _FLAG, "smsPreference3": _FLAG, "paymentType": {"enum": [1, 2]},
    "deliveryType": {"enum": [1, 2]}, "description": _TEXT, "marketPlaceShortCode": _TEXT, "marketPlaceSaleCode": _TEXT,
}  # fmt: skip
_RECIPIENT = {
    "refCustomerId": _TEXT, "cityCode": {"type": "integer"}, "districtCode": {"type": "integer"}, "cityName": _TEXT,
    "districtName": _TEXT, "address": {"type": "string", "minLength": 5}, "fullName": {"type": "string", "minLength": 2},
    "mobilePhoneNumber": {"pattern": r"^[1-9]\d{9}$"}, "email": {"pattern": r"^[^@\s]+@[^@\s]+$"}, "taxOffice": _TEXT,
    "taxNumber": {"pattern": r"^(\d{10,11})?$"},
}  # fmt: skip


def exactly(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


PIECES = {"type": "array", "minItems": 1, "items": exactly(_PIECE)}
#: Function → (method, path below /mngapi/api, schema of the body; None: no body).
SHAPES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "token_request": ("POST", "/token", exactly({
        "customerNumber": {"type": "integer"}, "password": {"type": "string", "minLength": 1}, "identityType": {"const": 1}})),
    "cities_request": ("GET", "/cbsinfoapi/getcities", None),
    "districts_request": ("GET", r"/cbsinfoapi/getdistricts/\d+", None),
    "create_request": ("POST", "/standardcmdapi/createOrder", exactly({
        "order": exactly(_ORDER), "orderPieceList": PIECES, "recipient": exactly(_RECIPIENT)})),
    "barcode_request": ("POST", "/barcodecmdapi/createbarcode", exactly({
        "referenceId": {"pattern": f"^{KEY}$"}, "billOfLandingId": _TEXT, "isCOD": _FLAG, "codAmount": {"type": "number", "minimum": 0},
        "packagingType": {"const": 3}, "printReferenceBarcodeOnError": _FLAG, "message": _TEXT, "additionalContent1": _TEXT,
        "additionalContent2": _TEXT, "additionalContent3": _TEXT, "additionalContent4": _TEXT, "orderPieceList": PIECES})),
    "order_request": ("GET", f"/standardqueryapi/getorder/{KEY}", None),
    "shipment_request": ("GET", f"/standardqueryapi/getshipment/{KEY}", None),
    "status_request": ("GET", f"/standardqueryapi/getshipmentstatus/{KEY}", None),
    "moves_request": ("GET", f"/standardqueryapi/trackshipment/{KEY}", None),
    "cancel_shipment_request": ("PUT", "/barcodecmdapi/cancelshipment", exactly({
        "referenceId": {"pattern": f"^{KEY}$"}, "shipmentId": {"pattern": r"^\d{12}$"}})),
    "cancel_order_request": ("PUT", f"/standardcmdapi/cancelorder/{KEY}", None),
}  # fmt: skip


def generated(seed: int) -> ShipmentRequest:
    """A request that the client lets through."""
    chance = random.Random(seed)
    parcels = tuple(
        Parcel(chance.choice((0, 1, 999, 1200, 25_000)), *(chance.randint(1, 900) for _ in range(3)))
        for _ in range(chance.randint(1, 5))
    )
    words = ("Şişe", "İğne", "Kâse", "\\ 'tırnak'", '"', "emoji 🎁", "½ kg")
    options = {"waybill_no": chance.choice(("", "IRS2026001")), "delivery": chance.choice(("address", "branch"))}
    return request(
        reference=chance.choice((f"PX{seed:08d}", f"küçük harf {seed}", f"2611241{seed:09d}", "x" * 64)),
        parcels=parcels,
        content=chance.choice(words) * chance.randint(0, 90),
        note=chance.choice(words),
        payer=chance.choice(list(Payer)),
        cash_on_delivery=chance.choice(
            (None, Money.of("749.9", "TRY"), Money.of("0.01", "TRY"), Money.of("10", "TRY"))
        ),
        options={**options, **chance.choice(({}, {"email": "elif@ornek.example"}))},
        to_name=chance.choice(("Elif Örnek", "IŞIK ĞÜÖ", "Aİ")),
        to_street=chance.choice(words) * 3 + " Sokak 4",
        to_phone=chance.choice(("0555 111 22 33", "+90 212 345 67 89", "5551112233")),
        to_tax_number=chance.choice(("", "1234567890", "12345678901")),
    )


def calls_of(name: str, seed: int) -> list[Call]:
    one = generated(seed)
    assert calls.check_request(account(), one) is None
    key = calls.order_key(one.reference)
    make = getattr(calls, name)
    given: dict[str, list[tuple[Any, ...]]] = {
        "cities_request": [()],
        "districts_request": [(35,), (seed,)],
        "create_request": [(account(), one, BORNOVA)],
        "barcode_request": [(calls.goods_of(one),)],
        "order_request": [(key,), (key, "probe")],
        "cancel_shipment_request": [(key, f"{seed:012d}")],
    }
    return [make(*args) for args in given.get(name, [(key,)])]


def judge(name: str, method: str, path: str, body: bytes | None) -> None:
    wanted, pattern, schema = SHAPES[name]
    assert method == wanted
    assert re.fullmatch(r"/mngapi/api" + pattern, path), path
    if schema is None:
        assert not body, "no body"
        return
    jsonschema_rs.validator_for(schema).validate(json.loads(body or b""))


@pytest.mark.parametrize("name", sorted(set(SHAPES) - {"token_request"}))
def test_requests_have_the_reference_s_fields(name: str) -> None:
    for seed in range(ROUNDS):
        for call in calls_of(name, seed):
            judge(name, call.method, call.path, call.body)
            assert not call.params
            assert dict(call.headers).get("content-type", "application/json") == "application/json"
            assert call.repeatable is (None if call.method == "GET" else False)


def test_the_token_request_has_them_too() -> None:
    for seed in range(ROUNDS):
        asked = calls.token_request(account(customer_number=str(10_000 + seed), password=f'şifre {seed} \\"'))
        judge("token_request", asked.method, asked.url.path, asked.content)
        assert asked.headers["x-ibm-client-id"]
        assert asked.headers["x-ibm-client-secret"]


def test_barcode_and_reference_are_one_and_cash_agrees_with_its_flag() -> None:
    for seed in range(ROUNDS):
        one = generated(seed)
        (call,) = calls_of("create_request", seed)
        order = json.loads(call.body or b"")["order"]
        assert order["referenceId"] == order["barcode"]
        assert (order["isCOD"] == 1) is (order["codAmount"] > 0) is (one.cash_on_delivery is not None)


def test_every_request_is_judged() -> None:
    made = {name for name in vars(calls) if name.endswith("_request") and not name.startswith("check")}
    assert made == set(SHAPES)


def test_the_fields_are_those_of_the_reference() -> None:
    """The names above stand in the section of the reference, so that a slip here is noticed."""
    reference = ROOT.parent / "shared" / "reference" / "cargo.md"
    if not reference.is_file():
        pytest.skip("the reference is not on this machine")
    section = reference.read_text(encoding="utf-8").partition("## MNG Kargo")[2].partition("\n## ")[0]
    names = re.findall(r"[A-Za-z0-9]+", section)
    shortened = {f"additionalContent{n}" for n in (2, 3, 4)}  # the reference writes additionalContent1–4
    for schema in (shape for _, _, shape in SHAPES.values() if shape is not None):
        for field in _fields(schema):
            assert field in names or field in shortened, field
    for _, path, _ in SHAPES.values():
        for word in re.findall(r"[A-Za-z]{6,}", path.replace(KEY, "")):
            assert word in names, word


def _fields(schema: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for name, inner in schema.get("properties", {}).items():
        found |= {name} | _fields(inner)
    return found | (_fields(schema["items"]) if "items" in schema else set())
