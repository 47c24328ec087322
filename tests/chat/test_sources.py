"""What is attached and found, what the model sees of it, and what an answer cites."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from tests.chat.stage import ROUTED, Stage, saying

from vectal.ai.contracts import AUTO, ContextBuilt, TextDelta
from vectal.auth.principal import Principal
from vectal.chat import frames
from vectal.chat.asked import RequestKey
from vectal.chat.contracts import Frame, Message, TurnRequest, TurnStarted
from vectal.chat.contracts_sources import Reference, ReferenceKind
from vectal.chat.errors import MessageNotFoundError
from vectal.chat.turn import MAX_CRASHES
from vectal.chat.wire import message_json
from vectal.documents.contracts import DocumentPage, Passage, PassagePlace
from vectal.documents.extraction.contracts import Box, Page, Span
from vectal.platform.ids import new_id

NOTICE = "The tenant may end the agreement by giving three months written notice."
PETS = "Dogs and cats are welcome if the neighbours agree."
BOTH = frozenset({1, 2})


def put(stage: Stage, name: str, *texts: str, hidden: bool = False) -> UUID:
    """A file with one passage a page."""
    file_id = new_id()
    stage.shelf.names[file_id] = name
    for number, words in enumerate(texts, start=1):
        half = len(words) // 2
        spans = (
            Span(0, half, Box(10.0, 20.0, 200.0, 32.0)),
            Span(half, len(words), Box(10.0, 34.0, 180.0, 46.0)),
        )
        page = Page(number, f"{words}\nfooter", 595.0, 842.0, spans)
        stage.shelf.pages[file_id, number] = DocumentPage(file_id, 1, page)
        stage.shelf.passages.append(
            Passage(
                document_id=new_id(),
                file_id=file_id,
                name=name,
                number=1,
                text=words,
                start=0,
                end=len(words),
                places=(PassagePlace(number, 0, len(words)),),
                score=0.9,
                is_whole=False,
                has_hidden_text=hidden,
            )
        )
    return file_id


async def ask(
    stage: Stage,
    ada: Principal,
    words: str = "How long is the notice?",
    *files: UUID,
    kind: ReferenceKind = "file",
    knowledge: bool = False,
    conversation_id: UUID | None = None,
) -> tuple[TurnStarted, list[Frame]]:
    """Ask, wait for the end, and return what is stored with the stream."""
    request = TurnRequest(
        mode="ask",
        choice=AUTO,
        text=words,
        references=tuple(Reference(kind, file) for file in files),
        knowledge=knowledge,
    )
    where = conversation_id or await stage.converse(ada)
    started = await stage.chat.turns.start(ada, where, request)
    stream = await stage.follow(ada, started.turn.id)
    return await stage.chat.turns.get(ada, started.turn.id), stream


def script(stage: Stage, *texts: str, seen: frozenset[int] = BOTH) -> None:
    stage.model.script = [ROUTED, ContextBuilt({}, seen), *saying(*texts)[1:]]


def data_of(stream: list[Frame], event: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(frame.data) for frame in stream if frame.event == event]


async def test_a_true_and_a_false_citation_are_told_apart(stage: Stage, ada: Principal) -> None:
    lease = put(stage, "Lease.pdf", NOTICE, PETS)
    script(stage, "The notice is three months [", "1]. Only fish are welcome [2", "]. Also [7].")
    stored, stream = await ask(stage, ada, "How long is the notice?", lease)
    said = stored.assistant_message.content
    first, second = said.citations
    assert (first.number, first.supported, first.why) == (1, True, None)
    assert said.text[first.at : first.until] == "[1]"
    assert (first.quote, first.page, first.start, first.end) == (NOTICE, 1, 0, len(NOTICE))
    assert first.boxes == ((10.0, 20.0, 200.0, 32.0), (10.0, 34.0, 180.0, 46.0))
    assert (second.number, second.supported, second.page) == (2, False, 2)
    told = data_of(stream, frames.CITATION)
    assert [(each["number"], each["at"]) for each in told] == [(1, first.at), (2, second.at)]
    (sources,) = data_of(stream, frames.SOURCES)
    assert sources["tainted_by"] == ["file"]
    assert NOTICE not in str(sources)
    (ended,) = data_of(stream, frames.ENDED)
    assert [each["supported"] for each in ended["message"]["citations"]] == [True, False]


async def test_the_model_sees_the_passages_and_no_citation_of_before(
    stage: Stage, ada: Principal
) -> None:
    lease = put(stage, "Lease.pdf", NOTICE)
    script(stage, "It is three months [1].", seen=frozenset({1}))
    first, _ = await ask(stage, ada, "How long?", lease)
    asked = stage.model.asked[-1]
    assert [(each.number, each.text, each.place) for each in asked.sources] == [
        (1, NOTICE, "page 1")
    ]
    # What was attached once counts on, and the old number is not shown again.
    second, _ = await ask(stage, ada, "And the pets?", conversation_id=first.turn.conversation_id)
    asked = stage.model.asked[-1]
    assert [message.text for message in asked.history] == [
        "How long?",
        "It is three months.",
        "And the pets?",
    ]
    assert len(asked.sources) == 1
    assert set(second.turn.tainted_by) == {"file", "history"}


async def test_an_answer_written_anew_has_the_same_sources(stage: Stage, ada: Principal) -> None:
    lease = put(stage, "Lease.pdf", NOTICE)
    script(stage, "It is three months [1].", seen=frozenset({1}))
    first, _ = await ask(stage, ada, "How long?", lease, knowledge=True)
    again = TurnRequest(mode="ask", choice=AUTO, regenerate_of=first.assistant_message.id)
    started = await stage.chat.turns.start(ada, first.turn.conversation_id, again)
    await stage.follow(ada, started.turn.id)
    stored = await stage.chat.turns.get(ada, started.turn.id)
    assert stored.assistant_message.content.sources == first.assistant_message.content.sources
    assert stored.user_message.content.references == (Reference("file", lease, "Lease.pdf"),)
    assert stored.user_message.content.knowledge
    assert stored.turn.tainted_by == ("file",)


async def test_all_documents_are_searched_only_when_asked_for(stage: Stage, ada: Principal) -> None:
    put(stage, "Lease.pdf", NOTICE)
    plain, stream = await ask(stage, ada)
    assert (stage.shelf.searched, plain.turn.tainted_by) == ([], ())
    assert frames.SOURCES not in {frame.event for frame in stream}
    script(stage, "Three months notice [1].", seen=frozenset({1}))
    stored, _ = await ask(stage, ada, knowledge=True)
    assert stage.shelf.searched[-1].file_ids is None
    assert stored.turn.tainted_by == ("knowledge",)
    assert len(stored.assistant_message.content.citations) == 1


async def test_several_files_share_the_room_rank_by_rank(stage: Stage, ada: Principal) -> None:
    one, two = put(stage, "One", *["one " * 9] * 12), put(stage, "Two", *["two " * 9] * 2)
    await ask(stage, ada, "Compare them", one, two)
    names = [each.name for each in stage.model.asked[-1].sources]
    assert names == ["One", "Two", "One", "Two", *["One"] * 6]
    assert [each.number for each in stage.model.asked[-1].sources] == list(range(1, 11))


async def test_tasks_and_projects_are_told_as_data(stage: Stage, ada: Principal) -> None:
    task = new_id()
    stage.shelf.names[task] = "Pay rent"
    stored, _ = await ask(stage, ada, "When is it due?", task, kind="task")
    assert [(each.label, each.text) for each in stage.model.asked[-1].system.pinned] == [
        ("task", "Pay rent")
    ]
    assert stored.turn.tainted_by == ()


async def test_what_is_not_there_for_the_caller_stops_the_turn(
    stage: Stage, ada: Principal
) -> None:
    where = await stage.converse(ada)
    with pytest.raises(MessageNotFoundError):
        await ask(stage, ada, "Why?", new_id(), conversation_id=where)
    page = await stage.chat.conversations.list_messages(
        ada, where, leaf_id=None, limit=10, cursor=None
    )
    assert (page.items, stage.model.asked) == ([], [])


async def test_a_repeated_request_gives_its_turn_though_the_file_is_gone(
    stage: Stage, ada: Principal
) -> None:
    lease, where = put(stage, "Lease.pdf", NOTICE), await stage.converse(ada)
    request = TurnRequest(
        mode="ask", choice=AUTO, text="Why?", references=(Reference("file", lease),)
    )
    key = RequestKey("once", b"digest")
    first = await stage.chat.turns.start(ada, where, request, key=key)
    await stage.follow(ada, first.turn.id)
    del stage.shelf.names[lease]
    again = await stage.chat.turns.start(ada, where, request, key=key)
    assert (again.turn.id, again.replayed) == (first.turn.id, True)


async def test_hidden_text_and_unread_files_are_said(stage: Stage, ada: Principal) -> None:
    sly, slow = put(stage, "Sly.pdf", NOTICE, hidden=True), put(stage, "Slow.pdf")
    stage.shelf.unread.add(slow)
    script(stage, "Three months.", seen=frozenset({1}))
    stored, stream = await ask(stage, ada, "Why?", sly, slow)
    asked = stage.model.asked[-1]
    assert asked.sources[0].has_hidden_text
    assert [each.text for each in asked.system.pinned] == ["Slow.pdf"]
    assert set(stored.turn.tainted_by) == {"file", "hidden_text"}
    (sources,) = data_of(stream, frames.SOURCES)
    assert sources["unread"] == [{"id": str(slow), "name": "Slow.pdf"}]


async def test_a_source_without_room_can_not_be_cited(stage: Stage, ada: Principal) -> None:
    lease = put(stage, "Lease.pdf", NOTICE, PETS)
    script(stage, "Notice is three months [1], and pets are welcome [2].", seen=frozenset({1}))
    stored, _ = await ask(stage, ada, "How long?", lease)
    assert [each.number for each in stored.assistant_message.content.citations] == [1]
    assert [each.number for each in stored.assistant_message.content.sources] == [1]


async def _shown(stage: Stage, ada: Principal, conversation_id: UUID) -> list[Message]:
    page = await stage.chat.conversations.list_messages(
        ada, conversation_id, leaf_id=None, limit=10, cursor=None
    )
    return list(page.items)


async def test_a_file_that_is_gone_says_nothing_any_more(stage: Stage, ada: Principal) -> None:
    lease = put(stage, "Lease.pdf", NOTICE)
    script(stage, "It is three months notice [1].", seen=frozenset({1}))
    stored, _ = await ask(stage, ada, "How long?", lease)
    del stage.shelf.names[lease]
    question, answer = map(message_json, await _shown(stage, ada, stored.turn.conversation_id))
    assert question["attachments"][0]["is_gone"]
    (citation,) = answer["citations"]
    assert (citation["is_gone"], citation["quote"], citation["boxes"]) == (True, "", [])
    assert answer["sources"][0]["is_gone"]


async def test_what_was_quoted_is_stored_sealed(stage: Stage, ada: Principal) -> None:
    lease = put(stage, "Lease.pdf", NOTICE)
    script(stage, "It is three months notice [1].", seen=frozenset({1}))
    await ask(stage, ada, "How long?", lease)
    async with stage.database.read(ada) as session:
        for table in ("conversations", "messages", "turns", "turn_frames", "outbox"):
            rows = await session.execute(text(f"SELECT row_to_json(t)::text FROM {table} t"))  # noqa: S608 - a constant
            for (row,) in rows:
                for canary in ("written notice", "Lease.pdf"):
                    assert canary not in row
                    assert canary.encode().hex() not in row


async def test_the_taint_is_written_before_the_model_is_asked(stage: Stage, ada: Principal) -> None:
    lease = put(stage, "Lease.pdf", NOTICE)
    stage.model.script = [ROUTED, TextDelta("Half"), asyncio.Event()]
    request = TurnRequest(
        mode="ask", choice=AUTO, text="Why?", references=(Reference("file", lease),)
    )
    started = await stage.chat.turns.start(ada, await stage.converse(ada), request)
    async for frame in stage.chat.turns.follow(ada, started.turn.id):
        if frame.event == frames.TEXT:
            break
    assert (await stage.chat.turns.get(ada, started.turn.id)).turn.tainted_by == ("file",)


async def test_a_turn_that_is_given_up_has_its_citations_unchecked(
    stage: Stage, ada: Principal
) -> None:
    lease = put(stage, "Lease.pdf", NOTICE)
    stage.model.script = [
        ROUTED, ContextBuilt({}, frozenset({1})), TextDelta("It is three months [1]. And"),
        asyncio.Event(),
    ]  # fmt: skip
    request = TurnRequest(
        mode="ask", choice=AUTO, text="Why?", references=(Reference("file", lease),)
    )
    started = await stage.chat.turns.start(ada, await stage.converse(ada), request)
    async for frame in stage.chat.turns.follow(ada, started.turn.id):
        if frame.event == frames.CITATION:
            break
    stage.die()
    async with stage.database.system("test") as session:
        await session.execute(
            text(
                "UPDATE turns SET lease_expires_at = now() - interval '1 s', crashes = :crashes"
                " WHERE id = :id"
            ),
            {"id": started.turn.id, "crashes": MAX_CRASHES},
        )
    await stage.chat.runner.adopt()
    await stage.follow(ada, started.turn.id)
    said = (await stage.chat.turns.get(ada, started.turn.id)).assistant_message.content
    (citation,) = said.citations
    assert (citation.supported, citation.why, citation.page) == (None, "interrupted", 1)
