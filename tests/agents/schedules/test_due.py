"""What the scheduler begins: each occurrence once, whoever looks, crashes or turns the clock."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from tests.agents.schedules.conftest import Desk, at

from vectal.agents.contracts import NewRun, RequestKey, Run
from vectal.agents.run import RunState
from vectal.agents.schedules.contracts import EACH_AT_MOST, RunPlan
from vectal.agents.service.runs import Runs
from vectal.auth.principal import Principal
from vectal.platform.errors import InvalidInputError

QUARTERS = "FREQ=MINUTELY;INTERVAL=15"


class Died(BaseException):
    pass


@dataclass
class DyingRuns:
    """Begins a run, and dies before anything of it is committed."""

    runs: Runs
    dies: bool = True

    async def create(
        self, principal: Principal, new: NewRun, *, key: RequestKey | None = None
    ) -> tuple[Run, bool]:
        made = await self.runs.create(principal, new, key=key)
        if self.dies:
            raise Died
        return made


async def test_an_occurrence_begins_its_run(desk: Desk) -> None:
    plan = RunPlan("Look at my tasks.", ("All are seen.",), tools=("list_tasks",), priority=3)
    schedule = await desk.add(plan=plan, timezone="Europe/Berlin")
    assert schedule.next_at == at("2027-03-02T08:00"), "now is not after now"
    await desk.begin()
    assert await desk.runs(schedule) == []
    desk.set("2027-03-02T08:00:01")
    await desk.begin()
    (run,) = await desk.runs(schedule)
    assert (run.goal, run.criteria) == ("Look at my tasks.", ("All are seen.",))
    assert (run.tools, run.priority, run.state) == (("list_tasks",), 3, RunState.QUEUED)
    assert run.deadline_at == at("2027-03-03T08:00:01")
    assert run.starter is not None
    assert (run.starter.kind, run.starter.id) == ("schedule", schedule.id)
    (firing,) = await desk.firings(schedule)
    assert (firing.outcome, firing.run_id) == ("begun", run.id)
    shown = await desk.get(schedule)
    assert shown.next_at == at("2027-03-03T08:00")
    assert shown.last == firing
    assert shown.upcoming[:2] == (at("2027-03-03T08:00"), at("2027-03-04T08:00"))


async def test_it_is_begun_once_by_many_schedulers(desk: Desk) -> None:
    schedules = [await desk.add(rrule=QUARTERS, missed="once") for _ in range(12)]
    others = [desk.another() for _ in range(3)]
    desk.set("2027-03-01T09:15:05")
    await asyncio.gather(*(each.begin() for each in (desk, *others)))
    for schedule in schedules:
        assert await desk.told(schedule) == [("missed", "01 09:00"), ("begun", "01 09:15")]
        assert len(await desk.runs(schedule)) == 1


async def test_a_crash_between_leaves_nothing_and_loses_nothing(desk: Desk) -> None:
    schedule = await desk.add()
    dying = DyingRuns(desk.agents.runs)
    broken = desk.another()
    broken.scheduling.due._beginner._runs = dying  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - dies inside
    desk.set("2027-03-01T09:00:01")
    with pytest.raises(Died):
        await broken.begin()
    assert await desk.runs(schedule) == []
    assert await desk.firings(schedule) == []
    await desk.begin()
    assert await desk.told(schedule) == [("begun", "01 09:00")]
    assert len(await desk.runs(schedule)) == 1


async def test_a_failure_keeps_no_other_schedule_from_its_turn(desk: Desk) -> None:
    class Broken:
        async def stand_in(self, made: Principal) -> Principal | None:
            raise OSError(made.user_id)

    first = await desk.add()
    desk.set("2027-03-01T09:00:01")
    await desk.another(stand_ins=Broken()).begin()
    assert await desk.runs(first) == []
    second = await desk.add(starts_at=at("2027-03-01T09:00:30"), rrule=QUARTERS)
    desk.set("2027-03-01T09:15:01")
    await desk.begin()
    assert len(await desk.runs(second)) == 1
    # It was looked at again after its pause, too late for its own time but not forgotten.
    assert await desk.told(first) == [("begun", "01 09:00")]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_no_occurrence_is_begun_twice(desk: Desk, seed: int) -> None:
    """Schedulers at once, crashes between, a clock that jumps both ways."""
    chance = random.Random(seed)  # noqa: S311 - repeats a history, guards nothing
    policy = chance.choice(["skip", "once", "each"])
    schedule = await desk.add(rrule=QUARTERS, missed=policy, overlap="queue")
    broken = desk.another()
    dying = DyingRuns(desk.agents.runs)
    broken.scheduling.due._beginner._runs = dying  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - dies inside
    for _ in range(14):
        desk.clock.advance(chance.choice([-1_800, -60, 30, 450, 900, 901, 3_000, 20_000]))
        dying.dies = chance.random() < 0.5
        looking = [desk.begin(), desk.another().begin(), broken.begin()]
        await asyncio.gather(*looking, return_exceptions=True)
        if chance.random() < 0.5:
            await desk.end_runs(schedule)
            await desk.scheduling.due.begin_waiting()
    await desk.begin()
    firings = await desk.firings(schedule)
    occurrences = Counter(each.occurrence_at for each in firings)
    assert set(occurrences.values()) <= {1}
    begun = [each.run_id for each in firings if each.outcome == "begun"]
    assert len(set(begun)) == len(begun)
    assert set(begun) == {run.id for run in await desk.runs(schedule)}
    assert begun, "this history begins nothing, so it proves nothing"


async def test_a_clock_that_is_put_back_repeats_nothing(desk: Desk) -> None:
    schedule = await desk.add()
    for moment in ("2027-03-01T09:00:01", "2027-03-01T08:30", "2027-03-01T09:00:02"):
        desk.set(moment)
        await desk.begin()
    assert len(await desk.runs(schedule)) == 1


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("skip", [("missed", "04 09:00")]),
        ("once", [("missed", "03 09:00"), ("begun", "04 09:00")]),
    ],
)
async def test_after_a_long_silence_the_policy_decides(
    desk: Desk, policy: Any, told: list[tuple[str, str]]
) -> None:
    schedule = await desk.add(missed=policy)
    desk.set("2027-03-04T12:00")
    await desk.begin()
    assert await desk.told(schedule) == told
    assert (await desk.get(schedule)).next_at == at("2027-03-05T09:00")


async def test_what_is_on_time_is_begun_whatever_was_missed_before(desk: Desk) -> None:
    schedule = await desk.add(missed="skip")
    desk.set("2027-03-04T09:05")
    await desk.begin()
    assert await desk.told(schedule) == [("missed", "03 09:00"), ("begun", "04 09:00")]


async def test_each_that_was_missed_is_made_up_for_one_after_the_other(desk: Desk) -> None:
    schedule = await desk.add(missed="each", overlap="queue")
    desk.set("2027-03-20T12:00")
    await desk.begin()
    told = await desk.told(schedule)
    assert told[0] == ("missed", "10 09:00"), "the newest of those that are too many"
    assert [outcome for outcome, _ in told[1:]] == ["begun"] + ["waiting"] * (EACH_AT_MOST - 1)
    for count in range(2, EACH_AT_MOST + 1):
        await desk.scheduling.due.begin_waiting()
        assert len(await desk.runs(schedule)) == count - 1, "the run before is open still"
        await desk.end_runs(schedule)
        await desk.scheduling.due.begin_waiting()
        assert len(await desk.runs(schedule)) == count
    assert [outcome for outcome, _ in await desk.told(schedule)][1:] == ["begun"] * EACH_AT_MOST


async def test_what_overlaps_is_left_out_or_waits(desk: Desk) -> None:
    skipping = await desk.add(rrule=QUARTERS)
    queueing = await desk.add(rrule=QUARTERS, overlap="queue")
    for minute in ("00", "15", "30"):
        desk.set(f"2027-03-01T09:{minute}:01")
        await desk.begin()
    assert await desk.told(skipping) == [
        ("begun", "01 09:00"),
        ("overlapped", "01 09:15"),
        ("overlapped", "01 09:30"),
    ]
    assert await desk.told(queueing) == [
        ("begun", "01 09:00"),
        ("waiting", "01 09:15"),
        ("waiting", "01 09:30"),
    ]
    await desk.end_runs(queueing)
    await asyncio.gather(*(desk.another().scheduling.due.begin_waiting() for _ in range(3)))
    assert [outcome for outcome, _ in await desk.told(queueing)] == ["begun", "begun", "waiting"]
    await desk.scheduling.schedules.update(
        desk.me, queueing.id, lambda _: desk.terms(rrule=QUARTERS, enabled=False)
    )
    await desk.end_runs(queueing)
    await desk.scheduling.due.begin_waiting()
    assert len(await desk.runs(queueing)) == 2, "what waited is given up with the schedule"


async def test_a_run_that_is_refused_is_told_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectal.agents.service.runs.MAX_OPEN_RUNS", 0)
    schedule = await desk.add()
    desk.set("2027-03-01T09:00:01")
    await desk.begin()
    (firing,) = await desk.firings(schedule)
    assert (firing.outcome, firing.code) == ("refused", "agents.too_many_runs")
    assert (await desk.get(schedule)).next_at == at("2027-03-02T09:00")


async def test_a_schedule_ends_with_its_count_and_its_end(desk: Desk) -> None:
    counted = await desk.add(rrule="FREQ=DAILY;COUNT=2")
    ending = await desk.add(ends_at=at("2027-03-01T23:00"))
    for day in ("01", "02", "03"):
        desk.set(f"2027-03-{day}T09:00:01")
        await desk.begin()
        await desk.end_runs(counted)
        await desk.end_runs(ending)
    assert [day for _, day in await desk.told(counted)] == ["01 09:00", "02 09:00"]
    assert [day for _, day in await desk.told(ending)] == ["01 09:00"]
    assert (await desk.get(counted)).next_at is None
    assert (await desk.get(ending)).upcoming == ()


async def test_what_passed_while_it_was_off_was_not_missed(desk: Desk) -> None:
    schedule = await desk.add(missed="once")
    off, on = desk.terms(enabled=False), desk.terms(enabled=True)
    await desk.scheduling.schedules.update(desk.me, schedule.id, lambda _: off)
    desk.set("2027-03-05T12:00")
    await desk.begin()
    changed = await desk.scheduling.schedules.update(desk.me, schedule.id, lambda _: on)
    assert changed.next_at == at("2027-03-06T09:00")
    await desk.begin()
    assert await desk.firings(schedule) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"rrule": "FREQ=SECONDLY"},
        {"rrule": "FREQ=DAILY;UNTIL=20200101"},
        {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
        {"timezone": "Europe/Atlantis"},
        {"timezone": "../../etc/passwd"},
        {"timezone": "\0"},
        {"missed": "each", "overlap": "skip"},
        {"ends_at": at("2027-02-01T00:00")},
        {"starts_at": at("1700-01-01T00:00")},
        {"starts_at": at("9999-12-31T23:00")},
    ],
)
async def test_what_can_not_be_a_schedule_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        await desk.add(**wrong)


async def test_firings_are_forgotten_in_the_end_and_runs_stay(desk: Desk) -> None:
    schedule = await desk.add()
    desk.set("2027-03-01T09:00:01")
    await desk.begin()
    desk.set("2027-07-01T09:00")
    await desk.scheduling.due.purge()
    assert await desk.firings(schedule) == []
    assert len(await desk.runs(schedule)) == 1
