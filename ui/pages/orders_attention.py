"""Records that could not be read: which, why, and their raw text, so that nothing a channel sent is lost unseen."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from app.api.answers import sentence
from app.store import AttentionRow
from ui.kit import spawn
from ui.theme import font
from ui.widgets import Button, DialogFrame, Text
from ui.words import figures, t, words

_ROLE = Qt.ItemDataRole.UserRole
_ROW = 28


class AttentionDialog(DialogFrame):
    """`AttentionDialog(parent, records, names, resolve)`: `names` connection id → name; `await resolve(record id)`.

    `seen_to` is the button that settles the record in front.
    """

    def __init__(
        self,
        parent: QWidget,
        records: Sequence[AttentionRow],
        names: Mapping[int, str],
        resolve: Callable[[int], Awaitable[None]],
    ) -> None:
        self.seen_to = Button(t("orders.unreadable.resolve"), icon="check")
        super().__init__(
            parent,
            t("orders.unreadable.title", count=len(records)),
            t("orders.unreadable.text"),
            t("common.close"),
            helper=self.seen_to,
            width=640,
        )
        self.cancel.hide()
        self._resolve = resolve
        self._names = names
        self.records = QListWidget()
        self.records.setAccessibleName(t("orders.unreadable.records"))
        self.records.setFixedHeight(min(6, max(2, len(records))) * _ROW)
        for record in records:
            item = QListWidgetItem(self._title(record))
            item.setData(_ROLE, record)
            item.setSizeHint(QSize(0, _ROW))
            self.records.addItem(item)
        self.body.addWidget(self.records)
        self.why = Text("", "body", wrap=True)
        self.body.addWidget(self.why)
        self.body.addWidget(Text(t("orders.unreadable.raw"), "label", "text_2"))
        self.raw = QPlainTextEdit()
        self.raw.setReadOnly(True)
        self.raw.setTabChangesFocus(True)
        self.raw.setFont(font("mono_small"))
        self.raw.setMinimumHeight(200)
        self.raw.setAccessibleName(t("orders.unreadable.raw"))
        self.body.addWidget(self.raw, 1)
        self.records.currentRowChanged.connect(lambda _row: self._show())
        self.seen_to.clicked.connect(self._settle)
        self.records.setCurrentRow(0)

    def _title(self, record: AttentionRow) -> str:
        number = record.remote_id or t("orders.unreadable.no_number")
        at = record.last_at.astimezone()
        name = self._names.get(record.connection_id, "")
        day, time = figures().date_short(at), figures().time(at)
        return t("orders.unreadable.line", channel=name, number=number, day=day, time=time)

    def _current(self) -> AttentionRow | None:
        item = self.records.currentItem()
        return item.data(_ROLE) if item is not None else None

    def _show(self) -> None:
        record = self._current()
        self.seen_to.setEnabled(record is not None)
        if record is None:
            self.why.setText(t("orders.unreadable.all_done"))
            self.raw.setPlainText("")
            return
        self.why.setText(sentence(words(), record.message, self._names.get(record.connection_id, "")))
        self.raw.setPlainText(pretty(record.raw))

    def _settle(self) -> None:
        record = self._current()
        if record is None:
            return
        spawn(self._settled(record.id), "resolve record")

    async def _settled(self, record_id: int) -> None:
        await self._resolve(record_id)
        for row in range(self.records.count()):
            if self.records.item(row).data(_ROLE).id == record_id:
                self.records.takeItem(row)
                break
        self._show()


def pretty(raw: str) -> str:
    """JSON with line ends, anything else as it came."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return raw
