"""The process that parses or draws one document: `python -I -m vectal.documents.extraction.child`.

It is started by `sandbox.py` and by nothing else. It reads its options from standard input,
locks itself in, reads the document from the descriptor that it was given, writes frames to
standard output, and ends without running anybody's exit handlers: parsers crash in those.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import vectal
from vectal.documents.extraction.contracts import (
    ChildEvent,
    ChildOptions,
    Failed,
    Locked,
    PictureOptions,
)
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.frames import (
    BadFrameError,
    encode,
    options_of,
    read_all,
    write_all,
)
from vectal.documents.extraction.walk import walk
from vectal.platform.confinement import lock_in, missing_locks
from vectal.platform.confinement.contracts import Bounds
from vectal.platform.confinement.paths import code_paths


def readable_paths() -> Iterator[str]:
    """The code of Python, of its packages and of ours, and the data that comes with them."""
    yield from code_paths()
    yield str(Path(sys.prefix) / "share" / "tessdata")
    yield from vectal.__path__


class Outlet:
    """Writes events; what a library prints goes to standard error instead."""

    def __init__(self) -> None:
        self._descriptor = os.dup(1)
        os.dup2(2, 1)

    def send(self, event: ChildEvent) -> None:
        write_all(self._descriptor, encode(event))


def _read_document(descriptor: int, options: ChildOptions) -> bytes:
    size = os.fstat(descriptor).st_size
    if size > options.limits.document_bytes:
        raise ParseFault("too_large")
    return os.pread(descriptor, size, 0) if size else b""


def _events(content: bytes, options: ChildOptions) -> Iterator[ChildEvent]:
    if isinstance(options, PictureOptions):
        # Only a child that draws pays for the import.
        from vectal.documents.extraction.drawing import draw  # noqa: PLC0415

        yield draw(content, options)
    else:
        yield from walk(content, options)


def run(descriptor: int, parent: int, demanding: bool) -> None:  # noqa: FBT001
    """Do what was asked, and say how it went. Returns in every case but a crash."""
    options = options_of(read_all(0))
    outlet = Outlet()
    bounds = Bounds(options.limits.memory_bytes, options.limits.cpu_s)
    held = lock_in(parent, bounds, readable_paths())
    outlet.send(Locked(held))
    missing = missing_locks(held)
    if demanding and missing:
        outlet.send(Failed("sandbox_unavailable", f"Not locked: {', '.join(missing)}."))
        return
    try:
        for event in _events(_read_document(descriptor, options), options):
            outlet.send(event)
    except ParseFault as fault:
        outlet.send(Failed(fault.code, fault.detail))
    except MemoryError:
        outlet.send(Failed("out_of_memory"))
    except (RecursionError, BadFrameError) as error:
        outlet.send(Failed("damaged", f"{type(error).__name__} while reading it."))


def main() -> None:
    status = 1
    try:
        descriptor, parent, demanding = sys.argv[1:]
        run(int(descriptor), int(parent), demanding == "demanding")
        status = 0
    except BrokenPipeError:  # the parent has gone or has heard enough
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())  # pyright: ignore[reportArgumentType] - not None here
        os._exit(status)


if __name__ == "__main__":
    main()
