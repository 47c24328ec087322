"""The network under the client: resolve once, judge every address, connect to a judged one."""

import asyncio
import functools
import socket
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final, Protocol

from vectal.platform.http.addresses import Address
from vectal.platform.http.connection import Connection
from vectal.platform.http.errors import ConnectionFailedError, HttpTimeoutError
from vectal.platform.http.guard import EgressGuard

Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Host and port to addresses; raises `OSError` when there are none."""

_ADDRESSES: Final = 16
_ATTEMPT_S: Final = 3.0
_POLICIES: Final = 1_000


class Dialer(Protocol):
    async def dial(
        self, address: str, port: int, tls: ssl.SSLContext | None, name: str
    ) -> Connection:
        """Connect to an address; with TLS, for the host `name`. Raises `OSError`."""
        ...


class SystemDialer:
    async def dial(
        self, address: str, port: int, tls: ssl.SSLContext | None, name: str
    ) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, address, port, ssl=tls, server_hostname=name if tls else None
        )
        return connection


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    unique = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [ip_address(text) for text in unique][:_ADDRESSES]


class GuardedNetwork:
    """Opens connections to what the guard lets pass.

    TLS is made for the name that was asked for, so its certificate is still checked.
    """

    def __init__(
        self, guard: EgressGuard, *, resolver: Resolver = resolve, dialer: Dialer | None = None
    ) -> None:
        self._guard = guard
        self._resolve = resolver
        self._dialer = dialer or SystemDialer()
        self._policies: OrderedDict[str, str] = OrderedDict()

    def policy_of(self, host: str) -> str:
        """Why connections to a host were let pass when the last one was made."""
        return self._policies.get(host, "unjudged")

    async def connect(
        self, host: str, port: int, tls: ssl.SSLContext | None, seconds: float
    ) -> Connection:
        """Raises an `HttpCallError`."""
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._find_addresses(host, port)
                return await self._dial(addresses, port, tls, host)
        except TimeoutError as error:
            raise HttpTimeoutError("connect") from error

    async def _find_addresses(self, host: str, port: int) -> Sequence[Address]:
        """The judged addresses of a host."""
        literal = self._guard.judge_host(host)
        addresses = [literal] if literal else await self._lookup(host, port)
        self._policies[host] = self._guard.judge_addresses(host, addresses)
        self._policies.move_to_end(host)
        if len(self._policies) > _POLICIES:
            self._policies.popitem(last=False)
        return addresses

    async def _lookup(self, host: str, port: int) -> Sequence[Address]:
        try:
            return await self._resolve(host, port)
        except TimeoutError:
            raise
        except (OSError, UnicodeError, ValueError) as error:
            raise ConnectionFailedError("The host name can't be resolved.") from error

    async def _dial(
        self, addresses: Sequence[Address], port: int, tls: ssl.SSLContext | None, name: str
    ) -> Connection:
        """The first address that answers; each but the last has a short time for it."""
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(_ATTEMPT_S):
                    return await self._dialer.dial(str(address), port, tls, name)
            except OSError:  # of which TimeoutError is one
                continue
        try:
            return await self._dialer.dial(str(addresses[-1]), port, tls, name)
        except TimeoutError:
            raise
        except (OSError, EOFError, ValueError) as error:
            raise ConnectionFailedError from error


@functools.cache
def default_tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, with the system's certificate authorities; one a process.

    To read them takes 30 ms.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
