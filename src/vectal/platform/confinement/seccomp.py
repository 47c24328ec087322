"""Refuse the system calls that no locked child needs: network, processes, other processes, mounts.

A list of what is refused, not of what is allowed: children link half a dozen runtimes, whose next
release may use a new harmless call. What the list can't know, the other locks hold.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from typing import Final

from vectal.platform.confinement.namespaces import kernel

_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF_0000
_KILL: Final = 0x8000_0000
_ERRNO: Final = 0x0005_0000

_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_JUMP_BITS: Final = 0x45
_RETURN: Final = 0x06

_NUMBER_AT: Final = 0
_ARCHITECTURE_AT: Final = 4
_FIRST_ARGUMENT_AT: Final = 16  # its lower half, on little-endian machines
_SECOND_ARGUMENT_AT: Final = 24
_X32: Final = 0x4000_0000
_CLONE_THREAD: Final = 0x0001_0000

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}
# The numbers of a call on x86-64 and on 64-bit ARM; None where it does not exist.
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "kill": (62, 129), "tkill": (200, 130), "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "personality": (135, 92), "capset": (126, 91),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "truncate": (76, 45),
}  # fmt: skip
_CLONE: Final = (56, 220)
_CLONE3: Final = (435, 435)
_TGKILL: Final = (234, 131)
_PRLIMIT: Final = (302, 261)
_FCNTL: Final = (72, 25)
_IOCTL: Final = (16, 29)
# Who is sent a signal, and which one, when a descriptor of ours is ready: a way to kill others.
_FCNTL_REFUSED: Final = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX
_IOCTL_REFUSED: Final = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP, TIOCSTI


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def _refuse(number: int, error: int = errno.EPERM) -> list[_Instruction]:
    return [_Instruction(_JUMP_EQUAL, 0, 1, number), _Instruction(_RETURN, 0, 0, _ERRNO | error)]


def _refuse_unless(number: int, test: int, operand: int) -> list[_Instruction]:
    """Refuse a call whose first argument does not pass the test; the number is loaded again."""
    return [
        _Instruction(_JUMP_EQUAL, 0, 4, number),
        _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        _Instruction(test, 0, 1, operand),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]


def _refuse_commands(number: int, commands: tuple[int, ...]) -> list[_Instruction]:
    """Refuse a call whose second argument is one of the commands; the number is loaded again."""
    program = [
        _Instruction(_JUMP_EQUAL, 0, 2 * len(commands) + 2, number),
        _Instruction(_LOAD, 0, 0, _SECOND_ARGUMENT_AT),
    ]
    for command in commands:
        program.append(_Instruction(_JUMP_EQUAL, 0, 1, command))
        program.append(_Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM))
    program.append(_Instruction(_RETURN, 0, 0, _ALLOW))
    return program


def _program(column: int, architecture: int) -> list[_Instruction]:
    program = [
        _Instruction(_LOAD, 0, 0, _ARCHITECTURE_AT),
        _Instruction(_JUMP_EQUAL, 1, 0, architecture),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_LOAD, 0, 0, _NUMBER_AT),
        _Instruction(_JUMP_AT_LEAST, 0, 1, _X32),
        _Instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            program += _refuse(number)
    # The C library then takes clone, whose flags a filter can read. Threads are what is left.
    program += _refuse(_CLONE3[column], errno.ENOSYS)
    program += _refuse_unless(_CLONE[column], _JUMP_BITS, _CLONE_THREAD)
    program += _refuse_unless(_TGKILL[column], _JUMP_EQUAL, os.getpid())  # abort() needs it
    program += _refuse_unless(_PRLIMIT[column], _JUMP_EQUAL, 0)
    program += _refuse_commands(_FCNTL[column], _FCNTL_REFUSED)
    program += _refuse_commands(_IOCTL[column], _IOCTL_REFUSED)
    program.append(_Instruction(_RETURN, 0, 0, _ALLOW))
    return program


def refuse_calls() -> bool:
    """Install the filter for this process and all its threads to come."""
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    program = _program(*known)
    instructions = (_Instruction * len(program))(*program)
    made = _Program(len(program), instructions)
    return kernel().prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(made), 0, 0) == 0
