"""Backups: one moment of a store under writing; refused when a byte differs, is missing or stands elsewhere."""

from __future__ import annotations

import asyncio
import errno
import functools
import hashlib
import os
import random
import shutil
import struct
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.api import backup, backup_ways, sealed
from app.api.backup import back_up, daily, inspect, restore
from app.api.sealed import CHUNK, BackupError
from app.contracts import Secret
from app.store import Action, Outcome
from app.store.migrations import LATEST
from app.store.workspace import Workspace, WorkspaceKind, WorkspaceRefused
from app.vault import Profile, VaultDamaged, VaultError
from tests.app.api.backing import KEY, NOW, PASS, PASSWORD, backed_up, filled, opened


@pytest.fixture
async def made(tmp_path: Path) -> tuple[Path, Path]:
    return await backed_up(tmp_path)


# -- making


async def test_what_is_inside_and_that_it_is_told_in_the_log(tmp_path: Path) -> None:
    async with opened(tmp_path / "ws") as parts:
        await filled(parts, 3)
        await parts.store.audit.note(Action.KEYS_CHANGED)
        seen: list[tuple[int, int]] = []
        facts = await back_up(parts, tmp_path / "b.paxzb", PASS, on_part=lambda *x: seen.append(x), now=lambda: NOW)
        (entry,) = await parts.store.audit.query(limit=1)
        head = (await parts.store.audit.query(before=2, limit=1))[0].hash
    assert (facts.created, facts.kind, facts.way, facts.schema) == (NOW, "live", "passphrase", LATEST)
    assert facts.counts == {"orders": 3, "listings": 0, "connections": 1, "accounts": 1, "unsent": 0}
    assert set(facts.vault_slots) == {"password", "recovery", "keyring"}
    assert (facts.audit.id, facts.audit.hash) == (1, head)
    assert facts.size == (tmp_path / "b.paxzb").stat().st_size
    assert seen
    assert seen[-1][0] == seen[-1][1]
    assert (entry.action, entry.outcome, entry.details["orders"], entry.details["size"]) == (
        "backup.made", "done", 3, facts.size,
    )  # fmt: skip
    assert await inspect(tmp_path / "b.paxzb", PASS) == facts
    assert os.name != "posix" or (tmp_path / "b.paxzb").stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(tmp_path)) == ["b.paxzb", "home", "ws"]
    assert not [name for name in os.listdir(tmp_path / "ws") if name.startswith(".")]


async def test_no_plain_word_is_in_the_file(made: tuple[Path, Path]) -> None:
    raw = made[1].read_bytes()
    for word in (KEY, PASS.reveal(), PASSWORD.reveal(), "Dükkân", "orders", "SQLite", "theme", "vault.paxv"):
        assert word.encode() not in raw


async def test_a_backup_while_a_writer_loops(tmp_path: Path) -> None:
    """Every cursor has its pair in settings, written in one transaction: a copy that is no moment would lose a half."""

    def pair(name: str, conn: Any) -> None:
        conn.execute("INSERT INTO settings VALUES (?, '1')", (name,))
        conn.execute("INSERT INTO cursors VALUES (1, ?, 0, 0)", (name,))

    async with opened(tmp_path / "ws") as parts:
        await filled(parts, 1)
        await parts.store.settings.set("pad", "x" * 8_000_000)
        stop, count = asyncio.Event(), 0

        async def write() -> None:
            nonlocal count
            while not stop.is_set():
                count += 1
                await parts.store.db.write(functools.partial(pair, f"a{count}"))

        writing = asyncio.create_task(write())
        while count < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        before = count
        await back_up(parts, tmp_path / "b.paxzb", PASS)
        during = count - before
        stop.set()
        await writing
    assert during >= 2
    await restore(tmp_path / "b.paxzb", PASS, tmp_path / "other")
    async with opened(tmp_path / "other") as back:

        def look(conn: Any) -> tuple[int, int, int]:
            ask = "SELECT count(*) FROM settings WHERE key LIKE 'a%'", "SELECT count(*) FROM cursors"
            both = "SELECT count(*) FROM settings s JOIN cursors c ON c.stream = s.key"
            return tuple(conn.execute(sql).fetchone()[0] for sql in (*ask, both))  # type: ignore[return-value]

        halves = await back.store.db.read(look)
        assert halves[0] == halves[1] == halves[2] >= before - 1
        assert await back.store.integrity() == []


