"""Automatic backups: they open with what opened the vault, and their rotation leaves seven days and four weeks."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api import backup, backup_ways, sealed
from app.api.backup import daily, daily_name, inspect, restore, what_to_drop
from app.api.sealed import BackupError
from app.contracts import Secret
from app.vault import Profile, Vault, VaultLocked, World
from tests.app.api.backing import KEY, NOW, PASS, PASSWORD, Keyring, backed_up, filled, opened, tree


@pytest.fixture
async def made(tmp_path: Path) -> tuple[Path, Path]:
    return await backed_up(tmp_path)


# -- by itself


async def test_two_within_one_second_are_two_files(tmp_path: Path) -> None:
    """By hand, and the one before a restore."""
    async with opened(tmp_path / "ws") as parts:
        await filled(parts)
        for _ in range(3):
            assert await daily(parts, now=lambda: NOW, force=True) is not None
        names = sorted(os.listdir(tmp_path / "ws" / "backups"))
    assert names == [f"paxzar-20261124-09000{second}.paxzb" for second in range(3)]


async def test_a_daily_one_opens_with_what_opened_the_vault(tmp_path: Path) -> None:
    async with opened(tmp_path / "ws") as parts:
        await filled(parts)
        facts = await daily(parts, now=lambda: NOW)
        assert facts is not None
        assert facts.way == "vault"
        file = tmp_path / "ws" / "backups" / "paxzar-20261124-090000.paxzb"
        assert os.listdir(file.parent) == [file.name]
        assert await daily(parts, now=lambda: NOW + timedelta(hours=19)) is None
        assert await daily(parts, now=lambda: NOW + timedelta(hours=21)) is not None
        assert await daily(parts, now=lambda: NOW + timedelta(hours=22), force=True) is not None
        assert parts.vault is not None
        assert parts.vault.ids() == ["acc", "backup/key"]
        assert parts.code is not None
        assert parts.keyring is not None
        for secret in (PASSWORD, parts.code):
            assert await inspect(file, secret) == facts
        assert await inspect(file, None, keyring=parts.keyring) == facts
        with pytest.raises(BackupError, match=r"backup\.needs_secret"):
            await inspect(file, None)
        with pytest.raises(BackupError, match=r"backup\.no_keyring"):
            await inspect(file, None, keyring=Keyring())
        for wrong in ("wrong", PASS.reveal()):
            with pytest.raises(BackupError, match=r"backup\.refused"):
                await inspect(file, Secret(wrong))
        # Wrong tries at a backup do not make the merchant wait at the vault.
        await parts.vault.unlock_with_password(PASSWORD)
    back = await restore(file, PASSWORD, tmp_path / "other")
    assert back.backup == facts
    async with opened(tmp_path / "other") as there:
        assert there.vault is not None
        assert (await there.vault.get("acc"))["key"].reveal() == KEY


async def test_a_daily_one_whose_vault_lacks_the_way_or_the_key(tmp_path: Path) -> None:
    keyring = Keyring()
    vault, _ = await Vault.create(tmp_path / "v", keyring=keyring, password=None, profile=Profile.TEST)
    header = sealed.SealedHeader(
        Profile.TEST, NOW, "vault", backup.PLAIN, bytes(16), bytes(7), vault=(tmp_path / "v").read_bytes()
    )
    with pytest.raises(BackupError, match=r"backup\.no_way"):
        await backup_ways.key_of(header, PASSWORD)
    with pytest.raises(BackupError, match=r"backup\.damaged"):
        await backup_ways.key_of(header, None, keyring)
    for bad in ("!", "AAAA"):
        await vault.put("backup/key", {"key": bad})
        header = msgspec.structs.replace(header, vault=(tmp_path / "v").read_bytes())
        with pytest.raises(BackupError, match=r"backup\.damaged"):
            await backup_ways.key_of(header, None, keyring)
    with pytest.raises(BackupError, match=r"backup\.damaged"):
        await backup_ways.key_of(msgspec.structs.replace(header, vault=b"x" * 99), PASSWORD)


async def test_a_locked_vault_makes_no_daily_one(made: tuple[Path, Path]) -> None:
    async with opened(made[0]) as parts:
        assert parts.vault is not None
        await parts.vault.lock()
        with pytest.raises(VaultLocked):
            await daily(parts)
        (made[0] / "a file").touch()
        await parts.vault.unlock_with_password(PASSWORD)
        with pytest.raises(BackupError, match=r"backup\.(io|no_access)"):
            await daily(parts, made[0] / "a file")


async def test_the_rotation_runs_only_after_a_good_one(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    old = [daily_name(NOW - timedelta(days=n)) for n in range(1, 60)]
    for name in (*old, "mine.paxzb", "paxzar-20269999-000000.paxzb"):
        (place / name).write_bytes(b"x")
    async with opened(made[0]) as parts:
        with monkeypatch.context() as patch:
            patch.setattr(backup, "pack", lambda *a: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
            with pytest.raises(BackupError):
                await daily(parts, place, now=lambda: NOW)
            assert len(os.listdir(place)) == 61
        assert await daily(parts, place, now=lambda: NOW) is not None
    left = set(os.listdir(place))
    assert {"mine.paxzb", "paxzar-20269999-000000.paxzb", daily_name(NOW)} <= left
    assert len(left) == 2 + 7 + 4


def test_a_year_of_days_leaves_seven_and_four() -> None:
    names: set[str] = set()
    for day in range(365):
        at = NOW + timedelta(days=day)
        names.add(daily_name(at))
        names -= set(what_to_drop(names, at))
        assert len(names) <= 11
    dates = sorted(backup.made_at(name) for name in names)  # type: ignore[type-var]
    assert [(at - d).days for d in reversed(dates)][:7] == list(range(7))  # type: ignore[operator]
    weeks = [d.isocalendar()[:2] for d in dates[:4]]  # type: ignore[union-attr]
    assert len(dates) == 11
    assert len(set(weeks)) == 4
    assert (at - dates[0]).days >= 21  # type: ignore[operator]


def test_today_is_never_dropped_and_a_pause_loses_nothing() -> None:
    today = [daily_name(NOW - timedelta(hours=n)) for n in range(20)]
    assert what_to_drop(today, NOW) == []
    old = [daily_name(NOW - timedelta(days=n)) for n in range(7)]
    assert what_to_drop(old, NOW + timedelta(days=300)) == []
    future = [daily_name(NOW + timedelta(days=365 + n)) for n in range(9)]
    assert what_to_drop([*old, *future], NOW) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-2000, 20000), max_size=80, unique=True), st.lists(st.text(max_size=30), max_size=3))
def test_rotation_properties(hours: list[int], others: list[str]) -> None:
    names = [daily_name(NOW - timedelta(hours=n)) for n in hours]
    dropped = what_to_drop([*names, *others], NOW)
    kept = set(names) - set(dropped)
    assert set(dropped) <= set(names)
    assert dropped == sorted(dropped)
    assert not [n for n in hours if n < 24 and daily_name(NOW - timedelta(hours=n)) in dropped]
    assert what_to_drop(kept, NOW) == []
    past = [n for n in hours if n >= -24]
    if past:
        assert daily_name(NOW - timedelta(hours=min(past))) in kept
    assert len([n for n in hours if n >= 24 and daily_name(NOW - timedelta(hours=n)) in kept]) <= 12


async def test_a_world_of_its_own(tmp_path: Path) -> None:
    """Opening a backup must not leave notes of its vault among this computer's."""
    async with opened(tmp_path / "ws") as parts:
        await filled(parts)
        assert await daily(parts, now=lambda: NOW) is not None
    state = Path(os.environ["PAXZAR_HOME"])
    before = tree(state)
    with pytest.raises(BackupError):
        await inspect(tmp_path / "ws" / "backups" / daily_name(NOW), Secret("wrong"))
    assert tree(state) == before
    assert World().state is None
