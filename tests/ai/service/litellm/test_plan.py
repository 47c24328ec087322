"""A LiteLLM configuration, read and mapped; nothing is stored here."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.catalog.offers import USUAL_PRIORITY, USUAL_WEIGHT
from vectal.ai.errors import ImportRefusedError
from vectal.ai.service.litellm_import import ImportPlan, PlannedProvider, plan_import

KEY = "sk-secret-0123456789"
ENVIRONMENT = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY + "-a"}
TYPICAL = """
model_list:
  - model_name: gpt
    litellm_params:
      model: openai/gpt-6.1-sol
      api_key: os.environ/OPENAI_API_KEY
      rpm: 6
    model_info: {max_input_tokens: 400000, max_output_tokens: 16000, supports_vision: true}
  - model_name: claude-opus-5-5
    litellm_params: {model: anthropic/claude-opus-5-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: fast
    litellm_params: {model: groq/llama-9, api_key: os.environ/GROQ_API_KEY, temperature: 0.2}
  - model_name: ours
    litellm_params: {model: openai/qwen, api_base: "http://vllm.internal:8000/v1", api_key: none}
  - model_name: theirs
    litellm_params: {model: bedrock/anthropic.claude, aws_region_name: us-west-2}
  - model_name: vectors
    litellm_params: {model: openai/text-embedding-3-small}
    model_info: {mode: embedding}
router_settings:
  routing_strategy: simple-shuffle
  model_group_alias: {gpt-4: gpt, hidden: {model: fast, hidden: true}}
  fallbacks: [{gpt: [claude-opus-5-5, theirs]}]
litellm_settings: {drop_params: true, default_fallbacks: [fast]}
general_settings: {master_key: sk-1234}
"""


def _plan(*deployments: dict[str, object], **sections: object) -> ImportPlan:
    return plan_import(json.dumps({"model_list": deployments, **sections}), ENVIRONMENT)


def _deployment(group: str, model: str, **params: object) -> dict[str, object]:
    return {"model_name": group, "litellm_params": {"model": model, **params}}


def _one(plan: ImportPlan) -> PlannedProvider:
    assert len(plan.providers) == 1, plan
    return plan.providers[0]


def test_a_typical_file_is_carried_over() -> None:
    plan = plan_import(TYPICAL, ENVIRONMENT)
    drafts = {planned.draft.name: planned.draft for planned in plan.providers}
    assert list(drafts) == ["openai", "anthropic", "groq", "openai (vllm.internal)"]
    assert [draft.kind for draft in drafts.values()] == [
        "openai",
        "anthropic",
        "openai_compatible",
        "openai_compatible",
    ]
    openai = drafts["openai"]
    vectors = openai.models[1]
    assert (vectors.name, vectors.embedding) == ("text-embedding-3-small", True)
    assert (openai.key, openai.base_url, openai.enabled) == (KEY, None, True)
    assert (openai.models[0].context_tokens, openai.models[0].images) == (400_000, True)
    assert (drafts["groq"].base_url, drafts["groq"].enabled) == (
        "https://api.groq.com/openai/v1",
        False,
    )
    assert plan.providers[2].variable == "GROQ_API_KEY"
    assert plan.aliases == {
        "gpt": "gpt-6.1-sol",
        "fast": "llama-9",
        "ours": "qwen",
        "vectors": "text-embedding-3-small",
        "gpt-4": "gpt-6.1-sol",
        "hidden": "llama-9",
    }
    assert plan.fallbacks == {
        "gpt": ("claude-opus-5-5", "fast"),
        "gpt-4": ("claude-opus-5-5", "fast"),
        "claude-opus-5-5": ("fast",),
        "ours": ("fast",),
    }


def test_what_is_left_out_is_told_with_its_reason() -> None:
    ignored = plan_import(TYPICAL, ENVIRONMENT).ignored
    assert "no adapter for bedrock" in ignored["model_list[4]"]
    assert "weight" in ignored["litellm_params.rpm"]
    assert "`vectal keys create`" in ignored["general_settings.master_key"]
    assert "theirs was not carried over" in ignored["fallbacks.gpt"]
    assert {"litellm_params.temperature", "litellm_settings.drop_params"} <= ignored.keys()


def test_no_key_is_repeated() -> None:
    file = TYPICAL.replace("os.environ/OPENAI_API_KEY", "sk-written-0123456789")
    plan = plan_import(file, ENVIRONMENT)
    assert plan.providers[0].draft.key == "sk-written-0123456789"
    assert "sk-" not in repr(plan)


@pytest.mark.parametrize(
    ("model", "params", "kind", "base_url"),
    [
        ("gpt-6.1-sol", {}, "openai", None),
        ("o3-mini", {}, "openai", None),
        ("claude-opus-5-5", {}, "anthropic", None),
        ("openai/x", {"api_base": "https://api.openai.com/v1/"}, "openai", None),
        ("deepseek/deepseek-chat", {"api_base": "https://api.deepseek.com/beta"}, "deepseek", None),
        ("anthropic/x", {"api_base": "https://p.test/v1/messages"}, "anthropic", "https://p.test"),
        ("ollama/llama3", {}, "openai_compatible", "http://localhost:11434/v1"),
        ("ollama_chat/l", {"api_base": "http://o:1"}, "openai_compatible", "http://o:1/v1"),
        ("hosted_vllm/q", {"api_base": "http://v:1/v1"}, "openai_compatible", "http://v:1/v1"),
        (
            "q",
            {"custom_llm_provider": "openai", "api_base": "http://v:1/v1/chat/completions"},
            "openai_compatible",
            "http://v:1/v1",
        ),
        ("xai/grok", {}, "openai_compatible", "https://api.x.ai/v1"),
    ],
)
def test_a_model_string_names_its_provider(
    model: str, params: dict[str, object], kind: str, base_url: str | None
) -> None:
    draft = _one(_plan(_deployment("g", model, **params))).draft
    assert (draft.kind, draft.base_url) == (kind, base_url)


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("azure/gpt", {"api_base": "https://x.openai.azure.com", "api_key": "k"}),
        ("vertex_ai/gemini", {}),
        ("hosted_vllm/q", {}),
        ("my-model", {}),
        ("nonesuch/x", {"api_base": "https://x.test"}),
        ("openai/x", {"api_base": "os.environ/NO_SUCH_BASE"}),
        ("openai/a\nb", {}),
        ("azure/x", {"api_base": "http://[half"}),
        ("openrouter/vectal/fast", {}),
    ],
)
def test_what_has_no_way_here_is_left_out(model: str, params: dict[str, object]) -> None:
    plan = _plan(_deployment("g", model, **params))
    assert plan.providers == ()
    assert "model_list[0]" in plan.ignored


def test_an_address_that_is_none_is_left_to_whoever_stores_it() -> None:
    planned = _one(_plan(_deployment("g", "openai/x", api_base="http://[half")))
    assert planned.draft.base_url == "http://[half"


def test_the_openrouter_name_of_a_model_stays_whole() -> None:
    plan = _plan(_deployment("g", "openrouter/meta/llama-9:free"))
    assert _one(plan).draft.models[0].name == "meta/llama-9:free"
    assert plan.aliases == {"g": "meta/llama-9:free"}


def test_a_vendors_key_does_not_go_to_somebody_elses_server() -> None:
    planned = _one(_plan(_deployment("g", "openai/x", api_base="https://else.test/v1")))
    assert planned.draft.key is None
    assert planned.draft.enabled
    kept = _one(_plan(_deployment("g", "anthropic/x", api_base="https://else.test")))
    assert kept.draft.key is None
    assert not kept.draft.enabled


@pytest.mark.parametrize("key", ["with space", "k" * 501, "ключ", "os.environ/UNSET_KEY"])
def test_a_key_that_can_not_be_used_switches_the_provider_off(key: str) -> None:
    planned = _one(_plan(_deployment("g", "openai/x", api_key=key)))
    assert planned.missing
    assert (planned.draft.key, planned.draft.enabled) == (None, False)


def test_deployments_of_one_key_are_one_provider() -> None:
    plan = _plan(
        _deployment("a", "openai/a", api_key="os.environ/OPENAI_API_KEY"),
        _deployment("b", "gpt-b"),
        _deployment("a", "openai/a", api_key="sk-another-one"),
        _deployment("a", "openai/a", api_key="sk-another-one", region_name="EU"),
    )
    names = [planned.draft.name for planned in plan.providers]
    assert names == ["openai", "openai 2", "openai (eu)"]
    assert [model.name for model in plan.providers[0].draft.models] == ["a", "gpt-b"]
    assert plan.providers[2].draft.region == "eu"


_FIGURES: list[tuple[list[dict[str, object]], list[int]]] = [
    ([{}, {}], [USUAL_WEIGHT, USUAL_WEIGHT]),
    ([{"weight": 1}, {"weight": 1}], [USUAL_WEIGHT, USUAL_WEIGHT]),
    ([{"weight": 1}, {"weight": 9}], [111, 1000]),
    ([{"weight": 0}, {"weight": 9}], [1, 1000]),
    ([{"rpm": 900}, {"rpm": 90}], [1000, 100]),
    ([{"weight": 0.3, "rpm": 1}, {"weight": 0.6, "rpm": 9}], [500, 1000]),
    ([{"tpm": 100_000}, {}], [1000, 1]),
    ([{"weight": "heavy"}, {"weight": -1}], [USUAL_WEIGHT, USUAL_WEIGHT]),
]


@pytest.mark.parametrize(("figures", "weights"), _FIGURES)
def test_weights_keep_their_proportion(
    figures: list[dict[str, object]], weights: list[int]
) -> None:
    plan = _plan(
        *(_deployment("g", "openai/x", api_key=f"k{n}", **f) for n, f in enumerate(figures))
    )
    assert [planned.draft.weight for planned in plan.providers] == weights


def test_order_becomes_priority() -> None:
    plan = _plan(
        _deployment("g", "openai/x", api_key="a", order=2),
        _deployment("g", "openai/x", api_key="b"),
    )
    assert [each.draft.priority for each in plan.providers] == [2, USUAL_PRIORITY]


def test_several_models_of_a_group_become_its_fallbacks() -> None:
    plan = _plan(
        _deployment("smart", "openai/gpt-6.1-sol"),
        _deployment("smart", "anthropic/claude-opus-5-5"),
        _deployment("gpt-x", "openai/gpt-y"),
        _deployment("gpt-x", "openai/gpt-x"),
    )
    assert plan.aliases == {"smart": "gpt-6.1-sol"}
    assert plan.fallbacks == {"smart": ("claude-opus-5-5",), "gpt-x": ("gpt-y",)}


def test_groups_that_come_to_share_a_key_are_told() -> None:
    plan = _plan(
        _deployment("cheap", "openai/gpt-y", api_key="a"),
        _deployment("prod", "openai/gpt-y", api_key="b"),
    )
    assert "share its providers" in plan.ignored["model_name cheap, prod"]


def test_a_star_takes_all_that_the_vendor_lists() -> None:
    plan = _plan(_deployment("anthropic/*", "anthropic/*"), _deployment("*", "*"))
    assert [planned.draft.models for planned in plan.providers] == [(), ()]
    assert [planned.draft.kind for planned in plan.providers] == ["anthropic", "openai"]
    assert "openai/*" in plan.ignored["model_list[1]"]
    assert not plan.aliases


def test_names_that_are_ours_are_not_given_away() -> None:
    plan = _plan(_deployment("vectal/fast", "openai/x"), _deployment("auto", "openai/x"))
    assert plan.aliases == {}
    assert "model_name 'vectal/fast'" in plan.ignored


def test_credentials_and_variables_of_the_file_are_followed() -> None:
    plan = _plan(
        _deployment("g", "openai/x", litellm_credential_name="mine"),
        _deployment("h", "xai/y"),
        credential_list=[
            {"credential_name": "mine", "credential_values": {"api_key": "os.environ/MINE"}}
        ],
        environment_variables={
            "MINE": "sk-of-the-file",
            "XAI_API_KEY": "os.environ/OPENAI_API_KEY",
        },
    )
    assert [planned.draft.key for planned in plan.providers] == ["sk-of-the-file", KEY]


def test_limits_of_a_workspace_are_kept() -> None:
    plan = _plan(
        *(_deployment(f"g{n}", f"openai/m{n}") for n in range(120)),
        litellm_settings={"fallbacks": [{"g0": [f"g{n}" for n in range(1, 9)]}]},
    )
    assert len(plan.aliases) == 100
    assert len(plan.fallbacks["g0"]) == 5
    assert {"aliases", "fallbacks.g0"} <= plan.ignored.keys()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: [", "model_list: 3", "- x", "!!python/object:os.system {}", "[" * 5_000, "\x00"],
)
def test_what_is_no_such_file_is_refused(text: str) -> None:
    with pytest.raises(ImportRefusedError):
        plan_import(text, {})


def test_a_mistake_in_the_file_is_told_with_its_place() -> None:
    text = f"model_list:\n  - model_name: a\n   litellm_params: {{api_key: {KEY}}}\n"
    with pytest.raises(ImportRefusedError, match="in line 3, column 4") as caught:
        plan_import(text, {})
    assert KEY not in caught.value.detail


@pytest.mark.parametrize("layer", ["[{}]", "{{<<: [{}]}}"], ids=["lists", "merges"])
def test_a_file_that_grows_when_it_is_read_is_refused(layer: str) -> None:
    layers = "\n".join(
        f"a{n}: &a{n} {layer.format(', '.join([f'*a{n - 1}'] * 9))}" for n in range(1, 12)
    )
    text = f"a0: &a0 {layer.format('')}\n{layers}\nmodel_list: []"
    with pytest.raises(ImportRefusedError, match="it grows too large when it is read"):
        plan_import(text, {})


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("2024-13-45", "this value can't be read"),
        ("!!int abc", "this value can't be read"),
        ("!!bool nonsense", "this value can't be read"),
        ("!!timestamp x", "this value can't be read"),
        ("9" * 5_000, "this value is too long"),
        ("1:" * 60_000 + "1", "this value is too long"),
        ("&a [*a]", "it holds itself"),
        ("&a {<<: *a}", "it holds itself"),
        ("\x07", "a character that YAML does not allow"),
    ],
)
def test_a_value_that_is_none_is_told_with_its_place(value: str, wrong: str) -> None:
    with pytest.raises(ImportRefusedError, match=wrong) as caught:
        plan_import(f"model_list: []\nx: {value}\n", {})
    assert (caught.value.extra["line"], caught.value.extra["column"]) == (2, 4)


def test_a_file_of_very_many_values_is_refused() -> None:
    text = f"model_list: []\nx: [{'a,' * 60_000}]"
    with pytest.raises(ImportRefusedError, match="more than 50000 values"):
        plan_import(text, {})


@pytest.mark.parametrize("mark", ["*", "!"])
def test_a_key_that_reads_as_a_mark_is_not_repeated(mark: str) -> None:
    with pytest.raises(ImportRefusedError, match="in line 1, column 14") as caught:
        plan_import(f"model_list: [{mark}{KEY} ]", {})
    assert KEY not in caught.value.detail


def test_reasons_and_places_are_short_and_few() -> None:
    plan = _plan(
        *(_deployment("g" * 5_000, f"azure/{n}") for n in range(3)),
        general_settings={f"setting_{n}": n for n in range(600)},
    )
    assert len(plan.ignored) == 501
    assert list(plan.ignored)[-1] == "and more"
    assert max(map(len, plan.ignored.values())) <= 400


# --- references -------------------------------------------------------------------------------


def _told(plan: ImportPlan) -> list[tuple[str, str, bool]]:
    return [(each.name, each.wanted, each.missing) for each in plan.references]


def test_the_references_of_a_file_are_told_once_each() -> None:
    plan = _plan(
        _deployment("a", "openai/a", api_key="os.environ/OPENAI_API_KEY"),
        _deployment("b", "openai/b"),
        _deployment("c", "groq/c"),
        _deployment("d", "openai/d", api_base="os.environ/OUR_BASE", api_key="os.environ/OUR_KEY"),
        _deployment("e", "openai/e", api_key="sk-written-0123456789"),
        _deployment("f", "xai/f"),
        environment_variables={"XAI_API_KEY": "sk-of-the-file"},
    )
    assert _told(plan) == [
        ("OPENAI_API_KEY", "key", False),
        ("GROQ_API_KEY", "key", True),
        ("OUR_BASE", "address", True),
        ("OUR_KEY", "key", True),
    ]


def test_an_address_that_is_given_by_its_name_is_used() -> None:
    deployment = _deployment("d", "openai/d", api_base="os.environ/BASE", api_key="os.environ/KEY")
    text = json.dumps({"model_list": [deployment]})
    plan = plan_import(text, {"BASE": "https://ours.test/v1", "KEY": KEY})
    draft = _one(plan).draft
    assert (draft.base_url, draft.key, draft.enabled) == ("https://ours.test/v1", KEY, True)
    assert _told(plan) == [("BASE", "address", False), ("KEY", "key", False)]


@pytest.mark.parametrize("name", ["", "a\nb", "n" * 201])
def test_a_reference_that_nobody_could_enter_is_none(name: str) -> None:
    plan = _plan(_deployment("g", "openai/x", api_key=f"os.environ/{name}"))
    planned = _one(plan)
    assert (planned.missing, planned.variable, plan.references) == (True, None, ())


# --- models for vectors -----------------------------------------------------------------------


def _vectors(group: str, model: str, **about: object) -> dict[str, object]:
    return {**_deployment(group, model), "model_info": {"mode": "embedding", **about}}


def test_a_model_for_vectors_is_carried_over() -> None:
    plan = _plan(_vectors("v", "mistral/vec-1", output_vector_size=1024, max_input_tokens=8192))
    model = _one(plan).draft.models[0]
    assert (model.embedding, model.dimensions, model.context_tokens) == (True, 1024, 8192)
    assert plan.aliases == {"v": "vec-1"}


def test_a_model_for_vectors_needs_a_vendor_that_makes_them() -> None:
    plan = _plan(_vectors("v", "anthropic/vec"), _vectors("w", "deepseek/vec"))
    assert plan.providers == ()
    assert plan.ignored["model_list[0]"] == "v: anthropic has no endpoint for vectors"


def test_other_kinds_of_models_are_left_out_in_plain_words() -> None:
    drawing = {**_deployment("d", "openai/x"), "model_info": {"mode": "image_generation"}}
    plan = _plan(drawing)
    assert plan.providers == ()
    assert "for chat and for vectors, not for image_generation" in plan.ignored["model_list[0]"]


def test_nothing_stands_in_for_a_model_for_vectors() -> None:
    plan = _plan(
        _vectors("v", "openai/text-embedding-a"),
        _vectors("v", "mistral/b-embed"),
        _deployment("chat", "openai/gpt-x"),
        _deployment("named", "openai/text-embedding-c"),
        litellm_settings={
            "fallbacks": [{"chat": ["v"]}, {"named": ["chat"]}],
            "default_fallbacks": ["chat"],
        },
    )
    assert plan.fallbacks == {}
    assert plan.aliases["v"] == "text-embedding-a"
    assert plan.ignored["fallbacks.chat"] == "v makes vectors"
    for name in ("v", "named"):
        assert "vectors of two models don't compare" in plan.ignored[f"fallbacks.{name}"]


def test_a_chat_model_may_have_a_name_that_sounds_like_vectors() -> None:
    chat = {**_deployment("g", "openai/embed-talk"), "model_info": {"mode": "chat"}}
    assert _one(_plan(chat)).draft.models[0].embedding is False


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
_PARAMS = st.fixed_dictionaries(
    {"model": _JSON | st.sampled_from(["openai/gpt-x", "groq/*", "claude-x", "a/b"])},
    optional=dict.fromkeys(
        ("api_base", "api_key", "weight", "order", "rpm", "tpm", "region_name", "x"), _JSON
    ),
)
_ENTRIES = _JSON | st.fixed_dictionaries(
    {"model_name": _JSON | st.sampled_from(["a", "b"]), "litellm_params": _JSON | _PARAMS},
    optional={"model_info": _JSON | st.fixed_dictionaries({"mode": _JSON})},
)


@given(st.lists(_ENTRIES, max_size=4), _JSON, _JSON, _JSON)
def test_whatever_the_file_says_there_is_a_plan(
    entries: list[object], router: object, module: object, credentials: object
) -> None:
    document = {
        "model_list": entries,
        "router_settings": router,
        "litellm_settings": module,
        "credential_list": credentials,
    }
    plan = plan_import(json.dumps(document), ENVIRONMENT)
    for planned in plan.providers:
        assert 1 <= planned.draft.weight <= 1000
        assert 0 <= planned.draft.priority <= 1000
        assert 1 <= len(planned.draft.name) <= 80
        assert (planned.draft.name + planned.draft.region).isprintable()
    names = [planned.draft.name.lower() for planned in plan.providers]
    assert len(names) == len(set(names))
