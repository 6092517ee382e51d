"""What channels are told of a managed SKU's stock: which listings sell it, and the intents that make them show what they should.
Always within the caller's transaction, so that a quantity never changes without its news being queued."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from app.model import ListingRef, StockChange
from app.model.stock import PLAIN, ChannelRule, available, shown
from app.store import intents, outbox, settings
from app.store.rows import insert_many, json_text, read_flags

SINKS = "stock.sinks"  # setting: integrations that can be told a quantity; none kept: all
SURE_MS = 120_000  # clocks of vendors and ours differ by less
KIND, SWITCH = "stock", "stock_sink"
_encode = msgspec.json.Encoder().encode
_OUTBOX = "INSERT INTO outbox(key, connection_id, account_id, kind, subject, payload, state, attempts, not_before, created_at, plan)"
_LISTING = (
    "l.id, l.sku, l.barcode, l.connection_id, c.account_id, c.integration, c.switches, l.stock,"
    " CASE WHEN l.stock_key <> '' AND l.stock_state <> 'refused' THEN l.wanted_stock ELSE l.stock END, l.stock_key <> ''"
)


class _Handle(msgspec.Struct):
    """What a stock change needs of a listing's document."""

    remote_id: str
    sku: str
    barcode: str = ""
    extra: dict[str, str] = {}


_handle = msgspec.json.Decoder(_Handle)


class Sale(NamedTuple):
    """What a channel has told of as sold: pieces, and when the first of them was (epoch ms)."""

    pieces: int
    first_at: int

    def and_(self, pieces: int, at: int) -> Sale:
        return Sale(self.pieces + pieces, min(self.first_at, at))


class Seller(NamedTuple):
    """A listing that sells a managed SKU (`sku`). `shows`: what the channel has, or is about to be told (`open`); None where it
    counts none."""

    sku: str
    listing_id: int
    connection_id: int
    account_id: str
    integration: str
    switches: str
    stock: int | None
    shows: int | None
    open: int


