"""The runner at its edges: expiry, two at once, a lost hold, a hand-over, sealed bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import Raw
from sqlalchemy import select
from tests.fixtures.accounts import MakeUser, people_of

from vectal.ai.errors import BatchFileNotFoundError, BatchLimitError, BatchRefusedError
from vectal.ai.repository import batches as sql
from vectal.ai.service.batches.journal import HoldLostError, Journal
from vectal.ai.service.batches.objects import Batch, BatchDraft, LineResult
from vectal.ai.service.batches.reading import MessageRequest
from vectal.ai.service.batches.runner import BatchRunner
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.crypto import UnreadableError
from vectal.platform.db import Scope
from vectal.platform.jobs import repository as jobs_sql
from vectal.platform.jobs.tables import QueuedJob
from vectal.platform.storage import ObjectTooLargeError

CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Bench:
    """One person with a runner that nobody else drives."""

    services: Services
    principal: Principal

    @property
    def runner(self) -> BatchRunner:
        return self.services.batches.runner

    @property
    def scope(self) -> Scope:
        return Scope(self.principal.workspace_id, self.principal.user_id)

    async def start(self, *texts: str) -> Batch:
        lines = [
            {
                "custom_id": f"l{number}",
                "method": "POST",
                "url": CHAT,
                "body": {"model": "simulator", "messages": [{"role": "user", "content": text}]},
            }
            for number, text in enumerate(texts)
        ]
        body = b"\n".join(json.dumps(line).encode() for line in lines)
        file = await self.services.batches.files.upload(self.principal, "in", _once(body))
        draft = BatchDraft(CHAT, file.id)
        return await self.services.batches.service.create(self.principal, draft)

    async def get(self, batch: Batch) -> Batch:
        return await self.services.batches.service.get(self.principal, batch.id, "openai")

    async def lines(self, file_id: Any) -> list[Any]:
        files = self.services.batches.files
        file = await files.get(self.principal, file_id)
        body = b"".join([piece async for piece in files.read(self.principal, file)])
        return [json.loads(line) for line in body.splitlines()]

    async def hold(self, batch: Batch, lease: timedelta = timedelta(minutes=1)) -> Journal:
        database = self.services.database
        async with database.transaction(self.scope) as session:
            row = await sql.hold(session, self.scope, batch.id, lease)
        assert row is not None
        return Journal(database, self.runner.keyring, self.scope, batch.id, row.epoch)


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body


@pytest.fixture
async def bench(house_services: Services) -> Bench:
    services = house_services
    make: MakeUser = people_of(services.database, services.accounts, services.auth)
    return Bench(services, (await make()).principal)


async def test_one_stretch_may_be_enough(bench: Bench) -> None:
    batch = await bench.start("Hello", "Good day")
    assert await bench.runner.run(bench.scope, batch.id) is None
    batch = await bench.get(batch)
    assert (batch.status, batch.counts.completed) == ("completed", 2)
    assert await bench.runner.run(bench.scope, batch.id) is None, "it is over"


async def test_a_stretch_ends_and_another_goes_on(bench: Bench) -> None:
    batch = await bench.start("Hello", "Good day")
    hasty = replace(bench.runner, stretch_s=0.0, concurrency=1)
    first = await hasty.run(bench.scope, batch.id)
    assert first is not None
    assert (await bench.get(batch)).status == "in_progress"
    assert await bench.runner.run(bench.scope, batch.id) is None
    batch = await bench.get(batch)
    assert (batch.status, batch.counts.completed, batch.counts.repeated) == ("completed", 2, 0)


async def test_a_batch_expires_with_what_it_has(bench: Bench) -> None:
    batch = await bench.start("Hello", "Good day")
    late = replace(bench.runner, clock=FixedClock(utc_now() + timedelta(hours=25)))
    assert await late.run(bench.scope, batch.id) is None
    batch = await bench.get(batch)
    assert (batch.status, batch.output_file_id) == ("expired", None)
    assert batch.counts.expired == 2
    errors = await bench.lines(batch.error_file_id)
    assert [each["error"]["code"] for each in errors] == ["batch_expired"] * 2


async def test_only_one_runner_has_a_batch(bench: Bench) -> None:
    batch = await bench.start("Hello")
    await bench.hold(batch)
    assert await bench.runner.run(bench.scope, batch.id) is None
    assert (await bench.get(batch)).status == "validating"


async def test_a_runner_that_was_taken_for_dead_writes_no_more(bench: Bench) -> None:
    batch = await bench.start("Hello")
    old = await bench.hold(batch, timedelta(0))
    assert await bench.runner.run(bench.scope, batch.id) is None
    result = LineResult(200)
    for write in (
        old.take,
        old.keep,
        lambda: old.end(1, "failed", result, ()),
        lambda: old.change(total=9),
    ):
        with pytest.raises(HoldLostError):
            await write()
    batch = await bench.get(batch)
    assert (batch.status, batch.counts.completed, batch.counts.total) == ("completed", 1, 1)


async def test_lines_under_way_are_sent_again_and_counted(bench: Bench) -> None:
    batch = await bench.start("Hello", "Good day")
    hasty = replace(bench.runner, stretch_s=0.0, concurrency=1)
    await hasty.run(bench.scope, batch.id)
    lost = await bench.hold(batch, timedelta(0))
    assert (await lost.take()) is not None
    await bench.runner.run(bench.scope, batch.id)
    batch = await bench.get(batch)
    assert (batch.status, batch.counts.completed, batch.counts.repeated) == ("completed", 2, 1)
    assert len(await bench.lines(batch.output_file_id)) == 2


async def test_a_batch_is_taken_up_though_its_lost_job_counts_as_running(bench: Bench) -> None:
    batch = await bench.start("Hello")
    database, key = bench.services.database, str(batch.id)
    async with database.system("tests") as session:
        job_id = await session.scalar(select(QueuedJob.id).where(QueuedJob.key == key))
        assert job_id is not None
        assert await jobs_sql.claim(session, job_id, timedelta(minutes=5)) is not None
    await bench.hold(batch, timedelta(0))  # it vanishes at once
    sweep = next(each for each in bench.services.batches.sweeps if each.name == "ai.batches")
    for _ in range(2):
        await sweep.run()
    async with database.system("tests") as session:
        found = await session.execute(
            select(QueuedJob.key, QueuedJob.state).where(QueuedJob.key.startswith(key))
        )
    assert sorted((row[0], row[1]) for row in found.all()) == [
        (key, "running"),
        (f"{key}:taken_up:1", "queued"),
    ]


async def test_nobody_holds_a_batch_between_two_stretches(bench: Bench) -> None:
    batch = await bench.start("Hello", "Good day")
    hasty = replace(bench.runner, stretch_s=0.0, concurrency=1)
    assert await hasty.run(bench.scope, batch.id) is not None
    await bench.hold(batch)


async def test_a_runner_that_is_stopped_lets_go_at_once(bench: Bench) -> None:
    batch = await bench.start("[simulate:hang] Hello")
    running = asyncio.create_task(bench.runner.run(bench.scope, batch.id))
    for _ in range(600):
        if (await bench.get(batch)).status == "in_progress":
            break
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    journal = await bench.hold(batch)
    assert await journal.keep() == "in_progress"


async def test_cancelling_needs_no_worker(bench: Bench) -> None:
    batch = await bench.start("Hello")
    done = await bench.services.batches.service.cancel(bench.principal, batch.id, "openai")
    assert done.status == "cancelled"
    assert done.output_file_id is None


async def test_a_file_that_is_gone_fails_its_batch(bench: Bench) -> None:
    batch = await bench.start("Hello")
    assert batch.input_file_id is not None
    await bench.services.batches.files.delete(bench.principal, batch.input_file_id)
    await bench.runner.run(bench.scope, batch.id)
    batch = await bench.get(batch)
    assert (batch.status, batch.errors[0]["code"]) == ("failed", "file_not_found")


async def test_a_piece_opens_in_its_place_alone(bench: Bench) -> None:
    pieces = bench.runner.files.pieces
    one, other = uuid4(), uuid4()
    for file_id in (one, other):
        await pieces.write(bench.principal, file_id, _once(b"words"), 100)
    key = f"batches/{bench.principal.workspace_id}/{{}}/000000"
    moved = await pieces.storage.get(key.format(one))
    await pieces.storage.put(key.format(other), moved)
    with pytest.raises(UnreadableError):
        [piece async for piece in pieces.read(bench.principal, other, 5)]
    assert [piece async for piece in pieces.read(bench.principal, one, 5)] == [b"words"]
    for file_id in (one, other):
        await pieces.remove(bench.principal.workspace_id, file_id)
    assert (
        await pieces.storage.list_objects(f"batches/{bench.principal.workspace_id}")
    ).objects == []


async def test_a_file_that_is_too_large_leaves_nothing(bench: Bench) -> None:
    small = replace(bench.services.batches.files, max_bytes=10)
    with pytest.raises(ObjectTooLargeError):
        await small.upload(bench.principal, "x", _once(b"x" * 11))
    assert await small.list_files(bench.principal) == ([], False)


async def test_files_that_have_had_their_time_are_purged(bench: Bench) -> None:
    files = bench.services.batches.files
    old = replace(files, clock=FixedClock(utc_now() - timedelta(days=31)))
    file = await old.upload(bench.principal, "old", _once(b"x"))
    kept = await files.upload(bench.principal, "new", _once(b"x"))
    while await files.purge():
        pass
    with pytest.raises(BatchFileNotFoundError):
        await files.get(bench.principal, file.id)
    assert await files.get(bench.principal, kept.id) == kept


async def test_there_is_an_end_to_batches_and_files(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectal.ai.service.batches.batch_service.MAX_UNDER_WAY", 2)
    first = await bench.start("Hello")
    await bench.start("Hello")
    with pytest.raises(BatchLimitError):
        await bench.start("Hello")
    await bench.services.batches.service.cancel(bench.principal, first.id, "openai")
    await bench.start("Hello")
    monkeypatch.setattr("vectal.ai.service.batches.files.MAX_FILES", 4)
    with pytest.raises(BatchLimitError):
        await bench.services.batches.files.upload(bench.principal, "x", _once(b"x"))


async def test_requests_of_a_batch_have_names(bench: Bench) -> None:
    twice = [MessageRequest("a", Raw(b'{"model":"m"}'))] * 2
    with pytest.raises(BatchRefusedError, match="twice"):
        await bench.services.batches.service.create_messages(bench.principal, twice)
