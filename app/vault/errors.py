"""What the vault says when it will not. Keys of messages and figures only: no text a person typed, no secret.

VaultError
├── VaultRefused    wrong key, wrong moment, an older copy: nothing was changed; `retry_after` says when to try again
├── VaultDamaged    the file cannot be read and neither can the copy before it
├── VaultAbsent     there is no vault file
├── VaultLocked     asked for something that needs an unlocked vault
└── VaultUnsaved    the change could not be written; the vault still holds what is on the disk
"""

from __future__ import annotations

import errno
import math

_BUSY_WINERRORS = (32, 33)


class VaultError(Exception):
    """`key` is a message key (`vault.…`), `params` fill its words."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.key}: {told}" if told else self.key


class VaultRefused(VaultError):
    """`retry_after`: seconds until another try is allowed, 0 when waiting does not matter."""

    def __init__(self, key: str, retry_after: float = 0.0, **params: str) -> None:
        if retry_after > 0:
            params["seconds"] = str(math.ceil(retry_after))
        super().__init__(key, **params)
        self.retry_after = retry_after


class VaultDamaged(VaultError):
    pass


class VaultAbsent(VaultError):
    pass


class VaultLocked(VaultError):
    def __init__(self) -> None:
        super().__init__("vault.locked")


class VaultUnsaved(VaultError):
    pass


def unsaved(trouble: OSError) -> VaultUnsaved:
    """The words for a save that failed. Windows reports a file that another program holds as a permission error."""
    if getattr(trouble, "winerror", None) in _BUSY_WINERRORS or trouble.errno in (errno.EBUSY, errno.ETXTBSY):
        return VaultUnsaved("vault.file_busy")
    if trouble.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return VaultUnsaved("vault.disk_full")
    if trouble.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return VaultUnsaved("vault.read_only")
    return VaultUnsaved("vault.unsaved", reason=type(trouble).__name__)
