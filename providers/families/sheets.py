"""Vendors without an API for sellers: their orders come as sheets, prices, stock and products go to them as sheets or as an XML
feed, through a folder, a download link or SFTP. DONE means "in the file that was written" and no more: whether the vendor has
taken it, no program can see. What a vendor's own template is like is data (resources/sheets), or the merchant maps it once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from app.contracts import Account, Message, Outcome, OutcomeState, Page, ProbeResult, Receipt, fail
from app.contracts.account import SHEET_IN, SHEET_OUT
from app.kit import httpx, pinned
from app.kit.sheet_columns import ISTANBUL, ORDERS, PRODUCTS, read_mapping
from app.kit.sheet_orders import Reading, number_matches, read_sheet
from app.model import Listing, Order, PriceChange, StockChange, Window
from providers.families.sheets_carry import Carried, Carrier
from providers.families.sheets_out import (
    ENDINGS,
    FORMATS,
    NAMES,
    Kind,
    lacking,
    own_columns,
    sheet_bytes,
    template,
    values_of,
)

T = TypeVar("T")
PAGE = 200
SMALL_IN, SMALL_OUT = 8_192, 100  # bytes and rows that are worked off at once; more goes where it stalls nothing
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class SheetInbox:
    """Orders by sheet only: what a `link` integration has."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.account = account
        self.carrier = Carrier(http, account)

    # -- the test --------------------------------------------------------------------------------------------------------
    async def probe(self) -> ProbeResult:
        """Whether the place is there, and when the last sheets came and went."""
        facts = await self._reach()
        for name, key in ((SHEET_IN, "last_sheet_in"), (SHEET_OUT, "last_sheet_out")):
            at = self.account.learnt.get(name, "")
            if at:
                facts[key] = f"{datetime.fromisoformat(at).astimezone(ISTANBUL):%Y-%m-%d %H:%M}"
        return ProbeResult(facts=facts)

    async def _reach(self) -> dict[str, str]:
        self._own()
        if self.carrier.way == "download":
            async for one in self.carrier.arrived(_LONG_AGO, self.account.now(), ""):
                return {"sheet_link": one.name}
            return {"sheet_link": "yes"}
        async with self.carrier.inbox() as folder:
            facts = {"sheets_waiting": str(len(await folder.look()))}
        if self.carrier.way == "sftp":
            facts["host_key"] = await pinned(self.carrier.sftp_place(), self.account.tokens)
        return facts

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """What the sheets hold that came within the window. A file that is no sheet is told, and the others are read."""
        async for one in self.carrier.arrived(window.since, window.until, ORDERS):
            read = await self._read(one)
            if read.kind == PRODUCTS:
                continue
            if read.orders:
                self.carrier.came_in(one.modified_at)
            for at in range(0, max(len(read.orders), 1), PAGE):
                yield Page(read.orders[at : at + PAGE], read.rejects if not at else (), total=len(read.orders))

    async def order(self, number: str) -> tuple[Order, ...]:
        """From all sheets that lie there; the youngest sheet has the last word."""
        found: dict[str, Order] = {}
        async for one in self.carrier.arrived(_LONG_AGO, self.account.now(), ORDERS):
            read = await self._read(one)
            found |= {order.remote_id: order for order in read.orders if number_matches(order, number)}
        return tuple(found.values())

    async def _read(self, one: Carried) -> Reading:
        read = await self.read_file(one.name, one.data, one.modified_at)
        self.carrier.is_kind(one.name, read.kind)
        return read

    async def read_file(self, name: str, data: bytes, at: datetime) -> Reading:
        """What one file says, whether it came by the connection's way or from the merchant's hand. `at`: its last change."""
        currency = self.account.params.get("currency", "TRY")
        return await self._compute(len(data) > SMALL_IN, read_sheet, data, name, at, self._own(), currency)

    def _own(self) -> tuple[tuple[str, str], ...]:
        return read_mapping(self.account.setting("columns"))

    async def _compute(self, large: bool, work: Callable[..., T], *args: object) -> T:
        return await self.account.compute(work, *args) if large else work(*args)


