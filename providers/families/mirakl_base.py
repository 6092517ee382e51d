"""A connection to one shop at one Mirakl operator: how calls are sent, the connection test, and what Mirakl wants asked once a day
and so is written down. Must never write a secret there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import msgspec

from app.contracts import Account, Kind, Message, ProbeResult, ProviderError
from app.kit import Call, HeaderAuth, Reply, decode_json, httpx, maybe, send
from app.model import iso_z, parse_iso
from providers.families import mirakl_calls as calls
from providers.families.mirakl_shipping import CarrierWire, parse_carriers

T = TypeVar("T")
DAY = timedelta(days=1)


class ShopWire(msgspec.Struct):
    """What A01 says of the shop. Everything in it is for show."""

    shop_name: str | None = None
    shop_state: str | None = None
    currency_iso_code: str | None = None


class _CountWire(msgspec.Struct):
    total_count: int


def parse_count(reply: Reply) -> int:
    return decode_json(reply, _CountWire).total_count


def parse_shop(reply: Reply) -> ShopWire:
    return decode_json(reply, ShopWire)


class Connection:
    """The account holds `api_key`, and `shop_id` and `channel_code` where there are several."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = HeaderAuth({"authorization": account.secret("api_key")})  # the bare key, no scheme

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=calls.mirakl_errors)

    async def probe(self) -> ProbeResult:
        """Proves the key by the orders to ship. The shop's own data may be asked for once a day: they are remembered."""
        count = parse_count(await self._send(calls.probe_request(self.account)))
        warnings: list[Message] = []
        try:
            shop = await self._shop()
        except ProviderError as error:  # the key works; a user without the right to see the shop's data may still sell
            shop, warnings = ShopWire(), [error.message]
            if error.message.kind is Kind.YOURS:
                self._keep("shop", shop)  # or it would be refused again with every test of the day
        if shop.shop_state and shop.shop_state != "OPEN":
            warnings.append(Message("auth.suspended", vendor_code=shop.shop_state[:40]))
        facts = {"shop_name": shop.shop_name, "currency": shop.currency_iso_code}
        return ProbeResult({k: v for k, v in facts.items() if v}, tuple(warnings), server_orders=count)

    async def _shop(self) -> ShopWire:
        kept = self._kept("shop", ShopWire)
        if kept is None:
            kept = parse_shop(await self._send(calls.account_request(self.account)))
            self._keep("shop", kept)
        return kept

    def _kept(self, name: str, shape: type[T]) -> T | None:
        """What was written down less than a day ago."""
        at = maybe(parse_iso, self.account.learnt.get(f"{name}_at"))
        if at is None or not timedelta(0) <= self.account.now() - at < DAY:
            return None
        try:
            return msgspec.json.decode(self.account.learnt.get(name, ""), type=shape)
        except msgspec.DecodeError:  # written by another version
            return None

    def _keep(self, name: str, value: object) -> None:
        self.account.learnt[name] = msgspec.json.encode(value).decode()
        self.account.learnt[f"{name}_at"] = iso_z(self.account.now())

    async def _carriers(self) -> list[CarrierWire]:
        kept = self._kept("carriers", list[CarrierWire])
        if kept is None:
            kept = parse_carriers(await self._send(calls.carriers_request(self.account)))
            self._keep("carriers", kept)
        return kept
