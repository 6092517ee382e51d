"""Settings: automatic backups, one by hand with a passphrase, and putting one back. What is inside is shown before anything
is replaced; a passphrase is kept for no longer than the call that needs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.api.answers import sentence
from app.api.backup import ENDING, BackupFacts, Sources, back_up, inspect
from app.api.sealed import BackupError
from app.contracts import Secret
from app.jobs.housekeeping import Backups, BackupState, Housekeeping
from app.store import StoreError
from app.vault import VaultError
from ui.house import House
from ui.kit import ACCEPTED, Operation, ask, ask_folder, ask_open_file, ask_save_file, spawn
from ui.pages.settings_parts import Section, SettingRow
from ui.services import Services
from ui.telling import reason_of
from ui.widgets import Button, Chip, DialogFrame, FormField, Note, SecretField, Text
from ui.words import figures, t, words

LEAST = 8  # the vault's own check decides
_KEYRING_FAILED = frozenset({"backup.needs_secret", "backup.no_way", "backup.no_keyring"})
Say = Callable[[str, str, str], None]


class BackupsSection:
    """`BackupsSection(section, services, house, parent, say)`: fills the section; `refresh()` asks again how things stand."""

    def __init__(self, section: Section, services: Services, house: House, parent: QWidget, say: Say) -> None:
        self._services, self._house, self._parent, self._say = services, house, parent, say
        self._busy = False
        self.keeping: Housekeeping | None = services.engine.housekeeping
        self.backups: Backups | None = self.keeping.backups if self.keeping is not None else None
        self.state: BackupState | None = None
        if self.backups is None:
            card = section.card(t("backups.title"))
            Section.add(card, Note("rehearsal", t("backups.rehearsal"), ""))
            return
        card = section.card(t("backups.title"), t("backups.note"))
        self.change = self._button("backups.change", self._choose)
        self.own = self._button("backups.own", self._use_own)
        self.folder = SettingRow(t("backups.folder"), " ", self.own, self.change)
        self.chip = Chip("offline", t("backups.waiting"))
        self.last = SettingRow(t("backups.last"), " ", self.chip)
        open_folder = self._button("backups.open_folder", self._open_folder, "folder-open")
        self.kept = SettingRow(t("backups.how_many"), " ", open_folder)
        Section.add(card, self.folder, self.last, self.kept)
        Section.add(card, SettingRow(t("backups.sealed"), t("backups.sealed_text")))
        foot = QFrame()
        foot.setProperty("box", "footer")
        row = QHBoxLayout(foot)
        row.setContentsMargins(14, 10, 14, 10)
        row.setSpacing(8)
        self.now = self._button("backups.now", self._make, "download-simple")
        self.restore = self._button("backups.restore", self._restore, "clock-counter-clockwise")
        row.addWidget(self.now)
        row.addWidget(self.restore)
        row.addStretch(1)
        row.addWidget(Text(t("backups.restore_note"), "small", "text_2"))
        Section.add(card, foot)
        card = section.card(t("backups.own_title"))
        self.by_hand = self._button("backups.own_do", self._by_hand)
        Section.add(card, SettingRow(t("backups.own_row"), t("backups.own_text"), self.by_hand))

    def _button(self, key: str, run: Callable[[], Awaitable[None]], icon: str = "") -> Button:
        made = Button(t(key), icon=icon, small=True)
        made.clicked.connect(lambda: self._begin(run, key))
        return made

    def _begin(self, run: Callable[[], Awaitable[None]], name: str) -> None:
        if not self._busy:
            self._busy = True
            spawn(self._run(run), name)

    async def _run(self, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except (StoreError, VaultError, OSError) as error:
            self._say("unhealthy", t("backups.not_done"), reason_of(error))
        finally:
            self._busy = False
        await self.load()

    # -- how things stand ------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Asks again."""
        if self.backups is not None:
            spawn(self.load(), "backups")

    async def load(self) -> None:
        """The rows as they are now."""
        if self.backups is None:
            return
        state = self.state = await self.backups.state()
        now = self._services.now().astimezone()
        self.folder.set_text(str(state.folder) if state.chosen else t("backups.folder_own", path=str(state.folder)))
        self.own.setVisible(state.chosen)
        worry = state.worry(now)
        if state.files:
            last = state.files[0]
            when = figures().when(last.at.astimezone(now.tzinfo), now)
            text = t("backups.last_text", when=when, size=figures().size(last.size))
        else:
            text = t("backups.never")
        if state.trouble is not None:
            text = f"{text}\n{sentence(words(), state.trouble)}"
        self.last.set_text(text)
        look = {"failed": "unhealthy", "old": "degraded"}.get(worry, "healthy" if state.files else "offline")
        word = {"unhealthy": "failed", "degraded": "old", "healthy": "sound", "offline": "waiting"}[look]
        self.chip.set_state("write.queued" if look == "offline" else look, t(f"backups.{word}"))
        size = sum(one.size for one in state.files)
        self.kept.set_text(t("backups.how_many_text", count=len(state.files), size=figures().size(size)))

    async def _open_folder(self) -> None:
        if self.state is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.state.folder)))

    async def _choose(self) -> None:
        folder = await ask_folder(self._parent, t("backups.folder"), self.state.folder if self.state else None)
        if folder is not None and self.backups is not None:
            await self.backups.choose(folder)

    async def _use_own(self) -> None:
        if self.backups is not None:
            await self.backups.choose(None)

    # -- making one ------------------------------------------------------------------------------------------------
    async def _make(self) -> None:
        """An automatic one now; as a job, so that it shows on the Jobs page too."""
        keeping = self.keeping
        if keeping is None:
            return
        self.now.disable(t("backups.running"))
        try:
            result = await keeping.back_up(force=True)
        finally:
            self.now.disable("")
        if result.message is not None:
            self._say("unhealthy", t("backups.not_done"), sentence(words(), result.message))
        elif result.outcome == "done":
            self._say("healthy", t("backups.done"), "")

    async def _by_hand(self) -> None:
        """One file with a passphrase of its own."""
        passphrase = await ask_new_passphrase(self._parent)
        if passphrase is None:
            return
        name = f"{t('backups.file_name')}-{self._services.now().astimezone():%Y%m%d}{ENDING}"
        path = await ask_save_file(self._parent, t("backups.save_title"), name, (t("backups.files"),))
        if path is not None:
            self.write(path if path.suffix else path.with_suffix(ENDING), passphrase)

    def write(self, path: Path, passphrase: Secret) -> Operation:
        """Writes it as one operation; the system's dialog has asked already whether a file may be replaced."""
        sources = cast(Sources, self.backups)

        async def work(operation: Operation) -> None:
            facts = await back_up(sources, path, passphrase, replace=True)
            operation.report = f"{path.name} · {figures().size(facts.size)}"

        return self._services.operations.start(t("backups.running"), work, note=path.name)

    # -- putting one back --------------------------------------------------------------------------------------------
    async def _restore(self) -> None:
        folder = self.state.folder if self.state is not None else None
        file = await ask_open_file(self._parent, t("backups.open_title"), (t("backups.files"),), folder)
        if file is not None:
            await self.put_back(file)

    async def put_back(self, file: Path) -> None:
        """Opens the backup, shows what is inside, and hands it over once that was agreed to."""
        opened = await self._opened(file)
        if opened is None or self._house.restore is None:
            return
        facts, secret = opened
        if not await ask_sure(self._parent, facts):
            return
        if self.keeping is not None:
            await self.keeping.back_up(force=True)  # what is replaced is kept besides: its failure stops nothing
        self._house.restore(file, secret)

    async def _opened(self, file: Path) -> tuple[BackupFacts, Secret | None] | None:
        """What is inside, and the secret that opened it (None: this computer's key store)."""
        secret: Secret | None = None
        trouble = ""
        if self._house.keyring is not None:
            try:
                return await inspect(file, None, keyring=self._house.keyring), None
            except BackupError as error:
                if error.key not in _KEYRING_FAILED:
                    raise
        while True:
            secret = await ask_passphrase(self._parent, trouble)
            if secret is None:
                return None
            try:
                return await inspect(file, secret), secret
            except BackupError as error:
                if error.key not in ("backup.refused", "backup.no_way", "backup.needs_secret"):
                    raise
                trouble = reason_of(error)


