"""The DHL Express client against the fake carrier over HTTP, through the real pipeline."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.contracts import OutcomeState
from app.model import LabelFormat, Parcel, ShipmentRequest, ShipmentStatus
from providers.cargo.dhl_express import DhlExpress
from providers.sandboxes.dhl_express import create
from tests.providers.cargo.carrier_rig import TokenRig, refused, token_rig
from tests.providers.cargo.dhl_express_support import ABROAD, EXPORT, account, request

HOUR = 3600
KEY = "PX-2026-0001"


class Rig(TokenRig):
    name = "dhl"

    def made(self, **changes: str) -> DhlExpress:
        held = account(self.base, {**self.box.credentials, **changes})
        # The fake refuses a day that is past by its own clock.
        object.__setattr__(
            held, "now", lambda: datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=self.box.clock.offset)
        )
        return DhlExpress(self.piped(), held)

    async def later(self, seconds: float) -> None:
        await self.control("clock", {"advance": seconds})


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with token_rig(Rig, create()) as made:
        yield made


def ways() -> list[ShipmentRequest]:
    return [
        request(),
        request(reference="PX-2026-0002", parcels=(Parcel(1200, 200, 100, 300),) * 3),
        request(reference="PX-2026-0003", receiver=ABROAD, options=EXPORT),
        request(reference="PX-2026-0004", receiver=ABROAD, options={"goods": "documents"}, parcels=(Parcel(500),)),
        request(reference="bir / iki"),
    ]


async def test_from_order_to_door(rig: Rig) -> None:
    for one in ways():
        made = await rig.carrier.create(one)
        assert made.labels
        assert all(label.format is LabelFormat.PDF and label.data.startswith(b"%PDF") for label in made.labels)
        assert len(made.barcode.split()) == len(one.parcels)
    rows = rig.box.truth_shipments()
    assert [row["count"] for row in rows] == [2, 3, 2, 1, 2]
    assert rows[0]["receiver"] == "Elif Örnek"
    assert {row["reference"] for row in rows} >= {KEY, "PX-2026-0003"}
    references = [one.reference for one in ways()]
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
    assert all(one.delivered_at is not None and one.events for one in reports)


@pytest.mark.parametrize(("kind", "head"), [("zpl", b"^XA"), ("epl", b"")])
async def test_the_printers_own_language(rig: Rig, kind: str, head: bytes) -> None:
    made = await rig.made(label_format=kind).create(request())
    assert [one.format for one in made.labels] == [LabelFormat(kind)]
    assert made.labels[0].data.lstrip().startswith(head)


async def test_keys(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts["user"] == rig.box.credentials["account_number"]
    error = await refused(rig.made(password="yanlis").probe(), "auth.refused")
    assert error.message.field == "password"
    error = await refused(rig.made(account_number="999999999").probe(), "config.field")
    assert error.message.field == "account_number"
    await refused(rig.made(account_number="999999999").create(request()), "config.field")
    await rig.switch("ip_refused")
    error = await refused(rig.carrier.create(request()), "auth.ip_not_allowed")
    assert "203.0.113.7" in error.message.vendor_text
    await rig.switch("ip_refused", False)
    await rig.switch("account_closed")
    error = await refused(rig.carrier.create(request()), "auth.forbidden")
    assert error.message.vendor_code == "8003"
    await rig.switch("account_closed", False)
    await rig.switch("unexpected")
    await refused(rig.carrier.create(request()), "server.error")
    assert rig.box.truth_shipments() == []


async def test_a_lost_answer_doubles_nothing(rig: Rig) -> None:
    await rig.control("faults", {"kind": "drop_after", "path": "/shipments"})
    await refused(rig.carrier.create(request()), "net.cut")
    found = await rig.carrier.find(KEY)
    assert found is not None
    assert [one.format for one in found.labels] == [LabelFormat.PDF], "the waybill document"
    assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_a_lost_answer_that_tracking_does_not_show_yet(rig: Rig) -> None:
    await rig.switch("track_404")
    await rig.control("faults", {"kind": "drop_after", "path": "/shipments"})
    await refused(rig.carrier.create(request()), "net.cut")
    await refused(rig.carrier.find(KEY), "net.cut")
    await refused(rig.carrier.create(request()), "net.cut")
    await rig.switch("track_404", False)
    assert (await rig.carrier.create(request())).tracking_number
    assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_a_call_that_never_arrived_is_made_after_half_an_hour(rig: Rig) -> None:
    await rig.control("faults", {"kind": "drop", "path": "/shipments"})
    await refused(rig.carrier.create(request()), "net.cut")
    await refused(rig.carrier.find(KEY), "net.cut")
    await rig.later(1860)
    assert await rig.carrier.find(KEY) is None
    await rig.carrier.create(request())
    assert rig.counters()[f"shipment:{KEY}"] == 1


async def test_a_missing_label_leaves_a_shipment(rig: Rig) -> None:
    await rig.switch("no_label")
    made = await rig.carrier.create(request())
    assert (made.labels, bool(made.tracking_number)) == ((), True)


async def test_there_is_no_cancelling_but_of_the_pickup(rig: Rig) -> None:
    await rig.carrier.create(request(options={"pickup": "yes"}))
    assert rig.counters()["pickups"] == 1
    outcome = await rig.carrier.cancel(KEY)
    assert outcome.message is not None
    assert (outcome.state, outcome.message.code) == (OutcomeState.REFUSED, "item.no_cancel")
    assert (rig.counters()["pickup_cancels"], rig.counters().get("cancels", 0)) == (1, 0)
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


async def test_a_damaged_record_costs_only_itself(rig: Rig) -> None:
    for reference in (KEY, "PX-2026-0002"):
        await rig.carrier.create(request(reference=reference))
    await rig.control("damage", {"remote_id": KEY})
    reports = {one.reference: one.status for one in await rig.carrier.track([KEY, "PX-2026-0002"])}
    assert reports["PX-2026-0002"] is ShipmentStatus.CREATED
    assert reports.get(KEY, ShipmentStatus.UNKNOWN) in (ShipmentStatus.UNKNOWN, ShipmentStatus.CREATED)
