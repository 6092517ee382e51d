"""How an environment is judged, mended and stamped. Must never touch the repository's own `.venv`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from steps import environment

from tests.support.waiting import until_now

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
Stamp = environment.Stamp
WANTED = Stamp(pins="p", python="3.11", root="/here", level="test")
posix_only = pytest.mark.skipif(os.name == "nt", reason="the layout of a POSIX venv")


@pytest.mark.parametrize(
    ("have", "covers"),
    [
        (WANTED, True),
        (WANTED._replace(level="lint"), True),
        (WANTED._replace(level="run"), False),
        (WANTED._replace(pins="q"), False),
        (WANTED._replace(python="3.12"), False),
        (WANTED._replace(root="/there"), False),
    ],
)
def test_what_a_stamp_covers(have: Stamp, covers: bool) -> None:
    assert have.covers(WANTED) is covers


def test_a_stamp_survives_writing_and_a_spoiled_one_is_none(tmp_path: Path) -> None:
    assert environment.read_stamp(tmp_path) is None
    environment.write_stamp(tmp_path, WANTED)
    assert environment.read_stamp(tmp_path) == WANTED
    for spoiled in ("", "{", "[]", json.dumps({"pins": "p"}), json.dumps({**WANTED._asdict(), "level": "all"})):
        (tmp_path / environment.STAMP).write_text(spoiled, encoding="utf-8")
        assert environment.read_stamp(tmp_path) is None


def copy_of_pins(folder: Path) -> Path:
    (folder / "packaging").mkdir(parents=True)
    for name in environment.REQUIREMENTS.values():
        (folder / "packaging" / name).write_bytes((PACKAGING / name).read_bytes())
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return folder


def test_the_hash_follows_pins_and_scripts_but_not_tool_settings(tmp_path: Path) -> None:
    root = copy_of_pins(tmp_path / "house")
    first = environment.pins_hash(root)
    toml = root / "pyproject.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + '\n[tool.something]\nx = "1"\n', encoding="utf-8")
    assert environment.pins_hash(root) == first
    toml.write_text(toml.read_text(encoding="utf-8").replace("app.cli:main", "app.cli:other"), encoding="utf-8")
    second = environment.pins_hash(root)
    assert second != first
    lint = root / "packaging" / "requirements-lint.txt"
    lint.write_text(lint.read_text(encoding="utf-8") + "extra==1\n", encoding="utf-8")
    third = environment.pins_hash(root)
    assert third not in (first, second)
    lint.write_bytes(lint.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert environment.pins_hash(root) == third


def make_shell_of_a_venv(venv: Path) -> Path:
    """pyvenv.cfg, a python, and a pip that has its RECORD; returns its site-packages."""
    environment.python_of(venv).parent.mkdir(parents=True)
    environment.python_of(venv).touch()
    (venv / "pyvenv.cfg").write_text("home = x\n", encoding="utf-8")
    packages = environment.site_packages(venv, "3.11")
    package(packages, "pip", b"pip")
    return packages


def package(packages: Path, name: str, body: bytes) -> Path:
    """An installed package of one module; returns its dist-info folder."""
    info = packages / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (packages / f"{name}.py").write_bytes(body)
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1\n", encoding="utf-8")
    rows = [f"{name}.py,sha256=x,{len(body)}", f"{info.name}/METADATA,,", f"{info.name}/RECORD,,"]
    rows.append(f"__pycache__/{name}.cpython-311.pyc,,")
    (info / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return info


def test_absent_and_half_made(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    assert environment.judge(venv, WANTED, None) == "absent"
    venv.mkdir()
    (venv / environment.LOCK).touch()
    assert environment.judge(venv, WANTED, None) == "absent"  # only our own lock
    (venv / "lib").mkdir()
    assert environment.judge(venv, WANTED, None) == "broken"  # no pyvenv.cfg
    (venv / "pyvenv.cfg").touch()
    assert environment.judge(venv, WANTED, None) == "broken"  # no python


def test_a_venv_is_judged_by_its_stamp_first(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    make_shell_of_a_venv(venv)

    def never(folder: Path) -> str:
        raise AssertionError(f"must not start {folder}'s Python")

    assert environment.judge(venv, WANTED, WANTED, probe=never) == "ready"
    assert environment.judge(venv, WANTED, WANTED._replace(root="/there"), probe=never) == "moved"


@pytest.mark.parametrize(
    ("probed", "verdict"), [(None, "broken"), ("3.12", "version"), pytest.param("3.11", "behind", marks=posix_only)]
)
@pytest.mark.parametrize("stamp", [None, WANTED._replace(level="run"), WANTED._replace(pins="old")])
def test_without_a_good_stamp_the_python_is_asked(
    tmp_path: Path, probed: str | None, verdict: str, stamp: Stamp | None
) -> None:
    venv = tmp_path / ".venv"
    make_shell_of_a_venv(venv)
    assert environment.judge(venv, WANTED, stamp, probe=lambda folder: probed) == verdict


def test_a_venv_whose_pip_was_half_written_is_broken(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    packages = make_shell_of_a_venv(venv)
    (packages / "pip-1.dist-info" / "RECORD").unlink()
    assert environment.judge(venv, WANTED, None, probe=lambda folder: "3.11") == "broken"


def test_mend_forgets_what_was_cut_off(tmp_path: Path) -> None:
    whole = package(tmp_path, "whole", b"x = 1\n")
    no_record = package(tmp_path, "no_record", b"x = 1\n")
    (no_record / "RECORD").unlink()
    lost = package(tmp_path, "lost", b"x = 1\n")
    (tmp_path / "lost.py").unlink()
    short = package(tmp_path, "short", b"x = 1\n")
    (tmp_path / "short.py").write_bytes(b"")
    (tmp_path / "~umpy").mkdir()
    assert environment.mend(tmp_path) == 3
    assert [folder for folder in (whole, no_record, lost, short, tmp_path / "~umpy") if folder.exists()] == [whole]
    assert environment.mend(tmp_path) == 0


def test_clear_keeps_only_the_lock(tmp_path: Path) -> None:
    make_shell_of_a_venv(tmp_path / ".venv")
    venv = tmp_path / ".venv"
    environment.write_stamp(venv, WANTED)
    (venv / environment.LOCK).touch()
    environment.clear(venv)
    assert [entry.name for entry in venv.iterdir()] == [environment.LOCK]


def test_prepare_goes_on_from_an_interrupted_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing pip leaves no stamp; the next run keeps the venv, and only then stamps it."""
    root = copy_of_pins(tmp_path / "house")
    venv = root / ".venv"
    version = "{}.{}".format(*sys.version_info[:2])
    made, installed = [], []

    def make(folder: Path, verdict: str, lock: object) -> None:
        made.append(verdict)
        environment.python_of(folder).parent.mkdir(parents=True)
        environment.python_of(folder).touch()
        (folder / "pyvenv.cfg").touch()
        package(environment.site_packages(folder, version), "pip", b"pip")

    def install(folder: Path, requirements: Path, level: str, lock: object) -> None:
        installed.append((requirements.name, level))
        if len(installed) == 1:
            raise environment.SetupFailed

    judge = environment.judge
    monkeypatch.setattr(environment, "make", make)
    monkeypatch.setattr(environment, "install", install)
    monkeypatch.setattr(environment, "judge", lambda *given: judge(*given, probe=lambda folder: version))
    with pytest.raises(environment.SetupFailed):
        environment.prepare("test", root)
    assert environment.read_stamp(venv) is None
    assert environment.prepare("test", root) == venv
    assert environment.prepare("test", root) == venv
    assert environment.prepare("run", root) == venv
    assert made == ["absent"]
    assert installed == [("requirements-test.txt", "test")] * 2
    assert environment.read_stamp(venv) == environment.wanted_stamp(root, "test")
    # New pins while only `run` is asked for: what was installed for the tests must follow, too.
    environment.write_stamp(venv, environment.wanted_stamp(root, "test")._replace(pins="old"))
    environment.prepare("run", root)
    assert installed[-1] == ("requirements-test.txt", "test")


