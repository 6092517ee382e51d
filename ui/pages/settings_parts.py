"""Parts of Settings: a row with a title, a line of explanation and its control; a section of rows; the facts of Diagnostics."""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3

import PySide6
from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.kit import LoopWatchdog
from ui.widgets import Card, Scroller, Text, line
from ui.words import figures, t

WIDEST = 720


class SettingRow(QWidget):
    """`SettingRow(title, text, *controls)`; `set_text(words)`. The title is the controls' label."""

    def __init__(self, title: str, text: str = "", *controls: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(Text(title, "medium", wrap=True))
        self._text = Text(text, "small", "text_2", wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setVisible(bool(text))
        words.addWidget(self._text)
        row.addLayout(words, 1)
        for control in controls:
            row.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def text(self) -> str:
        return self._text.text()

    def set_text(self, text: str) -> None:
        """Another explanation."""
        self._text.setText(text)
        self._text.setVisible(bool(text))


class Section(QWidget):
    """`Section()`: cards under headings; `card(title, note)` begins one, `add(card, row)` fills it."""

    def __init__(self) -> None:
        super().__init__()
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        inside.setMaximumWidth(WIDEST)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(24, 16, 20, 20)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        wide = QWidget()
        row = QHBoxLayout(wide)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inside, 10)
        row.addStretch(1)
        outer.addWidget(Scroller(wide))

    def card(self, title: str, note: str = "") -> Card:
        """A heading and an empty card under it."""
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text(title, "card"))
        head.addWidget(Text(note, "small", "text_2"))
        head.addStretch(1)
        at = self._column.count() - 1
        if at:
            self._column.insertSpacing(at, 8)
            at += 1
        self._column.insertLayout(at, head)
        made = Card(padded=False)
        made.setAccessibleName(title)
        made.body.setSpacing(0)
        self._column.insertWidget(at + 1, made)
        return made

    @staticmethod
    def add(card: Card, *rows: QWidget) -> None:
        """Rows under each other, with lines between."""
        for row in rows:
            if card.body.count():
                card.body.addWidget(line())
            card.body.addWidget(row)

    @staticmethod
    def clear(card: Card) -> None:
        """Takes all rows out again."""
        while card.body.count():
            old = card.body.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()


def version() -> str:
    """The program's version, or that it runs from its source."""
    try:
        return importlib.metadata.version("paxzar")
    except importlib.metadata.PackageNotFoundError:
        return t("settings.from_source")


def versions() -> list[tuple[str, str]]:
    """What the program stands on, by name."""
    return [
        (t("app.name"), version()),
        ("Python", platform.python_version()),
        ("Qt", qVersion()),
        ("PySide6", PySide6.__version__),
        ("SQLite", sqlite3.sqlite_version),
        (t("settings.system"), f"{platform.system()} {platform.release()} {platform.machine()}"),
    ]


def stall_words(watchdog: LoopWatchdog) -> str:
    """How well the loop kept its frames."""
    return t(
        "settings.stalls_text",
        count=watchdog.count,
        longest=figures().response(round(watchdog.longest_ms)),
        most=figures().response(round(watchdog.percentile(0.999))),
    )
