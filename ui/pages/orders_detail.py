"""The order beside the list: path, deadline, lines, buyer, addresses, cargo, note, documents, history. It shows what the
store knows and asks the page for everything else; what is being typed into the note is never overwritten by a pull."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.model import Address, Money, OrderStatus, Vat
from app.store import StoredOrder
from ui.pages.orders_detail_data import OrderDetail
from ui.pages.orders_detail_parts import Line, OrderLines, TimedFacts
from ui.pages.orders_model import path_step, refuses_packing, state_chip
from ui.widgets import Button, Chip, CutText, Dot, EmptyState, IconButton, Note, Stepper, Text, line
from ui.words import figures, t

_DOCUMENTS = 5
_NOTE_LENGTH = 2_000


class Section(QWidget):
    """A titled part of the pane: `body` is filled, `note` stands in grey beside the title."""

    def __init__(self, title: str, note: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Text(title, "strong"))
        self.note = Text(note, "small", "text_2")
        top.addWidget(self.note)
        top.addStretch(1)
        column.addLayout(top)
        self.body = QVBoxLayout()
        self.body.setSpacing(2)
        column.addLayout(self.body)


class DetailPane(QFrame):
    """`show_order(detail)`, `show_nothing()`, `offer(order id, mates)`. Signals: `packed_asked`, `label_asked`, `again_asked`,
    `closed`, `buyer_asked(order id)`, `noted(order id, text)`, `document_asked(Path)`, `combine_asked(ids)`,
    `separate_asked(order id)`, `invoice_asked(order id)`."""

    packed_asked = Signal()
    label_asked = Signal()
    again_asked = Signal()
    buyer_asked = Signal(int)
    closed = Signal()
    noted = Signal(int, str)
    document_asked = Signal(object)
    combine_asked = Signal(list)
    separate_asked = Signal(int)
    invoice_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("box", "surface")
        self.setAccessibleName(t("orders.detail.title"))
        self.order_id: int | None = None
        self._note_was = ""
        self._offer: Note | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._full = QWidget()
        full = QVBoxLayout(self._full)
        full.setContentsMargins(0, 0, 0, 0)
        full.setSpacing(0)
        full.addWidget(self._make_head())
        full.addWidget(line("line"))
        full.addWidget(self._make_body(), 1)
        full.addWidget(self._make_foot())
        outer.addWidget(self._full)
        self._none = EmptyState("receipt", t("orders.detail.nothing"), t("orders.detail.nothing_hint"))
        outer.addWidget(self._none)
        self.show_nothing()

    # -- making ------------------------------------------------------------------------------------------------
    def _make_head(self) -> QWidget:
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(4)
        self.number = Text("", "pane")
        self.number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top.addWidget(self.number)
        copy = IconButton("copy", t("orders.detail.copy_number"), "quiet", small=True)
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.number.text()))
        top.addWidget(copy)
        top.addStretch(1)
        self.close_button = IconButton("x", t("orders.detail.close"), "quiet", small=True)
        self.close_button.clicked.connect(self.closed)
        top.addWidget(self.close_button)
        column.addLayout(top)
        self._where = QHBoxLayout()
        self._where.setSpacing(6)
        self._dot = Dot("")
        self._where.addWidget(self._dot)
        self._channel = CutText("", "body")
        self._where.addWidget(self._channel, 1)
        self.chip = Chip("order.new")
        self._where.addWidget(self.chip)
        column.addLayout(self._where)
        names = tuple(t(f"orders.path.{step}") for step in ("new", "picked", "packed", "shipped", "delivered"))
        self.path = Stepper(names)
        column.addWidget(self.path)
        row = QHBoxLayout()
        row.setSpacing(8)
        # The page has one primary button, in its header.
        self.packed = Button(t("orders.detail.packed"), icon="package", key="P")
        self.packed.clicked.connect(self.packed_asked)
        self.label = Button(t("orders.detail.label"), icon="printer", key="L")
        self.label.clicked.connect(self.label_asked)
        row.addWidget(self.packed)
        row.addWidget(self.label)
        row.addStretch(1)
        column.addLayout(row)
        return head

    def _make_body(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(14)
        self._notices = QVBoxLayout()
        self._notices.setSpacing(8)
        column.addLayout(self._notices)
        self._goods = Section(t("orders.detail.goods"))
        self.lines = OrderLines()
        self._goods.body.addWidget(self.lines)
        self._sums = Text("", "body", "text_2", wrap=True)
        self._goods.body.addWidget(self._sums)
        total = QHBoxLayout()
        total.addWidget(Text(t("orders.detail.total"), "body", "text_2"))
        total.addStretch(1)
        self.total = Text("", "strong_t")
        total.addWidget(self.total)
        self._goods.body.addLayout(total)
        column.addWidget(self._goods)
        self._buyer = self._words_section(column, "buyer")
        self.buyer_data = Button(t("privacy.buyer.of_order"), "link", "users", small=True)
        self.buyer_data.clicked.connect(lambda: self.order_id is not None and self.buyer_asked.emit(self.order_id))
        self._buyer[0].body.addWidget(self.buyer_data, 0, Qt.AlignmentFlag.AlignLeft)
        self._ship_to = self._words_section(column, "ship_to")
        self._bill_to = self._words_section(column, "bill_to")
        self._cargo = self._words_section(column, "cargo")
        self._buyer_note = self._words_section(column, "buyer_note")
        noting = Section(t("orders.detail.note"), t("orders.detail.note_local"))
        self.note = QLineEdit()
        self.note.setPlaceholderText(t("orders.detail.note_add"))
        self.note.setAccessibleName(t("orders.detail.note"))
        self.note.setMaxLength(_NOTE_LENGTH)
        self.note.editingFinished.connect(self.keep_note)
        noting.body.addWidget(self.note)
        column.addWidget(noting)
        self._papers = Section(t("orders.detail.documents"))
        self.documents: list[Button] = []
        column.addWidget(self._papers)
        self._past = Section(t("orders.detail.history"))
        self.history = TimedFacts()
        self._past.body.addWidget(self.history)
        column.addWidget(self._past)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inside)
        self._scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        return self._scroll

    @staticmethod
    def _words_section(column: QVBoxLayout, name: str) -> tuple[Section, Text]:
        section = Section(t(f"orders.detail.{name}"))
        words = Text("", "body", "text", wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        section.body.addWidget(words)
        column.addWidget(section)
        return section, words

    def _make_foot(self) -> QWidget:
        foot = QFrame()
        foot.setProperty("box", "footer")
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 8, 16, 8)
        self.as_of = CutText("", "small", "text_2")
        row.addWidget(self.as_of, 1)
        self.again = Button(t("orders.detail.again"), icon="arrows-clockwise", small=True)
        self.again.clicked.connect(self.again_asked)
        row.addWidget(self.again)
        return foot

    # -- showing -----------------------------------------------------------------------------------------------
    def show_nothing(self) -> None:
        """No order is chosen."""
        self.keep_note()
        self.order_id = None
        self._full.hide()
        self._none.show()

    def show_order(self, detail: OrderDetail) -> None:
        """Another order, or the same one with today's values."""
        stored, order = detail.stored, detail.stored.order
        same = stored.id == self.order_id
        if not same:
            self.keep_note()
        self.order_id = stored.id
        self.number.setText(order.number)
        row = detail.connection
        dot = Dot(row.integration if row is not None else "", row.name if row is not None else "")
        self._where.replaceWidget(self._dot, dot)
        self._dot.deleteLater()
        self._dot = dot
        gone = row is None or row.removed_at is not None
        name = row.name if row is not None else ""
        self._channel.setText(t("orders.detail.removed", name=name) if gone else name)
        self.chip.set_state(*state_chip(order.status, stored.local_state, order.cancel_asked, order.vendor_status))
        step = path_step(order.status, stored.local_state)
        self.path.setVisible(step is not None)
        self.path.set_at(step or 0)
        reason = refuses_packing(stored) or ("already_packed" if stored.local_state == "packed" else "")
        self.packed.disable(t(f"orders.reason.{reason}") if reason else "")
        self.again.disable(t("orders.again.no_connection") if gone else "")
        self._show_notices(detail)
        self._show_goods(detail)
        self._put(self._buyer, _joined(order.buyer.name, order.buyer.phone, order.buyer.email))
        self._put(self._ship_to, address_text(order.ship_to))
        bill = order.bill_to
        self._put(self._bill_to, address_text(bill) if bill is not None and bill != order.ship_to else "")
        cash = t("orders.detail.cash") if order.cash_on_delivery else ""
        tracking = t("orders.detail.tracking", number=order.tracking_number) if order.tracking_number else ""
        self._put(self._cargo, _joined(order.carrier, tracking, cash) or t("orders.detail.no_cargo"))
        self._put(self._buyer_note, order.note)
        if not (same and self.note.hasFocus() and self.note.text() != self._note_was):
            self.note.setText(stored.note)
            self.note.setCursorPosition(0)
        self._note_was = stored.note
        self._show_documents(detail)
        facts = history(detail)
        self._past.note.setText(t("orders.detail.count", count=len(facts)))
        self.history.set_facts(facts)
        as_of = t("orders.as_of_never")
        if detail.as_of is not None:
            as_of = t("common.as_of", time=figures().when(detail.as_of.astimezone(detail.now.tzinfo), detail.now))
        self.as_of.setText(as_of)
        if not same:
            self._scroll.verticalScrollBar().setValue(0)
        self._none.hide()
        self._full.show()

    @staticmethod
    def _put(part: tuple[Section, Text], text: str) -> None:
        part[1].setText(text)
        part[0].setVisible(bool(text))

    def _show_notices(self, detail: OrderDetail) -> None:
        self._offer = None
        self._scroll.widget().setMinimumHeight(0)
        while self._notices.count():
            old = self._notices.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for state, text, icon in notices(detail):
            self._notices.addWidget(Note(state, "", text, icon=icon))
        if detail.bundles:
            undo = () if any(one.shipped for one in detail.bundles) else (t("orders.bundle.separate_do"),)
            note = Note("info", "", bundled_words(detail), undo, icon="package")
            if undo:
                order_id = detail.stored.id
                note.button(0).clicked.connect(lambda: self.separate_asked.emit(order_id))
            self._notices.addWidget(note)

    def offer(self, order_id: int, mates: Sequence[StoredOrder]) -> None:
        """The buyer has other orders that could leave in the same parcel; nothing for an order that is not shown any more."""
        if order_id != self.order_id:
            return
        numbers = ", ".join(one.order.number for one in mates)
        offer = t("orders.bundle.offer", count=len(mates) + 1)
        note = Note("info", "", offer, (t("orders.bundle.combine"),), icon="package")
        note.setToolTip(f"{self.number.text()}, {numbers}")
        ids = [order_id, *(one.id for one in mates)]
        note.button(0).clicked.connect(lambda: self.combine_asked.emit(ids))
        if self._offer is not None:  # of a look before this one
            self._notices.removeWidget(self._offer)
            self._offer.hide()
            self._offer.deleteLater()
        self._offer = note
        self._notices.addWidget(note)
        note.show()  # the column is measured now: the painted lists would be squeezed to make room for it
        inside = self._scroll.widget()
        inside.setMinimumHeight(inside.height() + note.sizeHint().height() + self._notices.spacing())

    def _show_goods(self, detail: OrderDetail) -> None:
        order = detail.stored.order
        pieces = sum(x.quantity for x in order.lines if not x.cancelled)
        self._goods.note.setText(t("orders.detail.pieces", pieces=pieces, lines=len(order.lines)))
        shown = []
        for x in order.lines:
            price = "—" if order.unpriced else money(x.unit_price.money)
            if not order.unpriced and x.unit_price.vat is Vat.EXCLUDED:
                price = t("orders.detail.without_vat", price=price)
            codes = " · ".join(part for part in (x.sku, x.barcode) if part)
            if x.cancelled:
                codes = t("orders.detail.line_cancelled", codes=codes)
            shown.append(Line(x.title, codes, t("orders.detail.times", count=x.quantity), price, x.cancelled))
        self.lines.set_lines(shown)
        sums = []
        if order.shipping is not None:
            sums.append(t("orders.detail.shipping", amount=money(order.shipping)))
        if order.discount is not None:
            sums.append(t("orders.detail.discount", amount=money(order.discount)))
        self._sums.setText(" · ".join(sums))
        self._sums.setVisible(bool(sums))
        self.total.setText("—" if order.unpriced else money(order.total))

    def _show_documents(self, detail: OrderDetail) -> None:
        for old in self.documents:
            self._papers.body.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.documents = []
        for row in reversed(detail.prints[-_DOCUMENTS:]):
            at = figures().when(row.at.astimezone(detail.now.tzinfo), detail.now)
            words = t("orders.detail.document", kind=t(f"orders.document.{row.kind}"), time=at, copy=row.copy_no)
            button = Button(words, "link", "file-pdf", small=True)
            button.setToolTip(row.path)
            button.clicked.connect(lambda _on=False, path=row.path: self.document_asked.emit(Path(path)))
            self._papers.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self.documents.append(button)
        for button in invoice_buttons(detail, self.invoice_asked.emit):
            self._papers.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self.documents.append(button)
        self._papers.note.setText(t("orders.detail.count", count=len(detail.prints) + (detail.invoice is not None)))
        self._papers.setVisible(bool(self.documents))

    def keep_note(self) -> None:
        """Gives the page what was typed, when it differs from what is stored."""
        text = self.note.text().strip() if self.order_id is not None else ""
        if self.order_id is not None and text != self._note_was:
            self._note_was = text
            self.noted.emit(self.order_id, text)


