"""Structured output and forced calls with the vendors' own clients, before there is a key."""

import json
from datetime import date
from typing import Any, Literal

import anthropic
import openai
import pytest
from pydantic import BaseModel, Field

MODEL = "simulator"
HELLO: Any = [{"role": "user", "content": "Plan the party, please"}]
WEATHER: Any = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 3}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
FUNCTION: Any = {"name": "get_weather", "description": "", "parameters": WEATHER}
OTHER: Any = {"type": "function", "function": {**FUNCTION, "name": "get_news"}}
TOOLS: Any = [OTHER, {"type": "function", "function": FUNCTION}]
NAMED: Any = {"type": "function", "function": {"name": "get_weather"}}


class Guest(BaseModel):
    name: str
    email: str | None
    brings: "list[Guest]"


class Party(BaseModel):
    title: str
    day: date
    budget: float = Field(ge=100, le=200)
    mood: Literal["calm", "loud"]
    guests: list[Guest] = Field(min_length=2)


class Endless(BaseModel):
    """Each needs another."""

    next: "Endless"


async def test_a_completion_is_parsed(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.parse(model=MODEL, messages=HELLO, response_format=Party)
    party = answer.choices[0].message.parsed
    assert party is not None
    assert (party.title, party.mood, len(party.guests)) == ("Simulated title", "calm", 2)


async def test_a_streamed_completion_is_parsed(client: openai.AsyncOpenAI) -> None:
    asked: Any = {"model": MODEL, "messages": HELLO, "response_format": Party}
    chat: Any = client.chat.completions
    async with chat.stream(**asked) as stream:
        final = await stream.get_final_completion()
    whole = await chat.parse(**asked)
    assert final.choices[0].message.parsed == whole.choices[0].message.parsed


async def test_a_response_is_parsed(client: openai.AsyncOpenAI) -> None:
    answer = await client.responses.parse(model=MODEL, input="Hello", text_format=Party)
    assert answer.output_parsed is not None
    assert answer.output_parsed.guests[0].name == "Simulated name"


async def test_a_streamed_response_is_parsed(client: openai.AsyncOpenAI) -> None:
    asked: Any = {"model": MODEL, "input": "Hello", "text_format": Party}
    responses: Any = client.responses
    async with responses.stream(**asked) as stream:
        final = await stream.get_final_response()
    assert final.output_parsed == (await responses.parse(**asked)).output_parsed


async def test_a_message_is_parsed(claude: anthropic.AsyncAnthropic) -> None:
    answer = await claude.messages.parse(
        model=MODEL, max_tokens=500, messages=HELLO, output_format=Party
    )
    assert answer.parsed_output is not None
    assert answer.parsed_output.title == "Simulated title"


@pytest.mark.parametrize("stream", [False, True])
async def test_any_object(client: openai.AsyncOpenAI, *, stream: bool) -> None:
    shape: Any = {"type": "json_object"}
    create: Any = client.chat.completions.create
    answer = await create(model=MODEL, messages=HELLO, response_format=shape, stream=stream)
    if stream:
        chunks = [chunk async for chunk in answer]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    else:
        text = answer.choices[0].message.content
    assert json.loads(text)["simulated"] is True


async def test_a_response_of_any_object(client: openai.AsyncOpenAI) -> None:
    shape: Any = {"format": {"type": "json_object"}}
    answer = await client.responses.create(model=MODEL, input="Hello", text=shape)
    assert json.loads(answer.output_text)["simulated"] is True


async def test_no_instance_is_a_refusal(client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.parse(
        model=MODEL, messages=HELLO, response_format=Endless
    )
    said = answer.choices[0].message
    assert said.parsed is None
    assert "Simulator" in (said.refusal or "")
    response = await client.responses.parse(model=MODEL, input="Hello", text_format=Endless)
    assert response.output_parsed is None
    assert "refusal" in response.model_dump_json()


@pytest.mark.parametrize(("choice", "name"), [("required", "get_news"), (NAMED, "get_weather")])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_is_forced(
    client: openai.AsyncOpenAI, choice: Any, name: str, *, stream: bool
) -> None:
    asked: Any = {"model": MODEL, "messages": HELLO, "tools": TOOLS, "tool_choice": choice}
    chat: Any = client.chat.completions
    if stream:
        async with chat.stream(**asked) as events:
            answer = await events.get_final_completion()
    else:
        answer = await chat.create(**asked)
    (ended,) = answer.choices
    assert ended.finish_reason == "tool_calls"
    (call,) = ended.message.tool_calls
    assert call.type == "function"
    assert call.function.name == name
    assert json.loads(call.function.arguments) == {"city": "Simulated city", "days": 1}


async def test_after_the_result_comes_text(client: openai.AsyncOpenAI) -> None:
    asked: Any = {"model": MODEL, "tools": TOOLS, "tool_choice": "required"}
    create: Any = client.chat.completions.create
    first = await create(messages=HELLO, **asked)
    said = first.choices[0].message
    result = {"role": "tool", "tool_call_id": said.tool_calls[0].id, "content": "Sunny"}
    history: Any = [*HELLO, said.model_dump(exclude_none=True), result]
    answer = await create(messages=history, **asked)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content


async def test_a_response_is_forced_to_call(client: openai.AsyncOpenAI) -> None:
    tool: Any = {"type": "function", "strict": True, **FUNCTION}
    choice: Any = {"type": "function", "name": "get_weather"}
    for each in (choice, "required"):
        answer = await client.responses.create(
            model=MODEL, input="Hello", tools=[tool], tool_choice=each
        )
        (call,) = (item for item in answer.output if item.type == "function_call")
        assert json.loads(call.arguments) == {"city": "Simulated city", "days": 1}


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
async def test_a_message_is_forced_to_call(claude: anthropic.AsyncAnthropic, choice: Any) -> None:
    tool: Any = {"name": "get_weather", "input_schema": WEATHER}
    asked: Any = {"model": MODEL, "max_tokens": 500, "tools": [tool], "tool_choice": choice}
    create: Any = claude.messages.create
    answer = await create(messages=HELLO, **asked)
    assert answer.stop_reason == "tool_use"
    (call,) = (block for block in answer.content if block.type == "tool_use")
    assert call.input == {"city": "Simulated city", "days": 1}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Sunny"}
    history: Any = [
        *HELLO,
        {"role": "assistant", "content": [call.model_dump()]},
        {"role": "user", "content": [result]},
    ]
    answer = await create(messages=history, **asked)
    assert answer.stop_reason == "end_turn"


# --- where an answer ends ---------------------------------------------------------------------

STORY: Any = [{"role": "user", "content": "Write a story of 200 words"}]


async def test_openai_s_client_sets_the_length_and_the_stop(client: openai.AsyncOpenAI) -> None:
    create: Any = client.chat.completions.create
    whole = (await create(model=MODEL, messages=STORY)).choices[0].message.content
    for limit in ("max_tokens", "max_completion_tokens"):
        short = await create(model=MODEL, messages=STORY, **{limit: 12})
        assert (short.choices[0].finish_reason, short.usage.completion_tokens) == ("length", 12)
        assert whole.startswith(short.choices[0].message.content)
    for stop in (whole[30:45], ["never said", whole[30:45]]):
        stopped = await create(model=MODEL, messages=STORY, stop=stop)
        assert stopped.choices[0].finish_reason == "stop"
        assert stopped.choices[0].message.content == whole.partition(whole[30:45])[0]
        assert stopped.usage.completion_tokens < 45


async def test_a_response_is_cut_at_its_length(client: openai.AsyncOpenAI) -> None:
    asked: Any = {"model": MODEL, "input": "Write a story of 200 words", "max_output_tokens": 16}
    responses: Any = client.responses
    answer = await responses.create(**asked)
    assert answer.status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage.output_tokens == 16


async def test_anthropic_s_client_sets_them_too(claude: anthropic.AsyncAnthropic) -> None:
    asked: Any = {"model": MODEL, "messages": STORY, "max_tokens": 4_000}
    messages: Any = claude.messages
    whole: Any = (await messages.create(**asked)).content[0]
    short = await messages.create(**asked | {"max_tokens": 12})
    assert (short.stop_reason, short.usage.output_tokens) == ("max_tokens", 12)
    word = whole.text[30:45]
    async with messages.stream(**asked, stop_sequences=["never said", word]) as stream:
        stopped = await stream.get_final_message()
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", word)
    said: Any = stopped.content[0]
    assert said.text == whole.text.partition(word)[0]
