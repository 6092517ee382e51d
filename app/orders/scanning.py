"""What a scanner typed, read as a code: its prefix and suffix off, and the readings that a keyboard of another layout may have bent.
Codes are compared exactly: no case is folded, no leading zero falls, nothing is guessed from a part."""

from __future__ import annotations

import msgspec

from app.kit.sheets import ean_ok

SETTING = "scanner"
LONGEST = 200  # signs; a longer burst is no code of ours
LEAST, GAP_MS, ROUND = (2, 20), (5, 100), 10  # what a setup may say: signs of a burst, milliseconds, signs round a code

# The keys of a US keyboard, row by row, plain and with Shift: a scanner that was never set up presses these keys.
_US = "1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./" + '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?'
# What Turkish layouts make of the same keys (Windows' KBDTUQ and KBDTUF; X11 `tr` and `tr(f)` agree in these).
_TURKISH_Q = "1234567890*-qwertyuıopğüasdfghjklşi,zxcvbnmöç." + "!'^+%&/()=?_QWERTYUIOPĞÜASDFGHJKLŞİ;ZXCVBNMÖÇ:"
_TURKISH_F = "1234567890/-fgğıodrnhpqwuieaütkmlyşxjövcçzsb.," + "!\"^$%&'()=?_FGĞIODRNHPQWUİEAÜTKMLYŞXJÖVCÇZSB:;"
_BENT = tuple(str.maketrans(dict(zip(layout, _US, strict=True))) for layout in (_TURKISH_Q, _TURKISH_F))


class ScannerSetup(msgspec.Struct, frozen=True):
    """How the merchant's scanner types. `prefix`, `suffix`: signs that it puts round each code (Enter and Tab behind it need not be
    named). A burst is at least `least` signs with at most `gap_ms` between two keys."""

    prefix: str = ""
    suffix: str = ""
    least: int = 4
    gap_ms: int = 35


def setup_of(kept: object) -> ScannerSetup:
    """From what the settings hold; what cannot be read is the default."""
    try:
        made = msgspec.convert(kept or {}, ScannerSetup, strict=True)
    except msgspec.ValidationError:
        return ScannerSetup()
    return made if is_sound(made) else ScannerSetup()


def is_sound(setup: ScannerSetup) -> bool:
    """Whether a setup is one that a scanner can have."""
    return (
        LEAST[0] <= setup.least <= LEAST[1]
        and GAP_MS[0] <= setup.gap_ms <= GAP_MS[1]
        and max(len(setup.prefix), len(setup.suffix)) <= ROUND
    )


def stripped(text: str, setup: ScannerSetup) -> str:
    """The code itself: blanks and control signs at its ends off, then prefix and suffix, where they are there."""
    code = "".join(one for one in text if one.isprintable()).strip()
    if setup.prefix and code.startswith(setup.prefix) and len(code) > len(setup.prefix):
        code = code[len(setup.prefix) :]
    if setup.suffix and code.endswith(setup.suffix) and len(code) > len(setup.suffix):
        code = code[: -len(setup.suffix)]
    return code.strip()[:LONGEST]


def readings(code: str) -> tuple[str, ...]:
    """The code as it was typed, then as a US scanner's keys read back from a Turkish-Q and a Turkish-F layout ("PX*1" was "PX-1");
    the first that is known is meant."""
    return tuple(dict.fromkeys((code, *(code.translate(one) for one in _BENT))))


def key_of(code: str) -> str:
    """What two codes are compared by. A UPC-A of twelve digits and its EAN-13 with a zero in front are one product's; anything else
    is compared as it is."""
    code = code.strip()
    if len(code) == 12 and ean_ok(code):
        return "0" + code
    return code


def same(one: str, other: str) -> bool:
    """Whether two codes are one; an empty one is nobody's."""
    return bool(one.strip()) and key_of(one) == key_of(other)
