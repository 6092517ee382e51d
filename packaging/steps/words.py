"""The sentences of the bootstrap, in Turkish and English. They live here and not in `resources/`, because they must
be sayable when nothing else works yet. Every key has both languages (a test checks)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

SENTENCES: dict[str, tuple[str, str]] = {
    # key: (Turkish, English)
    "venv.make": ("Python ortamı hazırlanıyor (.venv).", "Making the Python environment (.venv)."),
    "venv.remake": (
        "Var olan .venv kullanılamıyor ({why}); yeniden kuruluyor.",
        "The .venv found here cannot be used ({why}); making it anew.",
    ),
    "venv.why.broken": ("yarım kalmış ya da bozuk", "half-made or broken"),
    "venv.why.version": ("başka bir Python sürümüne ait", "it belongs to another Python version"),
    "venv.why.moved": ("klasör taşınmış", "the folder was moved"),
    "venv.mended": (
        "Yarım kalmış {count} paket yeniden kurulacak.",
        "{count} half-installed package(s) will be installed again.",
    ),
    "venv.busy": (
        ".venv silinemedi: oradan çalışan programları kapatıp yeniden deneyin ({detail}).",
        "Could not clear .venv: close the programs that run from it and try again ({detail}).",
    ),
    "venv.failed": ("Python ortamı kurulamadı.", "The Python environment could not be made."),
    "lock.wait": (
        "Başka bir kurulum sürüyor; bitmesi bekleniyor.",
        "Another setup is at work here; waiting for it to end.",
    ),
    "install": (
        "{count} paket kuruluyor ({level}); ilk seferde birkaç dakika sürebilir.",
        "Installing {count} packages ({level}); the first time this can take a few minutes.",
    ),
    "install.retry": ("Kurulum yarıda kaldı; bir kez daha deneniyor.", "The installation stopped; trying once more."),
    "install.failed": (
        "Paketler kurulamadı. İnternet bağlantısını denetleyip komutu yeniden çalıştırın; kaldığı yerden sürer.",
        "The packages could not be installed. Check the network and run the command again; it goes on from there.",
    ),
    "no.access": (
        "Buraya yazma izni yok: {path}",
        "No permission to write here: {path}",
    ),
    "ready": ("Ortam hazır.", "The environment is ready."),
    "apt.install": (
        "İşletim sisteminde eksik olan paketler kuruluyor: {packages}.",
        "Installing what the operating system lacks: {packages}.",
    ),
    "system.lacks": (
        "İşletim sisteminde eksik: {what}. Kurmak için: {line}",
        "The operating system lacks {what}. To install: {line}",
    ),
    "system.lacks.unknown": (
        "İşletim sisteminde eksik: {what}. Paket yöneticinizle kurun.",
        "The operating system lacks {what}. Install them with your package manager.",
    ),
    "python.lacks": (
        "Bu Python'da {what} yok ({python}): python.org'daki tam sürümü kurup komutu yeniden çalıştırın.",
        "This Python has no {what} ({python}): install the full one from python.org and run the command again.",
    ),
    "headless": (
        "Ekran bulunamadı; aynı iş penceresiz yapılıyor (paxzar demo).",
        "No display found; doing the same job without a window (paxzar demo).",
    ),
    "took": ("{name}: {minutes} dk {seconds} sn.", "{name}: {minutes} min {seconds} s."),
    "lint.ok": ("{name}: temiz.", "{name}: clean."),
    "lint.bad": ("{name}: sorun var.", "{name}: has findings."),
    "uv.missing": (
        "Sabitlemek için uv gerekir: python -m pip install uv",
        "Pinning needs uv: python -m pip install uv",
    ),
    "pin.host": (
        "{file} içinde bir adres kaldı; yazılmadı: {line}",
        "An address was left in {file}; not written: {line}",
    ),
    "pin.done": ("{file}: {count} sabit.", "{file}: {count} pins."),
    "display.tools": (
        "Ekran sınamaları için Xvfb ve openbox gerekir.",
        "The screen tests need Xvfb and openbox.",
    ),
    "display.failed": ("Xvfb başlamadı.", "Xvfb did not start."),
    "usage": (
        "Kullanım: bootstrap.py run | test [pytest …] | setup [--for run|test|lint] | system | bench [AD…] [--json DOSYA] | "
        "faults [--rounds N] | screens | lint | pin [--upgrade]",
        "Usage: bootstrap.py run | test [pytest …] | setup [--for run|test|lint] | system | bench [NAME…] [--json FILE] | "
        "faults [--rounds N] | screens | lint | pin [--upgrade]",
    ),
}


def system_language(platform: str = sys.platform) -> str:
    """The language that the desktop is set to where no environment variable tells ("" when unknown)."""
    if platform == "win32":
        import ctypes

        turkish_primary = 0x1F  # LANG_TURKISH, the low ten bits of a LANGID
        language = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return "tr" if language & 0x3FF == turkish_primary else "en"
    if platform == "darwin":
        answer = subprocess.run(["defaults", "read", "-g", "AppleLocale"], capture_output=True, text=True, check=False)
        return answer.stdout.strip()
    return ""


def is_turkish(environment: Mapping[str, str], desktop: Callable[[], str] = system_language) -> bool:
    """Whether to speak Turkish: the first of LC_ALL, LC_MESSAGES, LANG that is set decides, else the desktop.

    "C" and "POSIX" are no choice of language, so the desktop is asked then, too.
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value and value.split(".")[0] not in ("C", "POSIX"):
            return value.replace("-", "_").split("_")[0].split(".")[0] == "tr"
    return desktop().replace("-", "_").split("_")[0] == "tr"


def sentence(key: str, turkish: bool, **values: object) -> str:
    """The sentence of `key` with its values. Raises KeyError for a key that nobody wrote."""
    return SENTENCES[key][0 if turkish else 1].format(**values)


def printable(text: str, stream: TextIO) -> str:
    """`text` with what the stream's encoding lacks replaced: a Windows console may know no ı, and must not stop us."""
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def say(key: str, **values: object) -> None:
    """One line on standard error: standard output belongs to the program that is being started."""
    print(printable(sentence(key, is_turkish(os.environ), **values), sys.stderr), file=sys.stderr, flush=True)
