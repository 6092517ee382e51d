"""The result of a connection test, line by line: what was proven, what was learnt, what is doubtful, and what no test can
know. A failure says whose side it is on and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.contracts import Kind, Message, ProbeResult
from app.contracts.capabilities import WRITES
from app.contracts.manifest import Manifest
from ui.pages.card_grid import see_through
from ui.pages.connection_words import fact_line, plain, works
from ui.theme import draw_icon
from ui.widgets import Chip, Text
from ui.widgets.base import line
from ui.words import figures, t


@dataclass(frozen=True)
class Attempt:
    """What came of a test: a result, or the message of the failure; how long it took in ms, and when ("14:02")."""

    result: ProbeResult | None
    message: Message | None
    took_ms: int
    at: str
    host: str

    @property
    def ok(self) -> bool:
        return self.result is not None

    @property
    def may_be_kept(self) -> bool:
        """A failure that is not the merchant's, nor a bug: what was filled in may still be right."""
        return self.message is not None and self.message.kind is Kind.THEIRS


class _Mark(QWidget):
    """An icon of 16 px in a role."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name, self._role = name, role
        self.setFixedSize(QSize(16, 18))

    def paintEvent(self, event: object) -> None:
        del event
        draw_icon(QPainter(self), QRectF(self.rect()), self._name, self._role, weight="fill")


_MARKS = {
    "ok": ("check-circle", "healthy_mark"),
    "doubt": ("warning", "degraded_mark"),
    "bad": ("x-circle", "unhealthy_mark"),
    "later": ("minus-circle", "offline_mark"),
}


class ResultPane(QWidget):
    """`ResultPane(manifest)`; `show_hint()`, `show_running()`, `show_attempt(attempt)`, `show_stale()`."""

    def __init__(self, manifest: Manifest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manifest = manifest
        self.lines: list[tuple[str, str, str]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text(t("connections.result.title"), "card"))
        self._when = Text("", "small", "text_2")
        head.addWidget(self._when)
        head.addStretch(1)
        self.chip = Chip("healthy", "")
        head.addWidget(self.chip)
        column.addLayout(head)
        column.addWidget(line("line"))
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setAccessibleName(t("connections.result.title"))
        column.addWidget(self._area, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(_Mark("lock-simple", "text_2"))
        foot.addWidget(Text(t("connections.result.kept"), "small", "text_2", wrap=True), 1)
        column.addLayout(foot)
        self.show_hint()

    def show_hint(self) -> None:
        """Before the first test."""
        self._fill("", "", None, [("later", t("connections.result.hint"), t("connections.result.hint_text"))])

    def show_running(self) -> None:
        """While it is tried."""
        wait = [("later", t("connections.result.running"), t("connections.result.running_text"))]
        self._fill("", "info", t("connections.result.chip_running"), wait)

    def show_stale(self) -> None:
        """A field was changed after the test: what it said no longer holds."""
        self.chip.set_state("offline", t("connections.result.chip_stale"))
        self.chip.show()

    def show_attempt(self, attempt: Attempt) -> None:
        """What came of it."""
        took = t("connections.result.took", at=attempt.at, took=figures().response(attempt.took_ms))
        if attempt.result is None:
            message = attempt.message or Message("bug")
            title = t(f"connections.result.{message.kind}")
            self._fill(took, "unhealthy", t("connections.result.chip_bad"), [("bad", title, plain(message))])
            return
        lines = self._good_lines(attempt, attempt.result)
        doubtful = bool(attempt.result.warnings)
        word = t("connections.result.chip_doubt" if doubtful else "connections.result.chip_ok")
        self._fill(took, "degraded" if doubtful else "healthy", word, lines)

    def _good_lines(self, attempt: Attempt, result: ProbeResult) -> list[tuple[str, str, str]]:
        reached = figures().response(attempt.took_ms)
        if attempt.host:
            reached = t("connections.result.reached_text", host=attempt.host, took=reached)
        facts = "\n".join(fact_line(name, value) for name, value in result.facts.items())
        lines = [("ok", t("connections.result.reached"), reached), ("ok", t("connections.result.accepted"), facts)]
        if result.server_orders is not None:
            lines.append(
                ("ok", t("connections.result.orders"), t("connections.result.orders_text", count=result.server_orders))
            )
        lines += [("doubt", t("connections.result.warning"), plain(one)) for one in result.warnings]
        writes = works(WRITES & frozenset(self._manifest.capabilities))
        if writes:
            names = ", ".join(writes)
            lines.append(("later", t("connections.result.later", names=names), t("connections.result.later_text")))
        return lines

    def _fill(self, when: str, state: str, word: str | None, lines: list[tuple[str, str, str]]) -> None:
        self.lines = lines
        self._when.setText(when)
        self.chip.setVisible(bool(state))
        if state:
            self.chip.set_state(state, word)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        for mark, title, text in lines:
            row = QHBoxLayout()
            row.setSpacing(9)
            icon = _Mark(*_MARKS[mark])
            icon.setAccessibleName(t(f"connections.result.mark_{mark}"))
            row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
            words = QVBoxLayout()
            words.setSpacing(1)
            words.addWidget(Text(title, "medium", wrap=True))
            if text:
                words.addWidget(Text(text, "small", "text_2", wrap=True))
            row.addLayout(words, 1)
            column.addLayout(row)
            column.addWidget(line("hair"))
        column.addStretch(1)
        self._area.setWidget(inside)
        see_through(self._area)
        told = ". ".join(f"{title}. {text}" for _, title, text in lines)
        self.setAccessibleName(t("connections.result.title"))
        self.setAccessibleDescription(told)
