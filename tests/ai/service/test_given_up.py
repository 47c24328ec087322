"""What a call costs that was given up: its vendor has read it, or nothing was sent to anybody."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from tests.ai.service.desk import (
    ANSWER,
    CHAT,
    CLAUDE,
    EVENTS,
    QUICK,
    SAID,
    SILENT,
    STREAM,
    TWICE,
    Desk,
    Line,
    body_of,
    free,
    patience,
    quick,
    read_all,
    read_only,
)
from tests.platform.http.peer import Answer as Answering
from tests.platform.http.peer import Seen, raw, reply
from tests.wire.test_passing_on import CHAT_STREAM, CLAUDE_STREAM, chat_chunk, claude_event

from vectal.ai.ports import CallLimits, ListedModel
from vectal.ai.proxy.trying import Means
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.call import CallRefusedError
from vectal.ai.tables import UsageRow
from vectal.platform.http.network import SystemDialer

# --- a vendor that says nothing ---------------------------------------------------------------


async def test_a_vendor_that_says_nothing_has_read_the_request(desk: Desk) -> None:
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = SILENT
    with pytest.raises(CallRefusedError) as caught:
        await desk.ask(stream=True)
    assert caught.value.problem.status == 504
    [row] = await desk.lines()
    assert (row.status, row.error_code) == ("failed", "ai.provider_timeout")
    read_only(row)
    assert await desk.used() == row.input_tokens


async def test_so_has_one_whose_answer_in_one_piece_takes_too_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectal.ai.service.gateway.model_gateway.deadline_s", quick)
    desk.peer.answers[CHAT] = SILENT
    with pytest.raises(CallRefusedError):
        await desk.ask()
    [row] = await desk.lines()
    assert (row.status, row.error_code) == ("failed", "ai.provider_timeout")
    read_only(row)


@pytest.mark.parametrize("alive_s", [60.0, 0.05], ids=["to its end", "until it is awaited"])
async def test_so_has_one_that_was_asked_directly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, alive_s: float
) -> None:
    monkeypatch.setattr(desk.services.models, "keep_alive_s", alive_s)
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = SILENT
    line = Line()
    await desk.begin_directly(line, stream=True)
    await line.is_over.wait()
    assert line.awaited is not None
    with pytest.raises(CallRefusedError):
        await line.awaited
    [row] = await desk.lines()
    assert (row.status, row.error_code, row.attempts) == ("failed", "ai.provider_timeout", 1)
    read_only(row)
    assert await desk.used() == row.input_tokens
    assert await desk.outcomes() == ["timeout: first_byte"]


async def test_so_has_one_that_was_asked_for_vectors(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectal.ai.service.gateway.embedding_gateway.DEADLINE_S", QUICK)
    desk.peer.answers["/one/embeddings"] = SILENT
    with pytest.raises(CallRefusedError):
        await desk.services.embeddings.answer(desk.vectors())
    [row] = await desk.lines()
    assert (row.status, row.error_code) == ("failed", "ai.provider_timeout")
    read_only(row)


async def test_a_vendor_that_says_itself_that_it_was_late_costs_nothing(desk: Desk) -> None:
    desk.peer.answers[CHAT] = reply(b"{}", status="504 Gateway Timeout")
    with pytest.raises(CallRefusedError):
        await desk.ask()
    [row] = await desk.lines()
    assert (row.status, row.error_code) == ("failed", "ai.provider_timeout")
    free(row)


# --- another try ------------------------------------------------------------------------------


def silent_first(then: Answering = ANSWER) -> Answering:
    """Says nothing to the first who asks."""
    answers = iter([SILENT])

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await next(answers, then)(request, writer)

    return answer


def apart(rows: list[UsageRow]) -> tuple[UsageRow, UsageRow]:
    """The line of the try that was given up, and that of the one that was answered."""
    late, answered = sorted(rows, key=lambda row: row.status)
    assert (late.status, late.error_code) == ("failed", "ai.provider_timeout")
    assert "given_up" in late.route_reason["codes"]
    assert late.request_id == answered.request_id
    read_only(late)
    assert (answered.status, answered.input_tokens, answered.output_tokens) == ("ok", 11, 3)
    assert (late.attempts, answered.attempts) == (1, 1)
    return late, answered


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two tries in the time of a call, the first may take as long as it likes."""
    limits = Means.limits

    def shorter(means: Means, *told: Any, **more: Any) -> CallLimits:
        return replace(limits(means, *told, **more), deadline_s=QUICK)

    monkeypatch.setattr(Means, "limits", shorter)


