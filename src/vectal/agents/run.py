"""The states of a run, and what leads from one to the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from vectal.agents.errors import RunTransitionError


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    WAITING_FOR_INPUT = "waiting_for_input"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NEEDS_REVIEW = "needs_review"
    """A person has to look: an effect's outcome is unknown, or the criteria are not met."""


class RunMove(StrEnum):
    CLAIM = "claim"
    """A worker takes it, or takes it over from one that is gone."""
    HAND_BACK = "hand_back"
    """Its worker ends, or the workspace has too many at work."""
    ASK_APPROVAL = "ask_approval"
    ASK_INPUT = "ask_input"
    DECIDE = "decide"
    """Somebody approved or denied the call that it waits for."""
    ANSWER = "answer"
    PAUSE = "pause"
    RESUME = "resume"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"
    ASK_REVIEW = "ask_review"
    SETTLE = "settle"
    """A person has said what became of the call in doubt; the run goes on."""
    CLOSE = "close"
    """A person takes the result as it is."""


OPEN: Final = frozenset(RunState) - {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}
ENDED: Final = frozenset(RunState) - OPEN
WAITING: Final = frozenset(
    (
        RunState.WAITING_FOR_APPROVAL,
        RunState.WAITING_FOR_INPUT,
        RunState.PAUSED,
        RunState.NEEDS_REVIEW,
    )
)
"""Nobody holds a lease on it; it costs nothing until a person moves it."""

_S: Final = RunState
_TABLE: Final[Mapping[RunMove, Mapping[RunState, RunState]]] = MappingProxyType(
    {
        RunMove.CLAIM: {_S.QUEUED: _S.RUNNING, _S.RUNNING: _S.RUNNING},
        RunMove.HAND_BACK: {_S.RUNNING: _S.QUEUED},
        RunMove.ASK_APPROVAL: {_S.RUNNING: _S.WAITING_FOR_APPROVAL},
        RunMove.ASK_INPUT: {_S.RUNNING: _S.WAITING_FOR_INPUT},
        RunMove.DECIDE: {_S.WAITING_FOR_APPROVAL: _S.QUEUED, _S.PAUSED: _S.PAUSED},
        RunMove.ANSWER: {_S.WAITING_FOR_INPUT: _S.QUEUED, _S.PAUSED: _S.PAUSED},
        RunMove.PAUSE: {
            _S.QUEUED: _S.PAUSED,
            _S.RUNNING: _S.PAUSED,
            _S.WAITING_FOR_APPROVAL: _S.PAUSED,
            _S.WAITING_FOR_INPUT: _S.PAUSED,
        },
        RunMove.RESUME: {_S.PAUSED: _S.QUEUED},
        RunMove.SUCCEED: {_S.RUNNING: _S.SUCCEEDED},
        RunMove.FAIL: {
            _S.QUEUED: _S.FAILED,
            _S.RUNNING: _S.FAILED,
            _S.WAITING_FOR_APPROVAL: _S.FAILED,
            _S.WAITING_FOR_INPUT: _S.FAILED,
            _S.PAUSED: _S.FAILED,
            _S.NEEDS_REVIEW: _S.FAILED,
        },
        RunMove.CANCEL: dict.fromkeys(sorted(OPEN), _S.CANCELLED),
        RunMove.ASK_REVIEW: {_S.RUNNING: _S.NEEDS_REVIEW},
        RunMove.SETTLE: {_S.NEEDS_REVIEW: _S.QUEUED},
        RunMove.CLOSE: {_S.NEEDS_REVIEW: _S.SUCCEEDED},
    }
)


def after(state: RunState, move: RunMove) -> RunState:
    """The state that the move leads to; raises RunTransitionError where it leads nowhere."""
    reached = _TABLE[move].get(state)
    if reached is None:
        raise RunTransitionError(f"A run that is {state.replace('_', ' ')} can't {move}.")
    return reached


def allowed(state: RunState) -> frozenset[RunMove]:
    return frozenset(move for move, ways in _TABLE.items() if state in ways)
