"""Import files of a Mirakl instance: the desk where they wait, STO01-03 (stock) and PRI01-03 (prices). They run later, never at once.

Source: the seller OpenAPI document: columns, states, `;`, the error report's first two columns (line, reason). The names of those two
columns and all texts of refusals are told nowhere: they are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from providers.sandboxes.kit import SandboxClock
from providers.sandboxes.mirakl_prices import PRICE_COLUMNS, read_prices
from providers.sandboxes.mirakl_records import SHOP_ID
from providers.sandboxes.mirakl_state import Shop
from providers.sandboxes.mirakl_wire import Answer, Call, Part, Row, bad, iso, missing, read_csv, seek_page, write_csv

REPORT_COLUMNS = ("error-line", "error-message")
STOCK_COLUMNS = ("offer-sku", "quantity", "warehouse-code", "update-delete")
#: An import that nobody asks for is done after so many seconds; one that is asked for is WAITING, then RUNNING, then done.
PATIENCE_S = 120


@dataclass(slots=True)
class Import:
    """`run` does the work when the time has come and fills in the counts and `report`."""

    id: str
    kind: str  # STO, PRI or OF
    created: int
    body: bytes
    run: Callable[[Import], None]
    mode: str = "NORMAL"
    status: str = "WAITING"
    reason: str = ""
    polls: int = 0
    read: int = 0
    good: int = 0
    failed: int = 0
    offers_good: int = 0
    offers_failed: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    columns: tuple[str, ...] = ()
    report: list[tuple[str, ...]] = field(default_factory=list)


class Imports:
    """All imports of a shop, in the order in which they came; that is the order in which they run."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.by_id: dict[str, Import] = {}
        shop.steps.append(self.settle)

    def settle(self) -> None:
        for one in self.by_id.values():
            if one.status in ("WAITING", "RUNNING") and self.shop.now() - one.created >= PATIENCE_S:
                self._finish(one)

    def polled(self, one: Import) -> None:
        """Asked for: the first answer is WAITING, the second RUNNING, the third the end."""
        if one.status not in ("WAITING", "RUNNING") or self.shop.on("imports_hang"):
            return
        one.polls += 1
        if one.polls == 2:
            one.status = "RUNNING"
        elif one.polls > 2:
            for earlier in self.by_id.values():
                if earlier.status in ("WAITING", "RUNNING"):
                    self._finish(earlier)
                if earlier is one:
                    break

    def _finish(self, one: Import) -> None:
        if self.shop.on("imports_hang"):
            return
        one.status = "COMPLETE"
        one.run(one)

    def add(self, kind: str, call: Call, body: bytes, run: Callable[[Import], None], mode: str = "NORMAL") -> Import:
        """For offers a repetition of what still waits is not taken again: the vendor answers with the first one's id."""
        if kind == "OF":
            for one in self.by_id.values():
                if one.kind == kind and one.body == body and one.mode == mode and one.status in ("WAITING", "RUNNING"):
                    return one
        key = str(20_000 + self.shop.next_number()) if kind == "OF" else self.shop.uuid()
        made = Import(key, kind, call.now, body, run, mode)
        self.by_id[key] = made
        self.shop.counts[f"imports:{kind}"] += 1
        return made

    def find(self, kind: str, key: str) -> Import:
        one = self.by_id.get(key)
        if one is None or one.kind != kind:
            raise missing("Import", key)
        return one


class Instance(Shop):
    """The shop with its imports."""

    def __init__(self, clock: SandboxClock, seed: int) -> None:
        super().__init__(clock, seed)
        self.imports = Imports(self)


def form_file(call: Call, fields: Iterable[str] = ()) -> tuple[Part, dict[str, str]]:
    """The part `file` and the other fields of the form by name."""
    parts = call.form()
    files = [one for one in parts if one.name == "file"]
    if len(files) != 1 or not files[0].data:
        raise bad("A non-empty part [file] is required")
    others = {one.name: one.data.decode("utf-8", "replace") for one in parts if one.name != "file"}
    strange = others.keys() - set(fields)
    if strange:
        raise bad(f"Unknown form field [{min(strange)}]")
    return files[0], others


def read_rows(one: Import, known: Iterable[str], needed: Iterable[str]) -> list[Row]:
    """The file's rows; a file that cannot be used at all fails the import, with a reason."""
    try:
        columns, rows = read_csv(one.body)
        unknown = [name for name in columns if name not in known and name not in REPORT_COLUMNS]
        absent = [name for name in needed if name not in columns]
        if unknown or absent:
            raise ValueError(f"Unknown column [{unknown[0]}]" if unknown else f"Missing column [{absent[0]}]")
    except ValueError as error:
        one.status, one.reason = "FAILED", str(error)
        return []
    one.columns = tuple(name for name in columns if name not in REPORT_COLUMNS)
    one.read = len(rows)
    return rows


def refuse(one: Import, row: Row, why: str) -> None:
    one.failed += bool(why)
    one.report.append((str(row.line), why, *(row.cells[name] for name in one.columns)))


# -- STO01 -------------------------------------------------------------------------------------------------------------
def import_stock(shop: Instance, call: Call) -> Answer:
    file, _ = form_file(call)
    made = shop.imports.add("STO", call, file.data, lambda one: _run_stock(shop, one))
    return Answer({"import_id": made.id}, 201)


def _run_stock(shop: Shop, one: Import) -> None:
    seen: set[str] = set()
    for row in read_rows(one, STOCK_COLUMNS, STOCK_COLUMNS[:2]):
        why = _stock_fault(shop, row, seen)
        seen.add(row.cells["offer-sku"])
        if why:
            refuse(one, row, why)
            continue
        one.good += 1
        if shop.may_apply():
            delete = row.cells.get("update-delete", "").lower() == "delete"
            shop.offers[row.cells["offer-sku"]].quantity = 0 if delete else int(row.cells["quantity"])
            shop.wrote(row.cells["offer-sku"])


def _stock_fault(shop: Shop, row: Row, seen: set[str]) -> str:
    sku, quantity = row.cells["offer-sku"], row.cells["quantity"]
    action = row.cells.get("update-delete", "").lower()
    if sku not in shop.offers:
        return "The offer does not exist"
    if shop.on(f"refuse_sku:{sku}"):
        return "The operator refuses this offer"
    if sku in seen:
        return "The offer already has a quantity in this file"
    if row.cells.get("warehouse-code"):
        return "The warehouse does not exist"
    if action not in ("", "update", "delete"):
        return "update-delete must be empty, update or delete"
    if action != "delete" and not (quantity.isascii() and quantity.isdigit() and len(quantity) <= 9):
        return "The quantity must be a whole number that is not negative"
    return ""


# -- PRI01 -------------------------------------------------------------------------------------------------------------
def import_prices(shop: Instance, call: Call) -> Answer:
    file, _ = form_file(call)
    made = shop.imports.add("PRI", call, file.data, lambda one: _run_prices(shop, one))
    return Answer({"importId": made.id, "import_id": made.id}, 201)


def _run_prices(shop: Shop, one: Import) -> None:
    """An offer's lines count together: one bad price leaves all its prices as they were."""
    groups: dict[str, list[Row]] = {}
    for row in read_rows(one, PRICE_COLUMNS, PRICE_COLUMNS[:2]):
        groups.setdefault(row.cells["offer-sku"], []).append(row)
    for sku, rows in groups.items():
        prices, faults = read_prices(rows, shop.on("discount_period_required"))
        if sku not in shop.offers:
            faults = dict.fromkeys((row.line for row in rows), "The offer does not exist")
        elif shop.on(f"refuse_sku:{sku}"):
            faults = dict.fromkeys((row.line for row in rows), "The operator refuses this offer")
        if faults:
            one.offers_failed += 1
            for row in rows:
                refuse(one, row, faults.get(row.line, ""))
            continue
        one.good += len(rows)
        one.offers_good += 1
        if shop.may_apply():
            shop.offers[sku].prices = prices
            shop.wrote(sku)


# -- status and reports ------------------------------------------------------------------------------------------------
def stock_status(shop: Instance, call: Call) -> Answer:
    one = shop.imports.find("STO", call.path["import_id"])
    shop.imports.polled(one)
    return Answer({
        "date_created": iso(one.created), "has_error_report": bool(one.report), "import_id": one.id, "lines_in_error": one.failed,
        "lines_in_success": one.good, "shop_id": SHOP_ID, "status": one.status,
    })  # fmt: skip


def price_status(shop: Instance, call: Call) -> Answer:
    """PRI02 is a list: newest first, by id when ids are given; unknown ids are no error."""
    args, rows = call.args, []
    for one in reversed(shop.imports.by_id.values()):
        if one.kind != "PRI" or one.id not in args.get("import_id", [one.id]):
            continue
        if not args.get("start_date", 0) <= one.created <= args.get("end_date", one.created):
            continue
        if "API" not in args.get("origins", ["API"]):
            continue
        shop.imports.polled(one)
        if one.status == args.get("status", one.status):
            rows.append(_price_row(one))
    if args.get("order") == "asc":
        rows.reverse()
    page, tokens = seek_page(call, rows, [row["import_id"] for row in rows])
    return Answer({"data": page, **tokens})


def _price_row(one: Import) -> dict[str, Any]:
    return {
        "date_created": iso(one.created), "has_error_report": bool(one.report), "import_id": one.id, "lines_in_error": one.failed,
        "lines_in_success": one.good, "offers_in_error": one.offers_failed, "offers_updated": one.offers_good, "origin": "API",
        "reason_status": one.reason, "shop_id": SHOP_ID, "status": one.status,
    }  # fmt: skip


def error_report(kind: str, name: str, media_type: str) -> Callable[[Instance, Call], Answer]:
    def answer(shop: Instance, call: Call) -> Answer:
        one = shop.imports.find(kind, call.path[name])
        if not one.report:
            raise missing("Error report of import", one.id)
        return Answer(write_csv((*REPORT_COLUMNS, *one.columns), one.report), media_type=media_type)

    return answer
