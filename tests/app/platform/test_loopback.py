"""The one-shot listener: this computer only, one path, one name, one answer; what is not the answer does not end it."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from typing import Any

import pytest

from app.platform.loopback import LONGEST_HEAD, Loopback, PortTaken, Verdict
from tests.support.waiting import PATIENCE_S


class Waiting:
    """A listener with a judge that takes `code=good`, and what it saw."""

    def __init__(self, **more: Any) -> None:
        self.listener = Loopback(more.pop("path", "/paxzar"), **more)
        self.asked: list[str] = []

    def judge(self, query: str) -> Verdict:
        self.asked.append(query)
        good = query == "code=good"
        return Verdict("<p>güle güle</p>" if good else "<p>değil</p>", 200 if good else 400, good)

    @property
    def port(self) -> int:
        return int(self.listener.address.rpartition(":")[2].partition("/")[0])

    async def say(self, head: str, host: str = "") -> bytes:
        """Sends a request's head, with the right Host unless another is given; the whole answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{head}\r\nHost: {host or f'127.0.0.1:{self.port}'}\r\n\r\n".encode())
        try:
            return await asyncio.wait_for(reader.read(), PATIENCE_S)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def finished(self) -> bytes:
        return await self.say("GET /paxzar?code=good HTTP/1.1")


async def test_one_answer_and_it_is_over() -> None:
    one = Waiting()
    async with one.listener:
        waiting = asyncio.create_task(one.listener.answer(one.judge, 2 * PATIENCE_S))
        page = (await one.finished()).decode()
        await asyncio.wait_for(waiting, PATIENCE_S)
    assert page.startswith("HTTP/1.1 200 OK\r\n")
    assert page.endswith("<p>güle güle</p>")
    for header in ("Cache-Control: no-store", "Referrer-Policy: no-referrer", "charset=utf-8", "Connection: close"):
        assert header in page
    assert one.asked == ["code=good"]
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", one.port)


@pytest.mark.parametrize(
    ("head", "host", "status"),
    [
        ("GET /favicon.ico HTTP/1.1", "", 404),
        ("GET /paxzar/?code=good HTTP/1.1", "", 404),
        ("GET http://127.0.0.1/paxzar?code=good HTTP/1.1", "", 404),
        ("POST /paxzar?code=good HTTP/1.1", "", 405),
        ("HEAD /paxzar?code=good HTTP/1.1", "", 405),
        ("OPTIONS /paxzar HTTP/1.1", "", 405),
        ("GET /paxzar?code=good HTTP/1.1", "evil.example", 421),
        ("GET /paxzar?code=good HTTP/1.1", "localhost:1", 421),
        ("GET /paxzar?code=good HTTP/1.1\r\nHost: x", "", 400),
        ("GET /paxzar?code=good HTTP/2", "", 400),
        ("GET", "", 400),
        ("\x16\x03\x01", "", 400),
        ("GET /paxzar?code=bad HTTP/1.1", "", 400),
    ],
)
async def test_what_is_not_the_answer_does_not_end_it(head: str, host: str, status: int) -> None:
    one = Waiting()
    async with one.listener:
        waiting = asyncio.create_task(one.listener.answer(one.judge, 2 * PATIENCE_S))
        assert (await one.say(head, host)).startswith(f"HTTP/1.1 {status} ".encode())
        assert not waiting.done()
        await one.finished()
        await asyncio.wait_for(waiting, PATIENCE_S)
    assert one.asked[-1] == "code=good"
    assert len(one.asked) == (2 if "bad" in head else 1), "the judge hears only of its own path, name and method"


async def test_silent_sockets_and_floods_do_not_stop_it() -> None:
    one = Waiting()
    async with one.listener:
        waiting = asyncio.create_task(one.listener.answer(one.judge, 2 * PATIENCE_S))
        silent = [await asyncio.open_connection("127.0.0.1", one.port) for _ in range(8)]
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(b"GET /" + b"a" * (2 * LONGEST_HEAD))
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b"", "too long a head is cut off"
        assert (await one.finished()).startswith(b"HTTP/1.1 200")
        await asyncio.wait_for(waiting, PATIENCE_S)
        for opened, _ in silent:  # the listener hung up on them
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(opened.readexactly(1), PATIENCE_S)
    for _, written in [*silent, (reader, writer)]:
        written.close()


async def test_only_the_first_answer_counts() -> None:
    one = Waiting()
    async with one.listener:
        waiting = asyncio.create_task(one.listener.answer(one.judge, 2 * PATIENCE_S))
        pages = await asyncio.gather(*(one.finished() for _ in range(5)))
        await asyncio.wait_for(waiting, PATIENCE_S)
    assert one.asked == ["code=good"]
    assert sum(page.startswith(b"HTTP/1.1 200") for page in pages) == 1


async def test_it_gives_up_after_its_time_and_frees_the_port() -> None:
    one = Waiting()
    with pytest.raises(TimeoutError):
        async with one.listener:
            await one.listener.answer(one.judge, 0.05)
    async with Loopback("/", port=one.port) as again:
        assert again.address == f"http://127.0.0.1:{one.port}/"


async def test_it_ends_when_it_is_cancelled() -> None:
    one = Waiting()
    async with one.listener:
        waiting = asyncio.create_task(one.listener.answer(one.judge, 60))
        await one.say("GET /favicon.ico HTTP/1.1")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", one.port)


@pytest.mark.skipif(sys.platform == "win32", reason="its loop has no readers")
@pytest.mark.parametrize("turns", range(6))
async def test_a_cancel_at_any_moment_leaves_no_reader_on_the_loop(turns: int) -> None:
    """A reader left on a closed socket would later take the connections of whoever gets its number."""
    one = Waiting()
    async with one.listener:
        assert one.listener._socket is not None
        number = one.listener._socket.fileno()
        waiting = asyncio.create_task(one.listener.answer(one.judge, 60))
        for _ in range(turns):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert asyncio.get_running_loop().remove_reader(number) is False


async def test_a_port_that_is_taken() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(PortTaken):
            async with Loopback("/", port=held.getsockname()[1]):
                pass


async def test_it_listens_on_this_computer_only_by_both_names() -> None:
    one = Waiting(name="localhost")
    async with one.listener:
        assert one.listener.address.startswith("http://localhost:")
        assert one.listener._socket is not None
        assert one.listener._socket.getsockname()[0] == "127.0.0.1"
        waiting = asyncio.create_task(one.listener.answer(one.judge, 2 * PATIENCE_S))
        assert (await one.say("GET /paxzar?code=good HTTP/1.1", f"127.0.0.1:{one.port}")).startswith(b"HTTP/1.1 421")
        await one.say("GET /paxzar?code=good HTTP/1.1", f"localhost:{one.port}")
        await asyncio.wait_for(waiting, PATIENCE_S)
    with pytest.raises(ValueError):
        Loopback("/", name="0.0.0.0")  # noqa: S104 - it is refused


async def test_no_query_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = Waiting()
    async with one.listener:
        waiting = asyncio.create_task(one.listener.answer(one.judge, 2 * PATIENCE_S))
        await one.say("GET /paxzar?code=secret HTTP/1.1")
        await one.finished()
        await waiting
    assert "secret" not in caplog.text
    assert "good" not in caplog.text
