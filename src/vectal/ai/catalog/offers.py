"""What a workspace can reach: its providers, crossed with the models that each offers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal, TypeAlias
from uuid import UUID

from vectal.ai.catalog.spec import GUESSES, EmbeddingTraits, ModelsFile, ModelSpec
from vectal.ai.contracts import ModelChoice
from vectal.ai.ports import (
    EMBEDDING_KINDS,
    SIMULATOR_FAULT_PREFIX,
    ListedModel,
    ProviderKind,
    WireTraits,
)
from vectal.ai.usage.prices import ModelPrice, Priced

_NO_CHAT: Final = re.compile(
    r"embed|rerank|whisper|tts|audio|realtime|image|dall-e|sora|transcribe|translate|moderation"
    r"|search|instruct|davinci|babbage|-live|deep-research",
    re.IGNORECASE,
)
# What only means that at a vendor: open models that chat are called `…-instruct`, and so on.
_NO_CHAT_ANYWHERE: Final = re.compile(
    r"embed|rerank|whisper|(?:^|[/_-])tts|dall-e|transcribe|moderation", re.IGNORECASE
)
# Servers of open models tell nothing but a name.
_EMBEDS: Final = re.compile(r"embed|(?:^|[/_-])(?:bge|gte|e5)-|minilm", re.IGNORECASE)
_GUESSED_CONTEXT: Final = 32_000
_GUESSED_WINDOW: Final = 8_192
_GUESSED_OUTPUT: Final = 4_096
_GUESSED_THOUGHTS: Final = 12_288
"""What thinking takes beside it."""
_VENDOR_CONTEXT: Final = 128_000

Location: TypeAlias = Literal["inside", "outside"]
"""Whether a provider runs in the house: what is sent there goes to nobody else."""
BatchRoute: TypeAlias = Literal["vendor", "queue"]
"""Whether batches go to the vendor's own batch endpoint, where it has one, or line by line."""
ResponsesRoute: TypeAlias = Literal["vendor", "chat"]
"""Whether requests of `/v1/responses` are sent on as they are, or in words of chat completions."""
USUAL_WEIGHT: Final = 100
USUAL_PRIORITY: Final = 100


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider of the workspace, without its key. `id` is None for the built-in Simulator.

    Among providers of one model the lowest `priority` is tried first; those of the same share the
    calls by `weight`.
    """

    id: UUID | None
    kind: ProviderKind
    name: str
    base_url: str
    models: tuple[ListedModel, ...] = ()
    weight: int = USUAL_WEIGHT
    priority: int = USUAL_PRIORITY
    region: str = ""
    location: Location = "outside"
    batches: BatchRoute = "vendor"
    responses: ResponsesRoute = "chat"


BUILT_IN_SIMULATOR: Final = ProviderSpec(None, "simulator", "Simulator", "", location="inside")
THIS_MACHINE: Final = ProviderSpec(None, "openai_compatible", "This machine", "", location="inside")
"""Runs the model that comes with the product; nothing leaves for it."""
LOCAL_EMBEDDING: Final = "vectal/local-embedding"
"""A name of ours, so that no provider's model is taken for it by accident."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model at a provider: what a request can be sent to."""

    provider: ProviderSpec
    model: ModelSpec
    # Made once: a route looks at each of them for every offer.
    key: str = field(init=False, compare=False)
    """Names the pair in health records: the same model elsewhere may be well."""
    priced: Priced = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        provider, model = self.provider, self.model
        priced = Priced(provider.kind, model.name, provider.base_url, model.price)
        object.__setattr__(self, "key", f"{provider.id or 'built-in'}/{model.name}")
        object.__setattr__(self, "priced", priced)

    @property
    def simulated(self) -> bool:
        return self.provider.kind == "simulator"

    @property
    def is_here(self) -> bool:
        """Whether this very process answers, and nobody else."""
        return self.provider is THIS_MACHINE


@dataclass(frozen=True, slots=True)
class Catalog:
    """The merged view of one workspace at one moment. `offers` chat, `embeddings` embed."""

    file: ModelsFile
    offers: tuple[Offer, ...]
    today: date
    retired: Mapping[str, ModelSpec] = field(default_factory=dict[str, ModelSpec])
    """Models that their vendors have ended, by name; no offer is left of them."""
    embeddings: tuple[Offer, ...] = ()

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

    def embeddings_of(self, model: str) -> tuple[Offer, ...]:
        """Every provider that offers an embedding model of this name or alias."""
        spec = self.file.find_model(model)
        name = spec.name if spec is not None else model
        if name.startswith(SIMULATOR_FAULT_PREFIX):
            return tuple(_faulty(offer, name) for offer in self.embeddings if offer.simulated)
        return tuple(offer for offer in self.embeddings if offer.model.name == name)

    def find_retired(self, model: str) -> ModelSpec | None:
        """The model of this name or alias, when there was one and it is over."""
        spec = self.file.find_model(model)
        return self.retired.get(spec.name if spec is not None else model)

    def find_successor(self, retired: ModelSpec) -> str | None:
        """The living model that the file itself names after a retired one."""
        line = self.file.successors_of(retired)
        return next((name for name in line if name not in self.retired), None)

    def heirs_of(self, retired: ModelSpec) -> tuple[str, ...]:
        """Living models that may take the place of a retired one, the best first."""
        heirs = self.file.heirs(retired)
        return tuple(name for name in heirs if name not in self.retired)

    def knows(self, choice: ModelChoice) -> bool:
        """Whether the name of the choice means anything here, reachable or not."""
        if choice.model is None:
            return True
        name = choice.model
        return bool(
            self.file.find_model(name)
            or name in self.retired
            or self.offers_of(name)
            or self.embeddings_of(name)
        )


