"""The channels that tell alerts: what each must know, and where that is kept – addresses in the store, secrets in the vault,
under an entry of their own. Never a secret in the store, in an answer or in a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from app.contracts import Secret
from app.http.reach import is_loopback
from app.monitor.alerting.quiet import Channel
from app.monitor.alerting.rules import AlertError, Severity

PREFIX = "alerts.channel."  # settings: + name + .on, .least, .settings
ENTRY = "alerts."  # vault: + name
TLS_WAYS = ("starttls", "tls", "none")
LEAST_KEY = 16  # letters of a webhook's key
MOST_RECIPIENTS = 10
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}", re.ASCII)


class Field(msgspec.Struct, frozen=True):
    """What a channel must know. A `secret` is kept in the vault."""

    key: str
    secret: bool = False
    needed: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()


FIELDS: dict[str, tuple[Field, ...]] = {
    "desktop": (),
    "email": (
        Field("host"),
        Field("port", default="587"),
        Field("security", default="starttls", choices=TLS_WAYS),
        Field("username", needed=False),
        Field("password", secret=True, needed=False),
        Field("sender"),
        Field("to"),
    ),
    "slack": (Field("url", secret=True),),
    "webhook": (Field("url", secret=True), Field("key", secret=True)),
}
#: Those that are told over a wire, and keep what they have to tell until it went out.
REMOTE = tuple(name for name in FIELDS if name != "desktop")
_LEAST = {"desktop": Severity.MEDIUM, "email": Severity.HIGH, "slack": Severity.MEDIUM, "webhook": Severity.LOW}


class Keys(Protocol):
    """The vault, or a rehearsal's own keys. `get` raises KeyError where there is no entry."""

    async def get(self, entry_id: str) -> dict[str, Secret]: ...

    async def put(self, entry_id: str, values: Mapping[str, str]) -> None: ...


async def secrets_of(keys: Keys, name: str) -> dict[str, Secret]:
    """The channel's secrets; {} while there are none. Raises VaultLocked."""
    try:
        return await keys.get(ENTRY + name)
    except KeyError:
        return {}


def channels_of(kept: Mapping[str, Any]) -> dict[str, Channel]:
    """All channels as they are set up (settings by their whole key). The desktop is on until it is switched off."""
    found = {}
    for name in FIELDS:
        on, least, own = (kept.get(f"{PREFIX}{name}.{part}") for part in ("on", "least", "settings"))
        texts = {str(k): str(v) for k, v in own.items()} if isinstance(own, dict) else {}
        grave = Severity(str(least)) if least in set(Severity) else _LEAST[name]
        found[name] = Channel(name, on if isinstance(on, bool) else name == "desktop", grave, texts)
    return found


def field_of(channel: str, key: str) -> Field:
    """Raises AlertError for what the channel does not know."""
    for field in FIELDS[channel]:
        if field.key == key:
            return field
    raise AlertError("alerts.no_field", channel=channel, field=key, names=", ".join(f.key for f in FIELDS[channel]))


def known_channel(name: str) -> str:
    """Raises AlertError for an unknown one."""
    if name not in FIELDS:
        raise AlertError("alerts.no_channel", name=name, names=", ".join(FIELDS))
    return name


def complete(name: str, settings: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The channel's settings with their defaults, all checked. Raises AlertError naming what is missing or malformed."""
    found = {f.key: settings.get(f.key, "").strip() or f.default for f in FIELDS[name] if not f.secret}
    for field in FIELDS[name]:
        held = secrets.get(field.key, "") if field.secret else found[field.key]
        if field.needed and not held:
            raise AlertError("alerts.field_missing", field=field.key)
        if field.choices and held not in field.choices:
            raise AlertError("alerts.bad_choice", field=field.key, names=", ".join(field.choices))
    if name == "email":
        _check_mail(found, secrets)
    elif name != "desktop":
        checked_url(secrets["url"])
    if name == "webhook" and len(secrets["key"]) < LEAST_KEY:
        raise AlertError("alerts.short_key", least=str(LEAST_KEY))
    return found


def _check_mail(found: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    if not _HOST.fullmatch(found["host"]):
        raise AlertError("alerts.bad_host", text=found["host"][:80])
    if not (found["port"].isascii() and found["port"].isdigit() and 0 < int(found["port"]) < 65_536):
        raise AlertError("alerts.bad_port", text=found["port"][:20])
    if found["security"] == "none" and not is_loopback(found["host"]):
        raise AlertError("alerts.open_mail")
    if bool(found["username"]) != bool(secrets.get("password")):
        raise AlertError("alerts.field_missing", field="password" if found["username"] else "username")
    for key in ("sender", "to"):
        for text in recipients(found[key]):
            if not _ADDRESS.fullmatch(text):
                raise AlertError("alerts.bad_address", text=text[:80])
    if len(recipients(found["sender"])) != 1:
        raise AlertError("alerts.bad_address", text=found["sender"][:80])
    if not 0 < len(recipients(found["to"])) <= MOST_RECIPIENTS:
        raise AlertError("alerts.too_many", most=str(MOST_RECIPIENTS))


def recipients(text: str) -> list[str]:
    """Addresses with commas, semicolons or blanks between them."""
    return [one for one in re.split(r"[,;\s]+", text) if one]


def checked_url(text: str) -> str:
    """An https address, or http on this computer. Raises AlertError; the address itself is a secret and not told."""
    try:
        parts = urlsplit(text.strip())
        good = parts.port is None or 0 < parts.port < 65_536
    except ValueError:
        raise AlertError("alerts.bad_url") from None
    host = parts.hostname or ""
    plain = parts.scheme == "http" and is_loopback(host)
    if not good or not host or not host.isascii() or not (parts.scheme == "https" or plain) or parts.username:
        raise AlertError("alerts.bad_url")
    if any(c.isspace() or not c.isprintable() for c in text.strip()):
        raise AlertError("alerts.bad_url")
    return text.strip()
