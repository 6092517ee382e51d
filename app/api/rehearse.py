"""Serves fake servers on loopback, in a process of its own: `python -m app.api.rehearse '{"trendyol": {"orders": 50}}'`.

Prints one JSON line {integration: address} when all listen, and ends when its standard input closes: a window that dies
leaves no server behind. Never import a sandbox anywhere else than here and in tests.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from typing import Any

import uvicorn

from app.contracts.catalogue import Catalogue, providers_root


def listen(port: int = 0) -> socket.socket:
    """A bound loopback socket. Raises OSError when the port is taken."""
    # With the protocol named, asyncio switches Nagle's delay off; without it every answer waits about 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


def server_of(app: Any) -> uvicorn.Server:
    """Quiet, without signal handlers of its own, one request cycle after another."""
    return uvicorn.Server(
        uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )


async def serve_one(app: Any, sock: socket.socket) -> None:
    """Serve one app until cancelled."""
    await server_of(app).serve(sockets=[sock])


async def serve(plan: Mapping[str, Mapping[str, int]]) -> None:
    """Serve until standard input ends."""
    catalogue = Catalogue(providers_root())
    servers, addresses = [], {}
    for integration, options in plan.items():
        asked = {k: v for k, v in options.items() if k != "port"}
        sandbox = catalogue.sandbox(integration, **asked)
        sock = listen(options.get("port", 0))
        addresses[integration] = f"http://127.0.0.1:{sock.getsockname()[1]}"
        server = server_of(sandbox.app)
        servers.append((server, asyncio.ensure_future(server.serve(sockets=[sock]))))
    while not all(server.started for server, _ in servers):  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    print(json.dumps(addresses), flush=True)  # noqa: T201 - the parent reads this line
    await asyncio.to_thread(sys.stdin.read)
    for server, _ in servers:
        server.should_exit = True
    await asyncio.wait([task for _, task in servers], timeout=3)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
