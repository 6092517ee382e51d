"""Records a second from the bytes of a page to the model, per connector, against json.loads (or lxml) of the same bytes. The pages
are taken from each fake beforehand and played back from memory: no socket, no pipeline, no server runs while it is measured. Processor time, so that a busy machine does not decide.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

import app.kit.calls
import app.kit.fields
import app.kit.records
from app.contracts.catalogue import providers_root
from app.http.lib import httpx
from tests.contract.rig import Hosts, Rig, Subject, subjects

ORDERS, LISTINGS, PARCELS, ROUNDS = 1_000, 1_000, 100, 3
GOAL, GOAL_WIRE, GOAL_LINES = 0.3, 1.0, 250
#: A connector that asks for each order by itself would take minutes to be recorded.
FEWER = {"hepsiburada": 300}


@dataclass(frozen=True)
class _Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes


@dataclass
class _Tape:
    """The client's answers in the order of its questions. With `http`, it records; without, it plays."""

    http: Any = None
    answers: list[_Answer] = field(default_factory=list)
    place: int = 0

    def build_request(self, method: str, url: str, **more: Any) -> Any:
        return self.http.build_request(method, url, **more) if self.http is not None else None

    async def send(self, request: Any, **more: Any) -> _Answer:
        if self.http is None:
            answer = self.answers[self.place]
            self.place += 1
            return answer
        found: httpx.Response = await self.http.send(request, **more)
        answer = _Answer(found.status_code, dict(found.headers), found.content)
        self.answers.append(answer)
        return answer


Doing = Callable[[Any], Awaitable[int]]


async def _count(pages: AsyncIterator[Any]) -> int:
    total = 0
    async for page in pages:
        if page.rejects:
            raise AssertionError(f"the page is not good: {page.rejects[0]}")
        total += len(page.items)
    return total


async def _recorded(rig: Rig, doing: Doing) -> tuple[_Tape, int]:
    tape = _Tape()

    def through(http: Any) -> _Tape:
        tape.http = http
        return tape

    count = await doing(rig.provider(through=through, deadline_s=3600)._provider)
    tape.http = None
    return tape, count


async def _played(rig: Rig, tape: _Tape, doing: Doing) -> float:
    tape.place = 0
    provider = rig.provider(through=lambda http: tape)._provider
    started = time.process_time()
    await doing(provider)
    return time.process_time() - started


class _Noting:
    """Stands for msgspec.json.Decoder while the wire's own decoding is written down."""

    kept: list[tuple[Any, bytes]]

    def __init__(self, shape: Any = Any, **more: Any) -> None:
        self.shape = shape
        self.real = _REAL(shape, **more)

    def decode(self, raw: Any) -> Any:
        _Noting.kept.append((self.real, bytes(raw)))
        return self.real.decode(raw)


_REAL: Any = msgspec.json.Decoder


@contextlib.contextmanager
def _noting() -> Iterator[list[tuple[Any, bytes]]]:
    """Every decoding by the kit's helpers within the block: (decoder, bytes). Decoders made at import are not seen."""
    caches: list[dict[Any, Any]] = [
        found
        for room in (app.kit.calls, app.kit.records, app.kit.fields)
        if (found := vars(room).get("_decoders")) is not None
    ]
    kept: list[tuple[Any, bytes]] = []
    before = [dict(one) for one in caches]
    _Noting.kept = kept
    for one in caches:
        one.clear()
    msgspec.json.Decoder = _Noting  # type: ignore[assignment, misc]
    try:
        yield kept
    finally:
        msgspec.json.Decoder = _REAL  # type: ignore[misc]
        for one, old in zip(caches, before, strict=True):
            one.clear()
            one.update(old)


def _bare(bodies: list[bytes]) -> tuple[float, str]:
    """Seconds of json.loads, or of lxml for XML, over all bodies; best of three."""
    xml = bodies[-1].lstrip()[:1] == b"<"
    parse: Callable[[bytes], Any] = etree.fromstring if xml else json.loads
    best = min(_timed(lambda: [parse(one) for one in bodies]) for _ in range(ROUNDS))
    return best, "lxml" if xml else "json.loads"


def _timed(doing: Callable[[], object]) -> float:
    started = time.process_time()
    doing()
    return time.process_time() - started


