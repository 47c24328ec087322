"""The way of a request for vectors: the same stations as a chat's, but for one whole answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from vectal.ai.budgets.amounts import Worst
from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.contracts import TokenUsage
from vectal.ai.errors import BudgetUnpricedError
from vectal.ai.guardrails.contracts import CODE
from vectal.ai.ports import CallLimits, Egress, ProviderFault, TooLong
from vectal.ai.providers.pieces import Generated, Pieces, generate
from vectal.ai.providers.raw import Heard, RawCall, RawEnd, RawItem, forward
from vectal.ai.providers.simulated.embedding import EmbeddingInput, embed_simulated
from vectal.ai.proxy.attempts import MAX_TARGETS, ModelProxy
from vectal.ai.proxy.costs import most_inputs, worst_cost
from vectal.ai.proxy.paying import Purse, settle
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.tight import with_price
from vectal.ai.proxy.wires.embeddings.encoding import write_embeddings
from vectal.ai.proxy.wires.embeddings.reading import EmbeddingCall, read_embedding_call
from vectal.ai.proxy.wires.passing import replace_model
from vectal.ai.proxy.wires.port import BadCallError, WireProblem
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall, Prepared
from vectal.ai.service.gateway.embedding_guard import screen_inputs
from vectal.ai.service.gateway.guarding import Admission, CallGuard
from vectal.ai.service.gateway.local_embedding import HereEmbedding
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.gateway.problems import malformed, problem_of, problem_of_inputs, retry_after
from vectal.ai.service.gateway.route_headers import route_headers
from vectal.ai.service.gateway.usage_writer import UsageWriter
from vectal.ai.service.reach import Reach
from vectal.ai.service.targets import TargetFinder
from vectal.ai.usage.tokens import count_tokens
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.errors import AppError

_DOOR: Final = "embeddings"
DEADLINE_S: Final = 300.0
MAX_ANSWER_BYTES: Final = 64 << 20
"""As much as the way out lets in."""
# A number as vendors write it, with its comma; base64 has five and a third bytes for one.
_DIGITS: Final = 16
_MARKS: Final = 2
"""Tokens that some models put before and after an input."""

ReadReach: TypeAlias = Callable[[Principal], Awaitable[Reach]]


@dataclass(slots=True)
class EmbeddingGateway:
    """One a process. It shares everything with the gateway of chats but the wire."""

    reach: ReadReach
    proxy: ModelProxy
    egress: Egress
    budgets: BudgetGate
    guard: CallGuard
    book: UsageWriter
    clock: Clock = field(default_factory=SystemClock)
    here: HereEmbedding | None = None
    """The model of the process itself; without one its name leads nowhere."""
    _finder: TargetFinder = field(init=False)

    def __post_init__(self) -> None:
        self._finder = TargetFinder(self.proxy, self.clock)

    async def answer(self, call: IncomingCall) -> Answer:
        """The vectors, in OpenAI's shape; raises CallRefusedError when there are none."""
        call = replace(call, door=_DOOR)
        try:
            asked = read_embedding_call(call.body)
            replace_model(call.body, asked.model)  # refuses a member that is there twice
            reach = await self.reach(call.principal)
            admission = await self._admit(call, asked, reach)
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error
        try:
            targets = admission.permitted(self._targets(call, asked, reach))[:MAX_TARGETS]
            guard = self.proxy.guard_for(reach.preferences.guardrails)
            if guard is not None:
                asked, body = await screen_inputs(guard, reach.preferences, asked, call.body)
                call = replace(call, body=body)
            hold, targets = await self._reserve(call, asked, targets)
        except BaseException as error:
            admission.settle(0)
            if isinstance(error, AppError):
                raise CallRefusedError(_refusal(error), error.headers) from error
            if isinstance(error, ProviderFault):
                raise CallRefusedError(problem_of_inputs(error)) from error
            raise
        answer = await self._exchange(call, asked, targets, hold, admission)
        if guard is None:
            return answer
        done = ", ".join(code.removeprefix(CODE) for code in guard.codes) or "passed"
        return replace(answer, headers={**answer.headers, "x-vectal-guardrails": done})

    async def _admit(self, call: IncomingCall, asked: EmbeddingCall, reach: Reach) -> Admission:
        """Limits of rate are for clients: the product's own calls come no faster than its work."""
        if call.purpose == "documents":
            return await self.guard.judge(call, asked.model, reach)
        return await self.guard.admit(call, asked.model, asked.tokens, call.client_ip, reach)

    async def prepare(self, call: IncomingCall) -> Prepared:
        """What a call would come to, without making it; raises CallRefusedError."""
        try:
            asked = read_embedding_call(call.body)
            reach = await self.reach(call.principal)
            admission = await self.guard.judge(call, asked.model, reach)
            target = admission.permitted(self._targets(call, asked, reach))[0]
            guard, text = self.proxy.guard_for(reach.preferences.guardrails), call.body
            if guard is not None:
                _, text = await screen_inputs(guard, reach.preferences, asked, call.body)
            body = replace_model(call.body, target.offer.model.name)
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(_refusal(error), error.headers) from error
        except ProviderFault as fault:
            raise CallRefusedError(problem_of_inputs(fault)) from fault
        is_ours = target.offer.simulated or target.offer.is_here
        is_plain = text == call.body and not is_ours and not admission.is_paced
        return Prepared(target, body if is_plain else None, _most_tokens(asked, [target]), 0)

    def _targets(self, call: IncomingCall, asked: EmbeddingCall, reach: Reach) -> list[Target]:
        choice = read_choice(asked.model)
        found = self._finder.find_embedding(reach, choice, asked.dimensions, call.principal)
        _check_size(asked, found[0])
        return found

    async def _reserve(
        self, call: IncomingCall, asked: EmbeddingCall, targets: list[Target]
    ) -> tuple[Reservation, list[Target]]:
        """What the call may cost, and the targets that may cost so much."""

        def worst(targets: list[Target]) -> Worst:
            tokens = _most_tokens(asked, targets)
            return Worst(worst_cost(targets, tokens, 0, self.clock.now()), tokens)

        while True:
            try:
                held = await self.budgets.reserve(call.principal, call.subjects, worst(targets))
            except BudgetUnpricedError:
                targets = with_price(targets, lambda each: worst([each]))
                if not targets:
                    raise
            else:
                return held, targets

    async def _exchange(
        self,
        call: IncomingCall,
        asked: EmbeddingCall,
        targets: list[Target],
        hold: Reservation,
        admission: Admission,
    ) -> Answer:
        record = CallRecord()

        def ask(target: Target, limits: CallLimits) -> Pieces[RawItem]:
            if target.offer.simulated:
                return Generated(_simulate(target, asked))
            if target.offer.is_here and self.here is not None:
                return Generated(self.here.answer(asked))
            return self._pass_on(target, call, limits)

        body = b""
        record.count = _Count(asked)
        record.purse = Purse(self.budgets, call.principal, call.subjects, self.clock)
        opened = self.book.open(call, record)
        try:
            answering = await self.proxy.begin(targets, ask, _judges_itself, DEADLINE_S, record)
            async with aclosing(generate(answering)) as items:
                async for item in items:
                    if isinstance(item, bytes):
                        body = item
                    else:
                        _finish(record, item, asked)
        except ProviderFault as fault:
            raise CallRefusedError(problem_of_inputs(fault), retry_after(fault)) from fault
        finally:
            if record.status == "running":
                record.status = "cancelled"
            if record.was_spent:
                record.estimated, record.usage = True, _Count(asked).usage()
            cost = settle(hold, record, self.clock)
            beside = self.book.note_rivals(call, record)
            admission.settle(record.usage.input_tokens + beside)
            if record.tries:
                self.book.note(call, record, cost)
            self.book.close(opened)
        target = record.target or targets[0]
        headers = {**route_headers(target, record), **admission.headers(call.wire.name)}
        return Answer(headers, body)

    def _pass_on(self, target: Target, call: IncomingCall, limits: CallLimits) -> Pieces[RawItem]:
        raw = RawCall(
            wire="chat_completions",
            body=replace_model(call.body, target.offer.model.name),
            stream=False,
            headers=call.vendor_headers,
            path="/embeddings",
            max_answer_bytes=MAX_ANSWER_BYTES,
        )
        kind = target.offer.provider.kind
        return forward(self.egress, kind, target.credentials, raw, limits, Heard())


