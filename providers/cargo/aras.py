"""Aras Kargo's two SOAP services: shipments by our own code, their cancellation, labels where the account has them, their way.

Must never create a parcel twice: a code that exists is adopted, and "not found" is said only when both services say so.
Source of the facts: reference/cargo.md, "## Aras Kargo".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from app.contracts import NOT_SENT, Account, Kind, Message, Outcome, OutcomeState, ProbeResult, ProviderError, fail
from app.kit import Call, Reply, httpx, send
from app.model import Label, LabelFormat, Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import aras_calls as calls
from providers.cargo import aras_wire as wire

Rows = Mapping[str, list[Mapping[str, str]]]


class Aras:
    """One customer. Credentials: a user for orders, a user for questions with the customer code, `carrier_label` (own, pdf, zpl)."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, errors=wire.aras_errors)

    async def probe(self) -> ProbeResult:
        """Asks the order service for a code that nobody has, and the query service for a number: both users are needed."""
        calls.query_user(self.account)
        code = calls.number_of(self.account.nonce(), 16)
        wire.parse_order(await self._send(calls.order_request(self.account, code, "probe")), code)
        if not wire.parse_rows(reply := await self._send(calls.probe_request(self.account))):
            raise fail(Message("answer.field_missing", {"field": "Collection", "operation": reply.operation}))
        users = (calls.orders_user(self.account).name, calls.query_user(self.account).name)
        return ProbeResult({"user": ", ".join(users)}, await self._label_right(code))

    async def _label_right(self, code: str) -> tuple[Message, ...]:
        """A warning where the merchant chose the carrier's labels and the account may not have them: ours are printed then."""
        if self._label_format() is None:
            return ()
        reply = await self._send(calls.label_request(self.account, code, "probe"))
        wrong = wire.label_error(reply)
        if wrong is None or wrong.code != "auth.forbidden":
            return ()
        return (msgspec.structs.replace(wrong, field="carrier_label").about(field="carrier_label"),)

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """`barcode` holds what each piece carries as Code 128, with spaces between. Raises YoursError naming the field."""
        wrong = calls.check_request(request)
        if wrong is not None:
            raise fail(wrong)
        code = calls.integration_code(request.reference)
        result = wire.parse_created(await self._send(calls.create_request(self.account, request)), code)
        if result.code in wire.THERE:
            return await self._adopt(request.reference, result)
        wrong = wire.result_error(result)
        if wrong is not None:
            raise fail(wrong.about(operation="create"))
        barcodes = calls.piece_barcodes(request.reference, len(request.parcels))
        return wire.to_shipment(request.reference, code, barcodes, [], await self._labels(code))

    async def _adopt(self, reference: str, result: wire.Result) -> Shipment:
        """The code was made from our reference, so the shipment that has it is ours; one that was called off keeps its code."""
        found = await self.find(reference)
        if found is None:
            raise fail(Message("item.duplicate", {"field": "reference"}, result.code, result.text, field="reference"))
        return found

    async def _labels(self, code: str) -> tuple[Label, ...]:
        """The carrier's label where the merchant chose it. Its lack never costs the shipment, which exists: ours is printed then."""
        wanted = self._label_format()
        if wanted is None:
            return ()
        try:
            return wire.parse_labels(await self._send(calls.label_request(self.account, code)), wanted)
        except ProviderError:
            return ()

    def _label_format(self) -> LabelFormat | None:
        wanted = self.account.setting("carrier_label", "own")
        return LabelFormat(wanted) if wanted in (LabelFormat.PDF, LabelFormat.ZPL) else None

    async def find(self, reference: str) -> Shipment | None:
        """None only when both services say that they do not know the code."""
        code = calls.integration_code(reference)
        barcodes = wire.parse_order(await self._send(calls.order_request(self.account, code)), code)
        try:
            rows = (await self._rows([code], "find")).get(code, [])
        except ProviderError:
            if barcodes is None:
                raise
            rows = []  # it is there; where it is, is asked for again soon enough
        if barcodes is None and not rows:
            return None
        barcodes = barcodes or calls.piece_barcodes(reference, _count(rows))
        return wire.to_shipment(reference, code, barcodes, rows, await self._labels(code))

    async def cancel(self, reference: str) -> Outcome:
        """Only before the branch has cut the waybill; cancelled before is done."""
        try:
            reply = await self._send(calls.cancel_request(self.account, calls.integration_code(reference)))
            result = wire.parse_cancelled(reply)
        except ProviderError as error:
            if error.message.kind is Kind.YOURS or error.message.code in NOT_SENT:
                raise
            return Outcome(reference, OutcomeState.UNKNOWN, error.message)
        wrong = wire.result_error(result)
        if wrong is None:
            return Outcome(reference, OutcomeState.DONE)
        if wrong.code.startswith("auth."):
            raise fail(wrong.about(operation="cancel"))
        state = OutcomeState.UNKNOWN if wrong.kind is Kind.THEIRS else OutcomeState.REFUSED
        return Outcome(reference, state, wrong)

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """The query service knows a shipment from its waybill on; before that the order service is asked, one code a call."""
        by_code = {calls.integration_code(reference): reference for reference in references}
        reports: list[TrackingReport] = []
        codes = list(by_code)
        for start in range(0, len(codes), calls.CODES_A_QUERY):
            rows = await self._rows(codes[start : start + calls.CODES_A_QUERY], "track")
            reports += [wire.to_report(by_code[code], found) for code, found in rows.items() if code in by_code]
        told = {one.reference for one in reports}
        for code in [code for code, reference in by_code.items() if reference not in told]:
            try:
                reply = await self._send(calls.order_request(self.account, code, "track"))
                known = wire.parse_order(reply, code) is not None
            except ProviderError:
                if not reports:
                    raise
                break  # the others are asked for next time; what is known is told now
            if known:
                reports.append(TrackingReport(by_code[code], ShipmentStatus.CREATED))
        return tuple(reports)

    async def _rows(self, codes: Sequence[str], operation: str) -> Rows:
        return wire.by_code(wire.parse_rows(await self._send(calls.track_request(self.account, codes, operation))))


def _count(rows: Sequence[Mapping[str, str]]) -> int:
    """How many pieces the carrier counted; 1 where it does not say."""
    text = rows[0].get("ADET", "") if rows else ""
    return min(max(int(text), 1), 99) if text.isascii() and text.isdigit() and len(text) < 4 else 1
