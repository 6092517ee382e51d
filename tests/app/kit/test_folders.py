"""A folder of the merchant's: nothing outside of it, nothing half, nothing overwritten that is not ours."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.contracts import ProviderError, YoursError
from app.kit.folders import FileInfo, LocalFolder, checked_name, is_ready_name, numbered, opened, sub_path

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and permissions as POSIX has them")


def why(error: ProviderError) -> str:
    return error.message.params.get("reason", error.message.code)


async def test_a_look_tells_files_oldest_first_and_nothing_else(tmp_path: Path) -> None:
    for number, name in enumerate(("b.xlsx", "a.csv", ".c.xlsx", "~$b.xlsx", "d.xlsx.part", "e.crdownload")):
        (tmp_path / name).write_bytes(b"x" * number)
        os.utime(tmp_path / name, (1_700_000_000 + number, 1_700_000_000 + number))
    (tmp_path / "eski").mkdir()
    found = await LocalFolder(str(tmp_path)).look()
    assert [(one.name, one.size) for one in found] == [("b.xlsx", 0), ("a.csv", 1)]
    assert found[1].modified_at == datetime.fromtimestamp(1_700_000_001, UTC)


@posix
async def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "gizli.txt").write_text("sır")
    root = tmp_path / "kok"
    root.mkdir()
    (root / "link.xlsx").symlink_to(tmp_path / "gizli.txt")
    (root / "disari").symlink_to(tmp_path)
    folder = LocalFolder(str(root))
    assert await folder.look() == []
    with pytest.raises(ProviderError):
        await folder.read("link.xlsx")
    with pytest.raises(YoursError) as caught:
        await LocalFolder(str(root), ("disari",)).look()
    assert why(caught.value) == "sheet_outside"


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "", "a\\b", "x\0"])
async def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "x").write_text("dışarıda")
    with pytest.raises(YoursError):
        await LocalFolder(str(tmp_path)).read(name)
    with pytest.raises(YoursError):
        await LocalFolder(str(tmp_path)).write(name, b"x", replace=True)
    with pytest.raises(YoursError):
        checked_name(name)


@pytest.mark.parametrize("text", ["../x", "/etc", "a/../../b", "~/x", "C:\\x", "\\\\srv\\x"])
def test_a_subfolder_never_leads_out(text: str) -> None:
    with pytest.raises(YoursError) as caught:
        sub_path(text, "outbox")
    assert caught.value.message.field == "outbox"


def test_a_subfolder_may_be_deep() -> None:
    assert sub_path("giden/fiyat", "outbox") == ("giden", "fiyat")
    assert sub_path(" ./giden/ ", "outbox") == ("giden",)


async def test_a_taken_name_gets_a_number_unless_it_is_replaced(tmp_path: Path) -> None:
    folder = LocalFolder(str(tmp_path), ("giden",))
    assert await folder.write("fiyat.xlsx", b"1", replace=False) == "fiyat.xlsx"
    assert await folder.write("fiyat.xlsx", b"2", replace=False) == "fiyat-2.xlsx"
    assert await folder.write("fiyat.xlsx", b"3", replace=True) == "fiyat.xlsx"
    assert {one.name: one.read_bytes() for one in (tmp_path / "giden").iterdir()} == {
        "fiyat.xlsx": b"3", "fiyat-2.xlsx": b"2"
    }  # fmt: skip
    assert numbered("adsiz", 3) == "adsiz-3"


async def test_a_missing_share_is_told_and_not_made(tmp_path: Path) -> None:
    folder = LocalFolder(str(tmp_path / "yok"))
    for doing in (folder.look, folder.prove_writable):
        with pytest.raises(YoursError) as caught:
            await doing()
        assert (caught.value.message.code, why(caught.value)) == ("sheet.folder", "sheet_no_folder")
    assert not (tmp_path / "yok").exists()
    (tmp_path / "dosya").write_text("")
    with pytest.raises(YoursError):
        await LocalFolder(str(tmp_path / "dosya")).look()
    with pytest.raises(YoursError) as caught:
        await LocalFolder("goreli").look()
    assert caught.value.message.field == "folder"
    assert await LocalFolder(str(tmp_path), ("henuz-yok",)).look() == []


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_takes_no_writes_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(YoursError) as caught:
            await LocalFolder(str(tmp_path)).prove_writable()
    finally:
        tmp_path.chmod(0o700)
    assert why(caught.value) == "sheet_denied"


async def test_it_proves_that_it_can_write_and_leaves_nothing(tmp_path: Path) -> None:
    async with opened(LocalFolder(str(tmp_path))) as folder:
        await folder.prove_writable()
    assert list(tmp_path.iterdir()) == []


async def test_a_file_beyond_the_cap_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x" * 11)
    folder = LocalFolder(str(tmp_path))
    assert await folder.read("a.csv", cap=11) == b"x" * 11
    with pytest.raises(YoursError) as caught:
        await folder.read("a.csv", cap=10)
    assert why(caught.value) == "sheet_large"


def test_when_a_file_is_settled() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert FileInfo("a", 1, now - timedelta(seconds=11)).is_settled(now)
    assert not FileInfo("a", 1, now - timedelta(seconds=9)).is_settled(now)
    assert not FileInfo("a", 1, now + timedelta(days=1)).is_settled(now)
    assert is_ready_name("siparis.xlsx")
    assert not is_ready_name("~$siparis.xlsx")
