"""One try at one target: passed on as it came where the wires agree, translated elsewhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec

from vectal.ai.catalog.spec import ModelSpec
from vectal.ai.contracts import ReasoningDelta, TextDelta, TokenUsage
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import (
    CallLimits,
    Egress,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderFault,
    ToolArgumentsDelta,
    TooLong,
)
from vectal.ai.providers.messages.request import thinking_tokens
from vectal.ai.providers.pieces import Generated, Pieces
from vectal.ai.providers.raw import Heard, RawCall, RawEnd, RawItem, forward, speaks
from vectal.ai.providers.responses.stream import ResponsesDecoder
from vectal.ai.proxy.attempts import ModelProxy, addressed, input_tokens, unsure_tokens
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.wires.breaking import broken_event
from vectal.ai.proxy.wires.passing import Peek, replace_model, with_usage
from vectal.ai.proxy.wires.port import (
    AnswerEncoder,
    AnswerHead,
    BadCallError,
    ClientCall,
    WireProblem,
)
from vectal.ai.service.gateway.call import IncomingCall
from vectal.ai.service.gateway.extras import Extras
from vectal.ai.usage.tokens import IMAGE_TOKENS, count_message
from vectal.platform.ids import new_id

# JSON of ordinary text has four bytes a token; half of that is on the safe side.
BYTES_PER_TOKEN: Final = 2
DEFAULT_OUTPUT_TOKENS: Final = 4_096
"""What an answer without a limit has at least, and what limits of rate take for it at first."""
LARGE_BYTES: Final = 256 << 10
"""Of a body that is read and counted beside the event loop: a tenth of a second of work."""
_INLINE: Final = re.compile(rb'"data:[^"]{200,}"|"data"[ \t\r\n]*:[ \t\r\n]*"[^"\\]{200,}"')
"""Pictures and files, in the words of OpenAI or of Anthropic."""
_MISCOUNT: Final = 4
"""A vendor may count a quarter more than we do, and refuse what then is beyond its window."""


_GUARDED: Final = "This workspace has guardrails, which let nothing through that they can't read."


@dataclass(slots=True)
class Asking:
    """A client's call on its way; `heard` counts what came back, whatever happens."""

    call: IncomingCall
    peek: Peek
    now: Callable[[], datetime]
    proxy: ModelProxy
    egress: Egress
    output_cap: int | None = None
    """The longest answer that the caller's key allows."""
    extras: Extras | None = None
    """What is done with the call beside making it; None for most."""
    heard: Heard = field(default_factory=Heard)
    overflow: TooLong | None = None
    """Of the widest model that does not hold the request, once one was found."""
    counted: int | None = None
    """The most tokens that the text can be by its vendor's count, where that was asked for."""
    _read: ClientCall | None = None
    _inputs: int | None = None
    was_asked: bool = False
    """Somebody; what was heard before that is of a call that was begun elsewhere."""
    _encoder: AnswerEncoder | None = None

    def ask(self, target: Target, limits: CallLimits) -> Pieces[RawItem]:
        """Pieces of the answer for the client, then `RawEnd`."""
        self.was_asked = True
        if self.is_native(target):
            return self._pass_on(target, limits)
        return Generated(self._translate(target, limits))

    def read(self) -> ClientCall:
        """The whole request, read once and only when somebody needs it; raises BadCallError."""
        if self._read is None:
            self._read = self.call.wire.read(self.call.body, DEFAULT_OUTPUT_TOKENS)
        return self._read

    def inputs(self) -> int:
        """Tokens of the request by our own count; raises BadCallError."""
        if self._inputs is None:
            self._inputs = input_tokens(self.read().request)
        return self._inputs

    def least_inputs(self) -> int:
        """The same with no more of documents than is certain; raises BadCallError."""
        return self.inputs() - unsure_tokens(self.read().request)

    async def prepare(self) -> None:
        """Read and count a large request in a thread, since nobody else may wait for it.

        What is wrong with it is told to whoever reads it next.
        """
        if self._inputs is None and len(self.call.body) > LARGE_BYTES:
            with suppress(BadCallError):
                await asyncio.to_thread(self.inputs)

    async def screen(self, guard: Guard) -> None:
        """Take out what may not leave; raises ProviderFault when the request may not at all.

        What only its vendor can read raises BadCallError: nothing passes unread.
        """
        await self.prepare()
        try:
            read = self.read()
        except BadCallError as error:
            raise BadCallError(f"{error.detail} {_GUARDED}", error.param) from error
        screened = await guard.screen(read.request, self.call.body)
        self._read, self._inputs = replace(read, request=screened), None
        await self.prepare()

    def is_native(self, target: Target) -> bool:
        """The provider speaks the client's own wire, and may get what the client wrote."""
        extras = self.extras
        if extras is not None and not extras.leaves_alone:
            return False  # what was hidden stays hidden
        if self.output_cap is not None and self.output_cap != self.peek.max_output_tokens:
            return False  # another limit has to be written into it
        return speaks(target.offer.provider, self.call.wire.name)

    def left_out(self, target: Target) -> tuple[str, ...]:
        """Kinds of tools that this target is not told of, once the request was read."""
        return () if self._read is None or self.is_native(target) else self._read.left_out

    def fits(self, target: Target) -> bool:
        """Whether the target's window holds the request.

        A vendor of the same wire may judge, and one whose window we only guess.
        """
        if self.is_native(target) or "window" in target.offer.model.guesses:
            return True
        try:
            request = self.addressed_to(target)
        except BadCallError:  # what its own vendor took or refused, nobody else can read
            return False
        room = target.offer.model.context_tokens
        tokens, answer = self.least_inputs(), request.max_output_tokens
        if tokens + answer <= room:
            return True
        if self.overflow is None or room > (self.overflow.most or 0):
            self.overflow = TooLong(tokens, room, answer)
        return False

    def _pass_on(self, target: Target, limits: CallLimits) -> Pieces[RawItem]:
        self._encoder = None
        wire = self.call.wire.name
        hides = self.peek.stream and wire == "chat_completions" and not self.peek.include_usage
        try:
            body = replace_model(self.call.body, target.offer.model.name)
            body = with_usage(body) if hides else body
        except BadCallError as error:
            return Generated(_unsendable(error))
        raw = RawCall(
            wire=wire,
            body=body,
            stream=self.peek.stream,
            hide_usage=hides,
            headers=self.call.vendor_headers,
        )
        kind = target.offer.provider.kind
        return forward(self.egress, kind, target.credentials, raw, limits, self.heard)

    async def _translate(self, target: Target, limits: CallLimits) -> AsyncGenerator[RawItem]:
        try:
            request = self.addressed_to(target)
        except BadCallError as error:
            raise ProviderFault("invalid_request", error.detail) from error
        adapter = self.proxy.adapter(target.offer.provider.kind)
        stream = adapter.stream(target.credentials, request, limits)
        guard = None if self.extras is None else self.extras.guard
        if guard is not None:
            # Counted before the guard: what it holds was made all the same, and has its price.
            stream = guard.answer(self._counted(stream), request)
        created, request_id = int(self.now().timestamp()), self.call.request_id
        head = AnswerHead(new_id().hex, created, self.peek.model, request_id)
        encoder, begun = self.call.wire.encoder(self.read(), head), False
        async with aclosing(stream) as events:
            async for event in events:
                if guard is None:
                    self._count(event)
                if not self.peek.stream:
                    if isinstance(event, ModelFinished):
                        usage = self._usage(event)
                        yield encoder.whole(event, usage)
                        yield RawEnd(event.usage)
                    continue
                opening = b"" if begun else encoder.begin()
                # Not before: of two tries side by side, the one that begins is the one that ends.
                begun, self._encoder = True, encoder
                if isinstance(event, ModelFinished):
                    yield opening + encoder.end(event, self._usage(event))
                    yield RawEnd(event.usage)
                elif piece := opening + encoder.feed(event):
                    yield piece

    async def _counted(self, stream: AsyncGenerator[ModelEvent]) -> AsyncGenerator[ModelEvent]:
        async with aclosing(stream) as events:
            async for event in events:
                self._count(event)
                yield event

    def _count(self, event: ModelEvent) -> None:
        if isinstance(event, TextDelta | ReasoningDelta | ToolArgumentsDelta):
            self.heard.chars += len(event.text)

    def addressed_to(self, target: Target) -> ModelRequest:
        """The request as it is translated for this target. Raises BadCallError."""
        said, model = self.read().request, target.offer.model
        request = addressed(said, target)
        limit = request.max_output_tokens
        if self.peek.max_output_tokens is None:
            limit = unsaid_limit(request, model, len(self.call.body), self.inputs)
        elif "answer" in model.guesses:
            limit = said.max_output_tokens  # what is only guessed of a model cuts nobody's answer
        if self.output_cap is not None:
            limit = min(limit, self.output_cap)
        traits = request.traits
        if "images" in model.guesses:
            traits = replace(traits, images=True)  # it was named, and its vendor will say
        return replace(request, max_output_tokens=limit, traits=traits)

    def _usage(self, finished: ModelFinished) -> TokenUsage:
        """The vendor's counts; our own where it gave none."""
        return finished.usage or TokenUsage(self.inputs(), count_message(finished.message))

    def broken(self, problem: WireProblem) -> bytes:
        """The end of a stream that broke after it had begun."""
        if self._encoder is not None:
            return self._encoder.fault(problem)
        decoder, number = self.heard.decoder, 0
        if isinstance(decoder, ResponsesDecoder):
            number = decoder.next_number
        return broken_event(self.call.wire, problem, self.call.request_id, number)


