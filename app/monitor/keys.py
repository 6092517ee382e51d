"""How the keys of the accounts stand: their age, when a new one is due, when they end by themselves. Judged from the vault's
ages, the manifest and the clock; nothing here prints, keeps or returns a secret, and nothing asks a vendor."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import unquote

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from app.contracts import Manifest, Secret
from app.contracts.catalogue import Catalogue
from app.store import ConnectionRow, Store
from app.store.accounts import AccountRow
from app.vault import EntryInfo, Vault
from app.vault.tokens import next_of, prefix_of

ROTATION_DAYS = {"live": 30}  # asked for by default; other environments: OTHER_DAYS
OTHER_DAYS = 90
NOTICE_DAYS = 14  # an end is counted down from here on
SNOOZE_DAYS = 30
SNOOZE = "keys.snooze."  # + account id: until when (ISO) the reminder rests
#: Tokens that live shorter are fetched anew by their client, from credentials that last.
LEAST_TOKEN_LIFE = timedelta(days=3)
#: A credential field whose key ends so is the day on which the vendor ends the key, as the merchant read it there.
TYPED_END = "expires_on"


class KeyState(StrEnum):
    FRESH = "fresh"
    DUE = "due"  # older than its rotation; a reminder, nothing is broken
    ENDING = "ending"  # ends by itself within NOTICE_DAYS
    EXPIRED = "expired"
    SNOOZED = "snoozed"  # due, but the merchant asked for quiet


class Ending(msgspec.Struct, frozen=True):
    """When a key ends by itself, aware UTC. `source`: token, certificate, typed (by the merchant), vendor (its rule)."""

    at: datetime
    source: str


class KeyStanding(msgspec.Struct, frozen=True):
    """Instants aware UTC, days whole. `days_left` until `ends_at`, negative after it; None without an end."""

    account_id: str
    state: KeyState
    changed_at: datetime
    age_days: int
    rotation_days: int
    rotate_at: datetime
    ends_at: datetime | None = None
    ends_by: str = ""
    days_left: int | None = None
    snoozed_until: datetime | None = None
    connections: tuple[tuple[int, str], ...] = ()
    waiting: bool = False  # new keys wait in the vault, for the vendor could not be asked

    @property
    def asks(self) -> bool:
        """Whether the merchant should do something about it now."""
        return self.state in (KeyState.DUE, KeyState.ENDING, KeyState.EXPIRED)


def rotation_days(manifest: Manifest, environment: str) -> int:
    """The environment's own, else the integration's, else 30 for live keys and 90 for others."""
    place = manifest.environments.get(environment)
    own = (place.rotation_days if place is not None else 0) or manifest.rotation_days
    return own or ROTATION_DAYS.get(environment, OTHER_DAYS)


def vendor_end(manifest: Manifest, environment: str, changed_at: datetime) -> Ending | None:
    """Where the vendor ends every key after a while. Counted from the day it was typed in: it ends earlier if anything."""
    place = manifest.environments.get(environment)
    days = (place.key_life_days if place is not None else 0) or manifest.key_life_days
    return Ending(changed_at + timedelta(days=days), "vendor") if days else None


def key_standing(
    account_id: str,
    changed_at: datetime,
    manifest: Manifest,
    environment: str,
    now: datetime,
    *,
    endings: Iterable[Ending] = (),
    snoozed_until: datetime | None = None,
    connections: Sequence[tuple[int, str]] = (),
    waiting: bool = False,
) -> KeyStanding:
    """How an account's keys stand. Pure. An end is worse than age, and cannot be snoozed; a typed end replaces the
    vendor's rule. A clock behind the entry's date gives age 0."""
    known = list(endings)
    rule = vendor_end(manifest, environment, changed_at)
    if rule is not None and not any(one.source == "typed" for one in known):
        known.append(rule)
    end = min(known, key=lambda one: one.at, default=None)
    days = rotation_days(manifest, environment)
    rotate_at = changed_at + timedelta(days=days)
    left = None if end is None else (end.at - now) // timedelta(days=1)
    if end is not None and end.at <= now:
        state = KeyState.EXPIRED
    elif left is not None and left < NOTICE_DAYS:
        state = KeyState.ENDING
    elif rotate_at > now:
        state = KeyState.FRESH
    else:
        state = KeyState.SNOOZED if snoozed_until is not None and snoozed_until > now else KeyState.DUE
    return KeyStanding(
        account_id, state, changed_at, max(0, (now - changed_at) // timedelta(days=1)), days, rotate_at,
        None if end is None else end.at, "" if end is None else end.source, left, snoozed_until, tuple(connections),
        waiting,
    )  # fmt: skip


# -- ends that keys tell -------------------------------------------------------------------------------------------
def typed_end(text: str) -> Ending | None:
    """ "2027-11-20", the last day on which the key works; None for anything else. The day ends in UTC."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return Ending(datetime.combine(day, time.max, UTC).replace(microsecond=0), "typed")


def token_end(expires_at: str, stored_at: datetime, *, refresh: bool) -> Ending | None:
    """A token that nothing renews: no refresh token, and a life longer than those that clients fetch by themselves."""
    if refresh or not expires_at:
        return None
    try:
        at = datetime.fromisoformat(expires_at)
    except ValueError:
        return None
    return Ending(at, "token") if at.tzinfo is not None and at - stored_at >= LEAST_TOKEN_LIFE else None


