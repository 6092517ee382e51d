"""What is done from the prices page: what waits is sent, refused lines are sent again or withdrawn, listings are pulled, sending is
frozen. Each as an operation, through the outbox alone."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.contracts import Message
from app.model import PriceChange, StockChange
from app.store import OutboxRow, StoreError
from ui.kit import ACCEPTED, Operation, OpState, ask
from ui.pages.price_bar import RefusedDialog, SendBar
from ui.pages.price_rows import PriceSource
from ui.services import Services
from ui.words import t, words

Say = Callable[[str, str, str], None]


class PriceWork:
    """`PriceWork(services, source, bar, parent, say)`; `done` is called when a sending came to its end."""

    def __init__(
        self, services: Services, source: PriceSource, bar: SendBar, parent: QWidget, say: Say, done: Callable[[], object]
    ) -> None:  # fmt: skip
        self._services, self._source, self._bar = services, source, bar
        self._parent, self._say, self._done = parent, say, done

    # -- sending -------------------------------------------------------------------------------------------------
    def send_now(self) -> None:
        """Sends what waits, as one operation over all connections."""
        if not self._bar.send.isEnabled():
            return
        self._bar.set_busy(True)
        operation = self._services.operations.start(t("prices.sending"), self._send)
        operation.finished.connect(lambda: self._sent(operation))

    async def _send(self, operation: Operation) -> dict[str, int]:
        engine, totals = self._services.engine, dict.fromkeys(("done", "refused", "pending", "waiting", "unknown"), 0)
        trouble: Message | None = None
        rows = [r for r in await self._services.store.connections.list() if not r.paused and await engine.has_work(r)]
        for place, row in enumerate(rows):
            operation.advance(place, len(rows), row.name)
            result = await engine.send(row)
            for name, count in result.counts.items():
                totals[name] = totals.get(name, 0) + count
            if result.message is not None and not result.counts.get("refused"):
                trouble = result.message
        operation.advance(len(rows), len(rows))
        operation.report = trouble
        return totals

    def _sent(self, operation: Operation) -> None:
        self._bar.set_busy(False)
        self._done()
        if operation.state is not OpState.DONE:
            return
        totals, trouble = operation.result, operation.report
        parts = [t(f"prices.sent.{name}", count=totals[name]) for name in totals if totals.get(name)]
        text = figures_list(parts) or t("prices.sent.nothing")
        if trouble is not None:
            self._say("degraded", t("prices.sent.trouble"), f"{text} {sentence(words(), trouble)}")
        elif totals["refused"]:
            self._say("unhealthy", t("prices.sent.some_refused"), text)
        else:
            self._say("healthy", t("prices.sent.all"), text)

    # -- refused -------------------------------------------------------------------------------------------------
    async def show_refused(self) -> None:
        """The refused lines with their reasons; sends them again or withdraws them."""
        lines = await self._source.refused_lines()
        if not lines:
            return
        dialog = RefusedDialog(self._parent, lines, self._source.connections)
        await dialog.model.reload()
        try:
            if await ask(dialog) == ACCEPTED:
                await (self._again(dialog.picked) if dialog.again else self._withdraw(dialog.picked))
        finally:
            dialog.deleteLater()

    async def _again(self, rows: list[OutboxRow]) -> None:
        listings, done = self._services.store.listings, 0
        wished: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            if row.subject is None:
                continue
            try:
                if row.kind == "price":
                    price = msgspec.json.decode(row.payload, type=PriceChange)
                    await listings.want_price(row.subject, price.price, price.list_price)
                else:
                    await listings.want_stock(row.subject, msgspec.json.decode(row.payload, type=StockChange).quantity)
            except StoreError as error:
                self._say("unhealthy", t("prices.toast.not_queued"), sentence(words(), error.message))
                continue
            done += 1
            wished.setdefault(row.kind, []).append((row.connection_id, row.subject))
        await self._note(wished)
        self._tell_written(rows)
        self._say("healthy", t("prices.refused.queued", count=done), "")

    async def _withdraw(self, rows: list[OutboxRow]) -> None:
        await self._services.store.outbox.withdraw([row.key for row in rows])
        taken: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            if row.subject is not None:
                taken.setdefault(row.kind, []).append((row.connection_id, row.subject))
        await self._note(taken, withdrawn=True)
        self._tell_written(rows)
        self._say("healthy", t("prices.refused.withdrawn", count=len(rows)), "")

    async def _note(self, lines: dict[str, list[tuple[int, int]]], *, withdrawn: bool = False) -> None:
        for kind, where in lines.items():
            await self._services.store.audit.wished(kind, where, withdrawn=withdrawn)

    def _tell_written(self, rows: list[OutboxRow]) -> None:
        subjects = frozenset(row.subject for row in rows if row.subject is not None)
        self._services.changes.publish(ChangeReport(LISTINGS, subjects, "user"))
        self._services.changes.publish(ChangeReport(OUTBOX, source="user"))

    # -- pulling -------------------------------------------------------------------------------------------------
    def pull(self) -> Operation:
        """Pulls the listings of every connection that has some, as one operation."""
        return self._services.operations.start(t("prices.pulling"), self._pull_all)

    async def _pull_all(self, operation: Operation) -> None:
        entries = self._services.catalogue.entries
        rows = [
            row
            for row in await self._services.store.connections.list()
            if not row.paused
            and row.integration in entries
            and "listing_source" in entries[row.integration].capabilities
            and row.switches.get("listing_source", True)
        ]
        for place, row in enumerate(rows):
            operation.advance(place, len(rows), row.name)
            result = await self._services.engine.sync_listings(row)
            if result.outcome == "failed" and result.message is not None:
                self._say("unhealthy", t("prices.pull_failed"), sentence(words(), result.message))
        operation.advance(len(rows), len(rows))


def figures_list(parts: list[str]) -> str:
    """ "12 kabul edildi, 1 reddedildi"."""
    return ", ".join(parts) + "." if parts else ""
