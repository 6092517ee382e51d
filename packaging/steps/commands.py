"""The commands of the bootstrap. Each prepares what it needs, hands over, and passes the exit code through."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from steps import system
from steps.environment import LEVELS, ROOT, WINDOWS, SetupFailed, child_environment, prepare, python_of, scripts_of
from steps.pins import pin
from steps.words import is_turkish, printable, say, sentence

#: One process more than there are cores: a good part of the tests waits for sockets and timers. Lots of tests are taken from a
#: process that has many left, so that no long file is the tail of the run.
PYTEST = ["-m", "pytest", "-n", str(min(8, (os.cpu_count() or 2) + 1)), "--dist", "worksteal"]
EVERYDAY = "not screens and not bench and not deep"
SCREEN_PROGRAMS = {"Xvfb": "xvfb", "openbox": "openbox"}


def ready(level: str) -> Path:
    """The environment for `level`, after seeing to the operating system. A missing Qt library is said, not fatal:
    the headless program needs none of them."""
    system.provide_qt_libraries()
    return prepare(level, provide_venv_module=system.provide_venv_module)


def call(line: list[str], environment: Mapping[str, str]) -> int:
    """Run in the repository's root and wait. Ctrl+C reaches the child too, so it ends in its own way."""
    sys.stdout.flush()
    with subprocess.Popen(line, cwd=ROOT, env=dict(environment)) as child:
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                continue
            return code if code >= 0 else 128 - code


def become(line: list[str], environment: Mapping[str, str]) -> NoReturn:
    """Replace this process where the system can; else call. For programs that live long and take signals."""
    if WINDOWS:
        sys.exit(call(line, environment))
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(line[0], line, dict(environment))  # noqa: S606


def test_environment(venv: Path) -> dict[str, str]:
    """Offscreen Qt and UTF-8 everywhere, as on a developer's machine."""
    return child_environment(os.environ, venv) | {"QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"}


def from_here(arguments: list[str], start: Path, root: Path) -> list[str]:
    """`arguments` for a process in `root`: paths that exist seen from `start`, and not from `root`, made absolute."""
    turned = []
    for argument in arguments:
        path, colons, node = argument.partition("::")
        if path and not path.startswith("-") and not (root / path).exists() and (start / path).exists():
            argument = str((start / path).resolve()) + colons + node
        turned.append(argument)
    return turned


def compile_tests(venv: Path, environment: Mapping[str, str]) -> None:
    """On a fresh clone: the tests' modules are compiled once, by half the work a core, before each of pytest's processes does it
    for itself. What goes wrong here the run itself will tell."""
    folders = sorted((ROOT / "tests").glob("*/"))
    if any(next(folder.rglob("__pycache__"), None) for folder in folders):
        return
    line = [str(python_of(venv)), "-m", "pytest", "--collect-only", "--quiet"]
    halves = (["tests/app", "tests/packaging_"], ["tests/ui", "tests/providers", "tests/contract", "tests/faults"])
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    running = [subprocess.Popen([*line, *half], cwd=ROOT, env=dict(environment), **quiet) for half in halves]
    for child in running:
        child.wait()


