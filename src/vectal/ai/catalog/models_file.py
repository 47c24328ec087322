"""Reading `config/models.toml`: strict, and clear about what is wrong with it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from vectal.ai.catalog.spec import (
    EmbeddingTraits,
    ModelsFile,
    ModelSpec,
    SlotSpec,
    succession,
)
from vectal.ai.contracts import SLOTS, Slot
from vectal.ai.ports import Effort, ProviderKind, WireTraits
from vectal.ai.usage.prices import ModelPrice

_MAX_TOKENS = 100_000_000
_CHECKOUT = Path(__file__).parents[4] / "config" / "models.toml"

Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:/@-]+$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Tokens = Annotated[int, Field(strict=True, gt=0, le=_MAX_TOKENS)]
Price = Annotated[Decimal, Field(ge=0, le=10_000)]


class ModelsFileError(Exception):
    """The catalogue can't be used; the message names the file, the place and the mistake."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Price(_Strict):
    input: Price
    output: Price
    cache_read: Price | None = None
    cache_write: Price | None = None


class _EmbeddingPrice(_Strict):
    input: Price


class _Model(_Strict):
    name: Name
    provider: ProviderKind
    label: Words
    aliases: tuple[Name, ...] = ()
    context_tokens: Tokens
    max_output_tokens: Tokens
    tools: StrictBool
    images: StrictBool
    structured_output: StrictBool
    reasoning: Literal["none", "optional", "always"]
    reasoning_off: Literal["omit", "disabled", "between_tools"] = "omit"
    reasoning_style: Literal["adaptive", "budget"] = "adaptive"
    sampling: StrictBool = True
    retires_on: date | None = None
    successor: Name | None = None
    price: _Price | None = None

    def as_spec(self) -> ModelSpec:
        return ModelSpec(
            name=self.name,
            provider=self.provider,
            label=self.label,
            context_tokens=self.context_tokens,
            max_output_tokens=self.max_output_tokens,
            tools=self.tools,
            structured_output=self.structured_output,
            traits=WireTraits(
                self.reasoning,
                self.reasoning_off,
                self.reasoning_style,
                self.images,
                self.sampling,
            ),
            aliases=self.aliases,
            retires_on=self.retires_on,
            successor=self.successor,
            price=ModelPrice(**self.price.model_dump()) if self.price else None,
        )


class _Embedding(_Strict):
    name: Name
    provider: Literal["openai", "openai_compatible", "simulator"]
    label: Words
    aliases: tuple[Name, ...] = ()
    context_tokens: Tokens
    dimensions: Annotated[int, Field(strict=True, ge=1, le=65_536)]
    adjustable: StrictBool = False
    retires_on: date | None = None
    price: _EmbeddingPrice | None = None

    def as_spec(self) -> ModelSpec:
        return ModelSpec(
            name=self.name,
            provider=self.provider,
            label=self.label,
            context_tokens=self.context_tokens,
            max_output_tokens=0,
            tools=False,
            structured_output=False,
            traits=WireTraits(),
            aliases=self.aliases,
            retires_on=self.retires_on,
            price=ModelPrice(self.price.input, Decimal(0)) if self.price else None,
            embedding=EmbeddingTraits(self.dimensions, self.adjustable),
        )


class _Slot(_Strict):
    name: Slot
    label: Words
    description: Words
    specified: Words
    effort: Effort
    models: Annotated[tuple[Name, ...], Field(min_length=1)]
    simulator: Name

    def as_spec(self) -> SlotSpec:
        return SlotSpec(
            self.name,
            self.label,
            self.description,
            self.specified,
            self.effort,
            self.models,
            self.simulator,
        )


class _File(_Strict):
    version: Literal[1]
    slots: tuple[_Slot, ...]
    models: tuple[_Model, ...]
    embeddings: tuple[_Embedding, ...] = ()


def load_models_file(path: Path | None = None) -> ModelsFile:
    """The operator's catalogue, else the one that ships with the package."""
    source = path or default_models_file()
    try:
        text = source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelsFileError(f"{source}: can't be read: {error}") from error
    return parse_models_file(text, str(source))


def default_models_file() -> Path:
    packaged = resources.files("vectal") / "config" / "models.toml"
    path = Path(str(packaged))
    return path if path.is_file() else _CHECKOUT


def parse_models_file(text: str, source: str) -> ModelsFile:
    try:
        read = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ModelsFileError(f"{source}: is no TOML: {error}") from error
    except ValidationError as error:
        raise ModelsFileError(f"{source}: {_first(error)}") from error
    mistake = next(_mistakes(read), None)
    if mistake is not None:
        raise ModelsFileError(f"{source}: {mistake}")
    return ModelsFile(
        tuple(slot.as_spec() for slot in read.slots),
        tuple(model.as_spec() for model in read.models),
        tuple(model.as_spec() for model in read.embeddings),
    )


def _first(error: ValidationError) -> str:
    """All mistakes of one file would bury the one to fix first."""
    first = error.errors()[0]
    place = ".".join(
        f"[{part + 1}]" if isinstance(part, int) else str(part) for part in first["loc"]
    )
    return f"{place.replace('.[', '[')}: {first['msg']}"


def _mistakes(read: _File) -> Iterator[str]:
    every = (*read.models, *read.embeddings)
    names = [name for model in every for name in (model.name, *model.aliases)]
    yield from (f"the name {name!r} is used twice" for name in _twice(names))
    yield from (f"slot {name!r} is there twice" for name in _twice([s.name for s in read.slots]))
    missing = [slot for slot in SLOTS if slot not in {s.name for s in read.slots}]
    yield from (f"slot {slot!r} is missing" for slot in missing)
    kinds = {model.name: model.provider for model in read.models}
    for slot in read.slots:
        for name in slot.models:
            if kinds.get(name, "simulator") == "simulator":
                yield f"slot {slot.name!r} names {name!r}, which is no model of a provider"
        if kinds.get(slot.simulator) != "simulator":
            yield f"slot {slot.name!r} names {slot.simulator!r}, which is no simulator"
    for model in read.models:
        if model.max_output_tokens >= model.context_tokens:
            yield f"model {model.name!r} would write more than its context holds"
    yield from _bad_successors({model.name: model.successor for model in read.models})


def _bad_successors(successors: Mapping[str, str | None]) -> Iterator[str]:
    for name, successor in successors.items():
        if successor is not None and successor not in successors:
            yield f"model {name!r} is followed by {successor!r}, which is no model"
        if name in succession(name, successors):
            yield f"model {name!r} is followed by itself in the end"


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
