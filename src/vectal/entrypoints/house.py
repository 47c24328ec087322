"""The rest of the house, beside the calls of models that a server answers already.

Chat, agents, documents and the REST surface are most of what a server loads. They are loaded in
a thread of their own while calls of models are being answered, and whoever wants them waits.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from vectal.entrypoints.collecting import settle_heap
from vectal.entrypoints.front import Front
from vectal.gateway.drain import Drain
from vectal.gateway.lobby import Lobby
from vectal.platform.background import end_tasks
from vectal.platform.http.network import default_tls

if TYPE_CHECKING:
    from vectal.entrypoints.services import Services

_TURN_S: Final = 0.001
"""How long the loading thread may go on while the loop has something to do; usually 5 ms."""
_FIRST_ANSWERS_S: Final = 1.0


class House:
    """One a server. `keep` runs until `leave`."""

    def __init__(self, front: Front, lobby: Lobby, drain: Drain) -> None:
        self._front = front
        self._lobby = lobby
        self._drain = drain
        self._left = asyncio.Event()
        self._services: Services | None = None

    async def keep(self) -> None:
        """Load it, open it, and close it in the opposite order."""
        with _loading():
            await asyncio.to_thread(_load)
            # Nobody can sign in before this.
            await asyncio.to_thread(self._front.auth.passwords.prepare)
        if self._left.is_set():
            return
        from vectal.entrypoints import bootstrap  # noqa: PLC0415 - see above
        from vectal.gateway.app import create_app  # noqa: PLC0415 - see above
        from vectal.gateway.inventory import list_operations  # noqa: PLC0415 - see above

        front = self._front
        async with bootstrap.open_house(front) as services, bootstrap.attending(services):
            app = create_app(services, front.settings, drain=self._drain, probes=services.health)
            # The framework makes its routes when first asked for them: here the loop goes on.
            await asyncio.to_thread(list_operations, app)
            self._lobby.open(app.past_edge, app.state)
            self._services = services
            settle_heap()
            beside = asyncio.create_task(_load_later(services))
            try:
                await self._left.wait()
            finally:
                await end_tasks([beside])

    def leave(self) -> None:
        self._left.set()

    async def drain(self, patience_s: float) -> None:
        """Let turns and runs end for a while; a house that is not open yet has none."""
        if self._services is not None:
            from vectal.entrypoints import bootstrap  # noqa: PLC0415 - see above

            await bootstrap.drain(self._services, patience_s)


def _load() -> None:
    """Seconds of work, for a thread; whoever imports them later finds them.

    Some are what the front leaves to whoever needs it first.
    """
    from vectal.ai.providers.simulated import brain  # noqa: PLC0415 - see above
    from vectal.ai.usage import price_table  # noqa: PLC0415 - see above
    from vectal.auth import access_tokens  # noqa: PLC0415 - see above
    from vectal.entrypoints import bootstrap  # noqa: PLC0415 - see above
    from vectal.gateway import app  # noqa: PLC0415 - see above

    default_tls()
    del access_tokens, app, bootstrap, brain, price_table


@contextmanager
def _loading() -> Generator[None]:
    """What is loaded stays for ever: no garbage is looked for, and the loop goes first."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    gc.disable()
    try:
        yield
    finally:
        settle_heap()  # before anybody walks through all that was loaded
        gc.enable()
        sys.setswitchinterval(usual)


async def _load_later(services: Services) -> None:
    """What chat and agents need is loaded once those who wait for the server have been answered.

    It is loaded at once for whoever needs it earlier.
    """
    await asyncio.sleep(_FIRST_ANSWERS_S)
    await services.ai.start()
