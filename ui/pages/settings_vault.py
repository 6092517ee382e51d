"""The ways into the vault: shown, added, changed, taken away. Only in a live workspace; a rehearsal has no vault.

No secret is kept here for longer than the call that needs it; a recovery code is shown once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QWidget

from app.contracts import Secret
from app.platform.keyrings import KeyringPort
from app.vault import SlotInfo, Vault, VaultError
from ui.kit import ACCEPTED, ask, spawn
from ui.pages.settings_parts import Section, SettingRow
from ui.telling import reason_of
from ui.unlock import ask_new_password, show_code
from ui.widgets import Button, Card, Chip, DialogFrame
from ui.words import figures, t

KINDS = ("keyring", "password", "recovery")
Say = Callable[[str, str, str], None]


class VaultCard:
    """`VaultCard(card, vault, keyring, window, say)`: fills a card with a row for each way; `refresh()` after changes."""

    def __init__(self, card: Card, vault: Vault, keyring: KeyringPort | None, parent: QWidget, say: Say) -> None:
        self._card, self._vault, self._keyring, self._parent, self._say = card, vault, keyring, parent, say
        self._busy = False
        self.buttons: dict[str, Button] = {}
        self.refresh()

    def refresh(self) -> None:
        """The rows as the vault is now."""
        Section.clear(self._card)
        self.buttons.clear()
        slots = {slot.kind: slot for slot in self._vault.slots}
        Section.add(self._card, *(self._row(kind, slots.get(kind), len(slots)) for kind in KINDS))

    def _row(self, kind: str, slot: SlotInfo | None, many: int) -> SettingRow:
        controls: list[QWidget] = []
        if slot is None:
            text = t(f"settings.vault.{kind}_missing")
            add = self._button(f"{kind}.add", t("settings.vault.add"), lambda: self._add(kind))
            if kind == "keyring" and self._keyring is None:
                add.disable(t("settings.vault.no_keyring"))
            controls = [Chip("offline", t("settings.vault.off")), add]
        else:
            date = figures().date_short(slot.created_at.astimezone().date(), year=True)
            text = t(f"settings.vault.{kind}_text", date=date, kdf=slot.kdf)
            controls = [Chip("healthy", t("settings.vault.on"))]
            if kind != "keyring":
                words = t("common.change" if kind == "password" else "settings.vault.new_code")
                controls.append(self._button(f"{kind}.change", words, lambda: self._change(kind)))
            drop = self._button(f"{kind}.remove", t("common.remove"), lambda: self._remove(slot))
            if many < 2:
                drop.disable(t("settings.vault.last"))
            controls.append(drop)
        return SettingRow(t(f"settings.vault.{kind}"), text, *controls)

    def _button(self, name: str, words: str, run: Callable[[], Awaitable[None]]) -> Button:
        made = Button(words, small=True)
        made.setAccessibleDescription(t(f"settings.vault.{name.partition('.')[0]}"))
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

    async def _add(self, kind: str) -> None:
        if kind == "keyring" and self._keyring is not None:
            await self._vault.add_keyring(self._keyring)
            self._say("healthy", t("settings.vault.keyring"), t("settings.vault.added"))
        elif kind == "password":
            await self._password("add")
        elif kind == "recovery":
            await self._code()

    async def _change(self, kind: str) -> None:
        if kind == "password":
            await self._password("change")
        else:
            await self._code()

    async def _password(self, how: str) -> None:
        """Asks until it is right or the person thinks better of it."""
        trouble = ""
        while True:
            typed = await ask_new_password(self._parent, how, trouble)
            if typed is None:
                return
            old, new = typed
            try:
                await self._set_password(how, old, new)
            except VaultError as error:
                trouble = reason_of(error)
            else:
                self._say("healthy", t("settings.vault.password"), t("settings.vault.password_set"))
                return

    async def _set_password(self, how: str, old: Secret, new: Secret) -> None:
        await (self._vault.change_password(old, new) if how == "change" else self._vault.add_password(new))

    async def _code(self) -> None:
        await show_code(self._parent, await self._vault.add_recovery())

    async def _remove(self, slot: SlotInfo) -> None:
        title = t("settings.vault.remove_title", name=t(f"settings.vault.{slot.kind}"))
        dialog = DialogFrame(self._parent, title, t("settings.vault.remove_text"), t("common.remove"), kind="danger")
        try:
            sure = await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()
        if sure:
            await self._vault.drop_slot(slot.id, self._keyring)
