"""The keys of a connection in its settings: how old they are, when they end, and a way to copy one out of the vault. A key is
never shown; a copied one leaves the clipboard by itself, and the copying is in the audit log."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.api.key_words import key_details
from app.contracts import Secret
from app.contracts.manifest import Manifest
from app.monitor.keys import KeyStanding, KeyState
from app.store import ConnectionRow
from app.store.audit import Action
from app.vault import Vault, VaultError
from ui.kit import spawn
from ui.kit.clipboard import CLEAR_AFTER_S, copy_secret
from ui.pages.connection_words import of_manifest
from ui.services import Services
from ui.telling import reason_of
from ui.unlock import ask_unlock
from ui.widgets import Button, Note, Text
from ui.words import figures, t, words


class StoredKeys(QWidget):
    """`StoredKeys(services, vault, row, manifest, held, standing)`; `held`: the fields that the vault has."""

    def __init__(
        self,
        services: Services,
        vault: Vault,
        row: ConnectionRow,
        manifest: Manifest,
        held: frozenset[str],
        standing: KeyStanding | None,
    ) -> None:
        super().__init__()
        self._services, self._vault, self._row = services, vault, row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Text(t("keys.card.title"), "medium"))
        self.about = Text("" if standing is None else key_details(words(), standing), "small", "text_2", wrap=True)
        column.addWidget(self.about)
        if standing is not None and standing.waiting:
            column.addWidget(Note("degraded", "", t("keys.card.waiting")))
        self.buttons: dict[str, Button] = {}
        line: QHBoxLayout | None = None
        for field in [one for one in manifest.credentials if one.kind == "secret" and one.key in held]:
            name = of_manifest(field.label)
            made = Button(t("keys.card.copy", name=name), icon="copy", small=True)
            made.clicked.connect(lambda _on=False, k=field.key, n=name: spawn(self.copy(k, n), "copy key"))
            self.buttons[field.key] = made
            if line is None:
                line = QHBoxLayout()
                line.setSpacing(8)
                column.addLayout(line)
            line.addWidget(made)
            if line.count() == 2:
                line.addStretch(1)
                line = None
        if line is not None:
            line.addStretch(1)
        self.snooze = Button(t("keys.card.snooze"), icon="bell-slash", small=True)
        self.snooze.clicked.connect(lambda: spawn(self._snooze(), "snooze"))
        if standing is not None and standing.state is KeyState.DUE:
            column.addWidget(self.snooze)
        else:
            self.snooze.deleteLater()
        self._told = Note("healthy", "")
        self._told.hide()
        column.addWidget(self._told)
        self._column = column

    async def copy(self, key: str, name: str) -> None:
        """Proves the person where there is a password, then puts the key on the clipboard for a while."""
        if any(slot.kind == "password" for slot in self._vault.slots) and not await self._proved(name):
            return
        try:
            secret = (await self._vault.get(self._row.account_id)).get(key) or Secret("")
        except (KeyError, VaultError):
            secret = Secret("")
        if not secret:
            self._say("unhealthy", t("keys.card.nothing"), "")
            return
        copy_secret(secret)
        await self._services.store.audit.note(
            Action.KEYS_SHOWN,
            connection_id=self._row.id,
            subject=("account", self._row.account_id),
            details={"field": key},
        )
        self._say("healthy", t("keys.card.copied", name=name), t("keys.card.copied_text", count=CLEAR_AFTER_S))

    async def _proved(self, name: str) -> bool:
        trouble = ""
        while True:
            asked = (
                t("keys.card.prove_title"),
                t("keys.card.prove_text", name=name),
                t("keys.card.prove_do"),
                t("common.cancel"),
            )
            answer = await ask_unlock(self, trouble, words=asked)
            if not isinstance(answer, Secret):
                return False
            try:
                await self._vault.unlock_with_password(answer)
            except VaultError as error:
                trouble = reason_of(error)
            else:
                return True

    async def _snooze(self) -> None:
        watch = self._services.key_watch
        if watch is not None:
            until = await watch.snooze(self._row.account_id)
            self.snooze.disable(t("keys.card.snoozed", date=_day(until)))
            self._say("info", t("keys.card.snoozed", date=_day(until)), "")

    def _say(self, state: str, title: str, text: str) -> None:
        old = self._told
        self._told = Note(state, title, text)
        self._column.replaceWidget(old, self._told)
        old.hide()
        old.deleteLater()
        self.window().adjustSize()


def _day(at: datetime) -> str:
    return figures().date_short(at.astimezone(), year=True)
