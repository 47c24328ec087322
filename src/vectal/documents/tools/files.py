"""The tools that look into files."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Scope
from vectal.documents.cleaning import clean
from vectal.documents.contracts import Passage, SearchNote, SearchQuery
from vectal.documents.errors import PageNotFoundError
from vectal.documents.service import DocumentServices

_OF_OTHERS: Final = frozenset[Taint](("untrusted", "private"))
_MOST_PASSAGES: Final = 10
_MOST_PAGES: Final = 5
_PAGE_CHARS: Final = 20_000
_PASSAGE_CHARS: Final = 6_000
_NOTES: Final[dict[SearchNote, str]] = {
    "words_only": "The search by meaning did not answer: these were found by their words.",
    "model_missing": "Some files were searched by their words alone.",
    "index_off": "This workspace keeps no search index, so nothing was searched.",
    "not_reranked": "",
}

Question: TypeAlias = Annotated[str, Field(min_length=1, max_length=2_000)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SearchFiles(_Input):
    query: Annotated[Question, Field(description="A question or words, in the files' language")]
    limit: Annotated[int, Field(ge=1, le=_MOST_PASSAGES)] = 5


class ReadDocument(_Input):
    file_id: Annotated[UUID, Field(description="As search_files names it")]
    page: Annotated[int, Field(ge=1, le=100_000, description="The first page to read")] = 1
    pages: Annotated[int, Field(ge=1, le=_MOST_PAGES, description="How many")] = 1


def make_file_tools(services: DocumentServices) -> tuple[Tool[Any], ...]:
    hand = _ReadingHand(services)
    return (
        Tool(
            name="search_files",
            title="Search files",
            description=(
                "Find passages in the user's files that answer a question. Each names its file "
                "and page; read_document gives more of it."
            ),
            input=SearchFiles,
            scope=Scope.FILES_READ,
            mode="read",
            effect="pure",
            handler=hand.search,
            returns=_OF_OTHERS,
        ),
        Tool(
            name="read_document",
            title="Read a file",
            description="Read pages of a file as text.",
            input=ReadDocument,
            scope=Scope.FILES_READ,
            mode="read",
            effect="pure",
            handler=hand.read,
            returns=_OF_OTHERS,
        ),
    )


class _ReadingHand:
    def __init__(self, services: DocumentServices) -> None:
        self._services = services

    async def search(self, context: ToolContext, asked: SearchFiles) -> ToolOutput:
        if not can(context.principal, "documents.search"):
            raise ForbiddenError("You may not search files in this workspace.")
        query = SearchQuery(asked.query, limit=asked.limit)
        result = await self._services.search(context.principal, query)
        notes = [_NOTES[note] for note in result.notes if _NOTES[note]]
        found: list[JsonValue] = [_show(passage) for passage in result.passages]
        content: dict[str, JsonValue] = {"passages": found}
        if notes:
            content["notes"] = [*notes]
        count = len(found)
        return ToolOutput(_json(content), f"{count} passage{'' if count == 1 else 's'}")

    async def read(self, context: ToolContext, asked: ReadDocument) -> ToolOutput:
        if not can(context.principal, "documents.read"):
            raise ForbiddenError("You may not read files in this workspace.")
        document = await self._services.get_document(context.principal, asked.file_id)
        shown: list[JsonValue] = []
        for number in range(asked.page, asked.page + asked.pages):
            try:
                found = await self._services.get_page(
                    context.principal, asked.file_id, number, document.number
                )
            except PageNotFoundError:
                if not shown:
                    raise
                break
            cleaned = clean(found.page)
            page: dict[str, JsonValue] = {"page": number, "text": _cut(cleaned.text, _PAGE_CHARS)}
            if cleaned.hidden:
                page["hidden_text"] = True
            shown.append(page)
        content: dict[str, JsonValue] = {
            "title": document.title[:300],
            "pages_in_all": document.pages_done,
            "pages": shown,
        }
        summary = f"page {asked.page}" if len(shown) == 1 else f"{len(shown)} pages"
        return ToolOutput(_json(content), summary)


def _show(passage: Passage) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {
        "file_id": str(passage.file_id),
        "name": passage.name,
        "text": _cut(passage.text, _PASSAGE_CHARS),
        "score": round(passage.score, 2),
    }
    if passage.places:
        shown["page"] = passage.places[0].page
    if passage.has_hidden_text:
        shown["hidden_text"] = True
    return shown


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… (cut)"


def _json(value: dict[str, JsonValue]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
