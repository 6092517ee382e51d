"""A carrier's client at its fake over a loopback socket, with the fake's control room beside it: bare for the SOAP carriers, through the
real pipeline for those with a token. Each test file says only how its client is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from app.contracts import ProviderError
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from tests.support.serving import serve


async def refused(doing: Any, code: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await doing
    assert caught.value.message.code == code, caught.value.message
    return caught.value


class CarrierRig:
    """`key(reference)`: our reference as the carrier's records carry it."""

    def __init__(self, box: Any, http: httpx.AsyncClient, base: str) -> None:
        self.box, self.http, self.base = box, http, base
        self.carrier = self.made()

    def made(self, **changes: str) -> Any:
        """A client with the fake's own keys, but for these."""
        raise AssertionError("each file says how")

    def key(self, reference: str) -> str:
        return reference

    async def control(self, path: str, body: Any) -> None:
        assert (await self.http.post(f"/_control/{path}", json=body)).status_code == 200

    async def switch(self, feature: str, on: bool = True) -> None:
        await self.control("switch", {"feature": feature, "on": on})

    async def later(self, seconds: float) -> None:
        await self.control("clock", {"advance": seconds})

    def truth(self, reference: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            row for row in self.box.truth_shipments() if row["reference"] == self.key(reference)
        )
        return found

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = self.box.counters()
        return found


class TokenRig(CarrierRig):
    """Through the pipeline; `name` of the integration, of its token and in its messages."""

    name: str

    def __init__(self, box: Any, http: httpx.AsyncClient, base: str, network: Network) -> None:
        self.network = network
        super().__init__(box, http, base)

    def piped(self) -> httpx.AsyncClient:
        policy = Policy(1, self.name, self.name, 15.0, frozenset({"127.0.0.1"}))
        return self.network.client(policy, self.base)

    async def later(self, seconds: float) -> None:
        """Tokens end on the same clock."""
        await super().later(seconds)
        await self.carrier.account.tokens.drop(self.name)
        self.carrier = type(self.carrier)(self.carrier.http, self.carrier.account)


@asynccontextmanager
async def soap_rig(kind: type[CarrierRig], box: Any) -> AsyncIterator[Any]:
    with serve(box.app) as base:
        async with httpx.AsyncClient(base_url=base) as http:
            yield kind(box, http, base)


@asynccontextmanager
async def token_rig(kind: type[TokenRig], box: Any) -> AsyncIterator[Any]:
    network = Network(on_sample=SampleRing())
    with serve(box.app) as base:
        async with httpx.AsyncClient(base_url=base) as http:
            try:
                yield kind(box, http, base, network)
            finally:
                await network.close()