class Sheets(SheetInbox):
    """Orders, and the vendor's price, stock and product sheets. The merchant's own product sheet is where listings come from."""

    async def _reach(self) -> dict[str, str]:
        self._form()
        own_columns(self.account.setting("out_columns"))
        facts = await super()._reach()
        if self.carrier.way != "download" or self.account.setting("folder"):
            async with self.carrier.outbox() as folder:
                await folder.prove_writable()
        facts["sheet_template"] = "yes" if self.account.setting("out_columns") else self._form()
        return facts

    # -- listings --------------------------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """What the product sheets hold that came since then; of two sheets the younger comes last, and wins."""
        async for one in self.carrier.arrived(since or _LONG_AGO, self.account.now(), PRODUCTS):
            read = await self._read(one)
            if read.kind != PRODUCTS:
                continue  # the orders' pull tells what is no sheet at all
            for at in range(0, max(len(read.listings), 1), PAGE):
                yield Page(read.listings[at : at + PAGE], read.rejects if not at else (), total=len(read.listings))

    # -- out -------------------------------------------------------------------------------------------------------------
    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """One sheet with these changes, under a new name: the vendor may not have taken the last one yet."""
        return await self._put("price", [(one.key, one) for one in changes])

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        return await self._put("stock", [(one.key, one) for one in changes])

    async def publish(self, listings: Sequence[Listing]) -> Receipt:
        """The whole catalogue: as a feed it takes the place of the last one, as a sheet it gets a new name. Outcomes are keyed by
        the listings' remote ids."""
        return await self._put("products", [(one.remote_id, one) for one in listings])

    async def put_sheet(self, kind: Kind, listings: Sequence[Listing]) -> Receipt:
        """A sheet of all these, for vendors that want the whole list each time."""
        return await self._put(kind, [(one.remote_id, one) for one in listings])

    async def make_sheet(self, kind: Kind, listings: Sequence[Listing], format_: str = "") -> tuple[bytes, Receipt]:
        """The file's bytes instead of a file, for a place of the merchant's choice. `format_` '': the connection's."""
        rows, outcomes = self._rows(kind, [(one.remote_id, one) for one in listings])
        return await self._bytes(kind, rows, format_ or self._format()), Receipt(tuple(outcomes))

    async def _put(self, kind: Kind, items: Sequence[tuple[str, PriceChange | StockChange | Listing]]) -> Receipt:
        rows, outcomes = self._rows(kind, items)
        if not rows:
            return Receipt(tuple(outcomes))
        format_ = self._format()
        whole = kind == "products" and format_ == "xml"
        data = await self._bytes(kind, rows, format_)
        name = await self.carrier.put(self.file_name(kind, format_, dated=not whole), data, replace=whole)
        done = OutcomeState.DONE
        return Receipt(tuple(Outcome(one.key, done, remote_ref=name) if one.state is done else one for one in outcomes))

    def _rows(
        self, kind: Kind, items: Sequence[tuple[str, PriceChange | StockChange | Listing]]
    ) -> tuple[list[dict[str, object]], list[Outcome]]:
        """The rows and one outcome an item; an item that the vendor could not recognise is refused, with the column that it lacks."""
        form = template(self._form())
        columns = own_columns(self.account.setting("out_columns")) or form.columns(kind)
        rows: list[dict[str, object]] = []
        outcomes = []
        for key, item in items:
            values = values_of(item)
            lacks = lacking(form, columns, values)
            if lacks:
                told = Message(
                    "item.refused", {"field": lacks, "why": "sheet_no_key", "reason": "sheet_no_key"}, field=lacks
                )
                outcomes.append(Outcome(key, OutcomeState.REFUSED, told))
                continue
            rows.append(dict(values))
            outcomes.append(Outcome(key, OutcomeState.DONE))
        return rows, outcomes

    async def _bytes(self, kind: Kind, rows: list[dict[str, object]], format_: str) -> bytes:
        own = own_columns(self.account.setting("out_columns"))
        return await self._compute(len(rows) > SMALL_OUT, sheet_bytes, self._form(), kind, own, format_, rows)

    def _form(self) -> str:
        """The template's name: the merchant's choice, else the vendor's."""
        name = self.account.setting("template") or self.account.params.get("template", "generic")
        template(name)
        return name

    def _format(self) -> str:
        found = self.account.setting("format") or template(self._form()).format
        if found not in FORMATS:
            raise fail(Message("config.field", {"field": "format", "why": "choice"}, field="format"))
        return found

    def file_name(self, kind: Kind, format_: str, *, dated: bool = True) -> str:
        """`boyner-fiyat-20261124-102057.xlsx`, in Turkish time; a feed's name is always the same, for the vendor has its address."""
        at = f"-{self.account.now().astimezone(ISTANBUL):%Y%m%d-%H%M%S}" if dated else ""
        return f"{self.account.integration}-{NAMES[kind]}{at}{ENDINGS[format_]}"
