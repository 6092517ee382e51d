"""Parcels' labels as files: nothing dangerous and nothing half leaves, and whose label it was is said."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from app.contracts import Message
from app.formats.words import Words
from app.model import Address, Label, LabelFormat, Parcel, ShipmentRequest
from app.printing import drawing
from app.printing.data import LabelData, Setup, Work
from app.printing.parcel_labels import make_parcel_labels
from app.printing.trouble import LabelTrouble
from app.store import ParcelWish, Store

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TO = Address(name="Ayşe Yılmaz", street="Lale Sk. 4", district="Kadıköy", city="İstanbul", phone="+905321234567")
ZPL = b"^XA^FO40,40^A0N,40,40^FDKargo^FS^XZ"
SET_UP = b"^XA~TA000~JSN^MNW^JUS^XZ"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = await Store.open(tmp_path / "store.sqlite", now=lambda: T0)
    await made.accounts.add("yk", "yurtici_kargo", "live")
    await made.connections.add("Yurtiçi", "yurtici_kargo", "yk", "live")
    yield made
    await made.close()


async def parcel(store: Store, *labels: Label) -> tuple[int, str]:
    wish = ParcelWish(
        connection_id=1, carrier="Yurtiçi Kargo", orders=(), request=ShipmentRequest("", TO, (Parcel(1000),)),
        numbers="101", own_label=not labels, trackable=True, notify=(),
    )  # fmt: skip
    made = await store.parcels.create(wish)
    await store.parcels.keep_labels(made, labels)
    (row,) = await store.parcels.get_many([made])
    await store.db.write(lambda conn: conn.execute("UPDATE parcels SET state = 'created' WHERE id = ?", (made,)))
    return made, row.reference


def pdf(width: float = 283, height: float = 425) -> bytes:
    made, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    made.new_page(width, height)
    made.save(out)
    made.close()
    return out.getvalue()


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height), 1).save(out, "PNG")
    return out.getvalue()


async def test_zpl_leaves_only_as_labels(store: Store, tmp_path: Path) -> None:
    made, reference = await parcel(store, Label(LabelFormat.ZPL, SET_UP + ZPL))
    out = await make_parcel_labels(store, [made], tmp_path / "out" / "l.pdf", Words.load("tr"))
    assert (out.path, out.beside) == (None, (tmp_path / "out" / f"l-{reference}.zpl",))
    assert out.beside[0].read_bytes() == ZPL + b"\n"


@pytest.mark.parametrize(
    ("label", "told"),
    [(Label(LabelFormat.ZPL, ZPL.replace(b"^FO", b"^JUS^FO", 1)), Message("label.unsafe", {"command": "^JU"})),
     (Label(LabelFormat.ZPL, b"~DYE:X,B,T,4,,ABCD" + ZPL), Message("label.unsafe", {"command": "~DY"})),
     (Label(LabelFormat.ZPL, ZPL[:-3]), Message("label.broken", {"why": "cut"})),
     (Label(LabelFormat.PDF, pdf()[:200]), Message("label.broken", {"why": "cut"})),
     (Label(LabelFormat.PNG, b"no picture"), Message("label.broken", {"why": "picture"})),
     (Label(LabelFormat.PNG, png(9000, 9000)), Message("label.broken", {"why": "large"}))],
    ids=["settings", "download", "cut zpl", "cut pdf", "no picture", "huge picture"],
)  # fmt: skip
async def test_one_bad_label_is_named_and_nothing_is_written(
    store: Store, tmp_path: Path, label: Label, told: Message
) -> None:
    good, _ = await parcel(store, Label(LabelFormat.PDF, pdf()))
    bad, reference = await parcel(store, label)
    with pytest.raises(LabelTrouble) as caught:
        await make_parcel_labels(store, [good, bad], tmp_path / "out" / "l.pdf", Words.load("tr"))
    assert caught.value.reference == reference
    assert caught.value.message == told
    assert not (tmp_path / "out").exists()
    assert all(row.print_count == 0 for row in await store.parcels.get_many([good, bad]))


async def test_pages_keep_their_order_and_size(store: Store, tmp_path: Path) -> None:
    first, _ = await parcel(store, Label(LabelFormat.PDF, pdf(200, 300)))
    second, _ = await parcel(store, Label(LabelFormat.PNG, png(812, 1218), dpi=203))
    third, _ = await parcel(store)
    out = await make_parcel_labels(store, [first, second, third], tmp_path / "l.pdf", Words.load("tr"))
    assert out.path is not None
    made = pypdfium2.PdfDocument(out.path.read_bytes())
    sizes = [tuple(round(one / 72 * 25.4, 1) for one in page.get_size()) for page in made]
    made.close()
    assert sizes == [(70.6, 105.8), (101.6, 152.4), (100.0, 150.0)]
    assert out.pages == 3


def test_trouble_survives_the_way_out_of_the_worker() -> None:
    trouble = LabelTrouble("2511240000000001", Message("label.broken", {"why": "cut"}))
    again = pickle.loads(pickle.dumps(trouble))  # noqa: S301 - made here
    assert (again.reference, again.message) == (trouble.reference, trouble.message)


def test_our_own_labels_come_through_the_door() -> None:
    data = LabelData("Ayşe", "Lale Sk.", "Kadıköy", "İstanbul", "", "", "", "101", "Dükkân", "7330118405")
    assert drawing.proof(Work("label", Setup(), labels=(data,)))[0].startswith(b"%PDF")


def test_the_window_loads_nothing_that_draws_documents() -> None:
    """13 MB that only the worker needs, and pdfium must have one lane."""
    pages = "today orders prices printing parcels connections jobs settings audit payouts".split()  # noqa: SIM905
    wanted = ", ".join(("ui.window", "app.console", "app.api.handover", *(f"ui.pages.{one}" for one in pages)))
    heavy = "{one for one in sys.modules if one in ('reportlab', 'PIL', 'pypdfium2', 'zxingcpp', 'xlsxwriter', 'asyncssh', 'authlib')}"
    program = f"import sys, {wanted}\nprint(sorted({heavy}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
