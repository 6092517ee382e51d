"""Reports 2021-06-30, FBA Inventory v1 and Sellers v1 of the Amazon SP-API fake (models of the same names).

The listings report shows the account as it was when the report was made, not when it is downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_catalogue import decimal_string
from .amazon_sp_documents import PROCESSING, QUEUED, DocumentStore, Job
from .amazon_sp_gate import Query, SpError, invalid, json_body, reply
from .amazon_sp_orders import served_marketplaces
from .amazon_sp_records import Account, Listing, instant_of, iso

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
_COLUMNS = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url",
    "item-is-marketplace", "product-id-type", "zshop-shipping-fee", "item-note", "item-condition", "zshop-category1",
    "zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3", "will-ship-internationally",
    "expedited-shipping", "zshop-boldface", "product-id", "bid-for-featured-placement", "add-delete",
    "pending-quantity", "fulfillment-channel", "merchant-shipping-group", "status",
)  # fmt: skip
FBA_PAGE = 50
FBA_TOKEN_LIFE = timedelta(seconds=30)
_FBA = ("details", "granularityType", "granularityId", "startDateTime", "sellerSkus", "sellerSku", "nextToken", "marketplaceIds")  # fmt: skip


@dataclass
class ReportsDesk:
    account: Account
    store: DocumentStore
    reports: dict[str, Job] = field(default_factory=dict)
    fba_marks: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    # -- reports -------------------------------------------------------------------------------------------------
    async def create(self, request: Request) -> Response:
        body = await json_body(request)
        if body.get("reportType") != LISTINGS_REPORT:
            raise invalid("reportType is missing or is not available to this application.")
        marketplaces = body.get("marketplaceIds")
        if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
            raise invalid("marketplaceIds must be an array of 1 to 25 ids.")
        served_marketplaces(self.account, [str(one) for one in marketplaces])
        for name in ("dataStartTime", "dataEndTime"):
            if name in body and instant_of(body[name]) is None:
                raise invalid(f"{name} must be an ISO 8601 date and time with a zone.")
        now = self.account.now()
        instant = self.account.on("instant")
        starts, ends = (now, now) if instant else (now + QUEUED, now + QUEUED + PROCESSING)
        report_id = str(60_000_000_001 + len(self.reports))
        self.reports[report_id] = Job(report_id, LISTINGS_REPORT, marketplaces, now, starts, ends, "")
        return reply({"reportId": report_id}, 202)

    async def get(self, request: Request) -> Response:
        report = self._report(request)
        status = report.status(self.account.now())
        wire: dict[str, Any] = {
            "reportId": report.job_id,
            "reportType": report.kind,
            "marketplaceIds": report.marketplaces,
            "createdTime": iso(report.created),
            "processingStatus": status,
        }
        if status in ("IN_PROGRESS", "DONE"):
            wire["processingStartTime"] = iso(report.starts)
        if status == "DONE":
            wire |= {"processingEndTime": iso(report.ends), "reportDocumentId": report.result_id}
        return reply(wire)

    async def cancel(self, request: Request) -> Response:
        report = self._report(request)
        if report.status(self.account.now()) != "IN_QUEUE":
            raise invalid("Only a report that is IN_QUEUE can be cancelled.")
        report.final = "CANCELLED"
        return Response(status_code=200)

    async def get_document(self, request: Request) -> Response:
        return self.store.described(request, request.path_params["document_id"], "reportDocumentId")

    def _report(self, request: Request) -> Job:
        report = self.reports.get(request.path_params["report_id"])
        if report is None:
            raise SpError(404, "NotFound", "The report does not exist.")
        return report

    def settle(self) -> None:
        now = self.account.now()
        for report in self.reports.values():
            if not report.final and now >= report.ends:
                content = self._listings_table(report.marketplaces).encode()
                report.result_id = self.store.add("text/tab-separated-values; charset=UTF-8", content).document_id
                report.final = "DONE"

    def _listings_table(self, marketplaces: list[str]) -> str:
        lines = ["\t".join(_COLUMNS)]
        for listing in self.account.listings.values():
            for one in marketplaces:
                if one in listing.marketplaces:
                    row = _row(listing, one)
                    lines.append("\t".join(row.get(name, "") for name in _COLUMNS))
        return "\r\n".join(lines) + "\r\n"

    # -- FBA -----------------------------------------------------------------------------------------------------
    async def inventory(self, request: Request) -> Response:
        query = Query(request, _FBA)
        if query.required("granularityType") != "Marketplace":
            raise invalid("granularityType must be Marketplace.")
        details, marketplace_id = query.flag("details"), query.required("granularityId")
        query.required("marketplaceIds")
        if query.csv("marketplaceIds", limit=1) != [marketplace_id]:
            raise invalid("marketplaceIds must be the granularityId.")
        served_marketplaces(self.account, [marketplace_id])
        since, skus = query.instant("startDateTime"), query.csv("sellerSkus", limit=50)
        skus = skus or ([query.text("sellerSku")] if query.text("sellerSku") else [])
        if since and since < self.account.now() - timedelta(days=548):
            raise invalid("startDateTime must not be earlier than 18 months ago.")
        rows = [
            listing
            for listing in self.account.listings.values()
            if listing.fba
            and marketplace_id in listing.marketplaces
            and (since is None or listing.updated > since)
            and (since is not None or not skus or listing.sku in skus)  # the model: ignored beside a start date
        ]
        start = 0
        if token := query.text("nextToken"):
            issued, start = self.fba_marks.get(token, (datetime.min.replace(tzinfo=self.account.now().tzinfo), 0))
            if self.account.now() - issued > FBA_TOKEN_LIFE:
                raise invalid("nextToken is invalid or has expired.")
        summaries = [_summary(one, details) for one in rows[start : start + FBA_PAGE]]
        granularity = {"granularityType": "Marketplace", "granularityId": marketplace_id}
        answer: dict[str, Any] = {"payload": {"granularity": granularity, "inventorySummaries": summaries}}
        if start + FBA_PAGE < len(rows):
            token = f"fba.{len(self.fba_marks) + 1:06x}"
            self.fba_marks[token] = (self.account.now(), start + FBA_PAGE)
            answer["pagination"] = {"nextToken": token}
        return reply(answer)

    # -- sellers -------------------------------------------------------------------------------------------------
    async def participations(self, request: Request) -> Response:
        Query(request, ())
        rows = [
            {
                "marketplace": {
                    "id": one.marketplace_id,
                    "countryCode": one.country,
                    "name": one.name,
                    "defaultCurrencyCode": one.currency,
                    "defaultLanguageCode": one.language,
                    "domainName": one.domain,
                },
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
                "storeName": "Çarşı Prova Mağazası",
            }
            for one in self.account.visible()
        ]
        return reply({"payload": rows})


def _row(listing: Listing, marketplace_id: str) -> dict[str, str]:
    price = listing.price(marketplace_id)
    barcode = listing.text("externally_assigned_product_identifier", marketplace_id)
    channel = next((one["fulfillment_channel_code"] for one in listing.attributes.get("fulfillment_availability", [])), "DEFAULT")  # fmt: skip
    return {
        "item-name": listing.text("item_name", marketplace_id),
        "listing-id": listing.asin[2:],
        "seller-sku": listing.sku,
        "price": "" if price is None else decimal_string(price),
        "quantity": "" if listing.quantity is None else str(listing.quantity),
        "open-date": listing.marketplaces[marketplace_id].strftime("%Y-%m-%d %H:%M:%S GMT"),
        "item-is-marketplace": "y",
        "product-id-type": "4" if barcode else "1",
        "product-id": barcode or listing.asin,
        "item-condition": "11",
        "asin1": listing.asin,
        "pending-quantity": "0",
        "fulfillment-channel": channel,
        "status": "Active" if "BUYABLE" in listing.statuses(marketplace_id) else "Inactive",
    }


def _summary(listing: Listing, details: bool) -> dict[str, Any]:
    """Amazon's warehouse figures, invented from the ASIN so that they stay the same between calls."""
    held = int(listing.asin[4:]) % 80
    reserved = held // 10
    wire: dict[str, Any] = {
        "asin": listing.asin,
        "fnSku": f"X{listing.asin[1:]}",
        "sellerSku": listing.sku,
        "condition": "NewItem",
        "lastUpdatedTime": iso(listing.updated),
        "productName": listing.text("item_name", next(iter(listing.marketplaces))),
        "totalQuantity": held,
    }
    if details:
        wire["inventoryDetails"] = {
            "fulfillableQuantity": held - reserved,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": 0,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": reserved,
                "pendingCustomerOrderQuantity": reserved,
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": 0},
        }
    return wire
