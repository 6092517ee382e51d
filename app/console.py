"""The assembled program: builds the parts of one workspace and wires them. Nothing reaches through it for a service;
the composition roots (the window's entry and the command line) take the parts they need from here once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.handlers
import os
import random
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.api.answers import sentence
from app.api.backup_daily import AutomaticBackups
from app.api.logins import note_refused, note_unlocked
from app.api.packing_desk import PackingDesk
from app.api.rehearsal import READY_MADE, RehearsalServers
from app.api.restoring import accepts_older, finish_interrupted
from app.changes import Changes
from app.contracts import Message, Secret, TokenStore, fail
from app.contracts.catalogue import Catalogue, providers_root
from app.formats.words import system_language
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.reach import has_route
from app.http.samples import SampleRing
from app.jobs.alerting import AlertJobs
from app.jobs.connect import Connecting, Wish
from app.jobs.engine import Engine
from app.jobs.housekeeping import Housekeeping
from app.jobs.links import Keys, Links
from app.jobs.reporting import Reporting
from app.jobs.tokens import drop_orphans
from app.kit import MemoryTokens
from app.monitor.alerting.courier import Courier
from app.monitor.alerting.desk import AlertDesk, language_of
from app.monitor.alerting.facts import Sight
from app.monitor.alerting.sending import SendFailed
from app.monitor.forecast import DiskRecorder, Foresight
from app.monitor.health import Health
from app.monitor.keys import KeyWatch
from app.monitor.process import ProcessMeter, Recorder
from app.monitor.reporting import Reporter
from app.platform.keyrings import KeyringPort
from app.platform.logs import LineFormatter
from app.platform.worker import Worker
from app.printing import drawing
from app.store import Database, Store, StoreError, StoreFull, StoreReadOnly
from app.store.errors import translate_os
from app.store.workspace import Owned, Workspace, WorkspaceKind
from app.vault import KdfChoice, Profile, Vault, VaultError, VaultRefused
from app.vault.redact import RedactFilter, Redactor

if TYPE_CHECKING:
    from app.api.local_api import LocalApi


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
    key_watch: KeyWatch
    worker: Worker
    alert_desk: AlertDesk
    reporter: Reporter
    rehearsal: RehearsalServers | None = None
    local_api: LocalApi | None = None  # where a process lasts: the window, `serve`
    log_handler: logging.Handler | None = None
    way_in: str = ""  # typed, keyring or created; "" for a rehearsal workspace

    @property
    def is_rehearsal(self) -> bool:
        return self.vault is None

    async def came_in(self, where: str) -> None:
        """Into the audit log: somebody opened the vault, from `where` (window, headless)."""
        if self.way_in:
            await note_unlocked(self.store, where, self.way_in, utc_now())

    async def close(self) -> None:
        """Intake off, lanes cancelled, HTTP closed, writer drained and checkpointed, vault locked, servers ended."""
        if self.local_api is not None:
            await self.local_api.stop()
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


class OnlyLooking(Owned):
    """In the place of an ownership that a full or read-only disk does not let be written down: for reading only."""

    def __init__(self, workspace: Workspace, why: StoreError) -> None:
        self.workspace, self.why = workspace, why

    def publish(self, port: int, token: str | None = None) -> str:
        raise self.why

    def release(self) -> None:
        return


def _acquire(workspace: Workspace, reading: bool) -> Owned:
    """Raises WorkspaceOwned, and StoreFull, StoreReadOnly or StoreError `store.io` when the disk is in the way."""
    try:
        return workspace.acquire()
    except OSError as error:
        # The lock may be taken already: it must not live as long as the trace of what came after it.
        trace: BaseException | None = error
        while trace is not None:
            traceback.clear_frames(trace.__traceback__)
            trace = trace.__context__
        why = translate_os(error, workspace.folder)
        if not reading or not isinstance(why, StoreFull | StoreReadOnly):
            raise why from error
        return OnlyLooking(workspace, why)


def _finish(workspace: Workspace) -> None:
    try:
        finish_interrupted(workspace)
    except OSError as error:
        raise translate_os(error, workspace.folder) from error


async def _open_store(path: Path, owned: Owned, reading: bool) -> Store:
    why = owned.why if isinstance(owned, OnlyLooking) else None
    if why is None:
        try:
            return await Store.open(path, now=utc_now)
        except (StoreFull, StoreReadOnly) as error:
            if not reading:
                raise
            why = error
    return Store(await Database.open(path, read_only=True, why=why, now=utc_now), utc_now)


async def open_console(
    folder: Path,
    *,
    rehearsal: bool = False,
    unlock: Secret | None = None,
    keyring: KeyringPort | None = None,
    kdf: KdfChoice = KdfChoice.ARGON2ID,
    reading: bool = False,
) -> Console:
    """Open (or make) the workspace in `folder` and own it. `unlock`: the vault's password or recovery code, for a new vault
    its password, with `kdf`. `reading`: on a disk that is full or takes no writes, open it for reading only (`store.db.why`
    says so, and a write raises it). Raises WorkspaceOwned, WorkspaceRefused, StoreError,
    VaultRefused, and YoursError `config.field` (field `unlock`) when the vault cannot be opened with what is there."""
    workspace = Workspace(folder)
    kind = await asyncio.to_thread(_kind_of, workspace, rehearsal)
    await asyncio.to_thread(workspace.prepare, kind)
    owned = await asyncio.to_thread(_acquire, workspace, reading)
    servers: RehearsalServers | None = None
    store: Store | None = None
    way = ""
    try:
        await asyncio.to_thread(_finish, workspace)
        if kind is WorkspaceKind.REHEARSAL:
            vault, servers = None, await RehearsalServers.start()
            keys: Keys = RehearsalKeys()
        else:
            way = "typed" if unlock is not None else "keyring"
            way = way if await asyncio.to_thread(workspace.vault.exists) else "created"
            try:
                vault = await open_vault(workspace.vault, unlock, keyring, kdf)
            except VaultRefused as refused:
                await note_refused(workspace, refused, utc_now())
                raise
            keys = vault
        store = await _open_store(workspace.store, owned, reading)
        console = assemble(workspace, owned, store, keys, vault)
        console.rehearsal = servers
        console.way_in = way
        console.log_handler = start_logging(workspace.logs, vault)
        if not store.db.read_only:
            if servers is not None:
                await prepare_rehearsal(console, servers.addresses)
            await store.outbox.recover(utc_now())
            await store.jobs.interrupted()
            await store.print_queue.recover()
            await store.packing.recover()
            entries = console.catalogue.entries
            await store.stock.learn({name for name, one in entries.items() if "stock_sink" in one.capabilities})
            if vault is not None:
                await _sweep_tokens(vault, store)
    except BaseException:
        if store is not None:
            await store.close()
        if servers is not None:
            await servers.close()
        owned.release()
        raise
    return console


async def _sweep_tokens(vault: Vault, store: Store) -> None:
    """What a sign-in left that was killed. That it cannot be swept now must keep nobody from the workspace."""
    try:
        dropped = await drop_orphans(vault, {account.id for account in await store.accounts.list()})
    except VaultError as trouble:
        logging.getLogger(__name__).warning("tokens without an account stay in the vault: %s", trouble.key)
        return
    if dropped:
        logging.getLogger(__name__).info("tokens of %d sign-ins that were cut off were dropped", len(dropped))


def assemble(workspace: Workspace, owned: Owned, store: Store, keys: Keys, vault: Vault | None) -> Console:
    """Wire the parts; nothing runs yet."""
    catalogue, changes, ring = Catalogue(providers_root()), Changes(), SampleRing()
    network = Network(
        clock=time.monotonic, wall=time.time, sleep=asyncio.sleep, rng=random.Random(), on_sample=ring, proxy="system"  # noqa: S311 - jitter
    )  # fmt: skip
    links = Links(store, keys, catalogue, network, utc_now)
    engine = Engine(store, links, changes, ring, utc_now)
    worker = Worker()
    courier = Courier(store, keys, network, utc_now, sentence, lambda: language_of(store, system_language))
    reporter = Reporter(
        store, catalogue, keys, utc_now, lambda: language_of(store, system_language),
        lambda data: worker.compute(drawing.report, data), rehearsal=vault is None,
    )  # fmt: skip
    if vault is not None:
        engine.runner.clean = engine.pulls.clean = engine.relay.clean = courier.clean = Redactor(vault.values).redact
        reporter.clean = courier.clean
    connecting = Connecting(store, keys, catalogue, links, changes)
    health = Health(store, catalogue, network, utc_now)
    health.resting = engine.probing.is_resting
    engine.beside.append(Recorder(store, ProcessMeter(lambda: engine.received_bytes), utc_now).run)
    key_watch = KeyWatch(store, vault, catalogue, utc_now)
    foresight = Foresight(store, utc_now, network.quotas)
    sight = Sight(store, catalogue, health, key_watch, vault, workspace.folder, utc_now, has_route, foresight)
    engine.beside.append(DiskRecorder(store, workspace.folder, utc_now).run)
    alert_desk = AlertDesk(store, keys, sight, courier, utc_now, rehearsal=vault is None)
    engine.alerting = AlertJobs(store, changes, utc_now, alert_desk, courier.deliver, SendFailed)
    engine.reporting = Reporting(store, engine.runner, utc_now, reporter, SendFailed)
    backups = None if vault is None else AutomaticBackups(workspace, store, vault, utc_now)
    engine.housekeeping = Housekeeping(store, engine.runner, changes, utc_now, workspace.folder, backups)
    links.compute = worker.compute
    engine.beside.append(PackingDesk(store, utc_now, worker.executor, changes).run)
    return Console(
        workspace,
        owned,
        store,
        keys,
        vault,
        catalogue,
        network,
        changes,
        links,
        engine,
        connecting,
        health,
        key_watch,
        worker,
        alert_desk,
        reporter,
    )


class LogFile(logging.handlers.RotatingFileHandler):
    """A line that a full disk does not take is dropped: logging's own way is a stack trace on standard error for each."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what is still to be written finds no room either
            super().close()


