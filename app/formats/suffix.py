"""Turkish suffixes after figures, times, amounts and names, as they are read aloud: 16:00’ya, 73’ten, %38’i, N11’i.

Templates name the case ("{time:+dat}"); no template ever holds a suffix of its own. Pure; nothing here may guess from a
character set: a figure is read, a name is heard."""

from __future__ import annotations

import re
from functools import lru_cache

APOSTROPHE = "’"
CASES = ("acc", "dat", "loc", "abl", "gen", "ins")

_VOWELS = "aeıioöuü"
_BACK = "aıou"
_ROUND = "oöuü"
_VOICELESS = "fstkçşhp"
_ONES = ("sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_TENS = ("", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan")
_SCALES = ("", "bin", "milyon", "milyar", "trilyon", "katrilyon")
_UNITS = {
    "sn": "saniye",
    "dk": "dakika",
    "sa": "saat",
    "ms": "milisaniye",
    "₺": "lira",
    "TL": "lira",
    "TRY": "lira",
    "€": "avro",
    "EUR": "avro",
    "$": "dolar",
    "USD": "dolar",
    "£": "sterlin",
    "GBP": "sterlin",
    "%": "",
    "kg": "kilo",
    "MB": "megabayt",
    "GB": "gigabayt",
    "mm": "milimetre",
}
_CENTS = {"₺": "kuruş", "TL": "kuruş", "TRY": "kuruş", "€": "sent", "$": "sent", "£": "peni"}
# How names that are not spelled as they sound are said in Türkiye; only the end matters.
_HEARD = {
    "woocommerce": "vukomers",
    "bigcommerce": "bigkomers",
    "ebay": "ibey",
    "etsy": "etsi",
    "shopify": "şopifay",
    "google": "gugıl",
    "facebook": "feysbuk",
    "instagram": "instagram",
    "whatsapp": "vatsap",
    "tiktok": "tiktok",
    "wayfair": "veyfer",
    "walmart": "volmart",
    "allegro": "allegro",
    "cdiscount": "sidiskaunt",
    "rakuten": "rakuten",
    "zalando": "zalando",
    "wish": "viş",
    "aliexpress": "aliekspres",
    "decathlon": "dekatlon",
    "mediamarkt": "medyamarkt",
    "express": "ekspres",
    "prestashop": "prestaşop",
    "opencart": "openkart",
    "magento": "magento",
    "ecommerce": "ikomers",
    "commerce": "komers",
    "netsis": "netsis",
    "logo": "logo",
    "fedex": "fedeks",
    "walkout": "volkaut",
    "trendyol": "trendyol",
}
# Compound names that end in a possessive take an n before every case: ÇiçekSepeti’nden, Kitapyurdu’nu.
_COMPOUNDS = ("sepeti", "yurdu", "dünyası", "merkezi", "bankası", "pazarı", "posta işletmesi")
_LETTERS = {"H": "ha", "K": "ka", "Q": "kü", "W": "ve", "X": "iks", "Y": "ye", "Ğ": "ge"}


def fold_name(text: str) -> str:
    """Lower case the Turkish way (I → ı, İ → i); for looking a word up, never for storing it."""
    return text.replace("İ", "i").replace("I", "ı").lower()


