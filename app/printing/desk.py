"""Printing as the merchant means it: ask what must be asked, draw all, then send label by label and write down each before and after
it leaves. What must never happen: a label that left and is not known, or one that is sent twice unasked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime

import msgspec

from app.changes import ORDERS, PRINTS, ChangeReport, Changes
from app.contracts.messages import Message
from app.formats.words import Words
from app.platform.printing import Port, PortError, Unsure, open_port
from app.platform.printing_status import HostStatus
from app.printing import drawing
from app.printing.choosing import checked
from app.printing.data import COPIES, Pressed
from app.printing.gathering import Gathered, PrintWish, Question, gather, setup_of
from app.printing.papers import paper_of
from app.printing.trouble import PrintTrouble
from app.store import NewUnit, Printer, PrintJob, Store, UnitRow
from app.store.audit import Action, counted, os_user

_RUNNING: set[tuple[str, int]] = set()  # jobs that this process sends right now: no second hand on them
_wish = msgspec.json.Decoder(PrintWish)


class Printed(msgspec.Struct, frozen=True):
    """What became of a wish. `questions`: nothing was sent, they must be answered first. `message`: why it stopped, or what the
    printer said at the end. `job` 0: there was none."""

    job: int = 0
    total: int = 0
    sent: int = 0
    doubt: int = 0
    waiting: int = 0
    message: Message | None = None
    questions: tuple[Question, ...] = ()

    @property
    def whole(self) -> bool:
        return self.job > 0 and self.sent == self.total


Progress = Callable[[int, int], None]


def open_printer(printer: Printer, kind: str, paper: str = "", executor: Executor | None = None) -> Port:
    """Raises PortError."""
    size = paper_of(setup_of(printer, kind, paper).paper)
    return open_port(printer.port, printer.address, printer.language, (size.width_mm, size.height_mm), executor)


class PrintDesk:
    """`executor`: the worker's. `opened(printer, kind, paper)` makes the port; tests put their own in its place."""

    def __init__(
        self, store: Store, words: Words, now: Callable[[], datetime], executor: Executor | None = None, changes: Changes | None = None,
        opened: Callable[[Printer, str, str], Port] | None = None,
    ) -> None:  # fmt: skip
        self._store, self._words, self._now = store, words, now
        self._executor, self._changes = executor, changes
        self._opened = opened or (lambda printer, kind, paper: open_printer(printer, kind, paper, executor))

    # -- printing ----------------------------------------------------------------------------------------------------
    async def print(self, wish: PrintWish, progress: Progress | None = None) -> Printed:
        """Raises LabelTrouble and PrintTrouble while nothing has been sent, KeyError for an unknown order; a printer that fails is
        in the result."""
        checked(wish.printer)
        copies = wish.copies or wish.printer.copies
        if not 1 <= copies <= COPIES:
            raise PrintTrouble("printer.copies", {"copies": str(copies), "most": str(COPIES)})
        gathered = await gather(self._store, wish, self._words, self._now())
        if gathered.questions:
            return Printed(questions=gathered.questions)
        pressed = await self._press(gathered)
        if pressed.questions:
            return Printed(questions=_asked(pressed))
        job_id = await self._store.print_queue.add(
            wish.printer.name,
            msgspec.json.encode(wish).decode(),
            wish.kind,
            os_user(),
            _units(pressed, gathered, copies),
        )
        everything = [order for one in gathered.orders for order in one]
        await self._store.audit.note(
            Action.DOCUMENT_PRINTED, subject=("document", wish.kind), details=counted(everything)
        )
        return await self._run(job_id, wish, pressed, progress)

    async def resume(
        self,
        job_id: int,
        *,
        doubtful: str = "",
        start_at: int = 0,
        anyway: bool = False,
        progress: Progress | None = None,
    ) -> Printed:
        """The rest of a job. `doubtful`: what became of units that nobody knows of: `again` prints them once more, `out` takes them
        as printed; without it they are asked about. `start_at`: after a jam, from this position on everything once more;
        `anyway`: orders that were cancelled meanwhile too.
        Raises PrintTrouble `printer.no_job`, `printer.busy`, `printer.changed`."""
        job = await self._store.print_queue.get(job_id)
        if job is None:
            raise PrintTrouble("printer.no_job", {"job": str(job_id)})
        if self._mark(job_id) in _RUNNING:
            raise PrintTrouble("printer.busy", {"printer": job.printer})
        queue = self._store.print_queue
        await queue.recover(job_id)
        if start_at and not await queue.start_over_at(job_id, start_at):
            raise PrintTrouble("printer.no_unit", {"number": str(start_at), "count": str(job.total)})
        rows = await queue.units(job_id)
        unknown = [row for row in rows if row.state == "doubt"]
        if unknown and doubtful not in ("again", "out"):
            asked = tuple(Question("doubt", str(row.position)) for row in unknown)
            return msgspec.structs.replace(await self._standing(job_id), questions=asked)
        if unknown:
            await queue.settle_doubt(job_id, again=doubtful == "again")
        if not any(row.state == "waiting" for row in await queue.units(job_id)):
            self._tell()
            return await self._standing(job_id)
        wish = await self._current(_wish.decode(job.wish))
        wish = msgspec.structs.replace(wish, anyway=wish.anyway or anyway)
        gathered = await gather(self._store, msgspec.structs.replace(wish, again=True), self._words, self._now())
        if gathered.questions:
            return msgspec.structs.replace(await self._standing(job_id), questions=gathered.questions)
        pressed = await self._press(gathered)
        if pressed.questions:
            return msgspec.structs.replace(await self._standing(job_id), questions=_asked(pressed))
        if {row.unit for row in rows} != set(range(len(pressed.units))):
            raise PrintTrouble("printer.changed", {"job": str(job_id)})
        return await self._run(job_id, wish, pressed, progress)

    async def test(self, printer: Printer) -> HostStatus | None:
        """Prints the calibration page; what the printer says of itself before. Raises PrintTrouble, PortError."""
        setup = setup_of(checked(printer), "label")
        title, hint = self._words("print.test.title", name=printer.name), self._words("print.test.hint")
        data = await asyncio.get_running_loop().run_in_executor(self._executor, drawing.calibration, setup, title, hint)
        port = self._opened(printer, "label", "")
        await port.open()
        try:
            status = await port.ready()
            if status is not None and status.trouble:
                raise PortError(f"printer.{status.trouble}", printer=printer.name)
            await port.send([data])
        finally:
            await port.close()
        await self._store.prints.add(None, "test", "", hashlib.sha256(data).hexdigest(), printer.name)
        self._tell()
        return status

    # -- inside ------------------------------------------------------------------------------------------------------
    async def _current(self, wish: PrintWish) -> PrintWish:
        """The printer may have another address by now."""
        kept = await self._store.printers.by_name(wish.printer.name) if wish.printer.id else None
        if kept is None:
            return wish
        same = msgspec.structs.replace(
            wish.printer, port=kept.port, address=kept.address, language=kept.language, dpi=kept.dpi, right_um=kept.right_um,
            down_um=kept.down_um, cut=kept.cut,
        )  # fmt: skip
        return msgspec.structs.replace(wish, printer=same)

    async def _press(self, gathered: Gathered) -> Pressed:
        return await asyncio.get_running_loop().run_in_executor(self._executor, drawing.press, gathered.work)

    def _mark(self, job_id: int) -> tuple[str, int]:
        return str(self._store.db.path), job_id

    async def _run(self, job_id: int, wish: PrintWish, pressed: Pressed, progress: Progress | None) -> Printed:
        mark = self._mark(job_id)
        _RUNNING.add(mark)
        try:
            said = await self._send(job_id, wish, pressed, progress or (lambda sent, total: None))
        finally:
            _RUNNING.discard(mark)
            self._tell()
        standing = await self._standing(job_id)
        return standing if said is None else msgspec.structs.replace(standing, message=said)

    async def _send(self, job_id: int, wish: PrintWish, pressed: Pressed, progress: Progress) -> Message | None:
        """Why it stopped; None when all left."""
        queue, printer = self._store.print_queue, wish.printer
        rows = await queue.units(job_id)
        waiting = [row for row in rows if row.state == "waiting"]
        try:
            port = self._opened(printer, wish.kind, wish.paper)
            await port.open()
        except PortError as error:
            return await self._stop(job_id, error)
        path = printer.address if printer.port == "file" else ""
        try:
            stopped = _trouble(await port.ready(), printer, len(waiting))
            if stopped is not None:
                await queue.stop(job_id, stopped)
                return stopped
            left: list[tuple[int, str]] = []
            for lot in [[row] for row in waiting] if port.single else [waiting]:
                positions = [row.position for row in lot]
                parts, digests = await self._parts(lot, pressed, wish)
                # One transaction a label: what left before is sent, what leaves now is on its way.
                await self._advance(job_id, left, positions, path)
                left = []
                try:
                    status = await port.send(parts)
                except Unsure as error:
                    return await self._stop(job_id, error, left=positions)
                except PortError as error:
                    return await self._stop(job_id, error, unsent=positions)
                except asyncio.CancelledError:
                    await asyncio.shield(queue.stop(job_id, Message("printer.cancelled"), left=positions))
                    raise
                left = list(zip(positions, digests, strict=True))
                progress(len(rows) - len(waiting) + positions[-1] - waiting[0].position + 1, len(rows))
                stopped = _trouble(status, printer, len(rows) - positions[-1])
                if stopped is not None:
                    break
            await queue.advance(job_id, left, [], path)
            if stopped is not None and waiting and waiting[-1].position != left[-1][0]:
                await queue.stop(job_id, stopped)
            return stopped
        except PortError as error:
            return await self._stop(job_id, error)
        finally:
            await port.close()

    async def _advance(self, job_id: int, left: Sequence[tuple[int, str]], positions: Sequence[int], path: str) -> None:
        """A cancel in this very moment: what left before is in the journal all the same, and of `positions` nothing went out."""
        queue = self._store.print_queue
        writing = asyncio.ensure_future(queue.advance(job_id, left, positions, path))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            await asyncio.shield(queue.stop(job_id, Message("printer.cancelled"), unsent=positions))
            raise

    async def _parts(self, lot: Sequence[UnitRow], pressed: Pressed, wish: PrintWish) -> tuple[list[bytes], list[str]]:
        units = [pressed.units[row.unit] for row in lot]
        if not pressed.pdf:
            return [one.data for one in units], [hashlib.sha256(one.data).hexdigest() for one in units]
        wanted = [page for one in units for page in one.pages]
        printer = wish.printer
        data = await asyncio.get_running_loop().run_in_executor(
            self._executor, drawing.sheets, pressed.pdf, wanted, printer.right_um, printer.down_um
        )
        return [data], [hashlib.sha256(data).hexdigest()] * len(units)

    async def _stop(
        self, job_id: int, error: PortError, left: Sequence[int] = (), unsent: Sequence[int] = ()
    ) -> Message:
        message = Message(error.key, error.params)
        await self._store.print_queue.stop(job_id, message, left=left, unsent=unsent)
        return message

    async def _standing(self, job_id: int) -> Printed:
        job = await self._store.print_queue.get(job_id)
        assert job is not None  # noqa: S101 - jobs are never deleted
        return standing_of(job)

    def _tell(self) -> None:
        if self._changes is not None:
            for table in (ORDERS, PRINTS):
                self._changes.publish(ChangeReport(table, source="user"))


