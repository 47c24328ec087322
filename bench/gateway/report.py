"""Rounds to a table: medians, and ratios of ours to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from bench.gateway.measures import OPEN_STREAMS, RATES, STREAMS, Figures

Rounds = Mapping[str, Sequence[Figures]]
"""Of each subject."""

OURS: Final = "vectal"
_AGAINST: Final = ("nginx", "litellm")
_ROWS: Final = (
    ("cpu_small", "µs CPU a request, 1 kB"),
    ("cpu_large", "µs CPU a request, 32 kB"),
    ("rate", "requests a core-second, 1 kB"),
    *((f"p50_{rate}", f"added ms at {rate} rps, p50") for rate in RATES),
    *((f"p99_{rate}", f"added ms at {rate} rps, p99") for rate in RATES),
    ("chunk", "µs CPU a stream chunk"),
    ("first", f"added ms to first chunk, {STREAMS} at once"),
    ("stream", "KiB an open stream"),
    ("open", f"streams open, of {OPEN_STREAMS:,}"),
    ("start", "s from start to first answer"),
    ("beside_small", "µs CPU beside it a request, 1 kB"),
)
_NO_RATIO: Final = frozenset({"open", "beside_small"})
_WIDE: Final = 16


def print_table(rounds: Rounds) -> None:
    medians = {name: medians_of(each) for name, each in rounds.items() if each}
    against = [name for name in _AGAINST if name in medians and OURS in medians]
    heads = [*medians, *(f"{OURS}/{name}" for name in against)]
    print(f"{'median of the rounds':<36}" + "".join(f"{head:>{_WIDE}}" for head in heads))
    for key, label in _ROWS:
        cells = [_written(figures.get(key)) for figures in medians.values()]
        cells += [_ratio(key, medians[OURS], medians[name]) for name in against]
        if any(cells):
            print(f"{label:<36}" + "".join(f"{cell or '-':>{_WIDE}}" for cell in cells))
    for name, each in rounds.items():
        costs = [figures["cpu_small"] for figures in each if "cpu_small" in figures]
        if costs:
            spread = f"{_written(min(costs))} to {_written(max(costs))}"
            print(f"spread of {name}, µs CPU a request, 1 kB: {spread} in {len(costs)} rounds")


def medians_of(rounds: Sequence[Figures]) -> Figures:
    keys = dict.fromkeys(key for figures in rounds for key in figures)
    found = {key: median(each[key] for each in rounds if key in each) for key in keys}
    if found.get("cpu_small"):
        found["rate"] = 1e6 / found["cpu_small"]
    return found


def _ratio(key: str, ours: Figures, theirs: Figures) -> str:
    one, other = ours.get(key), theirs.get(key)
    if key in _NO_RATIO or one is None or not other or other < 0:
        return ""
    return _written(one / other)


def _written(value: float | None) -> str:
    """Three figures, as many as there is meaning in."""
    if value is None:
        return ""
    size = abs(value)
    if size >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    if size >= 10:  # noqa: PLR2004
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3f}"
