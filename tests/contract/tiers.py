"""The quality tier of each integration, from what really passes: `python -m tests.contract.tiers [ID…] [--write]`.

bronze: reads safely · silver: writes with per-item outcomes, and signs in again by itself · gold: labels, returns and settlements
as the vendor's API allows, and every check passes · platinum: gold, and each request is judged by the vendor's own specification.
A tier is never typed by hand, and never above what the manifest and the specification's tests allow.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from app.contracts import Manifest
from app.contracts.capabilities import WRITES
from app.contracts.catalogue import INDEX, Entry, providers_root
from app.contracts.indexing import build_index, index_bytes, read_index
from app.contracts.manifest import WITHOUT
from tests.contract.checks import Check, run
from tests.contract.rig import Hosts, Subject
from tests.contract.suite import checks_for, sister_checks, subjects

REPO = Path(__file__).resolve().parents[2]
TIERS = ("", "bronze", "silver", "gold", "platinum")
BEGIN, END = "<!-- tiers: python -m tests.contract.tiers --write -->", "<!-- end of tiers -->"
READS = frozenset({"probe", "order_source", "listing_source"})
#: What gold asks for beside reading and writing, by category. One that the manifest lacks needs a feature with a reason, or a word in
#: `without` that the vendor's interface has none.
EXTRAS: dict[str, tuple[str, ...]] = {
    "marketplace-tr": ("label_source", "claims", "settlements"),
    "marketplace-world": ("label_source", "claims", "settlements"),
    "shop": ("claims",),
    "social": ("claims",),
    "cargo": ("tracking",),
}
#: Words in a feature's name that say which of them its reason is about.
EXCUSES = {
    "label_source": ("label",),
    "claims": ("return", "claim", "refund"),
    "settlements": ("settlement", "payout", "finance"),
    "tracking": ("tracking",),
}
CHECK_S = 60.0


@dataclass(frozen=True)
class Spec:
    """What of a client's requests the vendor's own specification judges. `tests`: the files, none when there is no such test.
    `requests`: every function that makes one; `named`: those that the tests name. `passed`: None while they were not run."""

    tests: tuple[str, ...] = ()
    requests: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    passed: bool | None = None

    @property
    def whole(self) -> bool:
        return bool(self.tests and self.requests) and self.requests <= self.named and self.passed is not False


def level(check: Check) -> str:
    """The lowest tier that a check stands for."""
    if check.room == "suite_keys" and "token" in check.name:
        return "silver"
    if check.needs <= READS:
        return "bronze"
    return "silver" if check.needs & WRITES or "batch_results" in check.needs else "gold"


def tier(manifest: Manifest, results: Mapping[str, bool], checks: Iterable[Check], spec: Spec) -> str:
    """Pure. `results`: check → passed, one for each of `checks`, which are those that apply. A check without a result failed."""
    passed = {one.name: results.get(one.name, False) for one in checks}
    if not passed or not manifest.readiness.connectable:
        return ""

    def holds(name: str) -> bool:
        return all(passed[one.name] for one in checks if level(one) == name)

    if not holds("bronze"):
        return ""
    tried = {name for one in checks for name in one.needs}
    writes = set(manifest.capabilities) & WRITES
    if not writes or not writes <= tried or not holds("silver"):
        return "bronze"
    if not all(passed.values()) or not set(manifest.capabilities) <= tried or lacking(manifest):
        return "silver"
    return "platinum" if manifest.evidence == "official-spec" and spec.whole else "gold"


def lacking(manifest: Manifest) -> list[str]:
    """What gold asks for, the client does not do, and no reason is given for."""
    missing = [one.capability for one in manifest.features if one.capability not in ("", *manifest.capabilities)]
    reasons = [one.name.casefold() for one in manifest.features if one.reason.en]
    absent = {WITHOUT[key] for key in manifest.without}
    for name in EXTRAS.get(manifest.category, ()):
        excused = name in absent or any(word in reason for word in EXCUSES[name] for reason in reasons)
        if name not in manifest.capabilities and not excused:
            missing.append(name)
    return sorted(set(missing))


def ceiling(subject: Subject) -> str:
    """The most that the manifest and the specification's tests allow: as if every check passed. Cheap: nothing is run."""
    if not subject.manifest.client or subject.missing():
        return ""
    checks = checks_for(subject)
    return tier(subject.manifest, {one.name: True for one in checks}, checks, spec_of(subject))


