"""Which addresses lie inside, or lead there by a detour.

`ipaddress.is_global` says yes to `64:ff9b::a9fe:a9fe` and `2002:7f00:1::`, which translators and
tunnels turn into inner IPv4 addresses; hence lists of our own, and `is_global` on top.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_DENIED: Final[Sequence[tuple[str, str]]] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier NAT"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "cloud platform"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "multicast relay"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarks"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discard"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_NETWORKS: Final = tuple((ip_network(network), reason) for network, reason in _DENIED)
# Nothing else of IPv6 has been handed out for the public.
_UNICAST: Final = IPv6Network("2000::/3")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})


def find_denial(address: Address) -> str | None:
    """Why an address may not be reached, or None for a public one."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "zone id"
    for network, reason in _NETWORKS:
        if address.version == network.version and address in network:
            return reason
    if isinstance(address, IPv6Address):
        if address not in _UNICAST:
            return "not unicast"
        if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
            return "ISATAP"
    return None if address.is_global else "not global"
