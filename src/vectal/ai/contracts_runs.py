"""One model call of an agent run: `AiService.think` takes a `ThinkRequest`, gives a `Thought`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from pydantic import JsonValue

from vectal.ai.contracts import (
    Allowance,
    ChatMessage,
    FinishReason,
    ModelChoice,
    ReasoningDelta,
    RouteReason,
    SystemContext,
    TextDelta,
    TokenUsage,
    Tool,
)

ThinkPrompt: TypeAlias = Literal["agent", "agent-check"]
"""`agent` works at the goal; `agent-check` judges a report against the acceptance criteria."""


class Witness(Protocol):
    """Whoever has a model asked, told of what happens meanwhile."""

    def hear(self, piece: TextDelta | ReasoningDelta) -> None:
        """A piece of the answer, also of one that breaks off; must not block."""
        ...

    async def begin(self, worst: Allowance) -> None:
        """The model is asked next, and that can take so much. Raise, and it is not asked."""
        ...

    def took(self, taken: Allowance) -> None:
        """What the call took, however it ended: an answer, a fault or a cancelled task."""
        ...


@dataclass(frozen=True, slots=True)
class ThinkRequest:
    """`values` fill the prompt as data. `messages` is all that was said and done so far.

    What of it has no room is cut, the oldest first, and the ledger says so.
    """

    run_id: UUID
    prompt: ThinkPrompt
    values: Mapping[str, str]
    system: SystemContext
    messages: tuple[ChatMessage, ...]
    tools: tuple[Tool[Any], ...] = ()
    """Described to the model, never called: whoever asked journals the thought, then acts."""
    choice: ModelChoice = field(default=ModelChoice())
    project_id: UUID | None = None
    """Whose budgets count this call, too."""
    deadline_s: float = 300.0
    allowance: Allowance | None = None
    """The answer is kept so short that the call can't take more; None: only budgets bound it."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model said: an assistant message with text, reasoning and the calls it wants."""

    message: ChatMessage
    finish_reason: FinishReason
    usage: TokenUsage
    cost_usd: Decimal | None
    provider: str
    model: str
    reason: RouteReason
    simulated: bool
    duration_ms: int
    ledger: Mapping[str, JsonValue]
    """What went into the context, what was cut and why."""
