"""The two ways into a backup, and the look inside.

By a passphrase of its own (made by hand), or by the vault that it carries (made by itself, daily): the file then opens
with whatever opened the vault on that day: its password, its recovery code, or the key store of that computer.
Never writes anything but into a folder of its own that is gone afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from app.api.sealed import PASSPHRASE, VAULT_NAME, BackupError, Manifest, SealedHeader, damaged, read_header, unpack
from app.contracts import Secret
from app.platform.keyrings import KeyringPort
from app.store.audit import Head
from app.vault import Vault, VaultDamaged, VaultRefused, World
from app.vault.kdf import KEY_BYTES, PLAIN, derive, password_bytes
from app.vault.slots import read_code
from app.vault.wrapping import derived

T = TypeVar("T")
KEY_ENTRY = "backup/key"


class BackupFacts(msgspec.Struct, frozen=True):
    """What is inside, never a secret. `size` of the sealed file in bytes; `way`: passphrase or vault; `audit`: how many
    audit entries, and the hash of the last; `vault_slots`: kinds of the ways into the vault that is inside."""

    created: datetime
    program: str
    schema: int
    kind: str
    counts: dict[str, int]
    vault_slots: tuple[str, ...]
    audit: Head
    way: str
    size: int


async def inspect(file: Path, passphrase: Secret | None, *, keyring: KeyringPort | None = None) -> BackupFacts:
    """Open the whole file, check it to the last byte, and tell what is inside.

    `passphrase`: of a backup made by hand its own, of an automatic one the vault's password or recovery code; None
    tries the key store of this computer. Raises BackupError; VaultError `vault.kdf_failed`.
    """
    header = await asyncio.to_thread(read_header, file)
    key = await key_of(header, passphrase, keyring)
    return await look(file, header, key)


async def in_thread(work: Callable[..., T], *args: object) -> T:
    """Like `asyncio.to_thread`, but the thread has ended when this does: what it writes may then be removed."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


async def look(file: Path, header: SealedHeader, key: bytes) -> BackupFacts:
    manifest = await in_thread(unpack, file, key)
    return facts_of(header, manifest, (await asyncio.to_thread(file.stat)).st_size)


def facts_of(header: SealedHeader, manifest: Manifest, size: int) -> BackupFacts:
    return BackupFacts(
        manifest.created, manifest.program, manifest.schema, manifest.kind, manifest.counts, manifest.vault_slots,
        Head(*manifest.audit), header.way, size,
    )  # fmt: skip


async def key_of(header: SealedHeader, secret: Secret | None, keyring: KeyringPort | None = None) -> bytes:
    """The key of one file. A wrong passphrase of its own gives a wrong key, which opens nothing.

    Raises BackupError: `backup.needs_secret`, `backup.no_way` (the vault inside has no such slot), `backup.refused`,
    `backup.damaged`, `backup.no_keyring` (this computer's key store does not fit).
    """
    if header.way == PASSPHRASE:
        if secret is None:
            raise BackupError("backup.needs_secret")
        return await derived(derive, header.kdf, header.salt, password_bytes(secret))
    if secret is None and keyring is None:
        raise BackupError("backup.needs_secret")
    # A vault of its own with notes of its own: the delays and marks of this computer's vault are not its business.
    with tempfile.TemporaryDirectory(prefix="paxzar-", ignore_cleanup_errors=True) as place:
        path = Path(place) / VAULT_NAME
        await asyncio.to_thread(path.write_bytes, header.vault)
        raw = await _backup_key(path, secret, keyring)
    return derive(PLAIN, header.salt, raw)


async def _backup_key(path: Path, secret: Secret | None, keyring: KeyringPort | None) -> bytes:
    try:
        vault = await Vault.open(path, accept_older=True, world=World(state=path.parent / "state"))
        if secret is not None and read_code(secret) is not None:
            await vault.unlock_with_recovery(secret)
        elif secret is not None:
            await vault.unlock_with_password(secret)
        elif keyring is not None:
            await vault.unlock_with_keyring(keyring)
        entry = await vault.get(KEY_ENTRY)
        raw = base64.b64decode(entry["key"].reveal(), validate=True)
    except VaultRefused as error:
        if error.key == "vault.no_slot":
            raise BackupError("backup.no_way") from None
        raise BackupError("backup.no_keyring" if secret is None else "backup.refused") from None
    except (VaultDamaged, KeyError, binascii.Error):
        raise damaged() from None
    if len(raw) != KEY_BYTES:
        raise damaged()
    return raw
