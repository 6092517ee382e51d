"""Turkish suffixes as they are read aloud, in a table that a Turkish reader can check."""

from __future__ import annotations

import pytest

from app.formats.suffix import CASES, ending, heard, read_number, with_suffix

TABLE = """
16:00 dat 16:00’ya
18:00 dat 18:00’e
73 abl 73’ten
%38 acc %38’i
Trendyol acc Trendyol’u
N11 acc N11’i
00:00 loc 00:00’da
13:44 loc 13:44’te
14:05 loc 14:05’te
11:35 abl 11:35’ten
09:30 abl 09:30’dan
14 acc 14’ü
72 acc 72’yi
6 gen 6’nın
7 dat 7’ye
8 loc 8’de
9 dat 9’a
10 dat 10’a
20 acc 20’yi
30 abl 30’dan
40 loc 40’ta
50 dat 50’ye
60 loc 60’ta
70 loc 70’te
80 abl 80’den
90 dat 90’a
100 abl 100’den
1.000 loc 1.000’de
1.270 acc 1.270’i
1.000.000 loc 1.000.000’da
0 dat 0’a
2026 loc 2026’da
%5,0 dat %5,0’e
%99,97 abl %99,97’den
4,05 dat 4,05’e
₺289,90 dat ₺289,90’a
₺1.000,00 dat ₺1.000,00’ya
₺306.905 loc ₺306.905’da
€412,50 acc €412,50’i
Hepsiburada acc Hepsiburada’yı
Amazon dat Amazon’a
ÇiçekSepeti abl ÇiçekSepeti’nden
ÇiçekSepeti acc ÇiçekSepeti’ni
Pazarama gen Pazarama’nın
WooCommerce acc WooCommerce’i
eBay dat eBay’e
Etsy acc Etsy’yi
Shopify acc Shopify’ı
PTT dat PTT’ye
DHL dat DHL’ye
MNG abl MNG’den
Paraşüt acc Paraşüt’ü
Logo gen Logo’nun
Windows dat Windows’a
Koçtaş loc Koçtaş’ta
Boyner ins Boyner’le
Pazarama ins Pazarama’yla
Iğdır loc Iğdır’da
İzmir abl İzmir’den
Muş dat Muş’a
"""

ROWS = [tuple(line.rsplit(" ", 2)) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("text", "case", "wanted"), ROWS)
def test_suffix(text: str, case: str, wanted: str) -> None:
    assert with_suffix(text, case) == wanted


@pytest.mark.parametrize(
    ("text", "case", "wanted"),
    [
        ("Amazon Türkiye", "gen", "Amazon Türkiye’nin"),
        ("Yurtiçi Kargo", "dat", "Yurtiçi Kargo’ya"),
        ("6,2 sn", "dat", "6,2 sn’ye"),
        ("40 dk", "abl", "40 dk’dan"),
        ("MediaMarkt", "loc", "MediaMarkt’ta"),
    ],
)
def test_suffix_after_several_words(text: str, case: str, wanted: str) -> None:
    assert with_suffix(text, case) == wanted


@pytest.mark.parametrize("number", range(0, 1300, 7))
def test_last_word_of_a_number_is_one_that_is_spoken(number: int) -> None:
    assert heard(str(number)) == read_number(number)


def test_large_numbers_end_in_their_scale() -> None:
    assert read_number(3_000) == "bin"
    assert read_number(5_000_000) == "milyon"
    assert read_number(1_000_001) == "bir"
    assert read_number(-73) == "üç"


def test_unknown_case_and_nothing_to_hear() -> None:
    with pytest.raises(ValueError, match="case"):
        ending("Trendyol", "nom")
    with pytest.raises(ValueError, match="hear"):
        ending("…", "dat")
    assert len(CASES) == 6
