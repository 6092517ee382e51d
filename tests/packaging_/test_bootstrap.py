"""The door and the commands of the bootstrap, and that CI says the same commands. No program is started for real."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

import bootstrap
import pytest
from steps import commands, environment, system, words

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


@pytest.mark.parametrize(
    ("version", "fits"),
    [((2, 7), False), ((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False), ((4, 0), False)],
)
def test_which_versions_fit(version: tuple[int, int], fits: bool) -> None:
    assert bootstrap.fits(version) is fits


def test_a_launcher_that_leads_to_nothing_is_passed_over() -> None:
    really = {"python3.14": None, "python3.13": (3, 9), "python3.12": (3, 12), "python3.11": (3, 11)}
    assert bootstrap.better_python(False, lambda command: really[command[0]]) == ["python3.12"]
    assert bootstrap.better_python(False, lambda command: None) is None


def test_version_of_asks_the_program_itself(tmp_path: Path) -> None:
    assert bootstrap.version_of([sys.executable]) == sys.version_info[:2]
    assert bootstrap.version_of([str(tmp_path / "nothing")]) is None
    assert bootstrap.version_of([sys.executable, "-c", "raise SystemExit(3)"]) is None


def test_the_door_parses_on_old_pythons() -> None:
    """What Python 2.7 and 3.6 choke on before the sentence can be said: f-strings, annotations, := and match."""
    source = (PACKAGING / "bootstrap.py").read_text(encoding="utf-8")
    assert not re.search(r"""\b[rb]?f["']""", source)
    assert not re.search(r"\) ?->|from __future__|:=|^\s*match .*:$", source, re.MULTILINE)
    assert source.isascii()


