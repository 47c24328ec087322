"""OpenAI's batches, by its own client, run by a worker of their own."""

import asyncio
import json
from typing import Any

import openai
import pytest
from tests.platform.http.peer import reply
from tests.wire.batching import CHAT, chat_line, read, start, until_over
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway, make_key, make_member_key

UPSTREAM = "/chat/chat/completions"


@pytest.fixture
def client(batching: Gateway) -> openai.AsyncOpenAI:
    return batching.openai()


async def test_a_batch_from_its_file_to_its_output(client: openai.AsyncOpenAI) -> None:
    names = [f"line-{number}" for number in range(20)]
    batch = await start(client, map(chat_line, names), metadata={"for": "tests"})
    assert batch.object == "batch"
    assert batch.id.startswith("batch_")
    assert batch.status == "validating"
    assert batch.expires_at is not None
    assert batch.expires_at - batch.created_at == 24 * 3600
    batch = await until_over(client, batch)
    assert (batch.status, batch.errors, batch.error_file_id) == ("completed", None, None)
    assert batch.metadata == {"for": "tests"}
    assert batch.completed_at is not None
    assert batch.in_progress_at is not None
    assert batch.finalizing_at is not None
    counts = batch.request_counts
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (20, 20, 0)
    lines = await read(client, batch.output_file_id)
    assert [line["custom_id"] for line in lines] == names
    assert len({line["id"] for line in lines}) == 20
    for line in lines:
        assert line["error"] is None
        assert line["response"]["status_code"] == 200
        assert line["response"]["request_id"]
        assert line["response"]["body"]["choices"][0]["message"]["content"]
    output = await client.files.retrieve(str(batch.output_file_id))
    assert output.purpose == "batch_output"


async def test_results_are_kept_as_long_as_their_maker_says(client: openai.AsyncOpenAI) -> None:
    lines = [chat_line("good"), b"no request"]
    expiry = {"anchor": "created_at", "seconds": 7_200}
    batch = await until_over(client, await start(client, lines, output_expires_after=expiry))
    for file_id in (batch.output_file_id, batch.error_file_id):
        assert file_id is not None
        file = await client.files.retrieve(file_id)
        assert file.expires_at is not None
        assert file.expires_at - file.created_at == 7_200


@pytest.mark.parametrize(
    ("endpoint", "body", "kind"),
    [
        ("/v1/embeddings", {"model": "simulator-embedding", "input": "Hello"}, "list"),
        ("/v1/responses", {"model": "simulator", "input": "Hello"}, "response"),
    ],
)
async def test_every_endpoint(
    client: openai.AsyncOpenAI, endpoint: str, body: dict[str, Any], kind: str
) -> None:
    line = {"custom_id": "a", "method": "POST", "url": endpoint, "body": body}
    batch = await until_over(client, await start(client, [line], endpoint))
    assert batch.status == "completed"
    (found,) = await read(client, batch.output_file_id)
    assert found["response"]["body"]["object"] == kind


BAD_LINES: list[tuple[Any, str, str | None]] = [
    (b"{no json", "invalid_json_line", None),
    (b"[]", "invalid_json_line", None),
    (b"\xff\xfe", "invalid_json_line", None),
    ({"custom_id": "x1"}, "invalid_json_line", "x1"),
    ({**chat_line("x2"), "method": "GET"}, "invalid_method", "x2"),
    ({**chat_line("x3"), "url": "/v1/embeddings"}, "invalid_url", "x3"),
    ({**chat_line("x4"), "body": {"messages": []}}, "invalid_request", "x4"),
    ({**chat_line("x5"), "body": []}, "invalid_request", "x5"),
    (chat_line("x6", stream=True), "invalid_request", "x6"),
    (chat_line("good"), "duplicate_custom_id", "good"),
    (chat_line(""), "invalid_custom_id", None),
    (chat_line("nul\0"), "invalid_custom_id", None),
    (chat_line("n" * 513), "invalid_custom_id", None),
]


async def test_bad_lines_end_alone_with_their_number_and_code(client: openai.AsyncOpenAI) -> None:
    lines = [chat_line("good"), b"", *(line for line, _, _ in BAD_LINES), b"  ", chat_line("last")]
    batch = await until_over(client, await start(client, lines))
    assert batch.status == "completed"
    assert [line["custom_id"] for line in await read(client, batch.output_file_id)] == [
        "good",
        "last",
    ]
    errors = await read(client, batch.error_file_id)
    assert [(each["error"]["code"], each["custom_id"]) for each in errors] == [
        (code, name) for _, code, name in BAD_LINES
    ]
    assert [each["error"]["line"] for each in errors] == list(range(3, len(BAD_LINES) + 3))
    assert all(each["error"]["message"] and each["response"] is None for each in errors)
    told = batch.errors.data if batch.errors else []
    assert [each.line for each in told or []] == list(range(3, len(BAD_LINES) + 3))
    counts = batch.request_counts
    assert counts is not None
    assert (counts.completed, counts.failed) == (2, len(BAD_LINES))


