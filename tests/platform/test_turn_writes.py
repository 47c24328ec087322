"""Writes that go out at the end of a turn of the loop."""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import ref

from vectal.platform.turn_writes import MOST, TurnWrites, writes_of


@dataclass
class Pipe:
    log: list[tuple[str, bytes]]
    name: str = "a"
    closing: bool = False

    def write(self, data: bytes) -> None:
        self.log.append((self.name, data))

    def writelines(self, list_of_data: Sequence[bytes]) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self.closing

    def abort(self) -> None:
        self.log.append((self.name, b"aborted"))


async def test_they_wait_for_the_end_of_the_turn_and_keep_their_order() -> None:
    log: list[tuple[str, bytes]] = []
    first, second = Pipe(log), Pipe(log, "b")
    writes = TurnWrites()
    writes.write(first, b"1")
    writes.write(second, (b"2", b"3"))
    writes.write(first, b"4")
    assert log == []
    await asyncio.sleep(0)
    assert log == [("a", b"1"), ("b", b"23"), ("a", b"4")]
    writes.write(second, b"5")
    await asyncio.sleep(0)
    assert log[-1] == ("b", b"5")


async def test_many_do_not_wait_for_a_long_turn() -> None:
    log: list[tuple[str, bytes]] = []
    writes = TurnWrites()
    for number in range(MOST):
        assert not log
        writes.write(Pipe(log), b"%d" % number)
    assert [data for _, data in log] == [b"%d" % number for number in range(MOST)]
    await asyncio.sleep(0)
    assert len(log) == MOST


async def test_who_closes_meanwhile_gets_nothing_and_holds_up_nobody() -> None:
    log: list[tuple[str, bytes]] = []
    gone, there = Pipe(log), Pipe(log, "b")
    writes = TurnWrites()
    writes.write(gone, b"1")
    writes.write(there, b"2")
    gone.closing = True
    writes.flush()
    assert log == [("b", b"2")]


class Broken(Pipe):
    def write(self, data: bytes) -> None:
        raise RuntimeError(f"{data!r} is too much")


async def test_what_can_not_be_written_costs_one_connection_and_no_other() -> None:
    log: list[tuple[str, bytes]] = []
    writes = TurnWrites()
    writes.write(Broken(log), b"1")
    writes.write(Pipe(log, "b"), b"2")
    writes.flush()
    assert log == [("a", b"aborted"), ("b", b"2")]


def test_each_loop_has_its_own_and_takes_it_along() -> None:
    loop, other = asyncio.new_event_loop(), asyncio.new_event_loop()
    assert writes_of(loop) is writes_of(loop) is not writes_of(other)
    kept = ref(loop)
    loop.close()
    other.close()
    del loop
    gc.collect()
    assert kept() is None
