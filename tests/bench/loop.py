"""How long the Qt loop is held while 100,000 listings are pulled and shown, a 100,000-row sheet is read and 300 labels are
drawn. The real window in a process of its own; the vendor is a raw server in another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOAL_P999_MS, GOAL_MAX_MS = 16.0, 50.0
LISTINGS, ROWS, LABELS = 100_000, 100_000, 300

# A WooCommerce that has nothing but simple products, a hundred a page, made from one template.
SERVER = r"""
import asyncio, json, sys
from urllib.parse import parse_qs, urlsplit

TOTAL = int(sys.argv[1])

def page(number):
    first = (number - 1) * 100 + 1
    return json.dumps([
        {"id": i, "name": "Pamuklu Gömlek Açık Mavi %d" % i, "sku": "PX-%06d" % i, "type": "simple", "status": "publish",
         "price": "199.90", "regular_price": "249.90", "sale_price": "199.90", "manage_stock": True, "stock_quantity": i % 60,
         "stock_status": "instock", "permalink": "https://shop.test/%d" % i, "date_modified_gmt": "2026-11-20T06:10:00",
         "tax_status": "taxable", "tax_class": "", "variations": []}
        for i in range(first, min(first + 100, TOTAL + 1))
    ], ensure_ascii=False).encode()

class Shop(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.seen = transport, b""

    def data_received(self, data):
        self.seen += data
        while b"\r\n\r\n" in self.seen:
            head, _, self.seen = self.seen.partition(b"\r\n\r\n")
            parts = urlsplit(head.split(b" ", 2)[1].decode())
            if parts.path.endswith("/products"):
                body = page(int(parse_qs(parts.query)["page"][0]))
            elif parts.path.endswith("/current"):
                body = b'{"code":"TRY","name":"Turkish lira","symbol":"x"}'
            else:
                body = b"[]"
            answer = (
                "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: %d\r\n"
                "x-wp-total: %d\r\nx-wp-totalpages: %d\r\n\r\n" % (len(body), TOTAL, -(-TOTAL // 100))
            )
            self.transport.write(answer.encode() + body)

async def main():
    server = await asyncio.get_running_loop().create_server(Shop, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""

OURS = r"""
import asyncio, json, sys, time
import ui.entry as entry
from ui.window import MainWindow

port, sheet, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
plain = MainWindow.fill

def fill(self, services, house):
    async def start():
        return None
    services.engine.start = start
    plain(self, services, house)
    asyncio.ensure_future(work(self, services))

async def work(window, services):
    from pathlib import Path
    from PySide6.QtWidgets import QTableView
    from app.formats.sheets import count_rows
    from app.formats.words import Words
    from app.jobs.connect import Wish
    from app.printing.documents import make_document
    from app.store.order_query import OrderQuery
    from ui.kit import LoopWatchdog
    await asyncio.sleep(2)
    secrets = {"consumer_key": "ck_" + "0" * 40, "consumer_secret": "cs_" + "0" * 40}
    row = await services.connecting.save(Wish("woocommerce", "shop", "live", secrets, f"http://127.0.0.1:{port}"), services.now())
    await services.engine.links.get(row.id)
    window.go("prices")
    await asyncio.sleep(2)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(services.worker.executor(), len, "warm")
    orders = [r.id for r in await services.store.orders.query(OrderQuery(limit=int(sys.argv[4])))]
    watch = LoopWatchdog(every_ms=4, keep=500_000)
    watch.start()
    began = time.perf_counter()
    pulling = asyncio.ensure_future(services.engine.sync_listings(row, full=True))
    async def scroll():
        while not pulling.done():
            for table in window.findChildren(QTableView):
                if table.isVisible():
                    bar = table.verticalScrollBar()
                    bar.setValue((bar.value() + 40) % max(1, bar.maximum()))
            await asyncio.sleep(0.1)
    async def office():
        rows = await loop.run_in_executor(services.worker.executor(), count_rows, Path(sheet))
        _, pages = await make_document(services.store, orders, "label", out, Words.load("tr"), services.worker.executor())
        return rows, pages
    (rows, pages), result, _ = await asyncio.gather(office(), pulling, scroll())
    await asyncio.sleep(0.5)
    watch.stop()
    late = sorted(watch._late)
    print("LOOP " + json.dumps({
        "p999": late[int(len(late) * 0.999)], "max": late[-1], "ticks": len(late), "over_16ms": watch.count,
        "listings": result.counts, "rows": rows, "pages": pages, "seconds": time.perf_counter() - began,
    }), flush=True)
    window.leave_asked.emit()

MainWindow.fill = fill
sys.exit(entry.main(sys.argv[5:]))
"""


def _sheet(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for i in range(ROWS):
            sheet.write_row(i, 0, [f"PX-{i:06d}", f"869{i:010d}", "Pamuklu Gömlek", 199.9, 249.9, i % 60])


def run(progress: Callable[[str], None]) -> list[dict[str, Any]]:
    from tests.bench.filling import fill_workspace

    with tempfile.TemporaryDirectory() as base:
        folder, password, sheet = Path(base) / "ws", Path(base) / "password", Path(base) / "sheet.xlsx"
        password.write_text("a password for benches", encoding="utf-8")
        fill_workspace(folder, "a password for benches", orders=500, listings=500)
        _sheet(sheet)
        progress("loop: workspace and sheet are ready")
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(LISTINGS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            port = server.stdout.readline().strip() if server.stdout else "0"
            environment = {
                **os.environ, "QT_QPA_PLATFORM": "offscreen", "PAXZAR_HOME": base, "PAXZAR_TEST_PROFILE": "1",
                "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            }  # fmt: skip
            said = subprocess.run(
                [sys.executable, "-c", OURS, port, str(sheet), str(Path(base) / "l.pdf"), str(LABELS),
                 "--workspace", str(folder), "--unlock-from", str(password), "--lang", "tr"],
                stdout=subprocess.PIPE, text=True, env=environment, timeout=170, check=True,
            ).stdout  # fmt: skip
        finally:
            if server.stdin:
                server.stdin.close()
            server.wait(10)
            if server.stdout:
                server.stdout.close()
    raw = json.loads(next(line for line in said.splitlines() if line.startswith("LOOP ")).removeprefix("LOOP "))
    if raw["listings"].get("new") != LISTINGS or raw["rows"] != ROWS or raw["pages"] != LABELS:
        raise AssertionError(f"the work was not done: {raw}")
    return [
        {"bench": "loop", "figure": "stall of the Qt loop, p99.9", "value": round(raw["p999"], 1), "unit": "ms",
         "goal": GOAL_P999_MS, "holds": raw["p999"] <= GOAL_P999_MS, "raw": raw},
        {"bench": "loop", "figure": "stall of the Qt loop, longest", "value": round(raw["max"], 1), "unit": "ms",
         "goal": GOAL_MAX_MS, "holds": raw["max"] <= GOAL_MAX_MS, "raw": {}},
    ]  # fmt: skip