def test_the_second_run_waits_for_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def second() -> None:
        with environment.only_one(tmp_path / "lock", pause=0.01):
            order.append("second")

    thread = threading.Thread(target=second)
    with environment.only_one(tmp_path / "lock"):
        thread.start()
        told = until_now(lambda: capsys.readouterr().err, "it says that it waits")
        order.append("first")
    thread.join(timeout=60)
    assert order == ["first", "second"]
    assert (told + capsys.readouterr().err).count("\n") == 1


def test_the_project_is_linked_without_a_build(tmp_path: Path) -> None:
    root = copy_of_pins(tmp_path / "küçük ev")
    venv = root / ".venv"
    packages = make_shell_of_a_venv(venv)
    environment.link_project(venv, root, "3.11")
    environment.link_project(venv, root, "3.11")
    line = (packages / "paxzar.pth").read_text(encoding="ascii").strip()
    assert (packages / line).resolve() == root.resolve()
    (info,) = packages.glob("paxzar-*.dist-info")
    assert environment.is_complete(info)
    assert "paxzar = app.cli:main" in (info / "entry_points.txt").read_text(encoding="utf-8")


@posix_only
def test_a_console_script_runs_from_a_folder_with_spaces_and_quotes(tmp_path: Path) -> None:
    venv = tmp_path / "it's küçük" / ".venv"
    environment.scripts_of(venv).mkdir(parents=True)
    environment.python_of(venv).symlink_to(sys.executable)
    (tmp_path / "shop.py").write_text("import sys\ndef main():\n    print(sys.argv)\n    return 7\n", encoding="utf-8")
    (script,) = environment._write_script(venv, "paxzar", "shop:main", windowed=False)
    answer = subprocess.run(
        [script, "a b", "ç"], capture_output=True, env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"}
    )
    assert answer.returncode == 7
    assert answer.stdout.decode("utf-8").strip() == "['paxzar', 'a b', 'ç']"


