"""The lines of a PRI01 file that belong to one offer, judged and turned into its prices. Nothing is applied here.

Source: the seller OpenAPI document, PRI01: one line a price, at most 50 an offer; whoever sends a file sends all prices of its offers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from providers.sandboxes.mirakl_records import CHANNELS, Price
from providers.sandboxes.mirakl_wire import Row, instant, kurus_text

PRICE_COLUMNS = (
    "offer-sku", "price", "discount-price", "discount-start-date", "discount-end-date", "price-ranges", "discount-ranges", "channels",
    "start-date", "end-date", "customer-organization-ids", "customer-group-ids", "price-type",
)  # fmt: skip
#: Columns of features that this instance has not bought: they may stand in the file, empty.
UNUSED = ("discount-ranges", "start-date", "end-date", "customer-organization-ids", "customer-group-ids", "price-type")
MOST = 50


def read_prices(rows: Sequence[Row], period_required: bool) -> tuple[dict[str, Price], dict[int, str]]:
    """(prices by channel, faults by line)."""
    prices: dict[str, Price] = {}
    faults: dict[int, str] = {}
    for n, row in enumerate(rows):
        made = _price(row, period_required)
        channels = [one.strip() for one in row.cells.get("channels", "").split(",")]
        if isinstance(made, str):
            faults[row.line] = made
        elif n >= MOST:
            faults[row.line] = "An offer has 50 prices at most"
        elif not set(channels) <= {"", *(code for code, _ in CHANNELS)}:
            faults[row.line] = "The channel does not exist"
        elif prices.keys() & set(channels):
            faults[row.line] = "The offer already has such a price in this file"
        else:
            prices.update(dict.fromkeys(channels, made))
    if "" not in prices and not faults:
        faults[rows[0].line] = "The default price is missing"
    return prices, faults


def _price(row: Row, period_required: bool) -> Price | str:
    """A price, or why there is none."""
    cell = row.cells.get
    if any(cell(name) for name in UNUSED):
        return "The feature of a filled column is not enabled"
    origin = kurus_text(cell("price", ""))
    if origin is None or origin == 0:
        return "The price must be a number above zero with at most two decimals"
    made = Price(origin)
    if cell("discount-price"):
        made.discount = kurus_text(cell("discount-price", ""))
        if made.discount is None or not 0 < made.discount < origin:
            return "The discount price must be above zero and below the price"
    for name in ("discount-start-date", "discount-end-date"):
        text = cell(name, "")
        at = instant(text if "T" in text else f"{text}T00:00:00Z") if text else None
        if text and at is None:
            return f"{name} must be an ISO 8601 date"
        if name == "discount-start-date":
            made.start = at
        else:
            made.end = at
    if made.start is not None and made.end is not None and made.start >= made.end:
        return "The discount ends before it begins"
    if period_required and made.discount is not None and (made.start is None or made.end is None):
        return "A discount needs a start and an end date"
    return _volumes(made, cell("price-ranges", ""))


def _volumes(made: Price, text: str) -> Price | str:
    """ "10|95.00,50|90.00": threshold and price; the separators are taken from the offer file and unconfirmed."""
    for one in text.split(",") if text else ():
        match = re.fullmatch(r"(\d{1,6})\|(\d{1,9}(?:\.\d{1,2})?)", one.strip(), re.ASCII)
        kurus = kurus_text(match[2]) if match else None
        if match is None or not kurus:
            return "price-ranges cannot be read"
        made.volumes.append((int(match[1]), kurus))
    return made
