"""`python -m bench.web`: what a browser says of the built app, beside the goals."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from bench import tasks
from bench.door import EMAIL, PASSWORD, open_door
from bench.tree import running_tree
from bench.web.writer import MODEL, writing_model

WEB: Final = Path(__file__).parents[2] / "web"
TASKS: Final = 10_000
SLOW: Final = 4
REST_S: Final = 5.0


@dataclass(frozen=True)
class Goal:
    """What a figure means, and where it should be."""

    words: str
    unit: str
    limit: float
    at_least: bool = False

    def line(self, value: float) -> str:
        met = value >= self.limit if self.at_least else value <= self.limit
        side = "at least" if self.at_least else "at most"
        verdict = "ok  " if met else "MISS"
        return f"{verdict} {self.words:<46} {value:8.1f} {self.unit} ({side} {self.limit:g})"


GOALS: Final = {
    "lcp login": Goal("largest paint, login", "ms", 1_000),
    "lcp main": Goal("largest paint, main screen", "ms", 1_000),
    "keys selection 1x": Goal("key press p98, move the selection", "ms", 50),
    "keys quick add 1x": Goal("key press p98, type a task", "ms", 50),
    f"keys selection {SLOW}x": Goal(f"key press p98, move the selection, {SLOW}x slow", "ms", 150),
    f"keys quick add {SLOW}x": Goal(f"key press p98, type a task, {SLOW}x slow", "ms", 150),
    "stream frames 1x": Goal("an answer streams: frames", "/s", 55, at_least=True),
    "stream longest 1x": Goal("an answer streams: longest task", "ms", 100),
    f"stream frames {SLOW}x": Goal(
        f"the same beside {TASKS:,} tasks, {SLOW}x slow: frames", "/s", 30, at_least=True
    ),
}
PLAIN: Final = {
    "scripts login": "kB of script in all, as sent",
    "scripts main": "kB of script in all, as sent",
    "stream seconds 1x": "s until the answer is whole",
    f"stream seconds {SLOW}x": "s until the answer is whole",
    f"stream longest {SLOW}x": "ms, the longest task",
}


def _browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("VECTAL_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        sys.exit("Chromium is not on PATH: install it, or name it with VECTAL_CHROMIUM.")
    return found


def _node() -> str:
    found = shutil.which("node") or shutil.which(str(WEB.parent / ".venv/node/node"))
    if found is None or not (WEB / "dist/index.html").is_file():
        sys.exit("The web app is not built: run `scripts/web.sh build` first.")
    return found


async def _measure(plan: dict[str, object]) -> None:
    process = await asyncio.create_subprocess_exec(
        _node(), "scripts/measure.mjs", json.dumps(plan), cwd=WEB, stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is not None:
            async for line in process.stdout:
                figure = cast("dict[str, object]", json.loads(line))
                print(_line(str(figure["name"]), float(cast("float", figure["value"]))), flush=True)
        if await process.wait() != 0:
            sys.exit("The browser did not get to the end; the lines above say why.")
    finally:
        if process.returncode is None:
            process.terminate()


def _line(name: str, value: float) -> str:
    goal = GOALS.get(name)
    if goal is not None:
        return goal.line(value)
    return f"     {name:<46} {value:8.1f} {PLAIN.get(name, '')}"


async def main() -> None:
    load = os.getloadavg()[0]
    browser = _browser()
    _node()
    print(f"machine: {os.cpu_count()} cores, load {load:.1f} before the first figure", flush=True)
    with tempfile.TemporaryDirectory(prefix="vectal-bench-") as name:
        opened = {"VECTAL_EGRESS_ALLOW": "127.0.0.0/8"}
        async with running_tree(Path(name) / "data", opened) as tree, writing_model() as model_url:
            door = await open_door(tree.url)
            async with aclosing(door.http):
                await asyncio.sleep(REST_S)  # its processes are still starting
                await tasks.fill(door, tree.running(), 1, TASKS, statuses=("todo",))
                await door.post(
                    "/api/v1/ai/providers",
                    {
                        "kind": "openai_compatible",
                        "name": "Writer",
                        "base_url": model_url,
                        "models": [{"name": MODEL}],
                    },
                )
                choice = {"choice": {"model": MODEL}}
                conversation = await door.post("/api/v1/conversations", choice)
                await _measure(
                    {
                        "url": tree.url,
                        "chromium": browser,
                        "email": EMAIL,
                        "password": PASSWORD,
                        "conversation": conversation["id"],
                        "model": MODEL,
                        "tasks": TASKS,
                        "rounds": 5,
                        "presses": 100,
                        "slow": SLOW,
                    }
                )


if __name__ == "__main__":
    asyncio.run(main())
