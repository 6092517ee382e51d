"""The helper's profile in the window: locked to packing and printing, with the PIN or the vault's password as the way back. What must
never happen: a page of prices or keys in a locked window, by whichever button, key or palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.contracts import Secret
from app.orders.helper import MOST, Helper, PinRefused
from app.vault import VaultError, VaultRefused
from ui.kit import ACCEPTED, Action, ask, begin, spawn
from ui.telling import reason_of
from ui.widgets import DialogFrame, FormField, SecretField
from ui.words import t

if TYPE_CHECKING:
    from ui.house import House
    from ui.services import Services
    from ui.window import MainWindow

PAGES = ("pack", "print")
LOCK, LEAVE, CHANGE, BENCH = "helper.lock", "helper.leave", "helper.pin", "window.pack"
#: Of the window's own actions those that a helper may use.
_MAY = (LEAVE, BENCH, "go.pack", "go.print", "window.quit", "window.lock")
_LEAST_PASSWORD = 8


class PinDialog(DialogFrame):
    """A new PIN, typed twice. `pin()` empties the fields."""

    def __init__(self, parent: QWidget | None, trouble: str = "") -> None:
        super().__init__(parent, t("helper.pin_title"), t("helper.pin_hint"), t("helper.keep"))
        self.first, self.second = SecretField(paste=False), SecretField(paste=False)
        self.form = FormField(t("helper.pin"), self.first)
        self.form.set_trouble(trouble)
        self.body.addWidget(self.form)
        self.body.addWidget(FormField(t("helper.pin_again"), self.second))
        for one in (self.first, self.second):
            one.edit.textChanged.connect(lambda _text: self._typed())
        self._typed()

    def _typed(self) -> None:
        same = self.first.text() == self.second.text()
        self.primary.disable("" if same and self.first.text() else t("helper.pin_differ"))

    def pin(self) -> Secret:
        made = Secret(self.first.text())
        self.first.clear()
        self.second.clear()
        return made


class LeaveDialog(DialogFrame):
    """Asks for the PIN or the vault's password."""

    def __init__(self, parent: QWidget | None, trouble: str = "") -> None:
        super().__init__(parent, t("helper.leave_title"), t("helper.leave_text"), t("helper.leave"))
        self.field = SecretField(paste=False)
        self.form = FormField(t("helper.leave_field"), self.field)
        self.form.set_trouble(trouble)
        self.body.addWidget(self.form)
        self.field.edit.textChanged.connect(lambda text: self.primary.disable("" if text else t("common.required")))
        self.primary.disable(t("common.required"))

    def take(self) -> Secret:
        made = Secret(self.field.text())
        self.field.clear()
        return made


