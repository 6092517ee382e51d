"""A third party's package with an entry point is found, its client works on the real pipeline, and its fake server serves."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.contracts.catalogue import ENTRY_POINTS, Catalogue, providers_root
from tests.contract.checks import Check, run
from tests.contract.rig import Hosts, Subject
from tests.contract.suite import CHECKS, covered

PLUGIN = Path(__file__).resolve().parents[2] / "fixtures" / "example_plugin"
PACKAGE = "paxzar_example"
SUBJECT = Subject.read(PLUGIN / PACKAGE / "example_vendor.toml")
APPLY = [one for one in CHECKS if one.applies(SUBJECT)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As pip would leave it, without pip: the package on the path and the metadata that names its entry point."""
    site = tmp_path_factory.mktemp("site")
    info = site / f"{PACKAGE}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nexample = {PACKAGE}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.syspath_prepend(str(PLUGIN))
        importlib.invalidate_caches()
        yield
    _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def plugin_hosts(installed: None) -> Iterator[Hosts]:
    running = Hosts()
    yield running
    running.close()


def test_the_catalogue_finds_it(installed: None) -> None:
    _forget()  # other tests of this module may have run before
    catalogue = Catalogue(providers_root())
    entry = catalogue.resolve("örnek eklenti")
    assert (entry.id, entry.capabilities) == ("example_vendor", ("probe", "listing_source"))
    assert PACKAGE not in sys.modules, "found without importing it"
    assert catalogue.manifest("example_vendor").website == "eklenti.example"
    assert catalogue.client("example_vendor").__name__ == "ExampleVendor"
    assert catalogue.sandbox("example_vendor", listings=3).truth_listings()[0]["sku"] == "PX-00001"
    assert "example_vendor" not in Catalogue(providers_root(), with_plugins=False).entries


def test_it_cannot_take_a_name_of_ours(installed: None) -> None:
    entries = Catalogue(providers_root()).entries
    assert entries["trendyol"].file == "marketplaces/trendyol.toml"


@pytest.mark.parametrize("one", APPLY, ids=lambda one: one.name)
async def test_contract(one: Check, plugin_hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    await run(one, SUBJECT, plugin_hosts, caplog)


def test_the_suite_covers_it() -> None:
    assert all(covered(SUBJECT).values())


def test_it_leans_on_the_public_surface_only() -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(PLUGIN)!r}]; import ast, pathlib;"
        f"tree = ast.parse(pathlib.Path({str(PLUGIN / PACKAGE / 'client.py')!r}).read_text(encoding='utf-8'));"
        "print(sorted({n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module.startswith('app')}));"
        f"import {PACKAGE}.client"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PLUGIN.parents[2], capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['app.contracts', 'app.kit', 'app.model']"
