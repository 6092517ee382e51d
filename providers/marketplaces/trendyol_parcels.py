"""What a seller tells Trendyol of its packages: Picking, tracking numbers, splits, boxes, invoices; and the labels that it prints.
Must never set a package to anything but Picking: Shipped and Delivered are the carrier's to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from app.contracts import Message, Outcome, OutcomeState, ProviderError, Receipt, fail
from app.kit import Reply, decode_json, each_alone
from app.model import Label, LabelFormat, Order, OrderStatus, ShipmentNotice
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces import trendyol_service as service
from providers.marketplaces.trendyol_base import TrendyolAccount, judged

#: The seller has told these, or the carrier has gone past them.
TOLD = frozenset({"Picking", "Invoiced", "Shipped", "AtCollectionPoint", "Delivered", "UnDelivered", "Returned"})
#: Answers behind which the state of the package tells more than the words (401: see `TrendyolAccount._missing`).
_LOOK = (400, 401, 404, 409)


class LabelWire(msgspec.Struct):
    label: str
    format: str = "ZPL"


class LabelsWire(msgspec.Struct):
    data: list[LabelWire] | None = None


def parse_labels(reply: Reply) -> tuple[Label, ...]:
    """One label a box. Trendyol's are ZPL for 100 mm × 130 mm at 8 dots/mm, which is not told in the answer."""
    known = {"ZPL": LabelFormat.ZPL, "EPL": LabelFormat.EPL}
    found = [one for one in decode_json(reply, LabelsWire).data or [] if one.label]
    if any(one.format not in ("EPL",) and not one.label.lstrip().startswith("^XA") for one in found):
        # Anything else would come out of the printer as pages of letters.
        raise fail(Message("answer.unreadable", {"field": "data.label"}, field="data.label"))
    return tuple(Label(known.get(one.format, LabelFormat.ZPL), one.label.encode()) for one in found)


def lines_of(text: str) -> list[tuple[int, int]]:
    """The `lines` handle of an order's `extra` (`id:pieces,id:pieces`)."""
    pairs = [one.split(":") for one in text.split(",") if one]
    return [(int(line), int(quantity)) for line, quantity in pairs]


class TrendyolLabels(TrendyolAccount):
    async def label(self, order: Order) -> tuple[Label, ...]:
        """Trendyol's own ZPL labels (some carriers only, once the package is at Picking); none where it answers 400 or 404, also
        when the label that was just asked for is not there yet: print your own, or ask again in a few seconds."""
        number = order.extra.get("cargoTrackingNumber", "") or order.tracking_number
        if not number:
            return ()
        for call in (calls.create_label_request(self.account, number), calls.label_request(self.account, number)):
            try:
                reply = await self._send(call)
            except ProviderError as error:
                if error.message.code in ("request.refused", "item.not_found"):
                    return ()
                if error.message.code != "item.conflict" or call.method != "POST":  # 409: it was asked for before
                    raise
        return parse_labels(reply)