def unsaid_limit(
    request: ModelRequest, model: ModelSpec, size: int, count: Callable[[], int]
) -> int:
    """How long an answer may become whose client named no limit: as long as the model can.

    Never more than budgets set aside for it, which is the model's longest. `size` is the body's,
    in bytes; a token has one at least. `count` tells the request's tokens.
    """
    longest, room = model.max_output_tokens, model.context_tokens
    if size + longest <= room:
        return longest
    inputs = count()
    beside = room - inputs - inputs // _MISCOUNT
    least = min(longest, DEFAULT_OUTPUT_TOKENS + thinking_tokens(request))
    return max(least, min(longest, beside))


def estimate(peeked: Peek, asking: Asking) -> int:
    """Tokens of the request: bytes tell, unless most of them are pictures or documents."""
    if not peeked.has_images and not peeked.attached.documents:
        return len(asking.call.body) // BYTES_PER_TOKEN
    try:
        request = asking.read().request
    except BadCallError:
        # Its own vendor may know of parts that we don't.
        return roughly(asking.call.body, peeked.attached.pictures)
    tools = sum(len(msgspec.json.encode(tool.parameters)) for tool in request.tools)
    return asking.inputs() + tools // BYTES_PER_TOKEN


def roughly(body: bytes, pictures: int) -> int:
    """Tokens of a request that we can't read, pictures and files in it left out but for a guess."""
    inline = sum(len(found[0]) for found in _INLINE.finditer(body)) if pictures else 0
    return (len(body) - inline) // BYTES_PER_TOKEN + pictures * IMAGE_TOKENS


async def _unsendable(error: BadCallError) -> AsyncGenerator[RawItem]:
    """The answer to a body that can't be passed on: it fails when it is read, as others do."""
    for item in ():
        yield item
    raise ProviderFault("invalid_request", error.detail) from error
