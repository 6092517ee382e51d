"""An account's tokens as entries of the vault. `put` returns after the fsync: a rotated refresh token that is lost
means that the merchant signs in again, so it is on the disk before the new access token is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote, unquote

from app.contracts import Secret, Token

PREFIX = "token/"
NEXT = "next/"
SECRET_FIELDS = ("access", "refresh")


class _Entries(Protocol):
    async def put(self, entry_id: str, values: Mapping[str, str]) -> None: ...

    async def get(self, entry_id: str) -> dict[str, Secret]: ...

    async def drop(self, entry_id: str) -> None: ...


def prefix_of(entry_id: str) -> str:
    """Where the tokens of an entry live. A slash in an id is quoted, or two accounts could share a token."""
    return f"{PREFIX}{quote(entry_id, safe='')}/"


def owner_of(token_id: str) -> str:
    """The entry whose token this is, "" for an entry that is none."""
    return unquote(token_id.split("/")[1]) if token_id.startswith(PREFIX) else ""


def next_of(entry_id: str) -> str:
    """Where an entry's new values wait until they have proved good; the entry itself stays in force."""
    return f"{NEXT}{entry_id}"


class VaultTokens:
    """Fulfils `app.contracts.TokenStore`. Raises VaultLocked, VaultUnsaved."""

    def __init__(self, entries: _Entries, entry_id: str) -> None:
        self._entries = entries
        self._prefix = prefix_of(entry_id)

    async def get(self, name: str) -> Token | None:
        try:
            values = await self._entries.get(self._id(name))
        except KeyError:
            return None
        plain = {field: secret.reveal() for field, secret in values.items()}
        ends = plain.get("expires_at")
        return Token(
            access=values["access"],
            expires_at=datetime.fromisoformat(ends).astimezone(UTC) if ends else None,
            refresh=values.get("refresh"),
            scope=plain.get("scope", ""),
        )

    async def put(self, name: str, token: Token) -> None:
        """Raises ValueError for an end of life without a time zone."""
        values = {"access": token.access.reveal()}
        if token.refresh is not None:
            values["refresh"] = token.refresh.reveal()
        if token.expires_at is not None:
            if token.expires_at.tzinfo is None:
                raise ValueError("a token's end of life needs a time zone")
            values["expires_at"] = token.expires_at.astimezone(UTC).isoformat()
        if token.scope:
            values["scope"] = token.scope
        await self._entries.put(self._id(name), values)

    async def drop(self, name: str) -> None:
        await self._entries.drop(self._id(name))

    def _id(self, name: str) -> str:
        return self._prefix + quote(name, safe="")
