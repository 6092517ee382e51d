"""Folders per system, and the cloud services that are found by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.platform import paths
from app.platform.synced import synced_by


def test_one_home_for_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    found = [paths.data_folder(), paths.state_folder(), paths.cache_folder(), paths.log_folder()]
    assert found == [tmp_path / name for name in ("data", "state", "cache", "logs")]
    assert not any(folder.exists() for folder in found)  # asking makes nothing


def test_the_systems_own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    found = {paths.data_folder(), paths.state_folder(), paths.cache_folder(), paths.log_folder()}
    assert all(folder.is_absolute() and "paxzar" in folder.parts for folder in found)
    assert paths.data_folder() != paths.cache_folder()


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("/home/ayse/Dropbox/paxzar", "Dropbox"),
        ("/Users/ayse/Dropbox (Butik)/paxzar", "Dropbox"),
        ("/Users/ayse/Library/Mobile Documents/com~apple~CloudDocs/paxzar", "iCloud Drive"),
        ("/Users/ayse/Library/CloudStorage/OneDrive-Butik/x", "OneDrive"),
        ("/Users/ayse/Library/CloudStorage/GoogleDrive-a@example.com/My Drive/x", "Google Drive"),
        ("/mnt/c/Users/Ayse/OneDrive - Butik/Belgeler/paxzar", "OneDrive"),
        ("/home/ayse/Yandex.Disk/paxzar", "Yandex Disk"),
        ("/home/ayse/NextCloud", "Nextcloud"),
        ("/home/ayse/.local/share/paxzar", ""),
        ("/home/dropboxer/paxzar", ""),
        ("/home/ayse/onedrivers/paxzar", ""),
    ],
)
def test_synced_folders(folder: str, service: str) -> None:
    assert synced_by(Path(folder), {}) == service


def test_onedrive_under_any_name(tmp_path: Path) -> None:
    environ = {"OneDriveCommercial": str(tmp_path / "Butik Bulut")}
    assert synced_by(tmp_path / "Butik Bulut" / "paxzar", environ) == "OneDrive"
    assert synced_by(tmp_path / "elsewhere", environ) == ""


def test_a_link_into_a_synced_folder(tmp_path: Path) -> None:
    real = tmp_path / "Dropbox"
    real.mkdir()
    link = tmp_path / "innocent"
    try:
        link.symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets no ordinary user make links")
    assert synced_by(link / "paxzar", {}) == "Dropbox"
