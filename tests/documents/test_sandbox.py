"""A parser that an attacker owns: what it tries from inside the child, and what it sends us."""

import asyncio
import os
import sys
import textwrap
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest
from tests.fixtures.documents import Outcome, extract
from tests.fixtures.processes import ends

from vectal.documents.extraction.contracts import (
    ExtractionLimits,
    ExtractionOptions,
    Locked,
    OcrOptions,
)
from vectal.documents.extraction.errors import ExtractionError
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.extraction.source import DocumentSource
from vectal.platform.confinement import missing_locks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the locks are those of Linux")

# An own program that runs the real child with the attacker's code in the place of the parsers.
_PROGRAM = """
import ctypes, errno, os, signal, socket, struct, sys, time
from vectal.documents.extraction import child, frames
from vectal.documents.extraction.contracts import *

def attack(content, options):
{attack}

def said(words):
    yield Detected("text", "text/plain")
    yield Page(number=1, text=str(words))
    yield Finished(1, "")

child.walk = attack
{more}
child.main()
"""


def _hostile(tmp_path: Path, attack: str, *, unlocked: bool = False) -> Sandbox:
    program = tmp_path / "hostile.py"
    body = textwrap.indent(textwrap.dedent(attack).strip(), "    ")
    more = "child.lock_in = lambda *_: ()" if unlocked else ""
    program.write_text(_PROGRAM.format(attack=body, more=more))
    return Sandbox("reduced" if unlocked else "full", (str(program),))


async def _try(sandbox: Sandbox, options: ExtractionOptions | None = None) -> Outcome:
    return await extract(b"x", options, sandbox)


ATTACKS = {
    "a connection": "return said(socket.create_connection(('127.0.0.1', PORT), 5) and 'done')",
    "a packet": (
        "return said(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ".sendto(b'x', ('127.0.0.1', 9)) and 'done')"
    ),
    "a socket of the machine": "return said(socket.socket(socket.AF_UNIX) and 'done')",
    "a file of the machine": "return said(open('/etc/passwd').read(1) and 'done')",
    "a secret of the service": "return said(open('SECRET').read() and 'done')",
    "the parent's environment": (
        "return said(open(f'/proc/{os.getppid()}/environ', 'rb').read(1) and 'done')"
    ),
    "a file to write": "open('FOLDER/written', 'w').write('x'); return said('done')",
    "a file to delete": "os.unlink('VICTIM'); return said('done')",
    "rights to change": "os.chmod('VICTIM', 0o777); return said('done')",
    "a fork": "os.fork() or os._exit(0); return said('done')",
    "another program": "os.posix_spawn('/bin/true', ['true'], {}); return said('done')",
    "a signal to the parent": "os.kill(os.getppid(), 0); return said('done')",
    "memory of the parent": (
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.ptrace(16, os.getppid(), 0, 0) and ctypes.get_errno():\n"
        "    raise OSError(ctypes.get_errno(), 'ptrace')\n"
        "return said('done')"
    ),
}
_REFUSAL = "try:\n{}\nexcept OSError as error:\n    return said('refused')"
# These two fail for a stranger without locks, too: nobody listens, or root may not.
_NO_CONTROL = frozenset(("memory of the parent",))


@pytest.mark.parametrize("attack", ATTACKS)
async def test_the_locks_refuse(attack: str, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "secret").write_text("key")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    code = (
        ATTACKS[attack]
        .replace("PORT", str(server.sockets[0].getsockname()[1]))
        .replace("SECRET", str(tmp_path / "secret"))
        .replace("VICTIM", str(tmp_path / "victim"))
        .replace("FOLDER", str(tmp_path))
    )
    guarded = _REFUSAL.format(textwrap.indent(code, "    "))
    async with server:
        outcome = await _try(_hostile(tmp_path, guarded))
        assert outcome.text == "refused"
        assert (tmp_path / "victim").read_text() == "precious"
        assert not (tmp_path / "written").exists()
        if attack not in _NO_CONTROL:  # without locks it works: the locks are what refuses it
            unlocked = await _try(_hostile(tmp_path, guarded, unlocked=True))
            assert unlocked.text == "done"


