"""Locking the window: after a while without a hand on it, or when asked. The window is covered at once, jobs under way end,
then the vault is sealed and every living link forgotten; unlocking lets everything go on.

What must never happen: a figure of the merchant's in sight while it is locked, or a job that fails because it was locked.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QWindow
from PySide6.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from app.changes import CONNECTIONS, ChangeReport
from app.contracts import Message, Secret
from app.platform.keyrings import KeyringPort
from app.store.audit import Action as Done
from app.store.audit import Outcome
from app.vault import Vault, VaultError, VaultRefused
from ui.kit import Action, spawn
from ui.kit.clipboard import forget_secret
from ui.telling import reason_of
from ui.theme import theme
from ui.unlock import ask_new_password, ask_unlock
from ui.widgets import Banner, Button, EmptyState
from ui.words import t

if TYPE_CHECKING:
    from ui.services import Services
    from ui.window import MainWindow

_log = logging.getLogger(__name__)

SETTING = "vault.lock_minutes"
CHOICES = (0, 5, 15, 30, 60)  # minutes; 0: never
DEFAULT = 15  # where a password opens the vault; without one a lock keeps nobody out
CHECK_MS = 5_000
PATIENCE_S = 120.0  # for jobs under way; longer ones are stopped, what they have stored stays
ACTION = "window.lock"
OFFER = "degraded"  # the banner's place
_HANDS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    }
)


class Cover(QWidget):
    """Over the whole window: what happened and one button. Signal `open_asked`; the first click anywhere or Enter asks."""

    open_asked = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName(t("keys.lock.title"))
        self.open = Button(t("keys.lock.open"), "primary", "lock-key-open")
        self.open.clicked.connect(self.open_asked)
        self.told = EmptyState("lock-key", t("keys.lock.title"), t("keys.lock.resting"), primary=self.open)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.told)
        column.addStretch(1)
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self.open.setFocus()

    def sealed(self) -> None:
        """The keys are away now."""
        self.told.set_words(t("keys.lock.title"), t("keys.lock.text"))

    def trouble(self, words: str) -> None:
        """Why it did not open."""
        self.told.set_words(t("keys.lock.title"), words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
            self.raise_()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.open_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # a button takes them in dialogs only
            event.accept()
            self.open_asked.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: object) -> None:
        del event
        QPainter(self).fillRect(self.rect(), theme().ink("window"))


class Hands(QObject):
    """When a hand was last on the program: watches the windows themselves, for a filter on every widget's every event would
    cost each paint. Signal `reached(window)`: another window of ours has the focus."""

    reached = Signal(object)

    def __init__(self, clock: Callable[[], float], wall: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock, self._wall = clock, wall
        self.touch()
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.focusWindowChanged.connect(self.watch)

    def touch(self) -> None:
        """A hand is on it now."""
        self._at, self._wall_at = self._clock(), self._wall()

    @property
    def idle_s(self) -> float:
        """Seconds since. The wall clock counts too: the other one may stand still while the computer sleeps."""
        return max(self._clock() - self._at, (self._wall() - self._wall_at).total_seconds())

    def watch(self, window: QWindow | None) -> None:
        """Also this window."""
        if window is not None:
            window.installEventFilter(self)
            self.reached.emit(window)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _HANDS:
            self.touch()
        return False


class Locker(QObject):
    """`Locker(vault, keyring, services)`; `attach(window)` when the window is filled, `detach()` when it is emptied.

    Signal `changed(bool)`: locked or not.
    """

    changed = Signal(bool)

    def __init__(
        self,
        vault: Vault,
        keyring: KeyringPort | None,
        services: Services,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__()
        self.vault, self.keyring, self._services, self._patience_s = vault, keyring, services, patience_s
        self.locked = False
        self.minutes = 0
        self.cover: Cover | None = None
        self._window: MainWindow | None = None
        self._sealing: asyncio.Task[Any] | None = None
        self._asking = False
        self._hidden: list[QDialog] = []
        self._clock = clock
        self._hands: Hands | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(CHECK_MS)
        self._timer.timeout.connect(self.look)

    # -- on a window ---------------------------------------------------------------------------------------------
    def attach(self, window: MainWindow) -> None:
        """Adds the action, begins to watch for hands, and looks at the key store."""
        self._window = window
        self._hands = Hands(self._clock, self._services.now, self)
        self._hands.watch(window.windowHandle())
        self._hands.reached.connect(self._reach)
        self._services.actions.add(Action(ACTION, "keys.lock.action", self.lock, "lock-key", ("Ctrl+L",)))
        self._services.actions.install(window)
        self._timer.start()
        spawn(self._begin(), "lock settings")

    def _reach(self, handle: QWindow) -> None:
        """A dialog keeps the window's own keys from working: the lock's key must work in it too."""
        if ACTION not in self._services.actions:
            return
        for one in QApplication.topLevelWidgets():
            if isinstance(one, QDialog) and one.windowHandle() is handle:
                one.addAction(self._services.actions.qaction(ACTION))

    def detach(self) -> None:
        """Lets the window go."""
        self._timer.stop()
        if self._hands is not None:
            self._hands.deleteLater()
            self._hands = None
        if ACTION in self._services.actions:
            self._services.actions.remove(ACTION)
        if self.cover is not None:
            self.cover.deleteLater()
            self.cover = None
        self._window = None

    @property
    def kinds(self) -> set[str]:
        """The ways into the vault."""
        return {slot.kind for slot in self.vault.slots}

    async def _begin(self) -> None:
        kept = await self._services.store.settings.get(SETTING)
        self.minutes = kept if kept in CHOICES else DEFAULT if "password" in self.kinds else 0
        if self._window is not None and self.vault.healed:
            self._window.say("degraded", t("keys.lock.healed"), t("vault.healed"))
        if self.keyring is not None and "keyring" in self.kinds:
            await self.vault.check_keyring(self.keyring)
            self.show_offer()

    async def set_minutes(self, minutes: int) -> None:
        """After how many minutes it locks by itself; kept. 0: never."""
        self.minutes = minutes
        self.touch()
        await self._services.store.audit.choose(SETTING, minutes)

    def touch(self) -> None:
        """A hand is on it now."""
        if self._hands is not None:
            self._hands.touch()

    @property
    def idle_s(self) -> float:
        return self._hands.idle_s if self._hands is not None else 0.0

    def look(self) -> None:
        """Locks when nobody was there for long enough."""
        if self.minutes and not self.locked and self.idle_s >= self.minutes * 60:
            self.lock("idle")

    # -- the key store -------------------------------------------------------------------------------------------
    def show_offer(self) -> None:
        """A banner when the computer's key store lost the vault's key, with the button that mends it."""
        window = self._window
        if window is None:
            return
        if not self.vault.keyring_missing:
            window.banners.take(OFFER)
            return
        words = t("keys.lock.keyring_gone"), t("keys.lock.keyring_gone_text"), t("keys.lock.keyring_back")
        banner = Banner(OFFER, *words)
        banner.action_asked.connect(lambda: spawn(self.mend_keyring(), "keyring"))
        window.banners.put(banner)

    async def mend_keyring(self) -> None:
        """Puts the vault's key into the key store again."""
        window = self._window
        if self.keyring is None or window is None:
            return
        try:
            await self.vault.add_keyring(self.keyring)
        except VaultError as error:
            window.say("unhealthy", t("keys.kind.keyring"), reason_of(error))
            return
        await self._note(Done.VAULT_CHANGED, "keyring")
        self.show_offer()
        window.say("healthy", t("keys.kind.keyring"), t("keys.lock.keyring_added"))

    # -- locking -------------------------------------------------------------------------------------------------
    def lock(self, why: str = "asked") -> None:
        """Covers the window at once and seals the vault when the jobs under way have ended."""
        window = self._window
        if self.locked or window is None:
            return
        self.locked = True
        forget_secret()
        self._hide_dialogs(window)
        for action in window.actions():
            window.removeAction(action)
        window.frame.setEnabled(False)  # nor may Tab walk under it
        self.cover = Cover(window)
        self.cover.open_asked.connect(self.ask)
        self.changed.emit(True)
        self._sealing = spawn(self._seal(why), "lock")

    async def _seal(self, why: str) -> None:
        engine = self._services.engine
        await engine.hold(Message("vault.locked"), self._patience_s)
        if not self._by_hand and not await self._keyring_opens():
            return  # the only way in is gone: sealed now, it could never be opened again
        await self.vault.lock()
        engine.links.drop_all()
        await self._note(Done.VAULT_LOCKED, "window", why=why)
        if self.cover is not None:
            self.cover.sealed()

    def _hide_dialogs(self, window: QWidget) -> None:
        for one in QApplication.topLevelWidgets():
            if one is window or not one.isVisible():
                continue
            if isinstance(one, QDialog):
                self._hidden.append(one)
                one.hide()  # and not closed: what is half typed in it comes back
            elif one.isWindow():
                one.close()

    # -- unlocking -----------------------------------------------------------------------------------------------
    def ask(self) -> None:
        """Asks for the password, once at a time."""
        if self.locked and not self._asking:
            self._asking = True
            spawn(self._ask(), "unlock")

    async def _ask(self) -> None:
        try:
            way = await self._way_in()
            if way:
                await self._open(way)
        finally:
            self._asking = False

    async def _way_in(self) -> str:
        """The kind of slot that opened the vault, "" when the person thought better of it."""
        trouble = ""
        while self._window is not None:
            kinds = self.kinds
            if not self._by_hand:
                return await self._by_keyring()
            words = t("unlock.title"), t("keys.lock.text"), t("keys.lock.open"), t("keys.lock.later")
            answer = (
                await ask_unlock(self._window, trouble, recovery="recovery" in kinds, words=words)
                if "password" in kinds
                else "code"
            )
            try:
                if isinstance(answer, Secret):
                    await self._prove(answer)
                    return "password"
                if answer != "code":
                    return ""
                typed = await ask_new_password(self._window, "recover", trouble)
                if typed is None:
                    return ""
                await self.vault.unlock_with_recovery(typed.before)
                await self._stop_sealing()
                if self.vault.locked:  # it was sealed in that very moment
                    await self.vault.unlock_with_recovery(typed.before)
                await self.vault.add_password(typed.new, typed.kdf)
                return "recovery"
            except VaultError as error:
                trouble = reason_of(error)
                if isinstance(error, VaultRefused) and self._services.engine.alerting is not None:
                    self._services.engine.alerting.security("failed_unlock")
        return ""

    async def _prove(self, password: Secret) -> None:
        await self.vault.unlock_with_password(password)
        await self._stop_sealing()
        if self.vault.locked:
            await self.vault.unlock_with_password(password)

    @property
    def _by_hand(self) -> bool:
        """Whether something that a person types opens the vault."""
        return bool(self.kinds & {"password", "recovery"})

    async def _keyring_opens(self) -> bool:
        if self.keyring is None:
            return False
        opens = await self.vault.check_keyring(self.keyring) == ""
        self.show_offer()
        return opens

    async def _by_keyring(self) -> str:
        try:
            await self._stop_sealing()
            if self.vault.locked and self.keyring is not None:
                await self.vault.unlock_with_keyring(self.keyring)
        except VaultError as error:
            if self.cover is not None:
                self.cover.trouble(reason_of(error))
            return ""
        return "keyring"

    async def _stop_sealing(self) -> None:
        """The person is back before the jobs had ended: they go on."""
        task, self._sealing = self._sealing, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    async def _open(self, way: str) -> None:
        window, services = self._window, self._services
        await self._note(Done.VAULT_UNLOCKED, "window", way=way)
        services.engine.release()
        self.locked = False
        self.touch()
        if self.cover is not None:
            self.cover.hide()
            self.cover.deleteLater()
            self.cover = None
        if window is not None:
            window.frame.setEnabled(True)
            services.actions.install(window)
        for dialog in self._hidden:
            if shiboken6.isValid(dialog):
                dialog.open()
        self._hidden.clear()
        self.changed.emit(False)
        services.changes.publish(ChangeReport(CONNECTIONS, source="user"))

    async def _note(self, action: Done, subject: str, **details: str) -> None:
        await self._services.store.audit.note(
            action, subject=("vault", subject), outcome=Outcome.DONE, details=dict(details)
        )
