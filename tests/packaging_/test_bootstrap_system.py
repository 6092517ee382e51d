"""What the operating system lacks, where a display is, and what is said. Must not install anything."""

from __future__ import annotations

import io
import re
import socket
import subprocess
from pathlib import Path

import pytest
from steps import system, words


def test_missing_libraries_are_those_that_do_not_load() -> None:
    def load(soname: str) -> None:
        if soname in ("libEGL.so.1", "libxcb-cursor.so.0"):
            raise OSError(soname)

    packages = [library.package for library in system.missing_libraries(load=load)]
    assert packages == ["libegl1", "libxcb-cursor0"]
    assert system.missing_libraries(load=lambda soname: None) == []


def test_the_line_to_type() -> None:
    missing = [system.Library("libEGL.so.1", "libegl1"), system.Library("libGL.so.1", "libgl1")]
    apt = "sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1 libgl1"
    assert system.install_line(missing, "apt-get") == apt
    assert system.install_line(missing, "dnf") == "sudo dnf install 'libEGL.so.1()(64bit)' 'libGL.so.1()(64bit)'"
    assert system.install_line(missing, None) is None
    assert system.apt_line(["a"], sudo=False) == "apt-get update && apt-get install -y --no-install-recommends a"


class Apt:
    """A stand-in for subprocess.run that fails the first `failures` installations."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.lines: list[str] = []
        self.frontends: set[str] = set()

    def __call__(self, line: list[str], **keywords: object) -> subprocess.CompletedProcess[bytes]:
        verb = "update" if "update" in line else "install"
        self.lines.append(verb)
        self.frontends.add(keywords["env"]["DEBIAN_FRONTEND"])  # type: ignore[index]
        bad = verb == "install" and self.lines.count("install") <= self.failures
        return subprocess.CompletedProcess(line, 100 if bad else 0, stdout=b"E: broken\n")


def test_apt_updates_once_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_lists_are_fresh", False)
    apt, pauses = Apt(failures=2), []
    assert system.apt_install(["libegl1"], run=apt, sleep=pauses.append)
    assert apt.lines == ["update", "install", "install", "install"]
    assert pauses == [5.0, 10.0]
    assert apt.frontends == {"noninteractive"}


def test_apt_gives_up_and_shows_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(system, "_lists_are_fresh", True)
    assert not system.apt_install(["libegl1"], run=Apt(failures=9), sleep=lambda seconds: None)
    assert "E: broken" in capsys.readouterr().err


def test_without_root_the_line_is_printed_and_nothing_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "missing_libraries", lambda: [system.Library("libEGL.so.1", "libegl1")])
    monkeypatch.setattr(system, "may_install", lambda: False)
    monkeypatch.setattr(system, "package_manager", lambda: "apt-get")
    monkeypatch.setattr(system, "apt_install", lambda packages: pytest.fail("must not install"))
    assert not system.provide_qt_libraries("linux")
    assert "sudo apt-get install -y --no-install-recommends libegl1" in capsys.readouterr().err
    assert system.provide_qt_libraries("darwin")


@pytest.mark.parametrize(("prefix", "package"), [("/usr", "python3.12-venv"), ("/opt/python", None)])
def test_debians_package_is_named_only_for_debians_python(prefix: str, package: str | None) -> None:
    assert system.venv_package((3, 12), prefix) == package


def test_missing_ensurepip_ends_in_the_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "missing_python_parts", lambda: ["ensurepip"])
    monkeypatch.setattr(system, "venv_package", lambda version, prefix: "python3.11-venv")
    monkeypatch.setattr(system, "may_install", lambda: False)
    monkeypatch.setattr(system, "package_manager", lambda: "apt-get")
    assert not system.provide_venv_module()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "install -y --no-install-recommends python3.11-venv" in said


def test_python_parts_are_looked_for_by_import() -> None:
    assert system.missing_python_parts(lambda name: None if name == "ensurepip" else object()) == ["ensurepip"]
    assert system.missing_python_parts(lambda name: object()) == []


@pytest.mark.parametrize(
    ("variables", "addresses"),
    [
        ({}, []),
        ({"DISPLAY": ""}, []),
        ({"DISPLAY": ":7.0"}, ["/tmp/.X11-unix/X7", "\0/tmp/.X11-unix/X7"]),  # noqa: S108
        ({"DISPLAY": "localhost:10.0"}, [("localhost", 6010)]),
        ({"DISPLAY": "nonsense"}, []),
        ({"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "/run/user/7"}, [str(Path("/run/user/7") / "wayland-0")]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, []),
        ({"WAYLAND_DISPLAY": "/run/w"}, ["/run/w"]),
    ],
)
def test_where_displays_listen(variables: dict[str, str], addresses: list[object]) -> None:
    assert system.display_addresses(variables) == addresses


def test_a_display_must_answer() -> None:
    named = {"DISPLAY": "localhost:10.0"}
    assert system.has_display(named, "linux", knock=lambda address: True)
    assert not system.has_display(named, "linux", knock=lambda address: False)
    assert not system.has_display({}, "linux", knock=lambda address: True)
    assert system.has_display({}, "win32", knock=lambda address: False)
    assert system.has_display({}, "darwin", knock=lambda address: False)


def test_knocking_really_connects() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert system.answers(("127.0.0.1", port))
    assert not system.answers(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("variables", "desktop", "turkish"),
    [
        ({"LANG": "tr_TR.UTF-8"}, "en", True),
        ({"LANG": "en_US.UTF-8"}, "tr", False),
        ({"LC_ALL": "tr_TR.UTF-8", "LANG": "en_US.UTF-8"}, "", True),
        ({"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"}, "", True),
        ({"LANG": "C"}, "tr-TR", True),
        ({"LANG": "tr"}, "", True),
        ({"LANG": "trv_TW.UTF-8"}, "", False),
        ({}, "", False),
        ({}, "tr", True),
    ],
)
def test_the_language_follows_the_locale(variables: dict[str, str], desktop: str, turkish: bool) -> None:
    assert words.is_turkish(variables, lambda: desktop) is turkish


def test_every_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    for key, (turkish, english) in words.SENTENCES.items():
        assert "" not in (turkish, english), key
        assert turkish != english, key
        assert sorted(re.findall(r"{(\w+)}", turkish)) == sorted(re.findall(r"{(\w+)}", english)), key


def test_a_console_without_turkish_letters_stops_nothing() -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert words.printable("Kullanım", narrow) == "Kullan?m"
    assert words.printable("Kullanım", io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) == "Kullanım"


def test_the_headless_sentence() -> None:
    assert words.sentence("headless", True).startswith("Ekran bulunamadı")
    assert words.sentence("headless", False).startswith("No display found")
