"""Listings of Amazon (Listings Items API 2021-08-01): search, one item, wire shapes, and the way to our model.

A listing's remote id holds its marketplace, because the countries of a region share the account and its SKUs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Account, Message, Page, Reject, fail
from app.kit import Call, Reply, decode_json, encode_json, read_records, segment, with_params
from app.model import Listing, ListingStatus, Money, clean, iso_z, parse_iso
from providers.families.amazon_sp_base import Site, WireMoney, credential

ITEMS = "/listings/2021-08-01/items"
PAGE_SIZE = 20
#: "The maximum number of items (SKUs) that can be returned and paged through is 1000" (the model's note).
MOST_PAGED = 1000
MERCHANT = (
    "DEFAULT"  # the fulfilment channel of what the merchant ships himself; Amazon's own are AMAZON_EU, AMAZON_NA …
)
SEARCHED = "summaries,attributes,offers,fulfillmentAvailability,issues,relationships"
REREAD = "summaries,attributes,offers,fulfillmentAvailability,issues"


def listings_request(account: Account, *, created_since: datetime | None = None, updated_since: datetime | None = None) -> Call:  # fmt: skip
    """The first page of a run of at most 1,000. All of them by date of creation, which never moves; those changed since
    an instant by date of change, oldest first, so that what changes meanwhile comes again at the end."""
    params = [
        ("marketplaceIds", account.params["marketplace_id"]),
        ("includedData", SEARCHED),
        ("issueLocale", account.params.get("language", "") or "en_US"),
        ("sortBy", "createdDate" if updated_since is None else "lastUpdatedDate"),
        ("sortOrder", "ASC"),
        ("pageSize", str(PAGE_SIZE)),
    ]
    if updated_since is not None:
        params.append(("lastUpdatedAfter", iso_z(updated_since)))
    elif created_since is not None:
        params.append(("createdAfter", iso_z(created_since)))
    return Call("GET", f"{ITEMS}/{segment(credential(account, 'seller_id'))}", "listings", tuple(params), group="listings_search")  # fmt: skip


def next_listings(call: Call, reply: Reply) -> Call | None:
    token = _token(decode_json(reply, _Results))
    return with_params(call, pageToken=token) if token else None


def probe_request(account: Account) -> Call:
    """The cheapest call that proves key, seller id and marketplace: one listing, no data sets but the summary."""
    params = (("marketplaceIds", account.params["marketplace_id"]), ("pageSize", "1"))
    return Call("GET", f"{ITEMS}/{segment(credential(account, 'seller_id'))}", "probe", params, group="listings_search")


def listing_request(account: Account, sku: str) -> Call:
    params = (
        ("marketplaceIds", account.params["marketplace_id"]),
        ("includedData", REREAD),
        ("issueLocale", account.params.get("language", "") or "en_US"),
    )
    path = f"{ITEMS}/{segment(credential(account, 'seller_id'))}/{segment(sku)}"
    return Call("GET", path, "batch_result", params, group="listings_get")


# -- wire shapes ---------------------------------------------------------------------------------------------------------
class _Pagination(msgspec.Struct, frozen=True, rename="camel"):
    next_token: str | None = None


class _Results(msgspec.Struct, frozen=True, rename="camel"):
    number_of_results: int
    items: list[msgspec.Raw]
    pagination: _Pagination | None = None


class _Summary(msgspec.Struct, frozen=True, rename="camel"):
    marketplace_id: str
    product_type: str
    created_date: str
    last_updated_date: str
    status: list[str] = []
    asin: str = ""
    item_name: str = ""


class _Offer(msgspec.Struct, frozen=True, rename="camel"):
    marketplace_id: str
    offer_type: str
    price: WireMoney


class _Availability(msgspec.Struct, frozen=True, rename="camel"):
    fulfillment_channel_code: str
    quantity: int | None = None


class Issue(msgspec.Struct, frozen=True, rename="camel"):
    code: str = ""
    message: str = ""
    severity: str = ""
    attribute_names: list[str] = []
    marketplace_ids: list[str] = []


class _Relation(msgspec.Struct, frozen=True, rename="camel"):
    parent_skus: list[str] = []


class _Relations(msgspec.Struct, frozen=True, rename="camel"):
    marketplace_id: str
    relationships: list[_Relation] = []


class WireItem(msgspec.Struct, frozen=True, rename="camel"):
    sku: str
    summaries: list[_Summary] = []
    offers: list[_Offer] = []
    fulfillment_availability: list[_Availability] = []
    issues: list[Issue] = []
    relationships: list[_Relations] = []
    attributes: msgspec.Raw = msgspec.Raw(b"{}")


# Attributes differ by product type and hold prices as JSON numbers: read loosely, and never as float.
_attributes = msgspec.json.Decoder(dict[str, Any] | None, float_hook=Decimal)


class ItemView:
    """One item as one marketplace sees it."""

    def __init__(self, wire: WireItem, site: Site) -> None:
        self.wire, self.site = wire, site
        self.summary = next((one for one in wire.summaries if one.marketplace_id == site.marketplace), None)
        try:
            self._attributes: dict[str, Any] = _attributes.decode(wire.attributes) or {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise fail(Message("answer.unreadable", {"field": "attributes"}, field="attributes")) from error

    def attribute(self, name: str) -> list[dict[str, Any]]:
        """The instances of an attribute that apply here."""
        told = self._attributes.get(name)
        found = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        return [one for one in found if one.get("marketplace_id", self.site.marketplace) == self.site.marketplace]

    @property
    def offer(self) -> dict[str, Any]:
        """The attribute behind everybody's price (business prices have an audience of their own)."""
        return next((one for one in self.attribute("purchasable_offer") if one.get("audience", "ALL") == "ALL"), {})

    @property
    def own_price(self) -> Money | None:
        """The regular price of the attribute; a sale price may lie below it."""
        try:
            told = self.offer["our_price"][0]["schedule"][0]["value_with_tax"]
        except (KeyError, IndexError, TypeError):
            return None
        return _money(told, self.offer.get("currency") or self.site.currency)

    @property
    def price(self) -> Money | None:
        """What a buyer pays now; the attribute's price for an offer that is not shown at present."""
        shown = next((one for one in self.wire.offers if one.marketplace_id == self.site.marketplace and one.offer_type == "B2C"), None)  # fmt: skip
        return shown.price.money() if shown else self.own_price

    @property
    def list_price(self) -> Money | None:
        """The crossed-out price, where it is above the price."""
        told = next(iter(self.attribute("list_price")), {})
        money = _money(told.get("value_with_tax", told.get("value")), told.get("currency") or self.site.currency)
        price = self.price
        if money is None or price is None or money.currency != price.currency or money < price:
            return None
        return money

    @property
    def channel(self) -> str:
        codes = [one.fulfillment_channel_code for one in self.wire.fulfillment_availability]
        return next((code for code in codes if code != MERCHANT), MERCHANT if codes else "")

    @property
    def stock(self) -> int | None:
        """Pieces; None where Amazon keeps the stock."""
        if self.channel != MERCHANT:
            return None
        told = [one.quantity for one in self.wire.fulfillment_availability if one.quantity is not None]
        return sum(told) if told else None

    @property
    def barcode(self) -> str:
        for one in self.attribute("externally_assigned_product_identifier"):
            if isinstance(one.get("value"), str) and one.get("type") in ("ean", "gtin", "upc", "isbn"):
                return str(one["value"])
        return ""

    def errors(self, attribute: str = "") -> list[Issue]:
        """Issues that stop something here; with `attribute`, only those about it."""
        here = [i for i in self.wire.issues if not i.marketplace_ids or self.site.marketplace in i.marketplace_ids]
        return [i for i in here if i.severity == "ERROR" and (not attribute or attribute in i.attribute_names)]

    @property
    def status(self) -> ListingStatus:
        """Sold out is active: Amazon only stops to call it buyable."""
        if self.summary is None:
            return ListingStatus.DRAFT
        sold_out = self.stock == 0 and "DISCOVERABLE" in self.summary.status
        if "BUYABLE" in self.summary.status or sold_out:
            return ListingStatus.ACTIVE
        return ListingStatus.REFUSED if self.errors() else ListingStatus.PASSIVE

    def listing(self) -> Listing:
        wire, site, summary = self.wire, self.site, self.summary
        parents = [sku for one in wire.relationships if one.marketplace_id == site.marketplace for r in one.relationships for sku in r.parent_skus]  # fmt: skip
        asin = summary.asin if summary else ""
        extra = {"product_type": summary.product_type if summary else "", "asin": asin, "channel": self.channel}
        kept = {key: value for key, value in self.offer.items() if key not in ("our_price", "marketplace_id", "currency", "audience")}  # fmt: skip
        if kept:
            # `replace` drops what it does not name: sale price and price limits travel with the listing and are sent again.
            extra["offer"] = encode_json(kept).decode()
        return Listing(
            remote_id=site.listing_id(wire.sku),
            sku=wire.sku,
            title=clean(summary.item_name if summary else "", 500),
            price=self.price,
            vat=site.vat,
            list_price=self.list_price,
            stock=self.stock,
            barcode=self.barcode,
            status=self.status,
            parent_id=site.listing_id(parents[0]) if parents else "",
            product_url=site.product_url(asin),
            updated_at=parse_iso(summary.last_updated_date) if summary else None,
            extra={key: value for key, value in extra.items() if value},
        )


