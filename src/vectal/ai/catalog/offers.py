"""What a workspace can reach: its providers, crossed with the models that each offers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from vectal.ai.catalog.spec import ModelsFile, ModelSpec
from vectal.ai.contracts import ModelChoice
from vectal.ai.ports import SIMULATOR_FAULT_PREFIX, ListedModel, ProviderKind, WireTraits
from vectal.ai.usage.prices import Priced

_NO_CHAT: Final = re.compile(
    r"embed|rerank|whisper|tts|audio|realtime|image|dall-e|sora|transcribe|translate|moderation"
    r"|search|instruct|davinci|babbage|-live|deep-research",
    re.IGNORECASE,
)
_GUESSED_CONTEXT: Final = 32_000
_GUESSED_OUTPUT: Final = 4_096
_VENDOR_CONTEXT: Final = 128_000


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider of the workspace, without its key. `id` is None for the built-in Simulator."""

    id: UUID | None
    kind: ProviderKind
    name: str
    base_url: str
    models: tuple[ListedModel, ...] = ()


BUILT_IN_SIMULATOR: Final = ProviderSpec(None, "simulator", "Simulator", "")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model at a provider: what a request can be sent to."""

    provider: ProviderSpec
    model: ModelSpec

    @property
    def key(self) -> str:
        """Names the pair in health records: the same model elsewhere may be well."""
        return f"{self.provider.id or 'built-in'}/{self.model.name}"

    @property
    def simulated(self) -> bool:
        return self.provider.kind == "simulator"

    @property
    def priced(self) -> Priced:
        return Priced(self.provider.kind, self.model.name, self.provider.base_url, self.model.price)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The merged view of one workspace at one moment."""

    file: ModelsFile
    offers: tuple[Offer, ...]

    @property
    def has_real_provider(self) -> bool:
        return any(not offer.simulated for offer in self.offers)

    def offers_of(self, model: str) -> tuple[Offer, ...]:
        """Every provider that offers a model of this name or alias."""
        spec = self.file.find_model(model)
        name = spec.name if spec is not None else model
        if name.startswith(SIMULATOR_FAULT_PREFIX):
            return tuple(_faulty(offer, name) for offer in self.offers if _is_plain(offer))
        return tuple(offer for offer in self.offers if offer.model.name == name)

    def knows(self, choice: ModelChoice) -> bool:
        """Whether the name of the choice means anything here, reachable or not."""
        if choice.model is None:
            return True
        return self.file.find_model(choice.model) is not None or bool(self.offers_of(choice.model))


def build_catalog(
    file: ModelsFile,
    providers: Iterable[ProviderSpec],
    today: date,
    *,
    with_simulator: bool = True,
) -> Catalog:
    """Cross `providers` with their models. Without a Simulator of its own the built-in joins."""
    known = list(providers)
    if with_simulator and not any(provider.kind == "simulator" for provider in known):
        known.append(BUILT_IN_SIMULATOR)
    offers = [
        Offer(provider, model) for provider in known for model in _models(file, provider, today)
    ]
    return Catalog(file, tuple(offers))


def _models(file: ModelsFile, provider: ProviderSpec, today: date) -> Iterator[ModelSpec]:
    listed: Mapping[str, ListedModel] = {model.name: model for model in provider.models}
    from_file = [model for model in file.models if model.provider == provider.kind]
    for model in from_file:
        current = _corrected(model, listed.get(model.name))
        if not current.is_retired(today):
            yield current
    names = {name for model in from_file for name in (model.name, *model.aliases)}
    if provider.kind == "simulator":
        return
    for model in listed.values():
        if model.name not in names and not _NO_CHAT.search(model.name):
            guessed = _guessed(model, provider.kind)
            if not guessed.is_retired(today):
                yield guessed


def _corrected(model: ModelSpec, listed: ListedModel | None) -> ModelSpec:
    """The file's row with what the vendor itself says about the model now."""
    if listed is None:
        return model
    context = listed.context_tokens or model.context_tokens
    output = min(listed.max_output_tokens or model.max_output_tokens, context - 1)
    return replace(
        model,
        context_tokens=context,
        max_output_tokens=output,
        retires_on=_day(listed.retires_on) or model.retires_on,
    )


def _guessed(listed: ListedModel, kind: ProviderKind) -> ModelSpec:
    """A model that only its provider knows; abilities are taken as modest where unsaid."""
    vendor = kind != "openai_compatible"
    context = listed.context_tokens or (_VENDOR_CONTEXT if vendor else _GUESSED_CONTEXT)
    reasoning = bool(listed.reasoning) and kind == "anthropic"
    traits = WireTraits(
        reasoning="optional" if reasoning else "none",
        reasoning_style="adaptive",
        images=bool(listed.images),
    )
    return ModelSpec(
        name=listed.name,
        provider=kind,
        label=listed.label,
        context_tokens=context,
        max_output_tokens=min(listed.max_output_tokens or _GUESSED_OUTPUT, max(1, context // 2)),
        tools=listed.tools is not False,
        structured_output=False,
        traits=traits,
        retires_on=_day(listed.retires_on),
        known=False,
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _is_plain(offer: Offer) -> bool:
    return offer.simulated and offer.model.traits.reasoning == "none"


def _faulty(offer: Offer, name: str) -> Offer:
    return Offer(offer.provider, replace(offer.model, name=name))
