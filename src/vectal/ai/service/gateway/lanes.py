"""Lanes: what is alike in all calls of one program for one model, found once for many.

Who asks, by which rules, where it goes, at which price, against which limits: none of that changes
between two calls of the same program that differ in their conversation alone. A lane is looked at
anew many times a second, so it is younger than anything that it was made of may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from vectal.ai.budgets.amounts import Worst
from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import CallLimits, ProviderKind
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.providers.raw import RawCall, RawWire, request_of
from vectal.ai.proxy.costs import most_inputs, rounded_up, worst_cost
from vectal.ai.proxy.record import Attempt, CallRecord, Target
from vectal.ai.proxy.wires.framing import Frame, frame_of
from vectal.ai.proxy.wires.passing import Peek, replace_model, with_usage
from vectal.ai.proxy.wires.port import BadCallError, ClientWire
from vectal.ai.router.request import Conditions, Preferences
from vectal.ai.service.gateway.answered import Alike
from vectal.ai.service.gateway.asking import BYTES_PER_TOKEN, DEFAULT_OUTPUT_TOKENS, Asking
from vectal.ai.service.gateway.call import CallRefusedError, IncomingCall
from vectal.ai.service.gateway.deadlines import deadline_s
from vectal.ai.service.gateway.guarding import Admission
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.service.gateway.route_headers import route_headers
from vectal.ai.service.gateway.worst_case import least_window, longest_answer, priced
from vectal.ai.service.key_rules import Bound
from vectal.ai.service.reach import Reach
from vectal.ai.usage.prices import QUARTER, price_time, units_in
from vectal.auth.principal import Principal
from vectal.platform.errors import AppError
from vectal.platform.http import Ready
from vectal.platform.http.heads import field_line
from vectal.platform.rate_limit import ClaimSet

TRUST_S: Final = 0.15
"""How long a lane is taken for what it was when it was last looked at.

