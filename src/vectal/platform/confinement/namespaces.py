"""Leave the network, give up privileges, and end with the parent. Linux only."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x1000_0000
_CLONE_NEWIPC: Final = 0x0800_0000
_CLONE_NEWNET: Final = 0x4000_0000


def kernel() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> bool:
    """Ask for SIGKILL when the parent ends, even by SIGKILL."""
    asked = kernel().prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0
    if os.getppid() != parent:  # it ended before the request stood
        os._exit(1)
    return asked


def leave_the_network() -> bool:
    """Move to a network that has nothing, not even a way to ourselves.

    The user namespace that it takes also drops every capability over the machine. Containers
    often refuse it; then the filter of system calls must hold.
    """
    return kernel().unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0


def forgo_privileges() -> bool:
    return kernel().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
