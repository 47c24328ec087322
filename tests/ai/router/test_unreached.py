"""Names of a workspace that lead nowhere are told of, and no others."""

from __future__ import annotations

from dataclasses import replace

from tests.ai.router.questions import FILE, TODAY, a_catalog, a_provider

from vectal.ai.catalog.offers import build_catalog
from vectal.ai.ports import ListedModel
from vectal.ai.router.request import Preferences
from vectal.ai.router.unreached import Unreached, find_unreached

NAMES = Preferences(
    aliases={
        "house": "vectal/pro",
        "sol": "gpt-6.1-sol",
        "old": "claude-opus",
        "vectors": "text-embedding-3-small",
        "mine": "tiny-local",
        "typo": "gtp-6.1-sol",
    },
    fallbacks={
        "gpt-6.1-sol": ("claude-opus", "vectal/fast", "house", "typo", "nonesuch"),
        "claude-opus": ("tiny-local",),
    },
)


def test_only_names_that_no_provider_has_are_told() -> None:
    everything = a_catalog("openai", "anthropic", "openai_compatible")
    assert find_unreached(everything, NAMES) == Unreached(
        {"typo": "gtp-6.1-sol"}, {"gpt-6.1-sol": ("nonesuch",)}
    )


def test_a_model_of_a_vendor_that_is_not_set_up_is_told() -> None:
    assert find_unreached(a_catalog("anthropic"), NAMES) == Unreached(
        {
            "sol": "gpt-6.1-sol",
            "vectors": "text-embedding-3-small",
            "mine": "tiny-local",
            "typo": "gtp-6.1-sol",
        },
        {"gpt-6.1-sol": ("nonesuch",), "claude-opus": ("tiny-local",)},
    )


def test_the_simulator_stands_in_for_what_the_catalogue_knows() -> None:
    found = find_unreached(build_catalog(FILE, [], TODAY), NAMES)
    assert set(found.aliases) == {"vectors", "mine", "typo"}


def test_a_model_that_has_retired_leads_to_its_heir() -> None:
    listed = ListedModel("gpt-6.1-sol", "Sol", retires_on="2026-11-01")
    openai, anthropic = replace(a_provider("openai"), models=(listed,)), a_provider("anthropic", 2)
    names = Preferences(aliases={"sol": "gpt-6.1-sol"})
    assert find_unreached(build_catalog(FILE, [openai, anthropic], TODAY), names) == Unreached()
    alone = find_unreached(build_catalog(FILE, [openai], TODAY), names)
    assert alone.aliases == {"sol": "gpt-6.1-sol"}
