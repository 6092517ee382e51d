"""What one connection may do on the network: whom it may call, how long, how fast, how much. Plain data from manifest and merchant."""

from __future__ import annotations

from dataclasses import dataclass

from app.contracts import Answered, Limit, Throttling

MIB = 1024 * 1024


@dataclass(frozen=True)
class Policy:
    """`deadline_s`: total seconds of one call, waiting, all attempts and the body included (a request's extension `deadline`
    overrides it). `hosts`: ASCII host names, or `*.suffix` for any name below it. `limits`: the vendor's, shared by all
    connections of the account. `own_rate`: calls per second that the merchant allows this connection.
    `insecure_hosts`: where plain http is allowed beside loopback. `max_bytes`: cap of a decoded body; `max_ratio`: decoded ÷
    received. `retries`: repeats after the first attempt. `throttle_statuses`: what this vendor says instead of 429 (Shopify's 430 …).
    `throttling`: looks into the body for a refusal that has no such status. `answered`: tells which answers of 500
    and more are the vendor's word about the data, and no breakdown. `probe`: every call asks whether the connection
    lives: its samples say so, an open breaker lets it through, and its socket is given back, for the next one is a minute away.
    `alternates`: base addresses that stand in for the client's own one while nobody can be connected to there.
    """

    connection_id: int
    account_id: str
    connection_name: str
    deadline_s: float
    hosts: frozenset[str]
    limits: tuple[Limit, ...] = ()
    own_rate: float | None = None
    insecure_hosts: frozenset[str] = frozenset()
    max_bytes: int = 24 * MIB  # a text of that size may take four times as much once it is read
    max_ratio: int = 200
    retries: int = 4
    throttle_statuses: frozenset[int] = frozenset({429})
    throttling: Throttling | None = None
    answered: Answered | None = None
    probe: bool = False
    alternates: tuple[str, ...] = ()
