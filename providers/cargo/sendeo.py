"""Sendeo: deliveries under our own reference, with their ZPL in the same answer, their way and their cancellation.

Must never create a delivery twice: "not found" is said only when the list, and after a lost answer the label service as well, do
not know our reference. Source of the facts: reference/cargo.md, "## Sendeo".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.contracts import (
    NOT_SENT,
    Account,
    Kind,
    Message,
    Outcome,
    OutcomeState,
    ProbeResult,
    ProviderError,
    fail,
)
from app.kit import Call, Reply, TokenAuth, bearer, httpx, send
from app.kit.tracks import one_by_one
from app.model import Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import sendeo_calls as calls
from providers.cargo.sendeo_wire import (
    ERRORS,
    Fields,
    check_districts,
    is_answer,
    is_unknown,
    parse_labels,
    parse_list,
    read_token,
    sendeo_errors,
    status_of,
    to_report,
    to_shipment,
    was_cancelled,
)

LOST, MOST_KEPT = "lost", 60  # in the account's notebook: references whose creation got no answer


class Sendeo:
    """One contract customer. Credentials: `musteri` and `sifre` of a user of type API."""

    #: An HTTP 500 that speaks of a parcel or the user is no breakdown.
    answered = staticmethod(is_answer)

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = TokenAuth(
            store=account.tokens,
            name="sendeo",
            now=account.now,
            fetch=lambda _: calls.token_request(account),
            read=lambda reply: read_token(account, reply),
            place=bearer,
            renew_on=frozenset({401}),
        )

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=sendeo_errors)

    async def probe(self) -> ProbeResult:
        """The user, and the districts of one province."""
        check_districts(await self._send(calls.probe_request()))
        return ProbeResult({"user": self.account.setting("musteri")})

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """The delivery with one ZPL label a piece. Raises YoursError naming the field that Sendeo would refuse."""
        place = calls.check_place(request)
        key = calls.reference_no(request.reference)
        try:
            reply = await self._send(calls.create_request(request, place))
            made = parse_labels(reply, request.reference)
        except ProviderError as error:
            if error.message.kind is not Kind.YOURS:
                self._note(key, lost=True)
                raise
            if error.message.code != "item.refused" or error.message.vendor_code in ERRORS:
                raise  # of the data, not of a reference that is used up
            return await self._adopt(request.reference, key, error.message)
        self._note(key, lost=False)
        return made

    async def _adopt(self, reference: str, key: str, refusal: Message) -> Shipment:
        """Sendeo's code for a reference that exists is not published: the list tells. What has ours is ours – unless it is
        cancelled."""
        found = await self._listed(key)
        if found is None:
            raise fail(refusal.about(operation="create"))
        if status_of(found) is ShipmentStatus.CANCELLED:
            raise fail(msgspec.structs.replace(refusal, code="item.duplicate").about(operation="create"))
        return await self._with_labels(reference, key, found)

    async def _listed(self, key: str) -> Fields | None:
        """What the list has under our reference. Raises OursError when it tells of others: it did not look for ours."""
        rows = parse_list(await self._send(calls.list_request([key], self.account.now())))
        if rows and key not in rows:
            raise fail(Message("answer.unexpected", {"operation": "find", "reason": "other references"}))
        return rows.get(key)

    async def _labels(self, reference: str, key: str) -> Shipment | None:
        """None when Sendeo has no such delivery, or it is cancelled."""
        try:
            return parse_labels(await self._send(calls.label_request(key)), reference)
        except ProviderError as error:
            if is_unknown(error.message):
                return None
            raise

    async def _with_labels(self, reference: str, key: str, found: Fields) -> Shipment:
        shipment = to_shipment(reference, found)
        if shipment.status is not ShipmentStatus.CREATED:
            return shipment  # on its way: nobody prints it any more
        again = await self._labels(reference, key)
        if again is None:
            return shipment
        url = shipment.tracking_url or again.tracking_url
        return msgspec.structs.replace(shipment, labels=again.labels, barcode=again.barcode, tracking_url=url)

    async def find(self, reference: str) -> Shipment | None:
        """By the list, which is not cached. Where the answer to a creation was lost, "no" counts only when the label service says
        so as well."""
        key = calls.reference_no(reference)
        found = await self._listed(key)
        if found is not None:
            self._note(key, lost=False)
            return await self._with_labels(reference, key, found)
        return await self._labels(reference, key) if key in self._lost() else None

    async def cancel(self, reference: str) -> Outcome:
        """Only while the order is merely taken. Sendeo does not know a cancelled one any more: the list tells."""
        key = calls.reference_no(reference)
        try:
            if was_cancelled(await self._send(calls.cancel_request(key))):
                return Outcome(reference, OutcomeState.DONE)
            wrong = Message("item.conflict")
        except ProviderError as error:
            wrong = error.message
            if wrong.code in NOT_SENT or wrong.code.startswith("auth."):
                raise
            if wrong.kind is not Kind.YOURS:
                return Outcome(reference, OutcomeState.UNKNOWN, wrong)
        return await self._not_cancelled(reference, key, wrong)

    async def _not_cancelled(self, reference: str, key: str, wrong: Message) -> Outcome:
        found = await self._listed(key)
        if found is None:
            code = "item.not_found"
        elif status_of(found) is ShipmentStatus.CANCELLED:
            return Outcome(reference, OutcomeState.DONE)
        else:
            code = "item.conflict"
        refusal = Message(code, {"reference": reference, "operation": "cancel"}, wrong.vendor_code, wrong.vendor_text)
        return Outcome(reference, OutcomeState.REFUSED, refusal)

    def _lost(self) -> list[str]:
        return self.account.learnt.get(LOST, "").split()

    def _note(self, key: str, *, lost: bool) -> None:
        before = self._lost()
        if not lost and key not in before:
            return
        kept = [one for one in before if one != key] + ([key] if lost else [])
        if kept:
            self.account.learnt[LOST] = " ".join(kept[-MOST_KEPT:])
        else:
            self.account.learnt.pop(LOST, None)

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One question a parcel; its answer may be 30 minutes old. Unknown ones are left out, and one whose answer cannot be
        read, unless it is so with all."""
        return await one_by_one(references, self._report)

    async def _report(self, reference: str) -> TrackingReport | None:
        try:
            return to_report(await self._send(calls.track_request(calls.reference_no(reference))), reference)
        except ProviderError as error:
            if is_unknown(error.message):
                return None
            raise
