"""The `.venv`: made, repaired, filled from the hash-pinned requirements, and stamped when all of it is true.

Must never leave a stamp on an environment that is not complete, never let two runs work on it at once, and never
install anything whose hash is not in the requirements file."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from steps.words import is_turkish, say, sentence

ROOT = Path(__file__).resolve().parents[2]
LOCK = ".bootstrap.lock"
STAMP = ".bootstrap.json"
WINDOWS = os.name == "nt"

# Each level holds the ones before it, with the same versions (pins.py makes them so).
LEVELS = ("run", "test", "lint")
REQUIREMENTS = {"run": "requirements.txt", "test": "requirements-test.txt", "lint": "requirements-lint.txt"}


class SetupFailed(Exception):
    """The environment cannot be had; what to do was said already. Becomes exit code 1."""


class Stamp(NamedTuple):
    """What is true of a finished environment."""

    pins: str  # hash over the requirements files and the project's name, version and scripts
    python: str  # "3.11"
    root: str  # the folder that the scripts in the environment point to
    level: str  # one of LEVELS

    def covers(self, wanted: Stamp) -> bool:
        """Whether nothing has to be done for `wanted`."""
        return self[:3] == wanted[:3] and LEVELS.index(self.level) >= LEVELS.index(wanted.level)


def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins_hash(root: Path) -> str:
    """Changes when anything that is installed changes; not when a tool's settings in pyproject.toml do."""
    digest = hashlib.sha256()
    for name in REQUIREMENTS.values():
        # Read as text: a checkout with CRLF holds the same pins.
        digest.update((root / "packaging" / name).read_text(encoding="utf-8").encode())
        digest.update(b"\0")
    about = project(root)
    own = {key: about.get(key) for key in ("name", "version", "requires-python", "scripts", "gui-scripts")}
    digest.update(json.dumps(own, sort_keys=True).encode())
    return digest.hexdigest()


def wanted_stamp(root: Path, level: str) -> Stamp:
    return Stamp(pins_hash(root), "{}.{}".format(*sys.version_info[:2]), str(root), level)


def read_stamp(venv: Path) -> Stamp | None:
    """The stamp, or None when there is none or when it cannot be read (which is the same)."""
    try:
        values = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        stamp = Stamp(**{name: str(values[name]) for name in Stamp._fields})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stamp if stamp.level in LEVELS else None


def write_stamp(venv: Path, stamp: Stamp) -> None:
    half = venv / (STAMP + ".new")
    half.write_text(json.dumps(stamp._asdict(), indent=1) + "\n", encoding="utf-8")
    os.replace(half, venv / STAMP)


def python_of(venv: Path) -> Path:
    return venv / "Scripts" / "python.exe" if WINDOWS else venv / "bin" / "python"


def scripts_of(venv: Path) -> Path:
    return python_of(venv).parent


def site_packages(venv: Path, version: str) -> Path:
    """`version` as "3.11"."""
    return venv / "Lib" / "site-packages" if WINDOWS else venv / "lib" / f"python{version}" / "site-packages"


def child_environment(environment: Mapping[str, str], venv: Path) -> dict[str, str]:
    """For programs that run in `venv`: its scripts first on PATH, nothing that bends Python's own paths, and compiled modules
    are kept: a suite that starts hundreds of processes would compile them all anew in each."""
    bending = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in environment.items() if name not in bending}
    kept["PATH"] = os.pathsep.join(part for part in (str(scripts_of(venv)), environment.get("PATH", "")) if part)
    kept["VIRTUAL_ENV"] = str(venv)
    return kept