async def test_targets_that_are_refused(tmp_path: Path, made: tuple[Path, Path]) -> None:
    async with opened(made[0]) as parts:
        before = made[1].read_bytes()
        with pytest.raises(BackupError, match=r"backup\.exists"):
            await back_up(parts, made[1], PASS)
        assert made[1].read_bytes() == before
        with pytest.raises(BackupError, match=r"backup\.no_folder"):
            await back_up(parts, tmp_path / "no" / "b.paxzb", PASS)
        with pytest.raises(BackupError, match=r"backup\.exists"):
            await back_up(parts, tmp_path / "ws", PASS, replace=True)
        with pytest.raises(VaultError, match=r"vault\.password_short"):
            await back_up(parts, tmp_path / "c.paxzb", Secret(""))
        await back_up(parts, made[1], Secret("another"), replace=True)
        assert (await parts.store.audit.query(limit=1))[0].outcome == Outcome.DONE
    with pytest.raises(BackupError, match=r"backup\.refused"):
        await inspect(made[1], PASS)
    assert (await inspect(made[1], Secret("another"))).counts["orders"] == 2


@pytest.mark.parametrize(("code", "key"), [(errno.ENOSPC, "disk_full"), (errno.EROFS, "no_access"), (errno.EIO, "io")])
async def test_a_disk_that_fails_leaves_nothing_half(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, code: int, key: str
) -> None:
    def fails(target: Path, *_: Any) -> None:
        target.write_bytes(b"half")
        raise OSError(code, os.strerror(code))

    async with opened(made[0]) as parts:
        monkeypatch.setattr(backup, "pack", fails)
        with pytest.raises(BackupError) as caught:
            await back_up(parts, tmp_path / "c.paxzb", PASS)
        assert caught.value.key == f"backup.{key}"
        (entry,) = await parts.store.audit.query(limit=1)
        assert (entry.action, entry.outcome) == ("backup.made", "failed")
    assert sorted(os.listdir(tmp_path)) == ["b.paxzb", "home", "ws"]


