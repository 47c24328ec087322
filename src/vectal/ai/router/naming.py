"""What a name means in a workspace: its own aliases, and the fallbacks behind a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vectal.ai.catalog.offers import Catalog
from vectal.ai.contracts import AUTO, SLOTS, ModelChoice, Slot
from vectal.ai.router.request import Preferences

OURS: Final = "vectal/"
"""Begins the names that are no vendor's: `vectal/auto` and one for each slot."""


def read_alias(choice: ModelChoice, preferences: Preferences) -> ModelChoice:
    """What the workspace means by a name of its own; other choices as they are."""
    name = preferences.aliases.get(choice.model or "")
    return choice if name is None else _read(name)


def list_names(
    catalog: Catalog,
    asked: ModelChoice,
    meant: ModelChoice,
    preferences: Preferences,
    auto: Slot = "fast",
) -> tuple[str, ...]:
    """The name that is meant, then what the workspace falls back to; empty for a slot.

    `auto` is the slot that a fallback to `vectal/auto` comes to.
    """
    if meant.model is None:
        return ()
    spec = catalog.file.find_model(meant.model)
    keys = (asked.model or "", meant.model, spec.name if spec else "")
    fallbacks = next(filter(None, map(preferences.fallbacks.get, keys)), ())
    names = (each for name in fallbacks for each in _models_of(name, catalog, preferences, auto))
    return meant.model, *names


def _models_of(name: str, catalog: Catalog, preferences: Preferences, auto: Slot) -> Iterator[str]:
    choice = read_alias(_read(name), preferences)
    if choice.model is not None:
        yield choice.model
    else:
        yield from catalog.file.slot(choice.slot or auto).models


def _read(name: str) -> ModelChoice:
    if not name.startswith(OURS):
        return ModelChoice(model=name)
    for slot in SLOTS:
        if name == OURS + slot:
            return ModelChoice(slot=slot)
    return AUTO
