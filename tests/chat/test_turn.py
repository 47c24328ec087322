"""A turn from the message to the stored answer."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tests.chat.stage import WORDS, ScriptedModel, Stage, person, saying, text_of
from tests.fixtures.servers import TestDatabase

from vectal.ai.contracts import (
    AUTO,
    Failed,
    Finished,
    ModelChoice,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from vectal.auth.principal import Principal
from vectal.chat import frames
from vectal.chat.asked import RequestKey
from vectal.chat.beginning import MAX_OPEN_TURNS
from vectal.chat.contracts import Focus, TurnRequest, TurnStatus
from vectal.chat.errors import (
    BranchPointError,
    ConversationNotFoundError,
    TooManyTurnsError,
    TurnNotFoundError,
    TurnRunningError,
)
from vectal.platform.errors import IdempotencyMismatchError

ANSWER = "".join(WORDS)


async def count_open_transactions(superuser_url: str) -> int:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )
    url = superuser_url.replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = (await connection.execute(waiting)).scalar_one()
    await engine.dispose()
    return found


async def test_an_answer_is_streamed_and_stored_byte_for_byte(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    started = await stage.say(ada, conversation_id, "What is due today?")
    stream = await stage.follow(ada, started.turn.id)

    assert [frame.seq for frame in stream] == list(range(1, len(stream) + 1))
    assert stream[0].event == frames.STARTED
    assert stream[1].event == frames.ROUTED
    assert stream[-1].event == frames.ENDED
    stored = await stage.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.COMPLETED
    assert stored.assistant_message.status == "complete"
    assert text_of(stream).encode() == stored.assistant_message.content.text.encode()
    assert stored.assistant_message.content.text == ANSWER
    assert stored.turn.usage is not None
    assert stored.turn.usage["output_tokens"] == 7
    assert stored.turn.model == "sim-fast"
    assert stored.turn.duration_ms == 300
    last = msgspec.json.decode(stream[-1].data)
    assert last["message"]["text"] == ANSWER
    assert last["turn"]["status"] == "completed"


async def test_the_first_frame_is_there_before_the_model_says_a_word(
    stage: Stage, ada: Principal
) -> None:
    gate = asyncio.Event()
    stage.model.script = [gate, *saying("late")]
    started = await stage.say(ada, await stage.converse(ada))
    following = stage.chat.turns.follow(ada, started.turn.id)
    assert (await anext(following)).event == frames.STARTED
    gate.set()
    assert text_of([frame async for frame in following]) == "late"


async def test_no_transaction_is_open_while_the_model_speaks(
    stage: Stage, ada: Principal, postgres: TestDatabase
) -> None:
    gate = asyncio.Event()
    stage.model.script = [TextDelta("a"), gate, *saying("b")]
    started = await stage.say(ada, await stage.converse(ada))
    following = stage.chat.turns.follow(ada, started.turn.id)
    while (await anext(following)).event != frames.TEXT:
        pass
    # Others of the process come and go; one that waits for the model would stay.
    async with asyncio.timeout(10):
        while await count_open_transactions(postgres.superuser_url):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    gate.set()
    assert text_of([frame async for frame in following]) == "b"


async def test_the_stream_is_the_same_from_any_frame_on(stage: Stage, ada: Principal) -> None:
    started = await stage.say(ada, await stage.converse(ada))
    whole = await stage.follow(ada, started.turn.id)
    for cut in range(len(whole)):
        assert await stage.follow(ada, started.turn.id, after=whole[cut].seq) == (
            whole[cut + 1 :] or [whole[-1]]
        )


async def test_a_stop_keeps_the_text_so_far(stage: Stage, ada: Principal) -> None:
    stage.model.script = [TextDelta("Half an"), asyncio.Event(), *saying(" answer")]
    started = await stage.say(ada, await stage.converse(ada))
    following = stage.chat.turns.follow(ada, started.turn.id)
    stream = [await anext(following)]
    while stream[-1].event != frames.TEXT:
        stream.append(await anext(following))
    await stage.chat.turns.stop(ada, started.turn.id)
    async with asyncio.timeout(5):
        stream += [frame async for frame in following]
    stored = await stage.chat.turns.get(ada, started.turn.id)
    assert stored.turn.status is TurnStatus.STOPPED
    assert stored.assistant_message.status == "stopped"
    assert stored.assistant_message.content.text == text_of(stream) == "Half an"
    assert stage.model.was_closed


async def test_stopping_an_ended_turn_changes_nothing(stage: Stage, ada: Principal) -> None:
    stored = await stage.exchange(ada, await stage.converse(ada), "Hello")
    await stage.chat.turns.stop(ada, stored.turn.id)
    again = await stage.chat.turns.get(ada, stored.turn.id)
    assert again.turn.status is TurnStatus.COMPLETED


async def test_a_failing_provider_leaves_its_text_and_a_clear_reason(
    stage: Stage, ada: Principal
) -> None:
    stage.model.script = [
        TextDelta("Half an"),
        Failed("ai.provider_unavailable", "The provider went away.", retryable=True),
    ]
    stored = await stage.exchange(ada, await stage.converse(ada), "Hello")
    assert stored.turn.status is TurnStatus.FAILED
    assert stored.turn.error is not None
    assert stored.turn.error.code == "ai.provider_unavailable"
    assert stored.assistant_message.content.text == "Half an"


async def test_a_bug_in_the_model_module_fails_the_turn_and_not_the_process(
    stage: Stage, ada: Principal
) -> None:
    stage.model.script = [TextDelta("Half"), RuntimeError("bug")]
    stored = await stage.exchange(ada, await stage.converse(ada), "Hello")
    assert stored.turn.error is not None
    assert stored.turn.error.code == "chat.turn_broken"
    assert stored.assistant_message.content.text == "Half"


async def test_a_lost_right_ends_the_turn_before_the_model_is_asked(
    stage: Stage, ada: Principal
) -> None:
    assert ada.session_id is not None
    stage.rights.revoked.add(ada.session_id)
    stored = await stage.exchange(ada, await stage.converse(ada), "Hello")
    assert stored.turn.error is not None
    assert stored.turn.error.code == "auth.revoked"
    assert not stage.model.asked


async def test_tools_are_told_and_kept_with_their_changeset(stage: Stage, ada: Principal) -> None:
    changeset = UUID(int=9)
    stage.model.script = [
        TextDelta("Adding."),
        ToolCalled("c1", "create_task", "Create task", {"title": "Rent"}),
        ToolReturned(
            "c1", "create_task", ok=True, summary="1 proposed", changeset_id=changeset, content="ok"
        ),
        TextDelta("Done."),
        Finished("stop"),
    ]
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Add rent")
    (tool,) = stored.assistant_message.content.tools
    assert (tool.changeset_id, tool.ok, tool.content) == (changeset, True, "ok")
    await stage.exchange(ada, conversation_id, "And now?")
    assert [message.role for message in stage.model.asked[-1].history] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]


async def test_the_model_is_told_who_asks_and_what_they_look_at(
    stage: Stage, ada: Principal
) -> None:
    conversation_id, task_id = await stage.converse(ada), UUID(int=3)
    request = TurnRequest(
        mode="act",
        choice=ModelChoice(slot="fast"),
        text="Split it",
        timezone="Asia/Tokyo",
        focus=Focus(task_id=task_id),
    )
    started = await stage.chat.turns.start(ada, conversation_id, request)
    await stage.follow(ada, started.turn.id)
    (asked,) = stage.model.asked
    assert asked.mode == "act"
    assert asked.choice == ModelChoice(slot="fast")
    assert (asked.system.user_name, asked.system.workspace_name) == ("Ada", "Home")
    assert asked.system.timezone == "Asia/Tokyo"
    assert [pinned.text for pinned in asked.system.pinned] == [f"task {task_id}"]
    assert (asked.turn_id, asked.conversation_id) == (started.turn.id, conversation_id)


async def test_a_repeated_key_gives_the_same_turn(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    request = TurnRequest(mode="ask", choice=AUTO, text="Once")
    key = RequestKey("k1", b"digest")

    async def start() -> UUID:
        started = await stage.chat.turns.start(ada, conversation_id, request, key=key)
        return started.turn.id

    first, *others = await asyncio.gather(*(start() for _ in range(5)))
    assert others == [first] * 4
    await stage.follow(ada, first)
    again = await stage.chat.turns.start(ada, conversation_id, request, key=key)
    assert again.replayed
    assert again.turn.status is TurnStatus.COMPLETED
    assert len(stage.model.asked) == 1
    with pytest.raises(IdempotencyMismatchError):
        await stage.chat.turns.start(
            ada, conversation_id, request, key=RequestKey("k1", b"another")
        )


async def test_one_answer_at_a_time_in_a_conversation(stage: Stage, ada: Principal) -> None:
    gate = asyncio.Event()
    stage.model.script = [gate, *saying("ok")]
    conversation_id = await stage.converse(ada)
    started = await stage.say(ada, conversation_id)
    with pytest.raises(TurnRunningError) as refused:
        await stage.say(ada, conversation_id)
    assert refused.value.extra == {"turn_id": str(started.turn.id)}
    gate.set()
    await stage.follow(ada, started.turn.id)
    await stage.exchange(ada, conversation_id, "next")


async def test_a_person_has_a_bounded_number_of_answers_under_way(
    stage: Stage, ada: Principal
) -> None:
    gate = asyncio.Event()
    stage.model.script = [gate, *saying("ok")]
    conversations = [await stage.converse(ada) for _ in range(MAX_OPEN_TURNS + 3)]
    outcomes = await asyncio.gather(
        *(stage.say(ada, conversation_id) for conversation_id in conversations),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, TooManyTurnsError)]
    assert len(refused) == 3
    assert refused[0].headers["Retry-After"]
    gate.set()


async def test_a_stranger_finds_nothing(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Secret")
    colleague = person(workspace_id=ada.workspace_id)
    with pytest.raises(ConversationNotFoundError):
        await stage.say(colleague, conversation_id)
    with pytest.raises(TurnNotFoundError):
        await stage.chat.turns.get(colleague, stored.turn.id)
    with pytest.raises(TurnNotFoundError):
        await stage.chat.turns.stop(colleague, stored.turn.id)
    with pytest.raises(TurnNotFoundError):
        await stage.follow(colleague, stored.turn.id)


async def test_a_message_can_not_hang_below_a_question(stage: Stage, ada: Principal) -> None:
    conversation_id = await stage.converse(ada)
    stored = await stage.exchange(ada, conversation_id, "Hello")
    request = TurnRequest(mode="ask", choice=AUTO, text="Again", parent_id=stored.user_message.id)
    with pytest.raises(BranchPointError):
        await stage.chat.turns.start(ada, conversation_id, request)


async def test_nothing_that_was_said_is_stored_in_clear(stage: Stage, ada: Principal) -> None:
    canary = "xylophone-canary"
    stage.model.script = saying(f"echo {canary}")
    conversation_id = await stage.converse(ada)
    await stage.exchange(ada, conversation_id, f"my {canary}")
    async with stage.database.read(ada) as session:
        for table in ("conversations", "messages", "turns", "turn_frames", "outbox"):
            rows = await session.execute(text(f"SELECT row_to_json(t)::text FROM {table} t"))  # noqa: S608 - a constant
            assert all(canary.encode().hex() not in row[0] and canary not in row[0] for row in rows)


async def test_the_model_is_asked_once_for_a_turn(stage: Stage, ada: Principal) -> None:
    stage.model.script = saying("ok")
    await stage.exchange(ada, await stage.converse(ada), "Hello")
    await stage.chat.runner.look()
    assert len(stage.model.asked) == 1
    assert isinstance(stage.model, ScriptedModel)
