"""Fake servers for the contract suite: started on first use, stopped at the end of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.rig import Hosts
from tests.contract.scaffolded import own_hosts, written

__all__ = ["hosts", "own_hosts", "written"]


@pytest.fixture(scope="session")
def hosts() -> Iterator[Hosts]:
    running = Hosts()
    yield running
    running.close()
