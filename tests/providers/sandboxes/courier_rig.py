"""A carrier's fake on a loopback socket and a bare HTTP client, with the control room's handles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from providers.sandboxes.courier import CarrierRoom
from tests.support.serving import serve

HOUR = 3600
SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}


class Rig:
    def __init__(self, box: CarrierRoom, http: httpx.Client) -> None:
        self.box, self.http = box, http

    def control(self, path: str, body: Any) -> None:
        assert self.http.post(f"/_control/{path}", json=body).status_code == 200

    def switch(self, feature: str, on: bool = True) -> None:
        self.control("switch", {"feature": feature, "on": on})

    def later(self, hours: float) -> None:
        self.control("clock", {"advance": hours * HOUR})

    def count(self, name: str) -> int:
        return int(self.http.get("/_control/state").json()["counters"].get(name, 0))

    def truth(self, reference: str) -> dict[str, Any]:
        rows = self.http.get("/_control/shipments").json()
        return next(one for one in rows if one["reference"] == reference)

    def soap(self, path: str, body: str, action: str = "", version: str = "1.1") -> httpx.Response:
        space = SOAP[version]
        text = f'<e:Envelope xmlns:e="{space}"><e:Body>{body}</e:Body></e:Envelope>'
        if version == "1.1":
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        else:
            headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
        return self.http.post(path, content=text.encode(), headers=headers)


@contextmanager
def rig_of(box: CarrierRoom) -> Iterator[Rig]:
    with serve(box.app) as base, httpx.Client(base_url=base, timeout=10) as http:
        yield Rig(box, http)


def xml(fields: dict[str, Any], prefix: str = "") -> str:
    """Elements in the order given; a list repeats its element, a dict nests."""
    parts = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            inner = xml(one, prefix) if isinstance(one, dict) else escape(str(one))
            parts.append(f"<{prefix}{name}>{inner}</{prefix}{name}>")
    return "".join(parts)


def plain(node: etree._Element) -> Any:
    """A tree without namespaces: text, or a dict in which every name has a list."""
    if not len(node):
        return node.text or ""
    found: dict[str, list[Any]] = {}
    for child in node:
        found.setdefault(etree.QName(child).localname, []).append(plain(child))
    return found


def reason(reply: httpx.Response) -> str:
    """What a fault says."""
    assert reply.status_code == 500, reply.text
    root = etree.fromstring(reply.content)
    return root.findtext(".//faultstring") or root.findtext(f".//{{{SOAP['1.2']}}}Text") or ""
