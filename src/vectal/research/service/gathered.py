"""What the rounds of a research have found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vectal.research.contracts import FollowUp
from vectal.research.merging import Candidate
from vectal.research.service.steps import PageDone, Plan, SearchDone


@dataclass(slots=True)
class Gathered:
    made: Plan
    queries: list[str] = field(default_factory=list[str])
    """Of all rounds."""
    searches: list[SearchDone] = field(default_factory=list[SearchDone])
    candidates: list[Candidate] = field(default_factory=list[Candidate])
    pages: Mapping[str, PageDone] = field(default_factory=dict[str, PageDone])
    follow_ups: list[FollowUp] = field(default_factory=list[FollowUp])
    fault: str = ""
    """Why nobody looked for more, where somebody should have."""
    is_in_time: bool = True
