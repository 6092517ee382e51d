"""How far a plan is on each channel: a bar, lines done, refused, unanswered, time left. Paints what the store counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.store import ConnectionRow, Progress
from ui.pages.plan_work import open_of, settled_of
from ui.widgets import Bar, Chip, Dot, Text
from ui.widgets.base import CutText
from ui.words import figures, t

MOST = 8  # channels shown; the others are told by name


class _Row(QWidget):
    def __init__(self, row: Progress, link: ConnectionRow | None) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(20, 1, 20, 1)
        line.setSpacing(8)
        line.addWidget(Dot(link.integration if link else "", row.channel))
        name = CutText(row.channel)
        name.setFixedWidth(170)
        line.addWidget(name)
        self.bar = Bar(row.channel)
        self.bar.setFixedWidth(180)
        line.addWidget(self.bar)
        self.count = Text("", "body_t")
        self.count.setFixedWidth(118)
        line.addWidget(self.count)
        self.chip = Chip("info", "")
        line.addWidget(self.chip)
        self.told = CutText("", "body", "text_2")
        line.addWidget(self.told, 1)

    def show_row(self, row: Progress, frozen: bool) -> None:
        counts, number = row.counts, figures().number
        settled, open_ = settled_of(row), open_of(row)
        total = settled + open_
        refused, unknown = counts.get("refused", 0), counts.get("unknown", 0)
        self.bar.set_share(settled / total if total else 0.0, "unhealthy_mark" if refused else "accent")
        self.count.setText(t("table.progress", done=number(settled), total=number(total)))
        if frozen and open_:
            self.chip.set_state("frozen")
        elif open_ > unknown:
            self.chip.set_state("info", t("planpage.progress.running"))
        elif unknown:
            self.chip.set_state("write.unknown")
        elif refused:
            self.chip.set_state("write.refused")
        else:
            self.chip.set_state("write.accepted")
        parts = []
        if done := counts.get("done", 0) + counts.get("over", 0):
            parts.append(t("planpage.sent.done", count=done))
        if refused:
            parts.append(t("planpage.sent.refused", count=refused))
        if unknown:
            parts.append(t("planpage.sent.unknown", count=unknown))
        left = row.seconds_left()
        if left is not None and open_ > unknown and not frozen:
            parts.append(t("planpage.progress.left", time=figures().left(timedelta(seconds=left))))
        text = ", ".join(parts)
        self.told.setText(text)
        self.setAccessibleName(f"{row.channel}: {self.count.text()} {text}")


class ProgressPanel(QWidget):
    """`ProgressPanel()`; `show_progress(rows, connections, frozen)`. Hidden while nothing of the plan was queued."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(t("planpage.progress.name"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 6)
        self._column.setSpacing(0)
        self.rows: dict[int, _Row] = {}
        self._more = Text("", "small", "text_2")
        self._more.setContentsMargins(20, 0, 20, 0)
        self._column.addWidget(self._more)
        self._more.hide()
        self.hide()

    def show_progress(
        self, rows: Sequence[Progress], connections: Mapping[int, ConnectionRow], frozen: frozenset[int]
    ) -> None:
        """The channels of which something was queued, those with open lines first."""
        begun = [row for row in rows if settled_of(row) or open_of(row)]
        shown = sorted(begun, key=lambda row: not open_of(row))[:MOST]
        wanted = {row.connection_id for row in shown}
        for one in [one for one in self.rows if one not in wanted]:
            gone = self.rows.pop(one)
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for row in shown:
            made = self.rows.get(row.connection_id)
            if made is None:
                made = self.rows[row.connection_id] = _Row(row, connections.get(row.connection_id))
                self._column.insertWidget(self._column.count() - 1, made)
            made.show_row(row, bool({0, row.connection_id} & frozen))
        rest = len(begun) - len(shown)
        self._more.setText(t("planpage.progress.more", count=rest) if rest else "")
        self._more.setVisible(bool(rest))
        self.setVisible(bool(begun))