async def test_what_was_written_wrongly_never_gets_its_name(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(target: Path, *args: Any) -> None:
        sealed.pack(target, *args)
        raw = bytearray(target.read_bytes())
        raw[-40] ^= 1
        target.write_bytes(raw)

    async with opened(made[0]) as parts:
        monkeypatch.setattr(backup, "pack", careless)
        with pytest.raises(BackupError, match=r"backup\.damaged"):
            await back_up(parts, made[1], PASS, replace=True)
    assert (await inspect(made[1], PASS)).counts["orders"] == 2


async def test_a_damaged_store_is_not_backed_up_as_if_it_were_good(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    look_into = backup.look_into
    monkeypatch.setattr(backup, "look_into", lambda path: msgspec.structs.replace(look_into(path), wrong=("row 1",)))
    async with opened(made[0]) as parts:
        with pytest.raises(BackupError, match=r"backup\.store_damaged"):
            await back_up(parts, tmp_path / "c.paxzb", PASS)


async def test_a_damaged_vault_file_gives_way_to_the_copy_before(tmp_path: Path, made: tuple[Path, Path]) -> None:
    async with opened(made[0]) as parts:
        good = parts.workspace.vault.read_bytes()
        parts.workspace.vault.write_bytes(b"rubbish" * 100)
        facts = await back_up(parts, tmp_path / "c.paxzb", PASS)
        assert "password" in facts.vault_slots
        shutil.rmtree(tmp_path / "x", ignore_errors=True)
        for path in parts.workspace.folder.glob("vault.paxv.prev"):
            path.unlink()
        with pytest.raises(VaultDamaged):
            await back_up(parts, tmp_path / "d.paxzb", PASS)
        parts.workspace.vault.write_bytes(good)


async def test_drafts_of_a_killed_process_are_swept(tmp_path: Path, made: tuple[Path, Path]) -> None:
    (made[0] / ".backup-1-dead").mkdir()
    (made[0] / ".backup-1-dead" / "store.sqlite").write_bytes(b"plain")
    async with opened(made[0]) as parts:
        await back_up(parts, tmp_path / "c.paxzb", PASS)
    assert not (made[0] / ".backup-1-dead").exists()


async def test_a_cancelled_backup_leaves_nothing(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    began, loop = asyncio.Event(), asyncio.get_running_loop()

    def slow(target: Path, *args: Any) -> None:
        loop.call_soon_threadsafe(began.set)
        sealed.pack(target, *args)

    async with opened(made[0]) as parts:
        monkeypatch.setattr(backup, "pack", slow)
        task = asyncio.create_task(back_up(parts, tmp_path / "c.paxzb", PASS))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted(os.listdir(tmp_path)) == ["b.paxzb", "home", "ws"]


async def test_a_rehearsal_has_no_vault(tmp_path: Path) -> None:
    async with opened(tmp_path / "ws", rehearsal=True) as parts:
        await filled(parts)
        facts = await back_up(parts, tmp_path / "b.paxzb", PASS)
        assert (facts.kind, facts.vault_slots) == ("rehearsal", ())
        assert await daily(parts) is None
    back = await restore(tmp_path / "b.paxzb", PASS, tmp_path / "other")
    assert back.replaced is None
    with pytest.raises(WorkspaceRefused, match=r"store\.workspace_kind"):
        Workspace(tmp_path / "other").prepare(WorkspaceKind.LIVE)


# -- refusing


async def test_wrong_passphrases(made: tuple[Path, Path]) -> None:
    for wrong in ("", "yedeğin parolasi", "YEDEĞİN PAROLASI", PASSWORD.reveal()):
        with pytest.raises(BackupError, match=r"backup\.refused"):
            await inspect(made[1], Secret(wrong))
    with pytest.raises(BackupError, match=r"backup\.needs_secret"):
        await inspect(made[1], None)


async def test_a_composed_and_a_decomposed_passphrase_are_one(made: tuple[Path, Path]) -> None:
    assert await inspect(made[1], Secret(unicodedata.normalize("NFD", PASS.reveal())))


def chunk_starts(raw: bytes) -> list[int]:
    (length,) = struct.unpack_from(">I", raw, 10)
    return list(range(14 + length, len(raw), CHUNK + 16))


async def key_to(path: Path) -> bytes:
    return await backup_ways.key_of(sealed.read_header(path), PASS)


def refused(path: Path, raw: bytes, key: bytes) -> str:
    path.write_bytes(raw)
    with pytest.raises(BackupError) as caught:
        sealed.unpack(path, key)
    return caught.value.key


async def test_every_sampled_flip_is_refused(tmp_path: Path, made: tuple[Path, Path]) -> None:
    raw, key, rng = made[1].read_bytes(), await key_to(made[1]), random.Random(7)
    starts = chunk_starts(raw)
    assert len(starts) > 2
    places = {*range(14), len(raw) - 1, *starts, *(s - 1 for s in starts), *rng.sample(range(len(raw)), 300)}
    for at in sorted(places):
        broken = bytearray(raw)
        broken[at] ^= 1 << rng.randrange(8)
        key_said = refused(tmp_path / "x", bytes(broken), key)
        assert key_said in ("backup.refused", "backup.damaged", "backup.no_backup", "backup.newer"), at
        if at >= starts[1]:
            assert key_said == "backup.damaged"


async def test_every_sampled_cut_is_refused(tmp_path: Path, made: tuple[Path, Path]) -> None:
    raw, key, rng = made[1].read_bytes(), await key_to(made[1]), random.Random(8)
    starts = chunk_starts(raw)
    lengths = {0, 1, 13, 14, *starts, *(s + 1 for s in starts), *(s + 16 for s in starts), len(raw) - 1}
    for length in sorted(lengths | set(rng.sample(range(len(raw)), 150))):
        if length < len(raw):
            refused(tmp_path / "x", raw[:length], key)
    for tail in (b"\0", raw[starts[-1] :], raw[starts[0] :]):
        refused(tmp_path / "x", raw + tail, key)


async def test_chunks_that_are_swapped_repeated_or_dropped(tmp_path: Path, made: tuple[Path, Path]) -> None:
    raw, key = made[1].read_bytes(), await key_to(made[1])
    starts = chunk_starts(raw)
    head, chunks = raw[: starts[0]], [raw[a:b] for a, b in zip(starts, [*starts[1:], len(raw)], strict=True)]
    for order in (
        [1, 0, *range(2, len(chunks))],
        [0, *range(len(chunks))],
        [*range(1, len(chunks))],
        [0, *range(2, len(chunks))],
    ):
        refused(tmp_path / "x", head + b"".join(chunks[n] for n in order), key)
    (tmp_path / "x").write_bytes(head + b"".join(chunks))
    assert sealed.unpack(tmp_path / "x", key).members[0].name == "store.sqlite"


async def test_chunks_of_another_file_of_the_same_passphrase(tmp_path: Path, made: tuple[Path, Path]) -> None:
    async with opened(made[0]) as parts:
        await back_up(parts, tmp_path / "c.paxzb", PASS)
    one, two = made[1].read_bytes(), (tmp_path / "c.paxzb").read_bytes()
    mixed = one[: chunk_starts(one)[1]] + two[chunk_starts(two)[1] :]
    assert refused(tmp_path / "x", mixed, await key_to(made[1])) == "backup.damaged"


async def test_files_that_are_no_backup(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = made[1].read_bytes()
    header = msgspec.json.decode(raw[14 : chunk_starts(raw)[0]], type=sealed.SealedHeader)

    def with_header(text: bytes, version: int = 1) -> bytes:
        return struct.pack(">8sHI", sealed.MAGIC, version, len(text)) + text + raw[chunk_starts(raw)[0] :]

    def changed(**changes: Any) -> bytes:
        return with_header(msgspec.json.encode(msgspec.structs.replace(header, **changes)))

    cases = {
        b"": "no_backup", b"PK\x03\x04 a zip": "no_backup", with_header(b"{}", 2): "newer", with_header(b"{}", 0): "damaged",
        with_header(b"no json"): "damaged", with_header(b"{}"): "damaged", raw[:9] + b"\xff" * 20: "newer",
        changed(kdf=msgspec.structs.replace(header.kdf, rounds=10**9)): "damaged",  # a trap that would eat the memory
        changed(salt=b"x"): "damaged", changed(nonce=b"x"): "damaged", changed(way="door"): "damaged",
        changed(way="vault"): "damaged", changed(vault=b"x"): "damaged", changed(created=datetime(2026, 1, 1)): "damaged",  # noqa: DTZ001
        changed(profile=Profile.NORMAL): "damaged",  # a cheap cost under a dear name
    }  # fmt: skip
    for data, key in cases.items():
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(BackupError) as caught:
            await inspect(tmp_path / "x", PASS)
        assert caught.value.key == f"backup.{key}", (data[:30], key)
    with pytest.raises(BackupError, match=r"backup\.absent"):
        await inspect(tmp_path / "nothing", PASS)
    with pytest.raises(BackupError, match=r"backup\.(no_access|io)"):
        await inspect(tmp_path, PASS)
    monkeypatch.delenv("PAXZAR_TEST_PROFILE")
    with pytest.raises(BackupError, match=r"backup\.test_profile"):
        await inspect(made[1], PASS)


def packed(path: Path, folder: Path, **changes: Any) -> bytes:
    """A file sealed by the right key whose manifest says what it should not. Gives the key."""
    key = bytes(range(32))
    header = sealed.SealedHeader(Profile.TEST, NOW, "passphrase", backup.cost_for(backup.KdfChoice.ARGON2ID, Profile.TEST), bytes(16), bytes(7))  # fmt: skip
    member = sealed.member_of("store.sqlite", folder / "store.sqlite")
    manifest = sealed.Manifest(NOW, "0", 2, "live", {}, (), (0, ""), (member,))
    sources = dict.fromkeys(("store.sqlite", "../evil", "vault.paxv"), folder / "store.sqlite")
    sealed.pack(path, header, key, msgspec.structs.replace(manifest, **changes), sources)
    return key


@pytest.mark.parametrize(
    "members",
    [
        (), (sealed.Member("../evil", 5, ""),), (sealed.Member("store.sqlite", 5, "0" * 64),),
        (sealed.Member("store.sqlite", 10**15, ""),), (sealed.Member("store.sqlite", 4, ""),),
        (sealed.Member("vault.paxv", 5, ""),),
    ],
)  # fmt: skip
def test_a_manifest_that_lies(tmp_path: Path, members: tuple[sealed.Member, ...]) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"12345")
    key = packed(tmp_path / "x", tmp_path, members=members)
    (tmp_path / "out").mkdir()
    with pytest.raises(BackupError, match=r"backup\.damaged"):
        sealed.unpack(tmp_path / "x", key, tmp_path / "out")
    assert not (tmp_path / "evil").exists()
    assert packed(tmp_path / "y", tmp_path)
    assert sealed.unpack(tmp_path / "y", key).members[0].size == 5


def test_more_than_the_manifest_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"12345")
    digest = hashlib.sha256(b"1234").hexdigest()
    key = packed(tmp_path / "x", tmp_path, members=(sealed.Member("store.sqlite", 4, digest),))
    with pytest.raises(BackupError, match=r"backup\.damaged"):
        sealed.unpack(tmp_path / "x", key)
