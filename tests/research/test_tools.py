"""The tool that agents call: what it begins, what it brings back, and what a crash leaves of it."""

import asyncio
from dataclasses import replace

import pytest
from tests.research.lab import FACT, QUESTION, Lab

from vectal.ai.contracts import ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role
from vectal.platform.ids import new_id
from vectal.research.tools import UltraSearch, make_tools

ASKED = UltraSearch(question=QUESTION)


def _context(lab: Lab) -> ToolContext:
    return ToolContext(lab.person.principal, None, None, "call-1", "act", run_id=new_id())


async def _call(lab: Lab, context: ToolContext) -> ToolOutput:
    (tool,) = make_tools(lab.services)
    return await tool.handler(context, ASKED)


async def _mine(lab: Lab) -> int:
    listed = await lab.services.researches.list_own(lab.person.principal, cursor=None, limit=5)
    return len(listed.items)


async def test_a_call_made_again_finds_what_the_first_began(lab: Lab) -> None:
    (tool,) = make_tools(lab.services)
    assert tool.find_result is not None
    url = lab.know("alpha.test/", "Law", FACT)
    context = _context(lab)
    assert await tool.find_result(context, ASKED) is None
    first = asyncio.create_task(_call(lab, context))
    while not await _mine(lab):  # noqa: ASYNC110 - rows set no event
        await asyncio.sleep(0.01)
    first.cancel()  # the worker that called is gone
    await asyncio.wait({first})
    await lab.services.running.run(lab.person.principal, lab.queued.ids[0])
    found = await tool.find_result(context, ASKED)
    again = await tool.handler(context, ASKED)
    assert found is not None
    assert found == again
    assert len(lab.queued.ids) == 1
    assert found.ok
    assert FACT[:-1] in found.content
    assert url in found.content
    assert "Aldorf" not in found.summary


async def test_one_that_failed_says_why(lab: Lab) -> None:
    call = asyncio.create_task(_call(lab, _context(lab)))
    while not await _mine(lab):  # noqa: ASYNC110 - rows set no event
        await asyncio.sleep(0.01)
    await lab.services.running.run(lab.person.principal, lab.queued.ids[0])
    output = await call
    assert not output.ok
    assert output.content


async def test_a_viewer_may_not(lab: Lab) -> None:
    (tool,) = make_tools(lab.services)
    viewer = replace(lab.person.principal, role=Role.VIEWER)
    with pytest.raises(ForbiddenError):
        await tool.handler(replace(_context(lab), principal=viewer), ASKED)
    assert lab.queued.ids == []


def test_without_an_engine_there_is_no_tool(lab: Lab) -> None:
    bare = replace(lab.services, researches=replace(lab.services.researches, engines=()))
    assert make_tools(bare) == ()
