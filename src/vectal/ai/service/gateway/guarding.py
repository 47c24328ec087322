"""The guard at the gateway's door: the rules of the key and the limits of rate, in one go.

Rules come from a cache of a moment, and all limits are decided by one call to Redis, so that an
admitted call costs one round trip.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from vectal.ai.catalog.offers import Offer
from vectal.ai.contracts import ModelChoice
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.wires.port import WireName, WireProblem
from vectal.ai.service.gateway.call import CallRefusedError, IncomingCall
from vectal.ai.service.gateway.meaning import meant
from vectal.ai.service.gateway.rate_headers import (
    anthropic_headers,
    openai_headers,
    retry_headers,
)
from vectal.ai.service.key_rules import Bound, KeyRuleService
from vectal.ai.service.reach import Reach
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.rate_limit import (
    Claim,
    ClaimSet,
    Decision,
    Limit,
    RateLimiter,
    Standing,
    Taken,
    network_of,
)

_PERSONS: Final = 10
"""A workspace has many members, and an address many people behind it."""
_DOORS: Final = 100
"""A door serves the whole installation."""
_NOTHING_ASKED: Final = Decision(0.0, (), (), is_shared=True)
_WHO: Final = {
    "key": "This API key",
    "person": "You",
    "workspace": "This workspace",
    "address": "Your address",
    "door": "This endpoint",
}


@dataclass(frozen=True, slots=True)
class Rates:
    """What one person may a minute, whatever the key; 0 is no limit. Others follow from it."""

    requests_per_minute: int = 600
    tokens_per_minute: int = 0


@dataclass(slots=True)
class Admission:
    """A call that may go on. `settle` it once, when its tokens are known."""

    bounds: Sequence[Bound]
    _models: Sequence[frozenset[ModelChoice]]
    """Of each rule that names models; one of each must answer."""
    _guard: CallGuard
    _decision: Decision
    _tokens: Sequence[Claim]
    _is_settled: bool = field(default=False)

    def with_limits(self, decision: Decision, tokens: Sequence[Claim]) -> Admission:
        """The same call, once the limits of rate were asked."""
        return Admission(self.bounds, self._models, self._guard, decision, tokens)

    @property
    def is_paced(self) -> bool:
        """Whether a key's own limits of rate hold for each call."""
        rules = [bound.rules for bound in self.bounds]
        return any(each.requests_per_minute or each.tokens_per_minute for each in rules)

    def permitted(self, targets: Sequence[Target]) -> list[Target]:
        """Those of the router's targets that the key may reach; raises CallRefusedError if none."""
        found = [target for target in targets if self.permits(target.offer)]
        if not found:
            text = "No provider that this API key may use offers the model."
            raise CallRefusedError(WireProblem(403, "provider_not_allowed", text, "model"))
        return found

    def permits(self, offer: Offer) -> bool:
        """Whether the rules allow what the name came to in the end."""
        if not reaches(self.bounds, offer):
            return False
        # A simulator that stands in for the model has a name of its own.
        answering = ModelChoice(model=offer.model.name)
        return offer.simulated or all(answering in models for models in self._models)

    def capped(self, asked: int | None) -> int | None:
        """The longest answer that may be asked for, in tokens; None is the model's own cap."""
        caps = [bound.rules.max_output_tokens for bound in self.bounds]
        cap = min((each for each in caps if each is not None), default=None)
        return asked if cap is None else min(asked or cap, cap)

    def headers(self, wire: WireName) -> dict[str, str]:
        """How the narrowest limits stand, as the clients of this wire read it."""
        found: dict[str, str] = {}
        for unit, narrowest in self._guard.narrowest(self._decision).items():
            if wire == "messages":
                found |= anthropic_headers(unit, narrowest, self._guard.clock.now())
            else:
                found |= openai_headers(unit, narrowest)
        return found

    def settle(self, used_tokens: int) -> None:
        """Give back what was set aside and not used, or take what was used beyond; never waits."""
        if not self._is_settled:
            self._is_settled = True
            self._guard.limiter.settle(self._decision, self._tokens, used_tokens)


