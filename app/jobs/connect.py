"""Making a connection: the merchant's words are checked against the manifest, tried, and only then kept."""

from __future__ import annotations

import re
import secrets as random_source
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from app.changes import CONNECTIONS, ChangeReport, Changes
from app.contracts import Manifest, Message, ProbeResult, Secret, fail
from app.contracts.catalogue import Catalogue
from app.contracts.manifest import CredentialField
from app.jobs.links import Keys, Links, addresses
from app.model import clean
from app.store import Store
from app.store.accounts import AccountRow
from app.store.audit import Action
from app.store.connections import ConnectionRow


class Wish(msgspec.Struct, frozen=True):
    """What the merchant filled in. `values` holds every credential field, secret or not; `account` an existing one's id."""

    integration: str
    name: str
    environment: str = "live"
    values: dict[str, str] = {}
    base_url: str = ""
    account: str = ""
    switches: dict[str, bool] = {}
    own_rate: float | None = None

    def __repr__(self) -> str:  # values hold secrets
        return f"Wish({self.integration!r}, {self.name!r}, {self.environment!r})"


def address_fields(manifest: Manifest, environment: str) -> frozenset[str]:
    """The credential fields that only say where the vendor is: with an address typed by hand they may stay blank."""
    known = manifest.environments.get(environment)
    places = [known] if known is not None else list(manifest.environments.values())
    urls = [url for place in places for url in (place.api, *place.urls.values())]
    named = {name for url in urls for name in re.findall(r"\{(\w+)\}", url)}
    return frozenset(named | {place.url_from for place in places}) - {""}


def check_fields(manifest: Manifest, values: Mapping[str, str], optional: Collection[str] = ()) -> list[Message]:
    """One message per field that is missing, malformed or unknown. Values never appear in them when secret.

    A secret's pattern is a hint for the form only: vendors change the shape of their keys, the connection test judges.
    """
    known = {f.key for f in manifest.credentials}
    wrong = [_field_message(key, "unknown") for key in values if key not in known]
    for field in manifest.credentials:
        value = values.get(field.key, "").strip() or field.default
        if not value:
            if field.required and field.key not in optional:
                wrong.append(_field_message(field.key, "missing", field))
        elif field.kind == "choice" and value not in field.choices:
            wrong.append(_field_message(field.key, "choice", field))
        elif field.pattern and field.kind != "secret" and re.fullmatch(field.pattern, value) is None:
            wrong.append(_field_message(field.key, "pattern", field))
        elif len(value) > 20_000:
            wrong.append(_field_message(field.key, "long", field))
    return wrong


def _field_message(key: str, why: str, field: CredentialField | None = None) -> Message:
    example = field.example if field is not None else ""
    return Message("config.field", {"field": key, "why": why, "example": example}, field=key)


