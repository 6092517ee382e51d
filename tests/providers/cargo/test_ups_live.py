"""The UPS client against the fake carrier over HTTP, through the real pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.contracts import OutcomeState, ProviderError
from app.model import LabelFormat, ShipmentStatus
from providers.cargo.ups import Ups
from providers.sandboxes.ups import create
from tests.providers.cargo.carrier_rig import TokenRig, token_rig
from tests.providers.cargo.ups_support import KEYS, account, exported, request

HOUR = 3600


class Rig(TokenRig):
    name = "ups"

    def made(self, **changes: str) -> Ups:
        return Ups(self.piped(), account(self.base, {**KEYS, **self.box.credentials, **changes}))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with token_rig(Rig, create()) as made:
        yield made


async def refused(doing: Any, code: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await doing
    assert caught.value.message.code == code, caught.value.message
    return caught.value


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


async def test_a_lost_question_is_no_answer(rig: Rig) -> None:
    """The call never got through, which nobody here knows: not asked again before UPS would have to know it."""
    await rig.control("faults", {"kind": "drop_after", "path": "/ship"})
    await rig.switch("ignore_writes")
    await refused(rig.carrier.create(request()), "net.cut")
    await rig.switch("ignore_writes", False)
    await refused(rig.carrier.find("PX20260001"), "net.cut")


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


async def test_cancelling(rig: Rig) -> None:
    await rig.carrier.create(request())
    for _ in range(2):
        assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert rig.truth("PX20260001")["cancelled"]
    found = await rig.carrier.find("PX20260001")
    assert found is None or found.status is ShipmentStatus.CANCELLED
    never = await rig.carrier.cancel("PX99999999")
    assert never.state is OutcomeState.REFUSED
    await rig.carrier.create(request(reference="PX00000009"))
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("PX00000009")
    assert late.state is OutcomeState.REFUSED
    assert late.message is not None
    assert late.message.code == "item.conflict"
    assert not rig.truth("PX00000009")["cancelled"]


async def test_a_cancellation_whose_answer_is_lost(rig: Rig) -> None:
    await rig.carrier.create(request())
    await rig.control("faults", {"kind": "drop_after", "path": "/void/"})
    assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.UNKNOWN
    found = await rig.carrier.find("PX20260001")
    assert found is None or found.status is ShipmentStatus.CANCELLED
    assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.DONE


@pytest.mark.parametrize(("fate", "status"), [("return", ShipmentStatus.RETURNED), ("problem", ShipmentStatus.PROBLEM), ("lost", ShipmentStatus.PROBLEM)])  # fmt: skip
async def test_other_fates(rig: Rig, fate: str, status: ShipmentStatus) -> None:
    await rig.carrier.create(request())
    await rig.switch(f"{fate}:PX20260001")
    await rig.later(60 * HOUR)
    (report,) = await rig.carrier.track(["PX20260001"])
    assert report.status is status


async def test_one_unreadable_record_costs_no_other(rig: Rig) -> None:
    for reference in ("PX20260001", "PX20260002"):
        await rig.carrier.create(request(reference=reference))
    await rig.control("damage", {"remote_id": "PX20260001"})
    reports = {one.reference: one for one in await rig.carrier.track(["PX20260001", "PX20260002"])}
    assert reports["PX20260002"].status is ShipmentStatus.CREATED
    assert "PX20260001" not in reports or reports["PX20260001"].status is ShipmentStatus.UNKNOWN


async def test_an_unexpected_error_is_theirs(rig: Rig) -> None:
    await rig.carrier.probe()
    await rig.switch("unexpected")
    await refused(rig.carrier.create(request()), "server.error")


async def test_prices(rig: Rig) -> None:
    for one in (request(reference=""), exported(reference="")):
        found = await rig.carrier.rates(one)
        assert found
        assert [rate.price.amount for rate in found] == sorted(rate.price.amount for rate in found)
    assert rig.box.truth_shipments() == []


async def test_what_ups_refuses_names_its_field(rig: Rig) -> None:
    error = await refused(rig.carrier.create(exported(to_postcode="ABCDEFGHI", to_country="US", to_state="NY")), "address.refused")  # fmt: skip
    assert error.message.field == "postcode"
    assert rig.box.truth_shipments() == []
