"""Runs under DBOS: `dbos_runs.py <url> <runs> <steps>`. Its own interpreter runs this file."""

import sys
import time

from dbos import DBOS, DBOSConfig

url, runs, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
config: DBOSConfig = {
    "name": "bench",
    "system_database_url": url.rpartition("/")[0] + "/dbos_bench",
    "log_level": "ERROR",
    "run_admin_server": False,
}
DBOS(config=config)


@DBOS.step()
def step(number: int) -> int:
    return number


@DBOS.workflow()
def run() -> int:
    return sum(step(number) for number in range(steps))


DBOS.launch()
queue = DBOS.register_queue("runs", worker_concurrency=32)
handles = [queue.enqueue(run) for _ in range(runs)]
started = time.monotonic()
for handle in handles:
    handle.get_result()
took = time.monotonic() - started
print(f"  DBOS, 1 process: {runs * steps / took:.0f} steps/s")
DBOS.destroy()
