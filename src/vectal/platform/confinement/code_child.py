"""The process that runs one piece of code: `python -I -m vectal.platform.confinement.code_child`.

It is started by `code.py` and by nothing else. It reads the code from standard input, locks itself
in, says by a descriptor of its own whether the locks hold, and then is the code's. Nothing of
what it says later is believed.
"""

from __future__ import annotations

import ast
import os
import sys
import traceback
from types import CodeType
from typing import Final

from vectal.platform.confinement import lock_in, missing_locks
from vectal.platform.confinement.contracts import Bounds
from vectal.platform.confinement.paths import code_paths

LOCKED: Final = b"locked"
_NAME: Final = "<code>"


def _compiled(source: str) -> tuple[CodeType, CodeType | None]:
    """The code, and apart from it the expression at its end, whose value is shown."""
    tree = ast.parse(source, _NAME)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return compile(tree, _NAME, "exec"), None
    tree.body.pop()
    shown = compile(ast.Expression(last.value), _NAME, "eval")
    return compile(tree, _NAME, "exec"), shown


def _run(source: str) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    body, shown = _compiled(source)
    exec(body, names)  # noqa: S102 - what this process is for
    value: object = None if shown is None else eval(shown, names)  # noqa: S307 - the same
    if value is not None:
        sys.stdout.write(f"{value!r}\n")


def _explain(error: BaseException) -> None:
    """The trace of the code, without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != _NAME:
        frames = frames.tb_next
    traceback.print_exception(error.with_traceback(frames), file=sys.stderr)


def _exit_status(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


def main() -> None:
    told, parent, memory_bytes, cpu_s, file_bytes, scratch = sys.argv[1:]
    source = sys.stdin.buffer.read().decode("utf-8", "replace")
    os.chdir(scratch)
    bounds = Bounds(int(memory_bytes), int(cpu_s), int(file_bytes))
    missing = missing_locks(lock_in(int(parent), bounds, code_paths(), scratch))
    os.write(int(told), ", ".join(missing).encode() if missing else LOCKED)
    os.close(int(told))
    if missing:
        os._exit(1)
    sys.argv[:] = [_NAME]
    status = 0
    try:
        _run(source)
    except SystemExit as error:
        status = _exit_status(error)
    finally:
        if (error := sys.exc_info()[1]) is not None:
            _explain(error)
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
