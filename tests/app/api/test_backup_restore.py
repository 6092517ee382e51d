"""Backups put back whole or not at all; what they replace is kept."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.api import backup, backup_ways, restoring, sealed
from app.api.backup import back_up, restore
from app.api.sealed import BackupError
from app.contracts import Secret
from app.store import Store, StoreError
from app.store.workspace import Workspace, WorkspaceKind, WorkspaceOwned, WorkspaceRefused
from app.vault import Profile, Vault, VaultRefused
from tests.app.api.backing import KEY, MUSEUM, NOW, PASS, PASSWORD, backed_up, filled, opened, tree


@pytest.fixture
async def made(tmp_path: Path) -> tuple[Path, Path]:
    return await backed_up(tmp_path)


# -- putting back


async def test_a_restore_brings_everything_and_keeps_what_was_there(made: tuple[Path, Path]) -> None:
    folder, file = made
    async with opened(folder) as parts:
        await parts.store.orders.set_local([1], note="later")
        await parts.vault.put("acc", {"key": "newer"})  # type: ignore[union-attr]
        await parts.vault.put("other", {"key": "newer"})  # type: ignore[union-attr]
        parts.workspace.settings.write_text("{}", encoding="utf-8")
        head = await parts.store.audit.head()
    facts = await restore(file, PASS, folder, now=lambda: NOW)
    assert facts.backup.counts["orders"] == 2
    assert (facts.replaced, facts.paused) == (folder / "replaced-20261124-090000", 0)
    assert set(os.listdir(facts.replaced)) == {"store.sqlite", "vault.paxv", "vault.paxv.prev", "settings.json"}
    assert (facts.replaced / "settings.json").read_text("utf-8") == "{}"
    assert (folder / "settings.json").read_text("utf-8") == '{"theme": "dark"}'
    async with opened(folder) as parts:  # with the older vault, which the merchant has just asked for
        one = await parts.store.orders.get(1)
        assert one is not None
        assert one.note == ""
        assert parts.vault is not None
        assert parts.vault.ids() == ["acc"]
        assert (await parts.vault.get("acc"))["key"].reveal() == KEY
        (entry,) = await parts.store.audit.query(limit=1)
        assert (entry.action, entry.details["replaced_entries"], entry.details["replaced"]) == (
            "backup.restored", head.id, head.hash,
        )  # fmt: skip
        assert await parts.store.audit.verify() is None
    kept = await Store.open(facts.replaced / "store.sqlite", now=lambda: NOW)
    assert (await kept.orders.get(1)).note == "later"  # type: ignore[union-attr]
    await kept.close()
    again = await restore(file, PASS, folder, now=lambda: NOW)
    assert again.replaced == folder / "replaced-20261124-090000-2"


async def test_the_older_vault_is_welcome_once_and_only_that_one(made: tuple[Path, Path]) -> None:
    folder, file = made
    vault = folder / "vault.paxv"
    oldest = vault.read_bytes()
    async with opened(folder) as parts:
        await parts.vault.put("new", {"key": "x"})  # type: ignore[union-attr]
        await parts.vault.put("new", {"key": "y"})  # type: ignore[union-attr]
    await restore(file, PASS, folder)
    assert restoring.accepts_older(vault)
    async with opened(folder):
        pass
    assert not restoring.accepts_older(vault)
    vault.write_bytes(oldest[:-1])
    assert not restoring.accepts_older(vault)
    assert not restoring.accepts_older(folder / "nothing")
    (folder / "vault.paxv.prev").unlink()
    vault.write_bytes(oldest)  # somebody else puts an old copy there
    restoring._note_of("0" * 32)
    (note,) = Path(os.environ["PAXZAR_HOME"]).rglob("*.restored")
    note.unlink()
    stale = await Vault.open(vault, accept_older=restoring.accepts_older(vault))
    with pytest.raises(VaultRefused, match=r"vault\.rolled_back"):
        await stale.unlock_with_password(PASSWORD)


async def test_a_restore_into_a_new_folder_on_a_new_computer(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAXZAR_HOME", str(tmp_path / "another computer"))
    facts = await restore(made[1], PASS, tmp_path / "deep" / "new")
    assert facts.replaced is None
    async with opened(tmp_path / "deep" / "new") as parts:
        assert parts.vault is not None
        assert (await parts.vault.get("acc"))["key"].reveal() == KEY


async def test_an_owned_workspace_is_left_alone(made: tuple[Path, Path]) -> None:
    async with opened(made[0]):
        with pytest.raises(WorkspaceOwned):
            await restore(made[1], PASS, made[0])
    assert not list(made[0].glob("replaced-*"))


async def test_refused_restores_change_nothing(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = made
    before = tree(folder)
    (tmp_path / "bad").write_bytes(file.read_bytes()[:-1])
    for path, secret in ((file, Secret("wrong")), (tmp_path / "bad", PASS), (tmp_path / "none", PASS)):
        with pytest.raises(BackupError):
            await restore(path, secret, folder)
        assert tree(folder) == before
    with pytest.raises(WorkspaceRefused, match=r"store\.workspace_synced"):
        await restore(file, PASS, tmp_path / "OneDrive" / "ws")
    assert not (tmp_path / "OneDrive").exists()
    Workspace(tmp_path / "play").prepare(WorkspaceKind.REHEARSAL)
    with pytest.raises(WorkspaceRefused, match=r"store\.workspace_kind"):
        await restore(file, PASS, tmp_path / "play")

    look_into = restoring.look_into
    monkeypatch.setattr(
        restoring, "look_into", lambda *a, **k: msgspec.structs.replace(look_into(*a, **k), wrong=("x",))
    )
    with pytest.raises(BackupError, match=r"backup\.store_damaged"):
        await restore(file, PASS, folder)
    monkeypatch.setattr(restoring, "look_into", look_into)

    async def amiss(self: Store) -> list[str]:
        return ["order_words: amiss"]

    monkeypatch.setattr(Store, "integrity", amiss)
    with pytest.raises(BackupError, match=r"backup\.store_damaged"):
        await restore(file, PASS, folder)
    assert tree(folder) == before


@pytest.mark.parametrize("store", ["no store at all", "newer"])
async def test_a_store_inside_that_does_not_open(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path / "ws", rehearsal=True) as parts:
        await filled(parts)
        real, facts = backup.copy_to, []

        async def other(db: Any, target: Path, on_part: Any = None) -> None:
            await real(db, target, on_part)
            facts.append(restoring.look_into(target))
            conn = backup_sqlite(target)
            conn.execute("PRAGMA user_version = 99" if store == "newer" else "DROP TABLE orders")
            conn.close()

        monkeypatch.setattr(backup, "copy_to", other)
        monkeypatch.setattr(backup, "look_into", lambda path: facts[0])
        await back_up(parts, tmp_path / "b.paxzb", PASS)
    with pytest.raises(StoreError, match=r"store\.(newer|damaged)"):
        await restore(tmp_path / "b.paxzb", PASS, tmp_path / "other")
    assert not (tmp_path / "other" / "store.sqlite").exists()


def backup_sqlite(path: Path) -> Any:
    return sqlite3.connect(path, isolation_level=None)


async def test_a_backup_of_an_older_schema_is_migrated(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copyfile(MUSEUM / "store-v1.sqlite", tmp_path / "in" / "store.sqlite")
    path = tmp_path / "b.paxzb"
    cost = backup.cost_for(backup.KdfChoice.ARGON2ID, Profile.TEST)
    header = sealed.SealedHeader(Profile.TEST, NOW, "passphrase", cost, bytes(16), bytes(7))
    member = sealed.member_of("store.sqlite", tmp_path / "in" / "store.sqlite")
    manifest = sealed.Manifest(NOW, "0.0.1", 1, "rehearsal", {"orders": 2}, (), (0, ""), (member,))
    sealed.pack(
        path, header, await backup_ways.key_of(header, PASS), manifest, {member.name: tmp_path / "in" / member.name}
    )
    facts = await restore(path, PASS, tmp_path / "ws")
    assert (facts.backup.schema, facts.paused) == (1, 1)  # an intent of that day waits
    async with opened(tmp_path / "ws", rehearsal=True) as parts:
        assert await parts.store.audit.verify() is None
        assert await parts.store.audit.count() == 1
        (row,) = await parts.store.connections.list()
        assert row.paused
        assert await parts.store.integrity() == []
    strange = msgspec.structs.replace(manifest, kind="parallel")
    path.unlink()
    sealed.pack(
        path, header, await backup_ways.key_of(header, PASS), strange, {member.name: tmp_path / "in" / member.name}
    )
    with pytest.raises(BackupError, match=r"backup\.newer"):
        await restore(path, PASS, tmp_path / "ws")


async def test_over_a_damaged_store_with_its_log(made: tuple[Path, Path]) -> None:
    folder, file = made
    (folder / "store.sqlite").write_bytes(b"rubbish" * 1000)
    (folder / "store.sqlite-wal").write_bytes(b"an old log")
    (folder / "store.sqlite.suspect").touch()
    facts = await restore(file, PASS, folder)
    assert facts.replaced is not None
    assert (facts.replaced / "store.sqlite-wal").read_bytes() == b"an old log"
    assert (facts.replaced / "store.sqlite").read_bytes()[:7] == b"rubbish"
    assert not (folder / "store.sqlite-wal").exists()
    async with opened(folder) as parts:
        assert await parts.store.integrity() == []


class Killed(BaseException):
    pass


async def test_cut_off_at_any_move_it_is_finished_at_the_next_start(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = made
    (folder / "store.sqlite-wal").touch()
    real, cuts = os.replace, 0
    for stop in range(1, 40):
        place = tmp_path / f"ws{stop}"
        shutil.copytree(folder, place)
        moves = 0

        def moving(source: Any, target: Any, *, place: Path = place, stop: int = stop) -> None:
            nonlocal moves
            if (Path(source).parent == place and not str(source).endswith(".new")) or Path(
                source
            ).parent.name.startswith(".restore-"):
                moves += 1
                if moves == stop:
                    raise Killed
            real(source, target)

        monkeypatch.setattr(restoring.os, "replace", moving)
        try:
            await restore(file, PASS, place, now=lambda: NOW)
        except Killed:
            cuts += 1
        else:
            break
        finally:
            monkeypatch.setattr(restoring.os, "replace", real)
        assert (place / "restore.json").exists()
        kept = restoring.finish_interrupted(Workspace(place))
        assert kept is not None
        assert {"store.sqlite", "vault.paxv", "settings.json", "store.sqlite-wal"} <= set(os.listdir(kept))
        assert (kept / "store.sqlite").read_bytes() == (folder / "store.sqlite").read_bytes()
        assert restoring.finish_interrupted(Workspace(place)) is None
        async with opened(place) as parts:
            assert (await parts.store.audit.query(limit=1))[0].action == "backup.restored"
        assert not list(place.glob(".restore-*"))
    assert cuts >= 7


async def test_a_note_of_a_restore_that_cannot_be_read(made: tuple[Path, Path]) -> None:
    (made[0] / "restore.json").write_bytes(b"{")
    with pytest.raises(BackupError, match=r"backup\.journal"):
        restoring.finish_interrupted(Workspace(made[0]))


async def test_what_an_undecided_restore_left_is_swept(made: tuple[Path, Path]) -> None:
    (made[0] / ".restore-dead").mkdir()
    (made[0] / ".restore-dead" / "store.sqlite").write_bytes(b"x")
    assert restoring.finish_interrupted(Workspace(made[0])) is None
    assert not (made[0] / ".restore-dead").exists()


async def test_a_disk_that_fails_while_putting_back(made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, file = made
    before = tree(folder)

    def fails(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(restoring, "write_private", fails)
    with pytest.raises(BackupError, match=r"backup\.disk_full"):
        await restore(file, PASS, folder)
    assert {name: data for name, data in tree(folder).items() if not name.startswith(".restore-")} == before
    restoring.finish_interrupted(Workspace(folder))
    assert tree(folder) == before
