"""What a client means by the name of a model."""

from __future__ import annotations

import functools
from typing import Final

from vectal.ai.catalog.offers import LOCAL_EMBEDDING
from vectal.ai.contracts import AUTO, SLOTS, ModelChoice
from vectal.ai.ports import PROVIDER_KINDS

PREFIX: Final = "vectal/"
AUTO_NAME: Final = "vectal/auto"
NAMES: Final = (AUTO_NAME, *(f"{PREFIX}{slot}" for slot in SLOTS))
"""The names that are ours, whatever providers there are."""


@functools.lru_cache(maxsize=1_024)
def read_choice(name: str) -> ModelChoice:
    """`vectal/auto`, `vectal/<slot>`, a model's name or alias, also as `<kind>/<name>`."""
    plain = name.strip()
    if plain in {AUTO_NAME, "auto"}:
        return AUTO
    if plain == LOCAL_EMBEDDING:
        return ModelChoice(model=plain)
    ours = plain.removeprefix(PREFIX)
    for slot in SLOTS:
        if plain.startswith(PREFIX) and ours == slot:
            return ModelChoice(slot=slot)
    kind, slash, rest = ours.partition("/")
    return ModelChoice(model=rest if slash and rest and kind in PROVIDER_KINDS else ours)
