"""Recorded histories, replayed: at each point the loop decides as it did when it was written.

A run may begin on one release and end on the next. So whoever changes what is decided, or what an
entry says, must not break these: the files are never written anew, only added to.
"""

import json
from datetime import datetime
from functools import singledispatch
from pathlib import Path
from typing import Any

import pytest

from vectal.agents import entries
from vectal.agents.contracts import ToolFacts
from vectal.agents.entries import KINDS, UPCASTS, Entry, UnknownEntryError, decode, encode
from vectal.agents.history import History, fold
from vectal.agents.next_action import (
    Act,
    Action,
    AskInput,
    Await,
    AwaitAgents,
    BeginCheck,
    Delegate,
    EndCheck,
    Fail,
    FindResult,
    Finish,
    Judge,
    Plan,
    Refuse,
    Review,
    Think,
    next_action,
)
from vectal.agents.run import RunMove, RunState

FOLDER = Path(__file__).parent / "histories"
HISTORIES = sorted(path.stem for path in FOLDER.glob("*.json"))


class Recorded:
    def __init__(self, name: str) -> None:
        stored: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
        self.tools = {name: ToolFacts(effect) for name, effect in stored["tools"].items()}
        self.raw: list[dict[str, Any]] = stored["entries"]
        self.entries = [
            decode(each["kind"], each["version"], json.dumps(each["body"]).encode())
            for each in self.raw
        ]

    def decide(self, history: History, now: datetime) -> Action:
        return next_action(history, self.tools, now)


@singledispatch
def follows(entry: Entry, action: Action, history: History) -> bool:
    """Whether the entry is what the action records; a person's entries follow from nothing."""
    del entry, action, history
    return True


@follows.register
def _(entry: entries.ThinkBegun, action: Action, history: History) -> bool:
    del history
    return action == Think(entry.prompt, entry.number)


@follows.register(entries.ThinkEnded)
@follows.register(entries.ThinkCut)
@follows.register(entries.ThinkFailed)
def _(entry: Any, action: Action, history: History) -> bool:
    return isinstance(action, Think) and action.number == entry.number == history.thoughts


@follows.register
def _(entry: entries.CallBegun, action: Action, history: History) -> bool:
    del history
    return isinstance(action, Judge | Act | FindResult) and action.call.id == entry.call_id


@follows.register
def _(entry: entries.CallEnded, action: Action, history: History) -> bool:
    if entry.refused:
        return isinstance(action, Refuse) and action.words == entry.content
    if isinstance(action, AwaitAgents):
        return action.call.id == entry.call_id
    call = history.call_in_flight
    if entry.found:
        return isinstance(action, FindResult) and action.call.id == entry.call_id
    return call is not None and call.asked.id == entry.call_id


@follows.register
def _(entry: entries.Planned, action: Action, history: History) -> bool:
    del history
    return isinstance(action, Plan) and action.steps == entry.steps


@follows.register
def _(entry: entries.Delegated, action: Action, history: History) -> bool:
    del history
    return (
        isinstance(action, Delegate)
        and action.call.id == entry.call_id
        and [each.goal for each in action.agents] == [each.goal for each in entry.agents]
    )


@follows.register
def _(entry: entries.InputAsked, action: Action, history: History) -> bool:
    del history
    return isinstance(action, AskInput) and action.question == entry.question


@follows.register
def _(entry: entries.ApprovalAsked, action: Action, history: History) -> bool:
    del history
    return isinstance(action, Judge) and action.call.id == entry.call_id


@follows.register
def _(entry: entries.CheckBegun, action: Action, history: History) -> bool:
    del history
    return action == BeginCheck(entry.round, entry.report, entry.call_id, entry.evidence)


@follows.register
def _(entry: entries.CheckEnded, action: Action, history: History) -> bool:
    del history
    return action == EndCheck(entry.round, entry.criteria)


@follows.register
def _(entry: entries.Reported, action: Action, history: History) -> bool:
    del history
    return action == Finish(entry.report, entry.evidence)


@follows.register
def _(entry: entries.Moved, action: Action, history: History) -> bool:
    if entry.by is not None or history.report is not None:
        return True
    match entry.move:
        case RunMove.ASK_REVIEW:
            return isinstance(action, Review) and action.code == entry.code
        case RunMove.FAIL:
            return isinstance(action, Fail) and action.code == entry.code
        case RunMove.ASK_INPUT:
            return action == Await("input")
        case RunMove.ASK_APPROVAL:
            return action == Await("approval")
        case _:
            return entry.move in (RunMove.CLAIM, RunMove.HAND_BACK, RunMove.DECIDE)


@pytest.mark.parametrize("name", HISTORIES)
def test_each_entry_is_what_was_decided(name: str) -> None:
    recorded = Recorded(name)
    for place, entry in enumerate(recorded.entries):
        history = fold(recorded.entries[:place])
        action = recorded.decide(history, entry.at)
        assert follows(entry, action, history), f"{place + 1}: {entry} after {action}"


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_tells_its_run(name: str) -> None:
    history = fold(Recorded(name).entries)
    assert history.seq == len(Recorded(name).entries)
    assert history.goal
    assert history.state in set(RunState)
    roles = [message.role for message in history.messages]
    # Every vendor refuses results without calls before them.
    for before, role in zip([None, *roles], roles, strict=False):
        assert role != "tool" or before == "assistant"


def test_the_histories_hold_every_kind_and_an_older_version() -> None:
    seen = {(each["kind"], each["version"]) for name in HISTORIES for each in Recorded(name).raw}
    assert {kind for kind, _ in seen} == set(KINDS)
    assert set(UPCASTS) <= seen
    assert all(
        (kind, version) in UPCASTS
        for kind, known in KINDS.items()
        for version in range(1, known.VERSION)
    )


def test_older_entries_are_told_as_of_now() -> None:
    ended = [e for e in Recorded("older_release").entries if isinstance(e, entries.CallEnded)]
    assert ended
    assert all(each.reads == ("untrusted", "private") for each in ended)
    body = {"at": "2026-11-01T00:00:00Z", "call_id": "c", "tool": "t", "ok": True,
            "content": "", "summary": "", "tainted": False}  # fmt: skip
    clean = decode("call_ended", 1, json.dumps(body).encode())
    assert isinstance(clean, entries.CallEnded)
    assert clean.reads == ()


def test_a_newer_entry_is_refused() -> None:
    with pytest.raises(UnknownEntryError):
        decode("call_ended", entries.CallEnded.VERSION + 1, b"{}")
    with pytest.raises(UnknownEntryError):
        decode("dreamt", 1, b"{}")


@pytest.mark.parametrize("name", HISTORIES)
def test_what_is_written_is_read_the_same(name: str) -> None:
    for entry in Recorded(name).entries:
        assert decode(entry.KIND, entry.VERSION, encode(entry)) == entry
