"""What a person says on a task reaches her own runs that are at work on it, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fixtures.accounts import MakeUser
from tests.fixtures.agents import call, finish
from tests.fixtures.office import Office

from vectal.agents import control
from vectal.agents.run import RunState
from vectal.ai.contracts import Part
from vectal.entrypoints.handover import RunAnswers

pytestmark = pytest.mark.usefixtures("effects")


def _asking() -> list[Part]:
    return [call(control.ASK_USER, question="Which ones?")]


async def test_a_run_at_work_hears_what_its_person_says_on_the_task(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, _asking())
    await office.tasks.comments.add(office.me, task.id, "Nothing that smells.")
    heard = [e for e in await office.crew.journal(office.me, run.id) if e.kind == "steered"]
    assert [entry.data["text"] for entry in heard] == ["Nothing that smells."]
    still = await office.crew.agents.runs.get(office.me, run.id)
    assert still.state is RunState.WAITING_FOR_INPUT, "a remark is no answer"
    kinds = [said.kind for said in await office.comments(task)]
    assert kinds == ["question", "note"]


async def test_a_run_that_has_handed_in_is_told_nothing(office: Office) -> None:
    task = await office.task()
    run = await office.work(task, [finish("Ordered.")])
    before = len(await office.crew.journal(office.me, run.id))
    await office.tasks.comments.add(office.me, task.id, "Thank you.")
    assert len(await office.crew.journal(office.me, run.id)) == before


async def test_runs_of_others_do_not_hear_it(office: Office, make_user: MakeUser) -> None:
    task = await office.task()
    run = await office.work(task, _asking())
    stranger = (await make_user()).principal
    colleague = replace(stranger, workspace_id=office.me.workspace_id)
    await RunAnswers(office.crew.agents).hear(colleague, task.id, "Send it to me.")
    kinds = {entry.kind for entry in await office.crew.journal(office.me, run.id)}
    assert "steered" not in kinds
