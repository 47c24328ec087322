"""The lists of models, in both vendors' shapes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from vectal.ai.service.gateway.names import NAMES
from vectal.ai.service.reach import Reach

_EPOCH: Final = "1970-01-01T00:00:00Z"
_OURS: Final = "vectal"


@dataclass(frozen=True, slots=True)
class Listed:
    """A name that may be asked for, and who answers to it."""

    id: str
    label: str
    owner: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None


def list_names(reach: Reach) -> list[Listed]:
    """Our own names first, then what the workspace's providers offer, each name once."""
    found = {name: Listed(name, name, _OURS) for name in NAMES}
    for offer in reach.catalog.offers:
        model = offer.model
        found.setdefault(
            model.name,
            Listed(
                model.name,
                model.label,
                offer.provider.kind,
                model.context_tokens,
                model.max_output_tokens,
            ),
        )
    return list(found.values())


def openai_model(one: Listed) -> dict[str, Any]:
    return {"id": one.id, "object": "model", "created": 0, "owned_by": one.owner}


def openai_list(names: Iterable[Listed]) -> dict[str, Any]:
    return {"object": "list", "data": [openai_model(one) for one in names]}


def anthropic_model(one: Listed) -> dict[str, Any]:
    return {
        "type": "model",
        "id": one.id,
        "display_name": one.label,
        "created_at": _EPOCH,  # nobody tells us
        "lifecycle": "active",
        "max_input_tokens": one.context_tokens,
        "max_tokens": one.max_output_tokens,
    }


def anthropic_list(names: list[Listed], limit: int, after: str | None) -> dict[str, Any]:
    """One page; `after` is the last id of the page before."""
    start = next((place + 1 for place, one in enumerate(names) if one.id == after), 0)
    page = names[start : start + limit]
    return {
        "data": [anthropic_model(one) for one in page],
        "has_more": start + limit < len(names),
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }
