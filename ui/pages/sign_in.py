"""The dialog of a sign-in at a vendor: it waits for the browser, takes a pasted address, or shows a code. It is the window's
`Front`; a code or an address that was pasted is handed on and kept nowhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget

from app.contracts import Message, ProviderError
from app.contracts.manifest import Manifest
from app.jobs.signing_in import Front, SigningIn
from app.kit.oauth import SignInError
from app.store import ConnectionRow, StoreError
from app.vault import VaultError
from ui.kit import ACCEPTED, Operation, ask, spawn
from ui.pages.connection_words import plain
from ui.services import Services
from ui.widgets import Button, Chip, DialogFrame, FormField, Note, Text
from ui.words import figures, t, words

_log = logging.getLogger(__name__)

#: One sign-in, with this dialog as its front.
Work = Callable[[Front], Awaitable[Any]]
Opener = Callable[[str], object]


def open_address(address: str) -> object:
    """In the system's browser."""
    return QDesktopServices.openUrl(QUrl(address))


class SignInDialog(DialogFrame):
    """`SignInDialog(parent, services, name, work)`, then `start()`. Accepted, `outcome` is what the work returned."""

    def __init__(
        self, parent: QWidget, services: Services, name: str, work: Work, opener: Opener | None = None
    ) -> None:
        super().__init__(parent, t("signin.title", name=name), t("signin.hint", name=name), t("signin.open"), width=480)
        self.language = words().language
        self.outcome: Any = None
        self.trouble: Message | None = None
        self.operation: Operation | None = None
        self._services, self._name, self._work = services, name, work
        self._open: Opener = opener or open_address
        self._address = ""
        self._asked: asyncio.Future[str] | None = None
        self.told = Text("", "body", "text", wrap=True)
        self.code = Text("", "pane")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.until = Text("", "small", "text_2")
        self.paste = QLineEdit()
        self.paste_field = FormField(t("signin.paste_label"), self.paste)
        self.note = Note("unhealthy", "", "")
        self.page = Button(t("signin.open_page"), "link", "arrow-square-out", small=True)
        self.copy = Button(t("signin.copy"), "link", "copy", small=True)
        for widget in (self.told, self.code, self.until, self.paste_field, self.note):
            self.body.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.page)
        row.addWidget(self.copy)
        row.addStretch(1)
        self.body.addLayout(row)
        self.page.clicked.connect(self.open_page)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self._address))
        self.paste.textChanged.connect(lambda _text: self._typed())
        self._show("asking")

    # -- what is seen --------------------------------------------------------------------------------------------
    def _show(self, state: str) -> None:
        """ "asking", "browser", "paste", "code" or "failed"."""
        self.state = state
        told = {
            "asking": t("signin.asking"), "browser": t("signin.browser", name=self._name), "paste": t("signin.paste_text"),
        }  # fmt: skip
        if state in told:
            self.told.setText(told[state])
        self.told.setVisible(state != "failed")
        self.code.setVisible(state == "code")
        self.until.setVisible(state == "code")
        self.paste_field.setVisible(state == "paste")
        self.note.setVisible(state == "failed")
        self.page.setVisible(state == "paste")
        self.copy.setVisible(state in ("browser", "paste", "code"))
        button = {"failed": "signin.try_again", "paste": "signin.go_on", "code": "signin.open_page"}
        self.primary.setText(t(button.get(state, "signin.open")))
        self.primary.disable(t("signin.asking") if state == "asking" else "")
        self.foot_note.setText(t("signin.waiting") if state == "browser" else "")
        if state == "paste":
            self._typed()
            self.paste.setFocus(Qt.FocusReason.OtherFocusReason)
        elif state != "asking":  # Enter must not mean "cancel"
            self.primary.setFocus(Qt.FocusReason.OtherFocusReason)
        self._fit()

    def _fit(self) -> None:
        """As high as what is shown now: other words may need another line."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            self.resize(self.width(), max(layout.totalHeightForWidth(self.width()), layout.totalMinimumSize().height()))

    def _typed(self) -> None:
        self.paste_field.set_trouble("")
        if self.state == "paste":
            self.primary.disable("" if self.paste.text().strip() else t("signin.paste_text"))

    # -- the front -----------------------------------------------------------------------------------------------
    def browse(self, address: str) -> None:
        self._address = address
        self._show("browser")
        self.open_page()

    def show_code(self, code: str, address: str, complete: str, until: datetime) -> None:
        self._address = complete or address
        self._show("code")
        self.told.setText(t("signin.code_text", address=address))
        self.code.setText(code)
        self.code.setAccessibleName(t("signin.code_label"))
        self.code.setAccessibleDescription(code)
        self.until.setText(t("signin.code_until", time=figures().time(until.astimezone())))
        self._fit()

    async def pasted(self, address: str, wrong: Message | None) -> str:
        self._asked = asyncio.get_running_loop().create_future()
        self._address = address
        self._show("paste")
        if wrong is None:
            self.open_page()
        else:
            self.paste_field.set_trouble(plain(wrong))
            self._fit()
        try:
            return await self._asked
        finally:
            self._asked = None

    def open_page(self) -> None:
        """The vendor's page in the system's browser."""
        self._open(self._address)

    # -- the work ------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Begins a sign-in; needs a running loop."""
        self.trouble = None
        self._show("asking")
        title = t("signin.operation", name=self._name)
        self.operation = self._services.operations.start(title, lambda _operation: self._try())
        self.operation.finished.connect(self._ended)

    async def _try(self) -> None:
        """Never raises: the dialog itself tells what went wrong."""
        try:
            self.outcome = await self._work(self)
        except (ProviderError, SignInError, StoreError) as error:
            self.trouble = error.message
        except VaultError as error:
            self.trouble = Message(error.key, error.params)
        except Exception as error:
            _log.exception("a sign-in failed")
            self.trouble = Message("bug", {"reason": type(error).__name__})

    def _ended(self) -> None:
        operation, self.operation = self.operation, None
        self.paste.clear()
        if operation is None or not self.isVisible():
            return
        if self.trouble is not None:
            text = plain(self.trouble)
            self.note.set_words("", text)
            self._show("failed")
            return
        self.window().raise_()
        self.window().activateWindow()
        super().accept()

    def accept(self) -> None:
        """The primary button: the page once more, what was pasted, or another try."""
        if self.state == "failed":
            self.start()
        elif self.state == "paste":
            text = self.paste.text().strip()
            if text and self._asked is not None and not self._asked.done():
                self._asked.set_result(text)
        elif self.state in ("browser", "code"):
            self.open_page()

    def reject(self) -> None:
        """Closing breaks the sign-in off; nothing was changed."""
        if self.operation is not None:
            self.operation.cancel()
        self.paste.clear()
        super().reject()


