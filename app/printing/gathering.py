"""From the store to what is drawn: which orders, parcels or listings stand on which document. Reads only; what must be asked before
it is printed (a second copy, a cancelled order) comes back as data, never as a decision made here."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from app.formats.words import Words
from app.model import OrderStatus, clean
from app.printing.contents import (
    documents_words,
    label_words,
    labels_of,
    manifest_of,
    noon,
    pick_of,
    slip_of,
    slip_words,
    sort_key,
)
from app.printing.data import (
    CarrierPart,
    LabelData,
    Look,
    ManifestWords,
    PickData,
    PickWords,
    Setup,
    ShelfData,
    Work,
)  # fmt: skip
from app.printing.together import label_for, sheets_of
from app.printing.trouble import PrintTrouble
from app.store import ParcelQuery, ParcelRow, Printer, Store, StoredOrder

KINDS = ("label", "carrier", "slip", "pick", "handover", "shelf")
SHEET_KINDS = ("slip", "pick", "handover")
_MARKED = ("label", "carrier")  # a second one of these on a parcel sends it twice
_DEAD = (OrderStatus.CANCELLED, OrderStatus.RETURNED)
_GONE_BACK_DAYS = 30  # a parcel older than that is handed over on no list any more


class PrintWish(msgspec.Struct, frozen=True):
    """What is to be printed, and where: kept with its job, so that the rest of it can be drawn again. `ids`: orders, for `shelf`
    listings; `handover` takes a `day` (ISO) and a `carrier` ('' all) instead. `again`, `anyway`: what was asked is answered."""

    kind: str
    ids: tuple[int, ...]
    printer: Printer
    paper: str = ""
    first: int = 1
    copies: int = 0
    again: bool = False
    anyway: bool = False
    day: str = ""
    carrier: str = ""


class Question(msgspec.Struct, frozen=True):
    """`why`: `again` (its label is printed already), `cancelled`, `cancel_asked`, `superseded`, `by_channel` (of the order), `size`
    (params in mm), `doubt`. `reference`: an order's, a parcel's, or a label's place."""

    why: str
    reference: str
    params: dict[str, str] = {}


class Gathered(msgspec.Struct, frozen=True):
    """The work, and for each thing in its list the orders and parcels that it is about, and whether it is a second copy."""

    work: Work
    orders: tuple[tuple[int, ...], ...] = ()
    parcels: tuple[tuple[int, ...], ...] = ()
    again: tuple[bool, ...] = ()
    questions: tuple[Question, ...] = ()


def setup_of(printer: Printer, kind: str, paper: str = "") -> Setup:
    """Documents on sheets have one paper, A4."""
    named = "a4" if kind in SHEET_KINDS else paper or printer.paper
    return Setup(printer.language, printer.dpi, named, printer.right_um, printer.down_um, printer.cut)


async def look_of(store: Store) -> Look:
    """Logo, footer and left-out fields, as the merchant chose them."""
    held = await store.settings.get("print.look") or {}
    logo = await store.settings.get("print.logo") or ""
    return Look(
        base64.b64decode(logo), clean(str(held.get("footer", "")), 120), frozenset(map(str, held.get("hidden", ())))
    )


async def keep_look(store: Store, look: Look) -> None:
    """`look.logo` is what `drawing.logo` made."""
    await store.settings.set("print.logo", base64.b64encode(look.logo).decode() or None)
    await store.settings.set("print.look", {"footer": look.footer, "hidden": sorted(look.hidden)})


