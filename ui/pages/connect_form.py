"""The form of a connection, made from the manifest: name, environment, account, credential fields, switches, own rate,
address. It reads and marks fields; secrets are never read back into it and never leave it but as a `Wish`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.contracts import Message
from app.contracts.manifest import CredentialField, Manifest
from app.formats.numbers import read_number
from app.http.reach import is_loopback
from app.jobs.connect import Wish, address_fields, brought_fields, check_fields
from app.jobs.links import host_of
from app.store import AccountRow
from ui.kit import ask_open_file, spawn
from ui.pages.connection_words import field_trouble, of_manifest
from ui.pages.sign_in import SignInRow
from ui.pages.switch_list import SwitchList
from ui.widgets import Button, FormField, SecretField, Segment
from ui.words import figures, t, words

LARGEST_FILE = 15_000  # bytes; a value in the vault is at most 20,000 characters, base64 adds a third
_REHEARSAL = "rehearsal"


class FileField(QWidget):
    """A credential that is a file: its contents are taken, as text or as base64; the name is shown, never the contents."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.edit = QLineEdit()
        self.edit.setReadOnly(True)
        row.addWidget(self.edit, 1)
        self.choose = Button(t("connections.file.choose"), icon="file")
        self.choose.clicked.connect(lambda: spawn(self._choose(), "credential file"))
        row.addWidget(self.choose)
        self.setFocusProxy(self.choose)
        self._value = ""

    def text(self) -> str:
        return self._value

    async def _choose(self) -> None:
        path = await ask_open_file(self, t("connections.file.choose"), [t("connections.file.all")])
        if path is not None:
            self.take(path.name, await _read(path))

    def take(self, name: str, contents: bytes | None) -> None:
        """A file's contents, or None when it was too large."""
        if contents is None:
            self._value = ""
            self.edit.setText(t("connections.file.large", name=name))
        else:
            try:
                self._value = contents.decode("utf-8")
            except UnicodeDecodeError:
                self._value = base64.b64encode(contents).decode("ascii")
            self.edit.setText(name)
        self.changed.emit()


async def _read(path: Path) -> bytes | None:
    import asyncio

    def read() -> bytes | None:
        with path.open("rb") as file:
            contents = file.read(LARGEST_FILE + 1)
        return contents if len(contents) <= LARGEST_FILE else None

    return await asyncio.to_thread(read)


class ChoiceField(QComboBox):
    """One of the manifest's choices, in words where there are some."""

    def __init__(self, field: CredentialField) -> None:
        super().__init__()
        for choice in field.choices:
            key = f"connections.answer.{choice}"
            self.addItem(t(key) if words().has(key) else choice, choice)
        self.setCurrentIndex(max(0, self.findData(field.default)))

    def text(self) -> str:
        return str(self.currentData())


