"""What is asked before a parcel is wished: the carrier's prices, whether it can be reached, and another carrier where it cannot.
Nothing here makes a parcel, and no other carrier is taken unless a person said so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from app.api.answers import Answer, message_data, sentence
from app.api.asking import Usage
from app.console import Console
from app.contracts import Message, ProviderError
from app.formats.words import Words
from app.http.pipeline import Network
from app.jobs.engine import Engine
from app.model import Rate, ShipmentRequest
from app.monitor.health import State, judge
from app.shipping.abroad import PARCEL_OPTIONS
from app.shipping.desk import Draft, ShippingDesk
from app.store.connections import ConnectionRow
from app.store.parcel_query import ParcelRow

#: Refusals of one question, which say nothing about the connection.
_OF_THE_PARCEL = ("config.field", "item.", "address.")
#: Why a parcel still waits, when it was asked for and the carrier did not answer.
_UNREACHED = frozenset({"net", "server", "breaker"})


def down_of(network: Network) -> Callable[[ConnectionRow], Message | None]:
    """Why a carrier cannot be reached: its breaker is open, or its last word was an error that is not this machine's own."""

    def down(row: ConnectionRow) -> Message | None:
        breaker = network.breaker(row.id)
        state, _, message = judge(row, None, 0, str(breaker.state), breaker.reason)
        return (message or Message("net.unreachable")) if state is State.UNHEALTHY else None

    return down


async def rates_of(engine: Engine, row: ConnectionRow, request: ShipmentRequest) -> tuple[Rate, ...] | Message:
    """What the carrier would charge, cheapest first; a Message for a parcel that it would not take. Nothing is booked. Raises
    ProviderError when the carrier did not answer."""

    async def question(provider: Any) -> tuple[Rate, ...] | Message:
        try:
            rates: tuple[Rate, ...] = await provider.rates(request)
        except ProviderError as error:
            if error.message.code.startswith(_OF_THE_PARCEL):
                return error.message
            raise
        return rates

    return await engine.ask(row, "rates", "rates", question)


def offers_rates(desk: ShippingDesk, row: ConnectionRow | None) -> bool:
    return row is not None and "rates" in desk.manifest(row).capabilities and row.switches.get("rates", True)


def rate_line(words: Words, rate: Rate) -> str:
    """EXPRESS · 1.249,90 ₺ · 2 days."""
    days = words("parcels.rates.days", count=rate.days) if rate.days is not None else words("parcels.rates.no_days")
    return f"{rate.service} · {words.figures.money(rate.price.amount, rate.price.currency)} · {days}"


async def tell_prices(
    console: Console, desk: ShippingDesk, drafts: Sequence[Draft], answer: Answer, words: Words
) -> None:
    """`ship … --prices`: the data is a list, one entry an order."""
    data: list[dict[str, Any]] = []
    for draft in drafts:
        row = draft.carrier
        if draft.request is None or row is None:
            answer.exit = 1
            answer.say(f"{draft.numbers or '?'}: {words(f'parcels.refusal.{draft.refusal}')}")
            continue
        if not offers_rates(desk, row):
            raise Usage(words("parcels.rates.none_offered", name=row.name))
        try:
            found = await rates_of(console.engine, row, draft.request)
        except ProviderError as error:
            found = error.message
        refused = found if isinstance(found, Message) else None
        rates = () if isinstance(found, Message) else found
        data.append({
            "numbers": draft.numbers, "carrier": row.name, "message": message_data(refused),
            "rates": [{"service": one.service, "price": one.price.text(), "currency": one.price.currency, "days": one.days} for one in rates],
        })  # fmt: skip
        answer.say(f"{draft.numbers} · {row.name}")
        if refused is not None:
            answer.exit = 1
            answer.say(f"  {sentence(words, refused, row.name)}")
        elif not rates:
            answer.say(f"  {words('parcels.rates.none')}")
        for one in rates:
            answer.say(f"  {rate_line(words, one)}")
    answer.data = {"prices": data}


class StandIn:
    """For the command line, where a workspace was just opened: a carrier whose last word was an error is asked once before another
    one is offered."""

    def __init__(
        self, console: Console, desk: ShippingDesk, args: dict[str, Any], answer: Answer, words: Words
    ) -> None:
        self._console, self._desk, self._args, self._answer, self._words = console, desk, args, answer, words
        self._reached: dict[int, bool] = {}

    async def settle(self, draft: Draft) -> Draft | None:
        """The draft that may be sent; None when another carrier was offered and nobody has said yes."""
        row, words = draft.carrier, self._words
        if draft.down is None or row is None or not draft.ready:
            return draft
        if row.id not in self._reached:
            result, _ = await self._console.engine.probe(row)
            self._reached[row.id] = result.outcome == "done"
        if self._reached[row.id]:
            return replace(draft, down=None, other=None)
        why = sentence(words, draft.down, row.name)
        if draft.other is None or self._args.get("wait"):
            self._answer.say(words("parcels.standby.waits", number=draft.numbers, carrier=row.name, why=why))
            return draft
        if not self._args.get("another"):
            other = draft.other.name
            self._answer.say(
                words("parcels.standby.offer", number=draft.numbers, carrier=row.name, why=why, other=other)
            )
            return None
        self._answer.say(words("parcels.standby.taken", number=draft.numbers, carrier=row.name, other=draft.other.name))
        (made,) = await self._desk.drafts([replace(draft.wanted, carrier=draft.other.id)])
        return made

    async def hint(self, rows: Sequence[ParcelRow]) -> None:
        """Of parcels that wait unsent at a carrier that cannot be reached: who else could carry them."""
        carriers = await self._desk.carriers()
        down = down_of(self._console.network)
        for row in rows:
            here = next((one for one in carriers if one.id == row.connection_id), None)
            told = row.message.code.partition(".")[0] if row.message is not None else ""
            if (row.write_kind, row.write_state) != ("create", "queued") or here is None:
                continue
            if down(here) is None and (
                told not in _UNREACHED or (row.message is not None and row.message.code == "net.offline")
            ):
                continue
            other = next((one for one in carriers if one.id != here.id and not one.paused and down(one) is None), None)
            if other is not None:
                self._answer.say(
                    self._words("parcels.standby.hint", number=row.numbers, carrier=here.name, other=other.name)
                )


def options_of(changes: dict[str, str]) -> dict[str, str]:
    """Of `--set`: what is for this parcel only."""
    return {name: value for name, value in changes.items() if name in PARCEL_OPTIONS}
