"""Saves that stop: a power cut or a full disk at every step, and somebody else at the file."""

from __future__ import annotations

import errno
import logging
from pathlib import Path

import pytest
from vaulting import (
    GOOD,
    PASSWORD,
    Clock,
    FakeKeyring,
    PowerCut,
    StoppingOps,
    disk_full,
    flipped,
    key_of,
    new_vault,
    plain,
    resealed,
    two_entries,
)

from app.contracts import Secret
from app.platform.files import previous_of
from app.vault import Vault, VaultRefused, VaultUnsaved, World
from app.vault.container import FORMAT, MAGIC, open_image, parse
from app.vault.file import damaged_of

pytestmark = pytest.mark.faults


async def counted(path: Path, change: str) -> int:
    ops = StoppingOps()
    vault = await two_entries(path, world=World(ops=ops, state=path.parent / "state"))
    ops.done.clear()
    await changed(vault, change)
    return len(ops.done)


async def changed(vault: Vault, change: str) -> None:
    if change == "put":
        await vault.put("a", {"k": "ALPHA"})
    elif change == "drop":
        await vault.drop("b")
    elif change == "password":
        await vault.add_password(Secret("yeni parola"))
    else:
        await vault.rekey(password=PASSWORD)


@pytest.mark.parametrize("change", ["put", "drop", "password", "rekey"])
async def test_power_cut_at_every_step_of_a_save(tmp_path: Path, change: str) -> None:
    steps = await counted(tmp_path / "count" / "vault", change)
    assert steps > 12
    seen = set()
    for stop in range(1, steps + 1):
        path = tmp_path / str(stop) / "vault"
        ops = StoppingOps()
        vault = await two_entries(path, world=World(ops=ops, state=path.parent / "state"))
        ops.done.clear()
        ops.stop_at = stop
        with pytest.raises(PowerCut):
            await changed(vault, change)
        again = await Vault.open(path, world=World(state=path.parent / "fresh"))
        assert not again.healed
        right = Secret("yeni parola") if change == "password" else PASSWORD
        try:
            await again.unlock_with_password(right)
        except VaultRefused:
            assert change == "password"
            right = PASSWORD
            again = await Vault.open(path, world=World(state=path.parent / "third"))
            await again.unlock_with_password(right)
        found = {entry: (await plain(again, entry))["k"] for entry in again.ids()}
        old, new = {"a": "alpha", "b": "beta"}, {"put": {"a": "ALPHA", "b": "beta"}, "drop": {"a": "alpha"}}.get(change)
        assert found in (old, new or old)
        seen.add(found != old)
        await again.put("after", {"k": "v"})  # and it goes on from there
        # The mark of this machine raises no false alarm after the cut.
        last = await Vault.open(path, world=World(state=path.parent / "state", now=later()))
        await last.unlock_with_password(right)
        assert not [left for left in path.parent.glob(".*.tmp") if ".mark." not in left.name]
    if change in ("put", "drop"):
        assert seen == {False, True}


async def test_power_cut_at_every_step_of_healing(tmp_path: Path) -> None:
    async def damaged_vault(path: Path) -> World:
        await two_entries(path, world=World(state=path.parent / "state"))
        path.write_bytes(flipped(path.read_bytes(), 60, 1))
        return World(ops=StoppingOps(), state=path.parent / "state", now=later())

    world = await damaged_vault(tmp_path / "count" / "vault")
    await (await Vault.open(tmp_path / "count" / "vault", world=world)).unlock_with_password(PASSWORD)
    steps = len(world.ops.done)  # type: ignore[attr-defined]
    assert steps > 20
    for stop in range(1, steps + 1):
        path = tmp_path / str(stop) / "vault"
        world = await damaged_vault(path)
        world.ops.stop_at = stop  # type: ignore[attr-defined]
        with pytest.raises(PowerCut):
            await (await Vault.open(path, world=world)).unlock_with_password(PASSWORD)
        clock = later()
        clock.pass_s(10**6)
        again = await Vault.open(path, world=World(state=path.parent / "state", now=clock))
        await again.unlock_with_password(PASSWORD)
        assert {entry: await plain(again, entry) for entry in again.ids()} == {"a": GOOD["a"]}


async def test_power_cut_at_every_step_of_making(tmp_path: Path) -> None:
    ops = StoppingOps()
    await new_vault(tmp_path / "count" / "vault", world=World(ops=ops))
    for stop in range(1, len(ops.done) + 1):
        path = tmp_path / str(stop) / "vault"
        with pytest.raises(PowerCut):
            await new_vault(path, world=World(ops=StoppingOps(stop)))
        if not path.exists():
            await new_vault(path)
        again = await Vault.open(path)
        await again.unlock_with_password(PASSWORD)
        assert again.ids() == []
        await again.put("e", {"k": "v"})


def later() -> Clock:
    clock = Clock()
    clock.pass_s(10**8)
    return clock