class TrendyolParcels(TrendyolLabels):
    # -- shipping --------------------------------------------------------------------------------------------------------
    async def confirm_shipments(self, notices: Sequence[ShipmentNotice]) -> Receipt:
        """Sets packages to Picking and tells an own tracking number (contracted carriers bring Trendyol's own)."""
        return await each_alone(notices, self._confirm)

    async def _confirm(self, notice: ShipmentNotice) -> Outcome:
        """Raises when nothing was sent; a second call lost on its way leaves the notice unknown."""
        if notice.extra.get("status", "") not in TOLD:
            refusal = await self._pick(notice)
            if refusal is not None:
                return Outcome(notice.key, OutcomeState.REFUSED, refusal)
        number = notice.tracking_number
        if not number or number == notice.extra.get("cargoTrackingNumber", ""):
            return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)
        try:
            await self._send(calls.tracking_request(self.account, notice.order_id, number))
        except ProviderError as error:
            message = error.message
            if message.status not in (400, 404, 409):
                return Outcome(notice.key, OutcomeState.UNKNOWN, message)
            package = await self._package(notice.order_id)
            if package is None or package.tracking_number != number:
                return Outcome(notice.key, OutcomeState.REFUSED, message)
        return Outcome(notice.key, OutcomeState.DONE, remote_ref=notice.order_id)

    async def _pick(self, notice: ShipmentNotice) -> Message | None:
        """None when the package is at Picking or beyond now."""
        lines = [(int(line.remote_id), line.quantity) for line in notice.lines] or lines_of(
            notice.extra.get("lines", "")
        )
        if not lines:
            package = await self._package(notice.order_id)
            if package is None:
                return Message("item.not_found", {"order": notice.order_id})
            if package.vendor_status in TOLD:
                return None
            lines = lines_of(package.extra.get("lines", ""))
        try:
            await self._send(calls.picking_request(self.account, notice.order_id, lines))
        except ProviderError as error:
            if error.message.status not in _LOOK:
                raise
            if error.message.status == 401:
                missing = await self._missing(error, notice.order_id)
                if missing is None:
                    raise
                return missing
            # Refused: because it was told before, or because the package was cancelled or split. Its state knows.
            package = await self._package(notice.order_id)
            if package is not None and package.vendor_status in TOLD:
                return None
            code = "item.conflict" if package is not None and package.status is OrderStatus.CANCELLED else ""
            return msgspec.structs.replace(error.message, code=code) if code else error.message
        return None

    # -- splits, boxes, invoices -----------------------------------------------------------------------------------------
    async def split(self, order: Order, groups: service.Groups) -> Outcome:
        """Into one package a group and one for the rest. The old package goes to UnPacked and new ones come with ids and tracking
        numbers of their own, a little later. An answer that was lost is looked up by the package's state."""
        refusal = service.refused_split(order, groups)
        outcome = await self._edit(order, refusal, lambda: service.split_request(self.account, order.remote_id, groups))
        if outcome.state is not OutcomeState.UNKNOWN:
            return outcome
        try:
            package = await self._package(order.remote_id)
        except ProviderError:  # the way is still down: nobody knows
            return outcome
        split = package is not None and package.vendor_status == "UnPacked"
        return Outcome(order.remote_id, OutcomeState.DONE, remote_ref=order.remote_id) if split else outcome

    async def set_box_info(self, order: Order, boxes: int, desi: Decimal) -> Outcome:
        """Boxes and volumetric weight of a package. By Trendyol's pages only some carriers ask for it."""
        refusal = service.refused_boxes(order, boxes, desi)
        return await self._edit(
            order, refusal, lambda: service.box_info_request(self.account, order.remote_id, boxes, desi)
        )

    async def send_invoice_link(self, order: Order, url: str, number: str, issued_at: datetime | None) -> Outcome:
        """A link that is already stored for this package is done. Trendyol answers 409 also when the package has another one and
        when another package has this one: the package says which of the three it is."""
        refusal = service.refused_invoice(order, url, number, issued_at)
        outcome = await self._edit(
            order,
            refusal,
            lambda: service.invoice_link_request(self.account, order.remote_id, url, number, issued_at),
        )
        if outcome.message is None or outcome.message.status != 409:
            return outcome
        package = await self._package(order.remote_id)
        stored = package.extra.get("invoiceLink", "") if package is not None else ""
        if stored == url:
            return Outcome(order.remote_id, OutcomeState.DONE, remote_ref=order.remote_id)
        reason = "other_link" if stored else "link_elsewhere"
        return msgspec.structs.replace(outcome, message=outcome.message.about(reason=reason))

    async def _edit(self, order: Order, refusal: Message | None, call: service.MakeCall) -> Outcome:
        """One write that answers nothing but yes."""
        key = order.remote_id
        if refusal is not None:
            return Outcome(key, OutcomeState.REFUSED, refusal)
        try:
            await self._send(call())
        except ProviderError as error:
            missing = await self._missing(error, key)
            return Outcome(key, OutcomeState.REFUSED, missing) if missing is not None else judged(key, error)
        return Outcome(key, OutcomeState.DONE, remote_ref=key)
