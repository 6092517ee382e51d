"""Accounts, connections, attention, jobs, prints, settings."""

from __future__ import annotations

import pytest
from store_making import T0, Clock, minutes, order, page, reject, shop

from app.contracts import Message
from app.store import Store, StoreError


async def test_accounts(store: Store) -> None:
    made = await store.accounts.add("a", "amazon", "live", "Main", {"seller": "İ1"}, {"api": "https://x"})
    assert await store.accounts.get("a") == made
    with pytest.raises(StoreError, match=r"store\.account_exists"):
        await store.accounts.add("a", "amazon", "live")
    await store.accounts.update_settings("a", {"seller": "2"})
    one = await store.accounts.get("a")
    assert one is not None
    assert (one.settings, one.urls, one.label, one.created_at) == ({"seller": "2"}, {"api": "https://x"}, "Main", T0)
    await store.accounts.update_settings("a", {}, urls={}, label="Other")
    assert [(r.label, r.urls) for r in await store.accounts.list()] == [("Other", {})]
    c = await store.connections.add("C", "amazon_tr", "a", "live")
    with pytest.raises(StoreError, match=r"store\.account_in_use"):
        await store.accounts.remove("a")
    await store.connections.remove(c.id)
    await store.accounts.remove("a")
    assert await store.accounts.get("a") is None
    assert await store.accounts.list() == []
    with pytest.raises(StoreError, match=r"store\.no_account"):
        await store.connections.add("C", "amazon_tr", "a", "live")


async def test_connections(store: Store) -> None:
    c = await shop(store, "Mağaza Işık")
    assert (c.switches, c.own_rate, c.paused, c.created_at) == ({"order_source": True}, None, False, T0)
    assert await store.connections.get(c.id) == c
    assert await store.connections.get(99) is None
    assert await store.connections.by_name("MAĞAZA ISIK") == c
    assert await store.connections.by_name("other") is None
    with pytest.raises(StoreError, match=r"store\.name_taken"):
        await shop(store, "Mağaza Işık")
    b = await shop(store, "magaza isik")
    assert await store.connections.by_name("magaza isik") == b
    assert await store.connections.by_name("MAGAZA ISIK") is None  # two could be meant
    with pytest.raises(StoreError, match=r"store\.name_taken"):
        await store.connections.rename(b.id, "Mağaza Işık")
    await store.connections.rename(b.id, "B")
    await store.connections.rename(b.id, "B")
    await store.connections.set_switch(b.id, "price_sink", True)
    await store.connections.set_switch(b.id, "order_source", False)
    await store.connections.set_paused(b.id, True)
    await store.connections.set_rate(b.id, 2.5)
    error = Message("auth.refused", {"a": "b"}, "E1", "no", 401)
    await store.connections.note_ok(b.id, minutes(2))
    await store.connections.note_ok(b.id, minutes(1))
    await store.connections.note_error(b.id, error, minutes(3))
    seen = await store.connections.get(b.id)
    assert seen is not None
    assert (seen.name, seen.switches, seen.paused, seen.own_rate) == (
        "B", {"order_source": False, "price_sink": True}, True, 2.5,
    )  # fmt: skip
    assert (seen.last_ok_at, seen.last_error, seen.last_error_at) == (minutes(2), error, minutes(3))
    with pytest.raises(StoreError, match=r"store\.no_connection"):
        await store.connections.set_switch(99, "x", True)
    await store.connections.remove(b.id)
    assert [r.id for r in await store.connections.list()] == [c.id]
    assert [r.removed_at for r in await store.connections.list(removed=True)] == [None, T0]
    again = await shop(store, "B")  # the name is free again
    assert again.id != b.id


