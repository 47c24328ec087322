"""A process that starts children while it makes vectors, as a worker does."""

import asyncio
import sys

import uvloop

from vectal.documents.embedding.local import LocalEmbedder

TEXT = "It goes on and on and on. " * 20


async def main() -> None:
    is_over = asyncio.Event()

    async def start_children() -> int:
        count = 0
        while not is_over.is_set():
            child = await asyncio.create_subprocess_exec("/bin/sh", "-c", ":")
            await child.wait()
            count += 1
        return count

    with LocalEmbedder() as model:
        await model.warm()
        starting = asyncio.create_task(start_children())
        for _ in range(5):
            await model.embed([TEXT] * 8)
        is_over.set()
        sys.stdout.write(f"children {await starting}\n")


if __name__ == "__main__":
    uvloop.run(main())
