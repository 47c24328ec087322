"""Free ports outside the range from which the kernel takes ports for outgoing connections.

A server that restarts must get its port again. From the kernel's own range any outgoing
connection could have taken it in between, even the reconnect of our own client to itself.
"""

import random
import socket
from collections.abc import Iterable
from pathlib import Path

LOWEST = 15_000
KERNEL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
KERNEL_LOWEST = 32_768
HIGHEST = 65_535


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _kernel_lowest() -> int:
    try:
        return int(KERNEL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):  # no Linux, or a masked /proc
        return KERNEL_LOWEST


def find_free_port(host: str = "127.0.0.1", without: Iterable[int] = ()) -> int:
    """Pick a free port at random, so that two trees that start at once rarely meet."""
    highest = _kernel_lowest()
    candidates = range(LOWEST, highest) if highest > LOWEST + 1000 else range(10_000, HIGHEST)
    taken = set(without)
    for port in random.SystemRandom().sample(candidates, k=min(500, len(candidates))):
        if port not in taken and is_free(host, port):
            return port
    msg = f"no free port on {host} between {candidates.start} and {candidates.stop}"
    raise OSError(msg)


def find_free_port_from(first: int, host: str) -> int:
    """Find the next free port at or above a wanted one."""
    for port in range(first, min(first + 200, HIGHEST)):
        if is_free(host, port):
            return port
    return find_free_port(host)
