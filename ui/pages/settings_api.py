"""Settings: the loopback API – whether it listens, on which port, its token. Each change takes effect at once and is in the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from PySide6.QtWidgets import QLineEdit, QWidget

from app.api.answers import sentence
from app.api.local_api import LocalApi, Wanted
from app.contracts import ProviderError
from app.store import StoreError
from app.vault import VaultError
from ui.kit import ACCEPTED, ask, spawn
from ui.kit.clipboard import copy_secret
from ui.pages.settings_parts import Section, SettingRow
from ui.widgets import Button, Chip, DialogFrame, Switch
from ui.words import t, words

Say = Callable[[str, str, str], None]
LOWEST, HIGHEST = 1024, 65_535  # those below are the system's


class ApiSection:
    """`ApiSection(section, api, parent, say)`: fills the section; `refresh()` asks again how things stand."""

    def __init__(self, section: Section, api: LocalApi, parent: QWidget, say: Say) -> None:
        self._api, self._parent, self._say = api, parent, say
        self._wanted = Wanted()
        card = section.card(t("api.page.title"), t("api.page.note"))
        self.chip = Chip("job.cancelled", t("api.page.off"))
        self.switch = Switch(t("api.page.on"))
        self.switch.toggled.connect(self._toggled)
        self.listening = SettingRow(t("api.page.on"), t("api.page.on_text"), self.chip, self.switch)
        self.port = QLineEdit()
        self.port.setFixedWidth(72)
        self.port.setAccessibleName(t("api.page.port"))
        self.port.editingFinished.connect(self._port_typed)
        self.copy = Button(t("api.page.copy"), icon="copy", small=True)
        self.copy.clicked.connect(lambda: self._begin(self._copy()))
        self.renew = Button(t("api.page.renew"), small=True)
        self.renew.clicked.connect(lambda: self._begin(self._renew()))
        section.add(
            card,
            self.listening,
            SettingRow(t("api.page.port"), t("api.page.port_text"), self.port),
            SettingRow(t("api.page.token"), t("api.page.token_text"), self.copy, self.renew),
        )

    def refresh(self) -> None:
        """Asks again."""
        spawn(self.load(), "local api")

    async def load(self) -> None:
        """As it is now."""
        self._wanted = await self._api.wanted()
        if not self.port.isModified():
            self.port.setText(str(self._wanted.port))
        was = self.switch.blockSignals(True)
        self.switch.setChecked(self._wanted.on)
        self.switch.blockSignals(was)
        self.switch.update()
        address = self._api.address
        state = "healthy" if address else "degraded" if self._wanted.on else "job.cancelled"
        word = "listens" if address else "stuck" if self._wanted.on else "off"
        self.chip.set_state(state, t(f"api.page.{word}"))
        self.listening.set_text(t("api.cli.listens", address=address) if address else t("api.page.on_text"))

    def _begin(self, work: Awaitable[None]) -> None:
        async def told() -> None:
            try:
                await work
            except ProviderError as error:
                self._say("unhealthy", t("api.page.title"), sentence(words(), error.message))
            except (StoreError, VaultError) as error:
                self._say("unhealthy", t("api.page.title"), t(error.key))
            await self.load()

        spawn(told(), "local api")

    def _toggled(self, on: bool) -> None:
        self._begin(self._api.choose(msgspec.structs.replace(self._wanted, on=on)))

    def _port_typed(self) -> None:
        text = self.port.text().strip()
        self.port.setModified(False)
        if text == str(self._wanted.port):
            return
        if not (text.isascii() and text.isdigit() and LOWEST <= int(text) <= HIGHEST):
            self._say("unhealthy", t("api.page.port"), t("api.page.port_wrong", low=LOWEST, high=HIGHEST))
            self.port.setText(str(self._wanted.port))
            return
        self._begin(self._api.choose(msgspec.structs.replace(self._wanted, port=int(text))))

    async def _copy(self) -> None:
        copy_secret(await self._api.token())
        self._say("healthy", t("api.page.copied"), t("api.page.copied_text"))

    async def _renew(self) -> None:
        dialog = DialogFrame(self._parent, t("api.page.renew_title"), t("api.page.renew_text"), t("api.page.renew"))
        try:
            if await ask(dialog) != ACCEPTED:
                return
        finally:
            dialog.deleteLater()
        await self._api.renew_token()
        self._say("healthy", t("api.page.title"), t("api.cli.renewed"))