def standing_of(job: PrintJob) -> Printed:
    return Printed(job.id, job.total, job.sent, job.doubt, job.waiting, job.message)


def _units(pressed: Pressed, gathered: Gathered, copies: int) -> list[NewUnit]:
    """Every copy is a unit of its own, behind its first: paper order is the order asked for."""
    made = []
    for number, unit in enumerate(pressed.units):
        things = unit.of or range(len(gathered.orders))
        orders = tuple(dict.fromkeys(one for at in things if at < len(gathered.orders) for one in gathered.orders[at]))
        parcels = tuple(
            dict.fromkeys(one for at in things if at < len(gathered.parcels) for one in gathered.parcels[at])
        )
        again = any(gathered.again[at] for at in things if at < len(gathered.again))
        made += [NewUnit(number, copy, orders, parcels, again) for copy in range(1, copies + 1)]
    return made


def _asked(pressed: Pressed) -> tuple[Question, ...]:
    return tuple(
        Question("size", one.reference, {
            "wide": str(one.label_mm[0]), "high": str(one.label_mm[1]), "content_wide": str(one.content_mm[0]),
            "content_high": str(one.content_mm[1]), "paper_wide": str(one.paper_mm[0]), "paper_high": str(one.paper_mm[1]),
        })
        for one in pressed.questions
    )  # fmt: skip


def _trouble(status: HostStatus | None, printer: Printer, behind: int) -> Message | None:
    """What keeps a printer from going on; `behind`: units that did not leave yet."""
    if status is None or not status.trouble:
        return None
    inside = status.remaining + status.waiting
    return Message(f"printer.{status.trouble}", {"printer": printer.name, "inside": str(inside), "behind": str(behind)})
