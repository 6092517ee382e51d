"""A provider out of the scaffold passes the whole contract suite as it is, and its files are clean."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.api.scaffold import ScaffoldError, scaffold
from app.contracts import parse_manifest
from app.contracts.catalogue import INDEX, Catalogue
from app.contracts.indexing import write_index
from tests.contract.checks import Check, run
from tests.contract.rig import Hosts
from tests.contract.scaffolded import ID, NAME, REPO, WEBSITE, subject
from tests.contract.suite import CHECKS, checks_for, covered

#: What the scaffold's provider can do decides which checks apply; the names are needed before it is written.
POWERS = frozenset({"probe", "order_source", "listing_source", "price_sink", "stock_sink"})
APPLY = [one for one in CHECKS if one.needs <= POWERS and one.when is None]


def test_nothing_is_claimed(written: Path) -> None:
    manifest = subject(written).manifest
    assert (manifest.id, manifest.name, manifest.website) == (ID, NAME, WEBSITE)
    assert manifest.readiness.connectable
    assert (manifest.readiness, manifest.evidence) == ("link", "unconfirmed")
    assert manifest.note.tr
    assert manifest.note.en


def test_the_catalogue_has_it(written: Path) -> None:
    catalogue = Catalogue(written / "providers", with_plugins=False)
    assert catalogue.resolve(NAME).id == ID
    assert catalogue.client(ID).__name__ == "OrnekPazar"
    assert catalogue.sandbox(ID, orders=2).name == ID


def test_all_its_powers_are_exercised(written: Path) -> None:
    made = subject(written)
    assert made.capabilities == POWERS
    assert {one.name for one in checks_for(made)} == {one.name for one in APPLY}
    assert all(covered(made).values())


@pytest.mark.parametrize("one", APPLY, ids=lambda one: one.name)
async def test_contract(one: Check, written: Path, own_hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    await run(one, subject(written), own_hosts, caplog)


def test_its_own_test_passes(written: Path) -> None:
    code = (
        "import sys, pytest, providers.marketplaces as m, providers.sandboxes as s;"
        f"m.__path__.append({str(written / 'providers' / 'marketplaces')!r});"
        f"s.__path__.append({str(written / 'providers' / 'sandboxes')!r});"
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    test = written / "tests" / "providers" / "marketplaces" / f"test_{ID}.py"
    done = subprocess.run(
        [sys.executable, "-c", code, "-c", str(REPO / "pyproject.toml"), "--rootdir", str(REPO), str(test)],
        cwd=REPO, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


def test_ruff_has_nothing_to_say(written: Path) -> None:
    pytest.importorskip("ruff", reason="the linters are not installed")
    for path in written.rglob(f"*{ID}.py"):
        name, text = path.relative_to(written).as_posix(), path.read_bytes()
        for command in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"],
                cwd=REPO, input=text, capture_output=True, timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{name}: {done.stdout.decode()}{done.stderr.decode()}"


@pytest.mark.slow
def test_mypy_has_nothing_to_say(written: Path) -> None:
    pytest.importorskip("mypy", reason="the linters are not installed")
    files = [f"providers/marketplaces/{ID}.py", f"providers/sandboxes/{ID}.py"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(REPO / "pyproject.toml"), "--strict", "--no-error-summary",
         "--cache-dir", str(written / "mypy"), *files],
        cwd=written, env={**_environment(), "MYPYPATH": str(REPO)}, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("MYPYPATH", "PYTHONPATH")}


@pytest.mark.parametrize(
    ("category", "folder"),
    [
        ("shop", "shops"),
        ("marketplace-world", "marketplaces"),
        ("einvoice", "einvoice"),
        ("cargo", "cargo"),
        ("pos", "pos"),
    ],
)
def test_every_category_has_its_folder(tmp_path: Path, category: str, folder: str) -> None:
    files = scaffold(tmp_path, "a1", "", category, "")
    manifest = parse_manifest(files[0].read_bytes(), "a1.toml")
    assert files[0].parent.name == folder
    assert manifest.client == f"providers.{folder}.a1:A1"
    assert manifest.name == "a1"
    for path in files[1:]:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


@pytest.mark.parametrize("id_", ["", "Pazar", "1pazar", "örnek", "a-b", "class", "a__b", "_a", "a" * 41, "../x"])
def test_no_identifier(tmp_path: Path, id_: str) -> None:
    with pytest.raises(ScaffoldError) as caught:
        scaffold(tmp_path, id_, "Pazar", "shop", "")
    assert (caught.value.reason, caught.value.value) == ("id", id_)
    assert list(tmp_path.iterdir()) == []


def test_no_such_category(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError) as caught:
        scaffold(tmp_path, "pazar", "Pazar", "shops", "")
    assert (caught.value.reason, caught.value.value) == ("category", "shops")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    files = scaffold(tmp_path, "pazar", "Pazar", "shop", "")
    before = {path: path.read_bytes() for path in files}
    for id_, name in (("pazar", "Başka"), ("baska", "PAZAR")):  # the same id; the same name
        with pytest.raises(ScaffoldError) as caught:
            scaffold(tmp_path, id_, name, "cargo", "")
        assert (caught.value.reason, caught.value.value) == ("exists", "pazar")
    files[0].unlink()
    with pytest.raises(ScaffoldError) as caught:
        scaffold(tmp_path, "pazar", "Pazar", "shop", "")
    assert caught.value.reason == "exists"
    assert not files[0].exists()
    assert all(path.read_bytes() == before[path] for path in files[1:])


def test_the_index_is_renewed(tmp_path: Path) -> None:
    scaffold(tmp_path, "bir", "Bir", "shop", "")
    assert not (tmp_path / "providers" / INDEX).exists(), "where there is none, none is made"
    write_index(tmp_path / "providers")
    scaffold(tmp_path, "iki", "İki", "cargo", "")
    assert [one.id for one in Catalogue(tmp_path / "providers", with_plugins=False)] == ["bir", "iki"]
