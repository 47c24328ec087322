"""From a `config.yaml` of LiteLLM to providers, names and fallbacks of a workspace. Pure.

Deployments of one vendor, address and key become one provider. What can't be carried over is
said with its reason, and no key is ever repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from vectal.ai.catalog.offers import USUAL_PRIORITY, USUAL_WEIGHT, embeds
from vectal.ai.ports import EMBEDDING_KINDS, ListedModel
from vectal.ai.providers.untrusted import as_limit, as_model_name, as_text
from vectal.ai.router.naming import OURS
from vectal.ai.service.litellm_config import REFERENCE, Deployment, LiteLlmConfig, read_litellm
from vectal.ai.service.litellm_names import Served, map_names
from vectal.ai.service.litellm_vendors import Vendor, find_vendor, host_of, split_model
from vectal.ai.service.provider_rows import ProviderDraft
from vectal.ai.service.reach import NO_KEY_NEEDED

_HEAVIEST: Final = 1_000
_MOST_KEY_CHARS: Final = 500
_MOST_REFERENCE_CHARS: Final = 200
_MODES: Final = frozenset(("chat", "completion", "responses", "embedding"))
_FIGURES: Final = ("weight", "rpm", "tpm")

Wanted: TypeAlias = Literal["key", "address"]
_Identity: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable that the file leaves to its reader, as in `os.environ/NAME`."""

    name: str
    wanted: Wanted
    missing: bool


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
    references: tuple[Reference, ...]
    aliases: Mapping[str, str]
    fallbacks: Mapping[str, tuple[str, ...]]
    ignored: Mapping[str, str]
    _config: LiteLlmConfig = field(repr=False)
    """As it was before anything was named."""
    _served: tuple[Served, ...] = field(repr=False)
    _addressing: frozenset[str] = field(repr=False)
    """References on which addresses depend, and keys of those whose address is not known yet."""

    def asked_without(self, alone: Collection[str]) -> tuple[Reference, ...]:
        """The references that matter where these providers are left alone."""
        keys = {each.variable for each in self.providers if each.draft.name in alone}
        used = {each.variable for each in self.providers if each.draft.name not in alone}
        idle = keys - used - self._addressing
        return tuple(each for each in self.references if each.name not in idle)

    def renamed(self, names: Mapping[str, str]) -> ImportPlan:
        """The same with other names for these providers."""
        if not names:
            return self
        drafts = [(each, each.draft) for each in self.providers]
        providers = tuple(
            replace(each, draft=replace(draft, name=names.get(draft.name, draft.name)))
            for each, draft in drafts
        )
        served = tuple(
            each._replace(provider=names.get(each.provider, each.provider)) for each in self._served
        )
        return replace(self, providers=providers, _served=served)

    def without(self, refused: Collection[str]) -> ImportPlan:
        """The same without what these providers were to serve, which can't be made."""
        if not refused:
            return self
        config = _copied(self._config)
        served = tuple(each for each in self._served if each.provider not in refused)
        for lost in (each for each in self._served if each.provider in refused):
            config.ignore(lost.place, f"{lost.group}: its provider {lost.provider} was refused")
        aliases, fallbacks = map_names(config, served)
        return replace(self, aliases=aliases, fallbacks=fallbacks, ignored=config.ignored)


def _copied(config: LiteLlmConfig) -> LiteLlmConfig:
    """One that may be told of more places."""
    return replace(config, ignored=dict(config.ignored))


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
    model: ListedModel
    key: _Key

    @property
    def identity(self) -> _Identity:
        vendor = self.vendor.kind if self.vendor.base_url == "" else self.prefix
        return vendor, self.base_url, self.key.origin, self.deployment.region


class _Variables:
    """The values of the references, and which of them were asked for.

    What the file sets itself comes before what its reader has.
    """

    def __init__(self, given: Mapping[str, str], stored: Mapping[str, str]) -> None:
        read = {name: _read(value, given) for name, value in stored.items()}
        self._own = {name: value for name, value in read.items() if value}
        self._given = given
        self._asked: dict[str, Reference] = {}
        self.addressing: set[str] = set()

    def find(self, name: str) -> str:
        """Its value, "" for none."""
        return self._own.get(name) or self._given.get(name) or ""

    def ask(self, name: str, wanted: Wanted, *, missing: bool) -> None:
        """Note that the file wants it; what is a key for one is a key for all."""
        if name in self._own or (wanted == "address" and name in self._asked):
            return
        self._asked[name] = Reference(name, wanted, missing)

    @property
    def asked(self) -> tuple[Reference, ...]:
        return tuple(self._asked.values())


def plan_import(text: str, given: Mapping[str, str]) -> ImportPlan:
    """What the file's words come to here; raises ImportRefusedError for no such file.

    `given` are the values of its references: nothing else is ever looked at for them.
    """
    config = read_litellm(text)
    variables = _Variables(given, config.variables)
    mapped = [each for one in config.deployments if (each := _map(config, one, variables))]
    figure = _find_figure(config, mapped)
    groups: dict[_Identity, list[_Mapped]] = {}
    for each in mapped:
        groups.setdefault(each.identity, []).append(each)
    heaviest = max((_figure_of(group, figure) for group in groups.values()), default=0.0)
    plain = len({_figure_of(group, figure) for group in groups.values()}) <= 1
    names = _free_names(groups.values())
    providers = tuple(
        _provider(name, group, USUAL_WEIGHT if plain else _scaled(group, figure, heaviest))
        for name, group in zip(names, groups.values(), strict=True)
    )
    served = _served(mapped, dict(zip(groups, names, strict=True)))
    named = _copied(config)
    aliases, fallbacks = map_names(named, served)
    return ImportPlan(
        providers,
        variables.asked,
        aliases,
        fallbacks,
        named.ignored,
        config,
        served,
        frozenset(variables.addressing),
    )


