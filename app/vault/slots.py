"""The ways into a vault: wrapping its key under the keyring's secret, a password or a printable recovery code.

A try that fails gives None, never a reason: a wrong password and a damaged slot must look and last the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.contracts import Secret
from app.vault.container import NONCE_BYTES, Header, Slot, seal, slot_aad, unseal
from app.vault.kdf import KEY_BYTES, SALT_BYTES, Kdf, KdfChoice, Profile, derive, password_bytes

KEYRING, PASSWORD, RECOVERY = "keyring", "password", "recovery"

# Crockford's alphabet: no I, L, O, U, so that a code read from paper has one reading.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_CHARS = 30  # 150 random bits
_CHECK_CHARS = 2
_GROUP = 4
# What people type for what is printed: small letters, look-alikes, the Turkish dotted and dotless i.
_READ_AS = {c.lower(): c for c in _ALPHABET} | dict.fromkeys("iIlLİı", "1") | dict.fromkeys("oO", "0")


@dataclass(frozen=True)
class EntryInfo:
    """Age of an entry, aware UTC. `version` counts its changes from 1."""

    created_at: datetime
    changed_at: datetime
    version: int


@dataclass(frozen=True)
class Rekeyed:
    """`dropped`: kinds of slots that could not be wrapped anew; `recovery`: the new code when one was asked for."""

    dropped: tuple[str, ...]
    recovery: Secret | None


@dataclass(frozen=True)
class SlotInfo:
    """A slot as people may see it. `kind`: keyring, password or recovery; `kdf`: name and cost in words."""

    kind: str
    id: str
    created_at: datetime
    kdf: str


def info(slot: Slot) -> SlotInfo:
    return SlotInfo(slot.kind, slot.id, slot.created, str(slot.kdf))


def slot_of(header: Header, kind: str) -> Slot | None:
    return next((slot for slot in header.slots if slot.kind == kind), None)


def replaced(header: Header, slot: Slot) -> Header:
    """The header with this slot as the only one of its kind."""
    return msgspec.structs.replace(header, slots=(*(one for one in header.slots if one.kind != slot.kind), slot))


def choice_of(slot: Slot | None) -> KdfChoice:
    """The KDF of a password or recovery slot; Argon2id where there is none yet."""
    return KdfChoice(slot.kdf.name) if slot is not None else KdfChoice.ARGON2ID


def wrap(
    kind: str, secret: Secret, vault_key: bytes, vault: str, profile: Profile, kdf: Kdf, now: datetime,
    random: Callable[[int], bytes],
) -> Slot:  # fmt: skip
    """A new slot. Derives a key: run it in a thread."""
    bare = Slot(random(8).hex(), kind, now, kdf, random(SALT_BYTES), b"")
    raw = secret_bytes(kind, secret)
    if raw is None:
        raise ValueError("not a secret of this kind of slot")
    aad = slot_aad(vault, profile, bare)
    wrapped = seal(derive(kdf, bare.salt, raw), random(NONCE_BYTES), vault_key, aad)
    return Slot(bare.id, kind, now, kdf, bare.salt, wrapped)


def unwrap(header: Header, slot: Slot, secret: Secret) -> bytes | None:
    """The vault key, None when it does not open. Takes the time of the KDF in every case: run it in a thread."""
    raw = secret_bytes(slot.kind, secret)
    key = derive(slot.kdf, slot.salt, raw if raw is not None else b"")
    if raw is None:
        return None
    found = unseal(key, slot.wrapped, slot_aad(header.vault, header.profile, slot))
    return found if found is not None and len(found) == KEY_BYTES else None


def secret_bytes(kind: str, secret: Secret) -> bytes | None:
    """What is fed to the KDF; None when the text cannot be a secret of this kind."""
    if kind == KEYRING:
        try:
            raw = base64.b64decode(secret.reveal(), validate=True)
        except (binascii.Error, ValueError):
            return None
        return raw if len(raw) == KEY_BYTES else None
    if kind == RECOVERY:
        code = read_code(secret)
        return None if code is None else code.encode()
    return password_bytes(secret)


def new_keyring_secret(random: Callable[[int], bytes]) -> Secret:
    """32 random bytes as 44 characters: Windows' Credential Locker takes no long ones."""
    return Secret(base64.b64encode(random(KEY_BYTES)).decode())


def new_code(random: Callable[[int], bytes]) -> Secret:
    """A printable recovery code: eight groups of four, the last two signs check the rest."""
    number = int.from_bytes(random(19), "big")
    body = "".join(_ALPHABET[number >> (5 * at) & 31] for at in range(_CODE_CHARS))
    whole = body + _check(body)
    return Secret("-".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP)))


def read_code(typed: Secret) -> str | None:
    """The code without dashes, None when it has a slip. Tells nothing about any vault: the check is of the code alone."""
    signs = [_READ_AS.get(c, c) for c in typed.reveal() if c not in "-–— \t\r\n."]
    code = "".join(signs)
    if len(code) != _CODE_CHARS + _CHECK_CHARS or not set(code) <= set(_ALPHABET):
        return None
    body, check = code[:_CODE_CHARS], code[_CODE_CHARS:]
    return code if _check(body) == check else None


def _check(body: str) -> str:
    digest = hashlib.sha256(b"paxzar recovery " + body.encode()).digest()
    return _ALPHABET[digest[0] & 31] + _ALPHABET[digest[1] & 31]
