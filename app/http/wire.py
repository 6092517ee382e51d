"""The wire: one shared aiohttp session behind the httpx transport interface. Must never repeat, follow, decode, keep a cookie or
change one byte of the address.

aiohttp itself rather than httpx-aiohttp 0.2 (DESIGN §4 names it), for three faults found in it: it hands the address over as
text, and aiohttp then rewrites it (`%2C` → `,`, `%41` → `A`), so that a signed request is not what was signed; a connection that
the server drops after acting becomes a ConnectTimeout, which reads as "never left" and would make a second label; and it leaves
aiohttp's own silent second try for PUT and DELETE on, past the breaker, the limiter and the samples.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import truststore
from yarl import URL

from app.http.lib import httpx

CONNECT_S = 5.0  # per attempt to connect; everything else is under the call's own deadline
PER_HOST = 32
KEEP_ALIVE_S = 20.0
DNS_S = 60
LONGEST_HEADER = 32 * 1024


class TlsError(httpx.ConnectError):
    """The certificate is not trusted, or the two sides found no common protocol."""


class Garbage(httpx.RemoteProtocolError):
    """What came back is not HTTP."""


class _Connector(aiohttp.TCPConnector):
    """Does not use a connection again down which something came that nobody asked for: it would be taken for the answer to the
    next call (an order's page for a price's receipt). aiohttp looks at that when a connection is put back, not when it is
    taken out again.
    """

    async def _get(self, key: Any, traces: Any) -> Any:
        while (found := await super()._get(key, traces)) is not None:
            protocol = found.protocol
            if protocol is None or not protocol.should_close:
                return found
            found.close()
        return None


def open_session(trust: ssl.SSLContext | None = None) -> aiohttp.ClientSession:
    """A session that checks certificates against the system's store unless `trust` says otherwise. Needs a running loop."""
    context = trust if trust is not None else truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # No limit over all hosts: a hundred calls hanging at one vendor must not keep another vendor's waiting.
    connector = _Connector(
        ssl=context, limit=0, limit_per_host=PER_HOST, keepalive_timeout=KEEP_ALIVE_S, ttl_dns_cache=DNS_S
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
    )
    session._retry_connection = False  # no setting for it; a test notices the day this stops working
    return session


def _translated(error: Exception) -> httpx.TransportError:
    """Only errors that aiohttp raises before it wrote anything become connect errors. No text: it may hold an address."""
    if isinstance(
        error, (aiohttp.ClientConnectorSSLError, aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError)
    ):
        return TlsError("tls")
    if isinstance(error, (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)):
        return httpx.ProxyError("proxy")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout("connect")
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx.ConnectError("connect")
    if isinstance(error, aiohttp.ServerTimeoutError):
        return httpx.ReadTimeout("read")
    if isinstance(error, aiohttp.ClientResponseError):
        return Garbage("garbage")
    if isinstance(error, ValueError):  # a line break in a header, an address that is none
        return httpx.LocalProtocolError("request")
    return httpx.ReadError("cut")


class Wire(httpx.AsyncBaseTransport):
    """`session` gives the shared session; `proxy_for` the proxy of a scheme and host, None for direct."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        proxy_for: Callable[[str, str], str | None] | None = None,
    ) -> None:
        self._session = session
        self._proxy_for = proxy_for

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        address = b"%b://%b%b" % (url.raw_scheme, url.netloc, url.raw_path)
        proxy = self._proxy_for(url.scheme, url.host) if self._proxy_for is not None else None
        try:
            reply = await self._session().request(
                request.method,
                URL(address.decode("ascii"), encoded=True),
                headers=[(name.decode("ascii"), value.decode("utf-8")) for name, value in request.headers.raw],
                data=request.content or None,
                allow_redirects=False,
                proxy=proxy,
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translated(error) from error
        return httpx.Response(reply.status, headers=reply.raw_headers, stream=_Stream(reply), request=request)

    async def aclose(self) -> None:
        """The session is the network's; it outlives every client."""


class _Stream(httpx.AsyncByteStream):
    __slots__ = ("_reply",)

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._reply.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from error

    async def aclose(self) -> None:
        # A connection with unread bytes on it is of no more use; a finished one went back to the pool by itself.
        if not self._reply.content.at_eof():
            self._reply.close()
