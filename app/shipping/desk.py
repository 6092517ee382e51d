"""From orders to parcels: drafts with all that is wrong told before anything is asked, then one wish a parcel in the store.
Never two living parcels for an order without being asked twice, and nothing of an address changed behind the merchant's back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from app.changes import ORDERS, ChangeReport, Changes
from app.contracts import Manifest, Message
from app.contracts.catalogue import Catalogue
from app.model import Address, Money, Order, OrderStatus, Parcel, Payer, ShipmentRequest, clean, fold
from app.shipping import PARCELS
from app.shipping.abroad import (
    FACTS,
    GOODS,
    Article,
    Facts,
    articles_of,
    choice_problems,
    fact_of,
    goods_options,
    leaves,
    read_goods,
)
from app.shipping.address import AddressRules, FieldProblem, check_address, corrected, normalised, rules_of
from app.shipping.choosing import RULES, Rule, choose, read_rules
from app.store import Bundle, ParcelRow, ParcelWish, Store, StoredOrder, StoreError
from app.store.connections import ConnectionRow

_MOST_PIECES = 99
_GONE = frozenset({OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.DELIVERED})


class Wanted(msgspec.Struct, frozen=True):
    """One parcel that a person wants. `orders`: ours, usually one. `carrier` 0: by the rules. `desi` and `weight_g` are of one
    piece, 0: unknown. `cash` None: as the order says. `options` are the carrier's own (`cod_method` = card …)."""

    orders: tuple[int, ...]
    carrier: int = 0
    pieces: int = 1
    desi: Decimal = Decimal(0)
    weight_g: int = 0
    cash: bool | None = None
    payer: Payer = Payer.SENDER
    note: str = ""
    second: bool = False
    options: dict[str, str] = {}
    bundle: Bundle | None = None  # orders that were combined, or a part of one; `drafts` looks it up


class Draft(msgspec.Struct, frozen=True):
    """What would be asked. `refusal`: why it cannot be shipped at all (a word key after `parcels.refusal.`), '' when it can.
    `problems`: what the carrier would not take; `ready` when none of them blocks."""

    wanted: Wanted
    numbers: str
    address: Address
    carrier: ConnectionRow | None = None
    request: ShipmentRequest | None = None
    problems: tuple[FieldProblem, ...] = ()
    refusal: str = ""
    cancel_asked: bool = False
    articles: tuple[Article, ...] = ()  # what customs must be told of; () where no border is crossed
    down: Message | None = None  # why the carrier cannot be reached now
    other: ConnectionRow | None = None  # another connected carrier that is offered then; nobody takes it but a person

    @property
    def ready(self) -> bool:
        return not self.refusal and self.request is not None and not any(one.blocking for one in self.problems)


class Sent(msgspec.Struct, frozen=True):
    """`parcel` 0: not wished, for `refusal`."""

    draft: Draft
    parcel: int = 0
    refusal: str = ""


