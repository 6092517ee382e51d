"""A secret on the clipboard leaves by itself, and only when it is still there; managers are asked to look away."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.contracts import Secret
from tests.support.waiting import PATIENCE_MS
from ui.kit import clipboard
from ui.kit.clipboard import copy_secret, forget_secret


@pytest.fixture(autouse=True)
def _empty(qapp: QApplication) -> Any:
    QApplication.clipboard().clear()
    yield
    forget_secret()
    QApplication.clipboard().clear()


def text() -> str:
    return QApplication.clipboard().text()


def test_it_clears_itself_and_says_so_to_managers(qtbot: Any) -> None:
    copy_secret(Secret("gizli-ş"), 0.2)
    assert text() == "gizli-ş"
    formats = set(QApplication.clipboard().mimeData().formats())
    assert 'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"' in formats
    assert {"org.nspasteboard.ConcealedType", "x-kde-passwordManagerHint"} <= formats
    qtbot.waitUntil(lambda: text() == "", timeout=PATIENCE_MS)


def test_what_was_copied_meanwhile_stays(qtbot: Any) -> None:
    copy_secret(Secret("gizli"), 0.1)
    QApplication.clipboard().setText("8690000000012")
    qtbot.wait(300)
    assert text() == "8690000000012"


def test_a_second_secret_gets_its_own_time(qtbot: Any) -> None:
    copy_secret(Secret("one"), 0.15)
    copy_secret(Secret("two"), 5)
    qtbot.wait(300)
    assert text() == "two"
    forget_secret()
    assert text() == ""
    forget_secret()


def test_no_secret_is_kept_for_the_watch() -> None:
    copy_secret(Secret("çok gizli bir şey"), 5)
    assert clipboard._watch is not None
    assert "gizli" not in repr(vars(clipboard._watch))
    assert clipboard.CLEAR_AFTER_S == 30
