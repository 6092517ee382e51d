"""The vault's tests use cheap keys, keep their notes in the test's own folder and never meet this machine's keyring."""

from __future__ import annotations

from pathlib import Path

import pytest
from vaulting import Clock

from app.platform.paths import HOME_VARIABLE
from app.vault import TEST_VARIABLE


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TEST_VARIABLE, "1")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "vault.paxzar"


@pytest.fixture
def clock() -> Clock:
    return Clock()
