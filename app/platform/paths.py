"""Where Paxzar keeps its things on each system.

The environment variable PAXZAR_HOME (tests, portable use) puts all of them under one folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

HOME_VARIABLE = "PAXZAR_HOME"
_APP = "paxzar"


def data_folder() -> Path:
    """Workspaces (store, vault, settings). On Windows the local, not the roaming profile."""
    return _home("data") or Path(_dirs().user_data_dir)


def live_folder() -> Path:
    """The merchant's own workspace, where no other was named."""
    return data_folder() / "live"


def rehearsal_folder() -> Path:
    """The rehearsal workspace: nothing in it is real."""
    return data_folder() / "rehearsal"


def state_folder() -> Path:
    """What belongs to this machine and not to a workspace: marks against roll-back, delays after wrong passwords."""
    return _home("state") or Path(_dirs().user_state_dir)


def cache_folder() -> Path:
    """What can be fetched or drawn again."""
    return _home("cache") or Path(_dirs().user_cache_dir)


def log_folder() -> Path:
    return _home("logs") or Path(_dirs().user_log_dir)


def _dirs() -> PlatformDirs:
    return PlatformDirs(appname=_APP, appauthor=False, roaming=False)


def _home(name: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / name if home else None
