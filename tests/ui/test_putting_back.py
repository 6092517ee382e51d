"""A backup put back between two workspaces: the sentence afterwards, and trouble that is told while nothing is open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from app.console import utc_now
from app.store import Store
from tests.app.api.backing import PASS, backed_up
from tests.ui.pages.desk import dialog
from tests.ui.pages.orders_making import texts
from ui.putting_back import PutBack, put_back
from ui.theme import Appearance
from ui.widgets import DialogFrame
from ui.window import MainWindow


async def test_it_is_put_back_and_what_was_there_is_named(
    tmp_path: Path, look: Appearance, errors: list[Any], qtbot: Any
) -> None:
    folder, file = await backed_up(tmp_path)
    window = MainWindow([])
    qtbot.addWidget(window)
    told = await put_back(window, folder, PutBack(file, PASS, None))
    (kept,) = folder.glob("replaced-*")
    assert str(kept) in told
    store = await Store.open(folder / "store.sqlite", now=utc_now)
    assert (await store.audit.query(limit=1))[0].action == "backup.restored"
    await store.close()


async def test_trouble_is_told_and_nothing_is_replaced(
    tmp_path: Path, look: Appearance, errors: list[Any], qtbot: Any
) -> None:
    folder, file = await backed_up(tmp_path)
    before = (folder / "store.sqlite").read_bytes()
    file.write_bytes(file.read_bytes()[:-40])
    window = MainWindow([])
    qtbot.addWidget(window)
    window.show()
    task = asyncio.ensure_future(put_back(window, folder, PutBack(file, PASS, None)))
    shown = await dialog(DialogFrame)
    assert "Yedek geri yüklenmedi" in texts(shown)
    shown.accept()
    assert await task == ""
    assert (folder / "store.sqlite").read_bytes() == before
