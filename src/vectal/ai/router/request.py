"""What the router is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from vectal.ai.catalog.offers import Offer
from vectal.ai.contracts import RouteReason, Slot
from vectal.ai.ports import Effort, ProviderKind

Taste: TypeAlias = Literal["cheap", "balanced", "best"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must be able to do to take the request.

    `input_tokens` is what can't be cut; `wished_tokens` is all there is, and only steers `auto`.
    """

    input_tokens: int = 0
    output_tokens: int = 1_024
    wished_tokens: int = 0
    tools: bool = False
    writes: bool = False
    images: bool = False


@dataclass(frozen=True, slots=True)
class Preferences:
    """The workspace's settings, and what its plan allows.

    `providers` come first in their order; the rest follow. `slots` None allows all.
    """

    taste: Taste = "balanced"
    providers: tuple[ProviderKind, ...] = ()
    blocked_models: frozenset[str] = frozenset()
    slots: frozenset[Slot] | None = None


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


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Candidates in the order to try them; empty when `refusal` says why."""

    candidates: tuple[Candidate, ...]
    rejected: tuple[Rejected, ...]
    refusal: RouteReason | None = None
