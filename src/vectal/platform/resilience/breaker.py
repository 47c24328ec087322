"""Breakers: what fails again and again is left alone for a while, then asked once.

Closed, calls pass and their outcomes are counted over a window. Too many failures open it, and
calls fail at once. After a pause it is half open: one call at a time may try; a success closes it,
a failure opens it for twice as long.

A board may hear from others that one of theirs has opened or closed. That is a hint and no more:
the breaker becomes half open, and what the next call finds decides.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.resilience.errors import BreakerOpenError

BOARD_SIZE: Final = 1_000


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


Told: TypeAlias = Callable[[str, State], None]
"""Hears of a breaker that opened or closed by what its own calls found, by key."""


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """Opens at `failures` within `window_s`, when they are at least `share` of the calls."""

    failures: int = 5
    share: float = 0.5
    window_s: float = 30.0
    pause_s: float = 5.0
    longest_pause_s: float = 120.0
    sample: int = 200
    """The newest calls that are counted, at most."""


class Permit:
    """The right to make one call; tell how it ended. What is not told counts for nothing."""

    __slots__ = ("_breaker", "_is_told", "_round")

    def __init__(self, breaker: "Breaker", round_: int) -> None:
        self._breaker = breaker
        self._round = round_
        self._is_told = False

    def succeed(self) -> None:
        self._tell(succeeded=True)

    def fail(self) -> None:
        self._tell(succeeded=False)

    def release(self) -> None:
        """The call was cancelled, or says nothing of the other side's health."""
        self._tell(succeeded=None)

    def take_back(self) -> "tuple[Breaker, int] | None":
        """Whose it is, for who tells him himself; None when he was told."""
        if self._is_told:
            return None
        self._is_told = True
        return self._breaker, self._round

    def _tell(self, *, succeeded: bool | None) -> None:
        if not self._is_told:
            self._is_told = True
            self._breaker.settle(self._round, succeeded=succeeded)


def succeed(permits: Sequence[Permit]) -> None:
    """Tell that all of these calls have succeeded."""
    counts: dict[tuple[Breaker, int], int] = {}
    for permit in permits:
        key = permit.take_back()
        if key is not None:
            counts[key] = counts.get(key, 0) + 1
    for (breaker, round_), count in counts.items():
        breaker.settle_successes(round_, count)