def match(conn: sqlite3.Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(SKU, barcode) as an order or listing tells them → the managed SKU they are: the SKU to the letter, else the barcode where
    it belongs to one managed SKU alone. What is neither is left out: nobody guesses."""
    skus = {sku for sku, _ in pairs if sku}
    query = "SELECT sku FROM stock WHERE sku IN (SELECT value FROM json_each(?))"
    known = {row[0] for row in conn.execute(query, (json_text(sorted(skus)),))}
    found = {(sku, code): sku for sku, code in pairs if sku in known}
    codes = sorted({code for sku, code in pairs if code and sku not in known})
    if not codes:
        return found
    owners: dict[str, set[str]] = {}
    for code, sku in conn.execute(
        "SELECT j.value, s.sku FROM json_each(?1) j CROSS JOIN stock s ON s.barcode = j.value AND s.barcode <> ''"
        " UNION SELECT j.value, s.sku FROM json_each(?1) j CROSS JOIN listings l ON l.barcode = j.value AND l.barcode <> ''"
        " CROSS JOIN stock s ON s.sku = l.sku",
        (json_text(codes),),
    ):
        owners.setdefault(code, set()).add(sku)
    for sku, code in pairs:
        if sku not in known and len(owners.get(code, ())) == 1:
            found[sku, code] = next(iter(owners[code]))
    return found


def sellers(conn: sqlite3.Connection, skus: Sequence[str]) -> list[Seller]:
    """Every listing of connections that are not removed which sells one of these managed SKUs."""
    text = json_text(list(skus))
    own = " ".join(
        ("SELECT", _LISTING, "FROM connections c CROSS JOIN json_each(?) j CROSS JOIN listings l",
         "ON l.connection_id = c.id AND l.sku = j.value WHERE c.removed_at IS NULL")
    )  # fmt: skip
    rows = {row[0]: row for row in conn.execute(own, (text,))}
    codes = {row[2] for row in rows.values() if row[2]}
    query = "SELECT barcode FROM stock WHERE barcode <> '' AND sku IN (SELECT value FROM json_each(?))"
    codes |= {row[0] for row in conn.execute(query, (text,))}
    if codes:
        by_code = " ".join(
            ("SELECT", _LISTING, "FROM json_each(?) j CROSS JOIN listings l ON l.barcode = j.value AND l.barcode <> ''",
             "CROSS JOIN connections c ON c.id = l.connection_id WHERE c.removed_at IS NULL")
        )  # fmt: skip
        for row in conn.execute(by_code, (json_text(sorted(codes)),)):
            rows.setdefault(row[0], row)
    owner = match(conn, {(row[1], row[2]) for row in rows.values()})
    asked = set(skus)
    return [
        Seller(owner[row[1], row[2]], row[0], *row[3:]) for row in rows.values() if owner.get((row[1], row[2])) in asked
    ]


def rules(conn: sqlite3.Connection) -> dict[int, ChannelRule]:
    query = "SELECT connection_id, percent, most, least, minus FROM stock_rules"
    return {row[0]: ChannelRule(*row[1:]) for row in conn.execute(query)}


def takes(conn: sqlite3.Connection) -> Collection[str] | None:
    """Integrations that can be told a quantity; None: nobody has said."""
    kept = settings.read(conn, SINKS)
    return None if kept is None else frozenset(kept)


def push(
    conn: sqlite3.Connection,
    skus: Sequence[str],
    at: int,
    sold: Mapping[tuple[int, str], Sale] | None = None,
    doubted: Collection[tuple[int, str]] = (),
    only: int | None = None,
) -> dict[int, int]:
    """Queue what the channels should show of these SKUs where it is not what they show; intents by connection. `sold`: what a channel
    (connection, SKU) has just told of as sold. `doubted`: those that are told whatever they showed last: a channel may put a cancelled
    order's pieces back by itself. `only`: tell this connection alone."""
    if not skus:
        return {}
    there = {
        row[0]: available(*row[1:])
        for row in conn.execute(
            "SELECT sku, on_hand, reserved, buffer FROM stock WHERE sku IN (SELECT value FROM json_each(?))",
            (json_text(list(skus)),),
        )
    }
    known, able = rules(conn), takes(conn)
    wishes: list[tuple[Seller, int]] = []
    own: list[tuple[int, str, bytes]] = []
    for one in sellers(conn, skus):
        if only is not None and one.connection_id != only:
            continue
        if one.stock is None or (able is not None and one.integration not in able):
            continue
        if not read_flags(one.switches).get(SWITCH, True):
            continue
        should, shows = shown(there[one.sku], known.get(one.connection_id, PLAIN)), one.shows
        sale = (sold or {}).get((one.connection_id, one.sku))
        if (one.connection_id, one.sku) in doubted:
            wishes.append((one, should))
            continue
        if sale is None:
            if shows == should:
                continue
        elif (
            shows is not None and not one.open and should == max(0, shows - sale.pieces) and _took_off(conn, one, sale)
        ):
            own.append((one.listing_id, "", _encode(StockChange("", ListingRef("", ""), should))))
            continue
        # A channel that has sold has taken that off itself: what it was last told is no longer what it shows.
        wishes.append((one, should))
    if own:
        intents.apply_many(conn, KIND, own, at)
    return _queue(conn, wishes, at)


def _took_off(conn: sqlite3.Connection, one: Seller, sale: Sale) -> bool:
    """Whether the channel's own figure is sure to be without what it sold: to write it then could only wipe out its next sale. A
    quantity of ours that reached it about when it sold, or later, has written over what it took off."""
    query = "SELECT max(coalesce(settled_at, sent_at)) FROM outbox WHERE connection_id = ? AND kind = 'stock' AND subject = ?"
    last = conn.execute(query, (one.connection_id, one.listing_id)).fetchone()[0]
    return last is None or sale.first_at > last + SURE_MS


def _queue(conn: sqlite3.Connection, wishes: Sequence[tuple[Seller, int]], at: int) -> dict[int, int]:
    """As `Listings.want_stock` does it for one, many in a few statements. `was` is what the channel has."""
    if not wishes:
        return {}
    documents = dict(
        conn.execute(
            "SELECT listing_id, document FROM listing_documents WHERE listing_id IN (SELECT value FROM json_each(?))",
            (json_text([one.listing_id for one, _ in wishes]),),
        ).fetchall()
    )
    rows: list[tuple[Any, ...]] = []
    marks: list[tuple[int, str, int]] = []
    counts: dict[int, int] = {}
    for one, quantity in wishes:
        handle, key = _handle.decode(documents[one.listing_id]), outbox.new_key()
        ref = ListingRef(handle.remote_id, handle.sku, handle.barcode, handle.extra)
        payload = _encode(StockChange(key, ref, quantity, one.stock))
        rows.append(
            (key, one.connection_id, one.account_id, KIND, one.listing_id, payload, outbox.QUEUED, 0, 0, at, "")
        )
        marks.append((one.listing_id, key, quantity))
        counts[one.connection_id] = counts.get(one.connection_id, 0) + 1
    text = json_text(marks)
    conn.execute(
        "UPDATE outbox SET state = 'superseded', settled_at = ?1 WHERE id IN (SELECT o.id FROM json_each(?2) j"
        " CROSS JOIN listings g ON g.id = json_extract(j.value, '$[0]')"
        " CROSS JOIN outbox o ON o.connection_id = g.connection_id AND o.kind = 'stock' AND o.subject = g.id"
        " AND o.state = 'queued')",
        (at, text),
    )
    insert_many(conn, _OUTBOX, rows)
    conn.execute(
        "UPDATE listings SET wanted_stock = json_extract(j.value, '$[2]'), stock_key = json_extract(j.value, '$[1]'),"
        " stock_state = 'queued', stock_message = NULL, changed_at = ?1"
        " FROM json_each(?2) j WHERE listings.id = json_extract(j.value, '$[0]')",
        (at, text),
    )
    return counts
