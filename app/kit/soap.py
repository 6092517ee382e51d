"""SOAP 1.1 envelopes and bare XML: written with escaping by lxml, read through the hardened parser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from app.contracts.messages import Message, ProviderError, fail
from app.formats.xml import Element, child, descendant, local_name, parse_xml, text_of
from app.kit.calls import Call, Reply, http_errors, looks_like_html

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
#: A node: (name, text) or (name, [nodes]). Names without a namespace unless written as '{ns}name'.
Node = tuple[str, "str | list[Node]"]


def soap_call(
    path: str,
    operation: str,
    action: str,
    body: Node,
    *,
    prefix: str = "ns",
    namespace: str = "",
    header: Iterable[Node] = (),
    group: str = "default",
    repeatable: bool = False,
) -> Call:
    """A POST with `body` (its outermost element in `namespace`) in an envelope and the SOAPAction header."""
    nsmap = {"soapenv": ENVELOPE, **({prefix: namespace} if namespace else {})}
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap=nsmap)
    head = etree.SubElement(root, f"{{{ENVELOPE}}}Header")
    for node in header:
        _add(head, node)
    _add(etree.SubElement(root, f"{{{ENVELOPE}}}Body"), body, namespace)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    headers = (("content-type", "text/xml; charset=utf-8"), ("soapaction", f'"{action}"'))
    return Call("POST", path, operation, (), headers, data, group, repeatable)


def xml_bytes(root: Node, attributes: Mapping[str, Mapping[str, str]] | None = None) -> bytes:
    """A document without an envelope, in UTF-8. `attributes`: of all elements of a name."""
    above = etree.Element("above")
    _add(above, root)
    for name, told in (attributes or {}).items():
        for element in above.iter(name):
            element.attrib.update({key: _xml_text(value) for key, value in told.items()})
    return etree.tostring(above[0], xml_declaration=True, encoding="UTF-8")


def _add(parent: Element, node: Node, namespace: str = "") -> None:
    name, value = node
    element = etree.SubElement(parent, f"{{{namespace}}}{name}" if namespace and not name.startswith("{") else name)
    if isinstance(value, str):
        element.text = _xml_text(value)
    else:
        for inner in value:
            _add(element, inner)


def _xml_text(text: str) -> str:
    """XML 1.0 has no control characters; lxml refuses them, a vendor would too."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )


def read_xml(reply: Reply) -> Element:
    """The root of an XML answer. Raises OursError naming the operation when it is none."""
    try:
        return parse_xml(reply.body)
    except ProviderError as error:
        raise fail(error.message.about(operation=reply.operation)) from error


def soap_errors(reply: Reply) -> Message | None:
    """A SOAP fault comes as HTTP 500 but says more than the status does; pages and plain statuses as everywhere."""
    if looks_like_html(reply) or b"Fault" not in reply.body:
        return http_errors(reply)
    fault = descendant(read_xml(reply), "Fault")
    if fault is None:
        return http_errors(reply)
    return Message(
        "server.error", vendor_code=text_of(fault, "faultcode")[:60], vendor_text=text_of(fault, "faultstring")[:300],
        status=reply.status,
    )  # fmt: skip


def soap_body(reply: Reply) -> Element:
    """The first element in the Body. Raises OursError when there is none."""
    root = read_xml(reply)
    body = child(root, "Body") if local_name(root) == "Envelope" else None
    if body is None or len(body) == 0:
        raise fail(Message("answer.unreadable", {"operation": reply.operation, "reason": "no SOAP body"}))
    return body[0]
