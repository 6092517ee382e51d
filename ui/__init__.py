"""The window (PySide6 Widgets on the qasync loop). Knows `app`, never a provider.

Rooms of the reusable layer, from the bottom up:

- `ui.words`, `app.formats.figures`, `app.formats.suffix`: every word, number, date and Turkish suffix that a person reads.
- `ui.theme`: colours by role, fonts, icons, the style and the one sheet.
- `ui.kit`: tasks, dialogs, operations, actions, palette, undo, watchdog, burst limiter.
- `ui.widgets`: painted parts (chip, tile, banner, toast, form field, dialog frame ...).
- `ui.tables`: the one table model, its delegates and the dense table.

What must never happen here: a nested event loop (`exec`, the static helpers of dialogs), a sheet on a single
widget, a colour literal outside `ui.theme`, a word that is not in `resources/words`, a blocking call on the loop.
"""
