"""The way of an outside call: name, route, budget, tries, ledger."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final, Self
from uuid import UUID

import msgspec

from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.catalog.spec import ModelsFile, ModelSpec
from vectal.ai.contracts import ModelChoice
from vectal.ai.errors import BudgetExceededError, RequestTooLongError
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import Egress, ProviderFault, TooLong
from vectal.ai.providers.pieces import Pieces
from vectal.ai.providers.raw import RawItem, speaks
from vectal.ai.proxy.attempts import MAX_TARGETS, ModelProxy, input_tokens
from vectal.ai.proxy.paying import Purse, settle
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.wires.opening import opening_of
from vectal.ai.proxy.wires.passing import Peek, peek, replace_model, require_whole
from vectal.ai.proxy.wires.port import BadCallError, ClientWire
from vectal.ai.router.request import TOO_SMALL, Conditions, Needs
from vectal.ai.service.gateway.asking import DEFAULT_OUTPUT_TOKENS, LARGE_BYTES, Asking, estimate
from vectal.ai.service.gateway.call import (
    Answer,
    CallRefusedError,
    IncomingCall,
    Prepared,
)
from vectal.ai.service.gateway.client_exchange import ClientExchange
from vectal.ai.service.gateway.deadlines import deadline_s
from vectal.ai.service.gateway.extras import CACHE_HIT, plan
from vectal.ai.service.gateway.guarding import Admission, CallGuard
from vectal.ai.service.gateway.listing import Listed, find_name, list_names
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.gateway.problems import malformed, problem_of, problem_of_fault
from vectal.ai.service.gateway.reserving import reserve
from vectal.ai.service.gateway.response_cache import ResponseCache
from vectal.ai.service.gateway.usage_writer import UsageWriter
from vectal.ai.service.gateway.worst_case import (
    explained,
    most_tokens,
    priced,
    terms_for,
)
from vectal.ai.service.reach import Reach, ReachReader
from vectal.ai.service.targets import TargetFinder
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, Scope
from vectal.platform.errors import AppError
from vectal.platform.momentary import MomentaryCache

REACH_AGE_S: Final = 0.8
_FAR: Final = 3
"""How many windows of an estimate are too much for certain: it takes two bytes for a token."""


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
        self.guard = guard
        self._reader = reach
        self.proxy = proxy
        self.egress = egress
        self.budgets = budgets
        self.book = book
        self.cache: ResponseCache | None = None
        """Where answers are kept; None: nowhere."""
        self.clock = clock
        self.keep_alive_s = 15.0
        """How long a stream may be silent before its first word."""
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

    @property
    def stamp(self) -> int:
        """Grows with whatever this process has just changed and a kept plan would miss."""
        return self._reach.forgotten + self.guard.forgotten + self.proxy.breakers.version

    async def reach(self, principal: Principal) -> Reach:
        """What the workspace can reach, as it was less than a second ago."""
        scope = Scope(principal.workspace_id, principal.user_id)
        return await self._reach.get(principal.workspace_id, lambda: self._reader.read(scope))

    def find_reach(self, principal: Principal) -> Reach | None:
        """As `reach`, without waiting; None when it would have to be read."""
        return self._reach.peek(principal.workspace_id, None)

    def guard_for(self, reach: Reach) -> Guard | None:
        """A guard for an answer that comes by another way than a call."""
        return self.proxy.guard_for(reach.preferences.guardrails)

    async def list_models(self, principal: Principal) -> list[Listed]:
        """The names that the caller may ask for."""
        bounds = await self.guard.find_bounds(principal)
        return list_names(await self.reach(principal), bounds)

    async def find_model(self, principal: Principal, name: str) -> Listed | None:
        """What answers to the name, where the caller may ask for it."""
        bounds = await self.guard.find_bounds(principal)
        return find_name(await self.reach(principal), bounds, name)

    def forget_reach(self, workspace_id: UUID) -> None:
        """Look anew at once, where this process made the change itself."""
        self._reach.forget(workspace_id)

    async def count_tokens(self, wire: ClientWire, body: bytes) -> int:
        """Tokens that a request holds, by our own count; raises BadCallError."""
        if len(body) > LARGE_BYTES:
            return await asyncio.to_thread(_count_tokens, wire, body)
        return _count_tokens(wire, body)

    async def answer(self, call: IncomingCall) -> Answer:
        """The answer, or its beginning; raises CallRefusedError when there is none."""
        try:
            peeked = _peek(call)
            asking = self.asking(call, peeked)
            await _prepare_attached(asking)
            tokens = tokens_of(peeked, asking)
        except BadCallError as error:
            raise malformed(error) from error
        try:
            reach = await self.reach(call.principal)
            admission = await self.guard.admit(call, peeked.model, tokens, call.client_ip, reach)
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error
        asking.output_cap = admission.capped(peeked.max_output_tokens)
        try:
            targets = await self._permitted(call, peeked, asking, admission)
            if asking.extras is not None:
                kept = await self._before(call, asking, targets[0], admission)
                if kept is not None:
                    return kept
            hold, targets = await self._reserve(asking, targets)
        except BaseException:
            # Refused or cancelled before it began: the limits get back what was taken.
            admission.settle(0)
            raise
        return await ClientExchange(self, call, asking, targets, hold, admission).begin()

    async def prepare(self, call: IncomingCall) -> Prepared:
        """What a call would come to, without making it.

        Raises CallRefusedError as `answer` does, but for limits of rate and budgets: neither is
        asked.
        """
        try:
            peeked = _peek(call)
            asking = self.asking(call, peeked)
            await _prepare_attached(asking)
            reach = await self.reach(call.principal)
            admission = await self.guard.judge(call, peeked.model, reach)
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
            inputs, outputs = most_tokens([target], peeked, asking)
        except BadCallError as error:
            raise malformed(error) from error
        except ProviderFault as fault:
            raise CallRefusedError(problem_of_fault(fault)) from fault
        is_plain = (
            speaks(target.offer.provider, call.wire.name)
            and asking.output_cap == peeked.max_output_tokens
            and not (guard is not None and guard.has_changed)
            and not admission.is_paced
        )
        charges = terms_for([target], peeked, asking).charges()
        return Prepared(target, body if is_plain else None, inputs, outputs, charges)

    async def _permitted(
        self, call: IncomingCall, peeked: Peek, asking: Asking, admission: Admission
    ) -> list[Target]:
        """Where the call may go."""
        try:
            reach = await self.reach(call.principal)
            found = await self._find_targets(reach, call, peeked, asking)
            if not any(admission.permits(target.offer) for target in found):
                found = await self._within(reach, call, peeked, asking, admission)
            able = await _able(asking, admission.permitted(found))
            return priced(able[:MAX_TARGETS], peeked, call.body)
        except BadCallError as error:
            raise malformed(error) from error
        except AppError as error:
            raise CallRefusedError(problem_of(error), error.headers) from error

    async def _within(
        self, reach: Reach, call: IncomingCall, peeked: Peek, asking: Asking, admission: Admission
    ) -> list[Target]:
        """Where the call may go, now that the router's first choice is not for this key.

        Raises RequestTooLongError where the models that the key may reach are only too small.
        """
        choice, needs = self._wanted(reach, call, peeked, asking)
        shorter = replace(needs, input_tokens=0)
        others = self._finder.find(reach, choice, shorter, call.principal)
        windows = [
            each.offer.model.context_tokens for each in others if admission.permits(each.offer)
        ]
        if not windows:
            return self._finder.find(reach, choice, needs, call.principal)
        most = max(windows)
        if not _is_far(needs, asking, most):
            await asking.prepare()
        counted = _counted(needs, asking, most)
        found = self._finder.find(reach, choice, counted, call.principal)
        if any(admission.permits(each.offer) for each in found):
            return found
        too_long = TooLong(counted.input_tokens, most, needs.output_tokens)
        text = "No model that this API key may use can read so much."
        raise RequestTooLongError(text, too_long, {"reasons": [TOO_SMALL]})

    async def _reserve(
        self, asking: Asking, targets: list[Target]
    ) -> tuple[Reservation, list[Target]]:
        """What the call may cost, and the targets that may cost so much."""
        try:
            return await reserve(self.budgets, asking, targets)
        except BudgetExceededError as error:
            problem = problem_of(explained(error, targets, asking.peek, asking))
            raise CallRefusedError(problem, error.headers) from error
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

    def asking(self, call: IncomingCall, peeked: Peek) -> Asking:
        """The call on its way."""
        return Asking(call, peeked, self.clock.now, self.proxy, self.egress)

    def find_targets(
        self, reach: Reach, call: IncomingCall, peeked: Peek, asking: Asking
    ) -> list[Target]:
        """Where the router would send the call, best first. Raises BadCallError, AppError."""
        choice, needs = self._wanted(reach, call, peeked, asking)
        try:
            return self._finder.find(reach, choice, needs, call.principal)
        except RequestTooLongError as error:
            # An estimate on the safe side is not enough to refuse somebody.
            counted = _counted(needs, asking, error.too_long.most)
            if counted is needs:
                raise
            return self._finder.find(reach, choice, counted, call.principal)

    async def _find_targets(
        self, reach: Reach, call: IncomingCall, peeked: Peek, asking: Asking
    ) -> list[Target]:
        """As `find_targets`, but a large request that has to be counted keeps nobody waiting."""
        choice, needs = self._wanted(reach, call, peeked, asking)
        try:
            return self._finder.find(reach, choice, needs, call.principal)
        except RequestTooLongError as error:
            if not _is_far(needs, asking, error.too_long.most):
                await asking.prepare()
            return self.find_targets(reach, call, peeked, asking)

    def find_targets_of_many(
        self, reach: Reach, call: IncomingCall, peeked: Peek, asking: Asking
    ) -> tuple[list[Target], int | None]:
        """As `find_targets`, and to how many tokens a call may grow that goes there all the same.

        None where each call has to be asked for by itself.
        """
        choice, needs = self._wanted(reach, call, peeked, asking)
        targets = self._finder.find(reach, choice, needs, call.principal)
        return targets, self._finder.most_tokens(reach, choice, needs, call.principal)

    def conditions(self) -> Conditions:
        """How the offers are at this moment; the same object while they are the same."""
        return self._finder.conditions()

    def _wanted(
        self, reach: Reach, call: IncomingCall, peeked: Peek, asking: Asking
    ) -> tuple[ModelChoice, Needs]:
        asking.extras = plan(reach.preferences, call, self.proxy, self.cache)
        needs = Needs(
            input_tokens=estimate(peeked, asking),
            output_tokens=peeked.max_output_tokens or 1,
            is_bound=call.wire.name == "messages",  # which knows no request without a limit
            tools=peeked.has_tools,
            images=peeked.has_images,
            tries_images=True,
            reasoning=peeked.wants_thought,
            sticky=self._sticky(reach, call),
        )
        return read_choice(peeked.model), needs

    def _sticky(self, reach: Reach, call: IncomingCall) -> str:
        """A conversation begins alike in each of its turns; its provider's cache is warm."""
        if call.sticky or not self._finder.has_twins(reach, call.principal):
            return call.sticky
        return opening_of(call.body)

    async def begin(self, exchange: ClientExchange) -> Pieces[RawItem]:
        asking, call = exchange.asking, exchange.call
        exchange.record.purse = Purse(self.budgets, call.principal, call.subjects, self.clock)
        exchange.under_way = self.book.open(call, exchange.record)
        return await self.proxy.begin(
            exchange.targets, asking.ask, asking.fits, deadline_s(asking.peek), exchange.record
        )

    def close_books(self, exchange: ClientExchange) -> None:
        """The call is over, however it ended: pay, and write it down."""
        cost = settle(exchange.hold, exchange.record, self.clock)
        usage = exchange.record.usage
        beside = self.book.note_rivals(exchange.call, exchange.record)
        exchange.admission.settle(usage.input_tokens + usage.output_tokens + beside)
        if not exchange.record.tries and exchange.record.was_left_alone:
            # Nobody was asked. Whoever looks for the call finds it all the same, and why.
            exchange.record.target, cost = exchange.targets[0], 0
        if exchange.record.tries or exchange.record.was_left_alone:
            self.book.note(exchange.call, exchange.record, cost)
        if exchange.under_way is not None:
            self.book.close(exchange.under_way)


