"""Combining orders of one buyer, splitting one, and taking either back; and the link to an order's invoice. What a carrier has is never
taken apart here, and what the channel splits it splits itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QSpinBox, QWidget

from app.api.answers import Answer, sentence
from app.api.orders_service import OrderService
from app.changes import ORDERS, ChangeReport
from app.model import Order
from app.orders import bundling
from app.orders.bundling import BundleRefused, parts_of
from app.store import StoredOrder, StoreError
from ui.kit import ACCEPTED, Operation, Step, ask, spawn
from ui.pages.orders_documents import Said
from ui.services import Services
from ui.widgets import DialogFrame, FormField, Scroller, Text, ToastHost
from ui.words import t, words

_MOST_PARTS = 6


class SplitDialog(DialogFrame):
    """`SplitDialog(parent, order, channel)`: how many pieces of each line go into each parcel; the last takes the rest. `groups()` are the
    parcels before the last. `channel`: its name where it splits packages itself, '' for parcels of our own."""

    def __init__(self, parent: QWidget, order: Order, channel: str) -> None:
        super().__init__(
            parent, t("orders.bundle.split_title", number=order.number), t("orders.bundle.split_text"),
            t("orders.bundle.split_go"), width=560,
        )  # fmt: skip
        self.order = order
        self.lines = [line for line in order.lines if not line.cancelled]
        self.count = QSpinBox()
        self.count.setRange(2, max(2, min(_MOST_PARTS, sum(line.quantity for line in self.lines))))
        self.body.addWidget(FormField(t("orders.bundle.split_count"), self.count))
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setColumnStretch(0, 1)
        scroll = Scroller(inside)
        scroll.setMinimumHeight(160)
        self.body.addWidget(scroll, 1)
        told = t("orders.bundle.split_channel", name=channel) if channel else t("orders.bundle.split_own")
        self.body.addWidget(Text(told, "small", "text_2", wrap=True))
        self.boxes: list[list[QSpinBox]] = []
        self.rest: list[Text] = []
        self._parts: list[QWidget] = []
        self.count.valueChanged.connect(lambda _n: self._build())
        self._build()

    def _build(self) -> None:
        before = {(at, n): box.value() for at, row in enumerate(self.boxes) for n, box in enumerate(row)}
        for old in self._parts:
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._parts, self.boxes, self.rest = [], [], []
        last = self.count.value() - 1
        for n in range(last + 1):
            self._put(Text(t("orders.bundle.part", number=n + 1), "small", "text_2"), 0, n + 1)
        for at, line in enumerate(self.lines):
            title = t("orders.bundle.line_field", title=line.title or line.sku, count=line.quantity)
            self._put(Text(title, "body", wrap=True), at + 1, 0)
            row = []
            for n in range(last):
                box = QSpinBox()
                box.setRange(0, line.quantity)
                box.setValue(before.get((at, n), line.quantity if n == 0 and at == 0 and len(self.lines) > 1 else 0))
                box.setAccessibleName(f"{title}, {t('orders.bundle.part', number=n + 1)}")
                box.valueChanged.connect(lambda _n: self._count())
                self._put(box, at + 1, n + 1)
                row.append(box)
            self.boxes.append(row)
            rest = Text("", "strong_t")
            rest.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.rest.append(rest)
            self._put(rest, at + 1, last + 1)
        self._grid.setRowStretch(len(self.lines) + 1, 1)
        self._count()

    def _put(self, part: QWidget, row: int, column: int) -> None:
        self._grid.addWidget(part, row, column)
        self._parts.append(part)

    def groups(self) -> list[list[tuple[str, int]]]:
        return [
            [(line.remote_id, row[n].value()) for line, row in zip(self.lines, self.boxes, strict=True) if row[n].value()]
            for n in range(self.count.value() - 1)
        ]  # fmt: skip

    def _count(self) -> None:
        for line, row, rest in zip(self.lines, self.boxes, self.rest, strict=True):
            rest.setText(str(line.quantity - sum(box.value() for box in row)))
        try:
            made = parts_of(self.order, self.groups())
        except BundleRefused as error:
            self.primary.disable(t(f"orders.bundle.refusal.{error.why}", number=error.number))
            return
        self.primary.disable("" if len(made) == self.count.value() else t("orders.bundle.split_wrong"))


class InvoiceDialog(DialogFrame):
    """Where an order's invoice lies: address, number, day. What the channel does not ask for may stay blank."""

    def __init__(self, parent: QWidget, number: str, channel: str, url: str = "", invoice: str = "") -> None:
        super().__init__(
            parent, t("orders.invoice.title", number=number), t("orders.invoice.text", name=channel),
            t("orders.invoice.go"), width=520,
        )  # fmt: skip
        self.url, self.number, self.date = QLineEdit(url), QLineEdit(invoice), QLineEdit()
        self.url.setMaxLength(2000)
        self.number.setMaxLength(60)
        self.date.setPlaceholderText("2026-11-24")
        self._url_field = FormField(t("orders.invoice.url"), self.url, t("orders.invoice.url_hint"))
        self.body.addWidget(self._url_field)
        self.body.addWidget(FormField(t("orders.invoice.number"), self.number))
        self.body.addWidget(FormField(t("orders.invoice.date"), self.date, t("orders.invoice.date_hint")))
        self.url.textChanged.connect(lambda _text: self._typed())
        self._typed()

    def _typed(self) -> None:
        text = self.url.text().strip()
        self.primary.disable("" if text.startswith(("https://", "http://")) else t("orders.invoice.url_hint"))


