"""`vectal up`: PostgreSQL, Valkey, server, worker and scheduler as one tree of processes."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from vectal.entrypoints.listening import listen, port_of, url_of
from vectal.entrypoints.voice import Voice
from vectal.platform.config import Settings
from vectal.platform.embedded.account import Account
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.postgres import EmbeddedPostgres
from vectal.platform.embedded.running import RunningTree, announce, withdraw
from vectal.platform.embedded.spawn import Command, spawn
from vectal.platform.embedded.supervisor import Program, Supervisor
from vectal.platform.embedded.valkey import EmbeddedValkey

STOP_S = 10.0
"""For the worker and the scheduler; the server has its own drain time."""
MIGRATION_S = 3600.0
ANSWER_S = 30.0
RANKS = {"postgres": 0, "valkey": 1, "scheduler": 2, "worker": 3, "serve": 4}
"""The highest is stopped first, so that each finds what it leans on until its end."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(settings: Settings) -> int:
    """Run the tree until it is asked to stop; returns the exit status."""
    voice = Voice(settings.log_format if "log_format" in settings.model_fields_set else "console")
    return asyncio.run(_run(settings, voice))


async def _run(settings: Settings, voice: Voice) -> int:
    return await _Tree(settings, voice).run()


class _Tree:
    def __init__(self, settings: Settings, voice: Voice) -> None:
        self._settings = settings
        self._voice = voice
        self._data = DataFolder(settings.data_dir)
        self._supervisor = Supervisor(voice.say)
        self._programs: list[Program] = []
        self._asked_to_stop = asyncio.Event()
        self._started_at = time.monotonic()

    async def run(self) -> int:
        self._data.open()
        self._data.lock()
        listener = self._listen()
        self._listen_for_signals()
        working = asyncio.create_task(self._work(listener))
        stopping = asyncio.create_task(self._asked_to_stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            self._voice.say("Stopping.")
        finally:
            listener.close()
            for task in (working, stopping):
                task.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)
            await self._supervisor.stop()
            withdraw(self._data.path)
            self._data.unlock()
        self._voice.say("Stopped.")
        return 0

    def _listen(self) -> socket.socket:
        wanted = self._settings
        exactly = "port" in wanted.model_fields_set
        listener = listen(wanted.host, wanted.port, exactly=exactly)
        port = port_of(listener)
        if wanted.port not in (port, 0):
            self._voice.say(f"Port {wanted.port} is taken; using {port}.")
        return listener

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop_or_hurry)

    def _stop_or_hurry(self) -> None:
        if self._asked_to_stop.is_set():
            self._voice.say("Stopping at once.")
            for program in self._programs:
                program.kill()
        self._asked_to_stop.set()

    async def _work(self, listener: socket.socket) -> None:
        """Start everything, say where it is, and wait for what no restart can help."""
        port = port_of(listener)
        self._data.describe_holder(
            f"process {os.getpid()} (vectal up, {url_of(self._settings.host, port)})"
        )
        self._voice.say(f"Data folder: {self._data.path}")
        tree = await self._start_servers(port)
        environment = self._environment(tree, port)
        with _Gate() as gate:
            # The server loads its modules while the schema is brought up to date.
            await self._start_program("serve", environment, listener, gate)
            await self._migrate(environment)
            gate.open()
            announce(self._data.path, tree)
            await self._run_from_ready_on(tree, port, environment)

    async def _run_from_ready_on(
        self, tree: RunningTree, port: int, environment: dict[str, str]
    ) -> None:
        failure = asyncio.create_task(self._supervisor.wait_for_failure())
        ready = asyncio.create_task(_wait_until_ready(self._settings.host, port))
        try:
            await asyncio.wait({failure, ready}, return_when=asyncio.FIRST_COMPLETED)
            if not failure.done():
                self._supervisor.mark_ready()
                took_s = time.monotonic() - self._started_at
                address = self._settings.public_url or tree.address
                self._voice.say(f"Vectal is ready at {address} (started in {took_s:.1f} s).")
                self._voice.say("Press Ctrl+C to stop it.")
                for name in ("scheduler", "worker"):
                    await self._start_program(name, environment)
            raise await failure
        finally:
            ready.cancel()
            failure.cancel()

    async def _start_servers(self, port: int) -> RunningTree:
        given = self._settings
        database, owner, redis = (
            None if url is None else url.get_secret_value()
            for url in (given.database_url, given.owner_url, given.redis_url)
        )
        if database is None:
            postgres = EmbeddedPostgres(self._data, self._voice.of("postgres"))
            endpoint = await self._supervisor.start(postgres, rank=RANKS["postgres"])
            database, owner = endpoint.app_url, endpoint.owner_url
        if redis is None:
            valkey = EmbeddedValkey(self._data, self._voice.of("valkey"))
            redis = (await self._supervisor.start(valkey, rank=RANKS["valkey"])).url
        return RunningTree(
            os.getpid(), url_of(given.host, port), database, owner or database, redis
        )

    def _environment(self, tree: RunningTree, port: int) -> dict[str, str]:
        """What the children read instead of the defaults."""
        readable = (
            {}
            if "log_format" in self._settings.model_fields_set
            else {"VECTAL_LOG_FORMAT": "console"}
        )
        return {
            **os.environ,
            **readable,
            "PYTHONUNBUFFERED": "1",
            "VECTAL_DATA_DIR": str(self._data.path),
            "VECTAL_HOST": self._settings.host,
            "VECTAL_PORT": str(port),
            "VECTAL_DATABASE_URL": tree.database_url,
            "VECTAL_DATABASE_OWNER_URL": tree.database_owner_url,
            "VECTAL_REDIS_URL": tree.redis_url,
        }

    async def _migrate(self, environment: dict[str, str]) -> None:
        command = _command("migrate", environment)
        running = await spawn(command, signal.SIGTERM, self._voice.of_program("migrate"))
        try:
            async with asyncio.timeout(MIGRATION_S):
                status = await running.wait()
        finally:
            await running.stop(signal.SIGTERM, STOP_S)
        if status != 0:
            raise OperatorError(
                "The database schema could not be brought to this release.",
                "The lines above, marked migrate, say why. Nothing was changed: a migration is "
                "one transaction.",
                ExitCode.MIGRATION_FAILED,
            )

    async def _start_program(
        self,
        name: str,
        environment: dict[str, str],
        listener: socket.socket | None = None,
        gate: "_Gate | None" = None,
    ) -> None:
        options: list[str] = []
        lent: list[int] = []
        stop_s = STOP_S
        if listener is not None and gate is not None:
            lent = [listener.fileno(), gate.descriptor]
            options = ["--fd", str(lent[0]), "--gate", str(lent[1])]
            stop_s += self._settings.drain_s
        command = _command(name, environment, *options, lend=lent)
        program = Program(name, command, self._voice.of_program(name), stop_s)
        self._programs.append(program)
        await self._supervisor.start(program, rank=RANKS[name])


class _Gate:
    """A pipe on which the server waits until the schema is ready; open for good afterwards."""

    def __init__(self) -> None:
        self.descriptor, self._held = os.pipe()

    def open(self) -> None:
        """Let all pass: reading a pipe that nobody can write to ends at once."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        os.close(self.descriptor)


def _command(
    name: str, environment: dict[str, str], *options: str, lend: Sequence[int] = ()
) -> Command:
    return Command(
        (sys.executable, "-m", "vectal.entrypoints.cli", name, *options),
        Account(),
        Path.cwd(),
        environment,
        lend,
    )


async def _wait_until_ready(host: str, port: int) -> None:
    while not await _answers_ready(host, port):  # noqa: ASYNC110 - another process answers
        await asyncio.sleep(0.1)


async def _answers_ready(host: str, port: int) -> bool:
    """Ask `/readyz` once, by hand: the tree needs no HTTP client for anything else."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(reachable, port)
            try:
                writer.write(
                    b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                await writer.drain()
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    return False
