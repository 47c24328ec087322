"""The merge of the catalogue with what a workspace's providers list."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.offers import ProviderSpec, build_catalog
from vectal.ai.contracts import ModelChoice
from vectal.ai.ports import ListedModel, ProviderKind

FILE = load_models_file()
TODAY = date(2026, 11, 23)


def _provider(kind: ProviderKind, *models: ListedModel) -> ProviderSpec:
    return ProviderSpec(UUID(int=1), kind, kind, "https://x.test", models)


def test_without_providers_there_is_the_simulator() -> None:
    catalog = build_catalog(FILE, [], TODAY)
    assert not catalog.has_real_provider
    assert {offer.model.name for offer in catalog.offers} == {"simulator", "simulator-thinking"}


def test_what_the_vendor_says_about_a_model_stands() -> None:
    listed = ListedModel("claude-opus-5-5", "x", context_tokens=500_000, max_output_tokens=32_000)
    catalog = build_catalog(FILE, [_provider("anthropic", listed)], TODAY)
    model = catalog.offers_of("claude-opus")[0].model
    assert (model.context_tokens, model.max_output_tokens) == (500_000, 32_000)


def test_a_model_that_its_vendor_retired_is_gone() -> None:
    listed = ListedModel("claude-opus-5-5", "x", retires_on="2026-11-23")
    catalog = build_catalog(FILE, [_provider("anthropic", listed)], TODAY)
    assert catalog.offers_of("claude-opus-5-5") == ()
    before = build_catalog(FILE, [_provider("anthropic", listed)], date(2026, 11, 22))
    assert before.offers_of("claude-opus-5-5")


def test_a_retired_model_is_remembered_with_its_heirs() -> None:
    listed = ListedModel("gpt-6-luna", "x", retires_on="2026-11-23")
    catalog = build_catalog(FILE, [_provider("openai", listed)], TODAY)
    retired = catalog.find_retired("gpt-6-luna")
    assert retired is not None
    assert catalog.find_successor(retired) == "gpt-6.1-terra"
    assert catalog.heirs_of(retired)[:2] == ("gpt-6.1-terra", "claude-haiku-5-5")
    assert catalog.find_retired("gpt-6.1-sol") is None


def test_listed_models_that_do_not_chat_are_left_out() -> None:
    names = ["gpt-5.4", "text-embedding-3-small", "whisper-1", "gpt-realtime", "dall-e-3", "tts-1"]
    provider = _provider("openai", *(ListedModel(name, name) for name in names))
    catalog = build_catalog(FILE, [provider], TODAY)
    guessed = {offer.model.name for offer in catalog.offers if not offer.model.known}
    assert guessed == {"gpt-5.4"}


@pytest.mark.parametrize(
    "name",
    [
        "Qwen/Qwen3-30B-A3B-Instruct-2507",
        "mistral-7b-instruct:latest",
        "sonar-deep-research",
        "qwen2-audio-7b",
        "local-live",
    ],
)
def test_models_of_other_servers_chat_whatever_a_vendor_calls_so(name: str) -> None:
    provider = _provider("openai_compatible", ListedModel(name, name))
    assert build_catalog(FILE, [provider], TODAY).offers_of(name)


@pytest.mark.parametrize("name", ["bge-m3", "bge-reranker-v2-m3", "openai/whisper-large", "x-tts"])
def test_models_of_other_servers_that_do_no_chat_are_left_out(name: str) -> None:
    provider = _provider("openai_compatible", ListedModel(name, name))
    assert not build_catalog(FILE, [provider], TODAY).offers_of(name)


def test_a_model_chats_where_somebody_says_that_it_makes_no_vectors() -> None:
    listed = ListedModel("embedded-chat-image", "x", embedding=False)
    catalog = build_catalog(FILE, [_provider("openai", listed)], TODAY)
    assert catalog.offers_of("embedded-chat-image")


def test_a_guessed_model_is_taken_as_modest() -> None:
    catalog = build_catalog(FILE, [_provider("openai_compatible", ListedModel("m", "m"))], TODAY)
    model = catalog.offers_of("m")[0].model
    assert model.context_tokens == 32_000
    assert not model.images
    assert not model.reasons


@pytest.mark.parametrize(("reasoning", "longest"), [(False, 4_096), (True, 16_384)])
def test_a_guessed_answer_has_room_for_thinking(*, reasoning: bool, longest: int) -> None:
    listed = ListedModel("claude-next", "Next", reasoning=reasoning)
    catalog = build_catalog(FILE, [_provider("anthropic", listed)], TODAY)
    assert catalog.offers_of("claude-next")[0].model.max_output_tokens == longest


def test_a_tiny_window_still_leaves_room_for_an_answer() -> None:
    listed = ListedModel("m", "m", context_tokens=100)
    catalog = build_catalog(FILE, [_provider("openai_compatible", listed)], TODAY)
    assert catalog.offers_of("m")[0].model.max_output_tokens == 50


def test_fault_models_exist_wherever_the_simulator_does() -> None:
    catalog = build_catalog(FILE, [_provider("openai")], TODAY)
    offers = catalog.offers_of("simulator-fault-529")
    assert [offer.model.name for offer in offers] == ["simulator-fault-529"]
    assert offers[0].simulated


def test_a_choice_by_an_alias_is_known_even_without_its_provider() -> None:
    catalog = build_catalog(FILE, [], TODAY)
    assert catalog.knows(ModelChoice(model="claude-instant"))
    assert not catalog.knows(ModelChoice(model="nonesuch"))
