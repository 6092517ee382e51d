"""Trendyol's seller API (apigw). Orders come as shipment packages; prices and stock go in batches of 1,000 whose results come later.

What is told of packages stands in trendyol_parcels.py, publishing in trendyol_publishing.py.
Must never move the cursor past a window that was not read to its end.
Source of the facts: reference/marketplaces-tr.md, "## Trendyol".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from app.contracts import Account, Message, Outcome, OutcomeState, Page, ProviderError, Receipt
from app.kit import Call
from app.model import (
    Claim,
    Listing,
    Order,
    PriceChange,
    Question,
    QuestionStatus,
    SettlementLine,
    StockChange,
    Window,
    clean,
    fold,
)
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces import trendyol_service as service
from providers.marketplaces.trendyol_base import judged
from providers.marketplaces.trendyol_goods import Join, parse_batch, parse_prices, parse_ticket, parse_titles
from providers.marketplaces.trendyol_money import (
    OTHER_FINANCIALS,
    SETTLEMENTS,
    SPELT_BEFORE,
    WAITING,
    parse_claim_items,
    parse_claims,
    parse_settlements,
)
from providers.marketplaces.trendyol_parcels import TrendyolParcels
from providers.marketplaces.trendyol_publishing import TrendyolPublishing
from providers.marketplaces.trendyol_wire import depot_marked, parse_stream

C = TypeVar("C", PriceChange, StockChange)

#: Claims are found by the day they were opened, yet their state changes for weeks.
CLAIM_AGE = timedelta(days=30)
#: Trendyol cuts a wider span of questions without a word.
QUESTION_SPAN = timedelta(days=14)


class Trendyol(TrendyolPublishing, TrendyolParcels):
    """One seller's connection."""

    # -- orders ----------------------------------------------------------------------------------------------------------
    async def orders(self, window: Window) -> AsyncIterator[Page[Order]]:
        """Packages by modification time. Newest first, so the cursor moves only when a window has been read to its end; a package
        that changes meanwhile belongs to the next window."""
        for piece in window.split(calls.WIDEST):
            async for reply in self._pages(calls.orders_request(self.account, piece), calls.stream_following):
                yield depot_marked(parse_stream(reply), self.account.setting("depot_warehouse"))

    async def order(self, number: str) -> tuple[Order, ...]:
        """All packages of an order number: of the last week, else further back as far as Trendyol remembers."""
        return await self._numbered(number)

    # -- listings, prices, stock -----------------------------------------------------------------------------------------
    async def listings(self, since: datetime | None) -> AsyncIterator[Page[Listing]]:
        """All approved listings; Trendyol's lists know no 'changed since'. Two lists, read side by side and joined by barcode."""
        del since
        join = Join()
        priced = self._pages(calls.prices_request(self.account), calls.products_following)
        titled = self._pages(calls.titles_request(self.account), calls.products_following)
        more = True
        while more:
            prices, titles = await anext(priced, None), await anext(titled, None)
            more = prices is not None or titles is not None
            left = parse_prices(prices, "TRY") if prices is not None else Page(())
            right = parse_titles(titles) if titles is not None else Page(())
            ready = join.add(right.items, left.items) if more else join.rest()
            if ready or left.rejects or right.rejects:
                yield Page(ready, (*left.rejects, *right.rejects))

    async def set_prices(self, changes: Sequence[PriceChange]) -> Receipt:
        """Accepted for later: ask with the ticket. Prices hold VAT, in TRY, two decimals."""
        return await self._batch(changes, calls.refused_price, calls.set_prices_request)

    async def set_stocks(self, changes: Sequence[StockChange]) -> Receipt:
        """Accepted for later: ask with the ticket. At most 20,000 pieces a listing."""
        return await self._batch(changes, calls.refused_stock, calls.set_stocks_request)

    async def _batch(
        self,
        changes: Sequence[C],
        refused: Callable[[C], Message | None],
        request: Callable[[Account, Sequence[C]], Call],
    ) -> Receipt:
        wrong = {c.key: message for c in changes if (message := refused(c)) is not None}
        good = [c for c in changes if c.key not in wrong]
        ticket = parse_ticket(await self._send(request(self.account, good))) if good else ""
        return Receipt(
            tuple(
                Outcome(c.key, OutcomeState.REFUSED, wrong[c.key])
                if c.key in wrong
                else Outcome(c.key, OutcomeState.PENDING)
                for c in changes
            ),
            ticket,
        )

    async def batch_result(self, ticket: str, items: Sequence[PriceChange] | Sequence[StockChange]) -> Receipt:
        """Trendyol keeps results for four hours; a forgotten batch leaves its items unknown, and they are sent again."""
        try:
            reply = await self._send(calls.batch_request(self.account, ticket))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            return Receipt(tuple(Outcome(i.key, OutcomeState.UNKNOWN, error.message) for i in items), ticket)
        return parse_batch(reply, ticket, items)

    # -- returns and money -----------------------------------------------------------------------------------------------
    async def claims(self, window: Window) -> AsyncIterator[Page[Claim]]:
        """Claims opened within the window or up to 30 days before it, with their state of now."""
        wide, empty = Window(window.since - CLAIM_AGE, window.until), True
        try:
            async for reply in self._pages(calls.claims_request(self.account, wide), calls.paged_following):
                empty = False
                yield parse_claims(reply)
        except ProviderError as error:
            if not (empty and error.message.code == "item.not_found"):  # 404 instead of an empty first page was seen
                raise

    async def accept_claim(self, claim: Claim) -> Outcome:
        """Accepts every item of the claim that waits for the seller; accepting twice is harmless."""
        try:
            found = parse_claim_items(await self._send(calls.claim_request(self.account, claim.remote_id)))
        except ProviderError as error:
            if error.message.code != "item.not_found":
                raise
            found = ()
        waiting = [item for item, state in found if state == WAITING]
        if not found:
            return Outcome(claim.remote_id, OutcomeState.REFUSED, Message("item.not_found", {"claim": claim.remote_id}))
        if not waiting:
            if any(state in ("Accepted", "WaitingFraudCheck") for _, state in found):
                return Outcome(claim.remote_id, OutcomeState.DONE)
            message = Message("item.conflict", {"claim": claim.remote_id, "status": found[0][1]})
            return Outcome(claim.remote_id, OutcomeState.REFUSED, message)
        try:
            await self._send(calls.accept_claim_request(self.account, claim.remote_id, waiting))
        except ProviderError as error:
            return judged(claim.remote_id, error)
        return Outcome(claim.remote_id, OutcomeState.DONE)

    async def settlements(self, window: Window) -> AsyncIterator[Page[SettlementLine]]:
        """Every kind of booking, one after the other; Trendyol wants one call a kind and at most 15 days. A kind that it does not know
        (the list differs by storefront) has no rows and is not asked for again; the first one, Sale, has to be known."""
        unknown: set[str] = set()
        for piece in window.split(timedelta(days=14)):
            for kind in (*SETTLEMENTS, *OTHER_FINANCIALS):
                for spelt in dict.fromkeys((kind, SPELT_BEFORE.get(kind, kind))):
                    if spelt in unknown:
                        continue
                    call = calls.settlements_request(self.account, piece, spelt, other=kind in OTHER_FINANCIALS)
                    try:
                        async for reply in self._pages(call, calls.paged_following):
                            page = parse_settlements(reply, kind)
                            if page.items or page.rejects:
                                yield page
                        break
                    except ProviderError as error:
                        message = error.message
                        unknown_kind = message.status == 400 and "transactiontype" in fold(message.vendor_text)
                        if kind == "Sale" or not unknown_kind:
                            raise
                        unknown.add(spelt)

    # -- questions -------------------------------------------------------------------------------------------------------
    async def questions(self, window: Window) -> AsyncIterator[Page[Question]]:
        """Questions asked within the window, oldest first, with their state of now."""
        for piece in window.split(QUESTION_SPAN):
            async for reply in self._pages(service.questions_request(self.account, piece), calls.paged_following):
                page = service.parse_questions(reply)
                if page.items or page.rejects:
                    yield page

    async def answer(self, question_id: str, text: str) -> Outcome:
        """Trendyol reads an answer before it shows it, and takes no second one meanwhile. A refusal or a lost answer is looked up in
        the question itself: when this text stands there it was taken."""
        text = text.strip()
        refusal = service.refused_answer(text)
        if refusal is not None:
            return Outcome(question_id, OutcomeState.REFUSED, refusal)
        try:
            reply = await self._send(service.answer_request(self.account, question_id, text))
        except ProviderError as error:
            outcome = judged(question_id, error)
            if error.message.code == "item.not_found":
                return outcome
            question = await self._question(question_id)
            if question is None:
                return outcome
            # The state stands beside the text: a refused answer may be given again, so an open question has none.
            taken = question.status in (QuestionStatus.IN_REVIEW, QuestionStatus.ANSWERED) and question.answer == clean(
                text, 4000
            )
            return Outcome(question_id, OutcomeState.DONE) if taken else outcome
        return Outcome(question_id, OutcomeState.DONE, remote_ref=service.parse_answer_id(reply))

    async def _question(self, question_id: str) -> Question | None:
        """None when it cannot be looked at now."""
        try:
            return service.parse_question(await self._send(service.question_request(self.account, question_id)))
        except ProviderError:
            return None
