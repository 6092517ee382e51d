"""Listings of the Amazon SP-API fake: what a submission may say, and its asynchronous application.

ACCEPTED means only "will be processed": nothing is applied before its time has come on the sandbox clock.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .amazon_sp_records import (
    IN,
    MARKETPLACES,
    US,
    Account,
    Listing,
    Values,
    asin_of,
    decimal_text,
    local_price,
    marketplace_of,
    numbered_good,
)

#: From "accepted" to "applied". The vendor promises no figure; some seconds is what this fake takes.
APPLY_AFTER = timedelta(seconds=8)
PRODUCT_TYPE = "HOME"
#: Of ten accepted writes these are lost under the switch `apply_70`.
_LOST = (2, 5, 8)
#: Attributes whose entries belong to one marketplace each.
_SCOPED = (
    "purchasable_offer",
    "item_name",
    "list_price",
    "condition_type",
    "brand",
    "externally_assigned_product_identifier",
)
_PATH = re.compile(r"^/attributes/([a-z][a-z0-9_]*)$")
_REQUIRED = {
    "LISTING": ("item_name", "condition_type", "purchasable_offer"),
    "LISTING_PRODUCT_ONLY": ("item_name",),
    "LISTING_OFFER_ONLY": ("condition_type", "purchasable_offer"),
}


@dataclass(frozen=True)
class Change:
    """One submission. `kind`: PATCH | UPDATE (put) | DELETE. `patches` or `attributes` as on the wire."""

    kind: str
    sku: str
    marketplaces: tuple[str, ...]
    product_type: str = ""
    requirements: str = "LISTING"
    patches: tuple[dict[str, Any], ...] = ()
    attributes: dict[str, Any] | None = None


def decimal_string(value: Decimal) -> str:
    return f"{value:.2f}"


def issue(message: str, attribute: str, category: str = "INVALID_ATTRIBUTE") -> dict[str, Any]:
    """The two codes are those of the official static examples; which code fits which fault is not published."""
    code = "90220" if category == "MISSING_ATTRIBUTE" else "90000900"
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "attributeNames": [attribute],
        "categories": [category],
    }


@dataclass
class Catalogue:
    account: Account
    waiting: list[tuple[datetime, Change]] = field(default_factory=list)
    accepted: int = 0

    def generate(self, count: int) -> None:
        now, rng = self.account.now(), random.Random(f"{self.account.seed}:listings")
        for index in range(1, count + 1):
            article, marketplace_id = numbered_good(self.account.seed, index), marketplace_of(index)
            currency = MARKETPLACES[marketplace_id].currency
            since = now - timedelta(days=400, seconds=index)
            price = local_price(article.price_kurus, marketplace_id)
            listed = local_price(article.list_price_kurus, marketplace_id)
            channel = "AMAZON_NA" if marketplace_id == US else "AMAZON_IN" if marketplace_id == IN else "AMAZON_EU"
            stock: dict[str, Any] = {"fulfillment_channel_code": "DEFAULT", "quantity": article.stock}
            if index % 7 == 4:
                stock = {"fulfillment_channel_code": channel}
            schedule = [{"schedule": [{"value_with_tax": Decimal(decimal_text(price))}]}]
            offer = {"currency": currency, "audience": "ALL", "our_price": schedule}
            attributes: dict[str, Values] = {
                "item_name": [{"value": article.title, "language_tag": MARKETPLACES[marketplace_id].language}],
                "condition_type": [{"value": "new_new"}],
                "externally_assigned_product_identifier": [{"type": "ean", "value": article.barcode}],
                "purchasable_offer": [offer],
                "fulfillment_availability": [stock],
            }
            if listed > price:
                attributes["list_price"] = [{"currency": currency, "value_with_tax": Decimal(decimal_text(listed))}]
            for name in _SCOPED:
                for entry in attributes.get(name, []):
                    entry["marketplace_id"] = marketplace_id
            updated = now - timedelta(minutes=10, seconds=rng.randint(0, 5_000_000))
            listing = Listing(article.sku, asin_of(index), PRODUCT_TYPE, {marketplace_id: since}, attributes, updated)
            if index % 9 == 0:
                found = issue("The main image has text or a watermark.", "main_product_image_locator", "INVALID_IMAGE")
                listing.issues.append(found | {"severity": "WARNING", "marketplaceIds": [marketplace_id]})
            self.account.listings[article.sku] = listing

    # -- validation ----------------------------------------------------------------------------------------------
    def issues(self, change: Change) -> list[dict[str, Any]]:
        """What prevents the submission; empty when it will be accepted."""
        listing = self.account.listings.get(change.sku)
        if change.kind == "DELETE":
            return []
        found: list[dict[str, Any]] = []
        known = (change.product_type, "PRODUCT") if listing is None else (listing.product_type, "PRODUCT")
        if change.product_type not in known:
            found.append(issue(f"'{change.product_type}' is not the product type of this listing.", "product_type"))
        if change.kind == "UPDATE":
            attributes = change.attributes or {}
            found += [
                issue(f"'{name}' is required but not supplied.", name, "MISSING_ATTRIBUTE")
                for name in _REQUIRED[change.requirements]
                if not attributes.get(name)
            ]
            for name, values in attributes.items():
                found += _value_issues(name, values, change.marketplaces, listing)
            return found
        for patch in change.patches:
            match = _PATH.match(patch["path"])
            if match is None:
                found.append(issue(f"'{patch['path']}' is not a top-level attribute.", patch["path"]))
            elif patch["op"] != "delete" and not patch.get("value"):
                found.append(issue(f"'{match[1]}' has no value.", match[1], "MISSING_ATTRIBUTE"))
            elif patch["op"] in ("add", "replace"):
                found += _value_issues(match[1], patch["value"], change.marketplaces, listing)
            elif patch["op"] == "merge" and listing is not None:
                if any(one.get("marketplace_id", "") not in (*change.marketplaces, "") for one in patch["value"]):
                    found.append(issue(f"'{match[1]}' names a marketplace that the request does not.", match[1]))
                merged = _merged(listing.attributes.get(match[1], []), _scoped(match[1], patch["value"], change))
                found += _value_issues(match[1], merged, tuple(listing.marketplaces), listing)
        return found

    # -- application ---------------------------------------------------------------------------------------------
    def submit(self, change: Change, at: datetime | None = None) -> None:
        """Take a change accepted at `at` (now): applied later, at once (`instant`), in part or never (switches)."""
        self.accepted += 1
        if self.account.on("ignore_writes") or (self.account.on("apply_70") and self.accepted % 10 in _LOST):
            return
        at = at or self.account.now()
        self.waiting.append((at if self.account.on("instant") else at + APPLY_AFTER, change))
        if self.account.on("instant"):
            self.settle()

    def settle(self) -> None:
        now = self.account.now()
        due = [row for row in self.waiting if row[0] <= now]
        self.waiting = [row for row in self.waiting if row[0] > now]
        for at, change in due:
            self._apply(change, at)

    def _apply(self, change: Change, at: datetime) -> None:
        listing = self.account.listings.get(change.sku)
        if change.kind == "UPDATE":
            self._put(listing, change, at)
            name = "puts_applied"
        elif listing is None:
            return  # never there (`accept_unknown`), or deleted while the change was waiting
        elif change.kind == "DELETE":
            self._delete(listing, change)
            name = "deletes_applied"
        else:
            for patch in change.patches:
                _patch(listing.attributes, patch, change)
            listing.updated = at
            name = "patches_applied"
        self.account.counts[name] += 1
        self.account.counts[f"write:{change.sku}"] += 1

    def _delete(self, listing: Listing, change: Change) -> None:
        for marketplace_id in change.marketplaces:
            listing.marketplaces.pop(marketplace_id, None)
        if not listing.marketplaces:
            del self.account.listings[change.sku]
            return
        _keep(listing.attributes, lambda one: one.get("marketplace_id") not in change.marketplaces)

    def _put(self, listing: Listing | None, change: Change, at: datetime) -> None:
        if listing is None:
            asin = asin_of(900_000 + len(self.account.listings))
            listing = Listing(change.sku, asin, change.product_type, {}, {}, at)
            self.account.listings[change.sku] = listing
        for marketplace_id in change.marketplaces:
            listing.marketplaces.setdefault(marketplace_id, at)
        _keep(listing.attributes, lambda one: one.get("marketplace_id", "") not in (*change.marketplaces, ""))
        for name, values in (change.attributes or {}).items():
            listing.attributes.setdefault(name, []).extend(_scoped(name, values, change))
        listing.updated = at


def _keep(attributes: dict[str, Values], wanted: Callable[[dict[str, Any]], bool]) -> None:
    for name in list(attributes):
        attributes[name] = [one for one in attributes[name] if wanted(one)]
        if not attributes[name]:
            del attributes[name]


def _scoped(name: str, values: Values, change: Change) -> Values:
    """Copies of the values, each with its marketplace: the first of the request where the entry names none."""
    found = copy.deepcopy(values)
    if name in _SCOPED:
        for one in found:
            one.setdefault("marketplace_id", change.marketplaces[0])
    return found


def _selector(one: dict[str, Any]) -> tuple[str, ...]:
    """What tells two entries of one attribute apart."""
    channel = str(one.get("fulfillment_channel_code", ""))
    return str(one.get("marketplace_id", "")), str(one.get("audience", "ALL")), channel, str(one.get("type", ""))


def _merged(stored: Values, values: Values) -> Values:
    result = copy.deepcopy(stored)
    for value in values:
        for one in result:
            if _selector(one) == _selector(value):
                one.update(value)
                break
        else:
            result.append(value)
    return result


def _patch(attributes: dict[str, Values], patch: dict[str, Any], change: Change) -> None:
    name = patch["path"].removeprefix("/attributes/")
    stored, values = attributes.get(name, []), _scoped(name, patch.get("value") or [], change)
    chosen = {_selector(one) for one in values}
    if patch["op"] == "merge":
        attributes[name] = _merged(stored, values)
        return
    if patch["op"] == "delete" and not values:
        rest = [one for one in stored if name in _SCOPED and one.get("marketplace_id") not in change.marketplaces]
    else:
        rest = [one for one in stored if _selector(one) not in chosen]
    attributes[name] = rest if patch["op"] == "delete" else rest + values
    if not attributes[name]:
        del attributes[name]


def _amount_issue(value: object, name: str) -> list[dict[str, Any]]:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return [issue(f"'{name}' must be a number.", name, "INVALID_PRICE")]
    if not 0 < value < 10**9:
        return [issue(f"'{name}' must be greater than zero and plausible.", name, "INVALID_PRICE")]
    if Decimal(value) != round(Decimal(value), 2):
        return [issue(f"'{name}' has more than two decimal places.", name, "INVALID_PRICE")]
    return []


def _value_issues(name: str, values: Any, marketplaces: tuple[str, ...], listing: Listing | None) -> list[dict[str, Any]]:  # fmt: skip
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        return [issue(f"'{name}' must be an array of objects.", name)]
    found: list[dict[str, Any]] = []
    for one in values:
        marketplace_id = one.get("marketplace_id", marketplaces[0])
        if marketplace_id not in marketplaces:
            found.append(issue(f"'{name}' names a marketplace that the request does not.", name))
        elif name in ("purchasable_offer", "list_price"):
            currency = MARKETPLACES[marketplace_id].currency
            if one.get("currency") != currency:
                found.append(issue(f"The currency of '{name}' must be {currency}.", name, "INVALID_PRICE"))
            if name == "list_price":
                found += _amount_issue(one.get("value_with_tax", one.get("value")), name)
            else:
                found += _offer_issues(one, name)
        elif name == "fulfillment_availability":
            found += _stock_issues(one, name, listing)
    return found


def _offer_issues(offer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    try:
        value = offer["our_price"][0]["schedule"][0]["value_with_tax"]
    except (KeyError, IndexError, TypeError):
        return [issue("'our_price' is required but not supplied.", name, "MISSING_ATTRIBUTE")]
    return _amount_issue(value, name)


def _stock_issues(one: dict[str, Any], name: str, listing: Listing | None) -> list[dict[str, Any]]:
    channel, quantity = one.get("fulfillment_channel_code"), one.get("quantity")
    if channel not in ("DEFAULT", "AMAZON_EU", "AMAZON_NA", "AMAZON_IN"):
        return [issue("'fulfillment_channel_code' is not a channel of the seller.", name)]
    if channel != "DEFAULT":
        return [] if quantity is None else [issue("Amazon holds the quantity of this channel.", name)]
    if type(quantity) is not int or quantity < 0:
        return [issue("'quantity' must be a whole number, zero or more.", name)]
    if listing is not None and listing.fba:
        return [issue("The listing is fulfilled by Amazon; its quantity cannot be set.", name)]
    return []


def truth(account: Account) -> list[dict[str, Any]]:
    """One row for each listing and marketplace that this endpoint serves."""
    rows = []
    served = {one.marketplace_id for one in account.visible()}
    for listing in account.listings.values():
        for marketplace_id in listing.marketplaces:
            price, listed = listing.price(marketplace_id), listing.list_price(marketplace_id)
            row = {
                "remote_id": listing.sku,
                "sku": listing.sku,
                "barcode": listing.text("externally_assigned_product_identifier", marketplace_id),
                "title": listing.text("item_name", marketplace_id),
                "price": None if price is None else decimal_string(price),
                "list_price": None if listed is None else decimal_string(listed),
                "stock": listing.quantity,
                "currency": MARKETPLACES[marketplace_id].currency,
                "marketplace_id": marketplace_id,
                "asin": listing.asin,
            }
            if marketplace_id in served:
                rows.append(row)
    return rows
