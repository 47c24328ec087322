"""The embedded PostgreSQL: start, readiness, end."""

import asyncio
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vectal.platform.embedded.account import Account
from vectal.platform.embedded.binaries import find_postgres, make_reachable
from vectal.platform.embedded.cluster import DATABASE, LOGIN, OWNER, Cluster, judge
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.embedded.folder import DataFolder, Passwords
from vectal.platform.embedded.leftovers import end_servers_in, find_servers_in
from vectal.platform.embedded.ports import find_free_port
from vectal.platform.embedded.spawn import Command, Finished, Running, spawn

HOST = "127.0.0.1"
TRIES = 12
"""After kill -9 the processes below a dead postmaster hold its shared memory for a moment."""
READY_S = 300.0
"""Recovery after a crash may have much to read."""
STOP_S = 25.0
STATUS_LINE = 7
"""Of postmaster.pid, counted from 0: `starting`, `ready`, `stopping`."""
WORTH_SAYING = re.compile(r" (WARNING|ERROR|FATAL|PANIC): ")
PASSING = re.compile(r"shared memory block|lock file .* already exists|Address already in use")
"""What stands in the way for a moment only."""


@dataclass(frozen=True)
class PostgresEndpoint:
    """Where the server listens, for its three kinds of clients."""

    port: int
    superuser_url: str
    owner_url: str
    """Owns the database and runs migrations; may create roles, is no superuser."""
    app_url: str


class EmbeddedPostgres:
    """One PostgreSQL in `<data folder>/postgres`, reachable from this machine alone."""

    name = "postgres"

    def __init__(
        self,
        data: DataFolder,
        on_line: Callable[[str], None] = lambda _: None,
        *,
        fsync: bool = True,
        connections: int = 120,
    ) -> None:
        self._data = data
        self._on_line = on_line
        self._fsync = fsync
        self._connections = connections
        self._port: int | None = None
        self._running: Running | None = None

    def _filter(self, line: str) -> None:
        if WORTH_SAYING.search(line):
            self._on_line(line)

    async def start(self) -> PostgresEndpoint:
        """Start the server, making its cluster first when there is none."""
        passwords, new = self._data.load_passwords()
        cluster = self._find_cluster()
        await self._end_leftovers()
        if not cluster.exists:
            await cluster.create(passwords)
        else:
            cluster.check()
            self._drop_foreign_pid_file()
            if new:
                await cluster.reset_passwords(passwords)
        for attempt in range(TRIES):
            if await self._try_to_start(cluster):
                return self._endpoint(passwords)
            await asyncio.sleep(min(0.1 * 2**attempt, 2.0))
        raise self._failure("start")

    def _find_cluster(self) -> Cluster:
        account = Account.for_folder(self._data.cluster)
        if self._data.cluster.exists():
            account.give(self._data.cluster)
        binary = make_reachable(find_postgres(self._data.binaries), account, self._data.binaries)
        return Cluster(self._data, account, binary, self._fsync)

    async def _try_to_start(self, cluster: Cluster) -> bool:
        """Start once; False when something that passes by itself is in the way."""
        port = self._port or find_free_port(HOST)
        command = Command(
            (cluster.binary.programs / "postgres", *self._options(cluster, port)),
            cluster.account,
            self._data.cluster,
            cluster.binary.environment,
        )
        running = self._running = await spawn(command, signal.SIGINT, self._filter)
        if await self._wait_until_ready(running):
            self._port = port
            return True
        if PASSING.search("\n".join(running.lines.tail)):
            return False
        raise self._failure("start")

    def _options(self, cluster: Cluster, port: int) -> list[str]:
        settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": str(self._connections),
            "log_destination": "stderr",
            "logging_collector": "off",
            # No statement, no parameter and no key value: logs hold nothing of the users.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_min_messages": "log",
            "log_checkpoints": "off",
            "password_encryption": "scram-sha-256",
            **({} if self._fsync else UNSAFE_AND_FAST),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ["-D", cluster.account.name_of(self._data.cluster), *options]

    async def _wait_until_ready(self, running: Running) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                while running.status is None:
                    if self._is_ready(running.pid):
                        return True
                    await asyncio.sleep(0.02)
        await running.stop(signal.SIGINT, STOP_S, signal.SIGQUIT)
        return False

    def _is_ready(self, pid: int) -> bool:
        lines = self._pid_file_lines()
        return (
            len(lines) > STATUS_LINE
            and lines[0] == str(pid)
            and lines[STATUS_LINE].strip() == "ready"
        )

    @property
    def _pid_file(self) -> Path:
        return self._data.cluster / "postmaster.pid"

    def _pid_file_lines(self) -> list[str]:
        try:
            return self._pid_file.read_text().splitlines()
        except FileNotFoundError:
            return []

    async def _end_leftovers(self) -> None:
        """End a server of an earlier run: being its parent is what lets us watch and stop it."""
        if not self._data.cluster.exists():
            return
        lines = self._pid_file_lines()
        leader = int(lines[0]) if lines and lines[0].isdigit() else 0
        ended = await end_servers_in(self._data.cluster, signal.SIGINT, leader)
        if ended:
            self._on_line(f"ended {ended} processes that an earlier run had left behind")

    def _drop_foreign_pid_file(self) -> None:
        """Remove a pid file whose number now belongs to some other program.

        PostgreSQL refuses to start while any process of its user has that number, as happens
        when a container starts anew. No server works in the folder and we hold its lock.
        """
        if self._pid_file.exists() and not find_servers_in(self._data.cluster):
            self._pid_file.unlink()

    def _failure(self, purpose: str) -> OperatorError:
        status, said = 1, ""
        if self._running is not None:
            status, said = self._running.status or 1, "\n".join(self._running.lines.tail)
        try:
            judge(Finished(status, said), purpose, self._data.path)
        except OperatorError as error:
            return error
        return OperatorError("PostgreSQL ended.", "Start Vectal again.", ExitCode.SERVER_FAILED)

    def _endpoint(self, passwords: Passwords) -> PostgresEndpoint:
        port = self._port or 0

        def url(role: str, password: str, database: str) -> str:
            return f"postgresql://{role}:{password}@{HOST}:{port}/{database}"

        return PostgresEndpoint(
            port,
            url("postgres", passwords.superuser, "postgres"),
            url(OWNER, passwords.owner, DATABASE),
            url(LOGIN, passwords.login, DATABASE),
        )

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    async def wait(self) -> int:
        """Wait until the server has ended, whatever the cause."""
        return await self._running.wait() if self._running else 0

    async def stop(self) -> None:
        """Shut down fast: open transactions are rolled back, all else is written down."""
        if self._running is not None:
            # SIGQUIT ends it at once; the next start recovers from the log.
            await self._running.stop(signal.SIGINT, STOP_S, signal.SIGQUIT)


UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
    "shared_buffers": "64MB",
}
"""For tests, whose data need not survive a crash of the machine."""
