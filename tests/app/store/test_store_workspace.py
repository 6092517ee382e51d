"""The workspace folder: kind, ownership between processes, folders that a cloud service synchronises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from store_making import T0

from app.platform.synced import synced_by
from app.store.workspace import Workspace, WorkspaceKind, WorkspaceOwned, WorkspaceRefused, write_private

ROOT = Path(__file__).parents[3]


def test_layout_and_kind(tmp_path: Path) -> None:
    space = Workspace(tmp_path / "ws")
    assert space.kind is None
    space.prepare(WorkspaceKind.REHEARSAL)
    space.prepare(WorkspaceKind.REHEARSAL)
    assert space.kind is WorkspaceKind.REHEARSAL
    assert space.logs.is_dir()
    assert space.documents.is_dir()
    assert (space.store.name, space.vault.name, space.settings.name) == ("store.sqlite", "vault.paxv", "settings.json")
    with pytest.raises(WorkspaceRefused, match=r"store\.workspace_kind") as caught:
        space.prepare(WorkspaceKind.LIVE)
    assert caught.value.params["kind"] == "rehearsal"
    (space.folder / "workspace.json").write_text("{")
    with pytest.raises(WorkspaceRefused, match=r"store\.workspace_unreadable"):
        space.prepare(WorkspaceKind.REHEARSAL)


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "ws").write_text("x")
    with pytest.raises(WorkspaceRefused, match=r"store\.workspace_unusable"):
        Workspace(tmp_path / "ws").prepare(WorkspaceKind.LIVE)


def test_one_owner_within_a_process(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    with space.acquire(now=lambda: T0) as owned:
        with pytest.raises(WorkspaceOwned) as caught:
            Workspace(tmp_path).acquire()
        assert (caught.value.pid, caught.value.since, caught.value.handover) == (os.getpid(), T0, None)
        token = owned.publish(4711)
        with pytest.raises(WorkspaceOwned) as caught:
            Workspace(tmp_path).acquire()
        assert caught.value.handover == {"port": 4711, "token": token}
        assert len(token) > 20
        if os.name == "posix":
            assert (tmp_path / "owner.json").stat().st_mode & 0o777 == 0o600
        (tmp_path / "owner.json").write_text("half")
        with pytest.raises(WorkspaceOwned) as caught:
            Workspace(tmp_path).acquire()
        assert caught.value.pid is None
    owned.release()
    assert not (tmp_path / "owner.json").exists()
    Workspace(tmp_path).acquire().release()


def test_waiting_for_the_owner_to_go(tmp_path: Path) -> None:
    owned = Workspace(tmp_path).acquire()
    timer = threading.Timer(0.2, owned.release)
    timer.start()
    Workspace(tmp_path).acquire(wait=30).release()
    timer.join()


def test_two_processes_and_a_killed_owner(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from app.store.workspace import Workspace
        owned = Workspace(Path(sys.argv[1])).acquire()
        owned.publish(5000, "t")
        print("mine", flush=True)
        time.sleep(60)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline().strip() == b"mine"
        with pytest.raises(WorkspaceOwned) as caught:
            Workspace(tmp_path).acquire()
        assert (caught.value.pid, caught.value.handover) == (child.pid, {"port": 5000, "token": "t"})
        child.kill()
        child.wait(10)
    deadline = time.monotonic() + 30
    with Workspace(tmp_path).acquire(wait=30):
        assert time.monotonic() < deadline
        assert json.loads((tmp_path / "owner.json").read_text())["pid"] == os.getpid()


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("OneDrive/Paxzar", "OneDrive"),
        ("OneDrive - Ali Ticaret/Paxzar", "OneDrive"),
        ("Dropbox/x/y", "Dropbox"),
        ("Dropbox (Kişisel)/x", "Dropbox"),
        ("Library/Mobile Documents/com~apple~CloudDocs/x", "iCloud Drive"),
        ("iCloudDrive/x", "iCloud Drive"),
        ("Google Drive/x", "Google Drive"),
        ("Drive'ım/x", "Google Drive"),
        ("Library/CloudStorage/GoogleDrive-a@b.c/x", "Google Drive"),
        ("Library/CloudStorage/Box/x", "iCloud Drive"),
        ("YandexDisk/x", "Yandex Disk"),
        ("dropboxes/x", ""),
        ("my onedrive notes/x", ""),
    ],
)
def test_synchronised_folders_by_name(tmp_path: Path, path: str, service: str) -> None:
    folder = tmp_path / path
    assert synced_by(folder) == service
    if service:
        with pytest.raises(WorkspaceRefused, match=r"store\.workspace_synced") as caught:
            Workspace(folder).prepare(WorkspaceKind.LIVE)
        assert caught.value.params["service"] == service
        assert not folder.exists()
    else:
        Workspace(folder).prepare(WorkspaceKind.LIVE)


@pytest.mark.parametrize(
    ("mark", "service"),
    [(".dropbox", "Dropbox"), (".dropbox.cache", "Dropbox"), (".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive")],
)
def test_synchronised_folders_by_mark(tmp_path: Path, mark: str, service: str) -> None:
    (tmp_path / mark).write_text("")
    assert synced_by(tmp_path / "a" / "b") == service


def test_dropbox_settings_in_the_home_folder_are_no_mark(tmp_path: Path) -> None:
    (tmp_path / ".dropbox").mkdir()
    assert synced_by(tmp_path / "a") == ""


def test_synchronised_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "Firma"))
    assert synced_by(tmp_path / "Firma" / "x") == "OneDrive"
    assert synced_by(tmp_path / "Other") == ""


def test_a_link_into_a_synchronised_folder(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "Dropbox", target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    assert synced_by(link / "x") == "Dropbox"


def test_write_private_replaces_whole(tmp_path: Path) -> None:
    write_private(tmp_path / "f", b"long text")
    write_private(tmp_path / "f", b"x")
    assert (tmp_path / "f").read_bytes() == b"x"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
