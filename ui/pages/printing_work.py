"""Printing from the window: the operation, the questions, the queue's resume, printers' profiles. Nothing is printed before its
questions are answered by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import BrokenExecutor

import msgspec
from PySide6.QtWidgets import QWidget

from app.api.answers import sentence
from app.changes import PRINTS, ChangeReport
from app.contracts import Message
from app.platform.printing import PortError, system_queues
from app.printing.desk import PrintDesk, Printed
from app.printing.gathering import PrintWish, keep_look, look_of
from app.printing.trouble import LabelTrouble, PrintTrouble
from app.store import Printer, PrintJob, StoreError
from app.store.audit import Action
from ui.kit import ACCEPTED, Operation, ask
from ui.pages.orders_documents import DocumentError, Said
from ui.pages.printing_dialogs import DoubtDialog, PrinterDialog, QuestionDialog, StartDialog
from ui.pages.printing_look import LookDialog, Sample
from ui.services import Services
from ui.words import t, words

Work = Callable[[Operation], Awaitable[Printed]]


class PrintWork:
    """`PrintWork(services, page, said)`. `desk()` may be replaced in tests."""

    def __init__(self, services: Services, page: QWidget, said: Said) -> None:
        self._services, self._page, self._said = services, page, said

    def desk(self) -> PrintDesk:
        services = self._services
        return PrintDesk(services.store, words(), services.now, services.worker.executor(), services.changes)

    # -- printing ------------------------------------------------------------------------------------------------------
    async def print(self, wish: PrintWish) -> Printed | None:
        """None when nothing came out of it: refused, cancelled, or a sentence was shown."""
        while True:
            title = t("printpage.work.title", printer=wish.printer.name, document=t(f"print.document.{wish.kind}"))
            done = await self._run(title, len(wish.ids), self._printing(wish))
            if done is None or not done.questions:
                return done
            if not await self._agreed(QuestionDialog(self._page, done.questions)):
                return None
            whys = {one.why for one in done.questions}
            wish = msgspec.structs.replace(
                wish, again=wish.again or "again" in whys, anyway=wish.anyway or bool(whys - {"again"})
            )

    def _printing(self, wish: PrintWish) -> Work:
        return lambda op: self.desk().print(wish, lambda sent, total: op.advance(sent, total))

    async def resume(self, job: PrintJob, start_at: int = 0) -> Printed | None:
        """The rest of a job; asks about what is in doubt."""
        doubtful, anyway = "", False
        title = t("printpage.work.title", printer=job.printer, document=t(f"print.document.{job.kind}"))
        while True:
            done = await self._run(title, job.total, self._resuming(job.id, doubtful, start_at, anyway))
            if done is None or not done.questions:
                return done
            start_at = 0  # said once: a second time would print more again
            if done.questions[0].why == "doubt":
                dialog = DoubtDialog(self._page, done.questions)
                if not await self._agreed(dialog):
                    return None
                doubtful = "again" if dialog.again else "out"
            elif await self._agreed(QuestionDialog(self._page, done.questions)):
                anyway = True
            else:
                return None

    def _resuming(self, job_id: int, doubtful: str, start_at: int, anyway: bool) -> Work:
        return lambda op: self.desk().resume(
            job_id, doubtful=doubtful, start_at=start_at, anyway=anyway,
            progress=lambda sent, total: op.advance(sent, total),
        )  # fmt: skip

    async def resume_from(self, job: PrintJob) -> Printed | None:
        """After a jam: asks from which label on."""
        dialog = StartDialog(self._page, job.total, job.sent)
        if not await self._agreed(dialog):
            return None
        return await self.resume(job, dialog.position)

    async def drop(self, job: PrintJob) -> None:
        await self._services.store.print_queue.drop(job.id)
        self._services.changes.publish(ChangeReport(PRINTS, source="user"))

    # -- printers ------------------------------------------------------------------------------------------------------
    async def edit(self, printer: Printer | None) -> Printer | None:
        """A profile, new or changed; None when it was left."""
        dialog = PrinterDialog(self._page, printer, await system_queues())
        try:
            if await ask(dialog) != ACCEPTED:
                return None
            kept = await self._services.store.printers.save(dialog.printer())
        except StoreError as error:
            self._said("unhealthy", t("printpage.work.not_kept"), t(error.key, **error.params))
            return None
        finally:
            dialog.deleteLater()
        await self._services.store.audit.note(Action.SETTINGS_CHANGED, subject=("printer", str(kept.id)))
        return kept

    async def look(self, sample: Sample) -> bool:
        """Logo, footer and shown fields; whether they changed."""
        store = self._services.store
        had = await look_of(store)
        dialog = LookDialog(self._page, self._services, had, sample)
        try:
            if await ask(dialog) != ACCEPTED or dialog.look == had:
                return False
            await keep_look(store, dialog.look)
        finally:
            dialog.deleteLater()
        await store.audit.note(Action.SETTINGS_CHANGED, subject=("printer", "look"))
        return True

    async def remove(self, printer: Printer) -> None:
        await self._services.store.printers.remove(printer.name)
        await self._services.store.audit.note(Action.SETTINGS_CHANGED, subject=("printer", "removed"))

    async def test(self, printer: Printer) -> bool:
        """The calibration page."""

        async def work(op: Operation) -> Printed:
            del op
            await self.desk().test(printer)
            return Printed(1, 1, 1)

        title = t("printpage.work.title", printer=printer.name, document=t("print.document.test"))
        done = await self._run(title, 1, work)
        if done is not None:
            self._said("healthy", t("print.test.done", name=printer.name), "")
        return done is not None

    # -- inside ----------------------------------------------------------------------------------------------------------
    async def _agreed(self, dialog: QuestionDialog | DoubtDialog | StartDialog) -> bool:
        try:
            return await ask(dialog) == ACCEPTED
        finally:
            dialog.deleteLater()

    async def _run(self, title: str, total: int, work: Work) -> Printed | None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def told(op: Operation) -> Printed | None:
            try:
                return await work(op)
            except LabelTrouble as error:
                self._tell(error.message, error.reference)
            except (PrintTrouble, PortError) as error:
                self._tell(Message(error.key, error.params))
            except StoreError as error:
                self._tell(error.message)
            except BrokenExecutor as error:
                raise DocumentError("orders.document.failed_hint") from error
            return None

        op = self._services.operations.start(title, told, total=total)

        def finished() -> None:
            if not ended.done():
                ended.set_result(None)

        op.finished.connect(finished)
        await ended
        done: Printed | None = op.result
        if done is not None and done.message is not None:
            self._said(
                "unhealthy",
                t("printpage.work.stopped", sent=done.sent, total=done.total),
                sentence(words(), done.message),
            )
        return done

    def _tell(self, message: Message, reference: str = "") -> None:
        self._said("unhealthy", t("printpage.work.nothing_printed"), sentence(words(), message, reference))
