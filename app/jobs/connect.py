"""Making a connection: the merchant's words are checked against the manifest, tried, and only then kept."""

from __future__ import annotations

import logging
import re
import secrets as random_source
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from app.changes import CONNECTIONS, ChangeReport, Changes
from app.contracts import Manifest, Message, ProbeResult, ProviderError, Secret, fail
from app.contracts.catalogue import Catalogue
from app.contracts.manifest import CredentialField
from app.jobs.links import Keys, Link, Links, addresses
from app.jobs.renewing import Renewing
from app.jobs.runner import tried
from app.jobs.same_shop import Credentials
from app.kit import MemoryTokens
from app.kit.oauth import TOKEN, revoke_request
from app.model import clean
from app.store import Store
from app.store.accounts import AccountRow
from app.store.audit import Action, Detail
from app.store.connections import ConnectionRow

log = logging.getLogger(__name__)
REVOKE_S = 5.0


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
    again: bool = False  # another account of a shop that is connected already is meant
    signed: str = ""  # a new account's id under which a sign-in has left its token already (`SigningIn`)

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
    values = as_typed(manifest, values)
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


def as_typed(manifest: Manifest, values: Mapping[str, str]) -> dict[str, str]:
    """What the merchant typed, brought to the form that the field wants: an address copied from the browser loses its page."""
    found = dict(values)
    for field in manifest.credentials:
        if field.rewrite and found.get(field.key):
            found[field.key] = field.rewritten(found[field.key])
    return found


def _typed_base(manifest: Manifest, environment: str, base_url: str) -> str:
    """An address typed by hand is tidied as the field it stands for is."""
    place = manifest.environments.get(environment)
    field = next((f for f in manifest.credentials if place is not None and f.key == place.url_from), None)
    return field.rewritten(base_url) if field is not None and base_url else base_url


def _field_message(key: str, why: str, field: CredentialField | None = None) -> Message:
    example = field.example if field is not None else ""
    return Message("config.field", {"field": key, "why": why, "example": example}, field=key)


def brought_fields(manifest: Manifest) -> frozenset[str]:
    """The credential fields that a sign-in fills in, or makes unnecessary."""
    sign_in = manifest.sign_in
    return frozenset((*sign_in.kept.values(), sign_in.refresh_token)) - {""} if sign_in is not None else frozenset()


async def end_sign_in(link: Link) -> None:
    """Ask the vendor to void the account's token (RFC 7009). What the vendor says, or that it says nothing, changes nothing
    here: the token is dropped next. Raises ProviderError for a vault that cannot be read."""
    sign_in, token = link.manifest.sign_in, await link.account.tokens.get(TOKEN)
    if sign_in is None or not sign_in.revoke or token is None:
        return
    request = revoke_request(link.account, sign_in, token)
    request.extensions["deadline"] = REVOKE_S
    try:
        response = await link.http.send(request, auth=None)
    except ProviderError as error:
        log.info("a sign-in was not ended at the vendor: %s", error.message.code)
    else:
        if response.status_code >= 400:
            log.info("a sign-in was not ended at the vendor: status %s", response.status_code)


