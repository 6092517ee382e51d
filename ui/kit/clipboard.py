"""Secrets on the clipboard: they clear themselves, and clipboard managers are asked not to keep them. The only place that may
put a secret there; it keeps a hash of it and not the secret."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:  # the skeleton of the window imports this, and stands before the core
    from app.contracts import Secret

CLEAR_AFTER_S = 30
#: What tells a manager to keep its hands off: Windows' history and cloud, macOS (nspasteboard.org), KDE's Klipper and others.
_MARKS = {
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"1",
    'application/x-qt-windows-mime;value="CanIncludeInClipboardHistory"': b"\x00\x00\x00\x00",
    'application/x-qt-windows-mime;value="CanUploadToCloudClipboard"': b"\x00\x00\x00\x00",
    "org.nspasteboard.ConcealedType": b"secret",
    "application/x-nspasteboard-concealed-type": b"secret",
    "x-kde-passwordManagerHint": b"secret",
}


class _Watch(QObject):
    """The one secret of ours that may be on the clipboard."""

    def __init__(self) -> None:
        super().__init__()
        self._print: bytes | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.forget)

    def copied(self, text: str, seconds: float) -> None:
        self._print = _hash(text)
        self._timer.start(round(seconds * 1000))

    def forget(self) -> None:
        kept, self._print = self._print, None
        self._timer.stop()
        clipboard = QApplication.clipboard()
        if kept is not None and hmac.compare_digest(_hash(clipboard.text()), kept):
            clipboard.clear()


_watch: _Watch | None = None


def copy_secret(secret: Secret, seconds: float = CLEAR_AFTER_S) -> None:
    """Puts a secret on the clipboard for so many seconds. Whatever is copied meanwhile, here or elsewhere, stays."""
    global _watch
    text, data = secret.reveal(), QMimeData()
    data.setText(text)
    for kind, value in _MARKS.items():
        data.setData(kind, value)
    QApplication.clipboard().setMimeData(data)
    if _watch is None:
        _watch = _Watch()
    _watch.copied(text, seconds)


def forget_secret() -> None:
    """Clears the clipboard now if a secret of ours is still on it (the lock, the end of the program)."""
    if _watch is not None:
        _watch.forget()


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
