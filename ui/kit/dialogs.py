"""The one place that opens dialogs and waits for them: `open()` and the `finished` signal, never a nested loop. File
dialogs are made as objects, for their static helpers run a loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu, QWidget

ACCEPTED = int(QDialog.DialogCode.Accepted)
REJECTED = int(QDialog.DialogCode.Rejected)


async def ask(dialog: QDialog) -> int:
    """Opens a window-modal dialog and waits until it is finished; its result code.

    A dialog that is destroyed while open counts as rejected. When the waiting task is cancelled the dialog is closed.
    The dialog stays alive: read its fields, then `deleteLater()` it.
    """
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def finish(code: int = REJECTED) -> None:
        if not done.done():
            done.set_result(int(code))

    def gone() -> None:
        finish(REJECTED)

    dialog.finished.connect(finish)
    dialog.destroyed.connect(gone)
    dialog.open()
    try:
        return await done
    except asyncio.CancelledError:
        dialog.reject()
        raise


async def ask_open_file(parent: QWidget, title: str, filters: Sequence[str], folder: Path | None = None) -> Path | None:
    """Asks for one existing file; None when the user thought better of it. Filters as "Sheets (*.xlsx *.csv)"."""
    dialog = QFileDialog(parent, title, str(folder or ""))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(list(filters))
    return await _file(dialog)


async def ask_save_file(
    parent: QWidget, title: str, name: str, filters: Sequence[str], folder: Path | None = None
) -> Path | None:
    """Asks where to save; the system's dialog asks itself before a file is replaced."""
    dialog = QFileDialog(parent, title, str(folder or ""))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.selectFile(name)
    return await _file(dialog)


async def ask_folder(parent: QWidget, title: str, folder: Path | None = None) -> Path | None:
    """Asks for an existing folder."""
    dialog = QFileDialog(parent, title, str(folder or ""))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return await _file(dialog)


async def _file(dialog: QFileDialog) -> Path | None:
    try:
        code = await ask(dialog)
        chosen = dialog.selectedFiles()
        return Path(chosen[0]) if code == ACCEPTED and chosen else None
    finally:
        dialog.deleteLater()


def show_menu(menu: QMenu, at: QPoint) -> None:
    """Pops a menu up without waiting; its actions do the rest. The menu deletes itself afterwards."""
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
