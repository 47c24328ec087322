"""OpenAI's own client, strict about what it reads, at our `/v1`."""

import asyncio
import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from pydantic import BaseModel
from tests.wire.conftest import Gateway, make_key

MODEL = "simulator"
HELLO: Any = [{"role": "user", "content": "Hello there"}]
ADD: Any = [{"role": "user", "content": "Please add a task to call Ada"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "create_task",
        "description": "Add a task",
        "parameters": {
            "type": "object",
            "properties": {"title": {"type": "string"}},
            "required": ["title"],
            "additionalProperties": False,
        },
    },
}


async def test_an_answer(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    (choice,) = answer.choices
    assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
    assert choice.message.content


async def test_usage_adds_up(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0
    assert answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def _chunks(client: openai.AsyncOpenAI, **more: Any) -> list[ChatCompletionChunk]:
    stream = await client.chat.completions.create(model=MODEL, stream=True, **more)
    return [chunk async for chunk in stream]


def _text(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


async def test_a_stream_is_the_whole_answer(client: openai.AsyncOpenAI) -> None:
    whole = await client.chat.completions.create(model=MODEL, messages=HELLO)
    chunks = await _chunks(client, messages=HELLO)
    assert _text(chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}


async def test_a_stream_counts_only_when_asked(client: openai.AsyncOpenAI) -> None:
    assert all(chunk.usage is None for chunk in await _chunks(client, messages=HELLO))


async def test_a_stream_ends_with_its_counts(client: openai.AsyncOpenAI) -> None:
    chunks = await _chunks(client, messages=HELLO, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


async def test_a_tool_is_called(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model=MODEL, messages=ADD, tools=[TOOL])
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "create_task"
    assert "Ada" in json.loads(call.function.arguments)["title"]


async def test_a_tools_result_is_read(client: openai.AsyncOpenAI) -> None:
    first = await client.chat.completions.create(model=MODEL, messages=ADD, tools=[TOOL])
    said = first.choices[0].message
    result: Any = {
        "role": "tool",
        "tool_call_id": (said.tool_calls or [])[0].id,
        "content": '{"id": "t1", "title": "call Ada"}',
    }
    history: Any = [*ADD, said.model_dump(exclude_none=True), result]
    answer = await client.chat.completions.create(model=MODEL, messages=history, tools=[TOOL])
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content


async def test_a_streamed_call_comes_in_pieces(client: openai.AsyncOpenAI) -> None:
    chunks = await _chunks(client, messages=ADD, tools=[TOOL])
    calls = [call for c in chunks for choice in c.choices for call in choice.delta.tool_calls or []]
    assert calls[0].id
    assert calls[0].function is not None
    assert calls[0].function.name == "create_task"
    arguments = "".join((c.function.arguments or "") for c in calls if c.function)
    assert "Ada" in json.loads(arguments)["title"]
    assert len(calls) > 1


async def test_the_streaming_helper_agrees(client: openai.AsyncOpenAI) -> None:
    async with client.chat.completions.stream(model=MODEL, messages=HELLO) as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_completion()
    assert kinds[-1] == "content.done"
    assert final.choices[0].message.content


class _Answer(BaseModel):
    title: str


async def test_a_schema_may_be_asked_for(client: openai.AsyncOpenAI) -> None:
    shape: Any = {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": _Answer.model_json_schema()},
    }
    answer = await client.chat.completions.create(
        model=MODEL, messages=HELLO, response_format=shape
    )
    assert answer.choices[0].finish_reason == "stop"


async def test_reasoning_comes_apart(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="simulator-thinking", messages=HELLO, reasoning_effort="medium"
    )
    assert answer.usage is not None
    said: Any = answer.choices[0].message
    assert said.reasoning_content
    assert said.content


async def test_every_kind_of_content_is_taken(client: openai.AsyncOpenAI) -> None:
    messages: Any = [
        {"role": "developer", "content": "Be short."},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "name": "Ada", "content": "And now?"},
    ]
    answer = await client.chat.completions.create(
        model=MODEL, messages=messages, temperature=0.3, top_p=0.9, stop=["###"], seed=7,
        max_completion_tokens=64, user="ada",
    )  # fmt: skip
    assert answer.choices[0].message.content


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", openai.BadRequestError),
        ("429", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("529", openai.InternalServerError),
        ("model", openai.NotFoundError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_faults_are_the_clients_own_errors(
    client: openai.AsyncOpenAI, fault: str, error: type[openai.APIStatusError], *, stream: bool
) -> None:
    messages: Any = [{"role": "user", "content": f"[simulate:{fault}] Hello"}]
    model = "no-such-model" if fault == "model" else MODEL
    with pytest.raises(error) as caught:
        await client.chat.completions.create(model=model, messages=messages, stream=stream)
    assert caught.value.code
    assert caught.value.request_id


async def test_a_rate_limit_says_when_to_come_again(client: openai.AsyncOpenAI) -> None:
    messages: Any = [{"role": "user", "content": "[simulate:429] Hello"}]
    with pytest.raises(openai.RateLimitError) as caught:
        await client.chat.completions.create(model=MODEL, messages=messages)
    assert int(caught.value.response.headers["retry-after"]) >= 1


async def test_a_broken_stream_is_an_error_not_an_end(client: openai.AsyncOpenAI) -> None:
    messages: Any = [{"role": "user", "content": "[simulate:cut] Tell me a story"}]
    with pytest.raises(openai.APIError, match="broke off"):
        await _chunks(client, messages=messages)


async def test_a_wrong_key(gateway: Gateway) -> None:
    with pytest.raises(openai.AuthenticationError):
        await gateway.openai("vct_nobody").chat.completions.create(model=MODEL, messages=HELLO)


async def test_a_key_without_the_scope(gateway: Gateway) -> None:
    key = await make_key(gateway.ada, ["tasks:read"])
    with pytest.raises(openai.PermissionDeniedError):
        await gateway.openai(key).chat.completions.create(model=MODEL, messages=HELLO)


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": "hello"},
        {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
        {"messages": HELLO, "n": 3},
        {"messages": HELLO, "tools": [{"type": "function"}]},
    ],
)
async def test_what_is_no_request_is_refused(
    client: openai.AsyncOpenAI, wrong: dict[str, Any]
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model=MODEL, **wrong)
    assert caught.value.type == "invalid_request_error"


async def test_models_are_listed_and_found(client: openai.AsyncOpenAI) -> None:
    names = [model.id async for model in client.models.list()]
    assert {"vectal/auto", "vectal/fast", "simulator", "vendor-chat"} <= set(names)
    assert (await client.models.retrieve("vectal/auto")).owned_by == "vectal"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("no-such-model")


async def test_a_raw_answer_says_how_it_came(client: openai.AsyncOpenAI) -> None:
    raw = await client.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    assert raw.headers["x-request-id"]
    assert raw.headers["x-vectal-model"] == "simulator"
    assert raw.headers["x-vectal-simulated"] == "true"
    assert "choice.model" in raw.headers["x-vectal-route"]


async def test_a_response(client: openai.AsyncOpenAI) -> None:
    answer = await client.responses.create(model=MODEL, input="Hello there")
    assert answer.status == "completed"
    assert answer.output_text
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


async def test_a_streamed_response(client: openai.AsyncOpenAI) -> None:
    stream = await client.responses.create(model=MODEL, input="Hello there", stream=True)
    events = [event async for event in stream]
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == events[-1].response.output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))


async def test_a_response_calls_a_tool(client: openai.AsyncOpenAI) -> None:
    tool: Any = {"type": "function", "strict": False, **TOOL["function"]}
    answer = await client.responses.create(
        model=MODEL, input="Please add a task to call Ada", tools=[tool]
    )
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [call.name for call in calls] == ["create_task"]


async def test_many_at_once(client: openai.AsyncOpenAI) -> None:
    answers = await asyncio.gather(
        *(client.chat.completions.create(model=MODEL, messages=HELLO) for _ in range(20))
    )
    assert len({answer.id for answer in answers}) == 20