class Connecting:
    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue, links: Links, changes: Changes) -> None:
        self._store, self._keys, self._catalogue, self._links, self._changes = store, keys, catalogue, links, changes
        self.renewing = Renewing(store, keys, catalogue, links, changes)

    @property
    def catalogue(self) -> Catalogue:
        return self._catalogue

    @property
    def links(self) -> Links:
        return self._links

    def _tidied(self, wish: Wish) -> Wish:
        manifest = self._catalogue.manifest(wish.integration)
        return msgspec.structs.replace(wish, base_url=_typed_base(manifest, wish.environment, wish.base_url))

    def _checked(self, wish: Wish, *, signed_in: bool = True) -> tuple[Manifest, dict[str, str], dict[str, str]]:
        """Manifest, settings, secrets. Raises YoursError for the first field that is wrong. `signed_in` False: the fields
        that a sign-in brings may still be blank."""
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
        values = as_typed(manifest, values)
        optional = address_fields(manifest, wish.environment) if wish.base_url else frozenset()
        if not signed_in:
            optional |= brought_fields(manifest)
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

    async def draft(self, wish: Wish, now: datetime, *, signed_in: bool = True) -> Link:
        """A link for what is not kept yet. Raises ProviderError."""
        wish = self._tidied(wish)
        _, settings, held = self._checked(wish, signed_in=signed_in)
        urls = {"api": wish.base_url} if wish.base_url else {}
        account_id = wish.account or wish.signed or f"attempt-{random_source.token_hex(6)}"
        secrets = {k: Secret(v) for k, v in held.items()}
        if wish.account:
            account = await self._shared(wish.account)
            settings, urls, secrets = account.settings, account.urls, await self._keys.get(wish.account)
        row = ConnectionRow(
            id=0, name=wish.name, integration=wish.integration, account_id=account_id,
            environment=wish.environment, switches={}, own_rate=None, paused=False, created_at=now,
        )  # fmt: skip
        # Its tokens are forgotten with it: an attempt leaves nothing in the vault. Those of a sign-in are there already.
        tokens = None if wish.account or wish.signed else MemoryTokens()
        return self._links.make(row, settings, urls, secrets, tokens=tokens)

    async def attempt(self, wish: Wish, now: datetime) -> ProbeResult:
        """Probe without keeping anything. Raises ProviderError."""
        link = await self.draft(wish, now)
        try:
            return await tried(link)
        except ProviderError as error:
            error.message = self._links.explained(link.row, error.message)
            raise

    async def _refuse_same_shop(
        self, manifest: Manifest, wish: Wish, settings: dict[str, str], held: dict[str, str], urls: dict[str, str]
    ) -> None:
        """Raises YoursError `config.same_account` naming the connection that has this shop already."""
        if "order_source" not in manifest.capabilities:
            return
        mine = Credentials(manifest, wish.environment, settings, urls, {k: Secret(v) for k, v in held.items()})
        users = await self._store.connections.list()
        for account in await self._store.accounts.list():
            user = next((row for row in users if row.account_id == account.id), None)
            if user is None or account.family != manifest.family:
                continue
            try:
                keys = await self._keys.get(account.id)
            except KeyError:
                keys = {}
            theirs = Credentials(
                self._catalogue.manifest(user.integration), account.environment, account.settings, account.urls, keys
            )
            if mine.is_same_shop(theirs):
                told = {"other": user.name, "connection": wish.name}
                raise fail(Message("config.same_account", told, field="account"))

    async def save(self, wish: Wish, now: datetime) -> ConnectionRow:
        """Keep it: account (unless one is shared), secrets, connection. Raises YoursError; nothing is half-kept."""
        wish = self._tidied(wish)
        manifest, settings, held = self._checked(wish)
        if await self._store.connections.by_name(wish.name) is not None:
            raise fail(Message("item.duplicate", {"connection": wish.name, "field": "name"}, field="name"))
        account_id = wish.account
        if account_id:
            account = await self._shared(account_id)
            if account.family != manifest.family:
                raise fail(Message("config.field", {"field": "account", "why": "family"}, field="account"))
        else:
            urls = {"api": wish.base_url} if wish.base_url else {}
            if not wish.again:
                await self._refuse_same_shop(manifest, wish, settings, held, urls)
            account_id = wish.signed or f"{manifest.family}-{random_source.token_hex(4)}"
            # The secrets first: an account without them would be a connection that can never be opened.
            await self._keys.put(account_id, held)
            try:
                await self._store.accounts.add(account_id, manifest.family, wish.environment, wish.name, settings, urls)
            except BaseException:
                if not wish.signed:  # saving may be tried again, and a sign-in cannot be repeated without the merchant
                    await self._keys.drop(account_id)
                raise
        row = await self._store.connections.add(
            wish.name, wish.integration, account_id, wish.environment, switches=wish.switches, own_rate=wish.own_rate
        )
        await self._store.audit.note(Action.CONNECTION_ADDED, connection_id=row.id, subject=("account", account_id))
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
        return row

    async def pause(self, row: ConnectionRow, paused: bool) -> None:
        """Stop what goes by the clock, or let it go on. The clock itself is `Engine.schedule`."""
        await self._store.connections.set_paused(row.id, paused)
        done = Action.CONNECTION_PAUSED if paused else Action.CONNECTION_RESUMED
        await self._store.audit.note(done, connection_id=row.id)
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))

    async def change(
        self,
        row: ConnectionRow,
        *,
        name: str | None = None,
        switches: Mapping[str, bool] | None = None,
        own_rate: tuple[float | None] | None = None,
    ) -> bool:
        """Only what is given and differs changes, whether anything did; `own_rate` is wrapped, for None is a value.
        Raises StoreError."""
        told: dict[str, Detail] = {}
        if name is not None and name != row.name:
            await self._store.connections.rename(row.id, name)
            told["name"] = True
        for capability, on in (switches or {}).items():
            if row.switches.get(capability, True) is not on:
                await self._store.connections.set_switch(row.id, capability, on)
                told[capability] = on
        if own_rate is not None and own_rate[0] != row.own_rate:
            await self._store.connections.set_rate(row.id, own_rate[0])
            told["own_rate"] = True
        if told:
            await self._store.audit.note(Action.CONNECTION_CHANGED, connection_id=row.id, details=told)
            self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
        return bool(told)

    async def renew(self, row: ConnectionRow, values: Mapping[str, str]) -> ProbeResult | None:
        """New secrets or settings for a connection's account; blank fields stay as they are. Probed before they replace
        the old ones, see `Renewing`. None when nothing is new. Raises ProviderError."""
        manifest = self._catalogue.manifest(row.integration)
        account = await self._shared(row.account_id)
        held = {k: v.reveal() for k, v in (await self._keys.get(row.account_id)).items()}
        merged = {**account.settings, **held, **{k: v for k, v in values.items() if v.strip()}}
        merged = as_typed(manifest, merged)
        optional = address_fields(manifest, row.environment) if account.urls.get("api") else frozenset()
        for message in check_fields(manifest, merged, optional):
            raise fail(message.about(connection=row.name))
        return await self.renewing.renew(row, account, merged)

    async def settle_renewal(self, row: ConnectionRow) -> ProbeResult | None:
        """Try new keys that an earlier `renew` could not prove; None when none wait. Raises ProviderError."""
        return await self.renewing.settle(row)

    async def signed_in_again(self, row: ConnectionRow, kept: Mapping[str, str]) -> None:
        """A new sign-in is in force: fields that it brought are kept, and living links begin anew."""
        if kept:
            account = await self._shared(row.account_id)
            await self._store.accounts.update_settings(row.account_id, {**account.settings, **kept})
        self._links.drop_account(row.account_id)
        await self._store.audit.note(Action.KEYS_CHANGED, connection_id=row.id, subject=("account", row.account_id))
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))

    async def forget_sign_in(self, wish: Wish, now: datetime) -> None:
        """The token of a sign-in whose connection was not made: ended at the vendor if that works, and dropped here."""
        if await self._store.accounts.get(wish.signed) is not None:
            return  # it was made after all
        try:
            await end_sign_in(await self.draft(wish, now, signed_in=False))
        except ProviderError as error:  # the wish was changed meanwhile
            log.info("a sign-in was not ended at the vendor: %s", error.message.code)
        await self._keys.tokens(wish.signed).drop(TOKEN)
        await self._keys.drop(wish.signed)

    async def remove(self, row: ConnectionRow) -> None:
        """Its orders stay; the account and its keys go with its last connection, and its sign-in ends at the vendor."""
        last = all(o.account_id != row.account_id or o.id == row.id for o in await self._store.connections.list())
        known = row.integration in self._catalogue.entries  # not, when a plug-in was taken away
        if last and known and self._catalogue.manifest(row.integration).sign_in is not None:
            try:
                await end_sign_in(await self._links.get(row.id))
            except (KeyError, ProviderError) as error:  # keys that are gone, a locked vault: it is removed all the same
                log.info("a sign-in was not ended at the vendor: %s", type(error).__name__)
        await self._store.connections.remove(row.id)
        self._links.drop(row.id)
        if last:
            await self._store.accounts.remove(row.account_id)
            await self._keys.drop(row.account_id)
        await self._store.audit.note(
            Action.CONNECTION_REMOVED, connection_id=row.id, subject=("account", row.account_id)
        )
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