# -- the specification's tests -------------------------------------------------------------------------------------------
def spec_of(subject: Subject) -> Spec:
    """By reading sources: nothing is imported or run."""
    module = subject.manifest.client.partition(":")[0]
    *folders, base = module.split(".")
    rooms = sorted((REPO.joinpath(*folders)).glob(f"{base}*.py"))
    requests = frozenset(name for room in rooms for name in _requests(room))
    prefix = f"{'.'.join(folders)}.{base}"
    tests = [path for path in sorted((REPO / "tests" / "providers").glob("*/test_*_spec.py")) if _judges(path, prefix)]
    named = frozenset(name for path in tests for name in _names(path))
    return Spec(tuple(path.relative_to(REPO).as_posix() for path in tests), requests, named & requests)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _requests(path: Path) -> list[str]:
    """Public functions of a room that make a request: by name, or because they return one."""
    found = [one for one in _tree(path).body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
    return [one.name for one in found if one.name.endswith("_request")]


def _judges(path: Path, prefix: str) -> bool:
    """Whether the test imports a room of the client (and so not only its fake server)."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            if any(name.startswith(prefix) for name in names):
                return True
    return False


def _names(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.rpartition(".")[2])
    return found


def run_spec(spec: Spec) -> Spec:
    """Runs the files. Skipped tests (the specifications are not on this machine) are no passed ones."""
    if not spec.tests:
        return spec
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-rs", *spec.tests]
    done = subprocess.run(line, cwd=REPO, capture_output=True, text=True, timeout=300, check=False)
    skipped = "SKIPPED" in done.stdout or "no tests ran" in done.stdout
    return Spec(spec.tests, spec.requests, spec.named, done.returncode == 0 and not skipped)


# -- running the checks --------------------------------------------------------------------------------------------------
class _Log(logging.Handler):
    """As much of pytest's caplog as the suite uses."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def set_level(self, to: int) -> None:
        logging.getLogger().setLevel(to)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def judge(subject: Subject, checks: Iterable[Check], hosts: Hosts) -> tuple[dict[str, bool], list[str]]:
    """(check → passed, why the others failed and what the checks noted)."""
    results: dict[str, bool] = {}
    why: list[str] = []
    log = _Log()
    logging.getLogger().addHandler(log)
    try:
        for one in checks:
            log.lines.clear()

            async def attempt(one: Check = one) -> None:
                noted = await asyncio.wait_for(run(one, subject, hosts, cast(Any, log)), CHECK_S)
                why.extend(f"note: {text}" for text in noted)

            try:
                asyncio.run(attempt())
                results[one.name] = True
            except (Exception, pytest.fail.Exception) as error:  # whatever it is, the check did not pass
                results[one.name] = False
                told = (str(error).splitlines() or [""])[0]
                why.append(f"{subject.id} {one.name}: {type(error).__name__} {told[:160]}")
    finally:
        logging.getLogger().removeHandler(log)
    return results, why


# -- the table -----------------------------------------------------------------------------------------------------------
def table(entries: Iterable[Entry]) -> str:
    """Markdown, from the index alone: integrations with a tier, the best first, one row where all but the name is equal."""
    rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for one in entries:
        if one.tier:
            rows.setdefault((one.tier, one.readiness, one.capabilities), []).append(one.name)
    order = sorted(rows, key=lambda key: -TIERS.index(key[0]))
    lines = ["| integration | tier | readiness | does |", "|---|---|---|---|"]
    lines += [
        f"| {' · '.join(rows[key])} | {key[0]} | {key[1]} | {', '.join(c.replace('_', ' ') for c in key[2])} |"
        for key in order
    ]
    return "\n".join(lines)


def with_table(readme: str, text: str) -> str:
    """Raises ValueError where the markers are not in their order."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no {BEGIN} … {END}")
    return f"{before}{begin}\n{text}\n{end}{after}"


def write(found: Mapping[str, str]) -> None:
    """Into index.json and README.md; integrations that were not judged now keep their tier."""
    root = providers_root()
    kept = {one.id: one.tier for one in read_index(root)} | dict(found)
    entries = [msgspec.structs.replace(one, tier=kept.get(one.id, "")) for one in build_index(root)]
    (root / INDEX).write_bytes(index_bytes(entries))
    readme = REPO / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), table(entries)), encoding="utf-8", newline="\n")


def all_subjects() -> list[Subject]:
    first, others = subjects(providers_root())
    return [one for subject in first for one in (subject, *others.get(subject.id, []))]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.tiers")
    parser.add_argument("ids", nargs="*", metavar="ID", help="only these integrations")
    parser.add_argument("--write", action="store_true", help="into providers/index.json and README.md")
    asked = parser.parse_args(arguments)
    hosts, found = Hosts(), {}
    specs: dict[str, Spec] = {}
    of_the_client: dict[str, dict[str, bool]] = {}
    for subject in all_subjects():
        if asked.ids and subject.id not in asked.ids:
            continue
        if subject.missing():
            found[subject.id] = ""
            print(f"{subject.id:24} {'–':10} {subject.missing()}", flush=True)
            continue
        client = subject.manifest.client
        if client not in specs:
            specs[client] = run_spec(spec_of(subject))
            of_the_client[client], why = judge(subject, checks_for(subject), hosts)
            results = of_the_client[client]
        else:  # the client has been through everything; what is this integration's own is tried as well
            own, why = judge(subject, sister_checks(subject), hosts)
            results = {one.name: of_the_client[client].get(one.name, False) for one in checks_for(subject)} | own
        found[subject.id] = tier(subject.manifest, results, checks_for(subject), specs[client])
        spec = specs[client]
        judged = f"spec {len(spec.named)}/{len(spec.requests)}" if spec.tests else "no spec test"
        good = f"{sum(results.values())}/{len(results)} checks"
        lack = f"lacks {', '.join(lacking(subject.manifest))}" if lacking(subject.manifest) else ""
        print(f"{subject.id:24} {found[subject.id] or '–':10} {good:16} {judged:14} {lack}", flush=True)
        for line in why:
            print(f"    {line}", flush=True)
    hosts.close()
    if asked.write:
        write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
