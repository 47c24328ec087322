"""How each module is asked, and what its answer is as hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vectal.auth.principal import Principal
from vectal.calendar.service import CalendarServices
from vectal.chat.contracts import SearchHit
from vectal.chat.errors import SearchWordsError
from vectal.chat.service import ChatService
from vectal.chat.service.search import MAX_QUERY_WORDS
from vectal.documents.contracts import Passage, SearchQuery
from vectal.documents.service import DocumentServices
from vectal.files.contracts import FileFilter
from vectal.files.service import FileServices
from vectal.platform.crypto.words import words_of
from vectal.platform.db.paging import InvalidCursorError
from vectal.platform.snippets import snippet_of
from vectal.search.contracts import Hit, Kind, Spot
from vectal.search.service.parts import Found, Part
from vectal.tasks.contracts import TaskFilter
from vectal.tasks.service import TaskServices

_OVER = frozenset(("done", "cancelled"))


@dataclass(frozen=True, slots=True)
class Sources:
    """The modules that are asked."""

    tasks: TaskServices
    calendar: CalendarServices
    chat: ChatService
    files: FileServices
    documents: DocumentServices

    def parts(self) -> Mapping[Kind, Part]:
        return {
            "task": Part("tasks.list", self._tasks),
            "event": Part("calendar.list", self._events),
            "project": Part("projects.list", self._projects),
            "conversation": Part("conversations.search", self._conversations),
            "file": Part("files.list", self._files),
            "passage": Part("documents.search", self._passages),
        }

    async def _tasks(
        self, principal: Principal, text: str, limit: int, cursor: str | None
    ) -> Found:
        page = await self.tasks.lists.list_tasks(
            principal, TaskFilter(q=text), cursor=cursor, limit=limit
        )
        hits = [
            Hit(
                "task",
                task.id,
                task.title,
                is_closed=task.status in _OVER,
                updated_at=task.updated_at,
            )
            for task in page.items
        ]
        return hits, page.next_cursor

    async def _events(
        self, principal: Principal, text: str, limit: int, cursor: str | None
    ) -> Found:
        page = await self.calendar.events.search(principal, text, cursor=cursor, limit=limit)
        hits = [
            Hit("event", event.id, event.title, event.place, updated_at=event.updated_at)
            for event in page.items
        ]
        return hits, page.next_cursor

    async def _projects(
        self, principal: Principal, text: str, limit: int, cursor: str | None
    ) -> Found:
        page = await self.tasks.projects.list_projects(
            principal, words=text, cursor=cursor, limit=limit
        )
        hits = [
            Hit(
                "project",
                project.id,
                project.name,
                is_closed=project.archived_at is not None,
                updated_at=project.updated_at,
            )
            for project in page.items
        ]
        return hits, page.next_cursor

    async def _conversations(
        self, principal: Principal, text: str, limit: int, cursor: str | None
    ) -> Found:
        words = " ".join(text.split()[:MAX_QUERY_WORDS])
        try:
            found = await self.chat.search.find(principal, words, limit=limit, cursor=cursor)
        except SearchWordsError:  # signs alone, or more words than the index is asked for
            return [], None
        return [_of_conversation(each) for each in found.items], found.next_cursor

    async def _files(
        self, principal: Principal, text: str, limit: int, cursor: str | None
    ) -> Found:
        found = await self.files.list_files(
            principal, FileFilter(words=text), sort="updated", cursor=cursor, limit=limit
        )
        hits = [Hit("file", file.id, file.name, updated_at=file.updated_at) for file in found.items]
        return hits, found.next_cursor

    async def _passages(
        self, principal: Principal, text: str, limit: int, cursor: str | None
    ) -> Found:
        """By words alone, at most one of a file; the best of them and no further ones."""
        if cursor is not None:
            raise InvalidCursorError
        found = await self.documents.search(principal, SearchQuery(text, limit, is_quick=True))
        sought = words_of(text)
        return [_of_passage(each, sought) for each in found.passages], None


def _of_conversation(found: SearchHit) -> Hit:
    conversation = found.conversation
    return Hit(
        "conversation",
        conversation.id,
        conversation.title,
        "" if found.message_id is None else found.snippet,
        is_closed=conversation.archived,
        updated_at=conversation.last_message_at,
        message_id=found.message_id,
    )


def _of_passage(passage: Passage, sought: list[str]) -> Hit:
    place = next(iter(passage.places), None)
    return Hit(
        "passage",
        passage.file_id,
        passage.name,
        snippet_of(passage.text, sought, words_of),
        spot=place and Spot(passage.number, place.page, place.start, place.end),
    )