def _money(amount: Any, currency: str) -> Money | None:
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    return Money.of(amount, currency)


# -- parsers -------------------------------------------------------------------------------------------------------------
class Leaf(msgspec.Struct, frozen=True):
    """One page of a search: the listings, how many records it held, how many the search found, and the newest date
    of creation or change on it (whichever the run is sorted by)."""

    page: Page[Listing]
    records: int
    found: int
    newest: datetime | None


def parse_listings(reply: Reply, site: Site, *, by_change: bool = False) -> Leaf:
    results = decode_json(reply, _Results)
    newest: list[datetime] = []

    def listing(wire: WireItem) -> Listing:
        view = ItemView(wire, site)
        found = view.listing()
        if view.summary is not None:
            newest.append(parse_iso(view.summary.last_updated_date if by_change else view.summary.created_date))
        return found

    items, rejects = read_records(results.items, WireItem, listing, lambda d: site.listing_id(str(d["sku"])))
    page = Page(items, rejects, total=results.number_of_results)
    return Leaf(page, len(results.items), results.number_of_results, max(newest, default=None))


def parse_probe(reply: Reply) -> int:
    """How many listings the marketplace has."""
    return decode_json(reply, _Results).number_of_results


def parse_item(reply: Reply, site: Site) -> ItemView:
    """The item of a getListingsItem answer. Raises OursError naming the field."""
    return ItemView(decode_json(reply, WireItem), site)


