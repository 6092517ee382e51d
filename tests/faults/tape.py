"""Answers of a real fake server, recorded on the wire and played again from memory, one of them mutated on the way."""

from __future__ import annotations

import random
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.contracts import DEADLINES_S, Account, Secret, throttling_of
from app.http.call import call_of
from app.http.lib import httpx
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from app.jobs.links import addresses, host_of
from app.kit import MemoryTokens
from tests.contract.rig import ACCOUNT_ID, CONNECTION, Rig, WatchedTokens
from tests.faults.mutations import Answer

Key = tuple[str, str, str]
_HOP = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive"})


def key_of(request: httpx.Request) -> Key:
    """Which answers may serve a call: those to the same operation, method and path (queries hold instants)."""
    return call_of(request).operation, request.method, request.url.path


@dataclass
class Tape:
    """The exchanges of one run, in order, and what our side knew when it was recorded. `exact` names the very requests."""

    exchanges: list[tuple[Key, Answer]] = field(default_factory=list)
    exact: list[tuple[bytes, bytes]] = field(default_factory=list)
    at: datetime | None = None


class Recording(httpx.AsyncBaseTransport):
    """Between the pipeline and the real wire: keeps every answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner, self.tape = inner, Tape()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        await response.aclose()
        headers = tuple((k, v) for k, v in response.headers.items() if k.lower() not in _HOP)
        self.tape.exact.append((request.url.raw_path, request.content))
        self.tape.exchanges.append((key_of(request), Answer(response.status_code, headers, body)))
        return httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(body))


class Replay(httpx.AsyncBaseTransport):
    """Plays a tape; the answer number `chosen` is replaced by `mutated`. A call that the tape does not know gets a 404, and one
    beyond `most` calls a cut: a client that runs in a circle after a vendor's cursor does not run for ever. The very request of
    the tape gets its own answer, one that the mutation led elsewhere the next of its kind."""

    def __init__(self, tape: Tape, chosen: int, mutated: Answer, most: int) -> None:
        played = [mutated if number == chosen else answer for number, (_, answer) in enumerate(tape.exchanges)]
        self._played, self._used = played, [False] * len(played)
        self._alike: dict[Key, list[int]] = defaultdict(list)
        self._exact: dict[tuple[Key, bytes, bytes], list[int]] = defaultdict(list)
        for number, (key, _) in enumerate(tape.exchanges):
            self._alike[key].append(number)
            self._exact[key, *tape.exact[number]].append(number)
        self._most, self.calls = most, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        if self.calls > self._most:
            raise httpx.ReadError("cut")
        key = key_of(request)
        exact, alike = self._exact.get((key, request.url.raw_path, request.content), []), self._alike.get(key, [])
        if not alike and key[0] == "probe":  # may ask for what there cannot be, by a name that is another each time
            alike = [n for (op, method, _), numbers in self._alike.items() if (op, method) == key[:2] for n in numbers]
        if not alike:
            return httpx.Response(404, headers={"content-type": "application/json"}, stream=httpx.ByteStream(b"{}"))
        fresh = (number for number in (*exact, *alike) if not self._used[number])
        number = next(fresh, (exact or alike)[-1])
        self._used[number] = True
        answer = self._played[number]
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(answer.body))


class RecordingRig(Rig):
    """A contract rig whose answers are kept."""

    async def __aenter__(self) -> RecordingRig:
        await super().__aenter__()
        self.recording = Recording(self.network._wire)
        self.network._wire = self.recording
        return self

    def fresh(self) -> Any:
        """A client that knows no token yet, and an empty tape."""
        self.tokens = WatchedTokens()
        self.recording.tape = Tape(at=self.now())
        return self.provider()


@dataclass
class Player:
    """Clients of one integration on recorded answers. Waiting costs no time; nothing is limited."""

    rig: RecordingRig
    ahead: float = 0.0

    def __post_init__(self) -> None:
        manifest = self.rig.subject.manifest
        self.plain, self.hidden = self.rig.settings()
        self.urls = addresses(manifest, "live", self.plain, {"api": self.rig.url})
        self.hosts = frozenset({host_of(one) for one in self.urls.values()} | set(manifest.hosts))

    async def _sleep(self, seconds: float) -> None:
        self.ahead += seconds

    def client(self, wire: httpx.AsyncBaseTransport, now: Callable[[], datetime]) -> Any:
        manifest = self.rig.subject.manifest
        network = Network(
            on_sample=SampleRing(), clock=lambda: time.monotonic() + self.ahead, wall=lambda: time.time() + self.ahead,
            sleep=self._sleep, rng=random.Random(7), online=lambda: True, wire=wire,
        )  # fmt: skip
        policy = Policy(
            connection_id=1, account_id=ACCOUNT_ID, connection_name=CONNECTION, hosts=self.hosts,
            deadline_s=DEADLINES_S[manifest.category], retries=0, throttling=throttling_of(self.rig.subject.client()),
        )  # fmt: skip
        account = Account(
            id=ACCOUNT_ID, integration=manifest.id, environment="live", urls=self.urls, tokens=MemoryTokens(), now=now,
            nonce=lambda: secrets.token_hex(16), settings=self.plain,
            secrets={k: Secret(v) for k, v in self.hidden.items()}, params=dict(manifest.params),
        )  # fmt: skip
        return self.rig.subject.client()(network.client(policy, self.urls["api"]), account)
