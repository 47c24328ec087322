"""Names that a workspace has set up and that lead to no model at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vectal.ai.catalog.offers import Catalog
from vectal.ai.contracts import ModelChoice
from vectal.ai.router.naming import OURS
from vectal.ai.router.pool import find_pool
from vectal.ai.router.request import Preferences


@dataclass(frozen=True, slots=True)
class Unreached:
    """Of a workspace's names, those that are told of a model that no provider has now."""

    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """The name, and the model that it stands for in vain."""
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The model that may fail, and who can't stand in for it."""


def find_unreached(catalog: Catalog, preferences: Preferences) -> Unreached:
    """What the router would find nothing behind; policies and blocked models are no matter."""
    aliases = {
        name: model for name, model in preferences.aliases.items() if not _leads(catalog, model)
    }
    fallbacks = {
        name: tuple(
            each
            for each in names
            # A fallback may be a name of the workspace's own; whatever that lacks is told there.
            if each not in preferences.aliases and not _leads(catalog, each)
        )
        for name, names in preferences.fallbacks.items()
    }
    return Unreached(aliases, {name: lost for name, lost in fallbacks.items() if lost})


def _leads(catalog: Catalog, name: str) -> bool:
    if name.startswith(OURS):
        return True
    choice = ModelChoice(model=name)
    return bool(find_pool(catalog, choice, None, (name,)) or catalog.embeddings_of(name))
