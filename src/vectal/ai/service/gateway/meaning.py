"""What the name of a model means in a workspace, for those who judge names."""

from __future__ import annotations

from vectal.ai.contracts import ModelChoice
from vectal.ai.router.naming import read_alias
from vectal.ai.router.pool import find_living
from vectal.ai.service.gateway.names import read_choice
from vectal.ai.service.reach import Reach


def meant(name: str, reach: Reach) -> ModelChoice:
    """The same for a model, its aliases, the workspace's names for it, and who succeeds it.

    A retired model means the one that answers in its place, where one is within reach.
    """
    choice = read_alias(read_choice(name), reach.preferences)
    if choice.model is None:
        return choice
    spec = reach.catalog.file.find_model(choice.model)
    plain = spec.name if spec is not None else choice.model
    offers, retired = find_living(reach.catalog, plain)
    heir = offers[0].model.name if retired is not None and offers else plain
    return ModelChoice(model=heir)
