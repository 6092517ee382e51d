"""What a broken, changed or hostile vendor may make of an answer: seeded mutations of JSON, XML and plain bytes.

A mutation says which kind it is; what it touched is found by comparing the trees before and after, never by trusting it.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

Path = tuple[str | int, ...]
#: Stands in a tree for bytes that no JSON writer would make.
_MARK = "@@raw@@"
DEEP = 20_000
HTML = b"<!DOCTYPE html>\n<html lang=tr><head><title>Bak\xc4\xb1m</title></head><body><h1>503</h1></body></html>"
#: Kinds by which a value is lost: nothing may be invented in its place.
DESTROYING = frozenset(
    {"null", "swap", "raw", "gone", "deep", "nulls", "huge", "xml-empty", "xml-gone", "xml-text", "xml-deep", "text"}
)


@dataclass(frozen=True)
class Answer:
    """One recorded answer, its body decoded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((v for k, v in self.headers if k.lower() == name), "")

    @property
    def kind(self) -> str:
        start = self.body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
        return {b"{": "json", b"[": "json", b"<": "xml"}.get(start, "bytes")


@dataclass(frozen=True)
class Mutated:
    """`kind` names the mutation, `place` where (for the report of a failure)."""

    answer: Answer
    kind: str
    place: str = ""
    path: Path = ()


#: The tree of what nobody can read.
UNREADABLE: Any = object()


