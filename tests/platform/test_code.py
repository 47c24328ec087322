"""Code that an attacker has written: what it tries from inside the locked child."""

import asyncio
import os
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from vectal.platform.confinement.code import CodeLimits, CodeResult, CodeRunner, NotLockedError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the locks are those of Linux")

_UNLOCKED = """
from vectal.platform.confinement import ESSENTIAL, code_child
code_child.lock_in = lambda *_: tuple(lock for _, locks in ESSENTIAL for lock in locks)
code_child.main()
"""
_NO_LOCKS = """
from vectal.platform.confinement import code_child
code_child.lock_in = lambda *_: ("memory", "cpu_time", "no_new_privileges", "system_calls")
code_child.main()
"""


async def _run(code: str, limits: CodeLimits | None = None) -> CodeResult:
    return await CodeRunner(limits).run(textwrap.dedent(code))


def _runner(tmp_path: Path, program: str) -> CodeRunner:
    path = tmp_path / "program.py"
    path.write_text(program)
    return CodeRunner(program=(str(path),))


async def test_it_runs_and_shows_the_last_value() -> None:
    result = await _run("import statistics\nprint('sum', 2 + 2)\nstatistics.mean([1, 2, 6])")
    assert (result.end, result.stdout, result.stderr) == ("ok", "sum 4\n3\n", "")


async def test_packages_of_the_product_can_be_used() -> None:
    result = await _run("import numpy\nint(numpy.arange(10).sum())")
    assert (result.end, result.stdout) == ("ok", "45\n")


async def test_a_fault_is_told_with_its_line_and_without_our_frames() -> None:
    result = await _run("def f():\n    return 1 / 0\nf()")
    assert result.end == "failed"
    assert "line 2, in f" in result.stderr
    assert "ZeroDivisionError" in result.stderr
    assert "code_child" not in result.stderr
    assert (await _run("x = (")).stderr.rstrip().endswith("SyntaxError: '(' was never closed")


@pytest.mark.parametrize(
    ("code", "end"), [("import sys; sys.exit(0)", "ok"), ("raise SystemExit('no')", "failed")]
)
async def test_it_may_exit(code: str, end: str) -> None:
    assert (await _run(code)).end == end


async def test_the_folder_is_empty_and_takes_files_for_as_long_as_it_runs() -> None:
    code = """
    import os, tempfile
    print(os.listdir("."), os.getcwd() == os.environ["HOME"] == tempfile.gettempdir())
    with open("notes.txt", "w") as file:
        file.write("kept")
    print(open("notes.txt").read())
    os.unlink("notes.txt")
    print(os.listdir("."))
    """
    result = await _run(code)
    assert result.stdout == "[] True\nkept\n[]\n", result.stderr
    again = await _run("open('left.txt', 'w').write('x')\nimport os; print(os.getcwd())")
    assert not os.path.exists(again.stdout.strip())  # noqa: ASYNC240, PTH110 - it is gone


ESCAPES = {
    "a connection": "import socket; socket.create_connection(('127.0.0.1', PORT), 5)",
    "a packet": (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".sendto(b'x', ('127.0.0.1', 9))"
    ),
    "a fork": "import os; os.fork() or os._exit(0)",
    "another program": "import subprocess; subprocess.run(['/bin/true'], check=True)",
    "accounts of the machine": "open('/etc/passwd').read(1)",
    "the data folder": "open('FOLDER/master.key').read()",
    "a list of the data folder": "import os; os.listdir('FOLDER')",
    "the parent's environment": "import os; open(f'/proc/{os.getppid()}/environ', 'rb').read(1)",
    "a file elsewhere": "open('FOLDER/written', 'w').write('x')",
    "a file removed": "import os; os.unlink('FOLDER/master.key')",
    "a folder": "import os; os.mkdir('deep')",
    "a link out": "import os; os.symlink('FOLDER/master.key', 'key'); open('key').read()",
    "a signal to the parent": "import os; os.kill(os.getppid(), 0)",
    "a queued signal to the parent": (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "information = (ctypes.c_int * 32)(0, 0, -1)\n"
        "if libc.syscall(NUMBER, os.getppid(), 0, information):\n"
        "    raise OSError(ctypes.get_errno(), 'rt_sigqueueinfo')"
    ),
    "a signal by way of a pipe": (
        "import fcntl, os\n"
        "reader, writer = os.pipe()\n"
        "fcntl.fcntl(reader, fcntl.F_SETOWN, os.getppid())"
    ),
}


