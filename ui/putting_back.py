"""Putting a backup back while no workspace is open: between the closing of one and its opening again. Trouble is told here,
and what was there stays; a restore that was cut off is finished by the next opening."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ui.words import t

if TYPE_CHECKING:
    from app.contracts import Secret
    from app.platform.keyrings import KeyringPort
    from ui.window import MainWindow

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PutBack:
    """What was agreed to: the file, and the secret that opened it (None: `keyring` did)."""

    file: Path
    secret: Secret | None
    keyring: KeyringPort | None


async def put_back(window: MainWindow, folder: Path, wanted: PutBack) -> str:
    """Replaces the workspace in `folder`; the sentence for the person once it is open again, "" when it failed."""
    from app.api.backup import restore
    from app.store import StoreError
    from app.vault import VaultError
    from ui.telling import reason_of
    from ui.unlock import tell_trouble

    keyring = None if wanted.secret is not None else wanted.keyring
    try:
        facts = await restore(wanted.file, wanted.secret, folder, keyring=keyring)
    except (StoreError, VaultError, OSError) as error:
        _log.error("a backup was not put back", exc_info=error)
        await tell_trouble(window, t("backups.restore_failed"), reason_of(error))
        return ""
    parts = [t("backups.restored_kept", path=str(facts.replaced))] if facts.replaced is not None else []
    if facts.paused:
        parts.append(t("backups.restored_paused", count=facts.paused))
    return " ".join(parts) or str(folder)
