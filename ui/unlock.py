"""The dialogs of the vault: opening it, making one, a new password, a recovery code that is shown once. Secrets are dots
on screen, leave the fields as `Secret`s, and the fields are emptied before a dialog goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.contracts import Secret
from app.vault.kdf import KdfChoice
from ui.kit import ACCEPTED, ask, ask_save_file, spawn
from ui.kit.clipboard import CLEAR_AFTER_S, copy_secret
from ui.widgets import Button, DialogFrame, FormField, Note, SecretField, Segment, Text
from ui.words import t

LEAST = 8  # the vault itself asks for at least this many; its own check decides


class UnlockDialog(DialogFrame):
    """Asks for the master password; `trouble` says why a former try failed. The helper asks for the recovery code.

    `words`: (title, text, primary button, cancel button) where the vault is not opened but a password proved.
    """

    def __init__(
        self,
        parent: QWidget | None,
        trouble: str = "",
        *,
        recovery: bool = False,
        words: tuple[str, str, str, str] | None = None,
    ) -> None:
        self.by_code = Button(t("unlock.by_code"), "link")
        title, text, primary, cancel = words or (
            t("unlock.title"),
            t("unlock.text"),
            t("unlock.open"),
            t("unlock.quit"),
        )
        super().__init__(parent, title, text, primary, cancel=cancel, helper=self.by_code if recovery else None)
        if not recovery:
            self.by_code.deleteLater()
        self.wants_code = False
        self.by_code.clicked.connect(self._code)
        self.field = SecretField(paste=False)
        self.form = FormField(t("unlock.password"), self.field)
        self.form.set_trouble(trouble)
        self.body.addWidget(self.form)
        self.field.edit.textChanged.connect(self._typed)
        self._typed("")

    def _typed(self, text: str) -> None:
        self.primary.disable("" if text else t("common.required"))

    def _code(self) -> None:
        self.wants_code = True
        self.accept()

    def take(self) -> Secret:
        """The password; the field is empty afterwards."""
        made = Secret(self.field.text())
        self.field.clear()
        return made


class Typed(NamedTuple):
    """What was typed for a new password: the present one (or the recovery code), the new one, how it is stretched."""

    before: Secret
    new: Secret
    kdf: KdfChoice


class NewPasswordDialog(DialogFrame):
    """A new password, typed twice; with `old` the present one is asked for, with `code` the recovery code."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str,
        primary: str,
        *,
        old: bool = False,
        code: bool = False,
        cancel: str = "",
        trouble: str = "",
        kdf: KdfChoice = KdfChoice.ARGON2ID,
    ) -> None:
        super().__init__(parent, title, text, primary, cancel=cancel)
        self._note = Note("unhealthy", trouble)
        self._note.setVisible(bool(trouble))
        self.body.addWidget(self._note)
        self.before: SecretField | None = None
        if old or code:
            self.before = SecretField(paste=code)
            self.body.addWidget(FormField(t("unlock.code" if code else "unlock.old"), self.before))
            self.before.edit.textChanged.connect(self._typed)
        self.first = SecretField(paste=False)
        self.first_form = FormField(t("unlock.new"), self.first, t("unlock.new_hint", count=LEAST))
        self.second = SecretField(paste=False)
        self.second_form = FormField(t("unlock.again"), self.second)
        for form, field in ((self.first_form, self.first), (self.second_form, self.second)):
            self.body.addWidget(form)
            field.edit.textChanged.connect(self._typed)
        choices = [(str(KdfChoice.ARGON2ID), t("keys.kdf.argon2id")), (str(KdfChoice.PBKDF2), t("keys.kdf.pbkdf2"))]
        self.kdf = Segment(t("keys.kdf.title"), choices, str(kdf))
        self.body.addWidget(FormField(t("keys.kdf.title"), self.kdf, t("keys.kdf.hint")))
        self._typed()

    def _typed(self, _text: str = "") -> None:
        first, second = self.first.text(), self.second.text()
        differ = bool(second) and not first.startswith(second) and first != second
        self.second_form.set_trouble(t("unlock.differ") if differ else "")
        missing = self.before is not None and not self.before.text()
        ready = len(first) >= LEAST and first == second and not missing
        self.primary.disable("" if ready else t("unlock.not_ready", count=LEAST))

    def take(self) -> Typed:
        """What was typed; the fields are empty afterwards."""
        before = Secret(self.before.text() if self.before is not None else "")
        made = Typed(before, Secret(self.first.text()), KdfChoice(self.kdf.value))
        for field in (self.before, self.first, self.second):
            if field is not None:
                field.clear()
        return made


#: Writes the recovery sheet of a code to a file; raises OSError.
SaveSheet = Callable[[Path, Secret], Awaitable[None]]


