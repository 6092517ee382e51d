"""The facts as they are gathered from a real store: health, keys, outbox, cursors, disk, audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from alert_making import REFUSED, Clock

from app.contracts import Secret
from app.contracts.catalogue import Catalogue, providers_root
from app.http import Network, Sample, SampleClass
from app.monitor.alerting.facts import Sight
from app.monitor.forecast import free_mb
from app.monitor.health import Health
from app.monitor.keys import KeyWatch
from app.store import Action, ConnectionRow, Outcome, Store
from app.vault import Profile, Vault
from tests.app.http.loopback import networking

PASSWORD = Secret("a password for tests")


class Place:
    def __init__(
        self, store: Store, vault: Vault, network: Network, clock: Clock, folder: Path, row: ConnectionRow
    ) -> None:
        catalogue = Catalogue(providers_root())
        self.store, self.vault, self.clock, self.row = store, vault, clock, row
        health = Health(store, catalogue, network, clock)
        keys = KeyWatch(store, vault, catalogue, clock)
        self.sight = Sight(store, catalogue, health, keys, vault, folder, clock, lambda: True)

    async def samples(self, outcome: SampleClass, count: int, duration_ms: float) -> None:
        at = self.clock().timestamp()
        await self.store.samples.add(
            [Sample(self.row.id, "acc", "orders", outcome, 200, at - n, duration_ms, 10) for n in range(count)]
        )


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    clock = Clock()
    store = await Store.open(tmp_path / "store.sqlite", now=clock)
    vault, _ = await Vault.create(tmp_path / "v.paxzar", keyring=None, password=PASSWORD, profile=Profile.TEST)
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Dükkân", "trendyol", "acc", "live")
    async with networking() as network:
        yield Place(store, vault, network, clock, tmp_path, row)
    await store.close()


async def test_a_connection_that_is_well(place: Place) -> None:
    await place.samples(SampleClass.OK, 20, 400)
    await place.store.connections.note_ok(place.row.id, place.clock())
    await place.store.cursors.finish(place.row.id, "orders", place.clock())
    place.clock.on(seconds=200)
    (one,) = (await place.sight.look()).connections
    assert (one.id, one.name, one.account_id, one.integration, one.environment) == (
        place.row.id, "Dükkân", "acc", "trendyol", "live",
    )  # fmt: skip
    assert (one.state, one.blame, one.cause, one.failures, one.availability) == ("healthy", "", None, 0, 1.0)
    assert one.p95_ms is not None
    assert 350 < one.p95_ms < 450
    assert one.goal_ms == 5000
    assert (one.pull_age_s, one.pull_every_s > 0) == (200, True)


async def test_a_refused_key_and_failed_calls(place: Place) -> None:
    await place.samples(SampleClass.OK, 10, 400)
    await place.samples(SampleClass.SERVER_ERROR, 4, 400)
    await place.samples(SampleClass.AUTH, 3, 400)
    await place.store.connections.note_error(place.row.id, REFUSED, place.clock())
    (one,) = (await place.sight.look()).connections
    assert (one.state, one.blame, one.failures) == ("unhealthy", "key", 4)
    assert one.availability == pytest.approx(1 - 4 / 17)
    assert one.cause is not None
    assert one.cause.code == REFUSED.code


async def test_a_paused_connection_and_one_that_pulls_no_orders(place: Place) -> None:
    await place.samples(SampleClass.OK, 20, 400)
    await place.store.connections.set_switch(place.row.id, "order_source", False)
    await place.store.connections.set_paused(place.row.id, True)
    (one,) = (await place.sight.look()).connections
    assert (one.state, one.p95_ms, one.pull_age_s) == ("paused", None, None)


async def test_keys_that_end_and_a_locked_vault(place: Place) -> None:
    await place.vault.put("acc", {"api_secret": "s3cret-value"})
    ends = (place.clock() + timedelta(days=5)).date().isoformat()
    await place.store.accounts.update_settings("acc", {"key_expires_on": ends})
    facts = await place.sight.look()
    assert facts.keys is not None
    assert [(k.account_id, k.connections, k.days_left) for k in facts.keys] == [("acc", ((place.row.id, "Dükkân"),), 5)]
    await place.vault.lock()
    assert (await place.sight.look()).keys is None


async def test_writes_disk_and_security(place: Place) -> None:
    await place.store.outbox.enqueue(place.row.id, "price", 1, b"{}")
    for _ in range(3):
        await place.store.audit.note(Action.VAULT_UNLOCKED, subject=("vault", "refused"), outcome=Outcome.FAILED)
    await place.store.watching.note_events({"wrong_token": 7})
    place.clock.on(minutes=20)
    facts = await place.sight.look()
    assert [(w.connection_id, w.state, w.count, w.age_s) for w in facts.waiting] == [(place.row.id, "queued", 1, 1200)]
    assert (facts.failed_unlocks, facts.events) == (3, {"wrong_token": 7})
    assert facts.free_mb is not None
    assert facts.free_mb > 0
    await place.store.outbox.freeze()
    assert (await place.sight.look()).waiting == ()  # the merchant froze it
    place.clock.on(days=1)
    later = await place.sight.look()
    assert (later.failed_unlocks, later.events) == (0, {})


def test_a_disk_that_does_not_tell(tmp_path: Path) -> None:
    assert free_mb(tmp_path / "not" / "here") is None
