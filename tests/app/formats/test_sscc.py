"""SSCC-18: the check digit against known numbers, the bars against a reader."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from app.formats.barcodes import BarcodeError
from app.formats.sscc import PalletLabel, check_digit, draw_pallet_labels, fit_sscc, is_prefix, is_sscc, sscc

LABEL = PalletLabel(
    sscc("8690001", 42), "Borusan Lojistik", "Çağrı Işık Öztürk", "Şehit Ömer Sk. No:12 Gülbağ Mah.", "ŞİŞLİ / İSTANBUL 34394",
    ("Sipariş: 2026-11-0042", "Koli: 1/2"),
)  # fmt: skip


@pytest.mark.parametrize("known", ["106141412345678908", "340123450000000000", "376104250021234569"])
def test_numbers_from_gs1s_own_pages(known: str) -> None:
    assert is_sscc(known)
    assert check_digit(known[:17]) == known[17]


@given(st.text("0123456789", min_size=12, max_size=12))
def test_the_same_digit_as_an_ean(twelve: str) -> None:
    assert check_digit(twelve) == str(-sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(twelve)) % 10)


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(0, 17), st.integers(1, 9))
def test_a_wrong_digit_is_noticed(serial: int, extension: int, at: int, more: int) -> None:
    made = sscc("8690001", serial, extension)
    assert is_sscc(made)
    assert made[1:8] == "8690001"
    assert not is_sscc(made[:at] + str((int(made[at]) + more) % 10) + made[at + 1 :])


@pytest.mark.parametrize("prefix", ["", "869", "8690001 ", "869000A", "8690001234567", "٨٦٩٠٠٠١"])
def test_what_is_no_prefix_makes_no_number(prefix: str) -> None:
    assert not is_prefix(prefix)
    with pytest.raises(ValueError, match="prefix"):
        sscc(prefix, 1)


def test_used_up_serials_are_told() -> None:
    assert sscc("869000123456", 9999)[13:17] == "9999"
    with pytest.raises(ValueError, match="serial"):
        sscc("869000123456", 10_000)
    with pytest.raises(ValueError, match="digits"):
        check_digit("12x")


def test_bars_only_for_a_right_number_and_enough_room() -> None:
    with pytest.raises(BarcodeError):
        fit_sscc(LABEL.sscc[:17] + str(9 - int(LABEL.sscc[17])), 400)
    with pytest.raises(BarcodeError):
        fit_sscc(LABEL.sscc, 150)
    code = fit_sscc(LABEL.sscc, 96 / 25.4 * 72)
    assert 0.495 <= code.dots * code.dot / 72 * 25.4 <= 1.016


def test_a_reader_reads_gs1_128_with_ai_00() -> None:
    (data,) = draw_pallet_labels([LABEL])
    assert draw_pallet_labels([LABEL]) == [data]
    page: Any = pypdfium2.PdfDocument(io.BytesIO(data))[0]
    picture = page.render(scale=203 / 72).to_pil().convert("L")
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.symbology_identifier == "]C1"
    assert found.text in (f"(00){LABEL.sscc}", f"00{LABEL.sscc}")
    text = page.get_textpage().get_text_bounded()
    assert "Çağrı Işık Öztürk" in text
    assert f"(00) {LABEL.sscc}" in text
