"""The real window on a real (virtual) display: every page in both languages, light and dark, photographed and not blank."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from ui.pages import MORE, PAGES

ROOT = Path(__file__).resolve().parents[2]
VISIT = Path(__file__).with_name("visit.py")
PATIENCE_S = 150
LEAST_SHADES = 12

pytestmark = [pytest.mark.screens, pytest.mark.slow, pytest.mark.timeout(PATIENCE_S + 30)]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display of its own; skipped where there is no Xvfb."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("no Xvfb on this machine")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1600x900x24", "-nolisten", "tcp"],
        pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not come up"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def visited(display: str, tmp_path: Path, **plan: Any) -> dict[str, Any]:
    out = tmp_path / "pictures"
    out.mkdir()
    surroundings = {
        **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PAXZAR_HOME": str(tmp_path / "home"),
        "PAXZAR_TEST_PROFILE": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(VISIT), str(out), json.dumps(plan)],
        cwd=ROOT, env=surroundings, text=True, capture_output=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Traceback" not in done.stderr, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["tr", "en"])
def test_every_page_stands_on_a_screen(display: str, tmp_path: Path, lang: str, scheme: str) -> None:
    seen = visited(display, tmp_path, lang=lang, scheme=scheme, width=1440, height=860)
    assert list(seen) == [page for page, _, _ in (*PAGES, *MORE)]
    for page, facts in seen.items():
        assert facts["built"], page
        assert facts["missing"] == [], page
        assert facts["shades"] >= LEAST_SHADES, page
        image = QImage(str(tmp_path / "pictures" / facts["file"]))
        bright = image.pixelColor(image.width() - 30, image.height() // 2).lightness()
        assert (bright > 128) is (scheme == "light"), page


def test_a_small_laptop_at_its_smallest(display: str, tmp_path: Path) -> None:
    seen = visited(display, tmp_path, lang="tr", scheme="light", width=920, height=560)
    for page, facts in seen.items():
        assert facts["built"], page
        assert facts["missing"] == [], page
        assert facts["size"] == [920, 560], page
