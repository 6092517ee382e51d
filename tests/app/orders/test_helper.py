"""The helper's PIN: hashed, delayed, counted, and a way back that no kill shortens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.contracts import Secret
from app.orders.helper import ON, PIN, TRIES, Helper, PinRefused, delay
from app.store import AuditFilter, Store
from tests.app.printing.making import NOW


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=clock)
    yield made
    await made.close()


async def refused(helper: Helper, pin: str) -> tuple[str, int]:
    with pytest.raises(PinRefused) as caught:
        await helper.leave(Secret(pin))
    return caught.value.key, caught.value.seconds


async def failed(store: Store) -> int:
    return sum(e.outcome == "failed" for e in await store.audit.query(AuditFilter(action="vault.unlocked")))


async def test_a_pin_locks_and_leads_back(store: Store, clock: Clock) -> None:
    helper = Helper(store, clock)
    with pytest.raises(PinRefused, match="pin_none"):
        await helper.lock()
    await helper.set_pin(Secret("4071"))
    kept = str(await store.settings.get(PIN))
    assert "4071" not in kept
    assert "argon2id" in kept
    await helper.lock()
    assert await Helper(store, clock).is_on()  # a restart comes back locked
    assert await refused(helper, "4072") == ("helper.pin_wrong", 0)
    await helper.leave(Secret("4071"))
    assert not await helper.is_on()
    assert await store.settings.get(TRIES) is None


@pytest.mark.parametrize("pin", ["", "123", "1" * 13, "1111", "12a4", "١٢٣٤", "12 4"])
async def test_a_pin_that_is_none(store: Store, clock: Clock, pin: str) -> None:
    with pytest.raises(PinRefused, match="pin_form"):
        await Helper(store, clock).set_pin(Secret(pin))
    assert await store.settings.get(PIN) is None


async def test_tries_are_delayed_and_told(store: Store, clock: Clock) -> None:
    helper = Helper(store, clock)
    await helper.set_pin(Secret("4071"))
    await helper.lock()
    assert [await refused(helper, "0000") for _ in range(3)] == [
        ("helper.pin_wrong", 0), ("helper.pin_wrong", 0), ("helper.pin_wrong", 2)
    ]  # fmt: skip
    assert await failed(store) == 3
    assert await refused(Helper(store, clock), "4071") == (
        "helper.pin_wait",
        2,
    )  # not even the right one, nor after a restart
    assert await failed(store) == 3
    clock.now += timedelta(seconds=2)
    assert await refused(helper, "0000") == ("helper.pin_wrong", 4)
    clock.now += timedelta(seconds=4)
    await helper.leave(Secret("4071"))
    assert await store.settings.get(ON) is False


def test_delays_double_up_to_five_minutes() -> None:
    seconds = [delay(n).total_seconds() for n in (1, 2, 3, 4, 5, 10, 11, 1000)]
    assert seconds == [0, 0, 2, 4, 8, 256, 300, 300]


@pytest.mark.parametrize(
    "kept", ["x", {"kdf": {"name": "argon2id", "rounds": 1, "memory": 1, "lanes": 4}, "salt": "", "hash": ""}]
)
async def test_a_tampered_pin_opens_nothing(store: Store, clock: Clock, kept: object) -> None:
    helper = Helper(store, clock)
    await helper.set_pin(Secret("4071"))
    await helper.lock()
    await store.settings.set(PIN, kept)
    assert await helper.is_on()
    assert await refused(helper, "4071") == ("helper.pin_none", 0)
    await helper.left("password")
    assert not await helper.is_on()
