"""TNT ExpressConnect (XML): consignments with our customer reference, their way, and prices.

Must never make a consignment twice: TNT takes a reference again and again, so the code of a result is kept until it is read, and after a
lost answer "not found" is not believed for half an hour. There is no call that cancels. Source: reference/cargo.md, "## TNT".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from app.contracts import (
    Account,
    Kind,
    Message,
    Outcome,
    OutcomeState,
    ProbeResult,
    ProviderError,
    TheirsError,
    YoursError,
    fail,
)
from app.kit import BasicAuth, Call, Reply, httpx, send
from app.kit.lost import LostAnswers
from app.model import Rate, Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import tnt_calls as calls
from providers.cargo import tnt_rules as rules
from providers.cargo import tnt_wire as wire
from providers.cargo.tnt_errors import tnt_errors
from providers.cargo.tnt_letters import changes

RESULTS, MOST_KEPT = "results", 60  # in the account's notebook: our reference and the code of its result
MOST_ASKED = 50  # references in one question


class Tnt:
    """One account number. Credentials: `username`, `password`, `account_number`, `account_country`, the sender's fields; `service`,
    `currency`, `pickup` (yes: a collection is booked for every consignment)."""

    #: How soon tracking knows a new shipment is not published.
    found_after = timedelta(minutes=30)

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = BasicAuth(account.setting("username"), account.secret("password"))
        self._lost = LostAnswers(account, self.found_after)

    async def _send(self, call: Call) -> Reply:
        """The shipping service has user and password in its XML, the others in the header."""
        auth = None if call.path == calls.SHIP else self._auth
        return await send(self.http, call, auth=auth, errors=tnt_errors)

    async def probe(self) -> ProbeResult:
        """User, password and account, by a price."""
        wire.parse_rates(await self._send(calls.probe_request(self.account)))
        return ProbeResult({"user": self.account.setting("account_number")})

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """The consignment; no label comes: the parcel carries `barcode`. What is written without its Turkish letters stands in `extra`
        as before → after. Raises YoursError naming the field."""
        wrong = rules.check_request(self.account, request)
        if wrong is not None:
            raise fail(wrong)
        call, key = calls.create_request(self.account, request), rules.reference_key(request.reference)
        if key in self._lost:
            found = await self.find(request.reference)
            if found is not None:
                return found
        with self._lost.asking(key):
            code = wire.parse_code(await self._send(call))
            self._keep(key, code)
            result = await self._result(key, code)
        return await self._labelled(request, result)

    async def _result(self, key: str, code: str) -> wire.Result:
        """What came of it; what was made and not handed over is handed over once more. Raises ProviderError."""
        reply = await self._send(calls.result_request(code))
        try:
            result = wire.parse_result(reply)
        except (YoursError, TheirsError):
            self._keep(key, "")  # TNT says that it made nothing
            raise
        if result.shipped is not True:
            again = wire.parse_code(await self._send(calls.ship_again_request(self.account, result.number)))
            repeated = wire.parse_result(await self._send(calls.result_request(again)))
            if repeated.shipped is not True:
                raise fail(Message("server.error", {"operation": "create"}))
        return result

    async def _labelled(self, request: ShipmentRequest, result: wire.Result) -> Shipment:
        """With the barcode of each piece where the label service tells it, else the consignment's number: the parcel is made, and a
        label service that is down or refuses must not make it look lost. Raises ProviderError for an answer that cannot be read: `find`
        then tells what there is."""
        told = changes(request.receiver, {"content": request.content, "note": request.note})
        extra = {f"letters.{field}": text for field, text in told.items()}
        if result.booked is not None:
            extra["pickup"] = (result.booking or "yes") if result.booked else "no"
        codes = ""
        try:
            reply = await self._send(calls.label_request(self.account, request, result.number))
            codes, route = wire.parse_barcodes(reply, len(request.parcels))
            extra |= route
        except ProviderError as error:
            if error.message.kind is Kind.OURS or error.message.code in ("server.html", "server.too_large"):
                self._lost.note(rules.reference_key(request.reference))
                raise
            extra["label"] = error.message.code
        made = self._made(request.reference, result.number)
        return msgspec.structs.replace(made, barcode=codes or result.number, extra=extra)

    def _made(self, reference: str, number: str) -> Shipment:
        return wire.to_shipment(reference, wire.Found(number, "INT"))

    async def _found(self, key: str, operation: str) -> wire.Found | None:
        """None only when TNT says that it has no consignment under the reference."""
        reply = await self._send(calls.track_request(self.account, [key], operation))
        found = wire.parse_found(reply, [key])
        if key not in found:
            raise fail(Message("answer.unexpected", {"operation": operation, "reason": "other references"}))
        return found[key]

    async def find(self, reference: str) -> Shipment | None:
        """By our reference; what tracking does not show yet, by the kept code of its result. Raises TheirsError while a lost creation
        may still show up."""
        key = rules.reference_key(reference)
        found = await self._found(key, "find")
        if found is not None:
            self._lost.settle(key)
            return wire.to_shipment(reference, found)
        code = self._results().get(key, "")
        if code:
            try:
                result = await self._result(key, code)
            except ProviderError:
                if key in self._results():
                    raise
                self._lost.settle(key)
                return None
            self._lost.settle(key)
            return self._made(reference, result.number)
        self._lost.believe(key)
        return None

    async def cancel(self, reference: str) -> Outcome:
        """TNT has no call for it, and the refusal says so."""
        try:
            found = await self.find(reference)
        except ProviderError as error:
            if error.message.code == "net.cut":
                return Outcome(reference, OutcomeState.UNKNOWN, error.message)
            raise
        if found is None:
            return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))
        waits = found.status in (ShipmentStatus.CREATED, ShipmentStatus.UNKNOWN)
        code = "item.no_cancel" if waits else "item.conflict"
        return Outcome(reference, OutcomeState.REFUSED, Message(code, {"reference": reference}))

    def _results(self) -> dict[str, str]:
        rows = (one.rpartition("=") for one in self.account.learnt.get(RESULTS, "").split())
        return {key: code for key, _, code in rows if key}

    def _keep(self, key: str, code: str) -> None:
        kept = {name: told for name, told in {**self._results(), key: code}.items() if told}
        if kept:
            self.account.learnt[RESULTS] = " ".join(f"{name}={told}" for name, told in list(kept.items())[-MOST_KEPT:])
        else:
            self.account.learnt.pop(RESULTS, None)

    # -- tracking and prices ---------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """Fifty parcels a question. Unknown ones are left out."""
        keys = {rules.reference_key(reference): reference for reference in references}
        names, reports = list(keys), []
        for start in range(0, len(names), MOST_ASKED):
            part = names[start : start + MOST_ASKED]
            reply = await self._send(calls.track_request(self.account, part))
            told = wire.parse_found(reply, part)
            if not told:
                raise fail(Message("answer.unexpected", {"operation": "track", "reason": "other references"}))
            reports += [wire.to_report(keys[key], one) for key, one in told.items() if one is not None]
        return tuple(reports)

    async def rates(self, request: ShipmentRequest) -> tuple[Rate, ...]:
        """The account's prices for this way, VAT included, cheapest first."""
        wrong = rules.check_rates(request)
        if wrong is not None:
            raise fail(wrong)
        return wire.parse_rates(await self._send(calls.price_request(self.account, request)))
