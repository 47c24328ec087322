"""Anthropic's own client, strict about what it reads, at our `/v1`."""

import asyncio
from typing import Any

import anthropic
import pytest
from tests.wire.conftest import Gateway, make_key

MODEL = "simulator"
HELLO: Any = [{"role": "user", "content": "Hello there"}]
ADD: Any = [{"role": "user", "content": "Please add a task to call Ada"}]
TOOL: Any = {
    "name": "create_task",
    "description": "Add a task",
    "input_schema": {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
    },
}


async def test_a_message(claude: anthropic.AsyncAnthropic) -> None:
    answer = await claude.messages.create(model=MODEL, max_tokens=200, messages=HELLO)
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert answer.id.startswith("msg_")
    assert answer.content[0].type == "text"
    assert answer.content[0].text


async def test_usage(claude: anthropic.AsyncAnthropic) -> None:
    answer = await claude.messages.create(model=MODEL, max_tokens=200, messages=HELLO)
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0


async def test_events_come_in_order(claude: anthropic.AsyncAnthropic) -> None:
    stream = await claude.messages.create(model=MODEL, max_tokens=200, messages=HELLO, stream=True)
    kinds = [event.type async for event in stream]
    assert kinds[0] == "message_start"
    assert kinds[1] == "content_block_start"
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


async def test_a_stream_is_the_whole_answer(claude: anthropic.AsyncAnthropic) -> None:
    whole = await claude.messages.create(model=MODEL, max_tokens=200, messages=HELLO)
    async with claude.messages.stream(model=MODEL, max_tokens=200, messages=HELLO) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        final = await stream.get_final_message()
    assert whole.content[0].type == "text"
    assert text == whole.content[0].text
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.stop_reason == "end_turn"


async def test_a_tool_is_called(claude: anthropic.AsyncAnthropic) -> None:
    answer = await claude.messages.create(model=MODEL, max_tokens=200, messages=ADD, tools=[TOOL])
    assert answer.stop_reason == "tool_use"
    (call,) = [block for block in answer.content if block.type == "tool_use"]
    assert call.name == "create_task"
    assert "Ada" in str(call.input)


async def test_a_streamed_call(claude: anthropic.AsyncAnthropic) -> None:
    async with claude.messages.stream(
        model=MODEL, max_tokens=200, messages=ADD, tools=[TOOL]
    ) as stream:
        partial = [event async for event in stream if event.type == "input_json"]
        final = await stream.get_final_message()
    assert len(partial) > 1
    (call,) = [block for block in final.content if block.type == "tool_use"]
    assert "Ada" in str(call.input)


async def test_a_tools_result_is_read(claude: anthropic.AsyncAnthropic) -> None:
    first = await claude.messages.create(model=MODEL, max_tokens=200, messages=ADD, tools=[TOOL])
    (call,) = [block for block in first.content if block.type == "tool_use"]
    result: Any = {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": call.id,
                "content": [{"type": "text", "text": '{"id": "t1", "title": "call Ada"}'}],
            }
        ],
    }
    said: Any = {"role": "assistant", "content": [b.model_dump() for b in first.content]}
    answer = await claude.messages.create(
        model=MODEL, max_tokens=200, messages=[*ADD, said, result], tools=[TOOL]
    )
    assert answer.stop_reason == "end_turn"


async def test_a_failed_tool_is_told(claude: anthropic.AsyncAnthropic) -> None:
    messages: Any = [
        *ADD,
        {
            "role": "assistant",
            "content": [
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "create_task",
                    "input": {"title": "x"},
                }
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": "no room",
                    "is_error": True,
                }
            ],
        },
    ]
    answer = await claude.messages.create(
        model=MODEL, max_tokens=200, messages=messages, tools=[TOOL]
    )
    assert answer.content


async def test_thinking_is_a_block_of_its_own(claude: anthropic.AsyncAnthropic) -> None:
    answer = await claude.messages.create(
        model="simulator-thinking",
        max_tokens=4_000,
        messages=HELLO,
        thinking={"type": "enabled", "budget_tokens": 2_000},
    )
    assert [block.type for block in answer.content] == ["thinking", "text"]


async def test_streamed_thinking(claude: anthropic.AsyncAnthropic) -> None:
    async with claude.messages.stream(
        model="simulator-thinking",
        max_tokens=4_000,
        messages=HELLO,
        thinking={"type": "enabled", "budget_tokens": 2_000},
    ) as stream:
        kinds = {event.type async for event in stream}
        final = await stream.get_final_message()
    assert "thinking" in kinds
    assert [block.type for block in final.content] == ["thinking", "text"]


async def test_system_and_cache_marks_are_taken(claude: anthropic.AsyncAnthropic) -> None:
    system: Any = [{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}]
    messages: Any = [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}],
        }
    ]
    answer = await claude.messages.create(
        model=MODEL, max_tokens=200, system=system, messages=messages,
        stop_sequences=["###"], metadata={"user_id": "ada"},
    )  # fmt: skip
    assert answer.content


async def test_tokens_are_counted(claude: anthropic.AsyncAnthropic) -> None:
    short = await claude.messages.count_tokens(model=MODEL, messages=HELLO)
    many: Any = [{"role": "user", "content": "Hello there " * 100}]
    long = await claude.messages.count_tokens(model=MODEL, messages=many)
    assert 0 < short.input_tokens < long.input_tokens


