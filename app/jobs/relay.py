"""The outbox relay: takes queued intents, sends them in the vendor's batches, asks for later results, settles each item.

An intent whose answer was lost is looked up before anything is sent again, unless repeating it is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.changes import LISTINGS, ORDERS, OUTBOX, ChangeReport, Changes
from app.contracts import Kind, Message, Outcome, OutcomeState, ProviderError, Receipt
from app.http.call import never_left
from app.jobs.carrying import Carrying
from app.jobs.links import Link, explained
from app.jobs.runner import Handle, Result, cleaned
from app.model import PriceChange, ShipmentNotice, StockChange
from app.store import Store
from app.store.outbox import REPEATABLE, OutboxRow

log = logging.getLogger(__name__)

#: Which capability sends which kind of intent.
SINKS: dict[str, str] = {"price": "price_sink", "stock": "stock_sink", "shipment": "shipment_sink"}
#: Absolute writes: sending them twice has the effect of once.
HARMLESS = frozenset({"price", "stock"})
_CALLS = {"price": "set_prices", "stock": "set_stocks", "shipment": "confirm_shipments"}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "price": msgspec.json.Decoder(PriceChange),
    "stock": msgspec.json.Decoder(StockChange),
    "shipment": msgspec.json.Decoder(ShipmentNotice),
}
#: Answers by which the vendor says that it did nothing.
_NOT_DONE = frozenset({"rate.limited", "rate.daily", "rate.repeated", "breaker.open"})
_BACK_OFF_S = (5, 15, 60, 120, 300, 900, 3600)
_A_DAY_S = 86_400.0
MISSES = 2  # batches in a row that may fail at the vendor's before the rest of the queue waits for the next time
#: Refusals that speak for the whole queue of the account, not for what was sent (as `rate.repeated` does).
_WHOLE = frozenset({"rate.limited", "rate.daily", "breaker.open"})
#: Those of them that are over as soon as one call went through.
_PASSING = ("rate.limited", "breaker.open")


def change_of(row: OutboxRow) -> Any:
    """The provider's change of an outbox row; its key is the row's."""
    return msgspec.structs.replace(_DECODERS[row.kind].decode(row.payload), key=row.key)


class Relay:
    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime]) -> None:
        self._store, self._changes, self._now = store, changes, now
        self._trouble: dict[tuple[str, str], int] = {}  # (account, kind): failures in a row that are the vendor's
        self.clean: Callable[[str], str] = str  # takes vault values out of what a vendor said
        self.carrying = Carrying(store, changes, now, lambda text: self.clean(text), self._pause_s)

    async def drain(self, link: Link, handle: Handle) -> Result:
        """Send everything that may go now, then ask for the results that are due."""
        result = Result()
        for kind, capability in SINKS.items():
            if link.can(capability):
                await self._send_kind(link, kind, result, handle)
        if link.can("carrier"):
            await self.carrying.drain(link, handle, result)
        if "batch_results" in link.manifest.capabilities:
            await self._poll(link, result)
        return result

    async def _send_kind(self, link: Link, kind: str, result: Result, handle: Handle) -> None:
        sizes = link.manifest.sizes
        size = {"price": sizes.prices, "stock": sizes.stocks, "shipment": sizes.shipments}[kind] or 1
        await self._resend_unknown(link, kind)
        misses = 0
        while rows := await self._store.outbox.take(link.id, kind, size, self._now()):
            go_on = await self._send(link, kind, rows, result)
            await handle.progress(sum(result.counts.values()))
            misses = 0 if go_on else misses + 1
            theirs = result.message is not None and result.message.kind is Kind.THEIRS
            if misses and (misses > MISSES or not theirs or (link.row.account_id, kind) in self._trouble):
                return
            await handle.turn()

    async def _resend_unknown(self, link: Link, kind: str) -> None:
        """Lost answers go again, later each time. Absolute values may; `confirm_shipments` answers DONE for a notice that
        the channel has already."""
        for row in await self._store.outbox.unknown(link.id):
            if row.kind == kind:
                told = row.message or Message("net.cut")
                wait = timedelta(seconds=self._pause_s(msgspec.structs.replace(told, retry_after=None), row.attempts))
                await self._store.outbox.release([row.key], (row.sent_at or row.created_at) + wait, row.message)

    async def _send(self, link: Link, kind: str, rows: Sequence[OutboxRow], result: Result) -> bool:
        """One batch. False: stop sending this kind for now."""
        try:
            receipt = await getattr(link.provider, _CALLS[kind])([change_of(row) for row in rows])
        except ProviderError as error:
            return await self._failed(link, kind, rows, error, result)
        await self._settle(link, rows, receipt, result)
        if self._trouble.pop((link.row.account_id, kind), 0):
            await self._store.outbox.hurry(link.row.account_id, kind, _PASSING, self._now())
        return True

    async def _failed(
        self, link: Link, kind: str, rows: Sequence[OutboxRow], error: ProviderError, result: Result
    ) -> bool:
        message = cleaned(explained(error.message, link.manifest, link.skew()), self.clean)
        if message.code in ("request.refused", "item.not_found", "item.refused") and message.kind is Kind.YOURS:
            if len(rows) == 1:
                outcome = Outcome(rows[0].key, OutcomeState.REFUSED, message)
                await self._settle(link, rows, Receipt((outcome,)), result)
                return True
            # The vendor refused the lot because of some: halves find the guilty ones, the others go through.
            middle = len(rows) // 2
            first = await self._send(link, kind, rows[:middle], result)
            return await self._send(link, kind, rows[middle:], result) and first
        lost = message.kind is not Kind.YOURS and message.code not in _NOT_DONE and not never_left(error)
        result.outcome = "partly"
        if lost and kind not in REPEATABLE:
            result.message = message
            unknown = tuple(Outcome(row.key, OutcomeState.UNKNOWN, message) for row in rows)
            await self._settle(link, rows, Receipt(unknown), result)
            return False
        whole = message.code in _WHOLE  # nothing else would fare better now; after a 5xx the next one may
        queue = (link.row.account_id, kind)
        times = max(r.attempts for r in rows)
        if whole:
            times = self._trouble[queue] = self._trouble.get(queue, 0) + 1
        wait = self._pause_s(message, times)
        if message.kind is Kind.YOURS:
            wait = max(wait, 300)  # a wrong key does not heal by itself; a new key releases the queue at once
        again = self._now() + timedelta(seconds=wait)
        result.message = message = message.about(until=again.isoformat(timespec="seconds"))
        await self._store.outbox.release([r.key for r in rows], again, message)
        if whole:
            await self._store.outbox.hold(*queue, again, message)
        result.add("waiting", len(rows))
        self._changes.publish(ChangeReport(OUTBOX, source="relay"))
        return False

    @staticmethod
    def _pause_s(message: Message, attempts: int) -> float:
        """Until the same rows may go again: what the vendor or the limiter says (at most a day), else longer each time."""
        if message.retry_after is not None:
            return min(max(message.retry_after, 1.0), _A_DAY_S)
        back_off = float(_BACK_OFF_S[min(attempts, len(_BACK_OFF_S)) - 1])
        if message.kind is not Kind.THEIRS or message.code == "rate.daily":
            return back_off
        # Nothing is wrong with the intent, and the breaker already spares a vendor that is down: an hour's wait would only
        # outlast the trouble by an hour. Refusals for haste are asked less often, in case they are a daily limit.
        return min(back_off, 300.0 if message.code == "rate.limited" else 60.0)

    async def _poll(self, link: Link, result: Result) -> None:
        for ticket, rows in await self._store.outbox.pending_tickets(link.id):
            try:
                receipt = await link.provider.batch_result(ticket, [change_of(row) for row in rows])
            except ProviderError as error:
                result.message, result.outcome = cleaned(error.message, self.clean), "partly"
                continue
            await self._settle(link, rows, msgspec.structs.replace(receipt, ticket=ticket), result)

    def _clean(self, outcome: Outcome) -> Outcome:
        if outcome.message is None:
            return outcome
        return msgspec.structs.replace(outcome, message=cleaned(outcome.message, self.clean))

    async def _settle(self, link: Link, rows: Sequence[OutboxRow], receipt: Receipt, result: Result) -> None:
        """An item that the receipt does not name is unknown: no vendor's silence is read as a yes."""
        named = {o.key: o for o in receipt.outcomes}
        silent = Message(
            "answer.unexpected", {"connection": link.row.name, "reason": "the item is missing in the answer"}
        )
        outcomes = [self._clean(named.get(r.key) or Outcome(r.key, OutcomeState.UNKNOWN, silent)) for r in rows]
        for outcome in outcomes:
            result.add(outcome.state.value)
            if outcome.state is OutcomeState.REFUSED:
                result.outcome, result.message = "partly", outcome.message or result.message
        if all(_still(row, one, receipt.ticket) for row, one in zip(rows, outcomes, strict=True)):
            return
        await self._store.outbox.settle(outcomes, ticket=receipt.ticket, now=self._now())
        subjects = frozenset(r.subject for r in rows if r.subject is not None)
        self._changes.publish(ChangeReport(OUTBOX, frozenset(r.id for r in rows), "relay"))
        table = ORDERS if rows[0].kind == "shipment" else LISTINGS
        self._changes.publish(ChangeReport(table, subjects, "relay"))


def _still(row: OutboxRow, outcome: Outcome, ticket: str) -> bool:
    """The vendor is still at it, and said nothing new of this row."""
    waits = row.state == outcome.state.value == OutcomeState.PENDING.value
    return waits and ticket == row.ticket and outcome.message is None and not outcome.remote_ref
