"""One parcel in full, beside the list: where it is and what hinders it, its facts, its way. Nothing here acts; buttons ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.model import TrackingEvent
from app.store import ParcelDetail
from ui.pages.parcels_model import may_cancel, may_print, may_repeat, measure_words, status_of, trouble_words
from ui.widgets import Button, Chip, Note, Scroller, Text, line
from ui.words import figures, t


class ParcelPane(QFrame):
    """`show_parcel(detail, now)`, `show_nothing()`. Signals: `cancel_asked()`, `print_asked()`, `again_asked()`, `page_asked()`,
    `orders_asked()`."""

    cancel_asked = Signal()
    print_asked = Signal()
    again_asked = Signal()
    page_asked = Signal()
    orders_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("box", "surface")
        self.parcel_id: int | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(16, 16, 16, 16)
        self._column.setSpacing(10)
        outer.addWidget(Scroller(self._inside), 1)
        foot = QFrame()
        foot.setProperty("box", "footer")
        buttons = QVBoxLayout(foot)
        buttons.setContentsMargins(16, 10, 16, 12)
        buttons.setSpacing(8)
        self.again = Button(t("parcels.page.again"), "primary", "pencil-simple")
        self.again.clicked.connect(self.again_asked)
        buttons.addWidget(self.again)
        low = QHBoxLayout()
        low.setSpacing(8)
        self.reprint = Button(t("parcels.page.reprint"), icon="printer", key="L")
        self.reprint.clicked.connect(self.print_asked)
        low.addWidget(self.reprint)
        self.cancel = Button(t("parcels.page.cancel"), icon="prohibit")
        self.cancel.clicked.connect(self.cancel_asked)
        low.addWidget(self.cancel)
        low.addStretch(1)
        buttons.addLayout(low)
        outer.addWidget(foot)
        self._foot = foot
        self.show_nothing()

    def show_nothing(self) -> None:
        """No parcel is chosen."""
        self.parcel_id = None
        self._clear()
        self._column.addWidget(Text(t("parcels.page.choose"), "body", "text_2"))
        self._column.addStretch(1)
        self._foot.hide()

    def show_parcel(self, detail: ParcelDetail, now: datetime) -> None:
        """`now` in the person's zone."""
        row = detail.row
        self.parcel_id = row.id
        self._clear()
        head = QVBoxLayout()  # not side by side: a long number would push the state out of the pane
        head.setSpacing(4)
        number = Text(row.numbers, "pane", wrap=True)
        number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.addWidget(number)
        status = status_of(row)
        chip = Chip("job.queued")
        chip.set_state(status.state, status.text)
        head.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addLayout(head)
        trouble = trouble_words(row)
        if trouble:
            self._column.addWidget(Note("unhealthy" if row.write_state == "refused" else "degraded", "", trouble))
        self._facts(detail, now)
        self._column.addWidget(line("line"))
        self._column.addWidget(Text(t("parcels.page.way"), "card"))
        self._way(detail.events, row.misses, now)
        self._column.addStretch(1)
        self._foot.show()
        self.again.setVisible(may_repeat(row))
        self.cancel.disable("" if may_cancel(row) else t("parcels.page.too_late"))
        self.reprint.disable("" if may_print(row) else t("parcels.page.no_label"))

    def _facts(self, detail: ParcelDetail, now: datetime) -> None:
        row = detail.row
        labels = [t("parcels.page.label_kept", format=str(one.label.format), size=one.size) for one in detail.labels]
        told = "" if not row.tracking_number and not detail.told else t("parcels.page.told_yes" if detail.told else "parcels.page.told_no")  # fmt: skip
        facts = [
            ("parcels.column.carrier", row.carrier),
            ("parcels.column.receiver", " · ".join(x for x in (row.receiver, row.city) if x)),
            ("parcels.column.tracking", row.tracking_number),
            ("parcels.page.reference", row.reference),
            ("parcels.page.measures", measure_words(row)),
            ("parcels.column.cod", figures().money(row.cod.amount, row.cod.currency) if row.cod else ""),
            ("parcels.page.price", figures().money(row.price.amount, row.price.currency) if row.price else ""),
            ("parcels.page.label", ", ".join(labels) or (t("parcels.page.own_label") if row.own_label else "")),
            ("parcels.page.told", told),
            ("parcels.page.signed", row.signed_by),
            ("parcels.column.changed", figures().when(row.changed_at.astimezone(now.tzinfo), now)),
        ]
        for key, value in facts:
            if value:
                self._column.addLayout(_fact(t(key), value))
        links = QHBoxLayout()
        links.setSpacing(8)
        page = Button(t("parcels.page.open_way"), "link", trailing="arrow-square-out", small=True)
        page.clicked.connect(self.page_asked)
        page.disable("" if row.tracking_url else t("parcels.page.no_url"))
        links.addWidget(page)
        orders = Button(t("parcels.page.orders"), "link", trailing="caret-right", small=True)
        orders.clicked.connect(self.orders_asked)
        links.addWidget(orders)
        links.addStretch(1)
        self._column.addLayout(links)

    def _way(self, events: Sequence[TrackingEvent], misses: int, now: datetime) -> None:
        if not events:
            key = "parcels.page.not_known" if misses else "parcels.page.no_way"
            self._column.addWidget(Text(t(key), "body", "text_2", wrap=True))
        for one in reversed(events):
            at = figures().when(one.at.astimezone(now.tzinfo), now)
            self._column.addWidget(Text(f"{at} · {one.place}" if one.place else at, "small", "text_2", wrap=True))
            self._column.addWidget(Text(one.text or str(one.status), "body", wrap=True))

    def _clear(self) -> None:
        _empty(self._column)


def _fact(label: str, value: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    head = Text(label, "body", "text_2")
    head.setFixedWidth(104)
    row.addWidget(head, 0, Qt.AlignmentFlag.AlignTop)
    told = Text(value, "body_t", wrap=True)
    told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    row.addWidget(told, 1)
    return row


def _empty(layout: QVBoxLayout | QHBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QHBoxLayout):
            _empty(inner)
