"""DHL eCommerce Türkiye (MNG Kargo): an order under our own reference first, then its barcode, which invoices the shipment.

Must never make an order or a barcode twice: what exists is adopted, and a barcode is asked for only when the carrier says that
there is no shipment yet. Source of the facts: reference/cargo.md, "## MNG Kargo (DHL eCommerce Türkiye)".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from app.contracts import (
    NOT_SENT,
    Account,
    Kind,
    Message,
    Outcome,
    OutcomeState,
    ProbeResult,
    ProviderError,
    fail,
)
from app.kit import Call, HeaderAuth, Reply, TokenAuth, bearer, httpx, send
from app.kit.parcels import receiver_name
from app.kit.tracks import one_by_one
from app.model import Address, Shipment, ShipmentRequest, ShipmentStatus, TrackingReport, clean, fold
from providers.cargo import mng_calls as calls
from providers.cargo.mng_calls import Goods, Place
from providers.cargo.mng_errors import NO_BRANCH_YET, is_answer, is_refusal, is_unknown, mng_errors, said
from providers.cargo.mng_wire import (
    OrderWire,
    ShipmentWire,
    StatusWire,
    check_created,
    goes_to,
    goods_in,
    parse_labels,
    parse_moves,
    parse_order,
    parse_places,
    read_token,
    single,
    to_report,
    to_shipment,
)

CALLED_OFF, MOST_KEPT = "called_off", 60  # in the account's notebook: references whose barcode must not be made again
_PLATE = re.compile(r"\s*\d+$")
_WORDS = re.compile(r"[^a-z0-9]+")


class Mng:
    """One customer number. Credentials: the application's `client_id` and `client_secret`, `customer_number`, `password`; an
    `email` for receivers who have none; `label_again` yes: a barcode that exists may be asked for again."""

    #: An HTTP 500 that speaks of the key or the parcel is no breakdown.
    answered = staticmethod(is_answer)

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        keys = calls.gateway_headers(account)

        def place(request: httpx.Request, token: str) -> None:
            request.headers.update(keys)
            bearer(request, token)

        self._auth = TokenAuth(
            store=account.tokens,
            name="mng",
            now=account.now,
            fetch=lambda _: calls.token_request(account),
            read=lambda reply: read_token(account, reply),
            place=place,
            renew_on=frozenset({401}),
        )
        self._keys = HeaderAuth(keys)
        self._cities: dict[str, tuple[int, str]] = {}
        self._districts: dict[int, dict[str, tuple[int, str]]] = {}

    async def _send(self, call: Call) -> Reply:
        auth = self._keys if call.operation == "places" else self._auth
        return await send(self.http, call, auth=auth, errors=mng_errors)

    async def _known(self, call: Call) -> Reply | None:
        """None when the carrier says that it has no such record."""
        try:
            return await self._send(call)
        except ProviderError as error:
            if is_unknown(error.message):
                return None
            raise

    async def probe(self) -> ProbeResult:
        """The token, an order that nobody has, and the list of provinces: three of the products that must be subscribed to.
        The two that write (Standard Command, Barcode Command) cannot be tried without writing."""
        key = calls.order_key("PX" + "".join(c for c in self.account.nonce() if c.isalnum())[:14])
        reply = await self._known(calls.order_request(key, "probe"))
        if reply is not None:
            parse_order(reply, key)
        await self._load_cities()
        return ProbeResult({"user": self.account.setting("customer_number")})

    # -- places ----------------------------------------------------------------------------------------------------------
    async def _load_cities(self) -> None:
        reply = await self._send(calls.cities_request())
        self._cities = {_key(name): (code, name) for code, name in parse_places(reply)}

    async def _place(self, to: Address) -> Place:
        """The carrier's codes. Raises YoursError naming the field, with the nearest names of its list."""
        if not self._cities:
            await self._load_cities()
        city = self._cities.get(_key(to.city))
        if city is None:
            raise fail(_lost("city", to.city, [name for _, name in self._cities.values()]))
        code, name = city
        if code not in self._districts:
            reply = await self._send(calls.districts_request(code))
            self._districts[code] = {_key(name): (number, name) for number, name in parse_places(reply)}
        known = self._districts[code]
        district = known.get(_key(to.district))
        if district is None:
            raise fail(_lost("district", to.district, [name for _, name in known.values()]))
        return Place(code, _PLATE.sub("", name), *district)

    # -- carrier ---------------------------------------------------------------------------------------------------------
    async def create(self, request: ShipmentRequest) -> Shipment:
        """Order and barcode. Without labels when the carrier does not know the branch of arrival yet: `find` fetches them."""
        wrong = calls.check_request(self.account, request)
        if wrong is not None:
            raise fail(wrong)
        place = await self._place(request.receiver)
        key = calls.order_key(request.reference)
        try:
            check_created(await self._send(calls.create_request(self.account, request, place)))
        except ProviderError as error:
            if not is_refusal(error.message):
                raise
            return await self._adopt(request, key, error.message)
        return await self._labelled(request.reference, calls.goods_of(request))

    async def _adopt(self, request: ShipmentRequest, key: str, refusal: Message) -> Shipment:
        """The refused order may be there already: then it is ours, unless it goes somewhere else. References are never free
        again, a cancelled order's neither."""
        order = await self._order(key)
        if order is None:
            words = fold(refusal.vendor_text)
            used = "daha once" in words or "already" in words or "mevcut" in words
            raise fail(msgspec.structs.replace(refusal, code="item.duplicate").about(operation="create") if used else refusal)  # fmt: skip
        elsewhere = not goes_to(order, receiver_name(request), clean(request.receiver.street))
        if elsewhere or key in self._noted():
            raise fail(Message("item.duplicate", {"operation": "create"}, refusal.vendor_code, refusal.vendor_text))
        return await self._whole(request.reference, order)

    async def _order(self, key: str) -> OrderWire | None:
        reply = await self._known(calls.order_request(key))
        return parse_order(reply, key) if reply is not None else None

    async def _shipment(self, key: str) -> ShipmentWire | None:
        """None while the order has no barcode."""
        reply = await self._known(calls.shipment_request(key))
        found = single(reply, ShipmentWire) if reply is not None else None
        return found if found is not None and said(found.shipment.shipment_id) else None

    async def _labelled(self, reference: str, goods: Goods) -> Shipment:
        """Makes the barcode. What the carrier refuses for good is called off: a corrected order needs a new reference, and the
        old one must not be found and sent by mistake."""
        try:
            reply = await self._send(calls.barcode_request(goods))
        except ProviderError as error:
            if error.message.vendor_code == NO_BRANCH_YET:
                return Shipment(reference, ShipmentStatus.CREATED, barcode=goods.key)
            if not is_refusal(error.message):
                raise
            shipment = await self._shipment(goods.key)
            if shipment is not None:  # it was made meanwhile
                return to_shipment(reference, shipment, goods.key)
            self._note(goods.key)
            with suppress(ProviderError):  # the refusal is what must be told; `find` finishes this
                await self._withdraw(goods.key)
            raise
        return parse_labels(reply, reference)

    async def _withdraw(self, key: str) -> None:
        """Takes an order back that has no barcode. Gone already is fine."""
        self._note(key)
        await self._known(calls.cancel_order_request(key))

    async def find(self, reference: str) -> Shipment | None:
        """None only when the carrier says that it has no such order. An order without a barcode gets it here, which is how a
        label is fetched that was not ready; not when the order was called off."""
        key = calls.order_key(reference)
        order = await self._order(key)
        if order is None:
            return None
        if key not in self._noted():
            return await self._whole(reference, order)
        shipment = await self._shipment(key)
        if shipment is not None:
            return to_shipment(reference, shipment, key)
        await self._withdraw(key)
        return Shipment(reference, ShipmentStatus.CANCELLED, barcode=key)

    async def _whole(self, reference: str, order: OrderWire) -> Shipment:
        key, goods = order.order.reference_id, goods_in(order)
        shipment = await self._shipment(key)
        if shipment is None and goods is not None:
            return await self._labelled(reference, goods)
        if shipment is None:
            return Shipment(reference, ShipmentStatus.CREATED, barcode=key)
        made = to_shipment(reference, shipment, key)
        if goods is None or made.status is not ShipmentStatus.CREATED or self.account.setting("label_again") != "yes":
            return made  # a second barcode may be a second invoice: nobody says
        again = parse_labels(await self._send(calls.barcode_request(goods)), reference)
        return msgspec.structs.replace(made, labels=again.labels, barcode=again.barcode or made.barcode)

    async def cancel(self, reference: str) -> Outcome:
        """First the barcode with its invoice, then the order. Only on the same day and before a branch has the parcel."""
        key = calls.order_key(reference)
        order = await self._order(key)
        if order is None:
            if key in self._noted():
                return Outcome(reference, OutcomeState.DONE)
            return Outcome(reference, OutcomeState.REFUSED, Message("item.not_found", {"reference": reference}))
        shipment = await self._shipment(key)
        steps = [calls.cancel_order_request(key)]
        if shipment is not None:
            steps.insert(0, calls.cancel_shipment_request(key, said(shipment.shipment.shipment_id)))
        for place, step in enumerate(steps):
            try:
                await self._send(step)
            except ProviderError as error:
                if is_unknown(error.message):
                    continue  # gone already
                if place == 0 and (error.message.code in NOT_SENT or error.message.code.startswith("auth.")):
                    raise
                if error.message.kind is Kind.YOURS:
                    return Outcome(reference, OutcomeState.REFUSED, _too_late(error.message))
                self._note(key)
                return Outcome(reference, OutcomeState.UNKNOWN, error.message)
            self._note(key)
        return Outcome(reference, OutcomeState.DONE)

    def _noted(self) -> list[str]:
        return self.account.learnt.get(CALLED_OFF, "").split()

    def _note(self, key: str) -> None:
        kept = [one for one in self._noted() if one != key][1 - MOST_KEPT :]
        self.account.learnt[CALLED_OFF] = " ".join([*kept, key])

    # -- tracking --------------------------------------------------------------------------------------------------------
    async def track(self, references: Sequence[str]) -> tuple[TrackingReport, ...]:
        """Two questions a parcel: where it is, and how it came there once it has a number. Unknown ones are left out, and one
        whose answer cannot be read, unless it is so with all."""
        return await one_by_one(references, self._report)

    async def _report(self, reference: str) -> TrackingReport | None:
        key = calls.order_key(reference)
        reply = await self._known(calls.status_request(key))
        if reply is None:
            return None
        status = single(reply, StatusWire)
        told = await self._known(calls.moves_request(key)) if said(status.shipment_id) else None
        return to_report(reference, status, parse_moves(told) if told is not None else [])


def _key(name: str) -> str:
    """Names of the list carry plate numbers and doubled spaces, and addresses are written in any case."""
    return _WORDS.sub("", _PLATE.sub("", fold(clean(name))))


def _lost(field: str, typed: str, names: Sequence[str]) -> Message:
    """A place that the carrier's list does not have."""
    plain = {_key(name): _PLATE.sub("", name) for name in names}
    near = difflib.get_close_matches(_key(typed), list(plain), n=3, cutoff=0.5)
    rule = ", ".join(plain[one] for one in near)
    return Message("address.refused", {"field": field, "rule": rule, "value": clean(typed, 60)}, "", rule, field=field)


def _too_late(wrong: Message) -> Message:
    return msgspec.structs.replace(wrong, code="item.conflict") if is_refusal(wrong) else wrong
