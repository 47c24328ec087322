"""A model and a slot, as the rest of the module sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from vectal.ai.contracts import Slot
from vectal.ai.ports import Effort, ProviderKind, WireTraits
from vectal.ai.usage.prices import ModelPrice

SOON: Final = timedelta(days=60)
"""So long before a model's end people are told of it."""


@dataclass(frozen=True, slots=True)
class EmbeddingTraits:
    """What an embedding model makes of a text: one vector.

    `dimensions` is how many numbers it has; None when nobody said. Fewer may be asked for where
    it is `adjustable`.
    """

    dimensions: int | None
    adjustable: bool = False

    def allows(self, dimensions: int | None) -> bool:
        """Whether a client may ask for vectors of this length; None leaves it to the model."""
        if dimensions is None or self.dimensions is None or dimensions == self.dimensions:
            return True
        return self.adjustable and dimensions < self.dimensions


Guess: TypeAlias = Literal["window", "answer", "images"]
GUESSES: Final[tuple[Guess, ...]] = ("window", "answer", "images")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a model is called, how much it holds and what it can do."""

    name: str
    provider: ProviderKind
    label: str
    context_tokens: int
    max_output_tokens: int
    tools: bool
    structured_output: bool
    traits: WireTraits
    aliases: tuple[str, ...] = ()
    retires_on: date | None = None
    successor: str | None = None
    """The model that takes its place once it is retired; None leaves that to its slot."""
    price: ModelPrice | None = None
    known: bool = True
    """False when only a provider told us of it, so that its abilities are a guess."""
    guesses: frozenset[Guess] = frozenset()
    """What nobody has told of it: how much it holds, how long its answers may be, if it sees."""
    embedding: EmbeddingTraits | None = None
    """None for a model that chats. One that embeds never answers a chat, nor the other way."""

    @property
    def images(self) -> bool:
        return self.traits.images

    @property
    def reasons(self) -> bool:
        return self.traits.reasoning != "none"

    def is_retired(self, today: date) -> bool:
        return self.retires_on is not None and self.retires_on <= today

    def retires_soon(self, today: date) -> bool:
        return self.retires_on is not None and today < self.retires_on <= today + SOON


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """A role: the models that may fill it, in order, and the simulator when none is to be had."""

    name: Slot
    label: str
    description: str
    specified: str
    effort: Effort
    models: tuple[str, ...]
    simulator: str


@dataclass(frozen=True, slots=True)
class ModelsFile:
    """The parsed catalogue file. `models` chat, `embeddings` embed; no name is in both."""

    slots: tuple[SlotSpec, ...]
    models: tuple[ModelSpec, ...]
    embeddings: tuple[ModelSpec, ...] = ()
    _by_name: dict[str, ModelSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        every = (*self.models, *self.embeddings)
        by_name = {name: model for model in every for name in (model.name, *model.aliases)}
        object.__setattr__(self, "_by_name", by_name)

    def find_model(self, name: str) -> ModelSpec | None:
        """The model of this name or alias, of either kind."""
        return self._by_name.get(name)

    def slot(self, name: Slot) -> SlotSpec:
        return next(slot for slot in self.slots if slot.name == name)

    def successors_of(self, model: ModelSpec) -> list[str]:
        """Who follows the model, whoever follows that, and so on."""
        return succession(model.name, {each.name: each.successor for each in self.models})

    def heirs(self, model: ModelSpec) -> tuple[str, ...]:
        """Who may take the model's place: its successors, then the others of its slots."""
        line = self.successors_of(model)
        served = (slot.models for slot in self.slots if model.name in slot.models)
        mates = sorted(served, key=lambda names: names.index(model.name))
        names = dict.fromkeys((*line, *(name for names in mates for name in names)))
        return tuple(name for name in names if name != model.name)


def succession(name: str, successors: Mapping[str, str | None]) -> list[str]:
    """Who follows whom after `name`, as far as the line goes without a circle."""
    line: list[str] = []
    follower = successors.get(name)
    while follower is not None and follower not in line:
        line.append(follower)
        follower = successors.get(follower)
    return line
