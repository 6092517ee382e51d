"""Notes of who came in: the vault unlocked, and every try that was refused. Ids and ways only, never what was typed."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from app.store import Action, AuditFilter, Outcome, Store, StoreError
from app.store.audit import os_user
from app.store.workspace import Workspace
from app.vault import VaultRefused

#: Refusals of a secret that was tried. Waiting, a missing slot or a key store that does not answer are no tries.
_TRIES = frozenset({"vault.refused", "vault.recovery_typo", "vault.keyring_wrong"})
_QUIET = timedelta(hours=1)  # a script that runs every minute is one visitor
_LOOKED_AT = 500


async def note_refused(workspace: Workspace, refused: VaultRefused, now: datetime) -> None:
    """For the owner of a workspace whose vault did not open: the try stands in the log before anybody is told. A store
    that is not there or cannot be opened keeps no note."""
    if refused.key not in _TRIES or not workspace.store.exists():
        return
    with contextlib.suppress(StoreError):
        store = await Store.open(workspace.store, now=lambda: now)
        try:
            await store.audit.note(Action.VAULT_UNLOCKED, subject=("vault", "refused"), outcome=Outcome.FAILED)
        finally:
            await store.close()


async def note_unlocked(store: Store, where: str, way: str, now: datetime) -> None:
    """`where` window or headless, `way` typed or keyring; with the number of refused tries since somebody last came in.
    Headless and without such tries at most once an hour, or the log would hold little else."""
    if store.db.read_only:
        return
    failed = 0
    for entry in await store.audit.query(AuditFilter(action=str(Action.VAULT_UNLOCKED)), limit=_LOOKED_AT):
        if entry.outcome != Outcome.FAILED:
            young = now - entry.at < _QUIET and entry.actor == os_user() and entry.subject_id == where
            if where == "headless" and young and not failed:
                return
            break
        failed += 1
    with contextlib.suppress(StoreError):
        await store.audit.note(Action.VAULT_UNLOCKED, subject=("vault", where), details={"way": way, "failed": failed})
