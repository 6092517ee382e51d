"""The signature of an account that signed in by OAuth: renews its token and notices when the sign-in has ended. A new
refresh token is on the disk before the new access token is used, and a token that was refused is not shown again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from weakref import WeakKeyDictionary

from app.contracts.account import Account, Secret, Token, TokenStore
from app.contracts.manifest import SignIn
from app.contracts.messages import Message, ProviderError, fail
from app.http.call import KEY
from app.http.lib import httpx
from app.kit.auth import _FRESH, TokenAuth, bearer, lock_of
from app.kit.calls import Reply
from app.kit.oauth import SIGNED_OUT, TOKEN, client_request, read_token, refresh_request, secrets_of

LOST = "refresh_lost"  # a reason: the vendor may have changed the token, and its answer never came


class _Shared:
    """What the connections of one account know together. `unsaved`: a token that the disk did not take; the one before it
    is spent at the vendor, so this one is saved first, and nothing else is asked for. `dead`: refresh tokens that were refused.
    """

    def __init__(self) -> None:
        self.unsaved: Token | None = None
        self.lost = False
        self.dead: set[Secret] = set()


_shared: WeakKeyDictionary[TokenStore, dict[str, _Shared]] = WeakKeyDictionary()


def _of(store: TokenStore, name: str) -> _Shared:
    return _shared.setdefault(store, {}).setdefault(name, _Shared())


class RefreshAuth(TokenAuth):
    """Made by `refreshing`. Raises YoursError `auth.signed_out` – without a call, once it is known – until somebody signs in."""

    def __init__(
        self,
        account: Account,
        sign_in: SignIn,
        place: Callable[[httpx.Request, str], None],
        renew_on: frozenset[int],
        margin: timedelta,
    ) -> None:
        super().__init__(
            store=account.tokens, name=TOKEN, now=account.now, fetch=self._ask, read=self._answer, place=place,
            margin=margin, renew_on=renew_on,
        )  # fmt: skip
        self._account, self._sign_in = account, sign_in
        self._state = _of(account.tokens, TOKEN)
        self._asked: httpx.Request | None = None
        self._before: Token | None = None

    def __repr__(self) -> str:
        return f"RefreshAuth({self._account.id!r})"

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._token
        if self._state.unsaved is not None or token is None or not self._usable(token):
            async with self._lock:
                token = await self._current()
                if token is None or not self._usable(token):
                    with self._asking(token) as asked:
                        response = yield asked
                    token = await self._keep(response)
        self._place(request, token.access.reveal())
        response = yield request
        if response.status_code not in self._renew_on:
            return
        used = token
        async with self._lock:
            token = await self._store.get(self._name)
            if token is None or token.access == used.access:  # no other connection of the account renewed it meanwhile
                if self._fetched_at is not None and abs(self._now() - self._fetched_at) < _FRESH:
                    return  # a brand-new token was refused: it is not its age (abs: the clock may have been set back)
                with self._asking(token) as asked:
                    response = yield asked
                token = await self._keep(response)
            self._token = token
        self._place(request, token.access.reveal())
        yield request

    async def _current(self) -> Token | None:
        if self._state.unsaved is not None:
            await self._store.put(self._name, self._state.unsaved)  # raises again while the disk takes nothing
            self._token, self._state.unsaved = self._state.unsaved, None
            self._fetched_at = self._now()
        if self._token is None or not self._usable(self._token):
            self._token = await self._store.get(self._name)
        return self._token

    def _ask(self, token: Token | None) -> httpx.Request:
        """Raises YoursError `auth.signed_out` when there is nothing to renew with."""
        if self._sign_in.flow == "client":
            return client_request(self._account, self._sign_in)
        refresh = self._refresh_of(token)
        if not refresh or refresh in self._state.dead:
            raise fail(Message(SIGNED_OUT))
        return refresh_request(self._account, self._sign_in, refresh)

    def _refresh_of(self, token: Token | None) -> Secret:
        """The token's own, else the one typed by hand, else an empty one."""
        if token is not None and token.refresh is not None:
            return token.refresh
        return Secret(self._account.secret(self._sign_in.refresh_token))

    @contextmanager
    def _asking(self, token: Token | None) -> Iterator[httpx.Request]:
        """Builds the request and notes when its answer is lost on the way."""
        asked = self._asked = self._ask(token)
        self._before = token
        try:
            yield asked
        except GeneratorExit:  # the pipeline gave up: no answer will come
            call = asked.extensions.get(KEY)
            if call is None or call.left or call.sent:
                self._state.lost = True
            raise

    def _answer(self, reply: Reply) -> Token:
        hide = secrets_of(self._asked) if self._asked is not None else ()
        return read_token(reply, self._now(), before=self._before, hide=hide)

    async def _keep(self, response: httpx.Response) -> Token:
        """The new token, on the disk. An answer that is not one leaves the old refresh token where it is."""
        body = await response.aread()
        try:
            token = self._answer(Reply(response.status_code, dict(response.headers), body, "token"))
        except ProviderError as error:
            await self._refused(error)
            raise
        try:
            await self._store.put(self._name, token)
        except BaseException:
            self._state.unsaved = token
            raise
        self._state.lost = False
        self._token, self._fetched_at = token, self._now()
        return token

    async def _refused(self, error: ProviderError) -> None:
        if error.message.code != SIGNED_OUT:
            # A server that broke down, or whose answer cannot be read, may have changed the token before it did.
            self._state.lost = (
                self._state.lost or error.message.status >= 500 or error.message.code.startswith("answer.")
            )
            return
        if self._state.lost and self._sign_in.flow != "client":
            error.message = error.message.about(reason=LOST)
        self._token = None
        if self._sign_in.flow != "client":
            self._state.dead.add(self._refresh_of(self._before))
        await self._store.drop(self._name)


def refreshing(
    account: Account,
    sign_in: SignIn,
    *,
    place: Callable[[httpx.Request, str], None] = bearer,
    renew_on: frozenset[int] = frozenset({401}),
    margin: timedelta = timedelta(seconds=60),
) -> RefreshAuth:
    """Signs calls with the account's token and renews it: by its refresh token, or by client credentials (`flow` "client").

    All connections of an account renew once between them. The new refresh token is on the disk before the new access token
    is used; if the disk refuses it, it is tried again before anything else. A refresh token that the vendor no longer takes is
    told as `auth.signed_out` (reason `refresh_lost` when an earlier answer got lost) and never shown to the vendor again.
    """
    return RefreshAuth(account, sign_in, place, renew_on, margin)


async def keep_signed_in(store: TokenStore, token: Token) -> None:
    """Put the token of a new sign-in in force: after a renewal that is under way, and instead of what that left."""
    async with lock_of(store, TOKEN):
        await store.put(TOKEN, token)
        state = _of(store, TOKEN)
        state.unsaved, state.lost = None, False
