"""A process that is killed in the middle of telling an alert: the next one tells it again, under the same id, and once."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from alert_making import NOW, Clock

from app.api.answers import sentence
from app.changes import Changes
from app.contracts import Secret
from app.jobs.alerting import AlertJobs
from app.monitor.alerting.courier import Courier
from app.monitor.alerting.desk import AlertDesk
from app.monitor.alerting.facts import Facts
from app.monitor.alerting.sending import SendFailed
from app.store import AlertBody, Store
from app.store.alerts import Moves, Notice
from app.vault import Profile, Vault
from tests.app.http.loopback import Visit, networking, serving

PASSWORD = Secret("a password for tests")


class Sight:
    async def look(self) -> Facts:
        return Facts()


async def begin(folder: Path, url: str) -> None:
    """The life of the process that is killed: set up, open an alert, and tell it for as long as it lives."""
    clock = Clock()
    store = await Store.open(folder / "store.sqlite", now=clock)
    vault, _ = await Vault.create(folder / "v.paxzar", keyring=None, password=PASSWORD, profile=Profile.TEST)
    await go_on(store, vault, clock, url)


async def go_on(store: Store, vault: Vault, clock: Clock, url: str = "") -> None:
    async with networking() as network:

        async def language() -> str:
            return "tr"

        courier = Courier(store, vault, network, clock, sentence, language)
        desk = AlertDesk(store, vault, Sight(), courier, clock)
        jobs = AlertJobs(store, Changes(), clock, desk, courier.deliver, SendFailed)
        if url:
            await desk.set_channel("webhook", on=True, secrets={"url": url, "key": "0123456789abcdef"})
            plan = [Notice("webhook", "opened", NOW)]
            await store.alerts.apply(Moves(opened=(AlertBody("disk_low", "", "high"),)), lambda *_: plan)
        await jobs.begin()
        await jobs.deliver()


async def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    arrived, answering = asyncio.Event(), False

    async def hook(visit: Visit) -> None:
        told.append(json.loads(visit.body))
        arrived.set()
        if answering:
            await visit.answer(200, b"")
        else:
            await asyncio.sleep(60)

    async with serving(hook) as server:
        code = (
            "import asyncio, sys; from pathlib import Path; sys.path[:0] = [sys.argv[3], sys.argv[4]];"
            " import test_alert_killed as t; asyncio.run(t.begin(Path(sys.argv[1]), sys.argv[2]))"
        )
        root = str(Path(__file__).parents[4])
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(tmp_path), server.url, str(Path(__file__).parent), root
        )
        async with asyncio.timeout(60):
            await arrived.wait()
            child.kill()
            await child.wait()
        answering = True
        clock = Clock()
        store = await Store.open(tmp_path / "store.sqlite", now=clock)
        vault = await Vault.open(tmp_path / "v.paxzar")
        await vault.unlock_with_password(PASSWORD)
        assert [d.state for d in await store.alerts.deliveries()] == ["sending"]
        await go_on(store, vault, clock)
        await go_on(store, vault, clock)  # and not once more
        assert [d.state for d in await store.alerts.deliveries()] == ["done"]
        await store.close()
    assert len(told) == 2
    assert told[0]["id"] == told[1]["id"]
