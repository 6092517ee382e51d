"""The relay's way with carriers: one parcel after the other is asked for, each with an outcome of its own.

`create` is never called a second time for a reference before `find` said that the carrier does not know it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from app.changes import ORDERS, OUTBOX, ChangeReport, Changes
from app.contracts import Kind, Message, Outcome, OutcomeState, ProviderError, found_after_of
from app.http.call import never_left
from app.jobs.links import Link, explained
from app.jobs.runner import Handle, Result, cleaned
from app.model import Shipment, ShipmentStatus
from app.shipping import PARCELS
from app.store import Store
from app.store.outbox import OutboxRow
from app.store.parcel_fate import PARCEL, CancelParcel, CreateParcel, read_ask
from app.store.parcel_query import ParcelRow

log = logging.getLogger(__name__)
#: A lost answer is looked up no sooner: the carrier may still be at it, and would not know the parcel yet.
LOOK_AFTER_S = 20.0
LATEST_LOOK_S = 900.0
_LABEL_AGAIN_S = (30, 120, 600, 1800, 3600)
_AT_ONCE = 4
_LOSSES = 3  # lost answers in a row after which the others wait
#: Answers by which the carrier says that it did nothing.
_NOT_DONE = frozenset({"rate.limited", "rate.daily", "rate.repeated", "breaker.open"})
#: Refusals that are about the whole connection: the next parcel would fare no better.
_OF_THE_CONNECTION = ("auth.", "config.wrong_url", "config.host_not_allowed", "config.insecure_url")


class _Told(msgspec.Struct, frozen=True):
    """What came of one parcel. Without an outcome it goes again: nothing was done."""

    row: OutboxRow
    outcome: Outcome | None = None
    shipment: Shipment | None = None
    message: Message | None = None
    stop: bool = False  # the others would fare no better now


class Carrying:
    """`clean` takes vault values out of what a carrier said; `pause(message, attempts)` seconds until something may go again."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        now: Callable[[], datetime],
        clean: Callable[[str], str],
        pause: Callable[[Message, int], float],
    ) -> None:
        self._store, self._changes, self._now, self._clean, self._pause = store, changes, now, clean, pause

    async def drain(self, link: Link, handle: Handle, result: Result) -> None:
        """Look up what was lost, fetch labels that are owed, ask for what waits."""
        await self._look_up(link, result)
        await self._labels(link, result)
        losses = 0
        at_once = max(1, min(_AT_ONCE, *[limit.parallel or _AT_ONCE for limit in link.manifest.limits], _AT_ONCE))
        while rows := await self._store.outbox.take(link.id, PARCEL, at_once, self._now()):
            told = await self._ask_all(link, rows, result)
            await self._settle(link, told, result)
            await handle.progress(sum(result.counts.values()))
            lost = [one.outcome is not None and one.outcome.state is OutcomeState.UNKNOWN for one in told]
            losses = losses + len(lost) if all(lost) else 0
            if losses >= _LOSSES or any(one.stop for one in told):
                return
            await handle.turn()

    async def owes(self, connection_id: int) -> bool:
        """Whether a carrier owes a label that may be asked for now."""
        return bool(await self._store.parcels.labels_due(connection_id, self._now()))

    def looks_at(self, row: OutboxRow) -> datetime:
        """When a lost answer is looked up."""
        if row.sent_at is not None and row.sent_at > self._now():
            return self._now()  # the clock was ahead then: it must not hold the parcel for a year
        return max((row.sent_at or row.created_at) + timedelta(seconds=LOOK_AFTER_S), row.not_before)

    def _sure_at(self, link: Link, row: OutboxRow) -> datetime:
        """From when on "not found" means that there is no such parcel. By the row and not by what the client remembers: a power cut
        in mid-sending leaves nothing else."""
        sent = row.sent_at or row.created_at
        # In the future: the clock was ahead then, as in `looks_at`.
        return self._now() if sent > self._now() else sent + found_after_of(link.provider)

    # -- asking -----------------------------------------------------------------------------------------------------
    async def _ask_all(self, link: Link, rows: Sequence[OutboxRow], result: Result) -> list[_Told]:
        """Whatever ends a call, its parcel has an outcome: what we do not know is looked up."""
        try:
            found = await asyncio.gather(*(self._ask(link, row) for row in rows), return_exceptions=True)
        except asyncio.CancelledError:
            lost = [_Told(row, Outcome(row.key, OutcomeState.UNKNOWN, Message("job.interrupted"))) for row in rows]
            await asyncio.shield(self._settle(link, lost, result))
            raise
        told = []
        for row, one in zip(rows, found, strict=True):
            if isinstance(one, BaseException):
                log.error("asking for parcel %s failed", row.subject, exc_info=one)
                why = Message("bug", {"reason": self._clean(f"{type(one).__name__}: {one}"[:200])})
                one = _Told(row, Outcome(row.key, OutcomeState.UNKNOWN, why))
            told.append(one)
        return told

    async def _ask(self, link: Link, row: OutboxRow) -> _Told:
        ask = read_ask(row.payload)
        if isinstance(ask, CancelParcel):
            return await self._cancel(link, row, ask)
        if ask.look_first:
            try:
                found = await self._found(link, ask.request.reference)
            except ProviderError as error:  # nothing was asked that changes anything
                return _Told(row, message=self._said(link, error), stop=_stops(self._said(link, error)))
            if found is not None:
                return _Told(row, Outcome(row.key, OutcomeState.DONE), found)
        try:
            shipment = await link.provider.create(ask.request)
        except ProviderError as error:
            return self._failed(link, row, error)
        return _Told(row, Outcome(row.key, OutcomeState.DONE), shipment)

    async def _cancel(self, link: Link, row: OutboxRow, ask: CancelParcel) -> _Told:
        try:
            outcome: Outcome = await link.provider.cancel(ask.reference)
        except ProviderError as error:
            return self._failed(link, row, error)
        message = outcome.message and cleaned(outcome.message, self._clean)
        return _Told(row, Outcome(row.key, outcome.state, message, outcome.remote_ref))

    async def _found(self, link: Link, reference: str) -> Shipment | None:
        """What the carrier has under our reference; one that it called off is none of ours any more."""
        found: Shipment | None = await link.provider.find(reference)
        return None if found is not None and found.status is ShipmentStatus.CANCELLED else found

    def _said(self, link: Link, error: ProviderError) -> Message:
        message = cleaned(explained(error.message, link.manifest, link.skew()), self._clean)
        return message.about(connection=link.row.name)

    def _failed(self, link: Link, row: OutboxRow, error: ProviderError) -> _Told:
        message = self._said(link, error)
        if message.kind is Kind.YOURS and not message.code.startswith(_OF_THE_CONNECTION):
            return _Told(row, Outcome(row.key, OutcomeState.REFUSED, message))
        lost = message.kind is not Kind.YOURS and message.code not in _NOT_DONE and not never_left(error)
        if lost:
            return _Told(row, Outcome(row.key, OutcomeState.UNKNOWN, message))
        return _Told(row, message=message, stop=_stops(message))

    # -- what came of it ----------------------------------------------------------------------------------------------
    async def _settle(self, link: Link, told: Sequence[_Told], result: Result) -> None:
        outcomes = [one.outcome for one in told if one.outcome is not None]
        shipments = {one.row.key: one.shipment for one in told if one.shipment is not None}
        if outcomes:
            await self._store.outbox.settle(outcomes, now=self._now(), shipments=shipments)
        for one in told:
            if one.outcome is None:
                await self._again(one, result)
            elif one.outcome.state is OutcomeState.UNKNOWN:
                sent = one.row.sent_at or self._now()
                await self._store.parcels.look_later(one.row.key, sent + timedelta(seconds=LOOK_AFTER_S), None)
        for outcome in outcomes:
            result.add(outcome.state.value)
            if outcome.state is not OutcomeState.DONE:
                result.outcome, result.message = "partly", outcome.message or result.message
        await self._publish([one.row for one in told])

    async def _again(self, one: _Told, result: Result) -> None:
        message = one.message or Message("net.cut")
        wait = self._pause(message, one.row.attempts)
        if message.kind is Kind.YOURS:
            wait = max(wait, 300.0)  # a wrong key does not heal by itself; a new key releases the queue at once
        again = self._now() + timedelta(seconds=wait)
        message = message.about(until=again.isoformat(timespec="seconds"))
        await self._store.outbox.release([one.row.key], again, message)
        result.add("waiting")
        result.outcome, result.message = "partly", message

    async def _publish(self, rows: Sequence[OutboxRow]) -> None:
        parcels = frozenset(row.subject for row in rows if row.subject is not None)
        self._changes.publish(ChangeReport(OUTBOX, frozenset(row.id for row in rows), "relay"))
        self._changes.publish(ChangeReport(PARCELS, parcels, "relay"))
        self._changes.publish(ChangeReport(ORDERS, source="relay"))

    # -- lost answers ---------------------------------------------------------------------------------------------------
    async def _look_up(self, link: Link, result: Result) -> None:
        for row in await self._store.outbox.unknown(link.id):
            if row.kind == PARCEL and self.looks_at(row) <= self._now():
                await self._look_at(link, row, result)

    async def _look_at(self, link: Link, row: OutboxRow, result: Result) -> None:
        ask = read_ask(row.payload)
        reference = ask.request.reference if isinstance(ask, CreateParcel) else ask.reference
        try:
            found = await self._found(link, reference)
        except ProviderError as error:
            message = self._said(link, error)
            result.outcome, result.message = "partly", message
            age = (self._now() - (row.sent_at or row.created_at)).total_seconds()
            wait = (
                message.retry_after if message.retry_after is not None else min(max(age, LOOK_AFTER_S), LATEST_LOOK_S)
            )
            await self._store.parcels.look_later(row.key, self._now() + timedelta(seconds=wait + 1), message)
            return
        gone = found is None
        sure = self._sure_at(link, row)
        if gone and sure > self._now():
            await self._store.parcels.look_later(
                row.key, min(sure, self._now() + timedelta(seconds=LATEST_LOOK_S)), None
            )
            return
        if isinstance(ask, CreateParcel) and found is not None:
            await self._settle(link, [_Told(row, Outcome(row.key, OutcomeState.DONE), found)], result)
        elif isinstance(ask, CancelParcel) and gone:
            await self._settle(link, [_Told(row, Outcome(row.key, OutcomeState.DONE))], result)
        elif isinstance(ask, CancelParcel) or not await self._store.parcels.call_off(row.key):
            await self._store.outbox.release([row.key], self._now())
        await self._publish([row])

    # -- labels ---------------------------------------------------------------------------------------------------------
    async def _labels(self, link: Link, result: Result) -> None:
        for parcel in await self._store.parcels.labels_due(link.id, self._now()):
            await self._label(link, parcel, result)
            self._changes.publish(ChangeReport(PARCELS, frozenset({parcel.id}), "relay"))

    async def _label(self, link: Link, parcel: ParcelRow, result: Result) -> None:
        message: Message | None = Message("label.broken", {"why": "missing", "connection": link.row.name})
        try:
            found: Shipment | None = await link.provider.find(parcel.reference)
            if found is not None and found.labels:
                await self._store.parcels.keep_labels(parcel.id, found.labels)
                result.add("labels")
                return
        except ProviderError as error:
            message = self._said(link, error)
        over = parcel.label_tries + 1 >= len(_LABEL_AGAIN_S)
        wait = timedelta(seconds=_LABEL_AGAIN_S[min(parcel.label_tries, len(_LABEL_AGAIN_S) - 1)])
        await self._store.parcels.label_missed(parcel.id, None if over else self._now() + wait, message)
        result.outcome, result.message = "partly", message


def _stops(message: Message) -> bool:
    return message.kind is not Kind.YOURS or message.code.startswith(_OF_THE_CONNECTION)
