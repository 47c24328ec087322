"""The rule of a schedule, with what is wrong with it as an answer to whoever asked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from vectal.agents.schedules.errors import BadRuleError
from vectal.platform.recurrence import rule as recurrence
from vectal.platform.recurrence.errors import RuleError
from vectal.platform.recurrence.rule import MAX_CHARS, MIN_GAP_MINUTES, Rule

__all__ = ["MAX_CHARS", "MIN_GAP_MINUTES", "Rule", "read_rule"]


def read_rule(text: str, start: datetime, zone: ZoneInfo) -> Rule:
    """As in `platform.recurrence`; raises `BadRuleError`."""
    try:
        return recurrence.read_rule(text, start, zone)
    except RuleError as error:
        raise BadRuleError(str(error)) from error
