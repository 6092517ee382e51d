"""The dialogs of the vault: opening it, making one, a new password, a recovery code that is shown once. Secrets are dots
on screen, leave the fields as `Secret`s, and the fields are emptied before a dialog goes."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.contracts import Secret
from ui.kit import ACCEPTED, ask
from ui.theme import font
from ui.widgets import Button, DialogFrame, FormField, Note, SecretField, Text
from ui.words import t

LEAST = 8  # the vault itself asks for at least this many; its own check decides


class UnlockDialog(DialogFrame):
    """Asks for the master password; `trouble` says why a former try failed. The helper asks for the recovery code."""

    def __init__(self, parent: QWidget | None, trouble: str = "", *, recovery: bool = False) -> None:
        self.by_code = Button(t("unlock.by_code"), "link")
        super().__init__(
            parent,
            t("unlock.title"),
            t("unlock.text"),
            t("unlock.open"),
            cancel=t("unlock.quit"),
            helper=self.by_code if recovery else None,
        )
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
        self._typed()

    def _typed(self, _text: str = "") -> None:
        first, second = self.first.text(), self.second.text()
        differ = bool(second) and not first.startswith(second) and first != second
        self.second_form.set_trouble(t("unlock.differ") if differ else "")
        missing = self.before is not None and not self.before.text()
        ready = len(first) >= LEAST and first == second and not missing
        self.primary.disable("" if ready else t("unlock.not_ready", count=LEAST))

    def take(self) -> tuple[Secret, Secret]:
        """(the present password or the code, the new password); the fields are empty afterwards."""
        made = (Secret(self.before.text() if self.before is not None else ""), Secret(self.first.text()))
        for field in (self.before, self.first, self.second):
            if field is not None:
                field.clear()
        return made


class CodeDialog(DialogFrame):
    """A recovery code, shown this once."""

    def __init__(self, parent: QWidget | None, code: Secret) -> None:
        copy = Button(t("unlock.copy"), icon="copy")
        super().__init__(parent, t("unlock.code_title"), t("unlock.code_text"), t("unlock.code_kept"), helper=copy)
        self.cancel.hide()
        shown = code.reveal()
        groups = shown.split("-")
        self.code = QLabel("-".join(groups[:4]) + "-\n" + "-".join(groups[4:]))
        self.code.setFont(font("mono"))
        self.code.setAccessibleName(t("unlock.code_title"))
        self.body.addWidget(self.code)
        self.body.addWidget(Text(t("unlock.code_once"), "small", "text_2", wrap=True))
        copy.clicked.connect(lambda: QApplication.clipboard().setText(shown))


async def ask_unlock(parent: QWidget | None, trouble: str = "", *, recovery: bool = False) -> Secret | str:
    """The password; "code" when the recovery code is at hand instead; "" when the person thought better of it."""
    dialog = UnlockDialog(parent, trouble, recovery=recovery)
    try:
        if await ask(dialog) != ACCEPTED:
            return ""
        return "code" if dialog.wants_code else dialog.take()
    finally:
        dialog.field.clear()
        dialog.deleteLater()


async def ask_new_password(parent: QWidget | None, kind: str, trouble: str = "") -> tuple[Secret, Secret] | None:
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
    )
    try:
        return dialog.take() if await ask(dialog) == ACCEPTED else None
    finally:
        dialog.take()
        dialog.deleteLater()


async def show_code(parent: QWidget | None, code: Secret) -> None:
    """Shows a recovery code and waits until it was kept."""
    dialog = CodeDialog(parent, code)
    try:
        await ask(dialog)
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
