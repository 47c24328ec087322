"""What an answer costs that breaks off: its vendor has read the request, and begun to answer."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.ai.service.desk import (
    ANSWER,
    CHAT,
    EVENTS,
    SAID,
    TWICE,
    Desk,
    Line,
    free,
    patience,
    read_all,
    read_only,
)
from tests.platform.http.peer import Answer as Answering
from tests.platform.http.peer import Seen, raw, reply
from tests.wire.test_passing_on import CHAT_STREAM

from vectal.ai.service.gateway.call import CallRefusedError

BODY = json.dumps(SAID).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
    BODY
)
CUT = raw(HEAD, BODY[:20])
NO_WORD = reply(CHAT_STREAM[0], headers=EVENTS)


def once(first: Answering, then: Answering = ANSWER) -> Answering:
    answers = iter([first])

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await next(answers, then)(request, writer)

    return answer


@pytest.mark.parametrize("stream", [False, True], ids=["in one piece", "before a word"])
async def test_an_answer_that_breaks_off_has_read_the_request(desk: Desk, *, stream: bool) -> None:
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = NO_WORD if stream else CUT
    with pytest.raises(CallRefusedError) as caught:
        await desk.services.models.answer(desk.translated() if stream else desk.call())
    assert caught.value.problem.status == 502
    [row] = await desk.lines()
    assert row.status == "failed"
    read_only(row)
    assert await desk.used() == row.input_tokens


async def test_so_has_one_that_was_asked_directly(desk: Desk) -> None:
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = CUT
    line = Line()
    await desk.begin_directly(line)
    await line.is_over.wait()
    assert line.awaited is not None
    with pytest.raises(CallRefusedError):
        await line.awaited
    [row] = await desk.lines()
    read_only(row)
    assert await desk.used() == row.input_tokens


async def test_another_try_is_counted_beside_it(desk: Desk) -> None:
    desk.services.models.proxy.means.patience = patience(alone=TWICE)
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = once(CUT)
    assert json.loads((await desk.ask()).body) == SAID
    broken, answered = sorted(await desk.lines(), key=lambda row: row.status)
    read_only(broken)
    assert "given_up" in broken.route_reason["codes"]
    assert (answered.status, answered.input_tokens, answered.output_tokens) == ("ok", 11, 3)
    assert await desk.used() == broken.input_tokens + 14


@pytest.mark.parametrize(
    "answer",
    [raw(), raw(b"HTTP/1.1 500 Oh no\r\nContent-Length: 90\r\n\r\n{"), raw(b"HTTP/1.1 no")],
    ids=["no answer", "a refusal that breaks off", "no HTTP"],
)
async def test_who_never_began_to_answer_costs_nothing(desk: Desk, answer: Answering) -> None:
    desk.peer.answers[CHAT] = answer
    with pytest.raises(CallRefusedError):
        await desk.ask()
    [row] = await desk.lines()
    assert row.status == "failed"
    free(row)


async def test_a_stream_that_breaks_off_amid_its_words_costs_them(desk: Desk) -> None:
    await desk.cap(1_000_000)
    desk.peer.answers[CHAT] = reply(b"".join(CHAT_STREAM[:3]), headers=EVENTS)
    await read_all((await desk.ask(stream=True)).stream)
    [row] = await desk.lines()
    assert (row.status, row.estimated, row.output_tokens) == ("failed", True, 1)
    assert row.input_tokens > 0