def version_inside(venv: Path) -> str | None:
    """The "3.11" of a venv whose Python starts, is the venv's own and has pip; None when any of that is not so."""
    check = "import sys, pip; print('%d.%d' % sys.version_info[:2], sys.prefix != sys.base_prefix)"
    try:
        answer = subprocess.run(
            [str(python_of(venv)), "-I", "-c", check], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = answer.stdout.split()
    return words[0] if answer.returncode == 0 and len(words) == 2 and words[1] == "True" else None


def judge(venv: Path, wanted: Stamp, stamp: Stamp | None, probe: Callable[[Path], str | None] = version_inside) -> str:
    """What the environment is: "ready" · "behind" (usable, something is to be installed or mended) · "absent" ·
    "broken" · "version" · "moved" (these three are made anew)."""
    whole = (venv / "pyvenv.cfg").is_file() and python_of(venv).exists()
    if not whole:
        left = [entry.name for entry in venv.iterdir() if entry.name != LOCK] if venv.is_dir() else []
        return "broken" if left else "absent"
    if stamp and stamp.root != wanted.root:
        return "moved"
    if stamp and stamp.covers(wanted):
        return "ready"
    version = probe(venv)
    if version is None:
        return "broken"
    if version != wanted.python:
        return "version"
    pip_is_whole = any(is_complete(info) for info in site_packages(venv, version).glob("pip-*.dist-info"))
    return "behind" if pip_is_whole else "broken"


def is_complete(dist_info: Path) -> bool:
    """Whether everything that the package's RECORD lists is there in full. pip writes RECORD last, so a killed
    installation has none; a killed removal or a power cut leaves files missing or short. Without this check pip
    would call such a package installed."""
    try:
        with (dist_info / "RECORD").open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                if not row or row[0].endswith(".pyc"):
                    continue
                size = (dist_info.parent / row[0]).stat().st_size
                if len(row) > 2 and row[2] and size != int(row[2]):
                    return False
    except (OSError, ValueError):
        return False
    return True


def mend(packages: Path) -> int:
    """Forget what an interrupted pip left in the folder `packages`, so that pip installs it again; returns how many."""
    for leftover in packages.glob("~*"):
        shutil.rmtree(leftover, ignore_errors=True)
    broken = [info for info in packages.glob("*.dist-info") if not is_complete(info)]
    for info in broken:
        shutil.rmtree(info)
    return len(broken)


@contextmanager
def only_one(path: Path, pause: float = 0.3) -> Iterator[BinaryIO]:
    """Holds the lock file `path`; waits, and says so once, while another process has it. The system frees it when
    its holder dies. On POSIX the children that get the file's descriptor keep it locked too: after a kill -9 of the
    bootstrap, an orphaned pip still owns the environment until it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as lock:
        told = False
        while not _try_lock(lock):
            if not told:
                say("lock.wait")
                told = True
            time.sleep(pause)
        try:
            yield lock
        finally:
            if WINDOWS:
                import msvcrt

                with suppress(OSError):
                    lock.seek(0)
                    msvcrt.locking(lock.fileno(), msvcrt.LK_UNLCK, 1)


def _try_lock(lock: BinaryIO) -> bool:
    try:
        if WINDOWS:
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def clear(venv: Path) -> None:
    """Empty the folder, but for the lock that we hold in it. The stamp goes first: half-cleared is never ready."""
    (venv / STAMP).unlink(missing_ok=True)
    try:
        for entry in venv.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()
    except OSError as problem:
        say("venv.busy", detail=problem.filename or problem)
        raise SetupFailed from problem


def _held(lock: BinaryIO) -> dict[str, Any]:
    """Keywords for subprocess that hand the lock to the child."""
    return {"stdin": subprocess.DEVNULL} if WINDOWS else {"stdin": subprocess.DEVNULL, "pass_fds": (lock.fileno(),)}


def pip_command(venv: Path, requirements: Path) -> list[str]:
    """Only what is pinned (no resolving), only with a listed hash, only wheels (a build would fetch unpinned tools)."""
    options = ["-qq", "--no-input", "--progress-bar", "off", "--require-hashes", "--no-deps", "--only-binary=:all:"]
    return [str(python_of(venv)), "-m", "pip", "install", *options, "-r", str(requirements)]


def pip_environment(environment: Mapping[str, str], venv: Path) -> dict[str, str]:
    """The user's own pip settings (proxy, certificates, mirror) stay; those that send packages elsewhere do not."""
    elsewhere = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_REQUIREMENT", "PIP_CONSTRAINT")
    kept = {name: value for name, value in child_environment(environment, venv).items() if name not in elsewhere}
    return kept | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"}


def pin_count(requirements: Path) -> int:
    return sum(1 for line in requirements.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())


def install(venv: Path, requirements: Path, level: str, lock: BinaryIO, tries: int = 2) -> None:
    say("install", count=pin_count(requirements), level=level)
    for attempt in range(tries):
        if attempt:
            say("install.retry")
            time.sleep(3.0)
        # A mirror or a proxy of the user's may be named in pip's words; they go to the terminal, into no file.
        answer = subprocess.run(
            pip_command(venv, requirements), env=pip_environment(os.environ, venv), check=False, **_held(lock)
        )
        if answer.returncode == 0:
            return
    say("install.failed")
    raise SetupFailed


SCRIPT = """\
import sys

if __name__ == "__main__":
    from {module} import {function}

    sys.argv[0] = "{name}"
    sys.exit({function}())
"""


def link_project(venv: Path, root: Path, version: str) -> None:
    """Make the checkout importable from `venv` and its console scripts callable, without a build.

    A relative path in a .pth file is read as relative to site-packages: it stays ASCII whatever the user's folder is
    called, and Python 3.11 and 3.12 read that file in the locale's encoding. A dist-info folder makes the version and
    the name known to importlib.metadata."""
    packages, about = site_packages(venv, version), project(root)
    name, files = about["name"], []
    pth = packages / f"{name}.pth"
    pth.write_text(os.path.relpath(root, packages) + "\n", encoding="ascii")
    files.append(pth)
    entries = ""
    for group, table in (("console_scripts", "scripts"), ("gui_scripts", "gui-scripts")):
        entries += f"[{group}]\n"
        for script, target in about.get(table, {}).items():
            files += _write_script(venv, script, target, windowed=group == "gui_scripts")
            entries += f"{script} = {target}\n"
    info = packages / "{}-{}.dist-info".format(name, about["version"])
    for old in packages.glob(f"{name}-*.dist-info"):
        shutil.rmtree(old)
    info.mkdir()
    words = f"Metadata-Version: 2.1\nName: {name}\nVersion: {about['version']}\nSummary: {about['description']}\n"
    for file, text in (("METADATA", words), ("INSTALLER", "bootstrap\n"), ("entry_points.txt", entries)):
        (info / file).write_text(text, encoding="utf-8")
        files.append(info / file)
    with (info / "RECORD").open("w", encoding="utf-8", newline="") as record:
        for file in [*files, info / "RECORD"]:
            record.write(f"{Path(os.path.relpath(file, packages)).as_posix()},,\n")


def _write_script(venv: Path, name: str, target: str, windowed: bool) -> list[Path]:
    module, function = target.split(":")
    body = SCRIPT.format(module=module, function=function, name=name)
    folder = scripts_of(venv)
    if WINDOWS:
        script, door = folder / f"{name}-script.py", folder / f"{name}.cmd"
        script.write_text(body, encoding="utf-8")
        start = (
            f'@start "" "%~dp0pythonw.exe" "%~dp0{script.name}" %*'
            if windowed
            else f'@"%~dp0python.exe" "%~dp0{script.name}" %*'
        )
        door.write_text(start + "\n", encoding="ascii")
        return [script, door]
    # A "#!" line can hold neither a space nor more than 127 bytes; sh reads the second line, Python skips it.
    quoted = str(python_of(venv)).replace("'", "'\"'\"'")
    script = folder / name
    script.write_text(f"#!/bin/sh\n'''exec' '{quoted}' \"$0\" \"$@\"\n' '''\n{body}", encoding="utf-8")
    script.chmod(0o755)
    return [script]


def prepare(level: str, root: Path = ROOT, provide_venv_module: Callable[[], bool] = lambda: True) -> Path:
    """The path of an environment that is good for `level`. Raises SetupFailed (what to do was said)."""
    venv = root / ".venv"
    wanted = wanted_stamp(root, level)
    if judge(venv, wanted, read_stamp(venv)) == "ready":
        return venv
    with only_one(venv / LOCK) as lock:
        stamp = read_stamp(venv)  # another run may have finished while we waited
        verdict = judge(venv, wanted, stamp)
        if verdict == "ready":
            return venv
        if verdict != "behind":
            if not provide_venv_module():
                raise SetupFailed
            make(venv, verdict, lock)
        elif stamp and LEVELS.index(stamp.level) > LEVELS.index(level):
            level = stamp.level  # pins changed: what was installed for more must not stay behind
        (venv / STAMP).unlink(missing_ok=True)
        packages = site_packages(venv, wanted.python)
        if verdict == "behind" and (count := mend(packages)):
            say("venv.mended", count=count)
        install(venv, root / "packaging" / REQUIREMENTS[level], level, lock)
        link_project(venv, root, wanted.python)
        write_stamp(venv, wanted._replace(level=level))
        say("ready")
    return venv


def make(venv: Path, verdict: str, lock: BinaryIO) -> None:
    """A new, empty environment with pip in the folder `venv`, of the Python that runs this."""
    if verdict == "absent":
        say("venv.make")
    else:
        say("venv.remake", why=sentence(f"venv.why.{verdict}", is_turkish(os.environ)))
    clear(venv)
    answer = subprocess.run([sys.executable, "-m", "venv", str(venv)], check=False, **_held(lock))
    if answer.returncode != 0 or version_inside(venv) is None:
        say("venv.failed")
        raise SetupFailed
