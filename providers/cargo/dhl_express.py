"""DHL Express (MyDHL API): shipments with their labels in the printer's language, their way by our own reference, and prices.

Must never make a shipment twice: DHL takes a reference again and again, so after a lost answer "not found" is not believed for half an
hour. It has no call that cancels a shipment, which is said as it is. Source: reference/cargo.md, "## DHL Express (MyDHL API)".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

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
from app.kit import BasicAuth, Call, Reply, httpx, send
from app.kit.lost import LostAnswers
from app.kit.tracks import one_by_one
from app.model import Label, Rate, Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import dhl_express_calls as calls
from providers.cargo import dhl_express_wire as wire
from providers.cargo.dhl_express_errors import dhl_errors, is_unknown

PICKUPS, MOST_KEPT = "pickups", 60  # in the account's notebook: our reference and the number of its pick-up


class DhlExpress:
    """One account number. Credentials: the API's `username` and `password`, `account_number`, the sender's fields; `label_format`
    (pdf, zpl, epl), `label_dpi`, `service`, `pickup` (yes: a courier is called for every shipment)."""

    #: How soon tracking knows a new shipment is not published.
    found_after = timedelta(minutes=30)

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = BasicAuth(account.setting("username"), account.secret("password"))
        self._lost = LostAnswers(account, self.found_after)

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=dhl_errors)

    async def probe(self) -> ProbeResult:
        """User, password and account number. "No products" is an answer, too: the key was right."""
        try:
            wire.parse_products(await self._send(calls.probe_request(self.account)))
        except ProviderError as error:
            if not is_unknown(error.message):
                raise
        return ProbeResult({"user": self.account.setting("account_number")})

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """The shipment with its labels. Raises YoursError naming the field that DHL would refuse."""
        wrong = calls.check_request(self.account, request)
        if wrong is not None:
            raise fail(wrong)
        call, key = calls.create_request(self.account, request), calls.reference_key(request.reference)
        if key in self._lost:
            found = await self.find(request.reference)
            if found is not None:
                return found
        dpi = 300 if self.account.setting("label_dpi") == "300" else 203
        with self._lost.asking(key):
            made, pickup = wire.parse_created(await self._send(call), request.reference, dpi)
        if pickup:
            self._note_pickup(key, pickup)
        return made

    async def _found(self, key: str, operation: str = "find") -> wire.Found | None:
        """None only when DHL says that it has no shipment under the reference."""
        try:
            reply = await self._send(calls.find_request(self.account, key, operation))
        except ProviderError as error:
            if is_unknown(error.message):
                return None
            raise
        return wire.parse_found(reply, key)

    async def find(self, reference: str) -> Shipment | None:
        """By our reference. What still waits for its courier comes with the waybill document, all that DHL gives a second time.
        Raises TheirsError while a lost creation may still show up."""
        key = calls.reference_key(reference)
        found = await self._found(key)
        if found is None:
            self._lost.believe(key)
            return None
        self._lost.settle(key)
        labels = await self._waybill(found) if found.status is ShipmentStatus.CREATED else ()
        return wire.to_shipment(reference, found, labels)

    async def _waybill(self, found: wire.Found) -> tuple[Label, ...]:
        """Nothing when DHL keeps no picture of it."""
        month = f"{(found.made_at or self.account.now()).astimezone(calls.ISTANBUL):%Y-%m}"
        try:
            return wire.parse_images(await self._send(calls.image_request(self.account, found.number, month)))
        except ProviderError as error:
            if error.message.kind is Kind.YOURS and not error.message.code.startswith("auth."):
                return ()
            raise

    async def cancel(self, reference: str) -> Outcome:
        """DHL has no call for it: the pick-up is called off where one was booked, and the refusal says that the waybill stays."""
        key = calls.reference_key(reference)
        found = await self._found(key, "cancel")
        if found is None:
            self._lost.believe(key)
            return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))
        if found.status not in (ShipmentStatus.CREATED, ShipmentStatus.UNKNOWN):
            return Outcome(reference, OutcomeState.REFUSED, Message("item.conflict", {"reference": reference}))
        pickup = self._pickups().get(key, "")
        if pickup:
            try:
                await self._send(calls.cancel_pickup_request(self.account, pickup))
            except ProviderError as error:
                if error.message.code.startswith("auth.") or error.message.code in NOT_SENT:
                    raise
                if error.message.kind is not Kind.YOURS:
                    return Outcome(reference, OutcomeState.UNKNOWN, error.message)
            self._note_pickup(key, "")
        return Outcome(reference, OutcomeState.REFUSED, Message("item.no_cancel", {"reference": reference}))

    def _pickups(self) -> dict[str, str]:
        rows = (one.rpartition("=") for one in self.account.learnt.get(PICKUPS, "").split())
        return {key: number for key, _, number in rows if key}

    def _note_pickup(self, key: str, number: str) -> None:
        kept = {**self._pickups(), key: number.replace(" ", "")}
        rows = [f"{one}={told}" for one, told in kept.items() if told][-MOST_KEPT:]
        if rows:
            self.account.learnt[PICKUPS] = " ".join(rows)
        else:
            self.account.learnt.pop(PICKUPS, None)

    # -- tracking and prices ---------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One question a parcel. Unknown ones are left out, and one whose answer cannot be read, unless it is so with all."""
        return await one_by_one(references, self._report)

    async def _report(self, reference: str) -> TrackingReport | None:
        found = await self._found(calls.reference_key(reference), "track")
        return wire.to_report(reference, found) if found is not None else None

    async def rates(self, request: ShipmentRequest) -> tuple[Rate, ...]:
        """The account's prices for this way, cheapest first; none when DHL sells nothing there."""
        wrong = calls.check_rates(request)
        if wrong is not None:
            raise fail(wrong)
        try:
            return wire.parse_rates(await self._send(calls.rates_request(self.account, request)))
        except ProviderError as error:
            if is_unknown(error.message):
                return ()
            raise
