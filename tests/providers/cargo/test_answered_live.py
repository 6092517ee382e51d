"""Refusals of parcels that come as HTTP 500 open no breaker, and are asked once: the next parcel goes on."""

from __future__ import annotations

from typing import Any

import pytest

from app.contracts import YoursError, answered_of
from app.http.pipeline import Network
from app.http.policy import Policy
from app.http.samples import SampleRing
from providers.cargo.mng import Mng
from providers.cargo.sendeo import Sendeo
from providers.sandboxes import mng, sendeo
from tests.providers.cargo import mng_support, sendeo_support
from tests.support.serving import serve


@pytest.mark.parametrize(
    ("client", "sandbox", "support", "switch"),
    [(Sendeo, sendeo, sendeo_support, "account_closed"), (Mng, mng, mng_support, "ip_refused")],
)
async def test_a_word_under_500_opens_no_breaker(client: Any, sandbox: Any, support: Any, switch: str) -> None:
    box, network = sandbox.create(), Network(on_sample=SampleRing())
    try:
        with serve(box.app) as base:
            policy = Policy(1, "k", "Kargo", 15.0, frozenset({"127.0.0.1"}), answered=answered_of(client))
            carrier = client(network.client(policy, base), support.account(base, {**support.KEYS, **box.credentials}))
            box.switch(switch, True)
            for n in range(12):
                with pytest.raises(YoursError):
                    await carrier.create(support.request(reference=f"PX0000{n:04d}"))
            assert network.breaker(1).state == "closed"
            box.switch(switch, False)
            assert (await carrier.create(support.request())).labels
    finally:
        await network.close()
