"""The common contract suite: what every integration must do, by capability. Knows no vendor.

For a provider of your own, inside or outside of this repository (a checkout on sys.path is enough):

    SUBJECT = Subject.read(Path("…/my_vendor.toml"))

    @pytest.mark.parametrize("one", checks_for(SUBJECT), ids=lambda one: one.name)
    async def test_contract(one, hosts, caplog):      # `hosts`: a session fixture that yields Hosts() and closes it
        await run(one, SUBJECT, hosts, caplog)
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.contract import (
    suite_answers,
    suite_carrier,
    suite_facts,
    suite_faults,
    suite_keys,
    suite_limits,
    suite_money,
    suite_publishing,
    suite_reads,
    suite_service,
    suite_silence,
    suite_writes,
)
from tests.contract.checks import CHECKS, Check, run
from tests.contract.rig import Hosts, Rig, Subject, subjects

__all__ = ["CHECKS", "Check", "Hosts", "Rig", "Subject", "checks_for", "covered", "run", "sister_checks", "subjects"]

#: Imported for the checks that they register.
ROOMS = (
    suite_answers,
    suite_carrier,
    suite_facts,
    suite_faults,
    suite_keys,
    suite_limits,
    suite_money,
    suite_publishing,
    suite_reads,
    suite_service,
    suite_silence,
    suite_writes,
)


def checks_for(subject: Subject) -> list[Check]:
    return [one for one in CHECKS if one.applies(subject)]


#: Of the further integrations of a client class only this much: their manifests differ in addresses and params.
_OF_A_SISTER = ("connection_test", "one_order", "listings_equal_the_truth")


def sister_checks(subject: Subject) -> list[Check]:
    """For one whose client another integration has been through the whole suite with."""
    return [one for one in checks_for(subject) if one.name in _OF_A_SISTER or one.room == "suite_facts"]


def covered(subject: Subject, checks: Iterable[Check] | None = None) -> dict[str, int]:
    """Capability → how many checks exercise it on this integration."""
    counts = dict.fromkeys(subject.manifest.capabilities, 0)
    for one in checks_for(subject) if checks is None else checks:
        for name in one.needs:
            counts[name] += 1
    return counts
