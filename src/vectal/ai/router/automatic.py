"""The slot for a request of which nobody said who should answer: the first rule that speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vectal.ai.contracts import ModelChoice, Slot
from vectal.ai.router.request import Needs, Preferences

LARGE_CONTEXT_TOKENS: Final = 150_000


def find_slot(
    choice: ModelChoice, needs: Needs, preferences: Preferences
) -> tuple[Slot | None, str]:
    """The slot to fill and the code that says why; None for a model chosen by name."""
    if choice.model is not None:
        return None, "choice.model"
    if choice.slot is not None:
        return choice.slot, "choice.slot"
    for slot, code in _rules(needs, preferences):
        if preferences.slots is None or slot in preferences.slots:
            return slot, code
    return min(preferences.slots or ("fast",)), "auto.allowed"


def _rules(needs: Needs, preferences: Preferences) -> Iterator[tuple[Slot, str]]:
    """What the request can't do without, what it asks for, what the workspace likes, the rest."""
    if max(needs.input_tokens, needs.wished_tokens) > LARGE_CONTEXT_TOKENS:
        yield "large-context", "auto.large_context"
    if needs.reasoning:
        yield "reasoning", "auto.reasoning"
    if needs.speed:
        yield "fast", "auto.speed"
    if preferences.taste == "cheap":
        yield "fast", "auto.cheap"
    if preferences.taste == "best":
        yield "pro", "auto.best"
    if needs.images:
        yield "pro", "auto.images"
    if needs.writes:
        yield "pro", "auto.changes"
    yield "fast", "auto.plain"
