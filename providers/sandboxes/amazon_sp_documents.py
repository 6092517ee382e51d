"""Feeds 2021-06-30 of the Amazon SP-API fake, and the presigned document store that feeds and reports share.

The store is another house than the API: it takes the signed URL alone and refuses calls that bring credentials along.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from .amazon_sp_catalogue import Catalogue, Change, issue
from .amazon_sp_gate import Query, SpError, encode, invalid, json_body, reply
from .amazon_sp_listings import DATA, item_wire, read_patches
from .amazon_sp_orders import served_marketplaces
from .amazon_sp_records import CREDENTIALS, Account, iso

QUEUED, PROCESSING = timedelta(seconds=5), timedelta(seconds=10)
URL_LIFE = timedelta(minutes=5)
FEED_TYPE = "JSON_LISTINGS_FEED"
MAX_MESSAGES = 25_000
STORE = "/document-store"


@dataclass
class Document:
    document_id: str
    content_type: str
    content: bytes | None = None
    gzipped: bool = False


@dataclass
class Job:
    """A feed or a report on its way: IN_QUEUE, IN_PROGRESS, then DONE (or FATAL, CANCELLED)."""

    job_id: str
    kind: str
    marketplaces: list[str]
    created: datetime
    starts: datetime
    ends: datetime
    document_id: str  # a feed's input; empty for a report
    result_id: str = ""
    final: str = ""

    def status(self, now: datetime) -> str:
        return self.final or ("IN_QUEUE" if now < self.starts else "IN_PROGRESS")


@dataclass
class DocumentStore:
    """What a presigned URL can reach. Signatures are made of id, verb and expiry."""

    account: Account
    documents: dict[str, Document] = field(default_factory=dict)

    def add(self, content_type: str, content: bytes | None = None) -> Document:
        number = hashlib.sha256(f"{self.account.seed}:{self.account.epoch}:{len(self.documents)}".encode()).hexdigest()
        document = Document(f"amzn1.tortuga.4.eu.{number[:36]}", content_type, content)
        if content is not None and self.account.on("gzip_documents"):
            document.content, document.gzipped = gzip.compress(content), True
        self.documents[document.document_id] = document
        return document

    def url(self, request: Request, document: Document, verb: str, encoded: bool = False) -> str:
        expires = int((self.account.now() + URL_LIFE).timestamp())
        signature = self._signature(document.document_id, verb, expires, encoded)
        base = str(request.base_url).rstrip("/")
        extra = "&response-content-encoding=gzip" if encoded else ""
        return f"{base}{STORE}/{document.document_id}?X-Amz-Expires={expires}{extra}&X-Amz-Signature={signature}"

    def described(self, request: Request, document_id: str, name: str) -> Response:
        """The answer of getFeedDocument and getReportDocument."""
        encoded = Query(request, ("enableContentEncodingUrlHeader",)).flag("enableContentEncodingUrlHeader")
        document = self.documents.get(document_id)
        if document is None or document.content is None:
            raise SpError(404, "NotFound", "The document does not exist.")
        answer = {name: document_id, "url": self.url(request, document, "GET", encoded and document.gzipped)}
        return reply(answer | ({"compressionAlgorithm": "GZIP"} if document.gzipped else {}))

    def _signature(self, document_id: str, verb: str, expires: int, encoded: bool) -> str:
        text = f"{self.account.seed}:{document_id}:{verb}:{expires}:{encoded}"
        return hashlib.sha256(text.encode()).hexdigest()

    async def transfer(self, request: Request) -> Response:
        """PUT or GET on a presigned URL, with S3's errors."""
        document = self.documents.get(request.path_params["document_id"])
        if "authorization" in request.headers:
            return _store_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if any(name.startswith("x-amz-") for name in request.headers):
            return _store_error(403, "AccessDenied", "There were headers present in the request which were not signed")
        expires = request.query_params.get("X-Amz-Expires", "")
        encoded = request.query_params.get("response-content-encoding") == "gzip"
        if document is None or not expires.isascii() or not expires.isdigit():
            return _store_error(403, "AccessDenied", "Access Denied")
        signature = self._signature(document.document_id, request.method, int(expires), encoded)
        if request.query_params.get("X-Amz-Signature") != signature:
            return _store_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
        if self.account.now().timestamp() > int(expires):
            return _store_error(403, "AccessDenied", "Request has expired")
        if request.method == "PUT":
            if request.headers.get("content-type") != document.content_type:
                return _store_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
            document.content = await request.body()
            return Response(headers={"etag": f'"{hashlib.sha256(document.content).hexdigest()[:32]}"'})
        headers = {"content-encoding": "gzip"} if encoded else {}
        return Response(document.content or b"", headers=headers, media_type=document.content_type)


