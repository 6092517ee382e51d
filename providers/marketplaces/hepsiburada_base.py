"""What all of a Hepsiburada account's calls share: how it signs. Must never send a call without the vendor's own reading of errors."""

from __future__ import annotations

from app.contracts import Account
from app.kit import BasicAuth, Call, Classifier, Reply, httpx, send
from providers.marketplaces import hepsiburada_calls as calls


class HepsiburadaAccount:
    """One merchant's account. It holds `merchant_id`, `service_key` and `developer_username`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = BasicAuth(account.setting("merchant_id"), account.secret("service_key"))

    async def _send(self, call: Call, errors: Classifier = calls.hepsiburada_errors) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=errors)
