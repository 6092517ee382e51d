"""Addresses of Mirakl's as ours: countries by ISO 3166-1 alpha-3, and which of two words is the il. Pure.
Must never guess: a word that is none of the 81 stays where the operator put it.
"""

from __future__ import annotations

import msgspec

from app.kit import phone_text
from app.model import Address, clean, fold

#: Alpha-3 and alpha-2 in one word, of the countries that buyers of Turkish shops live in.
_PAIRS = """
    ABWAW AFGAF AGOAO ALBAL ANDAD AREAE ARGAR ARMAM AUSAU AUTAT AZEAZ BELBE BGDBD BGRBG BHRBH BIHBA BLRBY BRABR
    CANCA CHECH CHLCL CHNCN COLCO CYPCY CZECZ DEUDE DNKDK DZADZ EGYEG ESPES ESTEE ETHET FINFI FRAFR GBRGB GEOGE
    GHAGH GRCGR HKGHK HRVHR HUNHU IDNID INDIN IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JORJO JPNJP KAZKZ KENKE KGZKG
    KORKR KWTKW LBNLB LBYLY LIELI LTULT LUXLU LVALV MARMA MCOMC MDAMD MEXMX MKDMK MLTMT MNEME MYSMY NGANG NLDNL
    NORNO NZLNZ OMNOM PAKPK PERPE PHLPH POLPL PRTPT QATQA ROURO RUSRU SAUSA SDNSD SENSN SGPSG SRBRS SVKSK SVNSI
    SWESE SYRSY THATH TJKTJ TKMTM TUNTN TURTR UKRUA URYUY USAUS UZBUZ VNMVN XKXXK YEMYE ZAFZA
"""
COUNTRIES = {pair[:3]: pair[3:] for pair in _PAIRS.split()}

_ILLER = """
    Adana Adıyaman Afyonkarahisar Ağrı Aksaray Amasya Ankara Antalya Ardahan Artvin Aydın Balıkesir Bartın Batman
    Bayburt Bilecik Bingöl Bitlis Bolu Burdur Bursa Çanakkale Çankırı Çorum Denizli Diyarbakır Düzce Edirne Elazığ
    Erzincan Erzurum Eskişehir Gaziantep Giresun Gümüşhane Hakkari Hatay Iğdır Isparta İstanbul İzmir Kahramanmaraş
    Karabük Karaman Kars Kastamonu Kayseri Kilis Kırıkkale Kırklareli Kırşehir Kocaeli Konya Kütahya Malatya Manisa
    Mardin Mersin Muğla Muş Nevşehir Niğde Ordu Osmaniye Rize Sakarya Samsun Siirt Sinop Sivas Şanlıurfa Şırnak
    Tekirdağ Tokat Trabzon Tunceli Uşak Van Yalova Yozgat Zonguldak
"""
ILLER = frozenset(fold(one) for one in _ILLER.split())


def country(code: str) -> str:
    """Alpha-2 of an alpha-3 code, '' for one that is not in the table."""
    return COUNTRIES.get(code, "")


def place(city: str, state: str, country_code: str) -> tuple[str, str, str]:
    """(il, ilçe, state). Which field an operator in Türkiye puts the ilçe into is not documented; the name of the il tells. Abroad,
    or when neither is an il, city and state stay what they are."""
    if country_code not in ("TR", "") or not state:
        return city, "", state
    if fold(city) in ILLER:
        return city, "" if fold(state) == fold(city) else state, ""
    if fold(state) in ILLER:
        return state, city, ""
    return city, "", state


class AddressWire(msgspec.Struct):
    firstname: str | None = None
    lastname: str | None = None
    company: str | None = None
    company_2: str | None = None
    street_1: str | None = None
    street_2: str | None = None
    additional_info: str | None = None
    zip_code: str | None = None
    city: str | None = None
    state: str | None = None
    country_iso_code: str | None = None
    phone: str | None = None
    phone_secondary: str | None = None


def joined(*parts: str | None) -> str:
    return clean(" ".join(p.strip() for p in parts if p and p.strip()))


def to_address(wire: AddressWire | None) -> Address:
    """Additional information (door code, floor) belongs to the street: the carrier needs it."""
    if wire is None:
        return Address()
    code = country(clean(wire.country_iso_code or "", 3))
    city, district, state = place(clean(wire.city or ""), clean(wire.state or ""), code)
    phone = wire.phone or wire.phone_secondary or ""
    return Address(
        name=joined(wire.firstname, wire.lastname),
        company=joined(wire.company, wire.company_2),
        street=joined(wire.street_1, wire.street_2, wire.additional_info),
        district=district,
        city=city,
        state=state,
        postcode=clean(wire.zip_code or "", 20),
        country=code,
        phone=phone_text(phone, code or "TR"),
    )
