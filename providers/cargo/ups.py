"""UPS (global REST): shipments under our own reference with their labels, their way, prices and voiding.

Must never create a shipment twice: UPS takes one reference as often as it comes, so "not found" is said only when tracking and the
label service both do not know it, and not soon after an answer was lost. Source: reference/cargo.md, "## UPS (global REST)".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

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
from app.kit.lost import LostAnswers
from app.kit.tracks import one_by_one
from app.model import Rate, Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import ups_calls as calls
from providers.cargo.ups_errors import is_unknown, ups_errors, was_voided
from providers.cargo.ups_tracking import (
    Package,
    check_tracking,
    numbers_of,
    parse_packages,
    status_of_all,
    to_report,
)
from providers.cargo.ups_wire import (
    SETTLES,
    Recovered,
    parse_created,
    parse_rates,
    parse_recovered,
    read_token,
    shipment_of,
    was_cancelled,
)

NOBODY = "1Z9999999999999999"  # a number of the right form that no parcel has


class Ups:
    """One account number. Credentials: the app's `client_id` and `client_secret`, `account_number`, the sender's address (`sender_…`);
    `service` and `label_format` (zpl, epl, pdf) as a rule."""

    found_after = SETTLES

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._lost = LostAnswers(account, self.found_after)
        self._auth = TokenAuth(
            store=account.tokens,
            name="ups",
            now=account.now,
            fetch=lambda _: calls.token_request(account),
            read=lambda reply: read_token(account.now(), reply),
            place=bearer,
            renew_on=frozenset({401}),
        )

    def _trace(self) -> str:
        return self.account.nonce()

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=ups_errors)

    async def _known(self, call: Call) -> Reply | None:
        """None when UPS says that it has no such record."""
        try:
            return await self._send(call)
        except ProviderError as error:
            if is_unknown(error.message):
                return None
            raise

    async def probe(self) -> ProbeResult:
        """The token, and a number that nobody has: "not found" proves that tracking may be used."""
        reply = await self._known(calls.number_request(NOBODY, self._trace()))
        if reply is not None:
            check_tracking(reply)
        return ProbeResult({"user": self.account.setting("account_number")})

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """The shipment with one label a piece. Raises YoursError naming the field that UPS would refuse."""
        wrong = calls.check_request(self.account, request)
        if wrong is not None:
            raise fail(wrong)
        key = calls.reference_value(request.reference)
        call = calls.create_request(self.account, request, self.account.now(), self._trace())
        with self._lost.asking(key):
            made = parse_created(await self._send(call), request.reference)
        if self.account.setting("label_format") != "pdf":
            return made
        again: Recovered | None = None  # UPS draws PDF only for labels that exist
        with suppress(ProviderError):  # the shipment is made: `find` fetches what is missing
            again = await self._recovered(key)
        return msgspec.structs.replace(made, labels=again.labels if again is not None else ())

    async def _recovered(self, key: str) -> Recovered | None:
        """What the label service has; None when it says that there is nothing."""
        reply = await self._known(calls.label_request(self.account, key, self._trace()))
        return parse_recovered(reply) if reply is not None else None

    async def _tracked(self, key: str, operation: str = "find") -> list[Package]:
        """The pieces that tracking has; () when it says that there are none."""
        call = calls.reference_request(self.account, key, self.account.now(), self._trace(), operation)
        reply = await self._known(call)
        return parse_packages(reply) if reply is not None else []

    async def find(self, reference: str) -> Shipment | None:
        """None only when tracking and the label service both say so, and no answer about it was lost lately."""
        key = calls.reference_value(reference)
        packages = await self._tracked(key)
        status = status_of_all(packages) if packages else ShipmentStatus.CREATED
        if packages and status not in (ShipmentStatus.CREATED, ShipmentStatus.UNKNOWN):
            self._lost.settle(key)
            return shipment_of(reference, status, numbers_of(packages))  # on its way: nobody prints it any more
        found = await self._recovered(key)
        if found is not None:
            self._lost.settle(key)
            made = shipment_of(reference, status, found.numbers, found.shipment_id)
            return msgspec.structs.replace(made, labels=found.labels)
        if packages:
            self._lost.settle(key)
            return shipment_of(reference, status, numbers_of(packages))
        self._lost.believe(key)
        return None

    async def cancel(self, reference: str) -> Outcome:
        """Voids the whole shipment; only before it was picked up. Void before is done."""
        key = calls.reference_value(reference)
        packages = await self._tracked(key)
        if packages and status_of_all(packages) is ShipmentStatus.CANCELLED:
            return Outcome(reference, OutcomeState.DONE)
        found = await self._recovered(key)
        number = found.shipment_id if found is not None else next(iter(numbers_of(packages)), "")
        if not number:
            self._lost.believe(key)
            return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))
        try:
            if was_cancelled(await self._send(calls.cancel_request(number, self._trace()))):
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
        """Refused because it is void already, or because it is too late."""
        if was_voided(wrong):
            return Outcome(reference, OutcomeState.DONE)
        packages = await self._tracked(key)
        if packages and status_of_all(packages) is ShipmentStatus.CANCELLED:
            return Outcome(reference, OutcomeState.DONE)
        told = {"reference": reference, "operation": "cancel"}
        refusal = Message("item.conflict", told, wrong.vendor_code, wrong.vendor_text, wrong.status)
        return Outcome(reference, OutcomeState.REFUSED, refusal)

    # -- prices ----------------------------------------------------------------------------------------------------------
    async def rates(self, request: ShipmentRequest) -> tuple[Rate, ...]:
        """The account's own prices where it has some; working days."""
        wrong = calls.check_way(request)
        if wrong is not None:
            raise fail(wrong)
        return parse_rates(await self._send(calls.rates_request(self.account, request, self._trace())))

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One question a parcel. Unknown ones are left out, and one whose answer cannot be read, unless it is so with all."""
        return await one_by_one(references, self._report)

    async def _report(self, reference: str) -> TrackingReport | None:
        packages = await self._tracked(calls.reference_value(reference), "track")
        return to_report(packages, reference) if packages else None
