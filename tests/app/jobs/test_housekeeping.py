"""Housekeeping by the clock: due once a day, off until switched on, backups that fail are told and tried again later."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.api.backup_daily import AutomaticBackups
from app.api.sealed import BackupError
from app.changes import ChangeReport, Changes
from app.contracts import Page, Reject
from app.contracts.messages import Message
from app.jobs.housekeeping import KINDS, Housekeeping
from app.jobs.runner import Runner
from app.model import Buyer, Money, Order, OrderStatus
from app.store import Action, AuditFilter, Store
from app.store.workspace import Workspace
from app.vault import Profile, Vault
from tests.app.api.backing import PASSWORD

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=900)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


class House:
    """A store, a vault, housekeeping and automatic backups under one clock."""

    def __init__(
        self, clock: Clock, store: Store, keeping: Housekeeping, backups: AutomaticBackups, vault: Vault
    ) -> None:
        self.clock, self.store, self.keeping, self.backups, self.vault = clock, store, keeping, backups, vault
        self.reports: list[ChangeReport] = []

    async def jobs(self) -> list[tuple[str, str]]:
        return [(job.kind, job.outcome) for job in reversed(await self.store.jobs.recent(50))]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock, workspace = Clock(), Workspace(tmp_path)
    for name in ("documents", "logs"):
        (tmp_path / name).mkdir()
    store = await Store.open(workspace.store, now=clock)
    vault, _ = await Vault.create(workspace.vault, keyring=None, password=PASSWORD, profile=Profile.TEST)
    changes = Changes()
    backups = AutomaticBackups(workspace, store, vault, clock)
    keeping = Housekeeping(store, Runner(store, changes, clock), changes, clock, tmp_path, backups)
    made = House(clock, store, keeping, backups, vault)
    changes.listen(made.reports.append)
    yield made
    await store.close()


async def orders(store: Store) -> None:
    await store.accounts.add("acc", "trendyol", "live")
    row = await store.connections.add("Dükkân", "trendyol", "acc", "live")
    items = tuple(
        Order(
            remote_id=str(n), number=f"N{n}", status=OrderStatus.DELIVERED, vendor_status="", placed_at=at, updated_at=at,
            total=Money.of("1", "TRY"), lines=(), buyer=Buyer("Ayşe Öz", "+905321234567"),
        )
        for n, at in enumerate((LONG_AGO, LONG_AGO, NOW))
    )  # fmt: skip
    await store.orders.apply_page(row.id, "acc", Page(items, (Reject("x", "raw", Message("bug")),)), now=LONG_AGO)


async def test_a_backup_a_day_and_none_while_the_vault_is_locked(house: House) -> None:
    await house.keeping.run()
    await house.keeping.run()
    assert await house.jobs() == [("backup", "done")]
    house.clock.on(hours=23)
    await house.keeping.run()
    house.clock.on(hours=1)
    await house.vault.lock()
    await house.keeping.run()
    assert len(await house.jobs()) == 1
    await house.vault.unlock_with_password(PASSWORD)
    await house.keeping.run()
    assert await house.jobs() == [("backup", "done")] * 2
    state = await house.backups.state()
    assert [one.at for one in state.files] == [NOW + timedelta(days=1), NOW]
    assert state.worry(house.clock.now) == ""
    assert state.worry(house.clock.now + timedelta(days=4)) == "old"
    house.clock.on(days=-400)  # a clock that was put back: one more, not none for a year
    await house.keeping.run()
    assert len(await house.jobs()) == 3


async def test_a_failed_backup_is_told_and_tried_again_after_a_while(house: House, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with pytest.raises(BackupError, match=r"backup\.no_folder"):
        await house.backups.choose(disk)
    disk.mkdir()
    await house.backups.choose(disk)
    disk.rmdir()
    await house.keeping.run()
    house.clock.on(hours=3)
    await house.keeping.run()
    assert await house.jobs() == [("backup", "failed")]
    state = await house.backups.state()
    assert state.trouble is not None
    assert (state.trouble.code, state.trouble.params, state.worry(house.clock.now)) == (
        "backup.no_folder", {"path": str(disk)}, "failed",
    )  # fmt: skip
    assert not disk.exists()
    disk.mkdir()
    house.clock.on(hours=2)
    await house.keeping.run()
    state = await house.backups.state()
    assert (state.trouble, len(state.files), state.chosen) == (None, 1, True)
    await house.vault.lock()
    with pytest.raises(BackupError, match=r"vault\.locked"):
        await house.backups.make(force=True)
    told = await house.store.audit.query(AuditFilter(action="settings"))
    assert [(e.subject_id, e.details) for e in told] == [("backup.folder", {})]


async def test_nothing_is_erased_that_was_not_switched_on(house: House, tmp_path: Path) -> None:
    await orders(house.store)
    await house.store.attention.resolve(1)
    for name in ("documents/a.pdf", "documents/a.txt", "logs/paxzar.log", "logs/paxzar.log.1"):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (LONG_AGO.timestamp(),) * 2)
    await house.keeping.run()
    assert await house.keeping.preview() == {}
    assert len((await house.store.people.find("Ayşe Öz"))[0].orders) == 3
    for kind in KINDS:
        assert await house.keeping.set_rule(kind, KINDS[kind][0])
    assert not await house.keeping.set_rule("logs", KINDS["logs"][0])
    with pytest.raises(ValueError, match="at least"):
        await house.keeping.set_rule("orders", 29)
    with pytest.raises(KeyError):
        await house.keeping.set_rule("audit", 30)
    await house.keeping.run()  # not again today
    assert ("retention", "done") not in await house.jobs()
    house.clock.on(days=100)
    await house.store.attention.resolve(1)
    assert await house.keeping.preview() == {"orders": 2, "documents": 1, "notices": 1, "sent": 0, "logs": 1}
    await house.keeping.run()
    assert ("retention", "done") in await house.jobs()
    assert {p.name for p in (tmp_path / "documents").iterdir()} == {"a.txt"}
    assert {p.name for p in (tmp_path / "logs").iterdir()} == {"paxzar.log"}
    assert len((await house.store.people.find("Ayşe Öz"))[0].orders) == 1
    expired = await house.store.audit.query(AuditFilter(action=str(Action.DATA_EXPIRED)))
    assert {e.subject_id: e.details["count"] for e in expired} == {"documents": 1, "notices": 1, "logs": 1}
    assert {r.table for r in house.reports if r.source == "retention"} == {"orders", "prints", "attention"}
    assert not await house.store.erasing.scrub_due()
    assert await house.store.audit.verify() is None


async def test_the_file_is_rewritten_once_a_week_at_most(house: House) -> None:
    await orders(house.store)
    await house.keeping.set_rule("orders", 365)
    await house.keeping.apply()
    assert not await house.store.erasing.scrub_due()
    for wait, due in ((2, True), (6, False)):
        await house.store.erasing.erase_again([("acc", "2")] if wait == 2 else [])
        house.clock.on(days=wait)
        await house.keeping.apply()
        assert await house.store.erasing.scrub_due() is due


async def test_documents_elsewhere_are_left_and_named(house: House, tmp_path: Path) -> None:
    inside, outside = tmp_path / "documents" / "a.pdf", tmp_path / "elsewhere.pdf"
    for path in (inside, outside):
        path.write_bytes(b"x")
    paths = [
        str(inside),
        str(outside),
        str(tmp_path / "gone.pdf"),
        str(tmp_path / "documents" / ".." / "elsewhere.pdf"),
    ]
    count, left = await house.keeping.delete_documents(paths)
    assert (count, set(left)) == (1, {paths[1], paths[3]})
    assert outside.exists()
