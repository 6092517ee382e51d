"""The file: one thread that writes, a few that read, none of them the event loop's.

Only the writer's connection writes or checkpoints: SQLite before 3.51.3 can damage a WAL that two connections write at
once. A damaged file is moved to a dated name and told of; the program must never start empty in its place.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from app.store.before import keep_copy
from app.store.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreReadOnly,
    is_damage,
    translate,
    translate_os,
)
from app.store.file import READER, WRITER, apply, connect, is_empty, kept_of, log_of, mark_of
from app.store.migrations import LATEST, migrate, version

__all__ = ["Database", "StoreBusy", "StoreDamaged", "StoreError", "StoreFull", "StoreReadOnly"]

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

_log = logging.getLogger(__name__)
_READERS = 3
_IDLE_S = 0.2  # quiet time after the last write before the chores run

_SMALL = 8 * 2**20  # bytes; a file up to this size is checked at every open (some 20 ms)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def changed(conn: sqlite3.Connection) -> int:
    """Rows that the INSERT, UPDATE or DELETE before this changed. `cursor.rowcount` must not be read after an INSERT: Python
    finds out that it is one by lower-casing the I the locale's way, and on a Turkish machine it then says -1."""
    return int(conn.execute("SELECT changes()").fetchone()[0])


class Database:
    """Made by `open`. Jobs get the raw connection and run in a transaction of their own; they must be short."""

    def __init__(
        self, path: Path, *, read_only: bool, why: StoreError | None = None, now: Callable[[], datetime]
    ) -> None:
        self.path = path
        self.read_only = read_only
        self._why = why
        self._immutable = False
        self._now = now
        self._jobs: queue.SimpleQueue[tuple[Job[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._chores: list[Job[bool]] = []
        self._local = threading.local()
        self._lock = threading.Lock()
        self._reader_conns: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")
        self._gone: Future[None] = Future()  # done when the writer's connection is closed
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        read_only: bool = False,
        why: StoreError | None = None,
        afresh: bool = False,
        now: Callable[[], datetime] = _utc_now,
    ) -> Database:
        """Open or create the file and bring its schema up to date.

        `read_only`: another process owns the file, or the disk takes no writes; the schema is not touched and `write`
        raises StoreReadOnly, or the trouble `why` for which the file cannot be written.
        `afresh`: the user chose to start empty although a damaged file is kept. Raises StoreDamaged with what was
        kept, StoreReadOnly, StoreBusy, StoreFull, or StoreError `store.newer` for a file of a later program.
        """
        self = cls(path, read_only=read_only, why=why, now=now)
        ready: Future[None] = Future()
        threading.Thread(target=self._run, args=(ready, afresh), name="store-write", daemon=True).start()
        try:
            await asyncio.wrap_future(ready)
        except BaseException:
            self._closed = True
            self._jobs.put(None)
            self._readers.shutdown(wait=False)
            raise
        return self

    @property
    def why(self) -> StoreError | None:
        """The trouble for which the file is only read."""
        return self._why

    @property
    def closed(self) -> bool:
        return self._closed

    def chore(self, job: Job[bool]) -> None:
        """Work for the writer's quiet moments: runs after each burst of writes, again while it returns True. It must
        be short, and quick when there is nothing to do."""
        self._chores.append(job)

    async def write(self, job: Job[T]) -> T:
        """Run `job` in one BEGIN IMMEDIATE transaction on the writer thread; its result after the commit is on disk.

        An exception rolls everything back and is raised here. Cancelling while the job waits drops it; a job that has
        begun is finished and committed.
        """
        return await asyncio.wrap_future(self.post(job))

    def post(self, job: Job[T]) -> Future[T]:
        """Queue a write without waiting for it. Its failure is in the future."""
        if self._closed:
            raise StoreError("store.closed", path=str(self.path))
        if self.read_only:
            raise StoreReadOnly("store.read_only", path=str(self.path)) if self._why is None else _again(self._why)
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    async def read(self, job: Job[T]) -> T:
        """Run `job` on a reader thread over one consistent snapshot. Any write in it raises StoreReadOnly."""
        if self._closed:
            raise StoreError("store.closed", path=str(self.path))
        return await asyncio.wrap_future(self._readers.submit(self._read, job))

    async def close(self) -> None:
        """Finish the queued writes, end the readers, checkpoint, close. Twice is fine."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put((self._end_readers, Future()))
        self._jobs.put(None)
        await asyncio.wrap_future(self._gone)

    # The writer's thread

    def _run(self, ready: Future[None], afresh: bool) -> None:
        if not ready.set_running_or_notify_cancel():
            self._gone.set_result(None)
            return
        try:
            conn = self._open_writer(afresh)
        except sqlite3.Error as error:
            ready.set_exception(translate(error, self.path))
            return
        except OSError as error:
            ready.set_exception(translate_os(error, self.path))
            return
        except BaseException as error:
            ready.set_exception(error)
            return
        ready.set_result(None)
        try:
            self._loop(conn)
        finally:
            if not self.read_only:
                self._quietly(conn, "PRAGMA wal_checkpoint(TRUNCATE)")
            conn.close()
            self._gone.set_result(None)

    def _loop(self, conn: sqlite3.Connection) -> None:
        dirty = False
        while True:
            try:
                item = self._jobs.get(timeout=_IDLE_S if dirty else None)
            except queue.Empty:
                dirty = self._do_chores(conn)
                continue
            if item is None:
                if dirty:
                    self._do_chores(conn)
                return
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            if job == self._end_readers:
                self._end_readers(conn)
                future.set_result(None)
                continue
            dirty = True
            try:
                result = self._transact(conn, job)
            except BaseException as error:
                future.set_exception(self._known(error))
            else:
                future.set_result(result)
            del item, job, future

    def _do_chores(self, conn: sqlite3.Connection) -> bool:
        more = False
        for chore in self._chores:
            try:
                more |= self._transact(conn, chore)
            except sqlite3.Error as error:
                # A chore is repeated after the next write; what it does is never needed for correctness.
                _log.warning("store chore failed: %s", self._known(error))
        return more

    def _transact(self, conn: sqlite3.Connection, job: Job[T]) -> T:
        conn.execute("BEGIN IMMEDIATE")
        try:
            result = job(conn)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:  # a full disk has rolled back by itself
                conn.execute("ROLLBACK")
            raise
        return result

    def _known(self, error: BaseException) -> BaseException:
        """The store's own error for SQLite's. Damage leaves a mark beside the file, so the next open looks closely."""
        if not isinstance(error, sqlite3.Error):
            return error
        if is_damage(error):
            try:
                mark_of(self.path).touch()
            except OSError:
                _log.warning("cannot mark the damaged store")
        told = translate(error, self.path)
        told.__cause__ = error if told is not error else error.__cause__
        return told

    def _open_writer(self, afresh: bool) -> sqlite3.Connection:
        kept = kept_of(self.path)
        if not self.path.exists():
            if self.read_only:
                raise StoreReadOnly("store.missing", path=str(self.path))
            if kept and not afresh:
                raise StoreDamaged(kept)
        elif not self.read_only and is_empty(self.path) and is_empty(log_of(self.path)):
            # SQLite would take a file of no bytes for a new one, and the program would start empty.
            raise StoreDamaged(self._keep())
        if self.read_only:
            return self._open_to_look()
        try:
            conn = connect(self.path, read_only=False)
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        try:
            conn.execute("PRAGMA busy_timeout = 5000")
            mode = conn.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StoreError("store.no_wal", path=str(self.path), mode=str(mode))
            apply(conn, WRITER)
            self._look(conn)
            keep_copy(conn, self.path, self._now)
            migrate(conn)
        except sqlite3.Error as error:
            conn.close()
            if is_damage(error):
                raise StoreDamaged(self._keep()) from error
            raise translate(error, self.path) from error
        except BaseException:
            conn.close()
            raise
        return conn

    def _open_to_look(self) -> sqlite3.Connection:
        """For reading only. Where SQLite cannot even make the index of its log (a full or read-only disk), and there is no
        log to be read, the file is taken for one that nobody changes."""
        try:
            return self._looking()
        except sqlite3.Error as error:
            if self._why is None or is_damage(error) or not is_empty(log_of(self.path)):
                raise translate(error, self.path) from error
        self._immutable = True
        try:
            return self._looking()
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def _looking(self) -> sqlite3.Connection:
        conn = connect(self.path, read_only=True, immutable=self._immutable)
        try:
            apply(conn, READER)
            # Also the first look into the file, which finds whether it can be read at all.
            if version(conn) != LATEST and self._why is not None:
                raise _again(self._why)  # the schema cannot be brought up to date now
        except BaseException:
            conn.close()
            raise
        return conn

    def _look(self, conn: sqlite3.Connection) -> None:
        """A close look at a small file, or at any that showed damage before. Raises sqlite3.DatabaseError."""
        mark = mark_of(self.path)
        if not mark.exists() and self.path.stat().st_size > _SMALL:
            return
        found = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            error = sqlite3.DatabaseError(str(found))
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        mark.unlink(missing_ok=True)

    def _keep(self) -> tuple[Path, ...]:
        """Move the damaged file and its log to a dated name; returns the new paths, the file itself first."""
        stamp = self._now().astimezone(UTC).strftime("%Y%m%d-%H%M%S")
        target = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{self.path.suffix}")
        count = 1
        while target.exists():
            count += 1
            target = self.path.with_name(f"{self.path.stem}.damaged-{stamp}-{count}{self.path.suffix}")
        kept = []
        for suffix in ("", "-wal", "-shm"):
            source = self.path.with_name(self.path.name + suffix)
            if source.exists():
                kept.append(source.rename(target.with_name(target.name + suffix)))
        mark_of(self.path).unlink(missing_ok=True)
        return tuple(kept)

    def _end_readers(self, conn: sqlite3.Connection) -> None:
        ending = threading.Thread(target=self._readers.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        ending.start()
        while ending.is_alive():  # again and again: an interrupt between two statements of a read stops nothing
            with self._lock:
                for reader in self._reader_conns:
                    reader.interrupt()
            ending.join(0.02)
        for reader in self._reader_conns:
            reader.close()
        self._reader_conns.clear()

    @staticmethod
    def _quietly(conn: sqlite3.Connection, statement: str) -> None:
        try:
            conn.execute(statement)
        except sqlite3.Error as error:
            # The log stays and is read at the next open: nothing is lost.
            _log.warning("store: %s: %s", statement, error)

    # The readers' threads

    def _read(self, job: Job[T]) -> T:
        try:
            conn = self._reader()
            conn.execute("BEGIN")
            try:
                return job(conn)
            finally:
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
        except sqlite3.Error as error:
            told = self._known(error)
            if told is error:
                raise
            raise told from error

    def _reader(self) -> sqlite3.Connection:
        conn: sqlite3.Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = connect(self.path, read_only=self.read_only, immutable=self._immutable)
            conn.execute("PRAGMA busy_timeout = 2000")
            apply(conn, READER)
            with self._lock:
                self._reader_conns.append(conn)
            self._local.conn = conn
        return conn


def _again(trouble: StoreError) -> StoreError:
    """A fresh one: an exception that is raised twice would gather the traces of both."""
    return type(trouble)(trouble.key, **trouble.params)
