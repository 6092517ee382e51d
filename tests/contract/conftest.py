"""Fake servers for the contract suite: started on first use, stopped at the end of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite(
    "tests.contract.checks",
    "tests.contract.rig",
    "tests.contract.suite_carrier",
    "tests.contract.suite_faults",
    "tests.contract.suite_keys",
    "tests.contract.suite_money",
    "tests.contract.suite_reads",
    "tests.contract.suite_writes",
)


@pytest.fixture(scope="session")
def hosts() -> Iterator[object]:
    from tests.contract.rig import Hosts

    running = Hosts()
    yield running
    running.close()
