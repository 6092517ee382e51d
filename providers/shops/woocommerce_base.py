"""What all of a WooCommerce shop's calls share: how they sign, what holds for its prices, and writes in batches with one outcome an item.
Must never call an item done that its batch said nothing of.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from app.contracts import Account, Kind, Outcome, OutcomeState, ProviderError
from app.kit import Call, Reply, decode_json, httpx, send
from providers.shops import woocommerce_calls as calls
from providers.shops.woocommerce_goods import Item, Shop, parse_batch, parse_currency, parse_typed, vat_of
from providers.shops.woocommerce_wire import json_bytes

MOST = 100  # objects in one batch
#: The shop looked at these very items and said no; anything else is about the connection.
ABOUT_ITEMS = frozenset({"request.refused", "item.refused", "item.not_found", "item.duplicate", "item.conflict"})


class Batch(msgspec.Struct, frozen=True):
    """What one call writes, (our key, item) a row: products, or the variations of `product`. `verb`: `update` or `create`."""

    product: str
    rows: Sequence[tuple[str, Item]]
    verb: str = "update"

    def cut(self, at: int) -> list[Batch]:
        """In pieces of at most `at` rows."""
        return [Batch(self.product, self.rows[i : i + at], self.verb) for i in range(0, len(self.rows), at)]


class WooCommerceShop:
    """One shop. Its address is the account's `api` address; `consumer_key` and `consumer_secret` are its secrets."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = calls.auth_of(account)

    async def _send(self, call: Call) -> Reply:
        reply = await send(self.http, call, auth=self._auth, errors=calls.woo_errors)
        body = json_bytes(reply.body)
        return reply if body is reply.body else msgspec.structs.replace(reply, body=body)

    async def _every(self, request: Callable[[int], Call]) -> AsyncIterator[Reply]:
        """All pages of a short list (terms, categories), from the first on."""
        page = 0
        while True:
            page += 1
            reply = await self._send(request(page))
            yield reply
            pages, size = calls.number(reply, "x-wp-totalpages"), len(decode_json(reply, list[msgspec.Raw]))
            if size == 0 or ((page >= pages) if pages >= 0 else (size < calls.PAGE)):
                return

    async def _shop(self) -> Shop:
        """Currency and VAT basis. A key that may not read the currency learns it from an order."""
        typed = parse_typed(await self._send(calls.vat_request()))
        try:
            currency = parse_currency(await self._send(calls.currency_request()))
        except ProviderError as error:
            if error.message.kind is not Kind.YOURS or not typed.currency:
                raise
            currency = typed.currency
        return Shop(currency, vat_of(typed))

    async def _in_batches(self, operation: str, wanted: Sequence[Batch], *, sent: bool = False) -> dict[str, Outcome]:
        """One outcome a row. Raises only when nothing was sent; `sent`: something was, before these."""
        outcomes: dict[str, Outcome] = {}
        batches = [piece for batch in wanted for piece in batch.cut(MOST)]
        while batches:
            batch = batches.pop(0)
            items = [item for _, item in batch.rows]
            call = calls.write_request(operation, batch.product, items, batch.verb)
            try:
                done = parse_batch(await self._send(call), batch.rows, batch.verb)
            except ProviderError as error:
                message = error.message
                if message.code in ABOUT_ITEMS:
                    if message.code == "request.refused" and len(batch.rows) > 1:  # halves find the guilty one
                        batches[:0] = batch.cut((len(batch.rows) + 1) // 2)
                        continue
                    done = tuple(Outcome(key, OutcomeState.REFUSED, message) for key, _ in batch.rows)
                elif not sent:
                    raise
                else:
                    rest = [key for one in (batch, *batches) for key, _ in one.rows]
                    done = tuple(Outcome(key, OutcomeState.UNKNOWN, message) for key in rest)
                    batches.clear()
            sent = True
            outcomes |= {one.key: one for one in done}
        return outcomes