_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certificate_end(contents: str, passwords: Iterable[str] = ()) -> Ending | None:
    """The earliest end among the certificates of a file: PEM as text, or PKCS#12 as base64, opened with one of the
    passwords (or none). None when it is no certificate. Deriving a PKCS#12 key takes its time: run it in a thread."""
    raw = contents.encode()
    found = [_pem(block) for block in _PEM.findall(raw)]
    if not found:
        try:
            raw = base64.b64decode(contents, validate=True)
        except (binascii.Error, ValueError):
            return None
        found = [_pem(block) for block in _PEM.findall(raw)] or _pkcs12(raw, passwords)
    ends = [one for one in found if one is not None]
    return Ending(min(ends), "certificate") if ends else None


def _pem(block: bytes) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(block).not_valid_after_utc
    except ValueError:
        return None


def _pkcs12(raw: bytes, passwords: Iterable[str]) -> list[datetime | None]:
    if not raw.startswith(b"\x30"):  # an ASN.1 sequence, or no PKCS#12
        return []
    for password in (None, *(one.encode() for one in passwords if one)):
        try:
            _, leaf, more = pkcs12.load_key_and_certificates(raw, password)
        except ValueError:
            continue
        return [one.not_valid_after_utc for one in (leaf, *more) if one is not None]
    return []


# -- from the vault and the store ----------------------------------------------------------------------------------
class KeyWatch:
    """`KeyWatch(store, vault, catalogue, now)`: `await all()`, `await of(account_id)`. Nothing while the vault is locked,
    and nothing in a rehearsal, which has no vault."""

    def __init__(self, store: Store, vault: Vault | None, catalogue: Catalogue, now: Callable[[], datetime]) -> None:
        self._store, self._vault, self._catalogue, self._now = store, vault, catalogue, now
        self._certificates: dict[tuple[str, int], Ending | None] = {}

    async def all(self) -> dict[str, KeyStanding]:
        """Account id → standing, of accounts that hold a secret and a connection."""
        vault = self._vault
        if vault is None or vault.locked:
            return {}
        snoozed: Mapping[str, object] = await self._store.settings.all(SNOOZE)
        rows: dict[str, list[ConnectionRow]] = {}
        for row in await self._store.connections.list():
            rows.setdefault(row.account_id, []).append(row)
        found = {}
        for account in await self._store.accounts.list():
            if account.id in rows:
                rest = snoozed.get(SNOOZE + account.id)
                one = await self._judged(vault, account, rows[account.id], rest if isinstance(rest, str) else "")
                if one is not None:
                    found[account.id] = one
        return found

    async def of(self, account_id: str) -> KeyStanding | None:
        """None for an account without secrets, an unknown one, or while the vault is locked."""
        return (await self.all()).get(account_id)

    async def snooze(self, account_id: str, days: int = SNOOZE_DAYS) -> datetime:
        """The reminder of age rests for so many days; an end is told all the same. Gives until when."""
        until = self._now() + timedelta(days=days)
        await self._store.settings.set(SNOOZE + account_id, until.isoformat())
        return until

    async def _judged(
        self, vault: Vault, account: AccountRow, rows: Sequence[ConnectionRow], snoozed: str
    ) -> KeyStanding | None:
        if vault.locked:  # meanwhile
            return None
        try:
            held, about = await vault.get(account.id), vault.age(account.id)
        except KeyError:
            return None
        if not held:
            return None
        manifest = self._catalogue.manifest(rows[0].integration)
        endings = [
            end
            for key, text in account.settings.items()
            if key.endswith(TYPED_END) and (end := typed_end(text)) is not None
        ]
        endings += await self._token_ends(vault, account.id)
        certificate = await self._certificate(account.id, about, manifest, held)
        return key_standing(
            account.id,
            about.changed_at,
            manifest,
            account.environment,
            self._now(),
            endings=endings if certificate is None else [*endings, certificate],
            snoozed_until=_instant(snoozed),
            connections=[(row.id, row.name) for row in rows],
            waiting=next_of(account.id) in vault.ids(),
        )

    @staticmethod
    async def _token_ends(vault: Vault, account_id: str) -> list[Ending]:
        prefix, found = prefix_of(account_id), []
        tokens = vault.tokens(account_id)
        for entry in [one for one in vault.ids(tokens=True) if one.startswith(prefix)]:
            token = await tokens.get(unquote(entry[len(prefix) :]))
            if token is not None and token.expires_at is not None:
                stored = vault.age(entry).changed_at
                found.append(token_end(token.expires_at.isoformat(), stored, refresh=token.refresh is not None))
        return [one for one in found if one is not None]

    async def _certificate(
        self, account_id: str, about: EntryInfo, manifest: Manifest, held: Mapping[str, Secret]
    ) -> Ending | None:
        kinds = {field.key: field.kind for field in manifest.credentials}
        files = [secret for key, secret in held.items() if kinds.get(key) == "file"]
        if not files:
            return None
        place = (account_id, about.version)
        if place not in self._certificates:
            passwords = [secret.reveal() for key, secret in held.items() if kinds.get(key) == "secret"]
            ends = [await asyncio.to_thread(certificate_end, one.reveal(), passwords) for one in files]
            self._certificates[place] = min((e for e in ends if e is not None), key=lambda e: e.at, default=None)
        return self._certificates[place]


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
