"""From a choice to targets: the router's plan with the credentials to walk it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeAlias
from uuid import UUID

from vectal.ai.contracts import ModelChoice, Routed
from vectal.ai.errors import (
    KeyUnreadableError,
    NoModelError,
    RequestTooLongError,
    UnknownModelError,
    WrongModelKindError,
)
from vectal.ai.ports import TooLong
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.health import read_readiness
from vectal.ai.proxy.measures import Measured
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.router.embedding import route_embedding
from vectal.ai.router.naming import read_alias
from vectal.ai.router.plan import route
from vectal.ai.router.reasons import WRONG_KIND
from vectal.ai.router.request import Conditions, Needs, RoutePlan
from vectal.ai.service.reach import Reach
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import DataScope, Scope
from vectal.platform.errors import AppError

_Essence: TypeAlias = tuple[str | int, ...]
_UNKNOWN: Final = "unknown_model"
_MOMENT_S: Final = 0.05
"""How long nobody looks whether a breaker's pause is over."""
_WORKSPACES: Final = 1_000
_PLANS: Final = 500
"""That are kept for one workspace."""


class TargetFinder:
    """Plans are kept while nothing changes that they depend on; see `_essence`."""

    def __init__(self, proxy: ModelProxy, clock: Clock | None = None) -> None:
        self._proxy = proxy
        self._clock = clock or SystemClock()
        self._conditions: Conditions | None = None
        self._moment = (-1, 0.0)
        self._found: OrderedDict[UUID, _Found] = OrderedDict()

    def conditions(self) -> Conditions:
        """How the offers are at this moment; the same object while they are the same."""
        measured = self._proxy.measures.snapshot()
        moment = (self._proxy.breakers.version, self._proxy.now() // _MOMENT_S)
        last = self._conditions
        if last is None or last.measured is not measured or self._moment != moment:
            self._moment = moment
            self._conditions = last = self._look(last, measured)
        return last

    def _look(self, last: Conditions | None, measured: Mapping[str, Measured]) -> Conditions:
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        health = read_readiness(self._proxy.breakers)
        if (
            last is None
            or last.measured is not measured
            or last.health != health
            or last.hour != hour
        ):
            return Conditions(hour, health, measured)
        return last

    def find(
        self, reach: Reach, choice: ModelChoice, needs: Needs, scope: DataScope
    ) -> list[Target]:
        """Where the request may go, best first; raises an AppError that says why nowhere."""
        found = self._found_in(reach, scope)
        key = (choice, _essence(found, choice, needs), scope.user_id)
        targets = found.targets.get(key)
        if targets is None:
            targets = _plan(reach, choice, needs, found.conditions, scope)
            if len(found.targets) >= _PLANS:
                found.targets.clear()
            found.targets[key] = targets
        return list(targets)

    def has_twins(self, reach: Reach, scope: DataScope) -> bool:
        """Whether several providers have the same model, so that calls can stick to one."""
        return self._found_in(reach, scope).has_twins

    def _found_in(self, reach: Reach, scope: DataScope) -> _Found:
        found, conditions = self._found.get(scope.workspace_id), self.conditions()
        if found is None or found.reach is not reach or found.conditions is not conditions:
            found = self._found[scope.workspace_id] = _Found(reach, conditions)
            self._found.move_to_end(scope.workspace_id)
            if len(self._found) > _WORKSPACES:
                self._found.popitem(last=False)
        return found

    def most_tokens(
        self, reach: Reach, choice: ModelChoice, needs: Needs, scope: DataScope
    ) -> int | None:
        """How long a request may be for `find` to say the same, whatever is in it.

        In tokens; None where what it finds depends on more than the needs of such a request.
        """
        found = self._found.get(scope.workspace_id)
        if found is None or found.reach is not reach or found.has_twins:
            return None
        if read_alias(choice, reach.preferences).is_auto or not _fits(found, needs):
            return None
        return found.smallest_window - needs.output_tokens

    def find_embedding(
        self, reach: Reach, choice: ModelChoice, dimensions: int | None, scope: DataScope
    ) -> list[Target]:
        """The same for a request for vectors; they are all of one model."""
        plan = route_embedding(
            reach.catalog, choice, dimensions, reach.preferences, self.conditions()
        )
        return _reachable(reach, plan, scope)


class _Found:
    """What was planned for a workspace as it is."""

    __slots__ = (
        "conditions",
        "has_twins",
        "reach",
        "smallest_answer",
        "smallest_window",
        "targets",
    )

    def __init__(self, reach: Reach, conditions: Conditions) -> None:
        self.reach = reach
        self.conditions = conditions
        self.targets: dict[tuple[ModelChoice, _Essence, UUID | None], list[Target]] = {}
        offers = reach.catalog.offers
        self.smallest_window = min((each.model.context_tokens for each in offers), default=0)
        self.smallest_answer = min((each.model.max_output_tokens for each in offers), default=0)
        names = [each.model.name for each in offers]
        self.has_twins = len(set(names)) < len(names)


def _essence(found: _Found, choice: ModelChoice, needs: Needs) -> _Essence:
    """The needs without what can't change the plan.

    How long a request is matters where it might not fit, and to `auto`, which weighs it; what it
    sticks to only where a model has several providers.
    """
    sticky = needs.sticky if found.has_twins else ""
    abilities = (
        needs.tools,
        needs.writes,
        needs.images,
        needs.tries_images,
        needs.reasoning,
        needs.speed,
        sticky,
    )
    if _fits(found, needs) and not read_alias(choice, found.reach.preferences).is_auto:
        return abilities
    sizes = needs.input_tokens, needs.output_tokens, needs.is_bound, needs.wished_tokens
    return *abilities, *sizes


def _fits(found: _Found, needs: Needs) -> bool:
    """Whether any of the models could read and write so much."""
    return (
        needs.input_tokens + needs.output_tokens <= found.smallest_window
        and needs.output_tokens <= found.smallest_answer
    )


def _plan(
    reach: Reach, choice: ModelChoice, needs: Needs, conditions: Conditions, scope: DataScope
) -> list[Target]:
    plan = route(reach.catalog, choice, needs, reach.preferences, conditions)
    if plan.refusal is not None and plan.widest is not None:
        too_long = TooLong(needs.input_tokens, plan.widest, needs.output_tokens)
        told: dict[str, object] = {"reasons": list(plan.refusal.codes)}
        raise RequestTooLongError(plan.refusal.sentence, too_long, told)
    return _reachable(reach, plan, scope)


def _reachable(reach: Reach, plan: RoutePlan, scope: DataScope) -> list[Target]:
    """The plan's candidates with their credentials; raises an AppError that says why none."""
    if plan.refusal is not None:
        error: type[AppError] = NoModelError
        if _UNKNOWN in plan.refusal.codes:
            error = UnknownModelError
        if WRONG_KIND in plan.refusal.codes:
            error = WrongModelKindError
        raise error(plan.refusal.sentence, extra={"reasons": list(plan.refusal.codes)})
    own_scope = Scope(scope.workspace_id, scope.user_id)
    targets: list[Target] = []
    for candidate in plan.candidates:
        credentials = reach.credentials(candidate.offer)
        if credentials is not None:
            targets.append(
                Target(
                    candidate.offer,
                    replace(credentials, scope=own_scope),
                    candidate.effort,
                    candidate.slot,
                    candidate.reason,
                )
            )
    if not targets:
        raise KeyUnreadableError
    return targets


def routed(target: Target, record: CallRecord | None = None) -> Routed:
    """What a client is told of the target; `record` knows why it stands in for another."""
    reason = target.reason
    if record is not None and record.reason is not None:
        reason = record.reason
    offer = target.offer
    return Routed(offer.provider.name, offer.model.name, target.slot, reason, offer.simulated)
