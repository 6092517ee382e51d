"""What the operating system must bring along, and how to get it: shared libraries of Qt, Debian's split-off
ensurepip, a display. Must never install anything unless it is root and apt is there, and never ask a question."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from steps.words import say


class Library(NamedTuple):
    """A shared library that a Qt plugin loads, and the Debian/Ubuntu package that brings it."""

    soname: str
    package: str


# What the shared objects of PySide6-Essentials 6.11 link to (read with ldd), less what every glibc system has.
# First what any Qt program needs, also offscreen; then what the xcb platform plugin adds.
QT_LIBRARIES = (
    Library("libEGL.so.1", "libegl1"),
    Library("libGL.so.1", "libgl1"),
    Library("libxkbcommon.so.0", "libxkbcommon0"),
    Library("libdbus-1.so.3", "libdbus-1-3"),
    Library("libfontconfig.so.1", "libfontconfig1"),
    Library("libfreetype.so.6", "libfreetype6"),
    Library("libglib-2.0.so.0", "libglib2.0-0"),
    Library("libX11.so.6", "libx11-6"),
    Library("libX11-xcb.so.1", "libx11-xcb1"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    Library("libxcb.so.1", "libxcb1"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4"),
    Library("libxcb-image.so.0", "libxcb-image0"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Library("libxcb-randr.so.0", "libxcb-randr0"),
    Library("libxcb-render.so.0", "libxcb-render0"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0"),
    Library("libxcb-shape.so.0", "libxcb-shape0"),
    Library("libxcb-shm.so.0", "libxcb-shm0"),
    Library("libxcb-sync.so.1", "libxcb-sync1"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0"),
    Library("libxcb-xinerama.so.0", "libxcb-xinerama0"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1"),
)

Load = Callable[[str], object]
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
APT_OPTIONS = ["-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]


def missing_libraries(libraries: Iterable[Library] = QT_LIBRARIES, load: Load = ctypes.CDLL) -> list[Library]:
    """Those that the loader cannot load. Loading is the question that Qt will ask; a package list is not."""
    missing = []
    for library in libraries:
        try:
            load(library.soname)
        except OSError:
            missing.append(library)
    return missing


def install_line(libraries: Iterable[Library], manager: str | None) -> str | None:
    """The exact line that brings `libraries`, with sudo, or None where the package manager cannot take file names."""
    missing = list(libraries)
    if manager == "apt-get":
        return apt_line([library.package for library in missing])
    if manager in ("dnf", "zypper"):
        # RPM packages say which sonames they provide, so the file's own name is the exact request.
        return f"sudo {manager} install " + " ".join(f"'{library.soname}()(64bit)'" for library in missing)
    return None


def apt_line(packages: Iterable[str], sudo: bool = True) -> str:
    """The line a person types to install `packages`."""
    word = "sudo " if sudo else ""
    return f"{word}apt-get update && {word}apt-get install -y --no-install-recommends " + " ".join(packages)


def package_manager() -> str | None:
    return next((name for name in ("apt-get", "dnf", "zypper") if shutil.which(name)), None)


def may_install() -> bool:
    """Root with apt: the one case in which we install without asking."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


_lists_are_fresh = False


