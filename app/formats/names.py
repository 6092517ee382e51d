"""File names made of what vendors and people wrote: safe on Windows, macOS and Linux alike. Must never give a name that
leaves its folder, that Windows reserves, or that is empty."""

from __future__ import annotations

import re
import unicodedata

_MOST_BYTES = 120  # of the 255 that file systems take; folders synced to other machines add to it
_BAD = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
# CON, NUL, COM1 and their like are devices in every folder of Windows, whatever ending follows.
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])(?:\.|$)", re.IGNORECASE)


def safe_file_name(text: str, ending: str = "", fallback: str = "paxzar") -> str:
    """`text` as a file name with `ending` (".pdf"). What a file system or a shell would take badly becomes "-"; letters of
    any language stay, composed (macOS stores them apart). At most 120 bytes of UTF-8 before the ending."""
    name = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    name = "".join(c if c.isprintable() else " " for c in name)
    name = " ".join(_BAD.sub("-", name).split())
    name = _cut(name).strip(" .-~")
    if not name or _DEVICE.match(name):
        name = f"{fallback}-{name}".rstrip("-")
    return name + ending


def _cut(name: str) -> str:
    return name.encode()[:_MOST_BYTES].decode("utf-8", "ignore")
