"""The UPS client against the fake carrier over HTTP, through the real pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.model import LabelFormat, ShipmentStatus
from providers.cargo.ups import Ups
from providers.sandboxes.ups import create
from tests.providers.cargo.carrier_rig import refused, token_rig
from tests.providers.cargo.global_trade import (  # noqa: F401 - tests that run here as well
    HOUR,
    GlobalRig,
    test_a_cancellation_whose_answer_is_lost,
    test_a_lost_question_is_no_answer,
    test_an_unexpected_error_is_theirs,
    test_cancelling,
    test_one_unreadable_record_costs_no_other,
    test_other_fates,
    test_prices,
)
from tests.providers.cargo.ups_support import KEYS, account, exported, request


class Rig(GlobalRig):
    name = "ups"
    request, exported = staticmethod(request), staticmethod(exported)
    ship_path, void_path = "/ship", "/void/"

    def made(self, **changes: str) -> Ups:
        return Ups(self.piped(), account(self.base, {**KEYS, **self.box.credentials, **changes}))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with token_rig(Rig, create()) as made:
        yield made


async def test_from_label_to_door(rig: Rig) -> None:
    ways = [
        request(reference="PX00000001"),
        exported(reference="PX00000002"),
        exported(reference="PX00000003", to_country="US", to_state="NY", to_city="New York", to_postcode="10001", to_phone="+1 212 555 0100"),
        request(reference="küçük harfli"),
    ]  # fmt: skip
    for one in ways:
        made = await rig.carrier.create(one)
        assert len(made.labels) == 2
        assert all(label.format is LabelFormat.ZPL and b"^XA" in label.data for label in made.labels)
        assert made.tracking_number.startswith("1Z")
        assert made.price is not None
    assert [row["country"] for row in rig.box.truth_shipments()] == ["TR", "DE", "US", "TR"]
    references = [one.reference for one in ways]
    for hours, status in ((0, ShipmentStatus.CREATED), (7, ShipmentStatus.IN_TRANSIT), (40, ShipmentStatus.DELIVERED)):
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "PX99999999"])
        assert {one.reference: one.status for one in reports} == dict.fromkeys(references, status)
        assert all(one.events for one in reports)
    assert all(one.delivered_at is not None for one in reports)


async def test_turkish_letters_stand_in_the_label(rig: Rig) -> None:
    made = await rig.carrier.create(request(to_name="Çağrı Işık Öztürk"))
    assert all(b"?" not in one.data for one in made.labels)


async def test_keys(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts["user"]
    error = await refused(rig.made(client_secret="y" * 24).probe(), "auth.refused")
    assert error.message.field
    await rig.switch("ip_refused")
    error = await refused(rig.made().probe(), "auth.ip_not_allowed")
    assert "203.0.113.7" in error.message.vendor_text
    await rig.switch("ip_refused", False)
    await rig.switch("account_closed")
    await refused(rig.carrier.create(request()), "auth.suspended")
    await rig.switch("account_closed", False)
    error = await refused(rig.made(account_number="ZZZZZ9").create(request()), "auth.refused")
    assert error.message.field == "account_number"
    assert rig.box.truth_shipments() == []


async def test_a_lost_answer_doubles_nothing(rig: Rig) -> None:
    await rig.control("faults", {"kind": "drop_after", "path": "/ship"})
    await refused(rig.carrier.create(request()), "net.cut")
    found = await rig.carrier.find("PX20260001")
    assert found is not None
    assert len(found.labels) == 2
    assert rig.counters()["shipment:PX20260001"] == 1


@pytest.mark.parametrize(("form", "look"), [("pdf", b"%PDF"), ("epl", b"N")])
async def test_other_label_languages(rig: Rig, form: str, look: bytes) -> None:
    made = await rig.made(label_format=form).create(request())
    assert [one.format for one in made.labels] == [LabelFormat(form)] * 2
    assert all(look in one.data[:200] for one in made.labels)


async def test_a_missing_label(rig: Rig) -> None:
    await rig.switch("no_label")
    made = await rig.carrier.create(request())
    assert (made.labels, bool(made.tracking_number)) == ((), True)
    await rig.switch("no_label", False)
    found = await rig.carrier.find("PX20260001")
    assert found is not None
    assert len(found.labels) == 2


async def test_what_ups_refuses_names_its_field(rig: Rig) -> None:
    error = await refused(rig.carrier.create(exported(to_postcode="ABCDEFGHI", to_country="US", to_state="NY")), "address.refused")  # fmt: skip
    assert error.message.field == "postcode"
    assert rig.box.truth_shipments() == []
