"""Each feature of a fake that is switched off or made wrong makes a contract check fail: the suite looks at what it says it does.

One per integration every day; all of them with PAXZAR_ALL_MUTATIONS=1 (`bootstrap.py faults`).
"""

from __future__ import annotations

import os

import pytest

from app.contracts import CAPABILITIES, ProviderError
from app.contracts.catalogue import providers_root
from tests.contract.checks import run
from tests.contract.mutations import ANY, OWN, Mutation, every, mutations_of, of_the_day
from tests.contract.rig import Hosts, Subject
from tests.contract.suite import CHECKS, subjects

ALL = os.environ.get("PAXZAR_ALL_MUTATIONS", "") == "1"
SUBJECTS = [one for one in subjects(providers_root())[0] if not one.missing()]
ROWS = list(every(SUBJECTS))
BY_NAME = {one.name: one for one in CHECKS}


def _cases() -> list[object]:
    if ALL:
        marks = pytest.mark.faults
        return [pytest.param(s, m, id=f"{s.id}-{capability}-{m}", marks=marks) for s, capability, m in ROWS]
    chosen = [(subject, of_the_day(subject)) for subject in SUBJECTS]
    return [pytest.param(s, one[1], id=f"{s.id}-{one[0]}-{one[1]}") for s, one in chosen if one is not None]


@pytest.mark.parametrize(("subject", "mutation"), _cases())
async def test_it_is_noticed(
    subject: Subject, mutation: Mutation, hosts: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    check = BY_NAME[mutation.noticed_by]
    assert check.applies(subject)
    layer = hosts.layer(subject)
    switches = ((mutation.switch, True),) if mutation.switch else ()
    layer.bends, layer.met = ((mutation.bend,) if mutation.bend is not None else ()), 0
    try:
        with pytest.raises((AssertionError, pytest.fail.Exception, ProviderError)):
            await run(check, subject, hosts, caplog, switches)
        assert layer.met or mutation.bend is None, "the answers came out as they were: the mutation is none"
    finally:
        layer.bends = ()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.id)
def test_every_capability_has_a_mutation(subject: Subject) -> None:
    bare = [name for name, found in mutations_of(subject).items() if not found]
    assert not bare, f"{subject.id}: nothing is made wrong for {bare}; add a row to tests/contract/mutations.py"
    print(f"{subject.id:24} {sum(map(len, mutations_of(subject).values()))} mutations")


def test_the_table_names_what_there_is() -> None:
    tables = [ANY, *OWN.values()]
    assert {name for table in tables for name in table} <= set(CAPABILITIES)
    used = [one for table in tables for found in table.values() for one in found]
    assert {one.noticed_by for one in used} <= set(BY_NAME)
    assert all(bool(one.switch) != (one.bend is not None) for one in used)
