"""Following a turn: what is stored, then what comes live, in order and without gaps.

Works from any frame on, on any process. Live frames only save a read: whenever one is missing,
the journal is asked, and without any word from others it is asked every now and then.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

from vectal.auth.principal import Principal, Scope
from vectal.chat import frames
from vectal.chat.contracts import Frame
from vectal.chat.errors import TurnNotFoundError
from vectal.chat.journal import READ_LIMIT, Journal, turn_topic
from vectal.platform.db import DataScope
from vectal.platform.db.patience import through_outage
from vectal.realtime.contracts import Delivery, Stream, Update
from vectal.realtime.ports import Herald, Mail

EndedTurn = Callable[[DataScope, UUID], Awaitable[Frame | None]]
"""The last frame of a turn that has ended, made from its rows; None while it runs.

Raises `TurnNotFoundError`.
"""


class TurnFollower:
    def __init__(self, journal: Journal, herald: Herald, ended_turn: EndedTurn) -> None:
        self._journal = journal
        self._herald = herald
        self._ended_turn = ended_turn

    async def follow(
        self, scope: DataScope, turn_id: UUID, *, after: int
    ) -> AsyncGenerator[Frame, None]:
        """Every frame after `after`, until the turn's end.

        Raises `TurnNotFoundError` when it is deleted meanwhile.
        """
        last = after
        with self._herald.listen([turn_topic(turn_id)]) as mail:
            while True:
                stored = await self._read(scope, turn_id, last)
                if not stored and (end := await self._end_of(scope, turn_id)) is not None:
                    # Frames may have come between the two looks.
                    stored = await self._read(scope, turn_id, last) or [
                        Frame(max(last, end.seq), end.event, end.data)
                    ]
                for frame in stored:
                    yield frame
                    last = frame.seq
                    if frame.event == frames.ENDED:
                        return
                if len(stored) == READ_LIMIT:
                    continue
                async for frame in self._live(mail, last):
                    yield frame
                    last = frame.seq
                    if frame.event == frames.ENDED:
                        return

    async def _live(self, mail: Mail, last: int) -> AsyncGenerator[Frame, None]:
        """Live frames as long as they come one after the other."""
        while await mail.wait(self._herald.poll_s):
            notices, has_forgotten = mail.take()
            for notice in notices:
                if not isinstance(notice, Update):
                    has_forgotten = True
                    continue
                seq = int(notice.id)
                if seq > last + 1:
                    return
                if seq == last + 1:
                    last = seq
                    yield Frame(seq, notice.event, notice.data)
            if has_forgotten:
                return

    async def _read(self, scope: DataScope, turn_id: UUID, after: int) -> list[Frame]:
        return await through_outage(lambda: self._journal.read(scope, turn_id, after=after))

    async def _end_of(self, scope: DataScope, turn_id: UUID) -> Frame | None:
        return await through_outage(lambda: self._ended_turn(scope, turn_id))


class TurnChannel:
    """The channel `turn:<id>`, for the WebSocket."""

    def __init__(self, follower: TurnFollower, ended_turn: EndedTurn) -> None:
        self._follower = follower
        self._ended_turn = ended_turn

    async def open(self, subscriber: Principal, argument: str, after: str | None) -> Stream:
        if Scope.CHAT_READ not in subscriber.scopes:
            raise TurnNotFoundError
        try:
            turn_id = UUID(argument)
        except ValueError as error:
            raise TurnNotFoundError from error
        start = frames.parse_seq(after)
        await self._ended_turn(subscriber, turn_id)
        return Stream(str(start), self._deliver(subscriber, turn_id, start))

    async def _deliver(
        self, subscriber: Principal, turn_id: UUID, after: int
    ) -> AsyncGenerator[Delivery, None]:
        async for frame in self._follower.follow(subscriber, turn_id, after=after):
            yield Update(str(frame.seq), frame.event, frame.data)
