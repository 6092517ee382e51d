"""The ways to a printer, one port for each: a network printer's port 9100, a system's print queue (CUPS, Windows), a file. What
must never happen: that bytes left and a caller is told they did not. A port that cannot know says so (`Unsure`)."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Protocol

from app.platform.files import save_atomically
from app.platform.printing_status import ASK, HostStatus, read_status, whole

CONNECT_S, ANSWER_S, SEND_S, SPOOL_S = 5.0, 2.0, 60.0, 60.0
DEFAULT_PORT = 9100
_ANSWER_BYTES = 4096


class PortError(Exception):
    """Nothing of it left. `key` is a whole sentence under `printer.`; `params` fill it."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key)
        self.key, self.params = key, params

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.key, self.params)  # out of the worker process


class Unsure(PortError):
    """Some of it may have left."""


def _again(kind: type[PortError], key: str, params: dict[str, str]) -> PortError:
    return kind(key, **params)


class Port(Protocol):
    """One printer, opened for one job. `single`: takes one unit at a time, and then knows of each whether it left."""

    single: bool

    async def open(self) -> None:
        """Raises PortError."""

    async def ready(self) -> HostStatus | None:
        """What the printer says of itself; None where it does not talk. Raises PortError."""

    async def send(self, parts: Sequence[bytes]) -> HostStatus | None:
        """Returns when all parts are the printer's, the queue's or the disk's. Raises PortError, Unsure."""

    async def close(self) -> None: ...


class NetworkPort:
    """Raw bytes to host:9100. `talks`: asked with `~HS`, a Zebra answers when it has read all that came before: that answer, and
    not the end of our sending, is what makes a label one that left. A printer that never answers is trusted after a send."""

    single = True

    def __init__(self, host: str, port: int = DEFAULT_PORT, *, talks: bool = True, answer_s: float = ANSWER_S, send_s: float = SEND_S) -> None:  # fmt: skip
        self._host, self._port, self._talks = host, port, talks
        self._answer_s, self._send_s = answer_s, send_s
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"

    async def open(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError, UnicodeError, ValueError) as error:
            raise PortError("printer.off", address=self._where) from error
        # `drain` then waits until the system has every byte: what is still ours must not count as gone.
        self._writer.transport.set_write_buffer_limits(high=0)

    async def ready(self) -> HostStatus | None:
        if not self._talks:
            return None
        try:
            status = await self._ask(self._answer_s)
        except (OSError, EOFError) as error:
            raise PortError("printer.cut", address=self._where) from error
        self._talks = status is not None
        return status

    async def send(self, parts: Sequence[bytes]) -> HostStatus | None:
        writer = self._writer
        if writer is None:
            raise PortError("printer.off", address=self._where)
        try:
            async with asyncio.timeout(self._send_s):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            status = await self._ask(self._send_s) if self._talks else None
        except TimeoutError as error:
            raise Unsure("printer.stuck", address=self._where) from error
        except (OSError, EOFError) as error:
            raise Unsure("printer.cut", address=self._where) from error
        if self._talks and status is None:
            raise Unsure("printer.silent", address=self._where)
        return status

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            # What was not taken is in nobody's journal as sent.
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await writer.wait_closed()

    async def _ask(self, patience_s: float) -> HostStatus | None:
        """None when nothing that could be an answer comes in time. Raises EOFError when the printer hangs up."""
        assert self._reader is not None and self._writer is not None  # noqa: S101, PT018 - opened before
        answer = b""
        self._writer.write(ASK)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._writer.drain()
                while not whole(answer) and len(answer) < _ANSWER_BYTES:
                    more = await self._reader.read(_ANSWER_BYTES)
                    if not more:
                        raise EOFError
                    answer += more
        return read_status(answer)