def _store_error(status: int, code: str, message: str) -> Response:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    return Response(xml, status, media_type="application/xml")


@dataclass
class FeedsDesk:
    account: Account
    catalogue: Catalogue
    store: DocumentStore
    feeds: dict[str, Job] = field(default_factory=dict)

    async def create_document(self, request: Request) -> Response:
        content_type = (await json_body(request)).get("contentType")
        if not isinstance(content_type, str) or "/" not in content_type:
            raise invalid("contentType is required.")
        document = self.store.add(content_type)
        answer = {"feedDocumentId": document.document_id, "url": self.store.url(request, document, "PUT")}
        return reply(answer, 201)

    async def get_document(self, request: Request) -> Response:
        return self.store.described(request, request.path_params["document_id"], "feedDocumentId")

    async def create(self, request: Request) -> Response:
        body = await json_body(request)
        if body.get("feedType") != FEED_TYPE:
            raise invalid("feedType is missing or is not available to this application.")
        marketplaces = body.get("marketplaceIds")
        if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
            raise invalid("marketplaceIds must be an array of 1 to 25 ids.")
        served_marketplaces(self.account, [str(one) for one in marketplaces])
        document = self.store.documents.get(str(body.get("inputFeedDocumentId")))
        if document is None or document.content is None:
            raise invalid("inputFeedDocumentId is invalid, or its contents have not been uploaded.")
        now = self.account.now()
        starts = now if self.account.on("instant") else now + QUEUED
        ends = now if self.account.on("instant") else now + QUEUED + PROCESSING
        feed_id = str(50_000_000_001 + len(self.feeds))
        self.feeds[feed_id] = Job(feed_id, FEED_TYPE, marketplaces, now, starts, ends, document.document_id)
        return reply({"feedId": feed_id}, 202)

    async def get(self, request: Request) -> Response:
        return reply(self._wire(self._feed(request)))

    async def find(self, request: Request) -> Response:
        query = Query(request, ("feedTypes", "marketplaceIds", "pageSize", "processingStatuses", "createdSince", "createdUntil"))  # fmt: skip
        statuses = query.csv("processingStatuses", ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"))
        types, marketplaces = query.csv("feedTypes", limit=10), set(query.csv("marketplaceIds", limit=10))
        since, until = query.instant("createdSince"), query.instant("createdUntil")
        if not types:
            raise invalid("feedTypes is required.")
        rows = [
            feed
            for feed in reversed(self.feeds.values())
            if feed.kind in types
            and (not statuses or feed.status(self.account.now()) in statuses)
            and (not marketplaces or marketplaces & set(feed.marketplaces))
            and (since is None or feed.created >= since)
            and (until is None or feed.created <= until)
        ]
        return reply({"feeds": [self._wire(feed) for feed in rows[: query.number("pageSize", 10, 100)]]})

    async def cancel(self, request: Request) -> Response:
        feed = self._feed(request)
        if feed.status(self.account.now()) != "IN_QUEUE":
            raise invalid("Only a feed that is IN_QUEUE can be cancelled.")
        feed.final = "CANCELLED"
        return Response(status_code=200)

    def _feed(self, request: Request) -> Job:
        feed = self.feeds.get(request.path_params["feed_id"])
        if feed is None:
            raise SpError(404, "NotFound", "The feed does not exist.")
        return feed

    def _wire(self, feed: Job) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "feedId": feed.job_id,
            "feedType": feed.kind,
            "marketplaceIds": feed.marketplaces,
            "createdTime": iso(feed.created),
            "processingStatus": feed.status(self.account.now()),
        }
        if wire["processingStatus"] in ("IN_PROGRESS", "DONE", "FATAL"):
            wire["processingStartTime"] = iso(feed.starts)
        if wire["processingStatus"] in ("DONE", "FATAL"):
            wire |= {"processingEndTime": iso(feed.ends), "resultFeedDocumentId": feed.result_id}
        return wire

    # -- processing ----------------------------------------------------------------------------------------------
    def settle(self) -> None:
        now = self.account.now()
        for feed in self.feeds.values():
            if not feed.final and now >= feed.ends:
                self._process(feed)

    def _process(self, feed: Job) -> None:
        report = Report(feed.job_id)
        try:
            messages, included = self._read(feed)
        except ValueError as error:
            # The processing report's schema: no messageId where the fault is not one message's.
            report.issues.append({"code": "4000003", "severity": "ERROR", "message": str(error)})
            messages, included, feed.final = [], [], "FATAL"
        seen: set[int] = set()
        touched: list[str] = []
        for message in messages:
            found = self._message(message, feed, seen)
            report.add(message, found)
            if not found:
                touched.append(message["sku"])
        items: list[dict[str, Any]] | None = None
        if included:
            listings = [self.account.listings[sku] for sku in dict.fromkeys(touched) if sku in self.account.listings]
            items = [item_wire(one, feed.marketplaces, included) for one in listings]
        content_type = "application/json; charset=UTF-8"
        feed.result_id = self.store.add(content_type, encode(report.wire(included, items))).document_id
        feed.final = feed.final or "DONE"
        self.account.counts["feeds_processed"] += 1

    def _read(self, feed: Job) -> tuple[list[Any], list[str]]:
        """Messages and requested report data of the uploaded feed; ValueError when the document is not a feed."""
        content = self.store.documents[feed.document_id].content or b""
        try:
            body = json.loads(content, parse_float=Decimal)
        except ValueError:
            raise ValueError("The feed is not valid JSON.") from None
        header = body.get("header") if isinstance(body, dict) else None
        if not isinstance(header, dict) or header.get("version") != "2.0":
            raise ValueError("The feed header must have version 2.0.")
        if header.get("sellerId") != CREDENTIALS["seller_id"]:
            raise ValueError("The sellerId of the header is not the one of the account.")
        included: list[str] = []
        if "report" in header:
            wanted = header["report"]
            included = wanted.get("includedData", []) if isinstance(wanted, dict) else []
            if not included or set(included) - set(DATA) or wanted.get("apiVersion") != "2021-08-01":
                raise ValueError("The report section of the header is invalid.")
        messages = body.get("messages")
        if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
            raise ValueError(f"A feed must have 1 to {MAX_MESSAGES} messages.")
        return messages, included

    def _message(self, message: Any, feed: Job, seen: set[int]) -> list[dict[str, Any]]:
        """Issues of one message; without any the change has been submitted."""
        try:
            change = read_message(message, feed, seen)
        except ValueError as error:
            return [issue(str(error), "")]
        listing = self.account.listings.get(change.sku)
        known = listing is not None and bool(set(feed.marketplaces) & set(listing.marketplaces))
        if not known and change.kind != "UPDATE" and not self.account.on("accept_unknown"):
            return [issue(f"SKU '{change.sku}' does not exist in the marketplace of the feed.", "sku")]
        found = self.catalogue.issues(change)
        if not found:
            self.catalogue.submit(change, feed.ends)
        return found


