"""Restarts, giving up, and the order of the end. The services are real processes."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from tests.fixtures.processes import ends

from vectal.platform.embedded.account import Account
from vectal.platform.embedded.errors import ExitCode
from vectal.platform.embedded.spawn import Command
from vectal.platform.embedded.supervisor import Program, Supervisor, describe


class _Stage:
    """A supervisor over shell scripts, with all that they and it have said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append)

    def program(self, name: str, script: str, stop_s: float = 5.0) -> Program:
        command = Command(("/bin/sh", "-c", script), Account(), Path("/"), dict(os.environ))
        return Program(name, command, lambda line: self.said.append(f"{name}: {line}"), stop_s)

    async def until(self, heard: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(20):
            while not heard(self.said):  # noqa: ASYNC110 - another process speaks
                await asyncio.sleep(0.01)


@pytest.fixture
async def stage() -> AsyncGenerator[_Stage]:
    made = _Stage()
    yield made
    await made.supervisor.stop()


async def test_a_killed_service_is_started_again(stage: _Stage) -> None:
    program = stage.program("one", "echo up; sleep 60")
    await stage.supervisor.start(program)
    await stage.until(lambda said: said.count("one: up") == 1)
    first = program.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await stage.until(lambda said: said.count("one: up") == 2)
    assert "one was ended by SIGKILL; starting it again in 0.2 s" in stage.said
    assert program.pid != first


async def test_what_a_killed_service_had_started_ends_with_it(stage: _Stage) -> None:
    program = stage.program("one", "sleep 61 & echo $!; wait")
    await stage.supervisor.start(program)
    await stage.until(lambda said: len(said) == 1)
    assert program.pid is not None
    os.kill(program.pid, signal.SIGKILL)
    await stage.until(lambda said: len(said) >= 3)
    assert await ends(int(stage.said[0].removeprefix("one: ")))


async def test_a_status_that_no_restart_changes_is_final(stage: _Stage) -> None:
    await stage.supervisor.start(stage.program("one", f"exit {ExitCode.PORT_TAKEN}"))
    failure = await stage.supervisor.wait_for_failure()
    assert failure.exit_code == ExitCode.PORT_TAKEN
    assert "one ended with status 15" in failure.problem


async def test_a_service_that_never_gets_ready_is_given_up(
    stage: _Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectal.platform.embedded.supervisor.FIRST_PAUSE_S", 0.001)
    await stage.supervisor.start(stage.program("one", "echo up; exit 1"))
    failure = await stage.supervisor.wait_for_failure()
    assert failure.exit_code == ExitCode.FAILED
    assert stage.said.count("one: up") == 6


async def test_once_ready_nothing_is_given_up(
    stage: _Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectal.platform.embedded.supervisor.FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr("vectal.platform.embedded.supervisor.LONGEST_PAUSE_S", 0.01)
    stage.supervisor.mark_ready()
    await stage.supervisor.start(stage.program("one", "echo up; exit 15"))
    await stage.until(lambda said: said.count("one: up") >= 10)


async def test_pauses_grow(stage: _Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectal.platform.embedded.supervisor.FIRST_PAUSE_S", 0.1)
    await stage.supervisor.start(stage.program("one", "exit 1"))
    await stage.until(lambda said: len(said) >= 3)
    assert [line.rsplit("in ", 1)[1] for line in stage.said[:3]] == ["0.1 s", "0.2 s", "0.4 s"]


async def test_the_last_started_is_stopped_first(stage: _Stage) -> None:
    script = "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.05; done"
    for name in ("one", "two", "three"):
        await stage.supervisor.start(stage.program(name, script))
    await stage.until(lambda said: len(said) == 3)
    await stage.supervisor.stop()
    assert stage.said[3:] == ["three: bye", "two: bye", "one: bye"]


async def test_a_service_that_ignores_the_request_is_killed(stage: _Stage) -> None:
    script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    program = stage.program("one", script, stop_s=0.1)
    await stage.supervisor.start(program)
    await stage.until(lambda said: said == ["one: up"])
    await stage.supervisor.stop()
    assert await program.wait() == -signal.SIGKILL


async def test_a_stop_that_takes_too_long_can_be_hurried(stage: _Stage) -> None:
    script = "trap '' TERM; echo up; while :; do sleep 0.05; done"
    program = stage.program("one", script, stop_s=3600)
    await stage.supervisor.start(program)
    await stage.until(lambda said: said == ["one: up"])
    stopping = asyncio.create_task(stage.supervisor.stop())
    await asyncio.sleep(0)
    program.kill()
    await stopping
    assert await program.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "ended with status 0"), (-9, "was ended by SIGKILL"), (-200, "was ended by signal 200")],
)
def test_ends_in_words(status: int, words: str) -> None:
    assert describe(status) == words
