"""The health of a connection that works by file is the age of its last order sheet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.contracts.account import LEARNT, SHEET_IN
from app.contracts.catalogue import Catalogue, providers_root
from app.http.pipeline import Network
from app.http.samples import SampleRing
from app.monitor.health import Blame, Health, State, late_sheet
from app.store import Store
from app.store.connections import ConnectionRow

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "hours", "code"),
    [
        ("2026-11-24T11:00:00+00:00", "24", ""), ("2026-11-23T11:59:00+00:00", "24", "sheet.late"),
        ("2026-11-23T11:59:00+00:00", "48", ""), ("", "24", "sheet.none"), ("", "999", ""), ("", "0", ""),
        ("2020-01-01T00:00:00+00:00", "0", ""), ("", "çok", ""),
    ],
)  # fmt: skip
def test_when_a_sheet_is_late(told: str, hours: str, code: str) -> None:
    found = late_sheet(told, NOW - timedelta(days=3), NOW, hours)
    assert (found.code if found else "") == code


async def made(
    tmp_path: Path, integration: str, settings: dict[str, str]
) -> tuple[Store, Network, Health, ConnectionRow]:
    store = await Store.open(tmp_path / "store.sqlite", now=lambda: NOW - timedelta(days=3))
    await store.accounts.add("acc", integration, "live", settings=settings)
    row = await store.connections.add("Mağaza", integration, "acc", "live")
    await store.connections.note_ok(row.id, NOW)
    network = Network(on_sample=SampleRing())
    found = await store.connections.get(row.id)
    assert found is not None
    return store, network, Health(store, Catalogue(providers_root(), with_plugins=False), network, lambda: NOW), found


async def test_the_wall_turns_yellow_and_green_again(tmp_path: Path) -> None:
    store, network, health, row = await made(tmp_path, "boyner", {"folder": "/x"})
    try:
        report = await health.report(row)
        assert (report.state, report.blame) == (State.DEGRADED, Blame.YOURS)
        assert report.message is not None
        assert report.message.code == "sheet.none"
        await store.settings.set(LEARNT + "acc", {SHEET_IN: (NOW - timedelta(hours=2)).isoformat()})
        assert (await health.report(row)).state is State.HEALTHY
        await store.settings.set(LEARNT + "acc", {SHEET_IN: (NOW - timedelta(hours=30)).isoformat()})
        late = await health.report(row)
        assert late.message is not None
        assert (late.message.code, late.message.params) == ("sheet.late", {"seconds": "30", "goal": "24"})
    finally:
        await network.close()
        await store.close()


@pytest.mark.parametrize(
    ("integration", "settings"),
    [("boyner", {"sheet_hours": "0"}), ("boyner", {"sheet_hours": "100"}), ("trendyol", {}), ("dolap", {})],
)
async def test_whose_sheets_are_never_late(tmp_path: Path, integration: str, settings: dict[str, str]) -> None:
    store, network, health, row = await made(tmp_path, integration, settings)
    try:
        assert (await health.report(row)).state is State.HEALTHY
    finally:
        await network.close()
        await store.close()


async def test_orders_switched_off_are_not_waited_for(tmp_path: Path) -> None:
    store, network, health, row = await made(tmp_path, "boyner", {})
    try:
        await store.connections.set_switch(row.id, "order_source", False)
        off = await store.connections.get(row.id)
        assert off is not None
        assert (await health.report(off)).state is State.HEALTHY
    finally:
        await network.close()
        await store.close()
