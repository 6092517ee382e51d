"""Every test: own folders, own (cheap) vault profile, English words unless it asks for others, no display."""

from __future__ import annotations

import os
import tempfile

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PAXZAR_TEST_PROFILE"] = "1"
# For child processes too, and before anything asks where its folders are.
os.environ["PAXZAR_HOME"] = tempfile.mkdtemp(prefix="paxzar-tests-")


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PAXZAR_HOME", str(tmp_path / "home"))
