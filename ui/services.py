"""What a page may use: the parts of the assembled program, handed in once. No page reaches for anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.changes import ChangeReport, Changes
from app.contracts.catalogue import Catalogue
from app.http.pipeline import Network
from app.jobs.connect import Connecting
from app.jobs.engine import Engine
from app.monitor.health import Health
from app.monitor.keys import KeyWatch
from app.platform.worker import Worker
from app.store import Store
from ui.kit import Operations, Registry, UndoStack


@dataclass(frozen=True)
class Services:
    """`rehearsal`: the workspace is a rehearsal. `now`: aware UTC. `actions`, `operations`, `undo` belong to the window."""

    store: Store
    engine: Engine
    connecting: Connecting
    catalogue: Catalogue
    health: Health
    network: Network
    changes: Changes
    worker: Worker
    now: Callable[[], datetime]
    rehearsal: bool
    actions: Registry
    operations: Operations
    undo: UndoStack
    key_watch: KeyWatch | None = None  # None where no keys are kept


class Page(QWidget):
    """One page of the sidebar. Subclasses set the three words below and fill in the two methods.

    A page is built on first visit, told of every change report while it lives, and asked to refresh when it is shown.
    It spawns its work (`ui.kit.spawn`) and never blocks.
    """

    id = ""  # 'orders'; its title is the word `nav.<id>`
    icon_name = ""  # Phosphor
    #: Ask the window to show another page with a request that it understands, e.g. ("orders", {"filter": "late"}).
    go = Signal(str, object)
    #: (state, title, text): a toast.
    said = Signal(str, str, str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.services = services

    def shown(self, request: object = None) -> None:
        """The page came to the front, perhaps with a request of another page."""

    def changed(self, report: ChangeReport) -> None:
        """Something was written; called on the loop's thread, bursts are the page's to dampen (`ui.kit.Burst`)."""

    def set_inner_width(self, width: int) -> None:
        """The content's width in logical pixels changed: let columns and buttons fall away."""
