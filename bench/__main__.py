"""`python -m bench`: prints what starting, resting, answering and listing cost here and now."""

import asyncio
import os
import tempfile
from contextlib import aclosing
from pathlib import Path

from bench import chat, tasks
from bench.door import open_door
from bench.tree import running_tree

REST_S = 10.0


async def main() -> None:
    load = os.getloadavg()[0]
    print(f"machine: {os.cpu_count()} cores, load {load:.1f} before the first figure")
    with tempfile.TemporaryDirectory(prefix="vectal-bench-") as name:
        folder = Path(name) / "data"
        async with running_tree(folder) as tree:
            print(f"start: cold, with a new data folder {tree.started_s:.1f} s", flush=True)
            await (await open_door(tree.url)).http.aclose()
        async with running_tree(folder) as tree:
            print(f"start: warm {tree.started_s:.1f} s", flush=True)
            await asyncio.sleep(REST_S)
            memory = tree.memory_mb()
            parts = ", ".join(f"{program} {mb:.0f}" for program, mb in sorted(memory.items()))
            print(f"memory: idle tree {sum(memory.values()):.0f} MB ({parts})", flush=True)
    with tempfile.TemporaryDirectory(prefix="vectal-bench-") as name:
        async with running_tree(Path(name) / "data") as tree:
            door = await open_door(tree.url)
            await asyncio.sleep(REST_S)  # its processes are still starting
            async with aclosing(door.http):
                await chat.report(door)
                await tasks.report(door, tree.running())


if __name__ == "__main__":
    asyncio.run(main())
