"""Anthropic's batches of messages, by its own client."""

import asyncio
from typing import Any

import anthropic
import pytest
from tests.platform.http.peer import reply
from tests.wire.batching import until_ended
from tests.wire.conftest import CLAUDE_MODEL, JSON, Gateway, make_key, make_member_key
from tests.wire.test_passing_on import CLAUDE, CLAUDE_ANSWER


@pytest.fixture
def claude(batching: Gateway) -> anthropic.AsyncAnthropic:
    return batching.anthropic()


def _request(name: str, text: str = "Hello", model: str = "simulator", **more: Any) -> Any:
    message = {"role": "user", "content": text}
    params = {"model": model, "max_tokens": 64, "messages": [message], **more}
    return {"custom_id": name, "params": params}


async def _results(claude: anthropic.AsyncAnthropic, batch_id: str) -> dict[str, Any]:
    found = [each async for each in await claude.messages.batches.results(batch_id)]
    names = [each.custom_id for each in found]
    assert len(names) == len(set(names))
    return {each.custom_id: each.result for each in found}


async def test_a_batch_from_its_requests_to_its_results(claude: anthropic.AsyncAnthropic) -> None:
    batch = await claude.messages.batches.create(
        requests=[
            _request("fine"),
            _request("unknown", model="no-such-model"),
            _request("streamed", stream=True),
        ]
    )
    assert (batch.type, batch.processing_status) == ("message_batch", "in_progress")
    assert batch.id.startswith("msgbatch_")
    assert batch.results_url is None
    assert batch.request_counts.processing == 2
    batch = await until_ended(claude, batch)
    assert batch.ended_at is not None
    assert batch.results_url is not None
    assert batch.results_url.endswith(f"/v1/messages/batches/{batch.id}/results")
    counts = batch.request_counts
    assert (counts.succeeded, counts.errored, counts.processing) == (1, 2, 0)
    results = await _results(claude, batch.id)
    assert list(results) == ["fine", "unknown", "streamed"]
    assert results["fine"].type == "succeeded"
    assert results["fine"].message.content[0].text
    assert results["unknown"].type == "errored"
    assert results["unknown"].error.error.type == "not_found_error"
    assert results["streamed"].error.error.type == "invalid_request_error"


async def test_a_vendors_answer_comes_as_it_was(
    claude: anthropic.AsyncAnthropic, batching: Gateway
) -> None:
    batching.peer.answers[CLAUDE] = reply(CLAUDE_ANSWER, headers=JSON)
    batch = await claude.messages.batches.create(
        requests=[_request("a", model=f"{CLAUDE_MODEL}-11")]
    )
    await until_ended(claude, batch)
    result = (await _results(claude, batch.id))["a"]
    assert result.message.id == "msg_up"
    assert result.message.usage.cache_read_input_tokens == 5


async def test_a_batch_is_cancelled_and_deleted(claude: anthropic.AsyncAnthropic) -> None:
    requests = [_request("quick"), *(_request(f"s{n}", "[simulate:hang] Hello") for n in range(40))]
    batch = await claude.messages.batches.create(requests=requests)
    with pytest.raises(anthropic.ConflictError):
        await claude.messages.batches.delete(batch.id)
    async with asyncio.timeout(60):
        while not batch.request_counts.succeeded:
            await asyncio.sleep(0.1)
            batch = await claude.messages.batches.retrieve(batch.id)
    asked = await claude.messages.batches.cancel(batch.id)
    assert asked.processing_status in {"canceling", "ended"}
    assert asked.cancel_initiated_at is not None
    batch = await until_ended(claude, batch)
    assert (batch.request_counts.succeeded, batch.request_counts.canceled) == (1, 40)
    results = await _results(claude, batch.id)
    assert [each.type for each in results.values()] == ["succeeded", *["canceled"] * 40]
    gone = await claude.messages.batches.delete(batch.id)
    assert (gone.id, gone.type) == (batch.id, "message_batch_deleted")
    with pytest.raises(anthropic.NotFoundError):
        await claude.messages.batches.retrieve(batch.id)


async def test_lists_are_paged_both_ways(batching: Gateway) -> None:
    claude = batching.anthropic(await make_member_key(batching, "member"))
    ids = [(await claude.messages.batches.create(requests=[_request("a")])).id for _ in range(5)]
    page = await claude.messages.batches.list(limit=2)
    assert [batch.id for batch in page.data] == ids[:-3:-1]
    assert (page.has_more, page.first_id, page.last_id) == (True, ids[4], ids[3])
    assert [batch.id async for batch in claude.messages.batches.list(limit=2)] == ids[::-1]
    before = await claude.messages.batches.list(before_id=ids[1], limit=2)
    assert [batch.id for batch in before.data] == [ids[3], ids[2]]
    with pytest.raises(anthropic.BadRequestError):
        await claude.messages.batches.list(before_id=ids[0], after_id=ids[1])


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [_request("a"), _request("a")],
        [_request("no spaces")],
        [_request("")],
        [_request("x" * 65)],
        [{"custom_id": "a"}],
        [{"params": {}}],
        "many",
        None,
    ],
)
async def test_what_is_no_batch_is_refused(claude: anthropic.AsyncAnthropic, requests: Any) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await claude.messages.batches.create(requests=requests)
    assert caught.value.response.json()["type"] == "error"


async def test_who_may_not(claude: anthropic.AsyncAnthropic, batching: Gateway) -> None:
    batch = await until_ended(
        claude, await claude.messages.batches.create(requests=[_request("a")])
    )
    with pytest.raises(anthropic.AuthenticationError):
        await batching.anthropic("vct_nobody").messages.batches.list()
    key = await make_key(batching.ada, ["tasks:read"])
    with pytest.raises(anthropic.PermissionDeniedError):
        await batching.anthropic(key).messages.batches.list()
    member = batching.anthropic(await make_member_key(batching, "member"))
    admin = batching.anthropic(await make_member_key(batching, "admin"))
    with pytest.raises(anthropic.NotFoundError):
        await member.messages.batches.retrieve(batch.id)
    assert (await admin.messages.batches.retrieve(batch.id)).id == batch.id
    for stranger in (member, admin):
        with pytest.raises(anthropic.NotFoundError):
            await stranger.messages.batches.results(batch.id)
        with pytest.raises(anthropic.NotFoundError):
            await stranger.messages.batches.delete(batch.id)


async def test_the_two_wires_keep_apart(
    claude: anthropic.AsyncAnthropic, batching: Gateway
) -> None:
    batch = await claude.messages.batches.create(requests=[_request("a")])
    async with batching.http() as http:
        other = batch.id.replace("msgbatch_", "batch_")
        answer = await http.get(f"/batches/{other}")
    assert answer.status_code == 404