class Recorder:
    """Stands where a program would be started; answers with `code`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> None:
        self.calls: list[tuple[list[str], dict[str, str]]] = []
        self.code = code
        self.levels: list[str] = []
        monkeypatch.setattr(commands, "call", self)
        monkeypatch.setattr(commands, "become", self.become)
        monkeypatch.setattr(commands, "prepare", self.prepare)
        monkeypatch.setattr(commands, "compile_tests", lambda venv, environment: None)
        monkeypatch.setattr(system, "provide_qt_libraries", lambda: True)

    def prepare(self, level: str, **keywords: object) -> Path:
        self.levels.append(level)
        return Path("venv")

    def become(self, line: list[str], variables: dict[str, str]) -> NoReturn:
        raise SystemExit(self(line, variables))

    def __call__(self, line: list[str], variables: dict[str, str]) -> int:
        self.calls.append((line[1:], dict(variables)))
        return self.code


def test_test_runs_pytest_offscreen_and_passes_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, code=3)
    assert commands.main(["test", "-k", "money", "--cov"]) == 3
    ((line, variables),) = recorder.calls
    everyday = ["-m", "not screens and not bench and not deep"]
    assert line == [
        "-m",
        "pytest",
        "-n",
        str(min(8, (os.cpu_count() or 2) + 1)),
        "--dist",
        "worksteal",
        *everyday,
        "-k",
        "money",
        "--cov",
    ]
    assert (variables["QT_QPA_PLATFORM"], variables["PYTHONUTF8"]) == ("offscreen", "1")
    assert recorder.levels == ["test"]


def test_run_opens_the_window_where_there_is_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, code=6)
    monkeypatch.setattr(system, "has_display", lambda variables: True)
    with pytest.raises(SystemExit, match=r"^6$"):
        commands.main(["run"])
    assert [line for line, _ in recorder.calls] == [["-m", "ui.entry", "--rehearsal"]]
    assert recorder.levels == ["run"]


def test_run_says_one_sentence_and_works_headless_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder(monkeypatch)
    monkeypatch.setattr(system, "has_display", lambda variables: False)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    with pytest.raises(SystemExit, match=r"^0$"):
        commands.main(["run"])
    assert [line for line, _ in recorder.calls] == [["-m", "app.cli", "demo"]]
    assert capsys.readouterr().err == words.sentence("headless", True) + "\n"


def test_faults_carries_its_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, code=5)
    assert commands.main(["faults", "--rounds", "50"]) == 5
    ((line, variables),) = recorder.calls
    assert line[-4:] == ["-m", "faults or deep", "--timeout", "600"]
    assert (variables["PAXZAR_KILL_ROUNDS"], variables["PAXZAR_ROUNDS"]) == ("50", "10")


def test_bench_passes_its_arguments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    recorder = Recorder(monkeypatch)
    monkeypatch.chdir(tmp_path)
    commands.main(["bench", "pull", "--json", "out.json"])
    assert recorder.calls[0][0] == ["-m", "tests.bench", "pull", "--json", str(tmp_path / "out.json")]


def test_lint_runs_every_group_and_fails_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter([0, 4, 0, 2])
    seen: list[list[str]] = []

    def call(line: list[str], variables: dict[str, str]) -> int:
        seen.append(line)
        return next(codes)

    Recorder(monkeypatch)
    monkeypatch.setattr(commands, "call", call)
    assert commands.main(["lint"]) == 4
    assert [" ".join(line) for line in seen] == [" ".join(line) for line in commands.lint_groups(Path("venv")).values()]
    assert len(seen) == 4


@pytest.mark.parametrize(
    "arguments",
    [[], ["frob"], ["run", "x"], ["faults", "--rounds"], ["faults", "--rounds", "0"], ["setup", "--for", "all"],
     ["lint", "x"], ["screens", "x"], ["pin", "x"], ["system", "x"]],
)  # fmt: skip
def test_wrong_usage_is_two_and_starts_nothing(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    recorder = Recorder(monkeypatch)
    assert commands.main(arguments) == 2
    assert recorder.calls == []
    assert recorder.levels == []


def test_a_setup_that_failed_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(level: str, **keywords: object) -> Path:
        raise environment.SetupFailed

    Recorder(monkeypatch)
    monkeypatch.setattr(commands, "prepare", prepare)
    assert commands.main(["setup"]) == 1


def test_a_folder_that_may_not_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepare(level: str, **keywords: object) -> Path:
        raise PermissionError(13, "denied", "/somebody/else/.venv")

    Recorder(monkeypatch)
    monkeypatch.setattr(commands, "prepare", prepare)
    assert commands.main(["setup"]) == 1
    assert "/somebody/else/.venv" in capsys.readouterr().err


def test_paths_given_from_another_folder_still_mean_the_same(tmp_path: Path) -> None:
    root, start = tmp_path / "house", tmp_path / "house" / "tests"
    start.mkdir(parents=True)
    (start / "test_x.py").touch()
    turned = commands.from_here(["-k", "a", "test_x.py::test_y", "tests/test_x.py", "none.py"], start, root)
    assert turned == ["-k", "a", f"{start / 'test_x.py'}::test_y", "tests/test_x.py", "none.py"]


def test_call_passes_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert commands.call([sys.executable, "-c", "raise SystemExit(42)"], os.environ) == 42


def ci_text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [".ci/run", ".github/workflows/integration-tests.yml"])
def test_ci_calls_only_commands_that_exist(name: str) -> None:
    text = ci_text(name)
    called = set(re.findall(r"bootstrap\.py (\w+)", text)) | set(re.findall(r"\bbootstrap ([a-z]+)\b", text))
    assert called, name
    assert called <= set(commands.COMMANDS)


def test_ci_run_does_every_step_without_a_terminal() -> None:
    text = ci_text(".ci/run")
    assert "set -euo pipefail" in text
    assert "exec </dev/null" in text
    for part in ("bootstrap test --cov --cov-report=", "--fail-under=90", "bootstrap lint", "faults --rounds 50",
                 "LC_ALL=tr_TR.UTF-8", "bootstrap screens"):  # fmt: skip
        assert part in text


def test_the_workflow_does_the_same_on_three_systems() -> None:
    text = ci_text(".github/workflows/integration-tests.yml")
    for part in ("push:", "pull_request:", "[windows-latest, macos-latest, ubuntu-latest]", '["3.11", "3.14"]',
                 "run: python packaging/bootstrap.py test", "run: python packaging/bootstrap.py lint", "bash .ci/run",
                 "pip_audit -r packaging/requirements.txt --require-hashes", "ruff check --select S",
                 "bootstrap.py bench --json bench.json"):  # fmt: skip
        assert part in text
    assert "\t" not in text
    uses = re.findall(r"uses: (\S+)", text)
    assert uses
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in uses)
