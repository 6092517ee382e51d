"""The assembled program: builds the parts of one workspace and wires them. Nothing reaches through it for a service;
the composition roots (the window's entry and the command line) take the parts they need from here once."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.api.rehearsal import READY_MADE, RehearsalServers
from app.api.restoring import accepts_older, finish_interrupted
from app.changes import Changes
from app.contracts import Message, Secret, TokenStore, fail
from app.contracts.catalogue import Catalogue, providers_root
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.jobs.connect import Connecting, Wish
from app.jobs.engine import Engine
from app.jobs.links import Keys, Links
from app.kit import MemoryTokens
from app.monitor.health import Health
from app.platform.keyrings import KeyringPort
from app.platform.worker import Worker
from app.store import Store
from app.store.workspace import Owned, Workspace, WorkspaceKind
from app.vault import Profile, Vault
from app.vault.redact import RedactFilter, Redactor


def utc_now() -> datetime:
    return datetime.now(UTC)


class RehearsalKeys:
    """Credentials of the rehearsal servers: no secrets, so no vault. Read from the servers, kept in memory."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Secret]] = {}
        self._tokens: dict[str, MemoryTokens] = {}

    async def get(self, entry_id: str) -> dict[str, Secret]:
        return self._entries[entry_id]

    async def put(self, entry_id: str, values: Mapping[str, str]) -> None:
        self._entries[entry_id] = {k: Secret(v) for k, v in values.items()}

    async def drop(self, entry_id: str) -> None:
        self._entries.pop(entry_id, None)

    def tokens(self, entry_id: str) -> TokenStore:
        return self._tokens.setdefault(entry_id, MemoryTokens())


@dataclass
class Console:
    workspace: Workspace
    owned: Owned
    store: Store
    keys: Keys
    vault: Vault | None  # None in a rehearsal workspace
    catalogue: Catalogue
    network: Network
    changes: Changes
    links: Links
    engine: Engine
    connecting: Connecting
    health: Health
    worker: Worker
    rehearsal: RehearsalServers | None = None
    log_handler: logging.Handler | None = None

    @property
    def is_rehearsal(self) -> bool:
        return self.vault is None

    async def close(self) -> None:
        """Intake off, lanes cancelled, HTTP closed, writer drained and checkpointed, vault locked, servers ended."""
        await self.engine.close()
        await self.network.close()
        self.worker.close()
        await self.store.close()
        if self.vault is not None:
            await self.vault.lock()
        if self.rehearsal is not None:
            await self.rehearsal.close()
        stop_logging(self.log_handler)
        self.owned.release()


def _kind_of(workspace: Workspace, rehearsal: bool) -> WorkspaceKind:
    """A folder that is a workspace already stays what it is, unless the rehearsal was asked for by name."""
    return WorkspaceKind.REHEARSAL if rehearsal else workspace.kind or WorkspaceKind.LIVE


async def open_console(
    folder: Path, *, rehearsal: bool = False, unlock: Secret | None = None, keyring: KeyringPort | None = None
) -> Console:
    """Open (or make) the workspace in `folder` and own it. Raises WorkspaceOwned, WorkspaceRefused, StoreError,
    VaultRefused, and YoursError `config.field` (field `unlock`) when the vault cannot be opened with what is there."""
    workspace = Workspace(folder)
    kind = await asyncio.to_thread(_kind_of, workspace, rehearsal)
    await asyncio.to_thread(workspace.prepare, kind)
    owned = await asyncio.to_thread(workspace.acquire)
    servers: RehearsalServers | None = None
    store: Store | None = None
    try:
        await asyncio.to_thread(finish_interrupted, workspace)
        if kind is WorkspaceKind.REHEARSAL:
            vault, servers = None, await RehearsalServers.start()
            keys: Keys = RehearsalKeys()
        else:
            vault = await open_vault(workspace.vault, unlock, keyring)
            keys = vault
        store = await Store.open(workspace.store, now=utc_now)
        console = assemble(workspace, owned, store, keys, vault)
        console.rehearsal = servers
        console.log_handler = start_logging(workspace.logs, vault)
        if servers is not None:
            await prepare_rehearsal(console, servers.addresses)
        await store.outbox.recover(utc_now())
        await store.jobs.interrupted()
    except BaseException:
        if store is not None:
            await store.close()
        if servers is not None:
            await servers.close()
        owned.release()
        raise
    return console


