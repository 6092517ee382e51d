"""The window's composition root: `main(argv)`. A skeleton is painted first; the core is imported and the workspace opened
behind it. Closing is orderly and has an end: after ten seconds the process goes, whatever still holds it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import qasync
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from ui import words
from ui.collecting import Collector
from ui.face import Face, read_face, write_face
from ui.kit import LoopWatchdog, Operations, Registry, Spawner, UndoStack, set_spawner, spawn, spawner
from ui.kit.clipboard import forget_secret
from ui.opening import Opener, Place, Refused
from ui.putting_back import PutBack, put_back
from ui.theme import DENSITIES, Scheme, appearance
from ui.window import MainWindow
from ui.words import t

if TYPE_CHECKING:
    from app.api.handover import HandoverServer
    from app.api.local_api import LocalApi
    from app.console import Console
    from app.platform.keyrings import KeyringPort

_log = logging.getLogger(__name__)

HARD_EXIT_S = 10.0
TASKS_S = 5.0
GEOMETRY, PAGE = "window.geometry", "window.page"
LANGUAGE, SCHEME, DENSITY, MOTION = "ui.language", "ui.scheme", "ui.density", "ui.reduce_motion"


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The flags. Exits with 2 on wrong usage."""
    parser = argparse.ArgumentParser("paxzar-window", description=t("entry.about"))
    parser.add_argument("--rehearsal", action="store_true", help=t("entry.rehearsal"))
    parser.add_argument("--workspace", type=Path, metavar="DIR", help=t("entry.workspace"))
    parser.add_argument("--unlock-from", metavar="FILE|-", help=t("entry.unlock"))
    parser.add_argument("--lang", choices=words.LANGUAGES, help=t("entry.lang"))
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def read_password(source: str | None) -> str | None:
    """What `--unlock-from` names: a file, or "-" for standard input. Raises OSError, UnicodeDecodeError."""
    if not source:
        return None
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    return text.rstrip("\r\n")