def build_catalog(
    file: ModelsFile,
    providers: Iterable[ProviderSpec],
    today: date,
    *,
    with_simulator: bool = True,
    local: ModelSpec | None = None,
) -> Catalog:
    """Cross `providers` with their models. Without a Simulator of its own the built-in joins.

    `local` is the embedding model that runs in the process itself.
    """
    known = list(providers)
    if with_simulator and not any(provider.kind == "simulator" for provider in known):
        known.append(BUILT_IN_SIMULATOR)
    all_offers = [Offer(provider, model) for provider in known for model in _models(file, provider)]
    offers = tuple(offer for offer in all_offers if not offer.model.is_retired(today))
    embedding = (Offer(each, model) for each in known for model in _embeddings(file, each))
    embeddings = tuple(offer for offer in embedding if not offer.model.is_retired(today))
    if local is not None:
        embeddings = (*embeddings, Offer(THIS_MACHINE, local))
    ever = (*file.models, *(offer.model for offer in all_offers))
    alive = {offer.model.name for offer in offers}
    retired = {model.name: model for model in ever if model.is_retired(today)}
    over = {name: model for name, model in retired.items() if name not in alive}
    return Catalog(file, offers, today, over, embeddings)


def _models(file: ModelsFile, provider: ProviderSpec) -> Iterator[ModelSpec]:
    listed: Mapping[str, ListedModel] = {model.name: model for model in provider.models}
    from_file = [model for model in file.models if model.provider == provider.kind]
    for model in from_file:
        yield _corrected(model, listed.get(model.name))
    names = {name for model in from_file for name in (model.name, *model.aliases)}
    if provider.kind == "simulator":
        return
    for model in listed.values():
        if model.name not in names and _chats(model, provider.kind):
            yield _guessed(model, provider.kind)


def _embeddings(file: ModelsFile, provider: ProviderSpec) -> Iterator[ModelSpec]:
    """Models of a provider that make vectors; none of a kind without an endpoint for them."""
    if provider.kind not in EMBEDDING_KINDS:
        return
    from_file = [model for model in file.embeddings if model.provider == provider.kind]
    yield from from_file
    if provider.kind == "simulator":
        return
    names = {name for model in from_file for name in (model.name, *model.aliases)}
    for listed in provider.models:
        if listed.name not in names and embeds(listed):
            yield _guessed_embedding(listed, provider.kind)


def embeds(listed: ListedModel) -> bool:
    """Whether it makes vectors, as somebody says or its name tells."""
    if listed.embedding is not None:
        return listed.embedding
    return _EMBEDS.search(listed.name) is not None


def _chats(listed: ListedModel, kind: ProviderKind) -> bool:
    """Whether it chats, as somebody says or its name tells."""
    if listed.embedding is not None:
        return not listed.embedding
    telling = _NO_CHAT_ANYWHERE if kind == "openai_compatible" else _NO_CHAT
    return telling.search(listed.name) is None and not embeds(listed)


def _guessed_embedding(listed: ListedModel, kind: ProviderKind) -> ModelSpec:
    """An embedding model that only its provider knows; what it takes, it says itself."""
    return ModelSpec(
        name=listed.name,
        provider=kind,
        label=listed.label,
        context_tokens=listed.context_tokens or _GUESSED_WINDOW,
        max_output_tokens=0,
        tools=False,
        structured_output=False,
        traits=WireTraits(),
        retires_on=as_day(listed.retires_on),
        known=False,
        embedding=EmbeddingTraits(listed.dimensions, adjustable=True),
    )


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
        retires_on=as_day(listed.retires_on) or model.retires_on,
    )


def _guessed(listed: ListedModel, kind: ProviderKind) -> ModelSpec:
    """A model that only its provider knows; abilities are taken as modest where unsaid."""
    vendor = kind != "openai_compatible"
    context = listed.context_tokens or (_VENDOR_CONTEXT if vendor else _GUESSED_CONTEXT)
    reasoning = bool(listed.reasoning) and kind == "anthropic"
    guessed = _GUESSED_OUTPUT + (_GUESSED_THOUGHTS if reasoning else 0)
    traits = WireTraits(
        reasoning="optional" if reasoning else "none",
        reasoning_style="adaptive",
        images=bool(listed.images),
    )
    told = {
        "window": bool(listed.context_tokens),
        "answer": bool(listed.max_output_tokens),
        "images": listed.images is not None,
    }
    return ModelSpec(
        name=listed.name,
        provider=kind,
        label=listed.label,
        context_tokens=context,
        max_output_tokens=min(listed.max_output_tokens or guessed, max(1, context // 2)),
        tools=listed.tools is not False,
        structured_output=False,
        traits=traits,
        retires_on=as_day(listed.retires_on),
        known=False,
        guesses=frozenset(name for name in GUESSES if not told[name]),
    )


def local_embedding(dimensions: int, context_tokens: int) -> ModelSpec:
    """The model of the process itself; it costs nobody anything."""
    return ModelSpec(
        name=LOCAL_EMBEDDING,
        provider=THIS_MACHINE.kind,
        label="Local embedding",
        context_tokens=context_tokens,
        max_output_tokens=0,
        tools=False,
        structured_output=False,
        traits=WireTraits(),
        price=ModelPrice(Decimal(0), Decimal(0)),
        embedding=EmbeddingTraits(dimensions),
    )


def as_day(text: str | None) -> date | None:
    """The day that a provider's list names; None for what is no day."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _is_plain(offer: Offer) -> bool:
    return offer.simulated and offer.model.traits.reasoning == "none"


def _faulty(offer: Offer, name: str) -> Offer:
    return Offer(offer.provider, replace(offer.model, name=name))
