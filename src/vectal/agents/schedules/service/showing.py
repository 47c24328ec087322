"""From rows to what others see of schedules and triggers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, cast

from vectal.agents.run import RunState
from vectal.agents.schedules.contracts import (
    Firing,
    MissedPolicy,
    Outcome,
    OverlapPolicy,
    Schedule,
    ScheduleTerms,
    Trigger,
    TriggerKind,
    TriggerTerms,
)
from vectal.agents.schedules.repository.firings import Shown
from vectal.agents.schedules.service.due import rule_of
from vectal.agents.schedules.service.making import Opened, read_zone
from vectal.agents.schedules.tables import ScheduleRow, TriggerRow
from vectal.platform.recurrence.occurrences import upcoming

SHOWN: Final = 5
"""Occurrences that are shown ahead."""
_AHEAD: Final = timedelta(days=800)
"""No further than this, beside the next one: a page has many schedules, some of them rare."""


def firing_of(shown: Shown) -> Firing:
    row, state = shown
    has_run = row.run_id is not None
    return Firing(
        id=row.id,
        outcome=cast("Outcome", row.outcome),
        code=row.code,
        occurrence_at=row.occurrence_at,
        run_id=row.run_id,
        run_state=RunState(state) if has_run and state else None,
        at=row.at,
    )


def schedule_terms(row: ScheduleRow, opened: Opened) -> ScheduleTerms:
    return ScheduleTerms(
        name=opened.name,
        plan=opened.plan,
        rrule=row.rrule,
        starts_at=row.starts_at,
        timezone=row.timezone,
        ends_at=row.ends_at,
        missed=cast("MissedPolicy", row.missed),
        overlap=cast("OverlapPolicy", row.overlap),
        enabled=row.enabled,
        scopes=opened.scopes,
    )


def schedule_of(row: ScheduleRow, opened: Opened, last: Shown | None, now: datetime) -> Schedule:
    return Schedule(
        id=row.id,
        owner_id=row.owner_id,
        terms=schedule_terms(row, opened),
        off_code=row.off_code,
        next_at=row.next_at,
        upcoming=_upcoming(row, now),
        last=None if last is None else firing_of(last),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def trigger_terms(row: TriggerRow, opened: Opened) -> TriggerTerms:
    return TriggerTerms(
        name=opened.name,
        kind=cast("TriggerKind", row.kind),
        plan=opened.plan,
        filter=opened.filter,
        per_hour=row.per_hour,
        enabled=row.enabled,
        scopes=opened.scopes,
    )


def trigger_of(row: TriggerRow, opened: Opened, last: Shown | None) -> Trigger:
    return Trigger(
        id=row.id,
        owner_id=row.owner_id,
        terms=trigger_terms(row, opened),
        off_code=row.off_code,
        old_secret_until=row.old_secret_until,
        refused_at=row.refused_at,
        refused_code=row.refused_code,
        last=None if last is None else firing_of(last),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _upcoming(row: ScheduleRow, now: datetime) -> tuple[datetime, ...]:
    if row.next_at is None:
        return ()
    # What is due now and not begun yet is still to come.
    after = min(row.next_at, now)
    found = upcoming(rule_of(row), read_zone(row.timezone), after, SHOWN, _AHEAD)
    ahead = sorted({row.next_at, *found})
    return tuple(each for each in ahead if row.ends_at is None or each <= row.ends_at)[:SHOWN]