class ShippingDesk:
    def __init__(
        self, store: Store, catalogue: Catalogue, changes: Changes, hurry: Callable[[int], None] = lambda _connection: None,
        down: Callable[[ConnectionRow], Message | None] = lambda _row: None,
    ) -> None:  # fmt: skip
        """`hurry(connection)`: something waits in its outbox now. `down(carrier)`: why it cannot be reached, None when it can."""
        self._store, self._catalogue, self._changes, self._hurry, self._down = store, catalogue, changes, hurry, down

    # -- carriers ---------------------------------------------------------------------------------------------------
    async def carriers(self) -> list[ConnectionRow]:
        """Living connections that can carry, in the merchant's order."""
        rows = await self._store.connections.list()
        return [
            row for row in rows if row.switches.get("carrier", True) and "carrier" in self.manifest(row).capabilities
        ]

    def manifest(self, row: ConnectionRow) -> Manifest:
        return self._catalogue.manifest(row.integration)

    def rules(self, row: ConnectionRow) -> AddressRules:
        return rules_of(self.manifest(row).params)

    async def choice_rules(self) -> list[Rule]:
        return read_rules(await self._store.settings.get(RULES, []))

    async def set_choice_rules(self, rules: Sequence[Rule]) -> None:
        """The whole list, in its order."""
        await self._store.settings.set(RULES, list(rules) or None)

    # -- drafts -----------------------------------------------------------------------------------------------------
    async def drafts(self, wanted: Sequence[Wanted]) -> list[Draft]:
        """What would be asked, in the order of `wanted`. Orders that were combined come as one draft, one that was split as several.
        Nothing is written."""
        wanted = await self._bundled(wanted)
        ids = list(dict.fromkeys(i for one in wanted for i in one.orders))
        stored = {one.id: one for one in await self._store.orders.get_many(ids)}
        own = await self._store.addresses.get_many(ids)
        taken = await self._store.parcels.of_orders(ids)
        carriers, rules = await self.carriers(), await self.choice_rules()
        goods, homes = await self.goods(), await self._homes(carriers)
        return [self._draft(one, stored, own, taken, carriers, rules, goods, homes) for one in wanted]

    async def _homes(self, carriers: Sequence[ConnectionRow]) -> dict[int, str]:
        """Of carriers that go abroad: the country that their parcels leave from, by connection."""
        found = {}
        for row in carriers:
            if self.rules(row).abroad:
                account = await self._store.accounts.get(row.account_id)
                found[row.id] = (account.settings.get("sender_country", "") if account is not None else "") or "TR"
        return found

    async def goods(self) -> dict[str, Facts]:
        """What customs are told of each SKU, as the merchant typed it."""
        return read_goods(await self._store.settings.get(GOODS, {}))

    async def articles(self, orders: Sequence[int]) -> list[Article]:
        """All lines of these orders, with what is remembered of them."""
        stored = await self._store.orders.get_many(orders)
        return articles_of([(one.order, None) for one in stored], await self.goods())

    async def remember(self, facts: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what a person typed: SKU → hs_code, made_in; '' forgets one. Raises FactError for what is no code or country."""
        if not facts:
            return
        known = await self.goods()
        for key, told in facts.items():
            changes = {field: fact_of(field, told[field]) for field in FACTS if field in told}
            known[key] = msgspec.structs.replace(known.get(key, Facts()), **changes)
        kept = {key: one for key, one in known.items() if one != Facts()}
        await self._store.settings.set(GOODS, kept or None)

    async def _bundled(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        found = await self._store.bundles.of_orders([i for one in wanted if not one.second for i in one.orders])
        if not found:
            return list(wanted)
        orders = await self._store.orders.get_many([i for one in found for i in one.orders])
        gone = {one.id for one in orders if one.order.status in _GONE}
        made: list[Wanted] = []
        done: set[int] = set()
        for one in wanted:
            mine = [] if one.second or one.bundle is not None else [b for b in found if set(b.orders) & set(one.orders)]
            if not mine:
                made.append(one)
            for bundle in mine:
                if bundle.id not in done:
                    done.add(bundle.id)
                    left = (
                        tuple(i for i in bundle.orders if i not in gone) or bundle.orders
                    )  # a cancelled one falls out
                    # The receiver pays at the door once, not at each part.
                    cash = one.cash if bundle is mine[0] else False
                    made.append(msgspec.structs.replace(one, orders=left, bundle=bundle, cash=cash))
        return made

    def _draft(
        self,
        wanted: Wanted,
        stored: Mapping[int, StoredOrder],
        own: Mapping[int, Address],
        taken: Mapping[int, Sequence[ParcelRow]],
        carriers: Sequence[ConnectionRow],
        rules: Sequence[Rule],
        goods: Mapping[str, Facts],
        homes: Mapping[int, str],
    ) -> Draft:
        orders = [stored[i] for i in wanted.orders if i in stored]
        numbers = " ".join(one.order.number for one in orders)
        if len(orders) != len(wanted.orders) or not orders:
            return Draft(wanted, numbers, Address(), refusal="no_order")
        address = normalised(own.get(orders[0].id, orders[0].order.ship_to))
        draft = Draft(wanted, numbers, address, cancel_asked=any(one.order.cancel_asked for one in orders))
        refusal = _refusal(wanted, orders, own, taken)
        row = next((one for one in carriers if one.id == wanted.carrier), None)
        if not refusal and row is None:
            row = None if wanted.carrier else self._by_rule(wanted, orders[0], address, rules, carriers)
            refusal = "" if row is not None else "no_carriers" if not carriers else "no_carrier"
        if refusal or row is None:
            return msgspec.structs.replace(draft, refusal=refusal)
        cash = _cash(wanted, [one.order for one in orders])
        if isinstance(cash, str):
            return msgspec.structs.replace(draft, refusal=cash, carrier=row)
        problems = check_address(address, self.rules(row))
        options, articles = dict(wanted.options), list[Article]()
        if row.id in homes:
            problems += tuple(choice_problems(options, wanted.payer, wanted.weight_g))
            if leaves(address, homes[row.id]):
                articles = articles_of([(one.order, _part(wanted, one.id)) for one in orders], goods)
                options, wrong = goods_options(articles, options)
                problems += tuple(wrong)
        lines = _contents(wanted, orders)
        request = ShipmentRequest(
            "", address, parcels_of(wanted.pieces, wanted.desi, wanted.weight_g), clean(numbers, 60), "",
            clean(", ".join(lines), 200), wanted.payer, cash, clean(wanted.note, 200), options,
        )  # fmt: skip
        down = self._down(row)
        other = self._other(row, wanted, orders[0], address, rules, carriers) if down is not None else None
        return msgspec.structs.replace(
            draft, carrier=row, request=request, problems=problems, articles=tuple(articles), down=down, other=other
        )

    def _by_rule(
        self, wanted: Wanted, first: StoredOrder, address: Address, rules: Sequence[Rule], carriers: Sequence[ConnectionRow]
    ) -> ConnectionRow | None:  # fmt: skip
        names = {one.id: self.manifest(one).name for one in carriers}
        desi, weight = wanted.desi * wanted.pieces, wanted.weight_g * wanted.pieces
        return choose(first.order, first.connection_id, address.city, desi, rules, carriers, names, weight)

    def _other(
        self, row: ConnectionRow, wanted: Wanted, first: StoredOrder, address: Address, rules: Sequence[Rule],
        carriers: Sequence[ConnectionRow],
    ) -> ConnectionRow | None:  # fmt: skip
        """In the place of one that is down: the next by the rules, else the first in the merchant's order, that can be reached and
        would take the address."""
        able = [
            one for one in carriers
            if one.id != row.id and not one.paused and self._down(one) is None
            and not any(wrong.blocking for wrong in check_address(address, self.rules(one)))
        ]  # fmt: skip
        return self._by_rule(wanted, first, address, rules, able) or next(iter(able), None)

    async def correct(self, order_id: int, changes: Mapping[str, str]) -> Address:
        """Keep a person's correction of where an order goes; no pull takes it back. Raises KeyError for an unknown order or
        field."""
        stored = await self._store.orders.get(order_id)
        if stored is None:
            raise KeyError(order_id)
        own = await self._store.addresses.get_many((order_id,))
        address = corrected(own.get(order_id, stored.order.ship_to), changes)
        await self._store.addresses.set(order_id, address)
        self._changes.publish(ChangeReport(ORDERS, frozenset({order_id}), "user"))
        return address

    # -- asking -----------------------------------------------------------------------------------------------------
    async def send(self, draft: Draft) -> Sent:
        """Wish one parcel; the outbox does the rest."""
        row, request = draft.carrier, draft.request
        if not draft.ready or row is None or request is None:
            return Sent(draft, refusal=draft.refusal or "address")
        manifest = self.manifest(row)
        wish = ParcelWish(
            row.id, manifest.name, draft.wanted.orders, request, draft.numbers,
            own_label=manifest.params.get("label", "") == "own", trackable="tracking" in manifest.capabilities,
            notify=await self._to_tell(draft.wanted.orders), second=draft.wanted.second,
            bundle=draft.wanted.bundle.id if draft.wanted.bundle is not None else 0,
        )  # fmt: skip
        try:
            parcel = await self._store.parcels.create(wish)
        except StoreError as error:
            if error.key not in ("store.in_parcel", "store.bundled"):
                raise
            return Sent(draft, refusal=error.key.removeprefix("store."))
        self._told(row.id, parcel, draft.wanted.orders)
        return Sent(draft, parcel)

    async def again(self, parcel: ParcelRow, options: Mapping[str, str] | None = None, weight_g: int = 0) -> Sent:
        """A refused parcel once more, with the address as it stands corrected now, what is remembered of its goods, and with
        `options` and a weight (grams of one piece, 0: as before) told anew."""
        detail = await self._store.parcels.detail(parcel.id)
        asked = await self._store.parcels.asked(parcel.id)
        row = await self._store.connections.get(parcel.connection_id)
        if detail is None or asked is None or row is None or row.removed_at is not None:
            return Sent(Draft(Wanted(()), parcel.numbers, Address(), refusal="forgotten"), refusal="forgotten")
        own = await self._store.addresses.get_many(detail.orders)
        address = normalised(own.get(detail.orders[0], asked.receiver))
        told = {**asked.options, **(options or {})}
        home = (await self._homes((row,))).get(row.id)
        if home is not None and leaves(address, home):
            fresh = {name: value for name, value in told.items() if name not in FACTS or name in (options or {})}
            made, wrong = goods_options(await self.articles(detail.orders), fresh)
            told = {**told, **{name: made[name] for name in FACTS if made.get(name)}} if wrong else made
        boxes = tuple(msgspec.structs.replace(one, weight_g=weight_g or one.weight_g) for one in asked.parcels)
        request = msgspec.structs.replace(asked, receiver=address, options=told, parcels=boxes)
        wanted = Wanted(detail.orders, row.id)
        draft = Draft(wanted, parcel.numbers, address, row, request, check_address(address, self.rules(row)))
        if not draft.ready:
            return Sent(draft, refusal="address")
        if not await self._store.parcels.again(parcel.id, request):
            return Sent(draft, refusal="not_refused")
        self._told(row.id, parcel.id, detail.orders)
        return Sent(draft, parcel.id)

    async def cancel(self, parcel: ParcelRow) -> str:
        """Call a parcel off: "cancelled" at once, "queued" for the carrier, or "" when it is too late."""
        outcome = await self._store.parcels.cancel(parcel.id)
        self._told(parcel.connection_id, parcel.id, ())
        return outcome

    async def _to_tell(self, orders: Sequence[int]) -> tuple[int, ...]:
        """Orders whose channel takes a tracking number, by capability and switch."""
        found = []
        for stored in await self._store.orders.get_many(orders):
            row = await self._store.connections.get(stored.connection_id)
            able = row is not None and "shipment_sink" in self.manifest(row).capabilities
            if row is not None and able and row.switches.get("shipment_sink", True):
                found.append(stored.id)
        return tuple(found)

    def _told(self, connection_id: int, parcel: int, orders: Sequence[int]) -> None:
        self._changes.publish(ChangeReport(PARCELS, frozenset({parcel}), "user"))
        if orders:
            self._changes.publish(ChangeReport(ORDERS, frozenset(orders), "user"))
        self._hurry(connection_id)


def parcels_of(pieces: int, desi: Decimal, weight_g: int) -> tuple[Parcel, ...]:
    """`pieces` equal boxes of one weight and desi each. Desi alone names no shape: a box with just that volume stands for it."""
    return (_box(desi, weight_g),) * max(1, min(pieces, _MOST_PIECES))


def _box(desi: Decimal, weight_g: int) -> Parcel:
    if desi <= 0:
        return Parcel(weight_g)
    # 150 × 200 mm is one desi at 100 mm, 300 × 400 mm at 25 mm: whole millimetres for what people type.
    wide = desi > 5 and desi * 25 == int(desi * 25)
    return Parcel(weight_g, 300, 400, int(desi * 25)) if wide else Parcel(weight_g, 150, 200, int((desi * 100).to_integral_value()))  # fmt: skip


def _refusal(
    wanted: Wanted,
    orders: Sequence[StoredOrder],
    own: Mapping[int, Address],
    taken: Mapping[int, Sequence[ParcelRow]],
) -> str:
    for one in orders:
        if one.order.status in _GONE:
            return str(one.order.status)
        if one.order.status is OrderStatus.PENDING:
            return "pending"
        if one.superseded_by is not None:
            return "superseded"
        if one.order.fulfilled_by_channel:
            return "fulfilled"
    if wanted.bundle is not None:
        if wanted.bundle.shipped:
            return "in_parcel"
    elif not wanted.second and any(
        p.state not in ("cancelled", "returned") for i in wanted.orders for p in taken.get(i, ())
    ):
        return "in_parcel"
    if wanted.pieces < 1 or wanted.pieces > _MOST_PIECES or wanted.weight_g < 0 or wanted.desi < 0:
        return "measures"
    places = {_where(own.get(one.id, one.order.ship_to)) for one in orders}
    return "several_addresses" if len(places) > 1 else ""


def _part(wanted: Wanted, order_id: int) -> dict[str, int] | None:
    """The lines of an order that are in this parcel, by remote id; None: all of them."""
    lines = [one for one in wanted.bundle.lines if one.line] if wanted.bundle is not None else []
    return {one.line: one.quantity for one in lines if one.order_id == order_id} if lines else None


def _contents(wanted: Wanted, orders: Sequence[StoredOrder]) -> list[str]:
    part = {(one.order_id, one.line): one.quantity for one in wanted.bundle.lines if one.line} if wanted.bundle else {}
    return [
        f"{part.get((one.id, line.remote_id), line.quantity)} × {line.title}"
        for one in orders
        for line in one.order.lines
        if not line.cancelled and (not part or (one.id, line.remote_id) in part)
    ]


def _where(address: Address) -> tuple[str, ...]:
    made = normalised(address)
    return tuple(fold(one) for one in (made.name or made.company, made.street, made.district, made.city))


def _cash(wanted: Wanted, orders: Sequence[Order]) -> Money | str | None:
    """What the receiver pays at the door, or why that cannot be said."""
    paying = (
        [one for one in orders if one.cash_on_delivery] if wanted.cash is None else list(orders) if wanted.cash else []
    )
    if not paying:
        return None
    if any(one.unpriced for one in paying):
        return "unpriced"
    if len({one.total.currency for one in paying}) > 1:
        return "currencies"
    total = paying[0].total
    for one in paying[1:]:
        total = total + one.total
    return total