def read_number(number: int) -> str:
    """The last word of a whole number read aloud: 73 → "üç", 1270 → "yetmiş", 2000 → "bin", 0 → "sıfır"."""
    number = abs(number)
    if number == 0:
        return _ONES[0]
    scale = 0
    while number % 1000 == 0 and scale < len(_SCALES) - 1:
        number //= 1000
        scale += 1
    if scale:
        return _SCALES[scale]
    rest = number % 1000
    if rest % 10:
        return _ONES[rest % 10]
    if rest % 100:
        return _TENS[rest % 100 // 10]
    return "yüz"


def _read_figures(text: str) -> str:
    """A figure as written the Turkish way ("1.270", "4,5", "16:00", "73") → its last word."""
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", text)
    if clock:
        hour, minute = int(clock[1]), int(clock[2])
        return read_number(minute or hour)
    whole, _, fraction = text.partition(",")
    digits = fraction or whole.replace(".", "")
    if fraction:
        # A fraction of zeros only is not read; one that begins with a zero is read digit by digit.
        if not fraction.strip("0"):
            return read_number(int(whole.replace(".", "") or "0"))
        if fraction.startswith("0"):
            return _ONES[int(fraction[-1])]
    return read_number(int(digits))


@lru_cache(maxsize=2048)
def heard(text: str) -> str:
    """The last word of a text as it is heard, in lower case letters. Raises ValueError when nothing can be heard."""
    trimmed = text.strip().rstrip(".!?…\"”)’'")
    money = re.search(r"([₺€$£])\s?([\d.]+)(?:,(\d+))?$", trimmed) or None
    if money:
        sign, fraction = money[1], money[3]
        return _CENTS[sign] if fraction and fraction.strip("0") else _UNITS[sign]
    unit = re.search(r"\d\s?([^\W\d_]+|[%₺€$£])$", trimmed)
    if unit and unit[1] in _UNITS and _UNITS[unit[1]]:
        return _UNITS[unit[1]]
    figures = re.search(r"(\d[\d.]*(?:,\d+)?|\d{1,2}:\d{2})%?$", trimmed)
    if figures and trimmed:
        clock = re.search(r"\d{1,2}:\d{2}(?::\d{2})?$", trimmed)
        return _read_figures(clock[0] if clock else figures[1].rstrip("."))
    words = re.findall(r"[^\W\d_]+", trimmed)
    if not words:
        raise ValueError(f"nothing to hear in {text!r}")
    last = words[-1]
    plain = _HEARD.get(last.lower()) or fold_name(last)
    if len(last) > 1 and last == last.upper() and not any(c in _VOWELS for c in fold_name(last)):
        return _LETTERS.get(last[-1], fold_name(last[-1]) + "e")
    if len(last) == 1 and last.upper() == last and fold_name(last) not in _VOWELS:
        return _LETTERS.get(last, fold_name(last) + "e")
    return plain


def _last_vowel(word: str) -> str:
    plain = word.translate(str.maketrans("âîû", "aiu"))
    for letter in reversed(plain):
        if letter in _VOWELS:
            return letter
    return "e"


def ending(text: str, case: str) -> str:
    """The bare suffix, without apostrophe. Cases: acc (-i), dat (-e), loc (-de), abl (-den), gen (-in), ins (-le)."""
    if case not in CASES:
        raise ValueError(f"unknown case {case!r}")
    word = heard(text)
    vowel = _last_vowel(word)
    open_end = word[-1] in _VOWELS
    wide = "a" if vowel in _BACK else "e"
    narrow = ("u" if vowel in _BACK else "ü") if vowel in _ROUND else "ı" if vowel in _BACK else "i"
    if word.endswith(_COMPOUNDS):
        return {
            "acc": "n" + narrow,
            "dat": "n" + wide,
            "loc": "nd" + wide,
            "abl": "nd" + wide + "n",
            "gen": "n" + narrow + "n",
            "ins": "yl" + wide,
        }[case]
    hard = "t" if word[-1] in _VOICELESS else "d"
    if case == "acc":
        return ("y" if open_end else "") + narrow
    if case == "dat":
        return ("y" if open_end else "") + wide
    if case == "loc":
        return hard + wide
    if case == "abl":
        return hard + wide + "n"
    if case == "gen":
        return ("n" if open_end else "") + narrow + "n"
    return ("y" if open_end else "") + "l" + wide


def with_suffix(text: str, case: str) -> str:
    """The text with its suffix: ("16:00", "dat") → "16:00’ya"; ("Trendyol", "acc") → "Trendyol’u"."""
    return f"{text}{APOSTROPHE}{ending(text, case)}"
