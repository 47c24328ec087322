"""How far a process works at a run before it hands it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from vectal.agents.next_action import Action, Think

Verb: TypeAlias = Literal["think", "act"]


@dataclass
class Stint:
    """To think is one question to the model; to act is all until the next one. None: to the end."""

    verb: Verb | None = None
    thoughts: int = 0

    def takes(self, action: Action) -> bool:
        """Whether this step belongs to it; counts it if so."""
        if self.verb is None:
            return True
        if not isinstance(action, Think):
            return self.verb == "act"
        if self.verb == "act" or self.thoughts:
            return False
        self.thoughts += 1
        return True


def verb_of(action: Action) -> Verb:
    """What has to be asked for next."""
    return "think" if isinstance(action, Think) else "act"
