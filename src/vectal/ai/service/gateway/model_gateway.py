"""The way of an outside call: name, route, budget, tries, ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Self
from uuid import UUID

import msgspec

from vectal.ai.budgets.amounts import Worst
from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.catalog.spec import ModelsFile, ModelSpec
from vectal.ai.contracts import TokenUsage
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import Egress, ProviderFault
from vectal.ai.providers.pieces import Pieces
from vectal.ai.providers.raw import RawEnd, RawItem, native_wire
from vectal.ai.proxy.attempts import MAX_TARGETS, ModelProxy, input_tokens
from vectal.ai.proxy.costs import actual_cost, worst_cost
from vectal.ai.proxy.paying import settle, times
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.wires.passing import Peek, peek, replace_model
from vectal.ai.proxy.wires.port import BadCallError, ClientWire
from vectal.ai.router.request import Needs
from vectal.ai.service.gateway.asking import Asking
from vectal.ai.service.gateway.call import (
    Answer,
    CallRefusedError,
    IncomingCall,
    Prepared,
)
from vectal.ai.service.gateway.extras import CACHE_HIT, Extras, plan
from vectal.ai.service.gateway.guarding import Admission, CallGuard
from vectal.ai.service.gateway.listing import Listed, list_names
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.gateway.problems import malformed, problem_of, problem_of_fault, retry_after
from vectal.ai.service.gateway.response_cache import ResponseCache
from vectal.ai.service.gateway.route_headers import route_headers
from vectal.ai.service.gateway.usage_writer import UsageWriter
from vectal.ai.service.reach import Reach, ReachReader
from vectal.ai.service.targets import TargetFinder
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, Scope
from vectal.platform.errors import AppError
from vectal.platform.momentary import MomentaryCache

DEADLINE_S: Final = 600.0
DEFAULT_OUTPUT_TOKENS: Final = 4_096
REACH_AGE_S: Final = 0.8
# JSON of ordinary text has four bytes a token; half of that is on the safe side.
_BYTES_PER_TOKEN: Final = 2
_CHARS_PER_TOKEN: Final = 4
_STICKY_BYTES: Final = 1_000


class ModelGateway:
    """One a process. Run `book.run()` for as long as it serves."""

    def __init__(
        self,
        reach: ReachReader,
        proxy: ModelProxy,
        egress: Egress,
        budgets: BudgetGate,
        guard: CallGuard,
        book: UsageWriter,
        clock: Clock,
    ) -> None:
        self._guard = guard
        self._reader = reach
        self._proxy = proxy
        self._egress = egress
        self._budgets = budgets
        self.book = book
        self.cache: ResponseCache | None = None
        """Where answers are kept; None: nowhere."""
        self._clock = clock
        self._finder = TargetFinder(proxy)
        self._reach: MomentaryCache[UUID, Reach] = MomentaryCache(
            REACH_AGE_S, monotonic=clock.monotonic
        )

    @classmethod
    def build(
        cls,
        database: Database,
        keyring: Keyring,
        models: ModelsFile,
        proxy: ModelProxy,
        egress: Egress,
        budgets: BudgetGate,
        guard: CallGuard,
        local: ModelSpec | None = None,
    ) -> Self:
        """`local` is the embedding model that runs in the process itself."""
        clock = SystemClock()
        reach = ReachReader(database, keyring, models, clock, local)
        return cls(reach, proxy, egress, budgets, guard, UsageWriter(database, clock), clock)

    async def reach(self, principal: Principal) -> Reach:
        """What the workspace can reach, as it was less than a second ago."""
        scope = Scope(principal.workspace_id, principal.user_id)
        return await self._reach.get(principal.workspace_id, lambda: self._reader.read(scope))

    def guard_for(self, reach: Reach) -> Guard | None:
        """A guard for an answer that comes by another way than a call."""
        return self._proxy.guard_for(reach.preferences.guardrails)

    async def list_models(self, principal: Principal) -> list[Listed]:
        """The names that the caller may ask for."""
        bounds = await self._guard.find_bounds(principal)
        return list_names(await self.reach(principal), bounds)

    def forget_reach(self, workspace_id: UUID) -> None:
        """Look anew at once, where this process made the change itself."""
        self._reach.forget(workspace_id)

    def count_tokens(self, wire: ClientWire, body: bytes) -> int:
        """Tokens that a request holds, by our own count; raises BadCallError."""
        return input_tokens(wire.read(_with_limit(body), DEFAULT_OUTPUT_TOKENS).request)

    async def answer(self, call: IncomingCall) -> Answer:
        """The answer, or its beginning; raises CallRefusedError when there is none."""
        try:
            peeked = peek(call.body)
            asking = self._asking(call, peeked)
            tokens = _estimate(peeked, asking) + (peeked.max_output_tokens or DEFAULT_OUTPUT_TOKENS)
        except BadCallError as error:
            raise malformed(error) from error
        try:
            reach = await self.reach(call.principal)
            admission = await self._guard.admit(call, peeked.model, tokens, call.client_ip, reach)
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error
        asking.output_cap = admission.capped(peeked.max_output_tokens)
        try:
            targets = await self._permitted(call, peeked, asking, admission)
            if asking.extras is not None:
                kept = await self._before(call, asking, targets[0], admission)
                if kept is not None:
                    return kept
            hold = await self._reserve(call, peeked, asking, targets)
        except BaseException:
            # Refused or cancelled before it began: the limits get back what was taken.
            admission.settle(0)
            raise
        return await _Exchange(self, call, asking, targets, hold, admission).begin()

    async def prepare(self, call: IncomingCall) -> Prepared:
        """What a call would come to, without making it.

        Raises CallRefusedError as `answer` does, but for limits of rate and budgets: neither is
        asked.
        """
        try:
            peeked = peek(call.body)
            asking = self._asking(call, peeked)
            reach = await self.reach(call.principal)
            admission = await self._guard.judge(call, peeked.model, reach)
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error
        asking.output_cap = admission.capped(peeked.max_output_tokens)
        target = (await self._permitted(call, peeked, asking, admission))[0]
        guard = None if asking.extras is None else asking.extras.guard
        try:
            if guard is not None:
                await asking.screen(guard)
            body = replace_model(call.body, target.offer.model.name)
            inputs, outputs = _sizes([target], peeked, asking)
        except BadCallError as error:
            raise malformed(error) from error
        except ProviderFault as fault:
            raise CallRefusedError(problem_of_fault(fault)) from fault
        is_plain = (
            native_wire(target.offer.provider.kind) == call.wire.name
            and asking.output_cap == peeked.max_output_tokens
            and not (guard is not None and guard.has_changed)
            and not admission.is_paced
        )
        return Prepared(target, body if is_plain else None, inputs, outputs)

    async def _permitted(
        self, call: IncomingCall, peeked: Peek, asking: Asking, admission: Admission
    ) -> list[Target]:
        """Where the call may go."""
        try:
            found = await self._targets(call, peeked, asking)
            return admission.permitted(found)[:MAX_TARGETS]
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error

    async def _reserve(
        self, call: IncomingCall, peeked: Peek, asking: Asking, targets: list[Target]
    ) -> Reservation:
        """What the call may cost."""
        try:
            if not asking.is_native(targets[0]):
                asking.read()
            worst = self._worst(targets, peeked, asking)
            return await self._budgets.reserve(call.principal, call.subjects, worst)
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error

    async def _before(
        self, call: IncomingCall, asking: Asking, target: Target, admission: Admission
    ) -> Answer | None:
        """What comes before a model is asked: a kept answer, or the request without what it hides.

        Neither a kept answer nor a refused request costs anything; both are in the ledger.
        """
        extras, record = asking.extras, CallRecord(target=target, reason=target.reason)
        if extras is None:
            return None
        try:
            kept = await extras.find_answer(call, target, asking.output_cap)
            if kept is None and extras.guard is not None:
                await asking.screen(extras.guard)
        except BadCallError as error:
            raise malformed(error) from error
        except ProviderFault as fault:
            record.status, record.fault = "failed", fault.kind
            told = extras.headers(())
            record.codes += extras.codes
            self.book.note(call, record, 0)
            raise CallRefusedError(problem_of_fault(fault), told) from fault
        if kept is None:
            return None
        record.status = "ok"
        record.codes.append(CACHE_HIT)
        self.book.note(call, record, 0)
        admission.settle(0)
        return replace(kept, headers={**kept.headers, **admission.headers(call.wire.name)})

    def _asking(self, call: IncomingCall, peeked: Peek) -> Asking:
        now = self._clock.now
        return Asking(call, peeked, now, self._proxy, self._egress, DEFAULT_OUTPUT_TOKENS)

    async def _targets(self, call: IncomingCall, peeked: Peek, asking: Asking) -> list[Target]:
        reach = await self.reach(call.principal)
        asking.extras = plan(reach.preferences, call, self._proxy, self.cache)
        needs = Needs(
            input_tokens=_estimate(peeked, asking),
            output_tokens=peeked.max_output_tokens or 1,
            tools=peeked.has_tools,
            images=peeked.has_images,
            # A conversation begins alike in each of its turns; its provider's cache is warm.
            sticky=call.sticky or call.body[:_STICKY_BYTES].decode("latin-1"),
        )
        return self._finder.find(reach, read_choice(peeked.model), needs, call.principal)

    def _worst(self, targets: list[Target], peeked: Peek, asking: Asking) -> Worst:
        inputs, outputs = _sizes(targets, peeked, asking)
        cost = worst_cost(targets, inputs, outputs, self._clock.now())
        worst = Worst(cost, inputs + outputs)
        return worst if asking.extras is None else times(worst, asking.extras.calls)

    async def begin(self, exchange: _Exchange) -> Pieces[RawItem]:
        asking = exchange.asking
        return await self._proxy.begin(
            exchange.targets, asking.ask, asking.fits, DEADLINE_S, exchange.record
        )

    def close_books(self, exchange: _Exchange) -> None:
        """The call is over, however it ended: pay, and write it down."""
        cost = settle(exchange.hold, exchange.record, self._clock)
        usage = exchange.record.usage
        tokens = usage.input_tokens + usage.output_tokens
        for rival in exchange.record.rivals:
            if rival.target is not None:
                paid = actual_cost(rival.target, rival.usage, self._clock.now())
                self.book.note(exchange.call, rival, paid)
                tokens += rival.usage.input_tokens
        exchange.admission.settle(tokens)
        if exchange.record.tries:
            self.book.note(exchange.call, exchange.record, cost)


class _Exchange:
    """One call that is being answered; as a stream it is the pieces for the client."""

    def __init__(
        self,
        gateway: ModelGateway,
        call: IncomingCall,
        asking: Asking,
        targets: list[Target],
        hold: Reservation,
        admission: Admission,
    ) -> None:
        self._gateway = gateway
        self.admission = admission
        self.call = call
        self.asking = asking
        self.targets = targets
        self.hold = hold
        self.record = CallRecord()
        if asking.extras is not None:
            self.record.hedge_after_s = asking.extras.hedge_after_s
        self._answering: Pieces[RawItem] | None = None

    async def begin(self) -> Answer:
        """Wait for the first piece: until then a failure is still a status of its own."""
        body = b""
        try:
            self._answering = await self._gateway.begin(self)
            if not self.asking.peek.stream:
                body = await self._read(self._answering)
        except ProviderFault as fault:
            self._close()
            raise CallRefusedError(problem_of_fault(fault), self._told_of(fault)) from fault
        except BaseException:
            self._close()
            raise
        extras = self.asking.extras
        if not self.asking.peek.stream:
            self._close()
            return Answer(self._headers(), body)
        stream = self if extras is None else extras.collected(self)
        return Answer(self._headers(), stream=stream)

    async def _read(self, answering: Pieces[RawItem]) -> bytes:
        """The answer that comes in one piece."""
        body = b""
        try:
            while (item := await answering.receive()) is not None:
                if isinstance(item, bytes):
                    body = item
                else:
                    self._finish(item)
        finally:
            await answering.close()
        if self.asking.extras is not None:
            self.asking.extras.collect(body)
        return body

    async def receive(self) -> bytes | None:
        """The next piece for the client; how it broke off is the last of them."""
        answering = self._answering
        if answering is None:
            return None
        try:
            while (item := await answering.receive()) is not None:
                if isinstance(item, bytes):
                    return item
                self._finish(item)
        except ProviderFault as fault:
            await self.close()
            return self.asking.broken(problem_of_fault(fault))
        await self.close()
        return None

    async def close(self) -> None:
        """The client has its answer, or does not want it any more."""
        answering, self._answering = self._answering, None
        if answering is not None:
            try:
                await answering.close()
            finally:
                self._close()

    def _finish(self, end: RawEnd) -> None:
        self.record.status = "ok"
        if end.usage is not None:
            self.record.usage = end.usage

    def _close(self) -> None:
        record = self.record
        if record.status == "running":
            record.status = "cancelled"
        if record.tries and record.usage == TokenUsage() and self._was_heard():
            # Nobody counted: our own estimate is better than nothing, and is marked as such.
            record.estimated = True
            heard = -(-self.asking.heard.chars // _CHARS_PER_TOKEN)
            record.usage = TokenUsage(_estimate(self.asking.peek, self.asking), heard)
        if self.asking.extras is not None:
            self._close_extras(self.asking.extras)
        self._gateway.close_books(self)

    def _close_extras(self, extras: Extras) -> None:
        record = self.record
        if extras.guard is not None and record.status == "failed" and extras.guard.spent:
            # The answer was held back, and still has its price.
            record.usage = extras.guard.spent
        for rival in record.rivals:
            rival.estimated = True
            rival.usage = TokenUsage(_estimate(self.asking.peek, self.asking))
        extras.close(record, self.targets[0], self._route_headers(), self.asking.peek.stream)

    def _told_of(self, fault: ProviderFault) -> dict[str, str]:
        extras = self.asking.extras
        told = {} if extras is None else extras.headers(self.record.codes)
        return {**told, **retry_after(fault)}

    def _was_heard(self) -> bool:
        return self.record.status == "ok" or self.asking.heard.chars > 0

    def _headers(self) -> dict[str, str]:
        return {**self._route_headers(), **self.admission.headers(self.call.wire.name)}

    def _route_headers(self) -> dict[str, str]:
        extras = self.asking.extras
        target = self.record.target or self.targets[0]
        more = {} if extras is None else extras.headers(self.record.codes)
        return {**route_headers(target, self.record), **more}


def _sizes(targets: list[Target], peeked: Peek, asking: Asking) -> tuple[int, int]:
    """The most tokens that may go in and come out."""
    allowed = max(target.offer.model.max_output_tokens for target in targets)
    outputs = min(asking.output_cap or peeked.max_output_tokens or allowed, allowed)
    return _estimate(peeked, asking), outputs


def _estimate(peeked: Peek, asking: Asking) -> int:
    """Tokens of the request: bytes tell, unless most of them are pictures."""
    if peeked.has_images:
        request = asking.read().request
        tools = sum(len(msgspec.json.encode(tool.parameters)) for tool in request.tools)
        return input_tokens(request) + tools // _BYTES_PER_TOKEN
    return len(asking.call.body) // _BYTES_PER_TOKEN


def _with_limit(body: bytes) -> bytes:
    """A request that is only counted names no limit, which one that is sent must."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return body  # whoever reads it says what is wrong
    members.setdefault("max_tokens", msgspec.Raw(b"1"))
    return msgspec.json.encode(members)
