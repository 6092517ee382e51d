"""The outbox relay: takes queued intents, sends them in the vendor's batches, asks for later results, settles each item.

An intent whose answer was lost is looked up before anything is sent again, unless repeating it is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.changes import LISTINGS, ORDERS, OUTBOX, ChangeReport, Changes
from app.contracts import Kind, Message, Outcome, OutcomeState, ProviderError, Receipt
from app.http.call import never_left
from app.jobs.carrying import Carrying
from app.jobs.links import Link, explained
from app.jobs.runner import Handle, Result, cleaned
from app.model import Listing, PriceChange, ProductDraft, ShipmentNotice, StockChange
from app.store import OutboxFilter, Store
from app.store.outbox import REPEATABLE, OutboxRow
from app.store.publishing import PRODUCT

log = logging.getLogger(__name__)

#: Which capability sends which kind of intent, the one that sells what is not there first.
SINKS: dict[str, str] = {
    "stock": "stock_sink", "price": "price_sink", "shipment": "shipment_sink", PRODUCT: "product_publishing",
}  # fmt: skip
_CALLS = {
    "price": "set_prices", "stock": "set_stocks", "shipment": "confirm_shipments", PRODUCT: "publish_products",
}  # fmt: skip
_SIZES = {"price": "prices", "stock": "stocks", "shipment": "shipments", PRODUCT: "products"}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "price": msgspec.json.Decoder(PriceChange),
    "stock": msgspec.json.Decoder(StockChange),
    "shipment": msgspec.json.Decoder(ShipmentNotice),
    PRODUCT: msgspec.json.Decoder(ProductDraft),
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


def about(draft: ProductDraft, listing: Listing) -> ProductDraft:
    """The draft as the wish to change this listing; the provider's handles go along."""
    return msgspec.structs.replace(draft, remote_id=listing.remote_id, extra={**listing.extra, **draft.extra})


class Relay:
    def __init__(self, store: Store, changes: Changes, now: Callable[[], datetime]) -> None:
        self._store, self._changes, self._now = store, changes, now
        self._trouble: dict[tuple[str, str], int] = {}  # (account, kind): failures in a row that are the vendor's
        #: Reads a channel's listings anew; wired by the engine. A lost answer to a publishing is looked up with it.
        self.read_listings: Callable[[Link, Handle], Awaitable[object]] | None = None
        self._published: set[int] = set()  # connections with listings that no pull has seen yet
        self._lost: set[str] = set()  # keys of drafts whose answer was lost, not looked up yet
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
        if {"batch_results", "product_publishing"} & set(link.manifest.capabilities):
            await self._poll(link, result)
        return result

    async def _send_kind(self, link: Link, kind: str, result: Result, handle: Handle) -> None:
        size = getattr(link.manifest.sizes, _SIZES[kind]) or 1
        await self._resend_unknown(link, kind)
        misses = 0
        urgent = kind != "stock" and link.can("stock_sink")
        while rows := await self._store.outbox.take(link.id, kind, size, self._now()):
            await self._look_up(link, rows, handle)
            go_on = await self._send(link, kind, rows, result)
            await handle.progress(sum(result.counts.values()))
            misses = 0 if go_on else misses + 1
            theirs = result.message is not None and result.message.kind is Kind.THEIRS
            if misses and (misses > MISSES or not theirs or (link.row.account_id, kind) in self._trouble):
                return
            if urgent:  # a long run of prices must not hold back what would be sold twice
                await self._send_kind(link, "stock", result, handle)
            await handle.turn()

    async def _resend_unknown(self, link: Link, kind: str) -> None:
        """Lost answers go again, later each time. Absolute values may; `confirm_shipments` answers DONE for a notice that
        the channel has already; `publish_products` makes a listing of an SKU that the channel has equal to the draft, and is
        looked up before (`_look_up`)."""
        for row in await self._store.outbox.unknown(link.id):
            if row.kind == kind:
                if kind == PRODUCT:
                    self._lost.add(row.key)
                told = row.message or Message("net.cut")
                wait = timedelta(seconds=self._pause_s(msgspec.structs.replace(told, retry_after=None), row.attempts))
                await self._store.outbox.release([row.key], (row.sent_at or row.created_at) + wait, row.message)

    async def _look_up(self, link: Link, rows: Sequence[OutboxRow], handle: Handle) -> None:
        """Drafts whose answer was lost go again: by then the channel's listings are read, so that one which was made is known by
        its SKU and updated. Where that fails, the channel's own idempotence by SKU stands alone."""
        lost = {row.key for row in rows} & self._lost
        if not lost:
            return
        self._lost -= lost
        if self.read_listings is not None and link.can("listing_source"):
            try:
                await self.read_listings(link, handle)
            except ProviderError as error:
                log.info("listings could not be read before a draft goes again: %s", error.message.code)

    async def _changes_of(self, link: Link, kind: str, rows: Sequence[OutboxRow]) -> list[Any]:
        """What the provider gets. A draft of an SKU that the channel has by now is told which listing it is."""
        found = [change_of(row) for row in rows]
        if kind != PRODUCT:
            return found
        new = [one.sku for one in found if not one.remote_id]
        known: dict[str, list[Listing]] = {}
        for stored in await self._store.publishing.listings_of(new, link.id) if new else ():
            known.setdefault(stored.listing.sku, []).append(stored.listing)
        single = {sku: listings[0] for sku, listings in known.items() if len(listings) == 1}
        return [about(one, single[one.sku]) if not one.remote_id and one.sku in single else one for one in found]

    async def _send(self, link: Link, kind: str, rows: Sequence[OutboxRow], result: Result) -> bool:
        """One batch. False: stop sending this kind for now."""
        try:
            receipt = await getattr(link.provider, _CALLS[kind])(await self._changes_of(link, kind, rows))
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
            kind = rows[0].kind  # a ticket is of one call, and a call of one kind
            asked = link.provider.publish_result if kind == PRODUCT else link.provider.batch_result
            try:
                receipt = await asked(ticket, await self._changes_of(link, kind, rows))
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
        if rows[0].kind != PRODUCT:  # its subjects are no listings: these come with the next pull
            table = ORDERS if rows[0].kind == "shipment" else LISTINGS
            self._changes.publish(ChangeReport(table, subjects, "relay"))
        elif any(one.state is OutcomeState.DONE for one in outcomes):
            self._published.add(link.id)

    async def news_due(self, link: Link) -> bool:
        """Whether products were published whose listings are to be pulled now: once, when nothing of it is left to be sent."""
        if link.id not in self._published or not link.can("listing_source"):
            return False
        on_way = OutboxFilter(link.id, (PRODUCT,), ("queued", "sending", "pending", "unknown"))
        if await self._store.outbox.query(on_way, 0, 1):
            return False
        self._published.discard(link.id)
        return True


def _still(row: OutboxRow, outcome: Outcome, ticket: str) -> bool:
    """The vendor is still at it, and said nothing new of this row."""
    waits = row.state == outcome.state.value == OutcomeState.PENDING.value
    return waits and ticket == row.ticket and outcome.message is None and not outcome.remote_ref
