"""What every adapter must do, whatever its vendor's wire looks like."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ai.providers.rigs import (
    ANTHROPIC,
    RIGS,
    Call,
    Piece,
    Reasoning,
    Rig,
    Text,
    Usage,
    a_request,
)
from tests.ai.providers.scripted_egress import Pause, Playback

from vectal.ai.contracts import (
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    TokenUsage,
    ToolCallPart,
)
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderAdapter,
    ProviderFault,
    ReasoningSigned,
    ToolArgumentsDelta,
    ToolCallStarted,
)

pytestmark = pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)

KEY = "sk-verysecretkey1234567890"
CREDENTIALS = Credentials("https://provider.test/v1", KEY)
PATIENT = CallLimits(deadline_s=30, first_word_s=10, idle_s=10)
HASTY = CallLimits(deadline_s=0.4, first_word_s=0.1, idle_s=0.1)
PIECES: tuple[Piece, ...] = (
    Reasoning("First I think."),
    Text("Hello "),
    Text("wörld 👋"),
    Call("call_1", "look", ('{"q": ', '"a"}')),
    Call("call_2", "look", ("{}",)),
)


async def _collect(
    adapter: ProviderAdapter, request: ModelRequest | None = None, limits: CallLimits = PATIENT
) -> list[ModelEvent]:
    return [e async for e in adapter.stream(CREDENTIALS, request or a_request(), limits)]


async def _outcome(adapter: ProviderAdapter) -> tuple[list[ModelEvent], ProviderFault | None]:
    """What came, and the fault that ended it."""
    events: list[ModelEvent] = []
    try:
        async for event in adapter.stream(CREDENTIALS, a_request(), PATIENT):
            events.append(event)  # noqa: PERF401  (what came before a fault counts)
    except ProviderFault as fault:
        return events, fault
    return events, None


async def _fault(adapter: ProviderAdapter, limits: CallLimits = PATIENT) -> ProviderFault:
    with pytest.raises(ProviderFault) as caught:
        await _collect(adapter, limits=limits)
    return caught.value


def _last(events: list[ModelEvent]) -> ModelFinished:
    assert isinstance(events[-1], ModelFinished)
    assert not any(isinstance(event, ModelFinished) for event in events[:-1])
    return events[-1]


def _text(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_whole_answer_arrives_in_order(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.stream(PIECES, "tool_calls", Usage())]))
    events = await _collect(adapter)
    signed = [ReasoningSigned] if rig is ANTHROPIC else []
    assert [type(event) for event in events] == [
        ReasoningDelta,
        *signed,
        TextDelta,
        TextDelta,
        ToolCallStarted,
        ToolArgumentsDelta,
        ToolArgumentsDelta,
        ToolCallStarted,
        ToolArgumentsDelta,
        ModelFinished,
    ]
    assert _text(events) == "Hello wörld 👋"
    assert _last(events).reason == "tool_calls"


async def test_the_message_holds_all_that_was_streamed(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.stream(PIECES, "tool_calls", None)]))
    message = _last(await _collect(adapter)).message
    assert message.text == "Hello wörld 👋"
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    assert [(c.call_id, c.name, c.arguments) for c in calls] == [
        ("call_1", "look", '{"q": "a"}'),
        ("call_2", "look", "{}"),
    ]
    thoughts = [part for part in message.parts if isinstance(part, ReasoningPart)]
    assert [(t.text, t.provider) for t in thoughts] == [("First I think.", rig.name)]


async def test_usage_counts_cache_and_reasoning_the_same_way_everywhere(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.stream(PIECES, "tool_calls", Usage(100, 20, 40, 5))]))
    assert _last(await _collect(adapter)).usage == TokenUsage(
        input_tokens=100, output_tokens=20, cache_read_tokens=40, reasoning_tokens=5
    )


async def test_no_usage_is_told_as_none(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.stream([Text("x")], "stop", None)]))
    assert _last(await _collect(adapter)).usage is None


@pytest.mark.parametrize("reason", ["stop", "length"])
async def test_finish_reasons_are_mapped(rig: Rig, reason: str) -> None:
    adapter, _ = rig.make(Playback([rig.stream([Text("x")], reason, None)]))
    assert _last(await _collect(adapter)).reason == reason


async def test_a_stop_after_tool_calls_counts_as_tool_calls(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.stream([Call("a", "look", ("{}",))], "stop", None)]))
    assert _last(await _collect(adapter)).reason == "tool_calls"


async def test_bytes_may_be_cut_anywhere(rig: Rig) -> None:
    whole = rig.stream(PIECES, "tool_calls", Usage())
    adapter, _ = rig.make(Playback([whole]))
    expected = await _collect(adapter)
    adapter, _ = rig.make(Playback([bytes([byte]) for byte in whole]))
    assert await _collect(adapter) == expected


async def test_calls_without_an_id_or_with_the_same_one_get_their_own(rig: Rig) -> None:
    twins = [Call("same", "look", ("{}",)), Call("same", "look", ("{}",)), Call("", "look", ())]
    adapter, _ = rig.make(Playback([rig.stream(twins, "tool_calls", None)]))
    events = await _collect(adapter)
    ids = [event.call_id for event in events if isinstance(event, ToolCallStarted)]
    assert len(set(ids)) == 3
    assert all(ids)


async def test_nothing_after_the_end_is_believed(rig: Rig) -> None:
    whole = rig.stream([Text("x")], "stop", None)
    adapter, _ = rig.make(Playback([whole + whole + b"data: {garbage\n\n"]))
    events = await _collect(adapter)
    assert _text(events) == "x"
    assert _last(events).reason == "stop"


async def test_an_end_without_its_formality_is_an_end(rig: Rig) -> None:
    whole = rig.stream([Text("x")], "stop", None)
    without_last = whole.rstrip(b"\n").rsplit(b"\n\n", 1)[0] + b"\n\n"
    adapter, _ = rig.make(Playback([without_last]))
    assert _last(await _collect(adapter)).reason == "stop"


@pytest.mark.parametrize("pieces", [(), (Text("Half"),)], ids=["nothing", "half"])
async def test_a_cut_is_a_fault_after_what_came(rig: Rig, pieces: tuple[Piece, ...]) -> None:
    adapter, _ = rig.make(Playback([rig.open_stream(pieces)]))
    seen, fault = await _outcome(adapter)
    assert fault is not None
    assert fault.kind == "cut"
    assert fault.retryable
    assert _text(seen) == "".join(p.text for p in pieces if isinstance(p, Text))


async def test_a_lost_connection_is_a_fault_of_its_own(rig: Rig) -> None:
    lost = ProviderFault("connection", "reset")
    adapter, _ = rig.make(Playback([rig.open_stream([Text("Half")]), lost]))
    assert (await _fault(adapter)).kind == "connection"


async def test_a_connection_lost_after_the_answer_costs_nothing(rig: Rig) -> None:
    whole = rig.stream([Text("x")], "stop", Usage())
    without_last = whole.rstrip(b"\n").rsplit(b"\n\n", 1)[0] + b"\n\n"
    adapter, _ = rig.make(Playback([without_last, ProviderFault("connection", "reset")]))
    assert _last(await _collect(adapter)).reason == "stop"


@pytest.mark.parametrize("garbage", [b"data: {\n\n", b"data: [1]\n\n", b"data: \xff\xfe\n\n"])
async def test_garbage_is_a_fault(rig: Rig, garbage: bytes) -> None:
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]) + garbage]))
    assert (await _fault(adapter)).kind == "garbage"


async def test_an_error_inside_a_stream_is_read(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]) + rig.error_event]))
    assert (await _fault(adapter)).kind == "overloaded"


async def test_an_error_as_json_with_status_200_is_read(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.error_body], headers={"content-type": "application/json"}))
    assert (await _fault(adapter)).kind == "overloaded"


async def test_another_content_type_is_garbage(rig: Rig) -> None:
    page = Playback([b"<html>hello</html>"], headers={"content-type": "text/html"})
    adapter, _ = rig.make(page)
    assert (await _fault(adapter)).kind == "garbage"


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "invalid_request", False),
        (401, "authentication", False),
        (402, "quota", False),
        (403, "permission", False),
        (404, "model_not_found", False),
        (413, "context_too_large", False),
        (429, "rate_limited", True),
        (500, "server_error", True),
        (502, "server_error", True),
        (503, "overloaded", True),
        (504, "timeout", True),
        (529, "overloaded", True),
        (302, "invalid_request", False),
    ],
)
async def test_statuses_are_told_apart(
    rig: Rig, status: int, kind: str, *, retryable: bool
) -> None:
    adapter, _ = rig.make(Playback([b"no json"], status, {"retry-after": "7"}))
    fault = await _fault(adapter)
    assert (fault.kind, fault.retryable, fault.status) == (kind, retryable, status)
    assert fault.retry_after_s == 7


async def test_an_overload_is_read_from_the_body(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.error_body], 500))
    assert (await _fault(adapter)).kind == "overloaded"


async def test_a_key_is_never_repeated(rig: Rig) -> None:
    body = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}).encode()
    adapter, _ = rig.make(Playback([body], 401))
    fault = await _fault(adapter)
    assert "Incorrect API key provided" in fault.detail
    assert KEY not in fault.detail
    assert KEY[:6] not in fault.detail


@pytest.mark.parametrize("words", ["maximum context length is 8192", "prompt is too long: 9 > 8"])
async def test_a_prompt_that_is_too_long_is_told_from_a_bad_one(rig: Rig, words: str) -> None:
    body = json.dumps({"error": {"message": words, "type": "invalid_request_error"}}).encode()
    adapter, _ = rig.make(Playback([body], 400))
    assert (await _fault(adapter)).kind == "context_too_large"


async def test_silence_before_the_first_byte_is_a_timeout(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([Pause(30)]))
    assert (await _fault(adapter, HASTY)).kind == "timeout"


async def test_silence_in_mid_stream_is_a_timeout(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]), Pause(30)]))
    assert (await _fault(adapter, HASTY)).kind == "timeout"


async def test_a_frame_is_no_word(rig: Rig) -> None:
    """Who has named the answer may think for as long as before it; who has spoken may not."""
    thoughtful = CallLimits(deadline_s=30, first_word_s=10, idle_s=0.2)
    said = rig.stream([Text("x"), Text("y")], "stop", None)
    frame, end = said[: said.index(b"\n\n") + 2], said.index(b"\n\n", said.index(b'"x"')) + 2
    words = [frame, Pause(0.5), said[len(frame) : end], Pause(0.0), said[end:]]
    adapter, _ = rig.make(Playback(words))
    assert _text(await _collect(adapter, limits=thoughtful)) == "xy"
    for pieces in ([said[:end]], [frame, Pause(0.0), said[len(frame) : end]]):
        adapter, _ = rig.make(Playback([*pieces, Pause(30)]))
        async with asyncio.timeout(9):
            assert (await _fault(adapter, thoughtful)).kind == "timeout"


async def test_a_trickle_without_a_line_is_silence(rig: Rig) -> None:
    trickle = [x for _ in range(200) for x in (b"x", Pause(0.02))]
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]), b"data: ", *trickle]))
    assert (await _fault(adapter, HASTY)).kind == "timeout"


async def test_a_stream_that_never_ends_meets_its_deadline(rig: Rig) -> None:
    pings = [x for _ in range(500) for x in (b": ping\n\n", Pause(0.01))]
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]), *pings]))
    assert (await _fault(adapter, HASTY)).kind == "timeout"


async def test_a_line_without_an_end_is_too_large(rig: Rig) -> None:
    flood = [b"x" * 65536] * 40
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]), b"data: ", *flood]))
    assert (await _fault(adapter)).kind == "too_large"


async def test_a_flood_of_tool_calls_is_refused(rig: Rig) -> None:
    calls = [Call(f"c{i}", "look", ("{}",)) for i in range(70)]
    adapter, _ = rig.make(Playback([rig.stream(calls, "tool_calls", None)]))
    assert (await _fault(adapter)).kind == "garbage"


async def test_arguments_without_an_end_are_refused(rig: Rig) -> None:
    call = Call("c", "look", ("x" * 200_000, "y" * 200_000))
    adapter, _ = rig.make(Playback([rig.stream([call], "tool_calls", None)]))
    assert (await _fault(adapter)).kind == "too_large"


async def test_leaving_early_closes_the_call(rig: Rig) -> None:
    playback = Playback([rig.open_stream([Text("one")]), Pause(30)])
    adapter, _ = rig.make(playback)
    stream = adapter.stream(CREDENTIALS, a_request(), PATIENT)
    await anext(stream)
    await stream.aclose()
    assert playback.closed


async def test_cancelling_closes_the_call(rig: Rig) -> None:
    playback = Playback([rig.open_stream([Text("one")]), Pause(30)])
    adapter, _ = rig.make(playback)
    task = asyncio.create_task(_collect(adapter))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert playback.closed


async def test_what_the_way_out_refuses_comes_through(rig: Rig) -> None:
    adapter, _ = rig.make(ProviderFault("address_refused", "This address is inside the house."))
    assert (await _fault(adapter)).kind == "address_refused"


@given(st.lists(st.binary(max_size=80), max_size=8))
async def test_hostile_bytes_end_in_a_fault_or_an_answer(rig: Rig, chunks: list[bytes]) -> None:
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]), *chunks]))
    events, fault = await _outcome(adapter)
    if fault is None:
        _last(events)
    else:
        assert fault.kind in {"cut", "garbage", "server_error"}


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
_NAMES = (
    *("type", "choices", "delta", "content", "tool_calls", "index", "error", "usage"),
    *("content_block", "message", "text", "function", "id", "name", "finish_reason"),
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(_JSON, max_size=5))
async def test_hostile_json_ends_in_a_fault_or_an_answer(rig: Rig, bodies: list[object]) -> None:
    raw = b"".join(f"data: {json.dumps(body)}\n\n".encode() for body in bodies)
    adapter, _ = rig.make(Playback([rig.open_stream([Text("x")]), raw]))
    events, fault = await _outcome(adapter)
    if fault is None:
        _last(events)
    else:
        assert fault.detail


async def test_models_are_listed(rig: Rig) -> None:
    listing = {"data": [{"id": "m-1", "display_name": "M One"}, {"id": 5}, "x", {"id": "m-2"}]}
    playback = Playback([json.dumps(listing).encode()], headers={})
    adapter, egress = rig.make(playback)
    models = await adapter.list_models(CREDENTIALS, PATIENT)
    assert [model.name for model in models] == ["m-1", "m-2"]
    assert models[0].label == ("M One" if rig is ANTHROPIC else "m-1")
    assert egress.requests[0].url.startswith("https://provider.test/v1/models")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 5}', b"<html>"])
async def test_a_listing_of_another_shape_is_garbage(rig: Rig, body: bytes) -> None:
    adapter, _ = rig.make(Playback([body], headers={}))
    with pytest.raises(ProviderFault) as caught:
        await adapter.list_models(CREDENTIALS, PATIENT)
    assert caught.value.kind == "garbage"


async def test_a_bare_text_answer_is_one_part(rig: Rig) -> None:
    adapter, _ = rig.make(Playback([rig.stream([Text("a"), Text("b")], "stop", None)]))
    parts = _last(await _collect(adapter)).message.parts
    assert "".join(part.text for part in parts if isinstance(part, TextPart)) == "ab"