@pytest.mark.parametrize(
    ("fault", "error", "kind"),
    [
        ("400", anthropic.BadRequestError, "invalid_request_error"),
        ("429", anthropic.RateLimitError, "rate_limit_error"),
        ("500", anthropic.InternalServerError, "api_error"),
        ("529", anthropic.InternalServerError, "overloaded_error"),
        ("model", anthropic.NotFoundError, "not_found_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_faults_are_the_clients_own_errors(
    claude: anthropic.AsyncAnthropic,
    fault: str,
    error: type[anthropic.APIStatusError],
    kind: str,
    *,
    stream: bool,
) -> None:
    messages: Any = [{"role": "user", "content": f"[simulate:{fault}] Hello"}]
    model = "no-such-model" if fault == "model" else MODEL
    with pytest.raises(error) as caught:
        await claude.messages.create(model=model, max_tokens=9, messages=messages, stream=stream)
    body: Any = caught.value.body
    assert (body["type"], body["error"]["type"]) == ("error", kind)
    assert caught.value.request_id


async def test_a_broken_stream_is_an_error_not_an_end(claude: anthropic.AsyncAnthropic) -> None:
    messages: Any = [{"role": "user", "content": "[simulate:cut] Tell me a story"}]
    stream = await claude.messages.create(
        model=MODEL, max_tokens=2_000, messages=messages, stream=True
    )
    with pytest.raises(anthropic.APIError, match="broke off") as caught:
        async for _ in stream:
            pass
    body: Any = caught.value.body
    assert body["request_id"] == stream.response.headers["request-id"]


async def test_a_wrong_key(gateway: Gateway) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        await gateway.anthropic(api_key="vct_nobody").messages.create(
            model=MODEL, max_tokens=9, messages=HELLO
        )


async def test_a_text_has_sources_or_no_word_of_them(gateway: Gateway) -> None:
    """Other clients of this wire, such as the AI SDK, read a list or nothing and refuse null."""
    said: dict[str, Any] = {"model": MODEL, "max_tokens": 200, "messages": HELLO}
    async with gateway.http() as http:
        answer = await http.post("/messages", json=said)
        stream = await http.post("/messages", json={**said, "stream": True})
    assert "citations" not in answer.json()["content"][0]
    assert "citations" not in stream.text


async def test_a_key_of_something_else_is_called_a_key(gateway: Gateway) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="API key is unknown"):
        await gateway.anthropic("sk-ant-1").messages.create(
            model=MODEL, max_tokens=10, messages=HELLO
        )


async def test_a_bearer_is_as_good(gateway: Gateway) -> None:
    client = gateway.anthropic(auth_token=gateway.key)
    assert (await client.messages.create(model=MODEL, max_tokens=99, messages=HELLO)).content


async def test_a_key_without_the_scope(gateway: Gateway) -> None:
    key = await make_key(gateway.ada, ["tasks:read"])
    with pytest.raises(anthropic.PermissionDeniedError):
        await gateway.anthropic(api_key=key).messages.create(
            model=MODEL, max_tokens=9, messages=HELLO
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": "hello"},
        {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
        {"messages": HELLO, "tools": [{"description": "no name"}]},
        {"messages": HELLO, "max_tokens": -1},
    ],
)
async def test_what_is_no_request_is_refused(
    claude: anthropic.AsyncAnthropic, wrong: dict[str, Any]
) -> None:
    request: dict[str, Any] = {"model": MODEL, "max_tokens": 9, **wrong}
    with pytest.raises(anthropic.BadRequestError) as caught:
        await claude.messages.create(**request)
    body: Any = caught.value.body
    assert body["error"]["type"] == "invalid_request_error"


async def test_models_are_listed_in_pages(claude: anthropic.AsyncAnthropic) -> None:
    names = [model.id async for model in claude.models.list(limit=3)]
    assert {"vectal/auto", "vectal/fast", "simulator", "vendor-claude"} <= set(names)
    assert len(names) == len(set(names))
    back = [model.id async for model in claude.models.list(limit=3, before_id=names[-1])]
    assert sorted(back) == sorted(names[:-1])
    page = await claude.models.list(limit=2, before_id=names[4])
    assert ([model.id for model in page.data], page.has_more) == (names[2:4], True)
    with pytest.raises(anthropic.BadRequestError):
        await claude.models.list(limit=5_000)
    assert (await claude.models.retrieve("vectal/auto")).type == "model"
    with pytest.raises(anthropic.NotFoundError):
        await claude.models.retrieve("no-such-model")


async def test_a_raw_answer_says_how_it_came(claude: anthropic.AsyncAnthropic) -> None:
    raw = await claude.messages.with_raw_response.create(model=MODEL, max_tokens=99, messages=HELLO)
    assert raw.headers["request-id"]
    assert raw.headers["x-vectal-model"] == "simulator"


async def test_many_at_once(claude: anthropic.AsyncAnthropic) -> None:
    answers = await asyncio.gather(
        *(claude.messages.create(model=MODEL, max_tokens=99, messages=HELLO) for _ in range(20))
    )
    assert len({answer.id for answer in answers}) == 20
