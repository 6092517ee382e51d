"""Making slots: the slow and the outside half of it (key derivation in threads, the system's keyring)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm

from app.contracts import Secret
from app.platform.keyrings import KeyringError, KeyringPort
from app.vault.container import Header, Slot
from app.vault.errors import VaultError
from app.vault.file import World
from app.vault.kdf import PLAIN, Kdf, KdfChoice, Profile, cost_for
from app.vault.slots import KEYRING, new_keyring_secret, slot_of, unwrap, wrap

SHORTEST_PASSWORD = 8  # signs; test vaults take any that is not empty
T = TypeVar("T")


def check_password(password: Secret, profile: Profile) -> None:
    """Raises VaultError (`vault.password_short`)."""
    least = 1 if profile is Profile.TEST else SHORTEST_PASSWORD
    if len(password.reveal()) < least:
        raise VaultError("vault.password_short", least=str(least))


def check_text(*texts: str) -> None:
    """Raises ValueError for what is no text."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("a value holds half a surrogate pair") from None


async def derived(work: Callable[..., T], *args: object) -> T:
    """Run a key derivation in a thread. Raises VaultError (`vault.kdf_failed`) when this machine cannot do it."""
    try:
        return await asyncio.to_thread(work, *args)
    except (MemoryError, UnsupportedAlgorithm):
        raise VaultError("vault.kdf_failed") from None


async def typed_slot(kind: str, secret: Secret, header: Header, key: bytes, choice: KdfChoice, world: World) -> Slot:
    """A slot for a password or a recovery code, its cost tuned to this machine."""
    cost = await asyncio.to_thread(cost_for, choice, header.profile)
    return await derived(_wrap, kind, secret, key, header, cost, world)


async def keyring_slot(keyring: KeyringPort, header: Header, key: bytes, world: World) -> Slot:
    """A slot for the secret that the keyring has, or for a new one. Raises VaultError (`vault.keyring_…`).

    A secret that still opens the file is not replaced: a crash before the file is saved would leave the file's slot
    without its secret.
    """
    user, old = header.vault, slot_of(header, KEYRING)
    try:
        secret = await keyring.get(user) if old is not None else None
        if secret is None or old is None or unwrap(header, old, secret) is None:
            secret = new_keyring_secret(world.random)
            await keyring.put(user, secret)
            if await keyring.get(user) != secret:  # some keyrings take a secret and lose it
                raise KeyringError("vault.keyring_failed")
    except KeyringError as trouble:
        raise VaultError(trouble.key, backend=trouble.backend) from None
    return _wrap(KEYRING, secret, key, header, PLAIN, world)


async def quietly_drop(keyring: KeyringPort, user: str) -> None:
    """Remove a secret that opens nothing any more; that it stays is no trouble worth a word."""
    try:
        await keyring.drop(user)
    except KeyringError:
        return


def _wrap(kind: str, secret: Secret, key: bytes, header: Header, cost: Kdf, world: World) -> Slot:
    return wrap(kind, secret, key, header.vault, header.profile, cost, world.now(), world.random)
