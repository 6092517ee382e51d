"""What belongs to the window as a whole and not to one page: the folder, the vault, the watchdog, language and workspaces.

Handed to the one page that looks after it (`Housekeeping`), so that `Services` stays what every page may use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.contracts import Secret
from app.platform.keyrings import KeyringPort
from app.vault import Vault
from ui.kit import LoopWatchdog

if TYPE_CHECKING:
    from app.api.local_api import LocalApi
    from app.monitor.reporting import Reporter
    from ui.locking import Locker


@dataclass(frozen=True)
class House:
    """`vault` is None in a rehearsal workspace, `keyring` None where the system has none that may be used.

    `language()` is the choice in force ("": the system's); `set_language(choice)` builds the window anew in it, and keeps it.
    `switch(rehearsal)` closes this workspace and opens the live or the rehearsal one.
    """

    folder: Path
    vault: Vault | None
    keyring: KeyringPort | None
    watchdog: LoopWatchdog
    language: Callable[[], str]
    set_language: Callable[[str], None]
    switch: Callable[[bool], None]
    lock: Locker | None = None  # None in a rehearsal: there is nothing to lock
    #: Closes the workspace, puts a backup back (opened by that secret, None: by this computer's key store), opens it again.
    restore: Callable[[Path, Secret | None], None] | None = None
    api: LocalApi | None = None
    reporter: Reporter | None = None


@runtime_checkable
class Housekeeping(Protocol):
    """A page that looks after the house (Settings)."""

    def take_house(self, house: House) -> None: ...