class CredentialFields(QWidget):
    """The credential fields of a manifest. `fresh` False: blank means 'as it was' (new keys for an old account)."""

    changed = Signal()

    def __init__(self, manifest: Manifest, *, fresh: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.manifest = manifest
        self.fields: dict[str, FormField] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for field in manifest.credentials:
            note = "" if field.required and fresh else t("connections.optional" if fresh else "connections.keeps")
            made = FormField(of_manifest(field.label), self._edit(field, fresh), of_manifest(field.where), note)
            self.fields[field.key] = made
            column.addWidget(made)

    def _edit(self, field: CredentialField, fresh: bool) -> QWidget:
        if field.kind == "secret":
            secret = SecretField()
            secret.edit.textChanged.connect(lambda _text: self._touched(field.key))
            return secret
        if field.kind == "choice" and fresh:
            choice = ChoiceField(field)
            choice.currentIndexChanged.connect(lambda _place: self._touched(field.key))
            return choice
        if field.kind == "file":
            file = FileField()
            file.changed.connect(lambda: self._touched(field.key))
            return file
        edit = QLineEdit(field.default if fresh else "")
        edit.setPlaceholderText(field.example)
        edit.textChanged.connect(lambda _text: self._touched(field.key))
        return edit

    def _touched(self, key: str) -> None:
        self.fields[key].set_trouble("")
        self.changed.emit()

    def values(self) -> dict[str, str]:
        """By key, blanks at both ends taken away."""
        return {key: str(made.field.text()).strip() for key, made in self.fields.items()}  # type: ignore[attr-defined]

    def clear(self) -> None:
        """Empties what is secret."""
        for made in self.fields.values():
            if isinstance(made.field, SecretField):
                made.field.clear()


class ConnectForm(QWidget):
    """`ConnectForm(manifest, names, accounts, rehearsal)`. Signal `changed` when something that a test proves was touched.
    `sign_in` is there where the vendor has one: its signal `asked`; `take_signed` puts in what the sign-in brought.

    `names`: those that are taken; `accounts`: existing ones of this family (any environment).
    """

    changed = Signal()

    def __init__(
        self,
        manifest: Manifest,
        names: Sequence[str],
        accounts: Sequence[AccountRow],
        *,
        rehearsal: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.manifest, self._names, self._accounts, self._rehearsal = manifest, set(names), accounts, rehearsal
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(12)
        self.name = QLineEdit(free_name(manifest.name, self._names))
        self.name.setMaxLength(60)
        self._name_field = FormField(t("connections.form.name"), self.name, t("connections.form.name_hint"))
        environments = [_REHEARSAL] if rehearsal else list(manifest.environments) or ["live"]
        self.environment = Segment(
            t("connections.form.environment"), [(e, t(f"connections.environment.{e}")) for e in environments]
        )
        self._environment_field = FormField(t("connections.form.environment"), self.environment, "")
        self.environment.set_value(environments[0])  # it says its value aloud again, not only the label
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._name_field, 1)
        top.addWidget(self._environment_field, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        self.account = QComboBox()
        self._account_field = FormField(t("connections.form.account"), self.account, t("connections.form.account_hint"))
        column.addWidget(self._account_field)
        self.credentials = CredentialFields(manifest)
        column.addWidget(self.credentials)
        self.sign_in = SignInRow(manifest)
        column.addWidget(self.sign_in)
        self.switches = SwitchList(manifest.capabilities)
        column.addWidget(self.switches)
        self._more = Button(t("connections.form.more"), "link", trailing="caret-down", small=True)
        self._more.setCheckable(True)
        column.addWidget(self._more)
        self.base_url = QLineEdit()
        self.base_url.setPlaceholderText("https://")
        hint = "connections.form.url_rehearsal" if rehearsal else "connections.form.url_hint"
        self._url_field = FormField(t("connections.form.url"), self.base_url, t(hint))
        column.addWidget(self._url_field)
        self.own_rate = QLineEdit()
        self._rate_field = FormField(t("connections.form.rate"), self.own_rate, rate_hint(manifest))
        column.addWidget(self._rate_field)
        column.addStretch(1)
        self._wire()
        self._environment_changed()
        self._show_more(rehearsal)

    def _wire(self) -> None:
        self.name.textChanged.connect(lambda _text: self._name_field.set_trouble(""))
        self.own_rate.textChanged.connect(lambda _text: self._rate_field.set_trouble(""))
        self.base_url.textChanged.connect(lambda _text: self._address_touched())
        self.credentials.changed.connect(lambda: self._account_field.set_trouble(""))
        self.credentials.changed.connect(self.changed)
        self.environment.chosen.connect(lambda _value: self._environment_changed())
        self.account.currentIndexChanged.connect(lambda _place: self._account_changed())
        self._more.toggled.connect(self._show_more)

    def _address_touched(self) -> None:
        self._url_field.set_trouble("")
        self.changed.emit()

    def _show_more(self, on: bool) -> None:
        self._more.setChecked(on)
        self._url_field.setVisible(on)
        self._rate_field.setVisible(on)

    def _environment_changed(self) -> None:
        """Accounts and the vendor's note belong to an environment."""
        value = self.environment.value
        fitting = [a for a in self._accounts if a.environment == value]
        self.account.blockSignals(True)
        self.account.clear()
        self.account.addItem(t("connections.form.account_new"), "")
        for one in fitting:
            self.account.addItem(t("connections.form.account_of", name=one.label or one.id), one.id)
        self.account.blockSignals(False)
        self._account_field.setVisible(bool(fitting))
        if self._rehearsal and fitting and not self.base_url.text():
            self.base_url.setText(fitting[0].urls.get("api", ""))
        place = self.manifest.environments.get(value)
        self._environment_field.setToolTip(of_manifest(place.note) if place is not None else "")
        self._account_changed()

    @property
    def environment_note(self) -> str:
        """What the vendor says of the chosen environment."""
        place = self.manifest.environments.get(self.environment.value)
        return of_manifest(place.note) if place is not None else ""

    def _account_changed(self) -> None:
        self._account_field.set_trouble("")
        self.credentials.setVisible(not self.shared)
        self.sign_in.setVisible(self.sign_in.offered and not self.shared)
        self.changed.emit()

    @property
    def shared(self) -> str:
        """The existing account's id, "" for a new one."""
        return str(self.account.currentData() or "")

    @property
    def wish(self) -> Wish:
        """What was filled in."""
        rate = read_number(self.own_rate.text()).value
        return Wish(
            self.manifest.id,
            self.name.text().strip(),
            self.environment.value,
            {} if self.shared else self.credentials.values(),
            self.base_url.text().strip(),
            self.shared,
            self.switches.values(),
            None if rate is None else float(rate),
            signed="" if self.shared else self.sign_in.signed,
        )

    def take_signed(self, wish: Wish) -> None:
        """The account under which a sign-in waits, and the fields that it brought."""
        for key in brought_fields(self.manifest) & frozenset(wish.values):
            self.credentials.fields[key].field.setText(wish.values[key])  # type: ignore[attr-defined]
        self.sign_in.show_signed(wish.signed)

    def check(self, *, signed_in: bool = True) -> bool:
        """Marks every field that is wrong, all at once; whether there was none. The first one gets the focus.
        `signed_in` False: what a sign-in brings may still be blank."""
        wish, wrong = self.wish, []
        if not wish.name:
            wrong.append(self._mark(self._name_field, t("common.required")))
        elif wish.name in self._names:
            wrong.append(self._mark(self._name_field, t("connections.field.name_taken")))
        rate = self.own_rate.text().strip()
        if rate and (wish.own_rate is None or not 0 < wish.own_rate <= 1000):
            wrong.append(self._mark(self._rate_field, t("connections.field.rate")))
        if self._rehearsal and not is_loopback(host_of(wish.base_url)):
            wrong.append(self._mark(self._url_field, t("connections.field.loopback")))
        if not wish.account:
            optional = address_fields(self.manifest, wish.environment) if wish.base_url else frozenset()
            if not signed_in:
                optional |= brought_fields(self.manifest)
            for message in check_fields(self.manifest, wish.values, optional):
                if message.field in self.credentials.fields:
                    made = self.credentials.fields[message.field]
                    wrong.append(self._mark(made, field_trouble(self.manifest, message)))
        if wrong:
            wrong[0].field.setFocus()
        return not wrong

    def mark(self, message: Message) -> bool:
        """Marks the field that a message names; whether there is such a one."""
        named = {
            "name": self._name_field,
            "base_url": self._url_field,
            "account": self._account_field,
            "environment": self._environment_field,
        }
        made = self.credentials.fields.get(message.field) or named.get(message.field)
        if made is None or (made in self.credentials.fields.values() and self.shared):
            return False
        if made in (self._url_field, self._rate_field):
            self._show_more(True)
        self._mark(made, field_trouble(self.manifest, message))
        made.field.setFocus()
        return True

    def _mark(self, made: FormField, text: str) -> FormField:
        if made in (self._url_field, self._rate_field):
            self._show_more(True)
        made.set_trouble(text)
        return made


def free_name(name: str, taken: set[str]) -> str:
    """The integration's name, with a number when it is taken."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def rate_hint(manifest: Manifest) -> str:
    """The vendor's own limit, as a hint beside the merchant's."""
    if not manifest.limits:
        return t("connections.form.rate_hint")
    limit = manifest.limits[0]
    seconds = figures().number(int(limit.seconds)) if limit.seconds >= 1 else str(limit.seconds)
    return t("connections.form.rate_limit", calls=limit.calls, seconds=seconds)
