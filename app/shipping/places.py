"""Provinces (il) and districts (ilçe) of Türkiye as addresses write them, from the bundled list. Pure after one reading;
it proposes and never decides."""

from __future__ import annotations

import difflib
import re
import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

from app.model import fold

LIST = Path(__file__).resolve().parents[2] / "resources" / "geo" / "il-ilce.toml"
#: Short and former names that people write.
_OTHER = {
    "afyon": "Afyonkarahisar", "icel": "Mersin", "antep": "Gaziantep", "g antep": "Gaziantep", "urfa": "Şanlıurfa",
    "s urfa": "Şanlıurfa", "sanli urfa": "Şanlıurfa", "maras": "Kahramanmaraş", "k maras": "Kahramanmaraş",
    "adapazari": "Sakarya", "izmit": "Kocaeli", "antakya": "Hatay", "hakkari": "Hakkari", "istambul": "İstanbul",
}  # fmt: skip
#: The middle of a province, which many addresses name though it is no district of a metropolitan one.
CENTRE = "Merkez"
_BRACKETS = re.compile(r"\(.*?\)|\bil[iı]?\b|\bilcesi\b")
_WORDS = re.compile(r"[^a-z0-9]+")


class Province(msgspec.Struct, frozen=True):
    """`plate` is also the first two digits of its post codes."""

    plate: int
    name: str
    districts: tuple[str, ...]


class Places:
    """`Places.load()`: look names up whatever their case and accents."""

    def __init__(self, provinces: tuple[Province, ...]) -> None:
        self.provinces = provinces
        self._by_name = {_key(one.name): one for one in provinces}
        self._by_name |= {name: self._by_name[_key(real)] for name, real in _OTHER.items()}
        self._districts = {one.name: {_key(name): name for name in one.districts} for one in provinces}

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> Places:
        """Read once."""
        tree = tomllib.loads(LIST.read_text(encoding="utf-8"))
        return Places(tuple(Province(one["plate"], one["name"], tuple(one["ilce"])) for one in tree["il"]))

    def province(self, text: str) -> Province | None:
        """`istanbul`, `İSTANBUL (Anadolu)` and `İstanbul ili` are one."""
        return self._by_name.get(_key(text))

    def district(self, province: Province, text: str) -> str:
        """The district's name as the list has it, '' when the province has none of that name."""
        key = _key(text)
        if key == _key(CENTRE):
            return CENTRE
        return self._districts[province.name].get(key, "")

    def near_provinces(self, text: str) -> list[str]:
        """The likeliest readings of a misspelt province, best first."""
        keys = difflib.get_close_matches(_key(text), list(self._by_name), n=3, cutoff=0.75)
        return list(dict.fromkeys(self._by_name[key].name for key in keys))

    def near_districts(self, province: Province, text: str) -> list[str]:
        """The same for a district of a province."""
        known = self._districts[province.name]
        return [known[key] for key in difflib.get_close_matches(_key(text), list(known), n=3, cutoff=0.75)]

    def provinces_of(self, district: str) -> list[Province]:
        """All provinces that have a district of that name; the centre says nothing."""
        key = _key(district)
        if not key or key == _key(CENTRE):
            return []
        return [one for one in self.provinces if key in self._districts[one.name]]

    def of_postcode(self, postcode: str) -> Province | None:
        """The province that five digits belong to."""
        bare = postcode.strip()
        if len(bare) != 5 or not (bare.isascii() and bare.isdigit()):
            return None
        plate = int(bare[:2])
        return self.provinces[plate - 1] if 1 <= plate <= len(self.provinces) else None


def _key(text: str) -> str:
    return _WORDS.sub(" ", _BRACKETS.sub(" ", fold(text))).strip()
