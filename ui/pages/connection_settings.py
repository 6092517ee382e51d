"""Setting up a connection that exists: its name, switches, own rate; and new keys for its account. Old secrets are never
shown, a blank field leaves them as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit, QScrollArea, QWidget

from app.contracts import Message, ProviderError
from app.contracts.manifest import Manifest
from app.formats.numbers import read_number
from app.store import ConnectionRow, StoreError
from app.vault import VaultError
from ui.kit import spawn
from ui.pages.card_grid import see_through
from ui.pages.connect_form import CredentialFields, rate_hint
from ui.pages.connection_words import field_trouble, plain
from ui.pages.connection_work import ConnectionWork
from ui.pages.switch_list import SwitchList
from ui.telling import reason_of
from ui.widgets import Button, DialogFrame, FormField, Note, Text
from ui.words import figures, t


class SettingsDialog(DialogFrame):
    """`SettingsDialog(parent, work, row, manifest, names, stored)`: `stored` is the widget of its keys, where there are any.
    `keys_asked` is True when the person went on to new keys."""

    def __init__(
        self,
        parent: QWidget,
        work: ConnectionWork,
        row: ConnectionRow,
        manifest: Manifest,
        names: Sequence[str],
        stored: QWidget | None = None,
    ) -> None:
        keys = Button(t("connections.keys.open"), icon="key")
        super().__init__(
            parent,
            t("connections.settings.title", name=row.name),
            t("connections.settings.text", name=manifest.name),
            helper=keys if manifest.credentials else None,
            width=520,
        )
        self._work, self._row, self._names = work, row, set(names) - {row.name}
        self.keys_asked = False
        keys.clicked.connect(self._ask_keys)
        if not manifest.credentials:
            keys.deleteLater()
        self.name = QLineEdit(row.name)
        self.name.setMaxLength(60)
        self._name_field = FormField(t("connections.form.name"), self.name)
        self.body.addWidget(self._name_field)
        proven = row.last_ok_at is not None
        self.switches = SwitchList(manifest.capabilities, row.switches, tested=proven)
        self.body.addWidget(self.switches)
        rate = "" if row.own_rate is None else figures().number(_short(row.own_rate))
        self.own_rate = QLineEdit(rate)
        self._rate_field = FormField(t("connections.form.rate"), self.own_rate, rate_hint(manifest))
        self.body.addWidget(self._rate_field)
        if stored is not None:
            self.body.addWidget(stored)
        self.name.textChanged.connect(lambda _text: self._name_field.set_trouble(""))
        self.own_rate.textChanged.connect(lambda _text: self._rate_field.set_trouble(""))

    def _ask_keys(self) -> None:
        self.keys_asked = True
        self.reject()

    def accept(self) -> None:
        """Checks, writes, then closes."""
        name, rate = self.name.text().strip(), read_number(self.own_rate.text())
        if not name:
            self._name_field.set_trouble(t("common.required"))
        elif name in self._names:
            self._name_field.set_trouble(t("connections.field.name_taken"))
        if self.own_rate.text().strip() and (rate.value is None or not 0 < rate.value <= 1000):
            self._rate_field.set_trouble(t("connections.field.rate"))
        if self._name_field.trouble or self._rate_field.trouble:
            return
        self.primary.setEnabled(False)
        spawn(self._save(name, None if rate.value is None else float(rate.value)), "connection settings")

    async def _save(self, name: str, rate: float | None) -> None:
        try:
            switches = self.switches.values()
            await self._work.change(self._row, name=name, switches=switches, own_rate=(rate,))
        except StoreError as error:
            self.primary.setEnabled(True)
            self._name_field.set_trouble(plain(error.message))
            return
        super().accept()


def _short(rate: float) -> object:
    from decimal import Decimal

    return Decimal(str(rate)).normalize()


class KeysDialog(DialogFrame):
    """`KeysDialog(parent, work, row, manifest, sharing)`: new keys for the account; `sharing` names of its connections.

    They are tested before they replace the old ones. `changed`: whether there was anything new.
    """

    def __init__(
        self, parent: QWidget, work: ConnectionWork, row: ConnectionRow, manifest: Manifest, sharing: Sequence[str]
    ) -> None:
        super().__init__(
            parent,
            t("connections.keys.title", name=row.name),
            t("connections.keys.text"),
            t("connections.keys.save"),
            width=520,
        )
        self._work, self._row, self._manifest = work, row, manifest
        self.changed = False
        self._proving: asyncio.Task[None] | None = None
        self.body.addWidget(Text(t("keys.renewed.promise"), "small", "text_2", wrap=True))
        self.told = Note("unhealthy", "")
        self.told.hide()
        self.body.addWidget(self.told)
        if len(sharing) > 1:
            self.body.addWidget(Note("info", "", t("connections.keys.shared", names=", ".join(sharing))))
        self.fields = CredentialFields(manifest, fresh=False)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.fields)
        see_through(area)
        area.setMinimumHeight(min(420, 74 * len(manifest.credentials)))
        self.body.addWidget(area, 1)
        self.fields.changed.connect(self._show_button)
        self._show_button()

    def _show_button(self) -> None:
        filled = any(self.fields.values().values())
        self.primary.disable("" if filled else t("connections.keys.nothing"))

    def accept(self) -> None:
        """Writes them, then closes; the page tests afterwards."""
        values = {k: v for k, v in self.fields.values().items() if v}
        if values:
            self.primary.setEnabled(False)
            self.told.hide()
            self.foot_note.setText(t("keys.renewed.proving"))
            self._proving = spawn(self._save(values), "new keys")

    async def _save(self, values: dict[str, str]) -> None:
        try:
            self.changed = await self._work.renew(self._row, values)
        except (ProviderError, StoreError) as error:
            self._show_trouble(error.message, await self._work.keys_wait(self._row))
            return
        except VaultError as error:
            self._tell(t("connections.keys.title", name=self._row.name), reason_of(error))
            return
        self.fields.clear()
        super().accept()

    def _show_trouble(self, message: Message, waits: bool) -> None:
        made = self.fields.fields.get(message.field)
        if made is not None:
            self._show_button()
            self.foot_note.setText("")
            made.set_trouble(field_trouble(self._manifest, message))
            made.field.setFocus()
        else:
            self._tell(t("keys.renewed.waits" if waits else "keys.renewed.refused"), plain(message))

    def _tell(self, title: str, text: str) -> None:
        self._show_button()
        self.foot_note.setText("")
        self.told.set_words(title, text)
        self.told.show()
        self.adjustSize()

    def reject(self) -> None:
        if self._proving is not None:
            self._proving.cancel()  # the new ones stay in the vault, waiting
        self.fields.clear()
        super().reject()