@pytest.mark.parametrize("change", ["put", "drop", "password", "rekey"])
async def test_disk_full_at_every_step_is_told_and_recovers(tmp_path: Path, change: str) -> None:
    steps = await counted(tmp_path / "count" / "vault", change)
    told = []
    for stop in range(1, steps + 1):
        path = tmp_path / str(stop) / "vault"
        ops = StoppingOps(trouble=disk_full())
        vault = await two_entries(path, world=World(ops=ops, state=path.parent / "state"))
        ops.done.clear()
        ops.stop_at = stop
        try:
            await changed(vault, change)
        except VaultUnsaved as unsaved:
            told.append(unsaved.key)
        # Memory and disk agree, whichever it is, and the next save works without opening anew.
        in_memory = {entry: (await plain(vault, entry))["k"] for entry in vault.ids()}
        assert in_memory["a"] in ("alpha", "ALPHA")
        await vault.put("after", {"k": "v"})
        again = await Vault.open(path, world=World(state=path.parent / "fresh"))
        try:
            await again.unlock_with_password(PASSWORD)
        except VaultRefused:
            assert change == "password"
            again = await Vault.open(path, world=World(state=path.parent / "fresh2"))
            await again.unlock_with_password(Secret("yeni parola"))
        on_disk = {entry: (await plain(again, entry))["k"] for entry in again.ids()}
        assert on_disk == {**in_memory, "after": "v"}
        assert not list(path.parent.glob(".*.tmp"))
    # Steps of the mark and of the note of tries are not the save: losing them is not told.
    assert len(told) >= 12
    assert set(told) == {"vault.disk_full"}


@pytest.mark.parametrize(
    ("trouble", "key"),
    [
        (OSError(errno.ENOSPC, ""), "vault.disk_full"),
        (PermissionError(errno.EACCES, ""), "vault.read_only"),
        (OSError(errno.EROFS, ""), "vault.read_only"),
        (OSError(errno.EBUSY, ""), "vault.file_busy"),
        (OSError(errno.EIO, ""), "vault.unsaved"),
    ],
)
async def test_words_for_a_save_that_fails(path: Path, trouble: OSError, key: str) -> None:
    ops = StoppingOps(trouble=trouble)
    vault = await two_entries(path, world=World(ops=ops))
    ops.done.clear()
    ops.stop_at = 1
    with pytest.raises(VaultUnsaved) as unsaved:
        await vault.put("a", {"k": "ALPHA"})
    assert unsaved.value.key == key
    assert await plain(vault, "a") == {"k": "alpha"}


async def test_a_busy_file_on_windows_has_its_own_words(path: Path) -> None:
    busy = PermissionError(errno.EACCES, "")
    busy.winerror = 32  # type: ignore[attr-defined]
    ops = StoppingOps(trouble=busy)
    vault = await two_entries(path, world=World(ops=ops))
    ops.done.clear()
    ops.stop_at = 1
    with pytest.raises(VaultUnsaved) as unsaved:
        await vault.put("a", {"k": "ALPHA"})
    assert unsaved.value.key == "vault.file_busy"


async def test_a_vault_that_cannot_be_made(path: Path) -> None:
    keyring = FakeKeyring()
    with pytest.raises(VaultUnsaved) as unsaved:
        await new_vault(path, keyring=keyring, world=World(ops=StoppingOps(1, disk_full())))
    assert unsaved.value.key == "vault.disk_full"
    assert keyring.kept == {}
    path.parent.rmdir()
    path.parent.write_bytes(b"a file where the folder should be")
    with pytest.raises(VaultUnsaved):
        await new_vault(path, keyring=keyring)


async def test_unlocking_goes_on_when_healing_cannot_be_saved(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await two_entries(path)
    path.write_bytes(b"damaged")
    ops = StoppingOps(trouble=PermissionError(errno.EACCES, ""))
    again = await Vault.open(path, world=World(ops=ops))
    # steps of the note of tries come first: make every step fail
    ops._step = lambda name: True  # type: ignore[method-assign]
    with caplog.at_level(logging.WARNING):
        await again.unlock_with_password(PASSWORD)
    assert again.ids() == ["a"]
    assert "could not be saved anew" in caplog.text
    assert path.read_bytes() == b"damaged"


# -- somebody else at the file


async def test_a_file_that_somebody_else_changed_is_not_written_over(path: Path) -> None:
    vault = await two_entries(path)
    other = await Vault.open(path)
    await other.unlock_with_password(PASSWORD)
    await other.put("c", {"k": "gamma"})
    theirs = path.read_bytes()
    with pytest.raises(VaultUnsaved) as unsaved:
        await vault.put("d", {"k": "delta"})
    assert unsaved.value.key == "vault.changed_elsewhere"
    assert path.read_bytes() == theirs
    newer = resealed(MAGIC + (FORMAT + 1).to_bytes(2, "big") + bytes(40))
    path.write_bytes(newer)
    with pytest.raises(VaultUnsaved):
        await vault.put("d", {"k": "delta"})
    assert path.read_bytes() == newer


@pytest.mark.parametrize("damage", ["rot", "gone"])
async def test_damage_while_unlocked_is_mended_by_the_next_save(path: Path, damage: str) -> None:
    vault = await two_entries(path)
    raw = path.read_bytes()
    if damage == "rot":
        path.write_bytes(flipped(raw, 77, 4))
    else:
        path.unlink()
    await vault.put("c", {"k": "gamma"})
    assert damaged_of(path).exists() == (damage == "rot")
    for file in (path, previous_of(path)):  # the damaged state did not become the copy before
        assert open_image(parse(file.read_bytes()), key_of(vault)) is not None
    again = await Vault.open(path)
    await again.unlock_with_password(PASSWORD)
    assert again.ids() == ["a", "b", "c"]
