"""The rig of the contract suite: one integration's fake server, one account at it, the real pipeline, and a clock that the
test owns. Waiting costs no time: a sleep of the pipeline moves the clocks of both sides. Knows no vendor.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import importlib
import importlib.util
import inspect
import json
import random
import re
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import msgspec

from app.contracts import (
    DEADLINES_S,
    Account,
    Manifest,
    Page,
    ProviderError,
    Secret,
    Token,
    answered_of,
    parse_manifest,
    throttling_of,
)
from app.contracts.catalogue import providers_root
from app.contracts.manifest import Readiness
from app.http.call import call_of
from app.http.lib import httpx
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.jobs.links import addresses, host_of
from app.kit import MemoryTokens
from app.model import Listing, Order, Window
from tests.contract import peculiar
from tests.contract.bending import Bending
from tests.support.serving import serve

CONNECTION = "Deneme Mağazası"
ACCOUNT_ID = "contract-account"
SHORT_SECRET = 8  # below this a secret is looked for as a word, not as any run of letters


@dataclass(frozen=True)
class Subject:
    """One integration under test."""

    manifest: Manifest

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def sandbox_name(self) -> str:
        """As `peculiar` keys it: the sandbox module's own name."""
        return self.manifest.sandbox.rpartition(".")[2]

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset(self.manifest.capabilities)

    def missing(self) -> str:
        """Why it cannot be tested yet: its client's or its fake's module does not exist. '' when all is there."""
        for name in (self.manifest.client.partition(":")[0], self.manifest.sandbox):
            if importlib.util.find_spec(name) is None:
                return f"{name} is not written yet"
        return ""

    def client(self) -> type[Any]:
        module, _, name = self.manifest.client.partition(":")
        found: type[Any] = getattr(importlib.import_module(module), name)
        return found

    @classmethod
    def read(cls, path: Path) -> Subject:
        return cls(parse_manifest(path.read_bytes(), path.name))


@cache
def subjects(root: Path) -> tuple[list[Subject], dict[str, list[Subject]]]:
    """Every connectable integration with a client under `root`: one a client class, and the others of each class."""
    found = [Subject.read(path) for path in sorted(root.glob("*/*.toml"))]
    order = {"marketplace-tr": 0, "marketplace-world": 1}
    found.sort(
        key=lambda one: (order.get(one.manifest.category, 2), one.manifest.category, one.manifest.number, one.id)
    )
    first: dict[str, Subject] = {}
    others: dict[str, list[Subject]] = {}
    for one in found:
        if not one.manifest.client or one.manifest.readiness in (Readiness.PLANNED, Readiness.RETIRED):
            continue
        if one.manifest.readiness in (Readiness.FILE, Readiness.LINK):
            continue  # files, not calls: tests/providers/families/test_sheets_contract.py, test_sheet_carrier.py
        if one.manifest.client in first:
            others.setdefault(first[one.manifest.client].id, []).append(one)
        else:
            first[one.manifest.client] = one
    return list(first.values()), others


class Hosts:
    """The running fake servers, one a sandbox module, started on first use. Close at the end of the session."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: dict[str, tuple[Any, str]] = {}
        self._layers: dict[str, Bending] = {}

    def get(self, subject: Subject) -> tuple[Any, str]:
        """(the sandbox object, its address)."""
        name = subject.manifest.sandbox
        if name not in self._running:
            sandbox = importlib.import_module(name).create(seed=1)
            layer = self._layers[name] = Bending(sandbox.app)
            self._running[name] = (sandbox, self._stack.enter_context(serve(layer)))
        return self._running[name]

    def layer(self, subject: Subject) -> Bending:
        """What bends the answers of its fake server."""
        self.get(subject)
        return self._layers[subject.manifest.sandbox]

    def close(self) -> None:
        self._stack.close()


class _Noting(httpx.AsyncBaseTransport):
    """Innermost: what passes here goes out, one entry an attempt."""

    def __init__(self, wire: httpx.AsyncBaseTransport, rig: Rig) -> None:
        self._wire, self._rig = wire, rig

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._rig.sent.append((call_of(request).group, time.monotonic() + self._rig.ahead))
        return await self._wire.handle_async_request(request)


class WatchedTokens(MemoryTokens):
    """Remembers every token ever kept: none of them may show up in a log."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    async def put(self, name: str, token: Token) -> None:
        self.seen.append(token.access.reveal())
        if token.refresh is not None:
            self.seen.append(token.refresh.reveal())
        await super().put(name, token)


