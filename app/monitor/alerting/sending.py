"""How sending on a channel ends. Shared by the ways of sending; never carries an address or a secret."""

from __future__ import annotations

from collections.abc import Mapping

from app.contracts import Message


class SendFailed(Exception):
    """It did not go out. `again`: later it may; False: not before the channel is set up otherwise. `after_s`: the receiver
    asks to wait so long. `doubtful`: it may have been taken all the same, the answer was lost."""

    def __init__(self, message: Message, *, again: bool, after_s: float | None = None, doubtful: bool = False) -> None:
        super().__init__(message.code)
        self.message, self.again, self.after_s, self.doubtful = message, again, after_s, doubtful


def failed(code: str, params: Mapping[str, str], *, again: bool, after_s: float | None = None) -> SendFailed:
    """With one of this area's own sentences (`alerts.fail.<code>`)."""
    return SendFailed(Message(f"alerts.fail.{code}", dict(params)), again=again, after_s=after_s)
