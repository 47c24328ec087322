"""Answers that came by another way than a call: looked at by the workspace's guardrails."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from vectal.ai.contracts import TokenUsage
from vectal.ai.guardrails.contracts import CODE
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import ModelEvent, ModelFinished, ProviderFault
from vectal.ai.providers.whole import events_of
from vectal.ai.proxy.attempts import addressed, input_tokens
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.wires.port import AnswerHead, BadCallError
from vectal.ai.service.gateway.call import IncomingCall
from vectal.ai.usage.tokens import count_message

_CUT: Final = f"{CODE}cut"
_OUTPUT_TOKENS: Final = 4_096


async def checked_answer(call: IncomingCall, target: Target, guard: Guard, body: bytes) -> bytes:
    """The answer of a vendor of the client's own wire to `call`, as it may be shown.

    Raises ProviderFault when it may not be.
    """
    try:
        read = call.wire.read(call.body, _OUTPUT_TOKENS)
        request = addressed(read.request, target)
    except BadCallError as error:
        raise ProviderFault("invalid_request", error.detail) from error
    await guard.recall(read.request, call.body)
    if guard.leaves_alone:
        return body
    events = events_of(target.offer.provider.kind, body)
    shown = [event async for event in guard.answer(_each(events), request)]
    finished = next((each for each in shown if isinstance(each, ModelFinished)), None)
    if finished is None or _CUT not in guard.codes:
        return body
    counted = TokenUsage(input_tokens(request), count_message(finished.message))
    head = AnswerHead(call.request_id, 0, read.request.model)
    return call.wire.encoder(read, head).whole(finished, finished.usage or counted)


async def _each(events: Sequence[ModelEvent]) -> AsyncGenerator[ModelEvent]:
    for event in events:
        yield event
