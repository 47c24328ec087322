"""The health of targets, as the router is told it."""

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
