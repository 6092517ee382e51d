"""Price and stock changes of Amazon as attribute patches, and what became of one that Amazon accepted.

ACCEPTED means taken, not applied: nothing is called done here before the listing shows the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from app.contracts import Account, Message, Outcome, OutcomeState
from app.kit import Call, Reply, decode_json, json_call, segment
from app.model import PriceChange, StockChange, clean
from providers.families.amazon_sp_base import Site, credential
from providers.families.amazon_sp_listings import ITEMS, MERCHANT, Issue, ItemView

Change = PriceChange | StockChange
#: Beyond these a feed is quicker: patches go at five a second, a feed holds thousands.
MOST_PATCHES = 5
#: Amazon applies an accepted patch within minutes; after this long without the value it is told as not applied.
PATIENCE = timedelta(minutes=30)
OFFER, AVAILABILITY, LIST_PRICE = "purchasable_offer", "fulfillment_availability", "list_price"


def attribute_of(change: Change) -> str:
    return OFFER if isinstance(change, PriceChange) else AVAILABILITY


def refusal(site: Site, change: Change) -> Message | None:
    """What must not even be sent. None for all else: the vendor judges."""
    if isinstance(change, PriceChange):
        for money, field in ((change.price, "price"), (change.list_price, "list_price")):
            if money is not None and money.currency != site.currency:
                reason = f"{site.currency} is the currency of this marketplace"
                return Message("item.refused", {"reason": reason}, field=field)
        return None
    channel = change.listing.extra.get("channel", MERCHANT)
    if channel != MERCHANT:
        # A quantity for our own channel would take the article out of Amazon's warehouse programme.
        return Message("item.refused", {"reason": f"{channel}: Amazon keeps this stock"}, field="quantity")
    return None


def patches_of(site: Site, change: Change) -> list[dict[str, Any]]:
    """JSON Patch operations on top-level attributes (nested ones cannot be patched).

    Price: `replace` drops what it does not name, so that the rest of the offer (sale price, price limits) is sent along
    as the last pull saw it; tax included wherever the marketplace's prices include it. Stock: `merge`, which keeps handling
    time and restock date. Amounts are rounded to the currency's minor unit, which is all that Amazon takes.
    """
    if isinstance(change, StockChange):
        value: dict[str, Any] = {"fulfillment_channel_code": MERCHANT, "quantity": change.quantity}
        return [{"op": "merge", "path": f"/attributes/{AVAILABILITY}", "value": [value]}]
    place = {"marketplace_id": site.marketplace, "currency": site.currency}
    price = change.price.rounded().amount
    offer = {**_kept(change), **place, "audience": "ALL", "our_price": [{"schedule": [{"value_with_tax": price}]}]}
    patches = [{"op": "replace", "path": f"/attributes/{OFFER}", "value": [offer]}]
    if change.list_price is not None:
        amount = "value" if site.country == "US" else "value_with_tax"
        listed = {**place, amount: change.list_price.rounded().amount}
        patches.append({"op": "replace", "path": f"/attributes/{LIST_PRICE}", "value": [listed]})
    return patches


_kept_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def _kept(change: PriceChange) -> dict[str, Any]:
    told = change.listing.extra.get("offer", "")
    try:
        return _kept_decoder.decode(told) if told else {}
    except msgspec.DecodeError:
        return {}  # written by another version: the price itself must still go


def product_type(change: Change) -> str:
    """The listing's own type as the last pull saw it; PRODUCT is what the documents allow for an offer's attributes."""
    return change.listing.extra.get("product_type", "") or "PRODUCT"


def patch_request(account: Account, site: Site, change: Change) -> Call:
    """Absolute values: the same patch twice has the effect of one."""
    path = f"{ITEMS}/{segment(credential(account, 'seller_id'))}/{segment(change.listing.sku)}"
    body = {"productType": product_type(change), "patches": patches_of(site, change)}
    params = (("marketplaceIds", site.marketplace), ("issueLocale", site.language))
    operation = "set_prices" if isinstance(change, PriceChange) else "set_stocks"
    return json_call("PATCH", path, operation, body, params=params, group="listings_patch", repeatable=True)


# -- answers -------------------------------------------------------------------------------------------------------------
class _Submission(msgspec.Struct, frozen=True, rename="camel"):
    status: str
    submission_id: str = ""
    issues: list[Issue] = []


def parse_submission(reply: Reply, change: Change) -> Outcome:
    """ACCEPTED → pending; INVALID → refused with Amazon's words; any other word → unknown."""
    told = decode_json(reply, _Submission)
    if told.status == "ACCEPTED":
        return Outcome(change.key, OutcomeState.PENDING, remote_ref=told.submission_id)
    if told.status == "INVALID":
        return Outcome(change.key, OutcomeState.REFUSED, issue_message(told.issues), told.submission_id)
    message = Message("answer.unexpected", {"reason": f"status {told.status[:40]}"})
    return Outcome(change.key, OutcomeState.UNKNOWN, message, told.submission_id)


def issue_message(issues: Sequence[Issue], code: str = "item.refused") -> Message:
    """The first error among the issues as a message."""
    worst = next((one for one in issues if one.severity == "ERROR"), next(iter(issues), Issue()))
    field = worst.attribute_names[0] if worst.attribute_names else ""
    return Message(code, vendor_code=worst.code[:60], vendor_text=clean(worst.message, 300), field=field[:80])


def judge_patch(change: Change, item: ItemView, sent_at: datetime, now: datetime) -> Outcome:
    """What the listing shows of an accepted patch.

    Done when it shows the value. Until the patience ends it stays pending: an issue of the attribute may be older than our
    patch. Then: an error about the attribute → refused with its words; a stock that moved on below ours (pieces were sold
    since) → done; else refused as a conflict, because Amazon swallows some patches without a word – never "unknown", which
    would send an old stock again after a sale.
    """
    if _shows(change, item):
        return Outcome(change.key, OutcomeState.DONE)
    if now - sent_at < PATIENCE:
        return Outcome(change.key, OutcomeState.PENDING)
    errors = item.errors(attribute_of(change))
    if errors:
        return Outcome(change.key, OutcomeState.REFUSED, issue_message(errors))
    if isinstance(change, StockChange) and _sold_since(change, item.stock):
        return Outcome(change.key, OutcomeState.DONE)
    told = item.price if isinstance(change, PriceChange) else item.stock
    reason = f"accepted, but the listing still shows {told}"
    return Outcome(change.key, OutcomeState.REFUSED, Message("item.conflict", {"reason": reason}))


def _sold_since(change: StockChange, shown: int | None) -> bool:
    return shown is not None and change.was is not None and shown != change.was and shown < change.quantity


def _shows(change: Change, item: ItemView) -> bool:
    """Under a running sale the buyer's price is the sale price: then the attribute is what we set."""
    if isinstance(change, StockChange):
        return item.stock == change.quantity
    wanted = change.price.rounded()
    shown = item.own_price if "discounted_price" in item.offer else item.price
    return shown is not None and shown.currency == wanted.currency and shown.amount == wanted.amount


# -- tickets -------------------------------------------------------------------------------------------------------------
def patch_ticket(now: datetime, nonce: str) -> str:
    """`patch:<epoch seconds of sending>:<nonce>`: when it was sent tells how long to be patient."""
    return f"patch:{int(now.timestamp())}:{nonce[:12]}"
