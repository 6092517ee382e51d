"""The Aras client against the fake carrier over HTTP, and its envelopes against the fake's WSDLs with zeep."""

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
from app.model import LabelFormat, Money, Payer, ShipmentStatus
from providers.cargo import aras_calls as calls
from providers.cargo.aras import Aras
from providers.sandboxes.aras import create
from tests.providers.cargo.aras_support import CODE, account, request
from tests.providers.cargo.carrier_rig import CarrierRig, soap_rig
from tests.providers.cargo.soap_schemas import body_of
from tests.support.serving import serve

HOUR = 3600


class Rig(CarrierRig):
    def made(self, **changes: str) -> Aras:
        return Aras(self.http, account(self.base, self.box.credentials | changes))

    def key(self, reference: str) -> str:
        return calls.integration_code(reference)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with soap_rig(Rig, create()) as made:
        yield made


def ways() -> list[Any]:
    cash = Money.of("749.9", "TRY")
    return [
        request(reference="b3b7c0de" * 4),
        request(reference="2611240000000002", payer=Payer.RECEIVER),
        request(reference="2611240000000003", cash_on_delivery=cash),
        request(reference="2611240000000004", cash_on_delivery=cash, options={"cod_method": "card"}),
    ]


async def test_probe_creates_nothing(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts == {"user": "neodyum, neodyum-sorgu"}
    assert rig.box.truth_shipments() == []
    for key in ("order_password", "query_password", "customer_code"):
        with pytest.raises(ProviderError) as caught:
            await rig.made(**{key: "1234567890"}).probe()
        assert caught.value.message.code == "auth.refused"
    chosen = await rig.made(carrier_label="pdf").probe()
    assert [(one.code, one.field) for one in chosen.warnings] == [("auth.forbidden", "carrier_label")]
    await rig.switch("label_right")
    assert not (await rig.made(carrier_label="pdf").probe()).warnings


@pytest.mark.parametrize(
    ("feature", "codes"),
    [
        ("ip_refused", {"auth.ip_not_allowed"}),
        ("account_closed", {"auth.suspended"}),
        ("unexpected", {"server.error"}),
    ],
)
async def test_the_account_s_own_troubles(rig: Rig, feature: str, codes: set[str]) -> None:
    await rig.switch(feature)
    for doing in (
        rig.carrier.probe(),
        rig.carrier.create(request()),
        rig.carrier.find(CODE),
        rig.carrier.track([CODE]),
    ):
        with pytest.raises(ProviderError) as caught:
            await doing
        assert caught.value.message.code in codes
        if feature == "ip_refused":
            assert caught.value.message.params["address"] == "203.0.113.7"
    assert rig.box.truth_shipments() == []


async def test_every_way_of_paying_from_order_to_door(rig: Rig) -> None:
    made = ways()
    for one in made:
        shipment = await rig.carrier.create(one)
        row = rig.truth(one.reference)
        assert (shipment.barcode.split(), shipment.labels) == (row["pieces"], ())
        assert (row["receiver"], row["city"], row["district"], row["phone"]) == ("Elif Örnek", "İZMİR", "BORNOVA", "5551112233")  # fmt: skip
        assert row["cod"] == ("749.90" if one.cash_on_delivery else "")
        assert (row["count"], row["desi"], row["kg"]) == (2, "2", "1.7")
    assert [row["payer"] for row in rig.box.truth_shipments()] == ["1", "2", "1", "1"]
    references = [one.reference for one in made]
    steps = [
        (0, ShipmentStatus.CREATED), (4.1, ShipmentStatus.ACCEPTED), (2, ShipmentStatus.IN_TRANSIT),
        (20.5, ShipmentStatus.OUT_FOR_DELIVERY), (10, ShipmentStatus.DELIVERED),
    ]  # fmt: skip
    for hours, status in steps:
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "999999999"])
        assert {r.reference: r.status for r in reports} == dict.fromkeys(references, status)
        for one in reports:
            waybill = status is not ShipmentStatus.CREATED
            assert one.tracking_number == (rig.truth(one.reference)["tracking_number"] if waybill else "")
            assert [e.at for e in one.events] == sorted(e.at for e in one.events)
            assert bool(one.events) == waybill
    assert all(r.delivered_at is not None and r.signed_by == "Elif Örnek" for r in reports)


async def test_find_and_cancel(rig: Rig) -> None:
    for one in ways():
        await rig.carrier.create(one)
        found = await rig.carrier.find(one.reference)
        assert found is not None
        assert (found.status, found.barcode.split()) == (ShipmentStatus.CREATED, rig.truth(one.reference)["pieces"])
    assert await rig.carrier.find("NOSUCHKEY1") is None
    for bare in (False, True):
        await rig.switch("bare_cancel", bare)
        assert (await rig.carrier.cancel("2611240000000003")).state is OutcomeState.DONE
        refused = await rig.carrier.cancel("NOSUCHKEY1")
        assert (refused.state, refused.message and refused.message.code) == (OutcomeState.REFUSED, "item.not_found")
    assert rig.truth("2611240000000003")["cancelled"]
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("2611240000000004")
    assert (late.state, late.message and late.message.code) == (OutcomeState.REFUSED, "item.conflict")


