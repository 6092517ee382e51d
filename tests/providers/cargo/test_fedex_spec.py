"""Every request of the FedEx client against FedEx' own OpenAPI exports, and answers made of their examples through our parsers."""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import parse_qs

import jsonschema_rs
import pytest

from app.contracts import YoursError
from app.kit import Call
from app.model import Parcel, Payer, ShipmentRequest
from providers.cargo import fedex_calls as calls
from providers.cargo import fedex_wire as wire
from tests.providers.cargo.fedex_support import ABROAD, GOODS, NOW, RECEIVER, account, packed, reply, request
from tests.providers.cargo.openapi_judge import Judge

ROUNDS = 30
TRACE = "0123456789ABCDEF0123456789ABCDEF"
SHIP, TRACK = Judge("fedex/ship-api.json"), Judge("fedex/track.json")
#: The document says "one of" a full schema and its samples, which all fit at once.
RATE = Judge("fedex/rate-api.json", bodies={"/rate/v1/rates/quotes": "Full_Schema_Quote_Rate"})
#: Function → (document, method, path).
PATHS = {
    "create_request": (SHIP, "post", "/ship/v1/shipments"),
    "cancel_request": (SHIP, "put", "/ship/v1/shipments/cancel"),
    "reference_request": (TRACK, "post", "/track/v1/referencenumbers"),
    "number_request": (TRACK, "post", "/track/v1/trackingnumbers"),
    "rates_request": (RATE, "post", "/rate/v1/rates/quotes"),
}
WORDS = ("Şişe", "İğne işi", 'a "b" & <c>', "emoji 🎁", "½ kg kâse")


def generated(seed: int) -> ShipmentRequest:
    """A request that the client lets through: at home and abroad, papers and goods."""
    chance = random.Random(seed)
    away = seed % 2 == 1
    goods = [GOODS, {**GOODS, "incoterm": "DDP", "hs_code": ""}, {"goods": "documents"}]
    options = dict(chance.choice(goods if away else [*goods, {}]))
    payer = chance.choice(list(Payer))
    if payer is Payer.RECEIVER:
        options["payer_account"] = "987654321"
    if chance.random() < 0.5:
        options["service"] = chance.choice(calls.SERVICES)
    parcels = tuple(
        Parcel(chance.choice((1, 999, 1200, 25_000, 68_000)), *(chance.choice((0, 1, 333, 999)) for _ in range(3)))
        for _ in range(chance.randint(1, 5))
    )
    to: dict[str, Any] = {"to_name": chance.choice(("Elif Örnek", "IŞIK ĞÜÖ", "Aİ", "x" * 70))}
    if away and chance.random() < 0.5:
        to |= {"to_country": "US", "to_state": "NY", "to_city": "New York", "to_postcode": "10001"}
    return request(
        reference=chance.choice((f"PX-2026-{seed:04d}", f"küçük / {seed}", "x" * 64)), receiver=ABROAD if away else RECEIVER,
        parcels=parcels, content=chance.choice(WORDS) * chance.randint(1, 30), note=chance.choice(WORDS), payer=payer, options=options,
        invoice_number=chance.choice(("", "FTR2026000000001")), to_company=chance.choice(("", "Örnek A.Ş.")),
        to_street=" ".join(chance.choice(("Gül", "Lale", "12/4", "Straße")) for _ in range(chance.randint(1, 14))), **to,
    )  # fmt: skip


def made_calls(name: str, seed: int) -> list[Call]:
    one = generated(seed)
    held = account(
        label_format=("zpl", "epl", "pdf", "png")[seed % 4], sender_company=("", "Örnek Ltd.")[seed % 2], pickup=calls.PICKUPS[seed % 3]
    )  # fmt: skip
    assert calls.check_request(held, one) is None
    assert calls.check_rates(one) is None
    key = calls.reference_value(one.reference)
    given: dict[str, tuple[Any, ...]] = {
        "create_request": (held, one, NOW, TRACE),
        "cancel_request": (held, f"{794953555571 + seed}", TRACE),
        "reference_request": (held, key, NOW, TRACE),
        "number_request": (f"{794953555571 + seed}", TRACE),
        "rates_request": (held, one, TRACE),
    }
    return [getattr(calls, name)(*given[name])]