def read_message(message: Any, feed: Job, seen: set[int]) -> Change:
    """A message under the rules of listings-feed-message-schema-v2; ValueError says which is broken."""
    if not isinstance(message, dict):
        raise ValueError("A message must be an object.")
    number, sku, kind = message.get("messageId"), message.get("sku"), message.get("operationType")
    if type(number) is not int or not 1 <= number <= 2_147_483_647:
        raise ValueError("'messageId' must be a whole number from 1.")
    if number in seen:
        raise ValueError("'messageId' must be unique within the feed.")
    seen.add(number)
    if not isinstance(sku, str) or not sku:
        raise ValueError("'sku' is required.")
    allowed = {
        "UPDATE": ({"productType", "attributes"}, {"requirements"}),
        "PARTIAL_UPDATE": ({"productType", "attributes"}, set()),
        "PATCH": ({"productType", "patches"}, set()),
        "DELETE": (set(), set()),
    }
    if kind not in allowed:
        raise ValueError("'operationType' must be UPDATE, PARTIAL_UPDATE, PATCH or DELETE.")
    needed, optional = allowed[kind]
    given = {name for name in ("productType", "requirements", "attributes", "patches") if name in message}
    if needed - given or given - needed - optional:
        raise ValueError(f"A message of type {kind} needs {sorted(needed)} and takes no other of {sorted(given)}.")
    product_type, attributes = message.get("productType", ""), message.get("attributes") or {}
    if needed and (not isinstance(product_type, str) or not product_type):
        raise ValueError("'productType' must not be empty.")
    if "attributes" in needed and (not isinstance(attributes, dict) or not attributes):
        raise ValueError("'attributes' must be an object with at least one attribute.")
    marketplaces = tuple(feed.marketplaces)
    if kind == "UPDATE":
        requirements = message.get("requirements", "LISTING")
        if requirements not in ("LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY"):
            raise ValueError("'requirements' has an unknown value.")
        return Change("UPDATE", sku, marketplaces, product_type, requirements, attributes=attributes)
    if kind == "DELETE":
        return Change("DELETE", sku, marketplaces)
    patches = message.get("patches")
    if kind == "PARTIAL_UPDATE":  # the schema: the same as PATCH with the "replace" op
        patches = [
            {"op": "replace", "path": f"/attributes/{name}", "value": value} for name, value in attributes.items()
        ]
    return Change("PATCH", sku, marketplaces, product_type, patches=read_patches(patches))


