"""The Yurtiçi client against the fake carrier over HTTP, and its envelopes against the fake's WSDL with zeep."""

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
from providers.cargo import yurtici_calls as calls
from providers.cargo.yurtici import Yurtici
from providers.sandboxes.yurtici import create
from tests.providers.cargo.carrier_rig import CarrierRig, soap_rig
from tests.providers.cargo.yurtici_support import account, request
from tests.support.serving import serve

HOUR = 3600


class Rig(CarrierRig):
    def made(self, **changes: str) -> Yurtici:
        return Yurtici(self.http, account(self.base, self.box.credentials | changes))

    def key(self, reference: str) -> str:
        return calls.cargo_key(reference)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with soap_rig(Rig, create()) as made:
        yield made


def ways() -> list[Any]:
    cash = Money.of("749.9", "TRY")
    return [
        request(reference="b3b7c0de" * 4),
        request(reference="REF000002", payer=Payer.RECEIVER),
        request(reference="REF000003", cash_on_delivery=cash),
        request(reference="REF000004", cash_on_delivery=cash, options={"cod_method": "card"}),
    ]


async def test_probe_creates_nothing(rig: Rig) -> None:
    found = await rig.carrier.probe()
    assert found.facts["payments"] == "sender, receiver, cod_cash, cod_card"
    assert not found.warnings
    assert rig.box.truth_shipments() == []
    wrong = Yurtici(rig.http, account(rig.base, {**rig.box.credentials, "password": "x"}))
    with pytest.raises(ProviderError) as caught:
        await wrong.probe()
    assert caught.value.message.code == "auth.refused"
    partly = Yurtici(rig.http, account(rig.base, {**rig.box.credentials, "cod_card_password": "x"}))
    assert [w.field for w in (await partly.probe()).warnings] == ["cod_card_password"]


async def test_a_refused_address_is_not_a_wrong_password(rig: Rig) -> None:
    await rig.switch("ip_refused")
    with pytest.raises(ProviderError) as caught:
        await rig.carrier.probe()
    assert caught.value.message.code == "auth.ip_not_allowed"


async def test_unexpected(rig: Rig) -> None:
    await rig.switch("unexpected")
    for call in (rig.carrier.create(request()), rig.carrier.find("2026112400017")):
        with pytest.raises(ProviderError) as caught:
            await call
        assert caught.value.message.code == "server.error"


@pytest.mark.parametrize("no_code", [False, True])
async def test_every_way_of_paying_from_order_to_door(rig: Rig, no_code: bool) -> None:
    await rig.switch("no_err_code", no_code)
    made = ways()
    for one in made:
        shipment = await rig.carrier.create(one)
        assert (shipment.barcode, shipment.labels) == (calls.cargo_key(one.reference), ())
        row = rig.truth(one.reference)
        assert (row["receiver"], row["city"], row["town"], row["phone"]) == (
            "Elif Örnek",
            "İzmir",
            "Bornova",
            "05551112233",
        )
        assert row["cod_amount"] == ("749.90" if one.cash_on_delivery else "")
        assert row["count"] == 2
    assert [row["payment"] for row in rig.box.truth_shipments()] == ["sender", "receiver", "cod_cash", "cod_card"]
    references = [one.reference for one in made]
    steps = [
        (0, ShipmentStatus.CREATED),
        (4.1, ShipmentStatus.ACCEPTED),
        (2, ShipmentStatus.IN_TRANSIT),
        (30, ShipmentStatus.DELIVERED),
    ]
    for hours, status in steps:
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "UNKNOWN001"])
        assert {r.reference: r.status for r in reports} == dict.fromkeys(references, status)
        for one in reports:
            assert one.tracking_number == rig.truth(one.reference)["tracking_number"]
            assert [e.at for e in one.events] == sorted(e.at for e in one.events)
    assert all(r.delivered_at is not None and r.signed_by == "Elif Örnek" for r in reports)
    with pytest.raises(ProviderError) as caught:
        await rig.carrier.track(references)
    assert (caught.value.message.code, caught.value.message.retry_after) == ("rate.limited", 60)


