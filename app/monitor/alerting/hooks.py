"""Slack's incoming webhook, and any other: one POST through the program's pipeline. A webhook carries its time and a
signature over both, so that its receiver knows who sends and throws away what is old or came twice."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from app.contracts import ProviderError
from app.http import headers as said_headers
from app.http.pipeline import Network
from app.http.policy import Policy
from app.monitor.alerting.sending import SendFailed, failed

DEADLINE_S = 10.0
#: Not connections of the merchant: their breakers and samples have numbers of their own.
IDS = {"slack": -1, "webhook": -2}
LONGEST_REPLY = 120
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({404, 410})
_BARRED = frozenset({401, 403})


def signature(key: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC-SHA256 in hex, over the timestamp, a full stop and the body."""
    return "sha256=" + hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed_headers(key: str, delivery: str, body: bytes, now: datetime) -> dict[str, str]:
    """What a webhook's receiver checks: the signature, that the time is not long ago, that the delivery is new."""
    timestamp = str(int(now.timestamp()))
    return {
        "content-type": "application/json",
        "x-paxzar-delivery": delivery,
        "x-paxzar-timestamp": timestamp,
        "x-paxzar-signature": signature(key, timestamp, body),
        "idempotency-key": delivery,
    }


async def post(
    network: Network,
    channel: str,
    url: str,
    body: bytes,
    headers: dict[str, str],
    now: datetime,
    *,
    repeatable: str = "",
    clean: Callable[[str], str] = str,
) -> None:
    """Raises SendFailed. `repeatable`: the id by which the receiver knows a second copy; without one, what may have
    arrived is not sent twice by the pipeline. `clean` takes secrets out of what the receiver says."""  # fmt: skip
    parts = urlsplit(url)
    host = parts.hostname or ""
    policy = Policy(
        connection_id=IDS[channel], account_id=f"alerts.{channel}", connection_name=channel.capitalize(),
        deadline_s=DEADLINE_S, hosts=frozenset({host}), retries=1, max_bytes=64 * 1024,
    )  # fmt: skip
    network.reset_breaker(IDS[channel])  # deliveries have a rhythm of their own; the true reason is to be told
    http = network.client(policy, f"{parts.scheme}://{parts.netloc}")
    extensions = {"operation": "alert", **({"idempotency_key": repeatable} if repeatable else {})}
    try:
        response = await http.post(url, content=body, headers=headers, extensions=extensions)
    except ProviderError as error:
        again = error.message.code.startswith(("net.", "server.", "rate.", "breaker."))
        lasting = error.message.code in ("net.tls", "server.redirect")
        raise SendFailed(error.message, again=again and not lasting) from None
    status = response.status_code
    if status < 300:
        return
    said = " ".join(clean(response.text[: LONGEST_REPLY * 4]).split())[:LONGEST_REPLY]
    told = {"host": host, "status": str(status), "reason": said if said.isprintable() and "<" not in said else ""}
    if status in _PASSING:
        after = None
        if "retry-after" in response.headers:
            date = response.headers.get("date", "")
            after = said_headers.retry_after(response.headers["retry-after"], now.timestamp(), date)
        raise failed("hook_busy", told, again=True, after_s=after)
    code = "hook_gone" if status in _GONE else "hook_barred" if status in _BARRED else "hook_refused"
    raise failed(code, told, again=False)
