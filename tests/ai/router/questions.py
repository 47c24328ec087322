"""Catalogues and questions for the router's tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import strategies as st

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.offers import Catalog, ProviderSpec, build_catalog
from vectal.ai.contracts import AUTO, SLOTS, ModelChoice
from vectal.ai.ports import PROVIDER_KINDS, Health, ListedModel, ProviderKind
from vectal.ai.proxy.measures import Measured, round_ms
from vectal.ai.router.plan import route
from vectal.ai.router.request import Conditions, DataPolicy, Needs, Preferences, RoutePlan

FILE = load_models_file()
TODAY = date(2026, 11, 23)
HOUR = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOCAL = ListedModel("tiny-local", "tiny-local", context_tokens=8_000, tools=False)


def a_provider(kind: ProviderKind, number: int = 1, *, weight: int = 100) -> ProviderSpec:
    models = (LOCAL,) if kind == "openai_compatible" else ()
    name, location = f"{kind}-{number}", "inside" if kind == "simulator" else "outside"
    return ProviderSpec(
        UUID(int=number), kind, name, "https://x.test", models, weight, location=location
    )


def a_catalog(*kinds: ProviderKind) -> Catalog:
    return build_catalog(FILE, [a_provider(kind, i) for i, kind in enumerate(kinds, 1)], TODAY)


def plan_of(
    catalog: Catalog,
    choice: ModelChoice = AUTO,
    needs: Needs | None = None,
    preferences: Preferences | None = None,
    health: Mapping[str, Health] | None = None,
    measured: Mapping[str, Measured] | None = None,
) -> RoutePlan:
    conditions = Conditions(HOUR, health or {}, measured or {})
    return route(catalog, choice, needs or Needs(), preferences or Preferences(), conditions)


def names_of(plan: RoutePlan) -> list[str]:
    return [candidate.offer.model.name for candidate in plan.candidates]


def providers_of(plan: RoutePlan) -> list[str]:
    return [candidate.offer.provider.name for candidate in plan.candidates]


@dataclass(frozen=True)
class Question:
    """All that a plan depends on."""

    catalog: Catalog
    choice: ModelChoice
    needs: Needs
    preferences: Preferences
    conditions: Conditions

    def plan(self) -> RoutePlan:
        return route(self.catalog, self.choice, self.needs, self.preferences, self.conditions)


@st.composite
def _providers(draw: st.DrawFn) -> ProviderSpec:
    spec = a_provider(
        draw(st.sampled_from(PROVIDER_KINDS)),
        draw(st.integers(1, 6)),
        weight=draw(st.integers(1, 1000)),
    )
    priority, region = draw(st.sampled_from([50, 100])), draw(st.sampled_from(["", "eu", "us"]))
    if spec.kind == "simulator" or draw(st.booleans()):
        return replace(spec, priority=priority, region=region, location="inside")
    return replace(spec, priority=priority, region=region)


CATALOGS = st.lists(_providers(), max_size=4, unique_by=lambda provider: provider.id).map(
    lambda providers: build_catalog(FILE, providers, TODAY)
)
_NAMES = [name for model in FILE.models for name in (model.name, *model.aliases)]
_CHOICES = (
    st.just(AUTO)
    | st.sampled_from(SLOTS).map(lambda slot: ModelChoice(slot=slot))
    | st.sampled_from(
        [*_NAMES, "tiny-local", "nonesuch", "simulator-fault-429", "house", "quick"]
    ).map(lambda model: ModelChoice(model=model))
)
_TOKENS = st.sampled_from([0, 10, 7_000, 9_000, 126_000, 200_000, 990_000, 1_100_000, 9_000_000])
_NEEDS = st.builds(
    Needs,
    input_tokens=_TOKENS,
    output_tokens=st.sampled_from([1, 1_024, 40_000, 100_000, 500_000]),
    wished_tokens=_TOKENS,
    tools=st.booleans(),
    writes=st.booleans(),
    images=st.booleans(),
    reasoning=st.booleans(),
    speed=st.booleans(),
    sticky=st.sampled_from(["", "a", "b", "c"]),
)
_POLICIES = st.builds(
    DataPolicy,
    never_leaves=st.booleans(),
    providers=st.frozensets(
        st.sampled_from([*PROVIDER_KINDS, *(str(UUID(int=n)) for n in range(1, 4))]), max_size=3
    ),
    regions=st.frozensets(st.sampled_from(["eu", "us"]), max_size=1),
)
_PREFERENCES = st.builds(
    Preferences,
    taste=st.sampled_from(["cheap", "balanced", "best"]),
    providers=st.lists(st.sampled_from(PROVIDER_KINDS), unique=True).map(tuple),
    blocked_models=st.frozensets(st.sampled_from([m.name for m in FILE.models]), max_size=3),
    slots=st.none() | st.frozensets(st.sampled_from(SLOTS)),
    policy=st.just(DataPolicy()) | _POLICIES,
    aliases=st.sampled_from([{}, {"house": "gpt-4.5", "quick": "vectal/fast"}]),
    fallbacks=st.sampled_from([{}, {"gpt-6.1-sol": ("claude-opus", "vectal/fast")}]),
)
_MEASURED = st.builds(
    Measured,
    first_token_ms=st.none() | st.integers(20, 60_000).map(round_ms),
    error_share=st.integers(0, 20).map(lambda step: step / 20),
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    catalog = draw(CATALOGS)
    states = st.sampled_from(("healthy", "degraded", "open"))
    health: dict[str, Health] = {offer.key: draw(states) for offer in catalog.offers}
    measured = {o.key: draw(_MEASURED) for o in catalog.offers if draw(st.booleans())}
    conditions = Conditions(HOUR, health, measured)
    return Question(catalog, draw(_CHOICES), draw(_NEEDS), draw(_PREFERENCES), conditions)
