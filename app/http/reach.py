"""Whether this machine is on a network at all, and which proxy its system names. Sends nothing."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from urllib.request import getproxies, proxy_bypass

# Addresses reserved for documents: connecting a datagram socket sends no packet, it only asks for a route.
_NOWHERE = ((socket.AF_INET, ("192.0.2.1", 9)), (socket.AF_INET6, ("2001:db8::1", 9)))


def has_route(targets: Iterable[tuple[int, tuple[str, int]]] = _NOWHERE) -> bool:
    """False when no address family has a way out: cable pulled, flight mode, no default route."""
    for family, address in targets:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
                return True
        except OSError:
            continue
    return False


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """`localhost`, 127.0.0.0/8 and ::1, as `httpx.URL.host` and `raw_host` write them."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def system_proxy(scheme: str, host: str) -> str | None:
    """The proxy that the system (registry, System Settings, or the environment where there is neither) names for this host."""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(scheme) or None
