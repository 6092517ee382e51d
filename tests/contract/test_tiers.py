"""The tiers: the rule itself, and that what README and index say is no more than a cheap look allows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from app.contracts import Manifest
from app.contracts.catalogue import Entry, providers_root
from app.contracts.indexing import read_index
from app.contracts.manifest import Evidence, Feature, Readiness, Words
from tests.contract.checks import Check
from tests.contract.rig import Rig, Subject
from tests.contract.tiers import (
    BEGIN,
    END,
    REPO,
    TIERS,
    Spec,
    all_subjects,
    ceiling,
    lacking,
    spec_of,
    table,
    tier,
    with_table,
)

WHOLE = Spec(("t.py",), frozenset({"a_request"}), frozenset({"a_request"}), True)
CAN = ("probe", "order_source", "price_sink", "label_source", "claims", "settlements")


async def _nothing(rig: Rig) -> None: ...


def _check(name: str, *needs: str, room: str = "suite_reads") -> Check:
    return Check(name, _nothing, frozenset(needs), None, room)


CHECKS = [
    _check("reads", "probe", "order_source"), _check("wrong_key", "probe", room="suite_keys"),
    _check("a_token", "probe", room="suite_keys"), _check("prices", "order_source", "price_sink"),
    _check("labels", "label_source"), _check("claims", "claims"), _check("money", "settlements"),
]  # fmt: skip


def _manifest(
    capabilities: tuple[str, ...] = CAN,
    features: tuple[Feature, ...] = (),
    evidence: Evidence = "official-spec",
    readiness: Readiness = Readiness.LIVE,
) -> Manifest:
    return Manifest(
        "x", "X", "marketplace-tr", "", readiness, evidence, date(2026, 1, 1), features, capabilities=capabilities
    )


def _tier(manifest: Manifest, *failed: str, spec: Spec = WHOLE, checks: list[Check] = CHECKS) -> str:
    return tier(manifest, {one.name: one.name not in failed for one in checks}, checks, spec)


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        ("", "platinum"),
        ("reads", ""),
        ("wrong_key", ""),
        ("a_token", "bronze"),
        ("prices", "bronze"),
        ("labels", "silver"),
        ("money", "silver"),
    ],
)
def test_what_a_failed_check_costs(failed: str, expected: str) -> None:
    assert _tier(_manifest(), failed) == expected


@pytest.mark.parametrize(
    "spec",
    [
        Spec(),
        Spec(("t.py",), frozenset({"a_request", "b_request"}), frozenset({"a_request"}), True),
        Spec(("t.py",), frozenset({"a_request"}), frozenset({"a_request"}), False),
        Spec(("t.py",), frozenset(), frozenset(), True),
    ],
    ids=["no-test", "one-request-not-judged", "it-failed", "no-request"],
)
def test_no_platinum_without_the_whole_specification(spec: Spec) -> None:
    assert _tier(_manifest(), spec=spec) == "gold"


def test_evidence_counts() -> None:
    assert _tier(_manifest(evidence="third-party")) == "gold"


def test_what_is_not_run_is_not_passed() -> None:
    assert tier(_manifest(), {}, CHECKS, WHOLE) == ""
    assert tier(_manifest(), {}, [], WHOLE) == ""


def test_a_write_that_no_check_tries_is_none() -> None:
    assert _tier(_manifest((*CAN, "stock_sink"))) == "bronze"
    assert _tier(_manifest((*CAN, "ledger"))) == "bronze"


def test_a_reader_is_bronze() -> None:
    assert _tier(_manifest(("probe", "order_source")), checks=CHECKS[:3]) == "bronze"


def test_nothing_is_claimed_of_what_cannot_be_connected() -> None:
    assert _tier(_manifest(readiness=Readiness.PLANNED)) == ""


def test_gold_needs_each_extra_or_a_reason() -> None:
    without = tuple(one for one in CAN if one != "settlements")
    checks = [one for one in CHECKS if one.name != "money"]
    assert lacking(_manifest(without)) == ["settlements"]
    assert _tier(_manifest(without), checks=checks) == "silver"
    reason = Feature("Settlements", reason=Words("Satıcıya verilmiyor.", "Not given to sellers."))
    assert _tier(_manifest(without, (reason,)), checks=checks) == "platinum"
    assert lacking(_manifest(CAN, (Feature("FBA", "fulfilment"),))) == ["fulfilment"]
    none = msgspec.structs.replace(_manifest(without), without={"settlements": Words("Servisi yok.", "No service.")})
    assert lacking(none) == []
    other = msgspec.structs.replace(_manifest(without), without={"labels": Words("Servisi yok.", "No service.")})
    assert lacking(other) == ["settlements"], "a word about labels says nothing of payouts"


# -- what is shown -------------------------------------------------------------------------------------------------------
SUBJECTS = all_subjects()
INDEX = {one.id: one for one in read_index(providers_root())}


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.id)
def test_no_tier_is_above_what_manifest_and_specification_allow(subject: Subject) -> None:
    shown = INDEX[subject.id].tier
    assert TIERS.index(shown) <= TIERS.index(ceiling(subject)), (
        f"{shown} is shown, {ceiling(subject) or 'none'} is the most"
    )


def test_only_connectable_ones_have_a_tier() -> None:
    assert {one.id for one in INDEX.values() if one.tier} <= {one.id for one in SUBJECTS}
    assert {one.tier for one in INDEX.values()} <= set(TIERS)


def test_the_table_in_readme_is_the_index_s() -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    assert readme == with_table(readme, table(INDEX.values())), "python -m tests.contract.tiers --write"


def test_the_table_has_a_row_for_equals() -> None:
    def entry(id_: str, name: str, tier_: str) -> Entry:
        return Entry(id_, name, "shop", "", Readiness.LIVE, "official-docs", "", capabilities=("probe",), tier=tier_)

    rows = table([entry("a", "A", "bronze"), entry("b", "B", ""), entry("c", "Ç", "bronze"), entry("d", "D", "gold")])
    assert rows.splitlines()[2:] == ["| D | gold | live | probe |", "| A · Ç | bronze | live | probe |"]


def test_markers_are_needed() -> None:
    assert with_table(f"x\n{BEGIN}\nold\n{END}\ny", "new") == f"x\n{BEGIN}\nnew\n{END}\ny"
    with pytest.raises(ValueError, match="README"):
        with_table("x", "new")


def test_specifications_are_found_by_reading() -> None:
    """A test of the fake alone is none of the client's."""
    found = {one.id: spec_of(one) for one in SUBJECTS if not one.missing()}
    assert not found["trendyol"].tests
    for id_ in ("amazon_turkiye", "shopify", "koctas"):
        assert found[id_].named, id_
        assert not any("sandboxes" in path for path in found[id_].tests)
        assert all(Path(REPO, path).is_file() for path in found[id_].tests)
