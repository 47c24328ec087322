"""`python -m bench.gateway`: prints what a request costs here, through ours and through others."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.gateway import machine, slow_readers
from bench.gateway.compiled import Bodies, Load, Target, running_upstream
from bench.gateway.measures import Bench, Figures, Reading, over
from bench.gateway.peers import Envoy, LiteLlm, Nginx
from bench.gateway.product import open_product
from bench.gateway.report import OURS, print_table
from bench.gateway.subjects import Subject, serving

SECONDS: Final = 2.0


@dataclass
class Rounds:
    """All that was read so far."""

    bench: Bench
    folder: Path
    upstream_port: int
    subjects: list[Subject]
    found: dict[str, list[Figures]] = field(default_factory=dict[str, list[Figures]])

    async def take(self, number: int) -> None:
        """Every subject once, each time in another order, after a look at the upstream alone."""
        direct = Reading(self.bench, Target(self.upstream_port))
        await direct.take_latency()
        turn = number % max(1, len(self.subjects))
        for subject in self.subjects[turn:] + self.subjects[:turn]:
            try:
                found = await self._read(subject, number)
            except machine.LeftOutError as error:
                say(f"{subject.name}: left out, {error}")
                self.subjects = [each for each in self.subjects if each is not subject]
                continue
            self.found.setdefault(subject.name, []).append(over(found, direct.found))
            say(f"round {number + 1}: {subject.name} done")

    async def _read(self, subject: Subject, number: int) -> Figures:
        folder = self.folder / f"{subject.name}-{number}"
        folder.mkdir()
        launch = subject.launch(folder, self.upstream_port)
        async with serving(launch, self.bench.bodies, folder / "said.log") as server:
            reading = Reading(self.bench, server.target)
            await reading.take_costs(server)
            await reading.take_latency()
            await reading.take_streams(server)
        return reading.found


async def main() -> None:
    wish = read_arguments()
    if wish.what == "slow-readers":
        await slow_readers.measure(wish.seconds or slow_readers.SECONDS, say)
        return
    load = os.getloadavg()[0]
    machine.settle()
    say(f"machine: {os.cpu_count()} cores, {platform.machine()}, load {load:.1f} before the start")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vectal-bench-")))
        upstream = await stack.enter_async_context(running_upstream(folder))
        bench = Bench(
            await Load.build(folder), upstream, Bodies(folder), wish.seconds or SECONDS, say
        )
        subjects: list[Subject] = [Nginx(), Envoy(), LiteLlm()]
        subjects = [each for each in subjects if each.name in wish.only]
        if OURS in wish.only:
            product = open_product(folder / "data", upstream.port)
            subjects.append(await stack.enter_async_context(product))
        rounds = Rounds(bench, folder, upstream.port, subjects)
        for number in range(wish.rounds):
            await rounds.take(number)
        print_table(rounds.found)
    if OURS in wish.only and OURS not in rounds.found:
        sys.exit(f"{OURS} was not measured")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway")
    everything = ["nginx", "envoy", "litellm", OURS]
    parser.add_argument("what", nargs="?", choices=["costs", "slow-readers"], default="costs")
    parser.add_argument("--rounds", type=int, default=3)
    seconds = f"of each measurement: {SECONDS}, or {slow_readers.SECONDS} of slow readers"
    parser.add_argument("--seconds", type=float, help=seconds)
    parser.add_argument("--only", nargs="+", choices=everything, default=everything)
    return parser.parse_args()


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except machine.NotHereError as error:
        sys.exit(f"{error}")
