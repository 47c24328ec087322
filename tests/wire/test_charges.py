"""What a vendor charges beside tokens is set aside before, and in the cost after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, NamedTuple

import httpx2
import msgspec
import pytest
from tests.flows.visitor import Json
from tests.platform.http.peer import Answer, reply
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway, Purses
from tests.wire.test_passing_on import CHAT, CHAT_ANSWER, claude_event, sse

CLAUDE_PATH, CHAT_PATH, RESPONSES_PATH = "/messages", "/chat/completions", "/responses"
OPUS, GPT = "claude-opus-4-8", "gpt-4.1"
OF_OTHER_PRICES = (
    "gpt-5-search-api",
    "gpt-4o-search-preview",
    "gpt-audio",
    "gpt-image-2",
    "gpt-5-image",
)
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}
COUNTS = {"input_tokens": 1_000, "output_tokens": 100}
PLAIN = Decimal("0.0075")
"""Of those counts: $5 and $25 per million."""


class Priced(NamedTuple):
    """Vendors whose models are in the table of prices."""

    gateway: Gateway

    async def ask(
        self, path: str, body: Json, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        told = {"Authorization": f"Bearer {key}"} if key else {}
        async with self.gateway.http() as http:
            return await http.post(path, json=body, headers={**told, **headers})

    def says(self, usage: Json, *, stream: bool = False) -> None:
        """What Anthropic counts in its next answers."""
        peer = self.gateway.peer
        if stream:
            begun: Json = {"id": "m", "type": "message", "role": "assistant", "content": []}
            peer.answers["/dear/v1/messages"] = sse(
                claude_event("message_start", message={**begun, "usage": {"input_tokens": 9}}),
                claude_event("content_block_start", index=0, content_block={"type": "text"}),
                claude_event("content_block_stop", index=0),
                claude_event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage),
                claude_event("message_stop"),
            )
            return
        answer: Json = {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "content": [],
            "usage": usage,
        }
        peer.answers["/dear/v1/messages"] = reply(msgspec.json.encode(answer), headers=JSON)

    async def last_call(self, model: str) -> Json:
        await asyncio.sleep(1.1)  # the ledger is written each half second
        found = await self.gateway.ada.get("/ai/calls", model=model, limit=1)
        call: Json = found["items"][0]
        return call


@pytest.fixture(scope="module")
async def priced(gateway: Gateway) -> AsyncGenerator[Priced]:
    limits = {"context_tokens": 200_000, "max_output_tokens": 8_192, "tools": True}
    made: list[str] = []
    for kind, path, names in (
        ("anthropic", "/dear", [OPUS]),
        ("openai", "/open", [GPT, *OF_OTHER_PRICES]),
    ):
        models = [{"name": name, **limits} for name in names]
        where = {"base_url": gateway.peer.url(path), "models": models, "batches": "queue"}
        if kind == "openai":
            where["responses"] = "vendor"
        draft = {"kind": kind, "name": f"priced {kind}", "key": "key-of-a-test-0123"}
        made.append((await gateway.ada.post("/ai/providers", {**draft, **where}))["id"])
    gateway.peer.answers["/open/chat/completions"] = reply(CHAT_ANSWER, headers=JSON)
    gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    await asyncio.sleep(1.0)  # models are known within a second
    yield Priced(gateway)
    for provider_id in made:
        gone = await gateway.ada.http.delete(f"/ai/providers/{provider_id}")
        assert gone.is_success, gone.text
    await asyncio.sleep(1.0)  # so that nobody else is sent there


def claude(**members: Any) -> Json:
    said = [{"role": "user", "content": "Hello"}]
    return {"model": OPUS, "max_tokens": 100, "messages": said, **members}


def chat(model: str = CHAT_MODEL, **members: Any) -> Json:
    said = [{"role": "user", "content": "Hello"}]
    return {"model": model, "max_tokens": 100, "messages": said, **members}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("told", "more", "codes"),
    [
        pytest.param({}, Decimal(0), [], id="tokens alone"),
        pytest.param(
            {"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 2}},
            Decimal("0.03"),
            ["fees.searches.3"],
            id="searches",
        ),
        pytest.param(
            {"server_tool_use": {"code_execution_requests": 2}},
            Decimal("0.00833334"),
            ["fees.code.2"],
            id="code",
        ),
        pytest.param({"server_tool_use": None}, Decimal(0), [], id="no tools"),
        pytest.param({"inference_geo": "us"}, PLAIN / 10, ["fees.percent.10"], id="in the US"),
        pytest.param({"inference_geo": "global"}, Decimal(0), [], id="anywhere"),
        pytest.param(
            {
                "cache_creation_input_tokens": 1_000,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 0,
                    "ephemeral_1h_input_tokens": 1_000,
                },
            },
            Decimal("0.01"),
            [],
            id="kept for an hour",
        ),
        pytest.param(
            {"iterations": [{"type": "compaction", **COUNTS}, {"type": "message", **COUNTS}]},
            PLAIN,
            [],
            id="summed up on the way",
        ),
    ],
)
async def test_it_is_in_the_cost(
    priced: Priced, purses: Purses, told: Json, more: Decimal, codes: list[str], *, stream: bool
) -> None:
    priced.says({**COUNTS, **told}, stream=stream)
    purse = await purses.make("usd", "100")
    answer = await priced.ask(CLAUDE_PATH, claude(tools=[SEARCH, CODE], stream=stream), purse.key)
    assert answer.status_code == 200, answer.text
    call = await priced.last_call(OPUS)
    assert Decimal(str(call["cost_usd"])) == PLAIN + more
    assert [code for code in call["route_codes"] if code.startswith("fees")] == codes
    told_of = await priced.gateway.ada.get(f"/ai/budgets/{purse.budget_id}")
    assert Decimal(str(told_of["spent"])) == PLAIN + more


# A window costs $1.25 where all of it goes into the cache, an answer a fourth of a cent. What is
# set aside is counted in eighths.
@pytest.mark.parametrize(
    ("members", "least", "enough"),
    [
        pytest.param({"tools": [SEARCH]}, "5.03", "5.60", id="three searches"),
        pytest.param({"tools": [{**SEARCH, "max_uses": 0}]}, "1.24", "1.40", id="none"),
        pytest.param({"tools": [CODE]}, "13.75", "15.00", id="code, in as many rounds as it takes"),
        pytest.param(
            {"tools": [SEARCH, {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 2}]},
            "7.52",
            "8.40",
            id="searches and pages",
        ),
    ],
)
async def test_it_is_set_aside(
    priced: Priced, purses: Purses, members: Json, least: str, enough: str
) -> None:
    priced.says(COUNTS)
    refused = await priced.ask(
        CLAUDE_PATH, claude(**members), (await purses.make("usd", least)).key
    )
    assert refused.status_code == 402, refused.text
    told = refused.json()["error"]["message"]
    assert "may read a whole window in each of" in told
    assert "`max_uses` of each tool" in told
    answer = await priced.ask(
        CLAUDE_PATH, claude(**members), (await purses.make("usd", enough)).key
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (CHAT_PATH, chat(GPT, max_tokens=None), "no limit: `max_completion_tokens`"),
        (CHAT_PATH, chat(GPT), "as `max_completion_tokens` allows"),
        (RESPONSES_PATH, {"model": GPT, "input": "Hello"}, "no limit: `max_output_tokens`"),
        (CLAUDE_PATH, claude(), "as `max_tokens` allows"),
    ],
)
async def test_a_refusal_says_what_would_lower_it(
    priced: Priced, purses: Purses, path: str, body: Json, words: str
) -> None:
    refused = await priced.ask(path, body, (await purses.make("usd", "0.0001")).key)
    assert refused.status_code == 402, refused.text
    told = refused.json()["error"]["message"]
    assert "for each byte of text" in told
    assert words in told


async def test_a_refusal_for_too_many_requests_is_not_about_tokens(
    priced: Priced, purses: Purses
) -> None:
    purse = await purses.make("requests", "1")
    answers = [await priced.ask(CHAT_PATH, chat(GPT), purse.key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 402]
    assert "byte" not in answers[1].text


LONG = [{"role": "user", "content": "word " * 4_000}]
KEPT = [
    {"type": "text", "text": "word " * 4_000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
]


@pytest.mark.parametrize(
    ("plain", "dearer"),
    [
        pytest.param({"messages": LONG}, {"messages": LONG, "inference_geo": "us"}, id="in the US"),
        pytest.param(
            {"messages": LONG},
            {"messages": [{"role": "user", "content": KEPT}]},
            id="kept for an hour",
        ),
        pytest.param(
            {"messages": LONG}, {"messages": LONG[:0] or LONG, "system": KEPT}, id="system"
        ),
    ],
)
async def test_what_is_dearer_needs_more(
    priced: Priced, purses: Purses, plain: Json, dearer: Json
) -> None:
    """20,000 bytes at $6.25 per million are $0.125, and $0.14 in eighths."""
    priced.says(COUNTS)
    for members, status in ((plain, 200), (plain, 200), (dearer, 402), (dearer, 402)):
        purse = await purses.make("usd", "0.140")
        answer = await priced.ask(CLAUDE_PATH, claude(**members), purse.key)
        assert answer.status_code == status, answer.text


async def test_a_wider_window_is_set_aside(priced: Priced, purses: Purses) -> None:
    """Beside the header all is alike: 400,000 bytes may be as many tokens there."""
    priced.says(COUNTS)
    body = claude(messages=[{"role": "user", "content": "word " * 80_000}])
    purse = await purses.make("usd", "1.50")
    assert (await priced.ask(CLAUDE_PATH, body, purse.key)).status_code == 200
    wide = {"anthropic-beta": "context-1m-2025-08-07"}
    answer = await priced.ask(CLAUDE_PATH, body, purse.key, **wide)
    assert answer.status_code == 402, answer.text


@pytest.mark.parametrize("model", OF_OTHER_PRICES)
async def test_models_of_other_prices_are_not_offered(priced: Priced, model: str) -> None:
    """Those that search for each answer, or make sounds and pictures, though the provider has them.

    Whoever names one in a models file of his own finds its fee in `ai.usage.fees`.
    """
    answer = await priced.ask(CHAT_PATH, chat(model))
    assert answer.status_code == 404, answer.text


WEB, PREVIEW = {"type": "web_search"}, {"type": "web_search_preview_2025_03_11"}
FILES = {"type": "file_search", "vector_store_ids": ["vs_1"]}
PYTHON: Json = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": []}}
HOSTED = {"type": "shell", "environment": {"type": "container_auto"}}
OWN_SHELL = {"type": "shell", "environment": {"type": "local"}}
LARGE = {"type": "code_interpreter", "container": {"type": "auto", "memory_limit": "4g"}}


def responses(**members: Any) -> Json:
    return {"model": GPT, "input": "x", "max_output_tokens": 100, **members}


SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
KEPT_HALF_A_DAY = {"type": "text", "text": "x", "prompt_cache_breakpoint": {"ttl": "12h"}}


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (CHAT_PATH, chat(modalities=["text", "audio"]), "modalities"),
        (CHAT_PATH, chat(modalities=["image", "text"]), "modalities"),
        (CHAT_PATH, chat(audio={"voice": "alloy", "format": "wav"}), "audio"),
        (CHAT_PATH, chat(GPT, messages=[{"role": "user", "content": [SOUND]}]), "input_audio"),
        (CHAT_PATH, chat(GPT, messages=[{"role": "user", "content": [KEPT_HALF_A_DAY]}]), "12h"),
        (CHAT_PATH, chat(service_tier="priority"), "service_tier"),
        (
            RESPONSES_PATH,
            {"model": CHAT_MODEL, "input": "x", "service_tier": "priority"},
            "service_tier",
        ),
        (
            RESPONSES_PATH,
            {"model": CHAT_MODEL, "input": "x", "service_tier": "fast"},
            "service_tier",
        ),
        (RESPONSES_PATH, {"model": CHAT_MODEL, "input": "x", "background": True}, "background"),
        (RESPONSES_PATH, responses(tools=[{"type": "image_generation"}]), "image_generation"),
        (RESPONSES_PATH, responses(tools=[LARGE]), "container"),
        (RESPONSES_PATH, responses(tools=[{**PYTHON, "container": "cntr_1"}]), "container"),
        (RESPONSES_PATH, responses(input=[{"role": "user", "content": [SOUND]}]), "input_audio"),
        (RESPONSES_PATH, responses(service_tier="priority"), "service_tier"),
        (RESPONSES_PATH, responses(background=True), "background"),
        (CLAUDE_PATH, claude(inference_geo="eu"), "inference_geo"),
        (CLAUDE_PATH, claude(speed="fast"), "speed"),
        (CLAUDE_PATH, claude(tools=[{"type": "advisor_20260301", "name": "advisor"}]), "advisor"),
    ],
)
async def test_what_has_no_price_here_is_refused_by_its_name(
    priced: Priced, path: str, body: Json, named: str
) -> None:
    seen = len(priced.gateway.peer.seen)
    for _ in range(2):
        answer = await priced.ask(path, body)
        assert answer.status_code == 400, answer.text
        assert named in answer.json()["error"]["message"]
    assert len(priced.gateway.peer.seen) == seen, "nobody was asked"


def response(*output: str, tools: list[Json], stream: bool) -> Answer:
    """OpenAI's answer of these items, which repeats the tools."""
    items = [{"type": kind, "id": f"i_{number}"} for number, kind in enumerate(output)]
    whole: Json = {
        "id": "resp_1",
        "object": "response",
        "output": items,
        "tools": tools,
        "usage": COUNTS,
    }
    if not stream:
        return reply(msgspec.json.encode({**whole, "status": "completed"}), headers=JSON)
    begun: Json = {"type": "response.created", "sequence_number": 0, "response": {"output": []}}
    last: Json = {"type": "response.completed", "sequence_number": 1, "response": whole}
    lines = (b"data: " + msgspec.json.encode(each) + b"\n\n" for each in (begun, last))
    return sse(*lines)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("tools", "output", "more", "codes"),
    [
        ([WEB], ["message"], "0", []),
        (
            [WEB],
            ["web_search_call", "reasoning", "web_search_call", "message"],
            "0.02",
            ["searches.2"],
        ),
        ([PREVIEW], ["web_search_call", "message"], "0.025", ["searches.1"]),
        ([FILES], ["file_search_call"] * 3, "0.0075", ["files.3"]),
        ([PYTHON], ["code_interpreter_call"] * 2, "0.03", ["code.1"]),
        ([HOSTED], ["shell_call", "shell_call_output"], "0.03", ["code.1"]),
        ([OWN_SHELL], ["shell_call"], "0", []),
        (
            [WEB, FILES],
            ["web_search_call", "file_search_call"],
            "0.0125",
            ["searches.1", "files.1"],
        ),
    ],
)
async def test_calls_of_openais_tools_are_counted(
    priced: Priced,
    purses: Purses,
    tools: list[Json],
    output: list[str],
    more: str,
    codes: list[str],
    *,
    stream: bool,
) -> None:
    """$2 and $8 per million make $0.0028 of the counts."""
    priced.gateway.peer.answers["/open/responses"] = response(*output, tools=tools, stream=stream)
    purse = await purses.make("usd", "100")
    body = {
        "model": GPT,
        "input": "Hello",
        "max_output_tokens": 100,
        "tools": tools,
        "stream": stream,
    }
    answer = await priced.ask(RESPONSES_PATH, body, purse.key)
    assert answer.status_code == 200, answer.text
    call = await priced.last_call(GPT)
    assert Decimal(str(call["cost_usd"])) == Decimal("0.0028") + Decimal(more)
    told = [code for code in call["route_codes"] if code.startswith("fees")]
    assert told == [f"fees.{code}" for code in codes]
    spent = await priced.gateway.ada.get(f"/ai/budgets/{purse.budget_id}")
    assert Decimal(str(spent["spent"])) == Decimal("0.0028") + Decimal(more)


