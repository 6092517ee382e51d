"""What the transports know of one call: made once per request, carried in its extensions. Its messages name the connection,
the operation and the host, and never a query value, a header or a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from app.contracts import Message, ProviderError, Throttled
from app.http.lib import httpx
from app.http.policy import Policy
from app.http.samples import SampleClass

if TYPE_CHECKING:
    from app.http.deadlines import Watch

KEY = "paxzar.call"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Call:
    """`until`: on the network's clock, the end of all patience. `left`: this attempt may have reached the vendor. `sent`: any
    attempt may have, and its answer did not say that nothing was done.
    """

    __slots__ = (
        "alternate", "answered", "deadline_s", "group", "host", "left", "operation", "policy", "probe", "repeatable", "sent", "spoilt", "throttled", "throttles", "until", "watch",
    )  # fmt: skip

    def __init__(self, policy: Policy, request: httpx.Request, now: float) -> None:
        known = request.extensions
        self.policy = policy
        self.operation: str = known.get("operation", "call")
        self.group: str = known.get("group", "default")
        self.probe: bool = known.get("probe", False)
        self.deadline_s: float = known.get("deadline", policy.deadline_s)
        self.until = now + self.deadline_s
        repeatable = known.get("repeatable")
        if repeatable is None:
            repeatable = request.method in _SAFE
        self.repeatable: bool = repeatable or bool(known.get("idempotency_key"))
        self.host = request.url.raw_host.decode("ascii")
        self.alternate = ""  # the host of the alternate address that this attempt goes to; "": the usual one
        self.left = False
        self.sent = False
        self.spoilt: SampleClass | None = None  # the answer came and could not be used: what its sample must say
        self.throttled: Throttled | None = None  # the last answer's body says that it is a refusal for haste
        self.answered = False  # the last answer is 5xx and the vendor's word all the same
        self.throttles = 0  # refusals in a row in this call's lane
        self.watch: Watch | None = None

    def message(self, code: str, *, status: int = 0, retry_after: float | None = None, **params: str) -> Message:
        """Params: connection, operation, host, sent (`yes`: the vendor may have acted; `no`: certainly not), and `params`."""
        told = {
            "connection": self.policy.connection_name,
            "operation": self.operation,
            "host": self.host,
            "sent": "yes" if self.left or self.sent else "no",
        }
        return Message(code, {**told, **params}, status=status, retry_after=retry_after)


def call_of(request: httpx.Request) -> Call:
    """The call of a request inside the stack."""
    return cast(Call, request.extensions[KEY])


def never_left(error: ProviderError) -> bool:
    """Whether the pipeline knows that the vendor saw nothing of this call: a write may be sent again without looking first."""
    return error.message.params.get("sent") == "no"
