"""FedEx: shipments under our own reference with their labels, their way, prices and cancellation. Two projects with keys of their own.

Must never create a shipment twice: FedEx takes one reference as often as it comes, and tracking is the only place to look it up, so
"not found" is no proof for hours after an answer was lost. Source of the facts: reference/cargo.md, "## FedEx".
"""

from __future__ import annotations

from collections.abc import Sequence

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
from app.kit.parcels import sender_of
from app.kit.tracks import one_by_one
from app.model import Parcel, Rate, Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import fedex_calls as calls
from providers.cargo.fedex_errors import fedex_errors, is_unknown
from providers.cargo.fedex_wire import (
    SETTLES,
    Piece,
    numbers_of,
    parse_created,
    parse_pieces,
    parse_rates,
    read_token,
    shipment_of,
    status_of_all,
    to_report,
    was_cancelled,
)

MADE, MOST_KEPT = (
    "made",
    60,
)  # in the account's notebook: numbers of new shipments by reference; tracking knows them later
NOBODY = "000000000000"  # a number of the right form that no parcel has


class Fedex:
    """One account number. Credentials: `ship_key`, `ship_secret`, `track_key`, `track_secret`, `account_number`, the sender's address
    (`sender_…`); `service`, `pickup` and `label_format` (zpl, epl, pdf, png) as a rule."""

    found_after = SETTLES

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._lost = LostAnswers(account, self.found_after)
        self._ship, self._track = self._signed("ship"), self._signed("track")

    def _signed(self, project: str) -> TokenAuth:
        return TokenAuth(
            store=self.account.tokens,
            name=f"fedex_{project}",
            now=self.account.now,
            fetch=lambda _: calls.token_request(self.account, project),
            read=lambda reply: read_token(self.account.now(), reply, f"{project}_secret"),
            place=bearer,
            renew_on=frozenset({401}),
        )

    def _trace(self) -> str:
        return self.account.nonce()

    async def _send(self, call: Call) -> Reply:
        auth = self._track if call.path.startswith("/track/") else self._ship
        return await send(self.http, call, auth=auth, errors=fedex_errors)

    async def probe(self) -> ProbeResult:
        """Tracking of a number that nobody has, and the price of a parcel to our own door: both pairs of keys, the account number and the
        sender's address. A refusal of that way proves them as well; a project without the Rates API is warned of."""
        await self._pieces_of(calls.number_request(NOBODY, self._trace()))
        to_us = ShipmentRequest("", sender_of(self.account), (Parcel(1000),))
        warnings: list[Message] = []
        try:
            await self._send(calls.rates_request(self.account, to_us, self._trace()))
        except ProviderError as error:
            wrong = error.message
            if wrong.code == "auth.forbidden":
                warnings.append(wrong)
            elif wrong.kind is not Kind.YOURS or wrong.code.startswith(("auth.", "config.")):
                raise
        return ProbeResult({"user": self.account.setting("account_number")}, tuple(warnings))

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """The shipment with one label a piece. Raises YoursError naming the field that FedEx would refuse."""
        wrong = calls.check_request(self.account, request)
        if wrong is not None:
            raise fail(wrong)
        key = calls.reference_value(request.reference)
        call = calls.create_request(self.account, request, self.account.now(), self._trace())
        with self._lost.asking(key):
            made = parse_created(await self._send(call), request.reference)
        self._note(key, made.tracking_number)
        return made

    def _noted(self) -> dict[str, str]:
        rows = (one.rpartition("=") for one in self.account.learnt.get(MADE, "").split())
        return {key: number for key, mark, number in rows if mark}

    def _note(self, key: str, number: str) -> None:
        """`number` of a shipment that was just made; '' to forget it."""
        rows = self._noted()
        rows.pop(key, None)
        if number:
            rows[key] = number
        if rows:
            self.account.learnt[MADE] = " ".join(f"{one}={told}" for one, told in list(rows.items())[-MOST_KEPT:])
        else:
            self.account.learnt.pop(MADE, None)

    async def _pieces_of(self, call: Call) -> list[Piece]:
        """() when FedEx says that it has none."""
        try:
            return parse_pieces(await self._send(call))
        except ProviderError as error:
            if is_unknown(error.message):
                return []
            raise

    async def _tracked(self, key: str, operation: str = "find") -> list[Piece]:
        now, trace = self.account.now(), self._trace()
        return await self._pieces_of(calls.reference_request(self.account, key, now, trace, operation))

    async def find(self, reference: str) -> Shipment | None:
        """By tracking, which may know a new shipment only after a while: None when it does not, we made none, and no answer was lost in
        the last hours. Its labels cannot be had a second time."""
        key = calls.reference_value(reference)
        pieces = await self._tracked(key)
        number = self._noted().get(key, "")
        if not pieces and number:
            return shipment_of(reference, ShipmentStatus.CREATED, [number])
        if not pieces:
            self._lost.believe(key)
            return None
        self._lost.settle(key)
        return shipment_of(reference, status_of_all(pieces), numbers_of(pieces))

    async def cancel(self, reference: str) -> Outcome:
        """The whole shipment, before FedEx has it. Cancelled before is done."""
        key = calls.reference_value(reference)
        pieces = await self._tracked(key)
        number = next(iter(numbers_of(pieces)), "") or self._noted().get(key, "")
        if not number:
            self._lost.believe(key)
            return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))
        if pieces and status_of_all(pieces) is ShipmentStatus.CANCELLED:
            self._note(key, "")
            return Outcome(reference, OutcomeState.DONE)
        try:
            if was_cancelled(await self._send(calls.cancel_request(self.account, number, self._trace()))):
                self._note(key, "")
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
        """Refused because it is cancelled already, or because it is too late."""
        pieces = await self._tracked(key)
        if pieces and status_of_all(pieces) is ShipmentStatus.CANCELLED:
            self._note(key, "")
            return Outcome(reference, OutcomeState.DONE)
        told = {"reference": reference, "operation": "cancel"}
        refusal = Message("item.conflict", told, wrong.vendor_code, wrong.vendor_text, wrong.status)
        return Outcome(reference, OutcomeState.REFUSED, refusal)

    # -- prices ----------------------------------------------------------------------------------------------------------
    async def rates(self, request: ShipmentRequest) -> tuple[Rate, ...]:
        """The account's own prices. Without a declared value those abroad may lack."""
        wrong = calls.check_rates(request)
        if wrong is not None:
            raise fail(wrong)
        return parse_rates(await self._send(calls.rates_request(self.account, request, self._trace())))

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One question a parcel. Unknown ones are left out, and one whose answer cannot be read, unless it is so with all."""
        return await one_by_one(references, self._report)

    async def _report(self, reference: str) -> TrackingReport | None:
        pieces = await self._tracked(calls.reference_value(reference), "track")
        return to_report(pieces, reference) if pieces else None