@dataclass
class Report:
    """The processing report, listings-feed-processing-report-schema-v2."""

    feed_id: str
    issues: list[dict[str, Any]] = field(default_factory=list)
    accepted: int = 0
    rejected: int = 0

    def add(self, message: Any, issues: list[dict[str, Any]]) -> None:
        if not issues:
            self.accepted += 1
            return
        self.rejected += 1
        origin = {}
        if isinstance(message, dict):
            if type(message.get("messageId")) is int and message["messageId"] >= 1:
                origin["messageId"] = message["messageId"]
            if isinstance(message.get("sku"), str) and message["sku"]:
                origin["sku"] = message["sku"]
        for one in issues:
            row = origin | {"code": one["code"], "severity": one["severity"], "message": one["message"]}
            attribute = one["attributeNames"][0]
            self.issues.append(row | ({"attributeName": attribute} if attribute else {}))

    def wire(self, included: list[str], items: list[dict[str, Any]] | None) -> dict[str, Any]:
        header: dict[str, Any] = {"sellerId": CREDENTIALS["seller_id"], "version": "2.0", "feedId": self.feed_id}
        summary: dict[str, Any] = {
            "errors": len(self.issues),
            "warnings": 0,
            "messagesProcessed": self.accepted + self.rejected,
            "messagesAccepted": self.accepted,
            "messagesInvalid": self.rejected,
        }
        wire = {"header": header, "issues": self.issues, "summary": summary}
        if items is not None:
            header["report"] = {"includedData": included, "apiVersion": "2021-08-01"}
            summary["itemSummary"] = {"items": len(items), "errors": 0, "warnings": 0}
            wire["items"] = items
        return wire
