"""A label that cannot be printed, and why: crosses from the worker process to whoever asked."""

from __future__ import annotations

from app.contracts.messages import Message


class LabelTrouble(Exception):
    """`reference`: the parcel's; `message`: `label.broken` or `label.unsafe`."""

    def __init__(self, reference: str, message: Message) -> None:
        super().__init__(reference, message)  # both, or it could not be pickled on its way out of the worker
        self.reference, self.message = reference, message
