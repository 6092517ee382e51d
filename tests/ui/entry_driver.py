"""Runs the window's own `main` in this process, as a test wants it, and says on its last line how it ended:
`python entry_driver.py '{"ready": {...}, "do": "quit"}' --rehearsal …`. Not a test."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psutil

FACTS: dict[str, Any] = {"raised": 0, "pages": [], "providers_at_first_page": None, "painted_before_core": None}


def watch(plan: dict[str, Any]) -> None:
    """Small ears at the joints of the program; nothing of it is replaced."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    from ui import entry, window

    def tell(what: str) -> None:
        sys.stdout.write(what + "\n")
        sys.stdout.flush()

    class Heard(window.MainWindow):
        def __init__(self) -> None:
            super().__init__()
            self.page_shown.connect(self._page)
            self.sidebar.installEventFilter(self)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and FACTS["painted_before_core"] is None:
                FACTS["painted_before_core"] = "app.console" not in sys.modules
            return super().eventFilter(watched, event)

        def _page(self, page: str) -> None:
            if not FACTS["pages"]:
                FACTS["providers_at_first_page"] = [m for m in sys.modules if m.startswith("providers.")]
            FACTS["pages"].append(page)

        def come_forward(self) -> None:
            super().come_forward()
            FACTS["raised"] += 1
            tell("raised")

    entry.MainWindow = Heard  # type: ignore[misc]
    listen = entry.Program._listen

    async def listening(self: Any, console: Any) -> None:
        await listen(self, console)
        FACTS["children_open"] = [" ".join(p.cmdline()) for p in psutil.Process().children(recursive=True)]
        tell("open")
        doing = plan.get("do", "")
        if doing == "quit":
            QTimer.singleShot(300, QApplication.instance().quit)
        elif doing == "close":
            QTimer.singleShot(300, self.window.close)
        elif doing == "end session":
            QTimer.singleShot(300, lambda: (entry.session_ends(self.window, self), self.window.close()))
        elif doing == "switch":
            plan["do"] = "close"
            QTimer.singleShot(300, lambda: self.switch(False))
        elif doing == "english":
            plan["do"] = ""
            QTimer.singleShot(300, lambda: self.set_language("en"))
            QTimer.singleShot(1500, self.window.close)

    entry.Program._listen = listening  # type: ignore[method-assign]


def run() -> int:
    plan = json.loads(sys.argv[1])
    import app.api.rehearsal as rehearse

    rehearse.READY_MADE.clear()
    rehearse.READY_MADE.update(plan.get("ready", {}))
    watch(plan)
    from ui import entry
    from ui.words import words

    code = entry.main(sys.argv[2:])
    FACTS["code"] = code
    FACTS["language"] = words().language
    FACTS["children_left"] = [" ".join(p.cmdline()) for p in psutil.Process().children(recursive=True)]
    sys.stdout.write(json.dumps(FACTS) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(run())
