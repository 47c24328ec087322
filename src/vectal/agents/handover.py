"""Handing work over, and taking it back: what a run begins with, and what it hands in. Pure."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.agents import entries
from vectal.agents.contracts import Budget, HandedIn, NewRun, Outcome, ShownCriterion
from vectal.agents.entries import Entry
from vectal.agents.run import RunState

_OUTCOMES: Final[Mapping[RunState, Outcome]] = {
    RunState.SUCCEEDED: "succeeded",
    RunState.NEEDS_REVIEW: "needs_review",
    RunState.FAILED: "failed",
}
DELIVERED: Final = frozenset(_OUTCOMES)
"""What a run was to do is done, or can't be: a person has the word."""
EARLIER_CHARS: Final = 20_000
_SMALL: Final = Budget(steps=30)

_BREAK_DOWN: Final = """Break down the task “{title}”

Its id is {task_id}. Read the task with its notes and subtasks first. Prepare subtasks that lead \
to it: each one small enough for a day, begun with a verb, in the order in which to do them, and \
none that is there already. Change nothing else."""
_STEPS: Final = (
    "There are subtasks that together complete the task, in the order in which to do them",
    "Each subtask can be done by itself, and none of them was there before",
)
_PRIORITISE: Final = """Prioritise the open tasks of today.

Look at what is due today and what is overdue. Prepare priorities (1 is highest, 4 is none) by \
what is due first, what others wait for and what each is worth; leave a priority that is right as \
it is. Change nothing but priorities. Say in the report in which order to go, and why."""
_ORDER: Final = (
    "Every priority that should change has a prepared change",
    "The report names an order for today, with a reason for each of the first three",
)


def is_handed_over(task_id: UUID | None, parent_run_id: UUID | None, kind: str) -> bool:
    """Whether a person takes its result; what a run hands to another is that run's own affair."""
    return parent_run_id is None and (task_id is not None or kind == "prioritise")


def completes_task(kind: str) -> bool:
    """A task that was broken down is not done by that."""
    return kind == "work"


def breaking_down(task_id: UUID, title: str) -> NewRun:
    return NewRun(
        goal=_BREAK_DOWN.format(title=title, task_id=task_id),
        criteria=_STEPS,
        budget=_SMALL,
        tools=("get_task", "list_tasks", "break_down_task"),
        task_id=task_id,
        kind="break_down",
    )


def prioritising(timezone: str | None) -> NewRun:
    return NewRun(
        goal=_PRIORITISE,
        criteria=_ORDER,
        budget=_SMALL,
        tools=("list_tasks", "get_task", "update_task"),
        timezone=timezone,
        kind="prioritise",
    )


def beginning(new: NewRun, by: UUID, now: datetime) -> list[Entry]:
    """The first entries of its journal."""
    earlier = new.earlier
    if earlier is None:
        created = entries.Created(at=now, goal=new.goal, criteria=new.criteria)
        return [created, *_received(new, now)]
    reads = tuple(sorted(earlier.taint))
    created = entries.Created(at=now, goal=new.goal, criteria=new.criteria, reads=reads)
    report = html.escape(earlier.report[:EARLIER_CHARS], quote=False)
    # A model wrote it, who may have read anything: it comes as information, between tags.
    context = f'<data label="the report that was sent back">\n{report}\n</data>'
    return [
        created,
        entries.Steered(at=now, text=context, by=by),
        entries.Steered(at=now, text=earlier.words, by=by),
        *_received(new, now),
    ]


def _received(new: NewRun, now: datetime) -> list[Entry]:
    received = new.received
    if received is None:
        return []
    reads = tuple(sorted(received.reads))
    return [entries.Received(at=now, origin=received.origin, text=received.text, reads=reads)]


def handed_in(journal: Sequence[Entry], state: RunState, reason: str) -> HandedIn:
    """What the run leaves, with its evidence and the newest check; the journal may be empty."""
    report = ""
    criteria: tuple[str, ...] = ()
    shown: tuple[entries.Evidence, ...] = ()
    judged: tuple[entries.Judged, ...] = ()
    for entry in journal:
        match entry:
            case entries.Created():
                criteria = entry.criteria
            case entries.CheckBegun():
                report, shown, judged = entry.report, entry.evidence, ()
            case entries.CheckEnded():
                judged = entry.criteria
            case entries.Reported():
                report, shown = entry.report, entry.evidence or shown
            case _:
                pass
    proofs = tuple(
        ShownCriterion(
            criterion,
            _evidence_for(criterion, place, shown),
            judged[place].met if place < len(judged) else None,
            judged[place].why if place < len(judged) else "",
        )
        for place, criterion in enumerate(criteria)
    )
    return HandedIn(_OUTCOMES[state], report, reason, proofs)


def _evidence_for(criterion: str, place: int, shown: Sequence[entries.Evidence]) -> str:
    """By its words; models also number criteria, or say them in others, but keep their order."""
    named = [each.evidence for each in shown if each.criterion == criterion]
    if named:
        return "\n\n".join(named)
    return shown[place].evidence if place < len(shown) else ""
