"""What each named state looks like: chip colours, icon and the key of its word. No colour values here, only roles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """`ink` a state of the theme or "" (plain: `text_2`, no background), `icon` a Phosphor name, `weight`, `word` a key.

    `solid` is the loudest one: text on `critical_bg`. `faint` is plain in `text_3`.
    """

    ink: str
    icon: str
    word: str
    weight: str = "fill"
    solid: bool = False
    faint: bool = False


def _state(name: str, icon: str, word: str = "") -> Look:
    return Look(name, icon, word or f"state.{name}")


LOOKS: dict[str, Look] = {
    # connections and pages
    "healthy": _state("healthy", "check-circle"),
    "degraded": _state("degraded", "warning"),
    "unhealthy": _state("unhealthy", "x-circle"),
    "offline": _state("offline", "wifi-slash"),
    "paused": _state("paused", "pause-circle"),
    "info": _state("info", "info"),
    "rehearsal": _state("rehearsal", "flask"),
    "frozen": _state("frozen", "snowflake"),
    # severity of alerts
    "severity.critical": Look("unhealthy", "warning-octagon", "severity.critical", solid=True),
    "severity.high": _state("unhealthy", "x-circle", "severity.high"),
    "severity.medium": _state("degraded", "warning", "severity.medium"),
    "severity.low": _state("offline", "info", "severity.low"),
    # orders
    "order.new": Look("", "circle", "order.new", weight="regular"),
    "order.picked": _state("info", "hand", "order.picked"),
    "order.packed": _state("healthy", "package", "order.packed"),
    "order.shipped": _state("offline", "truck", "order.shipped"),
    "order.delivered": Look("", "check-circle", "order.delivered"),
    "order.cancelled": _state("unhealthy", "prohibit", "order.cancelled"),
    "order.returning": _state("degraded", "arrow-counter-clockwise", "order.returning"),
    # writes to a vendor
    "write.queued": _state("offline", "clock", "write.queued"),
    "write.sent": _state("info", "paper-plane-tilt", "write.sent"),
    "write.accepted": _state("healthy", "check-circle", "write.accepted"),
    "write.refused": _state("unhealthy", "x-circle", "write.refused"),
    "write.unknown": _state("offline", "question", "write.unknown"),
    # readiness of an integration
    "readiness.live": _state("healthy", "check-circle", "readiness.live"),
    "readiness.partner": _state("info", "handshake", "readiness.partner"),
    "readiness.file": _state("offline", "table", "readiness.file"),
    "readiness.link": _state("offline", "arrow-square-out", "readiness.link"),
    "readiness.planned": Look("", "hourglass", "readiness.planned", faint=True),
    "readiness.retired": _state("offline", "archive", "readiness.retired"),
    # jobs and prints
    "job.queued": _state("offline", "clock", "job.queued"),
    "job.running": _state("info", "arrows-clockwise", "job.running"),
    "job.done": _state("healthy", "check-circle", "job.done"),
    "job.failed": _state("unhealthy", "warning-circle", "job.failed"),
    "job.cancelled": _state("offline", "prohibit", "job.cancelled"),
}

_UNKNOWN = Look("offline", "question", "state.unknown")


def look_of(state: str) -> Look:
    """The look of a state's name; an unknown one is grey with a question mark, never an error in a paint event."""
    return LOOKS.get(state, _UNKNOWN)
