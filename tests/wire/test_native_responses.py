"""`/v1/responses` at a provider that takes it itself: as it came, and back as it comes."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import openai
import pytest
from tests.platform.http.peer import reply
from tests.wire.conftest import JSON, UPSTREAM_KEY, Gateway
from tests.wire.test_extras import earn_retries
from tests.wire.test_passing_on import CHAT_STREAM, sse

MODEL = "vendor-thinker"
PATH = "/thinker/responses"
ODD_BODY = (
    b'{ "input" : [ {"role":"user","content":"say \\"model\\": \\u00e4", "future": [1, 2.50]},'
    b' {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"c2VhbGVk"} ],'
    b'\n "model":"%s",  "include":["reasoning.encrypted_content"], "vendor_option" : {"a":1} }'
)
USAGE: dict[str, Any] = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 6},
    "total_tokens": 20,
}


def _response(status: str, **members: Any) -> dict[str, Any]:
    return {
        "id": "resp_up",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": MODEL,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
        **members,
    }


THOUGHT: dict[str, Any] = {
    "id": "rs_up",
    "type": "reasoning",
    "summary": [],
    "encrypted_content": "b3BhcXVl",
}
MESSAGE: dict[str, Any] = {
    "id": "msg_up",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hi there", "annotations": [], "logprobs": []}],
}
ANSWER = json.dumps(_response("completed", output=[THOUGHT, MESSAGE], usage=USAGE), indent=1)
PLACE: dict[str, Any] = {"item_id": "msg_up", "output_index": 1, "content_index": 0}


def _events(*said: dict[str, Any]) -> list[bytes]:
    return [
        f"event: {each['type']}\ndata: {json.dumps(each | {'sequence_number': at})}\n\n".encode()
        for at, each in enumerate(said)
    ]


BEGUN: tuple[dict[str, Any], ...] = (
    {"type": "response.created", "response": _response("in_progress")},
    {"type": "response.in_progress", "response": _response("in_progress")},
)
TEXT: tuple[dict[str, Any], ...] = (
    {"type": "response.output_item.added", "output_index": 1, "item": {**MESSAGE, "content": []}},
    {
        "type": "response.content_part.added",
        **PLACE,
        "part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []},
    },
    *(
        {"type": "response.output_text.delta", **PLACE, "delta": word, "logprobs": []}
        for word in ("Hi", " there")
    ),
    {"type": "response.output_text.done", **PLACE, "text": "Hi there", "logprobs": []},
    {"type": "response.output_item.done", "output_index": 1, "item": MESSAGE},
)
DONE: dict[str, Any] = {
    "type": "response.completed",
    "response": _response("completed", output=[THOUGHT, MESSAGE], usage=USAGE),
}
STREAM = _events(*BEGUN, *TEXT, DONE)


def _provider(gateway: Gateway, path: str, *models: str) -> dict[str, Any]:
    return {
        "kind": "openai",
        "name": f"thinker {secrets.token_hex(3)}",
        "base_url": gateway.peer.url(path),
        "key": UPSTREAM_KEY,
        "responses": "vendor",
        "batches": "queue",
        "models": [
            {"name": name, "context_tokens": 100_000, "max_output_tokens": 8_192, "images": True}
            for name in models
        ],
    }


@pytest.fixture(scope="module")
async def thinker(gateway: Gateway) -> AsyncGenerator[None]:
    """A provider that takes `/responses`; its models with a number are there to fail."""
    names = [MODEL, *(f"{MODEL}-{number}" for number in range(12))]
    made = await gateway.ada.post("/ai/providers", _provider(gateway, "/thinker", *names))
    async with gateway.http() as http:  # what can be reached is known for a second
        for _ in range(50):
            if (await http.get(f"/models/{MODEL}")).status_code == 200:
                break
            await asyncio.sleep(0.1)
    yield
    await gateway.ada.http.delete(f"/ai/providers/{made['id']}")


async def _line(gateway: Gateway, **wanted: Any) -> dict[str, Any]:
    """The newest line of the ledger that is as wanted."""
    for _ in range(40):
        found = await gateway.ada.get("/ai/calls", model=wanted["model"])
        for line in found["items"]:
            if wanted.items() <= line.items():
                return line
        await asyncio.sleep(0.25)
    raise AssertionError(f"no such call: {wanted}")


pytestmark = pytest.mark.usefixtures("thinker")


async def test_a_body_is_passed_on_byte_for_byte(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(ANSWER.encode(), headers=JSON)
    body = ODD_BODY % MODEL.encode()
    async with gateway.http() as http:
        answer = await http.post("/responses", content=body, headers=JSON)
    assert answer.content == ANSWER.encode()
    seen = gateway.peer.seen[-1]
    assert (seen.path, seen.body) == (PATH, body)
    assert seen.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert gateway.key not in str(seen.headers)


async def test_only_the_name_of_the_model_changes(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(ANSWER.encode(), headers=JSON)
    async with gateway.http() as http:
        body = ODD_BODY % f"openai/{MODEL}".encode()
        await http.post("/responses", content=body, headers=JSON)
    assert gateway.peer.seen[-1].body == ODD_BODY % MODEL.encode()


@pytest.mark.parametrize("calls", [1, 3])
async def test_the_client_of_the_vendor_reads_a_whole_answer(gateway: Gateway, calls: int) -> None:
    gateway.peer.answers[PATH] = reply(ANSWER.encode(), headers=JSON)
    client = gateway.openai()
    for _ in range(calls):
        answer = await client.responses.create(model=MODEL, input="Hello there")
        assert (answer.output_text, answer.id) == ("Hi there", "resp_up")
        assert answer.usage is not None
        assert answer.usage.output_tokens_details.reasoning_tokens == 6
    line = await _line(gateway, model=MODEL, input_tokens=11, output_tokens=9, status="ok")
    assert (line["cache_read_tokens"], line["cache_write_tokens"]) == (4, 2)
    assert line["reasoning_tokens"] == 6


@pytest.mark.parametrize("calls", [1, 3])
async def test_a_stream_comes_back_byte_for_byte(gateway: Gateway, calls: int) -> None:
    gateway.peer.answers[PATH] = sse(*STREAM)
    async with gateway.http() as http:
        for _ in range(calls):
            body = {"model": MODEL, "input": "x", "stream": True}
            answer = await http.post("/responses", json=body)
            assert answer.content == b"".join(STREAM)


async def test_the_client_of_the_vendor_reads_a_stream(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = sse(*STREAM)
    async with gateway.openai().responses.stream(model=MODEL, input="Hello") as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.output_text == "Hi there"


async def test_most_calls_go_the_short_way(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(ANSWER.encode(), headers=JSON)
    async with gateway.http() as http:
        before = await _direct(gateway)
        for number in range(8):
            body = {"model": MODEL, "input": [{"role": "user", "content": f"Number {number}"}]}
            assert (await http.post("/responses", json=body)).status_code == 200
        assert await _direct(gateway) - before >= 6


async def _direct(gateway: Gateway) -> float:
    async with httpx2.AsyncClient(timeout=30) as http:
        text = (await http.get(f"{gateway.address}/metrics")).text
    name = "vectal_gateway_direct_calls_total "
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"background": True}, "background"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input"),
        ({"input": [{"type": "item\\u005freference", "id": "msg_1"}]}, "input"),
    ],
)
async def test_what_a_vendor_keeps_is_not_leant_on(
    gateway: Gateway, more: dict[str, Any], param: str
) -> None:
    seen = len(gateway.peer.seen)
    written = json.dumps({"model": MODEL, "input": "x", **more}).replace("\\\\u", "\\u")
    async with gateway.http() as http:
        for _ in range(2):
            answer = await http.post("/responses", content=written, headers=JSON)
            assert answer.status_code == 400
            assert answer.json()["error"]["param"] == param
    assert len(gateway.peer.seen) == seen


async def test_tools_of_the_vendor_are_passed_on(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(ANSWER.encode(), headers=JSON)
    tools: Any = [{"type": "web_search"}, {"type": "custom", "name": "shell"}]
    answer = await gateway.openai().responses.create(model=MODEL, input="Look", tools=tools)
    assert answer.output_text == "Hi there"
    assert json.loads(gateway.peer.seen[-1].body)["tools"] == tools


async def test_a_picture_among_parts_that_only_the_vendor_knows(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = reply(ANSWER.encode(), headers=JSON)
    shown = {"type": "input_image", "image_url": f"data:image/png;base64,{'A' * 400_000}"}
    body = {
        "model": MODEL,
        "input": [
            {"type": "computer_call", "id": "cu_1", "call_id": "a", "action": {"type": "wait"}},
            {"type": "message", "role": "user", "content": [shown]},
        ],
    }
    async with gateway.http() as http:
        answer = await http.post("/responses", json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("number", "more"), [(0, {}), (8, {"usage": USAGE})])
async def test_a_vendor_that_fails_in_its_answer_is_told_of_once(
    gateway: Gateway, number: int, more: dict[str, Any]
) -> None:
    error = {"code": "server_error", "message": f"Boom by {UPSTREAM_KEY}."}
    failed = _response("failed", error=error, **more)
    gateway.peer.answers[PATH] = reply(json.dumps(failed).encode(), headers=JSON)
    with pytest.raises(openai.InternalServerError) as caught:
        await gateway.openai().responses.create(model=f"{MODEL}-{number}", input="Hello")
    assert UPSTREAM_KEY not in caught.value.response.text


async def test_a_stream_that_fails_before_its_first_word(gateway: Gateway) -> None:
    error = {"code": "rate_limit_exceeded", "message": "Slow down."}
    failed = {"type": "response.failed", "response": _response("failed", error=error)}
    gateway.peer.answers[PATH] = sse(*_events(failed))
    with pytest.raises(openai.RateLimitError):
        await gateway.openai().responses.create(model=f"{MODEL}-1", input="Hello", stream=True)


@pytest.mark.parametrize(
    ("number", "ending"),
    [
        (2, {"type": "response.failed", "response": _response("failed", error={"code": "x"})}),
        (3, {"type": "error", "code": "server_error", "message": f"{UPSTREAM_KEY}", "param": None}),
        (4, {"type": "error", "error": {"code": "server_error", "message": "Boom."}}),
        (5, None),
    ],
)
async def test_a_stream_that_breaks_ends_with_an_error(
    gateway: Gateway, number: int, ending: dict[str, Any] | None
) -> None:
    model = f"{MODEL}-{number}"
    said: list[dict[str, Any]] = [*BEGUN, *TEXT[:3], *([] if ending is None else [ending])]
    gateway.peer.answers[PATH] = sse(*_events(*said))
    async with gateway.http() as http:
        answer = await http.post("/responses", json={"model": model, "input": "x", "stream": True})
    assert answer.status_code == 200
    whole = b"".join(_events(*BEGUN, *TEXT[:3]))
    assert answer.content.startswith(whole)
    last = answer.content[len(whole) :].decode()
    assert last.startswith("event: error\ndata: ")
    told = json.loads(last.split("data: ", 1)[1])
    assert (told["type"], told["sequence_number"]) == ("error", 5)
    assert told["error"]["message"] == told["message"]
    assert UPSTREAM_KEY not in last
    line = await _line(gateway, model=model, status="failed")
    assert line["output_tokens"] >= 1


async def test_what_a_failed_response_counts_is_paid_for(gateway: Gateway) -> None:
    error = {"code": "server_error", "message": "Boom."}
    failed = _response("failed", error=error, usage={**USAGE, "input_tokens": 4_321})
    ending = {"type": "response.failed", "response": failed}
    gateway.peer.answers[PATH] = sse(*_events(*BEGUN, *TEXT[:3], ending))
    model = f"{MODEL}-9"
    async with gateway.http() as http:
        await http.post("/responses", json={"model": model, "input": "x", "stream": True})
    line = await _line(gateway, model=model, status="failed")
    assert (line["input_tokens"], line["output_tokens"]) == (4_321, 9)


async def test_the_client_of_the_vendor_raises_what_broke(gateway: Gateway) -> None:
    gateway.peer.answers[PATH] = sse(*_events(*BEGUN, *TEXT[:3]))
    stream = await gateway.openai().responses.create(model=f"{MODEL}-6", input="Hello", stream=True)
    with pytest.raises(openai.APIError):
        async for _ in stream:
            pass


async def test_an_answer_that_was_cut_short_is_whole(gateway: Gateway) -> None:
    cut = {"reason": "max_output_tokens"}
    ending = {
        "type": "response.incomplete",
        "response": _response("incomplete", incomplete_details=cut, usage=USAGE),
    }
    events = _events(*BEGUN, *TEXT[:3], ending)
    gateway.peer.answers[PATH] = sse(*events)
    model = f"{MODEL}-7"
    async with gateway.http() as http:
        answer = await http.post("/responses", json={"model": model, "input": "x", "stream": True})
    assert answer.content == b"".join(events)
    assert (await _line(gateway, model=model, status="ok"))["output_tokens"] == 9


async def test_a_provider_that_does_not_take_it_gets_chat(gateway: Gateway) -> None:
    gateway.peer.answers["/other/chat/completions"] = sse(*CHAT_STREAM)
    gateway.peer.answers["/other/responses"] = reply(ANSWER.encode(), headers=JSON)
    body = {**_provider(gateway, "/other", "other-thinker"), "responses": "chat"}
    made = await gateway.ada.post("/ai/providers", body)
    path, client = f"/ai/providers/{made['id']}", gateway.openai()
    try:
        for way, called in (("chat", "/other/chat/completions"), ("vendor", "/other/responses")):
            changed = await gateway.ada.http.patch(path, json={"responses": way})
            assert changed.json()["responses"] == way
            await asyncio.sleep(1.1)  # what can be reached is known for a second
            await client.responses.create(model="other-thinker", input="Hello")
            assert gateway.peer.seen[-1].path == called
    finally:
        await gateway.ada.http.delete(path)


async def test_what_nobody_here_can_read_goes_to_who_takes_it(gateway: Gateway) -> None:
    """Of two providers of a model, the first would get it translated."""
    gateway.peer.answers["/by-chat/chat/completions"] = sse(*CHAT_STREAM)
    gateway.peer.answers["/by-itself/responses"] = reply(ANSWER.encode(), headers=JSON)
    made: list[str] = []
    for path, priority, way in (("/by-chat", 1, "chat"), ("/by-itself", 2, "vendor")):
        body = {**_provider(gateway, path, "at-both"), "priority": priority, "responses": way}
        made.append((await gateway.ada.post("/ai/providers", body))["id"])
    client = gateway.openai()
    none: list[Any] = []
    searching: list[Any] = [{"type": "web_search"}]
    try:
        await asyncio.sleep(1.1)
        for tools, path in (
            (none, "/by-chat/chat/completions"),
            (searching, "/by-itself/responses"),
        ):
            await client.responses.create(model="at-both", input="Hello", tools=tools)
            assert gateway.peer.seen[-1].path == path
    finally:
        for provider in made:
            await gateway.ada.http.delete(f"/ai/providers/{provider}")


async def test_who_begins_and_says_nothing_is_replaced(gateway: Gateway) -> None:
    """Whatever the wire of who stands in."""
    await earn_retries(gateway, 3)
    gateway.peer.answers["/begins/responses"] = sse(*_events(*BEGUN))
    gateway.peer.answers["/stands-in/responses"] = sse(*STREAM)
    made: list[str] = []
    for path, priority in (("/begins", 1), ("/stands-in", 2)):
        body = {**_provider(gateway, path, "at-two"), "priority": priority}
        made.append((await gateway.ada.post("/ai/providers", body))["id"])
    asked = {"model": "at-two", "input": "x", "stream": True}
    try:
        async with gateway.http() as http:
            for _ in range(2):
                answer = await http.post("/responses", json=asked)
                assert answer.content == b"".join(STREAM)
        assert [seen.path for seen in gateway.peer.seen[-4:]].count("/begins/responses") >= 1
    finally:
        for provider in made:
            await gateway.ada.http.delete(f"/ai/providers/{provider}")


async def test_what_takes_it_is_told_by_the_address(gateway: Gateway) -> None:
    async def usual(kind: str, base_url: str | None) -> str:
        body = {"kind": kind, "name": secrets.token_hex(4), "key": "sk-0123456789abcdef"}
        made = await gateway.ada.post("/ai/providers", {**body, "base_url": base_url})
        await gateway.ada.http.delete(f"/ai/providers/{made['id']}")
        return str(made["responses"])

    assert await usual("openai", None) == "vendor"
    assert await usual("openai", gateway.peer.url("/proxy")) == "chat"
    assert await usual("openai_compatible", gateway.peer.url("/proxy")) == "chat"
