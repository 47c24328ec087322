"""From rows to what others see of a run."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from vectal.agents.contracts import (
    Budget,
    EngineName,
    Review,
    Run,
    RunFault,
    RunKind,
    Spend,
    Starter,
    Wanted,
)
from vectal.agents.run import RunState
from vectal.agents.sealing import Brief, Seals, brief_of, report_of
from vectal.agents.tables import RunRow
from vectal.ai.contracts import ModelChoice, Slot, Taint
from vectal.platform.db import DataScope, ReadSession

_CLEAN: Final = frozenset[Taint]()
_UNTRUSTED: Final = frozenset[Taint](("untrusted",))
_PRIVATE: Final = frozenset[Taint](("private",))


class RunReader:
    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    async def run(self, session: ReadSession, scope: DataScope, row: RunRow) -> Run:
        """The row with its words open."""
        brief = await self.brief(session, scope, row)
        report: str | None = None
        if row.sealed_report is not None:
            place = report_of(row.id)
            report = (await self._seals.open(session, scope, place, row.sealed_report)).decode()
        return _run_of(row, brief, report)

    async def brief(self, session: ReadSession, scope: DataScope, row: RunRow) -> Brief:
        """What was asked of it."""
        sealed = await self._seals.open(session, scope, brief_of(row.id), row.sealed_brief)
        return msgspec.json.decode(sealed, type=Brief)


def choice_json(choice: ModelChoice) -> dict[str, Any]:
    return {"slot": choice.slot, "model": choice.model}


def budget_of(row: RunRow) -> Budget:
    return Budget(row.cost_cap_usd, row.token_cap, row.step_cap)


def _starter_of(row: RunRow) -> Starter | None:
    if row.schedule_id is not None:
        return Starter("schedule", row.schedule_id)
    return None if row.trigger_id is None else Starter("trigger", row.trigger_id)


def _run_of(row: RunRow, brief: Brief, report: str | None) -> Run:
    return Run(
        id=row.id,
        workspace_id=row.workspace_id,
        owner_id=row.owner_id,
        goal=brief.goal,
        criteria=brief.criteria,
        budget=budget_of(row),
        deadline_at=row.deadline_at,
        tools=None if row.tools is None else tuple(row.tools),
        choice=ModelChoice(
            slot=cast("Slot | None", row.choice.get("slot")), model=row.choice.get("model")
        ),
        priority=row.priority,
        task_id=row.task_id,
        conversation_id=row.conversation_id,
        project_id=row.project_id,
        parent_run_id=row.parent_run_id,
        starter=_starter_of(row),
        depth=row.depth,
        kind=cast("RunKind", row.kind),
        review=cast("Review | None", row.review),
        reviewed_at=row.reviewed_at,
        follows_run_id=row.follows_run_id,
        engine=cast("EngineName", row.engine),
        state=RunState(row.state),
        wanted=cast("Wanted | None", row.wanted),
        attempt=row.attempt,
        crashes=row.crashes,
        spend=Spend(row.cost_usd, row.tokens, row.steps),
        last_seq=row.last_seq,
        taint=(_UNTRUSTED if row.read_untrusted else _CLEAN)
        | (_PRIVATE if row.read_private else _CLEAN),
        fault=None if row.error is None else RunFault(row.error["code"], row.error["detail"]),
        report=report,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