async def test_a_second_create_makes_no_second_parcel(rig: Rig) -> None:
    one = ways()[0]
    first = await rig.carrier.create(one)
    again = await rig.carrier.create(one)
    assert (again.reference, again.barcode) == (first.reference, first.barcode)
    await rig.later(5 * HOUR)
    cut = await rig.carrier.create(one)
    assert (cut.status, cut.barcode) == (ShipmentStatus.ACCEPTED, first.barcode)
    assert rig.counters()["shipments"] == 1
    other = ways()[1]
    await rig.carrier.create(other)
    await rig.carrier.cancel(other.reference)
    with pytest.raises(ProviderError) as caught:  # codes stay used
        await rig.carrier.create(other)
    assert caught.value.message.code == "item.duplicate"


async def test_an_answer_that_is_lost_is_found_again(rig: Rig) -> None:
    """Through the real pipeline: the fake acts and hangs up; the caller looks it up by our reference."""
    network = Network(on_sample=SampleRing())
    try:
        policy = Policy(1, "ak", "Aras", 15.0, frozenset({"127.0.0.1"}))
        carrier = Aras(network.client(policy, rig.base), rig.carrier.account)
        await rig.control("faults", [{"kind": "drop_after", "contains": "SetOrder"}])
        with pytest.raises(ProviderError) as caught:
            await carrier.create(request())
        assert caught.value.message.code == "net.cut"
        assert await carrier.find(CODE) is not None
        assert rig.counters()[f"shipment:{CODE}"] == 1
    finally:
        await network.close()


async def test_the_carrier_s_own_labels(rig: Rig) -> None:
    await rig.switch("label_right")
    for wanted in (LabelFormat.ZPL, LabelFormat.PDF):
        made = await rig.made(carrier_label=wanted.value).create(request(reference=f"26112400000{len(wanted)}{wanted == 'pdf':d}"))  # fmt: skip
        (label,) = made.labels
        assert label.format is wanted
        assert label.data.startswith(b"^XA" if wanted is LabelFormat.ZPL else b"%PDF")
    zpl = (await rig.made(carrier_label="zpl").create(request())).labels[0].data
    assert zpl.count(b"^XA") == 2, "one a piece"
    assert all(code.encode() in zpl for code in rig.truth(CODE)["pieces"])
    await rig.switch("no_label")
    bare = await rig.made(carrier_label="zpl").find(CODE)
    assert bare is not None
    assert bare.labels == ()


@pytest.mark.parametrize(("fate", "status"), [("return", ShipmentStatus.RETURNED), ("problem", ShipmentStatus.PROBLEM)])
async def test_other_fates(rig: Rig, fate: str, status: ShipmentStatus) -> None:
    await rig.carrier.create(request())
    await rig.switch(f"{fate}:{CODE}")
    await rig.later(60 * HOUR)
    [report] = await rig.carrier.track([CODE])
    assert report.status is status


async def test_a_parcel_that_nobody_scans_and_one_that_was_called_off_by_telephone(rig: Rig) -> None:
    await rig.switch("never_accept")
    await rig.carrier.create(request())
    await rig.carrier.create(request(reference="2611240000000002"))
    await rig.later(100 * HOUR)
    await rig.control("cancel", {"remote_id": "2611240000000002"})
    [report] = await rig.carrier.track([CODE, "2611240000000002"])
    assert (report.reference, report.status, report.tracking_number) == (CODE, ShipmentStatus.CREATED, "")


async def test_an_unreadable_record_costs_only_itself(rig: Rig) -> None:
    for reference in (CODE, "2611240000000002"):
        await rig.carrier.create(request(reference=reference))
    await rig.later(5 * HOUR)
    await rig.control("damage", {"remote_id": CODE})
    reports = {one.reference: one for one in await rig.carrier.track([CODE, "2611240000000002"])}
    assert reports["2611240000000002"].status is ShipmentStatus.ACCEPTED
    assert reports.get(CODE) is None or reports[CODE].status is not ShipmentStatus.DELIVERED


def test_the_envelopes_fit_the_wsdl() -> None:
    """zeep, bound to the fake's WSDLs, makes the same element names, texts and namespaces out of our values."""
    who = account()
    sent: list[Call] = [
        *(calls.create_request(who, one) for one in ways()),
        calls.order_request(who, CODE),
        calls.cancel_request(who, CODE),
        calls.label_request(who, CODE),
        calls.track_request(who, [CODE, "777777"]),
        calls.probe_request(who),
    ]
    box = create()
    with serve(box.app) as base:
        for path in (calls.ORDERS_PATH, calls.QUERY_PATH):
            with zeep.Client(f"{base}{path}?wsdl") as client:
                for call in (one for one in sent if one.path == path):
                    ours = body_of(call.body or b"")
                    name = etree.QName(ours).localname
                    made = client.create_message(client.service, name, **values_of(ours))
                    assert flat(body_of(etree.tostring(made))) == flat(ours)


def values_of(element: etree._Element) -> dict[str, Any]:
    return {etree.QName(one).localname: values_of(one) if len(one) else one.text for one in element} | {
        name: {etree.QName(many[0]).localname: [values_of(one) for one in many]}
        for name, many in ((etree.QName(one).localname, list(one)) for one in element)
        if name in ("orderInfo", "PieceDetails")
    }


def flat(element: etree._Element) -> list[tuple[str, str]]:
    """Path and text of every leaf, sorted: the WSDL's order of fields is the fake's own."""
    tree = element.getroottree()
    leaves = [(tree.getelementpath(e).replace("[1]", ""), e) for e in element.iter() if not len(e)]
    return sorted((path.rpartition("Body/")[2], e.text or "") for path, e in leaves)
