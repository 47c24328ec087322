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
from typing import Final

from vectal.ai.context.build import BuiltContext, tool_tokens
from vectal.ai.context.runs import build_run_context
from vectal.ai.contracts import (
    ChatMessage,
    Hear,
    Part,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ThinkRequest,
    Thought,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.errors import ThinkFailedError, ThinkRefusedError
from vectal.ai.ports import ModelFinished, ModelRequest, ProviderFault, ToolSpec
from vectal.ai.prompts.library import Prompt, run_prompt, run_state
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.paying import PaidProxy
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.responses import finish_reason
from vectal.ai.router.request import Needs
from vectal.ai.service.accounting import Accounting, Occasion, UsageWriter
from vectal.ai.service.payers import paid_by
from vectal.ai.service.reach import ReachReader
from vectal.ai.service.targets import TargetFinder
from vectal.ai.service.windows import LEAST_OUTPUT_TOKENS, window_for
from vectal.ai.toolset import specs_of
from vectal.ai.usage.tokens import count_message, count_tokens
from vectal.auth.principal import Principal
from vectal.platform.clock import monotonic
from vectal.platform.ids import new_id

_TRIES: Final = 2
"""How often a model is asked that answers with nothing at all."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    targets: list[Target]
    context: BuiltContext
    call: ModelRequest
    paid: PaidProxy


class Thinker:
    """One a process; holds nothing of a run."""

    def __init__(
        self, reach: ReachReader, proxy: ModelProxy, accounting: Accounting, usage: UsageWriter
    ) -> None:
        self._reach = reach
        self._finder = TargetFinder(proxy)
        self._proxy = proxy
        self._accounting = accounting
        self._usage = usage

    async def think(self, principal: Principal, request: ThinkRequest, hear: Hear) -> Thought:
        """What the model says.

        Raises ThinkFailedError, ThinkRefusedError where trying again is of no use, or another
        AppError if no model can be asked. `hear` also hears of an answer that breaks off, or that
        turns out to be empty.
        """
        began = monotonic()
        until = asyncio.get_running_loop().time() + request.deadline_s
        records: list[CallRecord] = []
        try:
            async with asyncio.timeout_at(until):
                prepared = await self._prepare(principal, request)
                finished = await _ask(prepared, until, records, hear)
        except ProviderFault as fault:
            error_type = ThinkFailedError if fault.retryable else ThinkRefusedError
            raise error_type(fault.detail, fault.code) from fault
        except TimeoutError as error:
            raise ThinkFailedError("The model took too long.", "ai.deadline") from error
        finally:
            # Also when the run is cancelled: what was used was used.
            occasion = Occasion("agent", run_id=request.run_id, project_id=request.project_id)
            await self._usage.write(principal, occasion, records)
        duration_ms = max(0, round((monotonic() - began) * 1000))
        return self._thought(request, prepared, finished, records, duration_ms)

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
        paid = paid_by(
            principal,
            self._proxy,
            reach.preferences,
            run_id=request.run_id,
            project_id=request.project_id,
        )
        return _Prepared(targets, context, call, paid)

    def _thought(
        self,
        request: ThinkRequest,
        prepared: _Prepared,
        finished: ModelFinished,
        records: Sequence[CallRecord],
        duration_ms: int,
    ) -> Thought:
        target = records[-1].target or prepared.targets[0]
        total = self._accounting.total(records, duration_ms)
        return Thought(
            message=_with_new_ids(finished.message, request.messages),
            finish_reason=finish_reason(finished.reason, tools_exhausted=False),
            usage=total.usage,
            cost_usd=total.cost_usd,
            provider=target.offer.provider.name,
            model=target.offer.model.name,
            reason=records[-1].reason or target.reason,
            simulated=target.offer.simulated,
            duration_ms=duration_ms,
            ledger=prepared.context.ledger.as_json(),
        )


async def _ask(
    prepared: _Prepared, until: float, records: list[CallRecord], hear: Hear
) -> ModelFinished:
    """The whole answer; a model that says nothing is asked once more."""
    for _ in range(_TRIES):
        record = CallRecord()
        records.append(record)
        left = until - asyncio.get_running_loop().time()
        finished: ModelFinished | None = None
        stream = prepared.paid.stream(prepared.targets, prepared.call, left, record)
        async with aclosing(stream) as events:
            async for event in events:
                if isinstance(event, ModelFinished):
                    finished = event
                elif isinstance(event, TextDelta | ReasoningDelta):
                    hear(event)
        if finished is not None and _says_something(finished.message):
            return finished
    raise ProviderFault("garbage", "The model answered with nothing.")


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
