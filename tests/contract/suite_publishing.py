"""Publishing: a channel's categories and what they ask are read, a product becomes one listing and stays one, however often it is
sent, and what is not so is found by reading back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Outcome, OutcomeState, ProviderError, TheirsError
from app.model import Attribute, AttributeValue, Category, Choice, Money, ProductDraft
from tests.contract.checks import check, was_lost
from tests.contract.rig import Rig
from tests.contract.suite_writes import all_done, one_refused

BRAND = "Örnek"  # every fake has it
_LOOKED_AT = 40  # leaves whose attributes are asked for, until one can be answered


async def tree(provider: Any) -> list[Category]:
    found: list[Category] = []
    async for page in provider.categories():
        assert not page.rejects, page.rejects[:2]
        found += page.items
    return found


async def drafts(rig: Rig, provider: Any, count: int) -> list[ProductDraft]:
    """Products that the channel does not have, with all that their category asks."""
    category, answers = await _answered(provider)
    named = await provider.brands(BRAND)
    rows = rig.truth("listings")
    currency = rows[0]["currency"] if rows else "TRY"
    return [
        ProductDraft(
            f"k{n}", f"PXZ-YENI-{n}", f"Sözleşme Ürünü Işık {n}", Money(Decimal(f"{349 + n}.90"), currency), 7 + n,
            barcode=_ean(f"86900000077{n}"), description=f"<p>Deneme ürünü {n}, iyi günlerde kullanın.</p>", brand=_exact(named),
            category_id=category, attributes=answers, images=(f"https://cdn.example.com/pxz/{n}-1.jpg",),
            list_price=Money(Decimal(f"{449 + n}.90"), currency), vat_rate=Decimal(20), desi=Decimal(2),
            extra=dict(rig.peculiar.draft_extra),
        )
        for n in range(count)
    ]  # fmt: skip


def _exact(found: Sequence[Choice]) -> Choice:
    same = [one for one in found if one.name == BRAND]
    assert same, f"no brand {BRAND!r} among {found!r}"
    return same[0]


async def _answered(provider: Any) -> tuple[str, tuple[AttributeValue, ...]]:
    leaves = [one for one in await tree(provider) if one.leaf]
    if not leaves:
        return "", ()
    for leaf in leaves[:_LOOKED_AT]:
        asked = await provider.attributes(leaf.id)
        required = [one for one in asked if one.required]
        if all(one.choices or one.free for one in required):
            return leaf.id, tuple(_answer(one) for one in required)
    raise AssertionError("no category can be answered")


def _answer(one: Attribute) -> AttributeValue:
    return AttributeValue(one.id, one.choices[0].id) if one.choices else AttributeValue(one.id, text="Türkiye")


def _ean(stem: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return f"{stem}{-total % 10}"


async def publish(rig: Rig, provider: Any, wanted: Sequence[ProductDraft]) -> dict[str, Outcome]:
    """As the relay does it: wait when told so, then ask for the results until none is pending."""
    for left in (3, 2, 1, 0):
        try:
            receipt = await provider.publish_products(wanted)
            break
        except TheirsError as error:
            if error.message.retry_after is None or not left:
                raise
            rig.advance(error.message.retry_after + 1)
    outcomes = {one.key: one for one in receipt.outcomes}
    assert len(receipt.outcomes) == len(outcomes)
    assert set(outcomes) == {one.key for one in wanted}, "one outcome per draft"
    for _ in range(60):
        pending = [one for one in wanted if outcomes[one.key].state is OutcomeState.PENDING]
        if not pending:
            return outcomes
        assert receipt.ticket, "pending without a ticket"
        rig.advance(rig.peculiar.publish_settle_s)
        answer = await provider.publish_result(receipt.ticket, pending)
        outcomes |= {one.key: one for one in answer.outcomes}
    raise AssertionError(f"never settled: {outcomes}")


def products(rig: Rig) -> dict[str, dict[str, Any]]:
    """The fake's truth by SKU; one row each."""
    rows: list[dict[str, Any]] = rig.get("products")
    found = {row["sku"]: row for row in rows}
    assert len(found) == len(rows), "an SKU is there twice"
    return found


async def published(rig: Rig, provider: Any, wanted: Sequence[ProductDraft]) -> None:
    """What the drafts say is true at the channel, once each, and the listings show it."""
    rig.advance(rig.peculiar.approved_after_s)
    rows, counts = products(rig), rig.counters()
    lost = [one.sku for one in wanted if one.sku not in rows]
    assert not lost, f"told done and not there: {lost}"
    for one in wanted:
        row = rows[one.sku]
        assert row["title"] == one.title
        assert row["barcode"] == one.barcode or not row["barcode"]
        assert Decimal(row["price"]) == one.price.amount
        assert row["quantity"] == one.quantity
        assert not one.category_id or str(row["category_id"]) == one.category_id
        assert len(row["images"]) == len(one.images)
        assert counts.get(f"product:{one.sku}") == 1, "created once"
    listings = [one for one in (await rig.listings(provider)).values() if one.sku in {x.sku for x in wanted}]
    assert sorted(one.sku for one in listings) == sorted(one.sku for one in wanted)
    prices = {one.sku: one.price for one in wanted}
    assert all(one.price == prices[one.sku] for one in listings)