@pytest.mark.parametrize(
    ("absent", "held"),
    [
        ("namespaces.leave_the_network", "system_calls"),
        ("seccomp.refuse_calls", "network_namespace"),
    ],
)
@pytest.mark.parametrize("attack", ["a connection", "a packet"])
async def test_either_lock_alone_keeps_the_network_shut(
    attack: str, absent: str, held: str, tmp_path: Path
) -> None:
    """Containers often forbid the one, and old kernels lack the other."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    code = ATTACKS[attack].replace("PORT", str(server.sockets[0].getsockname()[1]))
    sandbox = _hostile(tmp_path, _REFUSAL.format(textwrap.indent(code, "    ")))
    program = tmp_path / "hostile.py"
    line = f"locks.{absent} = lambda: False\nchild.main()"
    source = program.read_text().replace("child.main()", line)
    program.write_text("from vectal.platform import confinement as locks\n" + source)
    async with server:
        outcome = await _try(Sandbox("reduced", sandbox.program))
    assert outcome.text == "refused"
    assert held in outcome.locks
    assert len({"network_namespace", "system_calls"} & set(outcome.locks)) == 1


async def test_the_child_has_no_environment(tmp_path: Path) -> None:
    os.environ["VECTAL_MASTER_KEY"] = "secret"
    try:
        outcome = await _try(_hostile(tmp_path, "return said(sorted(os.environ))"))
    finally:
        del os.environ["VECTAL_MASTER_KEY"]
    assert outcome.text == str(["LC_ALL", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"])


async def test_the_child_has_no_descriptor_of_ours(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w"):
        outcome = await _try(_hostile(tmp_path, "return said(len(os.listdir('/proc/self/fd')))"))
    # Three standard ones, the outlet, the document, and the folder that is being listed.
    assert int(outcome.text) <= 6


async def test_the_document_cannot_be_changed(tmp_path: Path) -> None:
    attack = """
    try:
        os.write(int(sys.argv[1]), b"changed")
    except OSError:
        return said("refused")
    return said("done")
    """
    assert (await _try(_hostile(tmp_path, attack))).text == "refused"


async def test_eight_gigabytes_are_not_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError) as caught:
        await _try(_hostile(tmp_path, "return said(len(bytearray(8 << 30)))"))
    assert caught.value.failure == "out_of_memory"


async def test_memory_that_limits_do_not_count_is_watched(tmp_path: Path) -> None:
    """Shared memory is no data of the process; its weight is."""
    attack = """
    import mmap
    shared = mmap.mmap(-1, 700 << 20)
    for at in range(0, len(shared), 4096):
        shared[at] = 1
    time.sleep(60)
    """
    limits = ExtractionLimits(memory_bytes=256 << 20)
    with pytest.raises(ExtractionError) as caught:
        await _try(_hostile(tmp_path, attack), ExtractionOptions(limits=limits))
    assert caught.value.failure == "out_of_memory"


@pytest.mark.parametrize(
    ("attack", "limits"),
    [
        ("while True: pass", ExtractionLimits(cpu_s=1)),
        ("while True: pass", ExtractionLimits(deadline_s=1.5)),
        ("time.sleep(600)", ExtractionLimits(idle_s=1.5)),
        (
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
            ExtractionLimits(idle_s=1.5),
        ),
    ],
)
async def test_a_child_without_end_is_ended(
    attack: str, limits: ExtractionLimits, tmp_path: Path
) -> None:
    own = psutil.Process()
    before = {child.pid for child in own.children(recursive=True)}
    with pytest.raises(ExtractionError) as caught:
        await _try(_hostile(tmp_path, attack), ExtractionOptions(limits=limits))
    assert caught.value.failure == "timed_out"
    assert {child.pid for child in own.children(recursive=True)} == before


@pytest.mark.parametrize(
    "attack",
    [
        "os.abort()",
        "os._exit(3)",
        "ctypes.string_at(0)",
        "raise ValueError('unforeseen')",
        "os.write(outlet(), b'\\xff\\xff\\xff\\xff'); time.sleep(60)",
        "os.write(outlet(), b'\\x00\\x00\\x00\\x00'); time.sleep(60)",
        "os.write(outlet(), b'\\x00\\x00\\x00\\x04junk'); time.sleep(60)",
        "yield Finished(1, '')",
        "yield Locked(())",
        "yield Detected('text', 'text/plain'); yield Page(number=2, text='skipped one')",
        "yield Detected('text', 'text/plain'); yield Page(number=1, text='a' * 500_000)",
        "yield Detected('text', 'text/plain'); yield Page(number=1, text='a', part=4)",
        "yield Detected('text', 'text/plain'); yield Page(number=1, text='a', width=float('nan'))",
        "yield Detected('text', 'text/plain'); yield Page(1, 'a', 0, 0, (FIRST, SECOND))",
        "yield Detected('text', 'text/plain'); yield Page(1, 'ab', 0, 0, (SECOND, FIRST))",
        "yield Detected('text', 'text/plain'); yield PartStarted(7, 0, 'x', 'text', 'text/plain')",
        "yield Detected('text', 'text/plain'); yield Progress(9, 3)",
        "yield Detected('text', 'text/plain'); yield Finished(10**9, 'x')",
        "yield Detected('nonsense', 'text/plain')",
    ],
)
async def test_a_crash_and_a_lie_are_the_same_to_us(attack: str, tmp_path: Path) -> None:
    code = f"""
    def outlet():
        return 4 if os.fstat(4).st_mode & 0o010000 else 5
    BOX = Box(0, 0, 1, 1)
    FIRST, SECOND = Span(0, 1, BOX), Span(1, 2, BOX)
    if False:
        yield
    {attack}
    """
    with pytest.raises(ExtractionError) as caught:
        await _try(_hostile(tmp_path, code))
    assert caught.value.failure == "crashed"


async def test_a_flood_of_pages_ends_at_the_limit(tmp_path: Path) -> None:
    attack = """
    yield Detected("text", "text/plain")
    number = 0
    while True:
        number += 1
        yield Page(number=number, text="a" * 100_000)
    """
    limits = ExtractionLimits(text_chars=2_000_000)
    with pytest.raises(ExtractionError) as caught:
        await _try(_hostile(tmp_path, attack), ExtractionOptions(limits=limits))
    assert caught.value.failure == "crashed"


async def test_a_full_pipe_does_not_keep_its_process(tmp_path: Path) -> None:
    attack = """
    yield Detected("text", "text/plain")
    for number in range(1, 1_000):
        yield Page(number=number, text="a" * 100_000)
    """
    sandbox = _hostile(tmp_path, attack)
    with DocumentSource.of(b"x") as source:
        async with (
            asyncio.timeout(60),
            aclosing(sandbox.extract(source, ExtractionOptions())) as them,
        ):
            await anext(them)
            await asyncio.sleep(0.5)  # until it can write no more, and asyncio reads no more


async def test_words_of_a_failure_are_one_clean_line(tmp_path: Path) -> None:
    attack = r"""
    from vectal.documents.extraction.faults import ParseFault
    raise ParseFault("damaged", "a\n\x1b[31mred\u202e" + "x" * 5000)
    """
    with pytest.raises(ExtractionError) as caught:
        await _try(_hostile(tmp_path, attack))
    assert "\n" not in caught.value.detail
    assert "\x1b" not in caught.value.detail
    assert len(caught.value.detail) < 1_200


async def test_without_locks_a_demanding_caller_gets_nothing(tmp_path: Path) -> None:
    sandbox = _hostile(tmp_path, "return said('done')", unlocked=True)
    with pytest.raises(ExtractionError) as caught:
        await _try(Sandbox("full", sandbox.program))
    assert caught.value.failure == "sandbox_unavailable"
    reduced = await _try(sandbox)
    assert reduced.text == "done"
    assert reduced.locks == ()


async def test_the_result_says_which_locks_hold() -> None:
    outcome = await extract(b"words")
    first = outcome.events[0]
    assert isinstance(first, Locked)
    assert missing_locks(first.locks) == ()
    assert {"filesystem", "system_calls", "memory", "no_new_privileges"} <= set(first.locks)


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ((), 6),
        (("memory", "cpu_time", "no_new_privileges", "system_calls", "filesystem"), 0),
        (("memory", "cpu_time", "no_new_privileges", "network_namespace", "filesystem"), 1),
    ],
)
def test_what_is_missing_is_named(held: tuple[str, ...], missing: int) -> None:
    assert len(missing_locks(held)) == missing  # pyright: ignore[reportArgumentType] - literals


async def test_closing_the_stream_ends_the_child(tmp_path: Path) -> None:
    attack = """
    yield Detected("text", "text/plain")
    yield Page(number=1, text=str(os.getpid()))
    time.sleep(600)
    """
    sandbox = _hostile(tmp_path, attack)
    pid = 0
    with DocumentSource.of(b"x") as source:
        async with aclosing(sandbox.extract(source, ExtractionOptions())) as events:
            async for event in events:
                if hasattr(event, "text"):
                    pid = int(event.text)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType] - it has one
                    break
    assert pid
    assert not psutil.pid_exists(pid)


async def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    sandbox = _hostile(
        tmp_path,
        """
        yield Detected("text", "text/plain")
        yield Page(number=1, text=str(os.getpid()))
        time.sleep(600)
        """,
    )
    parent = tmp_path / "parent.py"
    parent.write_text(
        textwrap.dedent(f"""
        import asyncio
        from vectal.documents.extraction.contracts import ExtractionOptions, Page
        from vectal.documents.extraction.sandbox import Sandbox
        from vectal.documents.extraction.source import DocumentSource

        async def main():
            sandbox = Sandbox("full", {sandbox.program!r})
            async for event in sandbox.extract(DocumentSource.of(b"x"), ExtractionOptions()):
                if isinstance(event, Page):
                    print(event.text, flush=True)

        asyncio.run(main())
        """)
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(parent), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    assert psutil.pid_exists(pid)
    process.kill()
    await process.wait()
    assert await ends(pid)


async def test_children_beside_each_other_do_not_disturb_each_other(tmp_path: Path) -> None:
    bad = _hostile(tmp_path, "os.abort()")
    options = ExtractionOptions(ocr=OcrOptions(mode="off"))
    results = await asyncio.gather(
        _try(bad), extract(b"one", options), _try(bad), extract(b"two"), return_exceptions=True
    )
    assert [isinstance(result, ExtractionError) for result in results] == [True, False, True, False]


async def test_a_stream_that_is_too_long_is_refused_before_it_is_held() -> None:
    taken = 0

    async def chunks():  # noqa: ANN202  (an async generator of bytes)
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1 << 16)

    with pytest.raises(ExtractionError) as caught:
        await DocumentSource.collect(chunks(), ExtractionLimits(document_bytes=1 << 20))
    assert caught.value.failure == "too_large"
    assert taken == 17