def _served(mapped: Iterable[_Mapped], names: Mapping[_Identity, str]) -> tuple[Served, ...]:
    """In the order of the file; `names` are those of the providers."""
    return tuple(
        Served(
            each.deployment.group,
            each.model.name,
            names[each.identity],
            embeds(each.model),
            each.deployment.place,
        )
        for each in mapped
    )


def _read(text: str, variables: Mapping[str, str]) -> str:
    name = _reference(text)
    return text if name is None else variables.get(name, "")


def _reference(text: str) -> str | None:
    """The variable that a text of the file names instead of saying it; None for plain words."""
    if not text.startswith(REFERENCE):
        return None
    name = text.removeprefix(REFERENCE)
    # One that nobody could enter is none: it stays without a value.
    return name if name.isprintable() and len(name) <= _MOST_REFERENCE_CHARS else ""


# --- deployments ------------------------------------------------------------------------------


def _map(config: LiteLlmConfig, one: Deployment, variables: _Variables) -> _Mapped | None:
    mode = as_text(one.about.get("mode")) or "chat"
    if mode not in _MODES:
        config.ignore(
            one.place, f"{one.group}: Vectal asks models for chat and for vectors, not for {mode}"
        )
        return None
    base_url = _find_address(config, one, variables)
    if base_url is None:
        return None
    prefix, model = split_model(one.model, one.provider)
    found = find_vendor(prefix, base_url)
    if found is None:
        config.ignore(one.place, f"{one.group}: {_no_way(prefix, one.model)}")
        return None
    if model.startswith(OURS) or as_model_name(model) is None:
        config.ignore(one.place, f"{one.group}: its model has no usable name")
        return None
    vendor, address = found
    listed = _listed(model, one.about)
    if embeds(listed) and vendor.kind not in EMBEDDING_KINDS:
        config.ignore(one.place, f"{one.group}: {vendor.kind} has no endpoint for vectors")
        return None
    if one.model == "*":
        config.ignore(one.place, "a bare * was read as openai/*; add other vendors by themselves")
    return _Mapped(one, prefix, vendor, address, listed, _find_key(one, vendor, variables))


def _find_address(config: LiteLlmConfig, one: Deployment, variables: _Variables) -> str | None:
    """The address that is written or referred to; "" where the file has none."""
    name = _reference(one.base_url)
    if name is None:
        return one.base_url
    address = variables.find(name)
    if name:
        variables.ask(name, "address", missing=not address)
        variables.addressing.add(name)
    if address:
        return address
    config.ignore(one.place, f"{one.group}: its address is in {name}, which is not set")
    key = _reference(one.key)
    if key:
        # Told now: who gives the address is not to be asked a second time.
        variables.ask(key, "key", missing=not _is_key(variables.find(key)))
        variables.addressing.add(key)
    return None


def _no_way(prefix: str, model: str) -> str:
    if not prefix:
        return f"{model!r} does not say whose model it is; write it as vendor/model"
    if prefix in {"azure", "azure_ai", "bedrock", "vertex_ai"}:
        return (
            f"Vectal has no adapter for {prefix}; where it offers an OpenAI-compatible address, "
            "add that as a provider"
        )
    return f"Vectal has no adapter for {prefix!r} without an OpenAI-compatible api_base"


def _find_key(one: Deployment, vendor: Vendor, variables: _Variables) -> _Key:
    """The key that is written, else the one in the variable that is named or usual."""
    named = _reference(one.key)
    if one.key and named is None:
        return _Key(one.key) if _is_key(one.key) else _Key("", missing=True)
    if named == "":
        return _Key("", missing=True)
    wanted = (named,) if named else vendor.variables
    for name in wanted:
        if _is_key(variables.find(name)):
            variables.ask(name, "key", missing=False)
            return _Key(variables.find(name), name)
    if wanted:
        variables.ask(wanted[0], "key", missing=True)
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
    models = () if any("*" in each.model.name for each in group) else tuple(_models(group))
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
    """Each once, as it is told first."""
    seen: set[str] = set()
    for each in group:
        if each.model.name not in seen:
            seen.add(each.model.name)
            yield each.model


def _listed(name: str, about: Mapping[str, Any]) -> ListedModel:
    tools, images = about.get("supports_function_calling"), about.get("supports_vision")
    reasoning = about.get("supports_reasoning")
    mode = as_text(about.get("mode"))
    is_embedding = mode == "embedding"
    return ListedModel(
        name,
        name,
        as_limit(about.get("max_input_tokens")),
        None
        if is_embedding
        else as_limit(about.get("max_output_tokens") or about.get("max_tokens")),
        images if isinstance(images, bool) else None,
        reasoning if isinstance(reasoning, bool) else None,
        tools if isinstance(tools, bool) else None,
        embedding=is_embedding if mode else None,
        dimensions=as_limit(about.get("output_vector_size")) if is_embedding else None,
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