class Program:
    """One process: one window, one workspace after the other. `run` returns the exit code."""

    def __init__(
        self, window: MainWindow, options: argparse.Namespace, face: Face, password: str | None = None
    ) -> None:
        self.window, self._options, self._face, self._password = window, options, face, password
        self.watchdog = LoopWatchdog()
        self.collector = Collector()
        self.finished = asyncio.Event()
        self._leave = asyncio.Event()
        self._next: Place | None = None
        self._put_back: PutBack | None = None
        self._restored = ""
        self._console: Console | None = None
        self._handover: HandoverServer | None = None
        self._language = face.language
        self._parts: tuple[QObject, ...] = ()
        window.leave_asked.connect(self.ask_end)

    # -- from start to end -----------------------------------------------------------------------------------------
    async def run(self) -> int:
        """Opens, waits, closes; again when another workspace is asked for."""
        place: Place | None = self._first()
        code = 0
        self.collector.start()
        try:
            while place is not None:
                self._leave.clear()
                self._next = None
                set_spawner(Spawner(self.window.report))
                wanted, self._put_back = self._put_back, None
                try:
                    if wanted is not None:
                        self._restored = await put_back(self.window, place.folder, wanted)
                    code = await self._one(place)
                finally:
                    place = self._next
                    if place is None:
                        self.window.hide()
                        hard_exit(HARD_EXIT_S)
                    await self.close()
        finally:
            self.collector.stop()
            self.finished.set()
        self.window.may_close = True
        self.window.close()
        return code

    async def _one(self, place: Place) -> int:
        """One workspace, from opening to leaving. Closing the window while it opens ends the opening."""
        self.watchdog.start()
        opening = spawn(self._open(place), "opening")
        leaving = spawn(self._leave.wait(), "leaving")
        await asyncio.wait((opening, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            await asyncio.wait((opening,), timeout=TASKS_S)
        leaving.cancel()
        if opening.cancelled() or not opening.done():
            return 0
        found = opening.result()
        if isinstance(found, int):
            return found
        self._console, keyring = found
        if not self._leave.is_set():
            await self._live(self._console, keyring)
        return 0

    async def _open(self, place: Place) -> tuple[Console, KeyringPort | None] | int:
        """The console and the keyring, or the exit code when it was refused."""
        try:
            return await Opener(self.window, silent=self._options.screenshot is not None).open(place)
        except Refused as refused:
            return refused.code

    def _first(self) -> Place:
        from app.contracts import Secret
        from app.platform.paths import live_folder, rehearsal_folder

        rehearsal = bool(self._options.rehearsal)
        folder = self._options.workspace or (rehearsal_folder() if rehearsal else live_folder())
        text, self._password = self._password, None
        return Place(folder, rehearsal, None if text is None else Secret(text))

    async def _live(self, console: Console, keyring: KeyringPort | None) -> None:
        """From the open workspace until the person leaves."""
        await self._put_on(console)
        self._fill(console, keyring)
        last = await console.store.settings.get(PAGE, "")
        await self._first_page(last if isinstance(last, str) else "")
        if self._restored:
            self.window.say("healthy", t("backups.restored"), self._restored)
            self._restored = ""
        if console.vault is not None:
            await console.came_in("window")
        await console.engine.start()
        await self._listen(console)
        gc.collect()
        gc.freeze()
        self.watchdog.reset()
        operation = self.window.sync(listings=True) if console.is_rehearsal else None
        if self._options.screenshot is not None:
            await self._picture(operation)
            return
        await self._leave.wait()

    def _fill(self, console: Console, keyring: KeyringPort | None) -> None:
        from app.api.local_api import LocalApi
        from app.console import utc_now
        from ui.house import House
        from ui.locking import Locker
        from ui.services import Services

        console.local_api = LocalApi(console)
        registry, operations, undo = self._parts = (Registry(), Operations(), UndoStack())
        for part in self._parts:
            part.setParent(self.window)  # they go by Qt's own hand, on its own thread
        services = Services(
            console.store, console.engine, console.connecting, console.catalogue, console.health, console.network,
            console.changes, console.worker, utc_now, console.is_rehearsal, registry, operations, undo,
            console.key_watch,
        )  # fmt: skip
        folder, lock = console.workspace.folder, None
        if console.vault is not None:
            lock = Locker(console.vault, keyring, services)
            lock.setParent(self.window)
            self._parts = (*self._parts, lock)
        house = House(
            folder, console.vault, keyring, self.watchdog, lambda: self._language, self.set_language, self.switch, lock,
            lambda file, secret: self.restore(PutBack(file, secret, keyring), folder), console.local_api,
            console.reporter,
        )  # fmt: skip
        self.window.fill(services, house)

    async def _put_on(self, console: Console) -> None:
        """The workspace's own looks, where they differ from what was kept on this machine."""
        kept = await console.store.settings.all("ui.")
        face = Face(str(kept.get(LANGUAGE) or ""), str(kept.get(SCHEME) or ""), str(kept.get(DENSITY) or ""))
        if LANGUAGE in kept:
            self._language = face.language
        if not self._options.lang and face.language in words.LANGUAGES and face.language != words.words().language:
            words.choose(face.language)
        if kept.get(SCHEME) and face.known_scheme is not appearance().scheme:
            appearance().set_scheme(face.known_scheme)
        if kept.get(DENSITY):
            appearance().set_density(DENSITIES[face.known_density])
        appearance().set_reduce_motion(bool(kept.get(MOTION)))
        geometry = await console.store.settings.get(GEOMETRY, "")
        if isinstance(geometry, str) and geometry and geometry != self._face.geometry:
            self.window.restore_place(geometry)

    async def _first_page(self, last: str) -> None:
        """Waits until the first page stands: only then does the loop get other work."""
        from ui.pages import PAGES

        shown = asyncio.Event()
        self.window.page_shown.connect(lambda _page: shown.set())
        names = [page for page, _, _ in PAGES]
        self.window.go(last if last in names else names[0])
        try:
            await asyncio.wait_for(shown.wait(), 20)
        except TimeoutError:
            _log.error("the first page did not come")  # the window shows why

    async def _listen(self, console: Console) -> None:
        from app.api.handover import HandoverServer

        self._handover = HandoverServer(console)
        await self._handover.start()
        spawn(self._raise_again(self._handover), "hand-over")
        if console.local_api is not None:
            spawn(self._serve(console.local_api), "local api")

    async def _serve(self, api: LocalApi) -> None:
        """If the merchant turned it on. A port that is taken is told; it keeps nobody from working."""
        from app.api.answers import sentence
        from app.contracts import ProviderError
        from app.vault import VaultError

        try:
            await api.follow()
        except ProviderError as error:
            self.window.say("degraded", words.t("api.page.title"), sentence(words.words(), error.message))
        except VaultError as error:
            _log.warning("the loopback API stays off: %s", error.key)

    async def _raise_again(self, server: HandoverServer) -> None:
        while True:
            await server.raised.wait()
            server.raised.clear()
            self.window.come_forward()

    async def _picture(self, operation: Any) -> None:
        """For tests: the first page with its data, into a file."""
        if operation is not None and operation.running:
            done = asyncio.Event()
            operation.finished.connect(done.set)
            await asyncio.wait_for(done.wait(), 120)
        await asyncio.sleep(1.5)  # change reports and the standing come in bursts
        picture = self.window.grab()
        await asyncio.to_thread(picture.toImage().save, str(self._options.screenshot), "PNG")

    # -- what the window asks --------------------------------------------------------------------------------------
    def ask_end(self) -> None:
        """Close was asked for: by the person, a signal, or the end of the session."""
        self._next = None
        self._leave.set()

    def switch(self, rehearsal: bool) -> None:
        """Another workspace, in the same window."""
        from app.platform.paths import live_folder, rehearsal_folder

        named = self._options.workspace
        own = named is not None and rehearsal is bool(self._options.rehearsal)
        folder = named if own else rehearsal_folder() if rehearsal else live_folder()
        self._next = Place(folder, rehearsal)
        self._leave.set()

    def restore(self, wanted: PutBack, folder: Path) -> None:
        """Closes this workspace, puts a backup in its place, and opens it again in the same window."""
        self._put_back = wanted
        self._next = Place(folder, rehearsal=False)
        self._leave.set()

    def set_language(self, language: str) -> None:
        """ "tr", "en", or "" for the system's: everything is made anew in it, and kept."""
        self._language = language
        words.choose(language or None)
        if self._console is not None:
            spawn(self._console.store.audit.choose(LANGUAGE, language), "language")
        self.window.rebuild()

    # -- the end ---------------------------------------------------------------------------------------------------
    async def close(self) -> None:
        """Intake off, tasks cancelled, then the console's own order. Twice is fine."""
        console, self._console = self._console, None
        handover, self._handover = self._handover, None
        self.watchdog.stop()
        page, geometry = self.window.current, self.window.keep_geometry()
        self.window.empty()
        forget_secret()
        parts, self._parts = self._parts, ()
        for part in parts:
            part.deleteLater()
        here = appearance()
        face = Face(self._language, here.scheme.value, here.density.name, geometry)
        await asyncio.to_thread(write_face, face)
        if handover is not None:
            try:
                await asyncio.wait_for(handover.close(), 2)
            except TimeoutError:
                _log.warning("a hand-over did not end")
        left = await spawner().close(TASKS_S)
        if left:
            _log.warning("tasks that did not end: %s", ", ".join(left))
        if console is not None:
            try:
                await console.store.settings.set(GEOMETRY, geometry)
                await console.store.settings.set(PAGE, page or None)
            finally:
                await console.close()


def hard_exit(seconds: float) -> threading.Timer:
    """Ends the process after a while, whatever still holds it. Nothing is lost: the store commits as it goes."""
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()
    return timer


def make_app(argv: Sequence[str]) -> QApplication:
    """The application, as every start of it is."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0], *[one for one in argv if one.startswith("-style")]])
    app.setApplicationName("paxzar")
    app.setDesktopFileName("paxzar")
    app.setQuitOnLastWindowClosed(False)
    return app


def log_hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Errors in slots and paint events: into the log, where the vault's filter reads along."""
    _log.critical("an error that nobody caught", exc_info=(kind, error, trace))


def watch_signals(loop: asyncio.AbstractEventLoop, program: Program) -> None:
    """Ctrl+C and a polite kill close as the person would."""

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(program.ask_end)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), end)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the window; the exit code: 0, 1 when the workspace could not be opened, 2 for wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    sys.setswitchinterval(0.001)
    face = read_face()
    words.choose(face.language if face.language in words.LANGUAGES else None)
    options = parse(arguments)
    if options.lang:
        words.choose(options.lang)
    try:
        password = read_password(options.unlock_from)
    except (OSError, UnicodeDecodeError):
        print(t("cli.cannot_read", path=options.unlock_from), file=sys.stderr)  # noqa: T201 - wrong usage
        return 2
    app = make_app(arguments)
    appearance().install(app, face.known_scheme or Scheme.SYSTEM, DENSITIES[face.known_density])
    sys.excepthook = log_hook
    window = MainWindow()
    window.restore_place(face.geometry)
    window.show()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        program = Program(window, options, face, password)
        watch_signals(loop, program)
        app.commitDataRequest.connect(lambda _manager: session_ends(window, program))
        try:
            return int(loop.run_until_complete(program.run()))
        except RuntimeError:
            if program.finished.is_set():
                raise
            # Qt's own loop was ended from outside (the session ends): the closing still has to run.
            program.ask_end()
            loop.run_until_complete(program.finished.wait())
            return 0


def session_ends(window: MainWindow, program: Program) -> None:
    """The system is going down: refuse nothing, close what is open. Every answer of the store is on disk already."""
    window.may_close = True
    program.ask_end()


if __name__ == "__main__":
    sys.exit(main())
