"""Many changes at once: JSON_LISTINGS_FEED (Feeds 2021-06-30) – document, upload, feed, and its processing report.

A feed that is DONE is judged message by message. Amazon is known to accept a message for an SKU that does not exist and to
do nothing: "accepted" in the report is all that a feed can tell, the next pull of the listings shows the truth.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from app.contracts import Account, Message, Outcome, OutcomeState, fail
from app.kit import Call, Reply, decode_json, encode_json, json_call, segment
from app.model import clean
from providers.families.amazon_sp_base import Site
from providers.families.amazon_sp_writes import Change, patches_of, product_type

FEEDS = "/feeds/2021-06-30"
CONTENT_TYPE = "application/json; charset=UTF-8"
FILE_PATIENCE_S = 120.0
MOST_UNPACKED = 64 * 1024 * 1024


# -- requests ------------------------------------------------------------------------------------------------------------
def feed_document_request(account: Account, operation: str) -> Call:
    """Asks for a place to upload to. Harmless to repeat: an unused place is forgotten."""
    body = {"contentType": CONTENT_TYPE}
    return json_call("POST", f"{FEEDS}/documents", operation, body, group="feed_document", repeatable=True)


def feed_upload_request(account: Account, url: str, body: bytes, operation: str) -> Call:
    """To the signed address, with exactly the content type that the document was made with, and without any key."""
    headers = (("content-type", CONTENT_TYPE),)
    return Call("PUT", url, operation, (), headers, body, "feed_upload", True, FILE_PATIENCE_S)


def create_feed_request(account: Account, document_id: str, operation: str) -> Call:
    """Not repeated by itself: twice would be two feeds."""
    body = {
        "feedType": "JSON_LISTINGS_FEED",
        "marketplaceIds": [account.params["marketplace_id"]],
        "inputFeedDocumentId": document_id,
    }
    return json_call("POST", f"{FEEDS}/feeds", operation, body, group="feeds_create")


def feed_request(account: Account, feed_id: str) -> Call:
    return Call("GET", f"{FEEDS}/feeds/{segment(feed_id)}", "batch_result", group="feed_get")


def feed_result_request(account: Account, document_id: str) -> Call:
    return Call("GET", f"{FEEDS}/documents/{segment(document_id)}", "batch_result", group="feed_result")


def feed_download_request(account: Account, url: str) -> Call:
    """From the signed address, which lives for five minutes."""
    return Call("GET", url, "batch_result", group="feed_download", deadline_s=FILE_PATIENCE_S)


def feed_body(site: Site, changes: Sequence[Change]) -> bytes:
    """The feed's file. Message ids count from 1 in the order of the changes."""
    messages = [
        {
            "messageId": number,
            "sku": change.listing.sku,
            "operationType": "PATCH",
            "productType": product_type(change),
            "patches": patches_of(site, change),
        }
        for number, change in enumerate(changes, 1)
    ]
    header = {"sellerId": site.seller, "version": "2.0", "issueLocale": site.language}
    return encode_json({"header": header, "messages": messages})


# -- answers -------------------------------------------------------------------------------------------------------------
class NewDocument(msgspec.Struct, frozen=True, rename="camel"):
    feed_document_id: str
    url: str


class Document(msgspec.Struct, frozen=True, rename="camel"):
    url: str
    compression_algorithm: str | None = None


class Feed(msgspec.Struct, frozen=True, rename="camel"):
    feed_id: str
    processing_status: str
    result_feed_document_id: str | None = None


class _NewFeed(msgspec.Struct, frozen=True, rename="camel"):
    feed_id: str


def parse_new_document(reply: Reply) -> NewDocument:
    return decode_json(reply, NewDocument)


def parse_new_feed(reply: Reply) -> str:
    return decode_json(reply, _NewFeed).feed_id


def parse_feed(reply: Reply) -> Feed:
    return decode_json(reply, Feed)


def parse_document(reply: Reply) -> Document:
    return decode_json(reply, Document)


def unpacked(body: bytes) -> bytes:
    """The report's bytes, unzipped where they are GZIP (told by their first bytes: the store may unzip by itself)."""
    if body[:2] != b"\x1f\x8b":
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        found = stream.decompress(body, MOST_UNPACKED)
    except zlib.error as error:
        raise fail(Message("answer.unreadable", {"reason": "a broken GZIP file"})) from error
    if stream.unconsumed_tail:
        raise fail(Message("server.too_large", {"limit": str(MOST_UNPACKED)}))
    if not stream.eof:
        raise fail(Message("net.cut"))
    return found


class _ReportIssue(msgspec.Struct, frozen=True, rename="camel"):
    severity: str
    message: str
    message_id: int | None = None
    sku: str = ""
    code: str = ""
    attribute_name: str = ""
    attribute_names: list[str] = []


class _Summary(msgspec.Struct, frozen=True, rename="camel"):
    messages_processed: int
    messages_accepted: int
    messages_invalid: int


class Report(msgspec.Struct, frozen=True, rename="camel"):
    summary: _Summary
    issues: list[_ReportIssue] = []


def parse_report(reply: Reply) -> Report:
    return decode_json(msgspec.structs.replace(reply, body=unpacked(reply.body)), Report)


def feed_outcomes(report: Report, changes: Sequence[Change], *, whole: bool = True) -> tuple[Outcome, ...]:
    """One outcome per change. An error names its message by SKU, or by number where the feed is asked for as a whole.
    As many processed and refused as the summary counts → the rest is done; else nobody knows who, the rest is unknown.
    `whole` is False for a feed that was broken off: then its silence about a message says nothing."""
    numbered = report.summary.messages_processed == len(changes)
    by_number = {number: change.key for number, change in enumerate(changes, 1)} if numbered else {}
    by_sku = {change.listing.sku: change.key for change in changes}
    refused: dict[str, Message] = {}
    general: Message | None = None
    for issue in report.issues:
        if issue.severity != "ERROR":
            continue
        key = by_sku.get(issue.sku) if issue.sku else by_number.get(issue.message_id or 0)
        if key is not None:
            refused.setdefault(key, _message(issue))
        elif not issue.sku and issue.message_id is None:
            general = general or _message(issue)
    rest = Outcome("", OutcomeState.DONE)
    if report.summary.messages_accepted == 0 and (general or report.summary.messages_invalid):
        rest = Outcome("", OutcomeState.REFUSED, general or Message("item.refused", {"reason": "no message accepted"}))
    elif (
        not whole or report.summary.messages_invalid > len(refused) or report.summary.messages_processed < len(changes)
    ):
        rest = Outcome("", OutcomeState.UNKNOWN, general or Message("answer.unexpected", {"reason": "the report does not name every message"}))  # fmt: skip
    return tuple(
        Outcome(change.key, OutcomeState.REFUSED, refused[change.key])
        if change.key in refused
        else msgspec.structs.replace(rest, key=change.key)
        for change in changes
    )


def _message(issue: _ReportIssue) -> Message:
    field = issue.attribute_name or next(iter(issue.attribute_names), "")
    return Message("item.refused", vendor_code=issue.code[:60], vendor_text=clean(issue.message, 300), field=field[:80])


def stopped(feed: Feed, changes: Sequence[Change]) -> tuple[Outcome, ...]:
    """CANCELLED: it never began, nothing was changed. FATAL: some, none or all may have been."""
    cancelled = feed.processing_status == "CANCELLED"
    state = OutcomeState.REFUSED if cancelled else OutcomeState.UNKNOWN
    message = Message("item.conflict" if cancelled else "server.error", vendor_code=feed.processing_status[:60])
    return tuple(Outcome(change.key, state, message) for change in changes)
