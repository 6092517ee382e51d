"""What a merchant does for the buyer after the sale: answering questions, telling where the invoice lies, splitting a package,
saying how many boxes it has, taking an order. Each is told once, and the vendor has it.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.contracts import OutcomeState
from app.model import Order, OrderStatus, QuestionStatus, ShipmentStatus, Window
from tests.contract.checks import check
from tests.contract.rig import Rig, Subject, orders_of
from tests.contract.suite_writes import shippable

LINK = "https://fatura.example.invalid/CONTRACT-0001.pdf"


@check("questions")
async def questions_are_answered(rig: Rig) -> None:
    rig.reset(orders=60, listings=20)
    provider = rig.provider()
    before = await _questions(rig, provider)
    waiting = [one for one in before.values() if one.status is QuestionStatus.OPEN]
    assert waiting, "the fake has no open question"
    chosen = waiting[0]
    assert chosen.text
    answer = "Merhaba, ürün üç iş günü içinde kargoya verilir. İyi günler dileriz."
    assert (await provider.answer(chosen.remote_id, answer)).state is OutcomeState.DONE
    rig.advance(rig.peculiar.visible_after_s)
    after = (await _questions(rig, provider))[chosen.remote_id]
    assert after.status in (QuestionStatus.IN_REVIEW, QuestionStatus.ANSWERED), after
    assert (await provider.answer(chosen.remote_id, answer)).state is OutcomeState.DONE, (
        "the same answer twice is harmless"
    )
    other = await provider.answer(chosen.remote_id, "Bambaşka bir yanıt, bu soruya artık verilemez.")
    assert other.state is OutcomeState.REFUSED, other


async def _questions(rig: Rig, provider: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    count = 0
    async for page in provider.questions(Window(rig.now() - timedelta(days=13), rig.now())):
        assert not page.rejects
        count += len(page.items)
        found |= {one.remote_id: one for one in page.items}
    assert count == len(found), "a question came twice"
    return found


@check("order_source", "invoice_links")
async def an_invoice_link_is_told_once(rig: Rig) -> None:
    provider = rig.provider()
    order = await shippable(rig, provider)
    for _ in range(2):
        outcome = await provider.send_invoice_link(order, LINK, "PXZ2026000000042", rig.now())
        assert outcome.state is OutcomeState.DONE, outcome
        rig.advance(rig.peculiar.visible_after_s)
    assert str(rig.truth("shipments")).count(LINK) == 1


@check("order_source", "package_splits")
async def a_package_is_split(rig: Rig) -> None:
    """No piece is lost: what the parts hold together is what the whole held."""
    rig.reset(orders=10)
    rig.post("orders", {"count": 40})
    rig.advance(rig.peculiar.visible_after_s)
    provider = rig.provider()
    whole = next(one for one in (await _orders(rig, provider)).values() if _divisible(one))
    line = whole.lines[0]
    outcome = await provider.split(whole, [[(line.remote_id, 1 if len(whole.lines) == 1 else line.quantity)]])
    assert outcome.state is OutcomeState.DONE, outcome
    rig.advance(max(rig.peculiar.visible_after_s, 300))
    alive = [one for one in (await _orders(rig, provider)).values() if one.number == whole.number and _open(one)]
    assert len(alive) == 2, alive
    assert _pieces(*alive) == _pieces(whole)


async def _orders(rig: Rig, provider: Any) -> dict[str, Order]:
    return orders_of(await rig.pull(provider, rig.beginning()))


def _open(order: Order) -> bool:
    return order.status is OrderStatus.OPEN and not order.fulfilled_by_channel


def _divisible(order: Order) -> bool:
    return _open(order) and sum(line.quantity for line in order.lines if not line.cancelled) > 1


def _pieces(*orders: Order) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in (line for one in orders for line in one.lines if not line.cancelled):
        found[line.sku] = found.get(line.sku, 0) + line.quantity
    return found


@check("order_source", "box_info")
async def boxes_are_told(rig: Rig) -> None:
    """Some carriers ask for it and the others refuse: whoever took it has the figure."""
    rig.reset(orders=10)
    rig.post("orders", {"count": 40})
    rig.advance(rig.peculiar.visible_after_s)
    provider = rig.provider()
    taken = 0
    for order in [one for one in (await _orders(rig, provider)).values() if _open(one)][:25]:
        outcome = await provider.set_box_info(order, 7, Decimal("4.5"))
        assert outcome.state in (OutcomeState.DONE, OutcomeState.REFUSED), outcome
        if outcome.state is OutcomeState.DONE:
            taken += 1
            assert (await provider.set_box_info(order, 7, Decimal("4.5"))).state is OutcomeState.DONE, (
                "twice is harmless"
            )
        else:
            assert outcome.message is not None
    assert taken, "nobody took it"
    assert sum(row.get("boxes") == 7 for row in rig.truth("shipments")) == taken


# -- orders that wait for the merchant's word ---------------------------------------------------------------------------
async def _waiting(rig: Rig, provider: Any, least: int = 1) -> list[Order]:
    """Orders that wait, of at least so many lines."""
    rig.reset(listings=20)
    rig.post("orders", {"count": 30})
    rig.advance(rig.peculiar.visible_after_s)
    found = [one for one in (await _orders(rig, provider)).values() if one.extra.get("waits_for") == "acceptance"]
    assert found, "no order of the fake's waits for acceptance"
    assert {one.status for one in found} == {OrderStatus.PENDING}, "it may not be shipped yet"
    chosen = [one for one in found if len(one.lines) >= least]
    assert chosen, f"none has {least} lines"
    return chosen


async def _again(rig: Rig, provider: Any, order: Order) -> Order:
    rig.advance(max(rig.peculiar.visible_after_s, 60))
    return (await _orders(rig, provider))[order.remote_id]


@check("order_source", "order_acceptance")
async def an_order_is_accepted(rig: Rig) -> None:
    """It goes on, and the same word again is harmless; to refuse it now is too late."""
    provider = rig.provider()
    order = (await _waiting(rig, provider))[0]
    for _ in range(2):
        outcome = await provider.accept(order)
        assert outcome.state is OutcomeState.DONE, outcome
    after = await _again(rig, provider, order)
    assert not after.extra.get("waits_for"), after.vendor_status
    assert after.status is not OrderStatus.CANCELLED
    assert not any(line.cancelled for line in after.lines)
    late = await provider.accept(order, ())
    assert (late.state, late.message is not None) == (OutcomeState.REFUSED, True), late


@check("order_source", "order_acceptance")
async def lines_and_orders_are_refused(rig: Rig) -> None:
    provider = rig.provider()
    waiting = await _waiting(rig, provider, 2)
    partly, whole = waiting[0], waiting[-1]
    assert partly is not whole
    taken = partly.lines[0].remote_id
    odd = await provider.accept(partly, ["not-a-line"])
    assert odd.state is OutcomeState.REFUSED, "an unknown line"
    for order, lines in ((partly, [taken]), (whole, [])):
        for _ in range(2):
            outcome = await provider.accept(order, lines)
            assert outcome.state is OutcomeState.DONE, outcome
    after = await _again(rig, provider, partly)
    assert {line.remote_id for line in after.lines if not line.cancelled} == {taken}
    assert (await _again(rig, provider, whole)).status is OrderStatus.CANCELLED


@check("order_source", "order_acceptance")
async def an_acceptance_whose_answer_is_lost(rig: Rig) -> None:
    """It is looked up, or told as unknown; whoever says it again hears yes."""
    provider = rig.provider()
    order = (await _waiting(rig, provider))[0]
    rig.fault("drop_after", 1, **rig.peculiar.accept_fault)
    first = await provider.accept(order)
    assert first.state in (OutcomeState.DONE, OutcomeState.UNKNOWN), first
    assert any(one["fault"] == "drop_after" for one in rig.get("calls")), "the fault never met the write"
    assert (await provider.accept(order)).state is OutcomeState.DONE
    assert not (await _again(rig, provider, order)).extra.get("waits_for")


# -- views of an account whose orders another integration reads ---------------------------------------------------------
def _a_view(subject: Subject) -> bool:
    return not {"order_source", "carrier"} & subject.capabilities


async def _of_the_account(rig: Rig) -> list[Order]:
    rig.reset(orders=60)
    rig.advance(rig.peculiar.visible_after_s)
    window = Window(rig.now() - timedelta(days=10), rig.now())
    return [one async for page in rig.whole_account().orders(window) for one in page.items]


@check("label_source", when=_a_view)
async def labels_of_the_account_s_packages(rig: Rig) -> None:
    magic = {"pdf": b"%PDF", "zpl": b"^XA", "png": b"\x89PNG", "epl": b"N"}
    orders = await _of_the_account(rig)
    provider, got = rig.provider(), 0
    for order in [one for one in orders if one.status is OrderStatus.OPEN][:25]:
        for label in await provider.label(order):
            got += 1
            assert label.data.lstrip().startswith(magic[label.format.value]), label.data[:20]
    assert got, "none of the open orders has a label"


@check("tracking", when=_a_view)
async def packages_of_the_account_are_tracked(rig: Rig) -> None:
    orders = await _of_the_account(rig)
    asked = [one.remote_id for one in orders][:40]
    reports = {one.reference: one for one in await rig.provider().track([*asked, "999999999"])}
    assert reports
    assert set(reports) <= set(asked), "an unknown one is left out"
    assert all(one.status is not ShipmentStatus.UNKNOWN for one in reports.values())
    gone = {one.remote_id for one in orders if one.status is OrderStatus.DELIVERED}
    assert all((one.status is ShipmentStatus.DELIVERED) == (one.reference in gone) for one in reports.values())
