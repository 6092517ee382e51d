"""The one XML parser of the program: no DTD, no entities, no network, bounded depth and size."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lxml import etree

from app.contracts.messages import Message, fail

Element = etree._Element
LIMIT = 24 * 1024 * 1024
#: Elements and attributes, about: libxml2 makes some 200 bytes of each `<a/>`, and looks at all attributes of an element for
#: each of its attributes. A page of an API has a few ten thousand.
MOST_MARKS = 500_000


def parse_xml(data: bytes) -> Element:
    """The root element. Raises OursError (`answer.unreadable`) for anything that is not plain, well-formed XML.

    A document type is refused whole: with it go external entities, billion laughs and quadratic blow-up.
    """
    if len(data) > LIMIT or data.count(b"<") + data.count(b"=") > MOST_MARKS:
        raise fail(Message("server.too_large", {"bytes": str(len(data))}))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise fail(Message("answer.unreadable", {"reason": str(error)[:120]})) from error
    info: Any = root.getroottree().docinfo
    if info.doctype:
        raise fail(Message("answer.unreadable", {"reason": "a document type is not accepted"}))
    return root


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name, whatever its namespace: vendors are careless with prefixes."""
    return next(element.iterchildren(f"{{*}}{name}"), None)


def children(element: Element, name: str) -> list[Element]:
    return list(element.iterchildren(f"{{*}}{name}"))


def descendant(element: Element, name: str) -> Element | None:
    return next(element.iter(f"{{*}}{name}"), None)


def text_of(element: Element | None, name: str = "") -> str:
    """The stripped text of the element (or of its child `name`); '' when absent or nil."""
    found = child(element, name) if element is not None and name else element
    return (found.text or "").strip() if found is not None else ""