@pytest.mark.usefixtures("hasty")
async def test_both_tries_are_counted(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = silent_first()
    answer = await desk.ask()
    assert json.loads(answer.body) == SAID
    late, _ = apart(await desk.lines())
    assert await desk.used() == late.input_tokens + 14


async def test_so_are_they_where_the_first_was_direct(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = silent_first(STREAM)
    line = Line()
    await desk.begin_directly(line, stream=True)
    await line.is_over.wait()
    assert line.awaited is not None
    await read_all((await line.awaited).stream)
    late, _ = apart(await desk.lines())
    assert late.duration_ms >= QUICK * 1_000 * 0.9
    assert await desk.used() == late.input_tokens + 14


@pytest.mark.usefixtures("hasty")
async def test_a_budget_without_room_for_both_ends_the_call(desk: Desk) -> None:
    """It holds the worst case of one try, and what a second would take on top is not there."""
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    cap = len(body_of()) + 60
    await desk.cap(cap)
    desk.peer.answers[CHAT] = silent_first()
    with pytest.raises(CallRefusedError) as caught:
        await desk.ask()
    assert caught.value.problem.status == 504
    assert len(desk.peer.seen) == 1
    [row] = await desk.lines()
    read_only(row)
    assert await desk.used() == row.input_tokens < cap


async def test_several_tries_are_one_request(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.cap(1, "requests")
    desk.peer.answers[CHAT] = silent_first(STREAM)
    await read_all((await desk.ask(stream=True)).stream)
    apart(await desk.lines())
    assert await desk.used() == 1


@pytest.mark.usefixtures("hasty")
async def test_vectors_are_asked_for_again_as_well(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.cap(1_000_000)
    vectors = {"data": [{"embedding": [0.1]}], "usage": {"prompt_tokens": 11}}
    said = reply(json.dumps(vectors).encode(), headers={"Content-Type": "application/json"})
    desk.peer.answers["/one/embeddings"] = silent_first(said)
    await desk.services.embeddings.answer(desk.vectors())
    late, answered = sorted(await desk.lines(), key=lambda row: row.status)
    read_only(late)
    assert (answered.status, answered.input_tokens) == ("ok", 11)
    assert await desk.used() == late.input_tokens + 11


# --- words that were held back -----------------------------------------------------------------

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
WORDS: Final = "It is wide, and deep, and those who sail it"


def broken_first(*, silent: bool, then: Answering = STREAM) -> Answering:
    """Says half of it to the first who asks, and hangs up or falls silent."""
    half = raw(HEAD, CHAT_STREAM[1], chat_chunk({"content": WORDS}), then_wait=silent)
    answers = iter([half])

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await next(answers, then)(request, writer)

    return answer


@pytest.mark.parametrize("silent", [False, True], ids=["hangs up", "falls silent"])
async def test_words_that_nobody_was_shown_have_their_price(desk: Desk, *, silent: bool) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = broken_first(silent=silent)
    answer = await desk.services.models.answer(desk.translated())
    assert json.loads(answer.body)["content"][0]["text"] == "Hi"
    broken, answered = sorted(await desk.lines(), key=lambda row: row.status)
    assert (broken.status, broken.estimated, broken.attempts) == ("failed", True, 1)
    assert broken.input_tokens > 0
    assert broken.output_tokens == -(-len(WORDS) // 4)
    assert (answered.status, answered.input_tokens, answered.output_tokens) == ("ok", 11, 3)
    assert await desk.used() == broken.input_tokens + broken.output_tokens + 14


async def test_they_are_nothing_of_the_next_try(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    desk.peer.answers[CHAT] = broken_first(silent=False, then=SILENT)
    with pytest.raises(CallRefusedError):
        await desk.services.models.answer(desk.translated())
    late, broken = sorted(await desk.lines(), key=lambda row: row.output_tokens)
    assert broken.output_tokens == -(-len(WORDS) // 4)
    read_only(late)


async def test_what_a_vendor_had_counted_is_paid_when_another_try_follows(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.add("two", "anthropic", ListedModel(CLAUDE, CLAUDE))
    await desk.cap(1_000_000)
    counts = {"input_tokens": 7, "cache_read_input_tokens": 2, "output_tokens": 1}
    counted = raw(HEAD, claude_event("message_start", message={"id": "a", "usage": counts}))
    answers = iter([counted])

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await next(answers, reply(b"".join(CLAUDE_STREAM), headers=EVENTS))(request, writer)

    desk.peer.answers["/two/v1/messages"] = answer
    call = replace(desk.call(model=CLAUDE, stream=True), wire=wire("messages"))
    await read_all((await desk.services.models.answer(call)).stream)
    broken, answered = sorted(await desk.lines(), key=lambda row: row.status)
    assert (broken.input_tokens, broken.cache_read_tokens, broken.output_tokens) == (9, 2, 1)
    assert answered.status == "ok"
    assert await desk.used() == 10 + answered.input_tokens + answered.output_tokens


# --- a connection that is never made ----------------------------------------------------------


@dataclass
class Ringing:
    """Nobody picks up."""

    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def dial(self, *_: Any) -> Any:
        self.began.set()
        await asyncio.Event().wait()


@pytest.fixture
def ringing(monkeypatch: pytest.MonkeyPatch) -> Ringing:
    found = Ringing()
    monkeypatch.setattr(SystemDialer, "dial", found.dial)
    return found


async def test_who_leaves_before_there_is_a_connection_pays_nothing(
    desk: Desk, ringing: Ringing
) -> None:
    await desk.cap(1_000_000)
    asking = asyncio.create_task(desk.ask(stream=True))
    await ringing.began.wait()
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    [row] = await desk.lines()
    assert row.status == "cancelled"
    free(row)
    assert await desk.used() == 0


async def test_nor_does_who_asked_directly(desk: Desk, ringing: Ringing) -> None:
    await desk.cap(1_000_000)
    begun = await desk.begin_directly(Line(), stream=True)
    await ringing.began.wait()
    begun.abort()
    [row] = await desk.lines()
    assert row.status == "cancelled"
    free(row)
    assert await desk.used() == 0


async def test_a_connection_that_takes_too_long_costs_nothing(desk: Desk, ringing: Ringing) -> None:
    with pytest.raises(CallRefusedError):
        await desk.ask(stream=True)
    assert ringing.began.is_set()
    [row] = await desk.lines()
    assert (row.status, row.error_code) == ("failed", "ai.provider_timeout")
    free(row)
