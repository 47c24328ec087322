"""The guard: which hosts and addresses the process may call.

A host's addresses are judged after the one resolution that the connection uses, so a name that
resolves to something else a moment later gains nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Self

from vectal.platform.http.addresses import Address, Network, find_denial
from vectal.platform.http.errors import EgressRefusedError

PUBLIC: Final = "public"
OPENED: Final = "opened by operator"

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class EgressGuard:
    """`hosts` and `networks` are what an operator has opened."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, allow: Iterable[str]) -> Self:
        """From `VECTAL_EGRESS_ALLOW`: host names, addresses and networks in CIDR form.

        Raises `ValueError` for an entry that is none of these.
        """
        hosts: set[str] = set()
        networks: list[Network] = []
        for entry in (part.strip().lower().strip("[]") for part in allow):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not _NAME.fullmatch(entry.rstrip(".")) or _is_numeric(entry):
                    raise ValueError(f"{entry!r} is no host name, address or network") from None
                hosts.add(entry.rstrip("."))
        return cls(frozenset(hosts), tuple(networks))

    def judge_host(self, host: str) -> Address | None:
        """The address that a literal names, None for a name; raise for what is neither.

        Numbers in other than the one dotted form (`127.1`, `0x7f.1`, `2130706433`) are refused,
        since resolvers read them in more than one way.
        """
        if literal := _parse_literal(host):
            return literal
        name = host.rstrip(".")
        if not _NAME.fullmatch(name) or _is_numeric(name):
            raise EgressRefusedError("not a host name")
        return None

    def judge_addresses(self, host: str, addresses: Sequence[Address]) -> str:
        """Why the host may be reached at these addresses; raise when one of them is denied."""
        if not addresses:
            raise EgressRefusedError("no address")
        policy = PUBLIC
        for address in addresses:
            if self.has_opened(host, address):
                policy = OPENED
            elif denial := find_denial(address):
                raise EgressRefusedError(denial)
        return policy

    def has_opened(self, host: str, address: Address) -> bool:
        if host.rstrip(".") in self.hosts:
            return True
        return any(
            address.version == network.version and address in network for network in self.networks
        )

    def names(self, host: str) -> bool:
        """Whether an operator has opened the host itself, by name or address."""
        literal = _parse_literal(host)
        if literal is not None:
            return self.has_opened(host, literal)
        return host.rstrip(".") in self.hosts


def _parse_literal(host: str) -> Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise EgressRefusedError("zone id")
    return address


def _is_numeric(name: str) -> bool:
    return bool(_NUMBER.fullmatch(name.rpartition(".")[2]))
