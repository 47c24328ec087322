"""Turns for the doors of the product: begin one, follow it, stop it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.chat.asked import RequestKey
from vectal.chat.beginning import Beginning
from vectal.chat.contracts import Frame, TurnRequest, TurnStarted
from vectal.chat.departed import files_in
from vectal.chat.errors import TurnNotFoundError
from vectal.chat.following import TurnFollower
from vectal.chat.journal import turn_topic
from vectal.chat.policy import can_see
from vectal.chat.ports import ChatPorts
from vectal.chat.repository import turns
from vectal.chat.runner import TurnRunner
from vectal.chat.turn import Turns
from vectal.platform.db import Database
from vectal.realtime.contracts import NUDGE
from vectal.realtime.ports import Herald


class TurnService:
    def __init__(
        self,
        *,
        database: Database,
        ports: ChatPorts,
        story: Turns,
        beginning: Beginning,
        runner: TurnRunner,
        follower: TurnFollower,
        herald: Herald,
    ) -> None:
        self._database = database
        self._model = ports.model
        self._knowledge = ports.knowledge
        self._story = story
        self._beginning = beginning
        self._runner = runner
        self._follower = follower
        self._herald = herald

    async def start(
        self,
        principal: Principal,
        conversation_id: UUID,
        request: TurnRequest,
        *,
        key: RequestKey | None = None,
    ) -> TurnStarted:
        """Store what was asked and have it answered by this process.

        With a `key` that was used before, returns the turn that it began. What is attached is
        looked up as the caller: a 404 says that there is no such thing for her.
        """
        await self._model.check_caller(principal)
        if request.references:
            # What was attached may be gone by the time a request is repeated.
            if key is not None and (known := await self._find_repeated(principal, key)):
                return known
            references = await self._knowledge.name(principal, request.references)
            request = replace(request, references=references)
        with self._runner.reserve():
            begun = await self._story.begin(
                principal, conversation_id, request, key=key, holder=self._runner.holder
            )
            if begun.lease is not None:
                self._runner.launch(begun.lease)
        return begun.started

    async def _find_repeated(self, principal: Principal, key: RequestKey) -> TurnStarted | None:
        async with self._database.read(principal) as session:
            return await self._beginning.find_repeated(session, principal, key)

    async def get(self, principal: Principal, turn_id: UUID) -> TurnStarted:
        """The turn as it is now, with its two messages."""
        async with self._database.read(principal) as session:
            row = await turns.find(session, principal, turn_id)
            if row is None or not can_see(principal, row.owner_id):
                raise TurnNotFoundError
            found = await self._beginning.load(session, principal, row)
        both = (found.user_message, found.assistant_message)
        gone = await self._knowledge.find_gone(principal, files_in(both))
        question, answer = (replace(message, gone=gone) for message in both)
        return replace(found, user_message=question, assistant_message=answer)

    async def stop(self, principal: Principal, turn_id: UUID) -> None:
        """Ask the turn's process to end it, keeping the text so far; an ended turn stays so."""
        async with self._database.transaction(principal) as session:
            row = await turns.find(session, principal, turn_id)
            if row is None or not can_see(principal, row.owner_id):
                raise TurnNotFoundError
            await turns.ask_to_stop(session, principal, turn_id)
        self._runner.stop(turn_id)

    def follow(
        self, principal: Principal, turn_id: UUID, *, after: int = 0
    ) -> AsyncGenerator[Frame, None]:
        """Frames after `after` until the end; raises `TurnNotFoundError` if it is deleted."""
        return self._follower.follow(principal, turn_id, after=after)

    def forget(self, turn_id: UUID) -> None:
        """Its conversation was deleted: end the writer here, wake the followers anywhere."""
        self._runner.stop(turn_id)
        self._herald.publish(turn_topic(turn_id), NUDGE)
