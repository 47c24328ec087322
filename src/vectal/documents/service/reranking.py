"""Passages sorted by a small model of the workspace, within its budgets and its data policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from vectal.ai.contracts import CompletionRequest
from vectal.auth.principal import Principal
from vectal.platform.errors import UnavailableError

_TEXT_CHARS: Final = 1_200
"""Of each passage; how well it answers shows by then."""
_NUMBER: Final = re.compile(r"\d{1,3}")
_DEADLINE_S: Final = 10.0
_TOKENS: Final = 120


class NotRankedError(UnavailableError):
    code: ClassVar[str] = "documents.not_ranked"
    title: ClassVar[str] = "The model did not sort the passages"


class Completer(Protocol):
    """The part of the AI service that is needed."""

    async def complete(self, principal: Principal, request: CompletionRequest) -> str: ...


@dataclass(frozen=True, slots=True)
class ModelReranker:
    models: Completer

    async def rank(self, principal: Principal, question: str, texts: Sequence[str]) -> list[int]:
        """Raises `NotRankedError` for an answer without a number, and what the models raise."""
        values = {str(n): text[:_TEXT_CHARS] for n, text in enumerate(texts, 1)}
        answer = await self.models.complete(
            principal,
            CompletionRequest(
                purpose="rerank",
                values={"question": question, **values},
                max_output_tokens=_TOKENS,
                deadline_s=_DEADLINE_S,
            ),
        )
        return read_order(answer, len(texts))


def read_order(answer: str, count: int) -> list[int]:
    """Places from 0, each once. Only what is nothing but numbers is taken for an order."""
    if re.sub(r"[\d\s,;.\[\]]", "", answer) or not (found := _NUMBER.findall(answer)):
        raise NotRankedError
    places = dict.fromkeys(int(each) - 1 for each in found)
    return [place for place in places if 0 <= place < count]