async def gather(store: Store, wish: PrintWish, words: Words, now: datetime) -> Gathered:
    """Raises KeyError for an unknown order, PrintTrouble for nothing to print or an unknown kind."""
    setup, look = setup_of(wish.printer, wish.kind, wish.paper), await look_of(store)
    base = Work(wish.kind, setup, look, wish.first, wish.anyway)
    if wish.kind == "shelf":
        return await _shelf(store, wish, words, base)
    if wish.kind == "handover":
        return await _handover(store, wish, words, base, now)
    stored = await store.orders.get_many(wish.ids)
    if len(stored) != len(wish.ids):
        raise KeyError(next(one for one in wish.ids if one not in {s.id for s in stored}))
    if not stored:
        raise PrintTrouble("printer.nothing")
    sender = str(await store.settings.get("sender") or "")
    names = {row.id: row.name for row in await store.connections.list(removed=True)}
    each: tuple[tuple[int, ...], ...] = tuple((one.id,) for one in stored)
    if wish.kind == "pick":
        return Gathered(msgspec.structs.replace(base, pick=await _pick(store, stored, words, now), pick_words=documents_words(PickWords, "print.pick", words)), (tuple(wish.ids),))  # fmt: skip
    if wish.kind == "slip":
        slips = tuple(slip_of(s.order, names.get(s.connection_id, ""), sender, words) for s in stored)
        return Gathered(msgspec.structs.replace(base, slips=slips, slip_words=slip_words(words)), each)
    asked = [] if wish.anyway else [Question(why, one.order.number) for one in stored if (why := _unwanted(one))]
    if wish.kind == "carrier":
        return await _carrier(store, wish, stored, words, base, asked)
    if wish.kind != "label":
        raise PrintTrouble("printer.document", {"document": wish.kind[:40]})
    sheets = await sheets_of(store, stored)
    own = await store.addresses.get_many([s.id for one in sheets for s in one.orders])
    each = tuple(tuple(s.id for s in one.orders) for one in sheets)
    copies = await store.prints.copies([i for ids in each for i in ids], "label")
    again = tuple(any(i in copies for i in ids) for ids in each)
    if not wish.again:
        asked += [
            Question("again", one.orders[0].order.number) for one, twice in zip(sheets, again, strict=True) if twice
        ]
    labels = tuple(label_for(one, names, sender, words, copies, own) for one in sheets)
    work = msgspec.structs.replace(base, labels=labels, label_words=label_words(words))
    return Gathered(work, each, (), again, tuple(asked))


def _unwanted(stored: StoredOrder) -> str:
    """Why its label should not be printed without a second thought; '' when it should."""
    order = stored.order
    if order.status in _DEAD:
        return "cancelled"
    if stored.superseded_by is not None:
        return "superseded"
    if order.fulfilled_by_channel:
        return "by_channel"
    return "cancel_asked" if order.cancel_asked else ""


# -- labels and slips ---------------------------------------------------------------------------------------------------


# -- picking --------------------------------------------------------------------------------------------------------------
async def _pick(store: Store, stored: Sequence[StoredOrder], words: Words, now: datetime) -> PickData:
    skus = {line.sku for one in stored for line in one.order.lines}
    shelves = {one.sku: one.shelf for one in await store.products.get_many(sorted(skus))}
    at = now.astimezone()
    return pick_of(stored, shelves, f"{words.figures.date(at)} {words.figures.time(at)}", f"{at:%d%m-%H%M}")


# -- parcels --------------------------------------------------------------------------------------------------------------
async def _carrier(store: Store, wish: PrintWish, stored: Sequence[StoredOrder], words: Words, base: Work, asked: list[Question]) -> Gathered:  # fmt: skip
    taken = await store.parcels.of_orders(wish.ids)
    rows: dict[int, ParcelRow] = {}
    for one in stored:
        living = [row for row in taken.get(one.id, ()) if row.state not in ("cancelled", "returned")]
        if not living:
            raise PrintTrouble("printer.no_parcel", {"number": one.order.number})
        rows.update({row.id: row for row in reversed(living)})
    parts, orders, again = [], [], []
    for row in rows.values():
        if row.state == "waiting":
            raise PrintTrouble("printer.parcel_waiting", {"number": row.numbers})
        detail = await store.parcels.detail(row.id)
        mine = detail.orders if detail is not None else ()
        kept = await store.parcels.labels(row.id)
        if not kept and not row.own_label:
            raise PrintTrouble("printer.parcel_waiting", {"number": row.numbers})
        own = () if kept else await own_labels(store, row, mine, words)
        parts.append(CarrierPart(row.reference, tuple(one.label for one in kept), own))
        orders.append(tuple(mine))
        again.append(row.print_count > 0)
        if row.print_count and not wish.again:
            asked.append(Question("again", row.numbers or row.reference))
    work = msgspec.structs.replace(base, parts=tuple(parts), label_words=label_words(words))
    return Gathered(work, tuple(orders), tuple((one,) for one in rows), tuple(again), tuple(asked))


