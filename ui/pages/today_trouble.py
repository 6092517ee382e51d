"""A line of what needs attention on Today; the rooms that find such lines, and the page that shows them, share it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """One line of the list of what needs attention. `state` a look; `go` what its button opens."""

    key: str
    state: str
    title: str
    text: str
    at: datetime | None
    button: str
    go: tuple[str, dict[str, object]]
