"""The TNT client against the fake carrier over HTTP, through the real pipeline."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.contracts import OutcomeState
from app.model import Parcel, ShipmentRequest, ShipmentStatus
from providers.cargo.tnt import Tnt
from providers.sandboxes.tnt import create
from tests.providers.cargo.carrier_rig import TokenRig, refused, token_rig
from tests.providers.cargo.tnt_support import ABROAD, BOX, EXPORT, account, request

HOUR = 3600
KEY = "PX-2026-0001"


class Rig(TokenRig):
    name = "tnt"

    def made(self, **changes: str) -> Tnt:
        held = account(self.base, {**self.box.credentials, **changes})
        # The fake refuses a day that is past by its own clock.
        object.__setattr__(
            held, "now", lambda: datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=self.box.clock.offset)
        )
        return Tnt(self.piped(), held)

    async def later(self, seconds: float) -> None:
        await self.control("clock", {"advance": seconds})


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with token_rig(Rig, create()) as made:
        yield made


def ways() -> list[ShipmentRequest]:
    return [
        request(),
        request(reference="PX-2026-0002", parcels=(BOX,) * 3),
        request(reference="PX-2026-0003", receiver=ABROAD, options=EXPORT),
        request(
            reference="PX-2026-0004",
            receiver=ABROAD,
            options={"goods": "documents"},
            parcels=(Parcel(500, 300, 200, 10),),
        ),
        request(reference="bir / iki"),
    ]


async def test_from_order_to_door(rig: Rig) -> None:
    for one in ways():
        made = await rig.carrier.create(one)
        assert made.labels == (), "our own label is printed"
        assert len(made.barcode.split()) in (1, len(one.parcels))
        assert made.tracking_number
    rows = rig.box.truth_shipments()
    assert [row["count"] for row in rows] == [2, 3, 2, 1, 2]
    assert rows[0]["receiver"] == "Elif Ornek", "in ASCII, and told so"
    references = [one.reference for one in ways()]
    steps = (
        (5, {ShipmentStatus.ACCEPTED, ShipmentStatus.IN_TRANSIT}),
        (2, {ShipmentStatus.IN_TRANSIT}),
        (20, {ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.IN_TRANSIT}),
        (10, {ShipmentStatus.DELIVERED}),
    )
    for hours, expected in steps:
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "PX-9999"])
        assert {one.reference for one in reports} == set(references)
        assert {one.status for one in reports} <= expected, hours
    assert all(one.delivered_at is not None and one.events for one in reports)


async def test_the_letters_are_told(rig: Rig) -> None:
    made = await rig.carrier.create(request())
    assert made.extra["letters.name"] == "Elif Örnek → Elif Ornek"
    assert made.extra["letters.city"] == "İzmir → Izmir"


async def test_keys(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts["user"] == rig.box.credentials["account_number"]
    for doing in (rig.made(password="yanlis").probe(), rig.made(password="yanlis").create(request())):
        error = await refused(doing, "auth.refused")
        assert error.message.field == "password"
    for doing in (rig.made(account_number="999999999").probe(), rig.made(account_number="999999999").create(request())):
        error = await refused(doing, "config.field")
        assert error.message.field == "account_number"
    await rig.switch("ip_refused")
    error = await refused(rig.carrier.create(request()), "auth.ip_not_allowed")
    assert "203.0.113.7" in error.message.vendor_text
    await rig.switch("ip_refused", False)
    await rig.switch("account_closed")
    await refused(rig.carrier.create(request()), "auth.forbidden")
    await rig.switch("account_closed", False)
    await rig.switch("unexpected")
    await refused(rig.carrier.create(request()), "server.error")
    assert rig.box.truth_shipments() == []


async def test_a_lost_answer_doubles_nothing(rig: Rig) -> None:
    await rig.control("faults", {"kind": "drop_after", "path": "/shipping/ship"})
    await refused(rig.carrier.create(request()), "net.cut")
    found = await rig.carrier.find(KEY)
    assert found is not None
    assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_a_lost_result_is_fetched_by_its_code(rig: Rig) -> None:
    await rig.control("faults", {"kind": "drop", "contains": "GET_RESULT", "count": -1})
    await refused(rig.carrier.create(request()), "net.cut")
    assert (await rig.http.delete("/_control/faults")).status_code == 200
    fresh = Tnt(rig.http, rig.carrier.account)  # after a restart: only the notebook is left
    found = await fresh.find(KEY)
    assert found is not None
    assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_a_call_that_never_arrived_is_made_after_half_an_hour(rig: Rig) -> None:
    await rig.control("faults", {"kind": "drop", "path": "/shipping/ship"})
    await refused(rig.carrier.create(request()), "net.cut")
    await refused(rig.carrier.find(KEY), "net.cut")
    await rig.later(1860)
    assert await rig.carrier.find(KEY) is None
    await rig.carrier.create(request())
    assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_there_is_no_cancelling(rig: Rig) -> None:
    await rig.carrier.create(request())
    outcome = await rig.carrier.cancel(KEY)
    assert outcome.message is not None
    assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.no_cancel")
    assert rig.counters().get("cancels", 0) == 0
    never = await rig.carrier.cancel("PX-9999")
    assert never.message is not None
    assert never.message.code == "item.not_found"
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel(KEY)
    assert late.message is not None
    assert late.message.code == "item.conflict"


async def test_prices(rig: Rig) -> None:
    for one in (request(), request(receiver=ABROAD, options=EXPORT)):
        found = await rig.carrier.rates(one)
        assert found
        assert [rate.price.amount for rate in found] == sorted(rate.price.amount for rate in found)
    assert rig.box.truth_shipments() == []


@pytest.mark.parametrize("fate", ["return", "problem", "lost"])
async def test_other_fates(rig: Rig, fate: str) -> None:
    await rig.carrier.create(request())
    await rig.switch(f"{fate}:{KEY}")
    await rig.later(40 * HOUR)
    (report,) = await rig.carrier.track([KEY])
    assert report.status is ShipmentStatus.PROBLEM


async def test_a_damaged_record_costs_only_itself(rig: Rig) -> None:
    for reference in (KEY, "PX-2026-0002"):
        await rig.carrier.create(request(reference=reference))
    await rig.control("damage", {"remote_id": KEY})
    reports = {one.reference: one.status for one in await rig.carrier.track([KEY, "PX-2026-0002"])}
    assert reports["PX-2026-0002"] is ShipmentStatus.CREATED
    assert reports.get(KEY, ShipmentStatus.UNKNOWN) is ShipmentStatus.UNKNOWN
