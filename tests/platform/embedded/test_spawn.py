"""Processes that end with their parent, and lines that cannot flood it."""

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures.processes import ends

from vectal.platform.embedded.account import Account
from vectal.platform.embedded.spawn import LONGEST_LINE, Command, LineReader, run, spawn

HERE = Path.cwd()


def _python(code: str) -> Command:
    argv = (sys.executable, "-c", textwrap.dedent(code))
    return Command(argv, Account(), HERE, dict(os.environ))


async def _feed(chunks: list[bytes]) -> list[str]:
    lines: list[str] = []
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    await LineReader(lines.append).follow(stream)
    return lines


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=40)))
def test_every_line_arrives_once_and_in_order(lines: list[str]) -> None:
    sent = "".join(f"{line}\n" for line in lines).encode()
    assert asyncio.run(_feed([sent])) == [line.rstrip() for line in lines]


async def test_a_line_without_an_end_is_cut() -> None:
    lines = await _feed([b"x" * 10 * LONGEST_LINE, b"\nshort\n"])
    assert lines[-1] == "short"
    assert max(map(len, lines)) == LONGEST_LINE


async def test_bytes_that_are_no_text_arrive() -> None:
    assert await _feed([b"a\xff\xfe\n"]) == ["a\ufffd\ufffd"]


async def test_the_status_and_the_last_words_of_a_command() -> None:
    finished = await run(_python("import sys; print(sys.stdin.read()); sys.exit(3)"), stdin="hello")
    assert (finished.status, finished.output.strip()) == (3, "hello")


async def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(TimeoutError):
        await run(_python("import time; time.sleep(60)"), timeout_s=0.2)


async def test_the_end_is_seen_while_a_grandchild_holds_the_output() -> None:
    running = await spawn(
        _python("import subprocess as s; print(s.Popen(['sleep', '60']).pid, flush=True)"),
        signal.SIGKILL,
    )
    assert await running.wait() == 0
    grandchild = int(running.lines.tail[0])
    os.kill(grandchild, 0)
    running.end_group()
    await running.finish_reading()
    assert await ends(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's end")
async def test_a_child_ends_with_a_parent_that_is_killed() -> None:
    parent = await spawn(
        _python(
            """
            import asyncio, os, signal, sys
            from pathlib import Path
            from vectal.platform.embedded.account import Account
            from vectal.platform.embedded.spawn import Command, spawn

            async def main():
                command = Command(("/bin/sleep", "60"), Account(), Path("/"), os.environ)
                child = await spawn(command, signal.SIGKILL)
                print(child.pid, flush=True)
                await child.wait()

            asyncio.run(main())
            """
        ),
        signal.SIGKILL,
    )
    while not parent.lines.tail:  # noqa: ASYNC110 - another process speaks
        await asyncio.sleep(0.02)
    child = int(parent.lines.tail[0])
    os.kill(parent.pid, signal.SIGKILL)
    assert await ends(child)
    await parent.wait()
