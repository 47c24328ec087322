"""The health of targets, as people and the router are told it."""

from __future__ import annotations

from typing import Final

from vectal.ai.ports import Health
from vectal.platform.resilience import BreakerBoard

_OFTEN: Final = 0.3


def read_health(breakers: BreakerBoard) -> dict[str, Health]:
    """Every target that is known not to be well."""
    health: dict[str, Health] = {}
    for key, state in breakers.list_states().items():
        if state.value == "open":
            health[key] = "open"
        elif state.value == "half_open" or breakers.find(key).failure_share > _OFTEN:
            health[key] = "degraded"
    return health


def read_readiness(breakers: BreakerBoard) -> dict[str, Health]:
    """The health as far as it speaks against asking a target now.

    One that is half open is due: whoever comes next tries it, since as long as others are well
    nobody else ever would. While that try is under way it takes no other call.
    """
    health = read_health(breakers)
    for key, state in breakers.list_states().items():
        if state.value != "half_open":
            continue
        if breakers.find(key).is_probing:
            health[key] = "open"
        else:
            health.pop(key, None)
    return health
