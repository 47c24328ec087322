"""The router's rules, one by one and as properties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.offers import Catalog, ProviderSpec, build_catalog
from vectal.ai.contracts import AUTO, SLOTS, ModelChoice, Slot
from vectal.ai.ports import PROVIDER_KINDS, Health, ListedModel, ProviderKind
from vectal.ai.router.plan import LARGE_CONTEXT_TOKENS, route
from vectal.ai.router.request import Needs, Preferences, RoutePlan

FILE = load_models_file()
TODAY = date(2026, 11, 23)
LOCAL = ListedModel("tiny-local", "tiny-local", context_tokens=8_000, tools=False)


def _provider(kind: ProviderKind, number: int = 1) -> ProviderSpec:
    models = (LOCAL,) if kind == "openai_compatible" else ()
    return ProviderSpec(UUID(int=number), kind, f"{kind}-{number}", "https://x.test", models)


def _catalog(*kinds: ProviderKind) -> Catalog:
    return build_catalog(FILE, [_provider(kind, i) for i, kind in enumerate(kinds, 1)], TODAY)


def _route(
    catalog: Catalog,
    choice: ModelChoice = AUTO,
    needs: Needs | None = None,
    preferences: Preferences | None = None,
    health: Mapping[str, Health] | None = None,
) -> RoutePlan:
    return route(catalog, choice, needs or Needs(), preferences or Preferences(), health or {})


def _names(plan: RoutePlan) -> list[str]:
    return [candidate.offer.model.name for candidate in plan.candidates]


@pytest.mark.parametrize(
    ("slot", "model"),
    [
        ("pro", "gpt-6.1-sol"),
        ("reasoning", "claude-sonnet-5-5"),
        ("large-context", "claude-opus-5-5"),
        ("experimental", "deepseek-v4-pro"),
        ("fast", "claude-haiku-5-5"),
    ],
)
def test_each_slot_has_its_default(slot: Slot, model: str) -> None:
    plan = _route(_catalog("openai", "anthropic", "deepseek"), ModelChoice(slot=slot))
    assert _names(plan)[0] == model
    assert plan.candidates[0].reason.codes == ("choice.slot", "slot.default")


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("kind", ["openai", "anthropic", "deepseek"])
def test_one_key_is_enough_for_every_slot(slot: Slot, kind: ProviderKind) -> None:
    plan = _route(_catalog(kind), ModelChoice(slot=slot))
    assert plan.candidates[0].offer.provider.kind == kind


@pytest.mark.parametrize("slot", SLOTS)
def test_the_simulator_fills_every_slot_when_there_is_no_key(slot: Slot) -> None:
    plan = _route(_catalog(), ModelChoice(slot=slot))
    assert plan.candidates[0].offer.simulated
    assert plan.candidates[0].offer.model.name == FILE.slot(slot).simulator
    assert "simulator.no_key" in plan.candidates[0].reason.codes
    assert "Simulator" in plan.candidates[0].reason.sentence


def test_the_simulator_is_no_fallback_for_a_real_key() -> None:
    plan = _route(_catalog("anthropic"), ModelChoice(slot="pro"))
    assert not any(candidate.offer.simulated for candidate in plan.candidates)


def test_the_simulator_may_still_be_asked_for() -> None:
    plan = _route(_catalog("anthropic"), ModelChoice(model="simulator"))
    assert _names(plan) == ["simulator"]


@pytest.mark.parametrize(
    ("alias", "model"),
    [
        ("gpt-4.5-preview", "gpt-6.1-sol"),
        ("gpt-4.5", "gpt-6.1-sol"),
        ("claude-3-7-sonnet-20250219", "claude-sonnet-5-5"),
        ("claude-3.7-sonnet", "claude-sonnet-5-5"),
        ("claude-3-opus-20240229", "claude-opus-5-5"),
        ("deepseek-r1", "deepseek-v4-pro"),
        ("deepseek-reasoner", "deepseek-v4-pro"),
        ("claude-instant-1.2", "claude-haiku-5-5"),
    ],
)
def test_specified_names_reach_their_successors(alias: str, model: str) -> None:
    plan = _route(_catalog("openai", "anthropic", "deepseek"), ModelChoice(model=alias))
    assert _names(plan) == [model]
    assert plan.candidates[0].reason.codes == ("choice.model", "alias")


def test_a_specified_name_without_any_key_is_simulated_and_says_so() -> None:
    plan = _route(_catalog(), ModelChoice(model="deepseek-r1"))
    assert _names(plan)[0] == "simulator-thinking"
    assert plan.candidates[0].reason.codes == ("choice.model", "simulator.no_key")


def test_a_model_of_a_provider_without_a_key_is_refused() -> None:
    plan = _route(_catalog("anthropic"), ModelChoice(model="gpt-6.1-sol"))
    assert plan.candidates == ()
    assert plan.refusal is not None
    assert plan.refusal.codes == ("no_key",)


def test_an_unknown_model_is_refused() -> None:
    plan = _route(_catalog("anthropic"), ModelChoice(model="nonesuch"))
    assert plan.refusal is not None
    assert plan.refusal.codes == ("unknown_model",)


def test_a_model_at_two_providers_is_tried_at_both() -> None:
    plan = _route(_catalog("openai", "openai"), ModelChoice(model="gpt-6.1-sol"))
    assert [candidate.offer.provider.name for candidate in plan.candidates] == [
        "openai-1",
        "openai-2",
    ]


@pytest.mark.parametrize(
    ("needs", "taste", "slot", "code"),
    [
        (Needs(), "balanced", "fast", "auto.plain"),
        (Needs(writes=True), "balanced", "pro", "auto.changes"),
        (Needs(images=True), "balanced", "pro", "auto.images"),
        (Needs(), "best", "pro", "auto.best"),
        (Needs(writes=True), "cheap", "fast", "auto.cheap"),
        (
            Needs(wished_tokens=LARGE_CONTEXT_TOKENS + 1),
            "cheap",
            "large-context",
            "auto.large_context",
        ),
    ],
)
def test_auto_picks_a_slot_and_says_why(needs: Needs, taste: str, slot: Slot, code: str) -> None:
    preferences = Preferences(taste=taste)  # type: ignore[arg-type]
    plan = _route(_catalog("openai", "anthropic"), AUTO, needs, preferences)
    assert plan.candidates[0].slot == slot
    assert code in plan.candidates[0].reason.codes


def test_a_preferred_provider_comes_first() -> None:
    plan = _route(
        _catalog("openai", "anthropic"),
        ModelChoice(slot="pro"),
        preferences=Preferences(providers=("anthropic",)),
    )
    assert plan.candidates[0].offer.provider.kind == "anthropic"


def test_a_slot_outside_of_the_plan_is_refused() -> None:
    plan = _route(
        _catalog("openai"),
        ModelChoice(slot="pro"),
        preferences=Preferences(slots=frozenset(("fast",))),
    )
    assert plan.refusal is not None
    assert plan.refusal.codes == ("slot_not_allowed",)


def test_a_local_model_stands_in_for_every_slot() -> None:
    plan = _route(_catalog("openai_compatible"), ModelChoice(slot="pro"))
    assert _names(plan) == ["tiny-local"]
    assert plan.candidates[0].reason.codes == ("choice.slot", "slot.outside")


def test_what_no_model_can_do_is_named() -> None:
    plan = _route(_catalog("openai_compatible"), needs=Needs(tools=True))
    assert plan.candidates == ()
    assert plan.refusal is not None
    assert plan.refusal.codes == ("no_tools",)
    assert [entry.code for entry in plan.rejected] == ["no_tools"]


def test_a_sick_model_is_tried_last() -> None:
    catalog = _catalog("openai", "anthropic")
    sick = _route(catalog, ModelChoice(slot="pro")).candidates[0].offer
    plan = _route(catalog, ModelChoice(slot="pro"), health={sick.key: "open"})
    assert plan.candidates[0].offer != sick
    assert plan.candidates[-1].offer == sick
    assert "health.open" in plan.candidates[-1].reason.codes


# --- properties -------------------------------------------------------------------------------

_CATALOGS = st.lists(st.sampled_from(PROVIDER_KINDS), max_size=4).map(
    lambda kinds: _catalog(*kinds)
)
_CHOICES = (
    st.just(AUTO)
    | st.sampled_from(SLOTS).map(lambda slot: ModelChoice(slot=slot))
    | st.sampled_from(
        [name for m in FILE.models for name in (m.name, *m.aliases)]
        + ["tiny-local", "nonesuch", "simulator-fault-429"]
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
)
_PREFERENCES = st.builds(
    Preferences,
    taste=st.sampled_from(["cheap", "balanced", "best"]),
    providers=st.lists(st.sampled_from(PROVIDER_KINDS), unique=True).map(tuple),
    blocked_models=st.frozensets(st.sampled_from([m.name for m in FILE.models]), max_size=3),
    slots=st.none() | st.frozensets(st.sampled_from(SLOTS)),
)
_RANK = {"healthy": 0, "degraded": 1, "open": 2}


@st.composite
def _questions(
    draw: st.DrawFn,
) -> tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]]:
    catalog = draw(_CATALOGS)
    states = st.sampled_from(("healthy", "degraded", "open"))
    health: dict[str, Health] = {offer.key: draw(states) for offer in catalog.offers}
    return catalog, draw(_CHOICES), draw(_NEEDS), draw(_PREFERENCES), health


@given(_questions())
def test_the_same_question_has_the_same_answer(
    question: tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]],
) -> None:
    assert route(*question) == route(*question)


@given(_questions())
def test_there_is_always_an_answer_with_its_reason(
    question: tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]],
) -> None:
    plan = route(*question)
    assert bool(plan.candidates) == (plan.refusal is None)
    for reason in [c.reason for c in plan.candidates] + ([plan.refusal] if plan.refusal else []):
        assert reason.codes
        assert reason.sentence.endswith(".")


@given(_questions())
def test_no_candidate_lacks_what_is_needed(
    question: tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]],
) -> None:
    needs, preferences = question[2], question[3]
    for candidate in route(*question).candidates:
        model = candidate.offer.model
        assert model.tools or not needs.tools
        assert model.images or not needs.images
        assert needs.input_tokens + needs.output_tokens <= model.context_tokens
        assert needs.output_tokens <= model.max_output_tokens
        assert model.name not in preferences.blocked_models


@given(_questions())
def test_the_healthy_come_before_the_sick(
    question: tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]],
) -> None:
    health = question[4]
    ranks = [_RANK[health.get(c.offer.key, "healthy")] for c in route(*question).candidates]
    assert ranks == sorted(ranks)


@given(_questions())
def test_no_model_is_tried_twice_and_none_is_made_up(
    question: tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]],
) -> None:
    keys = [candidate.offer.key for candidate in route(*question).candidates]
    assert len(keys) == len(set(keys))


@given(_questions())
def test_a_key_is_never_ignored_for_the_simulator(
    question: tuple[Catalog, ModelChoice, Needs, Preferences, dict[str, Health]],
) -> None:
    catalog, choice = question[0], question[1]
    asked_for_it = choice.model is not None and choice.model.startswith("simulator")
    if catalog.has_real_provider and not asked_for_it:
        assert not any(c.offer.simulated for c in route(*question).candidates)
