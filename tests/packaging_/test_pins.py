"""The pinned requirements: hashed, hostless, the same versions at every level, good on every system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from steps import environment, pins

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


def pins_in(level: str) -> dict[str, set[str]]:
    """name → the lines "version ; marker" of a requirements file."""
    found: dict[str, set[str]] = {}
    for line in (PACKAGING / environment.REQUIREMENTS[level]).read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            name, _, rest = line.removesuffix(" \\").partition("==")
            found.setdefault(name, set()).add(rest)
    return found


@pytest.mark.parametrize("level", environment.LEVELS)
def test_the_pins_are_hashed_and_name_no_host(level: str) -> None:
    text = (PACKAGING / environment.REQUIREMENTS[level]).read_text(encoding="utf-8")
    assert text.isascii()  # pip reads it in the locale's encoding on Windows
    assert pins.address_in(text) is None
    blocks = re.split(r"\n(?=\w)", text.split("\n", 1)[1].strip())
    assert len(blocks) > 40
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_a_wider_level_never_changes_a_version() -> None:
    versions = {level: pins_in(level) for level in environment.LEVELS}
    for narrow, wide in (("run", "test"), ("test", "lint")):
        for name, lines in versions[narrow].items():
            narrow_versions = {line.split(" ;")[0] for line in lines}
            assert narrow_versions <= {line.split(" ;")[0] for line in versions[wide].get(name, set())}, name


def test_the_pins_know_the_traps() -> None:
    """PySide6 6.12.0 aborts on 3.11; numpy's newest has no 3.11 wheels; cryptography's newest none for Intel Macs."""
    run = pins_in("run")
    assert not any(line.startswith("6.12.0") for line in run["pyside6-essentials"])
    for name in ("numpy", "cryptography"):
        markers = [line.partition(";")[2].strip() for line in run[name]]
        assert len(markers) == 1 or all(markers), name
    assert any("darwin" in line and "x86_64" in line for line in run["cryptography"])


def test_every_direct_dependency_is_pinned() -> None:
    about = environment.project(ROOT)
    extras = about["optional-dependencies"]

    def names(lines: list[str]) -> set[str]:
        return {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line).group()).lower() for line in lines}  # type: ignore[union-attr]

    assert names(about["dependencies"]) <= set(pins_in("run"))
    assert names(about["dependencies"] + extras["test"]) <= set(pins_in("test"))
    assert names(about["dependencies"] + extras["test"] + extras["lint"]) <= set(pins_in("lint"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a==1 \\\n    --hash=sha256:ab\n", None),
        ("# c\n--index-url https://h/simple\na==1\n", "--index-url https://h/simple"),
        ("a @ https://h/a.whl\n", "a @ https://h/a.whl"),
        ("a==1\n    # via -r /home/x/pyproject.toml\n", "    # via -r /home/x/pyproject.toml"),
        ("--find-links wheels\n", "--find-links wheels"),
    ],
)
def test_addresses_in_pins_are_noticed(text: str, address: str | None) -> None:
    assert pins.address_in(text) == address


def test_pinning_is_universal_and_hashed() -> None:
    line = pins.compile_command("lint", Path("widest.txt"), Path("out.txt"), upgrade=True)
    assert {"--universal", "--generate-hashes", "--no-emit-index-url", "--upgrade"} <= set(line)
    assert [line[place + 1] for place, word in enumerate(line) if word == "--extra"] == ["test", "lint"]
    assert "--constraint" not in pins.compile_command("run", None, Path("out.txt"), upgrade=False)
