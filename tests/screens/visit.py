"""Opens the real window on a display, visits every page and photographs it: `python visit.py OUT '{"lang": "tr", "scheme":
"dark", "width": 1440, "height": 900}'`. Says on its last line what it saw. Not a test; `test_screens.py` runs it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

READY = {
    "trendyol": {"orders": 40, "listings": 120, "seed": 11},
    "woocommerce": {"orders": 20, "listings": 60, "seed": 12},
    "yurtici_kargo": {"orders": 0, "listings": 0, "seed": 15},
}


def words_of(widget: Any) -> list[str]:
    """Everything that a widget shows or says."""
    from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

    found = [widget.accessibleName(), widget.toolTip(), widget.windowTitle()]
    for one in widget.findChildren(QWidget):
        found += [one.accessibleName(), one.accessibleDescription(), one.toolTip()]
        if isinstance(one, QLabel | QAbstractButton):
            found.append(one.text())
        if isinstance(one, QLineEdit):
            found.append(one.placeholderText())
    return [text for text in found if text]


async def visit(program: Any, out: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """One picture a page; {page: {shades, missing, file}}."""
    window = program.window
    window.resize(plan["width"], plan["height"])
    services = window.services
    for _ in range(400):
        if not any(one.running for one in services.operations.items):
            break
        await asyncio.sleep(0.1)
    seen: dict[str, Any] = {}
    for page in list(window._table):
        window.go(page)
        for _ in range(300):
            if window.current == page:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(plan.get("pause", 2.0))
        for toast in window.teller.toasts.toasts:
            toast.close_now()
        handle = window.windowHandle()
        picture = window.screen().grabWindow(int(window.winId())) if handle is not None else window.grab()
        file = out / f"{page}-{plan['lang']}-{plan['scheme']}-{plan['width']}.png"
        image = picture.toImage()
        image.save(str(file), "PNG")
        content = {image.pixel(x, y) for x in range(240, image.width(), 5) for y in range(60, image.height(), 5)}
        seen[page] = {
            "built": page in window.pages,
            "shades": len(content),
            "missing": sorted({text for text in words_of(window) if "⟦" in text}),
            "file": file.name,
            "size": [window.width(), window.height()],
        }
    return seen


def main() -> int:
    out, plan = Path(sys.argv[1]), json.loads(sys.argv[2])
    import app.api.rehearsal as rehearse

    rehearse.READY_MADE.clear()
    rehearse.READY_MADE.update(plan.get("ready", READY))
    from ui import entry
    from ui.face import Face, write_face

    write_face(Face(plan["lang"], plan["scheme"]))
    seen: dict[str, Any] = {}

    async def picture(self: Any, operation: Any) -> None:
        del operation
        seen.update(await visit(self, out, plan))

    entry.Program._picture = picture  # type: ignore[method-assign]
    code = entry.main(["--rehearsal", "--lang", plan["lang"], "--screenshot", str(out / "unused.png")])
    sys.stdout.write(json.dumps(seen) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
