"""What carriers' sheets look like in a bad week: moved, renamed, missing and merged columns, totals, rounded numbers. Good rows are kept,
the others told by row and column."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from app.contracts import YoursError
from app.model import ShipmentStatus
from providers.families.sheet_carrier_in import read_mapping, read_tracking
from providers.sandboxes.sheet_carrier import SheetCarrierSandbox, create
from tests.providers.families.sheet_carrier_support import Dock, request

HEADER = "Gönderi No;Takip No;Durum;Durum Tarihi\n"


@pytest.fixture
def box() -> Iterator[SheetCarrierSandbox]:
    made = create(seed=3)
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def dock(box: SheetCarrierSandbox) -> Dock:
    return Dock(box, dict(box.credentials))


def csv(text: str) -> bytes:
    return text.encode("cp1254")


def told(data: bytes, **named: Any) -> list[tuple[str, str, str]]:
    return [(one.reference, one.tracking, str(one.status)) for one in read_tracking(data, "takip.csv", **named).rows]


def test_columns_may_move_and_have_other_names_and_stand_below_a_title() -> None:
    text = "Borusan Teslimat Raporu;;;\n24.11.2026;;;\n\nGÖNDERİ DURUMU;İşlem Tarihi;TAKİP NUMARASI;Referans No\nYolda;24.11.2026 10:20;TK1;PX1\n"
    (row,) = read_tracking(csv(text), "takip.csv").rows
    assert (row.reference, row.tracking, row.status) == ("PX1", "TK1", ShipmentStatus.IN_TRANSIT)
    assert row.at == datetime(2026, 11, 24, 7, 20, tzinfo=UTC)


def test_a_missing_column_is_told_and_no_row_is_taken() -> None:
    reading = read_tracking(csv("Takip No;Durum\nTK1;Yolda\n"), "takip.csv")
    assert reading.rows == ()
    assert [(one.code, one.params["value"]) for one in reading.troubles] == [
        ("sheet.columns", "Gönderi No / Sipariş No")
    ]
    reading = read_tracking(csv("a;b\n1;2\n"), "notlar.csv")
    assert (reading.kind, [one.code for one in reading.troubles]) == ("", ["sheet.columns"])
    reading = read_tracking(b"%PDF-1.7", "fatura.pdf")
    assert [(one.code, one.params["field"]) for one in reading.troubles] == [("sheet.file", "fatura.pdf")]


def test_a_rounded_number_is_told_by_row_and_column_and_the_others_are_kept() -> None:
    text = (
        HEADER
        + "PX1;8,69E+12;Yolda;24.11.2026\nPX2;TK2;Yolda;24.11.2026\n8,69E+12;TK3;Yolda;24.11.2026\n;TK4;Yolda;\nPX5;TK5;Yolda;33.13.2026\n"
    )
    reading = read_tracking(csv(text), "takip.csv")
    assert told(csv(text)) == [("PX2", "TK2", "in_transit"), ("PX5", "TK5", "in_transit")]
    places = [
        (one.params["column"], one.params["row"], one.params["cell"], one.params["why"]) for one in reading.troubles
    ]
    assert places == [
        ("Takip No", "2", "B2", "sheet_rounded"), ("Gönderi No", "4", "A4", "sheet_rounded"),
        ("Gönderi No", "5", "A5", "sheet_blank"), ("Durum Tarihi", "6", "D6", "sheet_date"),
    ]  # fmt: skip


def test_totals_blank_rows_remarks_and_repeated_headers_are_no_parcels() -> None:
    text = HEADER + "PX1;TK1;Yolda;\n;;;\n" + HEADER + "PX2;TK2;Yolda;\nToplam;2;;\nGenel Toplam: 2 gönderi;;;\n"
    assert [one[0] for one in told(csv(text))] == ["PX1", "PX2"]
    assert read_tracking(csv(text), "takip.csv").troubles == ()


def test_merged_cells_in_a_workbook_and_in_csv() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Gönderi No", "Takip No", "Durum"])
        page.merge_range(1, 0, 2, 0, "PX1")
        page.write_row(1, 1, ["TK1", "Yolda"])
        page.write_row(2, 1, ["TK2", "Yolda"])
        page.write_string(3, 0, "PX2")
        page.write_number(3, 1, 123456789012345678)
    reading = read_tracking(out.getvalue(), "takip.xlsx")
    assert [(one.reference, one.tracking) for one in reading.rows] == [("PX1", "TK1"), ("PX1", "TK2")]
    assert [(one.params["cell"], one.params["why"]) for one in reading.troubles] == [("B4", "sheet_rounded")]
    text = HEADER + "PX1;TK1;Yolda;\n;TK2;Yolda;\n"
    assert [one[:2] for one in told(csv(text))] == [("PX1", "TK1"), ("PX1", "TK2")]


def test_what_the_merchant_mapped_goes_first() -> None:
    own = read_mapping("Gönderi No=Belge; Takip No=Konşimento Kodu")
    text = "Belge;Gönderi No;Konşimento Kodu\nPX1;77;TK1\n"
    assert [one[:2] for one in told(csv(text), own=own)] == [("PX1", "TK1")]
    with pytest.raises(YoursError):
        read_mapping("Uydurma=X")


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("PX1;TK1;Teslim Edildi;;", "delivered"), ("PX1;TK1;TESLİM EDİLEMEDİ;;", "problem"), ("PX1;TK1;İade;;", "returned"),
        ("PX1;TK1;Dağıtıma çıktı;;", "out_for_delivery"), ("PX1;TK1;;;", "accepted"), ("PX1;;;;24.11.2026", "delivered"),
        ("PX1;TK1;Bilinmeyen kelime;;", "unknown"),
    ],
)  # fmt: skip
def test_words_of_states(row: str, status: str) -> None:
    (one,) = read_tracking(csv(f"Gönderi No;Takip No;Durum;Durum Tarihi;Teslim Tarihi\n{row}\n"), "takip.csv").rows
    assert one.status == status


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEADER + text).encode()))
def test_no_bytes_raise(data: bytes) -> None:
    reading = read_tracking(data, "takip.csv")
    assert all(one.reference or one.order_number for one in reading.rows)
    assert reading.rows or reading.troubles or reading.kind


# -- through the connection ------------------------------------------------------------------------------------------------
async def test_the_latest_word_wins_and_an_unknown_one_changes_nothing(dock: Dock) -> None:
    provider = dock.provider(tracking_link="https://takip.example.com/{no}")
    await provider.create(request("PX0000000001"))
    header = ["Gönderi No", "Takip No", "Durum", "Durum Tarihi"]
    dock.box.drop(header, [["PX0000000001", "TK 1/2", "Dağıtımda", "26.11.2026 09:00"]])
    dock.box.drop(
        header,
        [
            ["PX0000000001", "TK 1/2", "Yolda", "25.11.2026 09:00"],
            ["PX0000000001", "TK9", "Kapıda bekledi", "26.11.2026 10:00"],
        ],
    )
    dock.wait(days=3)
    (report,) = await provider.track(["PX0000000001"])
    assert (report.status, report.vendor_status) == (ShipmentStatus.OUT_FOR_DELIVERY, "Kapıda bekledi")
    assert (report.tracking_number, report.tracking_url) == ("TK 1/2", "https://takip.example.com/TK%201%2F2")
    assert [one.text for one in report.events] == ["Yolda", "Dağıtımda", "Kapıda bekledi"]


async def test_by_order_number_unless_two_parcels_share_it(dock: Dock) -> None:
    provider = dock.provider()
    for reference, number in (("PX0000000001", "S-1"), ("PX0000000002", "S-2"), ("PX0000000003", "S-2")):
        await provider.create(request(reference, order_number=number))
    dock.box.collect()
    dock.box.switch("by_order", True)
    dock.box.move(["PX0000000001", "PX0000000002"], "Yolda")
    dock.wait(minutes=2)
    found = {
        one.reference: str(one.status) for one in await provider.track(["PX0000000001", "PX0000000002", "PX0000000003"])
    }
    assert found == {"PX0000000001": "in_transit", "PX0000000002": "created", "PX0000000003": "created"}
    (warning,) = (await provider.probe()).warnings
    assert warning.params["why"] == "sheet_two_parcels"
    assert "S-2" in warning.params["field"]


async def test_the_connections_test_tells_cells_and_tracking_keeps_the_good_rows(dock: Dock) -> None:
    provider = dock.provider()
    for reference in ("PX0000000001", "PX0000000002"):
        await provider.create(request(reference))
    dock.box.switch("csv", True)
    name = dock.box.drop(["Gönderi No", "Takip No"], [["PX0000000001", "8,69E+12"], ["PX0000000002", "TK2"]])
    (dock.box.folder / "siparisler.csv").write_bytes(b"a;b\n1;2\n")
    dock.wait(minutes=2)
    found = {one.reference: one.tracking_number for one in await provider.track(["PX0000000001", "PX0000000002"])}
    assert found == {"PX0000000001": "", "PX0000000002": "TK2"}
    cells = {one.params["field"] for one in (await provider.probe()).warnings}
    assert cells == {f"{name} · Takip No · B2", "siparisler.csv"}
    assert (await provider.track(["PX0000000002"]))[0].tracking_number == "TK2", "and at every later look"
