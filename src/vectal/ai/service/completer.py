"""A single short text: a title, for example. No tools, no loop, the same proxy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Final

from vectal.ai.contracts import (
    Ceiling,
    Completion,
    CompletionRequest,
    Purpose,
    TextDelta,
    UsageReported,
    user_message,
)
from vectal.ai.errors import CeilingTooLowError, CompletionFailedError
from vectal.ai.ports import ModelRequest, ProviderFault
from vectal.ai.prompts.library import (
    rerank_prompt,
    rerank_question,
    title_prompt,
    title_question,
)
from vectal.ai.prompts.research import research_prompt
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.costs import to_units, worst_cost
from vectal.ai.proxy.paying import PaidProxy
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.responses import clean_title
from vectal.ai.router.request import Needs
from vectal.ai.service.accounting import Accounting, Occasion
from vectal.ai.service.payers import paid_by
from vectal.ai.service.reach import ReachReader
from vectal.ai.service.targets import TargetFinder
from vectal.ai.usage.tokens import count_tokens
from vectal.auth.principal import Principal
from vectal.platform.clock import monotonic, utc_now

_REPAIRS: Final = 1
_MAX_CHARS: Final = 20_000
# Models that always think need room to, before the few words that are wanted.
_THINKING_TOKENS: Final = 2_048


Spent = Callable[[UsageReported], None]
"""Told what a completion took, however it ended; must not block."""


class Completer:
    def __init__(self, reach: ReachReader, proxy: ModelProxy, accounting: Accounting) -> None:
        self._reach = reach
        self._finder = TargetFinder(proxy)
        self._proxy = proxy
        self._accounting = accounting

    async def complete(
        self, principal: Principal, request: CompletionRequest, spent: Spent | None = None
    ) -> Completion:
        """The text; raises CompletionFailedError when no model gave a usable one.

        Raises CeilingTooLowError before anything is sent when every model could take more.
        """
        system, question = _prompt(request)
        reach = await self._reach.read(principal)
        needs = Needs(
            input_tokens=count_tokens(system) + count_tokens(question),
            output_tokens=request.max_output_tokens,
            sticky=str(request.conversation_id or ""),
        )
        targets = self._finder.find(reach, request.choice, needs, principal)
        if request.ceiling is not None:
            # A second model may be asked beside a silent first.
            calls = 1 if reach.preferences.hedge_after_ms is None else 2
            targets = _below(request.ceiling, targets, needs, calls)
        paid = paid_by(principal, self._proxy, reach.preferences)
        records: list[CallRecord] = []
        occasion = Occasion(request.purpose, request.conversation_id, request.turn_id)
        posting = self._accounting.open(principal, occasion, records)
        started = monotonic()
        try:
            for _ in range(_REPAIRS + 1 if request.ceiling is None else 1):
                text = await self._ask(paid, targets, system, question, request, records)
                usable = clean_title(text) if request.purpose == "title" else text.strip()
                if usable:
                    return _completion(usable, records[-1], targets)
        finally:
            if spent is not None:
                duration_ms = round((monotonic() - started) * 1_000)
                spent(self._accounting.total(records, duration_ms))
            await self._accounting.write(posting)
        raise CompletionFailedError("The model answered with nothing that can be used.")

    async def _ask(
        self,
        paid: PaidProxy,
        targets: list[Target],
        system: str,
        question: str,
        request: CompletionRequest,
        records: list[CallRecord],
    ) -> str:
        record = CallRecord()
        records.append(record)
        limit = request.max_output_tokens
        if targets[0].offer.model.reasons:
            limit += _THINKING_TOKENS
        call = ModelRequest("", system, (user_message(question),), limit, effort=None)
        heard: list[str] = []
        length = 0
        stream = paid.stream(targets, call, request.deadline_s, record)
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        heard.append(event.text)
                        length += len(event.text)
                    if length > _MAX_CHARS:
                        break
        except ProviderFault as fault:
            raise CompletionFailedError(fault.detail) from fault
        return "".join(heard)


def _below(ceiling: Ceiling, targets: Sequence[Target], needs: Needs, calls: int) -> list[Target]:
    """The targets that can't take more than the ceiling, in their order."""
    inputs, now = needs.input_tokens, utc_now()
    # One that thinks lends its room to all.
    thinks = any(target.offer.model.reasons for target in targets)
    outputs = needs.output_tokens + (_THINKING_TOKENS if thinks else 0)
    if (inputs + outputs) * calls > ceiling.tokens:
        raise CeilingTooLowError
    most = to_units(ceiling.cost_usd)
    found = [each for each in targets if (worst_cost([each], inputs, outputs, now) or 0) <= most]
    if not found or (calls > 1 and 2 * (worst_cost(found, inputs, outputs, now) or 0) > most):
        raise CeilingTooLowError
    return found


def _completion(text: str, record: CallRecord, targets: Sequence[Target]) -> Completion:
    offer = (record.target or targets[0]).offer
    return Completion(text, offer.provider.name, offer.model.name, offer.simulated)


def _prompt(request: CompletionRequest) -> tuple[str, str]:
    purpose: Purpose = request.purpose
    values = request.values
    if purpose == "rerank":
        passages = {number: text for number, text in values.items() if number != "question"}
        return rerank_prompt().text, rerank_question(values["question"], passages)
    if purpose == "research":
        return research_prompt(values)
    if purpose != "title":
        raise ValueError(f"there is no prompt for purpose {purpose!r}")
    return title_prompt().text, title_question(values.get("user", ""), values.get("assistant", ""))
