"""What limiter, breaker, retries and deadlines make of each other: seeded interleavings under a virtual clock, with cancelled
calls, odd answers and several connections of two accounts. The promises hold whatever the order.

PAXZAR_ROUNDS: six seeds each (60 in the suite).
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter, defaultdict
from contextlib import suppress
from email.utils import formatdate

import pytest

from app.contracts import Limit, ProviderError
from app.http import SampleClass
from app.http.lib import httpx
from tests.app.http.virtual import EPOCH, Wire, network, now, policy, run_virtual

pytestmark = [pytest.mark.faults]
ROUNDS = int(os.environ.get("PAXZAR_ROUNDS", "10"))
SEED = int(os.environ.get("PAXZAR_SEED", "2026"))


class Moody:
    """Answers as the seed has it; remembers what was going on at any moment."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.flying: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.starts: dict[str, list[float]] = defaultdict(list)
        self.by_call: Counter[str] = Counter()
        self.acted: Counter[str] = Counter()
        self.mood = rng.choice(("good", "bad", "mixed", "storm"))

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        lane, call = request.url.path.strip("/").split("/")
        self.starts[lane].append(now())
        self.by_call[call] += 1
        self.flying[lane] += 1
        self.most[lane] = max(self.most[lane], self.flying[lane])
        try:
            await asyncio.sleep(self.rng.choice((0.0, 0.01, 0.2, 1.5, 30.0 if self.rng.random() < 0.05 else 0.1)))
            return self._answer(call)
        finally:
            self.flying[lane] -= 1

    def _answer(self, call: str) -> httpx.Response:
        bad = {"perfect": 0.0, "good": 0.02, "bad": 0.9, "mixed": 0.35, "storm": 0.5}[self.mood]
        if self.rng.random() > bad:
            self.acted[call] += 1
            return httpx.Response(
                200, headers=self.rng.choice(({}, {"x-ratelimit-remaining": "1"}, {"x-ratelimit-reset": "junk"}))
            )
        if self.mood == "storm" or self.rng.random() < 0.3:
            told = self.rng.choice(
                (None, "0", "1", "3", "nonsense", "99999999", formatdate(EPOCH + now() + 2, usegmt=True))
            )
            return httpx.Response(429, headers={} if told is None else {"retry-after": told})
        kind = self.rng.randrange(4)
        if kind == 0:
            raise httpx.ConnectError("refused")
        self.acted[call] += 1  # whatever else it says, it may have acted
        if kind == 1:
            raise httpx.ReadError("cut")
        return httpx.Response(500 + self.rng.randrange(4))


@pytest.mark.parametrize("seed", range(SEED, SEED + 6 * ROUNDS))
def test_however_calls_interleave_the_promises_hold(seed: int) -> None:
    rng = random.Random(seed)
    moody = Moody(rng)
    limits = tuple(
        Limit(
            calls=rng.randrange(1, 12),
            seconds=rng.choice((1.0, 5.0, 10.0)),
            group=group,
            parallel=rng.choice((0, 0, 1, 3)),
        )
        for group in ("default", "write")
    )
    endings: Counter[str] = Counter()
    late: list[float] = []

    async def main() -> None:
        net = network(Wire(moody), rng=rng)
        shops = [
            net.client(
                policy(
                    connection_id=number, account_id=f"a{number % 2}", limits=limits, deadline_s=rng.choice((2.0, 10.0, 30.0)),
                    own_rate=rng.choice((None, None, 0.5, 4.0)), retries=rng.choice((0, 2, 4)),
                ),
                "https://api.test",
            )
            for number in range(4)
        ]  # fmt: skip

        async def one(number: int) -> None:
            await asyncio.sleep(rng.uniform(0.0, 40.0))
            shop = rng.randrange(4)
            group, method = rng.choice(("default", "write")), rng.choice(("GET", "POST", "POST"))
            began = now()
            try:
                call = shops[shop].request(
                    method, f"/a{shop % 2}-{group}/{method}{number}", extensions={"group": group}
                )
                endings[str((await call).status_code)] += 1
            except ProviderError as error:
                endings[error.message.code] += 1
            finally:
                late.append(now() - began - shops[shop]._policy.deadline_s)

        tasks = [asyncio.create_task(one(number)) for number in range(120)]
        for task in rng.sample(tasks, 15):  # people close windows
            asyncio.get_running_loop().call_later(rng.uniform(0.0, 60.0), task.cancel)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [e for e in ended if isinstance(e, Exception)], ended
        assert all(net.queue(f"a{n}") == [] for n in (0, 1)), "somebody still stands in a queue"
        assert not net._deadlines.live
        for lane in net._limiter.lanes.values():
            assert lane.slots is None or not lane.slots.locked(), "a parallel place was lost"
        samples = net.samples.drain()
        refusals = sum(s.outcome is SampleClass.BREAKER for s in samples)
        cancelled = sum(isinstance(e, asyncio.CancelledError) for e in ended)
        attempts = sum(map(len, moody.starts.values()))
        assert attempts - cancelled <= len(samples) - refusals <= attempts
        moody.mood = "perfect"
        await asyncio.sleep(90_000.0)
        for number, shop in enumerate(shops):  # after a day's rest nothing of it is left: no token lost, no lane shut
            await asyncio.sleep(20.0)  # two of them share a lane
            net.reset_breaker(number)
            before, starts = now(), moody.starts[f"a{number % 2}-default"]
            count = len(starts)
            with suppress(ProviderError):
                await shop.get(f"/a{number % 2}-default/last{number}")
            assert starts[count] <= before + limits[0].seconds * 1.1

    run_virtual(main)
    assert max(late) <= 0.5, f"{max(late):.2f} s after the deadline"
    for lane, times in moody.starts.items():
        limit = limits["write" in lane]
        for start in times:
            assert sum(start <= at < start + limit.seconds for at in times) <= limit.calls, f"{lane}: beyond the limit"
        assert not limit.parallel or moody.most[lane] <= limit.parallel
    twice = [call for call, count in moody.acted.items() if call.startswith("POST") and count > 1]
    assert not twice, f"the vendor may have acted twice on {twice}"
    assert max(moody.by_call.values()) <= 5
    assert endings
