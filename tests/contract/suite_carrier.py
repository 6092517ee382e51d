"""Carriers: a shipment is made once whatever happens to the answer, is found again by our reference, and can be called off."""

from __future__ import annotations

from app.contracts import OutcomeState, TheirsError
from app.model import Address, Parcel, ShipmentRequest, ShipmentStatus
from tests.contract.checks import check, was_lost
from tests.contract.rig import Rig

RECEIVER = Address(
    name="Çağrı Işık Öztürk", street="Şehit Ömer Sk. No:12 D:3 Gülbağ Mah.", district="Şişli", city="İstanbul", postcode="34394",
    country="TR", phone="+905321234567",
)  # fmt: skip


def request(reference: str) -> ShipmentRequest:
    return ShipmentRequest(
        reference, RECEIVER, (Parcel(1200, 200, 100, 150),), order_number="2026-11-0042", invoice_number=f"F{reference}",
        content="Ahşap Işıldak",
    )  # fmt: skip


@check("carrier")
async def a_shipment_is_made_and_found(rig: Rig) -> None:
    provider = rig.provider()
    assert await provider.find("PX0000000001") is None
    made = await provider.create(request("PX0000000001"))
    assert made.reference == "PX0000000001"
    rig.advance(rig.peculiar.settle_s)
    found = await provider.find("PX0000000001")
    assert found is not None
    assert found.reference == "PX0000000001"
    assert found.status is not ShipmentStatus.UNKNOWN
    rows = rig.truth("shipments")
    assert len(rows) == 1
    if rig.subject.manifest.params.get("letters") == "ascii":
        assert rows[0]["receiver"] == "Cagri Isik Ozturk"
        assert f"{RECEIVER.name} → Cagri Isik Ozturk" in made.extra.values(), "never silently"
    else:
        assert rows[0]["receiver"] == RECEIVER.name, "Turkish letters on the way out"
    assert rig.counters()["shipments"] == 1


@check("carrier")
async def a_lost_answer_is_adopted(rig: Rig) -> None:
    """Created, answer lost: never sent again by itself; `find` brings it back."""
    provider = rig.provider()
    rig.fault("drop_after", 1)
    try:
        await provider.create(request("PX0000000002"))
    except TheirsError as error:
        was_lost(error)
    rig.advance(rig.peculiar.settle_s)
    found = await provider.find("PX0000000002")
    assert found is not None
    assert found.reference == "PX0000000002"
    assert rig.counters()["shipments"] == 1
    assert any(one["fault"] == "drop_after" for one in rig.get("calls"))


@check("carrier")
async def a_shipment_is_called_off(rig: Rig) -> None:
    provider = rig.provider()
    await provider.create(request("PX0000000003"))
    rig.advance(rig.peculiar.settle_s)
    outcome = await provider.cancel("PX0000000003")
    rig.advance(rig.peculiar.settle_s)
    found = await provider.find("PX0000000003")
    if rig.peculiar.cancels:
        assert outcome.state is OutcomeState.DONE
        assert found is None or found.status is ShipmentStatus.CANCELLED
        again = await provider.cancel("PX0000000003")
        assert again.state in (OutcomeState.DONE, OutcomeState.REFUSED)
    else:
        # Said as it is, to the client's caller and to the merchant: nothing was taken back.
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.message is not None
        assert outcome.message.code == "item.no_cancel"
        assert rig.subject.manifest.params["cancel"] == "none"
        assert found is not None
        assert found.status is ShipmentStatus.CREATED
        assert not any(row["cancelled"] for row in rig.truth("shipments"))
    never = await provider.cancel("PX0999999999")
    assert never.state is OutcomeState.REFUSED
    assert never.message is not None
    assert never.message.code == "item.not_found"


@check("carrier", "tracking")
async def parcels_are_tracked(rig: Rig) -> None:
    provider = rig.provider()
    for reference in ("PX0000000004", "PX0000000005"):
        await provider.create(request(reference))
    rig.advance(3 * 24 * 3600)
    reports = {one.reference: one for one in await provider.track(["PX0000000004", "PX0000000005", "PX0999999999"])}
    assert set(reports) == {"PX0000000004", "PX0000000005"}
    assert all(one.status is ShipmentStatus.DELIVERED for one in reports.values()), reports
    assert all(one.events == tuple(sorted(one.events, key=lambda e: e.at)) for one in reports.values())
    assert all(one.tracking_number for one in reports.values())


@check("rates")
async def prices_are_asked(rig: Rig) -> None:
    """Cheapest first, one a service, and nothing is booked by it."""
    provider = rig.provider()
    found = await provider.rates(request(""))
    assert found, "no price"
    assert all(one.price.amount > 0 and one.service for one in found), found
    assert len({one.service for one in found}) == len(found)
    assert len({one.price.currency for one in found}) > 1 or list(found) == sorted(
        found, key=lambda one: one.price.amount
    )
    assert all(one.days is None or one.days > 0 for one in found)
    assert not rig.truth("shipments")
    assert not rig.counters().get("shipments")
