"""A model and a slot, as the rest of the module sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from vectal.ai.contracts import Slot
from vectal.ai.ports import Effort, ProviderKind, WireTraits
from vectal.ai.usage.prices import ModelPrice


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
    price: ModelPrice | None = None
    known: bool = True
    """False when only a provider told us of it, so that its abilities are a guess."""

    @property
    def images(self) -> bool:
        return self.traits.images

    @property
    def reasons(self) -> bool:
        return self.traits.reasoning != "none"

    def is_retired(self, today: date) -> bool:
        return self.retires_on is not None and self.retires_on <= today


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
    """The parsed catalogue file."""

    slots: tuple[SlotSpec, ...]
    models: tuple[ModelSpec, ...]
    _by_name: dict[str, ModelSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {name: model for model in self.models for name in (model.name, *model.aliases)}
        object.__setattr__(self, "_by_name", by_name)

    def find_model(self, name: str) -> ModelSpec | None:
        """The model of this name or alias."""
        return self._by_name.get(name)

    def slot(self, name: Slot) -> SlotSpec:
        return next(slot for slot in self.slots if slot.name == name)
