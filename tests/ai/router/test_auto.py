"""How `auto` weighs models, and what it says of it."""

from __future__ import annotations

import pytest
from tests.ai.router.questions import a_catalog, names_of, plan_of

from vectal.ai.contracts import AUTO, Slot
from vectal.ai.proxy.measures import Measured
from vectal.ai.router.request import Needs, Preferences

BOTH = a_catalog("anthropic", "openai")
HAIKU = BOTH.offers_of("claude-haiku-5-5")[0].key
LUNA = BOTH.offers_of("gpt-6-luna")[0].key


@pytest.mark.parametrize(
    ("needs", "slot", "code"),
    [
        (Needs(reasoning=True), "reasoning", "auto.reasoning"),
        (Needs(reasoning=True, speed=True), "reasoning", "auto.reasoning"),
        (Needs(speed=True, writes=True), "fast", "auto.speed"),
        (Needs(speed=True, wished_tokens=500_000), "large-context", "auto.large_context"),
    ],
)
def test_wishes_of_a_request_pick_the_slot(needs: Needs, slot: Slot, code: str) -> None:
    first = plan_of(BOTH, AUTO, needs).candidates[0]
    assert (first.slot, first.reason.codes[0]) == (slot, code)


def test_without_measurements_the_first_model_of_the_slot_answers() -> None:
    plan = plan_of(BOTH)
    assert names_of(plan)[0] == "claude-haiku-5-5"
    assert plan.candidates[0].reason.codes == ("auto.plain", "slot.default")


def test_a_much_slower_model_gives_way_and_the_reason_says_so() -> None:
    plan = plan_of(BOTH, measured={HAIKU: Measured(8_192), LUNA: Measured(512)})
    assert names_of(plan)[0] == "gpt-6-luna"
    assert plan.candidates[0].reason.codes == ("auto.plain", "slot.next", "score.speed")
    assert plan.candidates[0].reason.sentence == (
        "Fast was picked since the question is a plain one; "
        "GPT-6 Luna answers sooner than Claude Haiku 5.5."
    )


def test_a_little_slower_is_no_reason_to_change() -> None:
    plan = plan_of(BOTH, measured={HAIKU: Measured(1_024), LUNA: Measured(724)})
    assert names_of(plan)[0] == "claude-haiku-5-5"


def test_who_wants_speed_feels_small_differences() -> None:
    measured = {HAIKU: Measured(2_048), LUNA: Measured(1_024)}
    assert names_of(plan_of(BOTH, measured=measured))[0] == "claude-haiku-5-5"
    assert names_of(plan_of(BOTH, AUTO, Needs(speed=True), measured=measured))[0] == "gpt-6-luna"


def test_errors_cost_even_while_no_breaker_is_open() -> None:
    plan = plan_of(BOTH, measured={HAIKU: Measured(512, error_share=0.25), LUNA: Measured(512)})
    assert names_of(plan)[0] == "gpt-6-luna"
    assert "score.errors" in plan.candidates[0].reason.codes


def test_who_likes_it_cheap_pays_less_for_thought_too() -> None:
    catalog = a_catalog("anthropic", "deepseek")
    needs = Needs(reasoning=True)
    balanced = plan_of(catalog, AUTO, needs)
    cheap = plan_of(catalog, AUTO, needs, Preferences(taste="cheap"))
    assert names_of(balanced)[0] == "claude-sonnet-5-5"
    assert names_of(cheap)[0] != "claude-sonnet-5-5"
    assert "score.price" in cheap.candidates[0].reason.codes


def test_a_model_whose_abilities_are_a_guess_only_stands_in() -> None:
    catalog = a_catalog("openai_compatible", "openai")
    names = names_of(plan_of(catalog, preferences=Preferences(taste="cheap")))
    assert names[-1] == "tiny-local"


def test_a_preferred_provider_beats_every_score() -> None:
    preferences = Preferences(providers=("anthropic",))
    measured = {HAIKU: Measured(65_536, error_share=0.2)}
    plan = plan_of(BOTH, preferences=preferences, measured=measured)
    assert plan.candidates[0].offer.provider.kind == "anthropic"


def test_a_sick_head_of_the_slot_is_not_called_slow() -> None:
    measured = {HAIKU: Measured(8_192), LUNA: Measured(512)}
    plan = plan_of(BOTH, health={HAIKU: "open"}, measured=measured)
    assert plan.candidates[0].reason.codes == ("auto.plain", "slot.next")
