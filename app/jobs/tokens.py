"""An account's tokens as jobs see them: the vault's trouble becomes a message, and a trial of new keys touches nothing that
the old ones need. A refresh token that a vendor hands out is on the disk before it is used, in a trial too."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from app.contracts import Message, Token, TokenStore, fail
from app.vault import Vault, VaultError
from app.vault.tokens import owner_of

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def told(error: VaultError) -> Message:
    """The vault's own sentence as a message."""
    return Message(error.key, error.params)


class SpokenTokens:
    """A TokenStore whose VaultError (locked, disk full) is a ProviderError with its sentence."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    async def get(self, name: str) -> Token | None:
        try:
            return await self._store.get(name)
        except VaultError as error:
            raise fail(told(error)) from None

    async def put(self, name: str, token: Token) -> None:
        try:
            await self._store.put(name, token)
        except VaultError as error:
            raise fail(told(error)) from None

    async def drop(self, name: str) -> None:
        try:
            await self._store.drop(name)
        except VaultError as error:
            raise fail(told(error)) from None


class TrialTokens:
    """For a probe with keys that are not in force: an access token of the old keys proves nothing about the new ones, so
    none is handed out; a refresh token is, and its successor is kept at once (the vendor has voided the one before it)."""

    def __init__(self, store: TokenStore) -> None:
        """`store`: that of the account's living links."""
        self._store = store
        self._made: dict[str, Token] = {}

    @property
    def below(self) -> TokenStore:
        """Whose lock is held for a renewal, see `app.kit.auth.lock_of`."""
        return self._store

    async def get(self, name: str) -> Token | None:
        if name in self._made:
            return self._made[name]
        found = await self._store.get(name)
        if found is None or found.refresh is None:
            return None
        return Token(found.access, _LONG_AGO, found.refresh, found.scope)

    async def put(self, name: str, token: Token) -> None:
        if token.refresh is not None:
            await self._store.put(name, token)
        self._made[name] = token

    async def drop(self, name: str) -> None:
        self._made.pop(name, None)

    async def keep(self) -> None:
        """The trial went well: its tokens take the place of the old ones."""
        for name, token in self._made.items():
            await self._store.put(name, token)


async def drop_orphans(vault: Vault, accounts: Collection[str]) -> list[str]:
    """Drop the tokens of sign-ins that were cut off (a kill) before their connection was made; gives their accounts' ids. For
    the start, before anybody can be signing in. An account that was made is in `accounts`, or has an entry of its own: its
    tokens stay, whatever became of the other. Raises VaultLocked, VaultUnsaved."""
    entries = vault.ids(tokens=True)
    owners = {owner_of(one) for one in entries} - {""}
    orphans = sorted(owners - set(entries) - set(accounts))
    for account_id in orphans:
        await vault.drop(account_id)
    return orphans
