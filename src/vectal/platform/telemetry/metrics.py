"""Prometheus metrics: one registry, one way to name them.

`vectal_<room>_<what>_<unit>`; a counter ends in `_total`. Labels are few and bounded: a label
that could hold an id, a path or words of a person is refused when the metric is made.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

# The time at which each counter began says nothing that its own fall to 0 does not.
disable_created_metrics()

REGISTRY: Final = CollectorRegistry(auto_describe=True)


class _Tallies(Collector):
    """Whoever reads the metrics first hears what was counted aside."""

    def __init__(self) -> None:
        self.kept: list[Tally] = []

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        for each in self.kept:
            each.flush()
        return ()


_tallies: Final = _Tallies()
# The first one that is asked: the registry goes by the order in which they came.
REGISTRY.register(_tallies)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

LATENCY_BUCKETS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0
)  # fmt: skip

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_UNBOUNDED = frozenset(
    {"id", "path", "url", "email", "key", "message", "query", "user", "workspace"}
)


def counter(name: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
    """A count since the start of the process; `_total` is added to its name."""
    return Counter(_judge(name, labels), help_text, labels, registry=REGISTRY)


def gauge(name: str, help_text: str, labels: Sequence[str] = ()) -> Gauge:
    return Gauge(_judge(name, labels), help_text, labels, registry=REGISTRY)


def histogram(
    name: str,
    help_text: str,
    labels: Sequence[str] = (),
    buckets: Sequence[float] = LATENCY_BUCKETS,
) -> Histogram:
    """A distribution; the default buckets suit seconds."""
    return Histogram(_judge(name, labels), help_text, labels, registry=REGISTRY, buckets=buckets)


class Tally:
    """Lines of counters for a single thread: counts for a tenth of what a line itself takes."""

    __slots__ = ("_count", "_lines")

    def __init__(self, *lines: Counter) -> None:
        self._lines = lines
        self._count = 0
        _tallies.kept.append(self)

    def inc(self, amount: int = 1) -> None:
        self._count += amount

    def flush(self) -> None:
        """Tell the lines."""
        count, self._count = self._count, 0
        if count:
            for line in self._lines:
                line.inc(count)


class Timing:
    """A line of `Timings`."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class Timings(Collector):
    """The same for a histogram: from labels to the line that counts for them."""

    def __init__(
        self, name: str, help_text: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._told = name, help_text, tuple(labels)
        self._bounds = tuple(map(float, bounds))
        self._lines: dict[tuple[str, ...], Timing] = {}

    def __call__(self, *labels: str) -> Timing:
        line = self._lines.get(labels)
        if line is None:
            line = self._lines[labels] = Timing(self._bounds)
        return line

    def describe(self) -> Iterable[Metric]:
        return (self._family(),)

    def collect(self) -> Iterable[Metric]:
        family = self._family()
        for labels, line in list(self._lines.items()):
            sums = accumulate(line.counts)
            names = (*map(str, self._bounds), "+Inf")
            family.add_metric(labels, list(zip(names, sums, strict=True)), line.total)
        return (family,)

    def _family(self) -> HistogramMetricFamily:
        name, help_text, labels = self._told
        return HistogramMetricFamily(name, help_text, labels=labels)


def tallies(of: Counter) -> Callable[..., Tally]:
    """From labels to the tally of their line. Lines are few, and kept: looking one up is dear."""
    return functools.cache(lambda *labels: Tally(of.labels(*labels)))


def timings(
    name: str,
    help_text: str,
    labels: Sequence[str] = (),
    buckets: Sequence[float] = LATENCY_BUCKETS,
) -> Timings:
    """As `histogram`, for a single thread and many values a second."""
    made = Timings(_judge(name, labels), help_text, labels, buckets)
    REGISTRY.register(made)
    return made


def render_metrics() -> tuple[bytes, str]:
    """The body and content type of `/metrics`."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


def _judge(name: str, labels: Sequence[str]) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no metric name: room_what_unit, in lower case")
    for label in labels:
        if label in _UNBOUNDED or label.endswith(("_id", "_key")):
            raise ValueError(f"label {label!r} of {name} has no bound on its values")
    return f"vectal_{name}"
