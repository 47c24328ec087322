"""Conversations: listed, named, branched, archived, searched and deleted."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.chat.stage import Stage, person, saying

from vectal.ai.contracts import AUTO, ModelChoice
from vectal.ai.errors import CompletionFailedError
from vectal.auth.principal import Principal
from vectal.chat.asked import RequestKey
from vectal.chat.contracts import Message, TurnRequest, TurnStarted
from vectal.chat.errors import (
    ConversationNotFoundError,
    MessageNotFoundError,
    SearchWordsError,
    TurnNotFoundError,
)
from vectal.chat.service import ConversationChange
from vectal.platform.db.paging import InvalidCursorError
from vectal.platform.errors import IdempotencyMismatchError
from vectal.platform.ids import new_id


async def titles(stage: Stage, ada: Principal, *, archived: bool = False) -> list[str]:
    found = await stage.chat.conversations.list_recent(
        ada, archived=archived, limit=50, cursor=None
    )
    return [each.title for each in found.items]


async def branch(
    stage: Stage, ada: Principal, conversation_id: UUID, *, leaf: UUID | None = None
) -> list[Message]:
    found = await stage.chat.conversations.list_messages(
        ada, conversation_id, leaf_id=leaf, limit=50, cursor=None
    )
    return list(found.items)


async def ask(
    stage: Stage, ada: Principal, conversation_id: UUID, request: TurnRequest
) -> TurnStarted:
    started = await stage.chat.turns.start(ada, conversation_id, request)
    await stage.follow(ada, started.turn.id)
    return started


async def test_the_most_recently_used_comes_first(stage: Stage, ada: Principal) -> None:
    first, second = await stage.converse(ada), await stage.converse(ada)
    await stage.exchange(ada, second, "second")
    await stage.exchange(ada, first, "first")
    assert await titles(stage, ada) == ["first", "second"]


async def test_pages_hold_everything_once(stage: Stage, ada: Principal) -> None:
    made = [await stage.converse(ada) for _ in range(7)]
    seen, cursor = list[UUID](), None
    while True:
        page = await stage.chat.conversations.list_recent(
            ada, archived=False, limit=3, cursor=cursor
        )
        seen += [each.id for each in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "WyJtZXNzYWdlcyIsIngiXQ", "W10"])
async def test_a_made_up_cursor_is_refused(stage: Stage, ada: Principal, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        await stage.chat.conversations.list_recent(ada, archived=False, limit=3, cursor=cursor)


async def test_a_repeated_key_makes_one_conversation(stage: Stage, ada: Principal) -> None:
    key = RequestKey("k", b"one")
    first = await stage.chat.conversations.create(ada, title="Trip", key=key)
    again = await stage.chat.conversations.create(ada, title="Trip", key=key)
    assert again == first
    assert await titles(stage, ada) == ["Trip"]
    with pytest.raises(IdempotencyMismatchError):
        await stage.chat.conversations.create(ada, title="T", key=RequestKey("k", b"two"))


async def test_an_archived_conversation_is_listed_apart(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    change = ConversationChange(title="Old", archived=True)
    await stage.chat.conversations.change(ada, conversation_id, change)
    assert await titles(stage, ada) == []
    assert await titles(stage, ada, archived=True) == ["Old"]


async def test_the_last_used_model_is_remembered(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    request = TurnRequest(mode="ask", choice=ModelChoice(slot="pro"), text="Hi")
    await ask(stage, ada, conversation_id, request)
    found = await stage.chat.conversations.get(ada, conversation_id)
    assert found.choice == ModelChoice(slot="pro")


async def test_an_edit_and_a_second_answer_make_branches(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    first = await stage.exchange(ada, conversation_id, "one")
    second = await stage.exchange(ada, conversation_id, "two")
    edited = await ask(
        stage,
        ada,
        conversation_id,
        TurnRequest(mode="ask", choice=AUTO, text="two!", parent_id=first.assistant_message.id),
    )
    again = await ask(
        stage,
        ada,
        conversation_id,
        TurnRequest(mode="ask", choice=AUTO, regenerate_of=edited.assistant_message.id),
    )
    shown = await branch(stage, ada, conversation_id)
    assert [message.content.text for message in shown if message.role == "user"] == ["one", "two!"]
    assert shown[-1].id == again.assistant_message.id
    assert shown[2].sibling_ids == (second.user_message.id, edited.user_message.id)
    assert shown[3].sibling_ids == (edited.assistant_message.id, again.assistant_message.id)
    assert again.user_message.id == edited.user_message.id
    assert [m.text for m in stage.model.asked[-1].history if m.role == "user"] == ["one", "two!"]

    older = ConversationChange(active_leaf_id=second.user_message.id)
    changed = await stage.chat.conversations.change(ada, conversation_id, older)
    assert changed.active_leaf_id == second.assistant_message.id
    shown = await branch(stage, ada, conversation_id)
    assert [message.content.text for message in shown if message.role == "user"] == ["one", "two"]
    other = await branch(stage, ada, conversation_id, leaf=edited.assistant_message.id)
    assert other[-1].id == edited.assistant_message.id


async def test_the_first_message_can_be_edited(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    first = await stage.exchange(ada, conversation_id, "one")
    request = TurnRequest(mode="ask", choice=AUTO, text="uno", parent_id=None)
    edited = await ask(stage, ada, conversation_id, request)
    assert edited.user_message.sibling_ids == (first.user_message.id, edited.user_message.id)
    assert len(stage.model.asked[-1].history) == 1


async def test_messages_come_in_pages_from_the_newest_back(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    for number in range(4):
        await stage.exchange(ada, conversation_id, f"q{number}")
    pages, cursor = list[list[str]](), None
    while True:
        page = await stage.chat.conversations.list_messages(
            ada, conversation_id, leaf_id=None, limit=3, cursor=cursor
        )
        pages.append([m.content.text for m in page.items if m.role == "user"])
        if (cursor := page.next_cursor) is None:
            break
    assert pages == [["q3"], ["q1", "q2"], ["q0"]]


async def test_a_leaf_of_another_conversation_is_not_found(stage: Stage, ada: Principal) -> None:
    other = await stage.exchange(ada, await stage.converse(ada), "elsewhere")
    conversation_id = await stage.converse(ada)
    with pytest.raises(MessageNotFoundError):
        await branch(stage, ada, conversation_id, leaf=other.user_message.id)
    change = ConversationChange(active_leaf_id=other.user_message.id)
    with pytest.raises(MessageNotFoundError):
        await stage.chat.conversations.change(ada, conversation_id, change)


async def test_a_deleted_conversation_leaves_no_row(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "forget this")
    await stage.chat.delete_conversation(ada, conversation_id)
    with pytest.raises(ConversationNotFoundError):
        await stage.chat.conversations.get(ada, conversation_id)
    with pytest.raises(TurnNotFoundError):
        await stage.chat.turns.get(ada, stored.turn.id)
    async with stage.database.read(ada) as session:
        for table in ("conversations", "messages", "turns", "turn_frames", "message_words"):
            count = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a constant
            assert count.scalar_one() == 0, table


async def test_deleting_ends_the_answer_that_is_written(stage: Stage, ada: Principal) -> None:
    stage.model.script = [asyncio.Event()]
    conversation_id = await stage.converse(ada)
    started = await stage.say(ada, conversation_id)
    following = asyncio.create_task(stage.follow(ada, started.turn.id))
    await asyncio.sleep(0.05)
    await stage.chat.delete_conversation(ada, conversation_id)
    with pytest.raises(TurnNotFoundError):
        await following
    if writing := [each.task for each in stage.chat.runner.active.values()]:
        await asyncio.wait(writing, timeout=5)
    assert not stage.chat.runner.active


async def test_nobody_else_sees_or_changes_a_conversation(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    colleague = person(workspace_id=ada.workspace_id)
    conversations = stage.chat.conversations
    with pytest.raises(ConversationNotFoundError):
        await conversations.get(colleague, conversation_id)
    with pytest.raises(ConversationNotFoundError):
        await conversations.change(colleague, conversation_id, ConversationChange(title="Mine"))
    with pytest.raises(ConversationNotFoundError):
        await stage.chat.delete_conversation(colleague, conversation_id)
    with pytest.raises(ConversationNotFoundError):
        await branch(stage, colleague, conversation_id)
    assert await titles(stage, colleague) == []


# --- titles ---------------------------------------------------------------------------------


async def test_a_title_begins_with_the_first_words(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    await stage.exchange(ada, conversation_id, "Plan the move to the new flat\nplease")
    found = await stage.chat.conversations.get(ada, conversation_id)
    assert (found.title, found.title_source) == ("Plan the move to the new flat", "words")


async def test_a_model_finds_a_better_title(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Plan the move")
    stage.model.title = '"Moving house"'
    await stage.chat.titling.improve(ada, conversation_id, stored.turn.id)
    found = await stage.chat.conversations.get(ada, conversation_id)
    assert (found.title, found.title_source) == ("Moving house", "model")
    (request,) = stage.model.completions
    assert request.purpose == "title"
    assert request.values["user"] == "Plan the move"


async def test_the_first_words_stay_when_the_model_fails(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Plan the move")
    stage.model.title = CompletionFailedError()
    await stage.chat.titling.improve(ada, conversation_id, stored.turn.id)
    assert await titles(stage, ada) == ["Plan the move"]


async def test_a_persons_title_is_never_changed(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Plan the move")
    await stage.chat.conversations.change(ada, conversation_id, ConversationChange(title="Mine"))
    await stage.chat.titling.improve(ada, conversation_id, stored.turn.id)
    await stage.exchange(ada, conversation_id, "More")
    assert await titles(stage, ada) == ["Mine"]
    assert not stage.model.completions


# --- search ---------------------------------------------------------------------------------


async def hits(stage: Stage, ada: Principal, query: str) -> list[str]:
    found = await stage.chat.search.find(ada, query, limit=20, cursor=None)
    return [hit.snippet for hit in found.items]


async def test_every_word_must_stand_in_the_message_in_any_form(
    stage: Stage, ada: Principal
) -> None:
    stage.model.script = saying("Nothing to add.")
    conversation_id = await stage.converse(ada)
    await stage.exchange(ada, conversation_id, "Paying the rents of my flat")
    await stage.exchange(ada, conversation_id, "Selling the flat")
    assert await hits(stage, ada, "pay rent") == ["Paying the rents of my flat"]
    assert await hits(stage, ada, "FLAT") == ["Selling the flat", "Paying the rents of my flat"]
    assert await hits(stage, ada, "rent sell") == []
    assert await hits(stage, ada, "ren") == []


async def test_answers_and_titles_are_found_too(stage: Stage, ada: Principal) -> None:
    stage.model.script = saying("The zebra crossing.")
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Where?")
    change = ConversationChange(title="Giraffes")
    await stage.chat.conversations.change(ada, conversation_id, change)
    found = await stage.chat.search.find(ada, "zebra", limit=5, cursor=None)
    assert [hit.message_id for hit in found.items] == [stored.assistant_message.id]
    found = await stage.chat.search.find(ada, "giraffe", limit=5, cursor=None)
    assert [(hit.message_id, hit.snippet) for hit in found.items] == [(None, "Giraffes")]
    change = ConversationChange(title="Lions")
    await stage.chat.conversations.change(ada, conversation_id, change)
    assert await hits(stage, ada, "giraffe") == []


async def test_a_search_is_paged(stage: Stage, ada: Principal) -> None:
    stage.model.script = saying("ok")
    conversation_id = await stage.converse(ada)
    for number in range(5):
        await stage.exchange(ada, conversation_id, f"apple {number}")
    seen, cursor = list[str](), None
    while True:
        page = await stage.chat.search.find(ada, "apples", limit=2, cursor=cursor)
        seen += [hit.snippet for hit in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [f"apple {number}" for number in (4, 3, 2, 1, 0)]


async def test_nobody_finds_anothers_words(stage: Stage, ada: Principal) -> None:
    await stage.exchange(ada, await stage.converse(ada), "secret walrus")
    colleague = person(workspace_id=ada.workspace_id)
    await stage.converse(colleague)
    assert await hits(stage, colleague, "walrus") == []


@pytest.mark.parametrize("query", ["…!?", " ", " ".join(f"word{n}" for n in range(30))])
async def test_a_search_needs_a_few_words(stage: Stage, ada: Principal, query: str) -> None:
    with pytest.raises(SearchWordsError):
        await hits(stage, ada, query)


async def test_an_unknown_conversation_is_not_found(stage: Stage, ada: Principal) -> None:
    with pytest.raises(ConversationNotFoundError):
        await stage.say(ada, new_id())


async def test_old_frames_are_forgotten_and_the_end_is_still_told(
    stage: Stage, ada: Principal
) -> None:
    stored = await stage.exchange(ada, await stage.converse(ada), "Hello")
    assert await stage.chat.leases.purge_frames() == 0
    async with stage.database.system("test") as session:
        await session.execute(
            text("UPDATE turns SET ended_at = now() - interval '25 hours' WHERE id = :id"),
            {"id": stored.turn.id},
        )
    assert await stage.chat.leases.purge_frames() == 1
    stream = await stage.follow(ada, stored.turn.id, after=2)
    assert [frame.event for frame in stream] == ["turn.ended"]
    assert stored.assistant_message.content.text.encode()[:10] in stream[0].data
