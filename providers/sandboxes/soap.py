"""SOAP 1.1 and 1.2 for fakes whose carrier is a table of operations and types: strict reading, writing, faults and a WSDL.

What comes in is hostile until proven otherwise: no DTD, no entities, no huge trees. A name or an order that the table does not have is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

#: Version -> its namespace and the content type of its messages.
ENVELOPES = {
    "1.1": ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml"),
    "1.2": ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml"),
}
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_BINDINGS = {"1.1": "http://schemas.xmlsoap.org/wsdl/soap/", "1.2": "http://schemas.xmlsoap.org/wsdl/soap12/"}
Node = dict[str, Any]


class FaultError(Exception):
    """A SOAP fault (HTTP 500). `client`: whose mistake it is."""

    def __init__(self, message: str, *, client: bool = True) -> None:
        super().__init__(message)
        self.client = client


@dataclass(frozen=True)
class Service:
    """Kinds of fields: `text`, a type's name, or `xml` (a tree as it is, in answers), with `*` when they repeat.

    `inner`: namespace of the fields of types, where it is not the service's. `ordered`: fields are a sequence: in the order of
    the table or of the alphabet. `free`: prefixes of fields that no document lists. `action`: what comes before the operation's
    name in SOAPAction; `bare_action`: whether it may be absent. `nils`: absent values are written as nil.
    """

    name: str
    namespace: str
    types: Mapping[str, Mapping[str, str]]
    operations: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]  # what it takes, what its Response holds
    action: str
    inner: str = ""
    ordered: bool = False
    free: tuple[str, ...] = ()
    bare_action: bool = False
    nils: bool = False
    versions: tuple[str, ...] = ("1.1", "1.2")

    @property
    def fields_in(self) -> str:
        return self.inner or self.namespace


async def answer(service: Service, request: Request, act: Callable[[str, Node], Node]) -> Response:
    """A GET with ?wsdl gives the document; a POST is read, acted on and answered."""
    if request.method == "GET":
        address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
        return Response(document(service, address), media_type="text/xml; charset=utf-8")
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    version = next((one for one in service.versions if ENVELOPES[one][1] == kind), "")
    if not version:
        return Response("Unsupported Media Type", 415, media_type="text/plain")
    try:
        operation, given = _read(service, version, _action(version, request), await request.body())
        page, status = _write(service, version, operation, act(operation, given)), 200
    except FaultError as error:
        page, status = fault(version, error), 500
    return Response(page, status, media_type=f"{kind}; charset=utf-8")


def _action(version: str, request: Request) -> str:
    if version == "1.1":
        return request.headers.get("soapaction", "").strip().strip('"')
    parameters = request.headers["content-type"].split(";")[1:]
    pairs = (one.strip().partition("=") for one in parameters)
    return next((value.strip().strip('"') for name, _, value in pairs if name.strip() == "action"), "")


def parsed(body: bytes) -> etree._Element:
    """Raises FaultError for what is no XML, and for a DTD."""
    if b"<!DOCTYPE" in body:
        raise FaultError("DOCTYPE is not allowed.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise FaultError(f"There is an error in XML document ({error.lineno}).") from error


def _read(service: Service, version: str, action: str, body: bytes) -> tuple[str, Node]:
    space = ENVELOPES[version][0]
    root = parsed(body)
    if root.tag != f"{{{space}}}Envelope":
        raise FaultError(f"A SOAP {version} envelope is expected.")
    inside = root.find(f"{{{space}}}Body")
    calls = list(inside) if inside is not None else []
    name = etree.QName(calls[0]) if len(calls) == 1 else None
    if name is None or name.namespace != service.namespace or name.localname not in service.operations:
        raise FaultError(f"The endpoint reference (EPR) for the operation is not found: {name}")
    wanted = f"{service.action}{name.localname}"
    if action != wanted and not (service.bare_action and action == ""):
        raise FaultError(f"Server did not recognize the value of HTTP Header SOAPAction: {action}.")
    return name.localname, _fields(service, calls[0], service.operations[name.localname][0], service.namespace)


def _fields(service: Service, node: etree._Element, spec: Mapping[str, str], space: str) -> Node:
    """The children by name: text, a record, or a list where they repeat."""
    found: Node = {}
    names: list[str] = []
    where = etree.QName(node).localname
    for child in node:
        name = etree.QName(child)
        kind = spec.get(name.localname) or ("text" if name.localname.startswith(service.free or "\0") else "")
        if not kind or name.namespace != space:
            raise FaultError(f"Unexpected subelement {{{name.namespace}}}{name.localname} in {where}")
        sort, many = kind.rstrip("*"), kind.endswith("*")
        if not many and name.localname in found:
            raise FaultError(f"{name.localname} occurs more than once in {where}")
        if sort == "text" and len(child):
            raise FaultError(f"{name.localname} must not have children")
        value = (
            (child.text or "").strip()
            if sort == "text"
            else _fields(service, child, service.types[sort], service.fields_in)
        )
        if many:
            found.setdefault(name.localname, []).append(value)
        else:
            found[name.localname] = value
        if not names or names[-1] != name.localname:
            names.append(name.localname)
    # No document tells the sequences of all types, and not which alphabet: any of these will do.
    table = [one for one in spec if one in found]
    loose = [one for one in found if one not in spec]
    orders = (sorted(names), sorted(names, key=str.casefold), *([table] if not loose else []))
    if service.ordered and names not in orders:
        raise FaultError(f"Unexpected subelement order in {where}: {', '.join(names)}")
    return found


def _write(service: Service, version: str, operation: str, values: Node) -> bytes:
    space = ENVELOPES[version][0]
    root = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space, "xsi": XSI})
    inside = etree.SubElement(root, f"{{{space}}}Body")
    reply = etree.SubElement(inside, f"{{{service.namespace}}}{operation}Response", nsmap={"ns": service.namespace})
    _fill(service, reply, values, service.operations[operation][1], service.namespace)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(service: Service, parent: etree._Element, values: Node, spec: Mapping[str, str], space: str) -> None:
    """In the order of the table. A name that the table lacks is our own mistake."""
    unknown = set(values) - set(spec)
    if unknown:
        raise KeyError(f"{etree.QName(parent).localname} has no {sorted(unknown)}")
    for name, kind in spec.items():
        value, sort = values.get(name), kind.rstrip("*")
        if value is None and not (service.nils and not kind.endswith("*")):
            continue
        for one in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, f"{{{space}}}{name}")
            if one is None:
                child.set(f"{{{XSI}}}nil", "true")
            elif sort == "xml":
                child.append(one)
            elif sort == "text":
                child.text = str(one)
            else:
                _fill(service, child, one, service.types[sort], service.fields_in)


def fault(version: str, error: FaultError) -> bytes:
    space = ENVELOPES[version][0]
    root = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space})
    one = etree.SubElement(etree.SubElement(root, f"{{{space}}}Body"), f"{{{space}}}Fault")
    if version == "1.1":
        etree.SubElement(one, "faultcode").text = "soap:Client" if error.client else "soap:Server"
        etree.SubElement(one, "faultstring").text = str(error)
    else:
        code = etree.SubElement(one, f"{{{space}}}Code")
        etree.SubElement(code, f"{{{space}}}Value").text = "soap:Sender" if error.client else "soap:Receiver"
        text = etree.SubElement(etree.SubElement(one, f"{{{space}}}Reason"), f"{{{space}}}Text")
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "tr")
        text.text = str(error)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _sequence(fields: Mapping[str, str]) -> str:
    rows = []
    for name, kind in fields.items():
        sort = kind.rstrip("*")
        many = ' maxOccurs="unbounded"' if kind.endswith("*") else ""
        if sort == "xml":
            rows.append(
                f'<xsd:element name="{name}" minOccurs="0"><xsd:complexType><xsd:sequence>'
                f'<xsd:any processContents="skip"/></xsd:sequence></xsd:complexType></xsd:element>'
            )
            continue
        kinds = "xsd:string" if sort == "text" else f"t:{sort}"
        rows.append(f'<xsd:element name="{name}" type="{kinds}" minOccurs="0"{many} nillable="true"/>')
    return f"<xsd:sequence>{''.join(rows)}</xsd:sequence>"


def document(service: Service, address: str) -> bytes:
    """The WSDL with this service address. Every field is a string in it, which is more than most documents tell."""
    types = "".join(f'<xsd:complexType name="{n}">{_sequence(f)}</xsd:complexType>' for n, f in service.types.items())
    elements, messages, ports = [], [], []
    for name, (takes, gives) in service.operations.items():
        for end, fields in ((name, takes), (f"{name}Response", gives)):
            elements.append(
                f'<xsd:element name="{end}"><xsd:complexType>{_sequence(fields)}</xsd:complexType></xsd:element>'
            )
            messages.append(f'<message name="{end}"><part name="parameters" element="s:{end}"/></message>')
        ports.append(
            f'<operation name="{name}"><input message="s:{name}"/><output message="s:{name}Response"/></operation>'
        )
    bindings, doors = [], []
    for version in service.versions:
        mark = "b" + version.replace(".", "")
        rows = "".join(
            f'<operation name="{name}"><{mark}:operation soapAction="{escape(service.action)}{name}"/>'
            f'<input><{mark}:body use="literal"/></input><output><{mark}:body use="literal"/></output></operation>'
            for name in service.operations
        )
        title = f"{service.name}{mark}"
        bindings.append(
            f'<binding name="{title}" type="s:{service.name}Port"><{mark}:binding style="document" '
            f'transport="http://schemas.xmlsoap.org/soap/http"/>{rows}</binding>'
        )
        doors.append(f'<port name="{title}" binding="s:{title}"><{mark}:address location="{escape(address)}"/></port>')
    form = 'elementFormDefault="qualified"'
    if service.inner:
        schemas = (
            f'<xsd:schema targetNamespace="{service.inner}" {form}>{types}</xsd:schema>'
            f'<xsd:schema targetNamespace="{service.namespace}" {form}>'
            f'<xsd:import namespace="{service.inner}"/>{"".join(elements)}</xsd:schema>'
        )
    else:
        schemas = f'<xsd:schema targetNamespace="{service.namespace}" {form}>{types}{"".join(elements)}</xsd:schema>'
    marks = "".join(f' xmlns:b{one.replace(".", "")}="{space}"' for one, space in _BINDINGS.items())
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/"{marks} '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:s="{service.namespace}" xmlns:t="{service.fields_in}" '
        f'targetNamespace="{service.namespace}" name="{service.name}"><types>{schemas}</types>{"".join(messages)}'
        f'<portType name="{service.name}Port">{"".join(ports)}</portType>{"".join(bindings)}'
        f'<service name="{service.name}">{"".join(doors)}</service></definitions>'
    )
    return text.encode()
