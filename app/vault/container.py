"""The vault file: how it is laid out, sealed and read. Pure functions on bytes; no disk, no clock, no passwords.

    magic (8) · format version (2) · length (4) + header · length (4) + sealed index · count (4) · (length + sealed
    entry) … · SHA-256 of all before (32). Numbers are big endian. Magic, version and closing hash stay for ever.

The header (JSON) is in the clear and is associated data of the index. The index names, for each entry, its id,
version and hash, and counts the saves: an entry that is swapped, dropped or older than its neighbours does not fit.
The closing hash finds accidents without a key; only the seals protect against a hand.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.vault.errors import VaultDamaged, VaultRefused
from app.vault.kdf import PLAIN, SALT_BYTES, Kdf, Profile, within_bounds

MAGIC = b"PAXZAR\x00V"
FORMAT = 1
LARGEST = 64 * 1024 * 1024  # bytes; a vault of a thousand accounts is below one
NONCE_BYTES = 12
VAULT_ID_CHARS = 32
KINDS = ("keyring", "password", "recovery")
_HASH = 32
_HEADER_AT = len(MAGIC) + 2
_BLOCK = 64  # plain texts are filled up to a multiple, so that a seal does not tell the length of a password


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in: the vault key, wrapped under a key that a keyring, a password or a recovery code gives."""

    id: str
    kind: str
    created: datetime
    kdf: Kdf
    salt: bytes
    wrapped: bytes


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vault: str
    profile: Profile
    created: datetime
    slots: tuple[Slot, ...]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: int
    created: datetime
    changed: datetime
    digest: bytes


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The index: what is in the file. `counter` grows with every save."""

    counter: int
    entries: tuple[About, ...]


@dataclass(frozen=True)
class Image:
    """A file in its parts, its form checked, nothing opened. `prefix` is all up to the end of the header."""

    prefix: bytes
    header: Header
    index: bytes
    blobs: tuple[bytes, ...]


@dataclass(frozen=True)
class Record:
    """An entry, opened. `blob` is its sealed form; `values` are plain secrets (never let it be printed)."""

    about: About
    blob: bytes
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"Record({self.about.id!r}, •••)"


def damaged() -> VaultDamaged:
    return VaultDamaged("vault.damaged")


def bound(*parts: bytes | str | int) -> bytes:
    """Associated data: each part with its length, so that no two lists of parts give the same bytes."""
    out = bytearray()
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        out += struct.pack(">I", len(raw)) + raw
    return bytes(out)


def seal(key: bytes, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
    """nonce + ciphertext + tag. `nonce` is fresh and random for every call."""
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes | None:
    """The plain text, None when the seal does not hold (None and not an exception: its frames would hold the key)."""
    if len(sealed) < NONCE_BYTES + 16:
        return None
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag:
        return None


def slot_aad(vault: str, profile: Profile, slot: Slot) -> bytes:
    return bound("slot", FORMAT, vault, profile, slot.id, slot.kind, slot.salt, msgspec.json.encode(slot.kdf))


def _entry_aad(vault: str, entry_id: str, version: int) -> bytes:
    return bound("entry", FORMAT, vault, entry_id, version)


def _filled(plain: bytes) -> bytes:
    return plain + b" " * (-len(plain) % _BLOCK)  # JSON does not mind blanks at its end


def seal_entry(key: bytes, nonce: bytes, vault: str, entry_id: str, version: int, values: dict[str, str]) -> bytes:
    """Raises UnicodeEncodeError for text that is no text (half a surrogate pair)."""
    return seal(key, nonce, _filled(msgspec.json.encode(values)), _entry_aad(vault, entry_id, version))


def compose(header: Header, key: bytes, nonce: bytes, counter: int, records: dict[str, Record]) -> bytes:
    """The whole file."""
    head = msgspec.json.encode(header)
    prefix = MAGIC + struct.pack(">HI", FORMAT, len(head)) + head
    index = msgspec.json.encode(Contents(counter, tuple(record.about for record in records.values())))
    sealed = seal(key, nonce, _filled(index), bound("index", prefix))
    parts = [prefix, struct.pack(">I", len(sealed)), sealed, struct.pack(">I", len(records))]
    for record in records.values():
        parts += (struct.pack(">I", len(record.blob)), record.blob)
    body = b"".join(parts)
    return body + hashlib.sha256(body).digest()


def parse(raw: bytes) -> Image:
    """Take a file apart and check its form. Raises VaultDamaged; VaultRefused for a newer format or a test profile."""
    body, closing = raw[:-_HASH], raw[-_HASH:]
    if len(raw) > LARGEST or not raw.startswith(MAGIC) or hashlib.sha256(body).digest() != closing:
        raise damaged()
    try:
        (version,) = struct.unpack_from(">H", body, len(MAGIC))
        if version > FORMAT:
            raise VaultRefused("vault.newer")
        if version != FORMAT:
            raise damaged()
        head, at = _taken(body, _HEADER_AT)
        prefix = body[:at]
        index, at = _taken(body, at)
        (count,) = struct.unpack_from(">I", body, at)
        at += 4
        blobs = []
        for _ in range(count):
            blob, at = _taken(body, at)
            blobs.append(blob)
        header = msgspec.json.decode(head, type=Header)
    except (struct.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise damaged() from None
    if at != len(body) or not _sound(header):
        raise damaged()
    return Image(prefix, header, index, tuple(blobs))


def _taken(body: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">I", body, at)
    end = at + 4 + length
    if end > len(body):
        raise damaged()
    return body[at + 4 : end], end


def _sound(header: Header) -> bool:
    """Whether the header says only what we would write: above all a cost between floor and ceiling."""
    if len(header.vault) != VAULT_ID_CHARS or not header.slots or header.created.tzinfo is None:
        return False
    kinds = [slot.kind for slot in header.slots]
    return len(set(kinds)) == len(kinds) and all(
        slot.kind in KINDS
        and slot.created.tzinfo is not None
        and len(slot.salt) == SALT_BYTES
        and (slot.kdf == PLAIN) == (slot.kind == "keyring")
        and within_bounds(slot.kdf, header.profile)
        for slot in header.slots
    )


def open_image(image: Image, key: bytes) -> tuple[int, dict[str, Record]] | None:
    """The save counter and all entries, None when any seal does not hold: all or nothing."""
    plain = unseal(key, image.index, bound("index", image.prefix))
    if plain is None:
        return None
    contents = msgspec.json.decode(plain, type=Contents)
    if len(contents.entries) != len(image.blobs):
        return None
    records: dict[str, Record] = {}
    for about, blob in zip(contents.entries, image.blobs, strict=True):
        if hashlib.sha256(blob).digest() != about.digest:
            return None
        values = unseal(key, blob, _entry_aad(image.header.vault, about.id, about.version))
        if values is None:
            return None
        records[about.id] = Record(about, blob, msgspec.json.decode(values, type=dict[str, str]))
    return contents.counter, records
