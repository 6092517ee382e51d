"""A backup as one sealed file: how it is laid out, written and read. Blocking: callers run it in a thread (SQLite, zlib
and files let other threads go on; a worker process would have to be handed the passphrase, which is never pickled).

    magic (8) · format version (2) · length (4) + header (JSON) · chunks of 64 KiB, each with its seal (16)

The header is in the clear and bound to every chunk. A chunk's nonce is the header's random part, the chunk's number and
whether it is the last: a chunk that is changed, moved, repeated, dropped or cut off does not open. The key is of this one
file. Inside, deflated: the manifest and the members it names, one after the other. Never a plain secret in the header.
"""

from __future__ import annotations

import errno
import hashlib
import os
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.platform.files import FileOps
from app.store.errors import StoreError
from app.vault.kdf import PLAIN, SALT_BYTES, Kdf, Profile, test_profile_allowed, within_bounds

MAGIC = b"PAXZAR\x00B"
FORMAT = 1
CHUNK = 64 * 1024
PASSPHRASE, VAULT = "passphrase", "vault"
STORE_NAME, VAULT_NAME, SETTINGS_NAME = "store.sqlite", "vault.paxv", "settings.json"
MEMBERS = (STORE_NAME, VAULT_NAME, SETTINGS_NAME)
NONCE_BYTES = 7  # + number of the chunk (4) + last or not (1)
_SEAL = 16
_HEAD = struct.Struct(">8sHI")
_LENGTH = struct.Struct(">I")
_LONGEST_HEADER = 100 * 2**20  # bytes; a header may hold a vault's file
_LONGEST_MANIFEST = 2**20
_PIECE = 2**18  # bytes moved at a time


class BackupError(StoreError):
    """A backup could not be made, opened or put back. `key` is a message key (`backup.…`); nothing was replaced."""


class SealedHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`way`: passphrase (KDF and salt make the key) or vault (the entry `backup/key` of `vault`, a whole vault file that is
    itself sealed, makes it with the salt)."""

    profile: Profile
    created: datetime
    way: str
    kdf: Kdf
    salt: bytes
    nonce: bytes
    vault: bytes = b""


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file inside. `size` in bytes; `sha256` of what was to be kept, in hex."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What is inside, without any secret. `audit` is the head of the audit chain: number of entries and hash in hex."""

    created: datetime
    program: str
    schema: int
    kind: str
    counts: dict[str, int]
    vault_slots: tuple[str, ...]
    audit: tuple[int, str]
    members: tuple[Member, ...]


def damaged() -> BackupError:
    return BackupError("backup.damaged")


def trouble_of(error: OSError, path: Path) -> BackupError:
    """The words for a disk that would not."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG):
        return BackupError("backup.disk_full", path=str(path))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return BackupError("backup.no_access", path=str(path))
    return BackupError("backup.io", path=str(path), reason=error.strerror or type(error).__name__)


def member_of(name: str, path: Path) -> Member:
    """Size and hash of a file that is to be kept. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return Member(name, size, digest.hexdigest())


# -- writing


def pack(target: Path, header: SealedHeader, key: bytes, manifest: Manifest, sources: dict[str, Path]) -> None:
    """Write a sealed file that is not there yet; flushed to the disk when this returns. Raises OSError."""
    ops = FileOps()
    fd = ops.create(target, 0o600)
    with os.fdopen(fd, "wb") as out:
        seal = _Sealer(out, header, key)
        press = zlib.compressobj(1)
        head = msgspec.json.encode(manifest)
        seal.write(press.compress(_LENGTH.pack(len(head)) + head))
        for member in manifest.members:
            with sources[member.name].open("rb") as file:
                while piece := file.read(_PIECE):
                    seal.write(press.compress(piece))
        seal.write(press.flush())
        seal.close()
        out.flush()
        ops.fsync(out.fileno())


class _Sealer:
    def __init__(self, out: BinaryIO, header: SealedHeader, key: bytes) -> None:
        text = msgspec.json.encode(header)
        prefix = _HEAD.pack(MAGIC, FORMAT, len(text)) + text
        self._out, self._bound, self._nonce = out, hashlib.sha256(prefix).digest(), header.nonce
        self._aes, self._number, self._held = AESGCM(key), 0, bytearray()
        out.write(prefix)

    def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) > CHUNK:  # one is held back: the last is sealed as the last
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def close(self) -> None:
        self._put(bytes(self._held), last=True)

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._aes.encrypt(_nonce(self._nonce, self._number, last), plain, self._bound))
        self._number += 1


def _nonce(random: bytes, number: int, last: bool) -> bytes:
    return random + struct.pack(">I?", number, last)


# -- reading


def read_header(path: Path) -> SealedHeader:
    """The header, its form and its cost checked; nothing is opened yet.

    Raises BackupError: `backup.absent`, `backup.no_backup`, `backup.newer`, `backup.damaged`, `backup.test_profile`.
    """
    try:
        with path.open("rb") as file:
            return _header(file)[0]
    except FileNotFoundError:
        raise BackupError("backup.absent", path=str(path)) from None
    except OSError as error:
        raise trouble_of(error, path) from error


