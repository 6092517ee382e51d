"""Publishing: what a merchant keeps of a product for its listings, channels' categories and attributes as they were read last, the
merchant's answers to them, and the wishes to publish. Content is keyed by the SKU as it is written; no pull ever writes here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.contracts.messages import Message
from app.model import (
    Attribute,
    AttributeValue,
    Category,
    Choice,
    Money,
    ProductDraft,
    fold,
    from_epoch_ms,
    to_epoch_ms,
)
from app.store import listing_query, outbox
from app.store.db import Database
from app.store.errors import StoreError
from app.store.listing_query import StoredListing
from app.store.rows import insert_many, json_text, read_message, when

PRODUCT = "product"  # the outbox kind
MOST_TEXT, MOST_DESCRIPTION, MOST_IMAGES, MOST_ADDRESS = 500, 100_000, 60, 2_000
TEXTS = ("title", "description", "brand", "category", "group", "barcode")
_encode = msgspec.json.Encoder().encode
_strings = msgspec.json.Decoder(tuple[str, ...])
_texts = msgspec.json.Decoder(dict[str, str])
_attributes = msgspec.json.Decoder(tuple[Attribute, ...])
_category = msgspec.json.Decoder(Category)
_choice = msgspec.json.Decoder(Choice)
_values = msgspec.json.Decoder(tuple[AttributeValue, ...])
_CONTENT = (
    "SELECT sku, title, description, brand, category, product_group, barcode, images, attributes, price_micros, currency,"
    " quantity, changed_at FROM product_content"
)
_PUT = "INSERT OR REPLACE INTO product_content VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REMEMBER = (
    "INSERT INTO publishing_memory(connection_id, kind, category_id, attribute_id, own_key, own, answer, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET own = excluded.own, answer = excluded.answer, at = excluded.at"
)
_FORGET = "DELETE FROM publishing_memory WHERE connection_id = ? AND kind = ? AND category_id = ? AND attribute_id = ? AND own_key = ?"


class Content(msgspec.Struct, frozen=True):
    """What a merchant keeps of a product for its listings; '' and None: nothing is kept. `price` with VAT and `quantity` in pieces
    serve a product that no channel has yet. `attributes`: the merchant's own names and values."""

    sku: str
    title: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    group: str = ""
    barcode: str = ""
    images: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    price: Money | None = None
    quantity: int | None = None
    changed_at: datetime | None = None


class Memory(msgspec.Struct, frozen=True):
    """The merchant's answers of one connection. Keys are `own_key` of what the merchant calls it."""

    categories: dict[str, Category] = {}
    brands: dict[str, Choice] = {}
    names: dict[tuple[str, str], str] = {}  # (category id, own name) → attribute id
    values: dict[tuple[str, str, str], tuple[AttributeValue, ...]] = {}  # (category id, attribute id, own value)
    shown: dict[tuple[str, str, str, str], str] = {}  # (kind, category id, attribute id, own_key) → as it was written


class Publication(msgspec.Struct, frozen=True):
    """Where the wish to publish an SKU is: '' never wished or taken back, queued … unknown, refused, done."""

    id: int
    connection_id: int
    sku: str
    key: str
    state: str
    message: Message | None
    remote_ref: str
    wished_at: datetime
    done_at: datetime | None


def own_key(text: str) -> str:
    """By which a merchant's word is remembered. For words only: SKUs and barcodes are never folded."""
    return " ".join(fold(text).split())


