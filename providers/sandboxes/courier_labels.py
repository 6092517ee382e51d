"""Labels that fakes of carriers hand out: valid ZPL, EPL, PNG and PDF of the sizes that carriers use, and small.

They are for reading, keeping and printing, not for a courier: bars of the PNG and the PDF say nothing.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

#: 4 by 4 inches at 203 dpi.
DOTS = 812


def _hex(text: str) -> str:
    """UTF-8 for `^FH`: what is no plain letter, digit or harmless sign becomes an escape, so `^`, `~` and `_` cannot act."""
    return "".join(chr(b) if (chr(b).isalnum() and b < 128) or b in b" .,:/-" else f"_{b:02X}" for b in text.encode())


def zpl(barcode: str, lines: Sequence[str], extra: str = "") -> str:
    """One format, field data in UTF-8. `extra`: a fragment of ZPL for the strip at the bottom."""
    rows = "".join(f"^FO40,{300 + 60 * i}^A0N,40,40^FH^FD{_hex(one)}^FS" for i, one in enumerate(lines))
    bars = f"^FO60,40^BY3,2.0,200^BCN,200,Y,N,N^FH^FD{_hex(barcode)}^FS"
    return f"^XA^CI28^PW{DOTS}^LL{DOTS}^LH0,0{bars}{rows}{extra}^PQ1^XZ"


def epl(barcode: str, lines: Sequence[str]) -> str:
    """Each command ends with LF. EPL has no UTF-8: letters outside ASCII become `?`."""
    plain = [one.encode("ascii", "replace").decode().replace('"', "'") for one in lines]
    rows = [f'A40,{300 + 40 * i},0,3,1,1,N,"{one}"' for i, one in enumerate(plain)]
    return "\n".join(["", "N", f"q{DOTS}", f"Q{DOTS},24", f'B60,40,0,1,3,6,200,B,"{barcode}"', *rows, "P1", ""])


def png(barcode: str) -> bytes:
    """1 bit deep, DOTS by DOTS."""
    bits = "".join(f"{ord(one):08b}" for one in barcode)
    row = bytearray(b"\xff" * ((DOTS + 7) // 8))
    for i, bit in enumerate(bits[:90]):
        row[5 + i] = 0x0F if bit == "1" else 0xFF
    white = b"\x00" + b"\xff" * ((DOTS + 7) // 8)
    raw = white * 40 + (b"\x00" + bytes(row)) * 200 + white * (DOTS - 240)
    head = struct.pack(">IIBBBBB", DOTS, DOTS, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def pdf(pages: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """One page of 100×100 mm for each (barcode, lines). Letters outside Latin-1 become `?`: its font is Helvetica."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for barcode, lines in pages:
        text = [f"/F1 18 Tf 20 250 Td ({_escaped(barcode)}) Tj /F1 11 Tf"]
        text += [f"0 -16 Td ({_escaped(one)}) Tj" for one in lines]
        stream = f"BT {' '.join(text)} ET".encode("latin-1", "replace")
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 283.46 283.46] /Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {number + 1} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out, offsets = b"%PDF-1.4\n", []
    for i, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{i} 0 obj\n".encode() + one + b"\nendobj\n"
    table = "".join(f"{one:010d} 00000 n \n" for one in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