def assemble(workspace: Workspace, owned: Owned, store: Store, keys: Keys, vault: Vault | None) -> Console:
    """Wire the parts; nothing runs yet."""
    catalogue, changes, ring = Catalogue(providers_root()), Changes(), SampleRing()
    network = Network(
        clock=time.monotonic, wall=time.time, sleep=asyncio.sleep, rng=random.Random(), on_sample=ring, proxy="system"  # noqa: S311 - jitter
    )  # fmt: skip
    links = Links(store, keys, catalogue, network, utc_now)
    engine = Engine(store, links, changes, ring, utc_now)
    connecting = Connecting(store, keys, catalogue, links, changes)
    health = Health(store, catalogue, network, utc_now)
    return Console(
        workspace, owned, store, keys, vault, catalogue, network, changes, links, engine, connecting, health, Worker()
    )


def start_logging(folder: Path, vault: Vault | None) -> logging.Handler:
    """A rotating log file whose every line is searched for vault values before it is written."""
    handler = logging.handlers.RotatingFileHandler(
        folder / "paxzar.log", maxBytes=2_000_000, backupCount=3, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    if vault is not None:
        handler.addFilter(RedactFilter(Redactor(vault.values)))
    logging.getLogger().addHandler(handler)
    return handler


def stop_logging(handler: logging.Handler | None) -> None:
    if handler is not None:
        logging.getLogger().removeHandler(handler)
        handler.close()


async def open_vault(path: Path, unlock: Secret | None, keyring: KeyringPort | None) -> Vault:
    """The unlocked vault: by the password handed in, else by the keyring; a new one when there is none yet."""
    if not await asyncio.to_thread(path.exists):
        if unlock is None and keyring is None:
            raise fail(Message("config.field", {"field": "unlock", "why": "no_keyring"}, field="unlock"))
        cheap = (
            os.environ.get("PAXZAR_TEST_PROFILE") == "1"
        )  # the vault itself refuses such a file without the variable
        profile = Profile.TEST if cheap else Profile.NORMAL
        vault, _ = await Vault.create(path, keyring=keyring, password=unlock, profile=profile)
        return vault
    vault = await Vault.open(path, accept_older=await asyncio.to_thread(accepts_older, path))
    if unlock is not None:
        await vault.unlock_with_password(unlock)
    elif keyring is not None:
        await vault.unlock_with_keyring(keyring)
    else:
        raise fail(Message("config.field", {"field": "unlock", "why": "no_keyring"}, field="unlock"))
    return vault


async def prepare_rehearsal(console: Console, addresses: Mapping[str, str]) -> None:
    """The five ready-made connections, pointed at the servers of this start."""
    held = await fetch_credentials(console, addresses)
    stored = await console.store.connections.list()
    for integration in READY_MADE:
        values = {k: v for k, v in held[integration].items() if v}
        manifest = console.catalogue.manifest(integration)
        fields = {f.key: f for f in manifest.credentials}
        values = {k: v for k, v in values.items() if k in fields}
        accounts = {row.account_id for row in stored if row.integration == integration}
        if not accounts:
            wish = Wish(integration, manifest.name, "rehearsal", values, addresses[integration])
            await console.connecting.save(wish, utc_now())
            continue
        secrets = {f.key for f in manifest.credentials if f.kind in ("secret", "file")}
        for account_id in accounts:  # the merchant may have added a second one of the kind
            await console.keys.put(account_id, {k: v for k, v in values.items() if k in secrets})
            await console.store.accounts.update_settings(
                account_id, {k: v for k, v in values.items() if k not in secrets}, urls={"api": addresses[integration]}
            )


async def fetch_credentials(console: Console, addresses: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What each rehearsal server lets in."""
    found = {}
    for integration, address in addresses.items():
        policy = Policy(
            connection_id=0, account_id="rehearsal", connection_name=integration, deadline_s=10, hosts=frozenset({"127.0.0.1"})
        )  # fmt: skip
        http = console.network.client(policy, address)
        found[integration] = (await http.get("/_control/credentials")).json()
    return found
