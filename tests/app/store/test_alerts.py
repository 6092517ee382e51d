"""Alerts in the store: an alert with its deliveries in one transaction, order, retry, quiet hours, retention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from store_making import T0, Clock, shop

from app.contracts import Message
from app.store import Action, AlertBody, AlertRow, AuditFilter, Store, StoreError
from app.store.alerts import Moves, Notice

BODY = AlertBody("connection_down", "connection:1", "high", (1,), ("Dükkân",), {"count": 1}, Message("server.error"))
WHY = Message("alerts.fail.smtp_unreachable", {"host": "mail.test", "port": "587"})


def told(*channels: str, later: timedelta = timedelta(0)):
    def plan(event: str, body: AlertBody, row: AlertRow | None) -> Sequence[Notice]:
        del body, row
        return [Notice(channel, event, T0 + later) for channel in channels]

    return plan


async def opened(store: Store, *channels: str, later: timedelta = timedelta(0), body: AlertBody = BODY) -> AlertRow:
    (row,) = await store.alerts.apply(Moves(opened=(body,)), told(*channels, later=later))
    return row


async def states(store: Store) -> list[tuple[str, str, str, int]]:
    return [(d.channel, d.event, d.state, d.tries) for d in reversed(await store.alerts.deliveries())]


async def test_an_alert_and_its_deliveries_come_back_as_they_were_written(store: Store, clock: Clock) -> None:
    row = await opened(store, "email", "slack")
    assert await store.alerts.list() == [row]
    assert (row.body, row.opened_at, row.ended_at) == (BODY, clock(), None)
    first, second = await store.alerts.take()
    assert (first.channel, first.event, first.tries, first.alert.body) == ("email", "opened", 1, BODY)
    assert first.key != second.key
    assert await store.alerts.take() == []
    await store.alerts.settle(first.id)
    await store.alerts.settle(second.id, WHY, failed=True)
    assert await states(store) == [("email", "opened", "done", 1), ("slack", "opened", "failed", 1)]
    assert await store.alerts.troubles() == {"slack": WHY}


async def test_the_same_alert_is_open_once(store: Store) -> None:
    await opened(store)
    with pytest.raises(Exception, match="UNIQUE"):
        await opened(store, "email")
    assert await states(store) == []  # nothing of the transaction stays


async def test_what_a_kill_left_in_the_middle_goes_out_again_under_the_same_key(store: Store) -> None:
    await opened(store, "webhook")
    (cut,) = await store.alerts.take()
    assert await store.alerts.recover() == 1
    (again,) = await store.alerts.take()
    assert (again.id, again.key, again.tries) == (cut.id, cut.key, 2)


async def test_the_end_never_overtakes_the_beginning(store: Store, clock: Clock) -> None:
    row = await opened(store, "email", "slack")
    await store.alerts.apply(Moves(ended=(row,)), told("email", "slack"))
    first = await store.alerts.take()
    assert [(d.channel, d.event) for d in first] == [("email", "opened"), ("slack", "opened")]
    await store.alerts.put_off(first[0].id, WHY, clock() + timedelta(seconds=30))
    await store.alerts.settle(first[1].id)
    assert [(d.channel, d.event) for d in await store.alerts.take()] == [("slack", "ended")]
    clock.now += timedelta(seconds=30)
    assert [(d.channel, d.event, d.message) for d in await store.alerts.take()] == [("email", "opened", WHY)]


async def test_what_waits_for_the_morning_goes_with_its_alert(store: Store) -> None:
    row = await opened(store, "email", later=timedelta(hours=8))
    assert await store.alerts.take() == []
    assert await store.alerts.next_due() == T0 + timedelta(hours=8)
    await store.alerts.apply(Moves(ended=(row,)), told("email"))
    assert await states(store) == [("email", "opened", "dropped", 0)]
    assert await store.alerts.next_due() is None
    assert (await store.alerts.list(open_only=False))[0].ended_at is not None


async def test_the_end_is_told_only_where_the_beginning_was(store: Store) -> None:
    row = await opened(store, "email")
    (sent,) = await store.alerts.take()
    await store.alerts.settle(sent.id)
    await store.alerts.apply(Moves(ended=(row,)), told("email", "slack"))
    assert await states(store) == [("email", "opened", "done", 1), ("email", "ended", "waiting", 0)]


async def test_a_try_that_a_locked_vault_ended_does_not_count(store: Store) -> None:
    await opened(store, "email")
    for _ in range(3):
        (row,) = await store.alerts.take()
        await store.alerts.put_off(row.id, None, T0)
    assert await states(store) == [("email", "opened", "waiting", 0)]
    assert await store.alerts.troubles() == {}


async def test_a_channel_set_up_anew_sends_what_failed_and_a_switched_off_one_nothing(store: Store) -> None:
    row = await opened(store, "slack")
    over = await opened(store, "slack", body=AlertBody("disk_low", "", "high"))
    for one in await store.alerts.take():
        await store.alerts.settle(one.id, WHY, failed=True)
    await store.alerts.apply(Moves(ended=(over,)), told())
    assert await store.alerts.revive("slack") == 1  # that of the alert which is over is no news any more
    (again,) = await store.alerts.take()
    assert (again.alert.id, again.tries) == (row.id, 1)
    await store.alerts.put_off(again.id, WHY, T0)
    assert await store.alerts.drop_waiting("slack") == 2
    assert {state for _, _, state, _ in await states(store)} == {"dropped"}


async def test_acknowledge_and_snooze_are_kept_and_audited(store: Store, clock: Clock) -> None:
    row = await opened(store, "email")
    assert (await store.alerts.acknowledge(row.id)).acked_at == clock()
    await store.alerts.acknowledge(row.id)  # twice is once
    assert (await store.alerts.acknowledge(row.id, False)).acked_at is None
    resting = await store.alerts.snooze(row.id, clock() + timedelta(hours=2))
    assert resting.rests(clock())
    assert not resting.rests(clock() + timedelta(hours=2))
    assert await states(store) == [("email", "opened", "dropped", 0)]
    assert (await store.alerts.snooze(row.id, None)).snoozed_until is None
    log = await store.audit.query(AuditFilter(action="alert"))
    assert [(e.action, e.subject_id, e.details) for e in reversed(log)] == [
        (str(Action.ALERT_ACKNOWLEDGED), str(row.id), {}),
        (str(Action.ALERT_ACKNOWLEDGED), str(row.id), {"withdrawn": True}),
        (str(Action.ALERT_SNOOZED), str(row.id), {"minutes": 120}),
        (str(Action.ALERT_SNOOZED), str(row.id), {"minutes": 0}),
    ]
    assert await store.audit.verify() is None
    await store.alerts.apply(Moves(ended=(row,)), told())
    for work in (store.alerts.acknowledge(row.id), store.alerts.snooze(row.id, clock()), store.alerts.acknowledge(99)):
        with pytest.raises(StoreError, match=r"store\.no_alert"):
            await work


async def test_seen_and_again(store: Store, clock: Clock) -> None:
    row = await opened(store)
    await store.alerts.snooze(row.id, clock())
    more = msgspec.structs.replace(BODY, connections=(1, 2), names=("Dükkân", "Öbür"))
    await store.alerts.apply(Moves(seen=((row.id, more),), again=(row,)), told("slack"))
    (kept,) = await store.alerts.list()
    assert (kept.body, kept.snoozed_until, kept.opened_at) == (more, None, row.opened_at)
    assert await states(store) == [("slack", "again", "waiting", 0)]


async def test_a_rule_switched_off_takes_what_waits_with_it(store: Store) -> None:
    row = await opened(store, "slack")
    await store.alerts.apply(Moves(quiet=(row,)), told("slack"))
    assert await states(store) == [("slack", "opened", "dropped", 0)]
    assert await store.alerts.list() == []


async def test_retention_takes_ended_ones_and_their_deliveries(store: Store, clock: Clock) -> None:
    row = await opened(store, "slack")
    await store.watching.note_events({"wrong_token": 2})
    assert await store.alerts.prune(T0 + timedelta(days=9)) == 0  # it is on
    await store.alerts.apply(Moves(ended=(row,)), told())
    assert await store.alerts.prune(T0) == 0
    assert await store.alerts.prune(T0 + timedelta(days=8)) == 1
    assert (await store.alerts.list(open_only=False), await store.alerts.deliveries()) == ([], [])
    assert await store.watching.prune(T0 + timedelta(days=1)) == 1


async def test_security_events_are_counted_by_kind(store: Store) -> None:
    await store.watching.note_events({"wrong_token": 2, "refused_host": 1})
    await store.watching.note_events({"wrong_token": 40})
    assert await store.watching.events_since(T0 - timedelta(days=1)) == {"wrong_token": 42, "refused_host": 1}
    connection = await shop(store)
    job = await store.jobs.start("orders", connection.id, "clock")
    await store.jobs.end(job, "failed", Message("config.host_not_allowed", {"host": "evil.test"}))
    assert (await store.watching.events_since(T0 - timedelta(days=1)))["refused_host"] == 2
    assert await store.watching.events_since(T0 + timedelta(days=1)) == {}


async def test_waiting_writes_and_pulls(store: Store) -> None:
    connection = await shop(store)
    for subject in (1, 2):
        await store.outbox.enqueue(connection.id, "price", subject, b"{}")
    await store.outbox.enqueue(connection.id, "price", 3, b"{}", not_before=T0 + timedelta(hours=1))
    assert await store.watching.waiting_writes() == [(connection.id, "queued", 2, T0)]
    await store.connections.set_paused(connection.id, True)
    assert await store.watching.waiting_writes() == []
    await store.cursors.finish(connection.id, "orders", T0 - timedelta(minutes=5))
    assert await store.watching.pulled() == {connection.id: T0}
