"""The DHL eCommerce Türkiye client against the fake carrier over HTTP, through the real pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.contracts import OutcomeState, YoursError
from app.model import Money, Payer, ShipmentStatus
from providers.cargo.mng import Mng
from providers.sandboxes.mng import create
from tests.providers.cargo.carrier_rig import TokenRig, refused, token_rig
from tests.providers.cargo.mng_support import KEYS, account, request

HOUR = 3600


class Rig(TokenRig):
    name = "mng"

    def made(self, **changes: str) -> Mng:
        return Mng(self.piped(), account(self.base, {**KEYS, **self.box.credentials, **changes}))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with token_rig(Rig, create()) as made:
        yield made


@pytest.mark.parametrize("shape", ["", "bare_objects", "capital_errors"])
async def test_from_order_to_door(rig: Rig, shape: str) -> None:
    if shape:
        await rig.switch(shape)
    ways = [
        request(reference="PX00000001"),
        request(reference="PX00000002", payer=Payer.RECEIVER),
        request(reference="PX00000003", cash_on_delivery=Money.of("749.9", "TRY"), to_tax_number="1234567890"),
        request(reference="küçük harfli"),
    ]
    for one in ways:
        made = await rig.carrier.create(one)
        assert len(made.labels) == 2
        assert all(label.data.startswith(b"^XA") for label in made.labels)
        assert made.tracking_number
    assert [row["cod"] for row in rig.box.truth_shipments()].count("") == 3
    assert [row["payer"] for row in rig.box.truth_shipments()] == ["1", "2", "1", "1"]
    assert all(row["invoiced"] for row in rig.box.truth_shipments())
    references = [one.reference for one in ways]
    for hours, status in ((0, ShipmentStatus.CREATED), (7, ShipmentStatus.IN_TRANSIT), (40, ShipmentStatus.DELIVERED)):
        await rig.later(hours * HOUR)
        reports = await rig.carrier.track([*references, "PX99999999"])
        assert {one.reference: one.status for one in reports} == dict.fromkeys(references, status)
        assert all(one.events for one in reports)
    assert all(one.delivered_at is not None and one.signed_by for one in reports)
    found = await rig.carrier.find("PX00000001")
    assert found is not None
    assert found.price is not None
    assert rig.counters()["barcodes"] == 4


async def test_keys_products_and_environments(rig: Rig) -> None:
    assert (await rig.carrier.probe()).facts["user"] == {**KEYS, **rig.box.credentials}["customer_number"]
    await refused(rig.made(password="yanlis-sifre").probe(), "auth.refused")
    await refused(rig.made(client_secret="f" * 32).probe(), "auth.refused")
    for product, name in (("standardqueryapi", "Standard Query"), ("cbsinfoapi", "CBS Info"), ("identity", "Identity")):
        await rig.switch(f"unsubscribed:{product}")
        error = await refused(rig.made().probe(), "auth.forbidden")
        assert error.message.params["product"] == name
        await rig.switch(f"unsubscribed:{product}", False)
    await rig.switch("wrong_environment")
    error = await refused(rig.made().probe(), "auth.refused")
    assert error.message.vendor_code == "20013"
    await rig.switch("wrong_environment", False)
    rig.network.reset_breaker(1)  # as when the merchant types other keys
    await rig.switch("account_closed")
    await refused(rig.made().probe(), "auth.suspended")
    assert rig.box.truth_shipments() == []


async def test_a_barcode_that_this_address_may_not_make(rig: Rig) -> None:
    """The order stays; when the address is allowed, the same wish adopts it."""
    await rig.switch("ip_refused")
    error = await refused(rig.carrier.create(request()), "auth.ip_not_allowed")
    assert "203.0.113.7" in error.message.vendor_text
    await rig.switch("ip_refused", False)
    made = await rig.carrier.create(request())
    assert len(made.labels) == 2
    assert (rig.counters()["shipments"], rig.counters()["barcodes"]) == (1, 1)


async def test_a_branch_that_is_known_later(rig: Rig) -> None:
    await rig.switch("slow_branches")
    made = await rig.carrier.create(request())
    assert made.labels == ()
    await rig.later(200)
    found = await rig.carrier.find("PX20260001")
    assert found is not None
    assert len(found.labels) == 2
    assert rig.counters()["barcode:PX20260001"] == 1


@pytest.mark.parametrize("path", ["createOrder", "createbarcode"])
async def test_a_lost_answer_doubles_nothing(rig: Rig, path: str) -> None:
    await rig.control("faults", {"kind": "drop_after", "path": path})
    await refused(rig.carrier.create(request()), "net.cut")
    found = await rig.carrier.find("PX20260001")
    assert found is not None
    assert bool(found.labels) is (path == "createOrder")
    again = await rig.carrier.create(request())
    assert again.tracking_number == found.tracking_number
    assert (rig.counters()["shipment:PX20260001"], rig.counters()["barcode:PX20260001"]) == (1, 1)


async def test_a_lost_label_where_the_merchant_allows_to_ask_again(rig: Rig) -> None:
    await rig.switch("barcode_again")
    carrier = rig.made(label_again="yes")
    await rig.control("faults", {"kind": "drop_after", "path": "createbarcode"})
    await refused(carrier.create(request()), "net.cut")
    found = await carrier.find("PX20260001")
    assert found is not None
    assert len(found.labels) == 2
    assert rig.counters()["barcode:PX20260001"] == 1


async def test_a_missing_label(rig: Rig) -> None:
    await rig.switch("no_label")
    made = await rig.carrier.create(request())
    assert (made.labels, bool(made.tracking_number)) == ((), True)


async def test_a_tax_number_is_never_made_up(rig: Rig) -> None:
    await rig.switch("tax_number_needed")
    error = await refused(rig.carrier.create(request()), "address.refused")
    assert error.message.field == "tax_number"
    assert (await rig.carrier.create(request(to_tax_number="12345678901"))).labels


async def test_cancelling(rig: Rig) -> None:
    await rig.carrier.create(request())
    for _ in range(2):
        assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert rig.truth("PX20260001")["cancelled"]
    assert await rig.carrier.find("PX20260001") is None
    await refused(rig.carrier.create(request()), "item.duplicate")
    never = await rig.carrier.cancel("PX99999999")
    assert never.state is OutcomeState.REFUSED
    await rig.carrier.create(request(reference="PX00000009"))
    await rig.later(5 * HOUR)
    late = await rig.carrier.cancel("PX00000009")
    assert late.state is OutcomeState.REFUSED
    assert late.message is not None
    assert late.message.code == "item.conflict"
    assert not rig.truth("PX00000009")["cancelled"]


@pytest.mark.parametrize("path", ["cancelshipment", "cancelorder"])
async def test_a_cancellation_whose_answer_is_lost(rig: Rig, path: str) -> None:
    await rig.carrier.create(request())
    await rig.control("faults", {"kind": "drop_after", "path": path})
    assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.UNKNOWN
    found = await rig.carrier.find("PX20260001")
    assert found is None or found.status is ShipmentStatus.CANCELLED
    assert (await rig.carrier.cancel("PX20260001")).state is OutcomeState.DONE
    assert (rig.truth("PX20260001")["cancelled"], rig.counters()["barcode:PX20260001"]) == (True, 1)


@pytest.mark.parametrize(("fate", "status"), [("return", ShipmentStatus.RETURNED), ("problem", ShipmentStatus.PROBLEM), ("lost", ShipmentStatus.PROBLEM)])  # fmt: skip
async def test_other_fates(rig: Rig, fate: str, status: ShipmentStatus) -> None:
    await rig.carrier.create(request())
    await rig.switch(f"{fate}:PX20260001")
    await rig.later(60 * HOUR)
    (report,) = await rig.carrier.track(["PX20260001"])
    assert report.status is status


async def test_a_state_that_nobody_knows_changes_nothing(rig: Rig) -> None:
    for reference in ("PX20260001", "PX20260002"):
        await rig.carrier.create(request(reference=reference))
    await rig.control("damage", {"remote_id": "PX20260001"})
    odd, good = await rig.carrier.track(["PX20260001", "PX20260002"])
    assert (odd.status, good.status) == (ShipmentStatus.UNKNOWN, ShipmentStatus.CREATED)
    found = await rig.carrier.find("PX20260001")
    assert found is not None, "it is there, whatever its state"


async def test_an_unexpected_error_is_theirs(rig: Rig) -> None:
    await rig.carrier.probe()
    await rig.switch("unexpected")
    await refused(rig.carrier.create(request()), "server.error")


async def test_districts_of_the_carrier(rig: Rig) -> None:
    with pytest.raises(YoursError) as caught:
        await rig.carrier.create(request(to_district="Bornowa"))
    assert (caught.value.message.field, "BORNOVA" in caught.value.message.vendor_text) == ("district", True)
    assert rig.box.truth_shipments() == []
