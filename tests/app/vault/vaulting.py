"""What the vault's tests share: a keyring in memory, a clock that is set by hand, a disk that stops."""

from __future__ import annotations

import errno
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.contracts import Secret
from app.platform.files import FileOps
from app.platform.keyrings import KeyringError
from app.vault import KdfChoice, Profile, Vault, World

PASSWORD = Secret("Çok gizli şifre 1")
SECRET = "sır-Değer/+=\"<&>'\\ 20% ığüşöç"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeKeyring:
    """`KeyringPort` in memory. `trouble` is raised from every call when set; `forgets` takes secrets and loses them."""

    def __init__(self) -> None:
        self.kept: dict[str, Secret] = {}
        self.trouble: KeyringError | None = None
        self.forgets = False

    async def get(self, user: str) -> Secret | None:
        self._stumble()
        return self.kept.get(user)

    async def put(self, user: str, secret: Secret) -> None:
        self._stumble()
        if not self.forgets:
            self.kept[user] = secret

    async def drop(self, user: str) -> None:
        self._stumble()
        self.kept.pop(user, None)

    def _stumble(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class PowerCut(BaseException):
    """The machine is gone: nothing of the program runs after it."""


class StoppingOps(FileOps):
    """Counts every change of the disk and stops at the n-th: `trouble` once (an OSError) or for ever (PowerCut).

    A write that is stopped has written half of its bytes.
    """

    def __init__(self, stop_at: int = 0, trouble: BaseException | None = None) -> None:
        self.stop_at = stop_at
        self.trouble = trouble or PowerCut()
        self.done: list[str] = []
        self.dead = False

    def _step(self, name: str) -> bool:
        if self.dead:
            raise PowerCut
        self.done.append(name)
        if len(self.done) != self.stop_at:
            return False
        self.dead = isinstance(self.trouble, PowerCut)
        return True

    def create(self, path: Path, mode: int) -> int:
        if self._step(f"create {path.name}"):
            raise self.trouble
        return super().create(path, mode)

    def write(self, fd: int, data: memoryview) -> int:
        if self._step("write"):
            super().write(fd, data[: len(data) // 2])
            raise self.trouble
        return super().write(fd, data[: max(1, len(data) // 2)])

    def fsync(self, fd: int) -> None:
        if self._step("fsync"):
            raise self.trouble
        super().fsync(fd)

    def replace(self, source: Path, target: Path) -> None:
        if self._step(f"replace {target.name}"):
            raise self.trouble
        super().replace(source, target)

    def unlink(self, path: Path) -> None:
        if self.dead:
            raise PowerCut
        super().unlink(path)


def disk_full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def flipped(raw: bytes, at: int, mask: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]


def resealed(raw: bytes) -> bytes:
    """The file with its closing hash made good: what a hand would do that changed something before it."""
    return raw[:-32] + hashlib.sha256(raw[:-32]).digest()


def blobs_at(raw: bytes) -> list[tuple[int, int]]:
    """(start, end) of each sealed entry, from the layout in container.py."""
    at = 10
    for _ in range(2):
        at += 4 + struct.unpack_from(">I", raw, at)[0]
    (count,) = struct.unpack_from(">I", raw, at)
    at, found = at + 4, []
    for _ in range(count):
        (length,) = struct.unpack_from(">I", raw, at)
        found.append((at + 4, at + 4 + length))
        at += 4 + length
    return found


async def new_vault(
    path: Path,
    *,
    keyring: FakeKeyring | None = None,
    password: Secret | None = PASSWORD,
    recovery: bool = False,
    kdf: KdfChoice = KdfChoice.ARGON2ID,
    world: World | None = None,
) -> tuple[Vault, Secret | None]:
    return await Vault.create(
        path, keyring=keyring, password=password, recovery=recovery, kdf=kdf, profile=Profile.TEST, world=world
    )


async def plain(vault: Vault, entry_id: str) -> dict[str, str]:
    return {field: secret.reveal() for field, secret in (await vault.get(entry_id)).items()}


async def two_entries(path: Path, **kwargs: object) -> Vault:
    vault, _ = await new_vault(path, **kwargs)  # type: ignore[arg-type]
    await vault.put("a", {"k": "alpha"})
    await vault.put("b", {"k": "beta"})
    return vault


GOOD = {"a": {"k": "alpha"}, "b": {"k": "beta"}}


def key_of(vault: Vault) -> bytes:
    assert vault._open is not None
    return vault._open.key
