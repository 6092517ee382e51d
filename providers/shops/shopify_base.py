"""What all of a Shopify shop's calls share: how they sign, its currency and stock location, and outcomes of a write of several calls.
Must never raise for a write of which a part may have been carried out.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.contracts import Account, Kind, Message, Outcome, OutcomeState, ProviderError, Receipt, fail
from app.kit import Call, HeaderAuth, Reply, TokenAuth, httpx, in_header, send
from providers.shops import shopify_queries as queries
from providers.shops import shopify_writes as writes
from providers.shops.shopify_errors import read_token, shopify_errors

TOKEN_HEADER = "x-shopify-access-token"  # noqa: S105 - a header's name
#: Nothing reached the vendor, or it certainly did not act.
NOT_ACTED = frozenset(
    {
        "net.unreachable",
        "net.offline",
        "net.tls",
        "breaker.open",
        "rate.limited",
        "rate.daily",
        "config.host_not_allowed",
    }
)


class Tally:
    """Outcomes of one write of several calls. Before anything was sent an error is raised; afterwards every item gets its
    outcome, and what was not reached is unknown: it goes again, which is harmless here."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.sent = False
        self.broken: Message | None = None

    def done(self, key: str, remote_ref: str = "") -> None:
        self.outcomes[key] = Outcome(key, OutcomeState.DONE, remote_ref=remote_ref)

    def refused(self, key: str, message: Message) -> None:
        self.outcomes[key] = Outcome(key, OutcomeState.REFUSED, message)

    def failed(self, error: ProviderError, *, acted: bool) -> None:
        """`acted`: the call that failed was a write, and the shop may have carried it out."""
        message = error.message
        if not self.sent and not (acted and message.code not in NOT_ACTED and message.kind is not Kind.YOURS):
            raise error
        self.broken = message

    def receipt(self, keys: Sequence[str]) -> Receipt:
        unknown = self.broken or Message("answer.unexpected", {"reason": "the item was not reached"})
        return Receipt(tuple(self.outcomes.get(k) or Outcome(k, OutcomeState.UNKNOWN, unknown) for k in keys))


class ShopifyShop:
    """One shop. Credentials: `shop_domain`, and an `access_token` or else `client_id` with `client_secret`."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self.http, self.account = http, account
        self._auth = auth_of(account)
        self._currency = ""
        place = account.setting("location_id") or account.params.get("location_id", "")
        # The admin shows the number alone.
        self._place = f"gid://shopify/Location/{place}" if place.isdigit() else place

    async def _send(self, call: Call) -> Reply:
        return await send(self.http, call, auth=self._auth, errors=shopify_errors)

    async def _its_currency(self) -> str:
        if not self._currency:
            self._currency = writes.parse_currency(await self._send(queries.currency_request(self.account)))
        return self._currency

    async def _its_place(self) -> str:
        """The location whose stock is written: the merchant's choice, else the shop's main one."""
        if not self._place:
            self._place = writes.parse_place(await self._send(queries.places_request(self.account)))
        return self._place


def auth_of(account: Account) -> httpx.Auth:
    """A static token of an app made in the admin, else the client credentials grant."""
    static = account.secret("access_token")
    if static:
        return HeaderAuth({TOKEN_HEADER: static})
    if not (account.setting("client_id") or account.secret("client_id")) or not account.secret("client_secret"):
        field = "client_secret" if account.setting("client_id") else "access_token"
        raise fail(Message("config.field", {"field": field, "why": "missing"}, field=field))
    return TokenAuth(
        store=account.tokens,
        name="shopify",
        now=account.now,
        fetch=lambda _: queries.token_request(account),
        read=lambda reply: read_token(account, reply),
        place=in_header(TOKEN_HEADER),
        renew_on=frozenset({401}),  # 403 is a missing scope; a new token has the same
    )