async def test_attention(store: Store, clock: Clock) -> None:
    c = await shop(store)

    async def pull(*orders: object, now: float = 0, rejects: tuple[object, ...] = ()) -> None:
        await store.orders.apply_page(c.id, "acc", page(*orders, rejects=rejects), now=minutes(now))  # type: ignore[arg-type]

    await pull(rejects=(reject("1", "raw 1"), reject("", "x"), reject("", "y")))
    await pull(rejects=(reject("1", "raw 2"), reject("", "x"), reject("2", "ğ" * 70_000 + "\ud800")), now=1)
    rows = {(r.remote_id, r.raw[:5]): r for r in await store.attention.list()}
    assert set(rows) == {("1", "raw 2"), ("", "x"), ("", "y"), ("2", "ğğğğğ")}
    assert (rows["1", "raw 2"].times, rows["1", "raw 2"].first_at, rows["1", "raw 2"].last_at) == (2, T0, minutes(1))
    assert rows["", "x"].times == 2
    assert len(rows["2", "ğğğğğ"].raw) == 65_536
    assert (await store.attention.count(), await store.attention.count(c.id), await store.attention.count(99)) == (
        4,
        4,
        0,
    )
    assert len(await store.attention.list(99)) == 0
    assert len(await store.attention.list(limit=2, offset=1)) == 2
    await pull(order("1"), now=2)
    await store.attention.resolve(rows["", "x"].id)
    assert {r.remote_id for r in await store.attention.list()} == {"", "2"}
    assert len(await store.attention.list(open_only=False)) == 4
    await pull(rejects=(reject("1"),), now=3)  # bad again: open again
    assert await store.attention.count() == 3


async def test_jobs(store: Store, clock: Clock) -> None:
    c = await shop(store)
    job = await store.jobs.start("pull", c.id, "schedule", total=10, detail={"since": "x"})
    waiting = await store.jobs.start("relay", asked_by="user", waiting=True)
    one = await store.jobs.get(job)
    assert one is not None
    assert (one.state, one.outcome, one.progress, one.total, one.detail) == ("running", "", 0, 10, {"since": "x"})
    assert [r.state for r in await store.jobs.recent()] == ["waiting", "running"]
    await store.jobs.progress(job, 4, 12)
    await store.jobs.progress(waiting, 1, detail={"n": 1})
    assert [(r.state, r.progress, r.total, r.detail) for r in await store.jobs.recent()] == [
        ("running", 1, None, {"n": 1}), ("running", 4, 12, {"since": "x"}),
    ]  # fmt: skip
    clock.now = minutes(1)
    await store.jobs.end(job, "partly", Message("item.refused"), progress=11, detail={"stored": 11})
    await store.jobs.end(job, "done")
    await store.jobs.progress(job, 99)
    one = await store.jobs.get(job)
    assert one is not None
    assert (one.state, one.outcome, one.progress, one.ended_at, one.detail) == (
        "ended", "partly", 11, minutes(1), {"stored": 11},
    )  # fmt: skip
    assert one.message == Message("item.refused")
    assert await store.jobs.interrupted() == 1
    assert [r.outcome for r in await store.jobs.recent(1)] == ["failed"]
    assert [r.id for r in await store.jobs.recent(connection_id=c.id)] == [job]
    assert [r.id for r in await store.jobs.recent(kind="relay")] == [waiting]
    assert await store.jobs.get(99) is None
    with pytest.raises(ValueError, match="no such outcome"):
        await store.jobs.end(job, "well")


async def test_prints(store: Store, clock: Clock) -> None:
    c = await shop(store)
    await store.orders.apply_page(c.id, "acc", page(order("1")), now=T0)
    first = await store.prints.add(1, "label", "a.pdf", "00")
    clock.now = minutes(1)
    second = await store.prints.add(1, "label", "a.pdf", "00", printer="Zebra")
    await store.prints.add(1, "slip", "b.pdf", "01")
    await store.prints.add(None, "test", "c.pdf", "02")
    assert (first.copy_no, second.copy_no, second.printer, second.at) == (1, 2, "Zebra", minutes(1))
    assert [(p.kind, p.copy_no) for p in await store.prints.of_order(1)] == [("label", 1), ("label", 2), ("slip", 1)]
    assert [p.kind for p in await store.prints.recent(2)] == ["test", "slip"]
    assert (await store.prints.recent(9, 3))[0] == first


async def test_settings(store: Store) -> None:
    assert await store.settings.get("a") is None
    assert await store.settings.get("a", 5) == 5
    await store.settings.set("ui.a", {"x": [1, None, "ş"]})
    await store.settings.set("ui.a", [1])
    await store.settings.set("other", False)
    assert await store.settings.all("ui.") == {"ui.a": [1]}
    assert await store.settings.get("other", True) is False
    await store.settings.set("ui.a", None)
    assert await store.settings.all() == {"other": False}
