"""A wait for a vendor's limit is said while it lasts, and only that."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app.api.waiting import left, telling, wait_of
from app.formats.words import Words
from app.http.limiter import Waiting
from tests.support.waiting import until


def test_how_long_is_written_as_a_clock() -> None:
    assert [left(s) for s in (160.2, 59.6, 0.0, 3725)] == ["2:40", "1:00", "0:00", "62:05"]


@pytest.mark.parametrize(("seconds", "told"), [((), 0.0), ((2.0,), 0.0), ((160.0, 340.0), 160.0), ((160.0, 1.0), 0.0)])
def test_only_a_long_wait_of_this_connection_counts(seconds: tuple[float, ...], told: float) -> None:
    queue = [Waiting("orders", s, 7, "orders_search") for s in seconds] + [Waiting("orders", 500.0, 8)]
    assert wait_of(queue, 7) == told


def program(queue: list[Waiting], looks: list[str]) -> Any:
    row = SimpleNamespace(id=7, name="Almanya", account_id="a", integration="amazon_germany")

    async def rows() -> list[Any]:
        return [row]

    def waiting(account_id: str) -> list[Waiting]:
        looks.append(account_id)
        return queue if account_id == "a" else []

    return SimpleNamespace(
        store=SimpleNamespace(connections=SimpleNamespace(list=rows)),
        network=SimpleNamespace(queue=waiting),
        catalogue=SimpleNamespace(manifest=lambda integration: SimpleNamespace(name="Amazon Almanya")),
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Almanya: waiting for the limit of Amazon Almanya, 2:40 left"),
        ("tr", "Almanya: Amazon Almanya sınırı bekleniyor, kalan süre 2:40"),
    ],
)
async def test_a_wait_is_said_once_and_again_when_it_comes_back(language: str, said: str) -> None:
    lines: list[str] = []
    queue = [Waiting("orders", 160.0, 7)]
    looks: list[str] = []
    async with telling(program(queue, looks), Words.load(language), lines.append, tick_s=0.005):
        await until(lambda: len(looks) >= 5, "some looks at a queue that waits")
        assert lines == [said]
        queue.clear()
        so_far = len(looks)
        await until(lambda: len(looks) >= so_far + 2, "a whole look at the empty one")
        queue.append(Waiting("orders", 160.0, 7))
        so_far = len(looks)
        await until(lambda: len(looks) >= so_far + 5, "some more looks")
    assert lines == [said, said]
