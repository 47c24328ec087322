"""Every process of a real tree is killed with -9 in turn, under load.

0 acknowledged writes lost or doubled; every stream resumes and ends byte-equal to what is stored.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.chaos.conftest import FIGURES
from tests.chaos.load import Client, Ledger, list_tasks
from tests.fixtures.tree import Tree
from tests.flows.server import until_ready
from tests.flows.visitor import Visitor

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

VICTIMS = ("serve", "worker", "scheduler", "valkey", "postgres")
BEFORE_S = 5.0
AFTER_S = 5.0
ENDING_S = 120.0


@dataclass
class Figures:
    """What the run prints."""

    lines: list[str] = field(default_factory=list[str])

    def add(self, name: str, value: object) -> None:
        self.lines.append(f"  {name:<44} {value}")


@pytest.fixture
async def tree(tmp_path: Path) -> AsyncGenerator[Tree]:
    started = await Tree.start(
        {
            "VECTAL_DATA_DIR": str(tmp_path / "data"),
            "VECTAL_PORT": "0",
            "VECTAL_SIMULATOR_PACE_MS": "40",
            "VECTAL_LOG_LEVEL": "warning",
        }
    )
    try:
        yield started
    finally:
        started.kill()
        await started.wait()


async def test_nothing_is_lost_whatever_is_killed(
    tree: Tree, request: pytest.FixtureRequest
) -> None:
    address = await tree.until_ready()
    await tree.until_complete()
    figures, ledger, over = Figures(), Ledger(), asyncio.Event()
    async with Visitor.set_up(address) as ada:
        client = Client(ada, ledger, over)
        working = [
            *(asyncio.create_task(client.write_tasks(f"writer {n}")) for n in range(3)),
            *(asyncio.create_task(client.chat("sse", "ask")) for _ in range(2)),
            *(asyncio.create_task(client.chat("websocket", "ask")) for _ in range(2)),
            asyncio.create_task(client.chat("websocket", "act")),
        ]
        for victim in VICTIMS:
            await asyncio.sleep(BEFORE_S)
            await in_mid_answer(ledger)
            times = await kill(tree, victim, ledger)
            figures.add(f"{victim} killed: back, writing again after", times)
            await until_ready(address)
            await asyncio.sleep(AFTER_S)
        over.set()
        _, unfinished = await asyncio.wait(working, timeout=ENDING_S)
        assert not unfinished, describe(ledger, tree)
        await asyncio.gather(*working)
        await judge(ada, ledger, figures)
    request.config.stash[FIGURES] = ["kill -9 of each process under load", *figures.lines]
    assert await tree.end() == 0, tree.text


async def in_mid_answer(ledger: Ledger) -> None:
    """Until somebody has heard the beginning of an answer and not its end."""
    async with asyncio.timeout(60):
        while not any(stream.text and not stream.has_ended for stream in ledger.streams):  # noqa: ASYNC110 - the load goes on beside this
            await asyncio.sleep(0.02)


async def kill(tree: Tree, victim: str, ledger: Ledger) -> str:
    """Kill one process; wait until there is another one and a write is acknowledged again."""
    loop = asyncio.get_running_loop()
    pid = (await tree.until_complete())[victim]
    killed_at = loop.time()
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(120):
        while tree.children().get(victim, pid) == pid:  # noqa: ASYNC110 - another process starts
            await asyncio.sleep(0.05)
        await tree.until_complete()
        back_at = loop.time()
        while ledger.last_write_at < back_at:  # noqa: ASYNC110 - the load goes on beside this
            await asyncio.sleep(0.02)
    return f"{back_at - killed_at:.1f} s, {ledger.last_write_at - killed_at:.1f} s"


def describe(ledger: Ledger, tree: Tree) -> str:
    """What hangs, and what the tree said last."""
    hanging = [
        f"{stream.turn_id} over {stream.wire}: {stream.resumes} resumes, last {stream.frames[-1:]}"
        for stream in ledger.streams
        if not stream.has_ended
    ]
    return "\n".join([*hanging, f"refused {ledger.refused}", *tree.said[-60:]])


async def judge(ada: Visitor, ledger: Ledger, figures: Figures) -> None:
    stored = await list_tasks(ada)
    lost = [t for t, id_ in ledger.acknowledged.items() if id_ not in stored.get(t, [])]
    doubled = [title for title, ids in stored.items() if len(ids) > 1]
    figures.add("tasks acknowledged", len(ledger.acknowledged))
    figures.add("lost, doubled", f"{len(lost)}, {len(doubled)}")
    figures.add("requests cut off, refused by status", f"{ledger.cut}, {ledger.refused}")

    unequal, astray = list[str](), list[str]()
    states: dict[str, int] = {}
    for stream in ledger.streams:
        kept = await ada.get(f"/turns/{stream.turn_id}")
        text, status = kept["assistant_message"]["text"], kept["turn"]["status"]
        states[status] = states.get(status, 0) + 1
        if stream.has_gap or stream.text.encode() != text.encode():
            unequal.append(stream.turn_id)
        if stream.mode == "act":
            made = (await ada.get("/changesets", turn_id=stream.turn_id))["items"]
            live = {each["id"] for each in made if each["status"] == "pending"}
            if live != stream.proposals:
                astray.append(f"{stream.turn_id}: {stream.proposals} said, {made}")
    restarted = sum(1 for stream in ledger.streams if stream.restarts)
    resumed = sum(1 for stream in ledger.streams if stream.resumes)
    figures.add("streams, by end", f"{len(ledger.streams)}, {states}")
    figures.add("streams that were cut, begun again", f"{resumed}, {restarted}")
    figures.add("streams unequal to the stored message", len(unequal))
    figures.add("proposals doubled, lost or left behind", len(astray))

    assert lost == []
    assert doubled == []
    assert unequal == []
    assert astray == []
    assert set(states) == {"completed"}
    assert 500 not in ledger.refused
    assert resumed > 0
    assert restarted > 0