async def test_searches_of_a_stream_that_breaks_are_charged(priced: Priced, purses: Purses) -> None:
    """Nobody counts them at its end, so they are counted as they pass."""
    search: dict[str, Any] = {
        "type": "server_tool_use",
        "id": "s",
        "name": "web_search",
        "input": {},
    }
    priced.gateway.peer.answers["/dear/v1/messages"] = sse(
        claude_event("message_start", message={"usage": {"input_tokens": 1_000}}),
        claude_event("content_block_start", index=0, content_block=search),
        claude_event("content_block_stop", index=0),
        claude_event("content_block_start", index=1, content_block={"type": "text", "text": "Hi"}),
    )
    purse = await purses.make("usd", "100")
    answer = await priced.ask(CLAUDE_PATH, claude(tools=[SEARCH], stream=True), purse.key)
    assert "event: error" in answer.text
    call = await priced.last_call(OPUS)
    assert "fees.searches.1" in call["route_codes"]
    assert call["input_tokens"] == 2_000, "each round reads what the first one did"
    assert 0.02 < call["cost_usd"] < 0.0202
    begun = {"type": "response.created", "sequence_number": 0, "response": {"tools": [WEB]}}
    done = {"type": "response.output_item.done", "item": {"type": "web_search_call"}}
    text = {"type": "response.output_text.delta", "sequence_number": 2, "delta": "Hi"}
    events: list[Json] = [begun, {**done, "sequence_number": 1}, text]
    lines = (b"data: " + msgspec.json.encode(each) + b"\n\n" for each in events)
    priced.gateway.peer.answers["/open/responses"] = sse(*lines)
    answer = await priced.ask(RESPONSES_PATH, responses(tools=[WEB], stream=True), purse.key)
    assert "error" in answer.text
    call = await priced.last_call(GPT)
    assert "fees.searches.1" in call["route_codes"]
    spent = await priced.gateway.ada.get(f"/ai/budgets/{purse.budget_id}")
    assert 0.03 < float(spent["spent"]) < 0.031


