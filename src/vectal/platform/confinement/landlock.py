"""Close the file system but for the code that runs (Landlock, Linux 5.13 and newer)."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from typing import Final

from vectal.platform.confinement.namespaces import kernel

_CREATE: Final = 444
_ADD_RULE: Final = 445
_RESTRICT: Final = 446
_VERSION: Final = 1  # the flag that asks for it
_RULE_PATH_BENEATH: Final = 1

_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_REMOVE_FILE: Final = 1 << 5
_MAKE_FILE: Final = 1 << 8
_TRUNCATE: Final = 1 << 14  # since version 3
_TRUNCATE_SINCE: Final = 3
# Rights that a kernel of this version knows. What is named is refused where no rule allows it.
_FILE_RIGHTS: Final = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_NET_RIGHTS: Final = ((4, 0b11),)  # bind and connect by TCP
_SCOPES: Final = ((6, 0b11),)  # abstract sockets and signals to outside


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """0 where there is no Landlock."""
    return max(0, kernel().syscall(_CREATE, None, 0, _VERSION))


def _known(rights: Iterable[tuple[int, int]], abi: int) -> int:
    return sum(bits for since, bits in rights if since <= abi)


def close_files(readable: Iterable[str], scratch: str | None = None) -> bool:
    """Leave nothing of the file system but reading at and beneath `readable`.

    And files of `scratch`, a folder that stays flat.
    """
    abi = version()
    if abi < 1:
        return False
    libc = kernel()
    rules = _Ruleset(_known(_FILE_RIGHTS, abi), _known(_NET_RIGHTS, abi), _known(_SCOPES, abi))
    # A kernel that does not know the last members takes a shorter structure only.
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8  # noqa: PLR2004  (Landlock versions)
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(libc, ruleset, path)
        if scratch is not None:
            _allow(libc, ruleset, scratch, folder_rights=_scratch_rights(abi))
        # Tesseract writes its log there, and breaks down where it can't.
        _allow(libc, ruleset, os.devnull, _READ_FILE | _WRITE_FILE)
        return libc.syscall(_RESTRICT, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _scratch_rights(abi: int) -> int:
    rights = _READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_FILE | _REMOVE_FILE
    return rights | (_TRUNCATE if abi >= _TRUNCATE_SINCE else 0)


def _allow(
    libc: ctypes.CDLL,
    ruleset: int,
    path: str,
    file_rights: int = _READ_FILE,
    folder_rights: int = _READ_FILE | _READ_DIR,
) -> None:
    """Allow to read; what is not there needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        rights = folder_rights if is_folder else file_rights
        rule = _PathBeneath(rights, place)
        libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