class BundleWork:
    """`BundleWork(services, page, toasts, said)`; all methods are coroutines."""

    def __init__(self, services: Services, page: QWidget, toasts: ToastHost, said: Said) -> None:
        self._services, self._page, self._toasts, self._said = services, page, toasts, said

    @property
    def service(self) -> OrderService:
        """The channel's own services."""
        parts = self._services
        return OrderService(parts.store, parts.engine, parts.catalogue, words().language)

    async def mates(self, stored: StoredOrder) -> list[StoredOrder]:
        """The other orders that could go into one parcel with it."""
        return await bundling.mates(self._services.store, stored)

    async def combine(self, ids: Sequence[int]) -> bool:
        """One parcel for these; with one alone, for it and its buyer's others. Can be taken back."""
        store, changes = self._services.store, self._services.changes
        if len(ids) == 1:
            stored = await store.orders.get(ids[0])
            ids = [*ids, *(one.id for one in await self.mates(stored))] if stored is not None else ids
        try:
            made = await bundling.combine(store, changes, ids)
        except BundleRefused as error:
            return self._refused(error)
        except StoreError as error:
            return self._failed(error)
        stored_all = await store.orders.get_many(made.orders)
        numbers = ", ".join(one.order.number for one in stored_all)
        step = Step(
            t("orders.bundle.step_combine"), lambda: self._separate(made.orders), lambda: self._combine(made.orders)
        )
        self._done(step, t("orders.bundle.combined", numbers=numbers, count=len(made.orders)), "done_text")
        return True

    async def split(self, order_id: int) -> Operation | None:
        """Asks what goes where; at the channel where it splits packages itself, else parcels of our own."""
        store = self._services.store
        stored = await store.orders.get(order_id)
        if stored is None:
            return None
        if why := bundling.why_not(stored):
            self._refused(BundleRefused(why, stored.order.number))
            return None
        row = await store.connections.get(stored.connection_id)
        service = self.service
        channel = row.name if row is not None and service.can(row, "package_splits") else ""
        dialog = SplitDialog(self._page, stored.order, channel)
        try:
            if await ask(dialog) != ACCEPTED:
                return None
            groups = dialog.groups()
        finally:
            dialog.deleteLater()
        if channel:
            remote_id = stored.order.remote_id
            return self._services.operations.start(
                t("orders.bundle.step_split"), lambda op: self._tell(op, service, remote_id, groups), note=channel, can_cancel=False
            )  # fmt: skip
        try:
            made = await bundling.split(store, self._services.changes, order_id, groups)
        except BundleRefused as error:
            self._refused(error)
        except StoreError as error:
            self._failed(error)
        else:
            step = Step(t("orders.bundle.step_split"), lambda: self._separate((order_id,)))
            title = t("orders.bundle.split", number=stored.order.number, count=len(made))
            self._done(step, title, "split_done_text")
        return None

    async def separate(self, ids: Sequence[int]) -> bool:
        """Each by itself again; whether there was something to take apart."""
        try:
            about = await bundling.separate(self._services.store, self._services.changes, ids)
        except StoreError as error:
            return self._failed(error)
        stored = await self._services.store.orders.get_many(about)
        numbers = ", ".join(one.order.number for one in stored)
        title = t("orders.bundle.separated", numbers=numbers) if about else t("orders.bundle.nothing")
        self._said("healthy" if about else "degraded", title, "")
        return bool(about)

    async def invoice(self, order_id: int) -> Operation | None:
        """Asks where the invoice lies and tells the channel."""
        store, service = self._services.store, self.service
        stored = await store.orders.get(order_id)
        row = await store.connections.get(stored.connection_id) if stored is not None else None
        if stored is None or row is None or not service.can(row, "invoice_links"):
            return None
        had = await store.invoices.get(order_id)
        dialog = InvoiceDialog(
            self._page, stored.order.number, row.name, had.url if had else "", had.number if had else ""
        )
        try:
            if await ask(dialog) != ACCEPTED:
                return None
            typed = tuple(edit.text().strip() for edit in (dialog.url, dialog.number, dialog.date))
        finally:
            dialog.deleteLater()

        async def work(op: Operation) -> Answer:
            del op
            answer = await service.invoice_link(stored.order.remote_id, *typed)
            self._answered(answer)
            self._services.changes.publish(ChangeReport(ORDERS, frozenset({order_id}), "user"))
            return answer

        return self._services.operations.start(t("orders.invoice.working"), work, note=row.name, can_cancel=False)

    # -- inside ----------------------------------------------------------------------------------------------------------
    async def _tell(
        self, op: Operation, service: OrderService, remote_id: str, groups: Sequence[Sequence[tuple[str, int]]]
    ) -> Answer:
        del op
        answer = await service.split(remote_id, groups)
        self._answered(answer)
        return answer

    def _answered(self, answer: Answer) -> None:
        title, text = (answer.lines[0], "") if not answer.exit else (t("orders.bundle.failed"), " ".join(answer.lines))
        self._said("unhealthy" if answer.exit else "healthy", title, text)

    async def _combine(self, ids: Sequence[int]) -> None:
        await bundling.combine(self._services.store, self._services.changes, ids)

    async def _separate(self, ids: Sequence[int]) -> None:
        await bundling.separate(self._services.store, self._services.changes, ids)

    def _done(self, step: Step, title: str, text: str) -> None:
        self._services.undo.push(step)
        self._toasts.show(
            "healthy",
            title,
            t(f"orders.bundle.{text}"),
            t("common.undo"),
            lambda: spawn(self._undo(step), "undo bundle"),
        )

    async def _undo(self, step: Step) -> None:
        try:
            await self._services.undo.undo(step)
        except StoreError as error:
            self._failed(error)

    def _refused(self, error: BundleRefused) -> bool:
        self._said("degraded", t(f"orders.bundle.refusal.{error.why}", number=error.number), "")
        return False

    def _failed(self, error: StoreError) -> bool:
        self._said("degraded", t("orders.bundle.failed"), sentence(words(), error.message))
        return False