async def _simulate(target: Target, asked: EmbeddingCall) -> AsyncGenerator[RawItem]:
    window = target.offer.model.context_tokens
    for place, each in enumerate(asked.inputs):
        size = count_tokens(each) if isinstance(each, str) else len(each)
        if size > window:
            text = f"input[{place}] has about {size} tokens; the model takes {window}."
            too_long = TooLong(size, window)
            raise ProviderFault("context_too_large", text, too_long=too_long)
    model = target.offer.model.name
    vectors = await embed_simulated(model, asked.inputs, asked.dimensions)
    yield write_embeddings(asked, model, vectors)
    yield RawEnd(TokenUsage(input_tokens=asked.tokens))


def _most_tokens(asked: EmbeddingCall, targets: Sequence[Target]) -> int:
    """A token has a byte at least, and no model reads more of one input than its window."""
    return sum(most_inputs(targets, _size(each)) for each in asked.inputs)


def _size(given: EmbeddingInput) -> int:
    length = len(given.encode("utf-8", "surrogatepass")) if isinstance(given, str) else len(given)
    return length + _MARKS


def _likely_tokens(asked: EmbeddingCall) -> int:
    # Our count may be some percent below the vendor's, whose tokenizer is another one.
    return asked.tokens + asked.tokens // 4 + len(asked.inputs)


def _judges_itself(target: Target) -> bool:
    """Whoever answers knows best what fits into its own window."""
    del target
    return True


def _finish(record: CallRecord, end: RawEnd, asked: EmbeddingCall) -> None:
    record.status = "ok"
    record.estimated = end.usage is None
    record.usage = end.usage or TokenUsage(input_tokens=asked.tokens)


def _check_size(asked: EmbeddingCall, target: Target) -> None:
    """Refuse what no answer could carry, before somebody pays for it."""
    traits = target.offer.model.embedding
    length = asked.dimensions or (traits.dimensions if traits else None) or 0
    if asked.encoding_format == "float" and len(asked.inputs) * length * _DIGITS > MAX_ANSWER_BYTES:
        text = (
            f"input: {len(asked.inputs)} vectors of {length} numbers are too large for one answer;"
            " ask for encoding_format base64, or for fewer at once."
        )
        raise CallRefusedError(WireProblem(400, "invalid_request", text, "input"))


def _refusal(error: AppError) -> WireProblem:
    if error.extra.get("reasons") == ["dimensions"]:
        return WireProblem(400, "invalid_request", error.detail, "dimensions")
    return problem_of(error)


@dataclass(frozen=True, slots=True)
class _Count:
    """An answer comes in one piece."""

    asked: EmbeddingCall

    def chars(self) -> int:
        return 0

    def has_price(self) -> bool:
        return False

    def restart(self) -> None:
        """There is nothing but the request to count."""

    def usage(self) -> TokenUsage:
        return TokenUsage(_likely_tokens(self.asked))