def _header(file: BinaryIO) -> tuple[SealedHeader, bytes]:
    start = file.read(_HEAD.size)
    if len(start) < _HEAD.size or not start.startswith(MAGIC):
        raise BackupError("backup.no_backup")
    _, version, length = _HEAD.unpack(start)
    if version > FORMAT:
        raise BackupError("backup.newer")
    if version != FORMAT or length > _LONGEST_HEADER:
        raise damaged()
    text = file.read(length)
    try:
        header = msgspec.json.decode(text, type=SealedHeader)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise damaged() from None
    if len(text) != length or not _sound(header):
        raise damaged()
    if header.profile is Profile.TEST and not test_profile_allowed():
        raise BackupError("backup.test_profile")
    return header, start + text


def _sound(header: SealedHeader) -> bool:
    """Whether the header says only what we would write: above all a cost between floor and ceiling."""
    by_vault = header.way == VAULT
    return (
        header.way in (PASSPHRASE, VAULT)
        and len(header.salt) == SALT_BYTES
        and len(header.nonce) == NONCE_BYTES
        and header.created.tzinfo is not None
        and by_vault == bool(header.vault)
        and by_vault == (header.kdf == PLAIN)
        and within_bounds(header.kdf, header.profile)
    )


def unpack(path: Path, key: bytes, folder: Path | None = None) -> Manifest:
    """Open a sealed file to its last byte and check every member against the manifest; write them to `folder` if given.

    Raises BackupError: `backup.refused` (wrong passphrase or a damaged beginning: the same words), `backup.damaged`,
    and what `read_header` raises. Files in `folder` are only good when this returns.
    """
    try:
        with path.open("rb") as file:
            header, prefix = _header(file)
            inflow = _Inflow(_chunks(file, header, key, prefix))
            return _members(inflow, folder)
    except OSError as error:
        raise trouble_of(error, path if folder is None else folder) from error


def _members(inflow: _Inflow, folder: Path | None) -> Manifest:
    (length,) = _LENGTH.unpack(inflow.read(_LENGTH.size))
    if length > _LONGEST_MANIFEST:
        raise damaged()
    try:
        manifest = msgspec.json.decode(inflow.read(length), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise damaged() from None
    names = [member.name for member in manifest.members]
    if len(set(names)) != len(names) or not set(names) <= set(MEMBERS) or STORE_NAME not in names:
        raise damaged()
    for member in manifest.members:
        digest, left = hashlib.sha256(), member.size
        with _Sink(folder, member.name) as put:
            while left > 0:
                piece = inflow.read(min(left, _PIECE))
                digest.update(piece)
                put.write(piece)
                left -= len(piece)
        if digest.hexdigest() != member.sha256:
            raise damaged()
    inflow.finish()
    return manifest


class _Sink:
    """A new private file, or nothing at all."""

    def __init__(self, folder: Path | None, name: str) -> None:
        fd = None if folder is None else FileOps().create(folder / name, 0o600)
        self._file = None if fd is None else os.fdopen(fd, "wb")

    def __enter__(self) -> _Sink:
        return self

    def write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)

    def __exit__(self, kind: object, *_: object) -> None:
        if self._file is None:
            return
        try:
            if kind is None:
                self._file.flush()
                FileOps().fsync(self._file.fileno())
        finally:
            self._file.close()


def _chunks(file: BinaryIO, header: SealedHeader, key: bytes, prefix: bytes) -> Iterator[bytes]:
    bound, aes, number = hashlib.sha256(prefix).digest(), AESGCM(key), 0
    here = file.read(CHUNK + _SEAL)
    while True:
        after = file.read(CHUNK + _SEAL)
        try:
            yield aes.decrypt(_nonce(header.nonce, number, not after), here, bound)
        except (InvalidTag, ValueError):  # ValueError: too short to hold a seal
            raise (damaged() if number else BackupError("backup.refused")) from None
        if not after:
            return
        here, number = after, number + 1


class _Inflow:
    """The inflated stream. Takes no more memory than two pieces, whatever the file claims."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._inflate = zlib.decompressobj()
        self._held = b""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises BackupError."""
        out = bytearray()
        while len(out) < size:
            if not self._held and not self._more():
                raise damaged()
            take = size - len(out)
            out += self._held[:take]
            self._held = self._held[take:]
        return bytes(out)

    def finish(self) -> None:
        """Nothing may follow, and the last chunk must have been the last. Raises BackupError."""
        if self._held or self._more() or not self._inflate.eof or self._inflate.unused_data:
            raise damaged()
        if any(self._chunks):
            raise damaged()

    def _more(self) -> bool:
        while not self._inflate.eof:
            feed = self._inflate.unconsumed_tail or next(self._chunks, None)
            try:
                self._held = self._inflate.decompress(feed or b"", _PIECE)
            except zlib.error:
                raise damaged() from None
            if self._held:
                return True
            if feed is None:
                return False
        return False
