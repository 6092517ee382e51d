"""The vault's file on the disk: reading, healing from the copy before, saving, and the mark against roll-back.

Synchronous: `Vault` runs it in threads, one call at a time. It never writes over a file that somebody else changed,
and never lets a damaged file take the place of the good copy.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.platform.files import FileOps, ensure_private, previous_of, save_atomically
from app.platform.paths import state_folder
from app.vault.container import LARGEST, NONCE_BYTES, Header, Image, Record, compose, open_image, parse
from app.vault.errors import VaultAbsent, VaultDamaged, VaultError, VaultRefused, VaultUnsaved, unsaved
from app.vault.kdf import Profile, test_profile_allowed
from app.vault.side import SideNotes

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class World:
    """What the vault takes from outside: clock (aware UTC), random bytes, disk, the folder of this machine's notes."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[int], bytes] = os.urandom
    ops: FileOps = field(default_factory=FileOps)
    state: Path | None = None

    def notes(self, vault: str) -> SideNotes:
        return SideNotes(self.state or state_folder() / "vaults", vault, self.now, self.ops)


def damaged_of(path: Path) -> Path:
    """Where a damaged file is put aside before a healed one takes its place. Nothing is erased."""
    return path.with_name(path.name + ".damaged")


class VaultFile:
    """One vault file. `healed`: what is shown comes from the copy before."""

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self.world = world
        self.healed = False
        self._digest: bytes | None = None  # of the main file as we know it; None: damaged or not there
        self._counter = 0
        self.image: Image
        self.notes: SideNotes  # both from `load` or `begin` on

    def load(self) -> None:
        """Read the file, or else the copy before it. Raises VaultAbsent, VaultDamaged, VaultRefused."""
        try:
            raw = self._read(self.path)
            self._take(_allowed(parse(raw)), raw)
            self.notes = self.world.notes(self.image.header.vault)
            return
        except FileNotFoundError:
            trouble: VaultError = VaultAbsent("vault.absent")
        except VaultDamaged as damage:
            trouble = damage
        spare = self._spare()
        if spare is None:
            raise trouble
        self._take(_allowed(spare), None)
        self.notes = self.world.notes(spare.header.vault)
        self.healed = True

    def begin(self, header: Header, key: bytes) -> None:
        """The first save of a new vault. Raises VaultError when a file is in the way, VaultUnsaved."""
        if self.path.exists() or previous_of(self.path).exists():
            raise VaultError("vault.exists")
        try:
            ensure_private(self.path.parent)
        except OSError as trouble:
            raise unsaved(trouble) from None
        self.notes = self.world.notes(header.vault)
        left = self.save(header, key, {}, purge=True)
        if left is not None:
            raise left

    def open_with(self, key: bytes, *, accept_older: bool) -> dict[str, Record]:
        """All entries. Heals from the copy before when the seals of the file do not hold.

        Raises VaultDamaged; VaultRefused("vault.rolled_back") for a file older than the last save on this machine.
        """
        found = open_image(self.image, key)
        if found is None and not self.healed:
            spare = self._spare()
            if spare is not None and spare.header.vault == self.image.header.vault:
                found = open_image(spare, key)
                self.image, self.healed, self._digest = (spare, True, None) if found else (self.image, False, None)
        if found is None:
            raise VaultDamaged("vault.damaged")
        counter, records = found
        last, before_last = self.notes.mark(key)
        older = counter < (before_last if self.healed else last)
        if older and not accept_older:
            raise VaultRefused("vault.rolled_back")
        self._counter = max(counter, last)
        if older or self.healed:
            # A new save with a counter above the mark, so that neither question is asked again.
            try:
                self.save(self.image.header, key, records, purge=True)
            except VaultUnsaved as trouble:
                _LOG.warning("the vault is open but could not be saved anew: %s", trouble.key)
        elif counter != last:
            self.notes.set_mark(key, counter, last)
        return records

    def save(
        self, header: Header, key: bytes, records: dict[str, Record], *, purge: bool = False
    ) -> VaultUnsaved | None:
        """Write the vault. `purge`: the copy before must not outlive this save (its slots are no longer good).

        Raises VaultUnsaved when the disk still holds the old state. Returns one when the new state is there, but
        something after it failed (the folder's fsync, the copy): the caller adopts the new state and tells.
        """
        counter = self._counter + 1
        raw = compose(header, key, self.world.random(NONCE_BYTES), counter, records)
        left: VaultUnsaved | None = None
        try:
            ours = self._is_ours()
            save_atomically(self.path, raw, ops=self.world.ops, keep_previous=ours)
            if purge or not ours:
                save_atomically(previous_of(self.path), raw, ops=self.world.ops, keep_previous=False)
        except OSError as trouble:
            left = unsaved(trouble)
            if not self._holds(raw):
                raise left from None
        if left is None:  # else a power cut may still bring the old file back, and that is no roll-back
            self.notes.set_mark(key, counter, counter if purge or not ours else self._counter)
        self._take(parse(raw), raw)
        self._counter = counter
        return left

    def _take(self, image: Image, raw: bytes | None) -> None:
        self.image = image
        self._digest = None if raw is None else hashlib.sha256(raw).digest()

    def _read(self, path: Path) -> bytes:
        try:
            if path.stat().st_size > LARGEST:
                raise VaultDamaged("vault.damaged")
            return self.world.ops.read(path)
        except FileNotFoundError:
            raise
        except OSError as trouble:
            raise VaultError("vault.unreadable", reason=type(trouble).__name__) from None

    def _spare(self) -> Image | None:
        try:
            return parse(self._read(previous_of(self.path)))
        except (FileNotFoundError, VaultError):
            return None

    def _holds(self, raw: bytes) -> bool:
        try:
            return self.world.ops.read(self.path) == raw
        except OSError:
            return False

    def _is_ours(self) -> bool:
        """Whether the file is as we left it. False: gone or damaged (then put aside). Raises VaultUnsaved, OSError."""
        try:
            raw = self.world.ops.read(self.path)
        except FileNotFoundError:
            return False
        if self._digest is not None and hashlib.sha256(raw).digest() == self._digest:
            return True
        if self._digest is not None or not self.healed:
            try:
                parse(raw)
            except VaultDamaged:
                pass
            except VaultRefused:
                raise VaultUnsaved("vault.changed_elsewhere") from None
            else:
                raise VaultUnsaved("vault.changed_elsewhere")
        save_atomically(damaged_of(self.path), raw, ops=self.world.ops, keep_previous=False)
        return False


def _allowed(image: Image) -> Image:
    if image.header.profile is Profile.TEST and not test_profile_allowed():
        raise VaultRefused("vault.test_profile")
    return image
