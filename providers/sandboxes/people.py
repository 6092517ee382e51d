"""Invented people, places and goods for the fake servers: Turkish letters everywhere, deterministic by seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = ("Ayşe", "Mehmet", "Zeynep", "Çağrı", "İpek", "Ömer", "Şule", "Işıl", "Gökhan", "Ümit", "Nazlı", "Tuğba", "Iraz", "Doğan", "Bülent")  # fmt: skip
LAST = ("Yılmaz", "Çelik", "Şahin", "Öztürk", "Kılıç", "Aydın", "Işık", "Güneş", "Doğan", "İnce", "Ağaoğlu", "Ünlü")
PLACES = (
    ("Ankara", "Çankaya", "06420", "TR06"), ("İstanbul", "Kadıköy", "34710", "TR34"), ("İzmir", "Karşıyaka", "35530", "TR35"),
    ("Şanlıurfa", "Haliliye", "63050", "TR63"), ("Muğla", "Menteşe", "48000", "TR48"), ("Iğdır", "Tuzluca", "76900", "TR76"),
    ("Eskişehir", "Odunpazarı", "26010", "TR26"), ("Kahramanmaraş", "Onikişubat", "46050", "TR46"), ("Çanakkale", "Gökçeada", "17760", "TR17"),
)  # fmt: skip
STREETS = ("Gül", "Çınar", "Işıklar", "Şehit Ömer", "İnönü", "Fatih", "Dağ Evi", "Üzüm")
GOODS = (
    "Kupa",
    "Kazak",
    "Şemsiye",
    "Çanta",
    "Gömlek",
    "Yastık Kılıfı",
    "İp Atlama",
    "Işıldak",
    "Defter",
    "Mum",
    "Ayna",
    "Örtü",
)
MATERIALS = ("Seramik", "Pamuklu", "Ahşap", "Çelik", "Keten", "İpek", "Yün", "Bambu")
COLOURS = ("Kırmızı", "Yeşil", "Açık Mavi", "Şeker Pembe", "Gri", "Siyah", "Turuncu")


@dataclass(frozen=True)
class Person:
    first: str
    last: str
    phone: str  # ten digits, no country code
    email: str
    street: str
    district: str
    city: str
    postcode: str
    state: str  # ISO 3166-2 without the dash, as WooCommerce writes it


@dataclass(frozen=True)
class Good:
    sku: str
    barcode: str  # EAN-13 with a right check digit, range 869 (GS1 Türkiye)
    title: str
    price_kurus: int
    list_price_kurus: int
    stock: int
    vat_percent: int


def person(rng: random.Random) -> Person:
    city, district, postcode, state = rng.choice(PLACES)
    first, last = rng.choice(FIRST), rng.choice(LAST)
    street = f"{rng.choice(STREETS)} Sk. No:{rng.randint(1, 120)} D:{rng.randint(1, 20)}"
    phone = f"5{rng.randint(300000000, 599999999)}"
    return Person(
        first, last, phone, f"alici{rng.randint(1000, 9999)}@example.com", street, district, city, postcode, state
    )


def ean13(number: int) -> str:
    digits = f"869{number:09d}"
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return digits + str((10 - total % 10) % 10)


def good(rng: random.Random, index: int) -> Good:
    price = rng.randint(20, 900) * 100 + rng.choice((90, 95, 0, 50))
    title = f"{rng.choice(MATERIALS)} {rng.choice(GOODS)} {rng.choice(COLOURS)} {index}"
    return Good(
        f"PX-{index:05d}",
        ean13(index),
        title,
        price,
        price + rng.choice((0, 1000, 5000)),
        rng.randint(0, 60),
        rng.choice((1, 10, 20)),
    )
