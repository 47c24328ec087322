"""Use cases of chat.

`ChatService` is what doors hold: conversations, turns, search and titles, and the runner that
writes this process's answers.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.chat.beginning import Beginning
from vectal.chat.briefing import Briefing
from vectal.chat.citations.citing import Citing
from vectal.chat.ending import Ending
from vectal.chat.following import TurnChannel, TurnFollower
from vectal.chat.gathering import Gathering
from vectal.chat.journal import Journal
from vectal.chat.leases import Leases
from vectal.chat.ports import ChatPorts
from vectal.chat.reading import Reader
from vectal.chat.runner import TurnRunner
from vectal.chat.sealing import Seals
from vectal.chat.service.conversations import ConversationChange, Conversations
from vectal.chat.service.search import Search
from vectal.chat.service.titling import Titling
from vectal.chat.service.turns import TurnService
from vectal.chat.turn import Turns
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.ids import new_id
from vectal.realtime.ports import Herald

__all__ = ["ChatService", "ConversationChange"]


@dataclass(frozen=True, slots=True)
class ChatService:
    conversations: Conversations
    turns: TurnService
    search: Search
    titling: Titling
    runner: TurnRunner
    leases: Leases
    channel: TurnChannel
    """For `RealtimeService.register_channel("turn", …)`."""

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        herald: Herald,
        ports: ChatPorts,
        clock: Clock | None = None,
    ) -> Self:
        clock = clock or SystemClock()
        seals = Seals(keyring)
        journal = Journal(database, seals, herald)
        beginning = Beginning(seals, journal, clock)
        ending = Ending(database, seals, journal, clock)
        story = Turns(
            database=database,
            journal=journal,
            beginning=beginning,
            briefing=Briefing(database, Reader(seals), ports, Gathering(ports.knowledge), clock),
            ending=ending,
            ports=ports,
            citing=Citing(ports.knowledge),
        )
        leases = Leases(database, new_id(), clock)
        runner = TurnRunner(story, leases)
        follower = TurnFollower(journal, herald, ending.last_frame)
        return cls(
            conversations=Conversations(database, seals, ports.knowledge, clock),
            turns=TurnService(
                database=database,
                ports=ports,
                story=story,
                beginning=beginning,
                runner=runner,
                follower=follower,
                herald=herald,
            ),
            search=Search(database, seals),
            titling=Titling(database, seals, ports.model, ports.rights),
            runner=runner,
            leases=leases,
            channel=TurnChannel(follower, ending.last_frame),
        )

    async def delete_conversation(self, principal: Principal, conversation_id: UUID) -> None:
        """Remove it and end the answer that is being written in it."""
        running = await self.conversations.delete(principal, conversation_id)
        if running is not None:
            self.turns.forget(running)
