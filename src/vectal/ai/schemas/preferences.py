"""Shapes of how a workspace likes its models chosen, and where its words may go."""

from __future__ import annotations

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints

from vectal.ai.contracts import SLOTS, Slot
from vectal.ai.ports import PROVIDER_KINDS, ProviderKind
from vectal.ai.router.naming import OURS
from vectal.ai.router.request import (
    HEDGE_LEAST_MS,
    HEDGE_MOST_MS,
    CacheRule,
    DataPolicy,
    Preferences,
    Taste,
)
from vectal.ai.router.unreached import Unreached
from vectal.ai.schemas.guardrails import GuardrailsShape
from vectal.ai.schemas.providers import ModelName, RegionName
from vectal.ai.service.preferences_view import PreferencesView
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag

_MAX_NAMES: Final = 100
_MAX_FALLBACKS: Final = 5
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _is_own(name: str) -> str:
    if name.startswith(OURS):
        raise ValueError(f"names that begin with {OURS} are taken")
    return name


def _leads_somewhere(name: str) -> str:
    if name.startswith(OURS) and name.removeprefix(OURS) not in {"auto", *SLOTS}:
        raise ValueError(f"is no name of ours; those are {OURS}auto and one for each slot")
    return name


def _is_kind_or_id(text: str) -> str:
    if text not in PROVIDER_KINDS and not _UUID.fullmatch(text):
        raise ValueError("must be a kind of provider, or a provider's id")
    return text


OwnName = Annotated[ModelName, AfterValidator(_is_own)]
TargetName = Annotated[ModelName, AfterValidator(_leads_somewhere)]
KindOrId = Annotated[str, Field(max_length=40), AfterValidator(_is_kind_or_id)]
Fallbacks = Annotated[list[TargetName], Field(min_length=1, max_length=_MAX_FALLBACKS)]
Region = Annotated[RegionName, StringConstraints(min_length=1)]


class ResponseCacheShape(Schema):
    """Answers that are kept: off unless it is said."""

    enabled: Annotated[Flag, Field(strict=True)] = False
    ttl_s: Annotated[int, Field(ge=1, le=86_400, strict=True, description="Seconds")] = 3_600


class UnreachedShape(Schema):
    """Names of the workspace that no provider has a model for at this moment."""

    aliases: Annotated[dict[str, str], Field(description="By alias: the model that nobody has")] = (
        Field(default_factory=dict[str, str])
    )
    fallbacks: Annotated[
        dict[str, list[str]], Field(description="By model: those behind it that nobody has")
    ] = Field(default_factory=dict[str, list[str]])

    @classmethod
    def of(cls, unreached: Unreached) -> Self:
        fallbacks = {name: list(names) for name, names in unreached.fallbacks.items()}
        return cls(aliases=dict(unreached.aliases), fallbacks=fallbacks)


class PreferencesShape(Schema):
    """How this workspace likes its models chosen, and where its words may go.

    A PUT replaces it all: what is left out takes its default.
    """

    taste: Annotated[Taste, Field(description="What `auto` leans to")] = "balanced"
    providers: Annotated[
        list[ProviderKind], Field(max_length=10, description="Tried first, in this order")
    ] = Field(default_factory=list[ProviderKind])
    blocked_models: Annotated[list[ModelName], Field(max_length=200)] = Field(
        default_factory=list[str]
    )
    slots: Annotated[
        list[Slot] | None, Field(max_length=10, min_length=1, description="Null allows all")
    ] = None
    never_leaves: Annotated[
        Flag, Field(strict=True, description="Ask only providers that run inside the house")
    ] = False
    allowed_providers: Annotated[
        list[KindOrId],
        Field(max_length=30, description="Kinds or ids of providers; none named allows all"),
    ] = Field(default_factory=list[str])
    allowed_regions: Annotated[
        list[Region],
        Field(max_length=20, description="Regions of providers; none named allows all"),
    ] = Field(default_factory=list[str])
    aliases: Annotated[
        dict[OwnName, TargetName],
        Field(
            max_length=_MAX_NAMES,
            description="The workspace's own names for models and slots",
            examples=[{"house-model": "vectal/pro"}],
        ),
    ] = Field(default_factory=dict[str, str])
    fallbacks: Annotated[
        dict[OwnName, Fallbacks],
        Field(
            max_length=_MAX_NAMES,
            description="For a model chosen by its name: what to try when it fails, in order",
            examples=[{"gpt-6.1-sol": ["claude-opus-5-5"]}],
        ),
    ] = Field(default_factory=dict[str, list[str]])

    response_cache: Annotated[
        ResponseCacheShape,
        Field(description="Keep answers, encrypted, for the same key's same request"),
    ] = Field(default_factory=ResponseCacheShape)
    hedge_after_ms: Annotated[
        int | None,
        Field(
            ge=HEDGE_LEAST_MS,
            le=HEDGE_MOST_MS,
            strict=True,
            description="Ask a second model too, when the first is silent for so long; both cost",
        ),
    ] = None
    guardrails: Annotated[
        GuardrailsShape, Field(description="What is checked before and after each call")
    ] = Field(default_factory=GuardrailsShape)
    unreached: Annotated[
        UnreachedShape,
        Field(description="Told only: what is sent here is not looked at"),
    ] = Field(default_factory=UnreachedShape)

    def preferences(self) -> Preferences:
        return Preferences(
            self.taste,
            tuple(dict.fromkeys(self.providers)),
            frozenset(self.blocked_models),
            None if self.slots is None else frozenset(self.slots),
            DataPolicy(
                self.never_leaves,
                frozenset(self.allowed_providers),
                frozenset(self.allowed_regions),
            ),
            self.aliases,
            {name: tuple(dict.fromkeys(names)) for name, names in self.fallbacks.items()},
            CacheRule(self.response_cache.enabled, self.response_cache.ttl_s),
            self.hedge_after_ms,
            self.guardrails.rules(),
        )

    @classmethod
    def of(cls, view: PreferencesView) -> Self:
        preferences = view.preferences
        slots, policy = preferences.slots, preferences.policy
        return cls(
            taste=preferences.taste,
            providers=list(preferences.providers),
            blocked_models=sorted(preferences.blocked_models),
            slots=None if slots is None else sorted(slots),
            never_leaves=policy.never_leaves,
            allowed_providers=sorted(policy.providers),
            allowed_regions=sorted(policy.regions),
            aliases=dict(preferences.aliases),
            fallbacks={name: list(names) for name, names in preferences.fallbacks.items()},
            response_cache=ResponseCacheShape(
                enabled=preferences.response_cache.enabled, ttl_s=preferences.response_cache.ttl_s
            ),
            hedge_after_ms=preferences.hedge_after_ms,
            guardrails=GuardrailsShape.of(preferences.guardrails),
            unreached=UnreachedShape.of(view.unreached),
        )
