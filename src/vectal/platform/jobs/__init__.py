"""Jobs: work that is done later, elsewhere, and in any case.

Owns the queue in PostgreSQL, its delivery through docket, leases, retries, schedules and the
scheduler's loops. Refuses payloads other than ids, and to lose or double a job when Redis or a
worker is lost. A job here is queued work; a task is a person's.
"""

from vectal.platform.jobs.contracts import Job, JobContext, JobRule, Schedule, Sweep, job
from vectal.platform.jobs.errors import JobsFullError, UnknownJobError
from vectal.platform.jobs.gauges import Gauges
from vectal.platform.jobs.queue import JobQueue
from vectal.platform.jobs.scheduler import Scheduler
from vectal.platform.jobs.worker import JobWorker

__all__ = [
    "Gauges",
    "Job",
    "JobContext",
    "JobQueue",
    "JobRule",
    "JobWorker",
    "JobsFullError",
    "Schedule",
    "Scheduler",
    "Sweep",
    "UnknownJobError",
    "job",
]
