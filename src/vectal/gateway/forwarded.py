"""Who is at the other end, when trusted proxies stand between.

X-Forwarded-* are believed only from the proxies that the operator names; anybody else could
write them.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.types import Scope

_MAX_HOPS: Final = 20
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Not `is_private`, which also takes in ranges that documents and tests use.
_NEARBY: Final = tuple(
    ipaddress.ip_network(name)
    for name in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


class TrustedProxies:
    """`names` are addresses or networks; a value that is neither raises ValueError."""

    def __init__(self, names: Iterable[str]) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(name, strict=False) for name in names]

    def resolve(self, scope: Scope) -> None:
        """Put the true client and scheme into the scope."""
        client: tuple[str, int] | None = scope.get("client")
        if client is None or not self._networks or not self._is_trusted(client[0]):
            return
        address = self.find_client(client[0], scope["headers"])
        scope["client"] = (address, 0 if address != client[0] else client[1])
        schemes = _values(scope["headers"], b"x-forwarded-proto")
        if schemes and schemes[-1] in ("http", "https"):
            is_socket, is_secure = scope["type"] == "websocket", schemes[-1] == "https"
            scope["scheme"] = ("ws" if is_socket else "http") + ("s" if is_secure else "")

    def find_client(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """The true client's address, when `peer` is at the other end of the connection."""
        if not self._networks or not self._is_trusted(peer):
            return peer
        hops = ",".join(_values(headers, b"x-forwarded-for")).split(",")[-_MAX_HOPS:]
        address = peer
        # From our side outwards: the first that is no proxy of ours is the client.
        for hop in reversed([hop.strip() for hop in hops]):
            if not _is_address(hop):
                break
            address = hop
            if not self._is_trusted(hop):
                break
        return address

    def _is_trusted(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def is_nearby(host: str) -> bool:
    """Whether an address belongs to this machine or a private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _NEARBY)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]
