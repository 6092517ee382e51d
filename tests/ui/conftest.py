"""Fixtures of the window's tests: offscreen Qt, the light theme, Turkish words, and a way to let Qt work."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from ui import words
from ui.kit.tasks import Spawner, set_spawner
from ui.theme import COMFORTABLE, Appearance, Scheme, appearance


@pytest.fixture(autouse=True, scope="session")
def _frozen() -> None:
    """What is there before the first window is never looked at again: a collection then takes milliseconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _collected_here(_frozen: None) -> Iterator[None]:
    """Python's collector runs in whichever thread allocates; from a store's thread it would destroy a widget, which Qt
    does not survive (the program itself has `ui.collecting` against it). In these tests it runs here only."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Appearance]:
    """The program's appearance, light and comfortable, with Turkish words; put back afterwards."""
    here = appearance()
    if here._app is not qapp or (here.scheme, here.density) != (Scheme.LIGHT, COMFORTABLE):
        here.install(qapp, Scheme.LIGHT, COMFORTABLE)  # 0.2 s: the sheet is put on anew
    here.set_reduce_motion(True)
    words.choose("tr")
    yield here
    words.choose("tr")
    here.set_density(COMFORTABLE)


@pytest.fixture
def errors() -> Iterator[list[tuple[str, BaseException]]]:
    """Errors of spawned tasks, collected; a fresh spawner for the test."""
    seen: list[tuple[str, BaseException]] = []
    set_spawner(Spawner(lambda name, error: seen.append((name, error))))
    yield seen
    set_spawner(Spawner())


@pytest.fixture
def settle(qapp: QApplication) -> Callable[[], object]:
    """`await settle()`: lets tasks and Qt's events run until both are quiet."""

    async def run(rounds: int = 10) -> None:
        for _ in range(rounds):
            await asyncio.sleep(0)
            qapp.processEvents()

    return run
