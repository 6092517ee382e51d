"""A workspace with a vault, its backup, and a keyring in memory: what the tests of backups share."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.api import restoring
from app.api.backup import back_up
from app.contracts import Page, Secret
from app.model import Money, Order, OrderStatus
from app.store import Store
from app.store.workspace import Workspace, WorkspaceKind
from app.vault import Profile, Vault

MUSEUM = Path(__file__).parents[2] / "fixtures" / "museum"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PASS = Secret("yedeğin parolası")
PASSWORD = Secret("kasanın parolası")
KEY = "sk_live_çok-gizli-anahtar"


class Keyring:
    def __init__(self) -> None:
        self.kept: dict[str, Secret] = {}

    async def get(self, user: str) -> Secret | None:
        return self.kept.get(user)

    async def put(self, user: str, secret: Secret) -> None:
        self.kept[user] = secret

    async def drop(self, user: str) -> None:
        self.kept.pop(user, None)


@dataclass
class Parts:
    workspace: Workspace
    store: Store
    vault: Vault | None
    code: Secret | None = None
    keyring: Keyring | None = None


@asynccontextmanager
async def opened(folder: Path, *, rehearsal: bool = False) -> AsyncIterator[Parts]:
    """A workspace that is owned and open; a new one gets a vault with a password, a code and a keyring."""
    workspace = Workspace(folder)
    workspace.prepare(WorkspaceKind.REHEARSAL if rehearsal else WorkspaceKind.LIVE)
    with workspace.acquire():
        restoring.finish_interrupted(workspace)
        vault, code, keyring = None, None, Keyring()
        if not rehearsal and workspace.vault.exists():
            vault = await Vault.open(workspace.vault, accept_older=restoring.accepts_older(workspace.vault))
            await vault.unlock_with_password(PASSWORD)
        elif not rehearsal:
            vault, code = await Vault.create(
                workspace.vault, keyring=keyring, password=PASSWORD, recovery=True, profile=Profile.TEST
            )
        store = await Store.open(workspace.store, now=lambda: NOW)
        try:
            yield Parts(workspace, store, vault, code, keyring)
        finally:
            await store.close()


async def filled(parts: Parts, orders: int = 2, note: str = "") -> None:
    await parts.store.accounts.add("acc", "trendyol", "live")
    row = await parts.store.connections.add("Dükkân", "trendyol", "acc", "live")
    made = [
        Order(
            remote_id=str(n), number=f"N{n}", status=OrderStatus.OPEN, vendor_status="", placed_at=NOW, updated_at=NOW,
            total=Money.from_micros(1_000_000, "TRY"), lines=(), note=note,
        )
        for n in range(orders)
    ]  # fmt: skip
    await parts.store.orders.apply_page(row.id, "acc", Page(tuple(made)), now=NOW)
    if parts.vault is not None:
        await parts.vault.put("acc", {"key": KEY})


async def backed_up(tmp_path: Path) -> tuple[Path, Path]:
    """A closed workspace with two orders, and its backup of several chunks."""
    async with opened(tmp_path / "ws") as parts:
        await filled(parts)
        await parts.store.settings.set("pad", random.Random(1).randbytes(150_000).hex())
        parts.workspace.settings.write_text('{"theme": "dark"}', encoding="utf-8")
        await back_up(parts, tmp_path / "b.paxzb", PASS, now=lambda: NOW)
    return tmp_path / "ws", tmp_path / "b.paxzb"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
