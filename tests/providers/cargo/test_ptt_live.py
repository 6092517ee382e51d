"""The PTT client against the fake carrier over HTTP, and its envelopes against the fake's WSDLs with zeep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import zeep
from lxml import etree

from app.contracts import OutcomeState, ProviderError
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.kit import Call
from app.model import Money, Payer, ShipmentStatus
from providers.cargo import ptt_calls as calls
from providers.cargo.ptt import Ptt
from providers.sandboxes.ptt import create
from tests.providers.cargo.carrier_rig import CarrierRig, soap_rig
from tests.providers.cargo.ptt_support import REFERENCE, account, request
from tests.providers.cargo.soap_schemas import body_of
from tests.support.serving import serve

HOUR = 3600
OTHER = "PX-2026-0002"


class Rig(CarrierRig):
    def made(self, **changes: str) -> Ptt:
        return Ptt(self.http, account(self.base, self.box.credentials | changes))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with soap_rig(Rig, create()) as made:
        yield made


def ways() -> list[Any]:
    return [
        request(),
        request(reference="b3b7c0de" * 4, payer=Payer.RECEIVER),
        request(reference="2611240000000003", cash_on_delivery=Money.of("749.9", "TRY")),
    ]


async def test_probe_creates_nothing(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts == {"user": rig.box.credentials["customer_id"]}
    assert rig.box.truth_shipments() == []
    with pytest.raises(ProviderError) as caught:
        await rig.made(password="x").probe()
    assert (caught.value.message.code, caught.value.message.field) == ("auth.refused", "password")


@pytest.mark.parametrize(
    ("feature", "code"),
    [("ip_refused", "auth.ip_not_allowed"), ("account_closed", "auth.suspended"), ("unexpected", "server.error")],
)
async def test_the_account_s_own_troubles(rig: Rig, feature: str, code: str) -> None:
    await rig.switch(feature)
    for doing in (
        rig.carrier.probe(),
        rig.carrier.create(request()),
        rig.carrier.find(OTHER),
        rig.carrier.track([OTHER]),
    ):
        with pytest.raises(ProviderError) as caught:
            await doing
        assert caught.value.message.code == code
        if feature == "ip_refused":
            assert caught.value.message.params["address"] == "203.0.113.7"
    assert rig.box.truth_shipments() == []


async def test_every_way_of_paying_from_order_to_door(rig: Rig) -> None:
    made = ways()
    for one in made:
        shipment = await rig.carrier.create(one)
        row = rig.truth(one.reference)
        assert (shipment.barcode, shipment.tracking_number, shipment.labels) == (row["pieces"][0], row["tracking_number"], ())  # fmt: skip
        assert (row["receiver"], row["city"], row["district"], row["phone"]) == ("Elif Örnek", "İZMİR", "BORNOVA", "5551112233")  # fmt: skip
        assert row["cod"] == ("749.90" if one.cash_on_delivery else "")
        assert (row["count"], row["desi"], row["grams"]) == (1, "2", "1200")
    assert [row["payer"] for row in rig.box.truth_shipments()] == ["MH", "UA", "MH"]
    references = [one.reference for one in made]
    steps = [
        (0, ShipmentStatus.CREATED), (4.1, ShipmentStatus.ACCEPTED), (2, ShipmentStatus.IN_TRANSIT),
        (20.5, ShipmentStatus.OUT_FOR_DELIVERY), (10, ShipmentStatus.DELIVERED),
    ]  # fmt: skip
    for hours, status in steps:
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "NOSUCH"])
        assert {r.reference: r.status for r in reports} == dict.fromkeys(references, status)
        for one in reports:
            assert one.tracking_number == rig.truth(one.reference)["tracking_number"]
            assert [e.at for e in one.events] == sorted(e.at for e in one.events)
    assert all(r.delivered_at is not None and r.signed_by == "Elif Örnek" for r in reports)
    assert all(len(r.events) == 6 for r in reports)


@pytest.mark.parametrize("feature", ["", "sonuc_0", "tracking_pttak"])
async def test_find_and_cancel(rig: Rig, feature: str) -> None:
    if feature:
        await rig.switch(feature)
    for one in ways():
        await rig.carrier.create(one)
        found = await rig.carrier.find(one.reference)
        assert found is not None
        assert (found.status, found.barcode) == (ShipmentStatus.CREATED, rig.truth(one.reference)["pieces"][0])
    assert await rig.carrier.find("NOSUCH") is None
    for _ in range(2):
        assert (await rig.carrier.cancel(REFERENCE)).state is OutcomeState.DONE
    assert rig.truth(REFERENCE)["cancelled"]
    refused = await rig.carrier.cancel("NOSUCH")
    assert (refused.state, refused.message and refused.message.code) == (OutcomeState.REFUSED, "item.not_found")
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("2611240000000003")
    assert (late.state, late.message and late.message.code) == (OutcomeState.REFUSED, "item.conflict")


async def test_a_second_create_makes_no_second_parcel(rig: Rig) -> None:
    first = await rig.carrier.create(request())
    again = await rig.carrier.create(request())
    assert (again.reference, again.barcode) == (first.reference, first.barcode)
    await rig.later(5 * HOUR)
    assert (await rig.carrier.create(request())).status is ShipmentStatus.ACCEPTED
    assert rig.counters()["shipments"] == 1
    await rig.carrier.create(request(reference=OTHER))
    await rig.carrier.cancel(OTHER)
    with pytest.raises(ProviderError) as caught:  # references stay used
        await rig.carrier.create(request(reference=OTHER))
    assert caught.value.message.code == "item.duplicate"


async def test_a_narrow_range_is_used_to_its_end(rig: Rig) -> None:
    """Ten numbers: parcels whose numbers meet get others, each its own, and then the field says why no more are made."""
    narrow = rig.made(barcode_to="275036500010")
    made: list[str] = []
    with pytest.raises(ProviderError) as caught:
        for n in range(11):
            made.append((await narrow.create(request(reference=f"26112400000000{n:02}"))).barcode)
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "barcode_to")
    assert len(set(made)) == len(made) >= 5
    for n in range(len(made)):
        assert (await narrow.cancel(f"26112400000000{n:02}")).state is OutcomeState.DONE, "its file is found again"


async def test_an_answer_that_is_lost_is_found_again(rig: Rig) -> None:
    """Through the real pipeline: the fake acts and hangs up; the caller looks it up by our reference."""
    network = Network(on_sample=SampleRing())
    try:
        policy = Policy(1, "ptt", "PTT", 15.0, frozenset({"127.0.0.1"}))
        carrier = Ptt(network.client(policy, rig.base), rig.carrier.account)
        await rig.control("faults", [{"kind": "drop_after", "contains": "kabulEkle2"}])
        with pytest.raises(ProviderError) as caught:
            await carrier.create(request())
        assert caught.value.message.code == "net.cut"
        found = await carrier.find(REFERENCE)
        assert found is not None
        assert found.barcode == calls.barcode(rig.carrier.account, REFERENCE)
        assert rig.counters()[f"shipment:{REFERENCE}"] == 1
    finally:
        await network.close()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"to_city": "YOKİL"}, "city"), ({"to_district": "Şişli"}, "district")],
)
async def test_a_place_that_ptt_does_not_have(rig: Rig, changes: dict[str, str], field: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await rig.carrier.create(request(**changes))
    assert (caught.value.message.code, caught.value.message.field) == ("address.refused", field)
    assert rig.box.truth_shipments() == []


async def test_cash_without_a_postal_cheque_account_and_a_foreign_range(rig: Rig) -> None:
    with pytest.raises(ProviderError) as caught:
        await rig.made(postal_cheque_account="").create(request(cash_on_delivery=Money.of("5", "TRY")))
    assert caught.value.message.field == "postal_cheque_account"
    with pytest.raises(ProviderError) as caught:
        await rig.made(barcode_from="275037500001", barcode_to="275037599999").create(request())
    assert (caught.value.message.code, caught.value.message.field) == ("config.field", "barcode_from")


@pytest.mark.parametrize(
    ("fate", "status"),
    [
        ("return", ShipmentStatus.RETURNED),
        ("problem", ShipmentStatus.PROBLEM),
        ("lost", ShipmentStatus.PROBLEM),
    ],
)
async def test_other_fates(rig: Rig, fate: str, status: ShipmentStatus) -> None:
    await rig.carrier.create(request())
    await rig.switch(f"{fate}:{REFERENCE}")
    await rig.later(60 * HOUR)
    [report] = await rig.carrier.track([REFERENCE])
    assert report.status is status


async def test_parcels_that_nobody_scans_are_called_off_or_cannot_be_read(rig: Rig) -> None:
    await rig.switch("never_accept")
    for reference in (REFERENCE, OTHER, "PX-2026-0003"):
        await rig.carrier.create(request(reference=reference))
    await rig.later(100 * HOUR)
    await rig.control("cancel", {"remote_id": OTHER})
    await rig.control("damage", {"remote_id": "PX-2026-0003"})
    found = {one.reference: one.status for one in await rig.carrier.track([REFERENCE, OTHER, "PX-2026-0003"])}
    assert (found[REFERENCE], found[OTHER]) == (ShipmentStatus.CREATED, ShipmentStatus.CANCELLED)


def test_the_envelopes_fit_the_wsdl() -> None:
    """zeep, bound to the fake's WSDLs, makes the same elements in the same order out of our values."""
    who = account()
    sent: list[Call] = [
        *(calls.create_request(who, one) for one in ways()),
        calls.cancel_request(who, "2750365698456", "PX-1-0-0"),
        calls.find_request(who, REFERENCE),
        calls.probe_request(who, "2750365698456"),
    ]
    box = create()
    with serve(box.app) as base:
        for path in (calls.UPLOAD_PATH, calls.TRACKING_PATH):
            with zeep.Client(f"{base}{path}?wsdl") as client:
                for call in (one for one in sent if one.path == path):
                    ours = body_of(call.body or b"")
                    name = etree.QName(ours).localname
                    made = client.create_message(client.service, name, **values_of(ours))
                    assert leaves(body_of(etree.tostring(made))) == leaves(ours)


def values_of(element: etree._Element) -> dict[str, Any]:
    return {etree.QName(one).localname: values_of(one) if len(one) else one.text for one in element}


def leaves(element: etree._Element) -> list[tuple[str, str]]:
    return [(str(one.tag), one.text or "") for one in element.iter() if not len(one)]
