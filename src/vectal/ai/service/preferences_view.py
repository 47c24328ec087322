"""What a workspace prefers, and which of its names lead nowhere at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from vectal.ai.router.request import Preferences
from vectal.ai.router.unreached import Unreached, find_unreached
from vectal.ai.service.reach import Reach


@dataclass(frozen=True, slots=True)
class PreferencesView:
    preferences: Preferences
    unreached: Unreached


def view_preferences(preferences: Preferences, reach: Reach) -> PreferencesView:
    """`reach` tells which models there are."""
    return PreferencesView(preferences, find_unreached(reach.catalog, preferences))