class FilePort:
    """Everything into one file, which is there whole or not at all."""

    single = False

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> None:
        return

    async def ready(self) -> HostStatus | None:
        return None

    async def send(self, parts: Sequence[bytes]) -> HostStatus | None:
        try:
            await asyncio.to_thread(self._write, b"".join(parts))
        except OSError as error:
            raise PortError(
                "printer.file", path=str(self._path), reason=error.strerror or type(error).__name__
            ) from error
        return None

    async def close(self) -> None:
        return

    def _write(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        save_atomically(self._path, data, keep_previous=False)


class CupsPort:
    """A queue of CUPS (macOS, Linux) through `lp`: `raw` bytes as they are, or PDF at 100 % on a paper of this size."""

    def __init__(self, queue: str, *, raw: bool, size_mm: tuple[float, float], title: str = "Paxzar") -> None:
        self._queue, self._raw, self._size, self._title = queue, raw, size_mm, title
        self.single = raw

    async def open(self) -> None:
        if shutil.which("lp") is None:
            raise PortError("printer.no_spooler")
        if self._queue not in await system_queues():
            raise PortError("printer.no_queue", queue=self._queue)

    async def ready(self) -> HostStatus | None:
        return None

    async def send(self, parts: Sequence[bytes]) -> HostStatus | None:
        await asyncio.to_thread(self._lp, b"".join(parts))
        return None

    async def close(self) -> None:
        return

    def command(self) -> list[str]:
        """Never scaled: without these the default paper (A4) shrinks or grows a label."""
        if self._raw:
            return ["lp", "-d", self._queue, "-t", self._title, "-o", "raw", "--", "-"]
        wide, high = (f"{one:g}" for one in self._size)
        size = {("210", "297"): "A4", ("105", "148"): "A6"}.get((wide, high), f"Custom.{wide}x{high}mm")
        options = [f"media={size}", "print-scaling=none", "fit-to-page=false", "orientation-requested=3"]
        return [
            "lp",
            "-d",
            self._queue,
            "-t",
            self._title,
            *(part for one in options for part in ("-o", one)),
            "--",
            "-",
        ]

    def _lp(self, data: bytes) -> None:
        try:
            done = subprocess.run(self.command(), input=data, capture_output=True, timeout=SPOOL_S, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise Unsure("printer.stuck", address=self._queue) from error
        except OSError as error:
            raise PortError("printer.no_spooler") from error
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip()[:200]
            raise PortError("printer.refused", queue=self._queue, reason=reason)


async def system_queues() -> list[str]:
    """The system's print queues by name; none where there is no spooler."""
    if sys.platform == "win32":
        from app.platform.printing_windows import queues

        return await asyncio.to_thread(queues)
    return await asyncio.to_thread(_cups_queues)


def _cups_queues() -> list[str]:
    if shutil.which("lpstat") is None:
        return []
    try:
        done = subprocess.run(["lpstat", "-e"], capture_output=True, timeout=10, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [one.split()[0] for one in done.stdout.decode("utf-8", "replace").splitlines() if one.strip()]


def split_address(address: str) -> tuple[str, int]:
    """ "10.0.0.5:9100", "zebra.local", "[::1]:9100". Raises PortError `printer.address`."""
    host, mark, port = address.strip().rpartition(":")
    if not mark or (host.count(":") and not address.strip().startswith("[")):
        host, port = address.strip(), str(DEFAULT_PORT)
    host = host.removeprefix("[").removesuffix("]")
    if (
        not host
        or not port.isascii()
        or not port.isdigit()
        or not 0 < int(port) < 65536
        or any(c.isspace() for c in host)
    ):
        raise PortError("printer.address", address=address[:80])
    return host, int(port)


def open_port(
    kind: str, address: str, language: str, size_mm: tuple[float, float], executor: Executor | None = None
) -> Port:
    """`kind` one of `queue`, `raw`, `network`, `file`; `executor`: the worker's, for a driver that must be drawn for. Raises PortError `printer.address`, `printer.port`."""
    if kind == "network":
        host, port = split_address(address)
        return NetworkPort(host, port, talks=language == "zpl")
    if kind == "file":
        return FilePort(Path(address))
    if kind in ("queue", "raw"):
        if sys.platform == "win32":
            from app.platform.printing_windows import WindowsPort

            return WindowsPort(address, raw=kind == "raw", executor=executor)
        return CupsPort(address, raw=kind == "raw", size_mm=size_mm)
    raise PortError("printer.port", port=kind[:40])
