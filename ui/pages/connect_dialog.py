"""The connect dialog: a form from the manifest at the left, the result of the test at the right. It is saved with warnings,
not with failures; only when the other side or the network failed may it be kept untested, with all writing off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.contracts import Kind, Message, ProviderError
from app.contracts.manifest import Manifest
from app.jobs.connect import Wish
from app.jobs.links import addresses, host_of
from app.jobs.signing_in import SigningIn
from app.store import AccountRow, ConnectionRow, StoreError
from ui.kit import Operation, spawn
from ui.pages.card_grid import see_through
from ui.pages.connect_form import ConnectForm
from ui.pages.connect_result import Attempt, ResultPane
from ui.pages.connection_words import of_manifest, plain, works_list
from ui.pages.sign_in import ask_sign_in, take_back
from ui.services import Services
from ui.widgets import Button, Chip, CutText, DialogFrame, Dot, Note
from ui.widgets.base import line
from ui.words import figures, t

_log = logging.getLogger(__name__)
LIMIT_S = 30.0


class ConnectDialog(DialogFrame):
    """`ConnectDialog(parent, services, manifest, names, accounts)`; accepted, `row` is the new connection and `proven`
    whether its test had passed."""

    def __init__(
        self,
        parent: QWidget,
        services: Services,
        manifest: Manifest,
        names: Sequence[str],
        accounts: Sequence[AccountRow],
    ) -> None:
        self._test = Button(t("connections.dialog.test"), icon="arrows-clockwise")
        super().__init__(
            parent,
            t("connections.dialog.title", name=manifest.name),
            "",
            t("connections.dialog.save"),
            helper=self._test,
            width=880,
        )
        self._services, self.manifest = services, manifest
        self.row: ConnectionRow | None = None
        self.attempt: Attempt | None = None
        self.operation: Operation | None = None
        self._saving = False
        self._again = False  # the shop is connected already: the next press makes it anyway
        self._signed: Wish | None = None  # what was signed in for; taken back if nothing comes of it
        self.form = ConnectForm(manifest, names, accounts, rehearsal=services.rehearsal)
        self.result = ResultPane(manifest)
        self._build()
        self._test.clicked.connect(self.test)
        self.form.changed.connect(self._touched)
        self.form.sign_in.asked.connect(self.sign_in)
        self._show_buttons()

    @property
    def proven(self) -> bool:
        return self.attempt is not None and self.attempt.ok

    def _build(self) -> None:
        self.head.insertWidget(0, Dot(self.manifest.id, self.manifest.name))
        self.head.insertWidget(2, Chip(f"readiness.{self.manifest.readiness}"))
        # A long list is cut, with all of it in the tool-tip: it must neither break the title nor widen the dialog.
        self.head.addWidget(CutText(works_list(self.manifest.capabilities), "small", "text_2"), 1)
        self.head.setStretch(1, 0)
        self.heading.setWordWrap(False)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        note = of_manifest(self.manifest.note)
        if note:
            column.addWidget(Note("info", "", note))
        self._environment_note = Note("degraded", "", self.form.environment_note)
        column.addWidget(self._environment_note)
        portal = web_address(self.manifest.portal)
        if portal:
            open_portal = Button(t("connections.dialog.portal"), "link", "arrow-square-out", small=True)
            open_portal.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(portal)))
            column.addWidget(open_portal, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.form, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(left)
        see_through(area)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(area, 11)
        row.addWidget(line("vline"))
        row.addWidget(self.result, 9)
        self.body.addLayout(row, 1)
        self.resize(920, 640)
        self.form.name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_environment()

    def _show_environment(self) -> None:
        note = self.form.environment_note
        self._environment_note.set_words("", note)
        self._environment_note.setVisible(bool(note))

    # -- sign in -------------------------------------------------------------------------------------------------
    def sign_in(self) -> None:
        """Signs in at the vendor with what was filled in, then tests."""
        if self.operation is None and not self._saving and self.form.check(signed_in=False):
            spawn(self._sign_in(self.form.wish), "sign-in")

    async def _sign_in(self, wish: Wish) -> None:
        signing = SigningIn(self._services.connecting, self._services.now)
        found = await ask_sign_in(self, self._services, self.manifest.name, lambda front: signing.sign_in(wish, front))
        if found is not None:
            self.form.take_signed(found)
            self._signed = found
            self.test()

    def _forget_sign_in(self) -> None:
        """The fields that it was made with were changed, or the dialog is closed without a connection."""
        signed, self._signed = self._signed, None
        if signed is not None and self.row is None:
            self.form.sign_in.show_signed("")
            take_back(self._services, signed)

    # -- test ----------------------------------------------------------------------------------------------------
    def test(self) -> None:
        """Tries what was filled in, without keeping anything."""
        if self.operation is not None or self._saving or not self.form.check():
            return
        wish = self.form.wish
        self.attempt = None
        self.result.show_running()
        title = t("connections.dialog.testing", name=self.manifest.name)
        self.operation = self._services.operations.start(title, lambda _operation: self._try(wish))
        self.operation.finished.connect(self._tried)
        self._show_buttons()

    async def _try(self, wish: Wish) -> Attempt:
        """One attempt with a time limit. Never raises: the dialog itself tells what went wrong."""
        loop, now = asyncio.get_running_loop(), self._services.now()
        began = loop.time()
        result = message = None
        try:
            async with asyncio.timeout(LIMIT_S):
                result = await self._services.connecting.attempt(wish, now)
        except ProviderError as error:
            message = error.message
        except TimeoutError:
            message = Message("net.timeout")
        except StoreError as error:
            message = error.message
        except Exception as error:
            _log.exception("the connection test of %s failed", self.manifest.id)
            message = Message("bug", {"reason": type(error).__name__})
        took = round((loop.time() - began) * 1000)
        return Attempt(result, message, took, figures().time(now.astimezone()), self._host(wish))

    def _host(self, wish: Wish) -> str:
        """Where the vendor is, for the result's first line; "" when it lies in a shared account."""
        if wish.account:
            return ""
        try:
            overrides = {"api": wish.base_url} if wish.base_url else {}
            return host_of(addresses(self.manifest, wish.environment, wish.values, overrides)["api"])
        except ProviderError:
            return ""

    def _tried(self) -> None:
        operation, self.operation = self.operation, None
        attempt = operation.result if operation is not None else None
        if isinstance(attempt, Attempt):
            self.attempt = attempt
            self.result.show_attempt(attempt)
            self.form.switches.allow_writes(attempt.ok)
        else:
            self.result.show_hint()
        self._show_buttons()
        marked = self.attempt is not None and self.attempt.message is not None and self.form.mark(self.attempt.message)
        if not marked:  # the button that was pressed rested meanwhile, and Qt moved the focus on
            (self.primary if self.proven else self._test).setFocus(Qt.FocusReason.OtherFocusReason)

    def _touched(self) -> None:
        """What the last test said no longer holds."""
        self._again = False
        self._forget_sign_in()
        self._show_environment()
        if self.operation is None and self.attempt is not None and self.row is None:
            self.attempt = None
            self.result.show_stale()
            self.form.switches.allow_writes(False)
        self._show_buttons()

    def _show_buttons(self) -> None:
        testing = self.operation is not None
        self._test.setText(t("connections.dialog.again" if self.attempt is not None else "connections.dialog.test"))
        self._test.disable(t("connections.result.running") if testing or self._saving else "")
        anyway = self.attempt is not None and self.attempt.may_be_kept
        self.primary.setText(
            t(
                "message.make_anyway"
                if self._again
                else "connections.dialog.save_anyway"
                if anyway
                else "connections.dialog.save"
            )
        )
        reason = ""
        if testing or self._saving:
            reason = t("connections.result.running")
        elif self.attempt is None:
            reason = t("connections.dialog.first_test")
        elif not self.attempt.ok and not anyway:
            kind = self.attempt.message.kind if self.attempt.message is not None else Kind.OURS
            reason = t(f"connections.dialog.no_save_{kind}")
        self.primary.disable(reason)
        self.foot_note.setText(t("connections.dialog.anyway_note") if anyway else "")

    # -- save ----------------------------------------------------------------------------------------------------
    def accept(self) -> None:
        """Saves first; the dialog closes only when it was kept."""
        if self.attempt is None or self._saving or self.operation is not None or not self.form.check():
            return
        if not (self.attempt.ok or self.attempt.may_be_kept):
            return
        self._saving = True
        self._show_buttons()
        wish = msgspec.structs.replace(self.form.wish, again=self._again)
        spawn(self._save(wish), "connection save")

    async def _save(self, wish: Wish) -> None:
        try:
            self.row = await self._services.connecting.save(wish, self._services.now())
        except (ProviderError, StoreError) as error:
            self._saving = False
            message = error.message
            if message.code == "store.name_taken":
                message = msgspec.structs.replace(message, field="name")
            self._again = message.code == "config.same_account"
            if not self.form.mark(message):
                self.foot_note.setText(plain(message))
            self._show_buttons()
            return
        self._saving = False
        self.form.credentials.clear()
        super().accept()

    def reject(self) -> None:
        """Closing stops a test that still runs."""
        if self._saving:
            return
        if self.operation is not None:
            self.operation.cancel()
        self._forget_sign_in()
        self.form.credentials.clear()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._saving:
            event.ignore()
            return
        super().closeEvent(event)


def web_address(text: str) -> str:
    """A manifest's address as one that a browser opens; "" for none or for anything but http(s)."""
    text = text.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    return text if text.startswith(("https://", "http://")) else ""
