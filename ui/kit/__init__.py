"""What pages work with that is not a widget of theirs.

How to use it:

- `spawn(coro, name)` is the only way to start a task; errors go to `spawner().on_error(name, error)`.
- `code = await ask(dialog)` is the only way to open a dialog; `ask_open_file`, `ask_save_file`, `ask_folder` for files;
  `show_menu(menu, point)` for menus. Never `exec`, never the static helpers.
- `operations.start(title, work, total=n)` with `async def work(op)`: it calls `op.advance(done)`, may set `op.report`,
  returns the result; cancel comes as `CancelledError`. Trays and toasts watch `Operations`.
- `registry.add(Action("orders.print", "orders.print", run, "printer", ("Ctrl+P",), scope="orders"))`, then
  `registry.install(window)`; menus by `registry.menu(ids, parent)`, F1 by `registry.help_rows()`, Ctrl+K by
  `CommandPalette(window, registry, pages, records)`.
- `undo.push(Step("1.270 fiyat", undo_coro_function, redo_coro_function))`, `await undo.undo()`.
- `LoopWatchdog().start()` counts stalls over 16 ms; `Burst(work, 100).poke(key)` makes many changes one redraw.
"""

from ui.kit.actions import GLOBAL, Action, ActionError, Registry, check_key, key_words
from ui.kit.burst import Burst
from ui.kit.dialogs import ACCEPTED, REJECTED, ask, ask_folder, ask_open_file, ask_save_file, show_menu
from ui.kit.matching import fold, match
from ui.kit.operation import Operation, Operations, OpState
from ui.kit.palette import CommandPalette, Hit
from ui.kit.tasks import Spawner, begin, set_spawner, spawn, spawner
from ui.kit.undo import Step, UndoStack
from ui.kit.watchdog import LoopWatchdog

__all__ = [
    "ACCEPTED",
    "GLOBAL",
    "REJECTED",
    "Action",
    "ActionError",
    "Burst",
    "CommandPalette",
    "Hit",
    "LoopWatchdog",
    "OpState",
    "Operation",
    "Operations",
    "Registry",
    "Spawner",
    "Step",
    "UndoStack",
    "ask",
    "ask_folder",
    "ask_open_file",
    "ask_save_file",
    "begin",
    "check_key",
    "fold",
    "key_words",
    "match",
    "set_spawner",
    "show_menu",
    "spawn",
    "spawner",
]
