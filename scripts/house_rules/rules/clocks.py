"""Time and identity have one source each, so that tests can hold them still."""

from collections.abc import Iterator

from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

_WALL_CLOCKS = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
    },
)
# Random or clock-bound forms; uuid3 and uuid5 are pure functions of their input.
_IDENTIFIERS = frozenset(f"uuid.uuid{version}" for version in (1, 4, 6, 7, 8))


def time_comes_from_the_clock(source: Source) -> Iterator[Violation]:
    """Let `platform/ids` read the time too: a UUIDv7 begins with it."""
    if not source.in_package or source.lives_in("platform/clock", "platform/ids"):
        return
    for call, name in source.calls:
        if name in _WALL_CLOCKS:
            yield Violation(source.path, call.lineno, "clock", f"{name}(): use platform/clock")


def identifiers_come_from_ids(source: Source) -> Iterator[Violation]:
    if not source.in_package or source.lives_in("platform/ids"):
        return
    for call, name in source.calls:
        if name in _IDENTIFIERS:
            yield Violation(source.path, call.lineno, "ids", f"{name}(): use platform/ids")