@pytest.mark.parametrize("escape", ESCAPES)
async def test_the_locks_refuse(escape: str, tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("secret")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    code = (
        ESCAPES[escape]
        .replace("PORT", str(server.sockets[0].getsockname()[1]))
        .replace("FOLDER", str(tmp_path))
        .replace("NUMBER", "129" if os.uname().machine == "x86_64" else "138")
    )
    code = f"try:\n{textwrap.indent(code, '    ')}\nexcept OSError: print('refused')\n"
    code += "else: print('done')"
    async with server:
        result = await _run(code)
        assert result.stdout == "refused\n", result.stderr
        assert (tmp_path / "master.key").read_text() == "secret"
        assert not (tmp_path / "written").exists()
        # Without locks it works: the locks are what refuses it.
        unlocked = await _runner(tmp_path, _UNLOCKED).run(code)
        assert unlocked.stdout == "done\n", unlocked.stderr


async def test_a_fork_bomb_does_not_start() -> None:
    own = psutil.Process()
    before = {child.pid for child in own.children(recursive=True)}
    result = await _run("import os\nwhile True:\n    os.fork()")
    assert result.end == "failed"
    assert "PermissionError" in result.stderr
    assert {child.pid for child in own.children(recursive=True)} == before


async def test_threads_are_bounded() -> None:
    code = """
    import threading, time
    for count in range(100_000):
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except (RuntimeError, MemoryError):
            break
    print(count < 2_000)
    """
    result = await _run(code, CodeLimits(memory_bytes=256 << 20))
    assert result.stdout == "True\n" or result.end == "out_of_memory"


async def test_it_sees_no_environment_of_ours() -> None:
    os.environ["VECTAL_MASTER_KEY"] = "secret"
    try:
        result = await _run("import os; print(sorted(os.environ))")
    finally:
        del os.environ["VECTAL_MASTER_KEY"]
    names = ["HOME", "LC_ALL", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "TMPDIR"]
    assert result.stdout == f"{names}\n"


async def test_it_has_no_descriptor_of_ours(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w"):
        result = await _run("import os; print(len(os.listdir('/proc/self/fd')))")
    # Three standard ones, and the folder that is being listed.
    assert int(result.stdout) <= 4


SHARED = """
import mmap, time
shared = mmap.mmap(-1, 700 << 20)
for at in range(0, len(shared), 4096):
    shared[at] = 1
time.sleep(60)
"""
FILLING = """
import os, time
for number in range(10):
    with open(str(number), "wb") as file:
        file.write(os.urandom(15 << 20))
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("code", "limits", "ends"),
    [
        ("while True: pass", CodeLimits(cpu_s=1), {"timed_out"}),
        ("while True: pass", CodeLimits(deadline_s=2), {"timed_out"}),
        ("import time; time.sleep(600)", CodeLimits(deadline_s=2), {"timed_out"}),
        (
            "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
            CodeLimits(deadline_s=2),
            {"timed_out"},
        ),
        ("x = bytearray(8 << 30)", CodeLimits(), {"failed"}),
        # Whichever comes first: what it asks for is refused, or it is seen to have too much.
        (
            "x = []\nwhile True: x.append(bytearray(1 << 20))",
            CodeLimits(),
            {"failed", "out_of_memory"},
        ),
        (
            SHARED,
            CodeLimits(memory_bytes=256 << 20),
            {"out_of_memory"},
        ),
        (
            "import sys\nfor _ in range(1024): sys.stdout.write('x' * (1 << 20))",
            CodeLimits(),
            {"too_much_output"},
        ),
        (
            "import sys\nfor _ in range(1024): sys.stderr.write('x' * (1 << 20))",
            CodeLimits(),
            {"too_much_output"},
        ),
        (
            "import time\nfor n in range(100_000): open(str(n), 'w').close()\ntime.sleep(60)",
            CodeLimits(),
            {"too_many_files"},
        ),
        (
            FILLING,
            CodeLimits(),
            {"too_many_files"},
        ),
        # The signal of a file that grows too long is ignored by Python: writing fails.
        ("open('big', 'wb').write(bytes(32 << 20))", CodeLimits(), {"failed"}),
        ("import ctypes; ctypes.string_at(0)", CodeLimits(), {"failed"}),
        ("import os; os.abort()", CodeLimits(), {"failed"}),
        ("def f(): f()\nf()", CodeLimits(), {"failed"}),
    ],
)
async def test_what_takes_too_much_is_ended(code: str, limits: CodeLimits, ends: set[str]) -> None:
    own = psutil.Process()
    before = {child.pid for child in own.children(recursive=True)}
    result = await _run(code, limits)
    assert result.end in ends, result.stderr[:500]
    assert len(result.stdout) <= limits.kept_bytes
    assert len(result.stderr) <= limits.kept_bytes
    assert {child.pid for child in own.children(recursive=True)} == before


async def test_long_output_is_cut_and_says_so() -> None:
    result = await _run("print('x' * 200_000)")
    assert result.end == "ok"
    assert result.is_cut
    assert len(result.stdout) == CodeLimits().kept_bytes


async def test_bytes_that_are_no_text_come_as_text() -> None:
    result = await _run("import sys; sys.stdout.buffer.write(b'\\xff\\xfe ok')")
    assert "ok" in result.stdout


async def test_what_cannot_be_locked_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    with pytest.raises(NotLockedError, match="files of the machine"):
        await _runner(tmp_path, _NO_LOCKS).run(f"open({str(mark)!r}, 'w')")
    assert not mark.exists()


async def test_a_child_that_says_nothing_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(NotLockedError):
        await _runner(tmp_path, "raise SystemExit(0)").run("print('ran')")


async def test_a_cancelled_run_leaves_nothing_behind() -> None:
    own = psutil.Process()
    before = {child.pid for child in own.children(recursive=True)}
    task = asyncio.create_task(CodeRunner().run("import time; time.sleep(600)"))
    while {child.pid for child in own.children(recursive=True)} == before:  # noqa: ASYNC110 - processes tell nobody
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {child.pid for child in own.children(recursive=True)} == before


async def test_pieces_wait_for_each_other() -> None:
    runner = CodeRunner(beside=1)
    results = await asyncio.gather(*(runner.run(f"print({number})") for number in range(3)))
    assert [each.stdout for each in results] == ["0\n", "1\n", "2\n"]