async def _of(subject: Subject, hosts: Hosts) -> list[dict[str, Any]]:
    sandbox, url = hosts.get(subject)
    found: list[dict[str, Any]] = []
    async with Rig(subject, sandbox, url) as rig:
        rig.post("limits", {"on": False})
        for what in ("orders", "listings", "parcels"):
            made = await _prepared(rig, what)
            if made is None:
                continue
            tape, count = await _recorded(rig, made)
            bodies = [one.content for one in tape.answers if one.content.strip()]
            with _noting() as wire:
                await _played(rig, tape, made)
            bare, peer = _bare(bodies)
            ours = min([await _played(rig, tape, made) for _ in range(ROUNDS)])
            alone = (
                min(_timed(lambda wire=wire: [d.decode(raw) for d, raw in wire]) for _ in range(ROUNDS))
                if wire
                else 0.0
            )
            found.append(
                {"integration": subject.id, "what": what, "records": count, "pages": len(tape.answers),
                 "bytes": sum(map(len, bodies)), "peer": peer, "rate": round(count / ours), "ratio": round(bare / ours, 2),
                 "wire": round(bare / alone, 2) if alone else None}
            )  # fmt: skip
    return found


async def _prepared(rig: Rig, what: str) -> Doing | None:
    """Fills the fake and says how the records are read; None where the integration has none."""
    can = rig.subject.capabilities
    count = FEWER.get(rig.subject.sandbox_name, ORDERS)
    if what == "orders" and "order_source" in can:
        rig.reset(orders=count)
        rig.advance(rig.peculiar.visible_after_s)
        since, until = rig.beginning(), rig.now()
        return lambda provider: _count(rig.pages(provider, since, until))
    if what == "listings" and "listing_source" in can:
        rig.reset(listings=LISTINGS)
        return lambda provider: _count(provider.listings(None))
    if what == "parcels" and {"carrier", "tracking"} <= can:
        from tests.contract.suite_carrier import request

        rig.reset()
        names = [f"PX{n:010d}" for n in range(PARCELS)]
        maker = rig.provider(deadline_s=3600)._provider
        for name in names:
            await maker.create(request(name))
        rig.advance(timedelta(days=3).total_seconds())

        async def track(provider: Any) -> int:
            return len(await provider.track(names))

        return track
    return None


def _median_lines() -> tuple[int, int]:
    """(median, files) of the providers' own code."""
    root = Path(providers_root())
    sizes = [
        path.read_bytes().count(b"\n")
        for path in root.glob("*/*.py")
        if path.parent.name != "sandboxes" and path.name != "__init__.py"
    ]
    return round(statistics.median(sizes)), len(sizes)


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    hosts = Hosts()
    results: list[dict[str, Any]] = []
    try:
        for subject in subjects(providers_root())[0]:
            if subject.missing():
                progress(f"providers: {subject.id}: {subject.missing()}")
                continue
            for one in asyncio.run(_of(subject, hosts)):
                progress(
                    f"providers: {one['integration']:<14} {one['what']:<8} {one['records']:>5} in {one['pages']:>4} pages, {one['bytes'] >> 10:>5} KB: "
                    f"{one['rate']:>7}/s, ÷ {one['peer']} {one['ratio']:.2f}, wire alone {one['wire']}"
                )
                results.append(_result(one, f"{one['integration']} {one['what']} ÷ {one['peer']}", one["ratio"], GOAL))
                if one["wire"] is not None:
                    results.append(
                        _result(one, f"{one['integration']} {one['what']}: wire alone", one["wire"], GOAL_WIRE)
                    )
    finally:
        hosts.close()
    lines, files = _median_lines()
    results.append(
        {"bench": "providers", "figure": f"median size of {files} provider files", "value": lines, "unit": "lines",
         "goal": GOAL_LINES, "holds": lines <= GOAL_LINES, "raw": {}}
    )  # fmt: skip
    return results


def _result(one: dict[str, Any], figure: str, value: float, goal: float) -> dict[str, Any]:
    return {
        "bench": "providers",
        "figure": figure,
        "value": value,
        "unit": "",
        "goal": goal,
        "holds": value >= goal,
        "raw": one,
    }