def bundled_words(detail: OrderDetail) -> str:
    """That it leaves with others, or in several parcels."""
    if len(detail.bundles) > 1:
        return t("orders.bundle.split_state", count=len(detail.bundles))
    numbers = ", ".join(one.order.number for one in detail.partners)
    return t("orders.bundle.combined_state", count=len(detail.partners), numbers=numbers)


def invoice_buttons(detail: OrderDetail, ask: Callable[[int], object]) -> list[Button]:
    """The invoice as the channel was told it, and the way to tell it."""
    made, had = [], detail.invoice
    if had is not None:
        at = figures().when(had.told_at.astimezone(detail.now.tzinfo), detail.now)
        name = t("orders.invoice.shown", number=had.number) if had.number else t("orders.invoice.shown_plain")
        shown = Button(f"{name} · {t(f'orders.invoice.{had.state}', time=at)}", "link", "file-text", small=True)
        shown.setToolTip(had.url)
        shown.clicked.connect(lambda _on=False, url=had.url: QDesktopServices.openUrl(QUrl(url)))
        made.append(shown)
    if detail.can_link:
        tell = Button(t("orders.invoice.action"), "link", "file-text", small=True)
        tell.clicked.connect(lambda _on=False, order=detail.stored.id: ask(order))
        made.append(tell)
    return made