class Connecting:
    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue, links: Links, changes: Changes) -> None:
        self._store, self._keys, self._catalogue, self._links, self._changes = store, keys, catalogue, links, changes

    def _checked(self, wish: Wish) -> tuple[Manifest, dict[str, str], dict[str, str]]:
        """Manifest, settings, secrets. Raises YoursError for the first field that is wrong."""
        manifest = self._catalogue.manifest(wish.integration)
        if not manifest.readiness.connectable or not manifest.client:
            raise fail(
                Message("config.field", {"field": "integration", "why": str(manifest.readiness)}, field="integration")
            )
        if not clean(wish.name) or len(wish.name) > 60:
            raise fail(Message("config.field", {"field": "name", "why": "missing"}, field="name"))
        if wish.account:
            return manifest, {}, {}
        values = {f.key: (wish.values.get(f.key, "").strip() or f.default) for f in manifest.credentials}
        optional = address_fields(manifest, wish.environment) if wish.base_url else frozenset()
        for message in check_fields(manifest, {**values, **wish.values}, optional):
            raise fail(message.about(connection=wish.name))
        hidden = {f.key for f in manifest.credentials if f.kind in ("secret", "file")}
        settings = {k: v for k, v in values.items() if k not in hidden and v}
        addresses(manifest, wish.environment, settings, {"api": wish.base_url} if wish.base_url else {})
        return manifest, settings, {k: v for k, v in values.items() if k in hidden and v}

    async def _shared(self, account_id: str) -> AccountRow:
        account = await self._store.accounts.get(account_id)
        if account is None:
            raise fail(Message("config.field", {"field": "account", "why": "missing"}, field="account"))
        return account

    async def attempt(self, wish: Wish, now: datetime) -> ProbeResult:
        """Probe without keeping anything. Raises ProviderError."""
        _, settings, held = self._checked(wish)
        urls = {"api": wish.base_url} if wish.base_url else {}
        account_id = wish.account or f"attempt-{random_source.token_hex(6)}"
        secrets = {k: Secret(v) for k, v in held.items()}
        if wish.account:
            account = await self._shared(wish.account)
            settings, urls, secrets = account.settings, account.urls, await self._keys.get(wish.account)
        row = ConnectionRow(
            id=0, name=wish.name, integration=wish.integration, account_id=account_id,
            environment=wish.environment, switches={}, own_rate=None, paused=False, created_at=now,
        )  # fmt: skip
        result: ProbeResult = await self._links.make(row, settings, urls, secrets).provider.probe()
        return result

    async def save(self, wish: Wish, now: datetime) -> ConnectionRow:
        """Keep it: account (unless one is shared), secrets, connection. Raises YoursError; nothing is half-kept."""
        manifest, settings, held = self._checked(wish)
        if await self._store.connections.by_name(wish.name) is not None:
            raise fail(Message("item.duplicate", {"connection": wish.name, "field": "name"}, field="name"))
        account_id = wish.account
        if account_id:
            account = await self._shared(account_id)
            if account.family != manifest.family:
                raise fail(Message("config.field", {"field": "account", "why": "family"}, field="account"))
        else:
            account_id = f"{manifest.family}-{random_source.token_hex(4)}"
            # The secrets first: an account without them would be a connection that can never be opened.
            await self._keys.put(account_id, held)
            urls = {"api": wish.base_url} if wish.base_url else {}
            try:
                await self._store.accounts.add(account_id, manifest.family, wish.environment, wish.name, settings, urls)
            except BaseException:
                await self._keys.drop(account_id)
                raise
        row = await self._store.connections.add(
            wish.name, wish.integration, account_id, wish.environment, switches=wish.switches, own_rate=wish.own_rate
        )
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
        return row

    async def renew(self, row: ConnectionRow, values: Mapping[str, str]) -> None:
        """New secrets or settings for a connection's account; blank fields stay as they are."""
        manifest = self._catalogue.manifest(row.integration)
        account = await self._shared(row.account_id)
        held = {k: v.reveal() for k, v in (await self._keys.get(row.account_id)).items()}
        merged = {**account.settings, **held, **{k: v for k, v in values.items() if v.strip()}}
        optional = address_fields(manifest, row.environment) if account.urls.get("api") else frozenset()
        for message in check_fields(manifest, merged, optional):
            raise fail(message.about(connection=row.name))
        hidden = {f.key for f in manifest.credentials if f.kind in ("secret", "file")}
        await self._keys.put(row.account_id, {k: v for k, v in merged.items() if k in hidden})
        await self._store.accounts.update_settings(row.account_id, {k: v for k, v in merged.items() if k not in hidden})
        self._links.drop_account(row.account_id)
        await self._store.audit.note(Action.KEYS_CHANGED, connection_id=row.id, subject=("account", row.account_id))
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))

    async def remove(self, row: ConnectionRow) -> None:
        """Its orders stay; the account and its keys go with its last connection."""
        await self._store.connections.remove(row.id)
        self._links.drop(row.id)
        if all(other.account_id != row.account_id for other in await self._store.connections.list()):
            await self._store.accounts.remove(row.account_id)
            await self._keys.drop(row.account_id)
        await self._store.audit.note(
            Action.CONNECTION_REMOVED, connection_id=row.id, subject=("account", row.account_id)
        )
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
