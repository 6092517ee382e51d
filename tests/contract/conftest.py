"""Fake servers for the contract suite: started on first use, stopped at the end of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# Before they are imported, or their asserts would fail without saying what they compared.
pytest.register_assert_rewrite(
    *(f"tests.contract.{name}" for name in ("checks", "rig", "scaffolded")),
    *(f"tests.contract.suite_{name}" for name in ("carrier", "faults", "keys", "money", "reads", "writes")),
)

from tests.contract.rig import Hosts  # noqa: E402 - after the registration above
from tests.contract.scaffolded import own_hosts, written  # noqa: E402

__all__ = ["hosts", "own_hosts", "written"]


@pytest.fixture(scope="session")
def hosts() -> Iterator[Hosts]:
    running = Hosts()
    yield running
    running.close()
