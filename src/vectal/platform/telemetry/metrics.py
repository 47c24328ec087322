"""Prometheus metrics: one registry, one way to name them.

`vectal_<room>_<what>_<unit>`; a counter ends in `_total`. Labels are few and bounded: a label
that could hold an id, a path or words of a person is refused when the metric is made.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
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
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

# The time at which each counter began says nothing that its own fall to 0 does not.
disable_created_metrics()

REGISTRY: Final = CollectorRegistry(auto_describe=True)


class _Tallies(Collector):
    """Whoever reads the metrics first hears what was counted aside."""

    def __init__(self) -> None:
        self.kept: list[Tally | Timing] = []

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

_MANY: Final = 1_000
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
    """A line of a counter for a single thread: counts for a tenth of what the line itself takes."""

    __slots__ = ("_count", "_line")

    def __init__(self, line: Counter) -> None:
        self._line = line
        self._count = 0
        _tallies.kept.append(self)

    def inc(self, amount: int = 1) -> None:
        self._count += amount

    def flush(self) -> None:
        """Tell the line."""
        count, self._count = self._count, 0
        if count:
            self._line.inc(count)


class Timing:
    """The same of a histogram."""

    __slots__ = ("_line", "_seen")

    def __init__(self, line: Histogram) -> None:
        self._line = line
        self._seen: list[float] = []
        _tallies.kept.append(self)

    def observe(self, value: float) -> None:
        self._seen.append(value)
        if len(self._seen) >= _MANY:
            self.flush()

    def flush(self) -> None:
        """Tell the line."""
        seen, self._seen = self._seen, []
        for value in seen:
            self._line.observe(value)


def tallies(of: Counter) -> Callable[..., Tally]:
    """From labels to the tally of their line. Lines are few, and kept: looking one up is dear."""
    return functools.cache(lambda *labels: Tally(of.labels(*labels)))


def timings(of: Histogram) -> Callable[..., Timing]:
    """As `tallies`."""
    return functools.cache(lambda *labels: Timing(of.labels(*labels)))


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
