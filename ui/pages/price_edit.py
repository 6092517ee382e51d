"""From a typed text to a queued wish: read, asked about, written with its outbox row in one transaction, hurried, undoable.
Nothing goes to a channel from here; a blank text changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.changes import LISTINGS, OUTBOX, ChangeReport
from app.model import Money
from app.pricing.typed import (
    Doubt,
    Trouble,
    channel_value,
    crossed_price,
    doubts,
    nearest,
    own_list_price,
    read_value,
    wanted_value,
)
from app.store import StoredListing, StoreError
from ui.kit import Step
from ui.pages.price_questions import ask_doubt, ask_mine_or_theirs, ask_reading, shown
from ui.pages.price_table import Begun
from ui.services import Services
from ui.words import t, words

Say = Callable[[str, str, str], None]


@dataclass(frozen=True)
class Done:
    """What came of a commit. `again`: open the cell with the typed text once more."""

    queued: bool = False
    again: bool = False


class PriceEditing:
    """`PriceEditing(services, parent, say)`; `await commit(begun, text)`."""

    def __init__(self, services: Services, parent: QWidget, say: Say) -> None:
        self._services = services
        self._parent = parent
        self._say = say

    async def commit(self, begun: Begun, text: str) -> Done:
        """Takes what was typed into a cell; asks what must be asked."""
        stored = await self._services.store.listings.get(begun.key)
        if stored is None:
            self._say("unhealthy", t("prices.toast.gone"), "")
            return Done()
        kind, currency = begun.column, begun.value.currency or "TRY"
        trouble, values = read_value(kind, text, currency)
        if trouble is Trouble.BLANK:
            return Done()
        if trouble is not Trouble.NONE:
            self._say(
                "unhealthy", t(f"prices.trouble.{trouble}", text=text), t(f"prices.trouble.{trouble}_{kind}_next")
            )
            return Done(again=True)
        name, old = stored.listing.sku or stored.listing.title, channel_value(stored, kind)
        value = values[0]
        if len(values) > 1:
            chosen = await ask_reading(self._parent, kind, text, values, currency, nearest(values, old))
            if chosen is None:
                return Done(again=True)
            value = chosen
        if old != begun.value.old and old != value:
            mine = await ask_mine_or_theirs(self._parent, kind, name, value, old, begun.value.old, currency)
            if mine is None:
                return Done(again=True)
            if not mine:
                return Done()
        if value == (wanted_value(stored, kind) if wanted_value(stored, kind) is not None else old):
            return Done()
        crossed = crossed_price(stored) if kind == "price" else None
        for doubt in doubts(kind, old, value, crossed):
            if not await ask_doubt(self._parent, doubt, kind, name, old, value, currency, crossed):
                return Done(again=True)
            if doubt is Doubt.LIST:
                crossed = value
        raised = crossed if kind == "price" and crossed != own_list_price(stored) else None
        return await self._queue(PriceStep(self._services, self._say, stored, kind, value, currency, raised))

    async def _queue(self, step: PriceStep) -> Done:
        try:
            await step.do()
        except StoreError as error:
            self._say("unhealthy", t("prices.toast.not_queued"), sentence(words(), error.message))
            return Done(again=True)
        self._services.undo.push(Step(step.name, step.back, step.do))
        self._say("healthy", t("prices.toast.queued", name=step.name), step.change)
        return Done(queued=True)


class PriceStep:
    """One queued wish and its way back. `do` queues it (again); `back` withdraws it while it waits, and sets the old value
    through the outbox once it left; a value that somebody else changed meanwhile is left alone."""

    def __init__(
        self,
        services: Services,
        say: Say,
        before: StoredListing,
        kind: str,
        value: Decimal,
        currency: str,
        list_price: Decimal | None,
    ) -> None:
        self._services, self._say = services, say
        self._before, self._kind, self._value, self._currency = before, kind, value, currency
        self._list_price = list_price
        self._key = ""
        sku = before.listing.sku or before.listing.title
        self.name = t(f"prices.undo.{kind}", name=sku)
        old = shown(kind, channel_value(before, kind), currency)
        self.change = t("prices.toast.change", old=old, new=shown(kind, value, currency))

    async def do(self) -> None:
        """Queues the wish; the channel's own value takes back a wish that still waits. Raises StoreError."""
        was = self._before
        key, state = (was.price_key, was.price_state) if self._kind == "price" else (was.stock_key, was.stock_state)
        waits = state in ("queued", "refused") and self._value == channel_value(was, self._kind)
        if waits and await self._services.store.outbox.withdraw([key]):
            await self._note(withdrawn=True)
            self._key = ""
            self._tell()
            return
        await self._want(self._value, self._list_price)

    async def back(self) -> None:
        """Takes it back."""
        store, was = self._services.store, self._before
        now = await store.listings.get(was.id)
        if now is None:
            self._say("unhealthy", t("prices.toast.gone"), "")
            return
        key, state = (now.price_key, now.price_state) if self._kind == "price" else (now.stock_key, now.stock_state)
        own = key == self._key
        old = channel_value(was, self._kind)
        earlier = wanted_value(was, self._kind)
        earlier_list = None if was.wanted_list_price is None else was.wanted_list_price.amount
        if own and state in ("queued", "refused"):
            await store.outbox.withdraw([self._key])
            if earlier is not None:
                await self._want(earlier, earlier_list)
            else:
                await self._note(withdrawn=True)
                self._tell()
        elif (own or (not key and channel_value(now, self._kind) == self._value)) and old is not None:
            crossed = own_list_price(was) if self._list_price is not None else None
            await self._want(*((old, crossed) if earlier is None else (earlier, earlier_list)))
        else:
            theirs = wanted_value(now, self._kind) if key else channel_value(now, self._kind)
            self._say(
                "degraded",
                t("prices.toast.left_alone", name=self.name),
                t("prices.toast.left_alone_text", value=shown(self._kind, theirs, self._currency)),
            )

    async def _want(self, value: Decimal, list_price: Decimal | None) -> None:
        listings = self._services.store.listings
        if self._kind == "price":
            crossed = None if list_price is None else Money(list_price, self._currency)
            await listings.want_price(self._before.id, Money(value, self._currency), crossed)
        else:
            await listings.want_stock(self._before.id, int(value))
        await self._note()
        now = await listings.get(self._before.id)
        if now is not None:
            self._key = now.price_key if self._kind == "price" else now.stock_key
        self._tell()
        scheduler = self._services.engine.scheduler
        if scheduler is not None:
            scheduler.hurry("send", self._before.connection_id)

    async def _note(self, *, withdrawn: bool = False) -> None:
        where = (self._before.connection_id, self._before.id)
        await self._services.store.audit.wished(self._kind, [where], withdrawn=withdrawn)

    def _tell(self) -> None:
        self._services.changes.publish(ChangeReport(LISTINGS, frozenset({self._before.id}), "user"))
        self._services.changes.publish(ChangeReport(OUTBOX, source="user"))
