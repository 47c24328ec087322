"""Asking a model for a step, within what is left of a research."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from vectal.ai.contracts import Ceiling, Completion, CompletionRequest, ModelChoice, UsageReported
from vectal.ai.service.completer import Spent
from vectal.auth.principal import Principal
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger
from vectal.research.service.journal import Journal

FAST: Final = ModelChoice(slot="fast")
_PATIENCE_S: Final = 180.0
_log = get_logger(__name__)


class Models(Protocol):
    """The part of `AiService` that a research needs."""

    async def check_caller(self, principal: Principal) -> None:
        """Whether the principal may have an answer beside the gateway; raises ForbiddenError."""
        ...

    async def complete_counted(
        self, principal: Principal, request: CompletionRequest, spent: Spent
    ) -> Completion: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model said; or why none did."""

    completion: Completion | None
    fault: AppError | None = None

    @property
    def text(self) -> str:
        return self.completion.text if self.completion is not None else ""

    @property
    def words(self) -> str:
        return self.fault.detail if self.fault is not None else ""


@dataclass(frozen=True, slots=True)
class Asking:
    models: Models

    async def ask(
        self,
        journal: Journal,
        principal: Principal,
        values: Mapping[str, str],
        choice: ModelChoice,
        output_tokens: int,
        *,
        part: int = 1,
        seconds: float = _PATIENCE_S,
    ) -> Heard:
        """One call, which can't take more than is left; it is counted however it ends.

        With a `part` of 4 it can't take more than a fourth of what is left.
        """
        row = journal.row
        left = Ceiling(
            max(0, row.tokens_most - row.tokens) // part,
            max(Decimal(0), row.cost_most_usd - row.cost_usd) / part,
        )
        used: list[UsageReported] = []
        request = CompletionRequest(
            "research",
            {**values, "today": journal.clock.now().date().isoformat()},
            choice=choice,
            max_output_tokens=output_tokens,
            deadline_s=min(seconds, _PATIENCE_S),
            ceiling=left,
        )
        try:
            return Heard(await self.models.complete_counted(principal, request, used.append))
        except AppError as error:
            _log.warning("research.no_answer", code=error.code, step=values["step"])
            return Heard(None, error)
        finally:
            for each in used:
                tokens = each.usage.input_tokens + each.usage.output_tokens
                await journal.count(tokens, each.cost_usd or Decimal(0))