def test_pip_takes_only_hashed_wheels_and_nothing_of_the_users_detours() -> None:
    line = environment.pip_command(Path("v"), Path("r.txt"))
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(line)
    bent = {"PIP_TARGET": "t", "PIP_INDEX_URL": "mirror", "PYTHONPATH": "p", "PYTHONHOME": "h", "PATH": "a"}
    kept = environment.pip_environment(bent, Path("v"))
    assert kept["PIP_INDEX_URL"] == "mirror"
    assert not {"PIP_TARGET", "PYTHONPATH", "PYTHONHOME"} & set(kept)
    assert kept["PATH"].split(os.pathsep) == [str(environment.scripts_of(Path("v"))), "a"]


def test_a_child_keeps_its_compiled_modules() -> None:
    kept = environment.child_environment({"PYTHONDONTWRITEBYTECODE": "1", "PATH": "a"}, Path("v"))
    assert "PYTHONDONTWRITEBYTECODE" not in kept


@pytest.mark.slow
def test_a_real_venv_is_made_over_a_broken_one(tmp_path: Path) -> None:
    """The one test that makes an environment; nothing is installed into it."""
    venv = tmp_path / "küçük ev" / ".venv"
    venv.mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("home = /nowhere\n", encoding="utf-8")
    assert environment.judge(venv, WANTED, None) == "broken"
    with environment.only_one(venv / environment.LOCK) as lock:
        environment.make(venv, "broken", lock)
    version = "{}.{}".format(*sys.version_info[:2])
    assert environment.version_inside(venv) == version
    wanted = Stamp("p", version, str(tmp_path), "run")
    assert environment.judge(venv, wanted, None) == "behind"
    assert environment.mend(environment.site_packages(venv, version)) == 0
