"""The contract suite on every integration of the catalogue that has a client, one run a client class."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.contracts.catalogue import providers_root
from tests.contract.checks import Check, run
from tests.contract.rig import Hosts, Subject
from tests.contract.suite import CHECKS, checks_for, covered, subjects

SUBJECTS, OTHERS = subjects(providers_root())
#: Of the further integrations of a client class only this much: their manifests differ in addresses and params.
SISTER_CHECKS = ("connection_test", "one_order", "listings_equal_the_truth")


def _cases() -> list[object]:
    cases: list[object] = []
    for subject in SUBJECTS:
        missing = subject.missing()
        if missing:
            mark = pytest.mark.skip(reason=missing)
            cases.append(pytest.param(subject, CHECKS[0], id=f"{subject.id}-all", marks=mark))
            continue
        cases += [pytest.param(subject, one, id=f"{subject.id}-{one.name}") for one in checks_for(subject)]
        for other in OTHERS.get(subject.id, []):
            chosen = [one for one in checks_for(other) if one.name in SISTER_CHECKS]
            cases += [pytest.param(other, one, id=f"{other.id}-{one.name}") for one in chosen]
    return cases


@pytest.mark.parametrize(("subject", "one"), _cases())
async def test_contract(subject: Subject, one: Check, hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    await run(one, subject, hosts, caplog)


def test_every_capability_of_every_client_is_exercised() -> None:
    """Prints what is covered; a manifest that names a power which no check uses is a promise that nobody keeps."""
    naked = []
    for subject in SUBJECTS:
        for capability, count in covered(subject).items():
            print(f"{subject.id:24} {capability:16} {count} checks")
            if not count:
                naked.append((subject.id, capability))
    assert SUBJECTS
    assert not naked, f"no check exercises {naked}"


def test_the_suite_has_no_check_that_nothing_runs() -> None:
    ready = [one for one in SUBJECTS if not one.missing()]
    if len(ready) < len(SUBJECTS):
        pytest.skip("a client is not written yet")
    idle = [one.name for one in CHECKS if not any(one.applies(subject) for subject in ready)]
    assert not idle


def test_peculiar_entries_belong_to_a_sandbox() -> None:
    from tests.contract.peculiar import TABLE

    folder = Path(providers_root()) / "sandboxes"
    assert not [name for name in TABLE if not (folder / f"{name}.py").exists()]
