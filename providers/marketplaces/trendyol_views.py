"""Trendyol Express and Trendyol Fulfillment: the same seller account seen from the carrier's and from the depot's side. Neither has an
interface of its own. Must never write: what is told of a package goes through the Trendyol connection.

Sources: reference/cargo.md, "## Trendyol Express (TEX)"; reference/ecommerce-social-pos-fulfilment-2.md, "## Trendyol Fulfillment".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

import msgspec

from app.contracts import Page
from app.kit import Reply, decode_json, read_records, tracking_number
from app.model import Label, Order, ShipmentStatus, TrackingEvent, TrackingReport, Window, clean, fold, from_epoch_ms
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces.trendyol_base import TrendyolAccount
from providers.marketplaces.trendyol_parcels import TrendyolLabels
from providers.marketplaces.trendyol_wire import PagedWire, depot_marked, need, parse_stream, raw_text, record_id

_NO_RAW = msgspec.Raw(b"null")
_S = ShipmentStatus
#: Nothing was handed over before Shipped; there is no word for the way between the branches.
STAGES = {
    "Awaiting": _S.CREATED, "Verified": _S.CREATED, "Repack": _S.CREATED, "Created": _S.CREATED,
    "Picking": _S.CREATED, "Invoiced": _S.CREATED, "Shipped": _S.IN_TRANSIT,
    "AtCollectionPoint": _S.IN_TRANSIT, "Delivered": _S.DELIVERED, "UnDelivered": _S.PROBLEM, "Returned": _S.RETURNED,
    "Cancelled": _S.CANCELLED, "UnSupplied": _S.CANCELLED, "UnPacked": _S.CANCELLED,
}  # fmt: skip


def by_express(carrier: str) -> bool:
    """'Trendyol Express Marketplace', 'TEX Marketplace'."""
    return fold(carrier).startswith(("trendyol express", "tex"))


class StageWire(msgspec.Struct, rename="camel"):
    created_date: int
    status: str


class ParcelWire(msgspec.Struct, rename="camel"):
    id: int | None = None
    shipment_package_id: int | None = None
    status: str | None = None
    cargo_provider_name: str | None = None
    cargo_tracking_number: msgspec.Raw = _NO_RAW
    cargo_tracking_link: str | None = None
    package_histories: list[StageWire] | None = None


def to_report(wire: ParcelWire) -> tuple[str, TrackingReport]:
    """The carrier's name beside the report."""
    new = wire.shipment_package_id is not None
    package_id = need(wire.shipment_package_id if new else wire.id, "shipmentPackageId" if new else "id")
    events = tuple(
        TrackingEvent(from_epoch_ms(one.created_date), STAGES.get(one.status, _S.UNKNOWN), clean(one.status, 40))
        for one in sorted(wire.package_histories or (), key=lambda one: one.created_date)
    )
    return wire.cargo_provider_name or "", TrackingReport(
        reference=str(package_id),
        status=STAGES.get(wire.status or "", _S.UNKNOWN),
        tracking_number=tracking_number(raw_text(wire.cargo_tracking_number), 60),
        vendor_status=clean(wire.status or "", 40),
        events=events,
        delivered_at=next((one.at for one in events if one.status is _S.DELIVERED), None),
        tracking_url=clean(wire.cargo_tracking_link or "", 500),
    )


def parse_reports(reply: Reply) -> Page[tuple[str, TrackingReport]]:
    return Page(*read_records(decode_json(reply, PagedWire).content, ParcelWire, to_report, record_id))


class TrendyolExpress(TrendyolLabels):
    """Labels and tracking of the account's packages that go by Trendyol Express. A reference is the package's id."""

    async def label(self, order: Order) -> tuple[Label, ...]:
        """None for another carrier's package: its own connection or the Trendyol connection has that label."""
        return await super().label(order) if by_express(order.carrier) else ()

    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """One call a package: how several ids are written in one is not documented. As old as three months."""
        found: list[TrackingReport] = []
        for reference in references:
            parcels = await self._search(partial(self._package_request, reference), parse_reports)
            found += [one for carrier, one in parcels if one.reference == reference and by_express(carrier)]
        return tuple(found)


class TrendyolFulfillment(TrendyolAccount):
    """The account's packages, read only. Those of the warehouse that the merchant named as Trendyol's depot are the channel's to
    pack; while none is named, all packages come and none is marked, because no field that marks them is documented."""

    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """By modification time, as the Trendyol connection reads them; only the depot's where one is named."""
        depot = self.account.setting("depot_warehouse")
        for piece in window.split(calls.WIDEST):
            async for reply in self._pages(calls.orders_request(self.account, piece), calls.stream_following):
                yield self._depot_only(depot_marked(parse_stream(reply), depot))

    async def order(self, number: str) -> tuple[Order, ...]:
        return self._depot_only(Page(await self._numbered(number))).items

    def _depot_only(self, page: Page[Order]) -> Page[Order]:
        if not self.account.setting("depot_warehouse"):
            return page
        return msgspec.structs.replace(page, items=tuple(one for one in page.items if one.fulfilled_by_channel))
