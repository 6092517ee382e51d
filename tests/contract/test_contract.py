"""The contract suite on every integration of the catalogue that has a client, one run a client class."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.contracts.catalogue import providers_root
from tests.contract.checks import Check, run
from tests.contract.rig import Hosts, Subject
from tests.contract.suite import CHECKS, checks_for, covered, sister_checks, subjects

SUBJECTS, OTHERS = subjects(providers_root())


#: Fake and check → a fault of a client that is known and not mended yet. It costs the tier; once mended, the row must go.
KNOWN: dict[tuple[str, str], str] = {}


def _case(subject: Subject, one: Check) -> object:
    reason = KNOWN.get((subject.sandbox_name, one.name), "")
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(subject, one, id=f"{subject.id}-{one.name}", marks=marks)


def _cases() -> list[object]:
    cases: list[object] = []
    for subject in SUBJECTS:
        missing = subject.missing()
        if missing:
            mark = pytest.mark.skip(reason=missing)
            cases.append(pytest.param(subject, CHECKS[0], id=f"{subject.id}-all", marks=mark))
            continue
        cases += [_case(subject, one) for one in checks_for(subject)]
        for other in OTHERS.get(subject.id, []):
            cases += [_case(other, one) for one in sister_checks(other)]
    return cases


@pytest.mark.parametrize(("subject", "one"), _cases())
async def test_contract(subject: Subject, one: Check, hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    for note in await run(one, subject, hosts, caplog):
        print(f"{subject.id}: {note}")


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