class Breaker:
    """One for each thing that fails on its own: a host, a provider's model."""

    def __init__(
        self,
        key: str,
        rule: BreakerRule | None = None,
        clock: Clock | None = None,
        on_change: Told | None = None,
        on_news: Callable[[], None] | None = None,
    ) -> None:
        self.key = key
        self._on_change = on_change
        self._on_news = on_news
        self.rule = rule or BreakerRule()
        self._clock = clock or SystemClock()
        self._outcomes: deque[tuple[float, bool]] = deque()
        self._failed = 0
        """How many of them failed: counted as they come and go, not summed at every call."""
        self._is_hinted = False
        self._open_until: float | None = None
        self._pause_s = self.rule.pause_s
        self._is_probing = False
        self._since: datetime | None = None
        # Calls that began before the last change of state no longer speak for it.
        self._round = 0

    @property
    def state(self) -> State:
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._clock.monotonic() < self._open_until else State.HALF_OPEN

    @property
    def is_probing(self) -> bool:
        """Half open, and the one call that may try is under way."""
        return self._is_probing

    @property
    def since(self) -> datetime | None:
        """When it last closed, or stopped being closed; None while it never did.

        A probe that fails changes nothing: the other side has been ill since the first opening.
        """
        return self._since

    @property
    def failure_share(self) -> float:
        """Failures among the calls of the window, 0 to 1."""
        self._drop_old()
        if not self._outcomes:
            return 0.0
        return self._failed / len(self._outcomes)

    def try_admit(self) -> Permit | None:
        """A permit of a breaker that is closed; None for one that is to be asked by `admit`."""
        return Permit(self, self._round) if self._open_until is None else None

    def admit(self) -> Permit:
        """Raise `BreakerOpenError` when the call is not to be made."""
        state = self.state
        if state is State.OPEN:
            left = (self._open_until or 0.0) - self._clock.monotonic()
            raise BreakerOpenError(self.key, left)
        if state is State.HALF_OPEN:
            if self._is_probing:
                raise BreakerOpenError(self.key, self.rule.pause_s)
            self._is_probing = True
            self._round += 1
            self._tell_board()
        return Permit(self, self._round)

    @contextmanager
    def guard(self, *failures: type[Exception]) -> Generator[Permit]:
        """Admit the block; exceptions of the named types (any, by default) count against it."""
        permit = self.admit()
        counted = failures or (Exception,)
        try:
            yield permit
        except counted:
            permit.fail()
            raise
        except BaseException:
            permit.release()
            raise
        permit.succeed()

    def suspect(self) -> None:
        """Another process found it failing: let one call through at a time until one succeeds."""
        if self._open_until is None:
            self._change(until=self._clock.monotonic())
            self._is_hinted = True

    def reconsider(self) -> None:
        """Another process found it well again: try now, not when the pause is over."""
        if self.state is State.OPEN:
            self._change(until=self._clock.monotonic())

    def settle(self, round_: int, *, succeeded: bool | None) -> None:
        """Called by the permit, once."""
        if round_ != self._round:
            return
        if self._open_until is None:
            if succeeded is not None:
                self._count(succeeded=succeeded)
            return
        self._is_probing = False
        if succeeded is None:
            self._tell_board()
        elif succeeded:
            self._close()
        else:
            # Who was only warned has had no pause yet that could be doubled.
            longer = self._pause_s if self._is_hinted else self._pause_s * 2
            self._open(min(longer, self.rule.longest_pause_s))

    def settle_successes(self, round_: int, count: int) -> None:
        """As `settle` for each of so many."""
        if self._open_until is None and round_ == self._round and not self._failed:
            # They close nothing and open nothing.
            self._add(min(count, self.rule.sample), succeeded=True)
            return
        for _ in range(count):
            self.settle(round_, succeeded=True)

    def _add(self, count: int, *, succeeded: bool) -> None:
        now, rule, outcomes = self._clock.monotonic(), self.rule, self._outcomes
        oldest = now - rule.window_s
        while outcomes and (outcomes[0][0] < oldest or len(outcomes) + count > rule.sample):
            self._drop_first()
        outcomes.extend([(now, succeeded)] * count)

    def _count(self, *, succeeded: bool) -> None:
        self._add(1, succeeded=succeeded)
        self._failed += not succeeded
        bad = self._failed
        if bad:
            self._tell_board()
        if bad >= self.rule.failures and bad >= self.rule.share * len(self._outcomes):
            self._open(self.rule.pause_s)

    def _drop_old(self) -> None:
        oldest = self._clock.monotonic() - self.rule.window_s
        while self._outcomes and self._outcomes[0][0] < oldest:
            self._drop_first()

    def _drop_first(self) -> None:
        _, was_good = self._outcomes.popleft()
        self._failed -= not was_good

    def _open(self, pause_s: float) -> None:
        was_closed = self._open_until is None
        was_hinted, self._is_hinted = self._is_hinted, False
        self._pause_s = pause_s
        self._change(until=self._clock.monotonic() + pause_s)
        # A probe that fails anew is no news to anybody who has heard of the first failure.
        if was_closed or was_hinted:
            self._tell(State.OPEN)

    def _close(self) -> None:
        was_hinted, self._is_hinted = self._is_hinted, False
        self._pause_s = self.rule.pause_s
        self._change(until=None)
        # Two processes with different luck would else wake each other for ever.
        if not was_hinted:
            self._tell(State.CLOSED)

    def _change(self, until: float | None) -> None:
        if (until is None) is not (self._open_until is None):
            self._since = self._clock.now()
        self._open_until = until
        self._is_probing = False
        self._outcomes.clear()
        self._failed = 0
        self._round += 1
        self._tell_board()

    def _tell_board(self) -> None:
        if self._on_news is not None:
            self._on_news()

    def _tell(self, state: State) -> None:
        if self._on_change is not None:
            self._on_change(self.key, state)


class BreakerBoard:
    """Breakers by key, a bounded number of them; the one unused for longest goes first."""

    def __init__(
        self,
        rule: BreakerRule | None = None,
        clock: Clock | None = None,
        size: int = BOARD_SIZE,
    ) -> None:
        self._rule = rule
        self._clock = clock
        self._size = size
        self._breakers: OrderedDict[str, Breaker] = OrderedDict()
        self.on_change: Told = _ignore
        self.version = 0
        """Grows with everything that a state may depend on, but for time."""

    def find(self, key: str) -> Breaker:
        """The breaker of a key, made on first use."""
        breaker = self._breakers.get(key)
        if breaker is None:
            breaker = self._breakers[key] = Breaker(
                key, self._rule, self._clock, self._told, self._note_news
            )
            self._note_news()
            if len(self._breakers) > self._size:
                self._breakers.popitem(last=False)
        self._breakers.move_to_end(key)
        return breaker

    def list_states(self) -> dict[str, State]:
        return {key: breaker.state for key, breaker in self._breakers.items()}

    def _note_news(self) -> None:
        self.version += 1

    def _told(self, key: str, state: State) -> None:
        self.on_change(key, state)  # whoever listens may have come after the breaker

    def hear(self, key: str, state: State) -> None:
        """Take a hint: a breaker of this key has opened, or closed, in another process."""
        if state is State.OPEN:
            self.find(key).suspect()
        elif key in self._breakers:
            self._breakers[key].reconsider()


def _ignore(key: str, state: State) -> None:
    del key, state
