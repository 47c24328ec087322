"""The think-act loop: pydantic-ai's agent, which speaks to our proxy and calls our tools.

Import it through `agent_loop`, which waits until somebody asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from openai import AsyncOpenAI
from pydantic_ai import Agent, AgentRunResultEvent, RunContext
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    ToolCallPart,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_ai.usage import UsageLimits
from pydantic_core import SchemaValidator, core_schema

from vectal.ai.context.build import BuiltContext
from vectal.ai.contracts import LoopEvent, ReasoningDelta, TextDelta, ToolCalled
from vectal.ai.ports import ProviderFault, ToolSpec
from vectal.ai.providers.untrusted import as_object, as_text
from vectal.ai.proxy.exchange import Exchange
from vectal.ai.proxy.transport import (
    BASE_URL,
    EXCHANGE_HEADER,
    FAILED_CALL,
    ProxyTransport,
    in_process_client,
)
from vectal.ai.responses import ToolDesk
from vectal.ai.service.transcript import agent_messages

_ANY_ARGUMENTS: Final = SchemaValidator(core_schema.any_schema())
_STAND_IN: Final = ToolSpec(
    FAILED_CALL,
    "Stands for a call that can't be made.",
    {"type": "object", "properties": {"name": {"type": "string"}, "problem": {"type": "string"}}},
)
# The library would read thinking out of text by tags; our adapters have told the two apart.
_NO_TAGS: Final = ("\x00<think>", "\x00</think>")


class PydanticLoop:
    """One a process. Its client has no way out: every request ends in the transport."""

    def __init__(self) -> None:
        self._transport = ProxyTransport()
        self._http = in_process_client(self._transport)
        client = AsyncOpenAI(
            base_url=BASE_URL,
            api_key="in-process",
            organization="",
            project="",
            max_retries=0,
            http_client=self._http,
        )
        profile = OpenAIModelProfile(
            thinking_tags=_NO_TAGS,
            json_schema_transformer=None,
            openai_supports_reasoning=False,
        )
        model = OpenAIChatModel(
            "proxy", provider=OpenAIProvider(openai_client=client), profile=profile
        )
        self._agent: Agent[None, str] = Agent(model, retries=0)

    async def close(self) -> None:
        await self._http.aclose()

    async def run(
        self, exchange: Exchange, context: BuiltContext, desk: ToolDesk, until: float
    ) -> AsyncGenerator[LoopEvent]:
        """What the model says and what its tools return, in order.

        Raises ProviderFault, or TimeoutError when `until` (of the loop's clock) has come.
        """
        name = self._transport.open(exchange)
        settings = ModelSettings(
            extra_headers={EXCHANGE_HEADER: name}, max_tokens=exchange.max_output_tokens
        )
        try:
            async with (
                self._agent.run_stream_events(
                    message_history=agent_messages(context.system, context.messages),
                    toolsets=[_Tools(desk, exchange)],
                    model_settings=settings,
                    usage_limits=UsageLimits(request_limit=None),
                ) as events,
                aclosing(_in_time(events, until)) as timely,
            ):
                async for event in timely:
                    heard = _heard(event, desk)
                    if heard is not None:
                        yield heard
        except AgentRunError as error:
            if exchange.fault is not None:
                raise exchange.fault from error
            if not exchange.has_ended_well:
                raise ProviderFault("garbage", "The model's answer can't be used.") from error
        finally:
            self._transport.close(name)


class _Tools(AbstractToolset[None]):
    """The desk's tools as the agent knows tools, and the stand-in for calls that can't be made."""

    def __init__(self, desk: ToolDesk, exchange: Exchange) -> None:
        self._desk = desk
        self._exchange = exchange

    @property
    def id(self) -> str | None:
        return None

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:  # noqa: ARG002  (the library's signature)
        specs = self._desk.specs()
        return {spec.name: self._tool(spec) for spec in (*specs, _STAND_IN)} if specs else {}

    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[None],
        tool: ToolsetTool[None],  # noqa: ARG002  (the library's signature)
    ) -> str:
        call_id = ctx.tool_call_id or ""
        if name == FAILED_CALL:
            meant, problem = as_text(tool_args.get("name")), as_text(tool_args.get("problem"))
            content = self._desk.fail(call_id, meant or name, problem or "")
        else:
            content = await self._desk.call(call_id, name, tool_args)
        if not self._desk.returned[call_id].ok:
            self._exchange.mark_failed(call_id)
        return content

    def _tool(self, spec: ToolSpec) -> ToolsetTool[None]:
        definition = ToolDefinition(
            name=spec.name,
            description=spec.description,
            parameters_json_schema=dict(spec.parameters),
            strict=False,
        )
        return ToolsetTool(
            toolset=self, tool_def=definition, max_retries=0, args_validator=_ANY_ARGUMENTS
        )


async def _in_time(events: Any, until: float) -> AsyncGenerator[Any]:
    """Each event, as long as the response has time left."""
    while True:
        async with asyncio.timeout_at(until):
            event = await anext(events, None)
        if event is None or isinstance(event, AgentRunResultEvent):
            return
        yield event


def _heard(event: Any, desk: ToolDesk) -> LoopEvent | None:
    """Our event for one of the agent's; most of its events say nothing to us."""
    heard: LoopEvent | None = None
    match event:
        case (
            PartStartEvent(part=TextPart(content=text))
            | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
        ):
            heard = TextDelta(text) if text else None
        case (
            PartStartEvent(part=ThinkingPart(content=text))
            | PartDeltaEvent(delta=ThinkingPartDelta(content_delta=text))
        ):
            heard = ReasoningDelta(text) if text else None
        case FunctionToolCallEvent(part=part):
            heard = _called(part, desk)
        case FunctionToolResultEvent(part=part):
            heard = desk.returned.get(part.tool_call_id)
        case _:
            pass
    return heard


def _called(part: ToolCallPart, desk: ToolDesk) -> ToolCalled:
    arguments, name = as_object(part.args_as_dict()), part.tool_name
    if name == FAILED_CALL:
        name, arguments = as_text(arguments.get("name")) or name, {}
    return ToolCalled(part.tool_call_id, name, desk.title(name), arguments)
