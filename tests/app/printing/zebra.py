"""A Zebra on loopback: takes labels on a port, answers `~HS`, can be out of paper, stop in the middle, hang up or say nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class Zebra:
    """`stop_after`: hangs up when so many labels came, before it acknowledges the last of them. `paper_after`: is out of paper from
    then on. `dumb`: never answers. `drowning`: reads nothing."""

    def __init__(
        self, *, stop_after: int = 0, paper_after: int = 0, dumb: bool = False, drowning: bool = False
    ) -> None:
        self.stop_after, self.paper_after, self.dumb, self.drowning = stop_after, paper_after, dumb, drowning
        self.labels: list[bytes] = []
        self.asked = 0
        self.talking = 0  # open connections whose end was not read yet
        self.head_open = self.paused = False
        self.address = ""

    @property
    def paper_out(self) -> bool:
        return self.paper_after > 0 and len(self.labels) >= self.paper_after

    def status(self) -> bytes:
        first = f"030,{int(self.paper_out)},{int(self.paused)},1245,000,0,0,0,000,0,0,0"
        second = f"001,0,{int(self.head_open)},0,1,2,6,0,00000000,1,000"
        return b"".join(b"\x02" + one.encode() + b"\x03\r\n" for one in (first, second, "1234,0"))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = b""
        self.talking += 1
        try:
            while not self.drowning:
                more = await reader.read(65536)
                if not more:
                    return
                held += more
                while True:
                    end, ask = held.find(b"^XZ"), held.find(b"~HS")
                    if end >= 0 and (ask < 0 or end < ask):
                        self.labels.append(held[: end + 3].strip())
                        held = held[end + 3 :]
                        if self.stop_after and len(self.labels) >= self.stop_after:
                            writer.transport.abort()
                            return
                    elif ask >= 0:
                        held = held[ask + 3 :]
                        self.asked += 1
                        if not self.dumb:
                            writer.write(self.status())
                            await writer.drain()
                    else:
                        break
            await asyncio.sleep(60)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            self.talking -= 1
            writer.close()


@asynccontextmanager
async def plugged_in(**options: Any) -> AsyncIterator[Zebra]:
    zebra = Zebra(**options)
    server = await asyncio.start_server(zebra.serve, "127.0.0.1", 0)
    zebra.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield zebra
    finally:
        server.close()
        await asyncio.sleep(0)
