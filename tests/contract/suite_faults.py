"""Misbehaviour of the vendor or of the way to it: the right kind and code, reads heal where they may, and calls stay few."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from app.contracts import Kind, ProviderError
from tests.contract.checks import check, failure
from tests.contract.rig import Rig


@dataclass(frozen=True)
class Trouble:
    """A fault that does not go away, and what the merchant must be told. `most`: calls that one read may cost."""

    name: str
    fault: dict[str, Any]
    kind: Kind
    codes: tuple[str, ...]
    most: int = 6

    def __str__(self) -> str:
        return self.name


def _status(status: int, **headers: str) -> dict[str, Any]:
    return {"kind": "status", "status": status, "headers": {k.replace("_", "-"): v for k, v in headers.items()}}


_AUTH = ("auth.refused", "auth.expired", "auth.forbidden", "auth.ip_not_allowed", "auth.read_only")
TROUBLES = (
    Trouble("401", _status(401), Kind.YOURS, _AUTH),
    Trouble("403", _status(403), Kind.YOURS, _AUTH),
    Trouble("404", _status(404), Kind.YOURS, ("item.not_found", "config.wrong_url", "request.refused"), most=2),
    Trouble("409", _status(409), Kind.YOURS, ("item.conflict", "item.duplicate", "request.refused", "item.refused"), most=2),
    Trouble("422", _status(422), Kind.YOURS, ("request.refused", "item.refused"), most=2),
    Trouble("429-with-retry-after", _status(429, retry_after="1"), Kind.THEIRS, ("rate.limited", "rate.daily")),
    Trouble("429-without", _status(429), Kind.THEIRS, ("rate.limited", "rate.daily")),
    Trouble("500", _status(500), Kind.THEIRS, ("server.error", "server.unavailable")),
    Trouble("503", _status(503), Kind.THEIRS, ("server.unavailable", "server.maintenance")),
    Trouble("html", {"kind": "html"}, Kind.THEIRS, ("server.html", "server.maintenance"), most=2),
    Trouble("garbage", {"kind": "garbage"}, Kind.OURS, ("answer.unreadable",), most=2),
    Trouble("cut", {"kind": "cut"}, Kind.THEIRS, ("net.cut",)),
    Trouble("drop", {"kind": "drop"}, Kind.THEIRS, ("net.cut",)),
    Trouble("gzip-bomb", {"kind": "gzip_bomb"}, Kind.THEIRS, ("server.too_large",), most=2),
    Trouble("redirect", {"kind": "redirect", "location": "http://127.0.0.2:9/giris"}, Kind.THEIRS, ("server.redirect",), most=2),
)  # fmt: skip


@check(each=TROUBLES)
async def trouble(rig: Rig, one: Trouble) -> None:
    """For ever: one clear error, few calls."""
    rig.reset(orders=3)
    provider = rig.provider()
    await rig.read(provider)  # tokens at hand: the fault meets the read itself
    before = rig.calls()
    rig.fault(count=-1, **one.fault)
    error = await failure(rig.read(provider))
    told(error, one.kind, one.codes)
    assert rig.calls() - before <= one.most, f"{rig.calls() - before} calls"


def told(error: ProviderError, kind: Kind, codes: tuple[str, ...]) -> None:
    assert error.message.kind is kind, error.message
    assert error.message.code in codes, error.message
    assert error.message.params.get("operation"), f"which operation? {error.message}"


HEALED = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 429, "headers": {"retry-after": "2"}},
    {"kind": "cut"},
    {"kind": "drop"},
)
_NAMES = ("500", "503", "429", "429-with-retry-after", "cut", "drop")


@check(each=_NAMES)
async def read_heals(rig: Rig, name: str) -> None:
    """Once: the same read goes through, after the wait that the vendor asked for."""
    rig.reset(orders=3)
    patience = rig.peculiar.patience_s if "429" in name else 0.0
    provider = rig.provider(deadline_s=patience) if patience else rig.provider()
    await rig.read(provider)
    fault = HEALED[_NAMES.index(name)]
    rig.slept.clear()
    before = rig.calls()
    rig.fault(**fault)
    if not rig.peculiar.reads_repeat and "429" not in name:
        assert (await failure(rig.read(provider))).message.kind is Kind.THEIRS
        assert rig.calls() - before == 1
        return
    await rig.read(provider)
    if "headers" in fault:
        assert sum(rig.slept) >= 2


@check()
async def trickle_ends_at_the_deadline(rig: Rig) -> None:
    rig.reset(orders=3)
    await rig.read(rig.provider())
    lines: list[Any] = []
    provider = rig.provider(through=lambda line: lines.append(line) or line)
    rig.advance(5)  # no call waits for a limit
    await rig.read(provider)
    rig.advance(5)
    # Now, and not before: a good answer may take longer than that on a busy machine.
    for line in lines:
        line._policy = replace(line._policy, deadline_s=0.4)
    rig.fault("trickle", -1, seconds=1.0)
    began = time.monotonic()
    error = await failure(rig.read(provider))
    told(error, Kind.THEIRS, ("net.timeout", "server.slow"))
    assert lines
    assert time.monotonic() - began < 20  # an answer of a hundred bytes would take more than a minute


@check("order_source")
async def a_failed_page_is_not_the_last(rig: Rig) -> None:
    """What came before is delivered; then the error, not a silent end."""
    rig.reset(orders=350)
    rig.advance(rig.peculiar.visible_after_s)
    provider = rig.provider()
    got = 0

    async def drain() -> None:
        nonlocal got
        got = 0
        async for page in rig.pages(provider, rig.beginning()):
            got += len(page.items)

    calls = await _cost(rig, drain)
    rig.fault("status", -1, status=500, skip=calls - 1)
    told(await failure(drain()), Kind.THEIRS, ("server.error", "server.unavailable"))
    assert 0 < got < len(rig.truth("orders")) or calls == 1


@check("listing_source")
async def a_failed_list_of_listings_is_no_short_list(rig: Rig) -> None:
    rig.reset(listings=130)
    provider = rig.provider()
    calls = await _cost(rig, lambda: rig.listings(provider))
    rig.fault("status", -1, status=503, skip=calls - 1)
    told(await failure(rig.listings(provider)), Kind.THEIRS, ("server.unavailable", "server.maintenance"))


async def _cost(rig: Rig, doing: Callable[[], Awaitable[object]]) -> int:
    """Calls of one complete run, when tokens and the like are at hand."""
    await doing()
    rig.advance(60)
    before = rig.calls()
    await doing()
    rig.advance(60)
    return rig.calls() - before


@check(each=(429, 500))
async def a_storm_stays_small(rig: Rig, status: int) -> None:
    """Twelve reads in a row against a server that only refuses: neither the retries nor the breaker are walked round."""
    rig.reset(orders=3)
    provider = rig.provider()
    await rig.read(provider)
    before = rig.calls()
    rig.fault("status", -1, status=status)
    for _ in range(12):
        error = await failure(rig.read(provider))
        assert error.message.kind is Kind.THEIRS, error.message
    assert rig.calls() - before <= 24, f"{rig.calls() - before} calls for twelve reads"
    if status == 500:
        assert rig.network.breaker(1).state != "closed"
