"""Every test: own folders, own (cheap) vault profile, English words unless it asks for others, no display."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import settings

# The contract suite is a library to other tests too: said here, before any of them imports it, or its asserts would fail
# without saying what they compared.
pytest.register_assert_rewrite(
    *(f"tests.contract.{name}" for name in ("checks", "rig", "scaffolded", "suite")),
    *(f"tests.contract.suite_{name}" for name in ("carrier", "faults", "keys", "money", "reads", "writes")),
)

# A busy machine is no finding: time limits are the suite's affair, never one example's.
settings.register_profile("paxzar", deadline=None)
settings.load_profile("paxzar")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PAXZAR_TEST_PROFILE"] = "1"
# For child processes too, and before anything asks where its folders are.
os.environ["PAXZAR_HOME"] = tempfile.mkdtemp(prefix="paxzar-tests-")


if os.environ.get("PAXZAR_SCAN_SECRETS") == "1":
    pytest_plugins = ["tests.support.secret_watch"]


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PAXZAR_HOME", str(tmp_path / "home"))
