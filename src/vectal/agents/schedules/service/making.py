"""From what a person decides to what is stored of it, and back; and whose rights it gets.

Whoever changes a schedule or trigger makes it anew: from then on it has the rights that they give
it, and hangs on the key that they came with. So a key with few scopes can't put words into the
mouth of a schedule with many.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from vectal.agents.contracts import Budget
from vectal.agents.policy import can_start
from vectal.agents.rights import RunRights
from vectal.agents.schedules.contracts import RunPlan, TriggerFilter
from vectal.agents.schedules.tables import ScheduleRow, TriggerRow
from vectal.agents.sealing import Place, Seals
from vectal.agents.service.runs import MAX_TIME
from vectal.ai.contracts import ModelChoice, Slot
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Scope
from vectal.platform.db import DataScope, ReadSession
from vectal.platform.errors import InvalidInputError

LEAST_TIME: Final = timedelta(minutes=1)
_NEEDED: Final = (Scope.AGENTS_WRITE, Scope.AI_USE)
Table = Literal["agent_schedules", "agent_triggers"]


class Words(msgspec.Struct, frozen=True):
    """What a person wrote."""

    name: str
    goal: str
    criteria: tuple[str, ...] = ()
    label: str | None = None
    name_contains: str | None = None
    senders: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rest of what a run is to be."""

    cost_usd: str
    tokens: int
    steps: int
    time_s: int
    tools: tuple[str, ...] | None = None
    slot: Slot | None = None
    model: str | None = None
    priority: int = 0
    task_id: UUID | None = None
    project_id: UUID | None = None
    filter_project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a row holds, with its words open."""

    name: str
    plan: RunPlan
    filter: TriggerFilter
    rights: RunRights

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return tuple(sorted(self.rights.scopes))


class Maker:
    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    async def seal(
        self,
        session: ReadSession,
        scope: DataScope,
        row: ScheduleRow | TriggerRow,
        name: str,
        plan: RunPlan,
        narrowed: TriggerFilter | None = None,
    ) -> None:
        """Write name, plan and filter into the row."""
        narrowed = narrowed or TriggerFilter()
        words = Words(
            name,
            plan.goal,
            plan.criteria,
            narrowed.label,
            narrowed.name_contains,
            narrowed.senders,
        )
        encoded = msgspec.json.encode(words)
        row.sealed_words = await self._seals.seal(session, scope, words_of(row), encoded)
        row.asked = msgspec.to_builtins(_asked(plan, narrowed))

    async def open(
        self, session: ReadSession, scope: DataScope, row: ScheduleRow | TriggerRow
    ) -> Opened:
        sealed = await self._seals.open(session, scope, words_of(row), row.sealed_words)
        words = msgspec.json.decode(sealed, type=Words)
        asked = msgspec.convert(row.asked, Asked)
        return Opened(
            name=words.name,
            plan=_plan(words, asked),
            filter=TriggerFilter(
                project_id=asked.filter_project_id,
                label=words.label,
                name_contains=words.name_contains,
                senders=words.senders,
            ),
            rights=RunRights.from_json(row.rights),
        )


def words_of(row: ScheduleRow | TriggerRow) -> Place:
    return Place(row.__tablename__, "sealed_words", str(row.id))


def rights_for(
    maker: Principal,
    wanted: Collection[Scope] | None,
    timezone: str,
    had: RunRights | None = None,
) -> RunRights:
    """Those that a schedule or trigger gets from whoever makes or changes it.

    Without a wish a new one gets all that its maker has, an older one what both have.
    Raises `ForbiddenError` for a wish beyond that, `InvalidInputError` where no run could begin.
    """
    if not can_start(maker):
        raise ForbiddenError("Starting runs needs the role member and the scope agents:write.")
    # `*` would reach what a later release adds, which nobody has given.
    own = frozenset(maker.scopes) - {Scope.ALL}
    scopes = own if had is None else own & frozenset(had.scopes)
    if wanted is not None:
        scopes = frozenset(wanted)
        if not scopes <= own:
            beyond = ", ".join(sorted(scopes - own))
            raise ForbiddenError(f"You can't give what you don't have: {beyond}.")
    missing = [each for each in _NEEDED if each not in scopes]
    if missing:
        raise InvalidInputError(f"A run needs {', '.join(missing)}.", pointer="/scopes")
    makers = maker.maker_key_ids
    if maker.api_key_id is not None:
        makers = (*makers, maker.api_key_id)
    return RunRights(
        role=maker.role,
        scopes=tuple(sorted(scopes)),
        is_admin=False,
        session_id=None,
        api_key_id=None,
        timezone=timezone,
        maker_key_ids=makers,
    )


def check_plan(plan: RunPlan) -> None:
    if not LEAST_TIME <= plan.time_allowed <= MAX_TIME:
        raise InvalidInputError(
            f"A run may take a minute to {MAX_TIME.days} days.", pointer="/run/time_allowed_s"
        )


def read_zone(name: str) -> ZoneInfo:
    """Raises `InvalidInputError` for what is no zone of the IANA database."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInputError(
            "There is no such time zone; they have names such as Europe/Berlin.",
            pointer="/timezone",
        ) from error


def _asked(plan: RunPlan, narrowed: TriggerFilter) -> Asked:
    return Asked(
        cost_usd=str(plan.budget.cost_usd),
        tokens=plan.budget.tokens,
        steps=plan.budget.steps,
        time_s=int(plan.time_allowed.total_seconds()),
        tools=plan.tools,
        slot=plan.choice.slot,
        model=plan.choice.model,
        priority=plan.priority,
        task_id=plan.task_id,
        project_id=plan.project_id,
        filter_project_id=narrowed.project_id,
    )


def _plan(words: Words, asked: Asked) -> RunPlan:
    return RunPlan(
        goal=words.goal,
        criteria=words.criteria,
        budget=Budget(Decimal(asked.cost_usd), asked.tokens, asked.steps),
        time_allowed=timedelta(seconds=asked.time_s),
        tools=asked.tools,
        choice=ModelChoice(slot=asked.slot, model=asked.model),
        priority=asked.priority,
        task_id=asked.task_id,
        project_id=asked.project_id,
    )
