"""The network under the client: resolve once, judge every address, connect to a judged one."""

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final, cast

import httpcore2

from vectal.platform.http.addresses import Address
from vectal.platform.http.errors import ConnectionFailedError, EgressRefusedError
from vectal.platform.http.guard import EgressGuard

Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Host and port to addresses; raises `OSError` when there are none."""

_ADDRESSES: Final = 16
_ATTEMPT_S: Final = 3.0
_POLICIES: Final = 1_000


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    unique = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [ip_address(text) for text in unique][:_ADDRESSES]


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """What httpcore opens its connections with.

    TLS is then made for the name that was asked for, so its certificate is still checked.
    """

    def __init__(
        self,
        guard: EgressGuard,
        *,
        resolver: Resolver = resolve,
        inner: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._guard = guard
        self._resolve = resolver
        self._inner = inner or cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
        self._policies: OrderedDict[str, str] = OrderedDict()

    def policy_of(self, host: str) -> str:
        """Why connections to a host were let pass when the last one was made."""
        return self._policies.get(host, "unjudged")

    async def _find_addresses(
        self, host: str, port: int, seconds: float | None
    ) -> Sequence[Address]:
        """The judged addresses of a host."""
        literal = self._guard.judge_host(host)
        addresses = [literal] if literal else await self._lookup(host, port, seconds)
        self._policies[host] = self._guard.judge_addresses(host, addresses)
        self._policies.move_to_end(host)
        if len(self._policies) > _POLICIES:
            self._policies.popitem(last=False)
        return addresses

    async def _lookup(self, host: str, port: int, seconds: float | None) -> Sequence[Address]:
        try:
            async with asyncio.timeout(seconds):
                return await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        except (OSError, UnicodeError, ValueError) as error:
            raise ConnectionFailedError("The host name can't be resolved.") from error

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._find_addresses(host, port, timeout)
        failure: Exception | None = None
        for place, address in enumerate(addresses):
            is_last = place == len(addresses) - 1
            limit = timeout if is_last or timeout is None else min(timeout, _ATTEMPT_S)
            try:
                stream = await self._inner.connect_tcp(
                    str(address), port, limit, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _ClosingStream(stream)
        raise failure or httpcore2.ConnectError("no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        del path, timeout, socket_options
        raise EgressRefusedError("unix socket")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _ClosingStream(httpcore2.AsyncNetworkStream):
    """Closes its socket when the TLS handshake is cut off; httpcore forgets to when cancelled."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await asyncio.shield(self._inner.aclose())
            raise

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def default_tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, with the system's certificate authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
