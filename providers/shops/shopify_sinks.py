"""Prices and stock of a Shopify shop: which rows go out in which calls, and what becomes of those that the shop refuses.
Must never call a row done that the shop named in a user error. The thinking beforehand stands in shopify_writes.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.contracts import Message, ProviderError, Receipt
from app.model import PriceChange, StockChange
from providers.shops import shopify_queries as queries
from providers.shops import shopify_writes as writes
from providers.shops.shopify_base import ShopifyShop, Tally
from providers.shops.shopify_errors import as_refusal


class ShopifySinks(ShopifyShop):
    """The capabilities `price_sink` and `stock_sink`."""

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """One call a product; a refused variant does not hold up the others of its product."""
        currency = await self._its_currency()
        tally = Tally()
        ready: list[PriceChange] = []
        for change in changes:
            wrong = writes.price_problem(change, currency)
            if wrong is None:
                ready.append(change)
            else:
                tally.refused(change.key, wrong)
        lost = [c.listing.remote_id for c in ready if not c.listing.extra.get("product_id")]
        products: dict[str, str] = {}
        for ids in writes.chunks(lost, queries.LOOKUP_SIZE):
            products.update(writes.parse_products(await self._send(queries.products_request(self.account, ids))))
        groups = writes.by_product(ready, products)
        for change in groups.pop("", []):
            tally.refused(change.key, Message("item.not_found", {"sku": change.listing.sku}))
        for product, group in groups.items():
            for part in writes.chunks(group, queries.WRITE_SIZE):
                if tally.broken is None:
                    await self._price(product, [(c.key, writes.price_row(c)) for c in part], tally)
        return tally.receipt([change.key for change in changes])

    async def _price(self, product: str, part: Sequence[tuple[str, Mapping[str, Any]]], tally: Tally) -> None:
        """`part`: (our key, row) for variants of one product."""
        call = queries.prices_request(self.account, product, [row for _, row in part])
        try:
            errors = writes.parse_price_errors(await self._send(call))
        except ProviderError as error:
            tally.failed(error, acted=True)
            return
        tally.sent = True
        named = writes.split_refused(errors, len(part))
        whole = next((error for error in errors if error.index is None), None)
        for index, (key, _) in enumerate(part):
            wrong = named.get(index, whole)
            if wrong is None:
                tally.done(key)
            else:
                tally.refused(key, as_refusal(wrong, writes.PRICE_WORDS))

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Sets the pieces that the whole shop sells, at one location; all rows of a call or none, so refused ones are taken
        out and the others go again."""
        place = await self._its_place()
        tally = Tally()
        for part in writes.chunks(changes, queries.LOOKUP_SIZE):
            if tally.broken is not None:
                break
            ids = [change.listing.remote_id for change in part]
            try:
                found = writes.parse_stock(await self._send(queries.stock_request(self.account, ids, place)))
            except ProviderError as error:
                tally.failed(error, acted=False)
                break
            rows: list[writes.StockRow] = []
            for change in part:
                row = writes.stock_row(change, found.get(change.listing.remote_id))
                if isinstance(row, Message):
                    tally.refused(change.key, row)
                else:
                    rows.append(row)
            await self._stock(rows, tally)
        return tally.receipt([change.key for change in changes])

    async def _stock(self, rows: Sequence[writes.StockRow], tally: Tally, attempt: int = 0) -> None:
        if not rows or tally.broken is not None:
            return
        pairs = [(row.item, row.quantity) for row in rows]
        call = queries.stocks_request(self.account, await self._its_place(), pairs, [row.key for row in rows], attempt)
        try:
            errors = writes.parse_stock_errors(await self._send(call))
        except ProviderError as error:
            tally.failed(error, acted=True)
            return
        tally.sent = True
        if not errors:
            for row in rows:
                tally.done(row.key)
            return
        if attempt == 0 and any(error.code == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" for error in errors):
            await self._stock(rows, tally, attempt + 1)
            return
        named = writes.split_refused(errors, len(rows))
        if not named and len(rows) > 1:  # it does not say which: halves find out
            middle = len(rows) // 2
            await self._stock(rows[:middle], tally)
            await self._stock(rows[middle:], tally)
            return
        for index, row in enumerate(rows):
            if index in named or not named:
                tally.refused(row.key, as_refusal(named.get(index, errors[0]), writes.STOCK_WORDS))
        await self._stock([row for index, row in enumerate(rows) if named and index not in named], tally)