With the age of what it was made of, less than a second.
"""
_LANES: Final = 8
"""That are kept for one program; it seldom writes more kinds of requests at a time."""
_COSTS: Final = 200
_LONGEST_BYTES: Final = 1 << 30
"""No body has more."""


class Caller:
    """A program that calls by one door with one credential from one address."""

    __slots__ = ("client_ip", "lanes", "principal", "vendor_headers", "wire")

    def __init__(
        self,
        principal: Principal,
        wire: ClientWire,
        client_ip: str,
        vendor_headers: Mapping[str, str],
    ) -> None:
        self.principal = principal
        """As of now: whoever keeps the caller looks him up anew."""
        self.wire = wire
        self.client_ip = client_ip
        self.vendor_headers = vendor_headers
        """Those that a vendor of the same wire should see."""
        self.lanes: list[Lane] = []

    def call(self, body: bytes, request_id: str) -> IncomingCall:
        """A call, as those have it who await its answer."""
        return IncomingCall(
            self.principal,
            self.wire,
            body,
            request_id,
            self.client_ip,
            vendor_headers=self.vendor_headers,
        )


class _Basis(NamedTuple):
    """What a lane was made of."""

    principal: Principal
    bounds: tuple[Bound, ...]
    reach: Reach
    conditions: Conditions
    quarter: datetime

    def still_holds(self, now: _Basis) -> bool:
        return (
            self.reach is now.reach
            and self.conditions is now.conditions
            and self.quarter == now.quarter
            and self.principal == now.principal
            and self.bounds == now.bounds
        )


class _Plan(NamedTuple):
    """Where the calls of a lane go, and as what."""

    asking: Asking
    judged: Admission
    targets: list[Target]
    most_tokens: int | None
    """Longer requests may go elsewhere; None: each has to be planned by itself."""


class _Way(NamedTuple):
    """How requests are sent."""

    ready: Ready
    url: str
    limits: CallLimits


class Lane:
    """Of calls that go to `target`. Read it only; `until` and `stamp` are the finder's."""

    __slots__ = (
        "_added", "_after", "_before", "_charges", "_costs", "_is_same", "_outputs", "_priced",
        "_quarter_ends", "_room", "alike",
        "basis", "claims", "frame", "hides_usage", "judged", "kind", "limits", "most_bytes",
        "output_cap", "output_tokens", "ready", "route_lines", "stamp", "subjects", "target",
        "targets", "until", "url", "wire",
    )  # fmt: skip

    def __init__(
        self,
        basis: _Basis,
        frame: Frame,
        sent: Frame,
        plan: _Plan,
        way: _Way,
        wire: RawWire,
        gateway: ModelGateway,
    ) -> None:
        """`sent` is the frame of what the target gets."""
        asking, call = plan.asking, plan.asking.call
        self.target = target = plan.targets[0]
        self._priced = target.offer.priced
        self.basis = basis
        self._quarter_ends = basis.quarter + QUARTER
        self.frame = frame
        self._before, self._after = sent.before, sent.after
        self._is_same = (sent.before, sent.after) == (frame.before, frame.after)
        self.judged = plan.judged
        self.targets = plan.targets
        self.most_bytes = 0 if plan.most_tokens is None else plan.most_tokens * BYTES_PER_TOKEN
        self.output_cap = asking.output_cap
        self.output_tokens = frame.peek.choices * (
            frame.peek.max_output_tokens or DEFAULT_OUTPUT_TOKENS
        )
        """What the answer may take of the limits of tokens."""
        self._outputs = longest_answer(plan.targets, frame.peek, asking)
        self._added, self._charges = frame.peek.terms.added, frame.peek.terms.charges()
        least = least_window(plan.targets, call.vendor_headers)
        self._room = most_inputs(plan.targets, _LONGEST_BYTES, 0, least)
        self._costs: dict[int, int | None] = {}
        self.claims: ClaimSet = gateway.guard.claims(
            basis.principal, basis.bounds, call.client_ip, call.wire.name
        )
        self.subjects = call.subjects
        self.wire: RawWire = wire
        self.hides_usage = hides_usage(frame.peek, self.wire)
        self.kind: ProviderKind = target.offer.provider.kind
        self.ready, self.url, self.limits = way
        record = CallRecord(target, target.reason, [Attempt(target.offer.key, "answered")], "ok")
        self.alike = Alike(gateway.book.line(call, record, target, None))
        """Of the ledger's lines."""
        headers = route_headers(target, record)
        self.route_lines = b"".join([field_line(*pair) for pair in headers.items()])
        self.until = 0.0
        self.stamp = 0

    def outgoing(self, body: bytes, conversation: bytes) -> bytes:
        """What the target gets for a body of this lane."""
        if self._is_same:
            return body
        return b"".join((self._before, conversation, self._after))

    def price(self, usage: TokenUsage, at: datetime) -> int | None:
        """What an answer costs that ends at that time, in 1e-8 USD; None when nobody knows."""
        quarter = self.basis.quarter
        if not quarter <= at < self._quarter_ends:
            quarter = price_time(at)
        return units_in(self._priced, usage, quarter)

    def worst(self, length: int) -> Worst:
        """The most that a call with a body of so many bytes may take."""
        most = length + self._added
        most = min(most, self._room)
        size = rounded_up(most)
        if size not in self._costs:
            if len(self._costs) >= _COSTS:
                self._costs.clear()
            quarter = self.basis.quarter
            told = self._outputs, quarter, self._charges
            self._costs[size] = worst_cost(self.targets, size, *told)
        return Worst(self._costs[size], most + self._outputs)


