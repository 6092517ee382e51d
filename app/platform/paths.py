"""Where Paxzar keeps its things on each system, and which folders are unfit for them.

The environment variable PAXZAR_HOME (tests, portable use) puts all of them under one folder.
Never a folder that a cloud service copies: a half-copied database or a rolled back vault is lost data.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import PlatformDirs

HOME_VARIABLE = "PAXZAR_HOME"
_APP = "paxzar"

# Who copies it → names of a folder anywhere above. Compared after casefold(); these are product names in ASCII.
_SYNCED_NAMES: dict[str, tuple[str, ...]] = {
    "OneDrive": ("onedrive",),
    "Dropbox": ("dropbox",),
    "iCloud": ("mobile documents", "com~apple~clouddocs", "iclouddrive", "icloud drive"),
    "Google Drive": ("google drive", "googledrive", "my drive"),
    "Yandex Disk": ("yandex.disk", "yandexdisk", "yandex disk"),
    "Box": ("box sync",),
    "Nextcloud": ("nextcloud",),
}
# OneDrive for business and Google Drive for desktop add a name: "OneDrive - Firma", "GoogleDrive-me@example.com".
_SYNCED_STARTS: dict[str, tuple[str, ...]] = {
    "OneDrive": ("onedrive - ", "onedrive-"),
    "Dropbox": ("dropbox (",),
    "Google Drive": ("googledrive-",),
}
_SYNCED_VARIABLES = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")


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


def synced_by(folder: Path, environ: Mapping[str, str] | None = None) -> str | None:
    """The name of the cloud service that copies `folder`, None when no known one does. Touches no disk but links."""
    environ = os.environ if environ is None else environ
    real = Path(os.path.realpath(folder))
    for variable in _SYNCED_VARIABLES:
        root = environ.get(variable)
        if root and real.is_relative_to(os.path.realpath(root)):
            return "OneDrive"
    for part in (*folder.parts, *real.parts):
        name = part.casefold()
        for service, names in _SYNCED_NAMES.items():
            if name in names or name.startswith(_SYNCED_STARTS.get(service, ("\0",))):
                return service
    return None


def _dirs() -> PlatformDirs:
    return PlatformDirs(appname=_APP, appauthor=False, roaming=False)


def _home(name: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / name if home else None
