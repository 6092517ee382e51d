"""Listings Items 2021-08-01 of the Amazon SP-API fake (model listingsItems_2021-08-01.json).

A sku in the path is one percent-encoded segment: a slash that is not encoded is another path and is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_catalogue import Catalogue, Change, decimal_string
from .amazon_sp_gate import Query, SpError, denied, invalid, json_body, reply
from .amazon_sp_orders import served_marketplaces
from .amazon_sp_records import CREDENTIALS, MARKETPLACES, Account, Listing, iso

DATA = ("summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships", "productTypes")  # fmt: skip
PAGEABLE = 1000
_STATUS = ("BUYABLE", "DISCOVERABLE")
_ID_TYPES = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
_SEARCH = (
    "marketplaceIds", "issueLocale", "includedData", "identifiers", "identifiersType", "variationParentSku",
    "packageHierarchySku", "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore",
    "withIssueSeverity", "withStatus", "withoutStatus", "sortBy", "sortOrder", "pageSize", "pageToken",
)  # fmt: skip
_REQUIREMENTS = ("LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY")


def read_patches(raw: object) -> tuple[dict[str, Any], ...]:
    """The `patches` array of a patch call or a feed message, its shape checked; ValueError says what is wrong."""
    if not isinstance(raw, list) or not raw:
        raise ValueError("'patches' must be a non-empty array.")
    for one in raw:
        if not isinstance(one, dict) or one.get("op") not in ("add", "replace", "merge", "delete"):
            raise ValueError("'op' must be one of add, replace, merge, delete.")
        if not isinstance(one.get("path"), str):
            raise ValueError("'path' must be a string.")
        value = one.get("value", [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise ValueError("'value' must be an array of objects.")
    return tuple(raw)


@dataclass
class ListingsDesk:
    account: Account
    catalogue: Catalogue
    marks: dict[str, tuple[str, int]] = field(default_factory=dict)
    submissions: int = 0

    def _sku(self, request: Request) -> str:
        """The one raw path segment after the seller id, decoded once."""
        segments = request.scope["raw_path"].decode("ascii").split("?")[0].split("/items/", 1)[1].split("/")
        if len(segments) != 2:
            raise denied("")  # to the gateway this is a path that no operation has
        self._seller(unquote(segments[0]))
        return unquote(segments[1])

    def _seller(self, seller_id: str) -> None:
        if seller_id != CREDENTIALS["seller_id"]:
            raise denied("The seller id is not the one of the access token.")

    def _marketplaces(self, query: Query) -> tuple[str, ...]:
        query.required("marketplaceIds")
        found = query.csv("marketplaceIds")
        served_marketplaces(self.account, found)
        return tuple(found)

    def _found(self, sku: str, marketplaces: Iterable[str]) -> Listing:
        listing = self.account.listings.get(sku)
        if listing is None or not set(marketplaces) & set(listing.marketplaces):
            raise SpError(404, "NOT_FOUND", f"SKU '{sku}' not found in marketplace {', '.join(marketplaces)}")
        return listing

    def _known(self, sku: str, marketplaces: Iterable[str]) -> None:
        """For writes: the models declare no 404 here, and Amazon is reported to accept them (`accept_unknown`)."""
        if not self.account.on("accept_unknown"):
            self._found(sku, marketplaces)

    # -- reading -------------------------------------------------------------------------------------------------
    async def get(self, request: Request) -> Response:
        query = Query(request, ("marketplaceIds", "issueLocale", "includedData"))
        sku, marketplaces = self._sku(request), self._marketplaces(query)
        included = query.csv("includedData", DATA) or ["summaries"]
        return reply(item_wire(self._found(sku, marketplaces), marketplaces, included))

    async def search(self, request: Request) -> Response:
        query = Query(request, _SEARCH)
        self._seller(request.path_params["seller_id"])
        marketplaces = self._marketplaces(query)
        included = query.csv("includedData", DATA) or ["summaries"]
        size = query.number("pageSize", 10, 20)
        rows = self._matching(query, marketplaces)
        name = query.text("sortBy") or "lastUpdatedDate"
        order = query.text("sortOrder") or "DESC"
        if name not in ("sku", "createdDate", "lastUpdatedDate") or order not in ("ASC", "DESC"):
            raise invalid("Invalid value for parameter sortBy or sortOrder.")
        key = {"sku": lambda r: (r.sku,), "createdDate": lambda r: (r.created, r.sku)}
        rows.sort(key=key.get(name, lambda r: (r.updated, r.sku)), reverse=order == "DESC")
        free = ("pageToken", "includedData")
        search = repr(sorted((k, v) for k, v in query.values.items() if k not in free))
        start = 0
        if token := query.text("pageToken"):
            kept, start = self.marks.get(token, ("", 0))
            if kept != search:
                raise invalid("The page token is invalid or belongs to another search.")
        pagination = {}
        if start + size < min(len(rows), PAGEABLE):
            pagination["nextToken"] = self._token(search, start + size)
        if start:
            pagination["previousToken"] = self._token(search, max(0, start - size))
        page = rows[start : min(start + size, PAGEABLE)]
        answer: dict[str, Any] = {
            "numberOfResults": len(rows),
            "items": [item_wire(row, marketplaces, included) for row in page],
        }
        return reply(answer | ({"pagination": pagination} if pagination else {}))

    def _token(self, search: str, start: int) -> str:
        token = hashlib.sha256(f"{self.account.epoch}:{search}:{start}".encode()).hexdigest()[:40]
        self.marks[token] = (search, start)
        return token

    def _matching(self, query: Query, marketplaces: tuple[str, ...]) -> list[Listing]:
        identifiers, kind = query.csv("identifiers", limit=20), query.text("identifiersType")
        if bool(identifiers) != bool(kind) or (kind and kind not in _ID_TYPES):
            raise invalid("identifiers and identifiersType must be given together.")
        if query.text("variationParentSku") or query.text("packageHierarchySku"):
            return []  # this account has no variations and no packages
        severities = query.csv("withIssueSeverity", ("WARNING", "ERROR"))
        with_status, without = query.csv("withStatus", _STATUS), query.csv("withoutStatus", _STATUS)
        spans: list[tuple[str, datetime | None, datetime | None]] = [
            ("created", query.instant("createdAfter"), query.instant("createdBefore")),
            ("updated", query.instant("lastUpdatedAfter"), query.instant("lastUpdatedBefore")),
        ]
        found = []
        for listing in self.account.listings.values():
            own = [one for one in marketplaces if one in listing.marketplaces]
            statuses = {status for one in own for status in listing.statuses(one)}
            if not own or (identifiers and not _identified(listing, own[0], kind, identifiers)):
                continue
            if (with_status and not statuses & set(with_status)) or statuses & set(without):
                continue
            if severities and not any(one["severity"] in severities for one in listing.issues):
                continue
            if all(
                (after is None or getattr(listing, name) >= after)
                and (before is None or getattr(listing, name) <= before)
                for name, after, before in spans
            ):
                found.append(listing)
        return found

    # -- writing -------------------------------------------------------------------------------------------------
    async def patch(self, request: Request) -> Response:
        query = Query(request, ("marketplaceIds", "includedData", "mode", "issueLocale"))
        sku, marketplaces = self._sku(request), self._marketplaces(query)
        body = await json_body(request)
        product_type = _product_type(body)
        try:
            patches = read_patches(body.get("patches"))
        except ValueError as error:
            raise invalid(str(error)) from None
        self._known(sku, marketplaces)
        return self._submit(query, Change("PATCH", sku, marketplaces, product_type, patches=patches))

    async def put(self, request: Request) -> Response:
        query = Query(request, ("marketplaceIds", "includedData", "mode", "issueLocale"))
        sku, marketplaces = self._sku(request), self._marketplaces(query)
        body = await json_body(request)
        requirements, attributes = body.get("requirements", "LISTING"), body.get("attributes")
        if requirements not in _REQUIREMENTS or not isinstance(attributes, dict):
            raise invalid("'attributes' is required and 'requirements' must be a known value.")
        product_type = _product_type(body)
        change = Change("UPDATE", sku, marketplaces, product_type, requirements, attributes=attributes)
        return self._submit(query, change)

    async def delete(self, request: Request) -> Response:
        query = Query(request, ("marketplaceIds", "issueLocale"))
        sku, marketplaces = self._sku(request), self._marketplaces(query)
        self._known(sku, marketplaces)
        return self._submit(query, Change("DELETE", sku, marketplaces))

    def _submit(self, query: Query, change: Change) -> Response:
        mode = query.text("mode")
        if mode not in ("", "VALIDATION_PREVIEW"):
            raise invalid("Invalid value for parameter mode.")
        included = query.csv("includedData", ("identifiers", "issues")) or ["issues"]
        issues = self.catalogue.issues(change)
        self.submissions += 1
        digest = hashlib.sha256(f"{self.account.seed}:submission:{self.submissions}".encode()).hexdigest()
        status = "INVALID" if issues else "VALID" if mode else "ACCEPTED"
        if status == "ACCEPTED":
            self.catalogue.submit(change)
        answer: dict[str, Any] = {"sku": change.sku, "status": status, "submissionId": digest[:32]}
        if "issues" in included:
            answer["issues"] = issues
        if "identifiers" in included:
            listing = self.account.listings.get(change.sku)
            answer["identifiers"] = [
                {"marketplaceId": one, "asin": listing.asin}
                for one in change.marketplaces
                if listing is not None and one in listing.marketplaces
            ]
        return reply(answer)


def _product_type(body: dict[str, Any]) -> str:
    found = body.get("productType")
    if not isinstance(found, str) or not found:
        raise invalid("'productType' is required.")
    return found


def _identified(listing: Listing, marketplace_id: str, kind: str, identifiers: list[str]) -> bool:
    barcode = listing.text("externally_assigned_product_identifier", marketplace_id)
    mine = {"SKU": listing.sku, "ASIN": listing.asin, "EAN": barcode, "GTIN": barcode}.get(kind)
    return mine in identifiers


def item_wire(listing: Listing, marketplaces: Iterable[str], included: Iterable[str]) -> dict[str, Any]:
    """One `Item` of the model, its data sets for the requested marketplaces only."""
    own = [one for one in marketplaces if one in listing.marketplaces]
    wire: dict[str, Any] = {"sku": listing.sku}
    for name in included:
        if name == "summaries":
            wire[name] = [_summary(listing, one) for one in own]
        elif name == "attributes":
            wire[name] = {
                attribute: [one for one in values if one.get("marketplace_id", own[0]) in own]
                for attribute, values in listing.attributes.items()
            }
        elif name == "issues":
            wire[name] = listing.issues
        elif name == "offers":
            wire[name] = [offer for one in own if (offer := _offer(listing, one))]
        elif name == "fulfillmentAvailability":
            wire[name] = [
                {"fulfillmentChannelCode": one["fulfillment_channel_code"]}
                | ({"quantity": one["quantity"]} if "quantity" in one else {})
                for one in listing.attributes.get("fulfillment_availability", [])
            ]
        elif name == "productTypes":
            wire[name] = [{"marketplaceId": one, "productType": listing.product_type} for one in own]
        elif name == "relationships":
            wire[name] = [{"marketplaceId": one, "relationships": []} for one in own]
    return wire


def _summary(listing: Listing, marketplace_id: str) -> dict[str, Any]:
    wire = {
        "marketplaceId": marketplace_id,
        "asin": listing.asin,
        "productType": listing.product_type,
        "conditionType": listing.text("condition_type", marketplace_id) or "new_new",
        "status": listing.statuses(marketplace_id),
        "itemName": listing.text("item_name", marketplace_id),
        "createdDate": iso(listing.marketplaces[marketplace_id]),
        "lastUpdatedDate": iso(listing.updated),
        "mainImage": {"link": f"https://images.example.com/{listing.asin}.jpg", "height": 500, "width": 500},
    }
    return wire | ({"fnSku": f"X{listing.asin[1:]}"} if listing.fba else {})


def _offer(listing: Listing, marketplace_id: str) -> dict[str, Any] | None:
    price = listing.price(marketplace_id)
    if price is None:
        return None
    return {
        "marketplaceId": marketplace_id,
        "offerType": "B2C",
        "price": {"currencyCode": MARKETPLACES[marketplace_id].currency, "amount": decimal_string(price)},
        "audience": {"value": "ALL", "displayName": "Sell on Amazon"},
    }