@check("product_publishing")
async def what_categories_ask(rig: Rig) -> None:
    provider = rig.provider()
    found = await tree(provider)
    assert len({one.id for one in found}) == len(found), "a category came twice"
    assert all(one.path and all(one.path) for one in found)
    leaves = [one for one in found if one.leaf]
    assert bool(leaves) is bool(found), "products go into leaves"
    asked = [await provider.attributes(one.id) for one in leaves[:_LOOKED_AT]]
    assert any(asked) or not leaves, "no category asks for anything"
    for attributes in asked:
        order = [one.required for one in attributes]
        assert order == sorted(order, reverse=True), "required ones come first"
        assert len({one.id for one in attributes}) == len(attributes)
        assert all(one.name for one in attributes)
    assert _exact(await provider.brands(BRAND))


@check("product_publishing", "listing_source")
async def products_are_published_once(rig: Rig) -> None:
    rig.reset(listings=20)
    provider = rig.provider()
    wanted = await drafts(rig, provider, 3)
    all_done(await publish(rig, provider, wanted))
    await published(rig, provider, wanted)


@check("product_publishing", "listing_source")
async def publishing_again_changes_and_does_not_double(rig: Rig) -> None:
    """By the SKU alone, as when nobody knows of the first; and by the listing's id, when the next pull has brought it."""
    rig.reset(listings=20)
    provider = rig.provider()
    wanted = await drafts(rig, provider, 1)
    all_done(await publish(rig, provider, wanted))
    rig.advance(rig.peculiar.approved_after_s)
    (listing,) = [one for one in (await rig.listings(provider)).values() if one.sku == wanted[0].sku]
    for n, remote_id in enumerate(("", listing.remote_id)):
        price = Money(Decimal(f"{299 - n}.50"), wanted[0].price.currency)
        extra = {**wanted[0].extra, **(listing.extra if remote_id else {})}
        again = msgspec.structs.replace(
            wanted[0], key=f"again{n}", price=price, quantity=3 + n, remote_id=remote_id, extra=extra,
            title=f"{wanted[0].title} yeni {n}" if rig.peculiar.title_changes else wanted[0].title,
        )  # fmt: skip
        all_done(await publish(rig, provider, [again]))
        await published(rig, provider, [again])


@check("product_publishing", "listing_source")
async def one_refused_product_among_good_ones(rig: Rig) -> None:
    rig.reset(listings=20)
    provider = rig.provider()
    wanted = await drafts(rig, provider, 3)
    rig.switch(f"refuse_product:{wanted[1].sku}")
    one_refused(await publish(rig, provider, wanted), wanted[1].key)
    await published(rig, provider, [wanted[0], wanted[2]])
    assert wanted[1].sku not in products(rig)


@check("product_publishing")
async def products_whose_results_come_later(rig: Rig) -> None:
    """Nothing is called done while the channel is at it; a ticket that it does not know leaves its drafts unknown, never done."""
    rig.reset(listings=20)
    provider = rig.provider()
    wanted = await drafts(rig, provider, 2)
    rig.switch("slow_products")
    receipt = await provider.publish_products(wanted)
    if not receipt.ticket:  # it answers at once
        assert OutcomeState.PENDING not in {one.state for one in receipt.outcomes}
        await provider.publish_result("", wanted)
        return
    assert {one.state for one in receipt.outcomes} == {OutcomeState.PENDING}
    rig.advance(rig.peculiar.publish_settle_s)
    early = await provider.publish_result(receipt.ticket, wanted)
    assert {one.state for one in early.outcomes} == {OutcomeState.PENDING}, early
    rig.switch("slow_products", False)
    outcomes = {one.key: one for one in early.outcomes}
    for _ in range(60):
        rig.advance(rig.peculiar.publish_settle_s)
        outcomes |= {one.key: one for one in (await provider.publish_result(receipt.ticket, wanted)).outcomes}
        if OutcomeState.PENDING not in {one.state for one in outcomes.values()}:
            break
    all_done(outcomes)
    rig.reset(listings=20)
    try:
        gone = await provider.publish_result(receipt.ticket, wanted)
    except ProviderError:  # the suite looks at every error that was raised
        return
    assert OutcomeState.DONE not in {one.state for one in gone.outcomes}, gone


@check("product_publishing", "listing_source")
async def a_lost_publishing_then_again(rig: Rig) -> None:
    """The channel acted and the answer was lost: sent again, it is still one listing."""
    rig.reset(listings=20)
    provider = rig.provider()
    wanted = await drafts(rig, provider, 2)
    rig.fault("drop_after", 1, **rig.peculiar.publish_fault)
    outcomes: dict[str, Outcome] = {}
    for _ in range(4):
        try:
            outcomes = await publish(rig, provider, wanted)
        except ProviderError as error:
            was_lost(error)
        if outcomes and OutcomeState.UNKNOWN not in {one.state for one in outcomes.values()}:
            break
        rig.advance(max(rig.peculiar.publish_settle_s, 60))
    assert any(one["fault"] == "drop_after" for one in rig.get("calls")), "the fault never met a publishing"
    all_done(outcomes)
    await published(rig, provider, wanted)