class HelperMode(QObject):
    """`HelperMode(window, services, house)`; `begin()` when the window was filled. `on`: locked; `allows(page)`."""

    def __init__(self, window: MainWindow, services: Services, house: House) -> None:
        super().__init__(window)
        self._window, self._services, self._house = window, services, house
        self.helper = Helper(services.store, services.now)
        self.on = False
        self._before: Qt.WindowState | None = None  # how the window stood before the bench filled the screen
        services.actions.add(
            Action(BENCH, "pack.action", lambda: window.go("pack"), "package", ("Ctrl+B",)),
            Action(LOCK, "helper.action", self.lock, "lock-simple"),
            Action(CHANGE, "helper.change_pin", lambda: begin(self.ask_pin(window), "change the PIN"), "key"),
            Action(LEAVE, "helper.leave", self.leave, "lock-simple-open", ("F10",), enabled=lambda: "" if self.on else "helper.pin_none"),
        )  # fmt: skip
        if house.lock is not None:
            house.lock.changed.connect(self._lock_changed)

    def begin(self) -> None:
        """Was it locked when the program ended? Nothing of the first page is painted before that is known."""
        self._window.stack.setUpdatesEnabled(False)
        spawn(self._known(), "helper's profile")

    async def _known(self) -> None:
        try:
            on = await self.helper.is_on()
        finally:
            self._window.stack.setUpdatesEnabled(True)
        if on:
            self._confine(True)
            self._window.go("pack")

    def close(self) -> None:
        """The workspace goes."""
        self._fill_screen(False)
        for action in (BENCH, LOCK, LEAVE, CHANGE):
            if action in self._services.actions:
                self._services.actions.remove(action)
        if self._house.lock is not None:
            self._house.lock.changed.disconnect(self._lock_changed)
        self.deleteLater()

    def allows(self, page: str) -> bool:
        return not self.on or page in PAGES

    def coming(self, page: str) -> bool:
        """A page comes to the front; False when it may not. The pack bench takes the whole screen, any other gives it back."""
        if self.allows(page):
            self._fill_screen(page == "pack")
        return self.allows(page)

    def _fill_screen(self, on: bool) -> None:
        window = self._window
        if on is (self._before is not None):
            return
        window.sidebar.setVisible(not on)
        if on:
            self._before = window.windowState()
            window.setWindowState(self._before | Qt.WindowState.WindowFullScreen)
        elif self._before is not None:
            before, self._before = self._before, None
            window.setWindowState(before)

    # -- locking -------------------------------------------------------------------------------------------------------
    def lock(self) -> None:
        if not self.on:
            begin(self._lock(), "lock to packing")

    async def _lock(self) -> None:
        if not await self.helper.has_pin() and not await self.ask_pin(self._window):
            return
        await self.helper.lock()
        self._confine(True)
        self._window.go("pack")
        self._window.say("info", t("helper.locked"), t("helper.locked_text"))

    async def ask_pin(self, parent: QWidget) -> bool:
        """A new PIN; whether one was kept."""
        trouble = ""
        while True:
            dialog = PinDialog(parent, trouble)
            try:
                if await ask(dialog) != ACCEPTED:
                    return False
                await self.helper.set_pin(dialog.pin())
            except PinRefused as error:
                trouble = t(error.key)
                continue
            finally:
                dialog.deleteLater()
            return True

    def leave(self) -> None:
        if self.on:
            begin(self._leave(), "leave packing")

    async def _leave(self) -> None:
        trouble = ""
        while self.on:
            dialog = LeaveDialog(self._window, trouble)
            try:
                typed = dialog.take() if await ask(dialog) == ACCEPTED else None
            finally:
                dialog.deleteLater()
            if typed is None:
                return
            trouble = await self._try(typed)
            if not trouble:
                self._confine(False)
                self._window.go("orders")

    async def _try(self, typed: Secret) -> str:
        """Why it did not open; "" when it did. A PIN is digits; anything else, and a long one that was no PIN, may be the password."""
        text, vault = typed.reveal(), self._house.vault
        said = t("helper.pin_wrong")
        if text.isdecimal() and len(text) <= MOST:
            try:
                await self.helper.leave(typed)
                return ""
            except PinRefused as error:
                said = t("helper.pin_wait", count=error.seconds) if error.seconds else t(error.key)
                if error.key != "helper.pin_wrong" or len(text) < _LEAST_PASSWORD:
                    return said
        if vault is None:
            return said
        try:
            await vault.unlock_with_password(typed)
        except VaultError as error:
            if isinstance(error, VaultRefused) and self._services.engine.alerting is not None:
                self._services.engine.alerting.security("failed_unlock")
            return reason_of(error)
        await self.helper.left("password")
        return ""

    # -- what there is to press ----------------------------------------------------------------------------------------
    def _lock_changed(self, locked: bool) -> None:
        if not locked:
            self.confine()  # the window took all its keys back

    def _confine(self, on: bool) -> None:
        self.on = on
        self._window.sidebar.set_only(PAGES if on else None)
        if on:
            self._window.keep_only(PAGES)
            if self._window.finder is not None:
                self._window.finder.close_palette()
            self.confine()
        else:
            self._services.actions.install(self._window)
            self._window.say("info", t("helper.leave"), "")

    def confine(self) -> None:
        """Takes from the window every key that a helper may not press. Called after each time that keys were bound."""
        if not self.on:
            return
        actions = self._services.actions
        may = [actions.qaction(one.id) for one in actions if one.id in _MAY or one.scope in PAGES]
        for bound in self._window.actions():
            if bound not in may:
                self._window.removeAction(bound)