def start_logging(folder: Path, vault: Vault | None) -> logging.Handler:
    """A rotating log file whose every line is searched for vault values before it is written."""
    handler = LogFile(folder / "paxzar.log", maxBytes=2_000_000, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(LineFormatter())
    if vault is not None:
        handler.addFilter(RedactFilter(Redactor(vault.values)))
    logging.getLogger().addHandler(handler)
    return handler


def stop_logging(handler: logging.Handler | None) -> None:
    if handler is not None:
        logging.getLogger().removeHandler(handler)
        handler.close()


async def open_vault(
    path: Path, unlock: Secret | None, keyring: KeyringPort | None, kdf: KdfChoice = KdfChoice.ARGON2ID
) -> Vault:
    """The unlocked vault: by the password or code handed in, else by the keyring; a new one when there is none yet."""
    if not await asyncio.to_thread(path.exists):
        if unlock is None and keyring is None:
            raise fail(Message("config.field", {"field": "unlock", "why": "no_keyring"}, field="unlock"))
        cheap = (
            os.environ.get("PAXZAR_TEST_PROFILE") == "1"
        )  # the vault itself refuses such a file without the variable
        profile = Profile.TEST if cheap else Profile.NORMAL
        vault, _ = await Vault.create(path, keyring=keyring, password=unlock, kdf=kdf, profile=profile)
        return vault
    vault = await Vault.open(path, accept_older=await asyncio.to_thread(accepts_older, path))
    if unlock is not None:
        await vault.unlock_with(unlock)
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
