"""SOAP 1.1 as the fake Yurtiçi reads and writes it. Only unqualified children count, as the reference says.

What comes in is hostile until proven otherwise: no DTD, no entities, no huge trees.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from providers.sandboxes.yurtici_rules import Fields
from providers.sandboxes.yurtici_wsdl import NAMESPACE, OPERATIONS, TYPES

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
Node = dict[str, Any]


class FaultError(Exception):
    """A SOAP fault: HTTP 500 with faultcode `Client` or `Server`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_call(body: bytes) -> tuple[str, Fields, dict[str, list[Any]]]:
    """Operation name, its single values and its repeated ones. Children count only when unqualified.

    Raises FaultError for what is no call of this service. External entities, DTDs and huge trees are refused.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise FaultError("Client", "Error reading XMLStreamReader.") from error
    if b"<!DOCTYPE" in body:
        raise FaultError("Client", "DOCTYPE is not allowed.")
    if root.tag != f"{{{SOAP}}}Envelope":
        raise FaultError("VersionMismatch", "A SOAP 1.1 envelope is expected.")
    inner = root.find(f"{{{SOAP}}}Body")
    calls = [one for one in inner if isinstance(one.tag, str)] if inner is not None else []
    if len(calls) != 1:
        raise FaultError("Client", "The body must hold one operation.")
    name = etree.QName(calls[0])
    if name.namespace != NAMESPACE or name.localname not in OPERATIONS:
        raise FaultError("Client", f"Unexpected wrapper element {{{name.namespace}}}{name.localname} found.")
    single: Fields = {}
    repeated: dict[str, list[Any]] = {}
    for child in calls[0]:
        if not isinstance(child.tag, str):
            continue
        if len(child):
            inside = {one.tag: (one.text or "").strip() for one in child if isinstance(one.tag, str)}
            repeated.setdefault(child.tag, []).append(inside)
        else:
            single[child.tag] = (child.text or "").strip()
            repeated.setdefault(child.tag, []).append(single[child.tag])
    repeated["ShippingOrderVO"] = [one for one in repeated.get("ShippingOrderVO", []) if isinstance(one, dict)]
    return name.localname, single, repeated


def envelope(operation: str, result: str, answer: Node) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    reply = etree.SubElement(body, f"{{{NAMESPACE}}}{operation}Response", nsmap={"ns1": NAMESPACE})
    _fill(etree.SubElement(reply, result), answer, result)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(parent: etree._Element, values: Node, kind: str) -> None:
    """Write a record in the order of its type, as a sequence demands. A name that the type lacks is our own mistake."""
    fields = TYPES[kind]
    unknown = set(values) - set(fields)
    if unknown:
        raise KeyError(f"{kind} has no {sorted(unknown)}")
    for name, sort in fields.items():
        value = values.get(name)
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, name)
            if isinstance(one, dict):
                _fill(child, one, sort.removeprefix("tns:").rstrip("*"))
            else:
                child.text = str(one)


def fault_page(fault: FaultError) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    one = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(one, "faultcode").text = f"soap:{fault.code}"
    etree.SubElement(one, "faultstring").text = str(fault)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