class Publishing:
    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db, self._now = db, now

    # -- content -------------------------------------------------------------------------------------------------
    async def put_content(self, changes: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """(SKU, fields of `Content` that change); what is not named stays. Names of `attributes` are added, one with the value ''
        goes. One transaction. Raises StoreError `store.bad_content` (params `sku`, `field`)."""
        at = to_epoch_ms(self._now())

        def job(conn: sqlite3.Connection) -> None:
            for sku, fields in changes:
                row = conn.execute(" ".join((_CONTENT, "WHERE sku = ?")), (sku,)).fetchone()
                before = Content(sku) if row is None else _read_content(row)
                conn.execute(_PUT, (*_content_row(_changed(before, fields)), at))

        await self._db.write(job)

    async def content(self, skus: Sequence[str]) -> dict[str, Content]:
        """Those that are kept."""
        query = " ".join((_CONTENT, "WHERE sku IN (SELECT value FROM json_each(?))"))
        text = json_text(list(skus))
        return await self._db.read(lambda conn: {row[0]: _read_content(row) for row in conn.execute(query, (text,))})

    # -- what a channel asks ---------------------------------------------------------------------------------------
    async def keep_categories(self, connection_id: int, found: Sequence[Category]) -> None:
        """The channel's tree, instead of the one before, in one transaction."""
        at = to_epoch_ms(self._now())
        rows = [
            (connection_id, one.id, json_text(list(one.path)), int(one.leaf), own_key(" ".join(one.path)))
            for one in {one.id: one for one in found}.values()
        ]

        def job(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM channel_categories WHERE connection_id = ?", (connection_id,))
            insert_many(conn, "INSERT INTO channel_categories(connection_id, id, path, leaf, folded)", rows)
            conn.execute("INSERT OR REPLACE INTO channel_attributes VALUES (?, '', '[]', ?)", (connection_id, at))

        await self._db.write(job)

    async def categories_at(self, connection_id: int) -> datetime | None:
        """When the tree was read; None for never."""
        query = "SELECT read_at FROM channel_attributes WHERE connection_id = ? AND category_id = ''"
        row = await self._db.read(lambda conn: conn.execute(query, (connection_id,)).fetchone())
        return None if row is None else from_epoch_ms(row[0])

    async def find_categories(self, connection_id: int, search: str = "", *, limit: int = 200) -> list[Category]:
        """Leaves whose path holds every word; those whose own name begins with the search come first, then by path."""
        asked = own_key(search)
        tests = " ".join("AND folded LIKE ? ESCAPE '\\'" for _ in asked.split())
        query = " ".join(
            (
                "SELECT id, path, leaf FROM channel_categories WHERE connection_id = ? AND leaf = 1",
                tests,
                "ORDER BY folded",
            )
        )
        values = [f"%{_plain(word)}%" for word in asked.split()]
        rows = await self._db.read(lambda conn: conn.execute(query, (connection_id, *values)).fetchall())
        found = [Category(one, _strings.decode(path), bool(leaf)) for one, path, leaf in rows]
        found.sort(key=lambda one: not own_key(one.path[-1] if one.path else "").startswith(asked))
        return found[:limit]

    async def category(self, connection_id: int, category_id: str) -> Category | None:
        query = "SELECT id, path, leaf FROM channel_categories WHERE connection_id = ? AND id = ?"
        row = await self._db.read(lambda conn: conn.execute(query, (connection_id, category_id)).fetchone())
        return None if row is None else Category(row[0], _strings.decode(row[1]), bool(row[2]))

    async def keep_attributes(self, connection_id: int, category_id: str, found: Sequence[Attribute]) -> None:
        if not category_id:
            raise ValueError("the tree has no attributes")
        values = (connection_id, category_id, json_text(list(found)), to_epoch_ms(self._now()))
        query = "INSERT OR REPLACE INTO channel_attributes VALUES (?, ?, ?, ?)"
        await self._db.write(lambda conn: conn.execute(query, values).rowcount)

    async def attributes(
        self, connection_id: int, category_ids: Sequence[str]
    ) -> dict[str, tuple[datetime, tuple[Attribute, ...]]]:
        """By category id, with the time they were read; those never read are left out."""
        query = (
            "SELECT category_id, read_at, document FROM channel_attributes WHERE connection_id = ? AND category_id <> ''"
            " AND category_id IN (SELECT value FROM json_each(?))"
        )
        values = (connection_id, json_text(list(category_ids)))
        rows = await self._db.read(lambda conn: conn.execute(query, values).fetchall())
        return {one: (from_epoch_ms(at), _attributes.decode(text)) for one, at, text in rows}

    # -- memory ----------------------------------------------------------------------------------------------------
    async def map_category(self, connection_id: int, own: str, answer: Category | None) -> None:
        """`None` forgets."""
        await self._remember(connection_id, "category", "", "", own, answer)

    async def map_brand(self, connection_id: int, own: str, answer: Choice | None) -> None:
        await self._remember(connection_id, "brand", "", "", own, answer)

    async def map_attribute(self, connection_id: int, category_id: str, own: str, attribute_id: str) -> None:
        """The merchant's name for an attribute of a category; '' forgets."""
        await self._remember(connection_id, "attribute", category_id, "", own, attribute_id or None)

    async def map_value(
        self, connection_id: int, category_id: str, attribute_id: str, own: str, answer: Sequence[AttributeValue]
    ) -> None:
        """What the merchant's value is on the channel; `own` '' is what holds where a product says nothing. () forgets."""
        await self._remember(connection_id, "value", category_id, attribute_id, own, tuple(answer) or None)

    async def _remember(
        self, connection_id: int, kind: str, category: str, attribute: str, own: str, answer: Any
    ) -> None:
        key = own_key(own)
        if answer is None:
            values: tuple[Any, ...] = (connection_id, kind, category, attribute, key)
            await self._db.write(lambda conn: conn.execute(_FORGET, values).rowcount)
            return
        values = (
            connection_id,
            kind,
            category,
            attribute,
            key,
            own.strip(),
            json_text(answer),
            to_epoch_ms(self._now()),
        )
        await self._db.write(lambda conn: conn.execute(_REMEMBER, values).rowcount)

    async def memory(self, connection_id: int) -> Memory:
        """All answers of a connection."""
        query = "SELECT kind, category_id, attribute_id, own_key, own, answer FROM publishing_memory WHERE connection_id = ?"
        rows = await self._db.read(lambda conn: conn.execute(query, (connection_id,)).fetchall())
        found = Memory({}, {}, {}, {}, {})
        for kind, category, attribute, key, own, answer in rows:
            found.shown[kind, category, attribute, key] = own
            if kind == "category":
                found.categories[key] = _category.decode(answer)
            elif kind == "brand":
                found.brands[key] = _choice.decode(answer)
            elif kind == "attribute":
                found.names[category, key] = msgspec.json.decode(answer, type=str)
            else:
                found.values[category, attribute, key] = _values.decode(answer)
        return found

    # -- wishes ----------------------------------------------------------------------------------------------------
    async def want(self, connection_id: int, drafts: Sequence[ProductDraft], *, plan: str = "") -> list[str]:
        """Queue each draft in one transaction; returns the keys of the outbox rows, in their order. A wish for the same SKU that
        still waits is superseded; one that is on its way is waited for. Raises StoreError `store.no_connection`."""
        at = to_epoch_ms(self._now())
        keys = [outbox.new_key() for _ in drafts]

        def job(conn: sqlite3.Connection) -> list[str]:
            for key, draft in zip(keys, drafts, strict=True):
                row = conn.execute(
                    "INSERT INTO publications(connection_id, sku, key, state, wished_at) VALUES (?, ?, ?, 'queued', ?)"
                    " ON CONFLICT(connection_id, sku) DO UPDATE SET key = excluded.key, state = 'queued', message = NULL,"
                    " wished_at = excluded.wished_at RETURNING id",
                    (connection_id, draft.sku, key, at),
                ).fetchone()
                payload = _encode(msgspec.structs.replace(draft, key=key))
                outbox.put(conn, connection_id, PRODUCT, int(row[0]), payload, key, at, plan=plan)
            return keys

        return await self._db.write(job)

    async def publications(self, connection_id: int, skus: Sequence[str] | None = None) -> list[Publication]:
        """Of one connection, by SKU; all of them without `skus`."""
        query = (
            "SELECT id, connection_id, sku, key, state, message, remote_ref, wished_at, done_at FROM publications"
            " WHERE connection_id = ?1 AND (?2 IS NULL OR sku IN (SELECT value FROM json_each(?2))) ORDER BY sku"
        )
        values = (connection_id, None if skus is None else json_text(list(skus)))
        rows = await self._db.read(lambda conn: conn.execute(query, values).fetchall())
        return [_publication(row) for row in rows]

    async def listings_of(self, skus: Sequence[str], connection_id: int | None = None) -> list[StoredListing]:
        """Listings of exactly these SKUs, of one connection or of all that are there, by id."""
        query = (
            "SELECT id FROM listings WHERE connection_id IN (SELECT id FROM connections WHERE removed_at IS NULL)"
            " AND (?1 IS NULL OR connection_id = ?1) AND sku IN (SELECT value FROM json_each(?2)) ORDER BY id"
        )
        values = (connection_id, json_text([sku for sku in skus if sku]))

        def job(conn: sqlite3.Connection) -> list[StoredListing]:
            return listing_query.stored(conn, [row[0] for row in conn.execute(query, values)])

        return await self._db.read(job)

    async def skus_of(self, subjects: Sequence[int]) -> dict[int, str]:
        """The SKUs behind the subjects of outbox rows of this kind."""
        query = "SELECT id, sku FROM publications WHERE id IN (SELECT value FROM json_each(?))"
        text = json_text(list(subjects))
        return await self._db.read(lambda conn: dict(conn.execute(query, (text,)).fetchall()))


def _plain(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _changed(before: Content, fields: Mapping[str, Any]) -> Content:
    unknown = set(fields) - {*TEXTS, "images", "attributes", "price", "quantity"}
    if unknown:
        raise StoreError("store.bad_content", sku=before.sku[:60], field=min(unknown)[:40])
    merged = dict(fields)
    for name in TEXTS:
        if name in merged:
            merged[name] = str(merged[name]).strip()
    if "images" in merged:
        merged["images"] = tuple(one.strip() for one in merged["images"] if one.strip())
    if "attributes" in merged:
        given = {name.strip(): str(value).strip() for name, value in merged["attributes"].items()}
        keys = {own_key(name) for name in given}
        kept = {name: value for name, value in before.attributes.items() if own_key(name) not in keys}
        merged["attributes"] = kept | {name: value for name, value in given.items() if name and value}
    return msgspec.structs.replace(before, **merged)


def _content_row(one: Content) -> tuple[Any, ...]:
    def wrong(field: str) -> StoreError:
        return StoreError("store.bad_content", sku=one.sku[:60], field=field)

    if not one.sku.strip():
        raise wrong("sku")
    for name in TEXTS:
        if len(getattr(one, name)) > (MOST_DESCRIPTION if name == "description" else MOST_TEXT):
            raise wrong(name)
    if len(one.images) > MOST_IMAGES or any(len(address) > MOST_ADDRESS for address in one.images):
        raise wrong("images")
    if any(len(text) > MOST_TEXT for pair in one.attributes.items() for text in pair):
        raise wrong("attributes")
    try:
        micros = None if one.price is None else one.price.micros
    except ValueError as error:
        raise wrong("price") from error
    if micros is not None and micros <= 0:
        raise wrong("price")
    if one.quantity is not None and not 0 <= one.quantity < 2**31:
        raise wrong("quantity")
    currency = "TRY" if one.price is None else one.price.currency
    return (
        one.sku, one.title, one.description, one.brand, one.category, one.group, one.barcode, json_text(list(one.images)),
        json_text(one.attributes), micros, currency, one.quantity,
    )  # fmt: skip


def _read_content(row: tuple[Any, ...]) -> Content:
    price = None if row[9] is None else Money.from_micros(row[9], row[10])
    rest = (_strings.decode(row[7]), _texts.decode(row[8]), price, row[11], from_epoch_ms(row[12]))
    return Content(*(*row[:7], *rest))


def _publication(row: tuple[Any, ...]) -> Publication:
    return Publication(*(*row[:5], read_message(row[5]), row[6], from_epoch_ms(row[7]), when(row[8])))