@pytest.mark.parametrize("lines", [[], [b"", b"  "], [b"nonsense"]], ids=["empty", "blank", "bad"])
async def test_a_file_without_a_request_fails(client: openai.AsyncOpenAI, lines: Any) -> None:
    batch = await until_over(client, await start(client, lines))
    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert batch.output_file_id is None
    assert batch.errors is not None
    assert batch.errors.data


async def test_what_a_model_refuses_is_in_the_error_file(client: openai.AsyncOpenAI) -> None:
    lines = [
        chat_line("fine"),
        chat_line("unknown", model="no-such-model"),
        chat_line("refused", "[simulate:400] Hello"),
    ]
    batch = await until_over(client, await start(client, lines))
    assert batch.status == "completed"
    assert len(await read(client, batch.output_file_id)) == 1
    errors = {line["custom_id"]: line for line in await read(client, batch.error_file_id)}
    assert errors["unknown"]["response"]["status_code"] == 404
    assert errors["refused"]["response"]["status_code"] == 400
    assert errors["refused"]["response"]["body"]["error"]["message"]


async def test_a_vendors_answer_is_a_line_of_its_own(
    client: openai.AsyncOpenAI, batching: Gateway
) -> None:
    pretty = json.dumps({"id": "up", "choices": [], "usage": {"prompt_tokens": 3}}, indent=2)
    batching.peer.answers[UPSTREAM] = reply(pretty.encode(), headers=JSON)
    batch = await start(client, [chat_line("a", model=f"{CHAT_MODEL}-11")])
    (line,) = await read(client, (await until_over(client, batch)).output_file_id)
    assert line["response"]["body"] == json.loads(pretty)


async def test_a_server_hears_of_a_model_that_fails_in_the_worker(
    client: openai.AsyncOpenAI, batching: Gateway
) -> None:
    model = f"{CHAT_MODEL}-10"
    batching.peer.answers[UPSTREAM] = reply(b"oops", status="503 No")
    try:
        batch = await start(client, [chat_line(f"l{number}", model=model) for number in range(8)])
        await until_over(client, batch)
    finally:
        del batching.peer.answers[UPSTREAM]
    async with asyncio.timeout(60):
        while True:
            found = await batching.ada.get("/ai/health")
            (one,) = [each for each in found["items"] if each["model"] == model]
            if one["breaker"] in ("half_open", "open"):
                return  # nobody has asked this server for the model
            await asyncio.sleep(0.1)


async def test_lines_wait_where_a_limit_of_rate_says_so(batching: Gateway) -> None:
    made = await batching.ada.post("/api-keys", {"name": "slow", "scopes": ["ai:use"]})
    rules = {"requests_per_minute": 120}
    answer = await batching.ada.http.put(f"/ai/key-rules/{made['id']}", json=rules)
    assert answer.status_code == 200
    client = batching.openai(str(made["key"]))
    batch = await start(client, (chat_line(f"l{number}") for number in range(125)))
    batch = await until_over(client, batch)
    counts = batch.request_counts
    assert counts is not None
    assert (batch.status, counts.completed, counts.failed) == ("completed", 125, 0)


async def test_a_budget_holds_in_a_batch(batching: Gateway) -> None:
    made = await batching.ada.post("/api-keys", {"name": "poor", "scopes": ["ai:use"]})
    await batching.ada.post(
        "/ai/budgets",
        {
            "name": "Poor batch", "unit": "requests", "period": "day", "cap": "3",
            "subject_kind": "key", "subject_id": made["id"],
        },
    )  # fmt: skip
    client = batching.openai(str(made["key"]))
    batch = await start(client, (chat_line(f"l{number}") for number in range(6)))
    batch = await until_over(client, batch)
    counts = batch.request_counts
    assert counts is not None
    assert (counts.completed, counts.failed) == (3, 3)
    for line in await read(client, batch.error_file_id):
        assert line["response"]["status_code"] == 402


async def test_each_line_is_billed_once_for_its_purpose(batching: Gateway) -> None:
    key = await batching.ada.post("/api-keys", {"name": "billed", "scopes": ["ai:use"]})
    client = batching.openai(str(key["key"]))
    await until_over(client, await start(client, map(chat_line, "abcdefg")))
    calls = await batching.ada.get("/ai/calls", limit=200)
    mine = [each for each in calls["items"] if each["api_key_id"] == key["id"]]
    assert len(mine) == 7
    assert {each["purpose"] for each in mine} == {"batch"}


async def test_a_batch_is_cancelled(client: openai.AsyncOpenAI) -> None:
    slow = [chat_line(f"l{number}", "[simulate:hang] Hello") for number in range(200)]
    batch = await start(client, [chat_line("quick"), *slow])
    async with asyncio.timeout(60):
        while batch.status != "in_progress" or not (
            batch.request_counts and batch.request_counts.completed
        ):
            await asyncio.sleep(0.1)
            batch = await client.batches.retrieve(batch.id)
    asked = await client.batches.cancel(batch.id)
    assert asked.status in {"cancelling", "cancelled"}
    assert asked.cancelling_at is not None
    batch = await until_over(client, batch)
    assert batch.status == "cancelled"
    assert batch.cancelled_at is not None
    assert [line["custom_id"] for line in await read(client, batch.output_file_id)] == ["quick"]
    with pytest.raises(openai.ConflictError):
        await client.batches.cancel(batch.id)


