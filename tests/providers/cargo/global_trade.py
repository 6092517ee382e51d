"""What UPS and FedEx are alike in, through their clients: a test file of each imports these and says how its rig is made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.contracts import OutcomeState
from app.model import ShipmentRequest, ShipmentStatus
from tests.providers.cargo.carrier_rig import TokenRig, refused

HOUR = 3600


class GlobalRig(TokenRig):
    """`request` within Türkiye and `exported` abroad make wishes; `ship_path` and `void_path` are parts of the calls' paths."""

    request: Callable[..., ShipmentRequest]
    exported: Callable[..., ShipmentRequest]
    ship_path: str
    void_path: str


async def test_a_lost_question_is_no_answer(rig: GlobalRig) -> None:
    """The call never got through, which nobody here knows: not asked again before the carrier would have to know it."""
    await rig.control("faults", {"kind": "drop_after", "path": rig.ship_path})
    await rig.switch("ignore_writes")
    await refused(rig.carrier.create(rig.request()), "net.cut")
    await rig.switch("ignore_writes", False)
    await refused(rig.carrier.find("PX20260001"), "net.cut")


async def test_cancelling(rig: GlobalRig) -> None:
    await rig.carrier.create(rig.request())
    for _ in range(2):
        assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert rig.truth("PX20260001")["cancelled"]
    found = await rig.carrier.find("PX20260001")
    assert found is None or found.status is ShipmentStatus.CANCELLED
    never = await rig.carrier.cancel("PX99999999")
    assert never.state is OutcomeState.REFUSED
    await rig.carrier.create(rig.request(reference="PX00000009"))
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("PX00000009")
    assert late.state is OutcomeState.REFUSED
    assert late.message is not None
    assert late.message.code == "item.conflict"
    assert not rig.truth("PX00000009")["cancelled"]


async def test_a_cancellation_whose_answer_is_lost(rig: GlobalRig) -> None:
    await rig.carrier.create(rig.request())
    await rig.control("faults", {"kind": "drop_after", "path": rig.void_path})
    assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.UNKNOWN
    found = await rig.carrier.find("PX20260001")
    assert found is None or found.status is ShipmentStatus.CANCELLED
    assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.DONE


@pytest.mark.parametrize(("fate", "status"), [("return", ShipmentStatus.RETURNED), ("problem", ShipmentStatus.PROBLEM), ("lost", ShipmentStatus.PROBLEM)])  # fmt: skip
async def test_other_fates(rig: GlobalRig, fate: str, status: ShipmentStatus) -> None:
    await rig.carrier.create(rig.request())
    await rig.switch(f"{fate}:PX20260001")
    await rig.later(60 * HOUR)
    (report,) = await rig.carrier.track(["PX20260001"])
    assert report.status is status


async def test_one_unreadable_record_costs_no_other(rig: GlobalRig) -> None:
    for reference in ("PX20260001", "PX20260002"):
        await rig.carrier.create(rig.request(reference=reference))
    await rig.control("damage", {"remote_id": "PX20260001"})
    reports = {one.reference: one for one in await rig.carrier.track(["PX20260001", "PX20260002"])}
    assert reports["PX20260002"].status is ShipmentStatus.CREATED
    assert "PX20260001" not in reports or reports["PX20260001"].status is ShipmentStatus.UNKNOWN


async def test_an_unexpected_error_is_theirs(rig: GlobalRig) -> None:
    await rig.carrier.probe()
    await rig.switch("unexpected")
    await refused(rig.carrier.create(rig.request()), "server.error")


async def test_prices(rig: GlobalRig) -> None:
    for one in (rig.request(reference=""), rig.exported(reference="")):
        found = await rig.carrier.rates(one)
        assert found
        assert [rate.price.amount for rate in found] == sorted(rate.price.amount for rate in found)
    assert rig.box.truth_shipments() == []
