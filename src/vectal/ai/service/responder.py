"""A response: route, build the context, run the loop, count. The order of architecture 5."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from vectal.ai.context.build import (
    BuiltContext,
    SourceBlock,
    Window,
    build_context,
)
from vectal.ai.contracts import (
    ContextBuilt,
    Failed,
    Finished,
    ImagePart,
    LoopEvent,
    RespondRequest,
    ResponseEvent,
    Routed,
    ToolContext,
)
from vectal.ai.errors import ContextTooLargeError
from vectal.ai.ports import ProviderFault, ToolSpec
from vectal.ai.prompts.fencing import source_block
from vectal.ai.prompts.library import chat_prompt
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.exchange import Exchange, ExchangeRules
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.responses import ToolDesk, finish_reason
from vectal.ai.router.request import Needs, Preferences
from vectal.ai.service.accounting import Accounting, Occasion, UsageWriter
from vectal.ai.service.agent_loop import AgentLoop
from vectal.ai.service.payers import paid_by
from vectal.ai.service.reach import ReachReader
from vectal.ai.service.targets import TargetFinder, routed
from vectal.ai.service.windows import LEAST_OUTPUT_TOKENS, window_for
from vectal.ai.toolset import ToolRegistry, is_harmless, specs_of
from vectal.ai.usage.tokens import count_message, count_tokens, tool_tokens
from vectal.auth.principal import Principal
from vectal.platform.clock import monotonic
from vectal.platform.errors import AppError

MAX_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class _Prepared:
    targets: list[Target]
    context: BuiltContext
    desk: ToolDesk
    preferences: Preferences


class Responder:
    """One a process; holds nothing of a response but what is being written down."""

    def __init__(
        self,
        reach: ReachReader,
        proxy: ModelProxy,
        registry: ToolRegistry,
        loop: AgentLoop,
        accounting: Accounting,
        usage: UsageWriter,
    ) -> None:
        self._reach = reach
        self._finder = TargetFinder(proxy)
        self._proxy = proxy
        self._registry = registry
        self._loop = loop
        self._accounting = accounting
        self._usage = usage

    async def respond(
        self, principal: Principal, request: RespondRequest
    ) -> AsyncGenerator[ResponseEvent]:
        """The events of one response; ends with Finished or Failed, whatever providers do."""
        began = monotonic()
        try:
            prepared = await self._prepare(principal, request)
        except AppError as error:
            yield Failed(error.code, error.detail, retryable=False)
            return
        yield routed(prepared.targets[0])
        yield ContextBuilt(prepared.context.ledger.as_json(), prepared.context.sources)
        announcements: list[Routed] = []
        exchange = self._exchange(principal, prepared, request, began, announcements)
        occasion = Occasion(request.purpose, request.conversation_id, request.turn_id)
        posting = self._usage.open(principal, occasion, exchange.records)
        try:
            failed: Failed | None = None
            try:
                async with aclosing(self._answer(exchange, prepared, request, began)) as events:
                    async for event in events:
                        while announcements:
                            yield announcements.pop(0)
                        yield event
            except ProviderFault as fault:
                failed = Failed(fault.code, fault.detail, fault.retryable)
            except TimeoutError:
                failed = Failed("ai.deadline", "The answer took too long.", retryable=True)
            yield self._accounting.total(exchange.records, _ms_since(began))
            yield failed or _finished(exchange)
        finally:
            # Also when nobody listens any more: what was used was used.
            await self._usage.write(posting)

    async def _answer(
        self, exchange: Exchange, prepared: _Prepared, request: RespondRequest, began: float
    ) -> AsyncGenerator[LoopEvent]:
        left = request.deadline_s - (monotonic() - began)
        until = asyncio.get_running_loop().time() + max(0.0, left)
        stream = self._loop.run(exchange, prepared.context, prepared.desk, until)
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    def _exchange(
        self,
        principal: Principal,
        prepared: _Prepared,
        request: RespondRequest,
        began: float,
        announcements: list[Routed],
    ) -> Exchange:
        announced = prepared.targets[0]

        def announce(record: CallRecord) -> None:
            nonlocal announced
            if record.target is not None and record.target is not announced:
                announced = record.target
                announcements.append(routed(record.target, record))

        rules = ExchangeRules(
            deadline_s=max(0.0, request.deadline_s - (monotonic() - began)),
            max_rounds=MAX_ROUNDS,
            max_output_tokens=prepared.context.ledger.output_reserve,
        )
        return Exchange(
            paid_by(principal, self._proxy, prepared.preferences), prepared.targets, rules, announce
        )

    async def _prepare(self, principal: Principal, request: RespondRequest) -> _Prepared:
        reach = await self._reach.read(principal)
        offered = self._registry.offered(request.mode, principal.scopes, request.tools)
        # Nobody is asked for an approval in the middle of a response.
        tools = tuple(tool for tool in offered if is_harmless(tool))
        specs = specs_of(tools)
        writes = any(tool.mode == "write" for tool in tools)
        needs = _needs(request, specs, writes=writes)
        targets = self._finder.find(reach, request.choice, needs, principal)
        context = _context(request, specs, targets[0])
        room = context.ledger.tool_reserve + context.ledger.budget - context.ledger.used
        site = ToolContext(
            principal,
            request.turn_id,
            request.conversation_id,
            "",
            request.mode,
            request.system.timezone,
        )
        return _Prepared(targets, context, ToolDesk(tools, site, room), reach.preferences)


def _needs(request: RespondRequest, specs: Sequence[ToolSpec], *, writes: bool) -> Needs:
    """What a model must hold and be able to do; the history beyond the question may be cut."""
    if not request.history or request.history[-1].role != "user":
        raise ValueError("a history ends with the user's newest message")
    newest = request.history[-1]
    has_sources = bool(request.sources)
    bare = count_tokens(
        chat_prompt(request.mode, request.system, (), with_sources=has_sources).text
    )
    for_sources = sum(count_tokens(source.text) for source in request.sources)
    fixed = bare + tool_tokens(specs) + count_message(newest)
    return Needs(
        input_tokens=fixed,
        output_tokens=LEAST_OUTPUT_TOKENS,
        wished_tokens=fixed + for_sources + sum(map(count_message, request.history[:-1])),
        tools=bool(specs),
        writes=writes,
        images=any(isinstance(part, ImagePart) for part in newest.parts),
        sticky=str(request.conversation_id or ""),
    )


def _context(request: RespondRequest, specs: Sequence[ToolSpec], target: Target) -> BuiltContext:
    window = window_for(target, with_tools=bool(specs))
    prompt = partial(chat_prompt, request.mode, request.system, with_sources=bool(request.sources))
    pinned = request.system.pinned
    sources = [SourceBlock(each.number, source_block(each)) for each in request.sources]
    try:
        return build_context(prompt, pinned, specs, request.history, window, sources)
    except ContextTooLargeError:
        # A very full question: better an answer without reserves than none.
        bare = Window(window.tokens, min(window.output_reserve, LEAST_OUTPUT_TOKENS))
        return build_context(prompt, pinned, specs, request.history, bare, sources)


def _finished(exchange: Exchange) -> Finished:
    stop = exchange.records[-1].stop if exchange.records else None
    return Finished(finish_reason(stop or "stop", tools_exhausted=exchange.is_exhausted))


def _ms_since(began: float) -> int:
    return max(0, round((monotonic() - began) * 1000))