async def test_a_revoked_key_ends_its_batch(batching: Gateway) -> None:
    made = await batching.ada.post("/api-keys", {"name": "short", "scopes": ["ai:use"]})
    client = batching.openai(str(made["key"]))
    lines = [chat_line("quick"), b"{no json", chat_line("a", "[simulate:hang] Hello")]
    batch = await start(client, lines)
    async with asyncio.timeout(60):
        while not (batch.request_counts and batch.request_counts.completed):
            await asyncio.sleep(0.1)
            batch = await client.batches.retrieve(batch.id)
    gone = await batching.ada.http.delete(f"/api-keys/{made['id']}")
    assert gone.status_code == 204
    batch = await until_over(batching.openai(), batch)
    assert batch.status == "cancelled"
    assert batch.errors is not None
    codes = [each.code for each in batch.errors.data or []]
    assert codes == ["invalid_json_line", "credential_revoked"]
    assert [line["custom_id"] for line in await read(batching.openai(), batch.output_file_id)] == [
        "quick"
    ]


async def test_lists_are_paged(batching: Gateway) -> None:
    client = batching.openai(await make_member_key(batching, "member"))
    ids = [(await start(client, [chat_line("a")])).id for _ in range(5)]
    page = await client.batches.list(limit=2)
    assert [batch.id for batch in page.data] == ids[:-3:-1]
    assert page.has_more
    assert [batch.id async for batch in client.batches.list(limit=2)] == ids[::-1]
    after = [batch.id async for batch in client.batches.list(after=ids[2])]
    assert after == [ids[1], ids[0]]


async def test_who_sees_a_batch(batching: Gateway, client: openai.AsyncOpenAI) -> None:
    member = batching.openai(await make_member_key(batching, "member"))
    other = batching.openai(await make_member_key(batching, "member"))
    admin = batching.openai(await make_member_key(batching, "admin"))
    batch = await until_over(member, await start(member, [chat_line("a")]))
    with pytest.raises(openai.NotFoundError):
        await other.batches.retrieve(batch.id)
    with pytest.raises(openai.NotFoundError):
        await other.batches.cancel(batch.id)
    assert [each async for each in other.batches.list()] == []
    assert (await admin.batches.retrieve(batch.id)).id == batch.id
    for stranger in (admin, other, client):
        with pytest.raises(openai.NotFoundError):
            await stranger.files.content(str(batch.output_file_id))
    held = await start(member, [chat_line("a", "[simulate:hang] Hello")])
    assert (await admin.batches.cancel(held.id)).status in {"cancelling", "cancelled"}
    assert (await until_over(member, held)).status == "cancelled"


async def test_what_is_no_batch_is_refused(client: openai.AsyncOpenAI, batching: Gateway) -> None:
    file = await client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
    good: dict[str, Any] = {
        "input_file_id": file.id, "endpoint": CHAT, "completion_window": "24h",
    }  # fmt: skip
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"endpoint": "/v1/moderations"}, 400),
        ({"endpoint": "/v1/moderations", "input_file_id": "file-" + "0" * 32}, 400),
        ({"endpoint": "/v1/moderations", "input_file_id": "../x"}, 400),
        ({"endpoint": None}, 400),
        ({"completion_window": "1h"}, 400),
        ({"input_file_id": "file-" + "0" * 32}, 404),
        ({"input_file_id": "../x"}, 404),
        ({"metadata": {str(number): "x" for number in range(17)}}, 400),
        ({"metadata": {"k": "x" * 513}}, 400),
        ({"metadata": {"k": "\0"}}, 400),
        ({"metadata": {"k": 1}}, 400),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 60}}, 400),
        ({"output_expires_after": {"anchor": "ended_at", "seconds": 3600}}, 400),
    ]
    async with batching.http() as http:
        for change, status in wrong:
            answer = await http.post("/batches", json={**good, **change})
            assert (answer.status_code, change) == (status, change), answer.text
            assert answer.json()["error"]["message"]
            if status == 400:
                param = answer.json()["error"]["param"]
                assert param.partition("[")[0].partition(".")[0] == next(iter(change))
        assert (await http.post("/batches", content=b"{", headers=JSON)).status_code == 400
        assert (await http.get("/batches", params={"limit": 101})).status_code == 400


async def test_an_output_is_no_input(client: openai.AsyncOpenAI) -> None:
    batch = await until_over(client, await start(client, [chat_line("a")]))
    with pytest.raises(openai.NotFoundError):
        await client.batches.create(
            input_file_id=str(batch.output_file_id), endpoint=CHAT, completion_window="24h"
        )


async def test_who_may_not(batching: Gateway) -> None:
    with pytest.raises(openai.AuthenticationError):
        await batching.openai("vct_nobody").batches.list()
    key = await make_key(batching.ada, ["tasks:read"])
    with pytest.raises(openai.PermissionDeniedError):
        await batching.openai(key).batches.list()
    with pytest.raises(openai.NotFoundError):
        await batching.openai().batches.retrieve("batch_x")
