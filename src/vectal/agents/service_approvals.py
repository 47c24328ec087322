"""What a workspace has decided about approvals: read for each call, changed by administrators."""

from __future__ import annotations

from typing import cast

from vectal.agents import repository_approvals as sql
from vectal.agents.approving import ApprovalRules, Rule, RunOfWorkspace
from vectal.agents.tables_approvals import ApprovalRulesRow
from vectal.platform.db import Database, DataScope, Scope


class ApprovalRulesService:
    """Rules are read anew each time, so a stricter one counts for runs that are under way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, run: RunOfWorkspace) -> ApprovalRules:
        """Those that hold for the run."""
        return await self.get(Scope(run.workspace_id, run.owner_id))

    async def get(self, scope: DataScope) -> ApprovalRules:
        async with self._database.read(scope) as session:
            row = await sql.find(session, scope)
        return ApprovalRules() if row is None else _rules_of(row)

    async def set(self, scope: DataScope, rules: ApprovalRules) -> ApprovalRules:
        async with self._database.transaction(scope) as session:
            await sql.save(session, scope, rules.everything, dict(rules.tools), rules.ask_above_usd)
        return rules


def _rules_of(row: ApprovalRulesRow) -> ApprovalRules:
    # The database and the shape of requests let nothing else in.
    tools = cast("dict[str, Rule]", row.tools)
    return ApprovalRules(cast("Rule", row.everything), tools, row.ask_above_usd)