def money(amount: Money) -> str:
    """An amount as the merchant reads it."""
    return figures().money(amount.amount, amount.currency)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def address_text(to: Address) -> str:
    """An address in lines, as it would stand on a parcel; the country only when it is another one."""
    place = " / ".join(x for x in (to.district, to.city, to.state) if x)
    place = " ".join(x for x in (place, to.postcode) if x)
    tax = t("orders.detail.tax", office=to.tax_office or "—", number=to.tax_number) if to.tax_number else ""
    country = "" if to.country == "TR" else to.country
    company = "" if to.company == to.name else to.company
    return _joined(to.name, company, to.street, place, country, to.phone, tax)


def notices(detail: OrderDetail) -> list[tuple[str, str, str]]:
    """What must be known before anything is packed: (state, words, icon)."""
    stored, order, now = detail.stored, detail.stored.order, detail.now
    if order.status == OrderStatus.CANCELLED:
        return [("unhealthy", t("orders.detail.is_cancelled"), "prohibit")]
    found = []
    if stored.superseded_by is not None:
        found.append(("degraded", t("orders.reason.superseded"), "package"))
    if order.cancel_asked:
        found.append(("degraded", t("orders.detail.cancel_asked"), "warning"))
    if order.ship_by is not None and not refuses_packing(stored):
        at, wait = order.ship_by.astimezone(now.tzinfo), order.ship_by - now
        if wait < timedelta():
            found.append(("unhealthy", t("orders.detail.late", time=figures().left(-wait)), "timer"))
        elif at.date() == now.date():
            words = t("orders.detail.today", time=figures().time(at), left=figures().left(wait))
            found.append(("degraded", words, "timer"))
        else:
            day = figures().date_short(at)
            found.append(("offline", t("orders.detail.later", day=day, time=figures().time(at)), "timer"))
    return found


