"""What all of an N11 account's REST calls share: how they sign. Must never send a call without N11's own reading of errors."""

from __future__ import annotations

from app.contracts import Account
from app.kit import Call, HeaderAuth, Reply, httpx, send
from providers.marketplaces import n11_calls as calls


class N11Account:
    """One seller's account. It holds `app_key` and `app_secret`, and perhaps `shipment_template` and `preparing_days`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = HeaderAuth({"appkey": account.secret("app_key"), "appsecret": account.secret("app_secret")})

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=calls.n11_errors)
