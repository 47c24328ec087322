"""What follows from events, and what is swept away when its time is over."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from vectal.chat.events import TurnCompleted
from vectal.chat.leases import Leases
from vectal.chat.service import ChatService
from vectal.platform.clock import utc_now
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.events import Consumer, EventRecord, consumer
from vectal.platform.events.retention import purge_events
from vectal.platform.http.ledger import purge_ledger
from vectal.platform.telemetry import get_logger
from vectal.platform.web import repository as idempotency

SWEEP_S = 300.0
KEEP_ANSWERS = timedelta(days=2)
MAX_TITLES = 1_000

_log = get_logger(__name__)


class TitleQueue:
    """Titles for conversations with a first answer, made one after the other.

    A model is asked, so the work is done after the event's transaction. What a killed worker
    held is not done again: the conversation keeps its first words as a title.
    """

    def __init__(self, chat: ChatService) -> None:
        self._chat = chat
        self._waiting: asyncio.Queue[tuple[Scope, TurnCompleted]] = asyncio.Queue(MAX_TITLES)

    def consumer(self) -> Consumer:
        @consumer("chat.titles", TurnCompleted)
        async def take(session: WriteSession, record: EventRecord) -> None:
            if record.user_id is None or self._waiting.full():
                return
            wanted = Scope(record.workspace_id, record.user_id), record.read(TurnCompleted)
            session.after_commit(lambda: self._put(wanted))

        return take

    def _put(self, wanted: tuple[Scope, TurnCompleted]) -> None:
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(wanted)

    async def run(self) -> None:
        while True:
            scope, completed = await self._waiting.get()
            try:
                await self._chat.titling.improve(
                    scope, completed.conversation_id, completed.turn_id
                )
            except Exception as error:  # noqa: BLE001 - a title is worth a warning, not a worker
                _log.warning("chat.title_failed", error=repr(error))


async def sweep(database: Database, leases: Leases, stop: asyncio.Event) -> None:
    """Forget stored answers and events that nobody needs any more, every few minutes."""
    while not stop.is_set():
        try:
            async with database.system("sweep") as session:
                await idempotency.purge(session, utc_now() - KEEP_ANSWERS)
            await purge_events(database)
            await purge_ledger(database)
            await leases.purge_frames()
        except Exception as error:  # noqa: BLE001 - the next sweep will do it
            _log.warning("scheduler.sweep_failed", error=repr(error))
        try:
            async with asyncio.timeout(SWEEP_S):
                await stop.wait()
        except TimeoutError:
            continue