class PassphraseDialog(DialogFrame):
    """Asks for what opens a backup; with `new` for a passphrase of its own, twice."""

    def __init__(self, parent: QWidget, *, new: bool, trouble: str = "") -> None:
        title, text, do = ("own_dialog", "own_dialog_text", "save") if new else ("ask_title", "ask_text", "open")
        super().__init__(parent, t(f"backups.{title}"), t(f"backups.{text}"), t(f"backups.{do}"))
        self._new = new
        self.first = SecretField(paste=not new)
        self.form = FormField(t("backups.passphrase"), self.first)
        self.form.set_trouble(trouble)
        self.body.addWidget(self.form)
        self.second = SecretField(paste=False)
        self.again = FormField(t("backups.again"), self.second)
        self.again.setVisible(new)
        self.body.addWidget(self.again)
        for field in (self.first, self.second):
            field.edit.textChanged.connect(lambda _text: self._typed())
        self._typed()

    def _typed(self) -> None:
        first, second = self.first.text(), self.second.text()
        if not self._new:
            self.primary.disable("" if first else t("common.required"))
            return
        differ = bool(second) and not first.startswith(second)
        self.again.set_trouble(t("backups.differ") if differ else "")
        ready = len(first) >= LEAST and first == second
        self.primary.disable("" if ready else t("backups.not_ready", count=LEAST))

    def take(self) -> Secret:
        """What was typed; the fields are empty afterwards."""
        made = Secret(self.first.text())
        self.first.clear()
        self.second.clear()
        return made


async def ask_new_passphrase(parent: QWidget) -> Secret | None:
    return await _passphrase(PassphraseDialog(parent, new=True))


async def ask_passphrase(parent: QWidget, trouble: str = "") -> Secret | None:
    return await _passphrase(PassphraseDialog(parent, new=False, trouble=trouble))


async def _passphrase(dialog: PassphraseDialog) -> Secret | None:
    try:
        return dialog.take() if await ask(dialog) == ACCEPTED else None
    finally:
        dialog.take()
        dialog.deleteLater()


async def ask_sure(parent: QWidget, facts: BackupFacts) -> bool:
    """Shows what is inside and asks."""
    from app.api.commands_safety import inside

    dialog = DialogFrame(
        parent, t("backups.inside_title"), t("backups.inside_text"), t("backups.put_back"), kind="danger", width=520
    )
    for line in inside(words(), facts):
        dialog.body.addWidget(Text(line, "body", wrap=True))
    try:
        return await ask(dialog) == ACCEPTED
    finally:
        dialog.deleteLater()
