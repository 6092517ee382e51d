"""Serve an ASGI app on a free loopback port for the length of a `with` block, in a daemon thread with its own loop."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.support.waiting import PATIENCE_S


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Yields the base URL without a trailing slash. Open connections are cut when the block ends."""
    # With the protocol said aloud, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms longer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        log_config=None,  # uvicorn's own closes every handler of this process, pytest's log file among them
    )
    server = uvicorn.Server(config)
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(server.serve(sockets=[listener]))
        except BaseException as error:  # told to the test below: a thread has nobody else to tell
            failure.append(error)

    thread = threading.Thread(target=run, name="test-server", daemon=True)
    thread.start()
    try:
        limit = time.monotonic() + PATIENCE_S
        while not server.started:
            if failure or not thread.is_alive() or time.monotonic() > limit:
                raise RuntimeError(f"the test server did not start: {failure}")
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
    if failure:
        raise failure[0]
