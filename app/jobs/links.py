"""From a stored connection to a living provider: manifest, credentials, pipeline, client. Built on first use, kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from app.contracts import (
    DEADLINES_S,
    Account,
    Environment,
    Manifest,
    Message,
    Secret,
    TokenStore,
    answered_of,
    fail,
    throttling_of,
)
from app.contracts.account import LEARNT as _LEARNT
from app.contracts.account import Compute, compute_here
from app.contracts.catalogue import Catalogue
from app.http.pipeline import Network
from app.http.policy import Policy
from app.jobs.tokens import SpokenTokens, told
from app.kit import httpx
from app.model import fold
from app.store import Store
from app.store.accounts import AccountRow
from app.store.connections import ConnectionRow
from app.vault import VaultError

#: Attempts of a probe, with the pipeline's back-off between them.
PROBE_TRIES = 3


class Keys(Protocol):
    """Where credentials come from: the unlocked vault, or the rehearsal servers' own."""

    async def get(self, entry_id: str) -> dict[str, Secret]: ...

    async def put(self, entry_id: str, values: Mapping[str, str]) -> None: ...

    async def drop(self, entry_id: str) -> None: ...

    def tokens(self, entry_id: str) -> TokenStore: ...


@dataclass(frozen=True)
class Link:
    """A connection with everything that a job needs to work on it."""

    row: ConnectionRow
    manifest: Manifest
    account: Account
    provider: Any
    http: httpx.AsyncClient
    skew: Callable[[], float] = lambda: 0.0  # seconds by which the vendor's clock is ahead of ours
    prober: Any = None  # the same provider for asking whether the connection lives (`Policy.probe`)

    @property
    def id(self) -> int:
        return self.row.id

    def can(self, capability: str) -> bool:
        """Whether the provider has the capability and the merchant's switch for it is on."""
        return capability in self.manifest.capabilities and self.row.switches.get(capability, True)