def timed(name: str, started: float) -> None:
    took = round(time.monotonic() - started)
    say("took", name=name, minutes=took // 60, seconds=took % 60)


def run(arguments: list[str]) -> int:
    if arguments:
        return usage()
    # Asked before Qt's libraries are looked at, because those of a window are of no use without one.
    display = system.has_display(os.environ)
    if display:
        system.provide_qt_libraries()
    venv = prepare("run", provide_venv_module=system.provide_venv_module)
    environment = child_environment(os.environ, venv)
    if display:
        become([str(python_of(venv)), "-m", "ui.entry", "--rehearsal"], environment)
    say("headless")
    become([str(python_of(venv)), "-m", "app.cli", "demo"], environment)


def test(arguments: list[str]) -> int:
    started = time.monotonic()
    venv = ready("test")
    environment = test_environment(venv)
    compile_tests(venv, environment)
    line = [str(python_of(venv)), *PYTEST, "-m", EVERYDAY, *from_here(arguments, Path.cwd(), ROOT)]
    code = call(line, environment)
    timed("test", started)
    return code


def setup(arguments: list[str]) -> int:
    level = "run"
    if arguments:
        if len(arguments) != 2 or arguments[0] != "--for" or arguments[1] not in LEVELS:
            return usage()
        level = arguments[1]
    ready(level)
    return 0


def system_only(arguments: list[str]) -> int:
    """Only what the operating system lacks: for a machine whose root prepares it and whose user works on it."""
    if arguments:
        return usage()
    parts = system.provide_venv_module()
    return 0 if system.provide_qt_libraries() and parts else 1


def bench(arguments: list[str]) -> int:
    venv = ready("test")
    environment = child_environment(os.environ, venv)
    if not system.has_display(os.environ):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return call([str(python_of(venv)), "-m", "tests.bench", *json_from_here(arguments, Path.cwd())], environment)


def json_from_here(arguments: list[str], start: Path) -> list[str]:
    """The file after --json belongs where the caller stands, not in the repository's root."""
    turned = list(arguments)
    for place, argument in enumerate(turned):
        if argument == "--json" and place + 1 < len(turned) and turned[place + 1] != "-":
            turned[place + 1] = str(start / turned[place + 1])
        elif argument.startswith("--json=") and argument != "--json=-":
            turned[place] = "--json=" + str(start / argument.removeprefix("--json="))
    return turned


def faults(arguments: list[str]) -> int:
    rounds = "10"
    if arguments:
        if len(arguments) != 2 or arguments[0] != "--rounds" or not arguments[1].isdecimal() or int(arguments[1]) < 1:
            return usage()
        rounds = arguments[1]
    started = time.monotonic()
    venv = ready("test")
    # One test holds all the rounds, so the limit of a single test grows with them.
    limit = str(max(120, 12 * int(rounds)))
    line = [str(python_of(venv)), *PYTEST, "-m", "faults or deep", "--timeout", limit]
    # The kill test gets all rounds; the others, whose rounds are each many cases, a fifth.
    others = str(max(10, int(rounds) // 5))
    counts = {"PAXZAR_KILL_ROUNDS": rounds, "PAXZAR_ROUNDS": others, "PAXZAR_ALL_MUTATIONS": "1"}
    code = call(line, test_environment(venv) | counts)
    timed("faults", started)
    return code


@contextmanager
def virtual_display() -> Iterator[str]:
    """ ":N" of an Xvfb with a window manager on it; both end with the block. Raises SetupFailed."""
    read, write = os.pipe()
    line = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    server = subprocess.Popen(line, pass_fds=(write,), **quiet)
    os.close(write)
    with os.fdopen(read) as numbers:
        number = numbers.readline().strip()  # the server writes it when it is ready; the end of file means it died
    children = [server]
    try:
        if not number:
            say("display.failed")
            raise SetupFailed
        display = f":{number}"
        environment = {**os.environ, "DISPLAY": display}
        children.append(subprocess.Popen(["openbox"], env=environment, **quiet))
        yield display
    finally:
        for child in reversed(children):
            child.terminate()
            child.wait()


def screens(arguments: list[str]) -> int:
    if arguments:
        return usage()
    started = time.monotonic()
    venv = ready("test")
    line = [str(python_of(venv)), "-m", "pytest", "-m", "screens"]
    environment = test_environment(venv)
    if sys.platform in ("win32", "darwin"):
        del environment["QT_QPA_PLATFORM"]
        code = call(line, environment)
    else:
        if not system.provide_programs(SCREEN_PROGRAMS):
            say("display.tools")
            return 1
        with virtual_display() as display:
            environment.pop("WAYLAND_DISPLAY", None)
            code = call(line, environment | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"})
    timed("screens", started)
    return code


def lint_groups(venv: Path) -> dict[str, list[str]]:
    """Name → command line of every check, in the order of their cost."""
    python = str(python_of(venv))
    imports = scripts_of(venv) / ("lint-imports.exe" if WINDOWS else "lint-imports")
    return {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "lint-imports": [str(imports), "--no-logo"],
        "mypy": [python, "-m", "mypy"],
    }


def lint(arguments: list[str]) -> int:
    """All groups run; the exit code is that of the first that has findings."""
    if arguments:
        return usage()
    started = time.monotonic()
    venv = prepare("lint", provide_venv_module=system.provide_venv_module)
    environment = child_environment(os.environ, venv) | {"PYTHONUTF8": "1"}
    first = 0
    for name, line in lint_groups(venv).items():
        code = call(line, environment)
        say("lint.bad" if code else "lint.ok", name=name)
        first = first or code
    timed("lint", started)
    return first


def pins(arguments: list[str]) -> int:
    return pin(upgrade=bool(arguments)) if arguments in ([], ["--upgrade"]) else usage()


COMMANDS = {
    "run": run,
    "test": test,
    "setup": setup,
    "system": system_only,
    "bench": bench,
    "faults": faults,
    "screens": screens,
    "lint": lint,
    "pin": pins,
}


def usage() -> int:
    """Prints the one line of usage; the exit code of wrong usage."""
    say("usage")
    return 2


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(printable(sentence("usage", is_turkish(os.environ)), sys.stdout))
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        return usage()
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except SetupFailed:
        return 1
    except PermissionError as problem:
        say("no.access", path=problem.filename or problem)
        return 1
    except KeyboardInterrupt:
        return 130
