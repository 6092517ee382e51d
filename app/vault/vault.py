"""The vault: every secret of the workspace, sealed in one file under one key that is wrapped in slots.

Never prints, logs or returns a plain secret but in `values()` (for the redaction filter) and in `Secret` objects.
Key derivation and files run in threads; changes run to their end even when their caller is cancelled.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from app.contracts import Secret, TokenStore
from app.platform.keyrings import KeyringError, KeyringPort
from app.vault import slots as ways
from app.vault.container import NONCE_BYTES, About, Header, Record, Slot, seal_entry
from app.vault.errors import VaultError, VaultLocked, VaultRefused
from app.vault.file import VaultFile, World
from app.vault.kdf import KEY_BYTES, KdfChoice, Profile, test_profile_allowed
from app.vault.slots import KEYRING, PASSWORD, RECOVERY, EntryInfo, Rekeyed, SlotInfo, info, slot_of
from app.vault.tokens import PREFIX, SECRET_FIELDS, VaultTokens, next_of, prefix_of
from app.vault.wrapping import check_password, check_text, derived, keyring_slot, quietly_drop, typed_slot

LONGEST_ID = 400
T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class _Open:
    key: bytes
    records: dict[str, Record]


# What is done with a new recovery code before it takes the place of the old one: shown, printed. Whoever raises, keeps the old.
Keep = Callable[[Secret], Awaitable[None]]
# From the header and what is open now to what they shall be. Runs while no other change does.
_Change = Callable[[Header, _Open], Awaitable[tuple[Header, _Open]]]


class Vault:
    """One vault file. Made by `create` or `open`; locked until one of the `unlock_…` succeeds."""

    def __init__(self, file: VaultFile, *, accept_older: bool = False) -> None:
        self._file = file
        self._accept_older = accept_older
        self._open: _Open | None = None
        self._gate = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self.keyring_missing = False  # the keyring's secret is gone or wrong: offer `add_keyring` once unlocked

    def __repr__(self) -> str:
        return f"<Vault {'locked' if self.locked else 'unlocked'}>"

    # -- making and opening

    @classmethod
    async def create(
        cls,
        path: Path,
        *,
        keyring: KeyringPort | None,
        password: Secret | None,
        kdf: KdfChoice = KdfChoice.ARGON2ID,
        profile: Profile = Profile.NORMAL,
        recovery: bool = False,
        world: World | None = None,
    ) -> tuple[Vault, Secret | None]:
        """A new vault, unlocked, and its recovery code when asked for. A keyring alone can vanish: offer a code too.

        Raises VaultError (`vault.slot_needed`, `vault.exists`, `vault.password_short`, keyring trouble), VaultUnsaved.
        """
        world = world or World()
        if keyring is None and password is None and not recovery:
            raise VaultError("vault.slot_needed")
        if profile is Profile.TEST and not test_profile_allowed():
            raise VaultRefused("vault.test_profile")
        header = Header(world.random(16).hex(), profile, world.now(), ())
        file = VaultFile(path, world)
        vault = cls(file)
        key, code, kept = world.random(KEY_BYTES), None, False
        found: list[Slot] = []
        if password is not None:
            check_password(password, profile)
            found.append(await typed_slot(PASSWORD, password, header, key, kdf, world))
        if recovery:
            code = ways.new_code(world.random)
            found.append(await typed_slot(RECOVERY, code, header, key, kdf, world))
        try:
            if keyring is not None:
                found.append(await keyring_slot(keyring, header, key, world))
                kept = True
            header = msgspec.structs.replace(header, slots=tuple(found))
            await vault._to_its_end(asyncio.to_thread(file.begin, header, key))
        except (VaultError, OSError):
            if kept and keyring is not None:
                await quietly_drop(keyring, header.vault)
            raise
        vault._open = _Open(key, {})
        return vault, code

    @classmethod
    async def open(cls, path: Path, *, accept_older: bool = False, world: World | None = None) -> Vault:
        """A locked vault, its header checked. `accept_older`: the merchant knows that this is a restored, older copy.

        Raises VaultAbsent, VaultDamaged, VaultRefused (`vault.newer`, `vault.test_profile`), VaultError.
        """
        file = VaultFile(path, world or World())
        await asyncio.to_thread(file.load)
        return cls(file, accept_older=accept_older)

    @property
    def id(self) -> str:
        return self._header.vault

    @property
    def locked(self) -> bool:
        return self._open is None

    @property
    def healed(self) -> bool:
        """What is shown comes from the copy before a damaged file: the last change may be missing."""
        return self._file.healed

    @property
    def notices(self) -> list[str]:
        """Message keys that the merchant should see."""
        return (["vault.healed"] if self.healed else []) + (["vault.keyring_offer"] if self.keyring_missing else [])

    @property
    def slots(self) -> list[SlotInfo]:
        return [info(slot) for slot in self._header.slots]

    # -- unlocking and locking

    async def unlock_with_password(self, password: Secret) -> None:
        """Also proves a password while the vault is unlocked. Raises VaultRefused, VaultDamaged."""
        await self._to_its_end(self._enter(PASSWORD, password))

    async def unlock_with_recovery(self, code: Secret) -> None:
        """Raises VaultRefused (`vault.recovery_typo` when the code's own check finds a slip), VaultDamaged."""
        if ways.read_code(code) is None:
            raise VaultRefused("vault.recovery_typo")
        await self._to_its_end(self._enter(RECOVERY, code))

    async def unlock_with(self, typed: Secret) -> str:
        """By the password or by the recovery code, whichever was typed; gives the kind of the slot that opened.

        Raises VaultRefused, VaultDamaged.
        """
        by_code = ways.read_code(typed) is not None and slot_of(self._header, RECOVERY) is not None
        kind = RECOVERY if by_code else PASSWORD
        await self._to_its_end(self._enter(kind, typed))
        return kind

    async def unlock_with_keyring(self, keyring: KeyringPort) -> None:
        """Raises VaultRefused (`vault.keyring_…`); `keyring_missing` is set when the slot should be offered again."""
        if slot_of(self._header, KEYRING) is None:
            raise VaultRefused("vault.no_slot")
        try:
            secret = await keyring.get(self._header.vault)
        except KeyringError as trouble:
            raise VaultRefused(trouble.key, backend=trouble.backend) from None
        if secret is None:
            self.keyring_missing = True
            raise VaultRefused("vault.keyring_missing")
        await self._to_its_end(self._enter(KEYRING, secret))
        self.keyring_missing = False

    async def check_keyring(self, keyring: KeyringPort) -> str:
        """Whether the keyring still opens this vault: "" when it does or is no way in, else the message key of why not
        (`vault.keyring_…`). Sets `keyring_missing` when the slot should be offered again."""
        slot = slot_of(self._header, KEYRING)
        if slot is None:
            return ""
        try:
            secret = await keyring.get(self._header.vault)
        except KeyringError as trouble:
            return trouble.key
        fits = secret is not None and await derived(ways.unwrap, self._header, slot, secret) is not None
        self.keyring_missing = not fits
        return "" if fits else "vault.keyring_missing" if secret is None else "vault.keyring_wrong"

    async def lock(self) -> None:
        """Forget the key and all plain values, after the changes under way. (Python cannot wipe memory.)"""
        async with self._gate:
            self._open = None

    # -- entries

    def ids(self, *, tokens: bool = False) -> list[str]:
        """Ids of entries, those of tokens only when asked for. Raises VaultLocked."""
        return [found for found in self._opened.records if tokens or not found.startswith(PREFIX)]

    def age(self, entry_id: str) -> EntryInfo:
        """Raises KeyError, VaultLocked."""
        about = self._opened.records[entry_id].about
        return EntryInfo(about.created, about.changed, about.version)

    async def get(self, entry_id: str) -> dict[str, Secret]:
        """Raises KeyError, VaultLocked."""
        return {field: Secret(value) for field, value in self._opened.records[entry_id].values.items()}

    async def put(self, entry_id: str, values: Mapping[str, str]) -> None:
        """Replace an entry; on the disk when this returns. Raises VaultLocked, VaultUnsaved, ValueError."""
        if not 0 < len(entry_id) <= LONGEST_ID:
            raise ValueError("an entry's id has 1 to 400 characters")
        plain = dict(values)
        check_text(entry_id, *plain, *plain.values())

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            old = now.records.get(entry_id)
            at = self._file.world.now()
            record = self._sealed(
                now.key, entry_id, old.about.version + 1 if old else 1, old.about.created if old else at, at, plain
            )
            return header, _Open(now.key, {**now.records, entry_id: record})

        await self._to_its_end(self._change(change))

    async def drop(self, entry_id: str) -> None:
        """Remove an entry, its tokens and new values that wait for it; nothing happens when there is none. Raises VaultLocked, VaultUnsaved."""
        gone, waiting = prefix_of(entry_id), next_of(entry_id)

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            left = {k: v for k, v in now.records.items() if k not in (entry_id, waiting) and not k.startswith(gone)}
            return header, now if len(left) == len(now.records) else _Open(now.key, left)

        # The copy before would keep what was meant to be gone.
        await self._to_its_end(self._change(change, purge=True))

    def tokens(self, entry_id: str) -> TokenStore:
        return VaultTokens(self, entry_id)

    def values(self) -> Iterator[str]:
        """Plain secrets while unlocked, for the redaction filter only; nothing while locked."""
        now = self._open
        for entry_id, record in now.records.items() if now else ():
            for field, value in record.values.items():
                if value and (not entry_id.startswith(PREFIX) or field in SECRET_FIELDS):
                    yield value

    # -- slots

    async def change_password(self, old: Secret, new: Secret, kdf: KdfChoice | None = None) -> None:
        """Older copies of the file (backups) still open with the old one: `rekey` and new keys at the vendors help."""
        await self.unlock_with_password(old)
        await self.add_password(new, kdf)

    async def add_password(self, new: Secret, kdf: KdfChoice | None = None) -> None:
        """Add or replace the password. `kdf` None keeps the choice of the slot that is replaced, else Argon2id."""
        check_password(new, self._header.profile)

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            choice = kdf or ways.choice_of(slot_of(header, PASSWORD))
            return ways.replaced(
                header, await typed_slot(PASSWORD, new, header, now.key, choice, self._file.world)
            ), now

        await self._to_its_end(self._change(change, purge=True))

    async def add_recovery(self, kdf: KdfChoice = KdfChoice.ARGON2ID, *, keep: Keep | None = None) -> Secret:
        """A new recovery code; the one before it no longer opens. `keep` comes first: a code that could not be printed
        must not void the one on the paper."""
        if self.locked:
            raise VaultLocked
        code = ways.new_code(self._file.world.random)
        if keep is not None:
            await keep(code)

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            return ways.replaced(header, await typed_slot(RECOVERY, code, header, now.key, kdf, self._file.world)), now

        await self._to_its_end(self._change(change, purge=True))
        return code

    async def add_keyring(self, keyring: KeyringPort) -> None:
        """Add the keyring's slot, or mend it when its secret vanished. Raises VaultError (`vault.keyring_…`)."""

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            return ways.replaced(header, await keyring_slot(keyring, header, now.key, self._file.world)), now

        await self._to_its_end(self._change(change, purge=True))
        self.keyring_missing = False

    async def drop_slot(self, slot_id: str, keyring: KeyringPort | None = None) -> None:
        """Raises VaultError (`vault.last_slot`, `vault.no_slot`). With `keyring`, its secret is removed as well."""
        slot = next((one for one in self._header.slots if one.id == slot_id), None)
        if slot is None:
            raise VaultError("vault.no_slot")

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            left = tuple(one for one in header.slots if one.id != slot_id)
            if not left:
                raise VaultError("vault.last_slot")
            return msgspec.structs.replace(header, slots=left), now

        await self._to_its_end(self._change(change, purge=True))
        if slot.kind == KEYRING and keyring is not None:
            await quietly_drop(keyring, self._header.vault)

    async def rekey(
        self,
        *,
        keyring: KeyringPort | None = None,
        password: Secret | None = None,
        recovery: bool = False,
        keep: Keep | None = None,
    ) -> Rekeyed:
        """A new vault key, all entries sealed anew. Slots whose secret is not at hand here are dropped and named.

        `password` must be the present one when there is one; `keep` gets the new recovery code before anything changes.
        Raises VaultRefused, VaultError, VaultUnsaved, and what `keep` raises.
        """
        world, code = self._file.world, ways.new_code(self._file.world.random) if recovery else None
        kinds_before: tuple[str, ...] = ()
        if keyring is None and password is None and code is None:
            raise VaultError("vault.slot_needed")
        if self.locked:
            raise VaultLocked
        if password is not None:
            check_password(password, self._header.profile)
            if slot_of(self._header, PASSWORD) is not None:
                await self.unlock_with_password(password)
        if code is not None and keep is not None:
            await keep(code)

        async def change(header: Header, now: _Open) -> tuple[Header, _Open]:
            nonlocal kinds_before
            kinds_before = tuple(slot.kind for slot in header.slots)
            key, choice = world.random(KEY_BYTES), ways.choice_of(slot_of(header, PASSWORD))
            new: list[Slot] = []
            if password is not None:
                new.append(await typed_slot(PASSWORD, password, header, key, choice, world))
            if code is not None:
                new.append(await typed_slot(RECOVERY, code, header, key, choice, world))
            if keyring is not None:
                new.append(await keyring_slot(keyring, header, key, world))
            records = {
                k: self._sealed(key, k, r.about.version, r.about.created, r.about.changed, r.values)
                for k, r in now.records.items()
            }
            return msgspec.structs.replace(header, slots=tuple(new)), _Open(key, records)

        await self._to_its_end(self._change(change, purge=True))
        kinds = {slot.kind for slot in self._header.slots}
        return Rekeyed(tuple(kind for kind in kinds_before if kind not in kinds), code)

    # -- inside

    @property
    def _header(self) -> Header:
        return self._file.image.header

    @property
    def _opened(self) -> _Open:
        if self._open is None:
            raise VaultLocked
        return self._open

    def _sealed(
        self, key: bytes, entry_id: str, version: int, created: datetime, changed: datetime, values: dict[str, str]
    ) -> Record:
        blob = seal_entry(key, self._file.world.random(NONCE_BYTES), self._header.vault, entry_id, version, values)
        return Record(About(entry_id, version, created, changed, hashlib.sha256(blob).digest()), blob, values)

    async def _enter(self, kind: str, secret: Secret) -> None:
        async with self._gate:
            slot = slot_of(self._header, kind)
            if slot is None:
                raise VaultRefused("vault.no_slot")
            notes, guessable = self._file.notes, kind != KEYRING
            if guessable:
                wait = await asyncio.to_thread(notes.wait_s)
                if wait > 0:
                    raise VaultRefused("vault.wait", wait)
                await asyncio.to_thread(notes.trying)
            key = await derived(ways.unwrap, self._header, slot, secret)
            if key is None and not guessable:
                self.keyring_missing = True
                raise VaultRefused("vault.keyring_wrong")
            if key is None:
                raise VaultRefused("vault.refused", await asyncio.to_thread(notes.failed))
            if guessable:
                await asyncio.to_thread(notes.opened)
            if self._open is None:
                records = await asyncio.to_thread(self._file.open_with, key, accept_older=self._accept_older)
                self._open = _Open(key, records)

    async def _change(self, change: _Change, *, purge: bool = False) -> None:
        async with self._gate:
            before, was = self._header, self._opened
            header, now = await change(before, was)
            if header is before and now is was:
                return
            left = await asyncio.to_thread(self._file.save, header, now.key, now.records, purge=purge)
            self._open = now
            if left is not None:
                raise left

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work that goes on when the waiting is cancelled: a save cut in the middle would split file and memory."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, also when the waiter is gone
