"""Leadership: of several processes one works, the others stand by.

The lead is an advisory lock of a transaction that stays open and is spoken to every few seconds.
Silence past `SILENCE_S` ends it on the server, so a frozen or vanished leader is replaced, and
unlike a lock of the session it also holds through a transaction pooler.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from vectal.platform.db.engine import Database
from vectal.platform.db.session import WriteSession
from vectal.platform.telemetry import get_logger

HEARTBEAT_S: Final = 3.0
SILENCE_S: Final = 12
STANDBY_S: Final = 2.0

_TAKE: Final = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :silence, true),"
    " pg_try_advisory_xact_lock(hashtextextended(:name, 0))"
)
_STILL_THERE: Final = text("SELECT 1")

_log = get_logger(__name__)


@asynccontextmanager
async def leadership(
    database: Database, name: str, stop: asyncio.Event
) -> AsyncGenerator[asyncio.Event]:
    """Wait for the lead, hold it while the block runs.

    The event is set when the lead is lost, or when `stop` came before it was won: the block ends
    its work then.
    """
    lost, ended = asyncio.Event(), asyncio.Event()
    while not stop.is_set():
        async with database.system(f"leader:{name}") as session:
            if await _take(session, name):
                _log.info("leadership.won", name=name)
                beat = asyncio.create_task(_keep(session, name, lost, ended))
                try:
                    yield lost
                finally:
                    ended.set()
                    await beat
                return
        await _sleep(stop, STANDBY_S)
    lost.set()
    yield lost


async def _take(session: WriteSession, name: str) -> bool:
    values = {"silence": f"{SILENCE_S}s", "name": f"vectal:{name}"}
    return bool((await session.execute(_TAKE, values)).one()[1])


async def _keep(
    session: WriteSession, name: str, lost: asyncio.Event, ended: asyncio.Event
) -> None:
    while not await _sleep(ended, HEARTBEAT_S):
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await session.execute(_STILL_THERE)
        except (OSError, SQLAlchemyError) as error:  # a timeout is an OSError too
            _log.warning("leadership.lost", name=name, error=repr(error))
            lost.set()
            return


async def _sleep(until: asyncio.Event, seconds: float) -> bool:
    """True when the event came before the time was over."""
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return False
    return True
