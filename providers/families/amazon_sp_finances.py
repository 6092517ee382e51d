"""Amazon's Finances API 2024-06-19: transactions of the seller's account, each taken apart by what it is for. Pure.
Must never count a deferred sum twice, nor put amounts into parts that do not come to the transaction's own total.

Source: the vendor's model finances_2024-06-19.json. Only `Shipment` is named there as a type and no break-down type at all: the
words by which parts are told apart are those of Amazon's settlement reports (unconfirmed); an unknown part is a part of its type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec

from app.contracts import Account, Page
from app.kit import Call, Reply, decode_json, maybe, read_records, with_params
from app.model import Money, SettlementKind, SettlementLine, Window, clean, fold, iso_z, parse_iso
from providers.families.amazon_sp_base import Site

TRANSACTIONS = "/finances/2024-06-19/transactions"
#: Bounds must be more than two minutes before the call; a little more, for clocks.
SETTLED = timedelta(minutes=3)
_K = SettlementKind
#: A part is what the first word says that is found in its names, from the leaf to the root.
_PARTS = (
    ("withheld", _K.WITHHOLDING), ("withholding", _K.WITHHOLDING), ("facilitator", _K.WITHHOLDING), ("tcs", _K.WITHHOLDING),
    ("tds", _K.WITHHOLDING), ("commission", _K.COMMISSION), ("referral", _K.COMMISSION), ("fulfillment", _K.CARGO),
    ("shippinglabel", _K.CARGO), ("postage", _K.CARGO), ("transportation", _K.CARGO), ("fee", _K.SERVICE_FEE),
)  # fmt: skip
#: What a transaction is by its type, and so what is left of it.
_TYPES = (
    ("transfer", _K.PAYMENT), ("disbursement", _K.PAYMENT), ("refund", _K.RETURN), ("chargeback", _K.RETURN),
    ("guaranteeclaim", _K.RETURN), ("shipment", _K.SALE), ("order", _K.SALE), ("fee", _K.SERVICE_FEE),
)  # fmt: skip
_PAYOUT_IDS = ("FINANCIAL_EVENT_GROUP_ID", "SETTLEMENT_ID", "DISBURSEMENT_ID")


class MoneyWire(msgspec.Struct, rename="camel"):
    currency_amount: Decimal
    currency_code: str


class PartWire(msgspec.Struct, rename="camel"):
    breakdown_type: str = ""
    breakdown_amount: MoneyWire | None = None
    breakdowns: list[PartWire] | None = None


class PartsWire(msgspec.Struct):
    """The model's example wraps the list once more than its schema says."""

    breakdowns: list[PartWire] | None = None


class IdWire(msgspec.Struct, rename="camel"):
    related_identifier_name: str = ""
    related_identifier_value: str = ""


class PlaceWire(msgspec.Struct, rename="camel"):
    marketplace_id: str = ""


class ContextWire(msgspec.Struct, rename="camel"):
    maturity_date: str | None = None


class TransactionWire(msgspec.Struct, rename="camel"):
    posted_date: str
    total_amount: MoneyWire
    transaction_type: str = ""
    transaction_id: str | None = None
    transaction_status: str | None = None
    related_identifiers: list[IdWire] | None = None
    selling_partner_metadata: PlaceWire | None = None
    marketplace_details: PlaceWire | None = None
    contexts: list[ContextWire] | None = None
    breakdowns: list[PartWire] | PartsWire | None = None


class _PayloadWire(msgspec.Struct, rename="camel"):
    transactions: list[msgspec.Raw] | None = None
    next_token: str | None = None


class ListWire(msgspec.Struct):
    payload: _PayloadWire


# -- requests ------------------------------------------------------------------------------------------------------------
def transactions_request(account: Account, window: Window, site: Site) -> Call:
    """Transactions posted within the window (at most 180 days). In the US store the marketplace must not be named, or orders that
    the merchant ships himself are missing: there the rows are chosen by what they say."""
    last = account.now() - SETTLED
    since = min(window.since, last - timedelta(seconds=1))
    params = [
        ("postedAfter", iso_z(since)),
        ("postedBefore", iso_z(max(min(window.until, last), since + timedelta(seconds=1)))),
    ]
    if site.country != "US":
        params.append(("marketplaceId", site.marketplace))
    return Call("GET", TRANSACTIONS, "settlements", tuple(params), group="finances")


def next_transactions(call: Call, reply: Reply) -> Call | None:
    """The following page: the same parameters with the token. Pages may be empty."""
    token = decode_json(reply, ListWire).payload.next_token
    return with_params(call, nextToken=token) if token else None