class Links:
    """All living connections. `drop` after a change of settings; the next `get` builds anew."""

    def __init__(
        self, store: Store, keys: Keys, catalogue: Catalogue, network: Network, now: Callable[[], datetime]
    ) -> None:
        self._store, self._keys, self._catalogue, self._network, self._now = store, keys, catalogue, network, now
        self._links: dict[int, Link] = {}
        self._tokens: dict[str, TokenStore] = {}
        self._learnt: dict[str, dict[str, str]] = {}  # by account: what its provider found out
        self._kept: dict[str, dict[str, str]] = {}  # the same as it lies in the store
        self.compute: Compute = compute_here  # where providers compute what is large; the console sets its worker

    async def get(self, connection_id: int) -> Link:
        """Raises KeyError for an unknown connection, ProviderError (config.*, vault.locked) when it cannot be built."""
        if connection_id not in self._links:
            row = await self._store.connections.get(connection_id)
            account_row = await self._store.accounts.get(row.account_id) if row is not None else None
            if row is None or account_row is None:
                raise KeyError(connection_id)
            if row.account_id not in self._learnt:
                found = await self._store.settings.get(_LEARNT + row.account_id, {})
                self._kept[row.account_id] = {str(k): str(v) for k, v in dict(found).items()}
                self._learnt[row.account_id] = dict(self._kept[row.account_id])
            self._links[connection_id] = await self._build(row, account_row)
        return self._links[connection_id]

    async def _build(self, row: ConnectionRow, account_row: AccountRow) -> Link:
        try:
            held = await self._keys.get(account_row.id)
        except KeyError as error:
            raise fail(Message("config.field", {"field": "*", "connection": row.name}, field="*")) from error
        except VaultError as error:
            raise fail(told(error)) from None
        return self.make(row, account_row.settings, account_row.urls, held)

    def make(
        self,
        row: ConnectionRow,
        settings: Mapping[str, str],
        overrides: Mapping[str, str],
        held: Mapping[str, Secret],
        *,
        tokens: TokenStore | None = None,
    ) -> Link:
        """A link that need not be stored yet: the connect dialog tests one before saving. `tokens`: other than the account's."""
        manifest = self._catalogue.manifest(row.integration)
        urls = addresses(manifest, row.environment, settings, overrides)
        others = alternates(manifest, row.environment, settings, overrides)
        insecure = frozenset(
            host for host in (host_of(u) for u in urls.values() if u.startswith("http:")) if manifest.insecure_http
        )
        client = self._catalogue.client(row.integration)
        policy = Policy(
            connection_id=row.id,
            account_id=row.account_id,
            connection_name=row.name,
            deadline_s=DEADLINES_S[manifest.category],
            hosts=frozenset(
                {host_of(u) for u in (*urls.values(), *others)}
                | set(manifest.hosts)
                | typed_hosts(manifest, settings, held)
            ),
            limits=manifest.limits,
            own_rate=row.own_rate,
            insecure_hosts=insecure,
            throttling=throttling_of(client),
            answered=answered_of(client),
            alternates=others,
        )
        if tokens is None:
            tokens = self.tokens(row.account_id)
        account = Account(
            id=row.account_id,
            integration=row.integration,
            environment=row.environment,
            urls=urls,
            tokens=tokens,
            now=self._now,
            nonce=lambda: secrets.token_hex(16),
            settings=dict(settings),
            secrets=dict(held),
            params=dict(manifest.params),
            learnt=self._learnt.get(row.account_id, {}),
            sign_in=manifest.sign_in,
            compute=self.compute,
        )
        if row.id == 0:  # a trial: what failed before it was another address or another key
            self._network.reset_breaker(0)
        http = self._network.client(policy, urls["api"])
        provider = client(http, account)
        asking = self._network.client(replace(policy, probe=True, retries=PROBE_TRIES - 1), urls["api"])
        return Link(row, manifest, account, provider, http, lambda: self._network.skew(row.id), client(asking, account))

    def tokens(self, account_id: str) -> TokenStore:
        """The account's tokens, one object for all who use them: they share its lock."""
        if account_id not in self._tokens:
            self._tokens[account_id] = SpokenTokens(self._keys.tokens(account_id))
        return self._tokens[account_id]

    def manifest(self, integration: str) -> Manifest:
        return self._catalogue.manifest(integration)

    def explained(self, row: ConnectionRow, message: Message) -> Message:
        """`explained` with what is known of this connection."""
        return explained(message, self._catalogue.manifest(row.integration), self._network.skew(row.id))

    async def keep_learnt(self, account_id: str) -> None:
        """Write down what the account's provider learnt, when that is news."""
        learnt = self._learnt.get(account_id, {})
        if learnt != self._kept.get(account_id, {}):
            self._kept[account_id] = dict(learnt)
            await self._store.settings.set(_LEARNT + account_id, dict(learnt) or None)

    def drop(self, connection_id: int) -> None:
        self._links.pop(connection_id, None)

    def drop_all(self) -> None:
        """Forget every living link: they hold plain secrets, and the vault was locked."""
        self._links.clear()

    def drop_account(self, account_id: str) -> None:
        if account_id in self._learnt:
            self._learnt[account_id] = {}  # it may be another shop now
        for link in [x for x in self._links.values() if x.row.account_id == account_id]:
            self.drop(link.id)


#: A clock that is off by more than this can make a vendor refuse a signed call; less than this never did.
WRONG_CLOCK_S = 60.0
_DAY_S = 86_400.0
_LONG_WAIT_S = 3600.0
_OF_TIME = (
    "timestamp",
    "time stamp",
    "clock",
    "skew",
    "signature",
    "request time",
    "x-amz-date",
    "zaman damga",
    "imza",
)
_REFUSALS = frozenset({"auth.refused", "auth.expired", "auth.forbidden", "request.refused"})


