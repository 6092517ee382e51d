"""Every request of the DHL Express client against DHL's own OpenAPI document, and the document's example answers through our parsers."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest

from app.contracts import Message
from app.kit import Call
from app.model import LabelFormat, Parcel, Payer, ShipmentRequest, ShipmentStatus
from providers.cargo import dhl_express_calls as calls
from providers.cargo import dhl_express_wire as wire
from providers.cargo.dhl_express_errors import dhl_errors
from tests.providers.cargo.dhl_express_support import ABROAD, EXPORT, RECEIVER, account, reply, request
from tests.providers.sandboxes import spec_rig

ROUNDS = 30
#: Function → (method, path of the document).
PATHS = {
    "probe_request": ("get", "/products"),
    "create_request": ("post", "/shipments"),
    "find_request": ("get", "/tracking"),
    "image_request": ("get", "/shipments/{shipmentTrackingNumber}/get-image"),
    "rates_request": ("post", "/rates"),
    "cancel_pickup_request": ("delete", "/pickups/{dispatchConfirmationNumber}"),
}
WORDS = ("Şişe", "İğne işi", 'a "b" & <c>', "emoji 🎁", "½ kg kâse")


@cache
def document() -> Any:
    return spec_rig.document("dhl-express/dpdhl-express-api-3.1.1_swagger.yaml")


def at(reference: str) -> Any:
    found = document()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def resolved(one: Any) -> Any:
    return at(one["$ref"]) if "$ref" in one else one


@cache
def schema_of(method: str, path: str) -> Any:
    body = document()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    schemas = spec_rig.sharpened(document()["components"]["schemas"], ("format",))
    return jsonschema_rs.Draft4Validator({**body, "components": {"schemas": schemas}})


def parameters(method: str, path: str) -> dict[tuple[str, str], Any]:
    found = [resolved(one) for one in document()["paths"][path][method].get("parameters", ())]
    return {(one["in"], one["name"].casefold() if one["in"] == "header" else one["name"]): one for one in found}


def judge(name: str, call: Call) -> None:
    method, path = PATHS[name]
    assert call.method.lower() == method
    pattern = re.sub(r"\\\{.*?\\\}", r"([^/?]+)", re.escape(calls.BASE + path))
    assert re.fullmatch(pattern, call.path), call.path
    known = parameters(method, path)
    given = {("query", key): value for key, value in call.params} | {("header", k): v for k, v in call.headers}
    assert len({key for key, _ in call.params}) == len(call.params)
    for place, one in known.items():
        assert not one.get("required") or place in given or one["in"] == "path", place
    for place, value in given.items():
        if place in (("header", "accept"), ("header", "content-type")):
            continue
        assert place in known, place
        shape = known[place].get("schema", {})
        typed: Any = {"true": True, "false": False}.get(value, value) if shape.get("type") == "boolean" else value
        typed = json.loads(value) if shape.get("type") == "number" else typed
        jsonschema_rs.validator_for({key: one for key, one in shape.items() if key != "example"}).validate(typed)
    if "requestBody" in document()["paths"][path][method]:
        schema_of(method, path).validate(json.loads(call.body or b""))
    else:
        assert not call.body


def generated(seed: int) -> ShipmentRequest:
    """A request that the client lets through: at home and abroad, papers and goods."""
    chance = random.Random(seed)
    away = seed % 2 == 1
    goods = chance.choice(
        ({**EXPORT}, {**EXPORT, "incoterm": "DDP", "made_in": "CN", "hs_code": ""}, {"goods": "documents"})
    )
    options = {
        **(goods if away else chance.choice(({}, goods))),
        **chance.choice(({}, {"email": "elif@ornek.example"}, {"pickup": "yes"})),
    }
    payer = chance.choice(list(Payer))
    if payer is Payer.RECEIVER:
        options["payer_account"] = "987654321"
    parcels = tuple(
        Parcel(chance.choice((1, 999, 1200, 25_000)), *(chance.choice((0, 1, 333, 999)) for _ in range(3)))
        for _ in range(chance.randint(1, 5))
    )
    return request(
        reference=chance.choice((f"PX-2026-{seed:04d}", f"küçük / {seed}", "x" * 64)), receiver=ABROAD if away else RECEIVER,
        parcels=parcels, content=chance.choice(WORDS) * chance.randint(1, 30), note=chance.choice(WORDS), payer=payer, options=options,
        invoice_number=chance.choice(("", "FTR2026000000001")),
    )  # fmt: skip


def made_calls(name: str, seed: int) -> list[Call]:
    one = generated(seed)
    held = account(
        label_format=("pdf", "zpl", "epl")[seed % 3],
        label_dpi=("200", "300")[seed % 2],
        sender_email=("", "k@m.example")[seed % 2],
    )
    assert calls.check_request(held, one) is None
    assert calls.check_rates(one) is None
    key = calls.reference_key(one.reference)
    given: dict[str, tuple[Any, ...]] = {
        "probe_request": (held,),
        "create_request": (held, one),
        "rates_request": (held, one),
        "find_request": (held, key, ("find", "track")[seed % 2]),
        "image_request": (held, f"{5374534546 + seed}", f"2026-{seed % 12 + 1:02d}"),
        "cancel_pickup_request": (held, f"PRG22122200{seed:04d}"),
    }
    return [getattr(calls, name)(*given[name])]


@pytest.mark.parametrize("name", sorted(PATHS))
def test_every_request_fits_the_document(name: str) -> None:
    for seed in range(ROUNDS):
        for call in made_calls(name, seed):
            judge(name, call)


def test_every_request_is_judged() -> None:
    made = {name for name in vars(calls) if name.endswith("_request") and not name.startswith("check")}
    assert made == set(PATHS)


def test_the_judge_can_say_no() -> None:
    (call,) = made_calls("create_request", 1)
    body = json.loads(call.body or b"")
    body["content"]["packages"][0]["weigth"] = 1
    with pytest.raises(jsonschema_rs.ValidationError):
        schema_of("post", "/shipments").validate(body)
    with pytest.raises(AssertionError):
        judge("find_request", made_calls("image_request", 1)[0])


def test_what_the_schema_says_in_words_only() -> None:
    for seed in range(ROUNDS):
        (call,) = made_calls("create_request", seed)
        body, one = json.loads(call.body or b""), generated(seed)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d GMT\+03:00", body["plannedShippingDateAndTime"])
        content = body["content"]
        assert content["isCustomsDeclarable"] is ("exportDeclaration" in content) is ("declaredValue" in content)
        assert len(content["packages"]) == len(one.parcels)
        assert body["customerReferences"] == [{"value": calls.reference_key(one.reference), "typeCode": "CU"}]
        assert ("localProductCode" in body) is (body["productCode"] == "N")
        assert unquote(call.path) == "/mydhlapi/shipments"


def examples(path: str, method: str, status: str) -> dict[str, Any]:
    answer = document()["paths"][path][method]["responses"][status]["content"]["application/json"]
    return {name: resolved(one)["value"] for name, one in answer.get("examples", {}).items()}


def test_the_example_shipments_are_read() -> None:
    found = examples("/shipments", "post", "201")
    assert len(found) >= 4
    read = []
    for name, one in found.items():
        if not one.get("shipmentTrackingNumber"):
            continue  # validated only
        shipment, _ = wire.parse_created(reply(one, 201, "create"), "PX-1")
        assert shipment.tracking_number == str(one["shipmentTrackingNumber"]), name
        read.append(shipment)
    assert any(
        label.format is LabelFormat.PDF and label.data.startswith(b"%PDF") for one in read for label in one.labels
    )
    assert all(one.barcode for one in read)


def test_the_example_way_is_read() -> None:
    (one,) = examples("/shipments/{shipmentTrackingNumber}/tracking", "get", "200").values()
    found = wire.parse_found(reply(one), "whatever")
    assert (found.number, found.status) == ("1234567890", ShipmentStatus.DELIVERED)
    assert len(found.moves) == len(one["shipments"][0]["events"])
    assert [event.at for _, event in found.moves] == sorted(event.at for _, event in found.moves)


def test_the_example_prices_are_read() -> None:
    (one,) = examples("/rates", "post", "200").values()
    rates = wire.parse_rates(reply(one))
    told = {row["productCode"] for row in one["products"] if row["totalPrice"][0]["price"]}
    assert {rate.service for rate in rates} == told
    assert {rate.price.currency for rate in rates} == {"GBP"}
    assert [rate.price.amount for rate in rates] == sorted(rate.price.amount for rate in rates)


def test_the_example_errors_are_read() -> None:
    known = {"server.error", "item.refused", "config.field", "item.not_found", "request.refused", "auth.forbidden"}
    seen = 0
    for path, method in (("/shipments", "post"), ("/tracking", "get"), ("/rates", "post"), ("/pickups", "post")):
        for status in document()["paths"][path][method]["responses"]:
            if status.startswith("2"):
                continue
            for name, one in examples(path, method, status).items():
                wrong = dhl_errors(reply(one, int(status)))
                assert isinstance(wrong, Message), name
                assert wrong.code in known, (name, wrong)
                assert wrong.vendor_text
                seen += 1
    assert seen >= 8


def test_the_codes_of_the_list_are_known() -> None:
    root = spec_rig.shared_specs()
    if root is None:
        pytest.skip("the specifications are not on this machine")
    rows = (root / "dhl-express" / "status_1.csv").read_text(encoding="cp1252").splitlines()
    codes = {row.split(";")[1] for row in rows if row.startswith("express;") and not row.split(";")[1].isdigit()}
    assert codes - set(wire.STATES) == {"CS", "PY"}, "of these two nobody learns where the parcel is"
    assert set(wire.STATES) <= codes
