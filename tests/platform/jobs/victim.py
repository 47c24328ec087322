"""A worker process that takes one job and waits in its handler to be killed."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta

from vectal.platform.db import Database
from vectal.platform.jobs import JobContext, JobQueue, JobRule, JobWorker, job


async def main(url: str, redis_url: str, word: str) -> None:
    async def handle(context: JobContext, ids: Mapping[str, str]) -> None:
        del context, ids
        sys.stdout.write("in the handler\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    rule = JobRule(queue=word, attempts=3, lease=timedelta(seconds=1))
    queue = JobQueue([job(f"testing.{word}", rule)(handle)])
    await JobWorker(Database(url), queue, redis_url).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
