"""A 5xx that is the vendor's word about the data: asked once, no breaker, and no server error in the samples."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleClass, SampleRing

WORD = b'{"StatusCode":702}'


class Wire(httpx.AsyncBaseTransport):
    """Answers `body` with status 500 and counts."""

    def __init__(self, body: bytes) -> None:
        self.body, self.calls = body, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return httpx.Response(500, content=self.body)


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def is_word(status: int, data: bytes) -> bool:
    return status == 500 and data == WORD


@pytest.mark.parametrize(("body", "word"), [(WORD, True), (b'{"StatusCode":500}', False)])
async def test_a_word_under_500(body: bytes, word: bool) -> None:
    ring, wire = SampleRing(), Wire(body)
    network = Network(on_sample=ring, sleep=no_wait, wire=wire)
    policy = Policy(1, "a", "Kargo", 15.0, frozenset({"kargo.example"}), answered=is_word)
    try:
        client = network.client(policy, "https://kargo.example")
        for _ in range(8):
            if network.breaker(1).state == "closed":
                assert (await client.get("/find")).content == body
        assert (network.breaker(1).state == "closed") is word
        assert (wire.calls == 8) is word, "asked once each"
        kinds = {one.outcome for one in ring.drain()}
        assert (SampleClass.SERVER_ERROR in kinds) is not word
        assert (SampleClass.CLIENT_ERROR in kinds) is word
    finally:
        await network.close()
