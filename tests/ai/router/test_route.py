"""The router's rules, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ai.router.questions import FILE, TODAY, a_catalog, a_provider, names_of, plan_of

from vectal.ai.catalog.offers import build_catalog
from vectal.ai.contracts import AUTO, SLOTS, ModelChoice, Slot
from vectal.ai.ports import ListedModel, ProviderKind
from vectal.ai.router.automatic import LARGE_CONTEXT_TOKENS
from vectal.ai.router.request import Needs, Preferences


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
    plan = plan_of(a_catalog("openai", "anthropic", "deepseek"), ModelChoice(slot=slot))
    assert names_of(plan)[0] == model
    assert plan.candidates[0].reason.codes == ("choice.slot", "slot.default")


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("kind", ["openai", "anthropic", "deepseek"])
def test_one_key_is_enough_for_every_slot(slot: Slot, kind: ProviderKind) -> None:
    plan = plan_of(a_catalog(kind), ModelChoice(slot=slot))
    assert plan.candidates[0].offer.provider.kind == kind


@pytest.mark.parametrize("slot", SLOTS)
def test_the_simulator_fills_every_slot_when_there_is_no_key(slot: Slot) -> None:
    plan = plan_of(a_catalog(), ModelChoice(slot=slot))
    assert plan.candidates[0].offer.simulated
    assert plan.candidates[0].offer.model.name == FILE.slot(slot).simulator
    assert "simulator.no_key" in plan.candidates[0].reason.codes
    assert "Simulator" in plan.candidates[0].reason.sentence


@pytest.mark.parametrize(
    "name", ["claude-haiku-5-5", "claude-instant", "anthropic/claude-haiku-5-5"]
)
def test_a_model_is_blocked_by_each_of_its_names(name: str) -> None:
    blocked = Preferences(blocked_models=frozenset((name,)))
    catalog = a_catalog("openai", "anthropic")
    assert "claude-haiku-5-5" not in names_of(
        plan_of(catalog, ModelChoice(slot="fast"), preferences=blocked)
    )
    refusal = plan_of(catalog, ModelChoice(model="claude-instant"), preferences=blocked).refusal
    assert refusal is not None
    assert refusal.codes == ("blocked",)


def test_the_simulator_is_no_fallback_for_a_real_key() -> None:
    plan = plan_of(a_catalog("anthropic"), ModelChoice(slot="pro"))
    assert not any(candidate.offer.simulated for candidate in plan.candidates)


def test_the_simulator_may_still_be_asked_for() -> None:
    plan = plan_of(a_catalog("anthropic"), ModelChoice(model="simulator"))
    assert names_of(plan) == ["simulator"]


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
    plan = plan_of(a_catalog("openai", "anthropic", "deepseek"), ModelChoice(model=alias))
    assert names_of(plan) == [model]
    assert plan.candidates[0].reason.codes == ("choice.model", "alias")


def test_a_specified_name_without_any_key_is_simulated_and_says_so() -> None:
    plan = plan_of(a_catalog(), ModelChoice(model="deepseek-r1"))
    assert names_of(plan)[0] == "simulator-thinking"
    assert plan.candidates[0].reason.codes == ("choice.model", "simulator.no_key")


def test_a_model_of_a_provider_without_a_key_is_refused() -> None:
    plan = plan_of(a_catalog("anthropic"), ModelChoice(model="gpt-6.1-sol"))
    assert plan.candidates == ()
    assert plan.refusal is not None
    assert plan.refusal.codes == ("no_key",)


def test_an_unknown_model_is_refused() -> None:
    plan = plan_of(a_catalog("anthropic"), ModelChoice(model="nonesuch"))
    assert plan.refusal is not None
    assert plan.refusal.codes == ("unknown_model",)


def test_a_model_at_two_providers_is_tried_at_both() -> None:
    plan = plan_of(a_catalog("openai", "openai"), ModelChoice(model="gpt-6.1-sol"))
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
    plan = plan_of(a_catalog("openai", "anthropic"), AUTO, needs, preferences)
    assert plan.candidates[0].slot == slot
    assert code in plan.candidates[0].reason.codes


def test_a_preferred_provider_comes_first() -> None:
    plan = plan_of(
        a_catalog("openai", "anthropic"),
        ModelChoice(slot="pro"),
        preferences=Preferences(providers=("anthropic",)),
    )
    assert plan.candidates[0].offer.provider.kind == "anthropic"


def test_a_slot_outside_of_the_plan_is_refused() -> None:
    plan = plan_of(
        a_catalog("openai"),
        ModelChoice(slot="pro"),
        preferences=Preferences(slots=frozenset(("fast",))),
    )
    assert plan.refusal is not None
    assert plan.refusal.codes == ("slot_not_allowed",)


def test_a_local_model_stands_in_for_every_slot() -> None:
    plan = plan_of(a_catalog("openai_compatible"), ModelChoice(slot="pro"))
    assert names_of(plan) == ["tiny-local"]
    assert plan.candidates[0].reason.codes == ("choice.slot", "slot.outside")


def test_what_no_model_can_do_is_named() -> None:
    plan = plan_of(a_catalog("openai_compatible"), needs=Needs(tools=True))
    assert plan.candidates == ()
    assert plan.refusal is not None
    assert plan.refusal.codes == ("no_tools",)
    assert [entry.code for entry in plan.rejected] == ["no_tools"]


def test_length_is_named_where_a_model_would_take_less() -> None:
    catalog = a_catalog("openai", "anthropic", "openai_compatible")
    plan = plan_of(catalog, needs=Needs(input_tokens=90_000_000, tools=True))
    assert plan.refusal is not None
    assert plan.refusal.codes == ("context_too_small",)
    assert {entry.code for entry in plan.rejected} == {"context_too_small", "no_tools"}
    sizes = [offer.model.context_tokens for offer in catalog.offers if offer.model.tools]
    assert plan.widest == max(sizes)


@pytest.mark.parametrize(
    ("model", "needs", "passes"),
    [
        (ListedModel("m", "m"), Needs(output_tokens=60_000), True),
        (ListedModel("m", "m"), Needs(input_tokens=60_000), True),
        (ListedModel("m", "m", context_tokens=50_000), Needs(output_tokens=40_000), True),
        (ListedModel("m", "m", context_tokens=50_000), Needs(input_tokens=60_000), False),
        (ListedModel("m", "m", max_output_tokens=2_000), Needs(output_tokens=2_001), False),
        (
            ListedModel("m", "m", max_output_tokens=2_000),
            Needs(output_tokens=2_001, is_bound=True),
            True,
        ),
        (
            ListedModel("m", "m", context_tokens=4_000, max_output_tokens=2_000),
            Needs(input_tokens=2_001, output_tokens=9_000, is_bound=True),
            False,
        ),
        (ListedModel("m", "m", max_output_tokens=2_000), Needs(input_tokens=60_000), True),
        (ListedModel("m", "m"), Needs(images=True), False),
        (ListedModel("m", "m"), Needs(images=True, tries_images=True), True),
        (ListedModel("m", "m", images=False), Needs(images=True, tries_images=True), False),
    ],
)
def test_a_guess_refuses_no_model_that_was_named(
    model: ListedModel, needs: Needs, *, passes: bool
) -> None:
    provider = replace(a_provider("openai_compatible"), models=(model,))
    catalog = build_catalog(FILE, [provider], TODAY)
    assert bool(names_of(plan_of(catalog, ModelChoice(model="m"), needs))) == passes
    assert not names_of(plan_of(catalog, AUTO, needs)), "nobody asked for it in particular"


def test_another_lack_is_named_before_the_length() -> None:
    needs = Needs(input_tokens=90_000_000, tools=True)
    plan = plan_of(a_catalog("openai_compatible"), needs=needs)
    assert plan.refusal is not None
    assert plan.refusal.codes == ("no_tools",)
    assert plan.widest is None


def test_a_sick_model_is_tried_last() -> None:
    catalog = a_catalog("openai", "anthropic")
    sick = plan_of(catalog, ModelChoice(slot="pro")).candidates[0].offer
    plan = plan_of(catalog, ModelChoice(slot="pro"), health={sick.key: "open"})
    assert plan.candidates[0].offer != sick
    assert plan.candidates[-1].offer == sick
    assert "health.open" in plan.candidates[-1].reason.codes