class Spy:
    """The provider, with every call's name and every exception noted."""

    def __init__(self, provider: Any, rig: Rig) -> None:
        self._provider, self._rig = provider, rig

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._provider, name)
        if not callable(real):
            return real

        def called(*args: Any, **kwargs: Any) -> Any:
            self._rig.called.add(name)
            result = real(*args, **kwargs)
            if inspect.isawaitable(result):
                return self._awaited(result)
            return self._iterated(result) if hasattr(result, "__anext__") else result

        return called

    async def _awaited(self, result: Any) -> Any:
        try:
            return await result
        except Exception as error:
            self._rig.raised.append(error)
            raise

    async def _iterated(self, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            async for item in result:
                yield item
        except Exception as error:
            self._rig.raised.append(error)
            raise


class NotThere(Exception):
    """The control room has no such switch or list."""


@dataclass
class Rig:
    """One test's connection to one fake server. Use as `async with`."""

    subject: Subject
    sandbox: Any
    url: str
    ahead: float = 0.0  # seconds that our side is ahead of the machine's clock
    slept: list[float] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    raised: list[Exception] = field(default_factory=list)
    tokens: WatchedTokens = field(default_factory=WatchedTokens)
    typed: list[str] = field(
        default_factory=list
    )  # further secrets that a test gave to a client: a mistyped one is one, too
    switches: tuple[tuple[str, bool], ...] = ()  # beside the vendor's own, set after every reset: a mutation's
    notes: list[str] = field(default_factory=list)  # what a check found out that is neither right nor wrong
    sent: list[tuple[str, float]] = field(
        default_factory=list
    )  # every attempt: its limit group, and its start by our clock

    _line: http.client.HTTPConnection | None = None

    async def __aenter__(self) -> Rig:
        self.network = Network(
            on_sample=SampleRing(), clock=lambda: time.monotonic() + self.ahead, wall=lambda: time.time() + self.ahead,
            sleep=self._sleep, rng=random.Random(7), online=lambda: True,
        )  # fmt: skip
        self.network._wire = _Noting(self.network._wire, self)
        self.post("limits", {"on": True})
        self.reset()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.network.close()
        if self._line is not None:
            self._line.close()
        await asyncio.sleep(0)

    # -- time ----------------------------------------------------------------------------------------------------
    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Time passes on both sides."""
        self.ahead += seconds
        self.sandbox.clock.offset += seconds

    def age_vendor(self, seconds: float) -> None:
        """Time passes at the vendor only: what it gave out ends earlier than we think."""
        self.sandbox.clock.offset += seconds

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    # -- the control room ----------------------------------------------------------------------------------------
    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Over one connection that is kept: a test asks a dozen times."""
        if self._line is None:
            place = urlsplit(self.url)
            self._line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        try:
            self._line.request(method, f"/_control/{path}", body, {"content-type": "application/json"})
            reply = self._line.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # Idle too long: the server has closed it unasked, and has not seen this request.
            self._line.close()
            self._line.request(method, f"/_control/{path}", body, {"content-type": "application/json"})
            reply = self._line.getresponse()
        told = reply.read()
        if reply.status >= 400:
            raise NotThere(f"{method} {path}: {reply.status} {told[:300]!r}")
        return json.loads(told)

    def reset(self, orders: int = 0, listings: int = 0, seed: int = 1) -> None:
        self.post("reset", {"orders": orders, "listings": listings, "seed": seed})
        self.sandbox.clock.offset = self.ahead
        for feature, on in (*self.peculiar.switches, *self.switches):
            self.switch(feature, on)
        self.credentials: dict[str, str] = self.get("credentials")

    def switch(self, feature: str, on: bool = True) -> None:
        self.post("switch", {"feature": feature, "on": on})

    def fault(self, kind: str, count: int = 1, **more: Any) -> None:
        """Arm a misbehaviour; `count` -1: for ever. An empty fault list is restored by the next reset."""
        self.post("faults", {"kind": kind, "count": count, **more})

    def calls(self) -> int:
        """Vendor calls since the last reset."""
        count: int = self.get("state")["calls"]
        return count

    def counters(self) -> dict[str, int]:
        counts: dict[str, int] = self.get("state")["counters"]
        return counts

    def truth(self, kind: str) -> list[dict[str, Any]]:
        """`orders`, `listings` or `shipments` as the fake knows them, of this connection's market."""
        rows: list[dict[str, Any]] = self.get(kind)
        market = self.peculiar.market
        wanted = self.subject.manifest.params.get(market)
        rows = [row for row in rows if not market or row.get(market, wanted) == wanted]
        if kind == "listings":
            rows = [{**row, "remote_id": self.peculiar.listing_id.format(**row)} for row in rows]
        return rows

    @property
    def peculiar(self) -> peculiar.Peculiar:
        return peculiar.of(self.subject.sandbox_name)

    # -- our side ------------------------------------------------------------------------------------------------
    def settings(self) -> tuple[dict[str, str], dict[str, str]]:
        """(plain settings, secrets) as a merchant would have typed them; a shop's address is the fake's."""
        m = self.subject.manifest
        place = m.environments.get("live") or next(iter(m.environments.values()), None)
        plain: dict[str, str] = {}
        hidden: dict[str, str] = {}
        for one in m.credentials:
            value = "" if one.key in self.peculiar.leave_out else self.credentials.get(one.key, "") or one.default
            if place is not None and (one.key == place.url_from or "{" + one.key + "}" in place.api):
                value = self.url
            if value:
                (hidden if one.kind in ("secret", "file") else plain)[one.key] = value
        return plain, hidden

    def provider(
        self,
        *,
        deadline_s: float = 0.0,
        change: Mapping[str, str] | None = None,
        through: Callable[[httpx.AsyncClient], Any] = lambda http: http,
        subject: Subject | None = None,
    ) -> Any:
        """A client on the real pipeline. `change` overrides credential values; several share lanes, breaker and tokens.
        `through` puts something between the client and the pipeline; `subject`: another integration of the same account."""
        subject = subject or self.subject
        m = subject.manifest
        plain, hidden = self.settings()
        for key, value in (change or {}).items():
            (hidden if key in hidden else plain)[key] = value
            if key in hidden:
                self.typed.append(value)
        urls = addresses(m, "live", plain, {"api": self.url})
        policy = Policy(
            connection_id=1, account_id=ACCOUNT_ID, connection_name=CONNECTION,
            deadline_s=deadline_s or DEADLINES_S[m.category],
            hosts=frozenset({host_of(one) for one in urls.values()} | set(m.hosts)), limits=m.limits,
            throttling=throttling_of(subject.client()), answered=answered_of(subject.client()),
        )  # fmt: skip
        account = Account(
            id=ACCOUNT_ID, integration=m.id, environment="live", urls=urls, tokens=self.tokens, now=self.now,
            nonce=lambda: secrets.token_hex(16), settings=plain, secrets={k: Secret(v) for k, v in hidden.items()},
            params=dict(m.params),
        )  # fmt: skip
        return Spy(subject.client()(through(self.network.client(policy, urls["api"])), account), self)

    async def pages(self, provider: Any, since: datetime, until: datetime | None = None) -> AsyncIterator[Page[Order]]:
        """The order pages of a span, split as the job splits it."""
        m, until = self.subject.manifest, until or self.now()
        widest = timedelta(hours=m.widest_window_h) if m.widest_window_h else until - since
        for window in Window(since, until).split(widest):
            async for page in provider.orders(window):
                yield page

    async def pull(self, provider: Any, since: datetime, until: datetime | None = None) -> list[Page[Order]]:
        return [page async for page in self.pages(provider, since, until)]

    def whole_account(self) -> Any:
        """A client that reads the orders of this account, for an integration that is a view of it and reads none itself."""
        for path in sorted(providers_root().glob("*/*.toml")):
            other = Subject.read(path)
            same = other.manifest.sandbox == self.subject.manifest.sandbox
            if same and other.manifest.family == self.subject.manifest.family and "order_source" in other.capabilities:
                return self.provider(subject=other)
        raise AssertionError("no integration of this account reads orders")

    def beginning(self) -> datetime:
        """Where a first pull begins."""
        days = self.subject.manifest.history_days
        return self.now() - timedelta(days=days or 400) + timedelta(minutes=1)

    async def listings(self, provider: Any, since: datetime | None = None) -> dict[str, Listing]:
        """All listings by remote id; a reject is an error of the client here."""
        found: dict[str, Listing] = {}
        async for page in provider.listings(since):
            assert not page.rejects, page.rejects[:2]
            found |= {one.remote_id: one for one in page.items}
        return found

    async def read(self, provider: Any, more: timedelta = timedelta(0)) -> int:
        """The cheapest read that the jobs repeat: what the faults are tried on. `more` makes it another question. Returns how
        many records were unreadable."""
        can = self.subject.capabilities
        if "order_source" in can:
            pages = await self.pull(provider, self.now() - timedelta(hours=12) - more)
            return sum(len(page.rejects) for page in pages)
        if "listing_source" in can:
            await self.listings(provider)
        elif "carrier" in can:
            await provider.find(f"YOK{secrets.randbelow(10**9):09d}")
        else:
            await provider.probe()
        return 0

    # -- secrets -------------------------------------------------------------------------------------------------
    def leaks(self, log: str) -> list[str]:
        """Which secrets can be read in the log or in an exception, by name and place. Empty when none."""
        plain, hidden = self.settings()
        further = [*self.tokens.seen, *self.typed]
        known = {**hidden, **{f"secret {n}": value for n, value in enumerate(further)}}
        places = {"log": log} | {f"exception {n}": _told(one) for n, one in enumerate(self.raised)}
        users = set(plain.values()) | set(hidden.values())
        return [
            f"{name} in the {place}"
            for name, value in known.items()
            for form in _forms(value, users)
            for place, text in places.items()
            if _holds(text, form)
        ]


def _forms(value: str, users: Iterable[str]) -> set[str]:
    """As it is, URL-coded, in base64, and as the password of HTTP Basic."""
    forms = {value, quote(value), quote(value, safe=""), quote_plus(value)}
    if len(value) >= SHORT_SECRET:
        forms.add(base64.b64encode(value.encode()).decode().rstrip("="))
    return forms | {base64.b64encode(f"{user}:{value}".encode()).decode().rstrip("=") for user in users}


def _holds(text: str, form: str) -> bool:
    if len(form) >= SHORT_SECRET:
        return form in text
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])", text) is not None


def _told(error: BaseException) -> str:
    """All that a log or a window could print of an exception: texts, arguments, causes and messages. No source lines."""
    parts: list[str] = []
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        parts += [str(one), repr(one), "".join(traceback.format_exception_only(one))]
        if isinstance(one, ProviderError):
            parts.append(msgspec.json.encode(one.message).decode())
        waiting += [one.__cause__, one.__context__]
    return "\n".join(parts)


def orders_of(pages: Iterable[Page[Order]]) -> dict[str, Order]:
    """The last word on each order, by remote id."""
    return {one.remote_id: one for page in pages for one in page.items}
