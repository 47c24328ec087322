"""What the model is asked: the branch so far, who asks, and what they look at."""

from __future__ import annotations

from typing import Final, cast

from vectal.ai.contracts import Mode, Pinned, RespondRequest, SystemContext
from vectal.auth.principal import Principal
from vectal.chat.asked import Asked
from vectal.chat.beginning import read_tree
from vectal.chat.contracts import Content, MessageRole
from vectal.chat.errors import LeaseLostError
from vectal.chat.gathering import Gathered, Gathering
from vectal.chat.history import MAX_HISTORY_MESSAGES, as_history
from vectal.chat.journal import Lease
from vectal.chat.ports import ChatPorts
from vectal.chat.reading import Reader
from vectal.chat.repository import messages, turns
from vectal.chat.tables import TurnRow
from vectal.chat.wire import choice_from_json
from vectal.platform.clock import Clock
from vectal.platform.db import Database

DEADLINE_S: Final = 300.0


class Briefing:
    def __init__(
        self,
        database: Database,
        reader: Reader,
        ports: ChatPorts,
        gathering: Gathering,
        clock: Clock,
    ) -> None:
        self._gathering = gathering
        self._database = database
        self._reader = reader
        self._rights = ports.rights
        self._surroundings = ports.surroundings
        self._clock = clock

    async def prepare(self, lease: Lease) -> tuple[Principal, RespondRequest, Gathered] | None:
        """Whose rights to use, what to ask, what it leans on; None when those rights are lost.

        A taint is written down before this returns.
        """
        turn, branch = await self._read(lease)
        asked = Asked.from_json(turn.asked)
        principal = asked.principal(lease.scope.user_id, lease.scope.workspace_id)
        if await self._rights.still_valid([principal]):
            return None
        gathered = await self._gathering.gather(principal, branch)
        await self._record_taint(lease, gathered)
        user_name, workspace_name = await self._surroundings.names_of(principal)
        seen = await self._surroundings.describe(principal, asked.focus)
        system = SystemContext(
            user_name=user_name,
            workspace_name=workspace_name,
            timezone=asked.timezone,
            now=self._clock.now(),
            pinned=(*seen, *gathered.pinned, *_unread(gathered)),
        )
        request = RespondRequest(
            choice=choice_from_json(turn.choice),
            mode=cast("Mode", turn.mode),
            system=system,
            history=as_history(branch),
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            sources=gathered.for_model(),
            deadline_s=DEADLINE_S,
        )
        return principal, request, gathered

    async def _record_taint(self, lease: Lease, gathered: Gathered) -> None:
        if not gathered.tainted_by:
            return
        async with self._database.transaction(lease.scope) as session:
            row = await turns.change(
                session,
                lease.scope,
                lease.turn_id,
                epoch=lease.epoch,
                tainted_by=list(gathered.tainted_by),
            )
        if row is None:
            raise LeaseLostError

    async def _read(self, lease: Lease) -> tuple[TurnRow, list[tuple[MessageRole, Content]]]:
        scope = lease.scope
        async with self._database.read(scope) as session:
            turn = await turns.find(session, scope, lease.turn_id)
            if turn is None:
                raise LeaseLostError
            tree = await read_tree(session, scope, turn.conversation_id)
            ids = tree.branch(turn.user_message_id)[-MAX_HISTORY_MESSAGES:]
            rows = await messages.find_many(session, scope, ids)
            branch: list[tuple[MessageRole, Content]] = [
                (
                    cast("MessageRole", rows[id_].role),
                    await self._reader.content(session, scope, rows[id_]),
                )
                for id_ in ids
            ]
        return turn, branch


def _unread(gathered: Gathered) -> tuple[Pinned, ...]:
    """The model should say that it has not read a file, instead of guessing what is in it."""
    if not gathered.unread:
        return ()
    names = "\n".join(file.name for file in gathered.unread)
    return (Pinned("Files that were attached and could not be read yet", names),)