class Lanes:
    """Finds lanes. One a process, beside its gateway."""

    def __init__(self, gateway: ModelGateway, egress: HttpEgress) -> None:
        self._gateway = gateway
        self._egress = egress
        self._monotonic = gateway.clock.monotonic

    def find(self, caller: Caller, body: bytes) -> tuple[Lane, bytes] | None:
        """The lane of a call and the body's conversation; None when the call has to wait.

        So it has to for anything that is not known at this moment, and for refusals.
        """
        for lane in caller.lanes:
            conversation = lane.frame.match(body)
            if conversation is not None:
                if len(body) > lane.most_bytes:
                    break
                is_fresh = lane.until > self._monotonic() and lane.stamp == self._gateway.stamp
                if is_fresh or self._still_holds(lane, caller):
                    return lane, conversation
                caller.lanes.remove(lane)
                break
        return self._open(caller, body)

    def _still_holds(self, lane: Lane, caller: Caller) -> bool:
        basis = self._basis(caller)
        if basis is None or not lane.basis.still_holds(basis):
            return False
        self._trust(lane)
        return True

    def _trust(self, lane: Lane) -> None:
        lane.until = self._monotonic() + TRUST_S
        lane.stamp = self._gateway.stamp

    def _basis(self, caller: Caller) -> _Basis | None:
        """What is known at this moment; None when something has to be waited for."""
        gateway, principal = self._gateway, caller.principal
        reach = gateway.find_reach(principal)
        bounds = gateway.guard.find_bounds_now(principal)
        if reach is None or bounds is None or not _is_plain(reach.preferences):
            return None
        quarter = price_time(gateway.clock.now())
        return _Basis(principal, bounds, reach, gateway.conditions(), quarter)

    def _open(self, caller: Caller, body: bytes) -> tuple[Lane, bytes] | None:
        try:
            frame, basis = frame_of(body, _conversation(caller)), self._basis(caller)
            conversation = None if frame is None else frame.match(body)
            if frame is None or basis is None or conversation is None:
                return None
            plan = self._plan(caller, frame, basis, body)
            if plan is None:
                return None
            written = _for_target(frame, plan.targets[0], caller.wire.name)
            sent = frame_of(written, _conversation(caller))
        except (BadCallError, CallRefusedError, AppError):
            return None  # whoever awaits the answer hears what is wrong
        way = None if sent is None else self._way(caller, frame.peek, plan.targets[0])
        if sent is None or way is None:
            return None
        lane = Lane(basis, frame, sent, plan, way, caller.wire.name, self._gateway)
        if plan.most_tokens is not None and not frame.is_long:
            self._trust(lane)
            caller.lanes.insert(0, lane)
            del caller.lanes[_LANES:]
        return lane, conversation

    def _plan(self, caller: Caller, frame: Frame, basis: _Basis, body: bytes) -> _Plan | None:
        gateway, peeked = self._gateway, frame.peek
        judged = gateway.guard.try_judge(basis.bounds, peeked.model, basis.reach)
        if judged is None:
            return None
        call = caller.call(body, "")
        asking = gateway.asking(call, peeked)
        asking.output_cap = judged.capped(peeked.max_output_tokens)
        found, most_tokens = gateway.find_targets_of_many(basis.reach, call, peeked, asking)
        targets = judged.permitted(found) if basis.bounds else found
        if asking.extras is not None or not asking.is_native(targets[0]):
            return None
        if any(target.offer.priced.fee for target in targets):
            return None  # what comes beside its tokens is told with its line
        return _Plan(asking, judged, priced(targets, peeked, body), most_tokens)

    def _way(self, caller: Caller, peeked: Peek, target: Target) -> _Way | None:
        """None where requests can't be sent at once."""
        limits = self._gateway.proxy.limits(deadline_s(peeked), target)
        raw = RawCall(caller.wire.name, b"", peeked.stream, headers=caller.vendor_headers)
        request = request_of(target.offer.provider.kind, target.credentials, raw, limits)
        ready = self._egress.ready(request)
        return None if ready is None else _Way(ready, request.url, limits)


def _conversation(caller: Caller) -> str:
    """The member of a body that differs from call to call."""
    return "input" if caller.wire.name == "responses" else "messages"


def hides_usage(peeked: Peek, wire: RawWire) -> bool:
    """Whether the counts at the end of a stream are ours alone."""
    return peeked.stream and wire == "chat_completions" and not peeked.include_usage


def _for_target(frame: Frame, target: Target, wire: RawWire) -> bytes:
    """A body of the frame as the target gets it. Raises BadCallError."""
    body = replace_model(frame.fill(b"[]"), target.offer.model.name)
    return with_usage(body) if hides_usage(frame.peek, wire) else body


def _is_plain(preferences: Preferences) -> bool:
    """Nothing is done with calls but making them."""
    return (
        preferences.hedge_after_ms is None
        and not preferences.response_cache.enabled
        and not preferences.guardrails.is_on
    )


__all__ = ["Caller", "Lane", "Lanes"]
