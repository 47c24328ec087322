"""What the router is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from vectal.ai.catalog.offers import Offer
from vectal.ai.catalog.spec import ModelSpec
from vectal.ai.contracts import RouteReason, Slot
from vectal.ai.guardrails.contracts import NO_RULES, GuardrailRules
from vectal.ai.ports import Effort, Health, ProviderKind
from vectal.ai.proxy.measures import Measured

HEDGE_LEAST_MS: Final = 50
HEDGE_MOST_MS: Final = 60_000
TOO_SMALL: Final = "context_too_small"
"""The last thing that is looked at: a model of this code could take the request were it shorter."""
Taste: TypeAlias = Literal["cheap", "balanced", "best"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must be able to do to take the request.

    `input_tokens` is what can't be cut. `wished_tokens` is all there is; it only steers `auto`, as
    do `reasoning` and `speed`, the wishes for a model that thinks and for a quick one. `sticky`
    names what belongs together, so that it comes to the same provider, whose prompt cache is warm.
    `is_bound`: who asks had to name `output_tokens`, and takes less from a model that he names.
    With `tries_images`, a model that was named is shown images also where nobody has told if it
    sees any.
    """

    input_tokens: int = 0
    output_tokens: int = 1_024
    is_bound: bool = False
    wished_tokens: int = 0
    tools: bool = False
    writes: bool = False
    images: bool = False
    tries_images: bool = False
    reasoning: bool = False
    speed: bool = False
    sticky: str = ""


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """Where the words of a workspace may go. A set that is empty allows all."""

    never_leaves: bool = False
    """Only providers that run inside the house."""
    providers: frozenset[str] = frozenset()
    """Kinds of providers, and ids of single ones."""
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CacheRule:
    """Whether answers are kept for the same key's same question, and how long."""

    enabled: bool = False
    ttl_s: int = 3_600


@dataclass(frozen=True, slots=True)
class Preferences:
    """The workspace's settings, and what its plan allows.

    `providers` come first in their order; the rest follow. `slots` None allows all. `aliases` are
    the workspace's own names for models and slots, `fallbacks` what to try when a model fails.
    """

    taste: Taste = "balanced"
    providers: tuple[ProviderKind, ...] = ()
    blocked_models: frozenset[str] = frozenset()
    slots: frozenset[Slot] | None = None
    policy: DataPolicy = field(default_factory=DataPolicy)
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    response_cache: CacheRule = field(default_factory=CacheRule)
    hedge_after_ms: int | None = None
    """Ask a second model when the first has not begun to answer by then; None never does."""
    guardrails: GuardrailRules = NO_RULES

    def blocks(self, model: ModelSpec) -> bool:
        """Whether the workspace forbids a model, by whichever of its names clients may use."""
        blocked = self.blocked_models
        if not blocked:
            return False
        names = (model.name, *model.aliases)
        return any(name in blocked or f"{model.provider}/{name}" in blocked for name in names)


@dataclass(frozen=True, slots=True)
class Conditions:
    """How offers are at this moment, by `Offer.key`: all that the router knows of the world.

    `hour` is the time without its minutes, since prices of some vendors change with the clock.
    """

    hour: datetime
    health: Mapping[str, Health] = field(default_factory=dict[str, Health])
    measured: Mapping[str, Measured] = field(default_factory=dict[str, Measured])

    def health_of(self, offer: Offer) -> Health:
        return self.health.get(offer.key, "healthy")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to try, why, and how hard it should think."""

    offer: Offer
    slot: Slot | None
    effort: Effort
    reason: RouteReason


@dataclass(frozen=True, slots=True)
class Rejected:
    """A model that was looked at and left out."""

    model: str
    provider: str
    code: str
    context_tokens: int = 0
    """Of its window."""


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Candidates in the order to try them; empty when `refusal` says why."""

    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejected, ...]
    refusal: RouteReason | None = None

    @property
    def widest(self) -> int | None:
        """The largest window that is too small; None where the length is not what stands out."""
        if self.refusal is None or TOO_SMALL not in self.refusal.codes:
            return None
        sizes = [each.context_tokens for each in self.rejected if each.code == TOO_SMALL]
        return max(sizes, default=None)
