"""Yurtiçi Kargo's order service (SOAP): shipments by our own key, their cancellation and their way.

Must never create a parcel twice: a key that exists is adopted, and "not found" is said only when every user of the account
says so. Source of the facts: reference/cargo.md, "## Yurtiçi Kargo".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.contracts import NOT_SENT, Account, Kind, Message, Outcome, OutcomeState, ProbeResult, ProviderError, fail
from app.kit import Call, Reply, httpx, send
from app.model import Shipment, ShipmentRequest, ShipmentStatus, TrackingReport
from providers.cargo import yurtici_calls as calls
from providers.cargo.yurtici_calls import KeySet, Payment
from providers.cargo.yurtici_wire import (
    CANCELLED_BEFORE,
    EXISTS,
    NOT_OURS,
    Detail,
    detail_error,
    parse_details,
    status_of,
    to_report,
    to_shipment,
    yurtici_errors,
)


class Yurtici:
    """One contract. Credentials: a user and password for each way of paying, the sender's required; `language` TR or EN."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account

    async def _details(self, call: Call) -> dict[str, Detail]:
        reply: Reply = await send(self.http, call, errors=yurtici_errors)
        return parse_details(reply)

    async def probe(self) -> ProbeResult:
        """Asks for a key that nobody has, with each user: an error for the key means that the user is right."""
        key = "PX" + "".join(c for c in self.account.nonce() if c.isalnum())[:14].ljust(6, "0")
        sets = calls.key_sets(self.account)
        await self._details(calls.query_request(sets[0], [key], "probe"))
        warnings: list[Message] = []
        names = ["sender"]
        for one in sets[1:]:
            try:
                await self._details(calls.query_request(one, [key], "probe"))
                names.append(one.payment.value)
            except ProviderError as error:
                if error.message.kind is not Kind.YOURS:
                    raise
                field = one.payment.field("password")
                warnings.append(msgspec.structs.replace(error.message, field=field).about(field=field))
        return ProbeResult({"user": sets[0].user, "payments": ", ".join(names)}, tuple(warnings))

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """No label comes back: the parcel carries `barcode` (our key) as Code 128. Raises YoursError naming the field."""
        payment = calls.payment_of(request)
        wrong = calls.check_request(request)
        if wrong is not None:
            raise fail(wrong)
        keys = calls.key_set(self.account, payment)
        key = calls.cargo_key(request.reference)
        detail = _of_key(await self._details(calls.create_request(keys, request)), key, "create")
        if detail.code == EXISTS:
            return await self._adopt(request, detail, keys)
        wrong = detail_error(detail, payment.field("username"))
        if wrong is not None:
            raise fail(wrong.about(operation="create"))
        return to_shipment(request.reference, detail, _name(keys))

    async def _adopt(self, request: ShipmentRequest, detail: Detail, keys: KeySet) -> Shipment:
        """The key was made from our reference, so the shipment that has it is ours – unless it is cancelled: keys are never
        free again."""
        try:
            found = await self.find(request.reference)
        except ProviderError as error:
            if error.message.code != "rate.limited":
                raise
            return to_shipment(request.reference, msgspec.structs.replace(detail, code="", text=""), _name(keys))
        if found is None or found.status is ShipmentStatus.CANCELLED:
            raise fail(detail_error(detail) or Message("item.duplicate"))
        return found

    async def find(self, reference: str) -> Shipment | None:
        """None only when every user of the account says that the key is not theirs."""
        key = calls.cargo_key(reference)
        for keys in calls.key_sets(self.account):
            detail = _of_key(await self._details(calls.query_request(keys, [key])), key, "find")
            if detail.code == NOT_OURS:
                continue
            wrong = detail_error(detail)
            if wrong is not None:
                raise fail(wrong.about(operation="find"))
            return to_shipment(reference, detail, _name(keys))
        return None

    async def cancel(self, reference: str) -> Outcome:
        """Only before the branch has cut the document; cancelled before is done."""
        key = calls.cargo_key(reference)
        sent = False
        for keys in calls.key_sets(self.account):
            try:
                detail = _of_key(await self._details(calls.cancel_request(keys, key)), key, "cancel")
            except ProviderError as error:
                if error.message.kind is Kind.YOURS or (error.message.code in NOT_SENT and not sent):
                    raise
                return Outcome(reference, OutcomeState.UNKNOWN, error.message)
            sent = True
            if detail.code != NOT_OURS:
                return _cancelled(reference, detail)
        return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """Keys that were asked for less than a minute ago are left out; when that is all of them, it is rate.limited."""
        left = {calls.cargo_key(reference): reference for reference in references}
        reports: list[TrackingReport] = []
        soon: Message | None = None
        for keys in calls.key_sets(self.account):
            wanted = list(left)
            for start in range(0, len(wanted), calls.KEYS_A_QUERY):
                part = wanted[start : start + calls.KEYS_A_QUERY]
                for detail in (await self._details(calls.query_request(keys, part, "track", history=True))).values():
                    wrong = detail_error(detail)
                    if detail.key not in left or detail.code == NOT_OURS:
                        continue
                    reference = left.pop(detail.key)
                    if wrong is None:
                        reports.append(to_report(reference, detail))
                    elif wrong.code == "rate.limited":
                        soon = wrong
            if not left:
                break
        if soon is not None and not reports:
            raise fail(soon.about(operation="track"))
        return tuple(reports)


def _name(keys: KeySet) -> str:
    return keys.payment.value or "sender"


def _of_key(details: dict[str, Detail], key: str, operation: str) -> Detail:
    """Raises OursError when the answer does not speak of our key: silence is no yes."""
    found = details.get(key)
    if found is None and len(details) == 1 and "" in details:  # an error about the key itself does not repeat it
        found = details[""]
    if found is None:
        raise fail(Message("answer.field_missing", {"field": "cargoKey", "operation": operation}, field="cargoKey"))
    return found


def _cancelled(reference: str, detail: Detail) -> Outcome:
    gone = status_of(detail) is ShipmentStatus.CANCELLED
    if detail.code == CANCELLED_BEFORE or (gone and not detail.code):
        return Outcome(reference, OutcomeState.DONE)
    wrong = detail_error(detail)
    if wrong is None and not detail.text and detail.state in ("", "NOP"):
        return Outcome(reference, OutcomeState.DONE)
    # The branch has cut the document: some answers say so without an error code.
    fallback = Message("item.conflict", {"status": detail.state}, detail.state, detail.text)
    return Outcome(reference, OutcomeState.REFUSED, wrong or fallback)


__all__ = ["Payment", "Yurtici"]
