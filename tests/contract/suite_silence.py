"""A vendor that says yes and applies nothing, or only a part. The result may be "done" only where the vendor gives no sign
otherwise; then the read-back must still show the old value, for the drift audit of stock and prices is the one that finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Kind, Outcome, OutcomeState, ProviderError
from app.model import PriceChange, StockChange
from tests.contract import peculiar
from tests.contract.checks import check, was_refused
from tests.contract.rig import NotThere, Rig, Subject
from tests.contract.suite_faults import told
from tests.contract.suite_writes import all_done, notice, price_changes, push, shippable, shown, stock_changes, usable

#: What `rig.notes` says of a write that only a later comparison finds out.
AUDIT = "only the drift audit can tell"
TOLD = "told by the vendor"


def _note(rig: Rig, what: str, outcomes: Sequence[Outcome], applied: Sequence[bool]) -> None:
    """No item that was applied is told as refused. Items that were not and are called done need the audit."""
    wrong = [one for one, done in zip(outcomes, applied, strict=True) if done and one.state is OutcomeState.REFUSED]
    assert not wrong, f"applied, and told as refused: {wrong}"
    unseen = sum(one.state is OutcomeState.DONE for one, done in zip(outcomes, applied, strict=True) if not done)
    rig.notes.append(f"{what}: {AUDIT if unseen else TOLD}")


def _forgetful(rig: Rig, feature: str) -> str:
    """Makes the vendor forget. A fake that cannot lose a part of its writes loses all of them, which is noted."""
    try:
        rig.switch(feature)
    except NotThere:
        rig.notes.append(f"the fake has no {feature}")
        feature = "ignore_writes"
        rig.switch(feature)
    return feature


async def _pushed(rig: Rig, provider: Any, method: str, changes: Any) -> list[Outcome]:
    try:
        outcomes = await push(rig, provider, method, changes)
    except ProviderError as error:  # it found out, and says so for all of them
        return [Outcome(one.key, OutcomeState.UNKNOWN, error.message) for one in changes]
    return [outcomes[one.key] for one in changes]


@check("listing_source", "price_sink", each=("ignore_writes", "apply_70"))
async def prices_that_were_not_applied(rig: Rig, feature: str) -> None:
    rig.reset(listings=40)
    provider = rig.provider()
    chosen = await usable(rig, provider, 8)
    changes = price_changes(chosen, Decimal("9.15"))
    feature = _forgetful(rig, feature)
    outcomes = await _pushed(rig, provider, "set_prices", changes)
    await shown(rig)
    truth = {row["remote_id"]: Decimal(row["price"]) for row in rig.truth("listings")}
    found = await rig.listings(provider)
    applied = [truth[one.listing.remote_id] == one.price.amount for one in changes]
    assert not all(applied), "the switch did nothing"
    for one in changes:
        price = found[one.listing.remote_id].price
        assert price is not None
        assert price.amount == truth[one.listing.remote_id], "the read-back believes the write"
    _note(rig, f"{feature} prices", outcomes, applied)
    await _healed(rig, provider, "set_prices", changes, feature)


@check("listing_source", "stock_sink", each=("ignore_writes", "apply_70"))
async def stocks_that_were_not_applied(rig: Rig, feature: str) -> None:
    rig.reset(listings=40)
    provider = rig.provider()
    chosen = await usable(rig, provider, 8)
    changes = stock_changes(rig, chosen, range(71, 79))
    feature = _forgetful(rig, feature)
    outcomes = await _pushed(rig, provider, "set_stocks", changes)
    await shown(rig)
    truth = {row["remote_id"]: row["stock"] for row in rig.truth("listings")}
    found = await rig.listings(provider)
    applied = [truth[one.listing.remote_id] == one.quantity for one in changes]
    assert not all(applied), "the switch did nothing"
    for one in changes:
        assert found[one.listing.remote_id].stock == truth[one.listing.remote_id], "the read-back believes the write"
    _note(rig, f"{feature} stock", outcomes, applied)
    await _healed(rig, provider, "set_stocks", changes, feature)


async def _healed(rig: Rig, provider: Any, method: str, changes: Any, feature: str) -> None:
    """What the audit does: the same change again, when the vendor applies what it takes. Nothing that the client remembers
    may keep it from being sent."""
    rig.switch(feature, on=False)
    rig.advance(1900)  # some vendors refuse the same change for half an hour
    changes = [msgspec.structs.replace(one, key=f"again-{one.key}") for one in changes]  # an intent of its own
    outcomes = await push(rig, provider, method, changes)
    all_done(outcomes)
    await shown(rig)
    rows = {row["remote_id"]: row for row in rig.truth("listings")}
    for one in changes:
        row = rows[one.listing.remote_id]
        if isinstance(one, PriceChange):
            assert Decimal(row["price"]) == one.price.amount
        elif isinstance(one, StockChange):
            assert row["stock"] == one.quantity


@check("order_source", "shipment_sink")
async def a_confirmation_that_was_not_applied(rig: Rig) -> None:
    """Said yes, kept nothing. Once the vendor works again the same notice reaches it."""
    provider = rig.provider()
    order = await shippable(rig, provider)
    rig.switch("ignore_writes")
    try:
        (outcome,) = (await provider.confirm_shipments([notice(rig, order)])).outcomes
    except ProviderError as error:
        outcome = Outcome("n1", OutcomeState.UNKNOWN, error.message)
    rig.notes.append(f"ignore_writes shipments: {AUDIT if outcome.state is OutcomeState.DONE else TOLD}")
    rig.switch("ignore_writes", on=False)
    rig.advance(max(rig.peculiar.visible_after_s, rig.peculiar.settle_s))
    (again,) = (await provider.confirm_shipments([notice(rig, order)])).outcomes
    assert again.state is OutcomeState.DONE, again
    rig.advance(rig.peculiar.visible_after_s)
    assert rig.counters().get(rig.peculiar.confirmed.format(order=order.remote_id)) == 1


@check("listing_source", "stock_sink")
async def a_conflict_is_told_per_item_or_raised(rig: Rig) -> None:
    """409 on the write, for ever: never done, and never taken for a breakdown of the vendor."""
    rig.reset(listings=20)
    provider = rig.provider()
    changes = stock_changes(rig, await usable(rig, provider, 2), (61, 62))
    rig.fault("status", -1, status=409, **rig.peculiar.write_fault)
    try:
        outcomes = await push(rig, provider, "set_stocks", changes)
    except ProviderError as error:
        told(error, Kind.YOURS, ("item.conflict", "item.duplicate", "item.refused", "request.refused"))
    else:
        assert {one.state for one in outcomes.values()} == {OutcomeState.REFUSED}, outcomes


@check("listing_source", "stock_sink", when=lambda subject: bool(_read_only(subject)))
async def a_key_that_may_only_read(rig: Rig) -> None:
    """Reads work; a write says that the key lacks the right; nothing was changed and nothing is said to be."""
    rig.reset(listings=20)
    provider = rig.provider()
    changes = stock_changes(rig, await usable(rig, provider, 2), (51, 52))
    before = {row["remote_id"]: row["stock"] for row in rig.truth("listings")}
    for feature in _read_only(rig.subject).split(","):
        rig.switch(feature)
    rig.advance(4000)
    assert await rig.listings(provider)
    try:
        outcomes = await push(rig, provider, "set_stocks", changes)
    except ProviderError as error:
        was_refused(error)
    else:
        assert {one.state for one in outcomes.values()} == {OutcomeState.REFUSED}, outcomes
        assert all(one.message is not None and one.message.code.startswith("auth.") for one in outcomes.values())
    assert {row["remote_id"]: row["stock"] for row in rig.truth("listings")} == before


def _read_only(subject: Subject) -> str:
    return peculiar.of(subject.sandbox_name).read_only
