"""Alerts in the assembled program: the clock looks and sends, a wrong hand-over token is counted, the end writes what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.api.handover import HandoverServer, hand_over
from app.console import Console, RehearsalKeys, assemble, utc_now
from app.monitor.alerting.desk import DesktopNote
from app.monitor.alerting.rules import RULES
from app.store import Store
from app.store.workspace import Workspace, WorkspaceKind


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare(WorkspaceKind.REHEARSAL)
    store = await Store.open(workspace.store, now=utc_now)
    made = assemble(workspace, workspace.acquire(), store, RehearsalKeys(), None)
    yield made
    await made.close()


async def test_the_clock_looks_and_sends(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.engine.ALERTS_S", 0.05)
    notes, shown = [], asyncio.Event()

    def show(note: DesktopNote) -> None:
        notes.append(note)
        shown.set()

    console.engine.alerting.on_desktop(show)  # type: ignore[union-attr]
    for _ in range(RULES["wrong_tokens"].threshold):
        console.engine.alerting.security("wrong_token")  # type: ignore[union-attr]
    await console.engine.start()
    assert {("alerts", 0), ("alert_send", 0)} <= set(console.engine.scheduler.next_due())  # type: ignore[union-attr]
    async with asyncio.timeout(30):
        await shown.wait()
    (row,) = await console.store.alerts.list()
    assert (row.rule, row.body.figures["value"]) == ("wrong_tokens", 5)
    assert [(note.event, note.alert.id) for note in notes] == [("opened", row.id)]


async def test_a_wrong_token_at_the_hand_over_is_a_security_event(console: Console) -> None:
    server = HandoverServer(console)
    await server.start()
    assert server._server is not None
    port = server._server.sockets[0].getsockname()[1]
    for _ in range(3):
        answer = await hand_over(port, "wrong", "alerts", {})
        assert answer.exit == 2
    await server.close()
    assert console.engine.alerting is not None
    await console.engine.alerting.close()
    assert await console.store.watching.events_since(utc_now() - timedelta(days=1)) == {"wrong_token": 3}