def apt_install(
    packages: list[str], run: Run = subprocess.run, sleep: Callable[[float], object] = time.sleep, tries: int = 3
) -> bool:
    """Install `packages` with apt, silently unless it fails; the package lists are fetched once a process."""
    global _lists_are_fresh
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = {"env": environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    say("apt.install", packages=" ".join(packages))
    answer = None
    for attempt in range(tries):
        if attempt:
            sleep(5.0 * attempt)
        if not _lists_are_fresh:
            _lists_are_fresh = run(["apt-get", *APT_OPTIONS, "-q", "update"], check=False, **options).returncode == 0
        line = ["apt-get", *APT_OPTIONS, "-q", "install", "-y", "--no-install-recommends", *packages]
        answer = run(line, check=False, **options)
        if answer.returncode == 0:
            return True
    if answer is not None and answer.stdout:
        sys.stderr.write(answer.stdout.decode("utf-8", "replace")[-2000:])
    return False


def provide_qt_libraries(platform: str = sys.platform) -> bool:
    """True when Qt finds its libraries. Else they are installed, or the line that installs them is printed."""
    if platform != "linux":
        return True
    missing = missing_libraries()
    if missing and may_install() and apt_install([library.package for library in missing]):
        missing = missing_libraries()
    if not missing:
        return True
    what = ", ".join(library.soname for library in missing)
    line = install_line(missing, package_manager())
    if line:
        say("system.lacks", what=what, line=line)
    else:
        say("system.lacks.unknown", what=what)
    return False


def missing_python_parts(find: Callable[[str], object] = importlib.util.find_spec) -> list[str]:
    """The parts of the standard library that Debian keeps out of its own Python until python3.N-venv is installed."""
    return [name for name in ("venv", "ensurepip") if find(name) is None]


def venv_package(version: tuple[int, int], base_prefix: str) -> str | None:
    """Debian's package for `version`, or None when this Python did not come from the distribution."""
    return f"python{version[0]}.{version[1]}-venv" if base_prefix == "/usr" else None


def provide_venv_module() -> bool:
    """True when `python -m venv` can work. Else it is installed, or the one line that installs it is printed."""
    missing = missing_python_parts()
    if not missing:
        return True
    package = venv_package(sys.version_info[:2], sys.base_prefix)
    if package and may_install() and apt_install([package]):
        importlib.invalidate_caches()
        missing = missing_python_parts()
    if not missing:
        return True
    what = ", ".join(missing)
    if package and package_manager() == "apt-get":
        say("system.lacks", what=what, line=apt_line([package]))
    else:
        say("python.lacks", what=what, python=sys.executable)
    return False


def provide_programs(programs: Mapping[str, str]) -> bool:
    """True when each program (name → Debian package) is on PATH, after installing it where we may."""
    missing = {name: package for name, package in programs.items() if shutil.which(name) is None}
    if missing and may_install() and apt_install(sorted(missing.values())):
        missing = {name: package for name, package in missing.items() if shutil.which(name) is None}
    if missing:
        say("system.lacks", what=", ".join(missing), line=apt_line(sorted(missing.values())))
    return not missing


def display_addresses(environment: Mapping[str, str]) -> list[str | tuple[str, int]]:
    """Where the displays named in `environment` listen: socket paths, or (host, port). Wayland first, as Qt does."""
    found: list[str | tuple[str, int]] = []
    wayland = environment.get("WAYLAND_DISPLAY", "")
    if wayland:
        runtime = environment.get("XDG_RUNTIME_DIR", "")
        if wayland.startswith("/"):
            found.append(wayland)
        elif runtime:
            found.append(str(Path(runtime) / wayland))
    host, colon, rest = environment.get("DISPLAY", "").rpartition(":")
    number = rest.split(".")[0]
    if colon and number.isdigit():
        if host in ("", "unix"):
            found += [f"/tmp/.X11-unix/X{number}", f"\0/tmp/.X11-unix/X{number}"]  # noqa: S108 – X11's own path
        else:
            found.append((host.strip("[]"), 6000 + int(number)))
    return found


def answers(address: str | tuple[str, int]) -> bool:
    """Whether something accepts a connection there within a second."""
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, timeout=1.0).close()
            return True
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            knock.settimeout(1.0)
            knock.connect(address)
            return True
    except OSError:
        return False


def has_display(
    environment: Mapping[str, str],
    platform: str = sys.platform,
    knock: Callable[[str | tuple[str, int]], bool] = answers,
) -> bool:
    """Windows and macOS always have one; elsewhere one must be named and answer (a stale DISPLAY is common)."""
    if platform in ("win32", "darwin"):
        return True
    return any(knock(address) for address in display_addresses(environment))