async def _prepare_attached(asking: Asking) -> None:
    """Read what bytes tell nothing of, before its size is asked for."""
    if asking.peek.has_images or asking.peek.attached.documents:
        await asking.prepare()


def _counted(needs: Needs, asking: Asking, most: int | None) -> Needs:
    """The needs with a count of the request in the place of the estimate, where it can be read.

    And where that may make a difference: to count what is far longer than `most` would be dear.
    """
    if _is_far(needs, asking, most):
        return needs
    try:
        return replace(needs, input_tokens=asking.least_inputs())
    except BadCallError:  # its own vendor may read it all the same
        return needs


def _is_far(needs: Needs, asking: Asking, most: int | None) -> bool:
    """Whether it is too long for certain; of documents nothing is."""
    if most is None or asking.peek.attached.documents:
        return False
    return needs.input_tokens > _FAR * most


def tokens_of(peeked: Peek, asking: Asking) -> int:
    """What the call may take of the limits of tokens."""
    outputs = peeked.choices * (peeked.max_output_tokens or DEFAULT_OUTPUT_TOKENS)
    return estimate(peeked, asking) + outputs


def _peek(call: IncomingCall) -> Peek:
    """The outline of a call; raises BadCallError for what no vendor is sent."""
    peeked = peek(call.body)
    require_whole(peeked, call.wire.name)
    return peeked


async def _able(asking: Asking, targets: list[Target]) -> list[Target]:
    """Those that can be asked: what nobody here can translate goes to vendors of its wire alone.

    So does what would lose something on the way.
    """
    native = [target for target in targets if asking.is_native(target)]
    if not native or native[0] is targets[0]:
        return targets
    await asking.prepare()
    try:
        loses = bool(asking.read().left_out)
    except BadCallError:
        return native
    return native if loses else targets


def _count_tokens(wire: ClientWire, body: bytes) -> int:
    return input_tokens(wire.read(with_limit(body), DEFAULT_OUTPUT_TOKENS).request)


def with_limit(body: bytes) -> bytes:
    """A request that is only counted names no limit, which one that is sent must."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return body  # whoever reads it says what is wrong
    members.setdefault("max_tokens", msgspec.Raw(b"1"))
    return msgspec.json.encode(members)
