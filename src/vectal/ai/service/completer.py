"""A single short text: a title, for example. No tools, no loop, the same proxy."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

from vectal.ai.contracts import CompletionRequest, Purpose, TextDelta, user_message
from vectal.ai.errors import CompletionFailedError
from vectal.ai.ports import ModelRequest, ProviderFault
from vectal.ai.prompts.library import (
    rerank_prompt,
    rerank_question,
    title_prompt,
    title_question,
)
from vectal.ai.proxy.attempts import ModelProxy
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

_REPAIRS: Final = 1
_MAX_CHARS: Final = 20_000
# Models that always think need room to, before the few words that are wanted.
_THINKING_TOKENS: Final = 2_048


class Completer:
    def __init__(self, reach: ReachReader, proxy: ModelProxy, accounting: Accounting) -> None:
        self._reach = reach
        self._finder = TargetFinder(proxy)
        self._proxy = proxy
        self._accounting = accounting

    async def complete(self, principal: Principal, request: CompletionRequest) -> str:
        """The text; raises CompletionFailedError when no model gave a usable one."""
        system, question = _prompt(request)
        reach = await self._reach.read(principal)
        needs = Needs(
            input_tokens=count_tokens(system) + count_tokens(question),
            output_tokens=request.max_output_tokens,
            sticky=str(request.conversation_id or ""),
        )
        targets = self._finder.find(reach, request.choice, needs, principal)
        paid = paid_by(principal, self._proxy, reach.preferences)
        records: list[CallRecord] = []
        try:
            for _ in range(_REPAIRS + 1):
                text = await self._ask(paid, targets, system, question, request, records)
                usable = clean_title(text) if request.purpose == "title" else text.strip()
                if usable:
                    return usable
        finally:
            occasion = Occasion(request.purpose, request.conversation_id, request.turn_id)
            await self._accounting.write(principal, occasion, records)
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


def _prompt(request: CompletionRequest) -> tuple[str, str]:
    purpose: Purpose = request.purpose
    values = request.values
    if purpose == "rerank":
        passages = {number: text for number, text in values.items() if number != "question"}
        return rerank_prompt().text, rerank_question(values["question"], passages)
    if purpose != "title":
        raise ValueError(f"there is no prompt for purpose {purpose!r}")
    return title_prompt().text, title_question(values.get("user", ""), values.get("assistant", ""))
