"""Faults on demand, by the name of the model or a directive in the message.

`simulator-fault-429` answers every call with a rate limit; a message that holds
`[simulate:cut]` has its own answer cut off. Tests and demos of failure use them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from vectal.ai.ports import SIMULATOR_FAULT_PREFIX, ProviderFault

Mishap: TypeAlias = Literal[
    "400",
    "401",
    "429",
    "500",
    "529",
    "hang",
    "cut",
    "stall",
    "trickle",
    "garbage",
    "empty",
    "length",
    "refusal",
    "filter",
    "bad-arguments",
    "unknown-tool",
]
_ALL: Final[Mapping[str, Mishap]] = {name: name for name in get_args(Mishap)}
_DIRECTIVE: Final = re.compile(r"\[simulate:([a-z0-9-]+)\]")


def mishap_of(model: str, text: str) -> Mishap | None:
    """The mishap that the model's name or the user's newest message asks for."""
    if model.startswith(SIMULATOR_FAULT_PREFIX):
        name = model.removeprefix(SIMULATOR_FAULT_PREFIX)
        if name not in _ALL:
            raise ProviderFault("model_not_found", f"The Simulator has no fault {name!r}.")
        return _ALL[name]
    directive = _DIRECTIVE.search(text)
    return _ALL.get(directive.group(1)) if directive else None


def refusal(mishap: Mishap) -> ProviderFault | None:
    """The fault that comes instead of a stream."""
    match mishap:
        case "400":
            return ProviderFault("invalid_request", "The Simulator plays a 400.", status=400)
        case "401":
            return ProviderFault("authentication", "The Simulator plays a 401.", status=401)
        case "429":
            return ProviderFault(
                "rate_limited", "The Simulator plays a 429.", status=429, retry_after_s=1.0
            )
        case "500":
            return ProviderFault("server_error", "The Simulator plays a 500.", status=500)
        case "529":
            return ProviderFault("overloaded", "The Simulator plays a 529.", status=529)
        case _:
            return None
