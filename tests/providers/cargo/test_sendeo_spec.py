"""Every request of the Sendeo client against the carrier's list of districts and the reference's list of paths and fields."""

from __future__ import annotations

import csv
import json
import random
import re
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest

from app.kit import Call
from app.model import Money, Parcel, Payer, ShipmentRequest
from providers.cargo import sendeo_calls as calls
from providers.cargo.sendeo_districts import TABLE
from tests.providers.cargo.sendeo_support import NOW, account, request
from tests.support.specs import ROOT, shared_specs

ROUNDS = 40
KEY = r"[A-Za-z0-9-]{3,30}"
_TEXT = {"type": "string"}
_PHONE = {"pattern": r"^[1-9]\d{9}$"}


def exactly(properties: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    allowed = properties | (optional or {})
    return {"type": "object", "properties": allowed, "required": list(properties), "additionalProperties": False}


_PRODUCT = exactly({
    "count": {"type": "integer", "minimum": 1}, "productCode": _TEXT, "description": _TEXT,
    "deci": {"type": "integer", "minimum": 1, "maximum": 500}, "weigth": {"type": "number", "exclusiveMinimum": 0},
    "deciWeight": {"type": "number", "exclusiveMinimum": 0}, "price": {"type": "number", "minimum": 0},
})  # fmt: skip
#: Our own side (sender…) must be absent for types 1 and 5: nothing else than these names is let through.
DELIVERY = exactly(
    {
        "deliveryType": {"enum": [1, 5]}, "referenceNo": {"pattern": f"^{KEY}$"}, "description": _TEXT,
        "receiver": {"type": "string", "minLength": 2}, "receiverAddress": {"type": "string", "minLength": 5},
        "receiverCityId": {"type": "integer", "minimum": 1, "maximum": 81}, "receiverDistrictId": {"type": "integer"},
        "paymentType": {"const": 1}, "payType": {"enum": [1, 2]}, "collectionType": {"enum": [0, 1, 2]},
        "collectionPrice": {"type": "number", "minimum": 0, "maximum": 5000}, "serviceType": {"const": 1},
        "barcodeLabelType": {"enum": [0, 1, 2, 3, 5, 6]}, "products": {"type": "array", "minItems": 1, "items": _PRODUCT},
    },
    {
        "receiverGSM": _PHONE, "receiverPhone": _PHONE, "receiverEmail": _TEXT, "dispatchNoteNumber": _TEXT,
        "receiverBranchCode": {"pattern": "^[A-Za-z0-9]+$"},
    },
)  # fmt: skip
_INSTANT = {"pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
_LIST = {"type": "array", "items": {"type": ["string", "integer"]}}
#: Function → (method, path, names of the query, schema of the body; None: no body).
SHAPES: dict[str, tuple[str, str, tuple[str, ...], dict[str, Any] | None]] = {
    "token_request": ("POST", "/api/Token/LoginAES", (), exactly({"musteri": _TEXT, "sifre": _TEXT})),
    "probe_request": ("GET", "/api/Cargo/GetCityDistricts", ("CityName",), None),
    "create_request": ("POST", "/api/Cargo/SETDELIVERY", (), DELIVERY),
    "list_request": ("POST", "/api/Cargo/GetCargoList", (), exactly({
        "ShipmentStartDate": _INSTANT, "ShipmentEndDate": _INSTANT, "StatusIds": _LIST, "TrackingNumbers": _LIST,
        "CustomerReferenceNumbers": _LIST, "PageNumber": {"type": "integer", "minimum": 0}, "PageCount": {"type": "integer", "minimum": 1}})),
    "label_request": ("POST", "/api/Cargo/GETBARCODE", (), exactly({
        "barcodeLabelType": {"enum": [0, 1, 2, 3, 5, 6]}, "referenceNo": {"pattern": f"^{KEY}$"}})),
    "track_request": ("GET", "/api/Cargo/TRACKDELIVERY", ("referenceNo",), None),
    "cancel_request": ("POST", "/api/Cargo/CANCELDELIVERY", ("referenceNo",), None),
}  # fmt: skip


def generated(seed: int) -> ShipmentRequest:
    """A request that the client lets through; every one goes to another district."""
    chance = random.Random(seed)
    plate = chance.choice(list(TABLE))
    name, rows = TABLE[plate]
    district = chance.choice(rows.split(";")).partition("=")[0]
    parcels = tuple(
        Parcel(chance.choice((0, 1, 999, 1200, 25_000)), *(chance.randint(1, 900) for _ in range(3)))
        for _ in range(chance.randint(1, 5))
    )
    words = ("Şişe", "İğne", "Kâse", "\\ 'tırnak'", '"', "emoji 🎁", "½ kg")
    options = {"waybill_no": chance.choice(("", "IRS2026001")), "branch_code": chance.choice(("", "", "1001"))}
    return request(
        reference=chance.choice((f"PX-2026-{seed:04d}", f"küçük harf {seed}", f"2611241{seed:09d}", "x" * 64)),
        parcels=parcels,
        content=chance.choice(words) * chance.randint(0, 90),
        note=chance.choice(words),
        payer=chance.choice(list(Payer)),
        cash_on_delivery=chance.choice(
            (None, Money.of("749.9", "TRY"), Money.of("0.01", "TRY"), Money.of("5000", "TRY"))
        ),
        options={
            **options,
            **chance.choice(({}, {"email": "elif@ornek.example"})),
            **chance.choice(({}, {"cod_method": "card"})),
        },
        to_name=chance.choice(("Elif Örnek", "IŞIK ĞÜÖ", "Aİ")),
        to_street=chance.choice(words) * 3 + " Sokak 4",
        to_phone=chance.choice(("0555 111 22 33", "+90 212 345 67 89", "5551112233")),
        to_city=name,
        to_district=district,
    )


def calls_of(name: str, seed: int) -> list[Call]:
    one = generated(seed)
    assert calls.check_request(one) is None
    place = calls.check_place(one)
    key = calls.reference_no(one.reference)
    make = getattr(calls, name)
    given: dict[str, list[tuple[Any, ...]]] = {
        "probe_request": [()],
        "create_request": [(one, place)],
        "list_request": [([key], NOW + timedelta(hours=seed)), ([key] * 3, NOW)],
    }
    return [make(*args) for args in given.get(name, [(key,)])]


def judge(name: str, method: str, path: str, body: bytes | None) -> None:
    wanted, pattern, _, schema = SHAPES[name]
    assert (method, path) == (wanted, pattern)
    if schema is None:
        assert not body, "no body"
        return
    jsonschema_rs.validator_for(schema).validate(json.loads(body or b""))


@pytest.mark.parametrize("name", sorted(set(SHAPES) - {"token_request"}))
def test_requests_have_the_reference_s_fields(name: str) -> None:
    for seed in range(ROUNDS):
        for call in calls_of(name, seed):
            judge(name, call.method, call.path, call.body)
            assert tuple(key for key, _ in call.params) == SHAPES[name][2]
            assert dict(call.headers)["accept"] == "application/json"


def test_the_token_request_has_them_too() -> None:
    for seed in range(ROUNDS):
        asked = calls.token_request(account(keys={"musteri": f"müşteri {seed}", "sifre": f'şifre "{seed}"'}))
        judge("token_request", asked.method, asked.url.path, asked.content)
        assert asked.headers["accept"] == "application/json"


def test_one_phone_and_one_amount() -> None:
    for seed in range(ROUNDS):
        one = generated(seed)
        (call,) = calls_of("create_request", seed)
        body = json.loads(call.body or b"")
        assert len({"receiverGSM", "receiverPhone"} & set(body)) == 1
        assert (body["collectionType"] > 0) is (body["collectionPrice"] > 0) is (one.cash_on_delivery is not None)
        assert (body["deliveryType"] == 5) is ("receiverBranchCode" in body)
        assert sum(row["count"] for row in body["products"]) == len(one.parcels)


def test_every_request_is_judged() -> None:
    made = {name for name in vars(calls) if name.endswith("_request") and not name.startswith("check")}
    assert made == set(SHAPES)


def test_the_districts_are_the_carrier_s() -> None:
    found = shared_specs()
    if found is None:
        pytest.skip("the specifications are not on this machine")
    with (found / "sendeo" / "il-ilce.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(int(row["CITY_ID"]), row["DISTRICT"].strip(), int(row["DISTRIC_ID"])) for row in csv.DictReader(file)}
    ours = set()
    for plate, (_, text) in TABLE.items():
        ours |= {(plate, name, int(number)) for name, _, number in (one.rpartition("=") for one in text.split(";"))}
    assert len(ours) == 1009
    assert ours == rows


def test_the_fields_are_those_of_the_reference() -> None:
    """The names above stand in the section of the reference, so that a slip here is noticed."""
    reference = ROOT.parent / "shared" / "reference" / "cargo.md"
    if not reference.is_file():
        pytest.skip("the reference is not on this machine")
    section = reference.read_text(encoding="utf-8").partition("## Sendeo")[2].partition("\n## ")[0]
    names = set(re.findall(r"[A-Za-z0-9]+", section))
    for _, path, query, schema in SHAPES.values():
        assert path in section, path
        for field in (*query, *_fields(schema or {})):
            assert field in names, field


def _fields(schema: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for name, inner in schema.get("properties", {}).items():
        found |= {name} | _fields(inner)
    return found | (_fields(schema["items"]) if "items" in schema else set())