class CodeDialog(DialogFrame):
    """A recovery code, shown this once. `save` writes the sheet to be printed; `shown` is told when the code was copied.

    Accepted: the person has it. Rejected: the former code stays good.
    """

    def __init__(
        self,
        parent: QWidget | None,
        code: Secret,
        save: SaveSheet | None = None,
        shown: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(parent, t("unlock.code_title"), t("unlock.code_text"), t("unlock.code_kept"))
        self._secret, self._save, self._shown = code, save, shown
        groups = code.reveal().split("-")
        self.code = Text("-".join(groups[:4]) + "-\n" + "-".join(groups[4:]), "mono")
        self.code.setAccessibleName(t("unlock.code_title"))
        self.code.setMinimumHeight(self.code.sizeHint().height())  # both lines, however narrow the rest makes it
        self.body.addWidget(self.code)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.copy = Button(t("unlock.copy"), icon="copy")
        self.copy.clicked.connect(self._copy)
        row.addWidget(self.copy)
        self.pdf = Button(t("keys.code.save"), icon="file-pdf")
        self.pdf.clicked.connect(lambda: spawn(self._ask_where(), "recovery sheet"))
        if save is not None:
            row.addWidget(self.pdf)
        else:
            self.pdf.deleteLater()
        row.addStretch(1)
        self.body.addLayout(row)
        self.told = Note("healthy", "")
        self.told.hide()
        self.body.addWidget(self.told)
        self.body.addWidget(Text(t("keys.code.void"), "small", "text_2", wrap=True))

    def _copy(self) -> None:
        copy_secret(self._secret)
        if self._shown is not None:
            self._shown()
        self._say(
            "healthy", t("keys.card.copied", name=t("unlock.code")), t("keys.card.copied_text", count=CLEAR_AFTER_S)
        )

    async def _ask_where(self) -> None:
        path = await ask_save_file(self, t("keys.code.save"), t("keys.code.file"), [t("keys.code.pdf")])
        if path is not None:
            await self.save_to(path if path.suffix else path.with_suffix(".pdf"))

    async def save_to(self, path: Path) -> None:
        """Writes the sheet and says how that went."""
        if self._save is None:
            return
        self.pdf.setEnabled(False)
        try:
            await self._save(path, self._secret)
        except OSError as error:
            self._say("unhealthy", t("keys.code.not_saved", reason=error.strerror or type(error).__name__), "")
        else:
            self._say("healthy", t("keys.code.saved"), t("keys.code.saved_text", path=str(path)))
        finally:
            self.pdf.setEnabled(True)

    def _say(self, state: str, title: str, text: str) -> None:
        old = self.told
        self.told = Note(state, title, text)
        self.body.replaceWidget(old, self.told)
        old.hide()
        old.deleteLater()
        self.told.show()  # a child that is not shown yet has no part in the dialog's size
        self.adjustSize()


async def ask_unlock(
    parent: QWidget | None,
    trouble: str = "",
    *,
    recovery: bool = False,
    words: tuple[str, str, str, str] | None = None,
) -> Secret | str:
    """The password; "code" when the recovery code is at hand instead; "" when the person thought better of it."""
    dialog = UnlockDialog(parent, trouble, recovery=recovery, words=words)
    try:
        if await ask(dialog) != ACCEPTED:
            return ""
        return "code" if dialog.wants_code else dialog.take()
    finally:
        dialog.field.clear()
        dialog.deleteLater()


async def ask_new_password(
    parent: QWidget | None, kind: str, trouble: str = "", *, kdf: KdfChoice = KdfChoice.ARGON2ID
) -> Typed | None:
    """`kind`: "create" (a new vault), "add", "change" (asks for the present one), "recover" (asks for the code).
    None when the person thought better of it."""
    dialog = NewPasswordDialog(
        parent,
        t(f"unlock.{kind}_title"),
        t(f"unlock.{kind}_text"),
        t(f"unlock.{kind}_do"),
        old=kind == "change",
        code=kind == "recover",
        cancel=t("unlock.quit") if kind == "create" else "",
        trouble=trouble,
        kdf=kdf,
    )
    try:
        return dialog.take() if await ask(dialog) == ACCEPTED else None
    finally:
        dialog.take()
        dialog.deleteLater()


async def show_code(
    parent: QWidget | None, code: Secret, save: SaveSheet | None = None, shown: Callable[[], None] | None = None
) -> bool:
    """Shows a recovery code; whether the person kept it."""
    dialog = CodeDialog(parent, code, save, shown)
    try:
        return await ask(dialog) == ACCEPTED
    finally:
        dialog.code.clear()
        dialog.deleteLater()


async def tell_trouble(parent: QWidget | None, title: str, text: str) -> None:
    """A plain dialog with one sentence: what happened and what to do."""
    dialog = DialogFrame(parent, title, text, t("common.close"))
    dialog.cancel.hide()
    try:
        await ask(dialog)
    finally:
        dialog.deleteLater()
