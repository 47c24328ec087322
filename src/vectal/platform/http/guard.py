"""The guard: which hosts and addresses the process may call.

A host's addresses are judged after the one resolution that the connection uses, so a name that
resolves to something else a moment later gains nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Self

from vectal.platform.hosts import Network, is_host_name, read_hosts
from vectal.platform.http.addresses import Address, find_denial
from vectal.platform.http.errors import EgressRefusedError

PUBLIC: Final = "public"
OPENED: Final = "opened by operator"


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
        return cls(*read_hosts(allow))

    def judge_host(self, host: str) -> Address | None:
        """The address that a literal names, None for a name; raise for what is neither.

        Numbers in other than the one dotted form (`127.1`, `0x7f.1`, `2130706433`) are refused,
        since resolvers read them in more than one way.
        """
        if literal := _parse_literal(host):
            return literal
        name = host.rstrip(".")
        if not is_host_name(name):
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
