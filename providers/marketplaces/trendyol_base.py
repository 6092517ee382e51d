"""What every view of a Trendyol account shares: how it signs, asks for packages and judges a failed write.
Must never read a package that was not found under its new address as one that is not there before the old address was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from app.contracts import Account, Kind, Message, Outcome, OutcomeState, Page, ProbeResult, ProviderError, fail
from app.kit import BasicAuth, Call, Reply, decode_json, httpx, pages, send
from app.model import Order, Window
from providers.marketplaces import trendyol_calls as calls
from providers.marketplaces.trendyol_wire import PagedWire, depot_marked, parse_orders

T = TypeVar("T")

NOT_SENT = frozenset({"rate.limited", "rate.repeated", "breaker.open", "net.unreachable", "net.offline", "net.tls"})


def judged(key: str, error: ProviderError) -> Outcome:
    """What a failed write means for its item. Raises the error again when nothing was taken and the item is not at fault."""
    message = error.message
    if message.code in NOT_SENT or message.code.startswith(("auth.", "config.")):
        raise error
    return Outcome(key, OutcomeState.REFUSED if message.kind is Kind.YOURS else OutcomeState.UNKNOWN, message)


class TrendyolAccount:
    """One seller's account. It holds `seller_id`, `api_key`, `api_secret`, `integrator_name`, and perhaps `depot_warehouse`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = BasicAuth(account.secret("api_key"), account.secret("api_secret"))
        self._errors = calls.trendyol_errors(account)

    async def probe(self) -> ProbeResult:
        """Proves key and seller id; counts the open packages of the last fortnight."""
        now = self.account.now()
        window = Window(now - timedelta(days=14), now)
        reply = await self._packages(lambda old: calls.probe_request(self.account, window, old=old))
        count = decode_json(reply, PagedWire).total_elements
        return ProbeResult({"seller_id": self.account.setting("seller_id")}, server_orders=count)

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=self._errors)

    def _pages(self, call: Call, following: Callable[[Call, Reply], Call | None]) -> AsyncIterator[Reply]:
        return pages(self.http, call, following, auth=self._auth, errors=self._errors)

    async def _packages(self, request: Callable[[bool], Call]) -> Reply:
        """A page of packages from V2; from the old address where a server has no V2 yet. (The old one answers 426 since it was
        announced closed for 15 October 2026.)"""
        try:
            return await self._send(request(False))
        except ProviderError as error:
            if error.message.status != 404:
                raise
        return await self._send(request(True))

    async def _search(
        self, request: Callable[[Window | None, bool], Call], read: Callable[[Reply], Page[T]]
    ) -> tuple[T, ...]:
        """The packages of the last week, else further back as far as Trendyol remembers: three months by its older pages, one by
        its newer ones, so a refusal of what lies further back is the end of its memory."""
        now = self.account.now()
        newest = Window(now - 2 * calls.WIDEST, now)
        older = Window(now - calls.HISTORY, newest.since)
        recent, distant = [*newest.split(calls.WIDEST)], [*older.split(calls.WIDEST)]
        windows: list[Window | None] = [None, *reversed(recent), *reversed(distant)]
        for window in windows:
            try:
                page = read(await self._packages(partial(request, window)))
            except ProviderError as error:
                if error.message.status == 400 and window in distant:
                    return ()
                raise
            if page.items:
                return page.items
            if page.rejects:
                raise fail(page.rejects[0].message)
        return ()

    async def _package(self, package_id: str) -> Order | None:
        found = await self._search(partial(self._package_request, package_id), self._read)
        return next((o for o in found if o.remote_id == package_id), None)

    async def _numbered(self, number: str) -> tuple[Order, ...]:
        """The packages of an order number."""
        return await self._search(
            lambda window, old: calls.order_request(self.account, number, window, old=old), self._read
        )

    def _package_request(self, package_id: str, window: Window | None, old: bool) -> Call:
        return calls.package_request(self.account, package_id, window, old=old)

    def _read(self, reply: Reply) -> Page[Order]:
        return depot_marked(parse_orders(reply), self.account.setting("depot_warehouse"))

    async def _missing(self, error: ProviderError, package_id: str) -> Message | None:
        """The stage server answers 401 to a package that it does not know. Only a look at the package tells that from a key that
        is no longer good: the look itself raises then. None: it is not that."""
        if error.message.status != 401 or await self._package(package_id) is not None:
            return None
        return Message("item.not_found", {"order": package_id}, status=401, vendor_text=error.message.vendor_text)
