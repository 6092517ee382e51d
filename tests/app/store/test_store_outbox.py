"""The outbox: coalescing, order per subject, lost answers, freezing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from store_making import T0, Clock, minutes, shop

from app.contracts import Message, Outcome, OutcomeState
from app.store import OutboxFilter, Store, StoreError


async def put(store: Store, subject: int | None = 1, kind: str = "price", body: bytes = b"{}", **more: object) -> int:
    return await store.outbox.enqueue(1, kind, subject, body, **more)  # type: ignore[arg-type]


async def states(store: Store) -> list[str]:
    return [row.state for row in reversed(await store.outbox.query(OutboxFilter()))]


async def test_the_last_wish_wins_while_it_waits(store: Store) -> None:
    await shop(store)
    await put(store, body=b"1")
    await put(store, body=b"2")
    await put(store, subject=2, body=b"3")
    await put(store, kind="stock", body=b"4")
    await put(store, subject=None, body=b"5")
    await put(store, subject=None, body=b"6")
    assert await states(store) == ["superseded", "queued", "queued", "queued", "queued", "queued"]
    taken = await store.outbox.take(1, "price", 10, T0)
    assert [row.payload for row in taken] == [b"2", b"3", b"5", b"6"]
    assert {row.state for row in taken} == {"sending"}
    await put(store, body=b"7")
    assert await states(store) == ["superseded", "sending", "sending", "queued", "sending", "sending", "queued"]
    assert await store.outbox.take(1, "price", 10, T0) == []


async def test_two_parcels_of_one_order_are_two_intents(store: Store) -> None:
    await shop(store)
    for body in (b"1", b"2"):
        await put(store, 7, "shipment", body, coalesce=False)
    (first,) = await store.outbox.take(1, "shipment", 10, T0)
    assert first.payload == b"1"
    await store.outbox.settle([Outcome(first.key, OutcomeState.DONE, remote_ref="F1")], now=T0)
    (second,) = await store.outbox.take(1, "shipment", 10, T0)
    assert second.payload == b"2"
    done = await store.outbox.get(first.key)
    assert done is not None
    assert (done.remote_ref, done.settled_at, done.sent_at) == ("F1", T0, T0)


async def test_keys(store: Store) -> None:
    await shop(store)
    await put(store, key="mine")
    found = await store.outbox.get("mine")
    assert found is not None
    assert found.account_id == "acc"
    assert await store.outbox.get("other") is None
    await put(store, subject=2)
    keys = {row.key for row in await store.outbox.query(OutboxFilter())}
    assert len(keys) == 2
    with pytest.raises(StoreError, match=r"store\.no_connection"):
        await store.outbox.enqueue(9, "price", 1, b"")


async def test_limits_and_not_before(store: Store) -> None:
    await shop(store)
    for subject in range(5):
        await put(store, subject, not_before=minutes(subject))
    assert await store.outbox.due(minutes(2)) == [(1, "price", 3)]
    assert [row.subject for row in await store.outbox.take(1, "price", 2, minutes(9))] == [0, 1]
    assert [row.subject for row in await store.outbox.take(1, "price", 9, minutes(3))] == [2, 3]


async def test_release_puts_back_and_a_newer_wish_replaces_it(store: Store) -> None:
    await shop(store)
    await put(store, 1, body=b"old")
    await put(store, 2)
    await put(store, 3, "label", b"old")
    taken = await store.outbox.take(1, "price", 9, T0) + await store.outbox.take(1, "label", 9, T0)
    await put(store, 1, body=b"new")
    await put(store, 3, "label", b"new")
    why = Message("rate.limited")
    await store.outbox.release([row.key for row in taken], minutes(5), why)
    assert await states(store) == ["superseded", "queued", "queued", "queued", "queued"]
    assert [row.payload for row in await store.outbox.take(1, "price", 9, T0)] == [b"new"]
    (back,) = await store.outbox.take(1, "price", 9, minutes(5))
    assert (back.subject, back.attempts, back.message) == (2, 2, why)
    assert [row.payload for row in await store.outbox.take(1, "label", 9, minutes(5))] == [b"old"]
    await store.outbox.release(["nobody"], T0)


async def test_lost_answers_are_looked_up_first(store: Store) -> None:
    await shop(store)
    await put(store, 1, "label")
    (row,) = await store.outbox.take(1, "label", 9, T0)
    assert await store.outbox.settle([Outcome(row.key, OutcomeState.UNKNOWN)], now=T0) == {1}
    await put(store, 1, "label")
    assert await store.outbox.take(1, "label", 9, T0) == []
    assert [lost.key for lost in await store.outbox.unknown(1)] == [row.key]
    await store.outbox.settle([Outcome(row.key, OutcomeState.DONE)], now=T0)
    assert len(await store.outbox.take(1, "label", 9, T0)) == 1


async def test_recover_after_a_crash(store: Store) -> None:
    await shop(store)
    for subject, kind in enumerate(("price", "stock", "label", "invoice", "shipment")):
        await put(store, subject, kind)
        await store.outbox.take(1, kind, 9, T0)
    await put(store, 0, "price")
    await store.outbox.recover(minutes(1))
    assert await states(store) == ["superseded", "queued", "unknown", "unknown", "unknown", "queued"]
    assert await store.outbox.counts(1) == {"queued": 2, "superseded": 1, "unknown": 3}
    assert await store.outbox.counts(2) == {}


async def test_only_what_is_on_its_way_settles(store: Store) -> None:
    await shop(store)
    await put(store, 1, key="a")
    assert (
        await store.outbox.settle([Outcome("a", OutcomeState.DONE), Outcome("b", OutcomeState.DONE)], now=T0) == set()
    )
    assert await states(store) == ["queued"]
    await put(store, None, "ledger", key="c")
    await store.outbox.take(1, "ledger", 1, T0)
    assert await store.outbox.settle([Outcome("c", OutcomeState.DONE)], now=T0) == set()
    assert await store.outbox.counts() == {"queued": 1, "done": 1}


async def test_frozen_gives_nothing(store: Store) -> None:
    await shop(store)
    await shop(store, "B")
    await put(store)
    for which in (1, None):
        await store.outbox.freeze(which)
        assert await store.outbox.frozen() == frozenset({which or 0})
        assert await store.outbox.take(1, "price", 9, T0) == []
        await store.outbox.unfreeze(which)
    await store.outbox.freeze(2)
    assert len(await store.outbox.take(1, "price", 9, T0)) == 1


async def test_a_removed_connection_sends_nothing_more(store: Store) -> None:
    await shop(store)
    await put(store, 1)
    await put(store, 2)
    await store.outbox.take(1, "price", 1, T0)
    await store.connections.remove(1)
    assert await states(store) == ["sending", "superseded"]
    await store.outbox.release([row.key for row in await store.outbox.query(OutboxFilter(states=("sending",)))], T0)
    assert await store.outbox.take(1, "price", 9, T0) == []


async def test_withdraw_only_what_waits(store: Store) -> None:
    await shop(store)
    await put(store, 1, key="a")
    await put(store, 2, key="b")
    await put(store, None, "ledger", key="c")
    await store.outbox.take(1, "price", 1, T0)
    assert await store.outbox.withdraw(["a", "b", "c"]) == {2}
    assert await states(store) == ["sending", "superseded", "superseded"]


async def test_filters_and_pruning(store: Store) -> None:
    await shop(store)
    await put(store, 1, plan="p")
    await put(store, 1, "stock")
    await put(store, 2, key="d")
    await store.outbox.take(1, "price", 9, T0)
    await store.outbox.settle([Outcome("d", OutcomeState.DONE)], now=minutes(1))

    async def ids(*args: int, **what: object) -> list[int]:
        return [row.id for row in await store.outbox.query(OutboxFilter(**what), *args)]  # type: ignore[arg-type]

    assert await ids() == [3, 2, 1]
    assert await ids(1, 1) == [2]
    assert await ids(kinds=("price",)) == [3, 1]
    assert await ids(states=("done", "queued")) == [3, 2]
    assert await ids(subject=1) == [2, 1]
    assert await ids(plan="p") == [1]
    assert await ids(connection_id=2) == []
    assert await store.outbox.prune(minutes(1)) == 0
    assert await store.outbox.prune(minutes(2)) == 1
    assert await ids() == [2, 1]


class Life(RuleBasedStateMachine):
    """Any interleaving: never two of one subject on their way, and never more than one waiting price."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.store = self.run(Store.open(Path(self.folder.name) / "s.sqlite", now=Clock()))
        self.run(shop(self.store))
        self.out: list[str] = []
        self.wanted: dict[int, bytes] = {}
        self.sent: dict[int, list[bytes]] = {}
        self.count = 0

    def run(self, work):  # type: ignore[no-untyped-def]
        return self.loop.run_until_complete(work)

    @rule(subject=st.integers(1, 3))
    def want(self, subject: int) -> None:
        self.count += 1
        self.wanted[subject] = str(self.count).encode()
        self.run(put(self.store, subject, body=self.wanted[subject]))

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        for row in self.run(self.store.outbox.take(1, "price", limit, T0)):
            self.out.append(row.key)
            self.sent.setdefault(row.subject, []).append(row.payload)

    @rule(state=st.sampled_from(list(OutcomeState)), data=st.data())
    def settle(self, state: OutcomeState, data: st.DataObject) -> None:
        if self.out:
            key = data.draw(st.sampled_from(self.out))
            self.run(self.store.outbox.settle([Outcome(key, state)], now=T0))

    @rule()
    def crash(self) -> None:
        self.run(self.store.outbox.recover(T0))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if self.out:
            self.run(self.store.outbox.release([data.draw(st.sampled_from(self.out))], T0))

    @invariant()
    def holds(self) -> None:
        rows = self.run(self.store.outbox.query(OutboxFilter()))
        for subject in (1, 2, 3):
            mine = [row.state for row in rows if row.subject == subject]
            assert sum(s in ("sending", "pending", "unknown") for s in mine) <= 1
            assert mine.count("queued") <= 1
            sent = [int(p) for p in self.sent.get(subject, [])]
            assert sent == sorted(sent)

    def teardown(self) -> None:
        # Everything that is still on its way lands, and the last wish of every subject is the last one sent.
        for _ in range(3):
            self.run(self.store.outbox.settle([Outcome(k, OutcomeState.DONE) for k in self.out], now=T0))
            self.take(3)
        for subject, body in self.wanted.items():
            assert self.sent[subject][-1] == body
        self.run(self.store.close())
        self.loop.close()
        self.folder.cleanup()


Life.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase
