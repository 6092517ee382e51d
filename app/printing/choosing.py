"""Which printer is meant: one of the merchant's own by name, `host:9100`, a file, or a queue of the system."""

from __future__ import annotations

import re
from pathlib import PurePath

from app.platform.printing import PortError, split_address, system_queues
from app.printing.data import COPIES, LANGUAGES
from app.printing.papers import paper_of
from app.printing.trouble import PrintTrouble
from app.store import Printer, Store
from app.store.printers import PORTS

_FILES = {".pdf": "driver", ".zpl": "zpl", ".prn": "zpl", ".epl": "epl"}
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}", re.ASCII)
_DPI = (152, 203, 300, 600)
_MOST_UM = 20_000


async def find_printer(store: Store, text: str) -> Printer:
    """Raises PrintTrouble `printer.unknown`, naming those that there are."""
    kept = await store.printers.by_name(text)
    if kept is not None:
        return kept
    suffix = PurePath(text).suffix.casefold()
    if suffix in _FILES:
        return Printer(PurePath(text).name, "file", text, _FILES[suffix])
    if _ADDRESS.fullmatch(text):
        return checked(Printer(text, "network", text, "zpl"))
    queues = await system_queues()
    if text in queues:
        return Printer(text, "queue", text)
    names = [one.name for one in await store.printers.list()]
    known = ", ".join([*names, *(one for one in queues if one not in names)]) or "—"
    raise PrintTrouble("printer.unknown", {"printer": text[:60], "printers": known})


def checked(printer: Printer) -> Printer:
    """The same printer when its profile makes sense. Raises PrintTrouble naming what does not."""
    if not printer.name.strip() or len(printer.name) > 60:
        raise PrintTrouble("printer.name")
    if printer.port not in PORTS:
        raise PrintTrouble("printer.port", {"port": printer.port[:40], "ports": ", ".join(PORTS)})
    if printer.language not in LANGUAGES:
        raise PrintTrouble("printer.language", {"language": printer.language[:40], "languages": ", ".join(LANGUAGES)})
    if printer.dpi not in _DPI:
        raise PrintTrouble("printer.dpi", {"dpi": str(printer.dpi), "known": ", ".join(map(str, _DPI))})
    if not 1 <= printer.copies <= COPIES:
        raise PrintTrouble("printer.copies", {"copies": str(printer.copies), "most": str(COPIES)})
    if max(abs(printer.right_um), abs(printer.down_um)) > _MOST_UM:
        raise PrintTrouble("printer.offset")
    if printer.port in ("raw", "network") and printer.language == "driver":
        raise PrintTrouble("printer.raw_driver")
    if printer.port == "queue" and printer.language != "driver":
        raise PrintTrouble("printer.queue_raw")
    paper_of(printer.paper)
    if printer.port == "network":
        try:
            split_address(printer.address)
        except PortError as error:
            raise PrintTrouble(error.key, error.params) from error
    elif not printer.address.strip():
        raise PrintTrouble("printer.address", {"address": ""})
    return printer