class CallGuard:
    """One a process."""

    def __init__(
        self,
        limiter: RateLimiter,
        rules: KeyRuleService,
        rates: Rates | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.limiter = limiter
        self.clock = clock or SystemClock()
        self._rules = rules
        self._limits = _limits(rates or Rates())
        # The same claims are made again and again, and cost more to make than to decide.
        self._requests_of = functools.lru_cache(maxsize=4_096)(self._claims_of_requests)

    async def admit(
        self, call: IncomingCall, model: str, tokens: int, client_ip: str, reach: Reach
    ) -> Admission:
        """Let a call pass that asks for `model` and may take `tokens` in and out.

        What names mean is told by `reach`, the workspace's own view of its models.
        Raises CallRefusedError: 403 for a model that the key may not ask for, 429 when it is
        too early. A refused call counts against no limit.
        """
        bounds = await self._find_allowing(call, model, reach)
        of_tokens = list(self._token_claims(call.principal, bounds, tokens))
        principal, door = call.principal, call.door or call.wire.name
        of_requests = self._requests_of(
            principal.user_id, principal.workspace_id, tuple(bounds), client_ip, door
        )
        decision = await self.limiter.decide([*of_requests, *of_tokens])
        models = _models_of(bounds, model, reach)
        admission = Admission(bounds, models, self, decision, of_tokens)
        if not decision.is_allowed:
            raise _too_early(decision, admission.headers(call.wire.name))
        return admission

    @property
    def forgotten(self) -> int:
        """Grows when this process has changed what a kept answer of `find_bounds_now` misses."""
        return self._rules.forgotten

    def find_bounds_now(self, principal: Principal) -> tuple[Bound, ...] | None:
        """As `find_bounds`, without waiting; None when it can't be told."""
        return self._rules.find_now(principal)

    def try_judge(self, bounds: Sequence[Bound], model: str, reach: Reach) -> Admission | None:
        """What the rules allow, before any limit is asked; None where they refuse."""
        if not bounds:
            return Admission((), (), self, _NOTHING_ASKED, ())
        if not allows(bounds, model, reach):
            return None
        return Admission(bounds, _models_of(bounds, model, reach), self, _NOTHING_ASKED, ())

    def claims(
        self, principal: Principal, bounds: Sequence[Bound], client_ip: str, door: str
    ) -> ClaimSet:
        """What each call takes of the limits of rate, for `RateLimiter.try_take`."""
        of_requests = self._requests_of(
            principal.user_id, principal.workspace_id, tuple(bounds), client_ip, door
        )
        return ClaimSet(of_requests, list(self._token_claims(principal, bounds, 1)))

    def admitted(self, judged: Admission, taken: Taken) -> Admission:
        """The admission of a call that was judged, and for which this was taken."""
        of_tokens = taken.wanted.claims_of_tokens(taken.tokens)
        return judged.with_limits(self.limiter.decision_of(taken), of_tokens)

    async def judge(self, call: IncomingCall, model: str, reach: Reach) -> Admission:
        """As `admit`, without the limits of rate: for a call that is not made now."""
        bounds = await self._find_allowing(call, model, reach)
        models, nothing = _models_of(bounds, model, reach), await self.limiter.decide(())
        return Admission(bounds, models, self, nothing, ())

    async def _find_allowing(self, call: IncomingCall, model: str, reach: Reach) -> Sequence[Bound]:
        bounds = await self._rules.find_for_call(call.principal)
        if not allows(bounds, model, reach):
            text = f"This API key may not use the model {model[:200]!r}."
            raise CallRefusedError(WireProblem(403, "model_not_allowed", text, "model"))
        return bounds

    async def find_bounds(self, principal: Principal) -> Sequence[Bound]:
        """For lists of models; pass them to `allows`."""
        return await self._rules.find_for_call(principal)

    def narrowest(self, decision: Decision) -> dict[str, Standing]:
        """The limit with the least room of each unit, `requests` and `tokens`."""
        found: dict[str, Standing] = {}
        for each in decision.standings:
            unit = _unit_of(each.limit.name)
            known = found.get(unit)
            if (
                known is None
                or each.remaining < known.remaining
                or (each.remaining == known.remaining and each.whole_in_s > known.whole_in_s)
            ):
                found[unit] = each
        return found

    def _claims_of_requests(
        self,
        user_id: UUID,
        workspace_id: UUID,
        bounds: tuple[Bound, ...],
        client_ip: str,
        door: str,
    ) -> tuple[Claim, ...]:
        return tuple(self._request_claims(user_id, workspace_id, bounds, client_ip, door))

    def _request_claims(
        self,
        user_id: UUID,
        workspace_id: UUID,
        bounds: tuple[Bound, ...],
        client_ip: str,
        door: str,
    ) -> Iterator[Claim]:
        for bound in bounds:
            if bound.rules.requests_per_minute:
                limit = Limit.per_minute("model_requests_key", bound.rules.requests_per_minute)
                yield Claim(limit, str(bound.key_id))
        subjects = {
            "model_requests_person": str(user_id),
            "model_requests_workspace": str(workspace_id),
            "model_requests_address": network_of(client_ip),
            "model_requests_door": door,
        }
        for name, subject in subjects.items():
            if subject and (limit := self._limits.get(name)):
                yield Claim(limit, subject)

    def _token_claims(
        self, principal: Principal, bounds: Sequence[Bound], tokens: int
    ) -> Iterator[Claim]:
        for bound in bounds:
            if bound.rules.tokens_per_minute:
                limit = Limit.per_minute("model_tokens_key", bound.rules.tokens_per_minute)
                yield Claim(limit, str(bound.key_id), tokens)
        subjects = {
            "model_tokens_person": str(principal.user_id),
            "model_tokens_workspace": str(principal.workspace_id),
        }
        for name, subject in subjects.items():
            if limit := self._limits.get(name):
                yield Claim(limit, subject, tokens)


def allows(bounds: Sequence[Bound], requested_name: str, reach: Reach) -> bool:
    """Whether a client may ask for this name; aliases mean what they lead to."""
    named = [bound.rules.models for bound in bounds if bound.rules.models]
    if not named:
        return True
    wanted = meant(requested_name, reach)
    return all(any(meant(name, reach) == wanted for name in names) for names in named)


def reaches(bounds: Sequence[Bound], offer: Offer) -> bool:
    """Whether the provider of an offer may answer."""
    named = [bound.rules.providers for bound in bounds if bound.rules.providers]
    return all(offer.provider.kind in providers for providers in named)


def _models_of(
    bounds: Sequence[Bound], model: str, reach: Reach
) -> Sequence[frozenset[ModelChoice]]:
    """The models that may answer, by rule; none allows all, as a slot or `auto` does."""
    named = [bound.rules.models for bound in bounds if bound.rules.models]
    if not named or meant(model, reach).model is None:
        return ()
    return [frozenset(meant(name, reach) for name in names) for names in named]


def _limits(rates: Rates) -> dict[str, Limit]:
    """By name; none where there is no limit."""
    requests, tokens = rates.requests_per_minute, rates.tokens_per_minute
    amounts = {
        "model_requests_person": requests,
        "model_requests_workspace": requests * _PERSONS,
        "model_requests_address": requests * _PERSONS,
        "model_requests_door": requests * _DOORS,
        "model_tokens_person": tokens,
        "model_tokens_workspace": tokens * _PERSONS,
    }
    return {name: Limit.per_minute(name, amount) for name, amount in amounts.items() if amount}


def _unit(limit: Limit) -> str:
    return _unit_of(limit.name)


@functools.lru_cache(maxsize=100)
def _unit_of(name: str) -> str:
    return name.split("_")[1]


def _too_early(decision: Decision, headers: dict[str, str]) -> CallRefusedError:
    narrow = max(decision.standings, key=lambda each: each.wait_s).limit
    who = _WHO[narrow.name.split("_")[2]]
    does = "make {} requests" if _unit(narrow) == "requests" else "use {} tokens"
    again = retry_headers(decision.wait_s)
    text = f"{who} may {does.format(narrow.burst)} a minute. Try again in {again['retry-after']} s."
    return CallRefusedError(WireProblem(429, "rate_limited", text), {**headers, **again})
