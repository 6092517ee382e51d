"""Re-creates the hash-pinned requirements with uv, for every supported system and Python at once.

No registry's or mirror's address may get into the files: a pin is a name, a version and hashes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from steps.environment import LEVELS, REQUIREMENTS, ROOT, pin_count
from steps.words import say

EXTRAS = {"run": (), "test": ("test",), "lint": ("test", "lint")}
PLATFORMS = "packaging/platforms.in"
HEADER = "# Made by: python packaging/bootstrap.py pin (do not edit)\n"
ADDRESS = re.compile(r"://|^\s*(-i|--index|--extra-index|--find-links|--trusted-host)|(^|\s)/\w", re.MULTILINE)


def uv() -> list[str] | None:
    if shutil.which("uv"):
        return ["uv"]
    probe = subprocess.run([sys.executable, "-m", "uv", "--version"], capture_output=True, check=False)
    return [sys.executable, "-m", "uv"] if probe.returncode == 0 else None


def compile_command(level: str, widest: Path | None, output: Path, upgrade: bool) -> list[str]:
    """uv's arguments for one level. Only versions with wheels are taken (see `pip_command`), and every level is held
    to the versions of the widest one, so that installing more never changes what was installed before."""
    line = ["pip", "compile", "pyproject.toml", PLATFORMS, "--universal", "--python-version", "3.11"]
    line += ["--generate-hashes", "--only-binary", ":all:", "--no-emit-index-url", "--no-emit-find-links"]
    line += ["--no-header", "--no-annotate", "--quiet", "--output-file", str(output)]
    for extra in EXTRAS[level]:
        line += ["--extra", extra]
    if widest:
        line += ["--constraint", str(widest)]
    return [*line, "--upgrade"] if upgrade else line


def address_in(text: str) -> str | None:
    """The first line that names a host, an index option or a path of this machine."""
    found = ADDRESS.search(text)
    if found is None:
        return None
    return text[text.rfind("\n", 0, found.start() + 1) + 1 :].splitlines()[0]


def pin(upgrade: bool) -> int:
    """Exit code. Existing pins stay where they still hold, unless `upgrade`."""
    command = uv()
    if command is None:
        say("uv.missing")
        return 1
    folder = ROOT / "packaging"
    widest: Path | None = None
    for level in reversed(LEVELS):
        target = folder / REQUIREMENTS[level]
        half = target.with_suffix(".new")
        if target.exists():
            shutil.copyfile(target, half)
        line = command + compile_command(level, widest, half, upgrade and widest is None)
        if (code := subprocess.run(line, cwd=ROOT, check=False).returncode) != 0:
            half.unlink(missing_ok=True)
            return code
        text = half.read_text(encoding="utf-8")
        if (address := address_in(text)) is not None:
            half.unlink()
            say("pin.host", file=target.name, line=address)
            return 1
        half.write_text(text if text.startswith(HEADER) else HEADER + text, encoding="utf-8", newline="\n")
        os.replace(half, target)
        widest = widest or target
        say("pin.done", file=target.name, count=pin_count(target))
    return 0
