"""The lists of models, in both vendors' shapes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from vectal.ai.service.gateway.listing import Listed

_EPOCH: Final = "1970-01-01T00:00:00Z"


def openai_model(one: Listed) -> dict[str, Any]:
    return {
        "id": one.id,
        "object": "model",
        "created": 0,
        "owned_by": one.owner,
        "lifecycle": _lifecycle(one),
        "retires_at": _moment(one.retires_on),
    }


def openai_list(names: Iterable[Listed]) -> dict[str, Any]:
    return {"object": "list", "data": [openai_model(one) for one in names]}


def anthropic_model(one: Listed) -> dict[str, Any]:
    return {
        "type": "model",
        "id": one.id,
        "display_name": one.label,
        "created_at": _EPOCH,  # nobody tells us
        "lifecycle": _lifecycle(one),
        "retires_at": _moment(one.retires_on),
        "max_input_tokens": one.context_tokens,
        "max_tokens": one.max_output_tokens,
    }


def anthropic_list(
    names: list[Listed], limit: int, after: str | None, before: str | None
) -> dict[str, Any]:
    """One page: of what follows the id `after`, or of what is just before the id `before`."""
    places = {one.id: place for place, one in enumerate(names)}
    if before in places:
        end = places[before]
        start = max(0, end - limit)
        has_more = start > 0
    else:
        start = places[after] + 1 if after in places else 0
        end = start + limit
        has_more = end < len(names)
    page = names[start:end]
    return {
        "data": [anthropic_model(one) for one in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _lifecycle(one: Listed) -> str:
    """In the words of the vendor that has them; what is retired is on no list."""
    return "active" if one.retires_on is None else "deprecated"


def _moment(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"
