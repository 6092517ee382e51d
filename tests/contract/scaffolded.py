"""A provider fresh out of the scaffold, in a folder of its own, importable as part of `providers` while a module's tests run."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.scaffold import scaffold
from app.contracts.indexing import write_index
from tests.contract.rig import Hosts, Subject

REPO = Path(__file__).resolve().parents[2]
ID, NAME, WEBSITE = "ornek_pazar", 'Örnek "Işıl" \\ Pazarı', "ornek.example"


def skeleton(root: Path) -> Path:
    """The least of the repository that a generated provider leans on, so that it is judged as part of a whole."""
    for file in (
        "__init__.py",
        "marketplaces/__init__.py",
        "sandboxes/__init__.py",
        "sandboxes/kit.py",
        "sandboxes/people.py",
    ):
        to = root / "providers" / file
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / "providers" / file, to)
    write_index(root / "providers")
    return root


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A root with the four files, importable as part of `providers` for as long as this module's tests run."""
    root = skeleton(tmp_path_factory.mktemp("scaffold"))
    files = scaffold(root, ID, NAME, "marketplace-tr", WEBSITE)
    assert [path.relative_to(root).as_posix() for path in files] == [
        f"providers/marketplaces/{ID}.toml", f"providers/marketplaces/{ID}.py", f"providers/sandboxes/{ID}.py",
        f"tests/providers/marketplaces/test_{ID}.py",
    ]  # fmt: skip
    packages = [importlib.import_module(f"providers.{name}") for name in ("marketplaces", "sandboxes")]
    for package in packages:
        package.__path__.append(str(root / "providers" / package.__name__.partition(".")[2]))
    importlib.invalidate_caches()
    yield root
    for package in packages:
        package.__path__.pop()
        sys.modules.pop(f"{package.__name__}.{ID}", None)
        if hasattr(package, ID):
            delattr(package, ID)


@pytest.fixture(scope="module")
def own_hosts(written: Path) -> Iterator[Hosts]:
    running = Hosts()
    yield running
    running.close()


def subject(root: Path) -> Subject:
    return Subject.read(root / "providers" / "marketplaces" / f"{ID}.toml")
