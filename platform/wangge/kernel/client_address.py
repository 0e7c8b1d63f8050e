"""From which address a request comes: a forwarded one is believed only of proxies that the installation trusts."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

Network = IPv4Network | IPv6Network
LONGEST_ADDRESS = 45


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """The addresses and networks of these texts; raises ValueError for one that is neither."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts)


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text such as `192.0.2.7`, `192.0.2.7:80`, `[2001:db8::7]:80`; None when there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_trusted(address: IPv4Address | IPv6Address | None, trusted: Sequence[Network]) -> bool:
    """Whether an address is one of the installation's own proxies."""
    return address is not None and any(address in network for network in trusted)


def resolved_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The client's address: the peer itself, or behind trusted proxies the right-most hop that is not one of them.

    Whatever a client writes into X-Forwarded-For stands left of what the first trusted proxy adds, and is not read.
    A hop that is no address ends the walk at the proxy that reported it.
    """
    known = address_of(peer)
    for hop in reversed(forwarded.split(",")):
        if not is_trusted(known, trusted):
            break
        before = address_of(hop)
        if before is None:
            break
        known = before
    return str(known)[:LONGEST_ADDRESS] if known is not None else peer[:LONGEST_ADDRESS]


def client_address(request: HttpRequest) -> str:
    """The client's address as text of at most 45 characters; the shell's first middleware has resolved it."""
    return str(request.META.get("REMOTE_ADDR", ""))[:LONGEST_ADDRESS]
