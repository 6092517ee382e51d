"""Wrong passwords and damaged slots: same words, same work, growing delay, nothing erased."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from vaulting import (
    PASSWORD,
    Clock,
    new_vault,
    plain,
    resealed,
    two_entries,
)

from app.contracts import Secret
from app.vault import Vault, VaultError, VaultRefused, World

pytestmark = pytest.mark.faults


async def test_wrong_password_and_damaged_slot_are_alike_and_slow_down(path: Path, clock: Clock) -> None:
    await two_entries(path, world=World(now=clock))
    raw = path.read_bytes()
    at = raw.index(b'"wrapped":"') + 30
    other = path.parent.parent / "damaged"
    replaced = b"A" if raw[at : at + 1] != b"A" else b"B"
    other.write_bytes(resealed(raw[:at] + replaced + raw[at + 1 :]))
    told: list[list[tuple[str, dict[str, str], float]]] = []
    for file, password, state in ((path, Secret("yanlış"), "s1"), (other, PASSWORD, "s2")):
        world = World(now=clock, state=path.parent / state)
        vault = await Vault.open(file, world=world)
        answers = []
        for _ in range(11):
            with pytest.raises(VaultRefused) as refused:
                await vault.unlock_with_password(password)
            answers.append((refused.value.key, refused.value.params, refused.value.retry_after))
            with pytest.raises(VaultRefused) as waiting:  # at once, even with the right one: no try is made
                await vault.unlock_with_password(PASSWORD)
            assert waiting.value.key == "vault.wait"
            assert 0 < waiting.value.retry_after <= refused.value.retry_after
            clock.pass_s(refused.value.retry_after)
        told.append(answers)
    assert told[0] == told[1]
    assert {key for key, _, _ in told[0]} == {"vault.refused"}
    assert [wait for _, _, wait in told[0]] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert told[0][2][1] == {"seconds": "4"}
    vault = await Vault.open(path, world=World(now=clock, state=path.parent / "s1"))
    await vault.unlock_with_password(PASSWORD)
    assert await plain(vault, "a") == {"k": "alpha"}


async def test_the_delay_outlives_the_program_and_a_clock_put_back(path: Path, clock: Clock) -> None:
    await two_entries(path, world=World(now=clock))
    world = World(now=clock)
    for _ in range(3):
        vault = await Vault.open(path, world=world)
        with pytest.raises(VaultRefused):
            await vault.unlock_with_password(Secret("yanlış"))
        clock.pass_s(4)
    with pytest.raises(VaultRefused):
        await vault.unlock_with_password(Secret("yanlış"))
    again = await Vault.open(path, world=world)
    clock.pass_s(-86400 * 365)
    with pytest.raises(VaultRefused) as waiting:
        await again.unlock_with_password(PASSWORD)
    assert waiting.value.retry_after == 8
    clock.pass_s(86400 * 365 + 8)
    await again.unlock_with_password(PASSWORD)
    fresh = await Vault.open(path, world=world)  # a success clears the count
    with pytest.raises(VaultRefused) as first:
        await fresh.unlock_with_password(Secret("yanlış"))
    assert first.value.retry_after == 1


async def test_a_try_that_was_cut_off_counts(path: Path, clock: Clock) -> None:
    await two_entries(path, world=World(now=clock))
    vault = await Vault.open(path, world=World(now=clock))
    task = asyncio.create_task(vault.unlock_with_password(Secret("yanlış")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.gather(*vault._running, return_exceptions=True)
    with pytest.raises(VaultRefused) as waiting:
        await vault.unlock_with_password(PASSWORD)
    assert waiting.value.key == "vault.wait"


async def test_notes_that_cannot_be_written_lock_nobody_out(path: Path, clock: Clock) -> None:
    blocked = path.parent.parent / "a-file"
    blocked.write_bytes(b"")
    world = World(now=clock, state=blocked)
    vault = await two_entries(path, world=world)
    with pytest.raises(VaultRefused):
        await vault.unlock_with_password(Secret("yanlış"))
    with pytest.raises(VaultRefused) as waiting:  # kept in memory at least
        await vault.unlock_with_password(PASSWORD)
    assert waiting.value.key == "vault.wait"
    clock.pass_s(2)
    await vault.unlock_with_password(PASSWORD)


async def test_wrong_and_damaged_take_the_same_work(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One derivation with the slot's cost each, whatever is wrong."""
    import app.vault.slots as slots

    await new_vault(path, recovery=True)
    calls: list[str] = []
    real = slots.derive
    monkeypatch.setattr(slots, "derive", lambda kdf, salt, raw: calls.append(str(kdf)) or real(kdf, salt, raw))
    raw = path.read_bytes()
    at = raw.index(b'"wrapped":"') + 30
    damaged = resealed(raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :])
    for content, password in ((raw, PASSWORD), (raw, Secret("yanlış")), (damaged, PASSWORD)):
        path.write_bytes(content)
        vault = await Vault.open(path, world=World(state=path.parent / str(len(calls))))
        try:
            await vault.unlock_with_password(password)
        except VaultError:
            assert password is not PASSWORD or content is damaged
    assert len(calls) == 3
    assert len(set(calls)) == 1