# -- trees ---------------------------------------------------------------------------------------------------------------
def tree_of(body: bytes) -> Any:
    """The loosely decoded body: JSON, or XML as dicts of lists. UNREADABLE when it is neither."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if text.startswith(b"<"):
        try:
            parser = etree.XMLParser(resolve_entities=False, huge_tree=False, remove_comments=True, remove_pis=True)
            return _xml_tree(etree.fromstring(text, parser))
        except (etree.XMLSyntaxError, ValueError, RecursionError):
            return UNREADABLE
    try:
        return json.loads(text.decode("utf-8", "replace"), parse_int=_whole, parse_constant=str)
    except (ValueError, RecursionError):
        return UNREADABLE


def _whole(text: str) -> Any:
    return int(text) if len(text) < 400 else text


def _xml_tree(element: Any) -> Any:
    inner = [one for one in element if isinstance(one.tag, str)]
    if not inner:
        return (element.text or "").strip()
    found: dict[str, list[Any]] = {}
    for one in inner:
        found.setdefault(etree.QName(one).localname, []).append(_xml_tree(one))
    return found


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from leaves(value, (*path, index))
    else:
        yield path, tree


def nodes(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Every place below the root, containers too."""
    if path:
        yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from nodes(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from nodes(value, (*path, index))


def at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """Where two trees differ; a list of another length differs as a whole and in its elements."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if key not in old or key not in new:
                yield (*path, key)
            else:
                yield from differences(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield path
        for index, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from differences(one, other, (*path, index))
    elif type(old) is not type(new) or old != new:
        yield path


# -- JSON ----------------------------------------------------------------------------------------------------------------
_SWAPS: tuple[Callable[[Any, random.Random], Any], ...] = (
    lambda v, r: {"value": v},
    lambda v, r: [v],
    lambda v, r: True,
    lambda v, r: False,
    lambda v, r: {},
    lambda v, r: str(v) if not isinstance(v, str) else (int(v) if v.isdigit() and len(v) < 300 else 12345),
    lambda v, r: float(v) + 0.5 if isinstance(v, int) and abs(v) < 2**50 else "x",
)
_RAW_NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e308", "1e999999999", "1e-999999999", "12.5", "9" * 5000, "-" + "9" * 30, "1E-500", "0.1e-7",
    "9223372036854775808", "18446744073709551616", "-1", "0x10", "01", "1.", "+1", "1_000", "--1",
)  # fmt: skip
_RAW_TEXTS = (
    r'"\ud83d"', r'"\ude00"', r'"\ud83d\ud83d"', r'"a\u0000b"', '"\\u202e\u202egnp.exe"', r'"\x"', '"a\nb"', r'"\ud83d x \ude00"',
)  # fmt: skip
_TEXTS = ("", " ", "\u0000", "null", "-", "1.234,56", "1,234.56", "12:61", "2026-13-45T99:99:99Z", "0000-00-00T00:00:00",
          "9999-12-31T23:59:59.999999+14:00", "ı" * 300, "A" * 200_000, "=cmd|' /C calc'!A0", "٣٤", "１２")  # fmt: skip


def _dump(tree: Any, raw: str = "") -> bytes:
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    return text.replace(f'"{_MARK}"', raw).encode("utf-8", "surrogatepass")


def _put(tree: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(tree)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def _leaf(tree: Any, rng: random.Random, wanted: type | tuple[type, ...] = object) -> Path | None:
    found = [p for p, v in leaves(tree) if p and isinstance(v, wanted) and not isinstance(v, bool)]
    return rng.choice(found) if found else None


def json_swap(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    path = _leaf(tree, rng)
    return None if path is None else (_dump(_put(tree, path, rng.choice(_SWAPS)(at(tree, path), rng))), "swap", path)


def json_huge(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    path = _leaf(tree, rng, (int, float)) or _leaf(tree, rng)
    if path is None:
        return None
    return _dump(_put(tree, path, _MARK), rng.choice(_RAW_NUMBERS)), "huge", path


def json_raw(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    path = _leaf(tree, rng, str)
    return None if path is None else (_dump(_put(tree, path, _MARK), rng.choice(_RAW_TEXTS)), "raw", path)


def json_text(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    path = _leaf(tree, rng, str)
    return None if path is None else (_dump(_put(tree, path, rng.choice(_TEXTS))), "text", path)


def json_deep(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    path = rng.choice(list(nodes(tree)) or [()])
    if not path:
        return None
    opened, closed = rng.choice((("[", "]"), ('{"a":', "}")))
    inner = rng.choice(("1", ""))
    return _dump(_put(tree, path, _MARK), opened * DEEP + (inner or "null") + closed * DEEP), "deep", path


def json_null(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    path = rng.choice(list(nodes(tree)) or [()])
    return (_dump(_put(tree, path, None)), "null", path) if path else None


def json_nulls(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    """Null in the place of every leaf, of one record or of the whole answer."""
    lists = [p for p in nodes(tree) if isinstance(at(tree, p), dict)]
    path = rng.choice([(), *lists])

    def blank(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: blank(v) for k, v in value.items()}
        return [blank(v) for v in value] if isinstance(value, list) else None

    return _dump(_put(tree, path, blank(at(tree, path))) if path else blank(tree)), "nulls", path


def json_gone(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    keyed = [p for p in nodes(tree) if isinstance(p[-1], str)]
    if not keyed:
        return None
    path, changed = rng.choice(keyed), copy.deepcopy(tree)
    del at(changed, path[:-1])[path[-1]]
    return _dump(changed), "gone", path


def json_twice(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    """A key that stands twice in its object: first or last with nonsense."""
    keyed = [p for p in nodes(tree) if isinstance(p[-1], str)]
    if not keyed:
        return None
    path = rng.choice(keyed)
    key, value = json.dumps(path[-1]), json.dumps(at(tree, path), ensure_ascii=False)
    odd = rng.choice(("null", "[]", '"x"', "-1", "{}"))
    first, last = (odd, value) if rng.random() < 0.5 else (value, odd)
    changed = copy.deepcopy(tree)
    holder = at(changed, path[:-1])
    holder[path[-1]] = _MARK
    return _dump(changed, f"{first},{key}:{last}"), "twice", path


def json_list(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    """An element twice, or one of another kind at the end."""
    lists = [p for p in nodes(tree) if isinstance(at(tree, p), list) and at(tree, p)]
    if not lists:
        return None
    path = rng.choice(lists)
    rows = list(at(tree, path))
    rows.append(rng.choice((rows[0], None, 7, "x", [], {}, [rows[0]])))
    return _dump(_put(tree, path, rows)), "list", path


def json_top(tree: Any, rng: random.Random) -> tuple[bytes, str, Path] | None:
    tops = (b"", b" ", b"null", b"[]", b"{}", b'""', b"0", b"true", b"NaN", b"[[]]", b'{"errors":null}', b'{"data":null}',
            b'{"errors":"x"}', b'{"errors":[1,null,"x"]}', b'{"error":{"code":{}}}', b'{"message":[]}', b'{"status":{}}')  # fmt: skip
    return rng.choice(tops), "top", ()


JSON_MUTATIONS = (
    json_swap, json_swap, json_huge, json_huge, json_raw, json_text, json_text, json_deep, json_null, json_null, json_nulls,
    json_gone, json_gone, json_twice, json_list, json_top,
)  # fmt: skip


# -- XML -----------------------------------------------------------------------------------------------------------------
_XML_TEXTS = (*_TEXTS[3:], "-1", "9" * 400, "NaN", "1e400", "true", "[]", "\u202egnp.exe")
_XML_RAWS = (
    "&undefined;", "&#0;", "&#xD800;", "&#xFFFE;", "<![CDATA[]]>", "<![CDATA[<x>]]>", "<!-- - -->", "<?php echo 1 ?>", "<a>", "]]>",
    "<x xmlns='&#60;'/>", "&lt;b&gt;",
)  # fmt: skip


def _xml_mutation(body: bytes, rng: random.Random) -> tuple[bytes, str, str] | None:
    try:
        root = etree.fromstring(body)
    except (etree.XMLSyntaxError, ValueError):
        return None
    elements = [one for one in root.iter() if isinstance(one.tag, str) and one.getparent() is not None]
    if not elements:
        return None
    valued = [one for one in elements if len(one) == 0] or elements
    kind = rng.choice(("xml-text", "xml-text", "xml-raw", "xml-empty", "xml-gone", "xml-twice", "xml-name", "xml-deep"))
    one = rng.choice(valued if kind in ("xml-text", "xml-raw", "xml-empty") else elements)
    place = root.getroottree().getpath(one)
    raw, parent = "", one.getparent()
    if kind == "xml-text":
        one.text = "".join(c for c in rng.choice(_XML_TEXTS) if c >= " ")
    elif kind == "xml-raw":
        one.text, raw = _MARK, rng.choice(_XML_RAWS)
    elif kind == "xml-deep":
        depth = rng.choice((200, DEEP))
        one.text, raw = _MARK, "<a>" * depth + "x" + "</a>" * depth
    elif kind == "xml-empty":
        one.text = None
        for inner in list(one):
            one.remove(inner)
        if rng.random() < 0.5:
            one.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")
    elif kind == "xml-gone":
        parent.remove(one)
    elif kind == "xml-twice":
        parent.append(copy.deepcopy(one))
    else:
        one.tag = rng.choice(("{urn:x}y", "Fault", etree.QName(one).localname, "errCode"))
    return etree.tostring(root, encoding="UTF-8").replace(_MARK.encode(), raw.encode()), kind, place


# -- bytes ---------------------------------------------------------------------------------------------------------------
def _flip(body: bytes, rng: random.Random) -> bytes:
    data = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _encoded(body: bytes, rng: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    how = rng.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1254", "iso-8859-9", "twice"))
    if how == "twice":  # UTF-8 read as Windows' and written as UTF-8 again
        return body.decode("latin-1").encode()
    return text.encode(how, "replace")


def _bytes_mutation(answer: Answer, rng: random.Random) -> Mutated:
    body, kind = answer.body, rng.choice(("cut", "cut", "flip", "flip", "encoding", "html", "tail", "head", "status"))
    place = ""
    if not body and kind in ("cut", "flip", "encoding"):
        kind = "tail"
    if kind == "cut":
        at_byte = rng.randrange(len(body))
        return Mutated(replace(answer, body=body[:at_byte]), kind, str(at_byte))
    if kind == "flip":
        return Mutated(replace(answer, body=_flip(body, rng)), kind)
    if kind == "encoding":
        return Mutated(replace(answer, body=_encoded(body, rng)), kind)
    if kind == "html":
        headers = tuple((k, v) for k, v in answer.headers if k.lower() != "content-type")
        told = rng.choice(("text/html", "application/json", ""))
        return Mutated(
            replace(answer, body=HTML, headers=(*headers, *((("content-type", told),) if told else ()))), kind
        )
    if kind == "tail":
        return Mutated(replace(answer, body=body + rng.choice((b"x", b"\0", b"{}", b"<!-- -->", b"\xff\xfe"))), kind)
    if kind == "head":
        names = [k for k, _ in answer.headers if k.lower().startswith("x-") or k.lower() in ("link", "date", "etag")]
        if names:
            place = rng.choice(names)
            told = rng.choice(("", "-1", "9" * 60, "9" * 5000, "x", "1e9", "<http://[>; rel=next", "0", "\xff", "\xb2"))
            headers = tuple((k, told if k == place else v) for k, v in answer.headers)
            return Mutated(replace(answer, headers=headers), kind, place)
    status = rng.choice((201, 202, 204, 206, 299, 400, 409, 418, 422, 500, 520))
    return Mutated(replace(answer, status=status), "status", str(status))


def mutate(answer: Answer, rng: random.Random) -> Mutated:
    """One mutation of the answer, by the chance handed in."""
    if rng.random() < 0.7:
        if answer.kind == "json" and (tree := tree_of(answer.body)) is not UNREADABLE:
            made = rng.choice(JSON_MUTATIONS)(tree, rng)
            if made is not None:
                return Mutated(replace(answer, body=made[0]), made[1], "/".join(map(str, made[2])), made[2])
        if answer.kind == "xml":
            found = _xml_mutation(answer.body, rng)
            if found is not None:
                return Mutated(replace(answer, body=found[0]), found[1], found[2])
    return _bytes_mutation(answer, rng)