class SignInRow(QWidget):
    """`SignInRow(manifest)` in a form: a button that signal `asked` tells, and a mark once a sign-in waits. `signed` is the
    account's id, "" before."""

    asked = Signal()

    def __init__(self, manifest: Manifest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offered = manifest.sign_in is not None and manifest.sign_in.asks_a_person
        self.signed = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.button = Button(t("signin.button"), icon="arrow-square-out")
        self.button.clicked.connect(self.asked)
        self.mark = Chip("healthy", t("signin.signed_in"))
        row.addWidget(self.button)
        row.addWidget(self.mark)
        row.addWidget(Text(t("signin.hint", name=manifest.name), "small", "text_2", wrap=True), 1)
        self.setVisible(self.offered)
        self.show_signed("")

    def show_signed(self, account_id: str) -> None:
        """Whether a sign-in waits to be kept."""
        self.signed = account_id
        self.mark.setVisible(bool(account_id))
        self.button.setText(t("signin.again" if account_id else "signin.button"))


async def ask_sign_in(parent: QWidget, services: Services, name: str, work: Work) -> Any:
    """Opens the dialog; what the work returned, None when it was closed. A work that returns nothing gives True."""
    dialog = SignInDialog(parent, services, name, work)
    dialog.start()
    try:
        done = await ask(dialog) == ACCEPTED
        return (True if dialog.outcome is None else dialog.outcome) if done else None
    finally:
        dialog.deleteLater()


async def sign_in_again(parent: QWidget, services: Services, row: ConnectionRow) -> bool:
    """A new sign-in for a connection's account. Whether it came about."""
    for other in await services.store.connections.list():
        if other.account_id == row.account_id:
            services.network.reset_breaker(other.id)
    signing = SigningIn(services.connecting, services.now)
    name = services.catalogue.manifest(row.integration).name
    return await ask_sign_in(parent, services, name, lambda front: signing.sign_in_again(row, front)) is not None


def is_signed_out(row: ConnectionRow) -> bool:
    """Whether the last word of a connection was that its sign-in has ended."""
    if row.last_error is None or row.last_error.code != "auth.signed_out":
        return False
    return row.last_ok_at is None or row.last_error_at is None or row.last_error_at > row.last_ok_at


def take_back(services: Services, wish: Any) -> None:
    """Forgets a sign-in whose connection is not made, in the background."""
    spawn(_discard(services, wish), "sign-in taken back")


async def _discard(services: Services, wish: Any) -> None:
    try:
        await SigningIn(services.connecting, services.now).discard(wish)
    except (
        ProviderError,
        VaultError,
    ) as error:  # a locked vault: the token stays in it, sealed, and opens nothing here
        _log.warning("a sign-in could not be taken back: %s", type(error).__name__)
