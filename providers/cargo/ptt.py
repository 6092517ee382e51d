"""PTT Kargo's upload and tracking services (SOAP): parcels by our own reference and a number of the merchant's range.

Must never create a parcel twice: number and file follow from our reference, and what is there already is adopted.
Source of the facts: reference/cargo.md, "## PTT Kargo".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.contracts import NOT_SENT, Account, Kind, Message, Outcome, OutcomeState, ProbeResult, ProviderError, fail
from app.kit import Call, Reply, httpx, send
from app.model import Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import ptt_calls as calls
from providers.cargo import ptt_wire as wire

_NAMESPACE = "tracking_namespace"  # in the account's notebook
_SAME_FILE = 3  # names that are tried for one upload


class Ptt:
    """One contract. Credentials: customer number and password, the range of barcodes, a postal cheque account for cash."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, errors=wire.ptt_errors)

    async def _way(self, make: Callable[[str], Call]) -> wire.Way | None:
        """Asks the tracking service; where it does not know the namespace, its WSDL is read once."""
        namespace = self.account.learnt.get(_NAMESPACE, calls.TRACKING[0])
        try:
            return wire.parse_way(await self._send(make(namespace)))
        except ProviderError as error:
            if not wire.other_namespace(error.message):
                raise
            reply = await self._send(calls.namespace_request(self.account, make(namespace).operation))
            found = wire.parse_namespace(reply)
            if found == namespace:
                raise
            self.account.learnt[_NAMESPACE] = found
            return wire.parse_way(await self._send(make(found)))

    async def _find(self, reference: str, operation: str) -> wire.Way | None:
        return await self._way(lambda ns: calls.find_request(self.account, reference, operation, ns))

    async def probe(self) -> ProbeResult:
        """Asks for a barcode that nobody has: "not found" means that customer number and password are right."""
        calls.numbers_of(self.account)
        nobodys = calls.with_check_digit("000000000000")
        await self._way(lambda ns: calls.probe_request(self.account, nobodys, ns))
        return ProbeResult({"user": self.account.setting("customer_id")})

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """No label comes back: the parcel carries `barcode` as Code 128. Raises YoursError naming the field."""
        numbers = calls.numbers_of(self.account)
        wrong = calls.check_request(request)
        if wrong is not None:
            raise fail(wrong)
        result = wire.Result("", "")
        for turn in range(min(calls.TURNS, numbers.count)):
            barcode = calls.barcode(self.account, request.reference, turn)
            result = await self._upload(request, turn, barcode)
            if result.done:
                return wire.to_shipment(request.reference, wire.Way(barcode))
            if not result.used:
                raise fail(wire.of_words(result.code, result.text).about(operation="create"))
            found = await self._find(request.reference, "create")
            if found is not None and found.status is not ShipmentStatus.CANCELLED:
                return wire.to_shipment(request.reference, found)
            if found is not None:  # called off: PTT takes a reference once
                raise fail(_used("item.duplicate", result))
            if (
                result.used != "barcode"
            ):  # it is there and not to be seen yet; another reference would make a second parcel
                raise fail(_used("item.conflict", result))
        # Every number that was drawn is another parcel's: next to nothing of the range can be left.
        raise fail(Message("config.field", {"field": "barcode_to", "why": "numbers_used"}, result.code, result.text, field="barcode_to"))  # fmt: skip

    async def _upload(self, request: ShipmentRequest, turn: int, barcode: str) -> wire.Result:
        """One number. A file of this name may have failed before: then it goes under another name, unless it was ours that went
        through, which the caller looks up."""
        result = wire.Result("", "")
        for again in range(_SAME_FILE):
            reply = await self._send(calls.create_request(self.account, request, turn, again))
            result = wire.parse_created(reply, barcode)
            if result.used != "file" or await self._find(request.reference, "create") is not None:
                break
        return result

    async def find(self, reference: str) -> Shipment | None:
        """By our reference, which PTT takes once."""
        found = await self._find(reference, "find")
        return None if found is None else wire.to_shipment(reference, found)

    async def cancel(self, reference: str) -> Outcome:
        """Only before PTT has accepted the parcel; cancelled before is done."""
        found = await self._find(reference, "cancel")
        if found is not None and found.status is ShipmentStatus.CANCELLED:
            return Outcome(reference, OutcomeState.DONE)
        # Whether tracking shows what is uploaded and not accepted yet is written nowhere: then the first number is tried.
        barcode = found.barcode if found is not None else calls.barcode(self.account, reference)
        turn = calls.turn_of(self.account, reference, barcode)
        result = wire.Result("", "")
        for again in range(_SAME_FILE if found is not None else 1):
            file = calls.file_name(reference, turn, again)
            try:
                reply = await self._send(calls.cancel_request(self.account, barcode, file))
                result = wire.parse_cancelled(reply)
            except ProviderError as error:
                if error.message.kind is Kind.YOURS or (error.message.code in NOT_SENT and not again):
                    raise
                return Outcome(reference, OutcomeState.UNKNOWN, error.message)
            if not wire.is_unknown(result):
                break
        if found is None and wire.is_unknown(result):
            told = Message("item.not_found", {"reference": reference}, result.code, result.text)
            return Outcome(reference, OutcomeState.REFUSED, told)
        return _cancelled(reference, result)

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One question a parcel. One whose record cannot be read costs only itself; when the line fails, what is known is told."""
        reports: list[TrackingReport] = []
        unreadable: ProviderError | None = None
        for reference in references:
            try:
                found = await self._find(reference, "track")
            except ProviderError as error:
                if error.message.kind is Kind.OURS:
                    unreadable = error
                    continue
                if not reports:
                    raise
                break
            if found is not None:
                reports.append(wire.to_report(reference, found))
        if unreadable is not None and not reports:
            raise unreadable
        return tuple(reports)


def _used(code: str, result: wire.Result) -> Message:
    return Message(code, {"field": "reference"}, result.code, result.text, field="reference")


def _cancelled(reference: str, result: wire.Result) -> Outcome:
    if result.done:
        return Outcome(reference, OutcomeState.DONE)
    if wire.too_late(result):
        return Outcome(reference, OutcomeState.REFUSED, Message("item.conflict", {}, result.code, result.text))
    if wire.is_unknown(result):  # PTT knows the parcel, but under a file name that is not ours
        return Outcome(reference, OutcomeState.REFUSED, Message("item.refused", {}, result.code, result.text))
    wrong = wire.of_words(result.code, result.text)
    if wrong.code.startswith("auth."):
        raise fail(wrong.about(operation="cancel"))
    state = OutcomeState.UNKNOWN if wrong.kind is Kind.THEIRS else OutcomeState.REFUSED
    return Outcome(reference, state, wrong)
