"""The vault's card in Settings: the ways in, locking, sealing anew. Only in a live workspace; a rehearsal has no vault.

No secret is kept here for longer than the call that needs it; a recovery code is shown once, and takes the former one's place
only when the person has kept it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.contracts import Secret
from app.store.audit import Action
from app.vault import SlotInfo, Vault, VaultError, VaultRefused
from app.vault.kdf import KdfChoice
from ui.house import House
from ui.kit import ACCEPTED, ask, spawn
from ui.locking import CHOICES
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.telling import reason_of
from ui.unlock import Typed, ask_new_password, ask_unlock, show_code
from ui.widgets import Button, Card, Chip, DialogFrame, Segment
from ui.words import figures, t, words

KINDS = ("keyring", "password", "recovery")
Say = Callable[[str, str, str], None]


class _NotKeptError(Exception):
    """The person closed the new code without keeping it: the former one stays."""


class VaultCard:
    """`VaultCard(card, house, services, page, say)`: fills a card with a row for each way; `refresh()` after changes."""

    def __init__(self, card: Card, house: House, services: Services, parent: QWidget, say: Say) -> None:
        if house.vault is None:
            raise ValueError("a rehearsal has no vault")
        self._card, self._vault, self._keyring, self._parent, self._say = card, house.vault, house.keyring, parent, say
        self._lock, self._services = house.lock, services
        self._busy = False
        self.buttons: dict[str, Button] = {}
        self.idle: Segment | None = None
        self.refresh()

    @property
    def vault(self) -> Vault:
        return self._vault

    def refresh(self) -> None:
        """The rows as the vault is now."""
        Section.clear(self._card)
        self.buttons.clear()
        slots = {slot.kind: slot for slot in self._vault.slots}
        rows = [self._row(kind, slots.get(kind), len(slots)) for kind in KINDS]
        if self._lock is not None:
            rows += self._lock_rows("password" in slots)
        rekey = self._button("rekey", t("keys.rekey.do"), self._rekey, t("keys.rekey.title"))
        rows.append(SettingRow(t("keys.rekey.title"), t("keys.rekey.text"), rekey))
        Section.add(self._card, *rows)

    def _row(self, kind: str, slot: SlotInfo | None, many: int) -> SettingRow:
        controls: list[QWidget] = []
        if slot is None:
            text = t(f"settings.vault.{kind}_missing")
            add = self._button(f"{kind}.add", t("settings.vault.add"), lambda: self._add(kind))
            if kind == "keyring" and self._keyring is None:
                add.disable(t("settings.vault.no_keyring"))
            # Not "offline": its crossed-out waves mean no network.
            controls = [Chip("job.cancelled", t("settings.vault.off")), add]
        else:
            date = figures().date_short(slot.created_at.astimezone().date(), year=True)
            text = t(f"settings.vault.{kind}_text", date=date, kdf=slot.kdf)
            lost = kind == "keyring" and self._vault.keyring_missing
            controls = [
                Chip("degraded" if lost else "healthy", t("settings.vault.off" if lost else "settings.vault.on"))
            ]
            if lost:
                text = t("keys.lock.keyring_gone_text")
                controls.append(self._button("keyring.add", t("keys.lock.keyring_back"), lambda: self._add(kind)))
            if kind != "keyring":
                label = t("common.change" if kind == "password" else "settings.vault.new_code")
                controls.append(self._button(f"{kind}.change", label, lambda: self._change(kind)))
            drop = self._button(f"{kind}.remove", t("common.remove"), lambda: self._remove(slot))
            if many < 2:
                drop.disable(t("settings.vault.last"))
            controls.append(drop)
        return SettingRow(t(f"settings.vault.{kind}"), text, *controls)

    def _lock_rows(self, has_password: bool) -> list[SettingRow]:
        lock = self._lock
        if lock is None:
            return []
        choices = [(str(n), t("keys.lock.minutes", count=n) if n else t("keys.lock.off")) for n in CHOICES]
        self.idle = Segment(t("keys.lock.idle"), choices, str(lock.minutes), small=True)
        self.idle.chosen.connect(lambda value: spawn(lock.set_minutes(int(value)), "lock minutes"))
        now = Button(t("keys.lock.now"), icon="lock-key", key="Ctrl+L", small=True)
        now.clicked.connect(lambda: lock.lock())
        self.buttons["lock"] = now
        text = t("keys.lock.idle_text") if has_password else t("keys.lock.no_way")
        return [
            SettingRow(t("keys.lock.idle"), text, self.idle),
            SettingRow(t("keys.lock.action"), t("keys.lock.now_text"), now),
        ]

    def _button(self, name: str, label: str, run: Callable[[], Awaitable[None]], about: str = "") -> Button:
        made = Button(label, small=True)
        made.setAccessibleDescription(about or t(f"settings.vault.{name.partition('.')[0]}"))
        made.clicked.connect(lambda: self._begin(run, name))
        self.buttons[name] = made
        return made

    def _begin(self, run: Callable[[], Awaitable[None]], name: str) -> None:
        if not self._busy:
            self._busy = True
            spawn(self._run(run), f"vault {name}")

    async def _run(self, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except VaultError as error:
            self._say("unhealthy", t("settings.vault.title"), reason_of(error))
        finally:
            self._busy = False
        self.refresh()

    async def _noted(self, what: str) -> None:
        await self._services.store.audit.note(Action.VAULT_CHANGED, subject=("vault", what))

    async def _add(self, kind: str) -> None:
        if kind == "keyring" and self._keyring is not None:
            if not await self._proved():
                return
            await self._vault.add_keyring(self._keyring)
            await self._noted(kind)
            if self._lock is not None:
                self._lock.show_offer()
            self._say("healthy", t("settings.vault.keyring"), t("settings.vault.added"))
        elif kind == "password":
            await self._password("add")
        elif kind == "recovery":
            await self._code()

    async def _proved(self) -> bool:
        """Where nothing but what a person knows opens the vault, whoever changes a way in proves to know it: an unlocked
        window that was left alone is not enough. Where this computer opens it anyhow, asking would keep nobody out."""
        kinds = {slot.kind for slot in self._vault.slots}
        if "password" not in kinds or ("keyring" in kinds and not self._vault.keyring_missing):
            return True
        asked = tuple(t(f"settings.vault.prove_{part}") for part in ("title", "text", "do"))
        trouble = ""
        while True:
            typed = await ask_unlock(self._parent, trouble, words=(*asked, t("common.cancel")))
            if not isinstance(typed, Secret):
                return False
            try:
                await self._vault.unlock_with(typed)
            except VaultRefused as error:
                trouble = reason_of(error)
            else:
                return True

    async def _change(self, kind: str) -> None:
        if kind == "password":
            await self._password("change")
        else:
            await self._code()

    async def _password(self, how: str) -> None:
        """Asks until it is right or the person thinks better of it."""
        trouble, kdf = "", self._kdf()
        while True:
            typed = await ask_new_password(self._parent, how, trouble, kdf=kdf)
            if typed is None:
                return
            try:
                await self._set_password(how, typed)
            except VaultError as error:
                trouble, kdf = reason_of(error), typed.kdf
            else:
                await self._noted("password")
                self._say("healthy", t("settings.vault.password"), t("settings.vault.password_set"))
                return

    def _kdf(self) -> KdfChoice:
        """The one in force; Argon2id for a first password."""
        now = next((slot.kdf for slot in self._vault.slots if slot.kind == "password"), "")
        return KdfChoice.PBKDF2 if now.startswith("PBKDF2") else KdfChoice.ARGON2ID

    async def _set_password(self, how: str, typed: Typed) -> None:
        if how == "change":
            await self._vault.change_password(typed.before, typed.new, typed.kdf)
        else:
            await self._vault.add_password(typed.new, typed.kdf)

    # -- the recovery code ---------------------------------------------------------------------------------------
    async def _code(self) -> None:
        if not await self._proved():
            return
        try:
            await self._vault.add_recovery(keep=self._shown)
        except _NotKeptError:
            return
        await self._noted("recovery")

    async def _shown(self, code: Secret) -> None:
        if not await show_code(self._parent, code, self._save_sheet, self._copied):
            raise _NotKeptError

    def _copied(self) -> None:
        spawn(self._services.store.audit.note(Action.KEYS_SHOWN, subject=("vault", "recovery")), "audit")

    async def _save_sheet(self, path: Path, code: Secret) -> None:
        vault_id, now, catalogue = self._vault.id, self._services.now(), words()

        def write() -> None:
            from app.printing.recovery_sheet import sheet_words, write_sheet

            write_sheet(path, code, sheet_words(catalogue, vault_id, now), replace=True)

        await asyncio.to_thread(write)

    # -- sealing anew, removing ----------------------------------------------------------------------------------
    async def _rekey(self) -> None:
        dialog = DialogFrame(self._parent, t("keys.rekey.ask_title"), t("keys.rekey.ask_text"), t("keys.rekey.do"))
        try:
            if await ask(dialog) != ACCEPTED:
                return
        finally:
            dialog.deleteLater()
        kinds = {slot.kind for slot in self._vault.slots}
        password: Secret | None = None
        trouble = ""
        while True:
            if "password" in kinds:
                title = (t("keys.rekey.title"), t("unlock.text"), t("keys.rekey.do"), t("common.cancel"))
                answer = await ask_unlock(self._parent, trouble, words=title)
                if not isinstance(answer, Secret):
                    return
                password = answer
            try:
                done = await self._vault.rekey(
                    keyring=self._keyring if "keyring" in kinds else None,
                    password=password,
                    recovery="recovery" in kinds,
                    keep=self._shown,
                )
            except VaultRefused as error:
                if password is None:
                    raise
                trouble = reason_of(error)
            except _NotKeptError:
                return
            else:
                break
        await self._noted("key")
        names = ", ".join(t(f"settings.vault.{kind}") for kind in done.dropped)
        self._say(
            "healthy", t("keys.rekey.done"), t("keys.rekey.dropped", names=names) if names else t("keys.rekey.whole")
        )

    async def _remove(self, slot: SlotInfo) -> None:
        title = t("settings.vault.remove_title", name=t(f"settings.vault.{slot.kind}"))
        dialog = DialogFrame(self._parent, title, t("settings.vault.remove_text"), t("common.remove"), kind="danger")
        try:
            sure = await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()
        if sure and await self._proved():
            await self._vault.drop_slot(slot.id, self._keyring)
            await self._noted(slot.kind)