def explained(message: Message, manifest: Manifest, skew_s: float) -> Message:
    """The message with what only this program can know. Pure.

    A refusal that speaks of time or signature while our clock is more than a minute off is the clock's fault, not the key's
    (`auth.clock`). A limit whose end is hours away, at a vendor whose manifest names a quota per day, is `rate.daily`.
    `skew_s`: how far the vendor's clock (its Date header) is ahead of ours, 0 when unknown.
    """
    if message.code in _REFUSALS and abs(skew_s) > WRONG_CLOCK_S:
        told = fold(f"{message.vendor_code} {message.vendor_text}")
        if any(word in told for word in _OF_TIME):
            message = msgspec.structs.replace(message, code="auth.clock")
    if message.code == "auth.clock" and abs(skew_s) > WRONG_CLOCK_S:
        return message.about(skew=str(round(skew_s)))
    waits = message.retry_after is not None and message.retry_after >= _LONG_WAIT_S
    if message.code == "rate.limited" and waits and any(limit.seconds >= _DAY_S for limit in manifest.limits):
        return msgspec.structs.replace(message, code="rate.daily")
    return message


def typed_hosts(manifest: Manifest, settings: Mapping[str, str], held: Mapping[str, Secret]) -> set[str]:
    """The hosts of the addresses that the merchant typed beside the vendor's own."""
    keys = [field.key for field in manifest.credentials if field.address]
    typed = [settings.get(key, "") or (held[key].reveal() if key in held else "") for key in keys]
    return {host_of(url) for url in typed} - {""}


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def addresses(
    manifest: Manifest, environment: str, settings: Mapping[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """The addresses of an environment. `overrides['api']` (a `--base-url`) moves every address to that server, paths kept.

    Raises YoursError `config.field` when the merchant must type one and has not, `config.wrong_url` when it is none.
    """
    place: Environment | None = manifest.environments.get(environment)
    if not manifest.environments and not overrides.get("api"):
        return {"api": ""}  # it exchanges files: nothing but what the merchant types is ever called
    if place is None and not overrides.get("api"):
        raise fail(Message("config.field", {"field": "environment", "value": environment}, field="environment"))
    # An environment of the merchant's own (a test server, the rehearsal) has the paths of the first one.
    place = place or next(iter(manifest.environments.values()), Environment())
    api = overrides.get("api") or place.api or _typed_url(settings.get(place.url_from, ""), place.url_from)
    for key, value in settings.items():
        api = api.replace("{" + key + "}", value)
    api = checked_url(api, place.url_from or "base_url")
    urls = {"api": api}
    for purpose, url in place.urls.items():
        if overrides.get("api"):
            urls[purpose] = api.rstrip("/") + urlsplit(url).path
        else:
            for key, value in settings.items():
                url = url.replace("{" + key + "}", value)
            urls[purpose] = url
    return {**urls, **{k: v for k, v in overrides.items() if k != "api" and v}}


def alternates(
    manifest: Manifest, environment: str, settings: Mapping[str, str], overrides: Mapping[str, str]
) -> tuple[str, ...]:
    """Addresses that stand in for the live one; none for a test system or a server that the merchant named: its keys are not
    the vendor's. Raises YoursError `config.wrong_url`."""
    live = manifest.environments.get("live")
    if environment != "live" or live is None or not live.api or overrides.get("api"):
        return ()
    found = []
    for url in manifest.alternates:
        for key, value in settings.items():
            url = url.replace("{" + key + "}", value)
        found.append(checked_url(url, "base_url"))
    return tuple(found)


def _typed_url(text: str, field: str) -> str:
    """What a merchant types for a shop's address: 'shop.example.com/' means https."""
    text = text.strip()
    if not text:
        raise fail(Message("config.field", {"field": field or "base_url"}, field=field or "base_url"))
    return text if "://" in text else f"https://{text}"


def checked_url(url: str, field: str) -> str:
    """`url` without a trailing slash, query or fragment. Raises YoursError for anything that is no http(s) address."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        parts, port_ok = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok or parts.username or "{" in url:
        raise fail(Message("config.wrong_url", {"url": url[:120]}, field=field))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
