"""The helper's profile: the window locked to packing and printing by a PIN. It keeps a helper's eyes from prices and keys in this
window; it is no wall against somebody who may read this computer's files. What must never happen: a PIN kept as it was typed, or
tries without a delay."""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from app.contracts import Secret
from app.model import from_epoch_ms, to_epoch_ms
from app.store import Action, Outcome, Store
from app.vault.kdf import (
    SALT_BYTES,
    TEST_VARIABLE,
    Kdf,
    KdfChoice,
    Profile,
    cost_for,
    derive,
    password_bytes,
    within_bounds,
)

PIN, ON, TRIES = "helper.pin", "helper.on", "helper.tries"
LEAST, MOST = 4, 12  # digits
FREE = 2  # tries before the first delay
LONGEST = timedelta(minutes=5)


class PinRefused(Exception):
    """`key`: helper.pin_wrong, helper.pin_wait (`seconds`), helper.pin_form, helper.pin_none."""

    def __init__(self, key: str, seconds: int = 0) -> None:
        super().__init__(key, seconds)
        self.key, self.seconds = key, seconds


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kdf: Kdf
    salt: str
    hash: str


class _Tries(msgspec.Struct, frozen=True):
    failed: int = 0
    until: int = 0  # epoch ms: nothing is tried before


def delay(failed: int) -> timedelta:
    """After so many failed tries in a row: nothing, then 2, 4, 8 … seconds, 5 minutes at most."""
    if failed <= FREE:
        return timedelta(0)
    return min(LONGEST, timedelta(seconds=2 ** min(failed - FREE, 12)))


class Helper:
    """`Helper(store, now)`: `set_pin`, `lock`, `leave`. Keys are stretched in a thread."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._one = asyncio.Lock()

    async def is_on(self) -> bool:
        """Whether the window is locked to packing; survives a restart."""
        return bool(await self._store.settings.get(ON))

    async def has_pin(self) -> bool:
        return await self._kept() is not None

    async def set_pin(self, pin: Secret) -> None:
        """A new PIN of 4–12 digits. Raises PinRefused `helper.pin_form`."""
        text = pin.reveal()
        if not (LEAST <= len(text) <= MOST and text.isascii() and text.isdecimal()) or len(set(text)) == 1:
            raise PinRefused("helper.pin_form")
        cheap = os.environ.get(TEST_VARIABLE) == "1"
        kdf = await asyncio.to_thread(cost_for, KdfChoice.ARGON2ID, Profile.TEST if cheap else Profile.NORMAL)
        salt = secrets.token_bytes(SALT_BYTES)
        made = await asyncio.to_thread(derive, kdf, salt, password_bytes(pin))
        await self._store.settings.set(PIN, _Kept(kdf, salt.hex(), made.hex()))
        await self._store.settings.set(TRIES, None)
        await self._store.audit.note(Action.SETTINGS_CHANGED, subject=("setting", PIN))

    async def lock(self) -> None:
        """Packing and printing only, from now on. Raises PinRefused `helper.pin_none`."""
        if not await self.has_pin():
            raise PinRefused("helper.pin_none")
        await self._store.audit.choose(ON, True)

    async def leave(self, pin: Secret) -> None:
        """Back to everything. Raises PinRefused `helper.pin_wait`, `helper.pin_wrong`: the try is written down before it is judged, so
        that killing the program saves no delay."""
        async with self._one:
            kept = await self._kept()
            if kept is None:
                raise PinRefused("helper.pin_none")
            tries, now = await self._tries(), self._now()
            left = from_epoch_ms(tries.until) - now
            if timedelta(0) < left:
                raise PinRefused("helper.pin_wait", max(1, round(min(left, LONGEST).total_seconds())))
            failed = tries.failed + 1
            await self._store.settings.set(TRIES, _Tries(failed, to_epoch_ms(now + delay(failed))))
            made = await asyncio.to_thread(derive, kept.kdf, bytes.fromhex(kept.salt), password_bytes(pin))
            if not hmac.compare_digest(made, bytes.fromhex(kept.hash)):
                # Counted with the refused passwords of the vault: five a day raise the alarm.
                await self._store.audit.note(
                    Action.VAULT_UNLOCKED, subject=("helper", "pin"), outcome=Outcome.FAILED, details={"failed": failed}
                )
                raise PinRefused("helper.pin_wrong", round(delay(failed).total_seconds()))
            await self.left("pin")

    async def left(self, way: str) -> None:
        """Somebody who may came back, by the PIN or by the vault's password."""
        await self._store.settings.set(TRIES, None)
        if await self._store.audit.choose(ON, False):
            await self._store.audit.note(Action.VAULT_UNLOCKED, subject=("helper", way))

    async def _kept(self) -> _Kept | None:
        """None when there is none, or when it was tampered with: then only the vault's password leads out."""
        try:
            made = msgspec.convert(await self._store.settings.get(PIN), _Kept)
            sound = len(bytes.fromhex(made.salt)) == SALT_BYTES and bool(bytes.fromhex(made.hash))
        except (msgspec.ValidationError, ValueError):
            return None
        cheap = os.environ.get(TEST_VARIABLE) == "1" and within_bounds(made.kdf, Profile.TEST)
        return made if sound and (cheap or within_bounds(made.kdf, Profile.NORMAL)) else None

    async def _tries(self) -> _Tries:
        try:
            return msgspec.convert(await self._store.settings.get(TRIES) or {}, _Tries)
        except msgspec.ValidationError:
            return _Tries()
