"""The pack bench: scan an order, scan its pieces, the label prints by itself, next. No mouse, no scroll, no menu; each piece is in the
store before it is shown. No price ever stands here: a helper works at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.api.answers import sentence
from app.api.packing_desk import PackingDesk
from app.changes import ORDERS, ChangeReport
from app.contracts import Message
from app.formats.words import Words
from app.orders.bench import Bench, Told
from app.orders.due import Outcome
from app.orders.packing import GOOD, STOPPED, Verdict
from app.orders.scanning import SETTING as SCANNER
from app.orders.scanning import setup_of
from app.store import StoreError
from ui.kit import ACCEPTED, Action, Burst, ask, begin
from ui.kit.scanner import ScannerFilter
from ui.pages.pack_parts import LOW_ROW, BenchRow, BenchVerdict, KeyRow, ProgressLine
from ui.services import Page, Services
from ui.theme import BENCH
from ui.widgets import CutText, DialogFrame, Dot, FormField, Text, line
from ui.words import figures, t, words

SOUND = "pack.sound"
_KEYS = (("F2", "type"), ("F3", "hand"), ("F4", "undo"), ("F6", "over"), ("F8", "reprint"))
_LABELS = ("parcel", "label", "carrier")


class CodeDialog(DialogFrame):
    """A code typed by hand, where the scanner cannot read it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, t("pack.type.title"), t("pack.type.text"), t("pack.type.take"))
        self.edit = QLineEdit()
        self.body.addWidget(FormField(t("pack.type.field"), self.edit))
        self.edit.textChanged.connect(self._typed)
        self._typed("")

    def _typed(self, text: str) -> None:
        self.primary.disable("" if text.strip() else t("common.required"))


