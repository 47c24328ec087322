"""From a `config.yaml` of LiteLLM to providers, names and fallbacks of a workspace. Pure.

Deployments of one vendor, address and key become one provider. What can't be carried over is
said with its reason, and no key is ever repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from vectal.ai.catalog.offers import USUAL_PRIORITY, USUAL_WEIGHT
from vectal.ai.ports import ListedModel
from vectal.ai.providers.untrusted import as_limit, as_model_name, as_text
from vectal.ai.router.naming import OURS
from vectal.ai.service.litellm_config import REFERENCE, Deployment, LiteLlmConfig, read_litellm
from vectal.ai.service.litellm_names import map_names
from vectal.ai.service.litellm_vendors import Vendor, find_vendor, host_of, split_model
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.ai.service.reach import NO_KEY_NEEDED

_HEAVIEST: Final = 1_000
_MOST_KEY_CHARS: Final = 500
_CHAT_MODES: Final = frozenset(("chat", "completion", "responses"))
_FIGURES: Final = ("weight", "rpm", "tpm")


@dataclass(frozen=True, slots=True)
class PlannedProvider:
    """`variable` is the one of the environment that holds the key; `missing`, that it does not."""

    draft: ProviderDraft
    variable: str | None
    missing: bool
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What is to be made. `ignored` says why the rest is not, by its place in the file."""

    providers: tuple[PlannedProvider, ...]
    aliases: Mapping[str, str]
    fallbacks: Mapping[str, tuple[str, ...]]
    ignored: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Key:
    """Where a key comes from; two deployments share a provider when it is the same place."""

    value: str = field(repr=False)
    variable: str | None = None
    missing: bool = False

    @property
    def origin(self) -> str:
        return self.variable or hashlib.sha256(self.value.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Mapped:
    """A deployment that Vectal can reach."""

    deployment: Deployment
    prefix: str
    vendor: Vendor
    base_url: str
    model: str
    key: _Key

    @property
    def identity(self) -> tuple[str, str, str, str]:
        vendor = self.vendor.kind if self.vendor.base_url == "" else self.prefix
        return vendor, self.base_url, self.key.origin, self.deployment.region


def plan_import(text: str, environment: Mapping[str, str]) -> ImportPlan:
    """What the file's words come to here; raises ImportRefusedError for no such file."""
    config = read_litellm(text)
    variables = {**environment, **_resolved(config.variables, environment)}
    mapped = [each for one in config.deployments if (each := _map(config, one, variables))]
    figure = _find_figure(config, mapped)
    groups: dict[tuple[str, str, str, str], list[_Mapped]] = {}
    for each in mapped:
        groups.setdefault(each.identity, []).append(each)
    heaviest = max((_figure_of(group, figure) for group in groups.values()), default=0.0)
    plain = len({_figure_of(group, figure) for group in groups.values()}) <= 1
    names = _free_names(groups.values())
    providers = tuple(
        _provider(name, group, USUAL_WEIGHT if plain else _scaled(group, figure, heaviest))
        for name, group in zip(names, groups.values(), strict=True)
    )
    served = [(each.deployment.group, each.model, each.identity) for each in mapped]
    aliases, fallbacks = map_names(config, served)
    return ImportPlan(providers, aliases, fallbacks, config.ignored)


def _resolved(stored: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that the file itself sets, some of them from others."""
    read = {name: _look_up(value, environment) for name, value in stored.items()}
    return {name: value for name, value in read.items() if value is not None}


def _look_up(text: str, variables: Mapping[str, str]) -> str | None:
    if text.startswith(REFERENCE):
        return variables.get(text.removeprefix(REFERENCE)) or None
    return text


# --- deployments ------------------------------------------------------------------------------


def _map(config: LiteLlmConfig, one: Deployment, variables: Mapping[str, str]) -> _Mapped | None:
    mode = as_text(one.about.get("mode")) or "chat"
    if mode not in _CHAT_MODES:
        config.ignore(one.place, f"{one.group}: a model for {mode} is no chat model")
        return None
    base_url = _look_up(one.base_url, variables)
    if base_url is None:
        variable = one.base_url.removeprefix(REFERENCE)
        config.ignore(one.place, f"{one.group}: its address is in {variable}, which is not set")
        return None
    prefix, model = split_model(one.model, one.provider)
    found = find_vendor(prefix, base_url)
    if found is None:
        config.ignore(one.place, f"{one.group}: {_no_way(prefix, one.model)}")
        return None
    if model.startswith(OURS) or as_model_name(model) is None:
        config.ignore(one.place, f"{one.group}: its model has no usable name")
        return None
    if one.model == "*":
        config.ignore(one.place, "a bare * was read as openai/*; add other vendors by themselves")
    vendor, address = found
    return _Mapped(one, prefix, vendor, address, model, _find_key(one, vendor, variables))


def _no_way(prefix: str, model: str) -> str:
    if not prefix:
        return f"{model!r} does not say whose model it is; write it as vendor/model"
    if prefix in {"azure", "azure_ai", "bedrock", "vertex_ai"}:
        return (
            f"Vectal has no adapter for {prefix}; where it offers an OpenAI-compatible address, "
            "add that as a provider"
        )
    return f"Vectal has no adapter for {prefix!r} without an OpenAI-compatible api_base"


def _find_key(one: Deployment, vendor: Vendor, variables: Mapping[str, str]) -> _Key:
    """The key that is written, else the one in the variable that is named or usual."""
    if one.key and not one.key.startswith(REFERENCE):
        return _Key(one.key) if _is_key(one.key) else _Key("", missing=True)
    named = one.key.removeprefix(REFERENCE)
    wanted = (named,) if named else vendor.variables
    for name in wanted:
        if _is_key(variables.get(name, "")):
            return _Key(variables[name], name)
    if wanted:
        return _Key("", wanted[0], missing=True)
    return _Key("", missing=vendor.kind not in NO_KEY_NEEDED)


def _is_key(text: str) -> bool:
    return (
        0 < len(text) <= _MOST_KEY_CHARS
        and text.isascii()
        and text.isprintable()
        and " " not in text
    )


# --- providers --------------------------------------------------------------------------------


def _provider(name: str, group: list[_Mapped], weight: int) -> PlannedProvider:
    first = group[0]
    orders = [each.deployment.order for each in group if each.deployment.order is not None]
    # A star stands for all that the vendor has, which the vendor itself lists best.
    models = () if any("*" in each.model for each in group) else tuple(_models(group))
    draft = ProviderDraft(
        kind=first.vendor.kind,
        name=name,
        base_url=first.base_url or None,
        key=first.key.value or None,
        enabled=not first.key.missing,
        models=models,
        weight=weight,
        priority=min((int(min(order, _HEAVIEST)) for order in orders), default=USUAL_PRIORITY),
        region=first.deployment.region,
    )
    places = tuple(each.deployment.place for each in group)
    return PlannedProvider(draft, first.key.variable, first.key.missing, places)


def _models(group: Iterable[_Mapped]) -> Iterator[ListedModel]:
    seen: set[str] = set()
    for each in group:
        if each.model in seen:
            continue
        seen.add(each.model)
        about = each.deployment.about
        tools, images = about.get("supports_function_calling"), about.get("supports_vision")
        reasoning = about.get("supports_reasoning")
        yield ListedModel(
            each.model,
            each.model,
            as_limit(about.get("max_input_tokens")),
            as_limit(about.get("max_output_tokens") or about.get("max_tokens")),
            images if isinstance(images, bool) else None,
            reasoning if isinstance(reasoning, bool) else None,
            tools if isinstance(tools, bool) else None,
        )


def _free_names(groups: Iterable[list[_Mapped]]) -> list[str]:
    """A name for each provider: its vendor, and what tells it from others of that vendor."""
    taken: set[str] = set()
    names: list[str] = []
    for group in groups:
        first = group[0]
        host = host_of(first.base_url)
        hints = [first.deployment.region, first.key.variable or "", host]
        shown = [hint for hint in hints if hint and hint.isprintable()]
        options = [first.prefix, *(f"{first.prefix} ({hint})"[:80] for hint in shown)]
        numbers = (f"{first.prefix} {number}" for number in range(2, len(taken) + 3))
        name = next(each for each in (*options, *numbers) if each.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def _find_figure(config: LiteLlmConfig, mapped: Iterable[_Mapped]) -> str:
    """What the file weighs deployments by: as LiteLLM does, weights before limits."""
    said = {
        figure
        for figure in _FIGURES
        for each in mapped
        if getattr(each.deployment, figure) is not None
    }
    chosen = next((figure for figure in _FIGURES if figure in said), "weight")
    for figure in said - {"weight"}:
        if figure == chosen:
            config.ignore(
                f"litellm_params.{figure}", "taken as a weight; nothing holds it as a limit"
            )
        else:
            config.ignore(f"litellm_params.{figure}")
    return chosen


def _figure_of(group: Iterable[_Mapped], figure: str) -> float:
    return max((getattr(each.deployment, figure) or 0.0 for each in group), default=0.0)


def _scaled(group: Iterable[_Mapped], figure: str, heaviest: float) -> int:
    if not heaviest:
        return USUAL_WEIGHT
    return max(1, round(_figure_of(group, figure) / heaviest * _HEAVIEST))
