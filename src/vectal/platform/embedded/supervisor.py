"""Keep services running: start them in order, restart what ends, stop them in reverse order."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.embedded.spawn import Command, Running, spawn

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
STEADY_S = 30.0
"""A service that ran this long has recovered: its next pause is the first one again."""
TRIES_BEFORE_READY = 5
"""More ends than this before the first readiness are a fault of the set-up, not of the moment."""
LASTING = frozenset(ExitCode) - {ExitCode.FAILED}
"""Exit statuses that say: a restart changes nothing."""


Endpoint_co = TypeVar("Endpoint_co", covariant=True)


class Service(Protocol[Endpoint_co]):
    """Something that runs until it is stopped, in its own process."""

    @property
    def name(self) -> str: ...
    async def start(self) -> Endpoint_co: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


class Program:
    """A command of Vectal as a child process; it is killed when its supervisor ends."""

    def __init__(
        self, name: str, command: Command, on_line: Callable[[str], None], stop_s: float
    ) -> None:
        self.name = name
        self._command = command
        self._on_line = on_line
        self._stop_s = stop_s
        self._running: Running | None = None

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    async def start(self) -> None:
        self._running = await spawn(self._command, signal.SIGKILL, self._on_line)

    async def wait(self) -> int:
        if self._running is None:
            return 0
        status = await self._running.wait()
        self._running.end_group()
        await self._running.finish_reading()
        return status

    async def stop(self) -> None:
        """Ask the program to end, and let it finish what it holds."""
        if self._running is not None:
            await self._running.stop(signal.SIGTERM, self._stop_s)

    def kill(self) -> None:
        """End the program at once."""
        if self._running is not None and self._running.status is None:
            self._running.end_group()


class Supervisor:
    """Watches over services, each in a task of its own."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._services: list[tuple[int, Service[object]]] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._ready = False
        self._lasting_failure: asyncio.Future[OperatorError] = (
            asyncio.get_running_loop().create_future()
        )

    async def start(self, service: Service[Endpoint_co], *, rank: int = 0) -> Endpoint_co:
        """Start a service and restart it whenever it ends, until `stop`.

        Those of the highest rank are stopped first, then, within a rank, the last started.
        """
        self._services.append((rank, service))
        endpoint = await service.start()
        self._watchers.append(asyncio.create_task(self._keep_running(service)))
        return endpoint

    def mark_ready(self) -> None:
        """Everything has worked once: from now on any end is worth a restart."""
        self._ready = True

    async def wait_for_failure(self) -> OperatorError:
        """Wait for a failure that no restart can help."""
        return await asyncio.shield(self._lasting_failure)

    async def stop(self) -> None:
        """Stop all services in their order, and restart none any more."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        ranked = sorted(self._services, key=lambda entry: entry[0])
        for _, service in reversed(ranked):
            await service.stop()

    async def _keep_running(self, service: Service[object]) -> None:
        pause_s, ends = FIRST_PAUSE_S, 0
        while True:
            started_at = time.monotonic()
            status = await service.wait()
            ends += 1
            if time.monotonic() - started_at > STEADY_S:
                pause_s = FIRST_PAUSE_S
            if not self._ready and (status in LASTING or ends > TRIES_BEFORE_READY):
                self._give_up(service, status)
                return
            self._say(f"{service.name} {describe(status)}; starting it again in {pause_s:.1f} s")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            try:
                await service.start()
            except OperatorError as error:
                self._say(str(error))

    def _give_up(self, service: Service[object], status: int) -> None:
        if not self._lasting_failure.done():
            code = ExitCode(status) if status in LASTING else ExitCode.FAILED
            self._lasting_failure.set_result(
                OperatorError(
                    f"{service.name} {describe(status)} and cannot be kept running.",
                    f"Its last lines above, marked {service.name}, say why.",
                    code,
                )
            )


def describe(status: int) -> str:
    """Say how a process ended."""
    if status >= 0:
        return f"ended with status {status}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"