def _token(results: _Results) -> str:
    return (results.pagination.next_token if results.pagination else None) or ""


# -- beyond a thousand -----------------------------------------------------------------------------------------------------
class Run(msgspec.Struct):
    """A run of pages under one bound; knows how to go on where the search stops at 1,000."""

    bound: datetime | None
    records: int = 0
    found: int = 0
    newest: datetime | None = None

    def count(self, leaf: Leaf) -> None:
        self.records += leaf.records
        self.found = max(self.found, leaf.found)
        if leaf.newest is not None:
            self.newest = leaf.newest if self.newest is None else max(self.newest, leaf.newest)

    @property
    def cut(self) -> bool:
        """Whether the search ended before its records did."""
        return self.records >= MOST_PAGED or self.found > self.records

    def next_bound(self) -> datetime | None:
        """Where the next run begins; None after the last one. The bound is inclusive: the last second comes twice."""
        if not self.cut or self.newest is None:
            return None
        after = self.newest.replace(microsecond=0)
        if self.bound is None or after > self.bound.replace(microsecond=0):
            return after
        return after + timedelta(seconds=1) if self.records >= MOST_PAGED else None

    def lost(self, site: Site) -> Reject | None:
        """A thousand listings of one second: the search cannot show more of that second. Said, not passed over."""
        after = self.next_bound()
        if after is None or self.bound is None or self.newest is None or after <= self.newest:
            return None
        reason = f"more than {MOST_PAGED} listings of {iso_z(self.newest)}: Amazon's search does not show the rest"
        return Reject(f"{site.marketplace}@{iso_z(self.newest)}", "", Message("answer.unexpected", {"reason": reason}))