# -- parsers -------------------------------------------------------------------------------------------------------------
def _leaves(parts: Sequence[PartWire], above: str = "") -> Iterator[tuple[str, MoneyWire | None]]:
    for part in parts:
        name = f"{part.breakdown_type} {above}"
        if part.breakdowns:
            yield from _leaves(part.breakdowns, name)
        else:
            yield name, part.breakdown_amount


def _folded(text: str) -> str:
    return fold(text).replace(" ", "").replace("_", "")


def kind_of(transaction_type: str) -> SettlementKind:
    told = _folded(transaction_type)
    return next((kind for word, kind in _TYPES if word in told), _K.OTHER)


def shares(wire: TransactionWire) -> dict[SettlementKind, Decimal]:
    """The total by what it is for; all of it by the transaction's type when the parts do not come to the total."""
    whole, kind = wire.total_amount, kind_of(wire.transaction_type)
    found = wire.breakdowns.breakdowns if isinstance(wire.breakdowns, PartsWire) else wire.breakdowns
    parts = list(_leaves(found or ()))
    sums: dict[SettlementKind, Decimal] = {}
    for name, amount in parts:
        if amount is None or amount.currency_code != whole.currency_code:
            return {kind: whole.currency_amount}
        told = _folded(name)
        part = next((one for word, one in _PARTS if word in told), kind) if kind is not _K.PAYMENT else kind
        sums[part] = sums.get(part, Decimal(0)) + amount.currency_amount
    if not sums or sum(sums.values()) != whole.currency_amount:
        return {kind: whole.currency_amount}
    return {part: amount for part, amount in sums.items() if amount} or {kind: whole.currency_amount}


def _key(wire: TransactionWire, ids: Mapping[str, str]) -> str:
    """Amazon's id, or where it tells none a mark that is the same whenever the same transaction comes."""
    if wire.transaction_id:
        return wire.transaction_id
    told = (wire.transaction_type, wire.posted_date, str(wire.total_amount.currency_amount), *sorted(ids.values()))
    return "x" + hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]


def lines_of(wire: TransactionWire, site: Site) -> tuple[SettlementLine, ...]:
    """A transaction as lines, one a kind; none for one of another marketplace, nor for the release of a deferred one: that one has
    its lines already, and changes its state (unconfirmed that it always comes)."""
    places = [
        one.marketplace_id for one in (wire.marketplace_details, wire.selling_partner_metadata) if one is not None
    ]
    place = next(filter(None, places), "")
    if place and site.country == "US" and place != site.marketplace:
        return ()
    ids: dict[str, str] = {}
    for one in wire.related_identifiers or ():
        ids.setdefault(one.related_identifier_name, clean(one.related_identifier_value, 120))
    if ids.get("DEFERRED_TRANSACTION_ID"):
        return ()
    matures = (maybe(parse_iso, one.maturity_date) for one in wire.contexts or ())
    first = SettlementLine(
        remote_id=_key(wire, ids),
        kind=_K.OTHER,
        amount=Money.of(wire.total_amount.currency_amount, wire.total_amount.currency_code),
        booked_at=parse_iso(wire.posted_date),
        order_number=ids.get("ORDER_ID", ""),
        payout_id=next((ids[name] for name in _PAYOUT_IDS if ids.get(name)), ""),
        due_at=next(filter(None, matures), None),
        vendor_kind=clean(wire.transaction_type, 60),
        order_id=ids.get("ORDER_ID", ""),
    )
    parts = shares(wire)
    made = []
    for kind, amount in parts.items():
        key = first.remote_id if len(parts) == 1 else f"{first.remote_id}:{kind}"
        money = Money.of(amount, wire.total_amount.currency_code)
        made.append(msgspec.structs.replace(first, remote_id=key, kind=kind, amount=money))
    return tuple(made)


def _id_of(record: Mapping[str, object]) -> str:
    return str(record.get("transactionId") or "")


def parse_transactions(reply: Reply, site: Site, window: Window) -> Page[SettlementLine]:
    """Lines posted within the window (Amazon's bounds have whole seconds)."""
    raws = decode_json(reply, ListWire).payload.transactions or []
    groups, rejects = read_records(raws, TransactionWire, lambda wire: lines_of(wire, site), _id_of)
    lines = (line for group in groups for line in group)
    return Page(tuple(line for line in lines if window.since <= line.booked_at < window.until), rejects)