def history(detail: OrderDetail) -> list[tuple[str, str]]:
    """What happened, newest first: the channel's changes and what was done here, as (time, words)."""
    stored, order = detail.stored, detail.stored.order
    events = [(order.placed_at, t("orders.history.placed")), (stored.arrived_at, t("orders.history.arrived"))]
    for change in stored.history:
        known = change.status != OrderStatus.UNKNOWN
        word = t(f"orders.status.{change.status}") if known else change.vendor_status
        events.append((change.updated_at, t("orders.history.channel", status=word)))
    for at, name in (
        (stored.picked_at, "picked"),
        (stored.packed_at, "packed"),
        (stored.shipped_at, "shipped"),
    ):
        if at is not None:
            events.append((at, t(f"orders.history.{name}")))
    for row in detail.prints:
        kind = t(f"orders.document.{row.kind}")
        events.append((row.at, t("orders.history.printed", kind=kind, copy=row.copy_no)))
    events.sort(key=lambda event: event[0], reverse=True)
    zone, now = detail.now.tzinfo, detail.now
    return [(when_exactly(at.astimezone(zone), now), words) for at, words in events]


def when_exactly(at: datetime, now: datetime) -> str:
    """Today the time alone, else day and time."""
    if at.date() == now.date():
        return figures().time(at)
    return f"{figures().date_short(at, year=at.year != now.year)} {figures().time(at)}"
