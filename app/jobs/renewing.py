"""New keys for an account that is connected. The old ones stay in force until the new ones have probed well: the new ones are
put beside them in the vault first, so that neither a refusal, nor a dead line, nor a kill in between loses either."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.changes import CONNECTIONS, ChangeReport, Changes
from app.contracts import Kind, Manifest, ProbeResult, ProviderError, Secret, fail
from app.contracts.catalogue import Catalogue
from app.jobs.links import Keys, Links
from app.jobs.runner import tried
from app.jobs.tokens import TrialTokens
from app.store import Store
from app.store.accounts import AccountRow
from app.store.audit import Action, Outcome
from app.store.connections import ConnectionRow
from app.vault.tokens import next_of


class Renewing:
    """`renew` with checked values, `settle` for what an earlier try left waiting."""

    def __init__(self, store: Store, keys: Keys, catalogue: Catalogue, links: Links, changes: Changes) -> None:
        self._store, self._keys, self._catalogue, self._links, self._changes = store, keys, catalogue, links, changes

    async def waits(self, account_id: str) -> bool:
        """Whether new keys wait beside those in force. Raises VaultLocked."""
        try:
            await self._keys.get(next_of(account_id))
        except KeyError:
            return False
        return True

    async def renew(self, row: ConnectionRow, account: AccountRow, values: Mapping[str, str]) -> ProbeResult | None:
        """`values`: all fields of the account as they shall be, checked and tidied. None when nothing is new.

        Raises ProviderError. Whose fault it is decides what stays: a key that the vendor refuses is dropped; when the vendor
        could not be asked, the new ones wait in the vault for `settle`. The old ones are in force either way.
        """
        held = {k: v.reveal() for k, v in (await self._keys.get(account.id)).items()}
        if {**account.settings, **held} == dict(values) and not await self.waits(account.id):
            return None
        await self._keys.put(next_of(account.id), values)
        return await self._prove(row, account, values)

    async def settle(self, row: ConnectionRow) -> ProbeResult | None:
        """Try the keys that wait, if any. Raises ProviderError as `renew`."""
        account = await self._store.accounts.get(row.account_id)
        try:
            waiting = await self._keys.get(next_of(row.account_id))
        except KeyError:
            return None
        if account is None:
            return None
        return await self._prove(row, account, {k: v.reveal() for k, v in waiting.items()})

    async def forget(self, account_id: str) -> None:
        """Drop the keys that wait; those in force stay."""
        await self._keys.drop(next_of(account_id))

    async def _prove(self, row: ConnectionRow, account: AccountRow, values: Mapping[str, str]) -> ProbeResult:
        secrets, settings = split(self._catalogue.manifest(row.integration), values)
        tokens = TrialTokens(self._links.tokens(account.id))
        trial = msgspec.structs.replace(row, id=0)  # its failures are no mark on the connection, which works
        held = {k: Secret(v) for k, v in secrets.items()}
        try:
            link = self._links.make(trial, settings, account.urls, held, tokens=tokens)
            result = await tried(link)
        except ProviderError as error:
            message = self._links.explained(row, error.message)
            refused = message.kind is Kind.YOURS
            if refused:
                await self.forget(account.id)
            await self._note(row, Outcome.REFUSED if refused else Outcome.FAILED)
            raise fail(message.about(connection=row.name)) from error
        await self._put_in_force(account, secrets, settings)
        await tokens.keep()
        await self.forget(account.id)
        self._links.drop_account(account.id)
        await self._note(row, Outcome.DONE)
        self._changes.publish(ChangeReport(CONNECTIONS, frozenset({row.id}), "user"))
        return result

    async def _put_in_force(self, account: AccountRow, secrets: Mapping[str, str], settings: Mapping[str, str]) -> None:
        """A kill between these two leaves the keys waiting as well: `settle` does both again."""
        if {k: v.reveal() for k, v in (await self._keys.get(account.id)).items()} != dict(secrets):
            await self._keys.put(account.id, secrets)  # and only then: a new address is no new key, its age goes on
        await self._store.accounts.update_settings(account.id, settings)

    async def _note(self, row: ConnectionRow, outcome: Outcome) -> None:
        await self._store.audit.note(
            Action.KEYS_CHANGED, connection_id=row.id, subject=("account", row.account_id), outcome=outcome
        )


def split(manifest: Manifest, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(secrets, settings): what goes into the vault and what into the store."""
    hidden = {field.key for field in manifest.credentials if field.kind in ("secret", "file")}
    return {k: v for k, v in values.items() if k in hidden}, {k: v for k, v in values.items() if k not in hidden}
