"""Which folders a cloud service copies while they are written: no place for a database or a vault."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# Folder names, case folded, of services that synchronise what is in them.
_SYNCED = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "drive'ım": "Google Drive",
    "icloud drive": "iCloud Drive",
    "iclouddrive": "iCloud Drive",
    "mobile documents": "iCloud Drive",
    "com~apple~clouddocs": "iCloud Drive",
    "yandex.disk": "Yandex Disk",
    "yandex disk": "Yandex Disk",
    "yandexdisk": "Yandex Disk",
    "box sync": "Box",
    "nextcloud": "Nextcloud",
}
_SYNCED_STARTS = {
    "onedrive -": "OneDrive",
    "onedrive-": "OneDrive",
    "dropbox (": "Dropbox",
    "dropbox-": "Dropbox",
    "googledrive-": "Google Drive",
}
# Files that such a service keeps in its own root.
_MARKS = {
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive",
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
}
_VARIABLES = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")


def synced_by(folder: Path, environ: Mapping[str, str] | None = None) -> str:
    """The cloud service that copies this folder, as far as names and marks tell; '' for none. Changes nothing."""
    environ = os.environ if environ is None else environ
    real = folder.expanduser().resolve()
    for path in dict.fromkeys((folder.expanduser().absolute(), real)):
        for part in path.parts:
            name = part.casefold()
            for start, service in _SYNCED_STARTS.items():
                if name.startswith(start):
                    return service
            if name in _SYNCED:
                return _SYNCED[name]
    for parent in (real, *real.parents):
        if parent.name == "CloudStorage" and parent.parent.name == "Library":
            return "iCloud Drive"
        for mark, service in _MARKS.items():
            # Dropbox keeps `.dropbox` in the home folder too, as a folder of settings.
            if (parent / mark).exists() and not (mark == ".dropbox" and (parent / mark).is_dir()):
                return service
    for variable in _VARIABLES:
        root = environ.get(variable)
        if root and real.is_relative_to(Path(root).resolve()):
            return "OneDrive"
    return ""
