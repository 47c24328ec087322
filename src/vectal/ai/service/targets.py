"""From a choice to targets: the router's plan with the credentials to walk it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vectal.ai.contracts import ModelChoice, Routed
from vectal.ai.errors import KeyUnreadableError, NoModelError, UnknownModelError
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.health import read_health
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.router.plan import route
from vectal.ai.router.request import Conditions, Needs
from vectal.ai.service.reach import Reach
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.errors import AppError

_UNKNOWN: Final = "unknown_model"


@dataclass(frozen=True, slots=True)
class TargetFinder:
    proxy: ModelProxy
    clock: Clock = field(default_factory=SystemClock)

    def conditions(self) -> Conditions:
        """How the offers are at this moment."""
        hour = self.clock.now().replace(minute=0, second=0, microsecond=0)
        return Conditions(hour, read_health(self.proxy.breakers), self.proxy.measures.snapshot())

    def find(self, reach: Reach, choice: ModelChoice, needs: Needs) -> list[Target]:
        """Where the request may go, best first; raises an AppError that says why nowhere."""
        plan = route(reach.catalog, choice, needs, reach.preferences, self.conditions())
        if plan.refusal is not None:
            error: type[AppError] = NoModelError
            if _UNKNOWN in plan.refusal.codes:
                error = UnknownModelError
            raise error(plan.refusal.sentence, extra={"reasons": list(plan.refusal.codes)})
        targets: list[Target] = []
        for candidate in plan.candidates:
            credentials = reach.credentials(candidate.offer)
            if credentials is not None:
                targets.append(
                    Target(
                        candidate.offer,
                        credentials,
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
