"""The queue on the print page: jobs that are not through, where each stopped and why, and the buttons that go on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.store import PrintJob
from ui.widgets import Bar, Button, Card, Chip, IconButton, Text
from ui.words import t, words

_SHOWN = 5


class QueueCard(Card):
    """`set_jobs(jobs)`; hides itself without one. `resume(job)`, `resume_from(job)`, `drop(job)`."""

    resume = Signal(object)
    resume_from = Signal(object)
    drop = Signal(object)

    def __init__(self) -> None:
        super().__init__(t("printpage.queue.title"), padded=False)
        self.rows: list[JobRow] = []
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(16, 4, 16, 10)
        self._column.setSpacing(8)
        self.body.addWidget(inside)
        self.hide()

    def set_jobs(self, jobs: Sequence[PrintJob]) -> None:
        """The oldest first."""
        for old in self.rows:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows = [JobRow(job) for job in jobs[:_SHOWN]]
        for row in self.rows:
            self._column.addWidget(row)
            row.go.clicked.connect(lambda _c=False, job=row.job: self.resume.emit(job))
            row.back.clicked.connect(lambda _c=False, job=row.job: self.resume_from.emit(job))
            row.away.clicked.connect(lambda _c=False, job=row.job: self.drop.emit(job))
        self.set_title(t("printpage.queue.title"), t("printpage.queue.note", count=len(jobs)))
        self.setVisible(bool(jobs))


class JobRow(QWidget):
    """One job: document, printer, how far, why it stands."""

    def __init__(self, job: PrintJob) -> None:
        super().__init__()
        self.job = job
        document = t(f"print.document.{job.kind}")
        why = sentence(words(), job.message) if job.message is not None else t("printpage.queue.waits")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        column = QVBoxLayout()
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Text(f"{document} · {job.printer}", "strong"))
        head.addWidget(Chip("unhealthy" if job.message is not None else "offline", t("printpage.queue.stopped")))
        head.addStretch(1)
        head.addWidget(Text(t("printpage.queue.far", sent=job.sent, total=job.total), "medium"))
        column.addLayout(head)
        bar = Bar()
        bar.set_share(job.sent / job.total if job.total else 0.0)
        column.addWidget(bar)
        doubt = f" {t('printpage.queue.doubt', count=job.doubt)}" if job.doubt else ""
        column.addWidget(Text(why + doubt, "small", "text_2", wrap=True))
        row.addLayout(column, 1)
        self.go = Button(t("printpage.queue.resume", position=job.sent + 1), "primary", small=True)
        self.back = Button(t("printpage.queue.from"), small=True)
        self.away = IconButton("x", t("printpage.queue.drop"), small=True)
        for button in (self.go, self.back, self.away):
            row.addWidget(button)
        self.setAccessibleName(f"{document}, {job.printer}, {job.sent} / {job.total}. {why}")
