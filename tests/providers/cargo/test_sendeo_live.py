"""The Sendeo client against the fake carrier over HTTP, through the real pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.contracts import OutcomeState
from app.model import Money, Parcel, Payer, ShipmentStatus
from providers.cargo.sendeo import Sendeo
from providers.sandboxes.sendeo import create
from tests.providers.cargo.carrier_rig import TokenRig, refused, token_rig
from tests.providers.cargo.sendeo_support import account, request

HOUR = 3600
KEY = "PX-2026-0001"


class Rig(TokenRig):
    name = "sendeo"

    def made(self, **changes: str) -> Sendeo:
        return Sendeo(self.piped(), account(self.base, {**self.box.credentials, **changes}))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with token_rig(Rig, create()) as made:
        yield made


async def test_from_order_to_door(rig: Rig) -> None:
    ways = [
        request(reference="PX-2026-0001"),
        request(reference="PX-2026-0002", payer=Payer.RECEIVER, parcels=(Parcel(1200, 200, 100, 300),) * 3),
        request(reference="PX-2026-0003", cash_on_delivery=Money.of("749.9", "TRY")),
        request(reference="PX-2026-0004", options={"branch_code": "3501"}),
        request(reference="bir / iki"),
    ]
    for one in ways:
        made = await rig.carrier.create(one)
        assert len(made.labels) == len(one.parcels)
        assert all(label.data.startswith(b"^XA") for label in made.labels)
        assert made.tracking_number
    rows = rig.box.truth_shipments()
    assert [row["cod"] for row in rows] == ["", "", "749.90", "", ""]
    assert [row["payer"] for row in rows] == ["1", "2", "1", "1", "1"]
    assert [row["count"] for row in rows] == [2, 3, 2, 2, 2]
    assert {(row["receiver"], row["city"], row["district"]) for row in rows} == {("Elif Örnek", "İzmir", "Bornova")}
    references = [one.reference for one in ways]
    steps = (
        (0, ShipmentStatus.CREATED),
        (5, ShipmentStatus.ACCEPTED),
        (2, ShipmentStatus.IN_TRANSIT),
        (20, ShipmentStatus.OUT_FOR_DELIVERY),
        (10, ShipmentStatus.DELIVERED),
    )
    for hours, status in steps:
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "PX-9999"])
        assert {one.reference: one.status for one in reports} == dict.fromkeys(references, status)
        assert all(one.events for one in reports)
    assert all(one.delivered_at is not None for one in reports)


async def test_tracking_is_thirty_minutes_old_and_the_list_is_not(rig: Rig) -> None:
    await rig.carrier.create(request())
    (before,) = await rig.carrier.track([KEY])
    assert (await rig.carrier.cancel(KEY)).state is OutcomeState.DONE
    (after,) = await rig.carrier.track([KEY])
    assert (before.status, after.status) == (ShipmentStatus.CREATED, ShipmentStatus.CREATED)
    found = await rig.carrier.find(KEY)
    assert found is not None
    assert found.status is ShipmentStatus.CANCELLED
    assert rig.counters()["from_cache"] == 1
    await rig.later(1860)
    (report,) = await rig.carrier.track([KEY])
    assert report.status is ShipmentStatus.CANCELLED


async def test_keys(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts["user"] == rig.box.credentials["musteri"]
    error = await refused(rig.made(sifre="yanlis").probe(), "auth.refused")
    assert error.message.field == "sifre"
    await rig.switch("ip_refused")
    error = await refused(rig.made().probe(), "auth.ip_not_allowed")
    assert "203.0.113.7" in error.message.vendor_text
    await refused(rig.carrier.create(request()), "auth.ip_not_allowed")
    await rig.switch("ip_refused", False)
    await rig.switch("account_closed")
    await refused(rig.carrier.create(request()), "auth.suspended")
    await rig.switch("account_closed", False)
    await rig.switch("unexpected")
    await refused(rig.carrier.create(request()), "server.error")
    assert rig.box.truth_shipments() == []


@pytest.mark.parametrize("twins", [False, True])
async def test_a_lost_answer_doubles_nothing(rig: Rig, twins: bool) -> None:
    await rig.switch("twins", twins)
    await rig.control("faults", {"kind": "drop_after", "path": "SETDELIVERY"})
    await refused(rig.carrier.create(request()), "net.cut")
    found = await rig.carrier.find(KEY)
    assert found is not None
    assert len(found.labels) == 2
    assert rig.counters()[f"shipment:{KEY}"] == 1
    if not twins:
        again = await rig.carrier.create(request())
        assert (again.tracking_number, len(again.labels)) == (found.tracking_number, 2)
        assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_a_call_that_never_arrived_is_not_found(rig: Rig) -> None:
    await rig.carrier.probe()
    await rig.control("faults", {"kind": "drop", "path": "SETDELIVERY"})
    await refused(rig.carrier.create(request()), "net.cut")
    assert await rig.carrier.find(KEY) is None


async def test_a_missing_label_is_fetched_later(rig: Rig) -> None:
    await rig.switch("no_label")
    made = await rig.carrier.create(request())
    assert (made.labels, bool(made.tracking_number)) == ((), True)
    await rig.switch("no_label", False)
    found = await rig.carrier.find(KEY)
    assert found is not None
    assert len(found.labels) == 2


async def test_cancelling(rig: Rig) -> None:
    await rig.carrier.create(request())
    for _ in range(2):
        assert (await rig.carrier.cancel(KEY)).state is OutcomeState.DONE
    assert rig.truth(KEY)["cancelled"]
    await refused(rig.carrier.create(request()), "item.duplicate")
    never = await rig.carrier.cancel("PX-9999")
    assert never.message is not None
    assert (never.state, never.message.code) == (OutcomeState.REFUSED, "item.not_found")
    await rig.carrier.create(request(reference="PX-2026-0009"))
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("PX-2026-0009")
    assert late.message is not None
    assert (late.state, late.message.code) == (OutcomeState.REFUSED, "item.conflict")
    assert not rig.truth("PX-2026-0009")["cancelled"]


async def test_a_cancellation_whose_answer_is_lost(rig: Rig) -> None:
    await rig.carrier.create(request())
    await rig.control("faults", {"kind": "drop_after", "path": "CANCELDELIVERY"})
    assert (await rig.carrier.cancel(KEY)).state is OutcomeState.UNKNOWN
    assert (await rig.carrier.cancel(KEY)).state is OutcomeState.DONE
    assert rig.counters()["cancels"] == 1


@pytest.mark.parametrize(
    ("fate", "hours", "status"),
    [
        ("return", 40, ShipmentStatus.PROBLEM),
        ("return", 60, ShipmentStatus.RETURNED),
        ("problem", 60, ShipmentStatus.PROBLEM),
        ("lost", 60, ShipmentStatus.PROBLEM),
    ],
)
async def test_other_fates(rig: Rig, fate: str, hours: int, status: ShipmentStatus) -> None:
    await rig.carrier.create(request())
    await rig.switch(f"{fate}:{KEY}")
    await rig.later(hours * HOUR)
    (report,) = await rig.carrier.track([KEY])
    assert report.status is status


async def test_a_state_that_nobody_knows_changes_nothing(rig: Rig) -> None:
    for reference in (KEY, "PX-2026-0002"):
        await rig.carrier.create(request(reference=reference))
    await rig.control("damage", {"remote_id": KEY})
    odd, good = await rig.carrier.track([KEY, "PX-2026-0002"])
    assert (odd.status, good.status) == (ShipmentStatus.UNKNOWN, ShipmentStatus.CREATED)
    found = await rig.carrier.find(KEY)
    assert found is not None, "it is there, whatever its state"
