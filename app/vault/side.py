"""What this machine remembers about a vault, outside of its file: wrong tries, and how far its save counter was.

The mark finds a vault file that was put back from an older copy. It cannot find one when the whole machine, with this
folder, is put back, or when a hand deletes the mark. Losing a note must never keep anyone from their own vault.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from app.platform.files import FileOps, ensure_private, save_atomically

LONGEST_S = 300.0
_LOG = logging.getLogger(__name__)
_S = TypeVar("_S", bound=msgspec.Struct)


class _Tries(msgspec.Struct, frozen=True):
    failures: int
    until: float  # seconds since the epoch


class _Mark(msgspec.Struct, frozen=True):
    counter: int
    previous: int
    mac: bytes


def delay_s(failures: int) -> float:
    """Seconds to wait after so many wrong tries in a row: 1, 2, 4 … 300."""
    return 0.0 if failures <= 0 else min(LONGEST_S, 2.0 ** min(failures - 1, 20))


class SideNotes:
    """The notes of one vault. Methods touch the disk: run them in a thread. `now` is aware UTC."""

    def __init__(self, folder: Path, vault: str, now: Callable[[], datetime], ops: FileOps) -> None:
        self._tries_path = folder / f"{vault}.tries.json"
        self._mark_path = folder / f"{vault}.mark.json"
        self._now = now
        self._ops = ops
        self._tries: _Tries | None = None

    def wait_s(self) -> float:
        """How long until the next try is allowed. A clock that was put back cannot make it longer than LONGEST_S."""
        tries = self._known_tries()
        return max(0.0, min(tries.until - self._now().timestamp(), delay_s(tries.failures)))

    def trying(self) -> None:
        """Counted before the try: killing the program in the middle of one gains nothing."""
        failures = self._known_tries().failures + 1
        self._tries = _Tries(failures, self._now().timestamp() + delay_s(failures))
        self._save(self._tries_path, self._tries)

    def failed(self) -> float:
        """The wait begins now, after the time that the try itself took. Gives it in seconds."""
        failures = self._known_tries().failures
        self._tries = _Tries(failures, self._now().timestamp() + delay_s(failures))
        self._save(self._tries_path, self._tries)
        return delay_s(failures)

    def opened(self) -> None:
        self._tries = _Tries(0, 0.0)
        try:
            self._ops.unlink(self._tries_path)
        except OSError as trouble:
            _LOG.warning("cannot remove the note of wrong tries: %s", type(trouble).__name__)

    def mark(self, key: bytes) -> tuple[int, int]:
        """The counters of the last save here and of the copy before it; (0, 0) without a mark that the key made."""
        mark = self._load(self._mark_path, _Mark)
        if mark is None or not hmac.compare_digest(mark.mac, self._mac(key, mark.counter, mark.previous)):
            return 0, 0
        return mark.counter, mark.previous

    def set_mark(self, key: bytes, counter: int, previous: int) -> None:
        self._save(self._mark_path, _Mark(counter, previous, self._mac(key, counter, previous)))

    def _mac(self, key: bytes, counter: int, previous: int) -> bytes:
        sub_key = hmac.new(key, b"paxzar vault mark", hashlib.sha256).digest()
        return hmac.new(sub_key, f"{self._mark_path.name} {counter} {previous}".encode(), hashlib.sha256).digest()

    def _known_tries(self) -> _Tries:
        if self._tries is None:
            self._tries = self._load(self._tries_path, _Tries) or _Tries(0, 0.0)
        return self._tries

    def _load(self, path: Path, kind: type[_S]) -> _S | None:
        try:
            return msgspec.json.decode(self._ops.read(path), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as trouble:
            _LOG.warning("a note beside the vault cannot be read: %s", type(trouble).__name__)
            return None

    def _save(self, path: Path, note: msgspec.Struct) -> None:
        try:
            ensure_private(path.parent)
            save_atomically(path, msgspec.json.encode(note), ops=self._ops, keep_previous=False, patience_s=0.5)
        except OSError as trouble:
            _LOG.warning("a note beside the vault cannot be written: %s", type(trouble).__name__)
