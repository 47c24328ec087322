"""The tool that runs code: its labels, what it says, and when it is not there at all."""

import json
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vectal.accounts.contracts import Role
from vectal.agents.approving import ApprovalRules, why_ask
from vectal.agents.tools import make_tools
from vectal.agents.tools.code import make_code_tool
from vectal.ai.contracts import TAINTS, ToolContext, ToolOutput
from vectal.ai.service.tool_caller import ToolCaller
from vectal.ai.toolset import ToolRegistry, find_mistake
from vectal.auth.principal import Principal
from vectal.entrypoints.code import open_code
from vectal.platform.config import Settings
from vectal.platform.confinement.code import CodeRunner
from vectal.platform.ids import new_id

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the locks are those of Linux")

WHO = Principal(new_id(), new_id(), Role.MEMBER)


async def _call(runner: CodeRunner, **arguments: object) -> ToolOutput:
    registry = ToolRegistry()
    tool = make_code_tool(runner)
    registry.register(tool)
    context = ToolContext(WHO, None, None, "call-1", "ask", "UTC", new_id())
    return await ToolCaller(registry).call(tool, context, json.dumps(arguments))


def test_it_is_pure_stays_inside_and_adds_no_taint() -> None:
    tool = make_code_tool(CodeRunner())
    assert find_mistake(tool) is None
    assert (tool.effect, tool.egress, tool.returns, tool.mode) == (
        "pure",
        "none",
        frozenset(),
        "read",
    )
    # Even a run that has read strangers and knows private things may compute.
    assert why_ask(tool, TAINTS, ApprovalRules()) is None


def test_without_a_runner_there_is_no_such_tool() -> None:
    assert "run_code" not in {tool.name for tool in make_tools()}
    assert "run_code" in {tool.name for tool in make_tools(CodeRunner())}


async def test_what_it_prints_comes_back() -> None:
    output = await _call(CodeRunner(), code="rows = [3, 1, 2]\nprint(sorted(rows))\nsum(rows)")
    assert output.ok
    assert output.content == "The code ended.\n\nstdout:\n[1, 2, 3]\n6\n"


async def test_a_fault_comes_back_for_correction() -> None:
    output = await _call(CodeRunner(), code="1 / 0")
    assert not output.ok
    assert "ZeroDivisionError" in output.content
    assert output.summary == "the code failed"


@pytest.mark.parametrize("arguments", [{}, {"code": ""}, {"code": "1", "timeout": 9}])
async def test_other_arguments_are_refused(arguments: dict[str, object]) -> None:
    output = await _call(CodeRunner(), **arguments)
    assert not output.ok
    assert "arguments" in output.content


async def test_it_is_off_unless_an_operator_wants_it(settings: Settings) -> None:
    assert settings.code_sandbox == "off"
    assert await open_code(settings) is None
    assert await open_code(settings.model_copy(update={"code_sandbox": "on"}))


async def test_where_it_cannot_be_locked_in_it_stays_off_and_says_so(
    settings: Settings, tmp_path: Path
) -> None:
    program = tmp_path / "unlocked.py"
    program.write_text(
        "from vectal.platform.confinement import code_child\n"
        "code_child.lock_in = lambda *_: ()\n"
        "code_child.main()\n"
    )
    unlocked = CodeRunner(program=(str(program),))
    wanted = settings.model_copy(update={"code_sandbox": "on"})
    with capture_logs() as lines:
        assert await open_code(wanted, unlocked) is None
    # What else runs in this process may say something meanwhile.
    (line,) = [each for each in lines if each["event"] == "agents.code_sandbox_unavailable"]
    assert "the network" in line["missing"]
    output = await _call(unlocked, code="print(1)")
    assert not output.ok
    assert "can't be locked in" in output.content
