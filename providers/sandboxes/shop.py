"""What the fakes of marketplaces share above the kit: switches, counts, batches, the times of calls, and the way through the door.

Knows no vendor: what a vendor says, checks and refuses comes from its own fake.
"""

from __future__ import annotations

import random
import re
from abc import abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from providers.sandboxes.exact import DAY, HOUR, MINUTE, Refusal, render
from providers.sandboxes.kit import Sandbox, SandboxClock

#: Of a spacing: what two calls that left rightly spaced may come closer together on their way.
JITTER_S = 0.05
#: How long a batch is worked on under the switch `slow_batches`.
SLOW_S = 4 * HOUR - MINUTE


class Spacing:
    """At most one call per `seconds` and key. A call that is refused does not count."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def free(self, key: str, seconds: float, now: float) -> bool:
        return now - self.last.get(key, float("-inf")) >= seconds - JITTER_S

    def note(self, key: str, now: float) -> None:
        self.last[key] = now

    def take(self, key: str, seconds: float, now: float) -> bool:
        if not self.free(key, seconds, now):
            return False
        self.note(key, now)
        return True


class Window:
    """At most `limit` calls in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.hits: deque[float] = deque()

    def take(self, now: float) -> bool:
        while self.hits and self.hits[0] <= now - self.seconds:
            self.hits.popleft()
        if len(self.hits) >= self.limit:
            return False
        self.hits.append(now)
        return True

    def reset_in(self, now: float) -> int:
        """Whole seconds until one more call is allowed, at least 1."""
        return max(1, int(self.hits[0] + self.seconds - now) + 1) if self.hits else 1


@dataclass(slots=True)
class Batch:
    """Changes that were taken and are worked on. `rows`: as told once it is finished; `finished`: epoch seconds, 0 until then."""

    id: str
    created: int
    rows: list[dict[str, Any]]
    pending: list[tuple[Any, dict[str, Any]]]
    finished: int = 0


class BaseShop:
    """One seller at one vendor. Instants are whole epoch seconds UTC, money is kuruş with VAT."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        self.clock = clock
        self.rng = random.Random(seed)
        self.switches: dict[str, bool] = {}
        self.counts: Counter[str] = Counter()
        self._numbers = 0
        self._share = 0

    def now(self) -> int:
        return int(self.clock.timestamp())

    def on(self, feature: str) -> bool:
        return self.switches.get(feature, False)

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def guid(self, kind: int) -> str:
        """`kind` keeps the ids of different records apart."""
        return f"{self.next_number():08x}-{kind:04x}-4000-8000-{self.rng.getrandbits(48):012x}"

    def may_apply(self) -> bool:
        """False when a switch (`ignore_writes`, `apply_N`) says that this write is to be acknowledged and forgotten."""
        if self.on("ignore_writes"):
            return False
        shares = [int(one[6:]) for one, on in self.switches.items() if on and re.fullmatch(r"apply_\d+", one)]
        if not shares:
            return True
        self._share += 1
        percent = min(100, *shares)
        return self._share * percent // 100 > (self._share - 1) * percent // 100

    def may_publish(self) -> bool:
        """As `may_apply`, for a product; `ignore_products` says yes and applies nothing."""
        return not self.on("ignore_products") and self.may_apply()

    def wrote(self, sku: str = "") -> None:
        self.counts["writes_applied"] += 1
        if sku:
            self.counts[f"write:{sku}"] += 1

    def past(self, count: int, span: int = 28 * DAY) -> list[int]:
        """Instants spread evenly over the last 28 days (`span`, in the shop's own unit), the oldest first."""
        now = self.now()
        return [now - span + span * (2 * i + 1) // (2 * count) for i in range(count)]

    # -- what takes time -----------------------------------------------------------------------------------------
    def settle(self) -> None:
        """What had time enough is done; looked after before every call."""

    def carry_out(self, pending: list[tuple[Any, dict[str, Any]]]) -> None:
        """The changes of records by their `sku`; none is pending afterwards."""
        for item, changes in pending:
            for name, value in changes.items():
                setattr(item, name, value)
            self.wrote(item.sku)
        pending.clear()

    def finish(self, batches: Iterable[Batch], takes: int) -> None:
        """Batches older than `takes` seconds; "up to 4 hours" under the switch `slow_batches`, never under `batches_hang`."""
        if self.on("batches_hang"):
            return
        now, takes = self.now(), SLOW_S if self.on("slow_batches") else takes
        for batch in batches:
            if not batch.finished and now - batch.created >= takes:
                batch.finished = batch.created + takes
                self.carry_out(batch.pending)


S = TypeVar("S", bound=BaseShop)
C = TypeVar("C")


@dataclass(frozen=True)
class Endpoint(Generic[S, C]):
    method: str
    path: str
    act: Callable[[S, C], Any]
    lists: bool = field(default=False, kw_only=True)  # orders move after it when a test armed `between`


E = TypeVar("E", bound=Endpoint[Any, Any])


class ShopSandbox(Sandbox, Generic[S, C, E]):
    """A fake whose calls go one way: barred, heard, admitted, acted on, answered; a Refusal on the way is the answer."""

    #: Beside `apply_N` (N per cent of the writes), `refuse_sku:<sku>`; where `ignore_products` is one, `refuse_product:<sku>` is too.
    switches: ClassVar[frozenset[str]] = frozenset()
    shop: S

    def barred(self, request: Request) -> Response | None:
        """An answer for whoever is not even listened to."""
        return None

    @abstractmethod
    def heard(self, endpoint: E, request: Request, body: bytes) -> C:
        """The request as the vendor's functions take it."""

    @abstractmethod
    def admit(self, endpoint: E, request: Request, call: C) -> None:
        """Raises the vendor's Refusal of a key, a limit, a content type."""

    def reply(self, outcome: Any) -> Response:
        return Response(render(outcome), 200, media_type="application/json")

    def refusal_body(self, endpoint: E, refusal: Refusal) -> Any:
        return refusal.body()

    def answered(self, endpoint: E, call: C) -> None:
        """After a call that was not refused."""

    def handler(self, endpoint: E) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            barred = self.barred(request)
            if barred is not None:
                return barred
            call = self.heard(endpoint, request, await request.body())
            try:
                self.admit(endpoint, request, call)
                self.shop.settle()
                reply = self.reply(endpoint.act(self.shop, call))
            except Refusal as refusal:
                data = self.refusal_body(endpoint, refusal)
                plain = isinstance(data, str)
                content, kind = (data, "text/plain") if plain else (render(data), "application/json")
                return Response(content, refusal.status, refusal.headers, kind)
            self.answered(endpoint, call)
            if endpoint.lists:
                self.page_served()
            return reply

        return handle

    def switch(self, feature: str, on: bool) -> None:
        publishes = "ignore_products" in self.switches and feature.startswith("refuse_product:")
        if feature not in self.switches and not publishes and not re.fullmatch(r"apply_\d{1,3}|refuse_sku:.+", feature):
            raise KeyError(feature)
        self.shop.switches[feature] = on

    def counters(self) -> dict[str, int]:
        self.shop.settle()
        return dict(self.shop.counts)


def path_of(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in request.path_params.items()}


def query_of(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(request.query_params.multi_items())


def is_json(request: Request) -> bool:
    """Said to be JSON, or nothing to say it of."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return request.method in ("GET", "HEAD") or kind == "application/json"
