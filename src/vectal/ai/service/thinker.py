"""One thought of a run: route, build the context, ask once, count.

It asks the proxy itself, as short completions do, and not by a client over the transport: the
journal of a run keeps messages as models write them, and a wire in between would lose signed
thinking, rewrite arguments that are no JSON, and call for a loop that the run already is. Router,
budgets, breakers, guardrails and ledgers are the same (D15), since all of them stand behind the
proxy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from vectal.ai.context.build import BuiltContext
from vectal.ai.context.runs import build_run_context
from vectal.ai.contracts import (
    Allowance,
    ChatMessage,
    Part,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.contracts_runs import ThinkRequest, Thought, Witness
from vectal.ai.errors import ThinkFailedError, ThinkRefusedError
from vectal.ai.ports import ModelFinished, ModelRequest, ProviderFault, ToolSpec
from vectal.ai.prompts.library import Prompt, run_prompt, run_state
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.paying import PaidProxy
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.responses import finish_reason
from vectal.ai.router.request import Needs
from vectal.ai.service.accounting import Accounting, Occasion, UsageWriter
from vectal.ai.service.allowances import afford
from vectal.ai.service.payers import paid_by
from vectal.ai.service.reach import ReachReader
from vectal.ai.service.targets import TargetFinder
from vectal.ai.service.windows import LEAST_OUTPUT_TOKENS, window_for
from vectal.ai.toolset import specs_of
from vectal.ai.usage.tokens import count_message, count_tokens, tool_tokens
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, monotonic
from vectal.platform.ids import new_id

_UNBOUNDED: Final = Allowance(Decimal(10) ** 12, 2**60)


@dataclass(frozen=True, slots=True)
class _Prepared:
    targets: list[Target]
    context: BuiltContext
    call: ModelRequest
    paid: PaidProxy
    worst: Allowance


class Thinker:
    """One a process; holds nothing of a run."""

    def __init__(
        self,
        reach: ReachReader,
        proxy: ModelProxy,
        accounting: Accounting,
        usage: UsageWriter,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._reach = reach
        self._finder = TargetFinder(proxy)
        self._proxy = proxy
        self._accounting = accounting
        self._usage = usage

    async def think(self, principal: Principal, request: ThinkRequest, witness: Witness) -> Thought:
        """What the model says.

        Raises ThinkFailedError, ThinkRefusedError where trying again is of no use, or another
        AppError if no model can be asked.
        """
        began = monotonic()
        until = asyncio.get_running_loop().time() + request.deadline_s
        record = CallRecord()
        occasion = Occasion("agent", run_id=request.run_id, project_id=request.project_id)
        posting = self._usage.open(principal, occasion, [record])
        try:
            async with asyncio.timeout_at(until):
                prepared = await self._prepare(principal, request)
                await witness.begin(prepared.worst)
                finished = await _ask(prepared, until, record, witness)
        except ProviderFault as fault:
            error_type = ThinkFailedError if fault.retryable else ThinkRefusedError
            raise error_type(fault.detail, fault.code) from fault
        except TimeoutError as error:
            raise ThinkFailedError("The model took too long.", "ai.deadline") from error
        finally:
            # Also when the run is cancelled: what was used was used.
            witness.took(self._taken(record))
            await self._usage.write(posting)
        duration_ms = max(0, round((monotonic() - began) * 1000))
        return self._thought(request, prepared, finished, record, duration_ms)

    async def _prepare(self, principal: Principal, request: ThinkRequest) -> _Prepared:
        reach = await self._reach.read(principal)
        specs = specs_of(sorted(request.tools, key=lambda tool: tool.name))
        pinned = request.system.pinned
        prompt = run_prompt(request.prompt, request.system, request.values, pinned)
        state = run_state(request.values)
        needs = _needs(request, prompt, state, specs)
        targets = self._finder.find(reach, request.choice, needs, principal)
        window = window_for(targets[0], with_tools=bool(specs))
        context = build_run_context(prompt, state, specs, request.messages, window)
        call = ModelRequest(
            "", context.system, context.messages, window.output_reserve, specs, effort=None
        )
        hedged = reach.preferences.hedge_after_ms is not None
        allowance = request.allowance or _UNBOUNDED
        afforded = afford(allowance, targets, call, calls=1 + hedged, at=self._clock.now())
        paid = paid_by(
            principal,
            self._proxy,
            reach.preferences,
            run_id=request.run_id,
            project_id=request.project_id,
        )
        return _Prepared(afforded.targets, context, afforded.call, paid, afforded.worst)

    def _taken(self, record: CallRecord) -> Allowance:
        """What was used so far; nothing before a vendor was asked."""
        total = self._accounting.total([record], 0)
        return Allowance(
            total.cost_usd or Decimal(0), total.usage.input_tokens + total.usage.output_tokens
        )

    def _thought(
        self,
        request: ThinkRequest,
        prepared: _Prepared,
        finished: ModelFinished,
        record: CallRecord,
        duration_ms: int,
    ) -> Thought:
        target = record.target or prepared.targets[0]
        total = self._accounting.total([record], duration_ms)
        return Thought(
            message=_with_new_ids(finished.message, request.messages),
            finish_reason=finish_reason(finished.reason, tools_exhausted=False),
            usage=total.usage,
            cost_usd=total.cost_usd,
            provider=target.offer.provider.name,
            model=target.offer.model.name,
            reason=record.reason or target.reason,
            simulated=target.offer.simulated,
            duration_ms=duration_ms,
            ledger=prepared.context.ledger.as_json(),
        )


async def _ask(
    prepared: _Prepared, until: float, record: CallRecord, witness: Witness
) -> ModelFinished:
    """The whole answer. A model that says nothing is asked anew by the run, which counts that."""
    left = until - asyncio.get_running_loop().time()
    finished: ModelFinished | None = None
    stream = prepared.paid.stream(prepared.targets, prepared.call, left, record)
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, ModelFinished):
                finished = event
            elif isinstance(event, TextDelta | ReasoningDelta):
                witness.hear(event)
    if finished is None or not _says_something(finished.message):
        raise ProviderFault("garbage", "The model answered with nothing.")
    return finished


def _needs(request: ThinkRequest, prompt: Prompt, state: str, specs: Sequence[ToolSpec]) -> Needs:
    fixed = count_tokens(prompt.text) + count_tokens(state) + tool_tokens(specs)
    said = (message for message in request.messages if message.role == "user")
    return Needs(
        input_tokens=fixed + sum(map(count_message, said)),
        output_tokens=LEAST_OUTPUT_TOKENS,
        wished_tokens=fixed + sum(map(count_message, request.messages)),
        tools=bool(specs),
        writes=any(tool.mode == "write" for tool in request.tools),
        sticky=str(request.run_id),
    )


def _says_something(message: ChatMessage) -> bool:
    return any(
        isinstance(part, ToolCallPart) or (isinstance(part, TextPart) and part.text.strip())
        for part in message.parts
    )


def _with_new_ids(message: ChatMessage, before: Sequence[ChatMessage]) -> ChatMessage:
    """The message with calls that are told apart from all earlier ones of the run.

    Some servers count their calls anew in each answer, and an id is what keeps an effect from
    happening twice.
    """
    taken = {
        part.call_id
        for earlier in before
        for part in earlier.parts
        if isinstance(part, ToolCallPart | ToolResultPart)
    }
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolCallPart) and part.call_id in taken:
            part = replace(part, call_id=f"call_{new_id().hex}")  # noqa: PLW2901 - the new part stands for it
        if not (isinstance(part, ReasoningPart) and not part.text and part.signature is None):
            parts.append(part)
    return replace(message, parts=tuple(parts))
