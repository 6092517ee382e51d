"""Products through the outbox: batches, later results, one refused among good ones, and a lost answer that makes no second listing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.contracts import ProviderError
from app.store import OutboxFilter, Store
from tests.app.publishing.channel import SHIRTS, Clock, Rig, make_rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = Clock()
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    made = await make_rig(store, clock, batch=2)
    await made.answered()
    for number in range(1, 6):
        await made.listing(f"SKU-{number}")
        await made.content(f"SKU-{number}", group="")
    yield made
    await store.close()


async def states(rig: Rig) -> dict[str, str]:
    return {one.sku: one.state for one in await rig.store.publishing.publications(rig.row.id)}


async def test_batches_and_a_refusal_among_good_ones(rig: Rig) -> None:
    rig.channel.refused = {"SKU-3"}
    name = await rig.send(*(f"SKU-{n}" for n in range(1, 6)))
    assert [len(batch) for batch in rig.channel.batches] == [2, 2, 1]
    lines = {one.sku: one for one in await rig.desk.results(name)}
    assert {sku: one.state for sku, one in lines.items()} == {
        "SKU-1": "done", "SKU-2": "done", "SKU-3": "refused", "SKU-4": "done", "SKU-5": "done",
    }  # fmt: skip
    assert lines["SKU-3"].message is not None
    assert lines["SKU-3"].message.vendor_text == "Görsel küçük"
    assert lines["SKU-1"].remote_ref == "r-SKU-1"
    assert (await states(rig))["SKU-3"] == "refused"
    assert (await states(rig))["SKU-1"] == "done"
    assert rig.channel.created == {"SKU-1": 1, "SKU-2": 1, "SKU-4": 1, "SKU-5": 1}


async def test_results_that_come_later(rig: Rig) -> None:
    rig.channel.later = True
    name = await rig.send("SKU-1", "SKU-2")
    assert {one.state for one in await rig.desk.results(name)} == {"pending"}
    await rig.engine.send(rig.row)
    assert {one.state for one in await rig.desk.results(name)} == {"done"}
    assert len(rig.channel.batches) == 1


async def test_a_lost_answer_is_looked_up_by_its_sku_and_makes_no_second_listing(rig: Rig) -> None:
    rig.channel.idempotent, rig.channel.lost = False, 1
    name = await rig.send("SKU-1")
    assert [one.state for one in await rig.desk.results(name)] == ["unknown"]
    assert rig.channel.asked["listings"] == 0
    rig.clock.move(minutes=10)
    await rig.engine.send(rig.row)
    assert rig.channel.asked["listings"] == 1
    again = rig.channel.batches[-1][0]
    assert (again.remote_id, again.extra) == ("r-SKU-1", {"handle": "SKU-1"})
    assert [one.state for one in await rig.desk.results(name)] == ["done"]
    assert rig.channel.created == {"SKU-1": 1}


async def test_without_the_look_that_channel_would_have_made_two(rig: Rig) -> None:
    """Or the test before would prove nothing."""
    rig.channel.idempotent, rig.channel.lost, rig.engine.relay.read_listings = False, 1, None
    await rig.send("SKU-1")
    rig.clock.move(minutes=10)
    await rig.engine.send(rig.row)
    assert rig.channel.created == {"SKU-1": 2}


async def test_a_crash_while_sending_is_a_lost_answer(rig: Rig) -> None:
    rig.channel.idempotent, rig.channel.lost = False, 1
    name = await rig.desk.send(rig.row, await rig.desk.plan(rig.row, ["SKU-1"]))
    (taken,) = await rig.store.outbox.take(rig.row.id, "product", 1, rig.clock())
    with pytest.raises(ProviderError):
        await rig.channel.publish_products([(await rig.desk.plan(rig.row, ["SKU-1"]))[0].draft])
    await rig.store.outbox.recover(rig.clock())
    row = await rig.store.outbox.get(taken.key)
    assert row is not None
    assert row.state == "unknown", "it is never sent again unseen"
    rig.clock.move(minutes=10)
    await rig.engine.send(rig.row)
    assert [one.state for one in await rig.desk.results(name)] == ["done"]
    assert rig.channel.created == {"SKU-1": 1}


async def test_a_newer_wish_for_the_same_sku_replaces_one_that_waits(rig: Rig) -> None:
    first = await rig.desk.send(rig.row, await rig.desk.plan(rig.row, ["SKU-1"]))
    await rig.content("SKU-1", title="Yeni ad")
    second = await rig.desk.send(rig.row, await rig.desk.plan(rig.row, ["SKU-1"]))
    await rig.engine.send(rig.row)
    assert [one.state for one in await rig.desk.results(first)] == ["superseded"]
    assert [one.state for one in await rig.desk.results(second)] == ["done"]
    assert rig.channel.held["SKU-1"].title == "Yeni ad"
    assert len(rig.channel.batches) == 1


async def test_publishing_again_changes_the_listing_that_is_there(rig: Rig) -> None:
    await rig.send("SKU-1")
    assert (await rig.engine.sync_listings(rig.row)).outcome == "done"
    await rig.content("SKU-1", description="<p>Yeni</p>")
    (planned,) = await rig.desk.plan(rig.row, ["SKU-1"])
    assert planned.draft.remote_id == "r-SKU-1"
    await rig.send("SKU-1")
    assert rig.channel.held["SKU-1"].description == "<p>Yeni</p>"
    assert rig.channel.created == {"SKU-1": 1}


async def test_the_listings_are_due_once_after_a_publishing(rig: Rig) -> None:
    await rig.send("SKU-1", "SKU-2", "SKU-3")
    link = await rig.engine._link(rig.row)
    assert await rig.engine.relay.news_due(link)
    assert not await rig.engine.relay.news_due(link)
    rig.channel.refused = {"SKU-4"}
    await rig.send("SKU-4")
    assert not await rig.engine.relay.news_due(link), "nothing new is there"


async def test_a_wish_that_waits_can_be_taken_back(rig: Rig) -> None:
    await rig.desk.send(rig.row, await rig.desk.plan(rig.row, ["SKU-1"]))
    (row,) = await rig.store.outbox.query(OutboxFilter(kinds=("product",)))
    await rig.store.outbox.withdraw([row.key])
    assert (await states(rig))["SKU-1"] == ""
    await rig.engine.send(rig.row)
    assert rig.channel.batches == []


async def test_a_channel_that_is_down_is_waited_for(rig: Rig) -> None:
    name = await rig.desk.send(rig.row, await rig.desk.plan(rig.row, ["SKU-1"]))
    rig.channel.down = True
    assert (await rig.engine.send(rig.row)).outcome == "partly"
    rig.channel.down = False
    for _ in range(3):
        rig.clock.move(minutes=10)
        await rig.engine.send(rig.row)
    assert [one.state for one in await rig.desk.results(name)] == ["done"]
    assert rig.channel.created == {"SKU-1": 1}


# -- what a channel asks -------------------------------------------------------------------------------------------------
async def test_the_tree_is_read_once_a_week_or_when_asked(rig: Rig) -> None:
    await rig.desk.tree(rig.row)
    await rig.desk.tree(rig.row)
    assert rig.channel.asked["categories"] == 1
    await rig.desk.tree(rig.row, refresh=True)
    rig.clock.move(days=8)
    await rig.desk.tree(rig.row)
    assert rig.channel.asked["categories"] == 3
    rig.clock.move(days=8)
    rig.channel.down = True
    await rig.desk.tree(rig.row)  # old ones are better than none
    found = await rig.store.publishing.find_categories(rig.row.id, "TISÖRT giyim")
    assert found == [SHIRTS]
    with pytest.raises(ProviderError):
        await rig.desk.tree(rig.row, refresh=True)


async def test_a_tree_that_was_never_read_is_told(rig: Rig) -> None:
    rig.channel.down = True
    with pytest.raises(ProviderError) as told:
        await rig.desk.plan(rig.row, ["SKU-1"])
    assert told.value.message.code == "server.unavailable"
    assert told.value.message.params["connection"] == "Pazar"


async def test_attributes_and_brands_are_asked_once(rig: Rig) -> None:
    await rig.content("SKU-1", brand="IŞIK")
    await rig.content("SKU-2", brand="Yok Böyle")
    for _ in range(2):
        planned = await rig.desk.plan(rig.row, ["SKU-1", "SKU-2"])
    assert planned[0].draft.brand is not None
    assert planned[0].draft.brand.id == "b1", "the very name needs no asking"
    assert [one.code for one in planned[1].problems] == ["publishing.problem.brand_open"]
    assert rig.channel.asked[f"attributes {SHIRTS.id}"] == 1
    assert {name: count for name, count in rig.channel.asked.items() if name.startswith("brands")} == {
        "brands IŞIK": 1, "brands Yok Böyle": 1,
    }  # fmt: skip


async def test_only_connections_that_take_products_are_offered(rig: Rig) -> None:
    assert [row.name for row in await rig.desk.able()] == ["Pazar"]
    await rig.store.connections.set_switch(rig.row.id, "product_publishing", False)
    assert await rig.desk.able() == []