async def test_find_and_cancel(rig: Rig) -> None:
    for one in ways():
        await rig.carrier.create(one)
        found = await rig.carrier.find(one.reference)
        assert found is not None
        assert found.status is ShipmentStatus.CREATED
    assert await rig.carrier.find("NOSUCHKEY1") is None
    assert (await rig.carrier.cancel("REF000003")).state is OutcomeState.DONE
    assert (await rig.carrier.cancel("REF000003")).state is OutcomeState.DONE
    assert rig.truth("REF000003")["status"] == "CNL"
    refused = await rig.carrier.cancel("NOSUCHKEY1")
    assert refused.state is OutcomeState.REFUSED
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("REF000004")
    assert late.state is OutcomeState.REFUSED
    assert late.message is not None
    assert late.message.code == "item.conflict"


async def test_a_second_create_makes_no_second_parcel(rig: Rig) -> None:
    one = ways()[0]
    first = await rig.carrier.create(one)
    again = await rig.carrier.create(one)
    assert (again.reference, again.barcode) == (first.reference, first.barcode)
    assert len(rig.box.truth_shipments()) == 1
    await rig.carrier.cancel(one.reference)
    await rig.later(90)
    with pytest.raises(ProviderError) as caught:  # keys stay used for ever
        await rig.carrier.create(one)
    assert caught.value.message.code == "item.duplicate"


async def test_an_answer_that_is_lost_is_found_again(rig: Rig) -> None:
    """Through the real pipeline: the fake acts and hangs up; the caller looks it up by our reference."""
    network = Network(on_sample=SampleRing())
    try:
        policy = Policy(1, "yk", "Yurtiçi", 15.0, frozenset({"127.0.0.1"}))
        carrier = Yurtici(network.client(policy, rig.base), rig.carrier.account)
        await rig.control("faults", [{"kind": "drop_after", "contains": "createShipment"}])
        with pytest.raises(ProviderError) as caught:
            await carrier.create(request())
        assert caught.value.message.code == "net.cut"
        found = await carrier.find("2026112400017")
        assert found is not None
        assert len(rig.box.truth_shipments()) == 1
    finally:
        await network.close()


@pytest.mark.parametrize(("fate", "status"), [("return", ShipmentStatus.RETURNED), ("block", ShipmentStatus.CANCELLED), ("invoice_cancel", ShipmentStatus.PROBLEM)])  # fmt: skip
async def test_other_fates(rig: Rig, fate: str, status: ShipmentStatus) -> None:
    await rig.carrier.create(request(reference="REF000002"))
    await rig.switch(f"{fate}:REF000002")
    await rig.later(60 * HOUR)
    [report] = await rig.carrier.track(["REF000002"])
    assert report.status is status


async def test_a_parcel_that_nobody_scans(rig: Rig) -> None:
    await rig.switch("never_accept")
    await rig.carrier.create(request())
    await rig.later(100 * HOUR)
    [report] = await rig.carrier.track(["2026112400017"])
    assert (report.status, report.tracking_number) == (ShipmentStatus.CREATED, "")


def test_the_envelopes_fit_the_wsdl() -> None:
    """zeep, bound to the fake's WSDL, makes the same element names, texts and namespaces out of our values."""
    keys = calls.key_set(account(), calls.Payment.SENDER)
    sent: list[Call] = [
        *(calls.create_request(keys, one) for one in ways()),
        calls.query_request(keys, ["2026112400017", "REF000002"], history=True),
        calls.cancel_request(keys, "REF000002"),
    ]
    box = create()
    with serve(box.app) as base, zeep.Client(f"{base}{calls.PATH}?wsdl") as client:
        for call in sent:
            [ours] = list(etree.fromstring(call.body or b"")[1])
            values: dict[str, Any] = {}
            for element in ours:
                value = {str(e.tag): e.text for e in element} if len(element) else element.text
                if element.tag in ("keys", "cargoKeys"):
                    values.setdefault(element.tag, []).append(value)
                else:
                    values[str(element.tag)] = value
            values.update({k: v == "true" for k, v in values.items() if k in ("addHistoricalData", "onlyTracking")})
            made = client.create_message(client.service, etree.QName(ours).localname, **values)
            [theirs] = list(made.find("{*}Body"))
            assert flat(theirs) == flat(ours)


def flat(element: etree._Element) -> list[tuple[str, str]]:
    """Path and text of every leaf, sorted: the WSDL's order of optional fields is the fake's own."""
    tree = element.getroottree()
    leaves = [(tree.getelementpath(e).replace("[1]", ""), e) for e in element.iter() if not len(e)]
    return sorted((path.rpartition("Body/")[2], e.text or "") for path, e in leaves)
