"""Rules meet the printer: what is due goes through the print desk, with the merchant's words. Runs beside the engine, and wherever a
parcel was just packed. What must never happen: a second label because nobody knew of the first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import BrokenExecutor, Executor
from datetime import datetime
from typing import TYPE_CHECKING

from app.changes import ORDERS, PRINTS, ChangeReport, Changes
from app.contracts import Message
from app.formats.words import Words, system_language
from app.monitor.alerting.desk import language_of
from app.orders.due import Outcome, drain, note_news
from app.store import DuePrint, Printer, Store, StoreError

if TYPE_CHECKING:
    from app.printing.desk import PrintDesk

log = logging.getLogger(__name__)
_LOOK_S = 60.0
_OVER = ("cancelled", "returned")


async def words_of_store(store: Store) -> Words:
    """In the merchant's language."""
    return Words.load(await language_of(store, system_language))


class PackingDesk:
    """`PackingDesk(store, now, executor, changes)`; `executor` is asked for when it is needed. Words are the merchant's unless
    handed in."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], executor: Callable[[], Executor], changes: Changes,
        words: Callable[[], Awaitable[Words]] | None = None, desk: Callable[[], PrintDesk] | None = None,
    ) -> None:  # fmt: skip
        self._store, self._changes = store, changes
        self._made = desk
        self._parts = words or (lambda: words_of_store(store)), now, executor
        self._poked = asyncio.Event()

    async def drain(self) -> list[tuple[DuePrint, Outcome]]:
        """Print what is due."""
        done = await drain(self._store, self._press)
        if done:
            self._changes.publish(ChangeReport(PRINTS, source="rules"))
        return done

    async def again(self, order_id: int) -> list[Outcome]:
        """The label of an order once more, because somebody pressed a key: where it had failed that, else a marked copy."""
        if await self._store.packing.again(order_id):
            return [outcome for due, outcome in await self.drain() if due.order_id == order_id]
        dues = [
            one for one in await self._store.packing.dues(order_id) if one.document in ("parcel", "label", "carrier")
        ]
        asked = dues[-1:] or [DuePrint(0, "packed", order_id, "parcel", "", 1, "due")]
        return [await self._press(one, again=True) for one in asked]

    async def run(self) -> None:
        """Beside the engine, until cancelled: at each change of orders, and once a minute."""
        stop = self._changes.listen(self._heard)
        try:
            while True:
                try:
                    await note_news(self._store)
                    await self.drain()
                except StoreError as error:
                    log.warning("rules of printing wait: %s", error.key)
                self._poked.clear()
                try:
                    await asyncio.wait_for(self._poked.wait(), _LOOK_S)
                except TimeoutError:
                    continue
        finally:
            stop()

    def _heard(self, report: ChangeReport) -> None:
        if report.table == ORDERS and report.source != "rules":
            self._poked.set()

    # -- inside --------------------------------------------------------------------------------------------------------
    async def _desk(self) -> PrintDesk:
        from app.printing.desk import PrintDesk

        if self._made is not None:
            return self._made()
        words, now, executor = self._parts
        return PrintDesk(self._store, await words(), now, executor(), self._changes)

    async def _press(self, due: DuePrint, *, again: bool = False) -> Outcome:
        # Here, so that a start that prints nothing is not slowed down.
        from app.platform.printing import PortError
        from app.printing.gathering import PrintWish
        from app.printing.trouble import LabelTrouble, PrintTrouble

        try:
            printer = await self._printer(due.printer)
            kind = await self._kind(due)
            wish = PrintWish(kind, (due.order_id,), printer, copies=due.copies, again=again, anyway=again)
            done = await (await self._desk()).print(wish)
        except (LabelTrouble, PrintTrouble) as error:
            return Outcome("failed", message=error.message)
        except PortError as error:
            return Outcome("failed", message=Message(error.key, error.params))
        except BrokenExecutor:  # the worker died while drawing; the next one is fresh
            return Outcome("failed", message=Message("pack.print.worker"))
        except KeyError:
            return Outcome("failed", message=Message("printer.nothing"))
        if done.questions:
            first = done.questions[0]
            if {one.why for one in done.questions} == {"again"}:
                return Outcome("done", message=Message("pack.print.had", {"reference": first.reference}))
            return Outcome(
                "failed", message=Message(f"print.question.{first.why}", {"reference": first.reference, **first.params})
            )
        return Outcome("done", done.job, done.message)

    async def _printer(self, name: str) -> Printer:
        from app.printing.choosing import find_printer
        from app.printing.trouble import PrintTrouble

        if name:
            return await find_printer(self._store, name)
        kept = await self._store.printers.list()
        if len(kept) == 1:
            return kept[0]
        if kept:
            raise PrintTrouble("pack.print.which", {"printers": ", ".join(one.name for one in kept)})
        raise PrintTrouble("pack.print.no_printer")

    async def _kind(self, due: DuePrint) -> str:
        if due.document != "parcel":
            return due.document
        parcels = (await self._store.parcels.of_orders((due.order_id,))).get(due.order_id, [])
        return "carrier" if any(one.has_label and one.state not in _OVER for one in parcels) else "label"
