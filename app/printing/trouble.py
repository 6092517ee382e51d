"""What cannot be printed, and why: crosses from the worker process to whoever asked."""

from __future__ import annotations

from app.contracts.messages import Message


class LabelTrouble(Exception):
    """`reference`: the parcel's or the order's; `message`: `label.broken`, `label.unsafe`, `printer.…`."""

    def __init__(self, reference: str, message: Message) -> None:
        super().__init__(reference, message)  # both, or it could not be pickled on its way out of the worker
        self.reference, self.message = reference, message


class PrintTrouble(Exception):
    """Nothing was printed for a reason that is no single label's. `key` names a whole sentence, `params` fill it."""

    def __init__(self, key: str, params: dict[str, str] | None = None) -> None:
        super().__init__(key, params)
        self.key, self.params = key, params or {}

    @property
    def message(self) -> Message:
        return Message(self.key, self.params)
