"""A batch on its way through a vendor's own batch endpoint: sent, asked about, read, paid."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from tests.ai.vendor_batches.bench import CHAT, MODELS, Bench, chat_line
from tests.ai.vendor_batches.emulator import KEY, Kind

from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.router.request import Preferences
from vectal.ai.service.batches.objects import Batch
from vectal.ai.service.batches.vendor.run import VendorPace
from vectal.platform.clock import FixedClock, utc_now

KINDS = pytest.mark.parametrize("kind", ["openai", "anthropic"])


def _answers(kind: Kind, lines: list[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if kind == "anthropic":
            if line["result"]["type"] == "succeeded":
                found[line["custom_id"]] = line["result"]["message"]["content"][0]["text"]
        else:
            body = line["response"]["body"]
            found[line["custom_id"]] = body["choices"][0]["message"]["content"]
    return found


@KINDS
async def test_each_line_ends_once_at_half_the_price(bench: Bench, kind: Kind) -> None:
    await bench.add(kind)
    batch = await bench.run(await bench.start(kind, "one", "fail", "three"))
    assert (batch.status, batch.route) == ("completed", "vendor")
    assert (batch.counts.completed, batch.counts.failed, batch.counts.open) == (2, 1, 0)
    output = await bench.lines(batch.output_file_id)
    assert _answers(kind, output) == {"l1": "one", "l3": "three"}
    errors = output if kind == "anthropic" else await bench.lines(batch.error_file_id)
    refused = next(line for line in errors if line["custom_id"] == "l2")
    assert KEY not in str(refused)
    [job] = bench.emulator.jobs.values()
    assert len(job.lines) == 3
    rows = await bench.usage()
    assert [(row.status, row.input_tokens, row.output_tokens) for row in rows] == [
        ("ok", 10, 4), ("failed", 0, 0), ("ok", 10, 4),
    ]  # fmt: skip
    assert all("batch.vendor" in row.route_reason["codes"] for row in rows)
    whole = {
        "openai": Decimal(10) * 2 + Decimal(4) * 10,
        "anthropic": Decimal("0.1") * 10 + Decimal("0.5") * 4,
    }[kind] / 1_000_000  # fmt: skip
    half = (whole / 2).quantize(Decimal("1e-8"))
    assert [row.cost_usd for row in rows] == [half, Decimal(0), half]
    [held] = await bench.jobs(batch)
    assert (held.state, Decimal(held.cost_units) / 10**8) == ("ended", 2 * half)


async def test_vectors_come_from_the_vendor_too(bench: Bench) -> None:
    await bench.add("openai")
    body = {"model": "text-embedding-3-small", "input": "words"}
    line = chat_line("a", body, "/v1/embeddings")
    batch = await bench.run(await bench.start_lines([line], "/v1/embeddings"))
    assert (batch.status, batch.route, batch.counts.completed) == ("completed", "vendor", 1)
    [told] = await bench.lines(batch.output_file_id)
    assert told["response"]["body"]["data"][0]["embedding"] == [0.5, 0.25]


RESPONSES = "/v1/responses"


async def _respond(bench: Bench, *texts: str) -> Batch:
    bodies = [{"model": MODELS["openai"], "input": each, "max_output_tokens": 50} for each in texts]
    lines = [chat_line(f"l{number}", body, RESPONSES) for number, body in enumerate(bodies, 1)]
    return await bench.start_lines(lines, RESPONSES)


async def test_responses_come_from_the_vendor_too(bench: Bench) -> None:
    await bench.add("openai", responses="vendor")
    batch = await bench.run(await _respond(bench, "one", "broke", "three"))
    assert (batch.status, batch.route) == ("completed", "vendor")
    assert (batch.counts.completed, batch.counts.failed) == (2, 1)
    output = await bench.lines(batch.output_file_id)
    told = [line["response"]["body"]["output"][0]["content"][0]["text"] for line in output]
    assert told == ["one", "three"]
    rows = await bench.usage()
    assert [(row.status, row.input_tokens, row.output_tokens) for row in rows] == [
        ("ok", 10, 4), ("failed", 0, 0), ("ok", 10, 4),
    ]  # fmt: skip
    half = (Decimal(10) * 2 + Decimal(4) * 10) / 1_000_000 / 2
    assert [row.cost_usd for row in rows] == [half, Decimal(0), half]


async def test_responses_go_one_by_one_where_the_provider_does_not_take_them(bench: Bench) -> None:
    await bench.add("openai", responses="chat")
    batch = await _respond(bench, "one")
    await bench.runner.run(bench.scope, batch.id)
    assert (await bench.get(batch)).route == "queue"
    assert bench.emulator.jobs == {}


async def test_responses_of_a_job_pass_the_guardrails(bench: Bench) -> None:
    await bench.add("openai", responses="vendor")
    rules = GuardrailRules(denied_phrases=("bad",), max_answer_chars=5)
    await bench.services.ai.save_preferences(bench.principal, Preferences(guardrails=rules))
    bench.services.models.forget_reach(bench.scope.workspace_id)
    batch = await bench.run(await _respond(bench, "short", "too long a text", "bad"))
    assert (batch.route, batch.counts.completed, batch.counts.failed) == ("vendor", 2, 1)
    output = await bench.lines(batch.output_file_id)
    told = [line["response"]["body"]["output"][0]["content"][0]["text"] for line in output]
    assert told == ["short", "too l"]
    assert [row.input_tokens for row in await bench.usage()] == [10, 10, 10]


async def test_what_leaves_is_in_the_egress_ledger(bench: Bench) -> None:
    await bench.add("openai")
    await bench.run(await bench.start("openai", "one"))
    await bench.services.ledger.flush()
    async with bench.services.database.read(bench.scope) as session:
        found = await session.execute(
            text("SELECT count(*) FROM egress_ledger WHERE workspace_id = :id"),
            {"id": bench.scope.workspace_id},
        )
    assert found.scalar_one() >= 4  # the file, the job, a look, the results


@KINDS
async def test_cancelling_takes_what_was_finished(bench: Bench, kind: Kind) -> None:
    await bench.add(kind)
    batch = await bench.start(kind, "one", "two", "three")
    bench.emulator.auto = False
    assert await bench.runner.run(bench.scope, batch.id) is not None
    [job] = bench.emulator.jobs.values()
    job.done = 1
    service = bench.services.batches.service
    asked = await service.cancel(bench.principal, batch.id, batch.wire)
    assert asked.status == "cancelling"
    batch = await bench.run(batch)
    assert bench.emulator.cancels == [job.id]
    assert (batch.status, batch.counts.completed, batch.counts.cancelled) == ("cancelled", 1, 2)
    output = await bench.lines(batch.output_file_id)
    assert _answers(kind, output) == {"l1": "one"}
    assert len(await bench.usage()) == 1


async def test_a_vendor_may_let_lines_expire(bench: Bench) -> None:
    await bench.add("openai")
    batch = await bench.start("openai", "one", "two")
    bench.emulator.auto = False
    await bench.runner.run(bench.scope, batch.id)
    [job] = bench.emulator.jobs.values()
    bench.emulator.end(job, "expired", done=1)
    batch = await bench.run(batch)
    assert (batch.status, batch.counts.completed, batch.counts.expired) == ("expired", 1, 1)
    [error] = await bench.lines(batch.error_file_id)
    assert (error["custom_id"], error["error"]["code"]) == ("l2", "batch_expired")


@KINDS
async def test_after_a_day_the_vendor_is_asked_to_end(bench: Bench, kind: Kind) -> None:
    await bench.add(kind)
    batch = await bench.start(kind, "one", "two")
    bench.emulator.auto = False
    await bench.runner.run(bench.scope, batch.id)
    [job] = bench.emulator.jobs.values()
    job.done = 1
    late = replace(bench.runner, clock=FixedClock(utc_now() + timedelta(hours=24, minutes=1)))
    batch = await bench.run(batch, late)
    assert bench.emulator.cancels == [job.id]
    assert (batch.status, batch.counts.completed) == ("expired", 1)
    assert (batch.counts.expired, batch.counts.cancelled, batch.counts.open) == (1, 0, 0)
    if kind == "openai":
        [error] = await bench.lines(batch.error_file_id)
        assert (error["custom_id"], error["error"]["code"]) == ("l2", "batch_expired")
    else:
        results = {each["custom_id"]: each for each in await bench.lines(batch.output_file_id)}
        assert results["l2"]["result"] == {"type": "expired"}


@KINDS
@pytest.mark.parametrize("is_cancelled", [False, True], ids=["goes on", "is cancelled"])
async def test_a_batch_ends_with_the_provider_that_has_it(
    bench: Bench, kind: Kind, *, is_cancelled: bool
) -> None:
    provider = await bench.add(kind)
    batch = await bench.start(kind, "one", "two")
    bench.emulator.auto = False
    await bench.runner.run(bench.scope, batch.id)
    await bench.services.ai.providers.delete(bench.principal, provider.id)
    bench.services.models.forget_reach(bench.principal.workspace_id)
    if is_cancelled:
        service = bench.services.batches.service
        await service.cancel(bench.principal, batch.id, batch.wire)
    batch = await bench.run(batch)
    ended = batch.counts.cancelled if is_cancelled else batch.counts.failed
    assert (batch.is_over, ended, batch.counts.open) == (True, 2, 0)
    if kind == "openai" and not is_cancelled:
        errors = await bench.lines(batch.error_file_id)
        assert {each["error"]["code"] for each in errors} == {"provider_deleted"}


async def test_a_vendor_that_vanishes_keeps_nothing_open_for_ever(bench: Bench) -> None:
    await bench.add("openai")
    batch = await bench.start("openai", "one")
    bench.emulator.auto = False
    await bench.runner.run(bench.scope, batch.id)
    bench.emulator.jobs.clear()  # from now on every look fails
    late = replace(bench.runner, clock=FixedClock(utc_now() + timedelta(hours=26)))
    batch = await bench.run(batch, late)
    assert (batch.status, batch.counts.expired) == ("expired", 1)


@KINDS
@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_lines_go_one_by_one_where_the_vendor_takes_no_job(
    bench: Bench, kind: Kind, status: int
) -> None:
    await bench.add(kind)
    bench.emulator.refuse = status
    batch = await bench.run(await bench.start(kind, "one", "two"))
    assert (batch.status, batch.counts.completed) == ("completed", 2)
    assert bench.emulator.jobs == {}
    rows = await bench.usage()
    assert len(rows) == 2
    assert not any("batch.vendor" in row.route_reason["codes"] for row in rows)


async def test_a_job_that_fails_there_is_sent_line_by_line(bench: Bench) -> None:
    await bench.add("openai")
    batch = await bench.start("openai", "one")
    bench.emulator.auto = False
    await bench.runner.run(bench.scope, batch.id)
    [job] = bench.emulator.jobs.values()
    job.state = "failed"
    batch = await bench.run(batch)
    assert (batch.status, batch.counts.completed, len(await bench.usage())) == ("completed", 1, 1)


async def test_a_provider_may_be_kept_out(bench: Bench) -> None:
    await bench.add("openai", batches="queue")
    batch = await bench.run(await bench.start("openai", "one"))
    assert (batch.route, batch.counts.completed) == ("queue", 1)
    assert bench.emulator.jobs == {}


async def test_lines_of_two_providers_stay_in_the_queue(bench: Bench) -> None:
    await bench.add("openai")
    lines = [
        chat_line(model, {"model": model, "messages": [{"role": "user", "content": "Hi"}]})
        for model in (MODELS["openai"], "simulator")
    ]
    batch = await bench.run(await bench.start_lines(lines))
    assert (batch.route, batch.counts.completed) == ("queue", 2)


async def test_a_line_that_is_refused_does_not_hold_the_others(bench: Bench) -> None:
    await bench.add("openai")
    messages = [{"role": "user", "content": "Hi"}]
    lines = [
        chat_line("good", {"model": MODELS["openai"], "messages": messages}),
        chat_line("bad", {"model": "no-such-model", "messages": messages}),
    ]
    batch = await bench.run(await bench.start_lines(lines))
    assert (batch.route, batch.counts.completed, batch.counts.failed) == ("vendor", 1, 1)
    [error] = await bench.lines(batch.error_file_id)
    assert (error["custom_id"], error["response"]["status_code"]) == ("bad", 404)


@KINDS
async def test_answers_pass_the_guardrails(bench: Bench, kind: Kind) -> None:
    await bench.add(kind)
    rules = GuardrailRules(denied_phrases=("bad",), max_answer_chars=5)
    await bench.services.ai.save_preferences(bench.principal, Preferences(guardrails=rules))
    bench.services.models.forget_reach(bench.scope.workspace_id)
    batch = await bench.run(await bench.start(kind, "short", "too long a text", "bad"))
    assert batch.route == "vendor"
    assert (batch.counts.completed, batch.counts.failed) == (2, 1)
    answers = _answers(kind, await bench.lines(batch.output_file_id))
    assert answers == {"l1": "short", "l2": "too l"}
    rows = await bench.usage()
    assert [row.input_tokens for row in rows] == [10, 10, 10], "what was held back is paid"
    assert rows[2].error_code == "ai.guardrail_blocked_answer"


async def test_what_may_not_leave_goes_to_no_vendor_in_a_job(bench: Bench) -> None:
    await bench.add("openai")
    rules = GuardrailRules(personal_data="redact")
    await bench.services.ai.save_preferences(bench.principal, Preferences(guardrails=rules))
    bench.services.models.forget_reach(bench.scope.workspace_id)
    batch = await bench.start("openai", "Write to ada@example.com")
    await bench.runner.run(bench.scope, batch.id)
    assert (await bench.get(batch)).route == "queue"
    assert bench.emulator.jobs == {}


def test_looks_become_rarer() -> None:
    pace = VendorPace()
    pauses = [pace.pause_s(looks) for looks in range(60)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5.0, 120.0)


async def test_a_batch_is_split_by_the_limits_of_the_vendor(bench: Bench) -> None:
    await bench.add("openai")
    messages = [{"role": "user", "content": "Hi"}]
    lines = [chat_line(str(n), {"model": MODELS["openai"], "messages": messages}) for n in range(3)]
    narrow = copy(bench.runner.vendors["openai"])
    narrow.limits = replace(narrow.limits, lines=2)  # pyright: ignore[reportAttributeAccessIssue] - a copy of our own
    runner = replace(bench.runner, vendors={"openai": narrow})
    batch = await bench.run(await bench.start_lines(lines), runner)
    assert (batch.status, batch.counts.completed) == ("completed", 3)
    assert [job.total for job in await bench.jobs(batch)] == [2, 1]
    assert batch.endpoint == CHAT