# A window costs $0.40 there.
@pytest.mark.parametrize(
    ("members", "least", "enough"),
    [
        pytest.param({"tools": [WEB], "max_tool_calls": 2}, "1.21", "1.40", id="two calls"),
        pytest.param({"tools": [WEB]}, "5.39", "6.00", id="as many as it takes"),
        pytest.param({"tools": [PREVIEW]}, "6.89", "7.50", id="of the older price"),
        pytest.param({"tools": [FILES], "max_tool_calls": 1}, "0.80", "0.95", id="in files"),
        pytest.param({"tools": [PYTHON], "max_tool_calls": 0}, "0.42", "0.50", id="a container"),
        pytest.param({"tools": [OWN_SHELL]}, "0.001", "0.006", id="a shell of one's own"),
    ],
)
async def test_rounds_of_openais_tools_are_set_aside(
    priced: Priced, purses: Purses, members: Json, least: str, enough: str
) -> None:
    tools = members["tools"]
    priced.gateway.peer.answers["/open/responses"] = response("message", tools=tools, stream=False)
    body = {"model": GPT, "input": "Hello", "max_output_tokens": 100, **members}
    refused = await priced.ask(RESPONSES_PATH, body, (await purses.make("usd", least)).key)
    assert refused.status_code == 402, refused.text
    answer = await priced.ask(RESPONSES_PATH, body, (await purses.make("usd", enough)).key)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("store", [True, False])
async def test_what_openai_stores_costs_nothing(
    priced: Priced, purses: Purses, *, store: bool
) -> None:
    """Answers lie there for 30 days without a price: platform.openai.com, guides/your-data."""
    peer = priced.gateway.peer
    peer.answers["/open/chat/completions"] = reply(CHAT_ANSWER, headers=JSON)
    peer.answers["/open/responses"] = response("message", tools=[], stream=False)
    for path, body in (
        (CHAT_PATH, chat(GPT, store=store)),
        (RESPONSES_PATH, responses(store=store)),
    ):
        # So many bytes, and 100 tokens that are answered; nothing beside them.
        answer = await priced.ask(path, body, (await purses.make("usd", "0.0011")).key)
        assert answer.status_code == 200, answer.text
        assert msgspec.json.decode(peer.seen[-1].body)["store"] is store


async def test_sounds_go_to_models_of_ones_own(priced: Priced) -> None:
    priced.gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
    body = chat(messages=[{"role": "user", "content": [SOUND]}])
    answer = await priced.ask(CHAT_PATH, body)
    assert answer.status_code == 200, answer.text