class PackPage(Page):
    """`shown({"id": n})` puts an order on the bench; `bench` and `scanner` do the work."""

    id = "pack"
    icon_name = "package"

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(services, parent)
        self.bench = Bench(services.store, services.changes)
        self.desk = PackingDesk(services.store, services.now, services.worker.executor, services.changes, self._words)
        self.scanner = ScannerFilter(self.bench.setup, self)
        self.scanner.scanned.connect(lambda code: begin(self.take(self.bench.scan(code)), "scan"))
        self.told: Told | None = None
        self.sound = True
        self._printed = ""
        self._today = 0
        self._begun = 0
        self._looks = Burst(lambda _keys: begin(self._look(), "look at the order"), 150, self)
        self._build()
        self._actions()
        self._show()

    # -- building ------------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QFrame()
        head.setProperty("box", "sidebar")
        row = QHBoxLayout(head)
        row.setContentsMargins(32, 14, 32, 14)
        row.setSpacing(24)
        self.number, self.channel, self.buyer = (
            Text("", "bench_title"),
            CutText("", "bench_note"),
            CutText("", "bench_note", "text_2"),
        )
        row.addLayout(_pile(Text(t("pack.title"), "body", "text_2"), self.number))
        row.addWidget(line("vline"))
        self.dot = Dot("")
        inside = QHBoxLayout()
        inside.setSpacing(8)
        inside.addWidget(self.dot)
        inside.addWidget(self.channel, 1)
        middle = QVBoxLayout()
        middle.setSpacing(2)
        middle.addLayout(inside)
        middle.addWidget(self.buyer)
        row.addLayout(middle, 1)
        self.carrier, self.deadline = Text("", "bench_note"), Text("", "bench_note", "degraded_text")
        for one in (self.carrier, self.deadline):
            one.setAlignment(Qt.AlignmentFlag.AlignRight)
        row.addLayout(_pile(self.carrier, self.deadline))
        row.addWidget(line("vline"))
        self.today = Text("", "bench_title")
        self.today.setAlignment(Qt.AlignmentFlag.AlignRight)
        row.addLayout(_pile(self.today, Text(t("pack.today"), "body", "text_2")))
        column.addWidget(head)
        self.progress = ProgressLine()
        column.addWidget(self.progress)
        body = QHBoxLayout()
        body.setContentsMargins(32, 20, 32, 20)
        body.setSpacing(28)
        column.addLayout(body, 1)
        left = QVBoxLayout()
        left.setSpacing(12)
        counts = QHBoxLayout()
        self.pieces, self.counts = Text("", "bench_note", "text_2"), Text("", "bench_note", "text_2")
        counts.addWidget(self.pieces)
        counts.addStretch(1)
        counts.addWidget(self.counts)
        left.addLayout(counts)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(12)
        left.addLayout(self.rows)
        self.more = Text("", "bench_note", "text_2")
        left.addWidget(self.more)
        left.addStretch(1)
        self.note = Text("", "bench_note", "info_text", wrap=True)
        left.addWidget(self.note)
        body.addLayout(left, 3)
        right = QVBoxLayout()
        right.setSpacing(12)
        self.verdict = BenchVerdict()
        right.addWidget(self.verdict, 1)
        card = QFrame()
        card.setProperty("box", "card")
        told = QVBoxLayout(card)
        told.setContentsMargins(20, 14, 20, 14)
        self.next, self.next_note = Text("", "bench_item", wrap=True), Text("", "bench_note", "text_2", wrap=True)
        for part in (Text(t("pack.next"), "body", "text_2"), self.next, self.next_note):
            told.addWidget(part)
        right.addWidget(card)
        body.addLayout(right, 2)
        foot = QFrame()
        foot.setProperty("box", "footer")
        row = QHBoxLayout(foot)
        row.setContentsMargins(32, 10, 32, 10)
        self.keys = KeyRow([(key, t(f"pack.key.{name}")) for key, name in _KEYS])
        row.addWidget(self.keys)
        row.addStretch(1)
        self.state = Text(t("pack.scanner"), "body", "text_2")
        row.addWidget(self.state)
        row.addSpacing(14)
        self.leave_keys = KeyRow([("F7", t("pack.sound")), ("Esc", t("pack.key.leave"))])
        row.addWidget(self.leave_keys)
        column.addWidget(foot)

    def _actions(self) -> None:
        doing = {
            "type": (self._type, "F2", "keyboard"), "hand": (lambda: self.do(self.bench.by_hand), "F3", "hand"),
            "undo": (lambda: self.do(self.bench.undo), "F4", "arrow-counter-clockwise"), "over": (lambda: self.do(self.bench.start_over), "F6", ""),
            "reprint": (lambda: begin(self._reprint(), "print again"), "F8", "printer"), "aside": (self._aside, "Return", "prohibit"),
            "leave": (self._leave, "Esc", ""),
        }  # fmt: skip
        for name, (run, key, icon) in doing.items():
            keys = (key, "Enter") if key == "Return" else (key,)
            self.services.actions.add(Action(f"pack.{name}", f"pack.key.{name}", run, icon, keys, scope="pack"))
        self.services.actions.add(
            Action("pack.sound", "pack.sound", self._switch_sound, "speaker-high", ("F7",), scope="pack")
        )

    # -- the page ------------------------------------------------------------------------------------------------------
    def shown(self, request: object = None) -> None:
        self.scanner.watch(self.window().windowHandle())
        self.scanner.set_on(True)
        order_id = request.get("id") if isinstance(request, dict) else None
        begin(self._begin(order_id if isinstance(order_id, int) else None), "pack bench")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.scanner.set_on(False)

    def changed(self, report: ChangeReport) -> None:
        if report.table == ORDERS and self.isVisible():
            self._looks.poke()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_rows()

    async def _begin(self, order_id: int | None) -> None:
        store = self.services.store
        self.bench.setup = self.scanner.setup = setup_of(await store.settings.get(SCANNER))
        self.sound = await store.settings.get(SOUND, True) is not False
        await self._count()
        self._show()
        if order_id is not None:
            await self.take(self.bench.open(order_id))

    async def _count(self) -> None:
        start = self.services.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        self._today = await self.services.store.packing.packed_since(start)
        self._begun = len(await self.services.store.packing.begun())

    async def _words(self) -> Words:
        return words()

    # -- doing ---------------------------------------------------------------------------------------------------------
    def do(self, work: Callable[[], Coroutine[Any, Any, Told]]) -> None:
        """One thing at the bench, in its turn."""
        begin(self.take(work()), "pack bench")

    async def take(self, work: Awaitable[Told]) -> None:
        """Wait for a verdict, show it, let it be heard; a closed parcel's label prints."""
        try:
            told = await work
        except StoreError as error:
            self._beep()
            self.said.emit("unhealthy", t("pack.trouble"), sentence(words(), error.message))
            return
        self.told = told
        self._printed = t("pack.print.printing") if told.finished else ""
        self._show()
        if told.verdict not in GOOD and told.verdict is not Verdict.NOTHING:
            self._beep()
        if told.finished:
            await self._print(told)

    async def _print(self, told: Told) -> None:
        done = await self.desk.drain()
        order_id = told.stored.id if told.stored is not None else 0
        await self._count()
        if self.told is told:
            self._tell_print([outcome for due, outcome in done if due.order_id == order_id])

    async def _reprint(self) -> None:
        told = self.told
        if told is None or told.stored is None or told.verdict in STOPPED or told.stored.local_state != "packed":
            return
        self._printed = t("pack.print.printing")
        self._show()
        self._tell_print(await self.desk.again(told.stored.id))

    def _tell_print(self, outcomes: list[Outcome]) -> None:
        said = [sentence(words(), one.message) for one in outcomes if one.message is not None]
        failed = any(one.state == "failed" or _stuck(one.message) for one in outcomes)
        if failed:
            self._beep()
            said.insert(0, t("pack.print.failed"))
        elif outcomes and not said:
            said.append(t("pack.print.done"))
        self._printed = " ".join(said)
        self._show()

    async def _look(self) -> None:
        """A cancel that came: red at once, and loud."""
        had, told = self.told, await self.bench.look()
        stopped = told.verdict in STOPPED or told.verdict is Verdict.CHANGED
        if had is self.told and stopped and (had is None or had.verdict is not told.verdict):
            self.told = told
            self._show()
            self._beep()

    def _type(self) -> None:
        begin(self._type_code(), "type a code")

    async def _type_code(self) -> None:
        dialog = CodeDialog(self)
        try:
            typed = dialog.edit.text() if await ask(dialog) == ACCEPTED else ""
        finally:
            dialog.deleteLater()
        if typed.strip():
            await self.take(self.bench.scan(typed))

    def _aside(self) -> None:
        if self.told is not None and self.told.verdict in STOPPED:
            self.do(self.bench.put_aside)

    def _leave(self) -> None:
        """An order in front leaves first; its pieces are kept."""
        if self.bench.order_id:
            self.do(self.bench.put_aside)
        else:
            self.go.emit("orders", None)

    def _switch_sound(self) -> None:
        self.sound = not self.sound
        begin(self.services.store.settings.set(SOUND, self.sound), "sound")
        self._show()

    def _beep(self) -> None:
        if self.sound:
            QApplication.beep()

    # -- showing -------------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        told = self.told
        stored = told.stored if told is not None else None
        packing = told.packing if told is not None else None
        order = stored.order if stored is not None else None
        self.number.setText(order.number if order is not None else "—")
        begin(self._show_channel(stored.connection_id if stored is not None else 0), "channel")
        to = order.ship_to if order is not None else None
        place = (
            ", ".join(one for one in (to.name, " / ".join(p for p in (to.district, to.city) if p)) if one) if to else ""
        )
        self.buyer.setText(place)
        self.carrier.setText(order.carrier if order is not None else "")
        self.deadline.setText(self._by(order.ship_by) if order is not None and order.ship_by is not None else "")
        self.today.setText(figures().number(self._today))
        self.progress.set_progress(packing.scanned if packing else 0, packing.needed if packing else 0)
        self.pieces.setText(t("pack.lines", count=packing.needed) if packing else "")
        left = packing.needed - packing.scanned if packing else 0
        begun = t("pack.begun", count=self._begun) if self._begun else ""
        self.counts.setText(t("pack.counts", scanned=packing.scanned, left=left) if packing else begun)
        self.note.setText(t("pack.note", note=order.note) if order is not None and order.note else "")
        self.note.setVisible(bool(self.note.text()))
        empty = told is None or (told.verdict is Verdict.NOTHING and not told.code)
        if empty or told is None:
            self.verdict.show_verdict(None)
        else:
            what = told.title or (order.number if order is not None and told.line < 0 and not told.code else "")
            self.verdict.show_verdict(told.verdict, what, told.code)
        self._show_next(left)
        self.leave_keys.words["F7"].setText(t("pack.sound_on" if self.sound else "pack.sound_off"))
        self._show_rows()

    def _show_next(self, left: int) -> None:
        told = self.told
        packing = told.packing if told is not None else None
        note = self._printed
        if told is None or packing is None:
            title = t("pack.next_order")
        elif told.verdict in STOPPED:
            title = t("pack.next_stopped")
        elif packing.current < 0 or told.verdict in (Verdict.COMPLETE, Verdict.ALREADY_PACKED):
            title = t("pack.next_order")
        else:
            title = t("pack.next_scan", title=packing.lines[packing.current].title)
            note = note or t("pack.next_left", count=left)
        self.next.setText(title)
        self.next_note.setText(note)
        self.next_note.setVisible(bool(note))

    def _show_rows(self) -> None:
        """As many lines as fit, the current one among them: nothing scrolls."""
        while (item := self.rows.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        told = self.told
        packing = told.packing if told is not None else None
        lines = packing.lines if packing is not None else ()
        room = self.height() - 290
        low = len(lines) * (BENCH.row + 12) > room
        fit = max(1, room // ((LOW_ROW if low else BENCH.row) + 12))
        current = packing.current if packing is not None else -1
        first = min(max(0, current - 1), max(0, len(lines) - fit))
        stopped = told is not None and told.verdict in STOPPED
        for at, one in list(enumerate(lines))[first : first + fit]:
            self.rows.addWidget(BenchRow(one, current=at == current and not stopped, stopped=stopped, low=low))
        rest = len(lines) - fit
        self.more.setText(t("pack.more", count=rest) if rest > 0 else "")
        self.more.setVisible(rest > 0)

    async def _show_channel(self, connection_id: int) -> None:
        rows = await self.services.store.connections.list(removed=True) if connection_id else []
        row = next((one for one in rows if one.id == connection_id), None)
        self.channel.setText(row.name if row is not None else "")
        self.dot.setVisible(row is not None)
        if row is not None:
            self.dot.set_integration(row.integration)

    def _by(self, at: datetime) -> str:
        return t("pack.by", time=figures().when(at.astimezone(), self.services.now().astimezone()))


def _stuck(message: Message | None) -> bool:
    """The print queue has it, and its printer does not print: its message is no good news."""
    return message is not None and message.code != "pack.print.had"


def _pile(*parts: QWidget) -> QVBoxLayout:
    made = QVBoxLayout()
    made.setSpacing(2)
    for part in parts:
        made.addWidget(part)
    return made
