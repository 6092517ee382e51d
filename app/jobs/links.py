"""From a stored connection to a living provider: manifest, credentials, pipeline, client. Built on first use, kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from app.contracts import DEADLINES_S, Account, Environment, Manifest, Message, Secret, TokenStore, fail
from app.contracts.catalogue import Catalogue
from app.http.pipeline import Network
from app.http.policy import Policy
from app.kit import httpx
from app.store import Store
from app.store.accounts import AccountRow
from app.store.connections import ConnectionRow


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

    async def get(self, connection_id: int) -> Link:
        """Raises KeyError for an unknown connection, ProviderError (config.*) when it cannot be built."""
        if connection_id not in self._links:
            row = await self._store.connections.get(connection_id)
            account_row = await self._store.accounts.get(row.account_id) if row is not None else None
            if row is None or account_row is None:
                raise KeyError(connection_id)
            self._links[connection_id] = await self._build(row, account_row)
        return self._links[connection_id]

    async def _build(self, row: ConnectionRow, account_row: AccountRow) -> Link:
        try:
            held = await self._keys.get(account_row.id)
        except KeyError as error:
            raise fail(Message("config.field", {"field": "*", "connection": row.name}, field="*")) from error
        return self.make(row, account_row.settings, account_row.urls, held)

    def make(
        self, row: ConnectionRow, settings: Mapping[str, str], overrides: Mapping[str, str], held: Mapping[str, Secret]
    ) -> Link:
        """A link that need not be stored yet: the connect dialog tests one before saving."""
        manifest = self._catalogue.manifest(row.integration)
        urls = addresses(manifest, row.environment, settings, overrides)
        insecure = frozenset(
            host for host in (host_of(u) for u in urls.values() if u.startswith("http:")) if manifest.insecure_http
        )
        policy = Policy(
            connection_id=row.id,
            account_id=row.account_id,
            connection_name=row.name,
            deadline_s=DEADLINES_S[manifest.category],
            hosts=frozenset({host_of(u) for u in urls.values()} | set(manifest.hosts)),
            limits=manifest.limits,
            own_rate=row.own_rate,
            insecure_hosts=insecure,
        )
        if row.account_id not in self._tokens:
            self._tokens[row.account_id] = self._keys.tokens(row.account_id)
        account = Account(
            id=row.account_id,
            integration=row.integration,
            environment=row.environment,
            urls=urls,
            tokens=self._tokens[row.account_id],
            now=self._now,
            nonce=lambda: secrets.token_hex(16),
            settings=dict(settings),
            secrets=dict(held),
            params=dict(manifest.params),
        )
        http = self._network.client(policy, urls["api"])
        provider = self._catalogue.client(row.integration)(http, account)
        return Link(row, manifest, account, provider, http, lambda: self._network.skew(row.id))

    def manifest(self, integration: str) -> Manifest:
        return self._catalogue.manifest(integration)

    def drop(self, connection_id: int) -> None:
        self._links.pop(connection_id, None)

    def drop_account(self, account_id: str) -> None:
        for link in [x for x in self._links.values() if x.row.account_id == account_id]:
            self.drop(link.id)


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def addresses(
    manifest: Manifest, environment: str, settings: Mapping[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """The addresses of an environment. `overrides['api']` (a `--base-url`) moves every address to that server, paths kept.

    Raises YoursError `config.field` when the merchant must type one and has not, `config.wrong_url` when it is none.
    """
    place: Environment | None = manifest.environments.get(environment)
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
