"""How the window looked when it was last closed, in one small file of this machine: what the first paint needs before
any workspace is open. Only looks: no name, no figure, nothing of the merchant. A file that cannot be read is no trouble.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec

from app.platform.paths import state_folder
from ui.theme import DENSITIES, Scheme

_log = logging.getLogger(__name__)


class Face(msgspec.Struct, frozen=True):
    """`language` "" is the system's; `geometry` is Qt's own, base64. Unknown values fall back to the defaults."""

    language: str = ""
    scheme: str = Scheme.SYSTEM.value
    density: str = "comfortable"
    geometry: str = ""

    @property
    def known_scheme(self) -> Scheme:
        return Scheme(self.scheme) if self.scheme in list(Scheme) else Scheme.SYSTEM

    @property
    def known_density(self) -> str:
        return self.density if self.density in DENSITIES else "comfortable"


def face_file() -> Path:
    """Where it is kept."""
    return state_folder() / "window.json"


def read_face() -> Face:
    """What was kept, or the defaults."""
    try:
        return msgspec.json.decode(face_file().read_bytes(), type=Face)
    except FileNotFoundError:
        return Face()
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("the kept look cannot be read: %s", error)
        return Face()


def write_face(face: Face) -> None:
    """Keeps it, whole or not at all; a failure is logged, for it costs nothing but the next start's look."""
    path = face_file()
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_bytes(msgspec.json.encode(face))
        draft.replace(path)
    except OSError as error:
        _log.warning("the look cannot be kept: %s", error)