@pytest.mark.parametrize("name", sorted(PATHS))
def test_every_request_fits_the_documents(name: str) -> None:
    judge, method, path = PATHS[name]
    for seed in range(ROUNDS):
        for call in made_calls(name, seed):
            judge.check(call, method, path)


def test_the_token_request_has_the_reference_s_fields() -> None:
    """The exports have no document of the token."""
    for seed in range(ROUNDS):
        for project in ("ship", "track"):
            asked = calls.token_request(account(**{f"{project}_secret": f"şifre {seed} &="}), project)
            form = {key: value for key, (value,) in parse_qs(asked.content.decode()).items()}
            assert asked.url.path == "/oauth/token"
            assert set(form) == {"grant_type", "client_id", "client_secret"}
            assert form["client_secret"] == f"şifre {seed} &="


def test_every_request_is_judged() -> None:
    made = {name for name in vars(calls) if name.endswith("_request") and not name.startswith("check")}
    assert made == {*PATHS, "token_request"}


def test_the_judge_can_say_no() -> None:
    judge, method, path = PATHS["create_request"]
    (call,) = made_calls("create_request", 1)
    for bend in (
        lambda body: body["requestedShipment"].pop("serviceType"),
        lambda body: body["requestedShipment"].update(servise="x"),
        lambda body: body["requestedShipment"].update(pickupType="TOMORROW"),
        lambda body: body["requestedShipment"]["requestedPackageLineItems"][0]["weight"].update(value="1.2"),
    ):
        body = json.loads(call.body or b"")
        bend(body)
        bent = Call(call.method, call.path, "create", call.params, call.headers, json.dumps(body).encode())
        with pytest.raises(jsonschema_rs.ValidationError):
            judge.check(bent, method, path)


def test_every_text_is_within_its_length() -> None:
    """The document has these lengths in words only."""
    for seed in range(ROUNDS):
        (call,) = made_calls("create_request", seed)
        shipment = json.loads(call.body or b"")["requestedShipment"]
        for party in (shipment["shipper"], *shipment["recipients"]):
            assert all(1 <= len(one) <= 35 for one in party["address"]["streetLines"])
            assert 1 <= len(party["address"]["streetLines"]) <= 3
            assert len(party["contact"].get("personName", "")) <= 70
            assert len(party["contact"].get("companyName", "")) <= 35
            assert 10 <= len(party["contact"]["phoneNumber"]) <= 15


# -- answers -------------------------------------------------------------------------------------------------------------
def test_answers_of_the_documents() -> None:
    made = SHIP.answer("post", "/ship/v1/shipments")
    piece = made["output"]["transactionShipments"][0]["pieceResponses"][0]
    piece["packageDocuments"][0] |= {"contentType": "LABEL", "docType": "PDF", "encodedLabel": packed("%PDF")}
    rates = made["output"]["transactionShipments"][0]["completedShipmentDetail"]["shipmentRating"]
    rates["shipmentRateDetails"][0]["currency"] = "TRY"
    shipment = wire.parse_created(reply(made), "PX1")
    assert (len(shipment.labels), bool(shipment.tracking_number), shipment.price is not None) == (1, True, True)
    assert wire.was_cancelled(reply(SHIP.answer("put", "/ship/v1/shipments/cancel")))
    for path in ("/track/v1/referencenumbers", "/track/v1/trackingnumbers"):
        tracked = TRACK.answer("post", path)
        for row in tracked["output"]["completeTrackResults"][0]["trackResults"]:
            row.pop("error")
        pieces = wire.parse_pieces(reply(tracked))
        report = wire.to_report(pieces, "PX1")
        assert report.tracking_number
        assert report.events
    prices = RATE.answer("post", "/rate/v1/rates/quotes")
    assert len(wire.parse_rates(reply(prices))) == 1


def test_a_refusal_inside_an_answer_of_the_document() -> None:
    """Its example of an error in a result says that no number was sent."""
    tracked = TRACK.answer("post", "/track/v1/trackingnumbers")
    assert tracked["output"]["completeTrackResults"][0]["trackResults"][0]["error"]["code"]
    with pytest.raises(YoursError) as caught:
        wire.parse_pieces(reply(tracked))
    assert caught.value.message.vendor_code == "TRACKING.TRACKINGNUMBER.EMPTY"