async def own_labels(store: Store, row: ParcelRow, orders: Sequence[int], words: Words) -> tuple[LabelData, ...]:
    """Our own label for a parcel whose carrier gives none, one a piece."""
    stored = await store.orders.get_many(orders)
    own = await store.addresses.get_many([one.id for one in stored])
    names = {one.id: one.name for one in await store.connections.list(removed=True)}
    return tuple(labels_of(row, stored, own, names, str(await store.settings.get("sender") or ""), words))


async def _handover(store: Store, wish: PrintWish, words: Words, base: Work, now: datetime) -> Gathered:
    day = _day(wish.day, now)
    rows = [row for row in await _parcels_of(store, day, wish.ids) if not wish.carrier or row.carrier == wish.carrier]
    if not rows:
        raise PrintTrouble("printer.no_handover", {"day": words.figures.date(noon(day))})
    sender = clean(str(await store.settings.get("sender") or ""), 120)
    at = now.astimezone()
    carriers = sorted({row.carrier for row in rows}, key=sort_key)
    manifests = tuple(
        manifest_of(name, [row for row in rows if row.carrier == name], words, day, at, sender) for name in carriers
    )
    # No orders in its journal row: the paper is the carrier's, and one row a paper is what is looked for.
    return Gathered(msgspec.structs.replace(base, manifests=manifests, manifest_words=documents_words(ManifestWords, "print.handover", words)), ((),))  # fmt: skip


def _day(text: str, now: datetime) -> date:
    try:
        return date.fromisoformat(text) if text else now.astimezone().date()
    except ValueError as error:
        raise PrintTrouble("printer.day", {"day": text[:40]}) from error


async def _parcels_of(store: Store, day: date, orders: Sequence[int]) -> list[ParcelRow]:
    """Parcels that go with the carrier on this day: those whose label came out then, or that were made then; of these orders only,
    where some are named."""
    if orders:
        taken = await store.parcels.of_orders(orders)
        found = {row.id: row for rows in taken.values() for row in rows}
        return [row for row in found.values() if _goes(row)]
    kept: list[ParcelRow] = []
    offset = 0
    oldest = day - timedelta(days=_GONE_BACK_DAYS)
    while True:
        rows = await store.parcels.query(ParcelQuery(offset=offset, limit=500))
        kept += [row for row in rows if _goes(row) and (row.printed_at or row.created_at).astimezone().date() == day]
        if len(rows) < 500 or rows[-1].created_at.astimezone().date() < oldest:
            return kept
        offset += 500


def _goes(row: ParcelRow) -> bool:
    return row.state not in ("waiting", "cancelled", "returned")


# -- shelves --------------------------------------------------------------------------------------------------------------
async def _shelf(store: Store, wish: PrintWish, words: Words, base: Work) -> Gathered:
    stored = await store.listings.get_many(wish.ids)
    if not stored:
        raise PrintTrouble("printer.nothing")
    shelves = {one.sku: one.shelf for one in await store.products.get_many(sorted({s.listing.sku for s in stored}))}
    labels = tuple(
        ShelfData(
            title=clean(s.listing.title, 120), sku=clean(s.listing.sku, 60), code=s.listing.barcode or s.listing.sku,
            price=words.figures.money(s.listing.price.amount, s.listing.price.currency) if s.listing.price and base.look.shows("amounts") else "",
            shelf=clean(shelves.get(s.listing.sku, ""), 30),
        )
        for s in stored
    )  # fmt: skip
    return Gathered(msgspec.structs.replace(base, shelf=labels), tuple(() for _ in labels))
