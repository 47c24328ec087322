"""The socket that browsers reach: bound once by `vectal up`, lent to each server it starts.

A server that is started anew finds the socket open; connections wait in the meantime instead of
being refused.
"""

import errno
import socket
import sys

from vectal.platform.embedded.errors import ExitCode, OperatorError

BACKLOG = 2048
TRIED = 200
"""Ports above the wanted one."""
UNSENT_BYTES = 128 << 10
"""What the system takes ahead for a client that does not read; else it is some megabytes."""
_OTHER_FILES = 256
"""Open files of a server beside its clients' sockets: pools, logs, storage."""


def listen(host: str, port: int, *, exactly: bool) -> socket.socket:
    """Listen on the port, or on the next free one above it unless it was asked for exactly."""
    for candidate in range(port, min(port + (1 if exactly or port == 0 else TRIED), 65_536)):
        try:
            return _listen(host, candidate)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise OperatorError(
                f"Vectal cannot listen on {host}:{candidate}: {error.strerror}.",
                "Set VECTAL_HOST to an address of this machine, and VECTAL_PORT to a port that "
                "this user may take (1024 or above).",
                ExitCode.PORT_TAKEN,
            ) from error
    raise OperatorError(
        f"Port {port} on {host} is taken by another program.",
        "Stop that program, set VECTAL_PORT to a free port, or unset it to take any free one.",
        ExitCode.PORT_TAKEN,
    )


def _listen(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Each connection has it from its listener.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.bind(address)
        listener.listen(BACKLOG)  # also tells apart two trees that start at the same moment
    except OSError:
        listener.close()
        raise
    return listener


def count_connections(wanted: int) -> int:
    """How many clients can be held at once, when each may need a second socket to a provider.

    Asks the system for all the open files it is ready to lend this process.
    """
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415 - there is none for Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, max(1, (hard - _OTHER_FILES) // 2))


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def url_of(host: str, port: int) -> str:
    """The address as a person would type it."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - every address, so also this one
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
