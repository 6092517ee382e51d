"""Handing orders to a carrier, sending a refused parcel again, calling one off, writing labels: each as one operation, told with
what came of it. The window wishes; the outbox asks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.api.shipping_asks import down_of
from app.changes import ORDERS, PRINTS, ChangeReport
from app.formats.names import safe_file_name
from app.printing.parcel_labels import MadeLabels, make_parcel_labels
from app.printing.trouble import LabelTrouble
from app.shipping import PARCELS
from app.shipping.abroad import FACTS, PARCEL_OPTIONS
from app.shipping.address import FieldProblem
from app.shipping.desk import Draft, ShippingDesk
from app.store import ParcelRow
from ui.kit import ACCEPTED, Operation, ask
from ui.pages.orders_documents import DocumentError, Said, documents_folder
from ui.pages.ship_abroad import CustomsDialog
from ui.pages.ship_dialog import CorrectDialog, ShipDialog
from ui.services import Services
from ui.widgets import DialogFrame
from ui.words import t, words

_LOOK_S = 0.3
_PATIENCE_S = 40.0


class ShipWork:
    """`ShipWork(services, page, said)`; all methods are coroutines."""

    def __init__(self, services: Services, page: QWidget, said: Said) -> None:
        self._services, self._page, self._said = services, page, said
        self.desk = ShippingDesk(
            services.store, services.catalogue, services.changes, self._hurry, down_of(services.network)
        )

    def _hurry(self, connection_id: int) -> None:
        scheduler = self._services.engine.scheduler
        if scheduler is not None:
            scheduler.hurry("send", connection_id)

    # -- shipping ---------------------------------------------------------------------------------------------------
    async def ship(self, ids: Sequence[int]) -> Operation | None:
        """Asks how, shows what is wrong, and hands over what is ready. None when nothing was handed over."""
        if not ids:
            self._said("degraded", t("parcels.ship.no_orders"), "")
            return None
        dialog = ShipDialog(self._page, self.desk, ids, self._services.engine)
        try:
            await dialog.look()
            if await ask(dialog) != ACCEPTED:
                return None
            drafts = [one for one in dialog.drafts if one.ready]
        finally:
            dialog.deleteLater()
        if not drafts:
            return None
        title = t("parcels.ship.going")
        return self._services.operations.start(title, lambda op: self._hand_over(op, drafts), total=len(drafts))

    async def _hand_over(self, op: Operation, drafts: Sequence[Draft]) -> list[int]:
        parcels = []
        for draft in drafts:
            sent = await self.desk.send(draft)
            if sent.parcel:
                parcels.append(sent.parcel)
        await self._carry(op, parcels)
        return parcels

    async def _carry(self, op: Operation, parcels: Sequence[int]) -> None:
        """Watch until each has an outcome, or the patience is over: then it waits in the outbox and says so."""
        store, engine = self._services.store, self._services.engine
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while True:
            rows = await store.parcels.get_many(parcels)
            open_rows = [row for row in rows if row.write_state not in ("", "refused")]
            op.advance(len(rows) - len(open_rows), max(1, len(rows)))
            if not open_rows or asyncio.get_running_loop().time() >= deadline:
                break
            for connection_id in dict.fromkeys(row.connection_id for row in open_rows):
                carrier = await store.connections.get(connection_id)
                if carrier is not None and carrier.removed_at is None and await engine.has_work(carrier):
                    result = await engine.send(carrier)
                    if result.outcome == "failed" or result.counts.get("waiting"):
                        deadline = 0.0  # offline, held, locked: the outbox goes on by itself
            await asyncio.sleep(_LOOK_S)
        self._tell(rows)

    def _tell(self, rows: Sequence[ParcelRow]) -> None:
        states = Counter("done" if not row.write_state else "refused" if row.write_state == "refused" else "queued" for row in rows)  # fmt: skip
        parts = [t(f"parcels.ship.{key}", count=states[name]) for name, key in (("done", "done"), ("queued", "queued"), ("refused", "some_refused")) if states[name]]  # fmt: skip
        if parts:
            state = "unhealthy" if states["refused"] else "degraded" if states["queued"] else "healthy"
            self._said(state, parts[0], " · ".join(parts[1:]))

    # -- one parcel ---------------------------------------------------------------------------------------------------
    async def again(self, row: ParcelRow) -> Operation | None:
        """A refused parcel: correct the address, then send it once more."""
        detail = await self._services.store.parcels.detail(row.id)
        asked = await self._services.store.parcels.asked(row.id)
        if detail is None or asked is None:
            self._said("degraded", t("parcels.refusal.forgotten"), "")
            return None
        order_id = detail.orders[0]
        own = await self._services.store.addresses.get_many((order_id,))
        field = row.message.field if row.message is not None else ""
        options: dict[str, str] | None = None
        if field in (*FACTS, *PARCEL_OPTIONS):
            options = await self._customs(row, detail.orders, asked.options)
            if options is None:
                return None
        else:
            dialog = CorrectDialog(self._page, row.numbers, own.get(order_id, asked.receiver), (), field)
            try:
                if await ask(dialog) != ACCEPTED:
                    return None
                if dialog.changes():
                    await self.desk.correct(order_id, dialog.changes())
            finally:
                dialog.deleteLater()
        sent = await self.desk.again(row, options)
        if not sent.parcel:
            self._said("degraded", t(f"parcels.refusal.{sent.refusal}"), "")
            return None

        async def work(op: Operation) -> None:
            await self._carry(op, [row.id])

        return self._services.operations.start(t("parcels.ship.going"), work, note=row.numbers, total=1)

    async def _customs(self, row: ParcelRow, orders: Sequence[int], told: Mapping[str, str]) -> dict[str, str] | None:
        """What customs and the carrier are told of a refused parcel, corrected; None: not corrected."""
        message = row.message
        wrong = [] if message is None else [FieldProblem(message.field, "refused", str(message.params.get("why", "")))]
        dialog = CustomsDialog(self._page, row.numbers, await self.desk.articles(orders), wrong, told, {})
        try:
            if await ask(dialog) != ACCEPTED:
                return None
            await self.desk.remember(dialog.facts())
            return dialog.options()
        finally:
            dialog.deleteLater()

    async def cancel(self, row: ParcelRow) -> str:
        """Calls a parcel off after asking; "cancelled", "queued", or "" when it was not."""
        number = row.tracking_number or row.reference
        dialog = DialogFrame(
            self._page, t("parcels.page.cancel_title"), t("parcels.page.cancel_text", number=number),
            t("parcels.page.cancel_yes"), kind="danger", cancel=t("parcels.page.cancel_no"),
        )  # fmt: skip
        try:
            if await ask(dialog) != ACCEPTED:
                return ""
        finally:
            dialog.deleteLater()
        outcome = await self.desk.cancel(row)
        if not outcome:
            self._said("degraded", t("parcels.page.too_late"), row.numbers)
        else:
            self._said("healthy", t("parcels.page.cancelled" if outcome == "cancelled" else "parcels.page.cancel_queued"), row.numbers)  # fmt: skip
        return outcome

    async def labels(self, rows: Sequence[ParcelRow]) -> Operation | None:
        """The parcels' labels into the workspace's documents."""
        if not rows:
            self._said("degraded", t("parcels.page.labels_none"), "")
            return None
        at = self._services.now().astimezone()
        stem = f"{t('parcels.page.file_name')}-{rows[0].numbers if len(rows) == 1 else f'{at:%Y%m%d-%H%M%S}'}"
        path = documents_folder(self._services) / safe_file_name(stem, ".pdf")
        ids = [row.id for row in rows]

        async def work(op: Operation) -> MadeLabels:
            del op
            return await self._draw(ids, path)

        return self._services.operations.start(t("parcels.page.labels_title"), work, note=path.name, can_cancel=False)

    async def _draw(self, ids: Sequence[int], path: Path) -> MadeLabels:
        services = self._services
        try:
            made = await make_parcel_labels(services.store, ids, path, words(), services.worker.executor())
        except LabelTrouble as error:
            reason = sentence(words(), error.message, error.reference)
            raise DocumentError("parcels.page.labels_failed", reason=reason) from error
        except OSError as error:
            raise DocumentError("orders.document.failed_disk", reason=error.strerror or str(error)) from error
        for table in (PARCELS, ORDERS, PRINTS):
            services.changes.publish(ChangeReport(table, source="user"))
        if made.path is None and not made.beside:
            self._said("degraded", t("parcels.page.labels_none"), "")
        else:
            files = ", ".join(one.name for one in (*((made.path,) if made.path else ()), *made.beside))
            self._said("healthy", t("parcels.page.labels_done", count=made.pages + len(made.beside)), files)
        return made
