"""Names of hosts, and lists of hosts and networks, as operators write them."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_host_name(name: str) -> bool:
    """Whether a name in lower case is one; numbers in whatever form are not."""
    return bool(_NAME.fullmatch(name)) and not _NUMBER.fullmatch(name.rpartition(".")[2])


def read_hosts(entries: Iterable[str]) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Host names; and addresses and networks in CIDR form.

    Raises `ValueError` for an entry that is none of these.
    """
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in (part.strip().lower().strip("[]") for part in entries):
        try:
            networks.append(ip_network(entry))
        except ValueError:
            name = entry.rstrip(".")
            if not is_host_name(name):
                raise ValueError(f"{entry!r} is no host name, address or network") from None
            hosts.add(name)
    return frozenset(hosts), tuple(networks)
