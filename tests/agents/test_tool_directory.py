"""The list of tools says what the caller's runs may call, and when they would ask."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ai.actors import SeenCalls, sample_registry

from vectal.agents.approving import ApprovalRules
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.agents.service_tools import ToolDirectory
from vectal.agents.toolbox import RegistryToolbox
from vectal.ai.service.tool_caller import ToolCaller
from vectal.auth.principal import Principal, Scope
from vectal.platform.db import Database
from vectal.platform.db.paging import InvalidCursorError


@pytest.fixture
def directory(db: Database) -> ToolDirectory:
    toolbox = RegistryToolbox(ToolCaller(sample_registry(SeenCalls())))
    return ToolDirectory(toolbox, ApprovalRulesService(db))


async def test_it_lists_by_name_in_pages_what_the_scopes_allow(
    directory: ToolDirectory, principal: Principal
) -> None:
    every = await directory.list_tools(principal, cursor=None, limit=200)
    names = [each.tool.name for each in every.items]
    assert names == sorted(names)
    assert len(names) > 2
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await directory.list_tools(principal, cursor=cursor, limit=2)
        seen += [each.tool.name for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == names
    bare = replace(principal, scopes=frozenset((Scope.AGENTS_READ,)))
    assert (await directory.list_tools(bare, cursor=None, limit=200)).items == []
    with pytest.raises(InvalidCursorError):
        await directory.list_tools(principal, cursor="bm8", limit=2)


async def test_it_says_why_a_call_would_wait_by_the_rules_of_the_workspace(
    directory: ToolDirectory, principal: Principal, db: Database
) -> None:
    await ApprovalRulesService(db).set(principal, ApprovalRules("always"))
    strict = (await directory.list_tools(principal, cursor=None, limit=200)).items
    assert all(each.after_nothing is not None for each in strict)
    await ApprovalRulesService(db).set(principal, ApprovalRules("never"))
    loose = (await directory.list_tools(principal, cursor=None, limit=200)).items
    assert all(each.after_untrusted is None for each in loose)
