"""Health: whether the process lives, and whether it wants new work.

Framework-free: the gateway renders it. Probes are asked together, at most once a second however
often somebody looks, and each within two seconds. A probe that is not needed (Redis) leaves the
process ready but degraded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.telemetry.logs import get_logger
from vectal.platform.telemetry.metrics import gauge

FRESH_S: Final = 1.0
PROBE_S: Final = 2.0

_log = get_logger(__name__)
_up = gauge("health_probe_up", "1 while a part that is leaned on answers.", ["probe"])

Probe = Callable[[], Awaitable[None]]
"""Returns when all is well and raises when not; what it raises goes to the log alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something the process leans on."""

    name: str
    probe: Probe
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What a prober is told; names and yes or no, never why."""

    is_ready: bool
    is_draining: bool
    parts: dict[str, bool]

    @property
    def is_degraded(self) -> bool:
        """Ready, but a part that is not needed is away."""
        return self.is_ready and not all(self.parts.values())

    def as_json(self) -> dict[str, bool | dict[str, bool]]:
        return {
            "ready": self.is_ready,
            "degraded": self.is_degraded,
            "draining": self.is_draining,
            "parts": self.parts,
        }


@dataclass
class Health:
    parts: Sequence[Part]
    clock: Clock = field(default_factory=SystemClock)
    _answers: dict[str, bool] = field(default_factory=dict[str, bool], init=False)
    _asked_at: float = field(default=float("-inf"), init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def report(self, *, is_draining: bool = False) -> HealthReport:
        """Ready: no drain has begun and every needed part answers."""
        async with self._lock:
            if self.clock.monotonic() - self._asked_at > FRESH_S:
                answers = await asyncio.gather(*(self._ask(part) for part in self.parts))
                names = (part.name for part in self.parts)
                self._answers = dict(zip(names, answers, strict=True))
                self._asked_at = self.clock.monotonic()
        needed = all(self._answers[part.name] for part in self.parts if part.is_needed)
        return HealthReport(needed and not is_draining, is_draining, dict(self._answers))

    async def _ask(self, part: Part) -> bool:
        is_up = True
        try:
            async with asyncio.timeout(PROBE_S):
                await part.probe()
        except Exception as error:  # noqa: BLE001 - whatever it is, the part does not answer
            is_up = False
            if self._answers.get(part.name, True):
                _log.warning("health.part_is_away", part=part.name, error=repr(error))
        _up.labels(part.name).set(is_up)
        return is_up
