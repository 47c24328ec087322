"""The embedded Valkey: start, readiness, end."""

import asyncio
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from vectal.platform.clock import utc_now
from vectal.platform.embedded.account import Account
from vectal.platform.embedded.binaries import Binary, find_valkey, make_reachable
from vectal.platform.embedded.errors import ExitCode, OperatorError, disk_full
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.leftovers import end_servers_in
from vectal.platform.embedded.ports import find_free_port
from vectal.platform.embedded.spawn import Command, Running, spawn

HOST = "127.0.0.1"
TRIES = 5
READY_S = 120.0
STOP_S = 10.0
ANSWER_S = 2.0
WORTH_SAYING = re.compile(r"^\d+:\w .* # (?!WARNING Memory overcommit|Valkey is now ready to exit)")
"""Warnings, but for those that an operator can do nothing about here."""


@dataclass(frozen=True)
class ValkeyEndpoint:
    """Where the server listens."""

    port: int
    url: str


class EmbeddedValkey:
    """One Valkey in `<data folder>/valkey`, reachable from this machine alone."""

    name = "valkey"

    def __init__(
        self,
        data: DataFolder,
        on_line: Callable[[str], None] = lambda _: None,
        *,
        durable: bool = True,
        memory_mb: int = 256,
    ) -> None:
        self._data = data
        self._on_line = on_line
        self._durable = durable
        self._memory_mb = memory_mb
        self._password = ""
        self._port: int | None = None
        self._running: Running | None = None

    async def start(self) -> ValkeyEndpoint:
        """Start the server on its folder, after ending one that an earlier run left behind."""
        passwords, _ = self._data.load_passwords()
        self._password = passwords.valkey
        folder = self._data.valkey
        account = Account.for_folder(folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        if await end_servers_in(folder, signal.SIGTERM):
            self._on_line("ended a server that an earlier run had left behind")
        account.give(folder)
        binary = make_reachable(find_valkey(), account, self._data.binaries)
        for attempt in range(TRIES):
            port = self._port or find_free_port(HOST)
            if await self._try_to_start(binary, account, port):
                self._port = port
                return ValkeyEndpoint(port, f"redis://:{self._password}@{HOST}:{port}/0")
            self._move_broken_log_away(account)
            await asyncio.sleep(0.1 * 2**attempt)
        raise self._failure()

    async def _try_to_start(self, binary: Binary, account: Account, port: int) -> bool:
        argv = (binary.programs / binary.name, "-")
        command = Command(argv, account, self._data.valkey, binary.environment)
        # By standard input, so that the password is in no file and in no list of processes.
        running = self._running = await spawn(
            command, signal.SIGTERM, self._filter, self._configuration(port)
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                while running.status is None:
                    if await self._answers(port):
                        return True
                    await asyncio.sleep(0.02)
        await running.stop(signal.SIGTERM, STOP_S)
        return False

    @property
    def _said(self) -> list[str]:
        return list(self._running.lines.tail) if self._running else []

    def _filter(self, line: str) -> None:
        if WORTH_SAYING.search(line):
            self._on_line(line)

    def _configuration(self, port: int) -> str:
        lines = [
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {self._password}",
            "protected-mode yes",
            "daemonize no",
            "dir .",
            'save ""',
            f"appendonly {'yes' if self._durable else 'no'}",
            "appendfsync everysec",
            f"maxmemory {self._memory_mb}mb",
            # Only what carries a time to live may go: caches, never queues.
            "maxmemory-policy volatile-lru",
            "loglevel warning",
            "databases 64",
        ]
        return "\n".join(lines) + "\n"

    async def _answers(self, port: int) -> bool:
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await asyncio.open_connection(HOST, port)
                try:
                    writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
                    await writer.drain()
                    return await reader.readline() == b"+OK\r\n" and (
                        await reader.readline() == b"+PONG\r\n"
                    )
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    def _move_broken_log_away(self, account: Account) -> None:
        """Begin with an empty store when the old one cannot be read: PostgreSQL holds the truth."""
        said = "\n".join(self._said)
        if "Bad file format reading the append only file" not in said:
            return
        folder = self._data.valkey
        broken = folder.with_name(f"valkey.broken-{int(utc_now().timestamp())}")
        folder.rename(broken)
        folder.mkdir(mode=0o700)
        account.give(folder)
        self._on_line(f"the old files cannot be read; moved to {broken} and begun anew")

    def _failure(self) -> OperatorError:
        said = "\n".join(self._said[-8:])
        if "No space left on device" in said:
            return disk_full(self._data.path)
        return OperatorError(
            f"The embedded Valkey did not start:\n{said}",
            "Name your own Redis or Valkey with VECTAL_REDIS_URL, or look into "
            f"{self._data.valkey}.",
            ExitCode.SERVER_FAILED,
        )

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    async def wait(self) -> int:
        """Wait until the server has ended, whatever the cause."""
        return await self._running.wait() if self._running else 0

    async def stop(self) -> None:
        if self._running is not None:
            await self._running.stop(signal.SIGTERM, STOP_S)
