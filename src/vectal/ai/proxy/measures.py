"""What calls tell of their targets: how soon they answer, how long they take, how they end.

Newer calls count for more, and old ones not at all. What is read is rounded on purpose, so that
a route changes when a model really does and not with every call.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from vectal.platform.clock import Clock, SystemClock

MAX_OFFERS: Final = 500
MAX_SAMPLES: Final = 50
HALF_LIFE_S: Final = 300.0
LONGEST_AGE_S: Final = 4 * HALF_LIFE_S
LEAST_SAMPLES: Final = 5
SNAPSHOT_AGE_S: Final = 1.0
_ERROR_STEPS: Final = 20
_STEPS_PER_DOUBLE: Final = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """An offer of late. Times are medians, rounded to powers of the square root of two.

    Times are None while no call has been answered; `error_share` goes from 0 to 1 by 0.05.
    """

    first_token_ms: int | None = None
    duration_ms: int | None = None
    error_share: float = 0.0


class _Sample(NamedTuple):
    at: float
    first_token_ms: int | None
    duration_ms: int
    ok: bool


class Measures:
    """One a process, beside its breakers. Bounded: the offer unused for longest goes first."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._samples: OrderedDict[str, deque[_Sample]] = OrderedDict()
        self._snapshot: Mapping[str, Measured] = {}
        self._read_at = -math.inf

    def note(
        self, offer_key: str, first_token_ms: int | None, duration_ms: int, *, ok: bool
    ) -> None:
        """Remember one try at an offer; what its client gave up says nothing and is left out."""
        now = self._clock.monotonic()
        self._of(offer_key).append(_Sample(now, first_token_ms, duration_ms, ok))

    def note_answers(self, offer_key: str, times: Sequence[tuple[int | None, int]]) -> None:
        """The same for tries that have just been answered."""
        now = self._clock.monotonic()
        newest = times[-MAX_SAMPLES:]
        self._of(offer_key).extend([_Sample(now, first, took, ok=True) for first, took in newest])

    def _of(self, offer_key: str) -> deque[_Sample]:
        samples = self._samples.get(offer_key)
        if samples is None:
            samples = self._samples[offer_key] = deque(maxlen=MAX_SAMPLES)
            if len(self._samples) > MAX_OFFERS:
                self._samples.popitem(last=False)
        self._samples.move_to_end(offer_key)
        return samples

    def snapshot(self) -> Mapping[str, Measured]:
        """What is known of each offer that enough calls speak for; at most a second old."""
        now = self._clock.monotonic()
        if now - self._read_at >= SNAPSHOT_AGE_S:
            self._read_at = now
            self._snapshot = dict(self._read(now))
        return self._snapshot

    def _read(self, now: float) -> Iterable[tuple[str, Measured]]:
        for key, samples in list(self._samples.items()):
            while samples and now - samples[0].at > LONGEST_AGE_S:
                samples.popleft()
            if not samples:
                del self._samples[key]
            elif len(samples) >= LEAST_SAMPLES:
                yield key, _measure(samples, now)


def _measure(samples: Iterable[_Sample], now: float) -> Measured:
    weighed = [(sample, 0.5 ** ((now - sample.at) / HALF_LIFE_S)) for sample in samples]
    total = sum(weight for _, weight in weighed)
    failed = sum(weight for sample, weight in weighed if not sample.ok)
    firsts = [(s.first_token_ms, w) for s, w in weighed if s.ok and s.first_token_ms is not None]
    durations = [(sample.duration_ms, weight) for sample, weight in weighed if sample.ok]
    return Measured(
        round_ms(_median(firsts)),
        round_ms(_median(durations)),
        round(failed / total * _ERROR_STEPS) / _ERROR_STEPS,
    )


def _median(weighed: Sequence[tuple[int, float]]) -> int | None:
    """The value that half of the weight does not exceed."""
    half = sum(weight for _, weight in weighed) / 2
    below = 0.0
    for value, weight in sorted(weighed):
        below += weight
        if below >= half:
            return value
    return None


def round_ms(value: int | None) -> int | None:
    """The nearest power of the square root of two."""
    if value is None:
        return None
    step = round(_STEPS_PER_DOUBLE * math.log2(max(1, value)))
    return round(2 ** (step / _STEPS_PER_DOUBLE))
